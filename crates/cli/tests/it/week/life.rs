//! A driver: within this process, until it is dropped, or as a process of its own that is killed as
//! `kill -9` does, wherever it is. What it left behind is all that is known of it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use journal::{Millis, Store};
use plan::Plan;
use plan::ids::WorkflowName;
use runtime::{Runtime, Triggers};
use store::SqliteStore;

use super::KEYING;
use super::maps::plans;
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
        .args(["week::life::a_driver_that_ends_only_when_it_is_killed", "--exact"])
        .args(["--ignored", "--nocapture"])
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

#[test]
#[ignore = "it is the other process of a week, and never ends by itself"]
fn a_driver_that_ends_only_when_it_is_killed() {
    let root = std::env::var(ROOT).unwrap();
    let now = Millis(std::env::var(NOW).unwrap().parse().unwrap());
    let root = Path::new(&root);
    let Life { tokio, mut triggers, .. } = Life::begin(root, &plans(root), &Broken::default());
    println!("{READY}");
    loop {
        tokio.block_on(triggers.look(now));
    }
}
