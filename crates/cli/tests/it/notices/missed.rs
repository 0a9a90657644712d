//! Starts that were due while nothing drove: what was missed is told, by the binary, to whoever the
//! rule names.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use journal::{Millis, Store};
use runtime::{Runtime, Triggers};
use serde_json::Value;
use store::SqliteStore;

use super::{ENVIRONMENT, Receivers, with_notices};
use crate::desk::Desk;
use crate::driving::Driving;
use crate::starts::{WORKFLOW, deploy, done};
use crate::world::{Nothing, Of};

const DAY: u64 = 24 * 60 * 60 * 1_000;

/// A time of the day that is far from now, so that no start is due while this is looked at.
fn far_from_now() -> String {
    let minute = (runtime::now().0 / 60_000 + 720) % 1_440;
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// A driver that looked at the starts of these maps so many days ago, and never again.
fn looked(desk: &Desk, days: u64) {
    let mut files = plan::Files::default();
    for name in ["flightdeck.yaml", "workflows/notes.md", ".mcp.json", "mcp.lock"] {
        files.insert(name, &fs::read_to_string(desk.root().join(name)).unwrap());
    }
    let checked = plan::check_all(&files);
    assert!(checked.problems.is_empty(), "{}", checked.problems.render(&files, false));
    let plans: BTreeMap<_, _> =
        checked.plans.into_iter().map(|(name, plan)| (name, Arc::new(plan))).collect();
    let tokio = tokio::runtime::Runtime::new().unwrap();
    let _within = tokio.enter();
    let store: Arc<dyn Store> =
        Arc::new(SqliteStore::open(&desk.root().join(".flightdeck")).unwrap());
    let runtime = Runtime::new(store, Arc::new(Nothing), [7; 32]);
    runtime.trust(Arc::new(Of(plans.values().cloned().collect())));
    let mut triggers = Triggers::new(runtime, desk.root(), &plans);
    tokio.block_on(triggers.look(Millis(runtime::now().0 - days * DAY)));
}

/// What the rules say, once the first of them is beyond its limit.
#[allow(clippy::disallowed_methods, reason = "what is waited for is another process")]
fn beyond(desk: &Desk) -> Value {
    let began = Instant::now();
    loop {
        let said = desk.say(&["alerts", "--json"]);
        let told = said.json().remove(0);
        if told["state"] == "beyond" {
            assert_eq!(said.code, 8, "{told}");
            return told;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{told}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn that_starts_were_missed_is_told_to_whoever_the_rule_names() {
    let desk = Desk::new();
    let starts = format!("starts: [ {{ at: \"daily {} UTC\" }} ]", far_from_now());
    let map = WORKFLOW
        .replace("starts: [ { folder: drops } ]", &starts)
        .replace("fields: { name: text }", "fields: { due: text }")
        .replace("path: case.name", "path: { literal: noted.txt }")
        .replace("case.name", "case.due");
    fs::write(desk.root().join("workflows/notes.md"), map).unwrap();
    let receivers = Receivers::start(&desk);
    let rule = "{ name: begins, watch: start_missed, of: notes, over: 1, within: 1 day, owner: \
                owner@example.com, tell: lead, quiet: 1 day }";
    with_notices(
        &desk,
        &format!(
            "  hook: {{ webhook: \"http://127.0.0.1:{}/in\", key: HOOK_KEY, tell: [ alert ], \
             roles: [ lead ] }}\nalerts:\n  - {rule}\n",
            receivers.web
        ),
    );
    deploy(&desk, "notes");
    looked(&desk, 4);
    let within = desk.say(&["alerts", "--json"]);
    assert_eq!(within.code, 0, "{}{}", within.out, within.err);
    let up = || Driving::with(&desk, &[], ENVIRONMENT);
    // Of four times that were due, only the last is young enough to begin its case still.
    let driving = up();
    assert_eq!(done(&desk, 1).len(), 1);
    let told = beyond(&desk);
    assert_eq!((&told["value"], &told["limit"]), (&3.into(), &1.into()), "{told}");
    driving.leave();
    let driving = up();
    let told = receivers.next();
    assert_eq!(told["webhook"]["type"], "flightdeck.alert", "{told}");
    let text = told["webhook"]["data"]["text"].as_str().unwrap();
    let said = "alert `begins` of `notes`: 3 times at which a case was due began none";
    assert!(text.starts_with(said) && text.ends_with("owner@example.com answers for it"), "{text}");
    driving.leave();
    // Whoever drives next tells nothing of it again.
    up().leave();
    assert!(receivers.silent());
    let status = desk.say(&["status"]).out;
    assert!(status.contains("alert `begins`"), "{status}");
    let logs = desk.say(&["logs", "00000000000000000000000000"]).out;
    assert_eq!(logs.matches("`notes` missed 3 starts that were due between").count(), 1, "{logs}");
}
