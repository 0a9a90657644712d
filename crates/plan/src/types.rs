//! The kinds of values: from the operator's words, from and to JSON Schema, and what each step
//! gives to later ones. It must not judge whether a use of a value is right.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::workflow::{CopyField, Does, Find, Step, Type, Work, Workflow};

/// How deep a schema is followed before the rest counts as unknown.
const DEPTH_MAX: usize = 16;
/// How many kinds references may lead to: each can lead to many others.
const REFERRED_MAX: usize = 2_000;

/// A kind by its word: `money`, `id?`, `list of text`, `one of [a, b]`.
#[must_use]
pub fn word(text: &str) -> Option<Type> {
    let text = text.trim();
    if let Some(inner) = text.strip_suffix('?') {
        return match word(inner)? {
            Type::Optional(_) => None,
            inner => Some(Type::Optional(Box::new(inner))),
        };
    }
    if let Some(inner) = text.strip_prefix("list of ") {
        return Some(Type::List(Box::new(word(inner)?)));
    }
    if let Some(choices) = text.strip_prefix("one of ") {
        let choices = choices.trim().trim_start_matches('[').trim_end_matches(']');
        let choices: Vec<String> = choices.split(',').map(|c| c.trim().to_owned()).collect();
        return (!choices.iter().any(String::is_empty)).then_some(Type::OneOf(choices));
    }
    Some(match text {
        "yes_no" | "bool" | "boolean" => Type::Bool,
        "whole" | "int" | "integer" => Type::Int,
        "number" | "decimal" => Type::Decimal,
        "text" | "line" | "name" | "string" => Type::Text,
        "date" => Type::Date,
        "money" => Type::Money,
        "iban" => Type::Iban,
        "id" => Type::Id,
        _ => return None,
    })
}

/// The words that [`word`] knows, for "did you mean".
pub(crate) const WORDS: &[&str] =
    &["text", "name", "number", "whole", "money", "date", "iban", "id", "yes_no"];

/// The kind in the operator's words.
#[must_use]
pub fn said(kind: &Type) -> String {
    match kind {
        Type::Bool => "yes or no".into(),
        Type::Int => "a whole number".into(),
        Type::Decimal => "a number".into(),
        Type::Text => "a text".into(),
        Type::Date => "a date".into(),
        Type::Money => "an amount of money".into(),
        Type::Iban => "an IBAN".into(),
        Type::Id => "an identifier".into(),
        Type::OneOf(words) => format!("one of {}", words.join(", ")),
        Type::List(_) => "a list".into(),
        Type::Record(_) => "several fields".into(),
        Type::Optional(inner) => format!("{}, which may be missing", said(inner)),
        Type::Unknown => "a value of no declared kind".into(),
    }
}

impl Find {
    /// The kind of value that such a span of text holds.
    #[must_use]
    pub fn gives(self) -> Type {
        match self {
            Find::Name | Find::Line => Type::Text,
            Find::Id => Type::Id,
            Find::Date => Type::Date,
            Find::Money => Type::Money,
            Find::Iban => Type::Iban,
        }
    }
}

fn copied(fields: &[CopyField]) -> Type {
    let of = |field: &CopyField| match field.optional {
        true => Type::Optional(Box::new(field.find.gives())),
        false => field.find.gives(),
    };
    Type::Record(fields.iter().map(|f| (f.name.to_string(), of(f))).collect())
}

/// What every root of a path can hold: `case` and each step that gives something.
#[must_use]
pub fn scope(workflow: &Workflow) -> BTreeMap<String, Type> {
    let mut roots = BTreeMap::new();
    let fields = workflow.case.fields.iter().map(|(name, kind)| (name.to_string(), kind.clone()));
    roots.insert("case".to_owned(), Type::Record(fields.collect()));
    // A parallel step gives what its branches' last steps give. It comes after all others, and
    // after the parallel steps inside it, which stand behind it.
    for last in [false, true] {
        for step in workflow.steps.iter().rev() {
            if matches!(step.does, Does::Parallel(_)) == last
                && let Some(kind) = output(step, workflow, &roots)
            {
                roots.insert(step.id.to_string(), kind);
            }
        }
    }
    roots
}

/// What a step gives, if it gives anything.
fn output(step: &Step, workflow: &Workflow, so_far: &BTreeMap<String, Type>) -> Option<Type> {
    match &step.does {
        Does::Agent(agent) => Some(match &agent.work {
            Work::Copy { fields, .. } => copied(fields),
            Work::Answer { shape, .. } => shape.clone(),
        }),
        Does::Tool(tool) => Some(tool.gives.clone()),
        Does::Lookup(lookup) => {
            let rows = lookup.finds.iter().map(|(name, find)| {
                let row = workflow.tables.get(&find.table).map_or(Type::Unknown, |table| {
                    let columns = table.columns.iter();
                    Type::Record(columns.map(|(c, kind)| (c.to_string(), kind.clone())).collect())
                });
                (name.to_string(), Type::Optional(Box::new(row)))
            });
            Some(Type::Record(rows.collect()))
        }
        Does::Parallel(parallel) => {
            let branches = parallel.branches.iter().filter_map(|(name, branch)| {
                Some((name.to_string(), so_far.get(branch.gives.as_str())?.clone()))
            });
            Some(Type::Record(branches.collect()))
        }
        Does::Each(each) => Some(match each.collect {
            true => Type::List(Box::new(called(workflow, &each.workflow))),
            false => Type::Unknown,
        }),
        Does::Workflow(call) => Some(called(workflow, &call.workflow)),
        Does::Decide(_) | Does::Review(_) | Does::Wait(_) | Does::End(_) => None,
    }
}

/// What another workflow gives back.
fn called(workflow: &Workflow, name: &crate::ids::WorkflowName) -> Type {
    let Some(child) = workflow.children.get(name) else { return Type::Unknown };
    let Some(path) = &child.output else { return Type::Unknown };
    scope(child).get(path.root()).and_then(|root| at(root, path.fields())).unwrap_or(Type::Unknown)
}

/// The kind below a kind. Nothing when a field does not exist.
#[must_use]
pub fn at<'f>(root: &Type, fields: impl Iterator<Item = &'f str>) -> Option<Type> {
    let mut here = root;
    let (whole, text) = (Type::Int, Type::Text);
    let mut optional = false;
    for field in fields {
        while let Type::Optional(inner) = here {
            optional = true;
            here = inner;
        }
        here = match here {
            Type::Record(all) => all.get(field)?,
            Type::Money if field == "minor" => &whole,
            Type::Money if field == "currency" => &text,
            Type::Unknown => return Some(Type::Unknown),
            _ => return None,
        };
    }
    Some(match here {
        Type::Optional(_) => here.clone(),
        _ if optional => Type::Optional(Box::new(here.clone())),
        _ => here.clone(),
    })
}

/// The kind that a JSON Schema describes. What it cannot say counts as unknown.
#[must_use]
pub fn from_schema(schema: &Value) -> Type {
    Reading { whole: schema, inside: Vec::new(), left: REFERRED_MAX }.kind(schema, DEPTH_MAX)
}

/// A schema that is being read.
struct Reading<'s> {
    whole: &'s Value,
    /// The references that lead to where it is.
    inside: Vec<&'s str>,
    /// How many kinds references may still lead to.
    left: usize,
}

impl<'s> Reading<'s> {
    fn kind(&mut self, schema: &'s Value, depth: usize) -> Type {
        if !self.inside.is_empty() {
            let Some(left) = self.left.checked_sub(1) else { return Type::Unknown };
            self.left = left;
        }
        if depth == 0 {
            return Type::Unknown;
        }
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            return words_of(words);
        }
        match schema.get("type") {
            Some(Value::String(word)) => self.of(word, schema, depth),
            // `[kind, null]`; any other list is no single kind.
            Some(Value::Array(words)) => match words.as_slice() {
                [Value::String(word), Value::String(null)]
                | [Value::String(null), Value::String(word)]
                    if null == "null" && word != "null" =>
                {
                    optional(self.of(word, schema, depth))
                }
                _ => Type::Unknown,
            },
            Some(_) => Type::Unknown,
            None => match schema.get("$ref").and_then(Value::as_str) {
                Some(reference) => self.referred(reference, depth),
                None => self.either(schema, depth),
            },
        }
    }

    /// A kind or null, written as two schemas; any other choice is no single kind.
    fn either(&mut self, schema: &'s Value, depth: usize) -> Type {
        let all = ["anyOf", "oneOf"].iter().find_map(|word| schema.get(word)?.as_array());
        let null = |one: &Value| one.get("type").is_some_and(|kind| kind == "null");
        match all.map(Vec::as_slice) {
            Some([one, other]) if null(other) && !null(one) => optional(self.kind(one, depth - 1)),
            Some([other, one]) if null(other) && !null(one) => optional(self.kind(one, depth - 1)),
            _ => Type::Unknown,
        }
    }

    /// What a reference within the schema names. One that leads out of it, or around, is unknown.
    fn referred(&mut self, reference: &'s str, depth: usize) -> Type {
        let pointer = reference.strip_prefix('#').filter(|pointer| pointer.starts_with('/'));
        let Some(schema) = pointer.and_then(|pointer| self.whole.pointer(pointer)) else {
            return Type::Unknown;
        };
        if self.inside.contains(&reference) {
            return Type::Unknown;
        }
        self.inside.push(reference);
        let kind = self.kind(schema, depth - 1);
        self.inside.pop();
        kind
    }

    fn of(&mut self, word: &str, schema: &'s Value, depth: usize) -> Type {
        match word {
            "boolean" => Type::Bool,
            "integer" => Type::Int,
            "number" => Type::Decimal,
            "string" => match schema.get("format").and_then(Value::as_str) {
                Some("date") => Type::Date,
                Some("iban") => Type::Iban,
                Some("id") => Type::Id,
                _ => Type::Text,
            },
            "array" => {
                let items = schema.get("items");
                Type::List(Box::new(
                    items.map_or(Type::Unknown, |items| self.kind(items, depth - 1)),
                ))
            }
            "object" => self.object(schema, depth),
            _ => Type::Unknown,
        }
    }

    fn object(&mut self, schema: &'s Value, depth: usize) -> Type {
        let Some(fields) = schema.get("properties").and_then(Value::as_object) else {
            return Type::Unknown;
        };
        let names: Vec<&str> = fields.keys().map(String::as_str).collect();
        if names == ["currency", "minor"] {
            return Type::Money;
        }
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let kinds = fields.iter().map(|(name, field)| {
            let kind = self.kind(field, depth - 1);
            let there = required.contains(&name.as_str());
            (name.clone(), if there { kind } else { optional(kind) })
        });
        Type::Record(kinds.collect())
    }
}

/// A kind that may be missing, said once.
fn optional(kind: Type) -> Type {
    match kind {
        Type::Optional(_) => kind,
        kind => Type::Optional(Box::new(kind)),
    }
}

fn words_of(words: &[Value]) -> Type {
    let words: Option<Vec<String>> = words.iter().map(|w| w.as_str().map(str::to_owned)).collect();
    words.map_or(Type::Unknown, Type::OneOf)
}

/// The field of an answer in which an agent names an exception.
pub const EXCEPTION: &str = "exception";

/// A schema of answers in which one of these exceptions may be named as well. `None` for answers
/// that are no records, and for those that have a field of that name already.
#[must_use]
pub fn with_exceptions<'n>(
    schema: &Value,
    names: impl IntoIterator<Item = &'n str>,
) -> Option<Value> {
    let mut schema = schema.clone();
    let fields = schema.get_mut("properties")?.as_object_mut()?;
    if fields.contains_key(EXCEPTION) {
        return None;
    }
    let own = fields.len();
    let names = std::iter::once(Value::Null).chain(names.into_iter().map(Value::from));
    let field = json!({
        "type": ["string", "null"],
        "enum": names.collect::<Vec<_>>(),
        "description": "null, unless the case is one of these exceptions: then its name",
    });
    fields.insert(EXCEPTION.to_owned(), field);
    // Where all fields are named as required this one is too: vendors' strict modes ask for it.
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut)
        && required.len() == own
    {
        required.push(Value::from(EXCEPTION));
    }
    Some(schema)
}

/// The JSON Schema (2020-12) of a kind: closed objects, every required field named.
#[must_use]
pub fn to_schema(kind: &Type) -> Value {
    match kind {
        Type::Bool => json!({ "type": "boolean" }),
        Type::Int => json!({ "type": "integer" }),
        Type::Decimal => json!({ "type": "string", "pattern": "^-?[0-9]+([.][0-9]+)?$" }),
        Type::Text => json!({ "type": "string" }),
        Type::Date => json!({ "type": "string", "format": "date" }),
        Type::Iban => json!({ "type": "string", "format": "iban" }),
        Type::Id => json!({ "type": "string", "format": "id" }),
        Type::Money => json!({
            "type": "object",
            "properties": {
                "currency": { "type": "string", "pattern": "^[A-Z]{3}$" },
                "minor": { "type": "integer" }
            },
            "required": ["currency", "minor"],
            "additionalProperties": false
        }),
        Type::OneOf(words) => json!({ "enum": words }),
        Type::List(inner) => json!({ "type": "array", "items": to_schema(inner) }),
        Type::Record(fields) => {
            let (mut all, mut required) = (Map::new(), Vec::new());
            for (name, kind) in fields {
                if !matches!(kind, Type::Optional(_)) {
                    required.push(Value::from(name.as_str()));
                }
                all.insert(name.clone(), to_schema(kind));
            }
            json!({
                "type": "object",
                "properties": all,
                "required": required,
                "additionalProperties": false
            })
        }
        Type::Optional(inner) => to_schema(inner),
        Type::Unknown => json!({}),
    }
}

#[cfg(test)]
mod tests;
