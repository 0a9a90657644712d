//! Names that files give to things, as types. It must not hold ids of what happened: those are
//! the journal's.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The name has no characters.
    #[error("a name may not be empty")]
    Empty,
    /// The name is longer than 64 bytes.
    #[error("a name may have at most 64 characters")]
    Long,
    /// A character outside the allowed set, or a first character that is not a letter.
    #[error("a name starts with a lower-case letter and goes on with letters, digits and `_`")]
    Form,
    #[error("a file's name may have at most 200 characters, its folders counted")]
    LongPath,
    #[error(
        "a file is named by folders and a name of letters, digits, `.`, `_`, `-` and spaces, \
         each beginning with a letter or digit"
    )]
    Path,
}

fn simple(text: &str) -> Result<(), NameError> {
    let mut bytes = text.bytes();
    match bytes.next() {
        None => return Err(NameError::Empty),
        Some(first) if !first.is_ascii_lowercase() => return Err(NameError::Form),
        Some(_) => {}
    }
    if text.len() > 64 {
        return Err(NameError::Long);
    }
    if bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        Ok(())
    } else {
        Err(NameError::Form)
    }
}

fn tool(text: &str) -> Result<(), NameError> {
    // Server and tool names come from other people's software, so they may use more characters
    // than our own names; the first dot parts server from tool.
    let (server, tool) = text.split_once('.').ok_or(NameError::Form)?;
    for part in [server, tool] {
        if part.is_empty() {
            return Err(NameError::Empty);
        }
        if part.len() > 128 {
            return Err(NameError::Long);
        }
        if !part
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/'))
        {
            return Err(NameError::Form);
        }
    }
    Ok(())
}

fn person(text: &str) -> Result<(), NameError> {
    // A person is an e-mail address or a short account name.
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > 254 {
        return Err(NameError::Long);
    }
    if text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+' | b'@'))
    {
        Ok(())
    } else {
        Err(NameError::Form)
    }
}

fn path(text: &str) -> Result<(), NameError> {
    // Nothing that leaves the workspace, nothing hidden, and nothing that is shown as another name.
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > 200 {
        return Err(NameError::LongPath);
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ' ');
    let whole = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && !part.ends_with([' ', '.'])
            && part.chars().all(plain)
    };
    match text.split('/').all(whole) {
        true => Ok(()),
        false => Err(NameError::Path),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $rule:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "Arc<str>", into = "Arc<str>")]
        pub struct $type(Arc<str>);

        impl $type {
            /// Reads a name, or says why it is none.
            pub fn new(text: &str) -> Result<Self, NameError> {
                $rule(text)?;
                Ok(Self(Arc::from(text)))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<Arc<str>> for $type {
            type Error = NameError;
            fn try_from(text: Arc<str>) -> Result<Self, NameError> {
                $rule(&text)?;
                Ok(Self(text))
            }
        }

        impl From<$type> for Arc<str> {
            fn from(name: $type) -> Self {
                name.0
            }
        }

        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "`{}`", self.0)
            }
        }
    };
}

name!(
    /// A step of a workflow: `[a-z][a-z0-9_]*`.
    StepId, simple
);
name!(
    /// A workflow: `[a-z][a-z0-9_]*`.
    WorkflowName, simple
);
name!(
    /// A role that people hold.
    RoleId, simple
);
name!(
    /// An agent: a file `agents/NAME.md`.
    AgentName, simple
);
name!(
    /// A model as the workspace names it in `flightdeck.yaml`.
    ModelName, simple
);
name!(
    /// A trusted look-up table.
    TableName, simple
);
name!(
    /// Any other name in a file: a field, a branch, a column, a tag.
    FieldName, simple
);
name!(
    /// A tool as `server.tool`.
    ToolName, tool
);
name!(
    /// A person: an e-mail address or an account name.
    PersonId, person
);

name!(
    /// A file of the workspace: its path from there, with `/`.
    FilePath, path
);

impl ToolName {
    /// The server's name, before the first dot.
    #[must_use]
    pub fn server(&self) -> &str {
        self.0.split_once('.').map_or("", |(server, _)| server)
    }

    /// The tool's own name, after the first dot.
    #[must_use]
    pub fn tool(&self) -> &str {
        self.0.split_once('.').map_or("", |(_, tool)| tool)
    }
}

/// The identity of a release: SHA-256 over the canonical form (RFC 8785) of its resolved plan.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReleaseId(pub [u8; 32]);

impl fmt::Display for ReleaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ReleaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for ReleaseId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for ReleaseId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.as_bytes(), &mut bytes).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes))
    }
}
