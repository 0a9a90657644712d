//! Whether a document says what an Open Badge has to say, and what it says. It must not believe any
//! of it.

use serde_json::{Map, Value};

use crate::badge::identity;
use crate::time::shortened;
use crate::{Fault, Shown};

type Object = Map<String, Value>;

pub(crate) fn text_of<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

pub(crate) fn issuer_of(credential: &Object) -> Option<&str> {
    let issuer = credential.get("issuer")?;
    issuer.as_str().or_else(|| issuer.get("id")?.as_str())
}

fn is_of_type(object: Option<&Value>, names: &[&str]) -> bool {
    match object.and_then(|object| object.get("type")) {
        Some(Value::String(one)) => names.contains(&one.as_str()),
        Some(Value::Array(all)) => {
            all.iter().filter_map(Value::as_str).any(|name| names.contains(&name))
        }
        _ => false,
    }
}

/// Whether it says what an Open Badge has to say, and what it says.
pub(crate) fn shape(credential: &Object) -> Result<Shown, Fault> {
    let lacks = |what: &str| Fault::shape(format!("it has no {what}"));
    let whole = Value::Object(credential.clone());
    if !is_of_type(Some(&whole), &["VerifiableCredential"])
        || !is_of_type(Some(&whole), &["OpenBadgeCredential", "AchievementCredential"])
    {
        return Err(Fault::shape("it is no Open Badge 3.0"));
    }
    alone(credential)?;
    let subject = credential.get("credentialSubject").filter(|subject| subject.is_object());
    if !is_of_type(subject, &["AchievementSubject"]) {
        return Err(lacks("one subject with an achievement"));
    }
    let subject = subject.ok_or_else(|| lacks("subject"))?;
    if subject.get("id").is_none() && subject.get("identifier").is_none() {
        return Err(lacks("holder"));
    }
    let achievement = subject
        .get("achievement")
        .filter(|_| is_of_type(subject.get("achievement"), &["Achievement"]));
    let of = |name: &str| achievement?.get(name)?.as_str();
    for name in ["id", "name", "description"] {
        of(name).ok_or_else(|| lacks(&format!("achievement with a `{name}`")))?;
    }
    if !achievement.and_then(|all| all.get("criteria")).is_some_and(Value::is_object) {
        return Err(lacks("achievement with criteria"));
    }
    let issuer = issuer_of(credential).ok_or_else(|| lacks("issuer"))?;
    let from = text_of(credential, "validFrom").ok_or_else(|| lacks("`validFrom`"))?;
    let issuer_name = credential.get("issuer").and_then(|issuer| issuer.get("name")?.as_str());
    let short = |text: &str| shortened(text);
    Ok(Shown {
        id: short(text_of(credential, "id").ok_or_else(|| lacks("`id`"))?),
        name: short(of("name").unwrap_or_default()),
        holder: identities(subject).find_map(|identity| {
            let of = |name: &str| identity.get(name).and_then(Value::as_str);
            let plain = identity.get("hashed") == Some(&Value::Bool(false));
            of("identityHash").filter(|_| plain && of("identityType") == Some("name")).map(short)
        }),
        issuer: issuer.to_owned(),
        issuer_name: issuer_name.map(short),
        from: short(from),
        until: text_of(credential, "validUntil").map(short),
    })
}

fn identities(subject: &Value) -> impl Iterator<Item = &Value> {
    let listed = subject.get("identifier");
    let all = listed.and_then(Value::as_array).map(Vec::as_slice);
    all.or_else(|| listed.map(std::slice::from_ref)).unwrap_or_default().iter()
}

/// Nothing within it may go by its own id: what is said there would be signed as said of the whole.
pub(crate) fn alone(credential: &Object) -> Result<(), Fault> {
    fn within(value: &Value, id: &str) -> bool {
        match value {
            Value::Object(object) => {
                text_of(object, "id") == Some(id) || object.values().any(|value| within(value, id))
            }
            Value::Array(items) => items.iter().any(|item| within(item, id)),
            _ => false,
        }
    }
    let id = text_of(credential, "id").ok_or_else(|| Fault::shape("it has no `id`"))?;
    if credential.values().any(|value| within(value, id)) {
        return Err(Fault::shape("a part of it goes by the id of the whole"));
    }
    Ok(())
}

/// Whether whoever shows it is whom it was issued to, by their address.
pub(crate) fn holder(credential: &Object, mail: &str) -> Result<(), Fault> {
    let same = |shown: &Value| {
        let of = |name: &str| shown.get(name).and_then(Value::as_str);
        let salt = of("salt").unwrap_or_default();
        of("identityType") == Some("emailAddress")
            && of("identityHash") == Some(identity(mail, salt).as_str())
    };
    let identity_holds =
        credential.get("credentialSubject").is_some_and(|subject| identities(subject).any(same));
    if identity_holds { Ok(()) } else { Err(Fault::shape("it was issued to another address")) }
}
