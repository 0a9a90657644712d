//! What it means that a tool's definition is another now: for the steps that call it, and for the
//! models that read it. These are readings of two schemas, said as such; nothing rests on them.

use std::collections::{BTreeMap, BTreeSet};

use plan::lock::Definition;
use serde_json::{Map, Value};

use super::super::visible;
use crate::probe;

/// Limits of a schema of which more lets more through, and of which less does.
const MORE_IS_WIDER: [&str; 4] = ["maximum", "exclusiveMaximum", "maxLength", "maxItems"];
const LESS_IS_WIDER: [&str; 4] = ["minimum", "exclusiveMinimum", "minLength", "minItems"];
/// Rules of a schema that let less through than none.
const RULES: [&str; 6] = ["pattern", "format", "const", "multipleOf", "allOf", "not"];
/// What only tells a reader something.
const WORDS: [&str; 4] = ["description", "title", "examples", "default"];

/// What follows from a change, in sentences.
pub fn means(old: &Definition, new: &Definition) -> Vec<String> {
    let mut all = Vec::new();
    if (&old.title, &old.description) != (&new.title, &new.description) {
        all.push("a model reads other words about what it does".to_owned());
    }
    let orders = probe::orders(&new.description);
    if orders != probe::orders(&old.description) {
        all.extend(orders);
    }
    arguments(&old.input, &new.input, &mut all);
    if open(&new.input) && !open(&old.input) {
        all.push("it takes arguments now that its schema does not name".to_owned());
    }
    if old.output != new.output {
        let what = "its result has another form: a step may not find the fields that it uses";
        all.push(what.to_owned());
    }
    all
}

fn arguments(old: &Value, new: &Value, all: &mut Vec<String>) {
    let (before, after) = (properties(old), properties(new));
    let (had_to, has_to) = (required(old), required(new));
    for (name, schema) in &after {
        let said = visible(name);
        let must = has_to.contains(name);
        let Some(was) = before.get(name) else {
            all.push(match must {
                true => format!("`{said}` is new and has to be given: no step gives it yet"),
                false => format!("`{said}` is new: whoever calls it may give it or leave it out"),
            });
            continue;
        };
        match (had_to.contains(name), must) {
            (false, true) => all.push(format!("`{said}` has to be given now")),
            (true, false) => all.push(format!("`{said}` may be left out now")),
            _ => {}
        }
        all.extend(differs(was, schema).into_iter().map(|how| format!("`{said}` {how}")));
    }
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        let said = visible(name);
        all.push(format!("`{said}` is gone: a step that gives it does not fit any more"));
    }
}

/// How what an argument takes differs.
fn differs(was: &Value, is: &Value) -> Vec<String> {
    if without_words(was) == without_words(is) {
        let same = was == is;
        return if same { Vec::new() } else { vec!["is described in other words".to_owned()] };
    }
    let mut all = Vec::new();
    let (before, after) = (kinds(was), kinds(is));
    if before != after {
        let said = |kinds: &BTreeSet<&str>| match kinds.is_empty() {
            true => "anything".to_owned(),
            false => kinds.iter().map(|kind| visible(kind)).collect::<Vec<_>>().join(" or "),
        };
        all.push(format!("took {} and takes {} now", said(&before), said(&after)));
    }
    all.extend(choices(was, is));
    let (mut wider, mut narrower) = (false, false);
    for (names, more) in [(MORE_IS_WIDER, true), (LESS_IS_WIDER, false)] {
        for name in names {
            match (number(was, name), number(is, name)) {
                (Some(_), None) => wider = true,
                (None, Some(_)) => narrower = true,
                (Some(a), Some(b)) if a < b => {
                    *if more { &mut wider } else { &mut narrower } = true
                }
                (Some(a), Some(b)) if a > b => {
                    *if more { &mut narrower } else { &mut wider } = true
                }
                _ => {}
            }
        }
    }
    for name in RULES {
        match (was.get(name), is.get(name)) {
            (Some(_), None) => wider = true,
            (None, Some(_)) => narrower = true,
            (a, b) if a != b => all.push(format!("has another `{name}`")),
            _ => {}
        }
    }
    wider |= open(is) && !open(was);
    if wider {
        all.push("takes more than it did: what was refused before may pass".to_owned());
    }
    if narrower {
        all.push("takes less than it did: what passed before may be refused".to_owned());
    }
    if all.is_empty() {
        all.push("has another form".to_owned());
    }
    all
}

/// How the words that an argument chooses from differ.
fn choices(was: &Value, is: &Value) -> Option<String> {
    let words = |schema: &Value| -> Option<BTreeSet<String>> {
        let all = schema.get("enum")?.as_array()?;
        Some(all.iter().map(|word| visible(&word.to_string())).collect())
    };
    match (words(was), words(is)) {
        (Some(_), None) => Some("takes any value now, not only the named ones".to_owned()),
        (None, Some(_)) => Some("takes only named values now".to_owned()),
        (Some(before), Some(after)) => {
            let list = |of: &BTreeSet<String>, than: &BTreeSet<String>| {
                of.difference(than).cloned().collect::<Vec<_>>().join(", ")
            };
            let (come, gone) = (list(&after, &before), list(&before, &after));
            match (come.is_empty(), gone.is_empty()) {
                (true, true) => None,
                (false, true) => Some(format!("takes {come} as well")),
                (true, false) => Some(format!("does not take {gone} any more")),
                (false, false) => Some(format!("takes {come} now and not {gone}")),
            }
        }
        (None, None) => None,
    }
}

fn properties(input: &Value) -> BTreeMap<&str, &Value> {
    let all = input.get("properties").and_then(Value::as_object);
    all.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema)).collect()
}

fn required(input: &Value) -> BTreeSet<&str> {
    let all = input.get("required").and_then(Value::as_array);
    all.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whether an object takes fields that it does not name.
fn open(schema: &Value) -> bool {
    let object = schema.get("properties").is_some() || kinds(schema).contains("object");
    object && schema.get("additionalProperties").is_none_or(|more| *more != Value::Bool(false))
}

fn kinds(schema: &Value) -> BTreeSet<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => [kind.as_str()].into(),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

fn number(schema: &Value, name: &str) -> Option<f64> {
    schema.get(name).and_then(Value::as_f64)
}

/// A schema without what only tells a reader something.
fn without_words(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| !WORDS.contains(&name.as_str()));
            let kept = kept.map(|(name, value)| (name.clone(), without_words(value)));
            Value::Object(kept.collect::<Map<_, _>>())
        }
        Value::Array(all) => Value::Array(all.iter().map(without_words).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
