//! A release that needs what was declared after `up` began: another model by the same name, and a
//! server that was not there.

use std::fs;

use serde_json::json;

use super::{OWNER, SORTER, deploy, deployed, desk, run_all, runs, vendor, wait_for};
use crate::driving::Driving;
use crate::vendor::{Vendor, said};

#[test]
fn a_release_brings_its_own_model_and_server_to_a_process_that_runs() {
    let (first, second) =
        (vendor(), Vendor::new(|_| said(&json!({ "kind": "plain" }).to_string())));
    let desk = desk(&first);
    deployed(&deploy(&desk, &[]));
    let _up = Driving::start(&desk);
    run_all(&desk, "before", "a plain letter", "sorting", 4);
    let before = first.asked();
    assert!(before > 0 && second.asked() == 0);

    // The same name now means another model somewhere else, and the note goes to another server.
    desk.change("flightdeck.yaml", &first.url(), &second.url());
    desk.change("flightdeck.yaml", "model: m\n", "model: m2\n");
    desk.change("workflows/sort.md", "tool: outbox.write_file", "tool: archive.write_file");
    fs::create_dir_all(desk.root().join("archive")).unwrap();
    let command = ["--", "flightdeck", "serve", "files", "--root", "archive", "--write"];
    let added = desk.say(&[&["mcp", "add", "archive"][..], &command].concat());
    assert_eq!(added.code, 0, "{}{}", added.out, added.err);
    let pin =
        ["mcp", "pin", "archive.write_file", "--effect", "write", "--arg", "path=destination"];
    let pinned = desk.say(&[&pin[..], &OWNER].concat());
    assert_eq!(pinned.code, 0, "{}{}", pinned.out, pinned.err);
    let tried = deployed(&deploy(&desk, &[]));
    assert!(tried["canary"].is_string(), "{tried}");
    let before_second = second.asked();
    assert!(before_second > 0, "its kept case was tried on its own model");

    // Each case is answered by the model of the release it began on.
    let all = run_all(&desk, "after", "a plain letter", "sorting", 24);
    let stored = wait_for(|| {
        let stored = runs(&desk);
        let done = stored.iter().filter(|run| run["status"] == "done").count();
        (done == all.len() + 4).then_some(stored)
    });
    let canary = stored.iter().filter(|run| run["release"] == tried["canary"]).count();
    assert!(canary > 0 && canary < 24, "{canary} of 24 began on the canary");
    assert_eq!((first.asked() - before, second.asked() - before_second), (24 - canary, canary));
    let kept = fs::read_dir(desk.root().join("archive")).unwrap().count();
    assert_eq!(kept, canary, "the notes of the canary went to its server");

    // A model that nobody can reach is said before anything goes live.
    let back = desk.say(&[&["rollback", "sort", "--reason", "a test"][..], &OWNER].concat());
    assert_eq!(back.code, 0, "{}{}", back.out, back.err);
    desk.change(
        "flightdeck.yaml",
        &format!("base_url: {}", second.url()),
        "base_url: \"${NOWHERE}/v1\"",
    );
    desk.change("flightdeck.yaml", "model: m2\n", "model: m3\n");
    fs::remove_dir_all(desk.root().join("cases/sort")).unwrap();
    let refused = deploy(&desk, &["--untried", "--reason", "a test"]);
    assert_ne!(refused.code, 0, "{}{}", refused.out, refused.err);
    assert!(refused.err.contains("NOWHERE"), "{}", refused.err);
    assert!(SORTER.contains("model: big"));
}
