//! A tool that asks a person something before it goes on with a call.

use std::rc::Rc;

use journal::{
    About, ActNo, Code, Decline, Failure, Finish, Form, Label, Order, Outcome, Payload, Question,
    Record, Reply, ReviewNo, RunId, Status, Usage,
};
use plan::ids::PersonId;
use serde_json::{Value, json};

use super::{case, declined, engine, rules};
use crate::rig::Rig;
use crate::{Engine, Event};

const ASK: &str = "  - { step: ask, tool: web.query, with: { q: case.name }, \
                   gives: { text: text }, on_failure: { ask: clerk } }\n";
const POST: &str = "  - { step: post, tool: erp.post, with: { name: case.name }, \
                    gives: { id: text }, on_failure: { ask: clerk } }\n";
const CLERK: &str = "cem@x.example";

pub(super) fn question() -> Question {
    let wants = json!({
        "type": "object",
        "properties": {
            "colour": { "type": "string", "enum": ["red", "blue"] },
            "copies": { "type": "integer", "default": 1, "maximum": 9 },
        },
        "required": ["colour", "copies"],
    });
    let form = Form { name: "first".into(), says: "Which colour?".into(), wants };
    Question { forms: vec![form], state: Some("sealed".into()) }
}

/// Opens a run, and lets its first call of a tool end with a question.
fn asking(engine: &Rc<Engine>, asked: &Question, certain: bool) -> (Rig, RunId) {
    let mut rig = Rig::new(1);
    let run = rig.open(engine, &case());
    ask(&mut rig, run, asked, certain);
    rig.settle();
    (rig, run)
}

/// A run in which a tool's question was answered, and its call is out again.
pub(super) fn answered() -> Rig {
    let (mut rig, run) = asking(&engine("", POST), &question(), true);
    reply(&mut rig, run, 1, say(&[("answer.colour", json!("red"))]));
    rig
}

pub(super) fn ask(rig: &mut Rig, run: RunId, asked: &Question, certain: bool) {
    let tool = |p: &journal::Permit| matches!(p.payload(), Payload::Tool(_));
    let n = rig.permits.iter().position(tool).expect("a call");
    let act = rig.permits.remove(n).act();
    let result = Err(Failure::asking(asked));
    let outcome = Outcome { result, usage: Usage::default(), reported: None };
    rig.truth.perform(run, act);
    rig.wake(run, vec![Event::Act { act, outcome, certain, held: Label::default() }]);
}

fn reply(rig: &mut Rig, run: RunId, review: u32, reply: Reply) {
    let who = PersonId::new(CLERK).unwrap();
    rig.post(run, Order::Review { who, review: ReviewNo(review), reply });
    rig.wake(run, Vec::new());
}

fn say(values: &[(&str, Value)]) -> Reply {
    let value = |(path, value): &(&str, Value)| ((*path).to_owned(), value.to_string());
    Reply::Edit { values: values.iter().map(value).collect() }
}

/// The keys of the calls of a run, as they were allowed.
fn keys(rig: &Rig, run: RunId) -> Vec<journal::Hash> {
    let key = |record| match record {
        Record::Allowed { key, .. } => Some(key),
        _ => None,
    };
    rig.records(run).into_iter().filter_map(key).collect()
}

#[test]
fn a_person_answers_and_the_same_call_goes_on() {
    for (steps, tool) in [(ASK, "web.query"), (POST, "erp.post")] {
        let (mut rig, run) = asking(&engine("", steps), &question(), true);
        assert_eq!(rig.status(run), Status::Waiting, "{tool}");
        let control = &rig.runs[&run].control;
        let review = &control.reviews[&ReviewNo(1)];
        assert!(matches!(review.about, About::Question { .. }), "{review:?}");
        assert_eq!(review.by.as_str(), "clerk");
        reply(&mut rig, run, 1, say(&[("answer.colour", json!("red"))]));
        let permit = &rig.permits[0];
        let Payload::Tool(ask) = permit.payload() else { panic!("{permit:?}") };
        assert_eq!(ask.answers.len(), 1);
        assert_eq!(ask.answers[0].question, question(), "with the server's own state");
        let answer = Value::Object(ask.answers[0].answer.clone());
        assert_eq!(answer, json!({ "colour": "red", "copies": 1 }), "with what was proposed");
        rig.settle();
        assert_eq!(rig.status(run), Status::Done, "{tool}: {:#?}", rig.records(run));
        let keys = keys(&rig, run);
        assert_eq!((keys.len(), keys[0]), (2, keys[1]), "{tool}: one call, whatever it asked");
        rig.check_folds();
        rig.audit(run);
    }
}

#[test]
fn an_answer_that_does_not_fit_the_form_is_declined() {
    let (mut rig, run) = asking(&engine("", ASK), &question(), true);
    let bad = [
        Reply::Approve,
        say(&[]),
        say(&[("answer.colour", json!("green"))]),
        say(&[("answer.colour", json!("red")), ("answer.copies", json!(10))]),
        say(&[("answer.colour", json!("red")), ("answer.other", json!(1))]),
        say(&[("colour", json!("red"))]),
        say(&[("answer", json!({ "colour": "red" }))]),
        Reply::Happened { yes: true },
    ];
    let many = bad.len();
    for bad in bad {
        reply(&mut rig, run, 1, bad);
    }
    assert_eq!(declined(&rig, run), vec![Decline::BadEdit; many]);
    assert_eq!(keys(&rig, run).len(), 1, "nothing goes on before it is answered");
    let stranger = Order::Review {
        who: PersonId::new("bo@x.example").unwrap(),
        review: ReviewNo(1),
        reply: say(&[("answer.colour", json!("red"))]),
    };
    rig.post(run, stranger);
    rig.settle();
    assert_eq!(declined(&rig, run).last(), Some(&Decline::NotPermitted));
    assert_eq!(rig.status(run), Status::Waiting);
    rig.audit(run);
}

#[test]
fn a_secret_is_no_answer() {
    let text = json!({ "type": "object", "properties": { "key": { "type": "string" } } });
    let form = Form { name: "a".into(), says: "Your key?".into(), wants: text };
    let asked = Question { forms: vec![form], state: None };
    let (mut rig, run) = asking(&engine("", ASK), &asked, true);
    let secret = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIB";
    reply(&mut rig, run, 1, say(&[("answer.key", json!(secret))]));
    assert_eq!(declined(&rig, run), [Decline::BadEdit]);
}

#[test]
fn whoever_says_no_ends_the_call() {
    let (mut rig, run) = asking(&engine("", POST), &question(), true);
    reply(&mut rig, run, 1, Reply::Reject { reason: "ours is none of its business".into() });
    rig.settle();
    assert_eq!(rig.status(run), Status::Rejected);
    assert!(rig.world.effects.is_empty());
    rig.audit(run);
}

#[test]
fn nobody_answers_in_time() {
    let (mut rig, run) = asking(&engine("", POST), &question(), true);
    let due = rig.runs[&run].control.reviews[&ReviewNo(1)].due;
    rig.now = due;
    rig.wake(run, vec![Event::Timer]);
    rig.settle();
    assert_eq!(rig.status(run), Status::Failed);
    assert!(rig.world.effects.is_empty());
    rig.audit(run);
}

#[test]
fn what_was_asked_in_the_middle_is_not_done_twice() {
    // What may be repeated is asked for and made again; of anything else nobody knows.
    let (rig, run) = asking(&engine("", ASK), &question(), false);
    let about = &rig.runs[&run].control.reviews[&ReviewNo(1)].about;
    assert!(matches!(about, About::Question { .. }), "{about:?}");
    let (rig, run) = asking(&engine("", POST), &question(), false);
    let about = &rig.runs[&run].control.reviews[&ReviewNo(1)].about;
    assert!(matches!(about, About::InDoubt { act: ActNo(1) }), "{about:?}");
    assert_eq!(keys(&rig, run).len(), 1);
    rig.audit(run);
}

#[test]
fn a_call_that_asks_without_end_fails() {
    let (mut rig, run) = asking(&engine("", ASK), &question(), true);
    for round in 1..=8 {
        assert_eq!(rig.status(run), Status::Waiting, "{round}");
        reply(&mut rig, run, round, say(&[("answer.colour", json!("red"))]));
        ask(&mut rig, run, &question(), true);
    }
    let last = rig.records(run).into_iter().rev().find_map(|record| match record {
        Record::Finished { outcome, .. } => Some(outcome),
        _ => None,
    });
    assert!(matches!(last, Some(Finish::Error { code: Code::Question, .. })), "{last:?}");
    rig.settle();
    rig.audit(run);
}

#[test]
fn a_question_about_nothing_asks_nobody() {
    let nothing = Question { forms: Vec::new(), state: Some("sealed".into()) };
    let (rig, run) = asking(&engine("", ASK), &nothing, true);
    assert_eq!(rig.status(run), Status::Done, "{:#?}", rig.records(run));
    assert_eq!(keys(&rig, run).len(), 2);
    rig.audit(run);
}

#[test]
fn an_agents_call_asks_and_is_no_repeat_of_itself() {
    let engine = engine(
        "",
        "  - { step: work, agent: clerk, given: [ case.text ], answer: { note: text }, \
         tools: [ web.query, erp.note ], turns: 6, on_failure: { ask: clerk } }\n",
    );
    for yes in [true, false] {
        let mut rig = Rig::new(1);
        let query = || ("web.query".to_owned(), json!({ "q": "x" }));
        rig.world.script = vec![vec![query()]];
        let run = rig.open(&engine, &case());
        let permit = rig.permits.remove(0);
        let (_, event) = rig.perform(permit);
        rig.wake(run, vec![event]);
        for round in 1..=4 {
            ask(&mut rig, run, &question(), true);
            assert_eq!(rig.status(run), Status::Waiting, "{round}");
            if !yes {
                break;
            }
            reply(&mut rig, run, round, say(&[("answer.colour", json!("red"))]));
        }
        if !yes {
            reply(&mut rig, run, 1, Reply::Reject { reason: "no".into() });
        }
        rig.settle();
        assert_eq!(rig.status(run), Status::Done, "{:#?}", rig.records(run));
        let all = rules(&rig, run, "web.query");
        let refused = all.iter().any(|rule| rule.starts_with("refused"));
        assert_eq!(refused, !yes, "{all:?}");
        assert_eq!(rig.world.calls.get("web.query").copied().unwrap_or(0), u32::from(yes));
        rig.audit(run);
    }
}

#[test]
fn a_call_that_a_person_allowed_is_not_asked_about_again() {
    let engine = engine(
        "",
        "  - { step: work, agent: clerk, given: [ case.text ], answer: { note: text }, \
         tools: [ erp.send ], turns: 6, on_failure: { ask: clerk } }\n",
    );
    let mut rig = Rig::new(1);
    rig.world.script = vec![vec![("erp.send".into(), json!({ "to": "a@b.c", "text": "hello" }))]];
    let run = rig.open(&engine, &case());
    rig.settle();
    assert_eq!(rules(&rig, run, "erp.send"), ["asked flow:to"]);
    reply(&mut rig, run, 1, Reply::Approve);
    ask(&mut rig, run, &question(), true);
    let about = &rig.runs[&run].control.reviews[&ReviewNo(2)].about;
    assert!(matches!(about, About::Question { .. }), "{about:?}");
    reply(&mut rig, run, 2, say(&[("answer.colour", json!("red"))]));
    rig.settle();
    assert_eq!(rig.status(run), Status::Done, "{:#?}", rig.records(run));
    assert_eq!(rig.world.effects.len(), 1);
    let allowed = rules(&rig, run, "erp.send").iter().filter(|r| *r == "review:1").count();
    assert_eq!(allowed, 2, "both by the same yes");
    rig.audit(run);
}
