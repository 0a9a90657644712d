//! What a case is, how far it is trusted, and what begins one. It must not know what becomes of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::expr::Path;
use crate::ids::FieldName;

use super::Type;

/// What one case is and how far its content is trusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseSpec {
    /// The operator's words: "file in inbox/".
    pub one: String,
    pub from: From,
    /// Declared fields of the case value, with their types.
    pub fields: BTreeMap<FieldName, Type>,
    pub tags: Vec<FieldName>,
    /// The field that says who sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Path>,
}

/// Cases that are known to be wrong. They stand in the release whole, so that nothing has to be
/// there, or be as it was, when one of them is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seeds {
    /// Beside how many cases one of them is opened, in parts of a million.
    pub share: u32,
    /// Each one as JSON.
    pub cases: Vec<String>,
}

/// What begins a case without a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// Each new file of this folder of the workspace, which is written with `/`.
    Folder(String),
    At(Clock),
    /// What another system sends, signed.
    Hook(Hook),
}

impl Start {
    /// The names of the secrets that it needs.
    pub(crate) fn secrets(&self) -> &[String] {
        match self {
            Self::Hook(hook) => &hook.secrets,
            Self::Folder(_) | Self::At(_) => &[],
        }
    }
}

/// A time of the day, on some days of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// Monday is 1.
    pub days: Vec<u8>,
    pub minute: u16,
    pub zone: String,
    /// The folder of the workspace in which a file must lie, or nothing is begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_if: Option<String>,
}

/// An address of this workflow to which another system sends what is to begin a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// The last part of the address.
    pub name: FieldName,
    /// The names of the secrets either of which may have signed: two while one takes the place of
    /// the other.
    pub secrets: Vec<String>,
    /// Only what says that it is of this type begins a case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The keys below which the fields of the case stand, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub under: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// Anyone may have written it: untrusted.
    Outside,
    /// A named system or person of the organisation wrote it.
    Inside,
}
