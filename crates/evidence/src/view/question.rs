//! What a tool asks of a person, as a form. It must not judge an answer.

use journal::{BodyRef, Form, Question};
use serde_json::{Map, Value, json};

use super::ShownValue;
use crate::history::History;

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

/// The fields for a person to read, each with whether it has to be given.
pub(super) fn fields(question: &Question) -> Vec<ShownValue> {
    let shown = |form: &Form| {
        let required = form.wants.get("required").and_then(Value::as_array).cloned();
        let needed = required.unwrap_or_default();
        let fields = form.fields().into_iter().flatten();
        fields
            .map(|(name, field)| {
                let mut field = field.clone();
                if let (Value::Object(field), true) =
                    (&mut field, needed.iter().any(|one| one == name))
                {
                    field.insert("required".to_owned(), Value::Bool(true));
                }
                ShownValue { name: format!("answer.{name}"), value: Some(field), from: None }
            })
            .collect::<Vec<_>>()
    };
    question.forms.iter().flat_map(shown).collect()
}
