//! The driver against a store in memory: stops that hold even when they cannot be recorded, and
//! runs that came to rest before anybody asked.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use journal::{
    Mode, ModelAnswer, Order, Outcome, Permit, RunId, RunQuery, Starter, Status, StopScope, Store,
    Usage,
};
use plan::ids::{PersonId, WorkflowName};
use runtime::{Answered, Fault, NewRun, On, People, Runtime, StopError, World};
use store::MemoryStore;

/// Counts acts; answers only while `open` is set.
#[derive(Default)]
struct Counting {
    started: AtomicUsize,
    open: AtomicBool,
}

impl World for Counting {
    fn act(&self, _: On, permit: Permit) -> Pin<Box<dyn Future<Output = Answered> + Send + '_>> {
        self.started.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            drop(permit.consume());
            while !self.open.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            let text = r#"{"a":"x","b":"y","c":1,"d":true,"e":"x","f":"z"}"#.to_owned();
            let answer = ModelAnswer { text, calls: Vec::new(), least: None };
            let bytes = serde_json::to_vec(&answer).unwrap();
            let usage = Usage { input_tokens: 1, output_tokens: 1, ..Usage::default() };
            Answered {
                outcome: Outcome { result: Ok(bytes.into()), usage, reported: None },
                certain: true,
            }
        })
    }
}

/// The people of the bench: Ann answers for its workflows, so she may lift a stop.
struct Anns;

impl People for Anns {
    fn knows(&self, who: &PersonId) -> bool {
        *who == ann()
    }

    fn plans(&self) -> BTreeMap<WorkflowName, plan::Plan> {
        [
            (WorkflowName::new("three").unwrap(), bench::fixture::plan("three").unwrap()),
            (WorkflowName::new("outer").unwrap(), outer()),
        ]
        .into()
    }
}

struct Desk {
    runtime: Runtime,
    world: Arc<Counting>,
    store: Arc<MemoryStore>,
    plan: Arc<plan::Plan>,
}

/// A workflow that calls `three`, which does all the work.
fn outer() -> plan::Plan {
    let text = "---\nworkflow: outer\npurpose: Have another workflow do it.\n\
                accountable: ann@bench.example\noverride: lead\nrisk: low\nautonomy: act\n\
                case: { one: a text, from: inside, fields: { text: text } }\n\
                limits: { case: { cost: 1 EUR }, day: { cost: 100 EUR, cases: 1000 } }\n\
                on_failure: { ask: clerk }\nsteps:\n  - { step: call, workflow: three, with: { text: \
                case.text } }\n  - { step: last, end: done }\nexceptions:\n  - { what: no text, \
                when: \"case.text == ''\", go: last }\n---\n# Outer\n";
    let mut files = plan::Files::new();
    files.insert("flightdeck.yaml", include_str!("../workspace/flightdeck.yaml"));
    files.insert("agents/worker.md", include_str!("../workspace/agents/worker.md"));
    files.insert("workflows/three.md", include_str!("../workspace/workflows/three.md"));
    files.insert("workflows/outer.md", text);
    plan::check(&files, "outer").unwrap_or_else(|problems| panic!("{problems}"))
}

impl Desk {
    fn new() -> Self {
        Self::with(bench::fixture::plan("three").unwrap())
    }

    fn with(plan: plan::Plan) -> Self {
        let plan = Arc::new(plan);
        let (world, store) = (Arc::new(Counting::default()), Arc::new(MemoryStore::new()));
        let runtime = Runtime::new(store.clone(), world.clone(), [1; 32]);
        runtime.trust(Arc::new(Anns));
        Self { runtime, world, store, plan }
    }

    async fn open(&self) -> RunId {
        let starter = Starter::Person(ann());
        let case = br#"{"text":"hello"}"#.to_vec();
        let plan = self.plan.clone();
        let new = NewRun { plan, case, labels: None, called: None, starter, mode: Mode::Rehearsal };
        self.runtime.open(new).await.unwrap()
    }

    /// A run that was broken off sleeps before its next attempt, and is held back by that one.
    async fn until_status(&self, run: RunId, status: Status) {
        for _ in 0..500 {
            self.runtime.wake_due().await.unwrap();
            if self.runtime.settled(run).await.unwrap().status == status {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("run {run} is never {}", status.as_str());
    }

    async fn until(&self, acts: usize) {
        for _ in 0..500 {
            if self.world.started.load(Ordering::SeqCst) >= acts {
                return;
            }
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
        panic!("{} acts began, not {acts}", self.world.started.load(Ordering::SeqCst));
    }
}

fn ann() -> PersonId {
    PersonId::new("ann@bench.example").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_ends_what_is_out_and_starts_nothing_until_it_is_lifted() {
    let desk = Desk::new();
    let mut runs = Vec::new();
    for _ in 0..40 {
        runs.push(desk.open().await);
    }
    desk.until(40).await;
    let aborted = desk.runtime.stop(StopScope::Everything, &ann(), "drill").await.unwrap();
    assert_eq!(aborted, 40);
    for run in &runs {
        desk.until_status(*run, Status::Halted).await;
    }
    let late = desk.open().await;
    desk.until_status(late, Status::Halted).await;
    assert_eq!(desk.world.started.load(Ordering::SeqCst), 40);
    assert_eq!(desk.runtime.acts_out(), 0);
    desk.world.open.store(true, Ordering::SeqCst);
    desk.runtime.lift(StopScope::Everything, &ann(), "drill over").await.unwrap();
    for run in runs.iter().chain([&late]) {
        let status = desk.runtime.settled(*run).await.unwrap().status;
        assert_eq!(status, Status::Done);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_breaks_off_what_runs_below_have_out() {
    for by_workflow in [true, false] {
        let desk = Desk::with(outer());
        let run = desk.open().await;
        desk.until(1).await;
        let scope = match by_workflow {
            true => StopScope::Workflow(WorkflowName::new("outer").unwrap()),
            false => StopScope::Run(run),
        };
        assert_eq!(desk.runtime.stop(scope.clone(), &ann(), "drill").await.unwrap(), 1);
        let three = RunQuery {
            workflow: Some(WorkflowName::new("three").unwrap()),
            limit: 2,
            ..RunQuery::default()
        };
        let below = desk.store.runs(&three).unwrap();
        assert_eq!(below.len(), 1);
        desk.until_status(below[0].run, Status::Halted).await;
        assert_eq!(desk.world.started.load(Ordering::SeqCst), 1);
        desk.world.open.store(true, Ordering::SeqCst);
        desk.runtime.lift(scope, &ann(), "drill over").await.unwrap();
        assert_eq!(desk.runtime.settled(below[0].run).await.unwrap().status, Status::Done);
        assert_eq!(desk.runtime.settled(run).await.unwrap().status, Status::Done);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_that_cannot_be_recorded_holds_all_the_same() {
    let desk = Desk::new();
    desk.open().await;
    desk.until(1).await;
    desk.store.set_full(true);
    let stopped = desk.runtime.stop(StopScope::Everything, &ann(), "fire").await;
    assert!(matches!(stopped, Err(StopError::NotRecorded { aborted: 1, .. })), "{stopped:?}");
    desk.store.set_full(false);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(desk.world.started.load(Ordering::SeqCst), 1);
    assert_eq!(desk.runtime.acts_out(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_rests_already_is_not_waited_for() {
    let desk = Desk::new();
    desk.world.open.store(true, Ordering::SeqCst);
    let run = desk.open().await;
    while desk.runtime.active() > 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let settled = tokio::time::timeout(Duration::from_secs(5), desk.runtime.settled(run)).await;
    assert_eq!(settled.unwrap().unwrap().status, Status::Done);
    let order = desk.runtime.order(run, Order::Pause { who: ann() }).unwrap();
    let refused = desk.runtime.command(order).await;
    assert!(matches!(refused, Err(Fault::Over(r, "done")) if r == run), "{refused:?}");
}
