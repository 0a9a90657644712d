//! What is issued: an Open Badge 3.0 as a document. It must not sign it.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::id::CredentialId;
use crate::issuer::Issuer;
use crate::status::Entry;
use crate::{Fault, contexts, time};

/// What was examined and passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    pub name: String,
    /// What whoever holds it can do.
    pub description: String,
    /// What it took.
    pub criteria: String,
}

/// Who holds it. Their address is in it as a salted hash only: who knows it can compare it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub name: String,
    pub mail: Option<String>,
    /// Random, so that an address cannot be found by trying.
    pub salt: [u8; 16],
}

/// What speaks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    pub name: String,
    pub told: String,
}

/// Everything that a credential says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Award {
    pub id: CredentialId,
    pub issuer: Issuer,
    pub level: Level,
    pub holder: Holder,
    pub evidence: Vec<Evidence>,
    pub from: i64,
    pub until: i64,
    /// As the how-manieth it was issued.
    pub nth: u32,
}

impl Award {
    /// Where anybody verifies it.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}/credentials/{}", self.issuer.address, self.id)
    }

    /// The document that is signed.
    pub fn document(&self) -> Result<Map<String, Value>, Fault> {
        let (address, issuer) = (self.address(), &self.issuer);
        let code = self.id.code();
        let status: Vec<Value> =
            Entry::of(&issuer.address, self.nth).iter().map(Entry::written).collect();
        let mut document = json!({
            "@context": [contexts::CREDENTIALS, contexts::BADGES],
            "id": address,
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "name": self.level.name,
            "issuer": {
                "id": issuer.did.to_string(),
                "type": ["Profile"],
                "name": issuer.name,
                "url": issuer.address,
            },
            "validFrom": time::stamp(self.from),
            "validUntil": time::stamp(self.until),
            "credentialSubject": {
                "id": format!("{address}#holder"),
                "type": ["AchievementSubject"],
                "identifier": self.identity(),
                "achievement": {
                    "id": format!("{}/credentials/levels/{code}", issuer.address),
                    "type": ["Achievement"],
                    "achievementType": "Certificate",
                    "humanCode": code,
                    "name": self.level.name,
                    "description": self.level.description,
                    "criteria": { "narrative": self.level.criteria },
                },
            },
            "credentialStatus": status,
        });
        if !self.evidence.is_empty() {
            let told = |(n, evidence): (usize, &Evidence)| {
                json!({
                    "id": format!("{address}#evidence-{}", n + 1),
                    "type": ["Evidence"],
                    "name": evidence.name,
                    "narrative": evidence.told,
                })
            };
            let all: Vec<Value> = self.evidence.iter().enumerate().map(told).collect();
            if let Value::Object(document) = &mut document {
                document.insert("evidence".to_owned(), Value::Array(all));
            }
        }
        match document {
            Value::Object(document) => Ok(document),
            _ => Err(Fault::shape("no object")),
        }
    }

    fn identity(&self) -> Vec<Value> {
        let mut all = vec![json!({
            "type": "IdentityObject",
            "hashed": false,
            "identityHash": self.holder.name,
            "identityType": "name",
        })];
        if let Some(mail) = &self.holder.mail {
            let salt = hex(&self.holder.salt);
            all.push(json!({
                "type": "IdentityObject",
                "hashed": true,
                "identityHash": identity(mail, &salt),
                "identityType": "emailAddress",
                "salt": salt,
            }));
        }
        all
    }
}

/// What stands for an address of mail.
pub(crate) fn identity(mail: &str, salt: &str) -> String {
    let mail = mail.trim().to_lowercase();
    format!("sha256${}", hex(&Sha256::new().chain_update(mail).chain_update(salt).finalize()))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
