//! Cases from the first command to the last: run, wait, review, edit, reject, stop, go on. The
//! workflow needs no model, so that what is tested is the road and not somebody's answers.

use serde_json::Value;

use crate::desk::{Desk, Said};

const WORKFLOW: &str = r#"---
workflow: claims
purpose: Note claims from our own list. It never pays.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: row of our own list, from: inside, fields: { id: text, name: text, amount: money } }
limits:
  case: { cost: 0.10 EUR, days: 10 }
  day: { cost: 5 EUR, cases: 200 }
tables: { people: tables/people.csv }
baseline: { minutes: 6, cases_per_week: 40 }
on_failure: { ask: clerk }
steps:
  - step: match
    lookup: { person: { in: people, where: { name: case.name } } }
  - step: route
    decide:
      who: lead
      basis: Travel policy, section 4
      first:
        - { when: "found(match.person) && case.amount <= match.person.limit", go: note }
      otherwise: look
  - step: look
    review:
      by: lead
      never_by: [ starter ]
      question: Is this claim right?
      show: [ case, match ]
      may_edit: [ case.amount ]
      within: 8 working hours
      late: { then: stop }
      if_rejected: { tell: clerk, then: stop }
    then: note
  - step: note
    tool: outbox.write_file
    with: { path: case.id, content: case.amount }
exceptions:
  - { what: currency other than EUR, when: "case.amount.currency != 'EUR'", go: look }
---
# Claims
"#;

const ROWS: &str = "id,name,amount\nc1,Ada Example,20.00 EUR\nc2,Ada Example,70.00 EUR\n\
                    c3,Nobody,5.00 EUR\nc4,Ben Example,99.00 EUR\n";

const LEAD: &[&str] = &["--as", "lead@example.com"];

fn desk() -> Desk {
    let desk = Desk::new();
    std::fs::write(desk.root().join("workflows/claims.md"), WORKFLOW).unwrap();
    std::fs::write(desk.root().join("rows.csv"), ROWS).unwrap();
    let said = desk.say(&["check", "claims"]);
    assert_eq!(said.code, 0, "{}", said.err);
    desk
}

/// The runs that stand so, oldest first.
fn standing(desk: &Desk, status: &str) -> Vec<String> {
    let said = desk.say(&["runs", "--status", status, "--json"]);
    let mut all: Vec<String> =
        said.json().iter().map(|line| line["run"].as_str().unwrap().to_owned()).collect();
    all.reverse();
    all
}

fn as_lead(desk: &Desk, args: &[&str]) -> Said {
    desk.say(&[args, LEAD].concat())
}

fn outbox(desk: &Desk, name: &str) -> Option<String> {
    std::fs::read_to_string(desk.root().join("outbox").join(name)).ok()
}

#[test]
fn a_bulk_run_ends_waits_and_is_finished_by_people() {
    let desk = desk();
    let said = desk.say(&["run", "claims", "--each", "rows.csv", "--at-once", "1", "--json"]);
    assert_eq!(said.code, 3, "waiting has a code of its own: {}{}", said.out, said.err);
    let lines = said.json();
    let summary = lines.last().unwrap();
    assert_eq!(summary["kind"], "summary");
    assert_eq!(
        (&summary["cases"], &summary["done"], &summary["alone"], &summary["waiting"]),
        (&4.into(), &2.into(), &2.into(), &2.into())
    );
    assert_eq!(summary["minutes_saved"], 12);
    assert_eq!(outbox(&desk, "c1").as_deref(), Some("20.00"));
    assert_eq!(outbox(&desk, "c2"), None, "nothing may happen before a person looked");

    let [second, third] = standing(&desk, "waiting").try_into().unwrap();
    let why = desk.say(&["why", &second]);
    for expected in ["waits for lead", "Is this claim right?", "flightdeck review approve"] {
        assert!(why.out.contains(expected), "no `{expected}` in {}", why.out);
    }
    // The clerk does not hold the role, and whoever starts a case may not pass it.
    for who in ["clerk@example.com", "owner@example.com"] {
        let said = desk.say(&["review", "approve", &second, "--as", who]);
        assert_eq!(said.code, 4, "{who}: {}{}", said.out, said.err);
    }
    let said = as_lead(&desk, &["review", "edit", &second, "--set", "case.name=Ben Example"]);
    assert_eq!(said.code, 2, "only the amount may be changed: {}", said.err);
    let said = as_lead(&desk, &["review", "edit", &second, "--set", "case.amount=45.50 EUR"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(outbox(&desk, "c2").as_deref(), Some("45.50"), "the edit is what is written");

    let said = as_lead(&desk, &["review", "reject", &third, "--reason", "who is that?"]);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    assert_eq!(outbox(&desk, "c3"), None);
    let why = desk.say(&["why", &third]);
    assert!(why.out.contains("lead@example.com rejected: who is that?"), "{}", why.out);
    let again = as_lead(&desk, &["review", "approve", &third]);
    assert_eq!(again.code, 2, "{}", again.err);

    for run in [&second, &third] {
        let proof = desk.say(&["logs", run, "--verify"]);
        assert!(proof.code == 0 && proof.out.contains("complete and unchanged"), "{}", proof.err);
        assert!(proof.out.contains("decisions made again and found equal: "), "{}", proof.out);
        assert!(!proof.out.contains("another version"), "{}", proof.out);
    }
    let idle = desk.say(&["why"]);
    assert!(idle.code == 0 && !idle.out.contains("waits for"), "{}", idle.out);
}

#[test]
fn a_stop_holds_everything_until_a_named_person_lifts_it() {
    let desk = desk();
    let said = desk.say(&["stop", "--reason", "drill"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let why = desk.say(&["why"]);
    assert!(why.out.contains("everything is stopped") && why.out.contains("drill"), "{}", why.out);
    let said = desk.say(&[
        "run",
        "claims",
        r#"{"id":"s1","name":"Ada Example","amount":{"currency":"EUR","minor":500}}"#,
    ]);
    assert_eq!(said.code, 5, "{}{}", said.out, said.err);
    assert_eq!(outbox(&desk, "s1"), None);
    let said = desk.say(&["resume", "--reason", "over"]);
    assert!(said.code == 2 && said.err.contains("the name of a person"), "{}", said.err);
    for who in ["clerk@example.com", "stranger@example.com"] {
        let said = desk.say(&["resume", "--reason", "over", "--as", who]);
        assert_eq!(said.code, 4, "{who}: {}{}", said.out, said.err);
    }
    assert_eq!(outbox(&desk, "s1"), None);
    let said = as_lead(&desk, &["resume", "--reason", "over"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(outbox(&desk, "s1").as_deref(), Some("5.00"), "{}", said.out);
    assert_eq!(desk.say(&["run", "--open"]).code, 0);
}

#[test]
fn a_case_is_paused_cancelled_and_read_back() {
    let desk = desk();
    std::fs::write(
        desk.root().join("rows.jsonl"),
        "{\"id\":\"j1\",\"name\":\"Nobody\",\"amount\":{\"currency\":\"EUR\",\"minor\":100}}\n\n",
    )
    .unwrap();
    assert_eq!(desk.say(&["run", "claims", "--each", "rows.jsonl"]).code, 3);
    let [run] = standing(&desk, "waiting").try_into().unwrap();
    assert_eq!(as_lead(&desk, &["pause", &run]).code, 3);
    assert_eq!(standing(&desk, "paused"), std::slice::from_ref(&run));
    let said = as_lead(&desk, &["resume", "--run", &run, "--reason", "go on"]);
    assert_eq!(said.code, 3, "{}", said.err);
    let said = as_lead(&desk, &["cancel", &run, "--reason", "by mistake"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert_eq!(standing(&desk, "cancelled"), std::slice::from_ref(&run));
    let logs = desk.say(&["logs", &run]);
    assert!(logs.out.contains("lead@example.com cancelled the case: by mistake"), "{}", logs.out);
    assert_eq!(as_lead(&desk, &["retry", &run]).code, 2);
}

/// A changed last entry links to nothing that could tell; that it is not decided so again does.
#[test]
fn a_decision_that_is_not_made_again_is_found() {
    let desk = desk();
    let case = r#"{"id":"v1","name":"Nobody","amount":{"currency":"EUR","minor":100}}"#;
    assert_eq!(desk.say(&["run", "claims", case]).code, 3);
    let [run] = standing(&desk, "waiting").try_into().unwrap();
    let sound = desk.say(&["logs", &run, "--verify", "--json"]);
    assert_eq!(sound.code, 0, "{}", sound.err);
    let decisions = &sound.json()[0]["decisions"];
    assert!(
        decisions["equal"].as_u64() > Some(1) && decisions["other_version"] == 0,
        "{decisions}"
    );
    let path = desk.root().join(".flightdeck/journal.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let due = b"\"by\":\"lead\",\"due\":";
    let at = bytes.windows(due.len()).position(|part| part == due).unwrap() + due.len();
    bytes[at + 7] = if bytes[at + 7] == b'1' { b'2' } else { b'1' };
    std::fs::write(&path, bytes).unwrap();
    let changed = desk.say(&["logs", &run, "--verify"]);
    assert_eq!(changed.code, 1, "{}{}", changed.out, changed.err);
    assert!(changed.err.contains("(decided_otherwise)"), "{}", changed.err);
    assert_eq!(desk.say(&["explain", "decided_otherwise"]).code, 0);
}

#[test]
fn a_shift_is_handed_over() {
    let desk = desk();
    assert_eq!(desk.say(&["handover"]).code, 0);
    let case = r#"{"id":"h1","name":"Nobody","amount":{"currency":"EUR","minor":100}}"#;
    assert_eq!(desk.say(&["run", "claims", case]).code, 3);
    assert_eq!(as_lead(&desk, &["stop", "--workflow", "claims", "--reason", "a drill"]).code, 0);
    let said = desk.say(&["handover", "--json"]);
    assert_eq!(said.code, 3, "it waits: {}", said.err);
    let told = &said.json()[0];
    assert_eq!((&told["opened"], &told["ended"]), (&Value::from(1), &Value::from(0)));
    assert_eq!(
        (&told["waits"][0]["requests"], &told["failed"][0]),
        (&Value::from(1), &Value::Null)
    );
    let changed = told["changed"].to_string();
    assert!(changed.contains("lead@example.com stopped the workflow `claims`: a drill"), "{told}");
    assert!(changed.contains("`claims` ran a new release"), "{told}");
    assert_eq!(told["answers"][0]["workflow"], "claims");
    let [run] = standing(&desk, "waiting").try_into().unwrap();
    let said = desk.say(&["handover"]);
    assert!(said.out.contains(&format!("flightdeck review show {run}")), "{}", said.out);
    let said = desk.say(&["handover", "--hours", "0", "--json"]);
    assert_eq!(said.json()[0]["changed"], Value::Array(Vec::new()), "{}", said.out);
}

#[test]
fn broken_cases_start_nothing() {
    let desk = desk();
    for (rows, expected) in [
        ("id,name,amount\nx,Ada Example,12\n", "row 1: `amount`: `12`"),
        ("id,name,amount\nx,Ada Example,1.00 EUR,more\n", "row 1"),
    ] {
        std::fs::write(desk.root().join("bad.csv"), rows).unwrap();
        let said = desk.say(&["run", "claims", "--each", "bad.csv"]);
        assert!(said.code == 2 && said.err.contains(expected), "{}", said.err);
    }
    let said = desk.say(&["run", "claims", "no-such-file.txt"]);
    assert!(said.code == 2 && said.err.contains("there is no file"), "{}", said.err);
    assert!(standing(&desk, "done").is_empty());
}
