//! What the answer of an agent must show before it counts without a person. It must not know how a
//! model is asked.

use serde::{Deserialize, Serialize};

use crate::ids::{FieldName, ModelName};

/// What is wanted of an answer beside the form that it has. Where it is not there a person decides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sure {
    /// How often the agent answers in all. None and one are the same.
    #[serde(skip_serializing_if = "is_zero")]
    pub times: u8,
    /// The fields in which these answers must be alike; all of them where none is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alike: Vec<FieldName>,
    /// A model of its own that must find the answer right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checker: Option<ModelName>,
    /// How likely the model must have found the least likely part of its answer, in parts of a
    /// million.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<u32>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(times: &u8) -> bool {
    *times == 0
}

impl Sure {
    /// Whether nothing more is wanted than an answer.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// The answers beside the first.
    #[must_use]
    pub fn more(&self) -> std::ops::Range<u8> {
        1..self.times.max(1)
    }
}
