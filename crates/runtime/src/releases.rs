//! Releases that are open: each is read from the journal once, its guard built and proved, and
//! proved again from time to time. A release whose guard cannot be built or proved is run under a
//! guard that refuses everything, and the desk's journal says so.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use engine::Engine;
use guard::Guard;
use journal::{Hash, RunId, Store};
use plan::Plan;
use plan::ids::{ReleaseId, WorkflowName};

use crate::desk::Desk;
use crate::world::World;
use crate::{Fault, lock, words};

/// The open releases of a driver.
pub struct Releases {
    store: Arc<dyn Store>,
    keying: [u8; 32],
    open: Mutex<HashMap<ReleaseId, Arc<Engine>>>,
    secrets: Mutex<Option<Arc<guard::Secrets>>>,
    desk: Arc<Desk>,
    world: Arc<dyn World>,
}

impl Releases {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        keying: [u8; 32],
        desk: Arc<Desk>,
        world: Arc<dyn World>,
    ) -> Self {
        let (open, secrets) = (Mutex::new(HashMap::new()), Mutex::new(None));
        Self { store, keying, open, secrets, desk, world }
    }

    /// Values that guards keep out of every act; set before the first run.
    pub fn keep_secret(&self, secrets: Arc<guard::Secrets>) {
        *lock(&self.secrets) = Some(secrets);
    }

    /// Stores a release and its children, and makes it ready.
    pub fn add(&self, plan: &Arc<Plan>) -> Result<Arc<Engine>, Fault> {
        if let Some(engine) = lock(&self.open).get(&plan.release()) {
            return Ok(engine.clone());
        }
        self.store.put_release(plan.release(), plan.canonical())?;
        for name in plan.workflow().children.keys() {
            if let Some(child) = plan.child(name) {
                self.add(child)?;
            }
        }
        Ok(self.ready(plan.clone()))
    }

    /// What a file is known by: where it lies below the workspace and what is in it. Nobody without
    /// the installation's secret can try whether it is a file that they know.
    pub(crate) fn file_key(&self, workflow: &WorkflowName, path: &str, content: Hash) -> Hash {
        let parts: [&[u8]; 5] = [
            b"flightdeck start by a file",
            &self.keying,
            workflow.as_str().as_bytes(),
            path.as_bytes(),
            &content.0,
        ];
        Hash::of_parts(&parts)
    }

    /// Whether a case is one of the share that begins on a canary. Nobody without the
    /// installation's secret can choose a case that is.
    pub(crate) fn draws(
        &self,
        workflow: &WorkflowName,
        canary: ReleaseId,
        run: RunId,
        share: u32,
    ) -> bool {
        let parts: [&[u8]; 5] = [
            b"flightdeck case of a canary",
            &self.keying,
            workflow.as_str().as_bytes(),
            &canary.0,
            &run.to_bytes(),
        ];
        let Some(first) = Hash::of_parts(&parts).0.first_chunk::<4>().copied() else {
            return false;
        };
        (u64::from(u32::from_be_bytes(first)) * 1_000_000) >> 32 < u64::from(share)
    }

    /// What is known of an event that was sent: by this its case is found again.
    pub(crate) fn event_key(&self, workflow: &WorkflowName, hook: &str, id: &[&str]) -> Hash {
        let mut parts: Vec<&[u8]> = vec![
            b"flightdeck start by an event",
            &self.keying,
            workflow.as_str().as_bytes(),
            hook.as_bytes(),
        ];
        parts.extend(id.iter().map(|part| part.as_bytes()));
        Hash::of_parts(&parts)
    }

    /// A release that is ready already.
    #[must_use]
    pub fn get_open(&self, release: ReleaseId) -> Option<Arc<Engine>> {
        lock(&self.open).get(&release).cloned()
    }

    /// A release by its id.
    pub fn get(&self, release: ReleaseId) -> Result<Arc<Engine>, Fault> {
        if let Some(engine) = lock(&self.open).get(&release) {
            return Ok(engine.clone());
        }
        let bytes = self.store.release(release)?;
        let bytes =
            bytes.ok_or_else(|| Fault::Release(format!("release {release} is not stored")))?;
        let plan = Plan::open(release, &bytes).map_err(|e| Fault::Release(e.to_string()))?;
        Ok(self.ready(Arc::new(plan)))
    }

    fn ready(&self, plan: Arc<Plan>) -> Arc<Engine> {
        let release = plan.release();
        // What it says is for whoever deploys: of what is not there every act fails, and says so.
        let _ = self.world.ready(&plan);
        let guard = self.guard(&plan);
        let engine = Arc::new(Engine::new(plan, guard, self.keying));
        let engine = lock(&self.open).entry(release).or_insert(engine).clone();
        self.say(&engine);
        engine
    }

    /// The guard of a release. One that cannot be built or proved, or panics, stays closed.
    fn guard(&self, plan: &Plan) -> Guard {
        let secrets = lock(&self.secrets).clone();
        let made = catch_unwind(AssertUnwindSafe(|| {
            let guard = Guard::build(plan)?;
            let guard = match secrets {
                Some(secrets) => guard.with_secrets(secrets),
                None => guard,
            };
            guard.prove()?;
            Ok::<_, guard::Fault>(guard)
        }));
        match made {
            Ok(Ok(guard)) => guard,
            Ok(Err(fault)) => Guard::closed(fault.to_string()),
            Err(panic) => Guard::closed(defect(&*panic)),
        }
    }

    /// Fires at the guard of every open release the asks that must be refused. One that allows any
    /// of them, or panics, is closed for good. It blocks.
    pub fn prove(&self) {
        let open: Vec<Arc<Engine>> = lock(&self.open).values().cloned().collect();
        for engine in open {
            let guard = engine.guard();
            // A guard that allowed what it must refuse has closed itself.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(guard.prove()))) {
                guard.close(defect(&*panic));
            }
            self.say(&engine);
        }
    }

    /// What the desk's journal should say about a guard. While it cannot be written the guard is
    /// closed all the same, and the next proof says it again.
    fn say(&self, engine: &Engine) {
        let _ = self.desk.guard(engine);
    }
}

fn defect(panic: &(dyn std::any::Any + Send)) -> String {
    format!("a defect was caught in it: {}", words(panic))
}
