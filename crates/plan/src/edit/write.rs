//! Values as YAML in the form that the operator's files have.

use std::sync::Arc;

use serde_json::Value;

use crate::files::Files;
use crate::problem::Cx;
use crate::yaml::{self, Kind, Node};

/// How long a line may be before a map or list gets lines of its own.
const LINE: usize = 80;
pub const LINE_MAX: usize = 120;

/// A text as it is written: plain where it reads back as it is, otherwise in quotes.
pub fn scalar(value: &Value, in_flow: bool) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::String(text) => text.as_str(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            return value.to_string();
        }
    };
    let around = if in_flow { format!("[ {text} ]") } else { format!("- {text}\n") };
    let plain = !text.is_empty()
        && !text.contains('\n')
        && text.trim() == text
        && reads(&around).is_some_and(|node| match node.kind {
            Kind::List(items) => matches!(
                items.as_slice(),
                [one] if !one.is_null()
                    && matches!(&one.kind, Kind::Text { text: read, plain: true } if read == text)
            ),
            Kind::Map(_) | Kind::Text { .. } => false,
        });
    if plain { text.to_owned() } else { Value::String(text.to_owned()).to_string() }
}

fn reads(text: &str) -> Option<Node> {
    let files = Files::new();
    let cx = Cx::new(&files);
    let node = yaml::read(&cx, &Arc::from("a value"), text, 0);
    node.filter(|_| cx.count() == 0)
}

/// A value on one line, between brackets where it is a list or a map.
pub fn flow(value: &Value) -> String {
    match value {
        Value::Array(all) if all.is_empty() => "[]".to_owned(),
        Value::Array(all) => {
            let all: Vec<String> = all.iter().map(flow).collect();
            format!("[ {} ]", all.join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let pair = |(key, value): (&String, &Value)| {
                let key = scalar(&Value::String(key.clone()), true);
                let value = flow(value);
                if value.is_empty() { format!("{key}:") } else { format!("{key}: {value}") }
            };
            let all: Vec<String> = map.iter().map(pair).collect();
            format!("{{ {} }}", all.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => scalar(value, true),
    }
}

/// A value on lines of its own, each indented so; the first one too.
pub fn block(value: &Value, indent: usize) -> String {
    lines(value, indent, 0)
}

fn lines(value: &Value, indent: usize, depth: usize) -> String {
    let space = " ".repeat(indent);
    match value {
        Value::Object(map) if !map.is_empty() => {
            let all: Vec<String> =
                map.iter().map(|(key, value)| entry(key, value, indent, depth + 1)).collect();
            all.join("\n")
        }
        Value::Array(all) if !all.is_empty() => {
            let item = |value: &Value| {
                let short = flow(value);
                let text = match value {
                    Value::Object(_) if indent + short.len() > LINE_MAX => {
                        lines(value, indent + 2, depth + 1).trim_start().to_owned()
                    }
                    Value::Object(_) | Value::Array(_) => short,
                    _ => scalar(value, false),
                };
                format!("{space}- {text}")
            };
            all.iter().map(item).collect::<Vec<_>>().join("\n")
        }
        _ => format!("{space}{}", scalar(value, false)),
    }
}

/// A key and its value: on one line where it is short, or deep in a map and not too long.
pub fn entry(key: &str, value: &Value, indent: usize, depth: usize) -> String {
    let (space, name) = (" ".repeat(indent), scalar(&Value::String(key.to_owned()), false));
    let short = match value {
        Value::Array(_) | Value::Object(_) => flow(value),
        _ => scalar(value, false),
    };
    let plain = |value: &Value| !matches!(value, Value::Array(_) | Value::Object(_));
    let room = if depth > 1 { LINE_MAX } else { LINE };
    let leaf = match value {
        Value::Object(map) => depth > 1 || map.values().all(plain),
        Value::Array(all) => all.iter().all(plain),
        _ => return format!("{space}{name}: {short}").trim_end().to_owned(),
    };
    let fits = leaf && indent + name.len() + 2 + short.len() <= room;
    let is_empty = matches!(short.as_str(), "[]" | "{}");
    if fits || is_empty {
        format!("{space}{name}: {short}")
    } else {
        format!("{space}{name}:\n{}", lines(value, indent + 2, depth))
    }
}
