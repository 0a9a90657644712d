//! A run as people see it: its steps, decisions, requests to people, acts, figures, and its story
//! line by line in the operator's words. It must not decide where a run stands: it repeats what the
//! records say, and the plan only lends it names and sentences.

mod follow;
mod people;
mod question;
mod requests;
mod talk;

use std::collections::BTreeMap;

use journal::{
    ActNo, At, Caller, Code, CommandId, Decline, End, Hash, Labels, Millis, Mode, ReviewNo, RunId,
    Starter, Status, StopScope, Usage,
};
use plan::Plan;
use plan::ids::{ModelName, PersonId, ReleaseId, RoleId, StepId, WorkflowName};
use serde::Serialize;
use serde_json::Value;

use crate::history::History;
use crate::words;

/// One run.
#[derive(Debug, Clone, Serialize)]
pub struct RunView {
    pub run: RunId,
    pub workflow: Option<WorkflowName>,
    pub release: Option<ReleaseId>,
    pub rehearsal: bool,
    /// Known to be wrong, and put before people to see whether they notice. No screen says so while
    /// they are still asked.
    #[serde(skip)]
    pub seeded: bool,
    pub starter: Option<Starter>,
    /// The span of whoever had it opened, where they said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub called: Option<Caller>,
    pub opened: Millis,
    pub changed: Millis,
    pub status: Status,
    pub end: Option<End>,
    /// The case as it came in, unless it was erased.
    pub case: Option<Value>,
    /// Whether any of it may have been written by somebody outside.
    #[serde(skip)]
    pub outside: bool,
    pub steps: Vec<StepView>,
    pub decisions: Vec<DecisionView>,
    pub reviews: Vec<ReviewView>,
    pub acts: Vec<ActView>,
    pub refusals: Vec<Refusal>,
    /// Orders of people that could not be followed, oldest first.
    pub declined: Vec<DeclinedView>,
    pub stops: Vec<StopScope>,
    /// Rules by which a text of the case speaks to the model.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suspected: Vec<String>,
    /// Effects that were taken back, or could not be.
    #[serde(skip)]
    pub undone: Vec<(At, bool)>,
    pub paused_by: Option<PersonId>,
    /// Who cancelled the case, and why.
    #[serde(skip)]
    pub cancelled: Option<(PersonId, Option<String>)>,
    /// The last part that did not come to a good end.
    #[serde(skip)]
    pub failed_part: Option<RunId>,
    pub wake_at: Option<Millis>,
    pub usage: Usage,
    /// The run's output, once it has one.
    pub output: Option<Value>,
    /// The last thing that went wrong and was not repaired.
    pub trouble: Option<Trouble>,
    pub items: Items,
    pub timeline: Vec<Line>,
    pub frames: u32,
    pub tip: Hash,
    /// Whether some contents were erased or could not be read.
    pub erased: bool,
}

/// One visit of a step.
#[derive(Debug, Clone, Serialize)]
pub struct StepView {
    pub at: At,
    pub kind: Option<&'static str>,
    pub state: StepState,
    pub began: Millis,
    pub ended: Option<Millis>,
    pub attempts: u32,
    pub output: Option<Value>,
    /// Where each part of the output came from.
    pub labels: Option<Labels>,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    Open,
    Done,
    Failed,
    Skipped,
}

/// One decision and the row that held.
#[derive(Debug, Clone, Serialize)]
pub struct DecisionView {
    pub step: StepId,
    pub at: Millis,
    /// Counted from 1; nothing where no row held.
    pub row: Option<u16>,
    /// The row as a sentence.
    pub because: String,
    pub basis: Option<String>,
    pub goes: String,
}

/// One request to a person.
#[derive(Debug, Clone, Serialize)]
pub struct ReviewView {
    pub no: ReviewNo,
    pub at: At,
    pub kind: ReviewKind,
    pub question: String,
    pub by: RoleId,
    pub opened: Millis,
    pub due: Millis,
    pub state: ReviewState,
    /// Who has taken it up, and until when it is theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimView>,
    /// How many people must agree.
    pub approvals: u8,
    /// Those who have agreed so far.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agreed: Vec<PersonId>,
    /// The changes that they agreed to: the values of the steps as they would then be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proposed: Vec<ShownValue>,
    pub shows: Vec<ShownValue>,
    /// Paths that the reviewer may change.
    pub may_edit: Vec<String>,
    /// Where a tool asks: JSON Schema of the answer, whose fields are given as `answer.FIELD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<Value>,
    /// The rule that wants a person's yes, where one does.
    #[serde(skip)]
    pub rule: Option<String>,
    /// Of a call that waits for a yes, has a question or is in doubt: the tool and its arguments.
    #[serde(skip)]
    pub call: Option<(String, Option<Value>)>,
}

/// A request that somebody has taken up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClaimView {
    pub who: PersonId,
    pub until: Millis,
}

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewKind {
    Checkpoint,
    Failure,
    Act,
    InDoubt,
    /// A tool asks something before it goes on.
    Question,
}

/// A value that a request shows.
#[derive(Debug, Clone, Serialize)]
pub struct ShownValue {
    pub name: String,
    pub value: Option<Value>,
    /// Where it comes from, in words, where that is known of it as a whole.
    #[serde(skip)]
    pub from: Option<String>,
}

/// Where a request stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    Open,
    Approved {
        who: PersonId,
        at: Millis,
    },
    Edited {
        who: PersonId,
        at: Millis,
        steps: Vec<StepId>,
    },
    Rejected {
        who: PersonId,
        at: Millis,
        reason: Option<String>,
    },
    Late {
        at: Millis,
    },
    /// The case went on another way before anyone answered.
    Closed {
        at: Millis,
    },
}

/// One act outside.
#[derive(Debug, Clone, Serialize)]
pub struct ActView {
    pub no: ActNo,
    pub at: At,
    pub what: String,
    /// Of a tool call: its name and arguments.
    pub tool: Option<String>,
    pub args: Option<Value>,
    /// Of a model call: which model of the workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelName>,
    /// Of a model call: who answers, and what they call the model, where the release says so.
    #[serde(skip)]
    pub vendor: Option<(String, String)>,
    pub attempt: u32,
    pub rules: Vec<String>,
    pub began: Millis,
    pub ended: Option<Millis>,
    pub state: ActState,
    pub usage: Usage,
}

/// How an act ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ActState {
    Out,
    Done,
    /// It did nothing yet: a person is asked first.
    Asked,
    Failed {
        code: Code,
        detail: Option<String>,
    },
    /// It may have happened.
    Unknown,
}

/// An act that a rule did not let happen.
#[derive(Debug, Clone, Serialize)]
pub struct Refusal {
    pub at: At,
    pub when: Millis,
    pub what: String,
    pub rule: String,
    pub code: Code,
}

/// An order of a person that could not be followed.
#[derive(Debug, Clone, Serialize)]
pub struct DeclinedView {
    pub command: CommandId,
    pub who: PersonId,
    pub when: Millis,
    pub because: Decline,
    pub text: &'static str,
}

/// What went wrong.
#[derive(Debug, Clone, Serialize)]
pub struct Trouble {
    pub at: Option<At>,
    pub when: Millis,
    pub code: Code,
    pub detail: Option<String>,
    /// The rule, where one refused.
    pub rule: Option<String>,
}

/// Runs that this run started.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Items {
    pub started: u32,
    pub done: u32,
    pub failed: u32,
}

/// One line of the story.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    pub at: Millis,
    pub step: Option<StepId>,
    pub text: String,
    /// Whether the line only matters to somebody who looks closely.
    pub detail: bool,
}

impl RunView {
    /// The view of a run. The plan is the run's release; without it names stand for sentences.
    #[must_use]
    pub fn of(history: &History, plan: Option<&Plan>) -> Self {
        follow::follow(history, plan)
    }

    /// Requests that wait for a person.
    pub fn open_reviews(&self) -> impl Iterator<Item = &ReviewView> {
        self.reviews.iter().filter(|review| review.state == ReviewState::Open)
    }

    /// The last output of each step, by name.
    #[must_use]
    pub fn outputs(&self) -> BTreeMap<&StepId, &Value> {
        let with = self.steps.iter().filter_map(|s| Some((&s.at.step, s.output.as_ref()?)));
        with.collect()
    }

    /// Whether the case was finished without any person having had to look.
    #[must_use]
    pub fn alone(&self) -> bool {
        self.status == Status::Done && self.reviews.is_empty()
    }

    /// What people know the case by: a name, a subject or a number that came with it, otherwise the
    /// first short text.
    #[must_use]
    pub fn title(&self) -> Option<String> {
        const NAMES: [&str; 5] = ["name", "subject", "title", "number", "id"];
        let fields = self.case.as_ref()?.as_object()?;
        let short = |value: &Value| {
            let text = value.as_str()?.trim();
            let whole = !text.is_empty() && !text.contains('\n') && text.chars().count() <= 120;
            whole.then(|| words::plain(text))
        };
        let named = NAMES.iter().find_map(|name| short(fields.get(*name)?));
        named.or_else(|| fields.values().find_map(short))
    }

    /// Failures of the same kind in the same place are one: `draft/tool_error`.
    #[must_use]
    pub fn signature(&self) -> Option<String> {
        let trouble = self.trouble.as_ref()?;
        let step = trouble.at.as_ref().map_or("case", |at| at.step.as_str());
        Some(format!("{step}/{}", crate::codes::page(trouble.code).id))
    }
}

/// Whether a run acts on the world.
fn rehearsal(mode: Mode) -> bool {
    match mode {
        // To whoever is asked it is a case like any other.
        Mode::Live | Mode::Seeded => false,
        Mode::Rehearsal => true,
    }
}
