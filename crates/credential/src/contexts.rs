//! The contexts that give the words of a credential their meaning. They are carried in the program;
//! one that is not here is refused, never fetched.

use serde_json::{Map, Value};

use crate::Fault;
use crate::time::shortened;
use crate::verify::Check;

/// Verifiable Credentials 2.0.
pub const CREDENTIALS: &str = "https://www.w3.org/ns/credentials/v2";
/// Open Badges 3.0.
pub const BADGES: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";

const ALL: &[(&str, &str)] = &[
    (CREDENTIALS, include_str!("contexts/credentials-v2.json")),
    (BADGES, include_str!("contexts/open-badges-3.0.3.json")),
    (
        "https://w3id.org/security/data-integrity/v2",
        include_str!("contexts/data-integrity-v2.json"),
    ),
    ("https://www.w3.org/ns/credentials/status/v1", include_str!("contexts/status-list-v1.json")),
    // The vectors of the W3C use it, and nobody else may.
    #[cfg(test)]
    (
        "https://www.w3.org/ns/credentials/examples/v2",
        r#"{"@context":{"@vocab":"https://www.w3.org/ns/credentials/examples#"}}"#,
    ),
];

/// The text of a context.
pub fn bundled(address: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == address).map(|(_, text)| *text)
}

/// The contexts that a document names, all of them known and the first that of credentials.
pub fn named(document: &Map<String, Value>) -> Result<Vec<&str>, Fault> {
    let wrong = |why: String| Fault::new(Check::Context, why);
    let Some(Value::Array(listed)) = document.get("@context") else {
        return Err(wrong("it has no list of contexts".to_owned()));
    };
    let mut names = Vec::new();
    for context in listed {
        let Value::String(address) = context else {
            return Err(wrong("a context is written out where its address should be".to_owned()));
        };
        if bundled(address).is_none() {
            let shown = shortened(address);
            return Err(wrong(format!("the context `{shown}` is not known, and none is fetched")));
        }
        if names.contains(&address.as_str()) {
            return Err(wrong(format!("the context `{address}` is there twice")));
        }
        names.push(address.as_str());
    }
    match names.first() {
        Some(&CREDENTIALS) => Ok(names),
        _ => Err(wrong(format!("its first context is not `{CREDENTIALS}`"))),
    }
}
