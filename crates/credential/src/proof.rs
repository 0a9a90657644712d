//! Signatures over documents (Data Integrity, `eddsa-rdfc-2022` and `eddsa-jcs-2022`). It must not
//! decide whose key may sign: the key is handed in.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::key::{PublicKey, Signer, base58};
use crate::{Check, Fault, canon, contexts, time};

type Object = Map<String, Value>;

/// How a document becomes the bytes that are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// By what it says.
    Rdfc,
    /// By how it is written.
    Jcs,
}

impl Suite {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rdfc => "eddsa-rdfc-2022",
            Self::Jcs => "eddsa-jcs-2022",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Rdfc, Self::Jcs].into_iter().find(|suite| suite.as_str() == name)
    }

    fn hash(self, object: &Object) -> Result<[u8; 32], Fault> {
        let bytes = match self {
            Self::Rdfc => canon::canonical(object)?.into_bytes(),
            Self::Jcs => serde_jcs::to_vec(object).map_err(|e| Fault::shape(e.to_string()))?,
        };
        Ok(Sha256::digest(bytes).into())
    }
}

/// Everything that a proof may say here.
const MEMBERS: &[&str] = &[
    "@context",
    "created",
    "cryptosuite",
    "expires",
    "id",
    "proofPurpose",
    "proofValue",
    "type",
    "verificationMethod",
];

/// The hash that is signed: of the proof's own words, then of the document.
pub(crate) fn hash(suite: Suite, proof: &Object, document: &Object) -> Result<Vec<u8>, Fault> {
    Ok([suite.hash(proof)?, suite.hash(document)?].concat())
}

/// Signs a document that has no proof yet.
pub fn add(
    document: &Object,
    suite: Suite,
    (signer, method): (&Signer, &str),
    created: i64,
) -> Result<Object, Fault> {
    let contexts = contexts::named(document)?;
    let mut proof = Object::new();
    proof.insert("@context".to_owned(), json!(contexts));
    for (name, value) in [
        ("type", "DataIntegrityProof"),
        ("cryptosuite", suite.as_str()),
        ("created", &time::stamp(created)),
        ("verificationMethod", method),
        ("proofPurpose", "assertionMethod"),
    ] {
        proof.insert(name.to_owned(), Value::from(value));
    }
    let signature = signer.sign(&hash(suite, &proof, document)?);
    if suite == Suite::Rdfc {
        // The document's own contexts give its words their meaning; they need not stand twice.
        proof.remove("@context");
    }
    let value = format!("z{}", bs58::encode(signature).into_string());
    proof.insert("proofValue".to_owned(), Value::from(value));
    let mut signed = document.clone();
    signed.insert("proof".to_owned(), Value::Object(proof));
    Ok(signed)
}

/// The proof of a document and what it was made over.
pub(crate) fn apart(document: &Object) -> Result<(Object, Object), Fault> {
    let mut bare = document.clone();
    match bare.remove("proof") {
        Some(Value::Object(proof)) => Ok((proof, bare)),
        Some(_) => Err(Fault::signature("it has more than one proof, or none that is an object")),
        None => Err(Fault::signature("it is not signed")),
    }
}

/// The key that signed a document, by its name.
pub(crate) fn method(document: &Object) -> Result<String, Fault> {
    let (proof, _) = apart(document)?;
    let method = proof.get("verificationMethod").and_then(Value::as_str);
    method.map(str::to_owned).ok_or_else(|| Fault::signature("the proof names no key"))
}

/// When the proof was made, and until when it is one.
pub(crate) fn times(document: &Object) -> Result<(Option<i64>, Option<i64>), Fault> {
    let (proof, _) = apart(document)?;
    let at = |name: &str| {
        let text = proof.get(name).map(|value| {
            value.as_str().ok_or_else(|| Fault::shape(format!("`{name}` of the proof is no time")))
        });
        text.transpose()?.map(time::instant).transpose()
    };
    Ok((at("created")?, at("expires")?))
}

/// Whether a key signed a document.
pub fn check(document: &Object, key: &PublicKey) -> Result<(), Fault> {
    let (mut proof, bare) = apart(document)?;
    if let Some(other) = proof.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        let other = time::shortened(other);
        return Err(Fault::signature(format!("the proof says `{other}`, which is not known here")));
    }
    let says = |proof: &Object, name: &str| {
        proof.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    if says(&proof, "type") != "DataIntegrityProof" {
        return Err(Fault::signature("the proof is no Data Integrity proof"));
    }
    if says(&proof, "proofPurpose") != "assertionMethod" {
        return Err(Fault::signature("the proof was not made to assert anything"));
    }
    let name = says(&proof, "cryptosuite");
    let suite = Suite::named(&name).ok_or_else(|| {
        Fault::signature(format!("proofs by `{}` are not known here", time::shortened(&name)))
    })?;
    let value = says(&proof, "proofValue");
    let signature = base58(&value, 96).filter(|bytes| bytes.len() == 64);
    let signature =
        signature.ok_or_else(|| Fault::signature("the proof's value is no signature"))?;
    proof.remove("proofValue");
    let contexts = json!(contexts::named(&bare)?);
    match proof.get("@context") {
        Some(own) if *own != contexts => {
            return Err(Fault::new(
                Check::Context,
                "the proof has other contexts than the document",
            ));
        }
        // A proof over the text signs exactly what it says; one over the meaning needs the words.
        None if suite == Suite::Jcs => {}
        _ => {
            proof.insert("@context".to_owned(), contexts);
        }
    }
    key.check(&hash(suite, &proof, &bare)?, &signature)
}
