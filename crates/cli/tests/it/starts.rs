//! Cases that begin by themselves: files that are dropped into a folder while `up` drives.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use journal::{Frame, Record, RunId};
use serde_json::{Value, json};
use store::SqliteReader;

use crate::desk::Desk;
use crate::driving::Driving;

pub const WORKFLOW: &str = r#"---
workflow: notes
purpose: Note what lies in a folder. It never pays.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: file of our own folder, from: inside, fields: { name: text } }
starts: [ { folder: drops } ]
limits:
  case: { cost: 0.10 EUR, days: 10 }
  day: { cost: 5 EUR, cases: 200 }
baseline: { minutes: 6, cases_per_week: 40 }
on_failure: { ask: clerk }
steps:
  - step: note
    tool: outbox.write_file
    with: { path: case.name, content: case.name }
exceptions:
  - { what: a file without a name, when: "case.name == ''", go: note }
---
# Notes
"#;

pub fn deploy(desk: &Desk, workflow: &str) {
    let why = ["--untried", "--reason", "a test of starts", "--as", "owner@example.com"];
    let said = desk.say(&[&["deploy", workflow][..], &why].concat());
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
}

/// Every case, once so many are done.
#[allow(clippy::disallowed_methods, reason = "what is waited for is another process")]
pub fn done(desk: &Desk, wanted: usize) -> Vec<Value> {
    let began = Instant::now();
    loop {
        let all = desk.say(&["runs", "--json"]).json();
        let done = all.iter().filter(|line| line["status"] == "done").count();
        if done >= wanted {
            return all;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{all:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn each_file_of_a_folder_begins_one_case_whatever_dies_in_between() {
    let desk = Desk::new();
    fs::write(desk.root().join("workflows/notes.md"), WORKFLOW).unwrap();
    let drops = desk.root().join("drops");
    fs::create_dir(&drops).unwrap();
    let checked = desk.say(&["check", "notes"]);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    let status = desk.say(&["status", "--json"]).json().remove(0);
    let start = &status["starts"][0];
    assert_eq!(start["says"], "Each new file in drops begins a case.", "{status}");
    assert_eq!(start["on"], false, "what was never deployed begins nothing: {status}");

    for temporary in [".hidden", "~lock", "half.part", "half.tmp", "old~"] {
        fs::write(drops.join(temporary), "nothing yet").unwrap();
    }
    fs::write(drops.join("a.txt"), "the first").unwrap();
    // What is deployed while another process drives begins its cases there, without a restart.
    let driving = Driving::start(&desk);
    deploy(&desk, "notes");
    assert_eq!(done(&desk, 1).len(), 1);
    drop(driving);

    // The same again begins nothing, before and after a restart; another file does.
    fs::write(drops.join("a.txt"), "the first").unwrap();
    fs::write(drops.join("b.txt"), "the second").unwrap();
    let driving = Driving::start(&desk);
    assert_eq!(done(&desk, 2).len(), 2);
    // What is in a file makes it another one.
    fs::write(drops.join("a.txt"), "the first, corrected").unwrap();
    let all = done(&desk, 3);
    assert_eq!(all.len(), 3);
    drop(driving);

    let run = all[0]["run"].as_str().unwrap();
    let told = desk.say(&["logs", run]).out;
    assert!(told.contains("opened by start 1 of its map, for a file"), "{told}");
    assert_eq!(desk.say(&["logs", run, "--verify"]).code, 0);
    let status = desk.say(&["status", "--json"]).json().remove(0);
    assert_eq!(status["starts"][0]["last"]["run"], run, "{status}");
    // Looking at a folder in which nothing is new writes nothing down.
    let reader = SqliteReader::open(&desk.root().join(".flightdeck")).unwrap();
    for (_, bytes) in reader.after(0, 10_000).unwrap() {
        let frame: Frame = serde_json::from_slice(&bytes).unwrap();
        let is_deployed = matches!(frame.records.as_slice(), [Record::Deployed { .. }]);
        assert!(frame.run != RunId::DESK || is_deployed, "{:?}", frame.records);
    }
}

/// A case of a file that a client names.
fn over_http(desk: &Desk, driving: &Driving, name: &str) {
    let token = ["token", "new", "--as", "owner@example.com", "--label", "a test", "--json"];
    let token = desk.say(&token).json()[0]["token"].as_str().unwrap().to_owned();
    let workspace = desk.root().file_name().unwrap().to_string_lossy().to_lowercase();
    let head = format!(
        "POST /api/v1/workspaces/{workspace}/cases HTTP/1.1\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json"
    );
    let case = json!({ "workflow": "notes", "case": { "name": name } });
    let started = driving.raw(&head, &case.to_string());
    assert_eq!(started.status, 201, "{}", started.body);
}

#[test]
fn a_file_that_was_run_by_hand_has_its_case() {
    let desk = Desk::new();
    fs::write(desk.root().join("workflows/notes.md"), WORKFLOW).unwrap();
    let drops = desk.root().join("drops");
    fs::create_dir(&drops).unwrap();
    let by_hand = |args: &[&str]| {
        let said = desk.say(&[&["run", "notes"][..], args].concat());
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        said.err.contains("what is run by hand has its case")
    };
    // Before it was ever deployed, by whoever tries it, and while another process drives.
    for name in ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt", "f.txt"] {
        fs::write(drops.join(name), name).unwrap();
    }
    assert!(by_hand(&["drops/a.txt"]));
    let driving = Driving::start(&desk);
    assert!(by_hand(&["drops/b.txt"]));
    over_http(&desk, &driving, "f.txt");
    done(&desk, 3);
    drop(driving);
    deploy(&desk, "notes");
    assert!(by_hand(&["drops/c.txt"]));
    assert!(by_hand(&["drops/d.txt", "--draft"]));
    // What is in a file makes it another one, and so does where it lies.
    fs::write(drops.join("d.txt"), "d.txt, corrected").unwrap();
    fs::write(desk.root().join("e.txt"), "e.txt").unwrap();
    assert!(!by_hand(&["e.txt"]));
    let before = done(&desk, 6).len();
    let driving = Driving::start(&desk);
    let all = done(&desk, before + 2);
    assert_eq!(all.len(), before + 2, "{all:?}");
    let begun: Vec<String> = all
        .iter()
        .map(|line| desk.say(&["logs", line["run"].as_str().unwrap()]).out)
        .filter(|told| told.contains("opened by start 1 of its map, for a file"))
        .collect();
    assert_eq!(begun.len(), 2, "{all:?}");
    // A person who runs a file once more says so, and gets one more case.
    assert!(by_hand(&["drops/a.txt"]));
    drop(driving);
    let all = done(&desk, before + 3);
    let runs: BTreeSet<&str> = all.iter().map(|line| line["run"].as_str().unwrap()).collect();
    assert_eq!((all.len(), runs.len()), (before + 3, before + 3), "{all:?}");
}

#[test]
fn a_stop_holds_what_begins_by_itself_and_lets_it_begin_when_it_is_lifted() {
    let desk = Desk::new();
    let other = WORKFLOW.replace("workflow: notes", "workflow: others").replace("drops", "ours");
    for (name, text, folder) in [("notes", WORKFLOW, "drops"), ("others", &other, "ours")] {
        fs::write(desk.root().join(format!("workflows/{name}.md")), text).unwrap();
        fs::create_dir(desk.root().join(folder)).unwrap();
        fs::write(desk.root().join(folder).join(format!("{name}.txt")), "new").unwrap();
    }
    deploy(&desk, "notes");
    deploy(&desk, "others");
    let scope = ["--workflow", "notes", "--reason", "a look first", "--as", "lead@example.com"];
    let said = desk.say(&[&["stop", "--force"][..], &scope].concat());
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let _driving = Driving::start(&desk);
    // It is looked at before the other one, whose case is done.
    let all = done(&desk, 1);
    assert_eq!((all.len(), all[0]["workflow"].as_str()), (1, Some("others")), "{all:?}");
    let said = desk.say(&[&["resume"][..], &scope].concat());
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(done(&desk, 2).len(), 2);
}

#[test]
fn a_share_of_what_begins_by_itself_begins_on_a_canary_that_has_the_start() {
    let desk = Desk::new();
    let map = desk.root().join("workflows/notes.md");
    fs::write(&map, WORKFLOW).unwrap();
    let drops = desk.root().join("drops");
    fs::create_dir(&drops).unwrap();
    deploy(&desk, "notes");
    let drop_files = |from: usize, to: usize| {
        for n in from..to {
            fs::write(drops.join(format!("{n}.txt")), "new").unwrap();
        }
    };
    let try_it = |text: &str| {
        fs::write(&map, text).unwrap();
        let why = ["--untried", "--reason", "a test", "--as", "owner@example.com", "--json"];
        let said = desk.say(&[&["deploy", "notes", "--share", "50%"][..], &why].concat());
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        let deployed = said.json().remove(0);
        let name = |key: &str| deployed[key].as_str().unwrap().to_owned();
        (name("live"), name("canary"))
    };
    let on =
        |all: &[Value], release: &str| all.iter().filter(|line| line["release"] == release).count();
    // The start stands at another place of the new map: it is the same start all the same.
    let moved = "starts: [ { at: daily 00:00 }, { folder: drops } ]";
    let text = WORKFLOW.replace("starts: [ { folder: drops } ]", moved);
    let (live, canary) = try_it(&text.replace("fields: { name: text }", "fields: { name: text? }"));
    drop_files(0, 24);
    let driving = Driving::start(&desk);
    let all = done(&desk, 24);
    assert_eq!(all.len(), 24, "each file begins one case, whatever it begins on");
    assert!(on(&all, &live) > 0 && on(&all, &canary) > 0, "{all:?}");
    let one = all.iter().find(|line| line["release"] == canary.as_str()).unwrap();
    let told = desk.say(&["logs", one["run"].as_str().unwrap()]).out;
    assert!(told.contains("opened by start 2 of its map, for a file"), "{told}");

    // One whose map has no such start leaves every case to the live release.
    let back = ["rollback", "notes", "--reason", "a test", "--as", "lead@example.com"];
    assert_eq!(desk.say(&back).code, 0);
    let (live, other) = try_it(&WORKFLOW.replace("starts: [ { folder: drops } ]\n", ""));
    let before = on(&all, &live);
    drop_files(24, 36);
    let all = done(&desk, 36);
    assert_eq!((on(&all, &other), on(&all, &live)), (0, before + 12), "{all:?}");
    drop(driving);
}
