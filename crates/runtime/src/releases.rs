//! Releases that are open: each is read from the journal once, its guard built and proved. A
//! release whose guard cannot be built or proved is run under a guard that refuses everything.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use engine::Engine;
use guard::Guard;
use journal::Store;
use plan::Plan;
use plan::ids::ReleaseId;

use crate::{Fault, lock};

/// The open releases of a driver.
pub struct Releases {
    store: Arc<dyn Store>,
    keying: [u8; 32],
    open: Mutex<HashMap<ReleaseId, Arc<Engine>>>,
    secrets: Mutex<Option<Arc<guard::Secrets>>>,
}

impl Releases {
    pub(crate) fn new(store: Arc<dyn Store>, keying: [u8; 32]) -> Self {
        Self { store, keying, open: Mutex::new(HashMap::new()), secrets: Mutex::new(None) }
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
        let guard = match Guard::build(&plan) {
            Ok(guard) => guard,
            Err(fault) => Guard::closed(fault.to_string()),
        };
        let guard = match lock(&self.secrets).clone() {
            Some(secrets) => guard.with_secrets(secrets),
            None => guard,
        };
        if let Err(fault) = guard.prove() {
            guard.close(fault.to_string());
        }
        let release = plan.release();
        let engine = Arc::new(Engine::new(plan, guard, self.keying));
        lock(&self.open).entry(release).or_insert(engine).clone()
    }
}
