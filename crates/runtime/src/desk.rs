//! The desk's own journal: stops, limits that are used up, guards that are closed. What would be
//! said again and again is written down once. It must not decide anything about a run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, mpsc};

use engine::Engine;
use engine::due::Missed;
use journal::{
    Account, Alert, Body, BodyRef, CasesOf, Cause, Chain, CommitError, Concern, Draft, Epoch,
    Gauge, Hash, Held, Label, Labels, Millis, Record, Rollouts, RunId, Seq, Source, Store,
    StoreError,
};
use plan::ids::{FieldName, ReleaseId, WorkflowName};
use tokio::sync::watch;

use crate::rollout::{REASON_OF, with_reason};
use crate::{Fault, entropy, lock, now};

/// Frames read in one go.
const PAGE: usize = 256;

/// How long what holds a start is not written down again.
const HELD_AGAIN_MS: u64 = 24 * 60 * 60 * 1_000;

/// Tries against others who write at the same time.
const TRIES: usize = 16;

/// The desk's journal, to be written.
pub(crate) struct Desk {
    store: Arc<dyn Store>,
    /// Changes whenever an entry was stored.
    written: watch::Sender<()>,
    said: Mutex<Said>,
    /// Whoever writes what must stand there once holds this from the look to the write.
    turn: Mutex<Turn>,
}

#[derive(Default)]
struct Turn {
    /// Whether what earlier drivers wrote was read.
    read: bool,
}

/// What stands in the desk's journal and need not be said again.
#[derive(Default)]
struct Said {
    limits: BTreeSet<(Account, u64)>,
    /// Releases whose guard the journal calls closed.
    closed: BTreeSet<ReleaseId>,
    /// When each alert was last written.
    alerts: BTreeMap<(FieldName, Concern), Millis>,
    /// Starts by the clock: since when each is watched, and up to when it missed some.
    watched: BTreeMap<Hash, Millis>,
    missed: BTreeMap<Hash, Millis>,
    /// Up to when each had nothing to begin a case for.
    idle: BTreeMap<Hash, Millis>,
    /// When it was last written what holds a start.
    held: BTreeMap<(Hash, Held), Millis>,
    rollouts: Rollouts,
}

impl Said {
    fn read(&mut self, record: &Record, at: Millis) {
        match record {
            Record::LimitReached { account, limit, .. } => {
                self.limits.insert((account.clone(), *limit));
            }
            Record::GuardClosed { release, .. } => {
                self.closed.insert(*release);
            }
            Record::GuardProven { release, .. } => {
                self.closed.remove(release);
            }
            Record::Alerted(alert) => {
                self.alerts.insert((alert.name.clone(), alert.about.clone()), at);
            }
            Record::StartWatched { start, since, .. } => {
                self.watched.entry(*start).or_insert(*since);
            }
            Record::StartMissed { start, until, .. } => {
                let last = self.missed.entry(*start).or_insert(*until);
                *last = (*last).max(*until);
            }
            Record::StartHeld { start, because, .. } => {
                self.held.insert((*start, *because), at);
            }
            Record::StartIdle { start, at, .. } => {
                let last = self.idle.entry(*start).or_insert(*at);
                *last = (*last).max(*at);
            }
            record => self.rollouts.read(record, at),
        }
    }
}

impl Desk {
    pub(crate) fn new(store: Arc<dyn Store>, written: watch::Sender<()>) -> Self {
        Self { store, written, said: Mutex::default(), turn: Mutex::default() }
    }

    /// Writes one record, with a text where it has one. It blocks until the record is durable.
    pub(crate) fn write(
        &self,
        text: Option<(&str, Source)>,
        record: impl Fn(BodyRef) -> Record,
    ) -> Result<(), String> {
        // Two people at once: whoever comes second writes after the first.
        for _ in 0..TRIES {
            match self.commit(None, text, &record).map_err(|error| error.to_string())? {
                Ok(()) => return Ok(()),
                Err(CommitError::Superseded) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Err("the desk's journal is busy".to_owned())
    }

    /// Writes one record if nothing was written since the entry before `next`, and gives whether it
    /// was: what somebody decided on all that stands there holds for nothing else. It blocks.
    pub(crate) fn write_next(
        &self,
        next: Seq,
        text: Option<(&str, Source)>,
        record: impl Fn(BodyRef) -> Record,
    ) -> Result<bool, String> {
        match self.commit(Some(next), text, &record).map_err(|error| error.to_string())? {
            Ok(()) => Ok(true),
            Err(CommitError::Superseded) => Ok(false),
            Err(error) => Err(error.to_string()),
        }
    }

    fn commit(
        &self,
        next: Option<Seq>,
        text: Option<(&str, Source)>,
        record: impl Fn(BodyRef) -> Record,
    ) -> Result<Result<(), CommitError>, Fault> {
        let (seq, prev) = self.store.tip(RunId::DESK)?.unwrap_or((Seq(0), Hash::default()));
        if next.is_some_and(|next| next != seq) {
            return Ok(Err(CommitError::Superseded));
        }
        let body = text.map(|(text, source)| Body {
            bytes: Arc::from(serde_json::Value::from(text).to_string().into_bytes()),
            labels: Labels::all(Label::from(source)),
        });
        let workflow = WorkflowName::new("desk").map_err(|e| Fault::Release(e.to_string()))?;
        let draft = Draft {
            run: RunId::DESK,
            seq,
            prev,
            epoch: Epoch(1),
            at: now(),
            cause: vec![Cause::Open],
            records: vec![record(BodyRef { seq, n: 0 })],
            bodies: body.into_iter().collect(),
            entropy: entropy()?,
            draws: Vec::new(),
            consumes: Vec::new(),
            posts: Vec::new(),
            payloads: Vec::new(),
            vendors: Vec::new(),
            workflow,
            freedoms: Vec::new(),
            above: Vec::new(),
            release: ReleaseId([0; 32]),
            standing: None,
        };
        let (told, heard) = mpsc::channel();
        journal::commit(self.store.as_ref(), draft, move |result| {
            // The receiver waits below for exactly this.
            let _ = told.send(result.map(drop));
        });
        let closed = || Err(CommitError::Fault("the journal has closed".to_owned()));
        let committed = heard.recv().unwrap_or_else(|_| closed());
        self.written.send_replace(());
        Ok(committed)
    }

    /// Whether a limit that is used up stands there already. It waits for nothing.
    pub(crate) fn knows_limit(&self, account: &Account, limit: u64) -> bool {
        lock(&self.said).limits.contains(&(account.clone(), limit))
    }

    /// Writes down that no case, or none of a sender, is opened until the limit starts anew. It
    /// blocks.
    pub(crate) fn limit_reached(&self, engine: &Engine, account: &Account) -> Result<(), String> {
        let workflow = engine.plan().workflow();
        let (limit, until) = (limit_of(engine, account), until(engine, account));
        let record = |_| Record::LimitReached {
            account: account.clone(),
            workflow: workflow.name.clone(),
            limit,
            until,
        };
        self.once(None, |said| !said.limits.contains(&(account.clone(), limit)), record)
    }

    /// Writes down that the guard of a release is closed, or that it is proven after it was. It
    /// blocks.
    pub(crate) fn guard(&self, engine: &Engine) -> Result<(), String> {
        let (release, workflow) = (engine.plan().release(), &engine.plan().workflow().name);
        match engine.guard().closed_because() {
            Some(reason) => {
                let closed =
                    |reason| Record::GuardClosed { release, workflow: workflow.clone(), reason };
                self.once(Some(reason), |said| !said.closed.contains(&release), closed)
            }
            None => {
                let proven = |_| Record::GuardProven { release, workflow: workflow.clone() };
                self.once(None, |said| said.closed.contains(&release), proven)
            }
        }
    }

    /// Writes an alert down, unless it was since the time that it looked at. It blocks.
    pub(crate) fn alert(&self, alert: &Alert) -> Result<(), String> {
        let of = (alert.name.clone(), alert.about.clone());
        let is_new = |said: &Said| said.alerts.get(&of).is_none_or(|told| *told <= alert.since);
        self.once(None, is_new, |_| Record::Alerted(alert.clone()))
    }

    /// Writes down what a rule measured. Whoever measures knows what stands there. It blocks.
    pub(crate) fn measured(&self, fired: bool, measured: &Gauge) -> Result<(), String> {
        let kind = if fired { Record::AlertFired } else { Record::AlertEnded };
        self.write(None, |_| kind(measured.clone()))
    }

    /// Since when a start by the clock is watched, which is written down the first time, and up to
    /// when it is known to have missed some, or to have had nothing to begin. It blocks.
    pub(crate) fn watched(
        &self,
        workflow: &WorkflowName,
        start: Hash,
        since: Millis,
    ) -> Result<(Millis, Option<Millis>), String> {
        let record = |_| Record::StartWatched { workflow: workflow.clone(), start, since };
        self.once(None, |said| !said.watched.contains_key(&start), record)?;
        let said = lock(&self.said);
        let settled = said.missed.get(&start).max(said.idle.get(&start)).copied();
        Ok((said.watched.get(&start).copied().unwrap_or(since), settled))
    }

    /// Writes down that a start that was due had nothing to begin a case for. It blocks.
    pub(crate) fn idle(
        &self,
        workflow: &WorkflowName,
        start: Hash,
        at: Millis,
    ) -> Result<(), String> {
        let is_new = |said: &Said| said.idle.get(&start).is_none_or(|last| *last < at);
        let record = |_| Record::StartIdle { workflow: workflow.clone(), start, at };
        self.once(None, is_new, record)
    }

    /// Writes down what a start missed, unless it is. It blocks.
    pub(crate) fn missed(
        &self,
        workflow: &WorkflowName,
        start: Hash,
        missed: Missed,
    ) -> Result<(), String> {
        let Missed { from, until, times } = missed;
        let is_new = |said: &Said| said.missed.get(&start).is_none_or(|last| *last < until);
        let workflow = workflow.clone();
        let record =
            |_| Record::StartMissed { workflow: workflow.clone(), start, from, until, times };
        self.once(None, is_new, record)
    }

    /// Writes down what holds a start, once a day for each cause. It blocks.
    pub(crate) fn held(
        &self,
        workflow: &WorkflowName,
        start: Hash,
        because: Held,
        now: Millis,
    ) -> Result<(), String> {
        let is_new = |said: &Said| {
            let told = said.held.get(&(start, because));
            told.is_none_or(|told| now.0.abs_diff(told.0) >= HELD_AGAIN_MS)
        };
        let record = |_| Record::StartHeld { workflow: workflow.clone(), start, because };
        self.once(None, is_new, record)
    }

    /// Writes a record if what stands there does not say it already.
    fn once(
        &self,
        text: Option<&str>,
        is_new: impl Fn(&Said) -> bool,
        record: impl Fn(BodyRef) -> Record,
    ) -> Result<(), String> {
        let _turn = self.turn()?;
        if !is_new(&lock(&self.said)) {
            return Ok(());
        }
        self.write(text.map(|text| (text, Source::Plan)), &record)?;
        lock(&self.said).read(&record(BodyRef { seq: Seq(0), n: 0 }), now());
        Ok(())
    }

    /// Where the releases of every workflow stand. It blocks.
    pub(crate) fn rollouts(&self) -> Result<Rollouts, String> {
        drop(self.turn()?);
        Ok(lock(&self.said).rollouts.clone())
    }

    /// Writes what is decided on where the releases stand, and gives it. It blocks.
    pub(crate) fn decided(
        &self,
        reason: Option<&str>,
        decide: impl Fn(&Rollouts) -> Result<Option<Record>, Fault>,
    ) -> Result<Option<Record>, Fault> {
        let _turn = self.turn().map_err(Fault::Rollout)?;
        let rollouts = lock(&self.said).rollouts.clone();
        let Some(record) = decide(&rollouts)? else { return Ok(None) };
        let text = reason.map(|text| (text, REASON_OF));
        let written = |body| with_reason(&record, text.map(|_| body));
        self.write(text, written).map_err(Fault::Rollout)?;
        lock(&self.said).read(&record, now());
        Ok(Some(record))
    }

    /// The turn to write, once all was read that stands there.
    fn turn(&self) -> Result<MutexGuard<'_, Turn>, String> {
        let mut turn = lock(&self.turn);
        if !turn.read {
            self.read().map_err(|error| error.to_string())?;
            turn.read = true;
        }
        Ok(turn)
    }

    fn read(&self) -> Result<(), StoreError> {
        let mut chain = Chain::new(RunId::DESK);
        loop {
            let page = self.store.frames(RunId::DESK, chain.next(), PAGE)?;
            for stored in &page {
                let frame = chain.read(&stored.bytes);
                let frame = frame.map_err(|error| StoreError::Damaged(error.to_string()))?;
                let mut said = lock(&self.said);
                frame.records.iter().for_each(|record| said.read(record, frame.at));
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }
}

/// How many cases an account of cases may have.
pub(crate) fn limit_of(engine: &Engine, account: &Account) -> u64 {
    let limits = &engine.plan().workflow().limits;
    let limit = match account.cases() {
        Some(CasesOf::Day) => Some(limits.day.cases),
        Some(CasesOf::Hour) => limits.hour.cases,
        Some(CasesOf::Sender) => limits.hour.each_sender,
        None => None,
    };
    limit.unwrap_or_default()
}

/// When an account of cases starts anew.
pub(crate) fn until(engine: &Engine, account: &Account) -> Millis {
    match account.cases() {
        Some(CasesOf::Hour | CasesOf::Sender) => engine::hours::hour_over(now()),
        Some(CasesOf::Day) | None => {
            engine::hours::day_over(&engine.plan().workflow().hours, now())
        }
    }
}
