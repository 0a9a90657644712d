//! A client of any server that speaks the OpenAI-compatible format: OpenAI, Ollama, vLLM, LiteLLM,
//! llama.cpp and the like. One call is one request. It must not try again, and it believes nothing
//! of an answer but its form.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use journal::{
    AnswerShape, Choice, Code, Failure, Message, ModelAnswer, ModelAsk, Role, ToolCall, ToolDef,
};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::choice;
use crate::http::{Content, Endpoint, Received};
use crate::provider::{Answered, Answering, Provider, Tokens, streams, worst};
use crate::shapes::{Shapes, Toolbox, own_names, wire_name};
use crate::wire::{
    Alternative, Completion, Format, Likely, Request, Said, SaidCall, SaidFunction, StreamOptions,
    ToldCall, Used,
};

mod chunks;

/// What a server knows beyond the common format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The common format.
    OpenAi,
    /// OpenAI itself: newer models refuse the older name of the answer's limit.
    Official,
    /// Mistral: counts the tokens of a stream unasked, and refuses to be asked.
    Mistral,
    /// llama.cpp: grammars, a prompt cache, and an answer that goes on from a given beginning. With
    /// `slots` a document always goes to the same slot, where its state is kept.
    LlamaCpp { slots: Option<u32> },
}

impl Dialect {
    /// What is known of a host; any other speaks as it was declared.
    pub(crate) fn at(self, host: Option<&str>) -> Self {
        match host {
            Some("api.openai.com") => Self::Official,
            Some("api.mistral.ai") => Self::Mistral,
            Some(_) | None => self,
        }
    }
}

/// The client of one model at one server.
#[derive(Debug)]
pub(crate) struct OpenAi {
    endpoint: Endpoint,
    dialect: Dialect,
    model: String,
    /// How long a streamed answer may be silent.
    idle: Duration,
    shapes: Shapes,
}

impl OpenAi {
    pub(crate) fn new(endpoint: Endpoint, dialect: Dialect, model: String, idle: Duration) -> Self {
        Self { endpoint, dialect, model, idle, shapes: Shapes::new(offered, Value::clone) }
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
        let llama = matches!(self.dialect, Dialect::LlamaCpp { .. });
        if llama && let AnswerShape::Choice(choice) = &ask.answer {
            return serde_json::to_vec(&self.completion(ask, choice));
        }
        let streams = streams(ask, self.idle);
        let mut messages = Vec::with_capacity(ask.messages.len() + 2);
        if !ask.instructions.is_empty() {
            messages.push(Said::new("system", &*ask.instructions));
        }
        messages.extend(ask.messages.iter().map(|message| said(message, tools)));
        let schema;
        let response_format = match &ask.answer {
            AnswerShape::Text => None,
            AnswerShape::Json(json) => {
                schema = self.shapes.schema(json)?;
                Some(Format::schema(&schema.0, schema.1))
            }
            AnswerShape::Choice(choice) => {
                append(&mut messages, &choice::numbered(choice));
                Some(Format::schema(serde_json::from_str::<&RawValue>(choice::SCHEMA)?, true))
            }
        };
        let official = self.dialect == Dialect::Official;
        serde_json::to_vec(&Request {
            model: &self.model,
            messages,
            tools: tools.map(Toolbox::raw),
            response_format,
            max_tokens: (!official).then_some(ask.tokens_max),
            max_completion_tokens: official.then_some(ask.tokens_max),
            // The same again gives the same; another answer takes chance, and one that is repeated.
            temperature: llama.then_some(u8::from(ask.again > 0)),
            seed: llama.then_some(ask.again).filter(|again| *again > 0),
            logprobs: ask.probabilities.then_some(true),
            grammar: None,
            cache_prompt: llama.then_some(true),
            id_slot: self.slot(ask),
            stream: streams.then_some(true),
            stream_options: (streams && self.dialect != Dialect::Mistral)
                .then_some(StreamOptions { include_usage: true }),
        })
    }

    /// A choice as a small model makes it: document, lead, and a grammar of the options. The
    /// document comes first and the question last, so that the document's state serves all
    /// questions about it.
    fn completion<'a>(&'a self, ask: &'a ModelAsk, choice: &Choice) -> Request<'a> {
        let document = ask.messages.iter().find(|message| message.role == Role::User);
        let mut messages = vec![Said::new("system", choice::READER)];
        messages.extend(document.map(|message| Said::new("user", message.text.trim())));
        messages.push(Said::new("assistant", choice::lead(choice)));
        // A token stands for at least one byte, so the longest option always ends in time.
        let longest = choice.options.iter().map(String::len).max().unwrap_or_default();
        Request {
            model: &self.model,
            messages,
            tools: None,
            response_format: None,
            max_tokens: Some(u32::try_from(longest).unwrap_or(u32::MAX).saturating_add(8)),
            max_completion_tokens: None,
            temperature: Some(0),
            seed: None,
            logprobs: None,
            grammar: Some(choice::grammar(choice)),
            cache_prompt: Some(true),
            id_slot: self.slot(ask),
            stream: None,
            stream_options: None,
        }
    }

    /// The slot of a conversation, by its first message: the same document, the same slot.
    fn slot(&self, ask: &ModelAsk) -> Option<u32> {
        let Dialect::LlamaCpp { slots: Some(slots) } = self.dialect else { return None };
        let mut hasher = DefaultHasher::new();
        ask.messages.first().map(|message| &message.text).hash(&mut hasher);
        hasher.finish().checked_rem(u64::from(slots)).and_then(|n| u32::try_from(n).ok())
    }

    /// Reads what the server calls a success.
    fn read(&self, ask: &ModelAsk, tools: Option<&Toolbox>, received: Received) -> Answered {
        let completion = match &received.content {
            Content::Whole(bytes) => serde_json::from_slice(bytes).map_err(|why| why.to_string()),
            Content::Events(events) => chunks::completion(events),
        };
        let completion: Completion = match completion {
            Ok(completion) => completion,
            Err(why) => {
                let why = format!("the answer is no chat completion: {why}");
                return self.endpoint.broken(Code::BadAnswer, &why);
            }
        };
        let streamed = matches!(received.content, Content::Events(_));
        let Completion { model: reported, choices, usage, error } = completion;
        let said = choices.into_iter().next();
        // Where a stream fails in the middle, its first half is none.
        let said = match (error, said) {
            (Some(trouble), said) if streamed || said.is_none() => {
                let certain = !streamed;
                return Answered { certain, ..self.endpoint.reported(&trouble) };
            }
            (_, Some(said)) if streamed && said.finish_reason.is_none() => {
                return self
                    .endpoint
                    .broken(Code::Unavailable, "the answer broke off in the middle");
            }
            (_, Some(said)) => said,
            (_, None) => {
                return self.endpoint.broken(Code::BadAnswer, "the answer holds no message");
            }
        };
        let text = said.message.content.as_ref().map_or(0, |content| content.len());
        let tokens = usage.map_or_else(|| worst(ask, text), counted);
        let result = self.judge(ask, tools, said);
        let reported = reported.map(without_folder);
        let counted = usage.is_some();
        Answered { result, tokens, counted, reported, certain: true, rest: received.rest }
    }

    fn judge(
        &self,
        ask: &ModelAsk,
        tools: Option<&Toolbox>,
        said: Alternative,
    ) -> Result<ModelAnswer, Failure> {
        let fail = |code, why: &str| Err(self.endpoint.failure(code, why, None));
        let least = said.logprobs.as_ref().and_then(Likely::least);
        let message = said.message;
        if let Some(refusal) = message.refusal.filter(|refusal| !refusal.is_empty()) {
            return fail(Code::VendorRefused, &format!("the model refused: {refusal}"));
        }
        match said.finish_reason.as_deref() {
            Some("length") => {
                let why = format!("the answer was cut off after {} tokens", ask.tokens_max);
                return fail(Code::BadAnswer, &why);
            }
            Some("content_filter") => {
                return fail(Code::VendorRefused, "the vendor's filter held the answer back");
            }
            _ => {}
        }
        let text = message.content.map(|content| content.text()).unwrap_or_default();
        if let AnswerShape::Choice(asked) = &ask.answer {
            let chosen = match self.dialect {
                Dialect::LlamaCpp { .. } => choice::completed(asked, &text),
                Dialect::OpenAi | Dialect::Official | Dialect::Mistral => {
                    choice::chosen(asked, &text)
                }
            };
            return match chosen {
                Some(answer) => Ok(answer),
                None => fail(Code::BadAnswer, &format!("no option was chosen: {text}")),
            };
        }
        let calls = called(message.tool_calls.unwrap_or_default(), tools);
        if text.trim().is_empty() && calls.is_empty() {
            return fail(Code::BadAnswer, "the answer is empty");
        }
        Ok(ModelAnswer { text, calls, least })
    }
}

impl Provider for OpenAi {
    fn ask<'a>(&'a self, ask: &'a ModelAsk, parent: Option<&'a str>) -> Answering<'a> {
        Box::pin(self.send(ask, parent))
    }
}

/// Some servers report the path of the file they serve. Where it lies is nobody's business.
fn without_folder(reported: String) -> String {
    match reported.rsplit_once(['/', '\\']) {
        Some((_, file)) if file.ends_with(".gguf") => file.to_owned(),
        _ => reported,
    }
}

fn counted(used: Used) -> Tokens {
    let details = used.prompt_tokens_details;
    let cached = details.and_then(|details| details.cached_tokens);
    let written = details.and_then(|details| details.cache_write_tokens);
    Tokens {
        input: used.prompt_tokens,
        cached: cached.unwrap_or_default(),
        written: written.unwrap_or_default(),
        output: used.completion_tokens,
    }
}

/// A tool as this format offers it.
fn offered(name: &str, tool: &ToolDef) -> Value {
    let (description, parameters) = (&tool.description, &tool.input);
    json!({
        "type": "function",
        "function": { "name": name, "description": description, "parameters": parameters },
    })
}

fn said<'a>(message: &'a Message, tools: Option<&'a Toolbox>) -> Said<'a> {
    let role = match (message.role, &message.answers) {
        (Role::Assistant, _) => "assistant",
        (Role::Tool, Some(_)) => "tool",
        // A result that answers no call would be refused as malformed.
        (Role::User, _) | (Role::Tool, None) => "user",
    };
    let call = |call: &'a ToolCall| SaidCall {
        id: &call.id,
        kind: "function",
        function: SaidFunction {
            name: tools
                .and_then(|tools| tools.wire(&call.tool))
                .map_or_else(|| Cow::Owned(wire_name(&call.tool)), Cow::Borrowed),
            arguments: &call.args,
        },
    };
    let silent = message.text.is_empty() && !message.calls.is_empty();
    Said {
        role,
        content: (!silent).then_some(Cow::Borrowed(message.text.as_str())),
        tool_calls: message.calls.iter().map(call).collect(),
        tool_call_id: message.answers.as_deref(),
    }
}

/// Adds a question to the last message of the user. Some models' templates refuse two messages of
/// one role in a row.
fn append(messages: &mut Vec<Said<'_>>, question: &str) {
    match messages.last_mut() {
        Some(Said { role: "user", content: Some(text), .. }) => {
            let text = text.to_mut();
            text.push_str("\n\n");
            text.push_str(question);
        }
        _ => messages.push(Said::new("user", question.to_owned())),
    }
}

/// The calls as the run records them.
fn called(told: Vec<ToldCall>, tools: Option<&Toolbox>) -> Vec<ToolCall> {
    let call = |call: ToldCall| {
        let args = call.function.arguments.map_or_else(
            || "{}".to_owned(),
            |raw| {
                // Usually JSON in a text; some servers send the JSON itself.
                serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().to_owned())
            },
        );
        ToolCall { id: call.id, tool: call.function.name, args }
    };
    own_names(told.into_iter().map(call).collect(), tools)
}

#[cfg(test)]
mod tests;
