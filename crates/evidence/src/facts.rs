//! What is kept of one case so that many can be measured together: times, costs, what held, and
//! what its fields are like. It must not keep a text: of one it keeps how long it is and a hash.

use std::collections::BTreeMap;

use journal::{Code, Finish, Hash, Millis, Part, Record, RunId, Status, What};
use plan::Plan;
use plan::ids::WorkflowName;
use serde_json::Value;

use crate::fleet::Tally;
use crate::history::History;
use crate::view::{ReviewState, RunView};

/// One case.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    pub run: RunId,
    pub workflow: WorkflowName,
    pub status: Status,
    pub opened: Millis,
    /// When its last entry was written; of a case that is over, its end.
    pub changed: Millis,
    pub wake_at: Option<Millis>,
    /// The time from opening to its last entry in which nobody was waited for.
    pub own_ms: u64,
    pub cost_nanos: u64,
    /// Since when the oldest of its open requests waits.
    pub asked: Option<Millis>,
    pub held: Held,
    pub inputs: BTreeMap<String, Feature>,
    pub outputs: BTreeMap<String, Feature>,
    /// What it adds to the figures of all.
    pub tally: Tally,
}

/// What held of one case; nothing where it was not put to any test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// It came to an end that is no failure.
    pub finished: Option<bool>,
    /// Every answer kept its contract.
    pub contracts: Option<bool>,
    /// Every copied value stands in its source.
    pub grounded: Option<bool>,
    /// People agreed, and changed nothing.
    pub agreed: Option<bool>,
    /// Effects were read back and were what they should be.
    pub confirmed: Option<bool>,
    /// No text of it spoke to the model.
    pub unsuspected: Option<bool>,
}

impl Held {
    /// Each part by its name.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, Option<bool>); 6] {
        [
            ("finished", self.finished),
            ("contracts", self.contracts),
            ("grounded", self.grounded),
            ("agreed", self.agreed),
            ("confirmed", self.confirmed),
            ("unsuspected", self.unsuspected),
        ]
    }

    /// Whether everything held that was put to a test.
    #[must_use]
    pub fn all(&self) -> bool {
        self.parts().iter().all(|(_, held)| *held != Some(false))
    }
}

/// What a value is like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Feature {
    Missing,
    Number(f64),
    /// Its hash and how many characters it has.
    Text(u32, u32),
}

impl Feature {
    /// What a JSON value is like. An amount is a number; anything with parts is what it says.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        let text = |text: &str| {
            let hash = Hash::of_parts(&[text.as_bytes()]).0;
            let [a, b, c, d, ..] = hash;
            let chars = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
            Self::Text(u32::from_be_bytes([a, b, c, d]), chars)
        };
        match value {
            Value::Null => Self::Missing,
            Value::String(said) if said.trim().is_empty() => Self::Missing,
            Value::String(said) => text(said),
            Value::Number(number) => number.as_f64().map_or(Self::Missing, Self::Number),
            Value::Object(fields) => match fields.get("minor").and_then(Value::as_f64) {
                Some(minor) => Self::Number(minor),
                None => text(&value.to_string()),
            },
            Value::Bool(_) | Value::Array(_) => text(&value.to_string()),
        }
    }
}

impl Fact {
    /// What is kept of a case; nothing of one that is practised, or known to be wrong.
    #[must_use]
    pub fn of(history: &History, plan: Option<&Plan>) -> Option<Self> {
        let view = RunView::of(history, plan);
        let workflow = view.workflow.clone().filter(|_| !view.rehearsal && !view.seeded)?;
        let named = |value: &Value, before: &str| -> Vec<(String, Feature)> {
            let Value::Object(fields) = value else { return Vec::new() };
            let own = fields.iter().filter(|(name, _)| !name.starts_with('$'));
            own.map(|(name, value)| (format!("{before}{name}"), Feature::of(value))).collect()
        };
        let mut outputs = BTreeMap::new();
        for step in view.steps.iter().filter(|step| step.kind == Some("agent")) {
            let before = format!("{}.", step.at.step);
            outputs.extend(step.output.iter().flat_map(|output| named(output, &before)));
        }
        let open = view.open_reviews().map(|review| review.opened).min();
        Some(Self {
            run: view.run,
            workflow,
            status: view.status,
            opened: view.opened,
            changed: view.changed,
            wake_at: view.wake_at,
            own_ms: own(&view),
            cost_nanos: view.usage.cost_nanos,
            asked: open,
            held: held(history, &view),
            inputs: view.case.iter().flat_map(|case| named(case, "")).collect(),
            outputs,
            tally: Tally::of(&view),
        })
    }
}

/// The time between the first and the last entry without the times in which a person was asked.
fn own(view: &RunView) -> u64 {
    let end = |state: &ReviewState| match state {
        ReviewState::Open => view.changed,
        ReviewState::Approved { at, .. }
        | ReviewState::Edited { at, .. }
        | ReviewState::Rejected { at, .. }
        | ReviewState::Late { at }
        | ReviewState::Closed { at } => *at,
    };
    let mut spans: Vec<_> = view.reviews.iter().map(|r| (r.opened, end(&r.state))).collect();
    spans.sort_unstable();
    let (mut waited, mut up_to) = (0_u64, Millis(0));
    for (from, to) in spans {
        waited = waited.saturating_add(to.0.saturating_sub(from.max(up_to).0));
        up_to = up_to.max(to);
    }
    view.changed.0.saturating_sub(view.opened.0).saturating_sub(waited)
}

fn held(history: &History, view: &RunView) -> Held {
    let (mut broken, mut unconfirmed, mut read_back) = (false, false, false);
    let mut confirms = Vec::new();
    for record in history.frames().iter().flat_map(|frame| &frame.records) {
        if let Record::Allowed { act, what: What::Tool { part: Part::Confirm, .. }, .. } = record {
            confirms.push(*act);
        } else if let Record::Finished { act, outcome: Finish::Ok { .. }, .. } = record {
            read_back |= confirms.contains(act);
        } else if let Record::Failed { code, .. } = record {
            broken |= matches!(code, Code::BadAnswer | Code::Doubt);
            unconfirmed |= *code == Code::NotConfirmed;
        }
    }
    let answered = |state: &ReviewState| match state {
        ReviewState::Approved { .. } => Some(true),
        ReviewState::Edited { .. } | ReviewState::Rejected { .. } => Some(false),
        ReviewState::Open | ReviewState::Late { .. } | ReviewState::Closed { .. } => None,
    };
    let answers: Vec<bool> = view.reviews.iter().filter_map(|r| answered(&r.state)).collect();
    let outputs = view.steps.iter().filter(|step| step.kind == Some("agent"));
    let grounded: Vec<bool> = outputs.filter_map(|s| grounded(s.output.as_ref()?)).collect();
    let all = |held: &[bool]| (!held.is_empty()).then(|| held.iter().all(|held| *held));
    Held {
        finished: matches!(view.status, Status::Done | Status::Rejected | Status::Failed)
            .then_some(view.status != Status::Failed),
        contracts: (view.steps.iter().any(|step| step.kind == Some("agent")) || broken)
            .then_some(!broken),
        grounded: all(&grounded),
        agreed: all(&answers),
        confirmed: (unconfirmed || read_back).then_some(!unconfirmed),
        unsuspected: Some(view.suspected.is_empty()),
    }
}

/// Whether every value that was copied has its place in the source.
fn grounded(output: &Value) -> Option<bool> {
    let fields = output.as_object()?;
    let grounds = fields.get("$grounds")?.as_object()?;
    let mut copied =
        fields.iter().filter(|(name, value)| !name.starts_with('$') && !value.is_null());
    Some(copied.all(|(name, _)| grounds.contains_key(name)))
}
