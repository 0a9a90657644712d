//! What can be allowed at the door, and what each role is allowed. It must not know any operation:
//! each operation says which right it takes.

use std::collections::BTreeSet;

use plan::AccessRole;
use serde::{Deserialize, Serialize};

/// What an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// See where everything stands, and why.
    Read,
    /// Read what is stored, exactly as it is stored.
    Records,
    Start,
    /// Change the workspace's maps, instructions and tables. What is live stays as it is.
    Change,
    /// Decide requests. Which ones is said by the maps.
    Decide,
    /// Stop, and lift stops. Who may lift one is said by the maps.
    Stop,
    /// Put releases to work, and take them back.
    Release,
    /// Say who has access.
    Access,
}

/// Some of them.
pub type Rights = BTreeSet<Right>;

impl Right {
    /// Every right.
    pub const ALL: [Self; 8] = [
        Self::Read,
        Self::Records,
        Self::Start,
        Self::Change,
        Self::Decide,
        Self::Stop,
        Self::Release,
        Self::Access,
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Records => "records",
            Self::Start => "start",
            Self::Change => "change",
            Self::Decide => "decide",
            Self::Stop => "stop",
            Self::Release => "release",
            Self::Access => "access",
        }
    }

    /// The right of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.as_str() == name)
    }

    /// What a role is allowed.
    #[must_use]
    pub fn of(role: AccessRole) -> &'static [Self] {
        match role {
            AccessRole::Viewer => &[Self::Read],
            AccessRole::Operator => {
                &[Self::Read, Self::Start, Self::Change, Self::Stop, Self::Release]
            }
            AccessRole::Reviewer => &[Self::Read, Self::Decide],
            AccessRole::Auditor => &[Self::Read, Self::Records],
            AccessRole::Owner => &Self::ALL,
        }
    }

    /// What several roles are allowed together.
    #[must_use]
    pub fn of_all(roles: &BTreeSet<AccessRole>) -> Rights {
        roles.iter().flat_map(|role| Self::of(*role)).copied().collect()
    }
}
