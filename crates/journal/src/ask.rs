//! What an act asks of the outside world and what comes back. These are the words that the
//! engine, the model room and the tools room share; none of them knows why an act was asked for.

use std::sync::Arc;

use plan::ids::{ModelName, RoleId, ToolName};
use serde::{Deserialize, Serialize};

use crate::ids::Hash;

/// The content of an act, complete: whoever performs it needs nothing else.
#[derive(Debug, Clone)]
pub enum Payload {
    Model(ModelAsk),
    Tool(ToolAsk),
    Notify(NotifyAsk),
}

/// One call of a model.
#[derive(Debug, Clone)]
pub struct ModelAsk {
    pub model: ModelName,
    /// Stable text first: instructions and tools stay byte-equal from call to call.
    pub instructions: Arc<str>,
    pub messages: Vec<Arc<Message>>,
    pub tools: Arc<[ToolDef]>,
    pub answer: AnswerShape,
    /// Which of several answers to one question this is: those after the first must not come out
    /// of a memory or of a rule that always gives the same.
    pub again: u8,
    /// Whether it is to be said how likely each part of the answer is.
    pub probabilities: bool,
    pub tokens_max: u32,
    pub time_out_ms: u64,
    /// The idempotency key, sent to vendors that take one.
    pub key: Hash,
}

/// A tool as a model is told of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolDef {
    pub tool: ToolName,
    pub description: String,
    pub input: serde_json::Value,
}

/// One message of a conversation. It is a body of the run, stored once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Tool calls an assistant asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<ToolCall>,
    /// The call that a tool's message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<String>,
    /// How likely the model found the least likely part of this, in parts of a million.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    User,
    Assistant,
    Tool,
}

/// A tool call as a model wrote it; nothing in it is believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    pub id: String,
    pub tool: String,
    /// The arguments as JSON text, perhaps broken.
    pub args: String,
}

/// The shape an answer must have.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerShape {
    /// Any text, or tool calls.
    Text,
    /// JSON under a schema.
    Json(Arc<serde_json::Value>),
    /// One of a few given texts, or none of them. The answer is `{"choice": index}` or
    /// `{"choice": null}`, whatever the wire looks like.
    Choice(Choice),
}

/// Questions beside a conversation, by the second number of a model call's question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aside {
    /// The n-th further answer to the same material.
    Again(u8),
    /// Whether the answer in a line of the conversation is right.
    Check,
    /// Whether the text in a line of the conversation speaks to the model.
    Judge,
}

impl Aside {
    const AGAIN: u8 = 128;
    const CHECK: u8 = 254;
    const JUDGE: u8 = 255;

    /// Its number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Again(n) => Self::AGAIN.saturating_add(n),
            Self::Check => Self::CHECK,
            Self::Judge => Self::JUDGE,
        }
    }

    /// The question of a number; none for the wordings of a grounded field.
    #[must_use]
    pub fn of(number: u8) -> Option<Self> {
        match number {
            Self::JUDGE => Some(Self::Judge),
            Self::CHECK => Some(Self::Check),
            n => n.checked_sub(Self::AGAIN).map(Self::Again),
        }
    }
}

/// A question whose answer is one of the options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is asked, as a question to a chat model.
    pub question: String,
    /// What a completing model continues after the document: `Total amount:`.
    pub lead: String,
    pub options: Vec<String>,
}

/// One call of a tool.
#[derive(Debug, Clone)]
pub struct ToolAsk {
    pub tool: ToolName,
    /// The digest of the approved definition; a server that offers another one is refused.
    pub digest: Arc<str>,
    /// The arguments as JSON.
    pub args: Arc<[u8]>,
    /// The idempotency key.
    pub key: Hash,
    pub time_out_ms: u64,
    pub bytes_max: u32,
    /// What this very call had asked before, and what people answered, in order.
    pub answers: Vec<Answered>,
}

/// What a tool wants to know of a person before it goes on with a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Without one it is about nobody: the call goes on at once with the state.
    pub forms: Vec<Form>,
    /// What the server wants to have back beside the answer, as it gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// One form of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// The server's name for it; empty where it asked while it worked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The server's own words.
    pub says: String,
    /// JSON Schema of the answer: an object with plain fields.
    pub wants: serde_json::Value,
}

/// A question of a call, and the answer: the fields of all its forms in one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    pub question: Question,
    pub answer: serde_json::Map<String, serde_json::Value>,
}

impl Question {
    /// Whether it can be put to a person: no two forms want a field of one name.
    #[must_use]
    pub fn plain(&self) -> bool {
        let mut names: Vec<&String> = self.fields().map(|(name, _)| name).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        names.len() == all && self.forms.iter().all(|form| form.fields().is_some())
    }

    /// What is asked, in the server's own words.
    #[must_use]
    pub fn words(&self) -> String {
        let words: Vec<&str> = self.forms.iter().map(|form| form.says.as_str()).collect();
        words.join("; ")
    }

    /// All fields with their schemas, form by form.
    pub fn fields(&self) -> impl Iterator<Item = (&String, &serde_json::Value)> {
        self.forms.iter().filter_map(Form::fields).flatten()
    }
}

impl Form {
    /// Its fields with their schemas.
    #[must_use]
    pub fn fields(&self) -> Option<&serde_json::Map<String, serde_json::Value>> {
        self.wants.get("properties")?.as_object()
    }

    /// What of an answer is this form's.
    #[must_use]
    pub fn part(
        &self,
        answer: &serde_json::Map<String, serde_json::Value>,
    ) -> serde_json::Map<String, serde_json::Value> {
        let own = |name: &String| self.fields().is_some_and(|fields| fields.contains_key(name));
        let part = answer.iter().filter(|(name, _)| own(name));
        part.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// A message to the people of a role.
#[derive(Debug, Clone)]
pub struct NotifyAsk {
    pub to: RoleId,
    pub text: Arc<str>,
    pub key: Hash,
}

/// What an act came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub result: Result<Arc<[u8]>, Failure>,
    pub usage: Usage,
    /// The model the vendor says it used, where it says so.
    pub reported: Option<String>,
}

/// A failed or uncertain act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub code: Code,
    /// The outside world's own words, or of a question the [`Question`] as JSON. They become a
    /// body, never part of a record.
    pub text: String,
    /// When the vendor said to come back.
    pub retry_after_ms: Option<u64>,
}

impl Failure {
    /// A call that did nothing yet, because a person is to answer something first.
    #[must_use]
    pub fn asking(question: &Question) -> Self {
        let text = serde_json::to_string(question).unwrap_or_default();
        Self { code: Code::Question, text, retry_after_ms: None }
    }

    /// The question, if that is what it is.
    #[must_use]
    pub fn question(&self) -> Option<Question> {
        let asks = self.code == Code::Question;
        asks.then(|| serde_json::from_str(&self.text).ok()).flatten().filter(Question::plain)
    }
}

/// What a model's answer holds, as the body of its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelAnswer {
    /// The answer's text: prose, JSON text, or `{"choice": n}`.
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<ToolCall>,
    /// How likely the model found the least likely part of it, in parts of a million, where that
    /// was asked for and is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<u32>,
}

/// What a call used. Costs are nano-units of the workspace's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    #[serde(rename = "in", default, skip_serializing_if = "zero")]
    pub input_tokens: u64,
    #[serde(rename = "cached", default, skip_serializing_if = "zero")]
    pub cached_tokens: u64,
    #[serde(rename = "out", default, skip_serializing_if = "zero")]
    pub output_tokens: u64,
    #[serde(rename = "cost", default, skip_serializing_if = "zero")]
    pub cost_nanos: u64,
    /// Time spent outside, as the driver measured it.
    #[serde(rename = "ms", default, skip_serializing_if = "zero")]
    pub active_ms: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn zero(n: &u64) -> bool {
    *n == 0
}

impl Usage {
    /// Adds, and stops at the largest number instead of wrapping.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            cached_tokens: self.cached_tokens.saturating_add(other.cached_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            cost_nanos: self.cost_nanos.saturating_add(other.cost_nanos),
            active_ms: self.active_ms.saturating_add(other.active_ms),
        }
    }

    /// Input and output tokens together.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}

/// Stable codes of what can go wrong in a run. They appear in files (`on_failure`), records,
/// screens and `explain`; a code is never given a second meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The vendor or server asked to slow down.
    RateLimited,
    TimedOut,
    /// The vendor or server could not be reached, or went away.
    Unavailable,
    /// The vendor refused the request itself: a bad key, a retired model, a policy of theirs.
    VendorRefused,
    /// The answer broke the contract and could not be repaired.
    BadAnswer,
    /// The answer is well formed, but checks disagree: a person must look.
    Doubt,
    /// The tool answered with an error of its own.
    ToolError,
    /// The tool asks a person something before it goes on.
    Question,
    /// The tool is not what was approved.
    ToolChanged,
    /// An answer larger than allowed.
    TooLarge,
    /// A rule refused the act.
    Refused,
    /// A limit of money, tokens, acts or time is used up.
    Budget,
    /// The same acts again and again.
    Loop,
    /// Nobody answered a review in time.
    Late,
    /// A stop came before the act began. Nothing happened; it is due again when the stop is lifted.
    Stopped,
    /// A person rejected.
    Rejected,
    /// A read-back after an effect did not hold.
    NotConfirmed,
    /// It is not known whether an effect happened.
    InDoubt,
    /// A child run failed.
    Child,
    /// An expression of the plan gave no value.
    Expression,
    /// A body is missing or erased.
    BodyMissing,
    /// A person cancelled.
    Cancelled,
    /// The case was open for longer than the plan allows.
    Expired,
    /// The workflow itself ended the case as failed.
    Ended,
    /// A defect of this program, caught.
    Defect,
}
