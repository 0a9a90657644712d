//! A streamed answer of the OpenAI-compatible format put together again. It must not take a part
//! for the whole: whether the last part came is seen by the `finish_reason`.

use serde::Deserialize;
use serde_json::value::to_raw_value;

use crate::trouble::Trouble;
use crate::wire::{Alternative, Completion, Content, Likely, Told, ToldCall, ToldFunction, Used};

#[derive(Debug, Deserialize)]
struct Chunk {
    model: Option<String>,
    #[serde(default)]
    choices: Vec<Part>,
    usage: Option<Used>,
    error: Option<Trouble>,
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(default)]
    index: usize,
    #[serde(default)]
    delta: Delta,
    finish_reason: Option<String>,
    logprobs: Option<Likely>,
}

#[derive(Debug, Default, Deserialize)]
struct Delta {
    content: Option<Content>,
    refusal: Option<String>,
    tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Debug, Deserialize)]
struct CallDelta {
    index: Option<usize>,
    id: Option<String>,
    function: Option<FunctionDelta>,
}

#[derive(Debug, Default, Deserialize)]
struct FunctionDelta {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Default)]
struct Call {
    index: Option<usize>,
    id: String,
    name: String,
    arguments: String,
}

/// What the parts of an answer come to.
pub(super) fn completion(events: &[String]) -> Result<Completion, String> {
    let mut whole = Completion { model: None, choices: Vec::new(), usage: None, error: None };
    let (mut text, mut refusal, mut finish_reason) = (String::new(), String::new(), None);
    let mut calls: Vec<Call> = Vec::new();
    let mut likely = Vec::new();
    let mut begun = false;
    for event in events {
        let chunk: Chunk = serde_json::from_str(event).map_err(|error| error.to_string())?;
        whole.model = chunk.model.or(whole.model);
        whole.usage = chunk.usage.or(whole.usage);
        whole.error = chunk.error.or(whole.error);
        // One answer was asked for.
        for part in chunk.choices.into_iter().filter(|part| part.index == 0) {
            begun = true;
            text.push_str(&part.delta.content.map(Content::text).unwrap_or_default());
            refusal.push_str(&part.delta.refusal.unwrap_or_default());
            for delta in part.delta.tool_calls.unwrap_or_default() {
                add(&mut calls, delta);
            }
            finish_reason = part.finish_reason.or(finish_reason);
            likely.extend(part.logprobs.and_then(|logprobs| logprobs.content).unwrap_or_default());
        }
    }
    if begun {
        let calls: Result<Vec<ToldCall>, _> = calls.into_iter().map(told).collect();
        let message = Told {
            content: Some(Content::Text(text)),
            refusal: Some(refusal),
            tool_calls: Some(calls.map_err(|error| error.to_string())?),
        };
        let logprobs = Some(Likely { content: Some(likely) });
        whole.choices.push(Alternative { message, finish_reason, logprobs });
    }
    Ok(whole)
}

/// Adds to the call of that index. A server that counts none sends each call in one piece.
fn add(calls: &mut Vec<Call>, delta: CallDelta) {
    let of = |call: &&mut Call| delta.index.is_some() && call.index == delta.index;
    let function = delta.function.unwrap_or_default();
    let (id, name) = (delta.id.unwrap_or_default(), function.name.unwrap_or_default());
    let arguments = function.arguments.unwrap_or_default();
    match calls.iter_mut().find(of) {
        Some(call) => {
            if call.id.is_empty() {
                call.id = id;
            }
            call.name.push_str(&name);
            call.arguments.push_str(&arguments);
        }
        None => calls.push(Call { index: delta.index, id, name, arguments }),
    }
}

fn told(call: Call) -> Result<ToldCall, serde_json::Error> {
    let text = if call.arguments.is_empty() { "{}".to_owned() } else { call.arguments };
    let arguments = Some(to_raw_value(&text)?);
    Ok(ToldCall { id: call.id, function: ToldFunction { name: call.name, arguments } })
}
