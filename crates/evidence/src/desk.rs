//! What holds new work back, from the desk's journal: limits that are used up for the day, and
//! guards that are not proven. Each says what is safe to do about it. It must not know what the
//! workspace's files say today: whether an old entry still matters is the caller's to look up.

use std::collections::BTreeMap;

use journal::{Account, CasesOf, Drill, Eraser, Hash, Held, Millis, Record, RunId, StopScope};
use plan::ids::{PersonId, ReleaseId, WorkflowName};
use serde::Serialize;

use crate::history::History;
use crate::why::{Next, next};
use crate::{codes, words};

/// The last word of the desk's journal about each limit and each guard.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DeskView {
    pub limits: Vec<UsedUp>,
    pub guards: Vec<Closed>,
    /// Who set each stop that is in force.
    #[serde(skip)]
    pub stops: BTreeMap<StopScope, Stopped>,
    /// Who lifted each stop last.
    #[serde(skip)]
    pub lifted: BTreeMap<StopScope, Stopped>,
    /// The last drill of each kind.
    #[serde(skip)]
    pub drills: BTreeMap<Drill, Drilled>,
    /// The last order to erase each case's contents.
    #[serde(skip)]
    pub erased: BTreeMap<RunId, Erased>,
    /// What each start last missed: from, until, and how many times.
    #[serde(skip)]
    pub missed: BTreeMap<Hash, (Millis, Millis, u32)>,
    /// When each start last found nothing to begin a case for.
    #[serde(skip)]
    pub idle: BTreeMap<Hash, Millis>,
    /// What last kept each start from beginning cases.
    #[serde(skip)]
    pub held: BTreeMap<Hash, HeldStart>,
}

/// What kept a start from beginning cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldStart {
    pub at: Millis,
    pub workflow: WorkflowName,
    pub because: Held,
}

/// One drill, and what it found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drilled {
    pub drill: Drill,
    pub at: Millis,
    pub who: PersonId,
    pub passed: bool,
    pub runs: Vec<RunId>,
    /// One object for each thing that was looked at; nothing where it was erased.
    pub told: Option<serde_json::Value>,
}

/// A stop in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stopped {
    pub at: Millis,
    pub who: PersonId,
    pub reason: Option<String>,
}

impl Stopped {
    /// Who it was, when and why.
    #[must_use]
    pub fn told(&self, zone: Option<&str>) -> String {
        let said = self.reason.as_ref().map_or(String::new(), |text| format!(": {text}"));
        format!("by {} at {}{said}", self.who, words::when(self.at, zone))
    }
}

/// An order to erase contents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Erased {
    pub at: Millis,
    pub by: Eraser,
    pub reason: Option<String>,
}

impl Erased {
    /// The order in a sentence.
    #[must_use]
    pub fn told(&self, zone: Option<&str>) -> String {
        let Self { at, by, reason } = self;
        let said = reason.as_ref().map_or(String::new(), |text| format!(": {text}"));
        let (by, when) = (words::eraser(by), words::when(*at, zone));
        format!("{by} had its contents erased at {when}{said}")
    }
}

/// A limit of a day or an hour that new cases draw on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsedUp {
    pub account: Account,
    pub workflow: WorkflowName,
    /// How many cases it allows.
    pub limit: u64,
    pub since: Millis,
    /// When it starts anew.
    pub until: Millis,
}

/// A guard that refuses everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Closed {
    pub release: ReleaseId,
    pub workflow: WorkflowName,
    pub since: Millis,
    /// Nothing where it was erased.
    pub reason: Option<String>,
}

/// Something that no single run is about, said with what is safe now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    pub code: &'static str,
    pub headline: String,
    pub next: Vec<Next>,
}

impl DeskView {
    /// The view of the desk's journal.
    #[must_use]
    pub fn of(history: &History) -> Self {
        let (mut limits, mut guards) = (BTreeMap::new(), BTreeMap::new());
        let (mut erased, mut drills) = (BTreeMap::new(), BTreeMap::new());
        let (mut missed, mut stops) = (BTreeMap::new(), BTreeMap::new());
        let (mut held, mut idle) = (BTreeMap::new(), BTreeMap::new());
        let mut lifted = BTreeMap::new();
        for frame in history.frames() {
            let since = frame.at;
            for record in &frame.records {
                if let Record::LimitReached { account, workflow, limit, until } = record {
                    let (workflow, account) = (workflow.clone(), account.clone());
                    let (limit, until) = (*limit, *until);
                    let used = UsedUp { account: account.clone(), workflow, limit, since, until };
                    limits.insert(account, used);
                } else if let Record::GuardClosed { release, workflow, reason } = record {
                    let reason = history.text(*reason).map(|text| words::plain(&text));
                    let (release, workflow) = (*release, workflow.clone());
                    guards.insert(release, Closed { release, workflow, since, reason });
                } else if let Record::GuardProven { release, .. } = record {
                    guards.remove(release);
                } else if let Record::StopSet { scope, who, reason } = record {
                    let reason = history.text(*reason).map(|text| words::plain(&text));
                    let stopped = Stopped { at: since, who: who.clone(), reason };
                    stops.insert(scope.clone(), stopped);
                } else if let Record::StopLifted { scope, who, reason } = record {
                    let reason = history.text(*reason).map(|text| words::plain(&text));
                    lifted.insert(scope.clone(), Stopped { at: since, who: who.clone(), reason });
                    stops.remove(scope);
                } else if let Record::StartMissed { start, from, until, times, .. } = record {
                    missed.insert(*start, (*from, *until, *times));
                } else if let Record::StartHeld { workflow, start, because } = record {
                    let (workflow, because) = (workflow.clone(), *because);
                    held.insert(*start, HeldStart { at: since, workflow, because });
                } else if let Record::StartIdle { start, at, .. } = record {
                    idle.insert(*start, *at);
                } else if let Record::Erased { runs, by, reason, .. } = record {
                    let reason = history.text(*reason).map(|text| words::plain(&text));
                    let order = Erased { at: since, by: by.clone(), reason };
                    erased.extend(runs.iter().map(|run| (*run, order.clone())));
                } else if let Record::Drilled { drill, who, passed, runs, told } = record {
                    let told =
                        history.text(*told).and_then(|text| serde_json::from_str(&text).ok());
                    let (who, runs) = (who.clone(), runs.clone());
                    let (drill, at, passed) = (*drill, since, *passed);
                    drills.insert(drill, Drilled { drill, at, who, passed, runs, told });
                }
            }
        }
        let (limits, guards) = (limits.into_values().collect(), guards.into_values().collect());
        Self { limits, guards, stops, lifted, erased, drills, missed, held, idle }
    }
}

impl UsedUp {
    /// Whether it still holds: its day may be over.
    #[must_use]
    pub fn holds(&self, now: Millis) -> bool {
        now < self.until
    }

    /// What it means, and what is safe now.
    #[must_use]
    pub fn notice(&self, zone: Option<&str>) -> Notice {
        let Self { workflow, limit, until, .. } = self;
        let of = self.account.cases().unwrap_or(CasesOf::Day);
        let (span, key) = match of {
            CasesOf::Sender => ("of one sender is opened in this hour", of.key()),
            CasesOf::Hour => ("is opened in this hour", of.key()),
            CasesOf::Day => ("is opened today", of.key()),
        };
        let headline = format!(
            "no further case of `{workflow}` {span}: all {} cases that `{key}` allows \
             are opened; it starts anew at {}",
            words::number(*limit),
            words::when(*until, zone)
        );
        let next = vec![
            next("flightdeck run --open", "goes on with the cases that are open; it opens none"),
            next("flightdeck explain budget", "says how a limit is raised, if that is right"),
        ];
        Notice { code: codes::page(journal::Code::Budget).id, headline, next }
    }
}

impl Closed {
    /// What it means, and what is safe now.
    #[must_use]
    pub fn notice(&self) -> Notice {
        let Self { workflow, release, reason, .. } = self;
        let release: String = release.to_string().chars().take(12).collect();
        let reason = reason.as_deref().unwrap_or("the reason was erased");
        let headline = format!(
            "nothing of `{workflow}` happens: the guard of its release {release} is not proven: \
             {reason}"
        );
        let next = vec![
            next(format!("flightdeck check {workflow}"), "finds what no guard can be made of"),
            next("flightdeck doctor", "tries to prove the guard of every workflow, and runs none"),
            next("flightdeck run --open", "proves it anew, and goes on only where it is proven"),
        ];
        Notice { code: codes::GUARD_UNPROVEN.id, headline, next }
    }
}
