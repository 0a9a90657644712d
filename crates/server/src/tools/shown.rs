//! Tool servers and tools as they go over the wire. Descriptions and schemas are a server's own
//! words: whoever shows them must not let them act. No value of a secret has a place here.

use std::collections::BTreeMap;

use journal::Millis;
use plan::types;
use plan::workflow::{ArgRole, Effect};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::shapes::time;

/// The tool servers of a workspace and its secrets.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToolServers {
    pub servers: Vec<ToolServer>,
    pub secrets: Vec<SecretLine>,
    /// Over how many of the newest cases the uses of tools are counted.
    pub counted_over: usize,
}

/// One tool server.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToolServer {
    pub server: String,
    /// It is a part of the program and declared nowhere.
    pub built_in: bool,
    /// It runs elsewhere and is called over the network.
    pub remote: bool,
    /// Its command or its address, as it is declared: names of secrets stand for their values.
    pub declared: String,
    /// What it may reach on this machine and in the network, in words.
    pub reach: String,
    /// Whether it runs in a box that lets it reach nothing else.
    pub boxed: bool,
    /// Whether somebody is signed in to it, in words.
    pub sign_in: Option<String>,
    /// Why it cannot be used as it is declared.
    pub trouble: Option<String>,
    /// The secrets that it is given, by name.
    pub secrets: Vec<String>,
    /// Its tools that were approved, by name.
    pub tools: Vec<ServerTool>,
}

/// One approved tool.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServerTool {
    /// As `server.tool`.
    pub tool: String,
    pub title: Option<String>,
    /// The server's own words at the time of the approval.
    pub description: String,
    pub args: Vec<Argument>,
    /// What it was approved to be.
    pub declared: ToolDeclared,
    pub digest: String,
    pub approved: Approved,
    /// Tagged data that may be handed to it, in words.
    pub takes: Vec<String>,
    /// The steps that may use it, each as `workflow.step`.
    pub steps: Vec<String>,
    pub used: ToolUse,
}

/// One argument of a tool.
#[derive(Debug, Serialize, ToSchema)]
pub struct Argument {
    pub name: String,
    /// What kind of value it takes, in words.
    pub kind: String,
    /// It cannot be left out.
    pub required: bool,
    /// The server's own words.
    pub says: Option<String>,
}

impl Argument {
    /// The arguments that a schema names, in its order.
    pub fn all(input: &Value) -> Vec<Self> {
        let required = input.get("required").and_then(Value::as_array);
        let must = |name: &str| {
            required.is_some_and(|all| all.iter().any(|one| one.as_str() == Some(name)))
        };
        let all = input.get("properties").and_then(Value::as_object);
        let one = |(name, schema): (&String, &Value)| Self {
            name: name.clone(),
            kind: types::said(&types::from_schema(schema)),
            required: must(name),
            says: schema.get("description").and_then(Value::as_str).map(str::to_owned),
        };
        all.into_iter().flatten().map(one).collect()
    }
}

/// What a person says about a tool. What is left out is the more dangerous answer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolDeclared {
    /// Without one it cannot be used.
    pub effect: Option<ToolEffect>,
    /// What it did can be undone.
    #[serde(default)]
    pub reversible: bool,
    /// Calling it twice with one key is calling it once.
    #[serde(default)]
    pub repeatable: bool,
    /// The argument that carries that key.
    pub key: Option<String>,
    /// The tool that tells by the key whether a call happened.
    pub read_back: Option<String>,
    /// Its answers count as the workspace's own.
    #[serde(default)]
    pub trusted: bool,
    /// What arguments are that decide where an act goes or how far. Any other is plain content.
    #[serde(default)]
    pub parts: BTreeMap<String, Part>,
}

/// What a tool does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToolEffect {
    Read,
    Write,
    Send,
    Pay,
    Delete,
}

impl From<Effect> for ToolEffect {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Read => Self::Read,
            Effect::Write => Self::Write,
            Effect::Send => Self::Send,
            Effect::Pay => Self::Pay,
            Effect::Delete => Self::Delete,
        }
    }
}

impl From<ToolEffect> for Effect {
    fn from(effect: ToolEffect) -> Self {
        match effect {
            ToolEffect::Read => Self::Read,
            ToolEffect::Write => Self::Write,
            ToolEffect::Send => Self::Send,
            ToolEffect::Pay => Self::Pay,
            ToolEffect::Delete => Self::Delete,
        }
    }
}

/// What an argument decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Destination,
    Recipient,
    Amount,
    /// Which existing thing is changed.
    Selector,
}

impl From<ArgRole> for Part {
    fn from(role: ArgRole) -> Self {
        match role {
            ArgRole::Destination => Self::Destination,
            ArgRole::Recipient => Self::Recipient,
            ArgRole::Amount => Self::Amount,
            ArgRole::Selector => Self::Selector,
        }
    }
}

impl From<Part> for ArgRole {
    fn from(part: Part) -> Self {
        match part {
            Part::Destination => Self::Destination,
            Part::Recipient => Self::Recipient,
            Part::Amount => Self::Amount,
            Part::Selector => Self::Selector,
        }
    }
}

/// Who approved a tool, and when.
#[derive(Debug, Serialize, ToSchema)]
pub struct Approved {
    pub by: String,
    /// `YYYY-MM-DD`.
    pub on: String,
    pub reason: Option<String>,
}

/// How a tool was used by the cases that are counted over.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct ToolUse {
    pub calls: u64,
    /// Calls that failed, and those of which nobody knows whether they happened.
    pub failed: u64,
    pub unknown: u64,
    /// When it was called last.
    pub last: Option<String>,
}

impl ToolUse {
    /// One more call.
    pub fn add(&mut self, began: Millis, failed: bool, unknown: bool) {
        self.calls += 1;
        self.failed += u64::from(failed);
        self.unknown += u64::from(unknown);
        let at = time(began);
        if self.last.as_ref().is_none_or(|last| *last < at) {
            self.last = Some(at);
        }
    }
}

/// A secret by its name.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecretLine {
    pub name: String,
    /// Where its value is kept.
    pub from: String,
    /// Who is given it.
    pub given_to: Vec<String>,
    /// Whether its value is there; nothing where looking would run a program.
    pub there: Option<bool>,
    /// How many days old its value is, where that is said.
    pub days: Option<i64>,
    /// How many days old it may become.
    pub days_max: Option<i64>,
    pub overdue: bool,
}

/// What a server offers now, beside what was approved.
#[derive(Debug, Serialize, ToSchema)]
pub struct Probed {
    pub server: String,
    /// The version of the protocol that it speaks.
    pub protocol: String,
    pub tools: Vec<ToolOffer>,
    /// Approved tools that it does not offer any more.
    pub gone: Vec<GoneTool>,
}

/// An approved tool that is not offered any more.
#[derive(Debug, Serialize, ToSchema)]
pub struct GoneTool {
    pub tool: String,
    /// One that nobody approved and that has its description.
    pub other: Option<String>,
}

/// One tool that is offered.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToolOffer {
    /// As `server.tool`.
    pub tool: String,
    pub standing: ToolStanding,
    /// Of exactly what is shown here.
    pub digest: String,
    pub title: Option<String>,
    pub description: String,
    pub args: Vec<Argument>,
    /// Its schemas, as the server gives them.
    pub input: Value,
    pub output: Option<Value>,
    /// What it seems to do, in sentences.
    pub can: Vec<String>,
    /// What can go wrong, in sentences.
    pub risks: Vec<String>,
    /// Why it cannot be approved.
    pub refused: Option<String>,
    /// As it was approved, or a guess for whoever approves it.
    pub proposed: ToolDeclared,
    /// How it differs from what was approved.
    pub change: Option<ToolChange>,
}

/// How an offered tool stands to what was approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToolStanding {
    New,
    Approved,
    Changed,
}

/// How a definition differs from the approved one.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToolChange {
    /// Lines of the approved definition that are gone, and lines that came.
    pub gone: Vec<String>,
    pub come: Vec<String>,
    /// What follows from it, in sentences.
    pub means: Vec<String>,
}
