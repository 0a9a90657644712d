//! What a tool asks of a person, as a form. It must not judge an answer.

use journal::{BodyRef, Question};
use serde_json::{Map, Value, json};

use super::ShownValue;
use crate::history::History;
use crate::words;

/// The question in a body, unless it was erased.
pub(super) fn read(history: &History, body: BodyRef) -> Option<Question> {
    serde_json::from_value(history.json(body)?).ok()
}

/// All fields of a question as one form.
pub(super) fn form(question: &Question) -> Value {
    let fields: Map<String, Value> =
        question.fields().map(|(name, field)| (name.clone(), field.clone())).collect();
    let required = question.forms.iter().filter_map(|form| form.wants.get("required")?.as_array());
    let required: Vec<&Value> = required.flatten().collect();
    json!({ "type": "object", "properties": fields, "required": required })
}

/// The fields for a person to read.
pub(super) fn fields(question: &Question) -> Vec<ShownValue> {
    let shown = |(name, field): (&String, &Value)| {
        let name = format!("answer.{}", words::plain(name));
        ShownValue { name, value: Some(field.clone()) }
    };
    question.fields().map(shown).collect()
}
