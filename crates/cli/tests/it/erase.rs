//! The contents of one person's cases are destroyed and everybody else's stay; the entries of both
//! still prove what happened. `FLIGHTDECK_ERASE` says of how many cases one person's are taken.

use std::fmt::Write as _;

use serde_json::Value;

use crate::desk::{Desk, Said};
use crate::driving::Driving;

const WORKFLOW: &str = r#"---
workflow: notes
purpose: Sort what people write to us. It answers nobody.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: line of our list, from: outside, fields: { id: text, email: text, text: text, points: integer } }
limits:
  case: { cost: 0.10 EUR, days: 10 }
  day: { cost: 5 EUR, cases: 200000 }
baseline: { minutes: 6, cases_per_week: 40 }
on_failure: { ask: clerk }
steps:
  - step: route
    decide:
      who: lead
      basis: Desk rules, section 2
      first:
        - { when: "case.points <= 90", go: filed }
      otherwise: look
  - step: look
    review:
      by: lead
      never_by: [ starter ]
      question: Is this ours?
      show: [ case ]
      within: 8 working hours
      late: { then: stop }
      if_rejected: { then: stop }
    then: filed
  - step: filed
    end: done
exceptions:
  - { what: an empty message, when: "case.text == ''", go: look }
---
# Notes
"#;

const ANN: &str = "ann.ode@post.example";
const OWNER: [&str; 2] = ["--as", "owner@example.com"];

fn erase(desk: &Desk, what: &[&str], who: [&str; 2]) -> Said {
    let reason = ["--reason", "she asked for it on Monday", "--json"];
    desk.say(&[&["erase"][..], what, &reason, &who].concat())
}

fn object(said: &Said, kind: &str) -> Value {
    let mut all = said.json().into_iter().filter(|object| object["kind"] == kind);
    all.next().unwrap_or_else(|| panic!("no `{kind}` in {}{}", said.out, said.err))
}

fn runs(found: &Value, which: &str) -> Vec<String> {
    let all = found[which].as_array().unwrap().iter();
    all.map(|run| run.as_str().unwrap().to_owned()).collect()
}

/// Of every ten cases one is hers; her first one waits for a person.
fn rows(count: usize) -> String {
    let mut rows = String::new();
    for n in 0..count {
        let (email, points) = match n {
            0 => (ANN.to_owned(), 99),
            n if n % 10 == 0 => (ANN.to_uppercase(), 7),
            n => (format!("p{n}.{ANN}"), 7),
        };
        let row = serde_json::json!({ "id": format!("c{n}"), "email": email,
            "text": format!("message {n} from {email}"), "points": points });
        writeln!(rows, "{row}").unwrap();
    }
    rows
}

#[test]
fn one_persons_contents_go_and_everything_else_stays() {
    let wish = std::env::var("FLIGHTDECK_ERASE").ok().and_then(|n| n.parse().ok());
    let (count, hers) = (wish.unwrap_or(60), wish.unwrap_or(60) / 10);
    let desk = Desk::new();
    std::fs::write(desk.root().join("workflows/notes.md"), WORKFLOW).unwrap();
    std::fs::write(desk.root().join("rows.jsonl"), rows(count)).unwrap();
    let run = ["run", "notes", "--each", "rows.jsonl", "--at-once", "32", "--json"];
    let began = std::time::Instant::now();
    let said = desk.say(&run);
    let opened = began.elapsed();
    assert_eq!(said.code, 3, "one case waits: {}", said.err);

    // Without a yes it only says so, and whoever does not answer for the cases erases none.
    let looked = erase(&desk, &["--subject", ANN], OWNER);
    let found = object(&looked, "erasable");
    let (over, open) = (runs(&found, "over"), runs(&found, "open"));
    assert_eq!((looked.code, over.len(), open.len()), (0, hers - 1, 1), "{}", looked.err);
    let refused = erase(&desk, &["--subject", ANN, "--yes"], ["--as", "clerk@example.com"]);
    assert!(refused.code == 4 && refused.err.contains("may not erase"), "{}", refused.err);
    let logs = |run: &str| desk.say(&["logs", run, "--verify"]);
    assert!(logs(&over[0]).out.contains("(0 erased)"));

    let began = std::time::Instant::now();
    let erased = erase(&desk, &["--subject", ANN, "--yes"], OWNER);
    let took = began.elapsed();
    assert_eq!(erased.code, 3, "her open case is left: {}{}", erased.out, erased.err);
    assert_eq!(object(&erased, "erased")["cases"], hers - 1);

    let mut others = 0;
    let lines = desk.say(&["runs", "--limit", &count.to_string(), "--json"]).json();
    for line in lines.iter().filter(|line| line["status"] == "done").step_by(count / 60) {
        let run = line["run"].as_str().unwrap();
        let is_hers = over.iter().any(|o| o == run);
        others += usize::from(!is_hers);
        check(&desk, run, is_hers);
    }
    check(&desk, &over[0], true);
    assert!(others > 20);

    let cancel = ["cancel", &open[0], "--reason", "she left"];
    let said = desk.say(&[&cancel[..], &OWNER].concat());
    assert!(said.out.contains("cancelled"), "{}{}", said.out, said.err);
    let rest = erase(&desk, &["--subject", ANN, "--yes"], OWNER);
    assert_eq!((rest.code, &object(&rest, "erased")["cases"]), (0, &Value::from(1)));
    check(&desk, &open[0], true);
    let again = erase(&desk, &["--subject", ANN, "--yes"], OWNER);
    assert_eq!(object(&again, "erased")["cases"], 0, "nothing is left of her");
    if wish.is_some() {
        let seconds = |time: std::time::Duration| (time.as_secs_f64() * 10.0).round() / 10.0;
        let figures = serde_json::json!({ "cases": count, "erased": hers, "others_checked": others,
            "run_seconds": seconds(opened), "erase_seconds": seconds(took) });
        #[allow(clippy::print_stdout, reason = "the figures are what the long run is for")]
        {
            println!("{figures}");
        }
    }
}

/// What is left of a case: its entries prove what happened; its contents are there or gone.
fn check(desk: &Desk, run: &str, erased: bool) {
    let why = desk.say(&["why", run]);
    assert!(why.code == 0 && why.out.contains("what happened:"), "{}{}", why.out, why.err);
    assert_eq!(why.out.contains("she asked for it on Monday"), erased, "{}", why.out);
    let proof = desk.say(&["logs", run, "--verify"]);
    assert!(proof.code == 0 && proof.out.contains("complete and unchanged"), "{}", proof.err);
    assert_eq!(proof.out.contains("(0 erased)"), !erased, "{}", proof.out);
    let shown = desk.say(&["why", run, "--json"]).out + &desk.say(&["logs", run, "--json"]).out;
    assert!(!erased || !shown.to_lowercase().contains("ode@post"), "{shown}");
}

#[test]
fn single_cases_and_words_that_name_nobody() {
    let desk = Desk::new();
    std::fs::write(desk.root().join("workflows/notes.md"), WORKFLOW).unwrap();
    std::fs::write(desk.root().join("rows.jsonl"), rows(3)).unwrap();
    assert_eq!(desk.say(&["run", "notes", "--each", "rows.jsonl"]).code, 3);
    let short = erase(&desk, &["--subject", "Bo"], OWNER);
    assert!(short.code == 2 && short.err.contains("too short"), "{}", short.err);
    let nobody = erase(&desk, &["--subject", "nobody@post.example", "--yes"], OWNER);
    assert_eq!((nobody.code, &object(&nobody, "erased")["cases"]), (0, &Value::from(0)));
    let lines = desk.say(&["runs", "--status", "done", "--json"]).json();
    let one = lines[0]["run"].as_str().unwrap();
    let erased = erase(&desk, &["--run", one, "--yes"], OWNER);
    assert_eq!((erased.code, &object(&erased, "erased")["cases"]), (0, &Value::from(1)));
    check(&desk, one, true);
    check(&desk, lines[1]["run"].as_str().unwrap(), false);
    // A key that nobody ordered destroyed is damage, and is not passed off as an erasure.
    let other = lines[1]["run"].as_str().unwrap();
    let journal = rusqlite::Connection::open(desk.root().join(".flightdeck/journal.db")).unwrap();
    journal
        .execute_batch(
            "UPDATE key SET wrapped = (SELECT wrapped FROM key WHERE substr(wrapped, 1, 6) = x'657261736564')",
        )
        .unwrap();
    drop(journal);
    let proof = desk.say(&["logs", other, "--verify"]);
    assert!(proof.code == 8 && proof.err.contains("no order to erase"), "{}", proof.err);
}

#[test]
#[allow(clippy::disallowed_methods, reason = "what is waited for is the clock of another process")]
fn contents_are_kept_as_long_as_their_tags_allow_and_no_longer() {
    let desk = Desk::new();
    let tagged = WORKFLOW.replace("workflow: notes", "workflow: tagged");
    let tagged = tagged.replace("points: integer } }", "points: integer }, tags: [ personal ] }");
    std::fs::write(desk.root().join("workflows/notes.md"), WORKFLOW).unwrap();
    std::fs::write(desk.root().join("workflows/tagged.md"), tagged).unwrap();
    std::fs::write(desk.root().join("rows.jsonl"), rows(3)).unwrap();
    for workflow in ["notes", "tagged"] {
        // One of the three waits for a person.
        assert_eq!(desk.say(&["run", workflow, "--each", "rows.jsonl"]).code, 3);
    }
    let expired = || desk.say(&["erase", "--expired", "--json", "--as", "clerk@example.com"]);
    let nothing = expired();
    assert_eq!((nothing.code, &object(&nothing, "erased")["cases"]), (0, &Value::from(0)));
    let kept = "retention: { personal: 1 seconds, everything: 20 days }\n\nmodels:";
    desk.change("flightdeck.yaml", "models:", kept);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let erased = expired();
    assert_eq!((erased.code, &object(&erased, "erased")["cases"]), (0, &Value::from(2)));
    for (workflow, gone) in [("notes", false), ("tagged", true)] {
        let done = desk.say(&["runs", "--workflow", workflow, "--status", "done", "--json"]).json();
        assert_eq!(done.len(), 2);
        for run in done {
            let why = desk.say(&["why", run["run"].as_str().unwrap()]);
            assert_eq!(why.out.contains("kept for 1 seconds"), gone, "{}", why.out);
            let proof = desk.say(&["logs", run["run"].as_str().unwrap(), "--verify"]);
            assert_eq!((proof.code, proof.out.contains("(0 erased)")), (0, !gone), "{}", proof.err);
        }
    }
    let again = expired();
    assert_eq!(object(&again, "erased")["cases"], 0, "what is gone is not erased once more");
    // Whoever drives does so by itself.
    desk.change("flightdeck.yaml", "everything: 20 days", "everything: 1 seconds");
    let driving = Driving::start(&desk);
    let began = std::time::Instant::now();
    let erased = || !object(&desk.say(&["why", &only(&desk), "--json"]), "why")["erased"].is_null();
    while !erased() && began.elapsed() < std::time::Duration::from_secs(30) {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    drop(driving);
    assert!(erased());
}

/// One of the cases without a tag that are over.
fn only(desk: &Desk) -> String {
    let done = desk.say(&["runs", "--workflow", "notes", "--status", "done", "--json"]).json();
    done[0]["run"].as_str().unwrap().to_owned()
}

#[test]
#[allow(clippy::disallowed_methods, reason = "what is waited for is the clock of another process")]
fn a_damaged_case_keeps_no_other() {
    let desk = Desk::new();
    std::fs::write(desk.root().join("workflows/notes.md"), WORKFLOW).unwrap();
    std::fs::write(desk.root().join("rows.jsonl"), rows(21).replacen("99", "7", 1)).unwrap();
    assert_eq!(desk.say(&["run", "notes", "--each", "rows.jsonl"]).code, 0);
    let found = runs(&object(&erase(&desk, &["--subject", ANN], OWNER), "erasable"), "over");
    assert_eq!(found.len(), 3);
    let file = desk.root().join(".flightdeck/journal.db");
    drop(store::SqliteStore::open(file.parent().unwrap()).unwrap());
    let mut journal = std::fs::read(&file).unwrap();
    let entry = format!("\"run\":\"{}\",\"seq\":", found[0]);
    let all = journal.windows(entry.len()).enumerate();
    let at: Vec<usize> =
        all.filter(|(_, bytes)| *bytes == entry.as_bytes()).map(|(at, _)| at).collect();
    assert!(!at.is_empty());
    at.iter().for_each(|at| journal[at + entry.len()] = b'7');
    std::fs::write(&file, &journal).unwrap();

    let erased = erase(&desk, &["--subject", ANN, "--yes"], OWNER);
    assert_eq!(erased.code, 8, "{}{}", erased.out, erased.err);
    assert_eq!(runs(&object(&erased, "erasable"), "unread"), [found[0].clone()]);
    assert_eq!(object(&erased, "erased")["cases"], 2, "{}", erased.out);
    found[1..].iter().for_each(|run| check(&desk, run, true));

    desk.change("flightdeck.yaml", "models:", "retention: { everything: 1 seconds }\n\nmodels:");
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let expired = desk.say(&["erase", "--expired", "--as", "owner@example.com"]);
    assert!(expired.code == 1 && expired.err.contains(&found[0]), "{}", expired.err);
    let rest = desk.say(&["runs", "--limit", "30", "--json"]).json();
    let rest = rest.iter().map(|line| line["run"].as_str().unwrap()).filter(|run| *run != found[0]);
    assert_eq!(rest.map(|run| check_gone(&desk, run)).count(), 20);
}

fn check_gone(desk: &Desk, run: &str) {
    let proof = desk.say(&["logs", run, "--verify"]);
    assert!(proof.code == 0 && !proof.out.contains("(0 erased)"), "{}{}", proof.out, proof.err);
}
