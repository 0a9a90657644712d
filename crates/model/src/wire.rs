//! The OpenAI-compatible wire format as types. It must not decide anything: what a status or an
//! ending means is read elsewhere.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::trouble::Trouble;

/// A request for one answer. Fields that a server may not know are left out, not sent as null.
#[derive(Debug, Serialize)]
pub(crate) struct Request<'a> {
    pub(crate) model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tools: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response_format: Option<Format<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_tokens: Option<u32>,
    /// The newer name of the same limit, where the older one is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) temperature: Option<u8>,
    /// llama.cpp: what chance begins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seed: Option<u8>,
    /// Whether each part of the answer comes with its probability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) logprobs: Option<bool>,
    /// llama.cpp: a GBNF grammar that the answer follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grammar: Option<String>,
    /// llama.cpp: keep what was computed for this prompt for the next one that begins like it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cache_prompt: Option<bool>,
    /// llama.cpp: which of the server's slots works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id_slot: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stream: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stream_options: Option<StreamOptions>,
    /// Last, so that the next request of a conversation begins like this one, byte for byte.
    pub(crate) messages: Vec<Said<'a>>,
}

#[derive(Debug, Serialize)]
pub(crate) struct StreamOptions {
    /// Without it a stream ends without a count of its tokens.
    pub(crate) include_usage: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct Said<'a> {
    pub(crate) role: &'static str,
    pub(crate) content: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tool_calls: Vec<SaidCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tool_call_id: Option<&'a str>,
}

impl<'a> Said<'a> {
    pub(crate) fn new(role: &'static str, content: impl Into<Cow<'a, str>>) -> Self {
        Self { role, content: Some(content.into()), tool_calls: Vec::new(), tool_call_id: None }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct SaidCall<'a> {
    pub(crate) id: &'a str,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) function: SaidFunction<'a>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SaidFunction<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) arguments: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct Format<'a> {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) json_schema: Named<'a>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Named<'a> {
    pub(crate) name: &'static str,
    pub(crate) strict: bool,
    pub(crate) schema: &'a RawValue,
}

impl<'a> Format<'a> {
    pub(crate) fn schema(schema: &'a RawValue, strict: bool) -> Self {
        Self { kind: "json_schema", json_schema: Named { name: "answer", strict, schema } }
    }
}

/// What a server answers. Everything may be missing: other software wrote it.
#[derive(Debug, Deserialize)]
pub(crate) struct Completion {
    pub(crate) model: Option<String>,
    #[serde(default)]
    pub(crate) choices: Vec<Alternative>,
    pub(crate) usage: Option<Used>,
    /// Some gateways answer 200 and put the failure here.
    pub(crate) error: Option<Trouble>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Alternative {
    pub(crate) message: Told,
    pub(crate) finish_reason: Option<String>,
    pub(crate) logprobs: Option<Likely>,
}

/// How likely each part of an answer was.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Likely {
    #[serde(default)]
    pub(crate) content: Option<Vec<Part>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    /// The natural logarithm of its probability.
    pub(crate) logprob: f64,
}

impl Likely {
    /// The probability of the least likely part, in parts of a million.
    pub(crate) fn least(&self) -> Option<u32> {
        let parts = self.content.iter().flatten();
        let least = parts.map(|part| part.logprob).reduce(f64::min)?;
        let parts = (least.exp() * 1e6).clamp(0.0, 1e6);
        // What is no number says nothing.
        format!("{parts:.0}").parse().ok()
    }
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Told {
    pub(crate) content: Option<Content>,
    pub(crate) refusal: Option<String>,
    pub(crate) tool_calls: Option<Vec<ToldCall>>,
}

/// Most servers send a text, some a list of parts.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Content {
    Text(String),
    Parts(Vec<Piece>),
}

#[derive(Debug, Deserialize)]
pub(crate) struct Piece {
    #[serde(default)]
    pub(crate) text: String,
}

impl Content {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Parts(parts) => parts.iter().map(|part| part.text.len()).sum(),
        }
    }

    pub(crate) fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Parts(parts) => parts.into_iter().map(|part| part.text).collect(),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct ToldCall {
    #[serde(default)]
    pub(crate) id: String,
    pub(crate) function: ToldFunction,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ToldFunction {
    pub(crate) name: String,
    /// JSON in a text, or from some servers the JSON itself.
    pub(crate) arguments: Option<Box<RawValue>>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Used {
    #[serde(default)]
    pub(crate) prompt_tokens: u64,
    #[serde(default)]
    pub(crate) completion_tokens: u64,
    pub(crate) prompt_tokens_details: Option<UsedDetails>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct UsedDetails {
    pub(crate) cached_tokens: Option<u64>,
    /// What was kept for reading again, where that has a price of its own.
    pub(crate) cache_write_tokens: Option<u64>,
}
