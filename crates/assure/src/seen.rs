//! What cases that are over show of the controls: which of them worked in a case, and what the
//! case took. Added up by release and day, so that each case is read once. Only live cases count:
//! one that was practised, or known to be wrong, shows nothing about live use. It must not judge.

use std::collections::BTreeMap;

use evidence::view::{ActState, ReviewState, RunView};
use evidence::{Fleet, History, Tally};
use journal::{Code, Finish, Millis, Part, Record, RunId, Seq, Source, What};
use plan::Plan;
use plan::ids::{ReleaseId, WorkflowName};
use plan::workflow::{Effect, Workflow};
use serde::{Deserialize, Serialize};

mod signal;

pub use signal::Signal;

/// Whoever answers sooner after a request is put to them has not read it, where the map does not
/// say how long reading takes.
const HASTY_MS: u64 = 5_000;

/// How often something was seen, on which days, and where first and last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub days: BTreeMap<u32, u64>,
    pub first: Mark,
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
    /// How many cases cost so much: by the place of the first bit of it in billionths.
    pub costs: BTreeMap<u8, u64>,
    /// How long people looked at requests of these cases.
    pub people_ms: u64,
    /// How many cases had people look for so long: by the place of the first bit of milliseconds.
    pub looks: BTreeMap<u8, u64>,
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
            let new = || Count { days: BTreeMap::new(), first: mark, last: mark };
            let count = shown.signals.entry(signal).or_insert_with(new);
            *count.days.entry(today).or_default() += 1;
            if (mark.at, mark.run) < (count.first.at, count.first.run) {
                count.first = mark;
            }
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
        self.done += u64::from(view.status == journal::Status::Done);
        self.alone += u64::from(view.alone());
        self.failed += u64::from(view.status == journal::Status::Failed);
        self.tokens = self.tokens.saturating_add(view.usage.tokens());
        self.cost_nanos = self.cost_nanos.saturating_add(view.usage.cost_nanos);
        self.people_ms = self.people_ms.saturating_add(people_ms);
        *self.costs.entry(bits(view.usage.cost_nanos)).or_default() += 1;
        *self.looks.entry(bits(people_ms)).or_default() += 1;
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
        for (into, from) in [(&mut self.costs, &other.costs), (&mut self.looks, &other.looks)] {
            for (place, n) in from {
                *into.entry(*place).or_default() += n;
            }
        }
        self
    }
}

/// The place of the first bit of a number: 0 for none.
fn bits(n: u64) -> u8 {
    u8::try_from(u64::BITS - n.leading_zeros()).unwrap_or(0)
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
    let mut acts: BTreeMap<journal::ActNo, Sort> = BTreeMap::new();
    let mut outside = 0_u32;
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
            if let Record::Opened { called, .. } = record {
                found.see(Signal::Formed);
                if called.is_some() {
                    found.see(Signal::Traced);
                }
            } else if let Record::Allowed { act, what, rules, .. } = record {
                let yes = rules.iter().any(|rule| rule.0.starts_with("review:"));
                acts.insert(*act, Sort::of(what, workflow, yes));
            } else if let Record::Finished { act, outcome, .. } = record {
                let Some(sort) = acts.get(act) else { continue };
                found.finished(sort, outcome);
                outside += 1;
                if outside > 1 {
                    found.see(Signal::Chained);
                }
            } else {
                found.record(record);
            }
        }
    }
    found.view(view, workflow);
    found.all
}

/// What an act is.
enum Sort {
    Model { fell_back: bool },
    Read,
    Confirm,
    Effect { yes: bool },
    Note,
}

impl Sort {
    fn of(what: &What, workflow: Option<&Workflow>, yes: bool) -> Self {
        match what {
            What::Model { model, .. } => {
                let vendor = |name| workflow.and_then(|w| w.models.get(name)).map(|m| &m.vendor);
                let first = workflow.into_iter().flat_map(|w| w.agents.values()).any(|agent| {
                    agent.models.contains(model)
                        && agent.models.first().is_some_and(|one| vendor(one) != vendor(model))
                });
                Self::Model { fell_back: first }
            }
            What::Tool { part: Part::Confirm, .. } => Self::Confirm,
            What::Tool { tool, .. } => {
                let tool = workflow.and_then(|workflow| workflow.tools.get(tool));
                match tool.is_none_or(|tool| tool.effect != Effect::Read) {
                    true => Self::Effect { yes },
                    false => Self::Read,
                }
            }
            What::Notify { .. } => Self::Note,
        }
    }
}

struct Found {
    all: BTreeMap<Signal, Seq>,
    entry: Seq,
}

impl Found {
    fn see(&mut self, signal: Signal) {
        self.all.entry(signal).or_insert(self.entry);
    }

    fn finished(&mut self, sort: &Sort, outcome: &Finish) {
        let Finish::Ok { .. } = outcome else { return };
        match sort {
            Sort::Model { fell_back } => {
                self.see(Signal::Answered);
                if *fell_back {
                    self.see(Signal::FellBack);
                }
            }
            Sort::Confirm => self.see(Signal::Confirmed),
            Sort::Effect { yes } => {
                self.see(Signal::Acted);
                if *yes {
                    self.see(Signal::ActedOnYes);
                }
            }
            Sort::Read | Sort::Note => {}
        }
    }

    fn record(&mut self, record: &Record) {
        if let Record::Suspected { .. } = record {
            self.see(Signal::Suspected);
        } else if let Record::Refused { .. } = record {
            self.see(Signal::Refused);
        } else if let Record::Failed { code, .. } = record {
            match code {
                Code::BadAnswer => self.see(Signal::Broken),
                Code::Doubt => self.see(Signal::Doubted),
                _ => {}
            }
        } else if let Record::Undone { ok: true, .. } = record {
            self.see(Signal::Undone);
        } else if let Record::ReviewLate { to: Some(_), .. } = record {
            self.see(Signal::Escalated);
        } else if let Record::Moved { why: journal::Why::Exception(_), .. } = record {
            self.see(Signal::Exception);
        } else if let Record::Ended { .. } = record {
            self.see(Signal::Over);
        }
    }

    /// What only the whole case shows; its last entry stands for it.
    fn view(&mut self, view: &RunView, workflow: Option<&Workflow>) {
        let agents = || view.steps.iter().filter(|step| step.kind == Some("agent"));
        if agents().any(|step| step.output.is_some()) || self.all.contains_key(&Signal::Broken) {
            self.see(Signal::Contracted);
        }
        if agents().any(|step| step.output.as_ref().is_some_and(|v| v.get("$grounds").is_some())) {
            self.see(Signal::Grounded);
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
            if is_changed(&review.state) {
                self.see(Signal::Changed);
            }
            let least = workflow.and_then(|w| w.attention.get(&review.by)?.at_least_ms);
            if at.0.saturating_sub(review.opened.0) < least.unwrap_or(HASTY_MS) {
                self.see(Signal::Hasty);
            }
        }
        if view.status == journal::Status::Failed {
            self.see(match view.signature() {
                Some(_) => Signal::FailedNamed,
                None => Signal::FailedUnnamed,
            });
        }
        if view.erased {
            self.see(Signal::Erased);
        }
        if harmed(view) {
            self.see(Signal::Harmed);
        }
    }
}
