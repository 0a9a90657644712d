//! What cases that are over show of the controls: which of them worked in a case, and what the
//! case took. Added up by release and day, so that each case is read once. Only live cases count:
//! one that was practised, or known to be wrong, shows nothing about live use. It must not judge.

use std::collections::{BTreeMap, BTreeSet};

use evidence::view::{ActState, ReviewState, RunView};
use evidence::{Fleet, History, Tally};
use journal::{Code, Finish, Millis, Record, RunId, Seq, Source, Status, What};
use plan::Plan;
use plan::ids::{ReleaseId, WorkflowName};
use plan::workflow::Workflow;
use serde::{Deserialize, Serialize};

/// Something that a case shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// It is over.
    Over,
    /// It came in with declared fields.
    Formed,
    /// It holds something from outside.
    Outside,
    /// What a model was told is on record, with what it answered and what that took.
    Answered,
    /// Calls of two or more models or tools are on its one record.
    Chained,
    /// An answer was held against its contract.
    Contracted,
    /// What it used was drawn from shared limits before it was used.
    Drawn,
    /// A person answered a request.
    Judged,
    /// A person answered faster than anybody reads.
    Hasty,
    /// Nobody answered in time, and the request went on to others.
    Escalated,
    /// It failed, and no record says of what.
    FailedUnnamed,
    /// It holds what is tagged as personal.
    Personal,
    /// An effect was not what it should be, or could not be taken back.
    Harmed,
}

/// Whoever answers sooner after a request is put to them has not read it, where the map does not
/// say how long reading takes.
const HASTY_MS: u64 = 5_000;

/// How often something was seen, on which days, and where last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub days: BTreeMap<u32, u64>,
    pub last: Mark,
}

/// One sight of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub run: RunId,
    pub entry: Seq,
    pub at: Millis,
}

/// What the cases of one release show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    pub signals: BTreeMap<Signal, Count>,
    /// By day, what its cases came to.
    pub sums: BTreeMap<u32, Sums>,
}

/// What the cases of a day came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    pub cases: u64,
    pub done: u64,
    pub alone: u64,
    pub failed: u64,
    pub tokens: u64,
    pub cost_nanos: u64,
    /// How long people looked at requests of these cases.
    pub people_ms: u64,
    /// How many of them show that something went wrong although they were done.
    pub harmed: u64,
    pub changed: u64,
}

/// Everything that was seen, by workflow and release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen(pub BTreeMap<WorkflowName, BTreeMap<ReleaseId, Shown>>);

/// The day of a time, counted from 1970-01-01 in UTC.
#[must_use]
pub fn day(at: Millis) -> u32 {
    u32::try_from(at.0 / 86_400_000).unwrap_or(u32::MAX)
}

impl Seen {
    /// Adds a case that is over. One that is open, practised or known to be wrong adds nothing.
    pub fn add(&mut self, history: &History, plan: Option<&Plan>) {
        let view = RunView::of(history, plan);
        let (Some(workflow), Some(release)) = (view.workflow.clone(), view.release) else { return };
        if !view.status.over() || view.rehearsal || view.seeded {
            return;
        }
        let shown = self.0.entry(workflow).or_default().entry(release).or_default();
        let today = day(view.changed);
        for (signal, entry) in signals(history, &view, plan.map(Plan::workflow)) {
            let mark = Mark { run: view.run, entry, at: view.changed };
            let new = || Count { days: BTreeMap::new(), last: mark };
            let count = shown.signals.entry(signal).or_insert_with(new);
            *count.days.entry(today).or_default() += 1;
            if (mark.at, mark.run) > (count.last.at, count.last.run) {
                count.last = mark;
            }
        }
        shown.sums.entry(today).or_default().add(&view);
    }

    /// What the releases of a workflow show.
    pub fn of(&self, workflow: &WorkflowName) -> impl Iterator<Item = (&ReleaseId, &Shown)> {
        self.0.get(workflow).into_iter().flatten()
    }
}

impl Sums {
    fn add(&mut self, view: &RunView) {
        let mut fleet = Fleet::default();
        fleet.add(&Tally::of(view));
        let people_ms = fleet.people_ms();
        self.cases += 1;
        self.done += u64::from(view.status == Status::Done);
        self.alone += u64::from(view.alone());
        self.failed += u64::from(view.status == Status::Failed);
        self.tokens = self.tokens.saturating_add(view.usage.tokens());
        self.cost_nanos = self.cost_nanos.saturating_add(view.usage.cost_nanos);
        self.people_ms = self.people_ms.saturating_add(people_ms);
        self.harmed += u64::from(harmed(view));
        self.changed += u64::from(view.reviews.iter().any(|review| is_changed(&review.state)));
    }

    /// The same of several days.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        self.cases += other.cases;
        self.done += other.done;
        self.alone += other.alone;
        self.failed += other.failed;
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.cost_nanos = self.cost_nanos.saturating_add(other.cost_nanos);
        self.people_ms = self.people_ms.saturating_add(other.people_ms);
        self.harmed += other.harmed;
        self.changed += other.changed;
        self
    }
}

fn is_changed(state: &ReviewState) -> bool {
    matches!(state, ReviewState::Edited { .. } | ReviewState::Rejected { .. })
}

fn harmed(view: &RunView) -> bool {
    let unconfirmed = |act: &evidence::ActView| {
        matches!(&act.state, ActState::Failed { code: Code::NotConfirmed, .. })
    };
    view.acts.iter().any(unconfirmed)
        || view.undone.iter().any(|(_, ok)| !ok)
        || view.trouble.as_ref().is_some_and(|trouble| trouble.code == Code::NotConfirmed)
}

/// What a case shows, and the first entry that does.
fn signals(
    history: &History,
    view: &RunView,
    workflow: Option<&Workflow>,
) -> BTreeMap<Signal, Seq> {
    let mut found = Found { all: BTreeMap::new(), entry: Seq(0) };
    let (mut models, mut finished) = (BTreeSet::new(), 0_u32);
    for frame in history.frames() {
        found.entry = frame.seq;
        if !frame.draws.is_empty() {
            found.see(Signal::Drawn);
        }
        for meta in &frame.bodies {
            let leaves = meta.labels.leaves.values().chain([&meta.labels.base]);
            for label in leaves {
                if label.tags.iter().any(|tag| tag.as_str() == "personal") {
                    found.see(Signal::Personal);
                }
                if label.origins.has(Source::Outside) || label.origins.has(Source::OutsideTool) {
                    found.see(Signal::Outside);
                }
            }
        }
        for record in &frame.records {
            if let Record::Opened { .. } = record {
                found.see(Signal::Formed);
            } else if let Record::Allowed { act, what: What::Model { .. }, .. } = record {
                models.insert(*act);
            } else if let Record::Finished { act, outcome, .. } = record {
                if models.contains(act) && matches!(outcome, Finish::Ok { .. }) {
                    found.see(Signal::Answered);
                }
                finished += 1;
                if finished > 1 {
                    found.see(Signal::Chained);
                }
            } else if let Record::Failed { code: Code::BadAnswer, .. } = record {
                found.see(Signal::Contracted);
            } else if let Record::ReviewLate { to: Some(_), .. } = record {
                found.see(Signal::Escalated);
            } else if let Record::Ended { .. } = record {
                found.see(Signal::Over);
            }
        }
    }
    found.view(view, workflow);
    found.all
}

struct Found {
    all: BTreeMap<Signal, Seq>,
    entry: Seq,
}

impl Found {
    fn see(&mut self, signal: Signal) {
        self.all.entry(signal).or_insert(self.entry);
    }

    /// What only the whole case shows; its last entry stands for it.
    fn view(&mut self, view: &RunView, workflow: Option<&Workflow>) {
        let mut agents = view.steps.iter().filter(|step| step.kind == Some("agent"));
        if agents.any(|step| step.output.is_some()) {
            self.see(Signal::Contracted);
        }
        for review in &view.reviews {
            let at = match &review.state {
                ReviewState::Approved { at, .. }
                | ReviewState::Edited { at, .. }
                | ReviewState::Rejected { at, .. } => *at,
                ReviewState::Open | ReviewState::Late { .. } | ReviewState::Closed { .. } => {
                    continue;
                }
            };
            self.see(Signal::Judged);
            let least = workflow.and_then(|w| w.attention.get(&review.by)?.at_least_ms);
            if at.0.saturating_sub(review.opened.0) < least.unwrap_or(HASTY_MS) {
                self.see(Signal::Hasty);
            }
        }
        if view.status == Status::Failed && view.signature().is_none() {
            self.see(Signal::FailedUnnamed);
        }
        if harmed(view) {
            self.see(Signal::Harmed);
        }
    }
}
