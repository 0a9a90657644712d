//! What the rules of `flightdeck.yaml` measure, from what is stored: cases are read once, and
//! again when an entry comes to them. While one process drives all cases, what is to be told is
//! written down from here. It must not measure by itself, nor tell anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use evidence::alerts::{self, Reading};
use evidence::facts::Fact;
use evidence::{Notice, why::Next, words};
use journal::{Frame, Gauge, Millis, RunId, RunQuery, Status};
use plan::alerts::AlertRule;
use runtime::Runtime;
use tokio::task::AbortHandle;

use crate::args::Global;
use crate::exit::Stop;
use crate::stored::{Runs, now};
use crate::workspace::Workspace;

/// How often the rules are looked at.
const EVERY: Duration = Duration::from_secs(60);
/// How many entries are read at once.
const PAGE: usize = 1_000;
/// Of how many cases something is kept; of more, the newest.
const KEPT: usize = 100_000;

/// What is to be written down, and whether it fired.
type Due = Option<(bool, Gauge)>;

/// Cases that the rules are about.
pub struct Facts {
    pub runs: Runs,
    /// The last entry that was read.
    place: Option<u64>,
    since: Millis,
    all: BTreeMap<RunId, Fact>,
}

impl Facts {
    /// Nothing is read yet.
    pub fn of(runs: Runs) -> Self {
        Self { runs, place: None, since: Millis(0), all: BTreeMap::new() }
    }

    /// Cases that are open, or changed since a time. Looks at what is new.
    pub fn read(&mut self, since: Millis, ended: &AtomicBool) -> Result<Vec<&Fact>, Stop> {
        // A rule that looks further back than any before wants what was not kept.
        let place = self.place.filter(|_| self.since <= since);
        let changed: BTreeSet<RunId> = match place {
            Some(place) => self.after(place)?,
            None => {
                self.place = Some(self.runs.reader().last_place()?);
                let lines = self.runs.lines(&RunQuery { limit: KEPT, ..RunQuery::default() })?;
                let wanted = lines.iter().filter(|l| l.changed >= since || !l.status.over());
                wanted.map(|line| line.run).collect()
            }
        };
        self.since = since;
        for run in changed.into_iter().take_while(|_| !ended.load(Ordering::Relaxed)) {
            // A case that cannot be read hides no other; `doctor` says that it is damaged.
            if let Ok(Some(fact)) = self.runs.fact(run) {
                self.all.insert(run, fact);
            }
        }
        self.all.retain(|_, fact| fact.changed >= since || !fact.status.over());
        // Ids begin with the time, so the first are the oldest.
        while self.all.len() > KEPT {
            self.all.pop_first();
        }
        Ok(self.all.values().collect())
    }

    /// The cases to which entries came after a place.
    fn after(&mut self, mut place: u64) -> Result<BTreeSet<RunId>, Stop> {
        let mut changed = BTreeSet::new();
        loop {
            let rows = self.runs.reader().after(place, PAGE)?;
            let frames = rows.iter().filter_map(|(_, bytes)| serde_json::from_slice(bytes).ok());
            changed.extend(frames.map(|frame: Frame| frame.run).filter(|run| *run != RunId::DESK));
            place = rows.last().map_or(place, |(place, _)| *place);
            self.place = Some(place);
            if rows.len() < PAGE {
                return Ok(changed);
            }
        }
    }

    /// What each rule measures now, and what is to be told of it.
    pub fn measured(
        &mut self,
        rules: &[AlertRule],
        now: Millis,
        ended: &AtomicBool,
    ) -> Result<Vec<(Reading, Due)>, Stop> {
        if rules.is_empty() {
            return Ok(Vec::new());
        }
        let desk = self.runs.desk_history()?;
        let told = alerts::told(&desk);
        let back = rules.iter().map(|rule| rule.within_ms.saturating_add(rule.against_ms)).max();
        let since = Millis(now.0.saturating_sub(back.unwrap_or_default()));
        let facts = self.read(since, ended)?;
        let of = |rule: &AlertRule| {
            let reading = alerts::measure(rule, &facts, &desk, now);
            let told = told.get(&rule.name).map_or(&[][..], Vec::as_slice);
            let due = alerts::due(rule, &reading, told, now);
            (reading, due)
        };
        Ok(rules.iter().map(of).collect())
    }
}

/// Somebody who looks at the rules.
pub struct Measuring {
    task: AbortHandle,
    ended: Arc<AtomicBool>,
}

impl Measuring {
    /// Looks now and from then on, until it is ended.
    pub fn keep(runtime: Runtime, workspace: &Workspace) -> Result<Self, Stop> {
        let ended = Arc::new(AtomicBool::new(false));
        let (root, data) = (workspace.root.clone(), workspace.data.clone());
        let facts = Arc::new(Mutex::new(Facts::of(Runs::at(data.clone())?)));
        let over = Arc::clone(&ended);
        let task = tokio::spawn(async move {
            loop {
                let (facts, over) = (Arc::clone(&facts), Arc::clone(&over));
                let (root, data) = (root.clone(), data.clone());
                let look = move || look(&facts, root, data, &over);
                // What cannot be read or written now is tried again at the next look.
                if let Ok(Ok(all)) = tokio::task::spawn_blocking(look).await {
                    for (fired, measured) in all {
                        let _ = runtime.measured(fired, measured).await;
                    }
                }
                tokio::time::sleep(EVERY).await;
            }
        });
        Ok(Self { task: task.abort_handle(), ended })
    }

    /// Looks no more; a look that is just being taken is broken off.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
        self.task.abort();
    }
}

fn look(
    facts: &Mutex<Facts>,
    root: PathBuf,
    data: PathBuf,
    ended: &AtomicBool,
) -> Result<Vec<(bool, Gauge)>, Stop> {
    let rules = Workspace::at(root, data)?.places().map_err(Stop::usage)?.alerts;
    let mut facts = facts.lock().unwrap_or_else(PoisonError::into_inner);
    let all = facts.measured(&rules, now(), ended)?;
    // A look that was broken off has not seen every case.
    let whole = !ended.load(Ordering::Relaxed);
    Ok(all.into_iter().filter_map(|(_, due)| due).filter(|_| whole).collect())
}

/// Alerts that were told and are not over, of rules that the files still hold.
pub fn firing(runs: &Runs, global: &Global) -> Result<Vec<Notice>, Stop> {
    let told = alerts::told(&runs.desk_history()?);
    let places = Workspace::open(global).ok().and_then(|workspace| workspace.places().ok());
    // Files that cannot be read do not make an alert go away.
    let holds = |name: &plan::ids::FieldName| {
        places.as_ref().is_none_or(|p| p.alerts.iter().any(|r| r.name == *name))
    };
    let last = told.iter().filter(|(name, _)| holds(name)).filter_map(|(_, all)| all.last());
    let notice = |told: &alerts::Told| {
        let look = Next { command: "flightdeck alerts".into(), does: "shows what each measures" };
        let case = told.measured.case.map(|run| Next {
            command: format!("flightdeck why {run}"),
            does: "says what is the matter with the case that stands out",
        });
        Notice {
            code: evidence::codes::ALERT.id,
            headline: words::beyond(&told.measured),
            next: case.into_iter().chain([look]).collect(),
        }
    };
    Ok(last.filter(|told| told.fired).map(notice).collect())
}

/// Cases of a workflow that are over, to be weighed: of each week the same few, by a hash of their
/// ids, however often and by whomever they are chosen. Gives how many there are besides.
pub fn sampled(
    runs: &Runs,
    workflow: &plan::ids::WorkflowName,
    since: Millis,
    each_week: usize,
) -> Result<(usize, Vec<Fact>), Stop> {
    let workflow = Some(workflow.clone());
    let status = vec![Status::Done, Status::Failed, Status::Rejected];
    let query = RunQuery { workflow, status, limit: KEPT, ..RunQuery::default() };
    let mut weeks: BTreeMap<Millis, BTreeSet<(journal::Hash, RunId)>> = BTreeMap::new();
    let lines = runs.lines(&query)?;
    let lines = lines.iter().filter(|line| line.changed >= since);
    let mut all = 0;
    for line in lines {
        all += 1;
        let hash = journal::Hash::of_parts(&[b"flightdeck sample", &line.run.to_bytes()]);
        let week = weeks.entry(alerts::week(line.changed)).or_default();
        week.insert((hash, line.run));
        if week.len() > each_week {
            week.pop_last();
        }
    }
    let chosen = weeks.values().flatten().filter_map(|(_, run)| runs.fact(*run).ok().flatten());
    Ok((all, chosen.collect()))
}
