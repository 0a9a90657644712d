//! Ids of what happened. Each is a type of its own, so that one cannot stand in for another.
//! It must not make ids: randomness arrives from outside.

use std::fmt;
use std::str::FromStr;

use plan::ids::StepId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// One run of one release. 128 bits, the first 48 a time in milliseconds, so that ids sort by age.
/// As text 26 characters of Crockford's base 32.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(u128);

/// Why a text is no run id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a run's id has 26 letters and digits")]
pub struct RunIdError;

impl RunId {
    /// The installation's own journal: stops, resumes, pins. It is no run of any workflow.
    pub const DESK: Self = Self(0);

    /// An id from a time and randomness.
    #[must_use]
    pub fn new(at: Millis, random: [u8; 10]) -> Self {
        let mut bytes = [0; 16];
        let time = at.0.to_be_bytes();
        for (to, from) in bytes.iter_mut().zip(time.into_iter().skip(2).chain(random)) {
            *to = from;
        }
        Self(u128::from_be_bytes(bytes))
    }

    /// The id of a child run: the same parent, place and item always give the same id, so that a
    /// child that was opened before a crash is not opened again after it. `again` counts how often
    /// a person had the step done afresh before the item was run this time.
    #[must_use]
    pub fn child(self, at: &At, item: u32, again: u32) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0.to_be_bytes());
        hash.update(at.step.as_str().as_bytes());
        hash.update([0]);
        hash.update(at.visit.to_be_bytes());
        hash.update(item.to_be_bytes());
        if again > 0 {
            hash.update(again.to_be_bytes());
        }
        let digest = hash.finalize();
        let mut bytes = self.0.to_be_bytes();
        for (to, from) in bytes.iter_mut().skip(6).zip(digest) {
            *to = from;
        }
        Self(u128::from_be_bytes(bytes))
    }

    /// The id as bytes, for keys of a store.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The id from the bytes of a store.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for place in (0..26).rev() {
            let digit = usize::try_from((self.0 >> (place * 5)) & 31).unwrap_or_default();
            f.write_char(char::from(ALPHABET.get(digit).copied().unwrap_or(b'0')))?;
        }
        Ok(())
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for RunId {
    type Err = RunIdError;
    fn from_str(text: &str) -> Result<Self, RunIdError> {
        if text.len() != 26 {
            return Err(RunIdError);
        }
        let mut value: u128 = 0;
        for (place, byte) in text.bytes().enumerate() {
            let digit = ALPHABET.iter().position(|a| *a == byte).ok_or(RunIdError)? as u128;
            // 26 digits hold 130 bits, so the first may only be 0 to 7.
            if place == 0 && digit > 7 {
                return Err(RunIdError);
            }
            value = (value << 5) | digit;
        }
        Ok(Self(value))
    }
}

impl Serialize for RunId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RunId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<str>::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Milliseconds since 1970-01-01 UTC.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub u64);

/// Position of a frame within its run, from 0.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(pub u32);

/// Number of a driver's claim on a run, from 1. A later claim ends the earlier one's right to act.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Epoch(pub u32);

/// Number of an act within its run, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActNo(pub u32);

/// Number of a review within its run, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReviewNo(pub u32);

/// One visit of one step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct At {
    pub step: StepId,
    pub visit: u32,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.step)?;
        if self.visit > 1 {
            write!(f, " (visit {})", self.visit)?;
        }
        Ok(())
    }
}

/// A SHA-256 digest. As text 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Digest of the parts, each preceded by its length, so that no two lists of parts collide.
    #[must_use]
    pub fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// Digest of these bytes and nothing else, as other programs compute it.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The leaf hash of RFC 6962: a zero byte, then the bytes.
    #[must_use]
    pub fn leaf(bytes: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update([0]);
        hash.update(bytes);
        Self(hash.finalize().into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut text = [0; 64];
        hex::encode_to_slice(self.0, &mut text).map_err(serde::ser::Error::custom)?;
        to.serialize_str(std::str::from_utf8(&text).map_err(serde::ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.as_bytes(), &mut bytes).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes))
    }
}

/// A command's id, chosen by its sender; the same id twice is the same command once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub [u8; 16]);

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for CommandId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CommandId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        let mut bytes = [0; 16];
        hex::decode_to_slice(text.as_bytes(), &mut bytes).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes))
    }
}
