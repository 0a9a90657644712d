//! Releases through the real binary: what is deployed and what is refused, a worse one that the kept
//! cases miss and live traffic does not, going back, and what a `kill -9` leaves.

mod ends;
mod open;
mod supply;

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::desk::{Desk, Said};
use crate::driving::Driving;
use crate::vendor::{Vendor, said};

const WORKFLOW: &str = r#"---
workflow: sort
purpose: Say what kind of letter one is, and note it. It never pays.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: letter, from: inside, fields: { name: text, text: text, desk: text } }
limits:
  case: { cost: 0.10 EUR, days: 10 }
  day: { cost: 5 EUR, cases: 2000 }
baseline: { minutes: 6, cases_per_week: 40 }
on_failure: { then: stop }
steps:
  - step: read
    agent: sorter
    given: [ case.text ]
    answer: { kind: "one of [plain, odd]" }
  - step: route
    decide:
      who: lead
      basis: How letters are sorted
      first:
        - { when: "case.desk == 'sorting'", go: note }
      otherwise: look
  - step: look
    review:
      by: lead
      never_by: [ starter ]
      question: Is this letter odd?
      show: [ read ]
      within: 8 working hours
      late: { then: stop }
      if_rejected: { then: stop }
    then: note
  - step: note
    tool: outbox.write_file
    with: { path: case.name, content: read.kind }
exceptions:
  - { what: a letter without a text, when: "case.text == ''", go: look }
---
# Sort
"#;

const SORTER: &str = "---\nname: sorter\ndescription: Says what kind of letter it is.\nmodel: big\n\
tools: []\n---\nSay what kind of letter it is.\n";

const CASE: &str = "case: { name: kept.txt, text: a plain letter, desk: sorting }\nexpect: note\n\
acts: { note: { content: plain } }\n";

const GOOD: &str = "Read the whole letter.\n";
/// What the kept cases notice, and what only live traffic does.
const RIDDLES: &str = "Answer in riddles.\n";
const SKIPS: &str = "Skip what stands below the signature.\n";

/// A model that is worse under worse instructions.
fn vendor() -> Vendor {
    Vendor::new(|asked| {
        let says = |text: &str| asked.instructions.contains(text);
        if says("riddles") {
            return said(&json!({ "kind": "odd" }).to_string());
        }
        if says("Skip what stands below") && asked.text.contains("postscript") {
            return said("I have not read all of it.");
        }
        let kind = if asked.text.contains("odd") { "odd" } else { "plain" };
        said(&json!({ "kind": kind }).to_string())
    })
}

/// A workspace with the workflow, its kept case, and rules for its releases.
fn desk(vendor: &Vendor) -> Desk {
    let desk = Desk::new();
    let root = desk.root();
    fs::write(root.join("workflows/sort.md"), WORKFLOW).unwrap();
    fs::write(root.join("agents/sorter.md"), SORTER).unwrap();
    fs::create_dir_all(root.join("cases/sort")).unwrap();
    fs::write(root.join("cases/sort/001-plain.yaml"), CASE).unwrap();
    let model = format!(
        "models:\n  big:\n    vendor: openai\n    base_url: {}\n    model: m\n    can: [ json ]\n    \
         context: 4096\n    answer: 400\n    hides: []\n",
        vendor.url()
    );
    desk.change("flightdeck.yaml", "models:\n", &model);
    let rules =
        "releases:\n  sort: { at_least: 100 %, canary: { cases: 20, share: 50 % } }\nmodels:\n";
    desk.change("flightdeck.yaml", "models:\n", rules);
    instruct(&desk, GOOD);
    desk
}

fn instruct(desk: &Desk, text: &str) {
    fs::write(desk.root().join("AGENTS.md"), text).unwrap();
}

/// What another process comes to at last.
#[allow(clippy::disallowed_methods, reason = "what is waited for is another process")]
fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(90), "it does not come");
        std::thread::sleep(Duration::from_millis(50));
    }
}

const OWNER: [&str; 2] = ["--as", "owner@example.com"];

fn deploy(desk: &Desk, more: &[&str]) -> Said {
    desk.say(&[&["deploy", "sort", "--json"][..], more, &OWNER].concat())
}

/// What `deploy`, `promote` or `rollback` says, where it was followed.
fn deployed(said: &Said) -> Value {
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    said.json().into_iter().find(|object| object["kind"] == "deployed").unwrap()
}

/// Every release of the workflow, the last one first.
fn releases(desk: &Desk) -> Vec<Value> {
    let said = desk.say(&["releases", "sort", "--json"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    said.json()
}

fn runs(desk: &Desk) -> Vec<Value> {
    desk.say(&["runs", "--limit", "1000", "--json"]).json()
}

fn letter(name: &str, text: &str, at: &str) -> String {
    json!({ "name": name, "text": text, "desk": at }).to_string()
}

fn run_all(desk: &Desk, name: &str, text: &str, at: &str, count: usize) -> Vec<String> {
    let row = |n| letter(&format!("{name}-{n}.txt"), text, at);
    let rows: Vec<String> = (0..count).map(row).collect();
    fs::write(desk.root().join("rows.jsonl"), rows.join("\n")).unwrap();
    let said = desk.say(&["run", "sort", "--each", "rows.jsonl", "--at-once", "8", "--json"]);
    let cases = said.json().into_iter().filter(|object| object["kind"] == "case");
    let all: Vec<String> = cases.map(|case| case["run"].as_str().unwrap().to_owned()).collect();
    assert_eq!(all.len(), count, "{}{}", said.out, said.err);
    all
}

#[test]
fn a_worse_release_is_refused_by_its_cases_or_gone_back_from_by_itself() {
    let vendor = vendor();
    let desk = desk(&vendor);
    // Whoever neither answers for it nor may overrule it makes nothing live.
    let said = desk.say(&["deploy", "sort", "--as", "clerk@example.com"]);
    assert_eq!(said.code, 4, "{}{}", said.out, said.err);
    assert!(said.err.contains("lead@example.com, owner@example.com"), "{}", said.err);
    let first = deployed(&deploy(&desk, &[]));
    assert_eq!((&first["changed"], &first["canary"]), (&json!(true), &Value::Null), "{first}");
    assert_eq!(first["tried"], json!({ "cases": 1, "right": 1, "at_least": 1_000_000 }));
    let live = first["live"].as_str().unwrap();
    let again = deployed(&deploy(&desk, &[]));
    assert_eq!((&again["changed"], again["live"].as_str()), (&json!(false), Some(live)));

    // A worse instruction that the kept cases notice is refused, whatever share is typed.
    instruct(&desk, RIDDLES);
    for more in [&[][..], &["--at-least", "0%"], &["--share", "100%"]] {
        let said = deploy(&desk, more);
        assert_eq!(said.code, 8, "{}{}", said.out, said.err);
        assert!(!said.out.contains("\"kind\":\"deployed\""), "{}", said.out);
    }
    assert_eq!(releases(&desk).len(), 1);

    // One that they miss is tried on half of the new cases, and is still after a `kill -9`.
    instruct(&desk, SKIPS);
    let driving = Driving::start(&desk);
    let second = deployed(&deploy(&desk, &[]));
    drop(driving);
    let canary = second["canary"].as_str().unwrap();
    assert_eq!(second["live"], live, "{second}");
    assert!(second["new"].to_string().contains("AGENTS.md"), "{second}");
    let [one, other] = releases(&desk).try_into().unwrap();
    assert_eq!((&one["state"], one["release"].as_str()), (&json!("canary"), Some(canary)));
    assert_eq!((&other["state"], other["release"].as_str()), (&json!("live"), Some(live)));
    // While one is tried no other is deployed.
    instruct(&desk, "Read it twice.\n");
    assert_eq!(deploy(&desk, &[]).code, 2);

    let driving = Driving::start(&desk);
    let waiting = run_all(&desk, "odd", "an odd letter", "complaints", 16);
    let on_canary = |run: &str| {
        let all = runs(&desk);
        all.iter().any(|line| line["run"] == run && line["release"] == canary)
    };
    let waits = waiting.iter().find(|run| on_canary(run)).expect("half of them are on it");
    run_all(&desk, "live", "a letter with a postscript", "sorting", 60);
    let fallen = wait_for(|| {
        let first = releases(&desk).remove(0);
        (first["state"] == "rolled_back").then_some(first)
    });
    assert_eq!(fallen["release"], canary, "{fallen}");
    let measured = &fallen["measured"];
    assert_eq!(measured["figure"], "not_done", "{fallen}");
    let number = |value: &Value| value.as_i64().unwrap();
    assert!(number(&measured["low"]) > number(&measured["margin"]), "{fallen}");
    assert_eq!(measured["canary"]["of"], measured["canary"]["sum"], "none of its was done");
    assert_eq!(measured["live"]["sum"], 0, "{fallen}");
    let why = fallen["ended"].as_str().unwrap();
    assert!(why.contains("were not done") && why.contains("points more"), "{why}");
    for command in [&["status"][..], &["why"], &["logs", "00000000000000000000000000"]] {
        let said = desk.say(command);
        assert!(said.out.contains(why), "{command:?}: {}", said.out);
    }

    // New cases begin on the release that stayed live; one that is open ends on its own.
    let after = run_all(&desk, "after", "a letter with a postscript", "sorting", 10);
    let lines = runs(&desk);
    let line = |run: &str| lines.iter().find(|line| line["run"] == run).unwrap();
    for run in &after {
        assert_eq!((&line(run)["release"], &line(run)["status"]), (&json!(live), &json!("done")));
    }
    let yes = desk.say(&["review", "approve", waits, "--as", "lead@example.com", "--json"]);
    assert_eq!(yes.code, 0, "{}{}", yes.out, yes.err);
    let lines = runs(&desk);
    let ended = lines.iter().find(|line| line["run"] == waits.as_str()).unwrap();
    assert_eq!((&ended["release"], &ended["status"]), (&json!(canary), &json!("done")));
    drop(driving);
    let said = desk.say(&["logs", waits, "--verify"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
}

#[test]
fn going_back_and_forth_is_for_whoever_may() {
    let vendor = vendor();
    let desk = desk(&vendor);
    let back = |more: &[&str]| {
        let reason = ["--reason", "it reads badly", "--json"];
        desk.say(&[&["rollback", "sort"][..], more, &reason].concat())
    };
    // What was never deployed has nothing to go back to.
    assert_eq!(back(&OWNER).code, 1);
    let first = deployed(&deploy(&desk, &[]))["live"].clone();
    assert_eq!(back(&OWNER).code, 1);
    instruct(&desk, SKIPS);
    let second = deployed(&deploy(&desk, &["--share", "100%"]));
    assert_eq!((&second["left"], &second["canary"]), (&first, &Value::Null), "{second}");
    let said = back(&["--as", "clerk@example.com"]);
    assert_eq!(said.code, 4, "{}{}", said.out, said.err);
    let rolled = deployed(&back(&OWNER));
    assert_eq!((&rolled["live"], &rolled["left"]), (&first, &second["live"]));
    let fallen = releases(&desk).remove(0);
    assert_eq!(fallen["ended"], "owner@example.com: it reads badly", "{fallen}");

    // A canary is made live by a person's word, and what its cases showed is there to be read.
    deployed(&deploy(&desk, &["--share", "10%"]));
    let tried = releases(&desk).remove(0);
    assert_eq!(
        (&tried["state"], &tried["compared"]["verdict"]),
        (&json!("canary"), &json!("goes"))
    );
    let promoted = deployed(&desk.say(&[&["promote", "sort", "--json"][..], &OWNER].concat()));
    assert_eq!((&promoted["live"], &promoted["left"]), (&second["live"], &first));
    assert_eq!(desk.say(&[&["promote", "sort"][..], &OWNER].concat()).code, 1);
    let to = first.as_str().unwrap().get(..12).unwrap();
    assert_eq!(deployed(&back(&[&["--to", to][..], &OWNER].concat()))["live"], first);
    let said = back(&[&["--to", "ffffffffffff"][..], &OWNER].concat());
    assert_eq!(said.code, 2, "{}{}", said.out, said.err);

    for share in ["0%", "60%"] {
        assert_eq!(deploy(&desk, &["--share", share]).code, 2);
    }
}

#[test]
fn what_is_live_is_what_was_stored_whatever_the_files_say() {
    let vendor = vendor();
    let desk = desk(&vendor);
    // Without a case to try it with, it takes a word and a reason.
    fs::remove_file(desk.root().join("cases/sort/001-plain.yaml")).unwrap();
    let said = deploy(&desk, &[]);
    assert!(said.code == 8 && said.err.contains("--untried"), "{}{}", said.out, said.err);
    assert_eq!(deploy(&desk, &["--untried"]).code, 2);
    let first = deployed(&deploy(&desk, &["--untried", "--reason", "the first one"]));
    assert_eq!(first["tried"], Value::Null);
    assert_eq!(releases(&desk).remove(0)["reason"], "the first one");

    instruct(&desk, RIDDLES);
    let case = letter("a.txt", "a plain letter", "sorting");
    let said = desk.say(&["run", "sort", &case]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.err.contains("its files have changed since"), "{}", said.err);
    let noted = || fs::read_to_string(desk.root().join("outbox/a.txt")).unwrap();
    assert_eq!(noted(), "plain");
    let draft = desk.say(&["run", "sort", &case, "--draft"]);
    assert_eq!((draft.code, noted().as_str()), (0, "odd"), "{}{}", draft.out, draft.err);
    // A map with problems keeps nothing from running, here and in the process that drives.
    desk.change("workflows/sort.md", "risk: low", "risk: none");
    let said = desk.say(&["run", "sort", &case]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.err.contains("its files have problems"), "{}", said.err);
    let _driving = Driving::start(&desk);
    for run in run_all(&desk, "driven", "a plain letter", "sorting", 3) {
        let lines = runs(&desk);
        let line = lines.iter().find(|line| line["run"] == run.as_str()).unwrap();
        assert_eq!((&line["release"], &line["status"]), (&first["live"], &json!("done")));
    }
    assert_eq!(desk.say(&["run", "sort", &case, "--draft"]).code, 2);
    assert_eq!(deploy(&desk, &[]).code, 2);
}
