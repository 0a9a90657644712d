//! What an operation takes beside its body: where each parameter stands and how it is written. It
//! must not leave to an argument what belongs to the connection or to a key.

use std::sync::Arc;

use reqwest::header::{HeaderMap, HeaderName};
use serde_json::Value;

use super::file::fields;
use super::keys::Key;

/// Headers that are not for an argument to set: OpenAPI says so of the first three, and the others
/// belong to the connection.
pub(super) const OURS: &[&str] = &[
    "accept",
    "content-type",
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) style: Style,
    pub(super) explode: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
    Cookie,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `simple` in paths and headers, `form` elsewhere: values with commas between them.
    Plain,
    Label,
    Matrix,
    Space,
    Pipe,
    Deep,
    /// It has a media type: its value is written as JSON.
    Json,
}

impl Parameter {
    /// A form's field about which nothing is said: a list is several fields, an object is JSON.
    pub(super) fn field(name: &str, value: &Value) -> Self {
        let style = if value.is_object() { Style::Json } else { Style::Plain };
        Self { name: name.to_owned(), place: Place::Query, style, explode: true }
    }
}

/// Whether a media type is JSON.
pub(super) fn is_json(kind: &str) -> bool {
    kind == "application/json" || kind.ends_with("+json")
}

/// Whether a text can be the name of a header or cookie.
pub(super) fn is_token(text: &str) -> bool {
    HeaderName::try_from(text).is_ok()
}

/// A media type without what is said beside it.
pub(super) fn essence(kind: &str) -> String {
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A parameter and its schema. None where an argument has no say.
pub(super) fn read<'f>(
    found: &'f Value,
    must: bool,
    (keys, sent): (&[Arc<Key>], &HeaderMap),
) -> Result<Option<(Parameter, &'f Value)>, String> {
    let word = |key| found.get(key).and_then(Value::as_str).unwrap_or_default();
    let name = word("name");
    let place = match word("in") {
        "path" => Place::Path,
        "query" => Place::Query,
        "header" if sent.contains_key(name) => return Ok(None),
        "header" if OURS.contains(&name.to_ascii_lowercase().as_str()) => return Ok(None),
        "header" => Place::Header,
        "cookie" if is_token(name) => Place::Cookie,
        other if must => return Err(format!("`{name}` must be sent in a `{other}`")),
        _ => return Ok(None),
    };
    if keys.iter().any(|key| key.takes(place, name)) {
        return Ok(None);
    }
    let mut parameter = styled(name, place, found)?;
    let media = fields(found, "content").next();
    let shape = match media {
        Some((kind, said)) if is_json(&essence(kind)) => {
            parameter.style = Style::Json;
            said.get("schema")
        }
        Some((kind, _)) => return Err(format!("`{name}` cannot be written as `{kind}`")),
        None => found.get("schema"),
    };
    Ok(Some((parameter, shape.unwrap_or(&Value::Bool(true)))))
}

/// How a parameter is written.
pub(super) fn styled(name: &str, place: Place, said: &Value) -> Result<Parameter, String> {
    let form = matches!(place, Place::Query | Place::Cookie);
    let usual = if form { "form" } else { "simple" };
    let word = said.get("style").and_then(Value::as_str).unwrap_or(usual);
    let style = match (word, place) {
        ("simple", Place::Path | Place::Header) | ("form", Place::Query | Place::Cookie) => {
            Style::Plain
        }
        ("label", Place::Path) => Style::Label,
        ("matrix", Place::Path) => Style::Matrix,
        ("spaceDelimited", Place::Query) => Style::Space,
        ("pipeDelimited", Place::Query) => Style::Pipe,
        ("deepObject", Place::Query) => Style::Deep,
        (other, _) => return Err(format!("`{name}` cannot be written in the style `{other}`")),
    };
    let explode = said.get("explode").and_then(Value::as_bool).unwrap_or(word == "form");
    Ok(Parameter { name: name.to_owned(), place, style, explode })
}

/// Whether a schema is one of a list or an object.
pub(super) fn several(schema: &Value) -> bool {
    let is = |kind: &Value| kind == "array" || kind == "object";
    match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(is),
        Some(kind) => is(kind),
        None => false,
    }
}

/// Every mark in the path has its parameter, and the other way round.
pub(super) fn marks(path: &str, parameters: &[Parameter]) -> Result<(), String> {
    let mut rest = path.to_owned();
    for parameter in parameters.iter().filter(|parameter| parameter.place == Place::Path) {
        let mark = format!("{{{}}}", parameter.name);
        if !rest.contains(&mark) {
            return Err(format!("its path has no `{mark}`"));
        }
        rest = rest.replace(&mark, "");
    }
    if rest.contains(['{', '}']) {
        return Err(format!("nothing is said about a part of its path `{path}`"));
    }
    Ok(())
}
