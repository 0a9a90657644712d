//! What a server answered, as the outcome of an act. It must not soften anything: an answer that
//! cannot be read is a failure, and a call without an answer is one of which nobody knows whether
//! it happened.

use std::ops::RangeInclusive;
use std::sync::Arc;

use journal::{Code, Failure, Hash, Outcome, Question, Usage};
use rmcp::ServiceError;
use rmcp::model::{
    CallToolResponse, CallToolResult, ContentBlock, ErrorCode, ErrorData, InputRequest,
    InputRequiredResult, ResourceContents, ResultType,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::ears::{self, Asked};
use crate::remote::{self, Broke};
use crate::spec::ServerSpec;
use crate::wire;

/// The codes that JSON-RPC and MCP keep for themselves.
const RESERVED: RangeInclusive<i32> = -32_768..=-32_000;

/// Those of them that a server may give to a call it read.
const ABOUT_A_CALL: &[ErrorCode] = &[
    ErrorCode::INVALID_PARAMS,
    ErrorCode::INTERNAL_ERROR,
    ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY,
];

/// Where a result says what of it is not carried.
const OTHER: &str = "$other";

/// The outcome of a call, and whether it is known what happened.
///
/// An answer that is too long or makes no sense is as uncertain as none: the tool may have done
/// its work before it garbled the answer. A tool that only reads leaves nothing in doubt.
#[derive(Debug, Clone, PartialEq)]
pub struct Called {
    pub outcome: Outcome,
    /// `false`: the call was sent and not answered as it should be; it may have had its effect.
    pub certain: bool,
    /// The answer that the outcome was read from, where there was one.
    pub said: Option<Said>,
}

/// An answer as its server gave it, with pictures and all. The records hold what was read of it,
/// and name by size and hash what they do not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    recorded: String,
    /// A result, or an error of the protocol.
    pub(crate) answer: Result<CallToolResult, ErrorData>,
}

impl Said {
    /// An answer and what was read of it. What servers and clients tell each other beside an answer
    /// (`_meta`) is between the two, and stays behind.
    fn new(recorded: String, mut result: CallToolResult) -> Self {
        result.meta = None;
        // An older server does not say so, and a newer client wants to hear it.
        result.result_type = Some(ResultType::COMPLETE);
        Self { recorded, answer: Ok(result) }
    }

    /// An error that a server answered with, if it is about the call or the server's own. What
    /// others say is between the two ends of one connection: that a method is unknown, that a
    /// session is over, that a person is to open an address.
    fn error(recorded: String, error: ErrorData) -> Option<Self> {
        let own = !(RESERVED.contains(&error.code.0));
        (own || ABOUT_A_CALL.contains(&error.code)).then_some(Self { recorded, answer: Err(error) })
    }

    /// What the records hold of it: a result as JSON, or the reason of a failure.
    #[must_use]
    pub fn recorded(&self) -> &str {
        &self.recorded
    }
}

/// Text by text: in JSON as a whole a secret with a quote in it would look different.
fn changed(value: Value, change: &impl Fn(String) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(text)),
        Value::Array(all) => all.into_iter().map(|value| changed(value, change)).collect(),
        Value::Object(all) => {
            all.into_iter().map(|(name, value)| (change(name), changed(value, change))).collect()
        }
        other => other,
    }
}

impl Called {
    /// It failed, and nothing can have happened or the server said what did.
    pub(crate) fn failed(code: Code, text: impl Into<String>) -> Self {
        Self::failure(code, text.into(), None, true)
    }

    /// Nothing was sent; it can be tried again after a while.
    pub(crate) fn later(code: Code, text: impl Into<String>, ms: u64) -> Self {
        Self::failure(code, text.into(), Some(ms), true)
    }

    /// It was sent, and no answer came that says what happened.
    pub(crate) fn unknown(code: Code, text: impl Into<String>) -> Self {
        Self::failure(code, text.into(), None, false)
    }

    /// Whether it is certain that nothing was done: its server was not reached, or did not look.
    pub(crate) fn unsent(&self) -> bool {
        let failure = self.outcome.result.as_ref().err();
        self.certain && failure.is_some_and(|failure| failure.code == Code::Unavailable)
    }

    /// The same with every text changed, in the outcome and in what the server said.
    pub(crate) fn changed(mut self, change: &impl Fn(String) -> String) -> Self {
        let recorded = match &mut self.outcome.result {
            Ok(bytes) => {
                let value = serde_json::from_slice(bytes).unwrap_or_default();
                let text = changed(value, change).to_string();
                *bytes = Arc::from(text.as_bytes());
                text
            }
            Err(failure) => {
                failure.text = change(std::mem::take(&mut failure.text));
                failure.text.clone()
            }
        };
        self.said = self.said.and_then(|said| {
            let answer = changed(serde_json::to_value(&said.answer).ok()?, change);
            Some(Said { recorded, answer: serde_json::from_value(answer).ok()? })
        });
        self
    }

    /// A failure with what is known of its reason besides. A question stays as it is.
    pub(crate) fn explained(mut self, why: Option<String>, bytes_max: u32) -> Self {
        let (Some(why), Err(failure)) = (why, &mut self.outcome.result) else { return self };
        if failure.question().is_some() {
            return self;
        }
        let why = format!(" ({why})");
        let room = bytes_max.saturating_sub(u32::try_from(why.len()).unwrap_or(u32::MAX));
        failure.text = clip(std::mem::take(&mut failure.text), room) + &why;
        let recorded = &failure.text;
        self.said = self.said.map(|said| Said { recorded: recorded.clone(), ..said });
        self
    }

    /// A person is to answer something, and then the call is made again.
    fn asks(question: Question, certain: bool) -> Self {
        let failure = Failure::asking(&question);
        if failure.text.len() > QUESTION_BYTES_MAX || !question.plain() {
            let text = "what it asks of a person is no plain form, or too long";
            return Self { certain, ..Self::failed(Code::ToolError, text) };
        }
        Self { outcome: outcome(Err(failure)), certain, said: None }
    }

    fn failure(code: Code, text: String, retry_after_ms: Option<u64>, certain: bool) -> Self {
        let failure = Failure { code, text, retry_after_ms };
        Self { outcome: outcome(Err(failure)), certain, said: None }
    }
}

fn outcome(result: Result<Arc<[u8]>, Failure>) -> Outcome {
    Outcome { result, usage: Usage::default(), reported: None }
}

/// An answer within `bytes_max`, or why it is none.
pub(crate) fn answered(response: CallToolResponse, bytes_max: u32) -> Called {
    let result = match response {
        CallToolResponse::Complete(result) => result,
        CallToolResponse::InputRequired(asks) => return asking(asks),
        // The work goes on behind our back, so what comes of it is not known.
        _ => return Called::unknown(Code::BadAnswer, "the tool answered that it will go on later"),
    };
    if result.is_error == Some(true) {
        let text = texts(&result.content).unwrap_or_else(|| "the tool gave no reason".to_owned());
        let text = clip(text, bytes_max);
        let said = Some(Said::new(text.clone(), result));
        return Called { said, ..Called::failed(Code::ToolError, text) };
    }
    let Ok(text) = serde_json::to_string(&value(&result)) else {
        return Called::unknown(Code::BadAnswer, "the answer cannot be written as JSON");
    };
    if text.len() as u64 > u64::from(bytes_max) {
        return Called::unknown(
            Code::TooLarge,
            format!("the answer has {} bytes of {bytes_max} allowed", text.len()),
        );
    }
    let outcome = outcome(Ok(Arc::from(text.as_bytes())));
    Called { outcome, certain: true, said: Some(Said::new(text, result)) }
}

/// A longer question is none that a person would read.
const QUESTION_BYTES_MAX: usize = 16 << 10;

/// A call that its server did not begin: it goes on when a person has answered.
fn asking(asks: InputRequiredResult) -> Called {
    let form = |(name, asked): (String, InputRequest)| match asked {
        InputRequest::Elicitation(asked) => ears::form(name, &asked.params),
        _ => None,
    };
    let forms = asks.input_requests.into_iter().flatten().map(form).collect();
    match forms {
        Some(forms) => Called::asks(Question { forms, state: asks.request_state }, true),
        None => {
            let text = "the tool asks for what only a person or a model at its client could give";
            Called::failed(Code::ToolError, text)
        }
    }
}

/// A call in whose middle something was asked that nobody answered. Whatever its server said then,
/// it was told that no answer came, and it may have begun its work before it asked.
pub(crate) fn interrupted(asked: Asked) -> Called {
    match asked.form {
        Some(form) => Called::asks(Question { forms: vec![form], state: None }, false),
        None => {
            let text = format!("the server asks `{}`, and nobody can be asked for it", asked.words);
            Called::unknown(Code::Unavailable, text)
        }
    }
}

/// Whether a change of texts leaves a question as it is.
fn clean(question: &Question, change: &impl Fn(String) -> String) -> bool {
    serde_json::to_value(question).is_ok_and(|value| changed(value.clone(), change) == value)
}

/// A call's outcome with no secret of its server in it.
pub(crate) fn redacted(spec: &ServerSpec, called: Called) -> Called {
    if spec.secrets.is_empty() && spec.tokens().is_none() {
        return called;
    }
    let change = |text| spec.redact(text);
    match called.outcome.result.as_ref().err().and_then(Failure::question) {
        None => called.changed(&change),
        Some(question) if clean(&question, &change) => called,
        // With the secret blotted out it would not be the question that was asked.
        Some(_) => Called { certain: called.certain, ..Called::failed(Code::ToolError, SECRET) },
    }
}

const SECRET: &str = "what it asks of a person holds a secret";

/// Structured content where there is some; else the texts, as JSON where they are an object or an
/// array; else an object with the text. What is no text is named, with its size and its hash, and
/// not carried.
pub(crate) fn value(result: &CallToolResult) -> Value {
    let text = texts(&result.content).unwrap_or_default();
    let read =
        || serde_json::from_str(&text).ok().filter(|v: &Value| v.is_object() || v.is_array());
    let mut value = match result.structured_content.clone().or_else(read) {
        Some(value) => value,
        None => json!({ "text": text }),
    };
    let other: Vec<Value> = result.content.iter().filter_map(other).collect();
    if other.is_empty() {
        return value;
    }
    if !value.is_object() {
        value = json!({ "value": value });
    }
    put(&mut value, OTHER, Value::Array(other));
    value
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(object) = object {
        object.insert(name.to_owned(), value);
    }
}

fn texts(content: &[ContentBlock]) -> Option<String> {
    let all: Vec<&str> = content
        .iter()
        .filter_map(|block| match block {
            ContentBlock::Text(text) => Some(text.text.as_str()),
            _ => None,
        })
        .collect();
    (!all.is_empty()).then(|| all.join("\n"))
}

/// What is not carried, by name.
fn other(block: &ContentBlock) -> Option<Value> {
    Some(match block {
        ContentBlock::Text(_) => return None,
        ContentBlock::Image(image) => named("image", Some(&image.mime_type), &image.data),
        ContentBlock::Audio(audio) => named("audio", Some(&audio.mime_type), &audio.data),
        ContentBlock::Resource(resource) => match &resource.resource {
            ResourceContents::TextResourceContents { uri, text, .. } => {
                json!({ "resource": uri, "text": text })
            }
            ResourceContents::BlobResourceContents { uri, mime_type, blob, .. } => {
                let mut named = named("blob", mime_type.as_deref(), blob);
                put(&mut named, "resource", Value::from(uri.as_str()));
                named
            }
            _ => json!({ "unknown": true }),
        },
        ContentBlock::ResourceLink(link) => json!({ "link": link.uri }),
        _ => json!({ "unknown": true }),
    })
}
/// Bytes by their kind, and as they were sent by length and hash: so the records say what it was
/// that somebody saw without holding it.
fn named(kind: &str, mime: Option<&str>, base64: &str) -> Value {
    let hash = Hash(Sha256::digest(base64.as_bytes()).into());
    json!({ kind: mime, "base64_length": base64.len(), "base64_sha256": hash })
}

fn clip(mut text: String, bytes_max: u32) -> String {
    let max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    if text.len() > max {
        let mut end = max;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    text
}

/// A call that brought an error instead of an answer. `why` says what is known about the server.
pub(crate) fn broken(error: ServiceError, cut: Option<String>, last_words: &str) -> Called {
    match error {
        ServiceError::McpError(error) => match error.code {
            wire::TOO_LARGE => Called::unknown(Code::TooLarge, error.message),
            wire::GARBAGE => Called::unknown(Code::BadAnswer, error.message),
            wire::IN_DOUBT => Called::unknown(Code::Unavailable, error.message),
            _ => {
                let text = error.message.clone().into_owned();
                let said = Said::error(text.clone(), error);
                Called { said, ..Called::failed(Code::ToolError, text) }
            }
        },
        ServiceError::TransportSend(ref inner)
            if let Some(broke) = remote::broke(inner.error.as_ref()) =>
        {
            let why = broke.to_string();
            match broke {
                Broke::Unsent(_) => Called::failed(Code::Unavailable, why),
                Broke::TooLong => Called::unknown(Code::TooLarge, why),
                Broke::Garbage(_) => Called::unknown(Code::BadAnswer, why),
                Broke::Unknown(_) => Called::unknown(Code::Unavailable, why),
            }
        }
        // The SDK read the answer and found it to be something else.
        ServiceError::UnexpectedResponse => {
            Called::unknown(Code::BadAnswer, "the answer is none to a tool's call")
        }
        error => {
            let code = if cut.is_some() { Code::TooLarge } else { Code::Unavailable };
            let why = cut.unwrap_or_else(|| match error {
                ServiceError::TransportSend(why) => format!("it cannot be written to: {why}"),
                _ => "it went away before it answered".to_owned(),
            });
            Called::unknown(code, with_last_words(why, last_words))
        }
    }
}

/// A reason with what the server said on its error stream.
pub(crate) fn with_last_words(why: String, last_words: &str) -> String {
    if last_words.is_empty() { why } else { format!("{why}: {last_words}") }
}

#[cfg(test)]
mod tests;
