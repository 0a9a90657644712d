//! Anthropic's Messages format as types. It must not decide anything: what a status or an ending
//! means is read elsewhere.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::trouble::Trouble;

/// A request for one answer. The vendor reads tools, system and messages in this order, and so do
/// its caches; here the messages stand last as well, so that the next request of a conversation
/// begins like this one, byte for byte.
#[derive(Debug, Serialize)]
pub(super) struct Request<'a> {
    pub(super) model: &'a str,
    pub(super) max_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stream: Option<bool>,
    /// Caches the conversation up to its last block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cache_control: Option<Cached>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output_config: Option<Output<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tools: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) system: Vec<Block<'a>>,
    pub(super) messages: Vec<Said<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Cached {
    #[serde(rename = "type")]
    kind: &'static str,
}

/// For as long as the vendor keeps it by default, which is five minutes.
pub(super) const CACHED: Cached = Cached { kind: "ephemeral" };

#[derive(Debug, Serialize)]
pub(super) struct Output<'a> {
    pub(super) format: Format<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct Format<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) schema: &'a RawValue,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Said<'a> {
    pub(super) role: &'static str,
    pub(super) content: Vec<Block<'a>>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block<'a> {
    Text {
        text: Cow<'a, str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<Cached>,
    },
    ToolUse {
        id: String,
        name: Cow<'a, str>,
        input: serde_json::Value,
    },
    ToolResult {
        tool_use_id: String,
        content: &'a str,
    },
}

/// An answer. Everything may be missing: other software wrote it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Reply {
    pub(super) model: Option<String>,
    pub(super) content: Option<Vec<Piece>>,
    pub(super) stop_reason: Option<String>,
    pub(super) stop_details: Option<StopDetails>,
    pub(super) usage: Option<Used>,
    /// Some gateways answer 200 and put the failure here.
    pub(super) error: Option<Trouble>,
}

#[derive(Debug, Default, Clone, Deserialize)]
pub(super) struct StopDetails {
    pub(super) explanation: Option<String>,
}

/// A block of an answer. Kinds that nobody asked for are passed over.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Piece {
    Text {
        #[serde(default)]
        text: String,
    },
    ToolUse {
        #[serde(default)]
        id: String,
        name: String,
        #[serde(default)]
        input: serde_json::Value,
    },
    #[serde(other)]
    Other,
}

impl Piece {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text { text } => text.len(),
            Self::ToolUse { input, .. } => input.to_string().len(),
            Self::Other => 0,
        }
    }
}

/// The vendor counts what it read anew, what it put into its cache and what it took from there
/// apart.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct Used {
    pub(super) input_tokens: Option<u64>,
    pub(super) cache_creation_input_tokens: Option<u64>,
    pub(super) cache_read_input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
}

/// An event of a streamed answer.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Event {
    MessageStart {
        message: Reply,
    },
    ContentBlockStart {
        index: usize,
        content_block: Piece,
    },
    ContentBlockDelta {
        index: usize,
        delta: Delta,
    },
    MessageDelta {
        #[serde(default)]
        delta: Ending,
        usage: Option<Used>,
    },
    MessageStop,
    Error {
        error: Trouble,
    },
    /// `ping`, `content_block_stop`, and what the vendor may add one day.
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
pub(super) enum Delta {
    #[serde(rename = "text_delta")]
    Text { text: String },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: String },
    #[serde(other)]
    Other,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Ending {
    pub(super) stop_reason: Option<String>,
    pub(super) stop_details: Option<StopDetails>,
}
