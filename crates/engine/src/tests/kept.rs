//! What a case did stays known until it is over: claims, doubts, errors of effects, and whose word
//! a value is.

use journal::{
    About, Code, Decline, End, Failure, Label, Order, Outcome, Record, Reply, ReviewNo, RunId,
    Source, Status, Usage,
};
use plan::ids::{PersonId, RoleId};
use serde_json::json;

use super::{case, declined, engine, rules, started, tampered};
use crate::rig::{Rig, workspace};
use crate::{Event, Opening};

const ONCE: &str = "once_per: [ case.name ]\n";
const POST: &str =
    "  - { step: post, tool: erp.post, with: { name: case.name }, gives: { id: text } }\n";
const ASK: &str =
    "  - { step: ask, tool: web.query, with: { q: case.name }, gives: { text: text } }\n";
const UNDO: &str = "  - { step: post, tool: erp.post, with: { name: case.name }, gives: { id: text }, undo: erp.retract }\n";
const BAD: &str = "  - { step: bad, end: failed }\n";

fn failed(act: journal::ActNo, code: Code, certain: bool) -> Event {
    let failure = Failure { code, text: "no".into(), retry_after_ms: None };
    let outcome = Outcome { result: Err(failure), usage: Usage::default(), reported: None };
    Event::Act { act, outcome, certain, held: Label::default() }
}

fn cancel(rig: &mut Rig, run: RunId) {
    let who = PersonId::new(workspace::OWNER).unwrap();
    rig.post(run, Order::Cancel { who, reason: "enough".into() });
    rig.settle();
}

/// Whether the same case, opened again, is taken for one that is already there.
fn taken(rig: &mut Rig, engine: &std::rc::Rc<crate::Engine>) -> bool {
    let again = rig.open(engine, &case());
    rig.settle();
    matches!(rig.runs[&again].control.ended(), Some(End::Duplicate(_)))
}

#[test]
fn a_claim_is_given_back_only_if_nothing_stands() {
    for (steps, undone, kept) in [
        (format!("{ASK}{BAD}"), true, false),
        (format!("{POST}{BAD}"), true, true),
        (format!("{UNDO}{BAD}"), true, false),
        (format!("{UNDO}{BAD}"), false, true),
    ] {
        let engine = engine(ONCE, &steps);
        let mut rig = Rig::new(1);
        let run = rig.open(&engine, &case());
        while !rig.permits.is_empty() {
            let permit = rig.permits.remove(0);
            let undo = matches!(permit.payload(), journal::Payload::Tool(ask)
                if ask.tool.as_str() == "erp.retract");
            let (run, event) = match undo && !undone {
                true => (run, failed(permit.act(), Code::ToolError, true)),
                false => rig.perform(permit),
            };
            rig.wake(run, vec![event]);
        }
        assert_eq!(rig.status(run), Status::Failed);
        assert_eq!(taken(&mut rig, &engine), kept, "{steps} {undone}");
        rig.audit(run);
    }
}

#[test]
fn the_first_act_of_a_case_is_covered_by_its_claim() {
    let engine = engine(ONCE, POST);
    for crash in [false, true] {
        let mut rig = Rig::new(1);
        let first = rig.open(&engine, &case());
        assert_eq!(rig.permits.len(), 1);
        if crash {
            rig.crash();
        }
        // The first run's act is out, or nobody knows whether it was done.
        let second = rig.open(&engine, &case());
        assert_eq!(rig.runs[&second].control.ended(), Some(&End::Duplicate(first)));
        assert_eq!(rig.permits.len(), usize::from(!crash));
        rig.settle();
        assert_eq!(rig.world.effects.len(), usize::from(!crash));
        let of_first = rig.records(first);
        let at = |wanted: &dyn Fn(&Record) -> bool| of_first.iter().position(wanted).unwrap();
        let claimed = at(&|r| matches!(r, Record::Claimed { .. }));
        assert!(claimed < at(&|r| matches!(r, Record::Allowed { .. })), "{of_first:#?}");
        for run in [first, second] {
            rig.audit(run);
        }
    }
}

#[test]
fn a_corrected_value_is_claimed_instead_unless_something_was_done_under_the_first() {
    const LOOK: &str = r"  - step: look
    review:
      by: lead
      never_by: [ starter ]
      question: Right?
      show: [ case ]
      may_edit: [ case.name ]
      within: 8 working hours
      late: { then: stop }
      if_rejected: { then: stop }
";
    for (steps, first_taken) in [(LOOK.to_owned(), false), (format!("{POST}{LOOK}"), true)] {
        let engine = engine(ONCE, &steps);
        let mut rig = Rig::new(1);
        let run = rig.open(&engine, &case());
        rig.settle();
        let values = vec![("case.name".to_owned(), "\"Bolt\"".to_owned())];
        rig.reply(run, "lea@x.example", 1, Reply::Edit { values });
        assert_eq!(rig.status(run), Status::Done);
        let mut corrected = case();
        corrected["name"] = json!("bolt");
        let again = rig.open(&engine, &corrected);
        assert_eq!(rig.runs[&again].control.ended(), Some(&End::Duplicate(run)));
        assert_eq!(taken(&mut rig, &engine), first_taken, "{steps}");
        rig.audit(run);
    }
}

#[test]
fn a_case_is_not_over_while_an_effect_is_in_doubt() {
    for yes in [true, false] {
        // The values are claimed when the first step is over.
        let engine = engine(ONCE, &format!("{ASK}{POST}"));
        let mut rig = Rig::new(1);
        let run = rig.open(&engine, &case());
        let (_, event) = {
            let permit = rig.permits.remove(0);
            rig.perform(permit)
        };
        rig.wake(run, vec![event]);
        let permit = rig.permits.remove(0);
        rig.wake(run, vec![failed(permit.act(), Code::TimedOut, false)]);
        cancel(&mut rig, run);
        // Who was asked is asked again, a refusal to answer is no answer, and time changes nothing.
        let no = *rig.runs[&run].control.reviews.keys().next().unwrap();
        rig.reply(run, "cem@x.example", no.0, Reply::Reject { reason: "?".into() });
        assert_eq!(declined(&rig, run), [Decline::BadEdit]);
        rig.pass(60 * 86_400_000);
        assert_eq!(rig.status(run), Status::Waiting, "{:#?}", rig.records(run));
        assert_eq!(rig.runs[&run].control.reviews[&no].by.as_str(), "lead");
        rig.crash();
        rig.recover();
        rig.reply(run, "lea@x.example", no.0, Reply::Happened { yes });
        assert_eq!(rig.status(run), Status::Cancelled);
        assert_eq!(taken(&mut rig, &engine), yes);
        rig.audit(run);
    }
}

#[test]
fn a_late_answer_about_a_cancelled_effect_is_read_back() {
    let create = "  - { step: draft, tool: erp.create, with: { supplier: { literal: S1 }, amount: { \
                  literal: \"5.00\" }, currency: { literal: EUR } }, gives: { id: text }, undo: \
                  erp.remove }\n";
    let (engine, mut rig) = (engine(ONCE, create), Rig::new(1));
    let run = rig.open(&engine, &case());
    let permit = rig.permits.remove(0);
    let act = permit.act();
    rig.perform(permit);
    cancel(&mut rig, run);
    rig.wake(run, vec![failed(act, Code::TimedOut, false)]);
    rig.settle();
    assert_eq!(rig.status(run), Status::Cancelled, "{:#?}", rig.records(run));
    let tools: Vec<&str> = rig.world.effects.iter().map(|e| e.tool.as_str()).collect();
    assert_eq!(tools, ["erp.create", "erp.remove"]);
    assert!(!taken(&mut rig, &engine));
    rig.audit(run);
}

#[test]
fn an_effect_that_answers_with_an_error_is_not_called_again_on_a_guess() {
    let put = "  - { step: put, tool: erp.put, with: { name: case.name } }\n";
    for (steps, code, asked) in [
        (POST, Code::ToolError, true),
        (POST, Code::TimedOut, true),
        (POST, Code::RateLimited, false),
        (POST, Code::Unavailable, false),
        (put, Code::ToolError, false),
    ] {
        let mut rig = Rig::new(1);
        let run = rig.open(&engine("", steps), &case());
        let permit = rig.permits.remove(0);
        rig.wake(run, vec![failed(permit.act(), code, true)]);
        let expected = if asked { Status::Waiting } else { Status::Sleeping };
        assert_eq!(rig.status(run), expected, "{code:?}");
        if asked {
            let review = &rig.runs[&run].control.reviews[&ReviewNo(1)];
            assert!(matches!(review.about, About::InDoubt { .. }));
            rig.reply(run, "cem@x.example", 1, Reply::Happened { yes: false });
        }
        rig.pass(60_000);
        assert_eq!((rig.status(run), rig.world.effects.len()), (Status::Done, 1), "{code:?}");
        rig.audit(run);
    }
}

#[test]
fn approving_a_failed_step_changes_nobodys_word() {
    let steps = "  - step: ask\n    tool: web.query\n    with: { q: case.name }\n    gives: { text: text }\n    \
                 confirm: { tool: erp.get, with: { id: ask.text }, holds: \"result != null\" }\n";
    let engine = engine("", steps);
    for edit in [false, true] {
        let (mut rig, run) = started(&engine);
        let review = rig.runs[&run].control.reviews[&ReviewNo(1)].about.clone();
        let About::Failure { shown, .. } = review else { panic!("{review:?}") };
        assert_eq!(shown.len(), 1);
        let values = vec![("ask.text".to_owned(), "\"mine\"".to_owned())];
        let reply = if edit { Reply::Edit { values } } else { Reply::Approve };
        rig.reply(run, "cem@x.example", 1, reply);
        assert_eq!(rig.status(run), Status::Done);
        let (_, labels) = rig.bound(run, "ask").unwrap();
        let origin = if edit { Source::Person } else { Source::OutsideTool };
        assert!(labels.at("/text").origins.has(origin) && labels.base.untrusted());
        let endorsed = &rig.runs[&run].control.endorsed;
        assert_eq!(endorsed.iter().any(|e| e.shown == shown[0]), !edit);
        rig.audit(run);
    }
}

#[test]
fn an_amount_that_cannot_be_counted_is_not_moved() {
    let create = "  - { step: draft, tool: erp.create, with: { supplier: { literal: S1 }, amount: { \
                  literal: \"5.00\" }, currency: { literal: EUR } } }\n";
    let good = engine("", create);
    let with = |value: serde_json::Value| {
        tampered(&good, move |workflow| {
            workflow["steps"][0]["does"]["tool"]["with"]["amount"] = json!({ "literal": value });
        })
    };
    for (amount, refused) in [("5.00", false), ("all of it", true)] {
        let (rig, run) = started(&with(json!(amount)));
        let rules = rules(&rig, run, "erp.create");
        let found = rules.contains(&"refused budget:day_amount_unreadable".to_owned());
        assert_eq!(found, refused, "{rules:?}");
        assert_eq!(rig.world.effects.is_empty(), refused);
        rig.audit(run);
    }
}

#[test]
fn a_held_run_has_no_timers() {
    let engine = engine("", "  - { step: slow, wait: { for: 2 hours } }\n");
    let (mut rig, run) = started(&engine);
    let wake = |rig: &Rig| {
        let held = &rig.runs[&run];
        crate::standing_of(&held.engine, &held.control, rig.now).wake_at.unwrap().0 - rig.now.0
    };
    let who = || PersonId::new(workspace::OWNER).unwrap();
    assert_eq!(wake(&rig), 2 * 3_600_000);
    rig.post(run, Order::Pause { who: who() });
    rig.settle();
    assert_eq!(wake(&rig), 30 * 86_400_000);
    rig.pass(3 * 3_600_000);
    rig.post(run, Order::Resume { who: who() });
    rig.settle();
    assert_eq!(rig.status(run), Status::Done);
}

#[test]
fn signs_are_part_of_what_a_case_is_known_by() {
    let (engine, mut rig) = (engine(ONCE, ASK), Rig::new(1));
    let first = |rig: &mut Rig, name: &str| {
        let mut case = case();
        case["name"] = json!(name);
        let run = rig.open(&engine, &case);
        rig.settle();
        rig.status(run) == Status::Done
    };
    for (name, new) in [("1-23", true), ("12-3", true), (" A  b ", true), ("a B", false)] {
        assert_eq!(first(&mut rig, name), new, "{name}");
    }
}

#[test]
fn a_question_goes_only_to_those_the_plan_names() {
    let steps = "  - step: look\n    review:\n      by: clerk\n      never_by: [ starter ]\n      question: Right?\n      \
                 show: [ case ]\n      within: 8 working hours\n      late: { then: stop }\n      if_rejected: { then: stop }\n";
    let (mut rig, run) = started(&engine("", steps));
    for to in ["boss", "nobody", "lead"] {
        let reply = Reply::Escalate { to: RoleId::new(to).unwrap(), reason: "not mine".into() };
        rig.reply(run, "cem@x.example", 1, reply);
    }
    assert_eq!(declined(&rig, run), [Decline::NotPermitted, Decline::BadEdit]);
    assert_eq!(rig.runs[&run].control.reviews[&ReviewNo(1)].by.as_str(), "lead");
}

#[test]
fn an_opening_that_fails_by_our_defect_is_written_down() {
    let engine = engine("", POST);
    let opening = Opening {
        run: RunId::new(crate::rig::START, [3; 10]),
        now: crate::rig::START,
        entropy: journal::Entropy([5; 32]),
        case: case().to_string().into_bytes(),
        labels: None,
        called: None,
        starter: journal::Starter::Person(PersonId::new(workspace::STARTER).unwrap()),
        mode: journal::Mode::Live,
        refusals: Vec::new(),
    };
    let mut rig = Rig::new(1);
    rig.add(&engine);
    rig.commit(crate::opening_caught(&engine, &opening, "it broke")).unwrap();
    let records = rig.records(opening.run);
    let [Record::Opened { .. }, Record::Caught { .. }, Record::Ended { end, .. }] = &records[..]
    else {
        panic!("{records:#?}")
    };
    assert_eq!(*end, End::Failed(Code::Defect));
    let mut audit = crate::Audit::new(&engine, opening.run);
    let stored = journal::Store::frames(&rig.store, opening.run, journal::Seq(0), 9).unwrap();
    assert_eq!(audit.check(&stored[0]).unwrap(), crate::Audited::Caught);
}
