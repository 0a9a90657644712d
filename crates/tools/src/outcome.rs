//! What a server answered, as the outcome of an act. It must not soften anything: an answer that
//! cannot be read is a failure, and a call without an answer is one of which nobody knows whether
//! it happened.

use std::sync::Arc;

use journal::{Code, Failure, Outcome, Usage};
use rmcp::ServiceError;
use rmcp::model::{
    CallToolResponse, CallToolResult, ContentBlock, InputRequest, InputRequiredResult,
};
use serde_json::{Map, Value, json};

use crate::ears;
use crate::remote::{self, Broke};
use crate::wire;

/// The outcome of a call, and whether it is known what happened.
///
/// An answer that is too long or makes no sense is as uncertain as none: the tool may have done
/// its work before it garbled the answer. A tool that only reads leaves nothing in doubt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    pub outcome: Outcome,
    /// `false`: the call was sent and not answered as it should be; it may have had its effect.
    pub certain: bool,
}

impl Called {
    pub(crate) fn ok(bytes: Vec<u8>) -> Self {
        Self { outcome: outcome(Ok(Arc::from(bytes))), certain: true }
    }

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

    fn failure(code: Code, text: String, retry_after_ms: Option<u64>, certain: bool) -> Self {
        Self { outcome: outcome(Err(Failure { code, text, retry_after_ms })), certain }
    }
}

fn outcome(result: Result<Arc<[u8]>, Failure>) -> Outcome {
    Outcome { result, usage: Usage::default(), reported: None }
}

/// An answer within `bytes_max`, or why it is none.
pub(crate) fn answered(response: CallToolResponse, bytes_max: u32) -> Called {
    let result = match response {
        CallToolResponse::Complete(result) => result,
        CallToolResponse::InputRequired(asks) => {
            return Called::failed(Code::ToolError, clip(person_needed(&asks), bytes_max));
        }
        // The work goes on behind our back, so what comes of it is not known.
        _ => return Called::unknown(Code::BadAnswer, "the tool answered that it will go on later"),
    };
    if result.is_error == Some(true) {
        let text = texts(&result.content).unwrap_or_else(|| "the tool gave no reason".to_owned());
        return Called::failed(Code::ToolError, clip(text, bytes_max));
    }
    let Ok(bytes) = serde_json::to_vec(&value(result)) else {
        return Called::unknown(Code::BadAnswer, "the answer cannot be written as JSON");
    };
    if bytes.len() as u64 > u64::from(bytes_max) {
        return Called::unknown(
            Code::TooLarge,
            format!("the answer has {} bytes of {bytes_max} allowed", bytes.len()),
        );
    }
    Called::ok(bytes)
}

/// A call that cannot go on without an answer of a person. No program gives one.
fn person_needed(asks: &InputRequiredResult) -> String {
    let asked = asks.input_requests.iter().flatten().find_map(|(_, request)| match request {
        InputRequest::Elicitation(ask) => Some(ears::question(&ask.params)),
        _ => None,
    });
    match asked {
        Some(question) => declined(&question),
        None => "the tool asks for more input than it was called with".to_owned(),
    }
}

/// That a server's question to a person was not answered.
pub(crate) fn declined(question: &str) -> String {
    format!("a person is needed: the server asks `{question}`, and no program answers that")
}

/// Structured content where there is some; else the texts, as JSON where they are an object or an
/// array; else an object with the text. Pictures and sounds are named, not carried.
fn value(result: CallToolResult) -> Value {
    if let Some(structured) = result.structured_content {
        return structured;
    }
    let text = texts(&result.content).unwrap_or_default();
    match serde_json::from_str(&text) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => value,
        _ => {
            let mut object = Map::new();
            object.insert("text".to_owned(), Value::String(text));
            let other: Vec<Value> = result.content.iter().filter_map(other).collect();
            if !other.is_empty() {
                object.insert("other".to_owned(), Value::Array(other));
            }
            Value::Object(object)
        }
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

fn other(block: &ContentBlock) -> Option<Value> {
    match block {
        ContentBlock::Text(_) => None,
        ContentBlock::Image(image) => Some(json!({ "image": image.mime_type })),
        ContentBlock::Audio(audio) => Some(json!({ "audio": audio.mime_type })),
        ContentBlock::Resource(_) => Some(json!({ "resource": true })),
        ContentBlock::ResourceLink(link) => Some(json!({ "link": link.uri })),
        _ => Some(json!({ "unknown": true })),
    }
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
            _ => Called::failed(Code::ToolError, error.message),
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
