//! One choice, as a client sends it and as it is typed. It must not know what can be chosen.

use plan::ids::{PersonId, StepId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The word for whatever would be taken by itself.
pub const DEFAULT: &str = "default";

/// What is taken at one point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// One of the words that the point offers.
    pub take: String,
    /// The answer, the values or the reason; without it the one that the point offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The person who answers; without it the first who may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<PersonId>,
    /// The step that it is meant for, where several are open; a choice for another is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<StepId>,
}

impl Default for Choice {
    fn default() -> Self {
        Self { take: DEFAULT.to_owned(), value: None, who: None, at: None }
    }
}

impl std::str::FromStr for Choice {
    type Err = String;

    /// Reads `approve`, `answer=JSON`, `step:approve` or a JSON object.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.starts_with('{') {
            return serde_json::from_str(text).map_err(|error| error.to_string());
        }
        let (take, value) = match text.split_once('=') {
            // What is no JSON is a text: a reason, a role.
            Some((take, value)) => {
                let read = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
                (take, Some(read))
            }
            None => (text, None),
        };
        if take.trim().is_empty() {
            return Err("nothing is chosen".to_owned());
        }
        Ok(Self { take: take.trim().to_owned(), value, ..Self::default() })
    }
}
