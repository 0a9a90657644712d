//! Agents with tools: calls in order, a held call, refusals the agent sees, and conversations that
//! grow no faster than what is said in them.

use journal::{Message, Record, Reply, Role, RunId, Status, What};
use serde_json::json;

use super::{engine, rules, started};
use crate::rig::Rig;

const WORK: &str = r"  - step: work
    agent: clerk
    given: [ case.text ]
    answer: { note: text }
    tools: [ web.query, erp.note, erp.send ]
    turns: 6
";

fn calls(rig: &mut Rig) {
    rig.world.script = vec![vec![
        ("erp.note".into(), json!({ "text": "first" })),
        ("erp.send".into(), json!({ "to": "a@b.c", "text": "hello" })),
        ("erp.note".into(), json!({ "text": "third" })),
        ("erp.create".into(), json!({ "supplier": "me" })),
    ]];
}

/// What the model is told last: who speaks, and which call it answers.
fn told(rig: &Rig, run: RunId) -> Vec<(Role, Option<String>)> {
    let held = &rig.runs[&run];
    let (at, _) = held.control.live.iter().next().unwrap();
    let input = [];
    let work = crate::work::Work::new(
        &held.engine,
        &held.control,
        &held.env,
        rig.now,
        journal::Entropy([0; 32]),
        &input,
    );
    let all: Vec<_> = work.messages(at).unwrap();
    all.iter().map(|m: &std::sync::Arc<Message>| (m.role, m.answers.clone())).collect()
}

#[test]
fn a_held_call_holds_the_later_ones_of_its_turn() {
    let engine = engine("", WORK);
    for approve in [true, false] {
        let mut rig = Rig::new(1);
        calls(&mut rig);
        let run = rig.open(&engine, &super::case());
        rig.settle();
        assert_eq!(rig.status(run), Status::Waiting);
        assert_eq!(rules(&rig, run, "erp.send"), ["asked flow:to"]);
        let done: Vec<_> = rig.world.effects.iter().map(|e| e.args["text"].clone()).collect();
        assert_eq!(done, ["first"]);
        let reply = if approve { Reply::Approve } else { Reply::Reject { reason: "no".into() } };
        let who = "cem@x.example";
        // Up to the model's next turn, so that what it is told can be looked at.
        let order = journal::Order::Review {
            who: plan::ids::PersonId::new(who).unwrap(),
            review: journal::ReviewNo(1),
            reply,
        };
        rig.post(run, order);
        rig.wake(run, Vec::new());
        while rig.permits.iter().all(|p| matches!(p.payload(), journal::Payload::Tool(_))) {
            // Results come back in the other order.
            let permit = rig.permits.pop().unwrap();
            let (_, event) = rig.perform(permit);
            rig.wake(run, vec![event]);
        }
        let ids = ["c0_0", "c0_1", "c0_2", "c0_3"];
        let mut expected = vec![(Role::User, None), (Role::Assistant, None)];
        expected.extend(ids.map(|id| (Role::Tool, Some(id.to_owned()))));
        assert_eq!(told(&rig, run), expected, "approve {approve}");
        rig.settle();
        assert_eq!(rig.status(run), Status::Done);
        let sent = rig.world.effects.iter().filter(|e| e.tool == "erp.send").count();
        assert_eq!(sent, usize::from(approve));
        assert!(rig.world.effects.iter().all(|e| e.tool != "erp.create"), "not one of its tools");
        rig.audit(run);
    }
}

#[test]
fn a_broken_answer_is_mended_once() {
    let engine = engine("", WORK);
    let (rig, run) = started(&engine);
    assert_eq!(rig.status(run), Status::Done);
    let mut rig = Rig::new(1);
    rig.world.answers =
        vec![("Material".into(), "{}".into()), ("does not fit".into(), "{}".into())];
    let run = rig.open(&engine, &super::case());
    rig.settle();
    assert_eq!(rig.status(run), Status::Waiting, "a person is asked when repairs are used up");
    assert_eq!(rig.world.calls["model"], 2);
}

#[test]
fn the_same_call_again_and_again_is_refused_and_said_so() {
    let engine = engine("", WORK);
    let mut rig = Rig::new(1);
    rig.world.script = vec![vec![("web.query".into(), json!({ "q": "x" }))]; 5];
    let run = rig.open(&engine, &super::case());
    rig.settle();
    assert_eq!(rig.status(run), Status::Done);
    assert_eq!(rig.world.calls["web.query"], 3);
    assert!(rules(&rig, run, "web.query").contains(&"refused loop:same".to_owned()));
}

#[test]
fn a_long_conversation_grows_by_what_is_said() {
    let more = "limits: { case: { cost: 2000 USD, tokens: 900000000, acts: 5000, days: 30, active: 10 hours }, \
                day: { cost: 20000 USD, cases: 10 } }\n";
    let engine = engine(more, &WORK.replace("turns: 6", "turns: 1000"));
    let mut rig = Rig::new(1);
    rig.world.script =
        (0..500).map(|n| vec![("web.query".into(), json!({ "q": format!("q{n:04}") }))]).collect();
    let run = rig.open(&engine, &super::case());
    rig.settle();
    assert_eq!(rig.status(run), Status::Done);
    assert_eq!(rig.world.calls["model"] + rig.world.calls["web.query"], 1_001);
    let sizes = rig.sizes(run);
    let (early, late) =
        (sizes[10..110].iter().sum::<usize>(), sizes[890..990].iter().sum::<usize>());
    // Numbers of acts grow from two digits to four; nothing else may grow.
    assert!(late < early + early / 20, "{early} bytes early, {late} bytes late");
    let models = rig
        .records(run)
        .into_iter()
        .filter(|r| matches!(r, Record::Allowed { what: What::Model { .. }, .. }));
    assert_eq!(models.count(), 501);
}

const NAMED: &str = "exceptions:\n  - { what: never, when: \"case.name == 'no such name'\", go: last }\n\
                     \u{20} - { what: credit note, go: review_1 }\n  - { what: a reminder, go: last }\n";
const SORT: &str = r"  - step: answer_1
    agent: clerk
    given: [ case.text ]
    answer: { topic: { one_of: [ a, b ] } }
    at_most: 2
  - { step: post, tool: erp.post, with: { name: case.name } }
  - { step: odd, end: done }
  - step: review_1
    review:
      by: lead
      never_by: [ starter ]
      question: What is it?
      show: [ case, answer_1 ]
      within: 8 working hours
      late: { then: stop }
      if_rejected: { then: stop }
    then: answer_1
";

pub(super) const CREDIT_NOTE: &str = r#"{ "topic": "a", "exception": "credit note" }"#;

/// A run whose agent answers so, and the steps it came to.
pub(super) fn sorted(answers: &[(&str, &str)]) -> (Rig, RunId, Vec<String>) {
    let engine = engine(NAMED, SORT);
    let mut rig = Rig::new(1);
    rig.world.answers =
        answers.iter().map(|(on, say)| ((*on).to_owned(), (*say).to_owned())).collect();
    let run = rig.open(&engine, &super::case());
    rig.settle();
    let steps = rig.records(run).into_iter().filter_map(|record| match record {
        journal::Record::Entered { at, .. } => Some(at.step.to_string()),
        _ => None,
    });
    let steps = steps.collect();
    rig.audit(run);
    rig.check_folds();
    (rig, run, steps)
}

#[test]
fn an_agent_raises_an_exception_by_its_name_and_nothing_else() {
    let check = |say: &str, expected: &[&str], bound: bool| {
        let (rig, run, steps) = sorted(&[("Material", say), ("does not fit", "{}")]);
        assert_eq!(steps, expected, "{say}");
        assert_eq!(rig.bound(run, "answer_1").is_some(), bound, "{say}");
        let posted = usize::from(expected.contains(&"post"));
        assert_eq!(rig.world.effects.len(), posted, "{say}");
    };
    check(r#"{ "topic": "a" }"#, &["answer_1", "post", "odd"], true);
    check(r#"{ "topic": "a", "exception": null }"#, &["answer_1", "post", "odd"], true);
    check(r#"{ "topic": "a", "exception": "credit note" }"#, &["answer_1", "review_1"], true);
    check(r#"{ "exception": "credit note" }"#, &["answer_1", "review_1"], false);
    check(r#"{ "exception": "a reminder" }"#, &["answer_1", "last"], false);
    // A condition's exception, a step and a free text are no names.
    for name in ["never", "review_1", "last", "a credit note, I think"] {
        let say = format!(r#"{{ "topic": "a", "exception": "{name}" }}"#);
        check(&say, &["answer_1"], false);
    }
    check("credit note", &["answer_1"], false);
}

#[test]
fn what_is_shown_with_an_exception_holds_no_link_that_nobody_gave() {
    let engine = engine(NAMED, &SORT.replace("{ one_of: [ a, b ] }", "text"));
    for (topic, bound) in [("a", true), ("https://evil.example/?d=1", false)] {
        let mut rig = Rig::new(1);
        let say = json!({ "topic": topic, "exception": "credit note" }).to_string();
        rig.world.answers = vec![("Material".to_owned(), say)];
        let run = rig.open(&engine, &super::case());
        rig.settle();
        assert_eq!(rig.bound(run, "answer_1").is_some(), bound, "{topic}");
        rig.audit(run);
    }
}

#[test]
fn what_an_agent_raised_is_written_down_and_raised_once() {
    let (mut rig, run, _) = sorted(&[("Material", CREDIT_NOTE)]);
    let moved = rig.records(run).into_iter().filter_map(|record| match record {
        journal::Record::Moved { why: journal::Why::Exception(n), .. } => Some(n),
        _ => None,
    });
    assert_eq!(moved.collect::<Vec<_>>(), [1]);
    // The model had a hand in the way from here on.
    let held = &rig.runs[&run].control;
    let visit = held.live.values().next().unwrap();
    assert!(visit.influences.influences.iter().any(|s| s == journal::Source::Model));
    // Asked again, it names what a person has dealt with already: its answer counts.
    rig.reply(run, "lea@x.example", 1, Reply::Approve);
    assert_eq!(rig.status(run), Status::Done);
    assert_eq!(rig.world.effects.len(), 1);
    rig.audit(run);
}

#[test]
fn the_model_sees_which_exceptions_it_may_name() {
    let shape = |more: &str| {
        let engine = engine(more, SORT);
        let prepared = engine.prepared.step(&plan::ids::StepId::new("answer_1").unwrap()).unwrap();
        match &prepared.answer {
            journal::AnswerShape::Json(schema) => schema["properties"].clone(),
            other => panic!("{other:?}"),
        }
    };
    let exception = &shape(NAMED)["exception"];
    assert_eq!(exception["enum"], json!([null, "credit note", "a reminder"]));
    let with_condition = "exceptions:\n  - { what: odd, when: \"case.name == ''\", go: review_1 }\n  - { what: odder, \
         when: \"case.name == 'x'\", go: last }\n";
    assert_eq!(shape(with_condition).get("exception"), None);
}

#[test]
fn the_next_model_is_asked_at_once_and_the_last_ones_failure_is_the_steps() {
    use journal::{Code, Failure, Label, Outcome, Payload, Usage};
    let engine = engine("on_failure: { then: stop }\n", WORK);
    let fail = |rig: &mut Rig, run: RunId, code: Code| {
        let permit = rig.permits.remove(0);
        let Payload::Model(ask) = permit.payload() else { panic!("no question to a model") };
        let (asked, act) = (ask.model.to_string(), permit.act());
        let failure = Failure { code, text: "down".into(), retry_after_ms: Some(60_000) };
        let outcome = Outcome { result: Err(failure), usage: Usage::default(), reported: None };
        rig.truth.perform(run, act);
        let event = crate::Event::Act { act, outcome, certain: true, held: Label::default() };
        rig.wake(run, vec![event]);
        asked
    };
    for code in [Code::Unavailable, Code::RateLimited, Code::VendorRefused] {
        let mut rig = Rig::new(1);
        let run = rig.open(&engine, &super::case());
        // Without a word about trying again, and without waiting for the one that is down.
        assert_eq!(fail(&mut rig, run, code), "main");
        assert_eq!(rig.status(run), Status::Running, "{code:?}");
        rig.settle();
        assert_eq!(rig.status(run), Status::Done, "{code:?}");
        rig.audit(run);

        let mut rig = Rig::new(1);
        let run = rig.open(&engine, &super::case());
        assert_eq!([fail(&mut rig, run, code), fail(&mut rig, run, code)], ["main", "spare"]);
        rig.settle();
        assert_eq!(rig.status(run), Status::Failed, "{code:?}");
        rig.audit(run);
    }
    // A broken answer is no reason to ask elsewhere.
    let mut rig = Rig::new(1);
    let run = rig.open(&engine, &super::case());
    fail(&mut rig, run, Code::TooLarge);
    rig.settle();
    assert_eq!(rig.status(run), Status::Failed);
}
