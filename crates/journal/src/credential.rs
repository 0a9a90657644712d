//! What happened to a credential that this installation issued or recorded. It holds ids, times and
//! hashes: who holds it stands in its document, which is kept beside the journal and can go.

use plan::ids::PersonId;
use serde::{Deserialize, Serialize};

use crate::ids::{Hash, Millis};

/// The id of a credential: capital letters, digits and dashes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CredentialName(String);

impl CredentialName {
    /// A name, in capitals.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        let name = text.trim().to_ascii_uppercase();
        let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
        let framed = name.starts_with('-') || name.ends_with('-');
        if (3..=40).contains(&name.len()) && name.bytes().all(plain) && !framed {
            Ok(Self(name))
        } else {
            Err("an id of a credential is letters, digits and dashes: `OPERATOR-2026-7K3M`")
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for CredentialName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CredentialName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text)
    }
}

impl From<CredentialName> for String {
    fn from(name: CredentialName) -> Self {
        name.0
    }
}

/// What happened to a credential, and who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    pub id: CredentialName,
    pub who: PersonId,
    pub turn: CredentialTurn,
}

/// What happened. Hashes are of documents as they were signed or recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialTurn {
    /// It was issued, as the how-manieth here.
    Issued { nth: u32, document: Hash, from: Millis, until: Millis },
    /// It is valid for longer.
    Renewed { document: Hash, until: Millis },
    /// It is not valid any more, for good.
    Revoked { because: Revocation },
    /// It is not valid for now.
    Suspended,
    /// It is valid again.
    Restored,
    /// One of another issuer was recorded. It was not issued here.
    Recorded { document: Hash },
    /// Who holds it is not known here any more.
    Forgotten,
}

/// Why a credential is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revocation {
    /// It should never have been issued.
    Mistake,
    /// Its holder wants it so.
    Wish,
    /// What it rests on turned out not to be true.
    Misconduct,
    /// Another one takes its place.
    Replaced,
}

impl Revocation {
    pub const ALL: [Self; 4] = [Self::Mistake, Self::Wish, Self::Misconduct, Self::Replaced];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mistake => "mistake",
            Self::Wish => "wish",
            Self::Misconduct => "misconduct",
            Self::Replaced => "replaced",
        }
    }
}
