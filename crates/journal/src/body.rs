//! Bodies: the values, messages and texts that records commit to but do not hold. A record knows a
//! body by its place and its commitment, so that an erased body leaves the chain verifiable.
//! It must not encrypt: how bodies rest on a disk is the store's affair.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::{Hash, Seq};
use crate::label::Labels;

/// The place of a body: the `n`-th of the frame `seq` of the same run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BodyRef {
    #[serde(rename = "s")]
    pub seq: Seq,
    pub n: u16,
}

/// A body in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    pub bytes: Arc<[u8]>,
    pub labels: Labels,
}

/// What a frame says of one of its bodies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodyMeta {
    /// SHA-256 of salt and body.
    pub commit: Hash,
    pub len: u32,
    pub labels: Labels,
}

/// Randomness of one frame. Each body's salt comes from it.
#[derive(Clone, Copy)]
pub struct Entropy(pub [u8; 32]);

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A salt in a log would undo an erasure.
        f.write_str("Entropy")
    }
}

impl Entropy {
    /// The salt of the `n`-th body: without it a short body could be guessed from its commitment.
    #[must_use]
    pub fn salt(&self, n: u16) -> [u8; 16] {
        let digest = Sha256::new().chain_update(self.0).chain_update(n.to_be_bytes()).finalize();
        let mut salt = [0; 16];
        for (to, from) in salt.iter_mut().zip(digest) {
            *to = from;
        }
        salt
    }

    /// The commitment to the `n`-th body.
    #[must_use]
    pub fn commitment(&self, n: u16, body: &[u8]) -> Hash {
        commitment(&self.salt(n), body)
    }
}

/// The commitment to a body under its salt.
#[must_use]
pub fn commitment(salt: &[u8; 16], body: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update(salt).chain_update(body).finalize().into())
}
