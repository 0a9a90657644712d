//! Very many items behind one run, with the driver dropped in the middle: each item's case is
//! opened once and ends once, and what the driver holds does not grow with their number.
//! `FLIGHTDECK_LONG=1` takes 100,000 items instead of fewer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, wherever in it that is"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use journal::{Mode, Permit, RunId, RunQuery, Starter, Status, Store};
use plan::ids::{PersonId, WorkflowName};
use plan::{Files, Plan};
use runtime::{Answered, NewRun, Runtime, World};
use store::SqliteStore;

/// Items open at the same time.
const WINDOW: usize = 64;
/// How often the driver goes away before the end.
const RESTARTS: usize = 2;
/// What the process may grow by: caches; and for each item its place in the parent's list, in the
/// parent's records while they are read back, and in this test's own look at the index.
const FIXED: u64 = 64 << 20;
const PER_ITEM: u64 = 3_000;

const TOP: &str = "purpose: Look at every item of a list.
accountable: ann@bench.example
override: lead
risk: low
autonomy: act
limits:
  case: { cost: 1 EUR, tokens: 200000, acts: 20, active: 60 minutes, days: 10 }
  day: { cost: 1000000 EUR, cases: 100000000 }
on_failure: { ask: clerk }
";

fn plan(items: usize) -> Plan {
    let all = format!(
        "---\nworkflow: all\n{TOP}case: {{ one: a list, from: inside, fields: {{ items: {{ list_of: \
         {{ name: text }} }} }} }}\nsteps:\n  - step: every\n    each: {{ of: case.items, workflow: \
         one, items: {items}, at_once: {WINDOW}, collect: false }}\n  - step: last\n    end: \
         done\nexceptions:\n  - {{ what: never, when: \"false\", go: last }}\n---\n# All\n"
    );
    let one = format!(
        "---\nworkflow: one\n{TOP}case: {{ one: an item, from: inside, fields: {{ name: text }} \
         }}\nsteps:\n  - step: last\n    end: done\nexceptions:\n  - {{ what: no name, when: \
         \"case.name == ''\", go: last }}\n---\n# One\n"
    );
    let mut files = Files::new();
    files.insert("flightdeck.yaml", include_str!("../workspace/flightdeck.yaml"));
    files.insert("workflows/all.md", &all);
    files.insert("workflows/one.md", &one);
    plan::check(&files, "all").unwrap_or_else(|problems| panic!("{problems}"))
}

fn case(items: usize) -> Vec<u8> {
    let list = (0..items).map(|n| serde_json::json!({ "name": format!("item {n}") }));
    serde_json::json!({ "items": list.collect::<Vec<_>>() }).to_string().into_bytes()
}

/// Nothing of this is done outside.
struct Nowhere;

impl World for Nowhere {
    fn act(
        &self,
        _: runtime::On,
        permit: Permit,
    ) -> std::pin::Pin<Box<dyn Future<Output = Answered> + Send + '_>> {
        panic!("an act was allowed: {:?}", permit.payload());
    }
}

/// A driver with threads of its own, which end with it, whatever they were at.
struct Driver {
    threads: tokio::runtime::Runtime,
    runtime: Runtime,
    store: Arc<SqliteStore>,
}

impl Driver {
    fn start(folder: &Path) -> Self {
        let threads =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let store = Arc::new(SqliteStore::open(folder).unwrap());
        let runtime = Runtime::new(store.clone(), Arc::new(Nowhere), [7; 32]);
        Self { threads: threads.unwrap(), runtime, store }
    }

    /// Goes away with everything that is under way.
    fn drop_dead(self) {
        self.threads.shutdown_timeout(Duration::from_secs(20));
    }

    fn children(&self) -> Vec<Status> {
        let query = RunQuery {
            workflow: Some(WorkflowName::new("one").unwrap()),
            limit: usize::MAX >> 1,
            ..RunQuery::default()
        };
        self.store.runs(&query).unwrap().into_iter().map(|line| line.status).collect()
    }
}

fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the driver under test has threads of its own")]
fn very_many_items_survive_restarts_in_bounded_memory() {
    let long = std::env::var_os("FLIGHTDECK_LONG").is_some_and(|set| set == "1");
    let items = if long { 100_000 } else { 20_000 };
    let folder = tempfile::tempdir().unwrap();
    let plan = Arc::new(plan(items));
    let case = case(items);
    let before = resident();
    let mut highest = before;
    let mut driver = Driver::start(folder.path());
    let starter = Starter::Person(PersonId::new("ann@bench.example").unwrap());
    let new = NewRun { plan, case, labels: None, called: None, starter, mode: Mode::Live };
    let run: RunId = driver.threads.block_on(driver.runtime.open(new)).unwrap();
    for restart in 1..=RESTARTS {
        // Some of the window are open, whatever share of the whole is done.
        while driver.children().len() < items * restart / (RESTARTS + 1) {
            highest = highest.max(resident());
            std::thread::sleep(Duration::from_millis(100));
        }
        driver.drop_dead();
        driver = Driver::start(folder.path());
        let open = driver.children().iter().filter(|status| !status.over()).count();
        assert!(open <= WINDOW, "{open} of a window of {WINDOW} were open");
        let Driver { threads, runtime, .. } = &driver;
        threads.block_on(runtime.wake_due()).unwrap();
    }
    let ended = loop {
        let Driver { threads, runtime, .. } = &driver;
        let settled = threads.block_on(async {
            tokio::time::timeout(Duration::from_millis(200), runtime.settled(run)).await
        });
        highest = highest.max(resident());
        match settled {
            Ok(standing) => break standing.unwrap().status,
            Err(_) => continue,
        }
    };
    assert_eq!(ended, Status::Done);
    let children = driver.children();
    assert_eq!(children.len(), items, "each item once");
    assert!(children.iter().all(|status| *status == Status::Done));
    let grown = highest - before;
    let most = FIXED + PER_ITEM * items as u64;
    assert!(grown < most, "the process grew by {grown} bytes over {items} items");
    driver.drop_dead();
}
