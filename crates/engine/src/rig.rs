//! A driver for tests: it opens runs, commits what the engine decides, performs permits against a
//! simulated world and feeds back what came of them. It can lose its memory at any moment; the
//! store and the world never do.

mod checks;
mod shelf;
pub(crate) mod truth;
pub(crate) mod workspace;
pub(crate) mod world;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use journal::{
    Command, CommandId, CommitError, Committed, Draft, Entropy, Epoch, Label, Millis, Mode, Order,
    Outcome, Payload, Permit, Record, Reply, ReviewNo, RunId, Seq, Starter, StopScope, Store,
    stain,
};
use plan::Plan;
use plan::ids::{PersonId, ReleaseId};
use serde_json::Value;

use crate::{Control, Engine, Env, Event, Input, Opening};
use shelf::Shelf;
use truth::Truth;
use world::World;

/// A run as a driver has it in memory.
pub(crate) struct Held {
    pub engine: Rc<Engine>,
    pub control: Control,
    pub env: Env,
    pub epoch: Epoch,
}

impl Drop for Rig {
    /// Whoever runs a failing seed again wants to see what led to it.
    fn drop(&mut self) {
        if std::thread::panicking() && std::env::var_os("SEED").is_some() {
            for run in self.truth.all_runs() {
                for record in self.records(run) {
                    println!("{run}: {record:?}");
                }
            }
        }
    }
}

/// The driver, the store and the world.
pub(crate) struct Rig {
    pub store: Shelf,
    pub world: World,
    pub truth: Truth,
    pub now: Millis,
    pub runs: BTreeMap<RunId, Held>,
    pub permits: Vec<Permit>,
    pub engines: BTreeMap<ReleaseId, Rc<Engine>>,
    pub frames: usize,
    /// The steps that the last stored frame entered.
    pub entered: Vec<plan::ids::StepId>,
    /// What could not be stored: told again at the next wake of the same driver.
    kept: Vec<(RunId, Epoch, Vec<Event>)>,
    /// Stains that stores had before anything here ran.
    pub stained: Vec<journal::Draw>,
    /// Those for whom whoever orders next stands in.
    pub stands_for: Vec<PersonId>,
    /// The roles that whoever orders next is on call for.
    pub on_call: Vec<plan::ids::RoleId>,
    /// As what new runs are opened.
    pub mode: Mode,
    pub starter: Starter,
    seed: u64,
    desk: journal::Hash,
    desk_next: u32,
}

/// Monday 2026-11-23 10:00 in London.
pub(crate) const START: Millis = Millis(1_795_428_000_000);

impl Rig {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            store: Shelf::default(),
            world: World::default(),
            truth: Truth::default(),
            now: START,
            runs: BTreeMap::new(),
            permits: Vec::new(),
            engines: BTreeMap::new(),
            frames: 0,
            entered: Vec::new(),
            kept: Vec::new(),
            stained: Vec::new(),
            stands_for: Vec::new(),
            on_call: Vec::new(),
            mode: Mode::Live,
            starter: Starter::Person(PersonId::new(workspace::STARTER).unwrap()),
            seed,
            desk: journal::Hash::default(),
            desk_next: 0,
        }
    }

    /// The next number of a sequence that the seed alone decides.
    pub(crate) fn random(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn entropy(&mut self) -> Entropy {
        let mut bytes = [0; 32];
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.random().to_be_bytes());
        }
        Entropy(bytes)
    }

    /// Makes a release known, with all the workflows it calls.
    pub(crate) fn add(&mut self, engine: &Rc<Engine>) {
        self.engines.insert(engine.plan().release(), engine.clone());
    }

    fn engine_of(&mut self, plan: &Arc<Plan>) -> Rc<Engine> {
        let made = self.engines.entry(plan.release());
        made.or_insert_with(|| workspace::engine(plan)).clone()
    }

    /// Opens a run for a person.
    pub(crate) fn open(&mut self, engine: &Rc<Engine>, case: &Value) -> RunId {
        self.try_open(engine, case).expect("the run was not opened")
    }

    /// The same where a limit may refuse it.
    pub(crate) fn try_open(&mut self, engine: &Rc<Engine>, case: &Value) -> Option<RunId> {
        self.add(engine);
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.random().to_be_bytes());
        let run = RunId::new(self.now, random);
        let opening = Opening {
            run,
            now: self.now,
            entropy: self.entropy(),
            case: case.to_string().into_bytes(),
            labels: None,
            called: None,
            starter: self.starter.clone(),
            mode: self.mode,
            refusals: Vec::new(),
        };
        self.open_run(engine, opening).then_some(run)
    }

    fn open_run(&mut self, engine: &Rc<Engine>, mut opening: Opening) -> bool {
        loop {
            match self.commit(crate::open(engine, &opening)) {
                Ok(committed) => {
                    let held = Held {
                        engine: engine.clone(),
                        control: Control::new(opening.run),
                        env: Env::new(),
                        epoch: Epoch(1),
                    };
                    self.runs.insert(opening.run, held);
                    self.stored(committed);
                    return true;
                }
                Err(CommitError::Superseded) => return false,
                Err(CommitError::Limit(account)) if account.0.ends_with("/cases") => return false,
                Err(refusal) => opening.refusals.push(refusal),
            }
            assert!(opening.refusals.len() < 20, "a run cannot be opened: {:?}", opening.refusals);
        }
    }

    pub(crate) fn commit(&mut self, draft: Draft) -> Result<Committed, CommitError> {
        let told = Arc::new(Mutex::new(None));
        let tell = told.clone();
        let refused = draft.records.clone();
        journal::commit(&self.store, draft, move |result| {
            *tell.lock().unwrap() = Some(result);
        });
        let result = told.lock().unwrap().take().unwrap();
        if let Err(CommitError::Invalid(why)) = &result {
            panic!("an invalid draft: {why}: {refused:?}");
        }
        if let Ok(committed) = &result {
            self.frames += 1;
            let stops = self.store.stops().unwrap();
            self.truth.stored(&committed.frame, &stops);
            let steps = committed.frame.records.iter().filter_map(|record| match record {
                Record::Entered { at, .. } => Some(at.step.clone()),
                _ => None,
            });
            self.entered = steps.collect();
        }
        result
    }

    /// Folds what is durable, and takes over its permits and children.
    fn stored(&mut self, committed: Committed) {
        let Committed { frame, hash, bodies, permits, .. } = committed;
        let held = self.runs.get_mut(&frame.run).unwrap();
        held.env.absorb(&frame, bodies);
        held.control.fold(&frame, hash).unwrap();
        self.truth.budgets(&held.control, held.engine.plan());
        self.permits.extend(permits);
        let engine = held.engine.clone();
        let children = crate::children(engine.plan(), &held.control, &held.env, Some(&frame));
        self.open_children(children);
    }

    fn open_children(&mut self, children: Vec<crate::ChildRun>) {
        for child in children {
            if self.store.tip(child.run).unwrap().is_some() {
                continue;
            }
            let engine = self.engine_of(&child.plan);
            let opening = Opening {
                run: child.run,
                now: self.now,
                entropy: self.entropy(),
                case: child.case,
                labels: Some(child.labels),
                called: None,
                starter: child.starter,
                mode: child.mode,
                refusals: Vec::new(),
            };
            self.open_run(&engine, opening);
        }
    }

    /// One wake of a run with these events and whatever lies in its inbox. True if a frame was
    /// written.
    pub(crate) fn wake(&mut self, run: RunId, mut events: Vec<Event>) -> bool {
        let Some(held) = self.runs.get(&run) else { return false };
        let epoch = held.epoch;
        for (_, of, kept) in self.kept.extract_if(.., |(kept, ..)| *kept == run) {
            // What a driver kept in memory dies with it.
            let kept = kept.into_iter().filter(|e| of == epoch && !matches!(e, Event::Command(_)));
            events.extend(kept);
        }
        events.extend(self.store.inbox(run).unwrap().into_iter().map(Event::Command));
        let mut refusals = Vec::new();
        loop {
            let input = Input {
                now: self.now,
                epoch,
                entropy: self.entropy(),
                events: events.clone(),
                refusals: refusals.clone(),
            };
            let held = &self.runs[&run];
            let Some(draft) = crate::advance(&held.engine, &held.control, &held.env, &input) else {
                return false;
            };
            match self.commit(draft) {
                Ok(committed) => {
                    self.stored(committed);
                    return true;
                }
                Err(CommitError::Superseded) => {
                    self.runs.remove(&run);
                    return false;
                }
                // Nothing was stored and nothing was done: what came is kept and told again.
                Err(CommitError::Fault(_)) => {
                    self.kept.push((run, epoch, events));
                    return false;
                }
                Err(refusal) => refusals.push(refusal),
            }
            assert!(refusals.len() < 20, "refused again and again: {refusals:?}");
        }
    }

    /// Decides what follows from events, and dies before it is stored.
    pub(crate) fn decide_and_forget(&mut self, run: RunId, events: Vec<Event>) {
        let entropy = self.entropy();
        let Some(held) = self.runs.get(&run) else { return };
        let (now, epoch) = (self.now, held.epoch);
        let input = Input { now, epoch, entropy, events, refusals: Vec::new() };
        let _ = crate::advance(&held.engine, &held.control, &held.env, &input);
    }

    pub(crate) fn has_mail(&self, run: RunId) -> bool {
        !self.store.inbox(run).unwrap().is_empty()
    }

    /// The earliest time at which a run in memory wants to be woken.
    pub(crate) fn next_wake(&self) -> Option<Millis> {
        let open = self.runs.values().filter(|held| held.control.ended().is_none());
        open.filter_map(|h| crate::standing_of(&h.engine, &h.control, self.now).wake_at).min()
    }

    /// Lets time pass and wakes every run, without doing anything they ask for.
    pub(crate) fn skip(&mut self, ms: u64) {
        self.now = Millis(self.now.0 + ms);
        let all: Vec<RunId> = self.runs.keys().copied().collect();
        for run in all {
            self.wake(run, vec![Event::Timer]);
        }
    }

    /// Another driver claims a run; this one does not know it yet, and its permits for it die.
    pub(crate) fn take_over(&mut self, run: RunId) {
        self.permits.retain(|permit| permit.run() != run);
        self.store.claim(run).unwrap();
    }

    /// What the store behind an act was handed until now, as the driver looks it up.
    pub(crate) fn held(&self, permit: &Permit) -> Label {
        let Payload::Tool(ask) = permit.payload() else { return Label::default() };
        let stained = self.store.accounts(stain::STAINS).unwrap();
        let before = self.stained.iter().filter_map(stain::stains);
        stain::label(ask.tool.server(), stained.iter().chain(before))
    }

    /// Does one permitted act; the world remembers it whatever becomes of the outcome.
    pub(crate) fn perform(&mut self, permit: Permit) -> (RunId, Event) {
        let (run, act) = (permit.run(), permit.act());
        let held = self.held(&permit);
        self.truth.perform(run, act);
        let payload: Payload = permit.consume();
        let before = self.world.effects.len();
        let bytes = self.world.perform(&payload);
        if let Some(effect) = self.world.effects.get(before) {
            self.truth.effect(run, act, world::idempotent(&effect.tool));
            self.unique(run);
        }
        let usage = world::usage(&payload);
        let outcome = Outcome { result: Ok(bytes.into()), usage, reported: None };
        (run, Event::Act { act, outcome, certain: true, held })
    }

    /// An effect has just happened: of the values that must be unique, as they stand, no other
    /// case may have made use.
    fn unique(&mut self, run: RunId) {
        let held = &self.runs[&run];
        let workflow = held.engine.plan().workflow();
        // A case that ends only takes back what it did.
        for set in workflow.once_per.iter().filter(|_| held.control.ending.is_none()) {
            let value = |path: &plan::expr::Path| {
                let loaded = held.env.get(held.control.root(path.root())?)?;
                Some(path.below(loaded.value()?)?.to_string().to_lowercase())
            };
            let values: Option<Vec<String>> = set.iter().map(value).collect();
            if let Some(values) = values {
                self.truth.acted(run, &workflow.name, format!("{set:?} {values:?}"));
            }
        }
    }

    /// Performs and delivers until nothing is out and no inbox holds anything for a live run.
    pub(crate) fn settle(&mut self) {
        for _ in 0..200_000 {
            if let Some(permit) = (!self.permits.is_empty()).then(|| self.permits.remove(0)) {
                let (run, event) = self.perform(permit);
                self.wake(run, vec![event]);
                continue;
            }
            let told: Vec<RunId> = self.runs.keys().copied().collect();
            let mut moved = false;
            for run in told {
                if !self.store.inbox(run).unwrap().is_empty() {
                    moved |= self.wake(run, Vec::new());
                }
            }
            if !moved {
                return;
            }
        }
        panic!("the runs do not come to rest");
    }

    /// Lets time pass, wakes every run, and settles.
    pub(crate) fn pass(&mut self, ms: u64) {
        self.now = Millis(self.now.0 + ms);
        let all: Vec<RunId> = self.runs.keys().copied().collect();
        for run in all {
            self.wake(run, vec![Event::Timer]);
        }
        self.settle();
    }

    /// Puts a command into a run's inbox.
    pub(crate) fn post(&mut self, run: RunId, order: Order) -> CommandId {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.random().to_be_bytes());
        let stands_for = std::mem::take(&mut self.stands_for);
        let on_call = std::mem::take(&mut self.on_call);
        let command = Command { id: CommandId(id), run, at: self.now, order, stands_for, on_call };
        self.store.post(&command).unwrap();
        command.id
    }

    /// A person answers a review, and the run goes on.
    pub(crate) fn reply(&mut self, run: RunId, who: &str, review: u32, reply: Reply) {
        let who = PersonId::new(who).unwrap();
        self.post(run, Order::Review { who, review: ReviewNo(review), reply });
        self.settle();
    }

    /// The driver dies: everything in memory is gone, and so are the permits it held.
    pub(crate) fn crash(&mut self) {
        self.check_folds();
        self.runs.clear();
        self.permits.clear();
        self.kept.clear();
    }

    /// A new driver takes every run over that is not at its end.
    pub(crate) fn recover(&mut self) {
        let mut runs = self.truth.open_runs();
        runs.sort();
        for run in runs.into_iter().filter(|run| !self.runs.contains_key(run)).collect::<Vec<_>>() {
            let epoch = self.store.claim(run).unwrap();
            let (control, env) = self.load(run);
            let engine = self.engines[&control.opening().unwrap().release].clone();
            let children = crate::children(engine.plan(), &control, &env, None);
            // A stop that was lifted while nobody had the run in memory.
            let stops = self.store.stops().unwrap();
            let lifted = control.halted().iter().filter(|scope| !stops.contains(scope));
            let mut events: Vec<Event> = lifted.cloned().map(Event::Unstop).collect();
            events.insert(0, Event::Claim);
            self.runs.insert(run, Held { engine, control, env, epoch });
            self.wake(run, events);
            self.open_children(children);
        }
    }

    /// Sets or lifts a stop, as a person at the desk does.
    pub(crate) fn stop(&mut self, scope: StopScope, set: bool) {
        let who = PersonId::new(workspace::OWNER).unwrap();
        let reason = journal::BodyRef { seq: Seq(self.desk_next), n: 0 };
        let record = if set {
            Record::StopSet { scope: scope.clone(), who, reason }
        } else {
            Record::StopLifted { scope: scope.clone(), who, reason }
        };
        let bytes: Arc<[u8]> = Arc::from(&b"\"because\""[..]);
        let engine = self.engines.values().next().unwrap();
        let draft = Draft {
            run: RunId::DESK,
            seq: Seq(self.desk_next),
            prev: self.desk,
            epoch: Epoch(1),
            at: self.now,
            cause: Vec::new(),
            records: vec![record],
            bodies: vec![journal::Body { bytes, labels: Default::default() }],
            entropy: Entropy([1; 32]),
            draws: Vec::new(),
            consumes: Vec::new(),
            posts: Vec::new(),
            payloads: Vec::new(),
            vendors: Vec::new(),
            freedoms: Vec::new(),
            above: Vec::new(),
            workflow: engine.plan().workflow().name.clone(),
            release: engine.plan().release(),
            standing: None,
        };
        let committed = self.commit(draft).unwrap();
        self.desk = committed.hash;
        self.desk_next += 1;
        if !set {
            let all: Vec<RunId> = self.runs.keys().copied().collect();
            for run in all {
                self.wake(run, vec![Event::Unstop(scope.clone())]);
            }
        }
    }

    /// Makes a release and all the workflows it calls known beforehand; guards are costly.
    pub(crate) fn share(&mut self, engine: &Rc<Engine>) {
        self.add(engine);
        for name in engine.plan().workflow().children.keys() {
            let child = workspace::shared(engine.plan().child(name).unwrap());
            self.share(&child);
        }
    }
}
