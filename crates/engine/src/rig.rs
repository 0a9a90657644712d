//! A driver for tests: it opens runs, commits what the engine decides, performs permits against a
//! simulated world and feeds back what came of them. It can lose its memory at any moment; the
//! store and the world never do.

pub(crate) mod truth;
pub(crate) mod workspace;
pub(crate) mod world;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use journal::{
    Chain, Command, CommandId, CommitError, Committed, Draft, Entropy, Epoch, Millis, Mode, Order,
    Outcome, Payload, Permit, Record, Reply, ReviewNo, RunId, Seq, Starter, StopScope, Store,
};
use plan::Plan;
use plan::ids::{PersonId, ReleaseId};
use serde_json::Value;
use store::MemoryStore;

use crate::{Control, Engine, Env, Event, Input, Opening};
use truth::Truth;
use world::World;

/// A run as a driver has it in memory.
pub(crate) struct Held {
    pub engine: Rc<Engine>,
    pub control: Control,
    pub env: Env,
    pub epoch: Epoch,
}

/// The driver, the store and the world.
pub(crate) struct Rig {
    pub store: MemoryStore,
    pub world: World,
    pub truth: Truth,
    pub now: Millis,
    pub runs: BTreeMap<RunId, Held>,
    pub permits: Vec<Permit>,
    pub engines: BTreeMap<ReleaseId, Rc<Engine>>,
    pub frames: usize,
    seed: u64,
    desk: journal::Hash,
    desk_next: u32,
}

/// Monday 2026-11-23 10:00 in London.
pub(crate) const START: Millis = Millis(1_795_428_000_000);

impl Rig {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            store: MemoryStore::new(),
            world: World::default(),
            truth: Truth::default(),
            now: START,
            runs: BTreeMap::new(),
            permits: Vec::new(),
            engines: BTreeMap::new(),
            frames: 0,
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
        self.add(engine);
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.random().to_be_bytes());
        let run = RunId::new(self.now, random);
        let starter = Starter::Person(PersonId::new(workspace::STARTER).unwrap());
        let opening = Opening {
            run,
            now: self.now,
            entropy: self.entropy(),
            case: case.to_string().into_bytes(),
            labels: None,
            starter,
            mode: Mode::Live,
            refusals: Vec::new(),
        };
        assert!(self.open_run(engine, opening), "the run was not opened");
        run
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
                Err(refusal) => refusals.push(refusal),
            }
            assert!(refusals.len() < 20, "refused again and again: {refusals:?}");
        }
    }

    /// Does one permitted act; the world remembers it whatever becomes of the outcome.
    pub(crate) fn perform(&mut self, permit: Permit) -> (RunId, Event) {
        let (run, act) = (permit.run(), permit.act());
        self.truth.perform(run, act);
        let payload: Payload = permit.consume();
        let bytes = self.world.perform(run, act, &payload);
        let usage = world::usage(&payload);
        let outcome = Outcome { result: Ok(bytes.into()), usage, reported: None };
        (run, Event::Act { act, outcome, certain: true })
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
        let command = Command { id: CommandId(id), run, at: self.now, order };
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
    }

    /// A new driver takes every run over that is not at its end.
    pub(crate) fn recover(&mut self) {
        let mut runs = self.truth.open_runs();
        runs.sort();
        for run in runs {
            let epoch = self.store.claim(run).unwrap();
            let (control, env) = self.load(run);
            let engine = self.engines[&control.opening().unwrap().release].clone();
            let children = crate::children(engine.plan(), &control, &env, None);
            self.runs.insert(run, Held { engine, control, env, epoch });
            self.wake(run, vec![Event::Claim]);
            self.open_children(children);
        }
    }

    /// A run as its stored frames give it.
    pub(crate) fn load(&self, run: RunId) -> (Control, Env) {
        let (mut control, mut env, mut chain) =
            (Control::new(run), Env::new(), Chain::new(run));
        for stored in self.store.frames(run, Seq(0), usize::MAX).unwrap() {
            let frame = chain.read(&stored.bytes).unwrap();
            env.load(&frame, stored.bodies.as_deref(), stored.entropy.as_ref()).unwrap();
            control.fold(&frame, chain.last()).unwrap();
        }
        (control, env)
    }

    /// What is in memory is exactly what the stored frames give.
    pub(crate) fn check_folds(&self) {
        for (run, held) in &self.runs {
            let (control, _) = self.load(*run);
            assert_eq!(
                format!("{control:?}"),
                format!("{:?}", held.control),
                "the stored frames of {run} give another state than the live run"
            );
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

    /// Every record of a run, in order.
    pub(crate) fn records(&self, run: RunId) -> Vec<Record> {
        let mut chain = Chain::new(run);
        let frames = self.store.frames(run, Seq(0), usize::MAX).unwrap();
        frames.iter().flat_map(|stored| chain.read(&stored.bytes).unwrap().records).collect()
    }

    pub(crate) fn status(&self, run: RunId) -> journal::Status {
        let held = &self.runs[&run];
        crate::standing_of(&held.engine, &held.control, self.now).status
    }

    /// The output that a step is bound to.
    pub(crate) fn bound(&self, run: RunId, step: &str) -> Option<(Value, journal::Labels)> {
        let held = &self.runs[&run];
        let loaded = held.env.get(*held.control.bound.get(step)?)?;
        Some((loaded.value()?.clone(), loaded.labels().clone()))
    }
}
