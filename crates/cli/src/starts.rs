//! How the starts of the workspace's maps stand: when each is due next, the last case that it
//! began, and what it missed. Everything is read from the maps and the stored entries; it must not
//! begin anything.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::{DeskView, words};
use journal::{Frame, Held, Millis, Record, RunId, RunLine, RunQuery, Seq, Starter};
use plan::Plan;
use plan::ids::WorkflowName;
use plan::workflow::Start;
use runtime::start_key;
use serde::Serialize;

use crate::exit::Stop;
use crate::stored::Runs;

/// How many cases of a workflow are looked at for the last one of each start.
const LOOKED_AT: usize = 500;
/// How long it is told that a start missed something.
const TOLD_MS: u64 = 7 * 24 * 60 * 60 * 1_000;

/// One start of a map.
#[derive(Debug, Serialize)]
pub struct Standing {
    pub workflow: WorkflowName,
    /// Its place in the map, from 1.
    pub start: usize,
    pub says: String,
    /// Whether the workflow was deployed: what begins by itself is off until then.
    pub on: bool,
    pub next: Option<Millis>,
    pub last: Option<Began>,
    pub missed: Option<Missed>,
    pub held: Option<HeldBack>,
    /// When it last found nothing to begin a case for.
    pub idle: Option<Millis>,
    #[serde(skip)]
    zone: String,
}

/// The last case that a start began.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Began {
    pub run: RunId,
    pub at: Millis,
}

/// Times at which a start was due and began no case.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Missed {
    pub from: Millis,
    pub until: Millis,
    pub times: u32,
}

/// What keeps a start from beginning what it should, and when it was written down.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct HeldBack {
    pub at: Millis,
    pub because: Held,
}

/// What begins cases, in a sentence for each start.
pub fn said<'p>(plans: impl Iterator<Item = &'p Plan>) -> Vec<String> {
    let said = |plan: &'p Plan| {
        let workflow = plan.workflow();
        workflow
            .starts
            .iter()
            .map(|start| format!("{}: {}", workflow.name, plan::show::start(start)))
    };
    plans.flat_map(said).collect()
}

/// Every start of the live releases, and of the files that were never deployed.
pub fn standing(
    live: &BTreeMap<WorkflowName, Arc<Plan>>,
    files: &BTreeMap<WorkflowName, Plan>,
    runs: Option<&Runs>,
    now: Millis,
) -> Result<Vec<Standing>, Stop> {
    let mut all = Vec::new();
    let desk = match runs {
        Some(runs) => runs.desk()?,
        None => DeskView::default(),
    };
    let drafts = files.iter().filter(|(name, _)| !live.contains_key(*name));
    let drafts = drafts.map(|(_, plan)| (plan, false));
    let plans = live.values().map(|plan| (plan.as_ref(), true)).chain(drafts);
    for (plan, on) in plans.filter(|(plan, _)| !plan.workflow().starts.is_empty()) {
        let workflow = plan.workflow();
        let last = match runs {
            Some(runs) => last(runs, &workflow.name)?,
            None => BTreeMap::new(),
        };
        for (place, start) in (1..).zip(&workflow.starts) {
            let key = start_key(&workflow.name, start);
            let (next, zone) = match start {
                Start::Folder(_) | Start::Hook(_) => (None, workflow.hours.zone.clone()),
                Start::At(clock) => {
                    (engine::due::next(clock, now).filter(|_| on), clock.zone.clone())
                }
            };
            let missed = desk.missed.get(&key).map(|(from, until, times)| Missed {
                from: *from,
                until: *until,
                times: *times,
            });
            let is_new = |at: Millis| now.0.saturating_sub(at.0) < TOLD_MS;
            let held = desk.held.get(&key);
            let held = held.map(|held| HeldBack { at: held.at, because: held.because });
            all.push(Standing {
                workflow: workflow.name.clone(),
                start: place,
                says: plan::show::start(start),
                on,
                next,
                last: last.get(&key).copied(),
                missed: missed.filter(|missed| is_new(missed.until)),
                held: held.filter(|held| is_new(held.at)),
                idle: desk.idle.get(&key).copied(),
                zone,
            });
        }
    }
    Ok(all)
}

impl Standing {
    /// All of it in a line.
    pub fn told(&self) -> String {
        let when = |at: Millis| words::when(at, Some(&self.zone));
        let mut line = format!("{}: {}", self.workflow, self.says);
        if !self.on {
            line = format!("{line} It is off: `flightdeck deploy {}` turns it on.", self.workflow);
        }
        if let Some(next) = self.next {
            line = format!("{line} Next at {}.", when(next));
        }
        if let Some(Began { run, at }) = self.last {
            line = format!("{line} The last one is {run}, begun at {}.", when(at));
        }
        if let Some(Missed { from, until, times }) = self.missed {
            let missed = words::missed(&self.workflow, times, &when(from), &when(until));
            line = format!("{line} {missed}.");
        }
        if let Some(HeldBack { at, because }) = self.held {
            let held = words::start_held(&self.workflow, because);
            line = format!("{line} At {}, {held}.", when(at));
        }
        if let Some(at) = self.idle {
            line = format!("{line} At {} there was nothing to begin a case for.", when(at));
        }
        line
    }
}

/// The last case of each start of a workflow, by what the start is known by.
fn last(runs: &Runs, workflow: &WorkflowName) -> Result<BTreeMap<journal::Hash, Began>, Stop> {
    let mut all = BTreeMap::new();
    let query =
        RunQuery { workflow: Some(workflow.clone()), limit: LOOKED_AT, ..RunQuery::default() };
    for RunLine { run, opened, release, .. } in runs.lines(&query)? {
        let first = runs.reader().frames(run, Seq(0), 1)?.into_iter().next();
        // What cannot be read has nothing to tell; `doctor` says that it is damaged.
        let frame = first.and_then(|row| serde_json::from_slice::<Frame>(&row.bytes).ok());
        let opening = frame.and_then(|frame| frame.records.into_iter().next());
        let Some(Record::Opened { starter: Starter::Trigger { start, .. }, .. }) = opening else {
            continue;
        };
        let plan = runs.release(release);
        let start = plan.as_ref().and_then(|plan| plan.workflow().starts.get(usize::from(start)));
        if let Some(start) = start {
            all.entry(start_key(workflow, start)).or_insert(Began { run, at: opened });
        }
    }
    Ok(all)
}
