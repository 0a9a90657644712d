//! What goes over the wire: cases, requests, stops. Times are RFC 3339 in UTC. It must not leave a
//! client to tell from a missing field that something waits for a person: that is a status.

use access::Right;
use evidence::{ActState, ReviewKind, ReviewState, ReviewView, RunView, StepState};
use jiff::Timestamp;
use journal::{Millis, RunId, RunLine, Status, StopScope};
use plan::AccessRole;
use plan::ids::{ToolName, WorkflowName};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::Problem;

/// A time as text.
pub fn time(at: Millis) -> String {
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or_default().to_string()
}

/// Where a case stands, by the words that a run has for it everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseStatus(Status);

impl From<Status> for CaseStatus {
    fn from(status: Status) -> Self {
        Self(status)
    }
}

impl From<CaseStatus> for Status {
    fn from(status: CaseStatus) -> Self {
        status.0
    }
}

impl PartialSchema for CaseStatus {
    fn schema() -> RefOr<Schema> {
        named("Where a case stands.", Status::ALL.iter().map(|status| status.as_str()))
    }
}

impl ToSchema for CaseStatus {}

/// A right, by the name it has everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RightName(pub Right);

impl PartialSchema for RightName {
    fn schema() -> RefOr<Schema> {
        named("What somebody may do.", Right::ALL.iter().map(|right| right.as_str()))
    }
}

impl ToSchema for RightName {}

/// What somebody is to a workspace, by the name it has in its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RoleName(pub AccessRole);

impl PartialSchema for RoleName {
    fn schema() -> RefOr<Schema> {
        let all = AccessRole::ALL.iter().map(|role| role.as_str());
        named("What somebody is to a workspace.", all)
    }
}

impl ToSchema for RoleName {}

fn named<'a>(what: &str, all: impl Iterator<Item = &'a str>) -> RefOr<Schema> {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    schema.description(Some(what)).enum_values(Some(all)).into()
}

/// A case in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseLine {
    #[schema(example = "01m8d5re1jzxvaddm3s0hdsn84")]
    pub id: String,
    /// What people know it by, of what came with it.
    pub title: Option<String>,
    pub workflow: String,
    /// The release it runs, by its hash.
    pub release: String,
    pub status: CaseStatus,
    #[schema(format = DateTime)]
    pub opened: String,
    #[schema(format = DateTime)]
    pub changed: String,
    /// When it goes on by itself, or the next deadline.
    #[schema(format = DateTime)]
    pub wakes: Option<String>,
    /// Of a case that went wrong: where and by what, as `draft/tool_error`.
    pub trouble: Option<String>,
}

impl From<&Glance> for CaseLine {
    fn from(glance: &Glance) -> Self {
        let Glance { line, title, trouble } = glance;
        Self {
            id: line.run.to_string(),
            title: title.clone(),
            trouble: trouble.clone(),
            workflow: line.workflow.to_string(),
            release: line.release.to_string(),
            status: line.status.into(),
            opened: time(line.opened),
            changed: time(line.changed),
            wakes: line.wake_at.map(time),
        }
    }
}

/// Cases, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cases {
    pub cases: Vec<CaseLine>,
    /// Where the next part of the list begins, if there is more: `after` of the next request.
    pub next: Option<String>,
}

/// One case.
#[derive(Debug, Serialize, ToSchema)]
pub struct Case {
    pub id: String,
    /// What people know it by, of what came with it.
    pub title: Option<String>,
    pub workflow: Option<String>,
    pub release: Option<String>,
    pub status: CaseStatus,
    #[schema(format = DateTime)]
    pub opened: String,
    #[schema(format = DateTime)]
    pub changed: String,
    /// The case as it came in, unless it was erased.
    pub case: Option<Value>,
    /// What it gave, once it has.
    pub output: Option<Value>,
    /// What waits for a person.
    pub requests: Vec<Request>,
    /// The last thing that went wrong and was not repaired.
    pub trouble: Option<Trouble>,
    /// Why it stands where it stands, and what is safe now.
    pub why: Explained,
    /// Every visit of a step, in their order.
    pub steps: Vec<Visit>,
    /// Everything that was done outside.
    pub acts: Vec<Act>,
    pub decisions: Vec<Decided>,
    /// What a rule did not let happen.
    pub refusals: Vec<Refused>,
    pub tokens: u64,
    /// Billionths of the workspace's currency.
    pub cost_nanos: u64,
    /// The story so far, in the operator's words.
    pub story: Vec<Line>,
}

/// What went wrong with a case.
#[derive(Debug, Serialize, ToSchema)]
pub struct Trouble {
    pub step: Option<String>,
    /// `flightdeck explain CODE` is its page.
    pub code: String,
    pub detail: Option<String>,
    pub rule: Option<String>,
}

/// A line of a case's story.
#[derive(Debug, Serialize, ToSchema)]
pub struct Line {
    #[schema(format = DateTime)]
    pub at: String,
    pub step: Option<String>,
    pub text: String,
    /// Whether it only matters to somebody who looks closely.
    pub detail: bool,
}

/// Why a case stands where it stands, from its records alone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Explained {
    /// In a sentence.
    pub headline: String,
    /// The lines of its story that matter.
    pub happened: Vec<String>,
    /// The cause, line by line; none where nothing is wrong.
    pub cause: Vec<String>,
    /// `flightdeck explain CODE` is the cause's page.
    pub code: Option<String>,
    /// Commands that are safe now, the best one first.
    pub next: Vec<Safe>,
}

/// A command that is safe.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Safe {
    pub command: String,
    pub does: String,
}

impl Explained {
    /// An explanation, with its cause line by line.
    pub fn of(explanation: &evidence::Explanation, cause: Vec<String>) -> Self {
        let safe = |next: &evidence::why::Next| Safe {
            command: next.command.clone(),
            does: next.does.to_owned(),
        };
        Self {
            headline: explanation.headline.clone(),
            happened: explanation.happened.clone(),
            cause,
            code: explanation.cause.as_ref().map(|cause| cause.code.to_owned()),
            next: explanation.next.iter().map(safe).collect(),
        }
    }
}

/// One visit of a step.
#[derive(Debug, Serialize, ToSchema)]
pub struct Visit {
    pub step: String,
    /// Which visit, where a case comes by more than once.
    pub at: String,
    pub kind: Option<String>,
    pub state: VisitState,
    #[schema(format = DateTime)]
    pub began: String,
    #[schema(format = DateTime)]
    pub ended: Option<String>,
    pub attempts: u32,
    pub output: Option<Value>,
    /// Where its output comes from, in words.
    pub from: Option<String>,
}

/// Where a visit stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VisitState {
    Open,
    Done,
    Failed,
    Skipped,
}

/// Something that was done outside: a question to a model, a call of a tool, a message.
#[derive(Debug, Serialize, ToSchema)]
pub struct Act {
    pub number: u32,
    pub step: String,
    pub what: String,
    pub tool: Option<String>,
    pub args: Option<Value>,
    pub model: Option<String>,
    pub attempt: u32,
    /// Rules by which it was let happen.
    pub rules: Vec<String>,
    pub state: DoneState,
    /// What it said where it failed.
    pub said: Option<String>,
    #[schema(format = DateTime)]
    pub began: String,
    #[schema(format = DateTime)]
    pub ended: Option<String>,
    pub tokens: u64,
    pub cost_nanos: u64,
}

/// What came of something that was done outside.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DoneState {
    Out,
    Done,
    /// It did nothing yet: a person answers first.
    Asked,
    Failed,
    /// It may have happened.
    Unknown,
}

/// A decision by a table.
#[derive(Debug, Serialize, ToSchema)]
pub struct Decided {
    pub step: String,
    #[schema(format = DateTime)]
    pub at: String,
    /// From 1; none where no row held.
    pub row: Option<u16>,
    /// The row as a sentence.
    pub because: String,
    pub basis: Option<String>,
    pub goes: String,
}

/// Something that a rule did not let happen.
#[derive(Debug, Serialize, ToSchema)]
pub struct Refused {
    pub step: String,
    #[schema(format = DateTime)]
    pub at: String,
    pub what: String,
    pub rule: String,
    pub code: String,
}

impl Visit {
    fn of(view: &evidence::StepView) -> Self {
        Self {
            step: view.at.step.to_string(),
            at: view.at.to_string(),
            kind: view.kind.map(str::to_owned),
            state: match view.state {
                StepState::Open => VisitState::Open,
                StepState::Done => VisitState::Done,
                StepState::Failed => VisitState::Failed,
                StepState::Skipped => VisitState::Skipped,
            },
            began: time(view.began),
            ended: view.ended.map(time),
            attempts: view.attempts,
            output: view.output.clone(),
            from: view.labels.as_ref().map(|labels| evidence::rules::way(&labels.at(""))),
        }
    }
}

impl Act {
    fn of(view: &evidence::ActView) -> Self {
        let (state, said) = match &view.state {
            ActState::Out => (DoneState::Out, None),
            ActState::Done => (DoneState::Done, None),
            ActState::Asked => (DoneState::Asked, None),
            ActState::Failed { code, detail } => {
                let page = evidence::codes::page(*code);
                let detail = detail.as_ref().map_or(String::new(), |detail| format!(": {detail}"));
                (DoneState::Failed, Some(format!("{}{detail}", page.id)))
            }
            ActState::Unknown => (DoneState::Unknown, None),
        };
        Self {
            number: view.no.0,
            step: view.at.step.to_string(),
            what: view.what.clone(),
            tool: view.tool.clone(),
            args: view.args.clone(),
            model: view.model.as_ref().map(ToString::to_string),
            attempt: view.attempt,
            rules: view.rules.clone(),
            state,
            said,
            began: time(view.began),
            ended: view.ended.map(time),
            tokens: view.usage.tokens(),
            cost_nanos: view.usage.cost_nanos,
        }
    }
}

/// A case with what only whoever drives it can say of it.
#[derive(Debug)]
pub struct Seen {
    pub view: RunView,
    pub open: Vec<Open>,
    pub why: Explained,
}

/// A case in a list, with what its entries say.
#[derive(Debug)]
pub struct Glance {
    pub line: RunLine,
    pub title: Option<String>,
    pub trouble: Option<String>,
}

/// An open request, as the person sees it who wants to know.
#[derive(Debug)]
pub struct Open {
    pub run: RunId,
    pub workflow: Option<WorkflowName>,
    pub title: Option<String>,
    pub review: ReviewView,
    /// Of an act that waits or is in doubt: the tool and its arguments.
    pub act: Option<(String, Option<Value>)>,
    /// Why this person may not decide it; nothing where they may.
    pub why_not: Option<String>,
}

impl Case {
    /// A case as it is shown.
    pub fn of(seen: &Seen) -> Self {
        let Seen { view, open, why } = seen;
        let trouble = view.trouble.as_ref().map(|trouble| Trouble {
            step: trouble.at.as_ref().map(|at| at.step.to_string()),
            code: evidence::codes::page(trouble.code).id.to_owned(),
            detail: trouble.detail.clone(),
            rule: trouble.rule.clone(),
        });
        let lines = view.timeline.iter().map(|line| Line {
            at: time(line.at),
            step: line.step.as_ref().map(ToString::to_string),
            text: line.text.clone(),
            detail: line.detail,
        });
        let decided = |one: &evidence::DecisionView| Decided {
            step: one.step.to_string(),
            at: time(one.at),
            row: one.row,
            because: one.because.clone(),
            basis: one.basis.clone(),
            goes: one.goes.clone(),
        };
        let refused = |one: &evidence::view::Refusal| Refused {
            step: one.at.step.to_string(),
            at: time(one.when),
            what: one.what.clone(),
            rule: one.rule.clone(),
            code: evidence::codes::page(one.code).id.to_owned(),
        };
        Self {
            id: view.run.to_string(),
            title: view.title(),
            why: why.clone(),
            steps: view.steps.iter().map(Visit::of).collect(),
            acts: view.acts.iter().map(Act::of).collect(),
            decisions: view.decisions.iter().map(decided).collect(),
            refusals: view.refusals.iter().map(refused).collect(),
            workflow: view.workflow.as_ref().map(ToString::to_string),
            release: view.release.map(|release| release.to_string()),
            status: view.status.into(),
            opened: time(view.opened),
            changed: time(view.changed),
            case: view.case.clone(),
            output: view.output.clone(),
            requests: open.iter().map(Request::seen).collect(),
            trouble,
            tokens: view.usage.input_tokens.saturating_add(view.usage.output_tokens),
            cost_nanos: view.usage.cost_nanos,
            story: lines.collect(),
        }
    }
}

/// A request to a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct Request {
    pub case: String,
    /// What people know the case by.
    pub title: Option<String>,
    pub workflow: Option<String>,
    /// The step at which it waits.
    pub step: String,
    /// Its number within the case.
    pub number: u32,
    pub about: About,
    pub question: String,
    /// The role whose people may decide it.
    pub by: String,
    #[schema(format = DateTime)]
    pub opened: String,
    #[schema(format = DateTime)]
    pub due: String,
    /// Who has taken it up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_by: Option<String>,
    /// Until when it is theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub claimed_until: Option<String>,
    /// How many people must agree, each of them another one.
    pub approvals: u8,
    /// Those who have agreed so far.
    pub agreed: Vec<String>,
    /// Changes that they made: the values as they would be. An approval agrees to them too.
    pub proposed: Vec<Shown>,
    /// What it rests on. An approval endorses exactly this.
    pub shows: Vec<Shown>,
    /// What may be changed with an approval.
    pub may_edit: Vec<String>,
    /// Where a tool asks: JSON Schema of the answer, whose fields are given as `answer.FIELD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<Value>,
    /// Of an act that waits or is in doubt: what it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<Deed>,
    /// Whether whoever reads this may decide it.
    pub may_decide: bool,
    /// Why not, where they may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
}

/// The call of a tool that waits for a yes, or may have happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deed {
    pub tool: String,
    pub args: Option<Value>,
}

/// What a request is about.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum About {
    Checkpoint,
    Failure,
    Act,
    /// An act that may have happened.
    InDoubt,
    /// A tool asks something before it goes on with a call.
    Question,
}

/// A value that a request shows.
#[derive(Debug, Serialize, ToSchema)]
pub struct Shown {
    pub name: String,
    /// Nothing where it was erased.
    pub value: Option<Value>,
    /// Where it comes from, in words, where that is known of it as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

impl Request {
    /// A request as a person sees it.
    pub fn seen(open: &Open) -> Self {
        let act = open.act.as_ref();
        Self {
            title: open.title.clone(),
            workflow: open.workflow.as_ref().map(ToString::to_string),
            act: act.map(|(tool, args)| Deed { tool: tool.clone(), args: args.clone() }),
            may_decide: open.why_not.is_none(),
            why_not: open.why_not.clone(),
            ..Self::of(open.run, &open.review)
        }
    }

    /// A review of a case.
    pub fn of(run: RunId, review: &ReviewView) -> Self {
        debug_assert_eq!(review.state, ReviewState::Open);
        let shown = |all: &[evidence::ShownValue]| {
            let one = |s: &evidence::ShownValue| Shown {
                name: s.name.clone(),
                value: s.value.clone(),
                from: s.from.clone(),
            };
            all.iter().map(one).collect()
        };
        Self {
            case: run.to_string(),
            title: None,
            workflow: None,
            step: review.at.step.to_string(),
            act: None,
            may_decide: false,
            why_not: None,
            number: review.no.0,
            about: match review.kind {
                ReviewKind::Checkpoint => About::Checkpoint,
                ReviewKind::Failure => About::Failure,
                ReviewKind::Act => About::Act,
                ReviewKind::InDoubt => About::InDoubt,
                ReviewKind::Question => About::Question,
            },
            question: review.question.clone(),
            by: review.by.to_string(),
            opened: time(review.opened),
            due: time(review.due),
            claimed_by: review.claim.as_ref().map(|claim| claim.who.to_string()),
            claimed_until: review.claim.as_ref().map(|claim| time(claim.until)),
            approvals: review.approvals,
            agreed: review.agreed.iter().map(ToString::to_string).collect(),
            proposed: shown(&review.proposed),
            shows: shown(&review.shows),
            may_edit: review.may_edit.clone(),
            form: review.form.clone(),
        }
    }
}

/// Open requests, the one that is due first at the top.
#[derive(Debug, Serialize, ToSchema)]
pub struct Requests {
    pub requests: Vec<Request>,
}

/// What a stop covers.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "of", content = "name", rename_all = "snake_case")]
pub enum Scope {
    Everything,
    Workflow(String),
    Case(String),
    /// One tool, as `server.tool`.
    Tool(String),
    /// Every tool of a server.
    Server(String),
    /// Every model of a vendor.
    Vendor(String),
    /// Effects that go further by themselves than a level, as `workflow=approve` or
    /// `workflow.step=approve`. They are put before a person.
    Beyond(String),
}

impl From<&StopScope> for Scope {
    fn from(scope: &StopScope) -> Self {
        match scope {
            StopScope::Everything => Self::Everything,
            StopScope::Workflow(name) => Self::Workflow(name.to_string()),
            StopScope::Run(run) => Self::Case(run.to_string()),
            StopScope::Tool(name) => Self::Tool(name.to_string()),
            StopScope::Server(name) => Self::Server(name.clone()),
            StopScope::Vendor(name) => Self::Vendor(name.clone()),
            StopScope::Beyond { workflow, step, level } => {
                let step = step.as_ref().map(|step| format!(".{step}")).unwrap_or_default();
                Self::Beyond(format!("{workflow}{step}={}", level.as_str()))
            }
        }
    }
}

impl TryFrom<Scope> for StopScope {
    type Error = Problem;

    fn try_from(scope: Scope) -> Result<Self, Problem> {
        let name = |text: String, what: &str| {
            // Names of servers and vendors are short words; what is none of them names nothing.
            let plain = !text.is_empty() && text.len() <= 100 && !text.contains(char::is_control);
            let bad = || Problem::invalid(format!("`{text}` names no {what}"));
            if plain { Ok(text) } else { Err(bad()) }
        };
        Ok(match scope {
            Scope::Everything => Self::Everything,
            Scope::Workflow(text) => {
                Self::Workflow(WorkflowName::new(&text).map_err(Problem::invalid)?)
            }
            Scope::Case(text) => Self::Run(text.parse::<RunId>().map_err(Problem::invalid)?),
            Scope::Tool(text) => Self::Tool(ToolName::new(&text).map_err(Problem::invalid)?),
            Scope::Server(text) => Self::Server(name(text, "server")?),
            Scope::Vendor(text) => Self::Vendor(name(text, "vendor")?),
            Scope::Beyond(text) => Self::beyond(&text).ok_or_else(|| {
                Problem::invalid(format!("`{text}` is no workflow or step with a level"))
            })?,
        })
    }
}
