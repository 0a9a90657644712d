//! Cases as they go over the wire: in a list, and one with its whole story.

use evidence::{ActState, RunView, StepState};
use journal::RunLine;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{CaseStatus, Open, Request, time};

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
    /// Whether any of what came in may have been written by somebody outside.
    pub outside: bool,
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
    /// Which visit of the step, as its visits are named.
    pub at: String,
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
            at: view.at.to_string(),
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
            outside: view.outside,
            output: view.output.clone(),
            requests: open.iter().map(Request::seen).collect(),
            trouble,
            tokens: view.usage.input_tokens.saturating_add(view.usage.output_tokens),
            cost_nanos: view.usage.cost_nanos,
            story: lines.collect(),
        }
    }
}
