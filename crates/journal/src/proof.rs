//! What was done so that others can check the journal: the keys that sign, what was signed, and
//! what was handed over. It holds public halves of keys and signatures, never a private key, and
//! it must not judge any of them.

use plan::ids::{PersonId, WorkflowName};
use serde::{Deserialize, Serialize};

use crate::body::BodyRef;
use crate::ids::{Hash, Millis};

/// Bytes of a fixed length. As text hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fixed<const N: usize>(pub [u8; N]);

/// The public half of an Ed25519 key.
pub type PublicKey = Fixed<32>;
/// An Ed25519 signature.
pub type Signature = Fixed<64>;

impl<const N: usize> std::fmt::Display for Fixed<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl<const N: usize> std::fmt::Debug for Fixed<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl<const N: usize> Serialize for Fixed<N> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Fixed<N> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        let mut bytes = [0; N];
        hex::decode_to_slice(text.as_bytes(), &mut bytes).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes))
    }
}

/// One thing that was done so that others can check the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The first key of this installation, or a new beginning after one was revoked: nothing but
    /// this entry vouches for it.
    KeyMade { key: PublicKey, origin: String, by: Option<PersonId> },
    /// A key that takes the place of another, which signed it.
    KeyRotated { key: PublicKey, was: PublicKey, signature: Signature, by: Option<PersonId> },
    /// From `since` on nothing that this key signs is to be believed.
    KeyRevoked { key: PublicKey, because: Revoked, since: Millis, by: Option<PersonId> },
    /// All entries before this one, as one signed root.
    Checkpoint { size: u64, root: Hash, key: PublicKey, signature: Signature },
    /// What somebody outside answered when they were handed a signed root.
    Anchored { size: u64, root: Hash, answer: BodyRef },
    /// A pack was sealed over the first `size` entries.
    Sealed {
        size: u64,
        root: Hash,
        pack: Hash,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        workflow: Option<WorkflowName>,
        from: Millis,
        until: Millis,
        by: Option<PersonId>,
    },
}

impl Proof {
    /// The same with the place where an answer from outside lies.
    #[must_use]
    pub fn at(&self, body: BodyRef) -> Self {
        match self.clone() {
            Self::Anchored { size, root, .. } => Self::Anchored { size, root, answer: body },
            other => other,
        }
    }
}

/// Why a key is not to be believed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revoked {
    /// Somebody else has it, or may have.
    Leaked,
    /// Nobody has it any more.
    Lost,
    /// It is not used any more.
    Retired,
}

impl Revoked {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Leaked, Self::Lost, Self::Retired];

    /// Its name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Leaked => "leaked",
            Self::Lost => "lost",
            Self::Retired => "retired",
        }
    }
}
