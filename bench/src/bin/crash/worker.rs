//! The child that is killed: a driver over the embedded journal, with failpoints at every edge of
//! a commit and of an act. It must not know what the harness checks.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bench::outside::Outside;
use bench::sabotage::{Eager, Hasty, Sabotage};
use journal::{Mode, RunQuery, Starter, Store};
use plan::ids::{PersonId, WorkflowName};
use runtime::{NewRun, Runtime, World};
use store::{OpenOptions, Probe, SqliteStore};

use crate::{Failure, KEYING};

/// The edges at which a driver may die, in the order in which an act meets them.
pub const EDGES: [&str; 5] =
    ["before_commit", "after_commit", "before_acknowledge", "before_act", "after_act"];

/// Counts edges and dies at a chosen one.
struct Mine {
    left: AtomicU64,
    /// Where the edge is noted that this driver died at.
    note: PathBuf,
}

impl Mine {
    fn step(&self, edge: usize) {
        let before =
            self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        if before == Ok(1) {
            let note = std::fs::File::options().create(true).append(true).open(&self.note);
            // A note that cannot be written is missed by the harness, which counts them.
            let _ = note.and_then(|mut file| writeln!(file, "{edge}"));
            // As hard as it gets: nothing is flushed, nothing is dropped.
            let _ = rustix::process::kill_process(
                rustix::process::getpid(),
                rustix::process::Signal::KILL,
            );
        }
    }
}

struct Edges(Arc<Mine>);

impl Probe for Edges {
    fn before_commit(&self) {
        self.0.step(0);
    }
    fn after_commit(&self) {
        self.0.step(1);
    }
    fn before_ack(&self) {
        self.0.step(2);
    }
}

pub struct Worker {
    folder: PathBuf,
    world: PathBuf,
    runs: usize,
    die: u64,
    sabotage: Option<Sabotage>,
}

impl Worker {
    pub fn read(args: &[String]) -> Result<Self, Failure> {
        let arg = |n: usize| args.get(n).cloned().ok_or("an argument is missing");
        Ok(Self {
            folder: arg(2)?.into(),
            world: arg(3)?.into(),
            runs: arg(4)?.parse()?,
            die: arg(5)?.parse()?,
            sabotage: Sabotage::named(&arg(6)?),
        })
    }

    /// Opens the journal, goes on with what is there, and keeps opening cases up to the number.
    pub async fn work(self) -> Result<(), Failure> {
        let note = self.world.with_extension("edges");
        let mine = Arc::new(Mine { left: AtomicU64::new(self.die), note });
        let probe = Arc::new(Edges(mine.clone()));
        let options = OpenOptions { probe, ..OpenOptions::default() };
        let mut store: Arc<dyn Store> = Arc::new(SqliteStore::open_with(&self.folder, options)?);
        if self.sabotage == Some(Sabotage::AcknowledgeFirst) {
            store = Arc::new(Hasty(store));
        }
        let (before, after) = (mine.clone(), mine);
        let outside = Outside::new(
            &self.world,
            Arc::new(move || before.step(3)),
            Arc::new(move || after.step(4)),
        );
        let world: Arc<dyn World> = match self.sabotage {
            Some(Sabotage::ActFirst) => Arc::new(Eager(outside)),
            Some(Sabotage::AcknowledgeFirst | Sabotage::Repeat) | None => Arc::new(outside),
        };
        let runtime = Runtime::new(store.clone(), world, KEYING);
        let plan = match self.sabotage {
            Some(Sabotage::Repeat) => bench::fixture::misdeclared("crash")?,
            Some(_) | None => bench::fixture::plan("crash")?,
        };
        let plan = Arc::new(plan);
        runtime.trust(Arc::new(Colleagues));
        runtime.releases().add(&plan)?;
        runtime.take_up().await?;
        let _time = runtime.keep_time();
        let _socket = runtime::socket::serve(runtime.clone(), &self.folder)?;
        let known = store.runs(&RunQuery { limit: usize::MAX >> 1, ..RunQuery::default() })?.len();
        for n in known..self.runs {
            let case = serde_json::json!({ "n": n, "kind": "plain" }).to_string().into_bytes();
            let starter = Starter::Person(PersonId::new("ann@bench.example")?);
            let plan = plan.clone();
            runtime
                .open(NewRun { plan, case, labels: None, called: None, starter, mode: Mode::Live })
                .await?;
        }
        // It lives until it is killed; the harness says when all is done.
        std::future::pending::<()>().await;
        Ok(())
    }
}

/// Everybody who is named in a release of the harness.
struct Colleagues;

impl runtime::People for Colleagues {
    fn knows(&self, _who: &PersonId) -> bool {
        true
    }

    fn plans(&self) -> BTreeMap<WorkflowName, plan::Plan> {
        BTreeMap::new()
    }
}
