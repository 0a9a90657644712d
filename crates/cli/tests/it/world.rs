//! What a driver of a test's own stands between: a world in which nothing can be reached, people
//! as releases name them, and a journal that takes nothing for as long as it is told to.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use journal::{
    Account, Batch, Code, Command, CommitError, Done, Epoch, Failure, Hash, Millis, Outcome,
    Permit, RunId, RunLine, RunQuery, Seq, StopScope, Store, StoreError, Stored, Usage,
};
use plan::Plan;
use plan::ids::{PersonId, ReleaseId, WorkflowName};
use runtime::{Answered, On, People, World};

/// An outside world in which nothing can be reached.
pub struct Nothing;

impl World for Nothing {
    fn act(&self, _: On, permit: Permit) -> Pin<Box<dyn Future<Output = Answered> + Send + '_>> {
        drop(permit.consume());
        let failure =
            Failure { code: Code::Refused, text: "nothing".to_owned(), retry_after_ms: None };
        let outcome = Outcome { result: Err(failure), usage: Usage::default(), reported: None };
        Box::pin(std::future::ready(Answered { outcome, certain: true }))
    }
}

/// Everybody whom these releases name.
pub struct Of(pub Vec<Arc<Plan>>);

impl People for Of {
    fn knows(&self, who: &PersonId) -> bool {
        self.0.iter().any(|plan| plan.workflow().people.contains_key(who))
    }

    fn plans(&self) -> BTreeMap<WorkflowName, Plan> {
        let open = |plan: &Arc<Plan>| Plan::open(plan.release(), plan.canonical()).unwrap();
        self.0.iter().map(|plan| (plan.workflow().name.clone(), open(plan))).collect()
    }
}

/// Whether the journal takes nothing.
#[derive(Clone, Default)]
pub struct Broken(Arc<AtomicBool>);

impl Broken {
    pub fn set(&self, is_broken: bool) {
        self.0.store(is_broken, Ordering::SeqCst);
    }

    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// The same store, which breaks down when this is set.
    pub fn before(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        Arc::new(Breaking { store, broken: self.clone() })
    }
}

struct Breaking {
    store: Arc<dyn Store>,
    broken: Broken,
}

const FULL: &str = "no space left on device";

impl Breaking {
    fn whole(&self) -> Result<&dyn Store, StoreError> {
        if self.broken.is_set() {
            return Err(StoreError::Fault(FULL.to_owned()));
        }
        Ok(self.store.as_ref())
    }
}

impl Store for Breaking {
    fn submit(&self, batch: Batch, done: Done) {
        match self.whole() {
            Ok(store) => store.submit(batch, done),
            Err(_) => done(Err(CommitError::Fault(FULL.to_owned()))),
        }
    }
    fn claim(&self, run: RunId) -> Result<Epoch, StoreError> {
        self.whole()?.claim(run)
    }
    fn frames(&self, run: RunId, from: Seq, limit: usize) -> Result<Vec<Stored>, StoreError> {
        self.store.frames(run, from, limit)
    }
    fn post(&self, command: &Command) -> Result<(), StoreError> {
        self.whole()?.post(command)
    }
    fn inbox(&self, run: RunId) -> Result<Vec<Command>, StoreError> {
        self.store.inbox(run)
    }
    fn tip(&self, run: RunId) -> Result<Option<(Seq, Hash)>, StoreError> {
        self.store.tip(run)
    }
    fn stops(&self) -> Result<Vec<StopScope>, StoreError> {
        self.store.stops()
    }
    fn due(&self, now: Millis, limit: usize) -> Result<Vec<RunId>, StoreError> {
        self.store.due(now, limit)
    }
    fn next_wake(&self) -> Result<Option<Millis>, StoreError> {
        self.store.next_wake()
    }
    fn runs(&self, query: &RunQuery) -> Result<Vec<RunLine>, StoreError> {
        self.store.runs(query)
    }
    fn account(&self, account: &Account) -> Result<u64, StoreError> {
        self.store.account(account)
    }
    fn accounts(&self, beginning: &str) -> Result<Vec<Account>, StoreError> {
        self.store.accounts(beginning)
    }
    fn scrub(&self) -> Result<(), StoreError> {
        self.whole()?.scrub()
    }
    fn put_release(&self, release: ReleaseId, canonical: &[u8]) -> Result<(), StoreError> {
        self.whole()?.put_release(release, canonical)
    }
    fn release(&self, release: ReleaseId) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.release(release)
    }
}
