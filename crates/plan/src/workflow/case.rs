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
}

/// A time of the day, on some days of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// Monday is 1.
    pub days: Vec<u8>,
    pub minute: u16,
    pub zone: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// Anyone may have written it: untrusted.
    Outside,
    /// A named system or person of the organisation wrote it.
    Inside,
}
