//! A driver: within this process, until it is dropped, or as a process of its own that is killed as
//! `kill -9` does, wherever it is. What it left behind is all that is known of it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use journal::{Millis, RunQuery, Store};
use plan::Plan;
use plan::ids::WorkflowName;
use runtime::{Runtime, Triggers};
use store::SqliteStore;

use super::KEYING;
use super::maps::plans;
use crate::desk::Desk;
use crate::world::{Broken, Nothing, Of};

const ROOT: &str = "FLIGHTDECK_KILLED_ROOT";
const NOW: &str = "FLIGHTDECK_KILLED_NOW";
/// What it says when it is about to look.
const READY: &str = "it looks";

/// A driver, until it dies.
pub struct Life {
    pub tokio: tokio::runtime::Runtime,
    pub runtime: Runtime,
    pub triggers: Triggers,
}

impl Life {
    pub fn begin(root: &Path, plans: &BTreeMap<WorkflowName, Arc<Plan>>, broken: &Broken) -> Self {
        let tokio = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let data = root.join(".flightdeck");
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&data).unwrap());
        let within = tokio.enter();
        let runtime = Runtime::new(broken.before(store), Arc::new(Nothing), KEYING);
        runtime.trust(Arc::new(Of(plans.values().cloned().collect())));
        let triggers = Triggers::new(runtime.clone(), root.to_path_buf(), plans);
        drop(within);
        Self { tokio, runtime, triggers }
    }
}

/// Has another process look at the starts of a workspace, again and again, and kills it so long
/// after it began to.
#[allow(clippy::disallowed_methods, reason = "another process is given this time before it dies")]
pub fn killed_after(wait: Duration, root: &Path, now: u64) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "week::life::a_driver_that_is_killed_leaves_what_the_next_one_goes_on_with",
            "--exact",
        ])
        .arg("--nocapture")
        .env(ROOT, root)
        .env(NOW, now.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains(READY)), "it ended before it looked");
    std::thread::sleep(wait);
    child.kill().unwrap();
    let ended = child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ended), Some(9), "{ended:?}");
}

/// Without a place to drive in, it has itself started as the other process and goes on where that
/// one was killed.
#[test]
fn a_driver_that_is_killed_leaves_what_the_next_one_goes_on_with() {
    if let (Ok(root), Ok(now)) = (std::env::var(ROOT), std::env::var(NOW)) {
        let (root, now) = (Path::new(&root), Millis(now.parse().unwrap()));
        let Life { tokio, mut triggers, .. } = Life::begin(root, &plans(root), &Broken::default());
        println!("{READY}");
        loop {
            tokio.block_on(triggers.look(now));
        }
    }
    let desk = Desk::new();
    let root = desk.root();
    let files = ["one", "two", "three"];
    for folder in ["drops", "queue", "box", "hourly", "daily"] {
        fs::create_dir(root.join(folder)).unwrap();
    }
    for name in files {
        fs::write(root.join("drops").join(name), name).unwrap();
    }
    for wait in [0, 5, 20] {
        killed_after(Duration::from_millis(wait), &root, runtime::now().0);
    }
    let mut life = Life::begin(&root, &plans(&root), &Broken::default());
    for _ in 0..2 {
        life.tokio.block_on(life.triggers.look(runtime::now()));
    }
    let lines = life.runtime.store().runs(&RunQuery { limit: 100, ..RunQuery::default() });
    assert_eq!(lines.unwrap().len(), files.len(), "each file has one case");
}
