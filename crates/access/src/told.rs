//! What the book says of whoever is known. It must not hold what opens anything.

use journal::Millis;
use plan::ids::PersonId;
use serde::{Deserialize, Serialize};

use crate::right::Rights;

/// How somebody showed who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    Password,
    /// By a link that was made for them and works once.
    Link,
    /// At the organisation's own sign-in.
    Provider,
}

impl Way {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Link => "link",
            Self::Provider => "provider",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        match name {
            "link" => Self::Link,
            "provider" => Self::Provider,
            _ => Self::Password,
        }
    }
}

/// Somebody who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub who: PersonId,
    pub way: Way,
    pub until: Millis,
}

/// What a token lets somebody do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub id: String,
    pub who: PersonId,
    pub workspace: String,
    pub rights: Rights,
}

/// A token as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenLine {
    pub id: String,
    pub who: PersonId,
    pub label: String,
    pub rights: Rights,
    pub made: Millis,
    pub until: Millis,
    pub used: Option<Millis>,
    pub ended: Option<Millis>,
}
