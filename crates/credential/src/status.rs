//! Lists of what is revoked or suspended (Bitstring Status List): one bit for each credential, in a
//! list of so many that nobody learns whose bit was looked at. It must not know why.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};

use crate::issuer::Issuer;
use crate::{Check, Fault, contexts, time};

type Object = Map<String, Value>;

/// The bits of one list: the fewest that the standard allows.
pub const LIST_LENGTH: u32 = 131_072;
/// The most bytes of a list from outside.
const LONGEST: u64 = 1 << 20;

/// What a list says of those whose bit is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    Revocation,
    Suspension,
}

impl Purpose {
    pub const ALL: [Self; 2] = [Self::Revocation, Self::Suspension];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revocation => "revocation",
            Self::Suspension => "suspension",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == name)
    }
}

/// Where the bit of a credential stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub purpose: Purpose,
    /// The address of the list.
    pub list: String,
    pub index: u32,
}

impl Entry {
    /// The entries of the credential that was issued as the n-th at an address.
    #[must_use]
    pub fn of(address: &str, nth: u32) -> Vec<Self> {
        let (number, index) = (nth / LIST_LENGTH + 1, nth % LIST_LENGTH);
        let entry = |purpose: Purpose| Self {
            purpose,
            list: format!("{address}/status/{}-{number}", purpose.as_str()),
            index,
        };
        Purpose::ALL.map(entry).into()
    }

    pub(crate) fn written(&self) -> Value {
        json!({
            "id": format!("{}#{}", self.list, self.index),
            "type": "BitstringStatusListEntry",
            "statusPurpose": self.purpose.as_str(),
            "statusListIndex": self.index.to_string(),
            "statusListCredential": self.list,
        })
    }

    /// The entries that a credential names. One that is not understood is a fault: whoever cannot
    /// read that something is revoked may not say that it is not.
    pub(crate) fn all(credential: &Object) -> Result<Vec<Self>, Fault> {
        let wrong = |why: &str| Fault::new(Check::Status, why);
        let listed = match credential.get("credentialStatus") {
            None => return Ok(Vec::new()),
            Some(Value::Array(listed)) => listed.iter().collect(),
            Some(one) => vec![one],
        };
        let read = |entry: &Value| {
            let says = |name: &str| entry.get(name).and_then(Value::as_str);
            if says("type") != Some("BitstringStatusListEntry") || entry.get("statusSize").is_some()
            {
                return Err(wrong("its status is of a kind that is not known here"));
            }
            let purpose = says("statusPurpose").and_then(Purpose::named);
            let index = says("statusListIndex").and_then(|index| index.parse().ok());
            Ok(Self {
                purpose: purpose.ok_or_else(|| wrong("its status means what is not known here"))?,
                list: says("statusListCredential").ok_or_else(|| wrong("no list is named"))?.into(),
                index: index.ok_or_else(|| wrong("its place in the list is no number"))?,
            })
        };
        listed.into_iter().map(read).collect()
    }
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    pub purpose: Purpose,
    bits: Vec<u8>,
}

impl StatusList {
    /// A list in which these bits are set.
    #[must_use]
    pub fn new(purpose: Purpose, set: &BTreeSet<u32>) -> Self {
        let mut bits = vec![0; usize::try_from(LIST_LENGTH / 8).unwrap_or_default()];
        for index in set {
            let byte = usize::try_from(index / 8).ok().and_then(|at| bits.get_mut(at));
            if let Some(byte) = byte {
                *byte |= 0x80_u8 >> (index % 8);
            }
        }
        Self { purpose, bits }
    }

    /// Whether a bit is set; nothing where the list does not reach so far.
    #[must_use]
    pub fn is_set(&self, index: u32) -> Option<bool> {
        let byte = self.bits.get(usize::try_from(index / 8).ok()?)?;
        Some(byte & (0x80_u8 >> (index % 8)) != 0)
    }

    /// The list as a credential that is not signed yet.
    pub fn credential(
        &self,
        issuer: &Issuer,
        address: &str,
        (from, until): (i64, i64),
    ) -> Result<Object, Fault> {
        let document = json!({
            "@context": [contexts::CREDENTIALS],
            "id": address,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": issuer.did.to_string(),
            "validFrom": time::stamp(from),
            "validUntil": time::stamp(until),
            "credentialSubject": {
                "id": format!("{address}#list"),
                "type": "BitstringStatusList",
                "statusPurpose": self.purpose.as_str(),
                "encodedList": self.encoded().map_err(|e| Fault::shape(e.to_string()))?,
            },
        });
        match document {
            Value::Object(object) => Ok(object),
            _ => Err(Fault::shape("no object")),
        }
    }

    fn encoded(&self) -> std::io::Result<String> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&self.bits)?;
        Ok(format!("u{}", BASE64_URL_SAFE_NO_PAD.encode(packed.finish()?)))
    }

    /// Reads the list within a credential whose signature was looked at.
    pub(crate) fn of(credential: &Object) -> Result<Self, Fault> {
        let wrong = |why: &str| Fault::new(Check::Status, why);
        let types = credential.get("type").and_then(Value::as_array).into_iter().flatten();
        if !types.into_iter().any(|name| name == "BitstringStatusListCredential") {
            return Err(wrong("what was given as its list is none"));
        }
        let subject = credential.get("credentialSubject");
        let says = |name: &str| subject?.get(name)?.as_str();
        let purpose = says("statusPurpose").and_then(Purpose::named);
        let packed = says("encodedList").and_then(|list| list.strip_prefix('u'));
        let packed = packed.and_then(|list| BASE64_URL_SAFE_NO_PAD.decode(list).ok());
        let packed = packed.ok_or_else(|| wrong("the list is not written as lists are"))?;
        let mut bits = Vec::new();
        let read = GzDecoder::new(packed.as_slice()).take(LONGEST + 1).read_to_end(&mut bits);
        let bounds = usize::try_from(LIST_LENGTH / 8).unwrap_or(usize::MAX)
            ..=usize::try_from(LONGEST).unwrap_or(usize::MAX);
        if read.is_err() || !bounds.contains(&bits.len()) {
            return Err(wrong("the list is too short, too long, or damaged"));
        }
        let purpose = purpose.ok_or_else(|| wrong("the list means what is not known here"))?;
        Ok(Self { purpose, bits })
    }
}
