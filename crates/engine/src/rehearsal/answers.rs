//! What would be answered where nobody chose anything: the plainest value of the wanted shape that
//! fits what the map says of it. It must not be passed off as anybody's answer.

use journal::{AnswerShape, Aside, At, ModelAsk, ToolAsk};
use plan::types::to_schema;
use plan::workflow::{AgentStep, Does, ToolStep, Work as Task};
use serde_json::{Map, Value, json};

use super::stage::{Held, Stage};
use super::{AtHand, variants};
use crate::agent::StepScope;
use crate::control::{Act, Line, Slot};
use crate::work::{WithResult, Work};

/// How deep a schema is followed.
const DEPTH_MAX: usize = 12;

/// The plainest value of a schema.
pub(super) fn plainest(schema: &Value) -> Value {
    at_depth(schema, 0)
}

fn at_depth(schema: &Value, depth: usize) -> Value {
    if depth > DEPTH_MAX {
        return Value::Null;
    }
    for key in ["const", "default"] {
        if let Some(value) = schema.get(key) {
            return value.clone();
        }
    }
    let first = |key: &str| schema.get(key).and_then(Value::as_array).and_then(|all| all.first());
    if let Some(value) = first("enum").or_else(|| first("examples")) {
        return value.clone();
    }
    if let Some(one) = first("anyOf").or_else(|| first("oneOf")).or_else(|| first("allOf")) {
        return at_depth(one, depth + 1);
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null")
        }
        kind => kind.and_then(Value::as_str),
    };
    let fields = schema.get("properties").and_then(Value::as_object);
    match kind {
        Some("boolean") => Value::Bool(true),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(Value::from(1)),
        Some("array") => {
            let wanted = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0) > 0;
            let item = schema.get("items").filter(|_| wanted);
            Value::Array(item.map(|item| at_depth(item, depth + 1)).into_iter().collect())
        }
        Some("null") => Value::Null,
        Some("string") => Value::from(plain_text(schema)),
        None if fields.is_none() => Value::from("text"),
        Some(_) | None => {
            let each = |(name, of): (&String, &Value)| (name.clone(), at_depth(of, depth + 1));
            Value::Object(fields.into_iter().flatten().map(each).collect())
        }
    }
}

fn plain_text(schema: &Value) -> &'static str {
    let says = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or("");
    match (says("format"), says("pattern")) {
        ("date", _) => "2026-01-05",
        ("date-time", _) => "2026-01-05T09:00:00Z",
        ("iban", _) => "NL91ABNA0417164300",
        ("id", _) => "A-1",
        ("email", _) => "somebody@example.com",
        ("uri", _) => "https://example.com/",
        (_, "^[A-Z]{3}$") => "EUR",
        (_, pattern) if pattern.starts_with("^-?[0-9]+") => "1.00",
        _ => "text",
    }
}

/// What a model would answer, as the value that a choice holds.
pub(super) fn of_model(stage: &Stage<'_>, held: &Held, act: &Act, ask: &ModelAsk) -> Value {
    match &ask.answer {
        AnswerShape::Text => Value::from("text"),
        // The first option is the best labelled candidate, and what lets a case go on.
        AnswerShape::Choice(_) => Value::from(0),
        AnswerShape::Json(schema) => {
            if let Slot::Question(_, number) = act.slot
                && let Some(Aside::Again(_)) = Aside::of(number)
                && let Some(before) = said(held, &act.at)
            {
                return before;
            }
            let value = plainest(schema);
            match held.engine.plan().step(&act.at.step).map(|step| &step.does) {
                Some(Does::Agent(agent)) => fitting(stage, held, &act.at, agent, value),
                _ => value,
            }
        }
    }
}

/// The last answer of a conversation.
fn said(held: &Held, at: &At) -> Option<Value> {
    let lines = &held.control.live.get(at)?.lines;
    let answers = lines.iter().rev().filter_map(|line| match line {
        Line::Answer(body) => held.env.get(*body)?.message(),
        Line::Said(_) | Line::Result { .. } => None,
    });
    answers.filter_map(|message| serde_json::from_str(&message.text).ok()).next()
}

fn fitting(stage: &Stage<'_>, held: &Held, at: &At, agent: &AgentStep, value: Value) -> Value {
    let names: Vec<Value> =
        agent.must_hold.iter().flat_map(|expr| variants::named(expr.source())).collect();
    let work = work(stage, held);
    variants::fitting(value, &names, |value| {
        let scope = StepScope { work: &work, step: at.step.as_str(), value };
        agent.must_hold.iter().all(|expr| matches!(expr.holds(&scope), Ok(true)))
    })
}

/// The workbench, to look at a run with; nothing that is made on it is kept.
pub(super) fn work<'h>(stage: &Stage<'_>, held: &'h Held) -> Work<'h> {
    let nothing = journal::Entropy([0; 32]);
    Work::new(&held.engine, &held.control, &held.env, stage.now, nothing, &[])
}

/// What a tool would answer: what the workspace itself holds, an answer that was kept, or the
/// plainest one, with what the same server was given under the same names.
pub(super) fn of_tool(
    stage: &Stage<'_>,
    at_hand: &dyn AtHand,
    held: &Held,
    act: &Act,
    ask: &ToolAsk,
) -> Result<Value, String> {
    if let Some(answer) = at_hand.answer(ask) {
        let bytes = answer?;
        let text = || Value::from(String::from_utf8_lossy(&bytes).into_owned());
        return Ok(serde_json::from_slice(&bytes).unwrap_or_else(|_| text()));
    }
    let step = held.engine.plan().step(&act.at.step).map(|step| &step.does);
    let tool = match step {
        Some(Does::Tool(tool)) => Some(tool),
        _ => None,
    };
    if let Some(kept) = at_hand.examples(&ask.tool).into_iter().next() {
        return Ok(kept);
    }
    if let Slot::Lookup(_) = act.slot {
        let none = hex::encode(b"[]");
        return Ok(json!({ "rows": none }));
    }
    let main = tool.filter(|tool| act.slot == Slot::Main && tool.tool == ask.tool);
    let schema = at_hand.gives(&ask.tool).or_else(|| main.map(|tool| to_schema(&tool.gives)));
    let mut value = schema.map_or_else(|| json!({}), |schema| plainest(&schema));
    if let Value::Object(fields) = &mut value {
        remembered(held, ask, fields);
    }
    match tool.filter(|_| act.slot == Slot::Confirm) {
        Some(tool) => Ok(confirming(stage, held, tool, value)),
        None => Ok(value),
    }
}

/// Values that the server was given before, or is given now, under a field's own name.
fn remembered(held: &Held, ask: &ToolAsk, fields: &mut Map<String, Value>) {
    let of_server = held.control.effects.iter().filter(|e| e.tool.server() == ask.tool.server());
    let bodies = of_server.flat_map(|effect| [effect.args, effect.result]);
    let before = bodies.filter_map(|body| held.env.get(body)?.value()).cloned();
    let now = serde_json::from_slice::<Value>(&ask.args).ok();
    for given in before.chain(now) {
        for (name, value) in given.as_object().into_iter().flatten() {
            if let Some(field) = fields.get_mut(name)
                && std::mem::discriminant(field) == std::mem::discriminant(value)
            {
                field.clone_from(value);
            }
        }
    }
}

/// An answer by which a read-back holds: it may name fields that no schema does.
fn confirming(stage: &Stage<'_>, held: &Held, tool: &ToolStep, mut value: Value) -> Value {
    let Some(confirm) = &tool.confirm else { return value };
    let source = confirm.holds.source();
    let work = work(stage, held);
    if let Value::Object(fields) = &mut value {
        let wanted = confirm.holds.paths().iter().filter(|path| path.root() == "result");
        for name in wanted.filter_map(|path| path.fields().next().map(str::to_owned)) {
            // What the map reads back under this name is most often what it gave.
            let given = tool.with.get(&name).and_then(|arg| match arg {
                plan::workflow::Arg::Literal(value) => Some(value.clone()),
                plan::workflow::Arg::Path(path) => work.at_path(path).cloned(),
            });
            fields.entry(name).or_insert_with(|| given.unwrap_or(Value::from("text")));
        }
    }
    variants::fitting(value, &variants::named(source), |value| {
        let scope = WithResult { work: &work, name: "result", value };
        matches!(confirm.holds.holds(&scope), Ok(true))
    })
}

/// The values by which a person may complete a step that failed: what it has, and the plainest for
/// the rest.
pub(super) fn completing(held: &Held, at: &At) -> Map<String, Value> {
    let has = held.control.live.get(at).and_then(|visit| held.env.get(visit.bound?)?.value());
    let mut all = Map::new();
    let Some(step) = held.engine.plan().step(&at.step) else { return all };
    let Does::Agent(agent) = &step.does else { return all };
    let mut put = |name: &str, plain: Value| {
        let there = has.and_then(|value| value.get(name)).filter(|value| !value.is_null());
        all.insert(format!("{}.{name}", at.step), there.cloned().unwrap_or(plain));
    };
    match &agent.work {
        Task::Copy { fields, .. } => {
            for field in fields {
                let plain = plainest(&to_schema(&field.find.gives()));
                put(field.name.as_str(), if field.optional { Value::Null } else { plain });
            }
        }
        Task::Answer { schema, .. } => {
            if let Value::Object(fields) = plainest(schema) {
                fields.into_iter().for_each(|(name, plain)| put(&name, plain));
            }
        }
    }
    all
}
