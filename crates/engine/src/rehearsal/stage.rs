//! A driver in memory: it opens runs, commits what the engine decides, and keeps each permit until
//! somebody says what came of it. Time and randomness are its own: the same beginning and the same
//! moves give the same bytes. It must not perform an act or decide anything.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use journal::{
    Chain, CommandId, CommitError, Committed, Decline, Draft, Entropy, Epoch, Hash, Millis, Mode,
    Permit, Record, RunId, Seq, Starter, StopScope, Store,
};
use plan::Plan;
use plan::ids::ReleaseId;

use super::Broken;
use crate::{ChildRun, Control, Engine, Env, Event, Input, Opening};

/// Tries of one advance against refusals of the store; more means a defect.
const TRIES_MAX: usize = 64;
/// Frames of one rehearsal, those of the runs that it starts included.
const FRAMES_MAX: usize = 4_000;

/// A run as it is in memory.
pub(super) struct Held {
    pub engine: Arc<Engine>,
    pub control: Control,
    pub env: Env,
    epoch: Epoch,
}

pub(super) struct Stage<'s> {
    store: &'s dyn Store,
    engines: &'s BTreeMap<ReleaseId, Arc<Engine>>,
    pub now: Millis,
    pub runs: BTreeMap<RunId, Held>,
    /// Every run, in the order in which they were opened.
    pub opened: Vec<RunId>,
    /// What may be done now, the oldest first.
    pub permits: Vec<Permit>,
    /// The last command that was not followed.
    pub declined: Option<(CommandId, Decline)>,
    seed: Hash,
    drawn: u64,
    frames: usize,
}

impl<'s> Stage<'s> {
    pub(super) fn new(
        store: &'s dyn Store,
        engines: &'s BTreeMap<ReleaseId, Arc<Engine>>,
        now: Millis,
        seed: Hash,
    ) -> Self {
        Self {
            store,
            engines,
            now,
            runs: BTreeMap::new(),
            opened: Vec::new(),
            permits: Vec::new(),
            declined: None,
            seed,
            drawn: 0,
            frames: 0,
        }
    }

    /// The next bytes of a sequence that the beginning alone decides.
    pub(super) fn random(&mut self) -> [u8; 32] {
        self.drawn += 1;
        Hash::of_parts(&[&self.seed.0, &self.drawn.to_be_bytes()]).0
    }

    /// Opens the run that is rehearsed.
    pub(super) fn open(&mut self, plan: &Plan, case: Vec<u8>) -> Result<RunId, Broken> {
        let mut random = [0; 10];
        for (to, from) in random.iter_mut().zip(self.random()) {
            *to = from;
        }
        let run = RunId::new(self.now, random);
        let opening = Opening {
            run,
            now: self.now,
            entropy: Entropy(self.random()),
            case,
            labels: None,
            called: None,
            starter: Starter::Person(plan.workflow().accountable.clone()),
            mode: Mode::Rehearsal,
            refusals: Vec::new(),
        };
        self.open_as(plan.release(), opening).map(|()| run)
    }

    fn open_as(&mut self, release: ReleaseId, mut opening: Opening) -> Result<(), Broken> {
        let engine = self.engines.get(&release).cloned();
        let engine = engine.ok_or(Broken::Defect("a release that was not made ready"))?;
        for _ in 0..TRIES_MAX {
            match self.commit(crate::open(&engine, &opening)) {
                Ok(committed) => {
                    let run = opening.run;
                    let (control, env) = (Control::new(run), Env::new());
                    self.opened.push(run);
                    self.runs.insert(run, Held { engine, control, env, epoch: Epoch(1) });
                    return self.stored(committed);
                }
                Err(CommitError::Limit(account)) if account.cases().is_some() => {
                    return Err(Broken::NoCase);
                }
                Err(error) => opening.refusals.push(told(error)?),
            }
        }
        Err(Broken::Defect("the journal kept refusing"))
    }

    fn commit(&mut self, draft: Draft) -> Result<Committed, CommitError> {
        let told = Arc::new(Mutex::new(None));
        let tell = Arc::clone(&told);
        journal::commit(self.store, draft, move |result| {
            *tell.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        });
        let result = told.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Whoever rehearses brings a journal that answers before it returns.
        result.unwrap_or_else(|| Err(CommitError::Fault("it did not answer".to_owned())))
    }

    /// Folds what is stored, and takes over its permits and the runs that it starts.
    fn stored(&mut self, committed: Committed) -> Result<(), Broken> {
        self.frames += 1;
        if self.frames > FRAMES_MAX {
            return Err(Broken::TooLong);
        }
        let Committed { frame, hash, bodies, permits, .. } = committed;
        let held = self.runs.get_mut(&frame.run);
        let held = held.ok_or(Broken::Defect("a run that is not there"))?;
        held.env.absorb(&frame, bodies);
        held.control.fold(&frame, hash).map_err(|_| Broken::Defect("a record does not fold"))?;
        self.permits.extend(permits);
        for record in &frame.records {
            if let Record::Declined { command, because, .. } = record {
                self.declined = Some((*command, *because));
            }
        }
        let children = crate::children(held.engine.plan(), &held.control, &held.env, Some(&frame));
        self.open_children(children)
    }

    fn open_children(&mut self, children: Vec<ChildRun>) -> Result<(), Broken> {
        for child in children {
            if self.opened.contains(&child.run) {
                continue;
            }
            let opening = Opening {
                run: child.run,
                now: self.now,
                entropy: Entropy(self.random()),
                case: child.case,
                labels: Some(child.labels),
                called: None,
                starter: child.starter,
                mode: child.mode,
                refusals: Vec::new(),
            };
            self.open_as(child.plan.release(), opening)?;
        }
        Ok(())
    }

    /// One wake of a run with these events and whatever lies in its inbox.
    pub(super) fn wake(&mut self, run: RunId, mut events: Vec<Event>) -> Result<(), Broken> {
        let inbox = self.store.inbox(run).map_err(fault)?;
        events.extend(inbox.into_iter().map(Event::Command));
        let mut refusals = Vec::new();
        for _ in 0..TRIES_MAX {
            let entropy = Entropy(self.random());
            let Some(held) = self.runs.get(&run) else { return Ok(()) };
            let input = Input {
                now: self.now,
                epoch: held.epoch,
                entropy,
                events: events.clone(),
                refusals: refusals.clone(),
            };
            let Some(draft) = crate::advance(&held.engine, &held.control, &held.env, &input) else {
                return Ok(());
            };
            match self.commit(draft) {
                Ok(committed) => return self.stored(committed),
                Err(error) => refusals.push(told(error)?),
            }
        }
        Err(Broken::Defect("the journal kept refusing"))
    }

    /// Wakes a run that somebody has written to. False if there is none.
    pub(super) fn mail(&mut self) -> Result<bool, Broken> {
        for run in self.opened.clone() {
            if !self.store.inbox(run).map_err(fault)?.is_empty() {
                self.wake(run, Vec::new())?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Puts a command into a run's inbox.
    pub(super) fn post(&mut self, command: &journal::Command) -> Result<(), Broken> {
        self.store.post(command).map_err(fault)
    }

    /// The earliest time at which a run wants to be woken.
    pub(super) fn next_wake(&self) -> Option<Millis> {
        let open = self.runs.values().filter(|held| held.control.ended().is_none());
        open.filter_map(|h| crate::standing_of(&h.engine, &h.control, self.now).wake_at).min()
    }

    /// Lets time pass, and wakes everything that is due meanwhile at its own time.
    pub(super) fn pass(&mut self, to: Millis) -> Result<(), Broken> {
        for _ in 0..FRAMES_MAX {
            let due = self.next_wake().filter(|due| *due <= to);
            let Some(due) = due else {
                self.now = self.now.max(to);
                return Ok(());
            };
            self.now = self.now.max(due);
            for run in self.opened.clone() {
                self.wake(run, vec![Event::Timer])?;
            }
            // Something that is due and does not go on must not hold time up for ever.
            if self.next_wake() == Some(due) {
                self.now = Millis(self.now.0.saturating_add(1));
            }
        }
        Err(Broken::TooLong)
    }

    /// The driver dies with its permits, and another one takes every open run over.
    pub(super) fn crash(&mut self) -> Result<(), Broken> {
        self.permits.clear();
        let open: Vec<RunId> =
            self.opened.iter().copied().filter(|run| self.is_open(*run)).collect();
        for run in open {
            let epoch = self.store.claim(run).map_err(fault)?;
            let (control, env) = self.load(run)?;
            let Some(held) = self.runs.get_mut(&run) else { continue };
            (held.control, held.env, held.epoch) = (control, env, epoch);
            let children = crate::children(held.engine.plan(), &held.control, &held.env, None);
            self.wake(run, vec![Event::Claim])?;
            self.open_children(children)?;
        }
        Ok(())
    }

    fn load(&self, run: RunId) -> Result<(Control, Env), Broken> {
        let damaged = |_| Broken::Defect("what was stored cannot be read");
        let (mut control, mut env, mut chain) = (Control::new(run), Env::new(), Chain::new(run));
        for stored in self.store.frames(run, Seq(0), usize::MAX).map_err(fault)? {
            let frame = chain.read(&stored.bytes).map_err(|_| damaged(()))?;
            let loaded = env.load(&frame, stored.bodies.as_deref(), stored.entropy.as_ref());
            loaded.map_err(|_| damaged(()))?;
            control.fold(&frame, chain.last()).map_err(|_| damaged(()))?;
        }
        Ok((control, env))
    }

    pub(super) fn is_open(&self, run: RunId) -> bool {
        self.runs.get(&run).is_some_and(|held| held.control.ended().is_none())
    }
}

/// A refusal that the engine is told of; anything else ends the rehearsal.
fn told(error: CommitError) -> Result<CommitError, Broken> {
    match error {
        CommitError::Stopped(StopScope::Everything) => Err(Broken::Defect("it is stopped")),
        CommitError::Stopped(_) | CommitError::Limit(_) | CommitError::Claimed(_) => Ok(error),
        CommitError::Invalid(why) => Err(Broken::Defect(why)),
        CommitError::Superseded => Err(Broken::Defect("another driver holds this run")),
        CommitError::Fault(_) => Err(Broken::Defect("the journal in memory failed")),
    }
}

fn fault(_: journal::StoreError) -> Broken {
    Broken::Defect("the journal in memory failed")
}
