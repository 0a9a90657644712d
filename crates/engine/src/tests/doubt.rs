//! Acts of which nobody knows whether they happened: read back, or a person finds out; never a
//! silent second call.

use journal::{Code, Failure, Label, Outcome, Payload, Record, Reply, Status, Usage};

use super::engine;
use crate::rig::Rig;
use crate::{Engine, Event};

fn lost(act: journal::ActNo) -> Event {
    let text = "no answer".to_owned();
    let failure = Failure { code: Code::TimedOut, text, retry_after_ms: None };
    let outcome = Outcome { result: Err(failure), usage: Usage::default(), reported: None };
    Event::Act { act, outcome, certain: false, held: Label::default() }
}

/// Opens a run whose first act is lost: done or not, nobody heard of it.
fn in_doubt(engine: &std::rc::Rc<Engine>, done: bool, crash: bool) -> (Rig, journal::RunId) {
    let mut rig = Rig::new(1);
    let run = rig.open(engine, &super::case());
    let permit = rig.permits.remove(0);
    let act = permit.act();
    if done {
        rig.perform(permit);
    }
    if crash {
        rig.crash();
        rig.recover();
    } else {
        rig.wake(run, vec![lost(act)]);
    }
    rig.settle();
    (rig, run)
}

const CREATE: &str = "  - { step: draft, tool: erp.create, with: { supplier: { literal: S1 }, amount: \
                      { literal: \"5.00\" }, currency: { literal: EUR } }, gives: { id: text } }\n";
const POST: &str =
    "  - { step: post, tool: erp.post, with: { name: case.name }, gives: { id: text } }\n";
const PUT: &str = "  - { step: put, tool: erp.put, with: { name: case.name } }\n";

#[test]
fn a_tool_that_can_be_read_back_is() {
    let engine = engine("", CREATE);
    for crash in [false, true] {
        for done in [false, true] {
            let (rig, run) = in_doubt(&engine, done, crash);
            assert_eq!(rig.status(run), Status::Done, "{:#?}", rig.records(run));
            assert_eq!(rig.world.effects.len(), 1, "done {done}, crash {crash}");
            assert_eq!(rig.world.calls["erp.find"], 1);
            assert_eq!(rig.bound(run, "draft").unwrap().0["id"], "t1");
            rig.audit(run);
        }
    }
}

#[test]
fn a_tool_that_goes_away_each_time_is_not_called_without_end() {
    let mut rig = Rig::new(1);
    let run = rig.open(&engine("", CREATE), &super::case());
    let mut calls = 0;
    for _ in 0..100 {
        let Some(permit) = (!rig.permits.is_empty()).then(|| rig.permits.remove(0)) else {
            rig.skip(60_000);
            rig.wake(run, vec![Event::Timer]);
            continue;
        };
        if matches!(permit.payload(), Payload::Tool(ask) if ask.tool.as_str() == "erp.create") {
            calls += 1;
            rig.wake(run, vec![lost(permit.act())]);
        } else {
            let (run, event) = rig.perform(permit);
            rig.wake(run, vec![event]);
        }
    }
    assert_eq!((rig.status(run), calls), (Status::Waiting, 3), "{:#?}", rig.records(run));
    assert!(rig.world.effects.is_empty());
    rig.audit(run);
}

#[test]
fn otherwise_a_person_finds_out() {
    let engine = engine("", POST);
    for crash in [false, true] {
        for done in [false, true] {
            let (mut rig, run) = in_doubt(&engine, done, crash);
            assert_eq!(rig.status(run), Status::Waiting);
            rig.reply(run, "cem@x.example", 1, Reply::Approve);
            assert_eq!(rig.status(run), Status::Waiting, "a fact is no matter of approval");
            rig.reply(run, "cem@x.example", 1, Reply::Happened { yes: done });
            assert_eq!(rig.status(run), Status::Done);
            assert_eq!(rig.world.effects.len(), 1, "done {done}, crash {crash}");
            rig.audit(run);
        }
    }
}

#[test]
fn a_repeatable_one_is_repeated_under_its_key() {
    let engine = engine("", PUT);
    for crash in [false, true] {
        for done in [false, true] {
            let (rig, run) = in_doubt(&engine, done, crash);
            assert_eq!(rig.status(run), Status::Done);
            assert_eq!(rig.world.effects.len(), 1, "done {done}, crash {crash}");
            assert!(rig.world.calls["erp.put"] >= 1);
            rig.audit(run);
        }
    }
}

#[test]
fn an_answer_to_a_question_of_a_dead_driver_changes_nothing() {
    let engine = engine("", POST);
    let mut rig = Rig::new(1);
    let run = rig.open(&engine, &super::case());
    let permit = rig.permits.remove(0);
    let (_, late) = rig.perform(permit);
    rig.crash();
    rig.recover();
    rig.settle();
    let before = rig.records(run).len();
    assert!(!rig.wake(run, vec![late]));
    assert_eq!(rig.records(run).len(), before);
    assert_eq!(rig.status(run), Status::Waiting);
}

#[test]
fn an_act_that_a_stop_kept_from_beginning_is_due_again_and_costs_nothing() {
    // No attempt is left to be used up, and the act may not be repeated on a guess.
    let steps = "  - step: put\n    tool: erp.post\n    with: { name: case.name }\n    \
                 on_failure: { then: stop }\n";
    let engine = engine("", steps);
    let mut rig = Rig::new(1);
    let run = rig.open(&engine, &super::case());
    for _ in 0..5 {
        let permit = rig.permits.remove(0);
        let act = permit.act();
        let failure =
            Failure { code: Code::Stopped, text: "a stop came".into(), retry_after_ms: None };
        let outcome = Outcome { result: Err(failure), usage: Usage::default(), reported: None };
        rig.truth.perform(run, act);
        let held = Label::default();
        rig.wake(run, vec![Event::Act { act, outcome, certain: true, held }]);
        assert_eq!(rig.permits.len(), 1, "the same is asked once more: {:?}", rig.records(run));
    }
    rig.settle();
    assert_eq!(rig.status(run), Status::Done);
    assert_eq!(rig.world.effects.len(), 1);
    let failed = |record: &Record| matches!(record, Record::RetryAt { .. } | Record::Failed { .. });
    assert!(!rig.records(run).iter().any(failed));
    rig.audit(run);
}
