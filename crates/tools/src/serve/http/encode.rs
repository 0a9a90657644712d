//! Values as OpenAPI's styles write them into paths, queries, headers, cookies and forms. It must
//! not write a value in a form that its style does not have, and it encodes whatever could be taken
//! for a part of the address: `allowReserved` asks for less, and no server needs it.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::parameter::{Parameter, Style};

/// Everything but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A value in parts, encoded for where it goes.
enum Parts {
    One(String),
    List(Vec<String>),
    Fields(Vec<(String, String)>),
}

impl Parts {
    fn of(parameter: &Parameter, value: &Value, write: fn(&str) -> String) -> Result<Self, String> {
        if parameter.style == Style::Json {
            return Ok(Self::One(write(&value.to_string())));
        }
        let one = |value: &Value| match value {
            Value::String(text) => Ok(write(text)),
            Value::Bool(_) | Value::Number(_) => Ok(write(&value.to_string())),
            _ => {
                let what = "holds more than its style can write";
                Err(format!("`{}` {what}", parameter.name))
            }
        };
        match value {
            Value::Array(items) => Ok(Self::List(items.iter().map(one).collect::<Result<_, _>>()?)),
            Value::Object(fields) => {
                let field =
                    |(name, value): (&String, &Value)| Ok::<_, String>((write(name), one(value)?));
                Ok(Self::Fields(fields.iter().map(field).collect::<Result<_, _>>()?))
            }
            value => Ok(Self::One(one(value)?)),
        }
    }

    /// All of it in one run: `a,b` or `key,value,key,value`.
    fn run(self, between: &str) -> String {
        match self {
            Self::One(one) => one,
            Self::List(items) => items.join(between),
            Self::Fields(fields) => {
                let pairs = fields.into_iter().flat_map(|(name, value)| [name, value]);
                pairs.collect::<Vec<_>>().join(between)
            }
        }
    }
}

/// A text with everything encoded that could be taken for a part of an address.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// What stands in the path in place of a parameter's mark.
pub(super) fn path(parameter: &Parameter, value: &Value) -> Result<String, String> {
    let name = encoded(&parameter.name);
    let parts = Parts::of(parameter, value, encoded)?;
    let (lead, between) = match parameter.style {
        Style::Label => (".", "."),
        Style::Matrix => (";", ";"),
        _ => ("", ","),
    };
    let named = |item: String| match parameter.style {
        Style::Matrix => format!("{name}={item}"),
        _ => item,
    };
    let written = match parts {
        Parts::Fields(fields) if parameter.explode => {
            let pairs = fields.into_iter().map(|(name, value)| format!("{name}={value}"));
            pairs.collect::<Vec<_>>().join(between)
        }
        Parts::List(items) if parameter.explode => {
            items.into_iter().map(named).collect::<Vec<_>>().join(between)
        }
        parts => named(parts.run(",")),
    };
    let written = format!("{lead}{written}");
    // An empty part names the collection instead of one of its items, and a server that decodes
    // before it looks goes up a folder at `..`.
    let decoded = percent_encoding::percent_decode_str(&written).decode_utf8_lossy();
    let up = decoded.split(['/', '\\']).any(|part| matches!(part, "." | ".."));
    if written.is_empty() || up || decoded.contains(char::is_control) {
        return Err(format!("`{}` cannot be a part of a path", parameter.name));
    }
    Ok(written)
}

/// The `name=value` pairs of a parameter in the query.
pub(super) fn query(parameter: &Parameter, value: &Value) -> Result<Vec<String>, String> {
    let name = encoded(&parameter.name);
    let pair = |value: String| format!("{name}={value}");
    let parts = Parts::of(parameter, value, encoded)?;
    let between = match parameter.style {
        Style::Space => "%20",
        Style::Pipe => "%7C",
        _ => ",",
    };
    Ok(match parts {
        Parts::Fields(fields) if parameter.style == Style::Deep => {
            let deep = |(field, value)| format!("{name}%5B{field}%5D={value}");
            fields.into_iter().map(deep).collect()
        }
        Parts::Fields(fields) if parameter.explode => {
            fields.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
        }
        Parts::List(items) if parameter.explode => items.into_iter().map(pair).collect(),
        parts => vec![pair(parts.run(between))],
    })
}

/// A header's value. What no header can hold is refused where it is made.
pub(super) fn header(parameter: &Parameter, value: &Value) -> Result<String, String> {
    Ok(match Parts::of(parameter, value, str::to_owned)? {
        Parts::Fields(fields) if parameter.explode => {
            let pairs = fields.into_iter().map(|(name, value)| format!("{name}={value}"));
            pairs.collect::<Vec<_>>().join(",")
        }
        parts => parts.run(","),
    })
}

/// The `name=value` pair of a cookie. Programs do not agree on how one holds several values.
pub(super) fn cookie(parameter: &Parameter, value: &Value) -> Result<String, String> {
    match Parts::of(parameter, value, encoded)? {
        Parts::One(one) => Ok(format!("{}={one}", parameter.name)),
        _ => Err(format!("`{}` holds more than a cookie can", parameter.name)),
    }
}

/// A form as the body. What is said about a field's style is in `parts`.
pub(super) fn form(parts: &BTreeMap<String, Parameter>, value: &Value) -> Result<String, String> {
    let fields = value.as_object().ok_or("the body of a form is no object")?;
    let mut pairs = Vec::new();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        match parts.get(name) {
            Some(parameter) => pairs.extend(query(parameter, value)?),
            None => pairs.extend(query(&Parameter::field(name, value), value)?),
        }
    }
    Ok(pairs.join("&"))
}
