//! Schemas of an OpenAPI file as JSON Schemas that stand alone, and values held against them. It
//! must not follow a reference out of the file, nor take an example for a schema.

use std::collections::BTreeMap;

use jsonschema::{Draft, Validator};
use rmcp::model::JsonObject;
use serde_json::{Map, Value, json};

use super::file::File;

/// Keywords whose value is a schema, a list of them, or several by name.
const ONE: &[&str] = &[
    "additionalProperties",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];
const LIST: &[&str] = &["allOf", "anyOf", "oneOf", "prefixItems"];
const NAMED: &[&str] = &["dependentSchemas", "patternProperties", "properties"];

/// Keywords whose value is taken as it stands. What is in none of these lists says nothing about a
/// value: examples, notes, and what programs of others make of it.
const PLAIN: &[&str] = &[
    "const",
    "contentEncoding",
    "contentMediaType",
    "default",
    "dependentRequired",
    "deprecated",
    "description",
    "enum",
    "format",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "required",
    "title",
    "type",
    "uniqueItems",
];

/// What would make a reference mean something else than it says.
const NEVER: &[&str] = &["$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef"];

/// How many schemas are written where they are referred to, and how deep into each other. A reader
/// sees at once what a field is; what is larger, or lies inside itself, is written once and named.
const INLINE_MAX: usize = 500;
const INLINE_DEPTH: usize = 20;

/// How many errors of a value are told.
const TOLD_MAX: usize = 5;

/// Whether a schema is for what is sent or for what comes back: some properties exist in one alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Request,
    Answer,
}

/// Schemas that are being gathered, with all that they refer to.
pub(super) struct Schemas<'f> {
    file: &'f File,
    direction: Direction,
    /// The name of each reference among the definitions.
    names: BTreeMap<String, String>,
    /// References whose schemas are still to be written.
    open: Vec<String>,
    /// References that are being written where they stand, each inside the one before.
    inside: Vec<String>,
    /// How many schemas may still be written where they are referred to.
    inline: usize,
}

impl<'f> Schemas<'f> {
    pub(super) fn new(file: &'f File, direction: Direction) -> Self {
        Self {
            file,
            direction,
            names: BTreeMap::new(),
            open: Vec::new(),
            inside: Vec::new(),
            inline: INLINE_MAX,
        }
    }

    /// A schema of the file as JSON Schema 2020-12.
    pub(super) fn schema(&mut self, schema: &Value) -> Result<Value, String> {
        let found = match schema {
            Value::Bool(_) => return Ok(schema.clone()),
            Value::Object(found) => found,
            _ => return Err("a schema is neither an object nor `true` or `false`".to_owned()),
        };
        if let Some(never) = NEVER.iter().find(|never| found.contains_key(**never)) {
            return Err(format!("a schema has `{never}`, which is not followed"));
        }
        self.inline = self.inline.saturating_sub(1);
        let mut made = Map::new();
        for (key, value) in found.iter().filter(|(key, _)| *key != "$ref") {
            let name = key.as_str();
            let value = if PLAIN.contains(&name) || is_exclusive(name, value) {
                value.clone()
            } else if ONE.contains(&name) {
                self.schema(value)?
            } else if LIST.contains(&name) {
                let all = value.as_array().into_iter().flatten();
                Value::Array(all.map(|one| self.schema(one)).collect::<Result<_, _>>()?)
            } else if NAMED.contains(&name) {
                let all = value.as_object().into_iter().flatten();
                let all = all.map(|(name, one)| Ok((name.clone(), self.schema(one)?)));
                Value::Object(all.collect::<Result<_, String>>()?)
            } else {
                continue;
            };
            made.insert(key.clone(), value);
        }
        if let Some(reference) = found.get("$ref") {
            made = joined(self.reference(reference)?, made);
        }
        bounds(found, &mut made);
        self.one_way(found, &mut made);
        Ok(if found.get("nullable") == Some(&Value::Bool(true)) {
            or_null(made)
        } else {
            made.into()
        })
    }

    /// What is referred to, written here or named.
    fn reference(&mut self, value: &Value) -> Result<Value, String> {
        let reference = value.as_str().ok_or("a `$ref` is no text")?;
        let file = self.file;
        let schema = file.named(reference)?;
        let inside = self.inside.iter().any(|other| other == reference);
        if !inside && self.inline > 0 && self.inside.len() < INLINE_DEPTH {
            self.inside.push(reference.to_owned());
            let made = self.schema(schema);
            self.inside.pop();
            return made;
        }
        if !self.names.contains_key(reference) {
            let last = reference.rsplit('/').next().unwrap_or_default();
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
            let last: String = last.chars().map(|c| if plain(c) { c } else { '_' }).collect();
            let mut name = last;
            while self.names.values().any(|other| *other == name) {
                name.push('_');
            }
            self.names.insert(reference.to_owned(), name);
            self.open.push(reference.to_owned());
        }
        let name = self.names.get(reference).map(String::as_str).unwrap_or_default();
        Ok(json!({ "$ref": format!("#/$defs/{name}") }))
    }

    /// Takes away what does not exist in this direction.
    fn one_way(&self, found: &Map<String, Value>, made: &mut Map<String, Value>) {
        let word = match self.direction {
            Direction::Request => "readOnly",
            Direction::Answer => "writeOnly",
        };
        let all = found.get("properties").and_then(Value::as_object).into_iter().flatten();
        for (name, _) in all.filter(|(_, one)| one.get(word) == Some(&Value::Bool(true))) {
            if let Some(properties) = made.get_mut("properties").and_then(Value::as_object_mut) {
                properties.remove(name);
            }
            if let Some(required) = made.get_mut("required").and_then(Value::as_array_mut) {
                required.retain(|other| other.as_str() != Some(name));
            }
        }
    }

    /// The schema of an object with these properties, and all that they refer to.
    pub(super) fn object(
        mut self,
        properties: JsonObject,
        required: &[String],
        closed: bool,
    ) -> Result<JsonObject, String> {
        let mut definitions = JsonObject::new();
        while let Some(reference) = self.open.pop() {
            let file = self.file;
            self.inside.push(reference.clone());
            let schema = self.schema(file.named(&reference)?)?;
            self.inside.pop();
            let name = self.names.get(&reference).cloned().unwrap_or_default();
            definitions.insert(name, schema);
        }
        let mut object = JsonObject::new();
        object.insert("type".to_owned(), json!("object"));
        object.insert("properties".to_owned(), Value::Object(properties));
        object.insert("required".to_owned(), json!(required));
        if closed {
            object.insert("additionalProperties".to_owned(), json!(false));
        }
        if !definitions.is_empty() {
            object.insert("$defs".to_owned(), Value::Object(definitions));
        }
        Ok(object)
    }
}

/// A schema that was referred to, with what is said beside the reference.
fn joined(referred: Value, beside: Map<String, Value>) -> Map<String, Value> {
    let notes = beside.keys().all(|key| matches!(key.as_str(), "description" | "title"));
    match referred {
        Value::Object(mut made) if notes => {
            made.extend(beside);
            made
        }
        referred => {
            let mut made = Map::new();
            made.insert("allOf".to_owned(), json!([referred, beside]));
            made
        }
    }
}

/// A bound of JSON Schema; OpenAPI 3.0 writes yes or no there.
fn is_exclusive(name: &str, value: &Value) -> bool {
    matches!(name, "exclusiveMinimum" | "exclusiveMaximum") && value.is_number()
}

/// The bounds of OpenAPI 3.0, where `exclusiveMinimum: true` says something of `minimum`.
fn bounds(found: &Map<String, Value>, made: &mut Map<String, Value>) {
    for (word, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if found.get(word) == Some(&Value::Bool(true))
            && let Some(value) = made.remove(bound)
        {
            made.insert(word.to_owned(), value);
        }
    }
}

/// `nullable: true` of OpenAPI 3.0, which many files of 3.1 still write.
fn or_null(schema: Map<String, Value>) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

/// A schema that values can be held against. It refers to nothing outside itself.
pub(super) fn compiled(schema: &JsonObject) -> Result<Validator, String> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .offline()
        .build(&Value::Object(schema.clone()))
        .map_err(|why| format!("its schema cannot be used: {why}"))
}

/// What keeps a value from fitting. The value itself may be long, or nobody else's business.
pub(super) fn check(schema: &Validator, value: &Value) -> Result<(), String> {
    let told: Vec<String> = schema
        .iter_errors(value)
        .take(TOLD_MAX)
        .map(|why| {
            let (place, what) = (why.instance_path().to_string(), why.masked_with("the value"));
            if place.is_empty() { what.to_string() } else { format!("`{place}`: {what}") }
        })
        .collect();
    if told.is_empty() { Ok(()) } else { Err(told.join("; ")) }
}
