//! What ends a canary without a person while `up` drives: enough of its cases that were not worse,
//! where the rules let it become live by itself, and its days.

use std::sync::mpsc;

use journal::{Cause, Draft, Entropy, Epoch, Frame, Hash, Millis, Record, RunId, Seq, Store};
use plan::ids::{ReleaseId, WorkflowName};
use serde_json::{Value, json};
use store::SqliteStore;

use super::{OWNER, deploy, deployed, desk, instruct, releases, run_all, runs, vendor, wait_for};
use crate::desk::Desk;
use crate::driving::Driving;

const DAY: u64 = 24 * 60 * 60 * 1_000;

/// How a canary ended, once it has.
fn ended(desk: &Desk, canary: &Value) -> Value {
    wait_for(|| {
        let all = releases(desk);
        all.into_iter().find(|one| one["release"] == *canary && one["state"] != "canary")
    })
}

/// Writes the last entry about a deployment once more, as if it had been made so many days ago.
fn deployed_before(desk: &Desk, days: u64) {
    let store = SqliteStore::open(&desk.root().join(".flightdeck")).unwrap();
    let stored = store.frames(RunId::DESK, Seq(0), 1_000).unwrap();
    let frames: Vec<Frame> =
        stored.iter().map(|row| serde_json::from_slice(&row.bytes).unwrap()).collect();
    let is_it = |record: &Record| matches!(record, Record::Deployed { canary: Some(_), .. });
    let last = frames.iter().rev().find(|frame| frame.records.iter().any(is_it)).unwrap();
    let (seq, prev): (Seq, Hash) = store.tip(RunId::DESK).unwrap().unwrap();
    let draft = Draft {
        run: RunId::DESK,
        seq,
        prev,
        epoch: Epoch(1),
        at: Millis(runtime::now().0 - days * DAY),
        cause: vec![Cause::Open],
        records: last.records.clone(),
        bodies: Vec::new(),
        entropy: Entropy([9; 32]),
        draws: Vec::new(),
        consumes: Vec::new(),
        posts: Vec::new(),
        payloads: Vec::new(),
        vendors: Vec::new(),
        workflow: WorkflowName::new("desk").unwrap(),
        freedoms: Vec::new(),
        above: Vec::new(),
        release: ReleaseId([0; 32]),
        standing: None,
    };
    let (told, heard) = mpsc::channel();
    journal::commit(&store, draft, move |result| told.send(result.map(drop)).unwrap());
    heard.recv().unwrap().unwrap();
}

#[test]
fn what_is_not_worse_becomes_live_by_itself_where_the_rules_say_so() {
    let vendor = vendor();
    let desk = desk(&vendor);
    desk.change("flightdeck.yaml", "share: 50 % }", "share: 50 %, promote: itself }");
    let first = deployed(&deploy(&desk, &[]))["live"].clone();
    instruct(&desk, "Read it twice.\n");
    let driving = Driving::start(&desk);
    let second = deployed(&deploy(&desk, &[]));
    let canary = &second["canary"];
    assert_eq!(second["live"], first, "{second}");
    // That fewer than twenty of ninety begin on it happens less than once in a million times.
    run_all(&desk, "good", "a plain letter", "sorting", 90);
    let promoted = ended(&desk, canary);
    assert_eq!(promoted["state"], "live", "{promoted}");
    let before = releases(&desk).into_iter().find(|one| one["release"] == first).unwrap();
    assert_eq!(before["state"], "before", "{before}");
    let logs = desk.say(&["logs", "00000000000000000000000000"]).out;
    assert!(logs.contains("of its cases were seen, and it was not worse"), "{logs}");
    // Every new case begins on it from then on.
    for run in run_all(&desk, "after", "a plain letter", "sorting", 8) {
        let lines = runs(&desk);
        let line = lines.iter().find(|line| line["run"] == run.as_str()).unwrap();
        assert_eq!((&line["release"], &line["status"]), (canary, &json!("done")));
    }
    drop(driving);
}

#[test]
fn a_canary_whose_days_are_over_is_gone_back_from() {
    let vendor = vendor();
    let desk = desk(&vendor);
    let rules = "share: 50 %, days: 3, promote: itself }";
    desk.change("flightdeck.yaml", "share: 50 % }", rules);
    let first = deployed(&deploy(&desk, &[]))["live"].clone();
    instruct(&desk, "Read it twice.\n");
    let canary = deployed(&deploy(&desk, &[]))["canary"].clone();
    let back = |desk: &Desk| {
        let reason = ["--reason", "it was deployed some days ago", "--json"];
        deployed(&desk.say(&[&["rollback", "sort"][..], &OWNER, &reason].concat()))
    };
    // Two of its three days are no end: cases are still waited for.
    back(&desk);
    deployed_before(&desk, 2);
    let driving = Driving::start(&desk);
    run_all(&desk, "early", "a plain letter", "sorting", 6);
    drop(driving);
    let still = releases(&desk).remove(0);
    assert_eq!((&still["release"], &still["state"]), (&canary, &json!("canary")), "{still}");
    back(&desk);
    deployed_before(&desk, 4);
    let _driving = Driving::start(&desk);
    let over = wait_for(|| {
        let last = releases(&desk).remove(0);
        (last["state"] == "rolled_back").then_some(last)
    });
    assert_eq!(over["release"], canary, "{over}");
    assert!(over["ended"].as_str().unwrap().contains("its days are over"), "{over}");
    for run in run_all(&desk, "after", "a plain letter", "sorting", 6) {
        let lines = runs(&desk);
        let line = lines.iter().find(|line| line["run"] == run.as_str()).unwrap();
        assert_eq!((&line["release"], &line["status"]), (&first, &json!("done")));
    }
}
