//! Who issues: a name, and an identifier that leads to a key. `did:key` is the key, `did:web` an
//! address where a document lists the keys. It must not fetch that document.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::key::PublicKey;
use crate::time::shortened;
use crate::{Check, Fault, text};

/// An identifier of an issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Did {
    /// The key itself.
    Key(PublicKey),
    /// A host, and the path to its document where that is not the well-known one.
    Web(String),
}

/// Who issues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    pub did: Did,
    pub name: String,
    /// Where it is reached, without a slash at the end.
    pub address: String,
}

fn wrong(why: impl Into<String>) -> Fault {
    Fault::new(Check::Issuer, why)
}

impl Did {
    /// The identifier of whoever is reached at an address. An address of this machine is nobody's
    /// for anybody else, so there the key itself is the identifier.
    pub fn at(address: &str, key: PublicKey) -> Result<Self, Fault> {
        let plain = |host: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
            !host.is_empty() && host.chars().all(allowed)
        };
        let local = |host: &str| {
            let name = host.split(':').next().unwrap_or_default();
            matches!(name, "localhost" | "127.0.0.1")
        };
        let shown =
            || wrong(format!("`{}` is no `https://` address of a host", shortened(address)));
        if let Some(host) = address.strip_prefix("https://") {
            let sound = plain(host) && !local(host);
            return if sound { Ok(Self::Web(host.replace(':', "%3A"))) } else { Err(shown()) };
        }
        match address.strip_prefix("http://") {
            Some(host) if plain(host) && local(host) => Ok(Self::Key(key)),
            _ => Err(shown()),
        }
    }

    /// The name of a key of this issuer.
    #[must_use]
    pub fn method(&self, key: &PublicKey) -> String {
        format!("{self}#{}", key.multibase())
    }

    /// The document that lists the keys of this issuer.
    #[must_use]
    pub fn document(&self, keys: &[PublicKey]) -> Value {
        let methods: Vec<Value> = keys
            .iter()
            .map(|key| {
                json!({
                    "id": self.method(key),
                    "type": "Multikey",
                    "controller": self.to_string(),
                    "publicKeyMultibase": key.multibase(),
                })
            })
            .collect();
        let names: Vec<String> = keys.iter().map(|key| self.method(key)).collect();
        json!({
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": self.to_string(),
            "verificationMethod": methods,
            "assertionMethod": names,
        })
    }

    /// The key that a proof names, as this issuer's own document has it.
    pub fn key(&self, method: &str, document: Option<&str>) -> Result<PublicKey, Fault> {
        let whose = method.split_once('#').map(|(did, _)| did);
        if whose != Some(self.to_string().as_str()) {
            return Err(wrong(format!(
                "it is signed with `{}`, no key of the issuer's",
                shortened(method)
            )));
        }
        match self {
            Self::Key(key) if method == self.method(key) => Ok(*key),
            Self::Key(_) => Err(wrong("it is signed with a key that its issuer is not")),
            Self::Web(_) => {
                let document = document.ok_or_else(|| {
                    wrong(format!(
                        "the document of `{self}` was not given, so its key is not known"
                    ))
                })?;
                self.listed(method, &text::read(document).map_err(|fault| wrong(fault.why))?)
            }
        }
    }

    fn listed(&self, method: &str, document: &Map<String, Value>) -> Result<PublicKey, Fault> {
        let did = self.to_string();
        if document.get("id").and_then(Value::as_str) != Some(&did) {
            return Err(wrong(format!("the document given is not that of `{did}`")));
        }
        let whole =
            |id: &str| if id.starts_with('#') { format!("{did}{id}") } else { id.to_owned() };
        let id_of = |value: &Value| value.as_str().or_else(|| value.get("id")?.as_str()).map(whole);
        let all = |name: &str| document.get(name).and_then(Value::as_array).into_iter().flatten();
        let may = all("assertionMethod").find(|value| id_of(value).as_deref() == Some(method));
        let Some(may) = may else {
            return Err(wrong(format!("`{did}` does not say that this key issues anything")));
        };
        let found = if may.is_object() {
            Some(may)
        } else {
            all("verificationMethod").find(|value| id_of(value).as_deref() == Some(method))
        };
        let found = found.ok_or_else(|| wrong("the key is named in the document and not there"))?;
        if found.get("controller").and_then(Value::as_str) != Some(&did) {
            return Err(wrong("the key belongs to somebody else"));
        }
        if let Some(multibase) = found.get("publicKeyMultibase").and_then(Value::as_str) {
            return PublicKey::from_multibase(multibase).map_err(|fault| wrong(fault.why));
        }
        let member = |name: &str| found.get("publicKeyJwk")?.get(name)?.as_str();
        let key = member("x")
            .filter(|_| member("kty") == Some("OKP") && member("crv") == Some("Ed25519"));
        let bytes = key.and_then(|x| BASE64_URL_SAFE_NO_PAD.decode(x).ok());
        let bytes: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
        let bytes = bytes.ok_or_else(|| wrong("the key is of a kind that is not known here"))?;
        PublicKey::from_bytes(bytes).map_err(|fault| wrong(fault.why))
    }
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "did:key:{}", key.multibase()),
            Self::Web(host) => write!(f, "did:web:{host}"),
        }
    }
}

impl FromStr for Did {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_:%".contains(c);
        if let Some(key) = text.strip_prefix("did:key:") {
            return PublicKey::from_multibase(key).map(Self::Key).map_err(|fault| wrong(fault.why));
        }
        match text.strip_prefix("did:web:") {
            Some(host) if !host.is_empty() && host.chars().all(plain) => {
                Ok(Self::Web(host.to_owned()))
            }
            _ => Err(wrong(format!("`{}` is no issuer that can be looked up", shortened(text)))),
        }
    }
}
