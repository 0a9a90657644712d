//! What happened at the door of an installation: who came in, and what was given or taken that
//! opens it. It holds names only, never what opens anything.

use plan::ids::{FieldName, PersonId};
use serde::{Deserialize, Serialize};

use crate::ids::Millis;

/// What happened at the door, about one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Whose access it is.
    pub who: PersonId,
    /// Who did it, where that is somebody else and is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    pub did: Did,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Did {
    /// They signed in: by a password, a link, or a provider.
    SignedIn { way: FieldName },
    /// So many wrong passwords were tried that none is looked at for a while.
    Waits { until: Millis },
    /// A link was made by which they set a password, once.
    LinkMade,
    /// They set a password.
    PasswordSet,
    /// A token was made that speaks for them.
    TokenMade { id: FieldName, rights: Vec<FieldName>, until: Millis },
    /// A token works no more.
    TokenEnded { id: FieldName },
    /// They were signed out everywhere, and nothing that they had opens anything.
    ShutOut,
}
