//! A map of its own is stepped through each of its ends: by choices alone, and the same each time.

use std::collections::BTreeSet;
use std::sync::Arc;

use journal::{Frame, Mode, Record, Status, ToolAsk};
use plan::Plan;
use plan::ids::ToolName;
use serde_json::{Value, json};
use store::MemoryStore;

use super::{AtHand, Broken, Choice, PointKind, Rehearsal, Rehearsed, Scene, Searched, Then};
use crate::rig::workspace;
use crate::rig::world::World;

mod faults;
mod search;

/// The tables of the tests' workspace, and nothing else.
struct Tables;

impl AtHand for Tables {
    fn answer(&self, ask: &ToolAsk) -> Option<Result<Vec<u8>, String>> {
        let tables = ask.tool.as_str() == "table.read_query";
        tables.then(|| Ok(World::default().perform(&journal::Payload::Tool(ask.clone()))))
    }

    fn gives(&self, _: &ToolName) -> Option<Value> {
        None
    }

    fn examples(&self, _: &ToolName) -> Vec<Value> {
        Vec::new()
    }

    fn enough(&self) -> bool {
        false
    }
}

/// Invoices: a field is copied, an order looked up, a rule decides, a person is asked or it drafts.
const STEPS: &str = r#"  - step: read
    agent: clerk
    from: case.text
    copy: { total: { find: money, called: [ total ] } }
    time_out: 1 minute
  - step: match
    lookup:
      supplier: { in: suppliers, where: { name: case.name, code: case.code } }
      order: { in: orders, where: { order: case.order } }
  - step: route
    decide:
      who: lead
      basis: the rule
      first:
        - { when: "!found(match.supplier)", go: look }
        - { when: "case.amount >= eur(5000)", go: look }
        - { when: "match.order.received", go: draft }
      otherwise: look
  - step: look
    review:
      by: clerk
      never_by: [ starter ]
      question: Is it right?
      show: [ case, read, match ]
      may_edit: [ case.order ]
      within: 8 working hours
      late: { ask: lead, within: 4 working hours, then: stop }
      if_rejected: { tell: lead, then: stop }
  - step: draft
    tool: erp.create
    with: { supplier: match.supplier.payee, amount: case.amount, currency: { literal: EUR } }
    backed_by: { amount: { fact: match.order.amount, within: 0.02 EUR, when: "match.order.received" } }
    gives: { id: text, status: text }
    undo: erp.remove
    confirm: { tool: erp.get, with: { id: draft.id }, holds: "result.status == 'draft'" }
    time_out: 30 seconds
  - step: last
    end: done
"#;

fn plan_of(more: &str, steps: &str) -> Arc<Plan> {
    workspace::plan(&[("main", &workspace::workflow("main", more, steps))])
}

fn invoices() -> Rehearsal {
    Rehearsal::new(&plan_of("", STEPS)).unwrap()
}

fn case() -> Value {
    crate::tests::case()
}

/// An invoice that goes to a person.
fn large() -> Value {
    let mut case = case();
    case["amount"]["minor"] = json!(600_000);
    case
}

fn choices(words: &[&str]) -> Vec<Choice> {
    words.iter().map(|word| word.parse().unwrap()).collect()
}

fn played(rehearsal: &Rehearsal, case: &Value, words: &[&str], then: Then) -> Rehearsed {
    let store = MemoryStore::new();
    let played = rehearsal.rehearse(&store, &Tables, case, &choices(words), then);
    played.unwrap_or_else(|broken| panic!("{words:?}: {broken:?}"))
}

fn broken(rehearsal: &Rehearsal, case: &Value, all: &[Choice]) -> Broken {
    let store = MemoryStore::new();
    rehearsal.rehearse(&store, &Tables, case, all, Then::Stop).unwrap_err()
}

fn records(rehearsed: &Rehearsed) -> Vec<Record> {
    let frames = rehearsed.runs[0].stored.iter();
    let read = |one: &journal::Stored| serde_json::from_slice::<Frame>(&one.bytes).unwrap();
    frames.flat_map(|one| read(one).records).collect()
}

#[test]
fn by_itself_a_case_goes_through_to_its_end_and_says_what_was_assumed() {
    let all = played(&invoices(), &case(), &[], Then::Defaults);
    assert_eq!(all.standing.status, Status::Done, "{:#?}", records(&all));
    let took: Vec<(&str, &str)> =
        all.taken.iter().map(|t| (t.step.as_str(), t.choice.take.as_str())).collect();
    assert_eq!(took, [("draft", "answer"), ("draft", "answer")]);
    assert!(all.taken.iter().all(|taken| taken.assumed));
    // The read-back finds what the map wants to find there.
    assert_eq!(all.taken[1].choice.value.as_ref().unwrap()["status"], "draft");
    let Record::Opened { mode, .. } = &records(&all)[0] else { panic!("it was not opened") };
    assert_eq!(*mode, Mode::Rehearsal);
    assert!(all.now > all.began);
}

#[test]
fn a_case_is_stepped_through_and_each_answer_of_a_person_leads_where_the_map_says() {
    let rehearsal = invoices();
    let first = played(&rehearsal, &large(), &[], Then::Stop);
    let point = &first.open[0];
    assert_eq!(
        (point.kind, point.step.as_str(), point.by.as_str()),
        (PointKind::Person, "look", "clerk")
    );
    assert_eq!(point.says, "Is it right?");
    // Olga answers for the map and started it, so two of the role remain.
    assert_eq!(point.may.len(), 2, "{:?}", point.may);
    let offered: Vec<&str> = point.offers.iter().map(|offer| offer.take.as_str()).collect();
    assert_eq!(offered, ["approve", "edit", "reject", "escalate:lead", "late"]);
    let ends = [
        (vec!["approve"], "draft"),
        (vec![r#"edit={"case.order":"O2"}"#], "draft"),
        (vec!["escalate:lead"], "look"),
        (vec!["late"], "look"),
    ];
    for (words, step) in ends {
        let next = played(&rehearsal, &large(), &words, Then::Stop);
        assert_eq!(next.open[0].step.as_str(), step, "{words:?} {:#?}", records(&next));
    }
    assert_eq!(played(&rehearsal, &large(), &["late"], Then::Stop).open[0].by, "lead");
    let ended = |words: &[&str]| played(&rehearsal, &large(), words, Then::Stop).standing.status;
    assert_eq!(ended(&["reject=not ours"]), Status::Rejected);
    assert_eq!(ended(&["late", "late"]), Status::Failed);
    assert_eq!(ended(&["approve", "answer", "answer"]), Status::Done);
}

#[test]
fn the_same_choices_give_the_same_bytes_and_the_last_one_can_be_taken_back() {
    let rehearsal = invoices();
    let all = played(
        &rehearsal,
        &large(),
        &["look:late", "approve"].map(|w| w.trim_start_matches("look:")),
        Then::Defaults,
    );
    let store = MemoryStore::new();
    let again = rehearsal.rehearse(&store, &Tables, &large(), &all.choices(), Then::Stop).unwrap();
    let bytes =
        |one: &Rehearsed| one.runs[0].stored.iter().map(|s| s.bytes.clone()).collect::<Vec<_>>();
    assert_eq!(bytes(&all), bytes(&again));
    assert_eq!((all.now, all.used, all.people_ms), (again.now, again.used, again.people_ms));
    // One choice less is the same road up to there.
    let mut fewer = all.choices();
    fewer.pop();
    let store = MemoryStore::new();
    let before = rehearsal.rehearse(&store, &Tables, &large(), &fewer, Then::Stop).unwrap();
    assert_eq!(before.open[0].step.as_str(), "draft");
    assert!(bytes(&all).starts_with(&bytes(&before)));
    assert!(bytes(&before).len() < bytes(&all).len());
}

#[test]
fn a_choice_that_does_not_fit_is_refused_with_its_place() {
    let rehearsal = invoices();
    let whole = |all: &[Choice]| match broken(&rehearsal, &large(), all) {
        Broken::Choice { n, what, fix } => (n, what, fix),
        other => panic!("{other:?}"),
    };
    let one = |text: &str| whole(&[text.parse().unwrap()]);
    assert_eq!(one("fly").1, "`fly` cannot be chosen at `look`");
    assert!(one("fly").2.contains("`approve`"));
    assert_eq!(one("approve=1").1, "`approve` takes no value");
    assert_eq!(one("edit=7").1, "the corrections are no values by their paths");
    assert_eq!(one(r#"edit={"case.name":"Bolt"}"#).1, "the answer does not fit the request");
    assert_eq!(one(r#"{"take":"approve","at":"draft"}"#).1, "nothing is to be chosen at `draft`");
    assert_eq!(
        one(r#"{"take":"approve","who":"bo@x.example"}"#).1,
        "`bo@x.example` may not answer this"
    );
    let (n, what, _) = whole(&choices(&["approve", "answer", "answer", "approve"]));
    assert_eq!((n, what.as_str()), (3, "the case is over before this choice"));
    let long = vec![Choice::default(); super::CHOICES_MAX + 1];
    assert_eq!(broken(&rehearsal, &large(), &long), Broken::TooMany);
    let mut huge = case();
    huge["text"] = Value::from("x".repeat(super::BYTES_MAX));
    assert_eq!(broken(&rehearsal, &huge, &[]), Broken::CaseTooLarge);
    for text in ["", "=", "{", r#"{"take":1}"#, r#"{"take":"x","more":1}"#] {
        assert!(text.parse::<Choice>().is_err(), "{text}");
    }
}

#[test]
fn candidates_of_the_document_are_numbered_and_one_is_chosen() {
    let rehearsal = invoices();
    let mut case = case();
    // Only a label speaks for the total, so a model is asked.
    case["text"] = json!("foo 55.00 EUR\nTotal: 100.00 EUR\nbar 44.00 EUR\n");
    let first = played(&rehearsal, &case, &[], Then::Stop);
    let point = &first.open[0];
    assert_eq!((point.kind, point.step.as_str()), (PointKind::Copy, "read"));
    assert_eq!(point.fields[0].field, "total");
    assert!(point.fields[0].candidates[0].contains("100.00"), "{:?}", point.fields);
    assert!(point.estimate.cost_nanos > 0 && point.estimate.cost_nanos < point.at_most.cost_nanos);
    let right = played(&rehearsal, &case, &[r#"answer={"total":0}"#], Then::Defaults);
    assert_eq!(right.standing.status, Status::Done);
    assert!(right.used.cost_nanos > 0);
    // No candidate, or another than the label names: a person looks.
    for other in ["null", "1"] {
        let word = format!(r#"answer={{"total":{other}}}"#);
        let doubt = played(&rehearsal, &case, &[&word], Then::Stop);
        let doubt = &doubt.open[0];
        assert_eq!((doubt.kind, doubt.by.as_str()), (PointKind::Person, "clerk"), "{other}");
        assert!(doubt.says.contains("doubt"), "{}", doubt.says);
    }
    for hostile in [r#"answer={"total":99}"#, r#"answer={"iban":0}"#, "answer=0"] {
        let all = choices(&[hostile]);
        assert!(
            matches!(broken(&rehearsal, &case, &all), Broken::Choice { n: 0, .. }),
            "{hostile}"
        );
    }
}

#[test]
fn an_answer_has_to_fit_its_contract_and_may_call_tools_first() {
    let steps = "  - { step: sort, agent: clerk, given: [ case.text ], \
                 answer: { topic: { one_of: [ bill, note ] }, sure: bool }, tools: [ web.query ], turns: 3 }\n\
                 \x20 - { step: last, end: done }\n";
    let rehearsal = Rehearsal::new(&plan_of("", steps)).unwrap();
    let first = played(&rehearsal, &case(), &[], Then::Stop);
    let point = &first.open[0];
    assert_eq!(point.kind, PointKind::Model);
    assert_eq!(point.offers[0].value, Some(json!({ "topic": "bill", "sure": true })));
    let other = r#"answer={"topic":"note","sure":false}"#;
    assert_eq!(played(&rehearsal, &case(), &[other], Then::Stop).standing.status, Status::Done);
    let unfit = choices(&[r#"answer={"topic":"letter","sure":1}"#]);
    let Broken::Choice { n: 0, what, .. } = broken(&rehearsal, &case(), &unfit) else {
        panic!("it fits");
    };
    assert!(what.starts_with("the answer does not fit"), "{what}");
    let called = played(&rehearsal, &case(), &[r#"call:web.query={"q":"acme"}"#], Then::Stop);
    assert_eq!((called.open[0].kind, called.open[0].by.as_str()), (PointKind::Tool, "web.query"));
    assert_eq!(called.open[0].given, Some(json!({ "q": "acme" })));
    let done = played(&rehearsal, &case(), &[r#"call:web.query={"q":"acme"}"#], Then::Defaults);
    assert_eq!(done.standing.status, Status::Done);
}

#[test]
fn parts_and_waiting_are_rehearsed_with_the_case() {
    let child = "  - step: small\n    review: { by: clerk, never_by: [ starter ], question: Right?, \
                 show: [ case ], within: 8 working hours, late: { then: stop }, \
                 if_rejected: { then: stop } }\n  - { step: last, end: done }\n";
    let steps = "  - { step: pause, wait: { for: 2 days } }\n\
                 \x20 - { step: all, each: { of: case.items, workflow: part, items: 10, at_once: 2 } }\n\
                 \x20 - { step: last, end: done }\n";
    let part = workspace::workflow(
        "part",
        "case: { one: an item, from: outside, fields: { name: text, code: id, text: text } }\n",
        child,
    );
    let main = workspace::workflow("main", "", steps);
    let plan = workspace::plan(&[("main", &main), ("part", &part)]);
    let rehearsal = Rehearsal::new(&plan).unwrap();
    let first = played(&rehearsal, &case(), &[], Then::Stop);
    assert_eq!((first.open[0].kind, first.open[0].step.as_str()), (PointKind::Time, "pause"));
    let parts = played(&rehearsal, &case(), &["wait"], Then::Stop);
    assert_eq!(parts.open.len(), 2);
    assert_eq!(parts.runs.len(), 3);
    assert!(parts.now.0 - parts.began.0 >= 2 * 24 * 3_600_000);
    let all = played(&rehearsal, &case(), &["wait"], Then::Defaults);
    assert_eq!(all.standing.status, Status::Done, "{:#?}", records(&all));
    assert_eq!(all.people_ms, 2 * super::PERSON_MS);
}
