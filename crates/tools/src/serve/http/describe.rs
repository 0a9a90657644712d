//! The operations that were chosen from an OpenAPI file, each ready to be offered and called. It
//! must not pass over what a request of ours cannot hold: that is refused by its name.

use std::collections::BTreeMap;
use std::sync::Arc;

use jsonschema::Validator;
use reqwest::Method;
use reqwest::header::HeaderMap;
use rmcp::model::{JsonObject, Tool};
use serde_json::{Value, json};

use super::file::{File, Known, fields};
use super::keys::{Key, Keys};
use super::parameter::{self, Parameter, Place, Style, essence, is_json};
use super::parts::Parts;
use super::schema::{self, Direction, Schemas};
use crate::spec::Secret;

/// The largest description of arguments, and of an answer. A larger one of an answer is left out.
const INPUT_MAX: usize = 128 << 10;
const OUTPUT_MAX: usize = 64 << 10;
/// How much of a description is told.
const TOLD_CHARS: usize = 1000;

/// One operation, ready to be called.
pub(super) struct Operation {
    pub(super) tool: String,
    pub(super) method: Method,
    /// The path with a mark `{name}` for each parameter in it.
    pub(super) path: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Body>,
    pub(super) keys: Vec<Arc<Key>>,
    pub(super) takes: Validator,
    pub(super) gives: Validator,
    told: String,
    input: Arc<JsonObject>,
    output: Arc<JsonObject>,
}

/// How a body is written, with its media type.
pub(super) enum Body {
    Json(String),
    Text(String),
    /// The fields about which something is said.
    Form(BTreeMap<String, Parameter>),
    Parts(Parts),
}

/// What is to be offered, and what there is for it.
pub(super) struct Wanted<'a> {
    pub(super) operations: &'a [String],
    /// Keys by their names in the file.
    pub(super) keys: &'a [(String, Secret)],
    /// The headers that every request has already.
    pub(super) sent: &'a HeaderMap,
    /// Whether there is a folder of files.
    pub(super) files: bool,
}

impl Operation {
    /// The operation as a tool.
    pub(super) fn offered(&self) -> Tool {
        Tool::new(self.tool.clone(), self.told.clone(), Arc::clone(&self.input))
            .with_raw_output_schema(Arc::clone(&self.output))
            .with_annotations(super::hints(&self.method))
    }
}

/// The chosen operations of a file.
pub(super) fn operations(text: &str, all: &Wanted<'_>) -> Result<Vec<Operation>, String> {
    let file = File::read(text)?;
    let known = file.known()?;
    let keys = Keys::read(&file, all.keys)?;
    let mut found: Vec<Operation> = Vec::new();
    for wanted in all.operations {
        let mut named = known.iter().filter(|one| one.is(wanted));
        let one = match (named.next(), named.next()) {
            (Some(one), None) => one,
            (Some(_), Some(_)) => return Err(format!("there are two operations `{wanted}`")),
            (None, _) => {
                let some: Vec<&str> = known.iter().map(|one| one.id.as_str()).take(20).collect();
                let some = some.join("`, `");
                return Err(format!("there is no operation `{wanted}`, but `{some}`"));
            }
        };
        let operation = file.operation(one, &keys, all);
        let operation = operation.map_err(|why| format!("the operation `{wanted}`: {why}"))?;
        if found.iter().any(|other| other.tool == operation.tool) {
            return Err(format!("there are two tools `{}`", operation.tool));
        }
        found.push(operation);
    }
    Ok(found)
}

impl File {
    fn operation<'f>(
        &'f self,
        known: &Known<'f>,
        keys: &Keys,
        all: &Wanted<'_>,
    ) -> Result<Operation, String> {
        let mut taken = Schemas::new(self, Direction::Request);
        let mut properties = JsonObject::new();
        let keys = keys.of(self, known.body, all.sent)?;
        let (parameters, mut required) =
            self.arguments(known, (&keys, all.sent), &mut taken, &mut properties)?;
        parameter::marks(known.path, &parameters)?;
        let body = match self.body(known.body)? {
            None => None,
            Some((mut body, shape, must)) => {
                let mut shape = taken.schema(shape)?;
                if let Body::Parts(parts) = &mut body {
                    parts.describe(&mut shape, all.files)?;
                }
                if properties.insert("body".to_owned(), shape).is_some() {
                    return Err("a parameter is called `body`, as the body is".to_owned());
                }
                required.extend(must.then(|| "body".to_owned()));
                Some(body)
            }
        };
        let input = taken.object(properties, &required, true)?;
        let size = serde_json::to_string(&input).map_or(usize::MAX, |text| text.len());
        if size > INPUT_MAX {
            return Err(format!("its arguments take {size} bytes to describe"));
        }
        let output = self.output(known.body)?;
        Ok(Operation {
            tool: tool_name(&known.id),
            told: told(known),
            path: known.path.to_owned(),
            method: known.method.clone(),
            parameters,
            body,
            keys,
            takes: schema::compiled(&input)?,
            gives: schema::compiled(&output)?,
            input: Arc::new(input),
            output: Arc::new(output),
        })
    }

    /// Describes the parameters as arguments. Gives those that are, and which there must be.
    fn arguments<'f>(
        &'f self,
        known: &Known<'f>,
        ours: (&[Arc<Key>], &HeaderMap),
        taken: &mut Schemas<'f>,
        properties: &mut JsonObject,
    ) -> Result<(Vec<Parameter>, Vec<String>), String> {
        let (mut parameters, mut required) = (Vec::new(), Vec::new());
        for found in self.parameters(known)? {
            let must = found.get("required").and_then(Value::as_bool) == Some(true);
            let Some((parameter, shape)) = parameter::read(found, must, ours)? else { continue };
            let mut shape = taken.schema(shape)?;
            let name = &parameter.name;
            if parameter.place == Place::Cookie
                && parameter.style != Style::Json
                && parameter::several(&shape)
            {
                match must {
                    true => return Err(format!("`{name}` holds more than a cookie can")),
                    false => continue,
                }
            }
            let told = found.get("description").and_then(Value::as_str);
            if let (Some(shape), Some(told)) = (shape.as_object_mut(), told) {
                shape.insert("description".to_owned(), told.into());
            }
            if properties.insert(name.clone(), shape).is_some() {
                return Err(format!("two parameters are called `{name}`"));
            }
            if must || parameter.place == Place::Path {
                required.push(name.clone());
            }
            parameters.push(parameter);
        }
        Ok((parameters, required))
    }

    /// The operation's parameters, and those of its path that it does not say again.
    fn parameters<'f>(&'f self, known: &Known<'f>) -> Result<Vec<&'f Value>, String> {
        let mut all: Vec<&Value> = Vec::new();
        for holder in [known.body, known.item] {
            for found in holder.get("parameters").and_then(Value::as_array).into_iter().flatten() {
                let found = self.followed(found)?;
                let same = |key| move |other: &&Value| other.get(key) == found.get(key);
                if !all.iter().any(|other| same("name")(other) && same("in")(other)) {
                    all.push(found);
                }
            }
        }
        Ok(all)
    }

    /// How the body is written, its schema, and whether there must be one.
    fn body<'f>(&'f self, operation: &'f Value) -> Result<Option<(Body, &'f Value, bool)>, String> {
        let Some(body) = operation.get("requestBody") else { return Ok(None) };
        let body = self.followed(body)?;
        let must = body.get("required").and_then(Value::as_bool) == Some(true);
        let kinds: Vec<(&String, &Value)> = fields(body, "content").collect();
        let of = |wanted: &dyn Fn(&str) -> bool| {
            let found = kinds.iter().find(|(kind, _)| wanted(essence(kind).as_str()));
            found.map(|(kind, said)| {
                (essence(kind), said.get("schema").unwrap_or(&Value::Bool(true)), *said)
            })
        };
        if let Some((kind, shape, _)) = of(&|kind| is_json(kind)) {
            return Ok(Some((Body::Json(kind), shape, must)));
        }
        if let Some((_, shape, said)) = of(&|kind| kind == "application/x-www-form-urlencoded") {
            let parts: Result<_, String> = fields(said, "encoding")
                .map(|(name, said)| {
                    Ok((name.clone(), parameter::styled(name, Place::Query, said)?))
                })
                .collect();
            return Ok(Some((Body::Form(parts?), shape, must)));
        }
        if let Some((_, shape, said)) = of(&|kind| kind == "multipart/form-data") {
            return Ok(Some((Body::Parts(Parts::read(said)?), shape, must)));
        }
        if let Some((kind, shape, _)) = of(&|kind| kind.starts_with("text/")) {
            return Ok(Some((Body::Text(kind), shape, must)));
        }
        let kinds: Vec<&str> = kinds.iter().map(|(kind, _)| kind.as_str()).collect();
        match (kinds.is_empty(), must) {
            (true, _) | (false, false) => Ok(None),
            (false, true) => Err(format!("a body of `{}` cannot be written", kinds.join("`, `"))),
        }
    }

    /// What a success looks like: the status, and the body as it is described.
    fn output(&self, operation: &Value) -> Result<JsonObject, String> {
        let mut given = Schemas::new(self, Direction::Answer);
        let mut bodies: Vec<Value> = Vec::new();
        for (status, found) in fields(operation, "responses") {
            if !status.starts_with('2') {
                continue;
            }
            let mut kinds = fields(self.followed(found)?, "content").peekable();
            let nothing = kinds.peek().is_none();
            let json = kinds.find(|(kind, _)| is_json(&essence(kind)));
            let body = match json.map(|(_, said)| said.get("schema")) {
                Some(Some(shape)) => given.schema(shape)?,
                Some(None) => Value::Bool(true),
                None if nothing => json!({ "type": "null" }),
                None => json!({ "type": ["string", "null"] }),
            };
            if !bodies.contains(&body) {
                bodies.push(body);
            }
        }
        let body = match (bodies.pop(), bodies.is_empty()) {
            (None, _) => Value::Bool(true),
            (Some(only), true) => only,
            (Some(last), false) => {
                bodies.push(last);
                json!({ "anyOf": bodies })
            }
        };
        let required = ["status".to_owned(), "body".to_owned()];
        let properties = |body| {
            let status = json!({ "type": "integer" });
            JsonObject::from_iter([("status".to_owned(), status), ("body".to_owned(), body)])
        };
        let output = given.object(properties(body), &required, false)?;
        if serde_json::to_string(&output).is_ok_and(|text| text.len() <= OUTPUT_MAX) {
            return Ok(output);
        }
        let none = Schemas::new(self, Direction::Answer);
        none.object(properties(Value::Bool(true)), &required, false)
    }
}

/// A tool's name as programs everywhere take it.
fn tool_name(id: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let name: String = id.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    name.trim_matches('_').chars().take(64).collect()
}

fn told(known: &Known<'_>) -> String {
    let word = |key| known.body.get(key).and_then(Value::as_str).unwrap_or_default();
    let (summary, description) = (word("summary").trim(), word("description").trim());
    let mut told = format!("{} {}", known.method, known.path);
    for text in [summary, description] {
        if !text.is_empty() {
            told.push_str(": ");
            told.push_str(text);
        }
    }
    told.chars().take(TOLD_CHARS).collect()
}
