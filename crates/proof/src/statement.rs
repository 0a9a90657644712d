//! The signed statement of a pack: an in-toto Statement v1 whose subjects are all other files, in a
//! DSSE envelope. It must not look into any of those files.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use journal::{Hash, Millis};
use serde::{Deserialize, Serialize};

use crate::codes::{Refusal, SIGNATURE, STATEMENT};
use crate::keys::Signer;
use crate::note::VerifierKey;

/// The file of the statement.
pub const FILE: &str = "statement.dsse.json";
const PAYLOAD: &str = "application/vnd.in-toto+json";
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// What the predicate is.
pub const PREDICATE: &str = "https://flightdeck.example/evidence/v1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Envelope {
    payload_type: String,
    payload: String,
    signatures: Vec<Signed>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    keyid: String,
    sig: String,
}

/// What is stated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    predicate_type: String,
    pub predicate: Predicate,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    name: String,
    digest: Sha256Of,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sha256Of {
    sha256: Hash,
}

/// What is said of the pack as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predicate {
    pub format: u32,
    /// The name of the log.
    pub origin: String,
    /// The key that signs this, as `NAME+ID+BASE64`.
    pub key: String,
    /// When it was sealed by the clock of whoever sealed it.
    pub sealed_at: Millis,
    pub entries: u64,
    pub root: Hash,
}

impl Statement {
    /// A statement about files.
    #[must_use]
    pub fn new(files: &BTreeMap<String, Vec<u8>>, predicate: Predicate) -> Self {
        let subject = |(name, bytes): (&String, &Vec<u8>)| {
            let digest = Sha256Of { sha256: Hash::of(bytes) };
            Subject { name: name.clone(), digest }
        };
        Self {
            kind: STATEMENT_TYPE.to_owned(),
            subject: files.iter().map(subject).collect(),
            predicate_type: PREDICATE.to_owned(),
            predicate,
        }
    }

    /// The signed envelope.
    pub fn sign(&self, signer: &Signer) -> Result<Vec<u8>, serde_json::Error> {
        let payload = serde_json::to_vec(self)?;
        let sig = STANDARD.encode(signer.sign(&encoded(&payload)).0);
        let keyid = hex::encode(signer.verifier().id());
        serde_json::to_vec(&Envelope {
            payload_type: PAYLOAD.to_owned(),
            payload: STANDARD.encode(payload),
            signatures: vec![Signed { keyid, sig }],
        })
    }

    /// Opens an envelope that the key it names has signed. Whose key that is is not known yet.
    pub fn open(bytes: &[u8]) -> Result<(Self, VerifierKey), Refusal> {
        let no = |what: &str| Refusal::new(&STATEMENT, FILE, what);
        let envelope: Envelope =
            serde_json::from_slice(bytes).map_err(|_| no("it is no DSSE envelope"))?;
        let ([signed], PAYLOAD) = (envelope.signatures.as_slice(), &*envelope.payload_type) else {
            return Err(no("it is not signed once over an in-toto statement"));
        };
        let payload = STANDARD.decode(&envelope.payload);
        let payload = payload.map_err(|_| no("its content is no base64"))?;
        let statement: Self =
            serde_json::from_slice(&payload).map_err(|_| no("its content is no statement"))?;
        let Predicate { format, key, origin, .. } = &statement.predicate;
        let known = statement.kind == STATEMENT_TYPE && statement.predicate_type == PREDICATE;
        if !known || *format != 1 {
            return Err(no("it is of a kind or version that this program does not know"));
        }
        let key: VerifierKey = key.parse().map_err(|_| no("its key cannot be read"))?;
        let sig = STANDARD.decode(&signed.sig).map_err(|_| no("its signature is no base64"))?;
        let named = hex::encode(key.id()) == signed.keyid && key.name == *origin;
        if !named || !key.signed(&encoded(&payload), &sig) {
            return Err(Refusal::new(&SIGNATURE, FILE, "the key that it names did not sign it"));
        }
        // The same statement is always the same bytes, so that none of them says nothing.
        let again = serde_json::to_vec(&envelope).is_ok_and(|again| again == bytes);
        if again { Ok((statement, key)) } else { Err(no("it is not in the one form it has")) }
    }

    /// The SHA-256 of each file.
    pub fn subjects(&self) -> impl Iterator<Item = (&str, Hash)> {
        self.subject.iter().map(|subject| (subject.name.as_str(), subject.digest.sha256))
    }
}

/// What DSSE signs.
fn encoded(payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {PAYLOAD} {} ", PAYLOAD.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}
