//! Credentials as tokens (VC-JWT, EdDSA). It must not decide whose key may sign.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::key::{PublicKey, Signer};
use crate::{Fault, text, time};

type Object = Map<String, Value>;

/// What a token adds to the credential within it.
const CLAIMS: [&str; 6] = ["exp", "iat", "iss", "jti", "nbf", "sub"];

/// A document as a token.
pub fn token(document: &Object, signer: &Signer, method: &str) -> Result<String, Fault> {
    let header = json!({ "alg": "EdDSA", "typ": "vc+jwt", "kid": method });
    let mut payload = document.clone();
    payload.remove("proof");
    for (name, value) in claims(&payload)? {
        payload.insert(name.to_owned(), value);
    }
    let encode = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(Value::Object(payload)));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(signer.sign(signed.as_bytes()));
    Ok(format!("{signed}.{signature}"))
}

/// The claims that a credential's own members say already.
fn claims(credential: &Object) -> Result<Vec<(&'static str, Value)>, Fault> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let at = |name: &str| text(credential.get(name)).map(|at| time::instant(&at)).transpose();
    let issuer = credential.get("issuer");
    let issuer = text(issuer).or_else(|| text(issuer?.get("id")));
    let subject = credential.get("credentialSubject").and_then(|subject| subject.get("id"));
    let all = [
        ("iss", issuer.map(Value::from)),
        ("jti", text(credential.get("id")).map(Value::from)),
        ("sub", text(subject).map(Value::from)),
        ("nbf", at("validFrom")?.map(Value::from)),
        ("exp", at("validUntil")?.map(Value::from)),
    ];
    Ok(all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}

/// A token taken apart and not yet believed.
#[derive(Debug)]
pub struct Token<'a> {
    pub method: String,
    pub credential: Object,
    signed: &'a str,
    signature: Vec<u8>,
}

/// Takes a token apart. What it says of the credential must be what the credential says.
pub fn untoken(token: &str) -> Result<Token<'_>, Fault> {
    if token.len() > text::LONGEST * 2 {
        return Err(Fault::shape("it is too long"));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or_else(|| Fault::shape("no token"))?;
    let (header, payload) = signed.split_once('.').ok_or_else(|| Fault::shape("no token"))?;
    let decode = |part: &str| {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).ok();
        bytes.ok_or_else(|| Fault::shape("the token is not base64"))
    };
    let object = |part: &str| {
        let text = String::from_utf8(decode(part)?).map_err(|e| Fault::shape(e.to_string()))?;
        text::read(&text)
    };
    let header = object(header)?;
    let says = |name: &str| header.get(name).and_then(Value::as_str);
    if says("alg") != Some("EdDSA") {
        return Err(Fault::signature("the token is not signed with EdDSA"));
    }
    if !matches!(says("typ"), None | Some("vc+jwt" | "JWT" | "vc+ld+jwt")) {
        return Err(Fault::signature("the token is of another kind"));
    }
    if header.contains_key("crit") {
        return Err(Fault::signature("the token demands what is not known here"));
    }
    let method = says("kid").ok_or_else(|| Fault::signature("the token names no key"))?.to_owned();
    let mut credential = object(payload)?;
    let said: Vec<(&str, Value)> =
        CLAIMS.into_iter().filter_map(|name| Some((name, credential.remove(name)?))).collect();
    let owed = claims(&credential)?;
    for (name, value) in said {
        let own = owed.iter().find(|(owed, _)| *owed == name).map(|(_, value)| value);
        if name != "iat" && own != Some(&value) {
            let why = format!("the token's `{name}` is not what the credential says");
            return Err(Fault::shape(why));
        }
    }
    Ok(Token { method, credential, signed, signature: decode(signature)? })
}

impl Token<'_> {
    /// Whether a key signed it.
    pub fn check(&self, key: &PublicKey) -> Result<(), Fault> {
        key.check(self.signed.as_bytes(), &self.signature)
    }
}
