//! The JSON Schema (2020-12) of a workflow's settings, made from the same table as the reader.
//! It is for editors and generators; `check` says more, and says it better.

use serde_json::{Map, Value, json};

use crate::keys::{self, Form, Shape};

/// The schema of the settings of `workflows/*.md`.
#[must_use]
pub fn workflow_schema() -> Value {
    let mut defs = Map::new();
    defs.insert("step".into(), step());
    let mut schema = shape(&keys::WORKFLOW);
    if let Value::Object(all) = &mut schema {
        all.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        all.insert("title".into(), "Settings of a Flightdeck workflow".into());
        all.insert("$defs".into(), Value::Object(defs));
    }
    schema
}

/// A step has exactly one of the keys that say what it does, and only keys that go with it.
fn step() -> Value {
    let kinds = keys::KINDS.iter().map(|kind| {
        let mut properties = Map::new();
        for key in keys::STEP.keys {
            let goes = key.name == *kind
                || keys::COMMON.contains(&key.name)
                || keys::of_kind(kind).contains(&key.name);
            if goes {
                properties.insert(key.name.into(), described(&key.form, key.doc));
            }
        }
        json!({
            "type": "object",
            "properties": properties,
            "required": ["step", kind],
            "additionalProperties": false
        })
    });
    json!({ "oneOf": kinds.collect::<Vec<_>>() })
}

fn shape(shape: &Shape) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for key in shape.keys {
        properties.insert(key.name.into(), described(&key.form, key.doc));
        if key.missing.is_some() {
            required.push(key.name);
        }
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false
    })
}

fn described(of: &Form, doc: &str) -> Value {
    let mut schema = form(of);
    if let Value::Object(all) = &mut schema {
        all.insert("description".into(), doc.into());
    }
    schema
}

fn text(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}

fn form(of: &Form) -> Value {
    match of {
        Form::Text | Form::Condition => json!({ "type": "string", "minLength": 1 }),
        Form::Name => text("^[a-z][a-z0-9_]{0,63}$"),
        Form::Person => text("^[A-Za-z0-9._@+-]{1,254}$"),
        Form::YesNo => json!({ "type": "boolean" }),
        Form::Whole => json!({ "type": "integer", "minimum": 0 }),
        Form::Number => json!({ "type": "number" }),
        Form::Duration => text("^[0-9]+ (second|minute|hour|day|week|working (minute|hour))s?$"),
        Form::Money => text("^-?[0-9]+([.][0-9]+)? [A-Z]{3}$"),
        Form::Percent => text("^[0-9]+([.][0-9]+)? ?%$"),
        Form::Path => text("^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*){0,7}$"),
        Form::Words(words) => json!({ "enum": words }),
        Form::Some(one) => json!({ "anyOf": [form(one), { "type": "array", "items": form(one) }] }),
        Form::List(one) => json!({ "type": "array", "items": form(one) }),
        Form::Map(one) => json!({ "type": "object", "additionalProperties": form(one) }),
        Form::Shape(inner) if std::ptr::eq(*inner, &raw const keys::STEP) => {
            json!({ "$ref": "#/$defs/step" })
        }
        Form::Shape(inner) => shape(inner),
        Form::Either(several) => json!({ "anyOf": several.iter().map(form).collect::<Vec<_>>() }),
        Form::Any => json!({}),
    }
}
