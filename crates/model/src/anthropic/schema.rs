//! A schema as Anthropic's structured output takes it: closed objects, and none of the constraints
//! that it refuses. What is lost goes into the description, as a wish. It must not be trusted: the
//! answer is checked against the whole schema elsewhere, in any case.

use serde_json::{Map, Value, json};

/// What is sent as it stands.
const KEPT: &[&str] = &["type", "enum", "const", "title", "$ref", "required"];
/// What holds schemas, under the name it is sent by.
const LISTS: &[(&str, &str)] = &[("anyOf", "anyOf"), ("oneOf", "anyOf"), ("allOf", "allOf")];
const FORMATS: &[&str] =
    &["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];

/// The schema in the vendor's form.
pub(crate) fn plain(schema: &Value) -> Value {
    let Some(all) = schema.as_object() else { return schema.clone() };
    let mut made = Map::new();
    let mut wishes = Vec::new();
    for (key, value) in all {
        let key = key.as_str();
        let list = LISTS.iter().find(|(known, _)| *known == key);
        if let (Some((_, name)), Some(list)) = (list, value.as_array()) {
            made.insert((*name).to_owned(), list.iter().map(plain).collect());
            continue;
        }
        match key {
            "properties" | "$defs" => {
                let each = value.as_object().into_iter().flatten();
                let each: Map<String, Value> =
                    each.map(|(name, schema)| (name.clone(), plain(schema))).collect();
                made.insert(key.to_owned(), Value::Object(each));
            }
            "items" => drop(made.insert(key.to_owned(), plain(value))),
            // Objects are closed below.
            "additionalProperties" | "description" => {}
            "format" if value.as_str().is_some_and(|format| FORMATS.contains(&format)) => {
                made.insert(key.to_owned(), value.clone());
            }
            "minItems" if matches!(value.as_u64(), Some(0 | 1)) => {
                made.insert(key.to_owned(), value.clone());
            }
            key if KEPT.contains(&key) => drop(made.insert(key.to_owned(), value.clone())),
            key if key.starts_with('$') => {}
            key => wishes.push(format!("{key}: {value}")),
        }
    }
    let object = made.get("type").and_then(Value::as_str) == Some("object");
    if object || made.contains_key("properties") {
        made.entry("type").or_insert(json!("object"));
        made.entry("properties").or_insert(json!({}));
        made.insert("additionalProperties".to_owned(), json!(false));
    }
    let said = all.get("description").and_then(Value::as_str).map(str::to_owned);
    let wished = (!wishes.is_empty()).then(|| format!("{{{}}}", wishes.join(", ")));
    let described: Vec<String> = said.into_iter().chain(wished).collect();
    if !described.is_empty() {
        made.insert("description".to_owned(), json!(described.join("\n\n")));
    }
    Value::Object(made)
}
