//! `mcp.lock`: the tool definitions people approved and what each tool may do. It is the one
//! place where a tool's effect is declared. It must not talk to servers; it only says what was
//! approved, and how the digest of a definition is made, so that everyone compares the same bytes.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::{FieldName, PersonId, ToolName};
use crate::workflow::{ArgRole, Effect, Takes, Tool, Trust};

/// The version of the file. A newer one is refused.
pub const VERSION: u32 = 1;

/// The content of `mcp.lock`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    pub version: u32,
    /// By `server.tool`.
    #[serde(deserialize_with = "unique")]
    pub tools: BTreeMap<ToolName, Pinned>,
}

/// One approved tool. Whatever is not said here is taken as the more dangerous answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// [`Definition::digest`] of the definition below.
    pub digest: String,
    pub definition: Definition,
    /// A tool without a declared effect cannot be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    #[serde(default)]
    pub reversible: bool,
    /// Calling it twice with the same key is the same as calling it once.
    #[serde(default)]
    pub repeatable: bool,
    /// The argument that carries the idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_arg: Option<String>,
    /// A tool that answers, by the same key, whether a call happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_back: Option<ToolName>,
    #[serde(default = "untrusted")]
    pub trust: Trust,
    /// What each argument is. An argument that is not named is plain content.
    #[serde(default)]
    pub args: BTreeMap<String, ArgRole>,
    #[serde(default)]
    pub tags: Vec<FieldName>,
    /// Tagged data that may be handed to it, and who says so until when.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub takes: Takes,
    pub approved: Approval,
}

/// What a server says about one of its tools: the part that the digest covers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default)]
    pub description: String,
    /// The input schema.
    pub input: serde_json::Value,
    /// The output schema, where the server declares one: it types the result's fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<serde_json::Value>,
}

/// Who approved a definition, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    pub by: PersonId,
    /// `YYYY-MM-DD`.
    pub on: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why a text is no lock file.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("{0}")]
    Read(#[from] serde_json::Error),
    #[error("the file is of version {0}, newer than this program knows")]
    Newer(u32),
}

impl Default for Lock {
    fn default() -> Self {
        Self { version: VERSION, tools: BTreeMap::new() }
    }
}

impl Lock {
    /// Reads the file's text. A tool that stands in it twice is an error.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let lock: Self = serde_json::from_str(text)?;
        if lock.version > VERSION {
            return Err(LockError::Newer(lock.version));
        }
        Ok(lock)
    }

    /// The file's text: sorted, indented, with a last line end, so that changes read well.
    pub fn render(&self) -> Result<String, LockError> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

impl Definition {
    /// SHA-256 over the canonical form (RFC 8785) of the tool's name and definition, as
    /// `sha256:` and hexadecimal digits. The name is the server's own, without our prefix.
    pub fn digest(&self, name: &str) -> Result<String, LockError> {
        #[derive(Serialize)]
        struct Named<'d> {
            name: &'d str,
            #[serde(flatten)]
            definition: &'d Definition,
        }
        let bytes = serde_jcs::to_vec(&Named { name, definition: self })?;
        Ok(format!("sha256:{}", hex::encode(Sha256::digest(bytes))))
    }
}

impl Pinned {
    /// The tool as a release stores it; nothing while its effect is not declared.
    #[must_use]
    pub fn tool(&self) -> Option<Tool> {
        Some(Tool {
            digest: self.digest.clone(),
            description: self.definition.description.clone(),
            input: self.definition.input.clone(),
            effect: self.effect?,
            reversible: self.reversible,
            repeatable: self.repeatable,
            key_arg: self.key_arg.clone(),
            read_back: self.read_back.clone(),
            trust: self.trust,
            args: self.args.clone(),
            tags: self.tags.clone(),
            takes: self.takes.clone(),
        })
    }
}

fn untrusted() -> Trust {
    Trust::Untrusted
}

/// A map whose keys may stand in the file only once: the last of two would win silently.
fn unique<'de, D>(from: D) -> Result<BTreeMap<ToolName, Pinned>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    struct Unique;
    impl<'de> serde::de::Visitor<'de> for Unique {
        type Value = BTreeMap<ToolName, Pinned>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("tools by their name `server.tool`")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(
            self,
            mut map: A,
        ) -> Result<Self::Value, A::Error> {
            let mut all = BTreeMap::new();
            while let Some((name, pinned)) = map.next_entry::<ToolName, Pinned>()? {
                if all.contains_key(&name) {
                    return Err(serde::de::Error::custom(format!("{name} stands here twice")));
                }
                all.insert(name, pinned);
            }
            Ok(all)
        }
    }
    from.deserialize_map(Unique)
}
