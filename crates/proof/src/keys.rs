//! The keys that an installation signs with, as its own entries tell of them: which one signs at
//! what time, which one vouched for the next, and which is not to be believed any more.

use ed25519_dalek::{Signer as _, SigningKey};
use journal::{Fixed, Millis, Proof, PublicKey, Record, Revoked, Signature};

use crate::note::{Checkpoint, Note, VerifierKey, Way};

/// What an old key signs to vouch for a new one.
#[must_use]
pub fn rotation(origin: &str, key: PublicKey) -> String {
    format!("flightdeck evidence key v1\n{origin}\n{key}\n")
}

/// The private half of a key. It is never shown.
pub struct Signer {
    origin: String,
    key: SigningKey,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.public())
    }
}

impl Signer {
    /// The key that a seed of 32 random bytes gives.
    #[must_use]
    pub fn new(origin: &str, seed: &[u8; 32]) -> Self {
        Self { origin: origin.to_owned(), key: SigningKey::from_bytes(seed) }
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        Fixed(self.key.verifying_key().to_bytes())
    }

    /// The public half with its name.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        verifier(&self.origin, self.public())
    }

    /// Signs bytes.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Signature {
        Fixed(self.key.sign(bytes).to_bytes())
    }

    /// Signs a root, and says what is to be kept of it.
    #[must_use]
    pub fn checkpoint(&self, checkpoint: &Checkpoint) -> (Note, Proof) {
        let signature = self.sign(checkpoint.text().as_bytes());
        let (size, root, key) = (checkpoint.size, checkpoint.root, self.public());
        let kept = Proof::Checkpoint { size, root, key, signature };
        (checkpoint.note(&self.verifier(), &signature.0), kept)
    }
}

/// A public key under the name of a log.
#[must_use]
pub fn verifier(origin: &str, key: PublicKey) -> VerifierKey {
    VerifierKey { name: origin.to_owned(), way: Way::Plain, key: key.0 }
}

/// One key and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Key {
    pub key: PublicKey,
    pub from: Millis,
    /// The key that vouched for it.
    pub by: Option<PublicKey>,
    /// When another took its place.
    pub replaced: Option<Millis>,
    pub revoked: Option<(Millis, Revoked)>,
}

/// Every key of an installation, the first one first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ring {
    origin: Option<String>,
    keys: Vec<Key>,
}

/// Why a key is not one of an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfounded {
    #[error("a new key was made while another one still signs")]
    Beside,
    #[error("a key took the place of one that does not sign")]
    Other,
    #[error("the key that was replaced did not sign the new one")]
    Unsigned,
    #[error("a key was revoked that nobody made")]
    Unknown,
    #[error("a key is made a second time, or under another name")]
    Again,
}

impl Ring {
    /// Takes in what an entry of the desk says.
    pub fn read(&mut self, record: &Record, at: Millis) -> Result<(), Unfounded> {
        let Record::Proof(proof) = record else { return Ok(()) };
        match proof {
            Proof::KeyMade { key, origin, .. } => {
                if self.current().is_some() {
                    return Err(Unfounded::Beside);
                }
                if self.origin.get_or_insert_with(|| origin.clone()) != origin {
                    return Err(Unfounded::Again);
                }
                self.add(*key, at, None)
            }
            Proof::KeyRotated { key, was, signature, .. } => {
                let origin = self.origin.clone().ok_or(Unfounded::Other)?;
                let old = self.current_mut().filter(|old| old.key == *was);
                let old = old.ok_or(Unfounded::Other)?;
                let text = rotation(&origin, *key);
                if !verifier(&origin, *was).signed(text.as_bytes(), &signature.0) {
                    return Err(Unfounded::Unsigned);
                }
                old.replaced = Some(at);
                self.add(*key, at, Some(*was))
            }
            Proof::KeyRevoked { key, because, since, .. } => {
                let found = self.keys.iter_mut().find(|known| known.key == *key);
                found.ok_or(Unfounded::Unknown)?.revoked = Some((*since, *because));
                Ok(())
            }
            Proof::Checkpoint { .. } | Proof::Anchored { .. } | Proof::Sealed { .. } => Ok(()),
        }
    }

    fn add(
        &mut self,
        key: PublicKey,
        from: Millis,
        by: Option<PublicKey>,
    ) -> Result<(), Unfounded> {
        if self.find(key).is_some() {
            return Err(Unfounded::Again);
        }
        self.keys.push(Key { key, from, by, replaced: None, revoked: None });
        Ok(())
    }

    /// The name that the keys sign under.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Every key.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// A key by its public half.
    #[must_use]
    pub fn find(&self, key: PublicKey) -> Option<&Key> {
        self.keys.iter().find(|known| known.key == key)
    }

    /// The key that signs now.
    #[must_use]
    pub fn current(&self) -> Option<&Key> {
        self.keys.last().filter(|key| key.revoked.is_none())
    }

    fn current_mut(&mut self) -> Option<&mut Key> {
        self.keys.last_mut().filter(|key| key.revoked.is_none())
    }
}
