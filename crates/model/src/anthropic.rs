//! A client of Anthropic's Messages format, as the vendor itself and gateways speak it. One call is
//! one request. It must not try again, and it believes nothing of an answer but its form.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use journal::{
    AnswerShape, Code, Failure, Message, ModelAnswer, ModelAsk, Role, ToolCall, ToolDef,
};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::choice;
use crate::http::{Content, Endpoint, Received};
use crate::provider::{Answered, Answering, Provider, Tokens, streams, worst};
use crate::shapes::{Shapes, Toolbox, own_names, wire_name};

use wire::{Block, CACHED, Format, Output, Piece, Reply, Request, Said, Used};

mod events;
mod schema;
mod wire;

/// The client of one model at one server.
#[derive(Debug)]
pub(crate) struct Anthropic {
    endpoint: Endpoint,
    model: String,
    /// How long a streamed answer may be silent.
    idle: Duration,
    shapes: Shapes,
}

impl Anthropic {
    pub(crate) fn new(endpoint: Endpoint, model: String, idle: Duration) -> Self {
        Self { endpoint, model, idle, shapes: Shapes::new(offered, schema::plain) }
    }

    async fn send(&self, ask: &ModelAsk, parent: Option<&str>) -> Answered {
        let toolbox = self.shapes.tools(&ask.tools);
        let body = match self.body(ask, toolbox.as_deref()) {
            Ok(body) => body,
            Err(why) => {
                let why = format!("the request cannot be written: {why}");
                return Answered::failed(self.endpoint.failure(Code::Defect, &why, None));
            }
        };
        match self.endpoint.post(body, ask.key, self.idle, parent).await {
            Ok(received) => self.read(ask, toolbox.as_deref(), received),
            Err(answered) => answered,
        }
    }

    fn body(&self, ask: &ModelAsk, tools: Option<&Toolbox>) -> Result<Vec<u8>, serde_json::Error> {
        let mut messages = said(&ask.messages, tools);
        let schema;
        let schema = match &ask.answer {
            AnswerShape::Text => None,
            AnswerShape::Json(json) => {
                schema = self.shapes.schema(json)?;
                Some(&*schema.0)
            }
            AnswerShape::Choice(choice) => {
                // A block of its own, so that the document before it stays the same text.
                push(&mut messages, "user", text(choice::numbered(choice)));
                Some(serde_json::from_str::<&RawValue>(choice::SCHEMA)?)
            }
        };
        // Everything up to here is the same in each call of a step: tools, then instructions.
        let system =
            Block::Text { text: Cow::Borrowed(&*ask.instructions), cache_control: Some(CACHED) };
        serde_json::to_vec(&Request {
            model: &self.model,
            max_tokens: ask.tokens_max,
            stream: streams(ask, self.idle).then_some(true),
            // Only a conversation that goes on is read again; writing a cache costs more than
            // reading once.
            cache_control: tools.map(|_| CACHED),
            output_config: schema
                .map(|schema| Output { format: Format { kind: "json_schema", schema } }),
            tools: tools.map(Toolbox::raw),
            system: if ask.instructions.is_empty() { Vec::new() } else { vec![system] },
            messages,
        })
    }

    /// Reads what the server calls a success.
    fn read(&self, ask: &ModelAsk, tools: Option<&Toolbox>, received: Received) -> Answered {
        let streamed = matches!(received.content, Content::Events(_));
        let reply = match &received.content {
            Content::Whole(bytes) => serde_json::from_slice(bytes).map_err(|why| why.to_string()),
            Content::Events(events) => events::reply(events),
        };
        let mut reply: Reply = match reply {
            Ok(reply) => reply,
            Err(why) => {
                let why = format!("the answer is no message: {why}");
                return self.endpoint.broken(Code::BadAnswer, &why);
            }
        };
        // Where a stream fails in the middle, its first half is none.
        if let Some(trouble) = &reply.error {
            return Answered { certain: !streamed, ..self.endpoint.reported(trouble) };
        }
        let Some(pieces) = reply.content.take() else {
            return self.endpoint.broken(Code::BadAnswer, "the answer holds no message");
        };
        if streamed && reply.stop_reason.is_none() {
            return self.endpoint.broken(Code::Unavailable, "the answer broke off in the middle");
        }
        let counted = reply.usage.is_some();
        let bytes = pieces.iter().map(Piece::len).sum();
        let tokens = reply.usage.map_or_else(|| worst(ask, bytes), tokens);
        let reported = reply.model.take();
        let result = self.judge(ask, tools, pieces, &reply);
        Answered { result, tokens, counted, reported, certain: true, rest: received.rest }
    }

    fn judge(
        &self,
        ask: &ModelAsk,
        tools: Option<&Toolbox>,
        pieces: Vec<Piece>,
        reply: &Reply,
    ) -> Result<ModelAnswer, Failure> {
        let fail = |code, why: &str| Err(self.endpoint.failure(code, why, None));
        match reply.stop_reason.as_deref() {
            Some("end_turn" | "stop_sequence" | "tool_use") => {}
            Some("max_tokens") => {
                let why = format!("the answer was cut off after {} tokens", ask.tokens_max);
                return fail(Code::BadAnswer, &why);
            }
            Some("model_context_window_exceeded") => {
                return fail(
                    Code::BadAnswer,
                    "the answer was cut off: the model's context is full",
                );
            }
            Some("refusal") => {
                let details = reply.stop_details.as_ref();
                let words = details.and_then(|details| details.explanation.as_deref());
                let why = words.unwrap_or("it gave no reason");
                return fail(Code::VendorRefused, &format!("the model refused: {why}"));
            }
            // What ends in a way that nobody here knows may be a half.
            other => {
                let why =
                    format!("the answer ended in an unknown way: {}", other.unwrap_or("none"));
                return fail(Code::BadAnswer, &why);
            }
        }
        let (text, calls) = parts(pieces, tools);
        if let AnswerShape::Choice(asked) = &ask.answer {
            return match choice::chosen(asked, &text) {
                Some(answer) => Ok(answer),
                None => fail(Code::BadAnswer, &format!("no option was chosen: {text}")),
            };
        }
        if text.trim().is_empty() && calls.is_empty() {
            return fail(Code::BadAnswer, "the answer is empty");
        }
        Ok(ModelAnswer { text, calls, least: None })
    }
}

impl Provider for Anthropic {
    fn ask<'a>(&'a self, ask: &'a ModelAsk, parent: Option<&'a str>) -> Answering<'a> {
        Box::pin(self.send(ask, parent))
    }
}

/// A tool as this format offers it.
fn offered(name: &str, tool: &ToolDef) -> Value {
    json!({ "name": name, "description": tool.description, "input_schema": tool.input })
}

fn tokens(used: Used) -> Tokens {
    let cached = used.cache_read_input_tokens.unwrap_or_default();
    let written = used.cache_creation_input_tokens.unwrap_or_default();
    let input = used.input_tokens.unwrap_or_default();
    let input = input.saturating_add(cached).saturating_add(written);
    Tokens { input, cached, written, output: used.output_tokens.unwrap_or_default() }
}

/// The conversation in this format: results of calls are blocks of the user, and turns of one role
/// are one message.
fn said<'a>(told: &'a [std::sync::Arc<Message>], tools: Option<&'a Toolbox>) -> Vec<Said<'a>> {
    let mut messages = Vec::with_capacity(told.len());
    // The vendor wants ids that are unique in the whole conversation. Those of another vendor, that
    // began it, need not be; so each call gets one by its place.
    let mut ids: HashMap<&str, String> = HashMap::new();
    for (at, message) in told.iter().enumerate() {
        let role = if message.role == Role::Assistant { "assistant" } else { "user" };
        let answered = message.answers.as_deref().and_then(|id| ids.get(id));
        if let (Role::Tool, Some(id)) = (message.role, answered) {
            let block = Block::ToolResult { tool_use_id: id.clone(), content: &message.text };
            push(&mut messages, role, block);
            continue;
        }
        // An empty text is refused as malformed.
        if !message.text.is_empty() {
            push(&mut messages, role, text(message.text.as_str()));
        }
        for (n, call) in message.calls.iter().enumerate() {
            let id = format!("call_{at}_{n}");
            ids.insert(&call.id, id.clone());
            let name = tools.and_then(|tools| tools.wire(&call.tool));
            let name = name.map_or_else(|| Cow::Owned(wire_name(&call.tool)), Cow::Borrowed);
            push(&mut messages, role, Block::ToolUse { id, name, input: input(&call.args) });
        }
    }
    messages
}

fn text<'a>(text: impl Into<Cow<'a, str>>) -> Block<'a> {
    Block::Text { text: text.into(), cache_control: None }
}

fn push<'a>(messages: &mut Vec<Said<'a>>, role: &'static str, block: Block<'a>) {
    match messages.last_mut() {
        Some(last) if last.role == role => last.content.push(block),
        _ => messages.push(Said { role, content: vec![block] }),
    }
}

/// Arguments are an object here. What a model wrote and is none is shown to it as what it wrote.
fn input(args: &str) -> Value {
    match serde_json::from_str(args) {
        Ok(Value::Object(args)) => Value::Object(args),
        Ok(_) | Err(_) => json!({ "unreadable": args }),
    }
}

/// The text and the calls of an answer, under the tools' own names.
fn parts(pieces: Vec<Piece>, tools: Option<&Toolbox>) -> (String, Vec<ToolCall>) {
    let (mut text, mut calls) = (String::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Text { text: more } => text.push_str(&more),
            Piece::ToolUse { id, name, input } => {
                let args = match input {
                    Value::Null => "{}".to_owned(),
                    // Streamed arguments that are no JSON are kept as they came.
                    Value::String(args) => args,
                    input => input.to_string(),
                };
                calls.push(ToolCall { id, tool: name, args });
            }
            Piece::Other => {}
        }
    }
    (text, own_names(calls, tools))
}
