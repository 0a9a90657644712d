//! Values that people type or put into rows, read as the kind that the workflow declares: an
//! amount as money, a date as a date. It must not guess a kind from a value.

use std::collections::BTreeMap;

use evidence::ReviewView;
use guard::contract::{self, Contract};
use plan::expr::Path;
use plan::value::Money;
use plan::workflow::{Type, Workflow};
use serde_json::{Map, Value, json};

/// A text as a value of a kind; why it is none, in words.
pub fn read(kind: &Type, text: &str) -> Result<Value, String> {
    let text = text.trim();
    match kind {
        Type::Optional(_) if text.is_empty() => Ok(Value::Null),
        Type::Optional(inner) => read(inner, text),
        Type::Bool => match text {
            "yes" | "true" => Ok(Value::Bool(true)),
            "no" | "false" => Ok(Value::Bool(false)),
            _ => Err(format!("`{text}` is neither yes nor no")),
        },
        Type::Int => {
            let whole: Result<i64, _> = text.parse();
            whole.map(Value::from).map_err(|_| format!("`{text}` is no whole number"))
        }
        Type::Money => {
            let money = Money::parse(text).map_err(|error| format!("`{text}`: {error}"))?;
            serde_json::to_value(money).map_err(|error| error.to_string())
        }
        Type::OneOf(words) if !words.iter().any(|word| word == text) => {
            Err(format!("`{text}` is not one of {}", words.join(", ")))
        }
        Type::List(_) | Type::Record(_) | Type::Unknown if text.starts_with(['{', '[']) => {
            serde_json::from_str(text).map_err(|error| format!("`{text}`: {error}"))
        }
        Type::List(inner) => {
            text.split(',').map(|part| read(inner, part)).collect::<Result<_, _>>()
        }
        Type::Record(_) => Err(format!("`{text}` is no JSON object")),
        Type::Decimal
        | Type::Text
        | Type::Date
        | Type::Iban
        | Type::Id
        | Type::OneOf(_)
        | Type::Unknown => Ok(json!(text)),
    }
}

/// What a person gives for a request, as paths with their new values as JSON text: of the workflow,
/// or where a tool asks, of its form.
pub fn given(
    workflow: &Workflow,
    review: &ReviewView,
    set: impl Iterator<Item = String>,
) -> Result<Vec<(String, String)>, String> {
    let Some(form) = &review.form else {
        return set.map(|text| assignment(workflow, &text)).collect();
    };
    let given = set.map(|text| field(form, &text)).collect::<Result<Vec<_>, _>>()?;
    fits(form, &given)?;
    Ok(given)
}

/// Whether an answer is one: with what the tool proposes where nothing is given. The run decides in
/// the end; this says why.
fn fits(form: &Value, given: &[(String, String)]) -> Result<(), String> {
    let mut answer = Map::new();
    for (name, field) in form.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let said = given.iter().rev().find(|(path, _)| path.strip_prefix(ANSWER) == Some(name));
        let said = said.and_then(|(_, json)| serde_json::from_str(json).ok());
        if let Some(value) = said.or_else(|| field.get("default").cloned()) {
            answer.insert(name.clone(), value);
        }
    }
    let broken = |all: Vec<contract::Broken>| {
        all.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    Contract::compile(form)?.check_value(&Value::Object(answer)).map_err(broken)
}

const ANSWER: &str = "answer.";

/// `answer.colour=red` as the path and its value as JSON text.
fn field(form: &Value, text: &str) -> Result<(String, String), String> {
    let (path, value) =
        text.split_once('=').ok_or_else(|| format!("`{text}` is not `answer.FIELD=VALUE`"))?;
    let path = path.trim();
    let fields = form.get("properties").and_then(Value::as_object);
    let field = path.strip_prefix(ANSWER).and_then(|name| fields?.get(name));
    let field = field.ok_or_else(|| format!("the question has no `{path}`"))?;
    let kind = plan::types::from_schema(field);
    let value = match (&kind, serde_json::from_str::<serde_json::Number>(value.trim())) {
        (Type::Decimal, Ok(number)) => Value::Number(number),
        _ => read(&kind, value).map_err(|why| format!("`{path}`: {why}"))?,
    };
    Ok((path.to_owned(), value.to_string()))
}

/// `read.total=95.00 EUR` as the path and its new value as JSON text.
pub fn assignment(workflow: &Workflow, text: &str) -> Result<(String, String), String> {
    let (path, value) = text
        .split_once('=')
        .ok_or_else(|| format!("`{text}` is not `PATH=VALUE`, such as `read.total=95.00 EUR`"))?;
    let path = Path::parse(path.trim())?;
    let scope = plan::types::scope(workflow);
    let root =
        scope.get(path.root()).ok_or_else(|| format!("there is no step `{}`", path.root()))?;
    let kind = plan::types::at(root, path.fields())
        .ok_or_else(|| format!("`{}` is no value of this workflow", path.as_str()))?;
    let value = read(&kind, value).map_err(|why| format!("`{}`: {why}", path.as_str()))?;
    Ok((path.as_str().to_owned(), value.to_string()))
}

/// A row of named texts as a case.
pub fn row(
    fields: &BTreeMap<plan::ids::FieldName, Type>,
    row: impl Iterator<Item = (String, String)>,
) -> Result<Value, String> {
    let mut case = Map::new();
    for (name, text) in row {
        let kind = fields.get(name.as_str()).unwrap_or(&Type::Text);
        let value = read(kind, &text).map_err(|why| format!("`{name}`: {why}"))?;
        case.insert(name, value);
    }
    Ok(Value::Object(case))
}
