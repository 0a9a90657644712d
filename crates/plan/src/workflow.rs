//! The resolved workflow: what `check` makes of the operator's files and what a release stores.
//! Every name in here is resolved, every default is written out, and nothing in here knows where
//! in a file it stood. It must not read text, and it must not know runs, clocks or models.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::expr::{Expr, Path};
use crate::ids::{
    AgentName, FieldName, ModelName, PersonId, RoleId, StepId, TableName, ToolName, WorkflowName,
};
use crate::value::Money;

mod case;
mod limits;
mod review;
mod sure;
mod today;

pub use case::{CaseSpec, Clock, From, Hook, Seeds, Start};
pub use limits::{CaseLimits, DayLimits, HourLimits, Limits};
pub use review::{Asked, Attention, Late, LateEnd, NeverBy, Rejected, ReviewStep, Sample, Within};
pub use sure::Sure;
pub use today::{OpenQuestion, TodayStep};

/// The version of this shape. A release of a newer shape is refused, never guessed at.
pub const FORMAT: u32 = 1;

/// One workflow with everything it needs to run: the content of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    pub format: u32,
    pub name: WorkflowName,
    pub purpose: String,
    /// The person who answers for what this workflow does.
    pub accountable: PersonId,
    /// The role that may stop and overrule it.
    pub override_by: RoleId,
    pub risk: Risk,
    pub autonomy: Autonomy,
    /// What a text that speaks to the model brings about.
    #[serde(default, skip_serializing_if = "Suspicion::is_default")]
    pub suspicion: Suspicion,
    /// A model that says of each text from outside whether it speaks to the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<ModelName>,
    /// What holds personal data, as far as that is recognised, is tagged `personal` as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub detects: bool,
    pub case: CaseSpec,
    /// What begins a case without a person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts: Vec<Start>,
    /// Cases that are known to be wrong, for those who are asked to notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeds: Option<Seeds>,
    /// Sets of values that identify a case. Two live runs may not hold the same set.
    pub once_per: Vec<Vec<Path>>,
    pub limits: Limits,
    pub steps: Vec<Step>,
    pub first: StepId,
    pub exceptions: Vec<Exception>,
    /// What a calling workflow gets back.
    pub output: Option<Path>,
    pub tables: BTreeMap<TableName, Table>,
    pub agents: BTreeMap<AgentName, Agent>,
    pub models: BTreeMap<ModelName, Model>,
    pub tools: BTreeMap<ToolName, Tool>,
    pub people: BTreeMap<PersonId, Person>,
    pub roles: BTreeMap<RoleId, Vec<PersonId>>,
    /// How much attention the holders of a role have.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attention: BTreeMap<RoleId, Attention>,
    pub hours: WorkingHours,
    pub policies: Vec<Policy>,
    /// Workflows that `workflow` and `each` steps call, resolved and nested.
    pub children: BTreeMap<WorkflowName, Workflow>,
    pub baseline: Option<Baseline>,
    /// The process as people do it now, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub today: Vec<TodayStep>,
    /// What is not settled yet. A workflow with such questions is tried, and never deployed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<OpenQuestion>,
    /// Names of secrets (environment variables) the servers of this workflow may be given.
    pub secrets: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    Low,
    Medium,
    High,
    Critical,
}

/// What follows when an untrusted text speaks to the model and not to people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suspicion {
    /// It is written down, and from then on a person sees every effect of the case.
    #[default]
    Ask,
    /// It is written down.
    Note,
}

impl Suspicion {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
    fn is_default(&self) -> bool {
        *self == Self::Ask
    }
}

impl Risk {
    /// The most autonomy that it allows. The files may ask for less, never for more.
    #[must_use]
    pub fn allows(self) -> Autonomy {
        match self {
            Self::Low | Self::Medium => Autonomy::Act,
            Self::High => Autonomy::ActWithUndo,
            Self::Critical => Autonomy::Approve,
        }
    }
}

impl Workflow {
    /// How far it may go by itself, or one of its steps.
    #[must_use]
    pub fn rung(&self, step: Option<&Step>) -> Autonomy {
        let of_step = step.and_then(|step| step.autonomy).unwrap_or(Autonomy::Act);
        self.autonomy.min(self.risk.allows()).min(of_step)
    }

    /// The models that may answer for the agent of a step, in the order in which they are tried.
    #[must_use]
    pub fn answering(&self, step: &AgentStep) -> &[ModelName] {
        self.agents.get(&step.agent).map(|agent| agent.models.as_slice()).unwrap_or_default()
    }

    /// The models without which a step of an agent does not go on, whoever answers: its checker,
    /// and the judge of what comes from outside.
    pub fn looking<'w>(&'w self, step: &'w AgentStep) -> impl Iterator<Item = &'w ModelName> {
        let judge = self.judge.as_ref().filter(|judge| step.sure.checker.as_ref() != Some(judge));
        step.sure.checker.iter().chain(judge)
    }

    /// The steps that can do anything but read, by a tool of their own.
    pub fn acting(&self) -> impl Iterator<Item = &Step> {
        let acts =
            |tool: &ToolName| self.tools.get(tool).is_none_or(|tool| tool.effect != Effect::Read);
        self.steps.iter().filter(move |step| match &step.does {
            Does::Tool(call) => acts(&call.tool),
            Does::Agent(agent) => match &agent.work {
                Work::Answer { tools, .. } => tools.iter().any(acts),
                Work::Copy { .. } => false,
            },
            _ => false,
        })
    }
}

/// How far the workflow may go by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Autonomy {
    /// It proposes; a person does every effect.
    Suggest,
    /// Every effect follows a review.
    Approve,
    /// Effects that can be undone are its own; the others follow a review.
    ActWithUndo,
    /// Every declared effect is its own.
    Act,
}

impl Autonomy {
    /// Every rung, the lowest first.
    pub const ALL: [Self; 4] = [Self::Suggest, Self::Approve, Self::ActWithUndo, Self::Act];

    /// Its word in the files and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suggest => "suggest",
            Self::Approve => "approve",
            Self::ActWithUndo => "act_with_undo",
            Self::Act => "act",
        }
    }
}

/// The types a field, column, argument or expression can have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    Bool,
    Int,
    /// A decimal number without a unit, kept as text; never a binary float.
    Decimal,
    Text,
    Date,
    Money,
    Iban,
    /// An identifier: letters, digits and a few signs, compared without spaces and case.
    Id,
    OneOf(Vec<String>),
    List(Box<Type>),
    Record(BTreeMap<String, Type>),
    /// May be missing.
    Optional(Box<Type>),
    /// A value whose shape is not declared. Expressions may test it, never compute with it.
    Unknown,
}

/// One step. Its kind is in `does`; the rest holds for every kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub id: StepId,
    pub does: Does,
    pub next: Next,
    /// The text under the step's heading.
    pub text: String,
    pub time_out_ms: u64,
    pub retry: Retry,
    pub on_failure: Recover,
    /// How often one run may enter this step.
    pub visits_max: u32,
    /// How far this step may go by itself, where that is less far than the workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autonomy: Option<Autonomy>,
    /// The parallel step and branch this step stands in.
    pub inside: Option<Inside>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inside {
    pub parallel: StepId,
    pub branch: FieldName,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    Step(StepId),
    /// The branch or the workflow is over.
    End,
}

/// Retries of one act. The delay doubles from `first_ms` up to `longest_ms`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    pub times: u32,
    pub first_ms: u64,
    pub longest_ms: u64,
}

/// What happens when a step has failed for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recover {
    /// A person of this role retries, supplies the values, or stops the case.
    Ask(RoleId),
    Go(StepId),
    /// The run fails; finished effects with an undo are undone in reverse order.
    Stop,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Does {
    Agent(AgentStep),
    Tool(ToolStep),
    Lookup(LookupStep),
    Decide(DecideStep),
    Review(ReviewStep),
    Each(EachStep),
    Parallel(ParallelStep),
    Wait(WaitStep),
    Workflow(WorkflowStep),
    End(EndStep),
}

/// A model's work under a contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentStep {
    pub agent: AgentName,
    /// What the agent is given, in order.
    pub given: Vec<Path>,
    pub work: Work,
    /// Expressions over the step's own output that must hold, or the answer is in doubt.
    pub must_hold: Vec<Expr>,
    /// Standing instructions, the agent's own and the step's, each with its source file.
    pub instructions: Vec<Instruction>,
    /// Model answers that broke the contract and may be repaired, per visit.
    pub repairs_max: u32,
    #[serde(default, skip_serializing_if = "Sure::is_none")]
    pub sure: Sure,
    /// Words that the answer must not hold; one that ends in `*` stands for all that begin so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub never_says: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instruction {
    pub source: String,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Fields whose values must stand in the source text, chosen among numbered candidates.
    Copy { from: Path, fields: Vec<CopyField> },
    /// A structured answer under a JSON Schema, with or without tools.
    Answer {
        schema: serde_json::Value,
        shape: Type,
        tools: Vec<ToolName>,
        turns_max: u32,
        /// The answer may name an exception that has no condition instead.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        may_raise: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyField {
    pub name: FieldName,
    pub find: Find,
    pub optional: bool,
    /// What the field is called in the documents, in the operator's words.
    pub called: Vec<String>,
    /// The trusted table that knows the field's values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_in: Option<KnownIn>,
}

/// A column of a table in which the values of a field stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownIn {
    pub table: TableName,
    pub column: FieldName,
}

/// What kind of span a grounded field may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Find {
    /// A name of a person or organisation.
    Name,
    /// An identifier such as an invoice or order number.
    Id,
    Date,
    Money,
    Iban,
    /// A line of text.
    Line,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolStep {
    pub tool: ToolName,
    pub with: BTreeMap<String, Arg>,
    /// Trusted facts that endorse an argument: the argument must equal the fact, within a margin.
    pub backed_by: BTreeMap<String, Backing>,
    pub undo: Option<ToolName>,
    pub confirm: Option<Confirm>,
    /// The types of the result's fields that later steps may name.
    pub gives: Type,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backing {
    pub fact: Path,
    /// The largest allowed distance for money, in minor units.
    pub within_minor: i64,
    /// A further condition on trusted facts, such as "the order was received".
    pub when: Option<Expr>,
}

/// A read-back that must hold before the effect counts as done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    pub tool: ToolName,
    pub with: BTreeMap<String, Arg>,
    /// Over `result`, the answer of `tool`, and all earlier steps.
    pub holds: Expr,
}

/// An argument: a value of the run, or a literal of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arg {
    Path(Path),
    Literal(serde_json::Value),
}

/// Rows of trusted tables by equality of columns with values of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookupStep {
    pub finds: BTreeMap<FieldName, RowFind>,
}

/// One look-up. It finds exactly one row or nothing; two rows are nothing, and said so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowFind {
    pub table: TableName,
    /// Column and the value it must equal.
    pub by: BTreeMap<FieldName, Path>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecideStep {
    /// The role accountable for the rule.
    pub who: RoleId,
    pub basis: String,
    pub first: Vec<Case>,
    /// Error, null and doubt go here too.
    pub otherwise: Next,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub when: Expr,
    pub go: Next,
}

/// A child run per item of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EachStep {
    pub list: Path,
    pub workflow: WorkflowName,
    pub items_max: u32,
    pub at_once: u32,
    /// Failed items that are still no failure of the step.
    pub failures_max: u32,
    /// Whether the children's outputs are collected in item order.
    pub collect: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParallelStep {
    /// Each branch's first step. The step's output holds each branch's last output by name.
    pub branches: BTreeMap<FieldName, Branch>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    pub first: StepId,
    pub gives: StepId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitStep {
    For(Within),
    /// Until the date or instant a path holds.
    Until(Path),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkflowStep {
    pub workflow: WorkflowName,
    pub with: BTreeMap<String, Arg>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndStep {
    pub outcome: EndOutcome,
    /// Who is told.
    pub tell: Option<RoleId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndOutcome {
    Done,
    Rejected,
    Failed,
}

/// A named exception. With a condition the engine raises it; without one only an agent can.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    pub what: String,
    /// Without a condition an agent that answers raises it.
    pub when: Option<Expr>,
    pub go: StepId,
}

impl Workflow {
    /// The exceptions that an agent's answer may name, with their numbers.
    pub fn named_exceptions(&self) -> impl Iterator<Item = (u16, &Exception)> {
        (0_u16..).zip(&self.exceptions).filter(|(_, exception)| exception.when.is_none())
    }
}

/// A trusted table, read through an MCP server that answers SQL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The tool that runs a read-only query: `table.read_query`.
    pub tool: ToolName,
    /// The table's name in that server.
    pub name: String,
    pub columns: BTreeMap<FieldName, Type>,
    pub tags: Vec<FieldName>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    pub description: String,
    /// Models in the order they are tried.
    pub models: Vec<ModelName>,
    pub tools: Vec<ToolName>,
}

/// A model as declared in `flightdeck.yaml`. What it can do is declared, never assumed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub vendor: String,
    /// The vendor's own name of the model.
    pub model: String,
    pub can: Vec<Can>,
    pub context_tokens: u32,
    pub answer_tokens: u32,
    pub price: Price,
    /// It runs on this machine and under our own supervision: what it is asked goes nowhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub here: bool,
    /// Where the vendor works on what it is sent, in the operator's words: `EU`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Tagged data that may be sent to it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub takes: Takes,
    /// Personal data that is kept from it: it is told a word that stands for each.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub hides: BTreeSet<Personal>,
}

/// A kind of personal data that is recognised in a text; the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Personal {
    Email,
    Iban,
    Card,
    NationalId,
    Phone,
    BirthDate,
    Address,
    Name,
}

impl Personal {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Email,
        Self::Iban,
        Self::Card,
        Self::NationalId,
        Self::Phone,
        Self::BirthDate,
        Self::Address,
        Self::Name,
    ];

    /// Its name in files and in the words that stand for such data.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Iban => "iban",
            Self::Card => "card",
            Self::NationalId => "national_id",
            Self::Phone => "phone",
            Self::BirthDate => "birth_date",
            Self::Address => "address",
            Self::Name => "name",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Can {
    /// Choose one of a few given texts (a grammar or an enum).
    Choose,
    /// Answer under a JSON Schema.
    Json,
    /// Call tools.
    Tools,
    /// Say how likely each part of its answer was.
    Probabilities,
}

/// Prices in nano-units of the workspace's currency for one token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    pub input_nanos: u64,
    pub cached_nanos: u64,
    /// For what is put into the vendor's cache; as `input_nanos` if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_nanos: Option<u64>,
    pub output_nanos: u64,
}

impl Price {
    /// The most that one token of input can cost.
    #[must_use]
    pub fn dearest_input(&self) -> u64 {
        self.input_nanos.max(self.cached_nanos).max(self.written_nanos.unwrap_or_default())
    }
}

/// A pinned tool: its approved definition and what it may do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Digest of the canonical name, description and input schema that was approved.
    pub digest: String,
    pub description: String,
    pub input: serde_json::Value,
    pub effect: Effect,
    pub reversible: bool,
    /// Calling it twice with the same key is the same as calling it once.
    pub repeatable: bool,
    /// The argument that carries the idempotency key, where the tool takes one.
    pub key_arg: Option<String>,
    /// A tool that answers, by the same key, whether a call happened.
    pub read_back: Option<ToolName>,
    pub trust: Trust,
    /// What each argument is. An argument that is not named is plain content.
    pub args: BTreeMap<String, ArgRole>,
    pub tags: Vec<FieldName>,
    /// Tagged data that may be handed to it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub takes: Takes,
}

/// By tag: the leave to hand data that carries it to a tool or a model.
pub type Takes = BTreeMap<FieldName, Leave>;

/// A person's leave for something that is refused otherwise. It ends by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leave {
    pub by: PersonId,
    /// The last day that it holds, `YYYY-MM-DD`.
    pub until: String,
    pub reason: String,
}

impl Leave {
    /// Whether it holds on a day, given as `YYYY-MM-DD`. A day that nobody knows is past it.
    #[must_use]
    pub fn holds(&self, day: &str) -> bool {
        let whole = |day: &str| day.len() == "2026-01-31".len();
        whole(day) && whole(&self.until) && day <= self.until.as_str()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    Read,
    Write,
    Send,
    Pay,
    Delete,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    Trusted,
    Untrusted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArgRole {
    Destination,
    Recipient,
    Amount,
    /// Chooses which existing thing is changed or deleted.
    Selector,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    pub name: String,
}

/// When people work: used by deadlines in working hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkingHours {
    /// Monday is 1.
    pub days: Vec<u8>,
    pub from_minute: u16,
    pub to_minute: u16,
    pub zone: String,
    /// Dates without work, `YYYY-MM-DD`.
    pub holidays: Vec<String>,
}

/// One Cedar policy, and the acts it can matter for (empty means it never applies here).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub id: String,
    pub file: String,
    pub text: String,
    /// A `forbid` with `@ask("role")` asks a person of that role instead of refusing.
    pub ask: Option<RoleId>,
}

/// What the process costs today, by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    pub minutes: u32,
    pub cases_per_week: u32,
    pub hourly_rate: Option<Money>,
    /// Errors in a million cases.
    pub errors_per_million: Option<u32>,
    pub error_cost: Option<Money>,
}
