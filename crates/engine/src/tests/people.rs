//! Questions to people: late, wrong, twice; and what ends or turns a case.

use journal::{Decline, End, Hash, Order, Record, Reply, ReviewNo, Starter, Status, Trigger, Why};
use plan::ids::PersonId;
use serde_json::json;

use super::{case, engine, started};
use crate::rig::{Rig, workspace};

fn review(late: &str) -> String {
    format!(
        "  - step: look\n    review:\n      by: lead\n      never_by: [ starter, owner ]\n      \
         question: Right?\n      show: [ case ]\n      within: 8 working hours\n      late: {late}\n      \
         if_rejected: {{ tell: boss, then: stop }}\n"
    )
}

#[test]
fn late_reviews_pass_on_once_and_then_end() {
    let engine = engine("", &review("{ ask: boss, within: 2 working hours, then: stop }"));
    let (mut rig, run) = started(&engine);
    let due = |rig: &Rig| rig.runs[&run].control.reviews.values().next().map(|r| r.due.0);
    let hour = 3_600_000;
    // Monday 10:00 and eight working hours: Tuesday 10:00.
    assert_eq!(due(&rig), Some(rig.now.0 + 24 * hour));
    rig.pass(24 * hour - 1);
    assert_eq!(rig.runs[&run].control.reviews[&ReviewNo(1)].by.as_str(), "lead");
    rig.pass(1);
    assert_eq!(rig.runs[&run].control.reviews[&ReviewNo(1)].by.as_str(), "boss");
    assert_eq!(due(&rig), Some(rig.now.0 + 2 * hour));
    // Whoever was asked first is asked no longer.
    rig.reply(run, "lea@x.example", 1, Reply::Approve);
    assert_eq!(rig.status(run), Status::Waiting);
    rig.pass(2 * hour);
    assert_eq!(rig.status(run), Status::Failed);
    assert_eq!(rig.runs[&run].control.ended(), Some(&End::Failed(journal::Code::Late)));
    rig.audit(run);
}

#[test]
fn only_those_who_may_answer_do_and_only_once() {
    let engine = engine("", &review("{ then: stop }"));
    let (mut rig, run) = started(&engine);
    for (who, order) in [
        ("bo@x.example", Reply::Approve),
        ("olga@x.example", Reply::Approve),
        ("nobody@x.example", Reply::Approve),
        ("lea@x.example", Reply::Happened { yes: true }),
    ] {
        rig.reply(run, who, 1, order);
        assert_eq!(rig.status(run), Status::Waiting, "{who}");
    }
    rig.reply(run, "lea@x.example", 7, Reply::Approve);
    for _ in 0..2 {
        let who = PersonId::new("leo@x.example").unwrap();
        let reply = Reply::Reject { reason: "wrong".into() };
        rig.post(run, Order::Review { who, review: ReviewNo(1), reply });
    }
    rig.settle();
    assert_eq!(rig.status(run), Status::Rejected);
    let declined: Vec<Decline> = rig
        .records(run)
        .into_iter()
        .filter_map(|r| match r {
            Record::Declined { because, .. } => Some(because),
            _ => None,
        })
        .collect();
    use Decline::{BadEdit, NotNow, NotOpen, NotPermitted};
    // The second rejection finds a case that is already ending.
    let last = if declined.last() == Some(&NotOpen) { NotOpen } else { NotNow };
    let expected = [NotPermitted, NotPermitted, NotPermitted, BadEdit, NotOpen, last];
    assert_eq!(declined, expected);
    assert_eq!(rig.world.calls.get("notify"), Some(&1));
    rig.audit(run);
}

#[test]
fn only_who_answers_for_it_or_is_asked_steers_a_case() {
    let engine = engine("", &review("{ then: stop }"));
    let person = |who: &str| PersonId::new(who).unwrap();
    let orders = |who: &str| {
        let (who, reason) = (person(who), "because".to_owned());
        [Order::Pause { who: who.clone() }, Order::Cancel { who, reason }]
    };
    // A clerk who is not asked, and somebody who is nobody.
    for stranger in ["cem@x.example", "nobody@x.example"] {
        for order in orders(stranger) {
            let (mut rig, run) = started(&engine);
            rig.post(run, order);
            rig.settle();
            assert_eq!(super::declined(&rig, run), [Decline::NotPermitted], "{stranger}");
            assert_eq!(rig.status(run), Status::Waiting);
            rig.audit(run);
        }
    }
    for (who, expected) in
        [("olga@x.example", Status::Cancelled), ("lea@x.example", Status::Cancelled)]
    {
        let (mut rig, run) = started(&engine);
        let [_, cancel] = orders(who);
        rig.post(run, cancel);
        rig.settle();
        assert_eq!(rig.status(run), expected, "{who}");
    }
}

#[test]
fn a_deputy_passes_nothing_that_the_one_who_is_away_must_not() {
    let review = review("{ then: stop }").replace("by: lead", "by: clerk");
    let engine = engine("", &review);
    let (mut rig, run) = started(&engine);
    let person = |who: &str| PersonId::new(who).unwrap();
    // Whoever started the case holds the role and may not pass it; neither may who stands in.
    rig.stands_for = vec![person("cia@x.example")];
    rig.reply(run, "bo@x.example", 1, Reply::Approve);
    assert_eq!(super::declined(&rig, run), [Decline::NotPermitted]);
    assert_eq!(rig.status(run), Status::Waiting);
    rig.stands_for = vec![person("cem@x.example")];
    rig.reply(run, "bo@x.example", 1, Reply::Approve);
    assert_eq!(rig.status(run), Status::Done);
    rig.audit(run);
}

#[test]
fn the_same_case_twice_is_one_case() {
    let engine = engine(
        "once_per: [ [ case.name, case.code ], [ case.order ] ]\n",
        "  - { step: slow, wait: { for: 2 hours } }\n  - { step: put, tool: erp.put, with: { name: case.name } }\n",
    );
    let mut rig = Rig::new(1);
    let first = rig.open(&engine, &case());
    let mut spelt = case();
    spelt["name"] = json!(" ACME ");
    spelt["order"] = json!("O2");
    let second = rig.open(&engine, &spelt);
    rig.pass(3 * 3_600_000);
    assert_eq!(rig.status(first), Status::Done);
    assert_eq!(rig.runs[&second].control.ended(), Some(&End::Duplicate(first)));
    assert_eq!(rig.world.effects.len(), 1);
    // Another case that shares only the second set is the same case too.
    let mut other = case();
    other["name"] = json!("Other");
    let third = rig.open(&engine, &other);
    rig.pass(3 * 3_600_000);
    assert_eq!(rig.runs[&third].control.ended(), Some(&End::Duplicate(first)));
    for run in [first, second, third] {
        rig.audit(run);
    }
}

#[test]
fn an_exception_leads_out_of_every_branch() {
    let more = "exceptions:\n  - { what: odd, when: \"read.text != 'fine'\", go: by_hand }\n";
    let steps = r"  - step: both
    parallel:
      left:
        - { step: read, tool: web.query, with: { q: case.name }, gives: { text: text } }
        - { step: wrong, tool: erp.post, with: { name: case.name } }
      right:
        - { step: slow, wait: { for: 2 hours } }
        - { step: never, tool: erp.post, with: { name: case.code } }
  - step: after
    tool: erp.post
    with: { name: case.text }
    then: last
  - step: by_hand
    wait: { for: 1 hours }
";
    let (mut rig, run) = started(&engine(more, steps));
    let live: Vec<&str> = rig.runs[&run].control.live.keys().map(|at| at.step.as_str()).collect();
    assert_eq!(live, ["by_hand"]);
    rig.pass(5 * 3_600_000);
    assert_eq!(rig.status(run), Status::Done);
    assert!(rig.world.effects.is_empty());
    let raised = rig.records(run).into_iter().filter(|r| {
        matches!(r, Record::Moved { why: Why::Exception(0), to: plan::workflow::Next::Step(_), .. })
    });
    assert_eq!(raised.count(), 1);
    rig.audit(run);
}

#[test]
fn effects_are_undone_in_reverse_and_pauses_do_not_hinder_it() {
    let steps = r"  - { step: one, tool: erp.post, with: { name: case.name }, gives: { id: text }, undo: erp.retract }
  - { step: two, tool: erp.post, with: { name: case.code }, gives: { id: text }, undo: erp.remove }
  - { step: three, tool: erp.put, with: { name: case.code } }
  - { step: slow, wait: { for: 2 hours } }
";
    let (mut rig, run) = started(&engine("", steps));
    let who = || PersonId::new(workspace::OWNER).unwrap();
    rig.post(run, Order::Pause { who: who() });
    rig.settle();
    assert_eq!(rig.status(run), Status::Paused);
    rig.post(run, Order::Cancel { who: who(), reason: "enough".into() });
    rig.settle();
    assert_eq!(rig.status(run), Status::Cancelled);
    let tools: Vec<&str> = rig.world.effects.iter().map(|e| e.tool.as_str()).collect();
    assert_eq!(tools, ["erp.post", "erp.post", "erp.put", "erp.remove", "erp.retract"]);
    assert_eq!(rig.world.effects[3].args["id"], "t2");
    assert_eq!(rig.world.effects[4].args["id"], "t1");
    rig.audit(run);
}

#[test]
fn whoever_started_the_case_is_known_in_every_workflow_it_calls() {
    let looks = "  - step: look\n    review:\n      by: clerk\n      never_by: [ starter ]\n      \
                 question: Right?\n      show: [ case ]\n      within: 8 working hours\n      \
                 late: { then: stop }\n      if_rejected: { then: stop }\n  - step: last\n    end: done\n";
    let inner = "case: { one: an item, from: outside, fields: { name: text } }\n\
                 on_failure: { then: stop }\n";
    let calls = "  - step: call\n    workflow: inmost\n    with: { name: case.name }\n  \
                 - step: last\n    end: done\n";
    let each = "  - step: all\n    each: { of: case.items, workflow: amid, items: 1, at_once: 1 }\n  \
                - step: last\n    end: done\n";
    let files = [
        ("main", workspace::workflow("main", "", each)),
        ("amid", workspace::workflow("amid", inner, calls)),
        ("inmost", workspace::workflow("inmost", inner, looks)),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(n, text)| (*n, text.as_str())).collect();
    let engine = workspace::engine(&workspace::plan(&files));
    let mut rig = Rig::new(1);
    let mut case = case();
    case["items"] = json!([{ "name": "n1" }]);
    let run = rig.open(&engine, &case);
    rig.settle();
    let asked = |rig: &Rig| {
        let mut runs = rig.runs.iter().filter(|(_, of)| !of.control.reviews.is_empty());
        runs.next().map(|(run, _)| *run)
    };
    let inmost = asked(&rig).expect("the inmost workflow asks");
    assert_ne!(inmost, run);
    // Whoever opened the outermost run set this one going too, two workflows further down.
    rig.reply(inmost, workspace::STARTER, 1, Reply::Approve);
    rig.settle();
    let declined = rig
        .records(inmost)
        .into_iter()
        .any(|record| matches!(record, Record::Declined { because: Decline::NotPermitted, .. }));
    assert!(declined && asked(&rig) == Some(inmost), "{:?}", rig.records(inmost));
    rig.reply(inmost, "cem@x.example", 1, Reply::Approve);
    rig.settle();
    assert_eq!(rig.status(run), Status::Done);
    rig.audit(inmost);
    rig.audit(run);
}

#[test]
fn where_nobody_knows_who_started_a_case_nobody_passes_it() {
    let engine = engine("", &review("{ then: stop }"));
    let (mut rig, run) = started(&engine);
    // As a called case of a journal that did not write down who started the outermost one.
    let opening = rig.runs.get_mut(&run).unwrap().control.opening.as_mut().unwrap();
    let at = journal::At { step: plan::ids::StepId::new("call").unwrap(), visit: 1 };
    opening.starter = journal::Starter::Parent {
        run,
        at,
        item: 0,
        root: run,
        above: Vec::new(),
        suspected: false,
        by: None,
        trigger: false,
    };
    rig.reply(run, "lea@x.example", 1, Reply::Approve);
    assert_eq!(rig.status(run), Status::Waiting, "it may have been this person");
}

#[test]
fn a_case_that_a_start_began_is_never_passed_by_whoever_answers_for_it() {
    let looks = "  - step: look\n    review:\n      by: lead\n      never_by: [ starter ]\n      \
                 question: Right?\n      show: [ case ]\n      within: 8 working hours\n      \
                 late: { then: stop }\n      if_rejected: { then: stop }\n";
    let inner = "case: { one: an item, from: outside, fields: { name: text } }\n\
                 on_failure: { then: stop }\n";
    let last = "  - step: last\n    end: done\n";
    let calls = "  - step: call\n    workflow: inmost\n    with: { name: case.name }\n";
    let calls = format!("{calls}{last}");
    let files = [
        ("main", workspace::workflow("main", "", &calls)),
        ("inmost", workspace::workflow("inmost", inner, &format!("{looks}{last}"))),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(n, text)| (*n, text.as_str())).collect();
    let nested = workspace::engine(&workspace::plan(&files));
    for engine in [nested, engine("", looks)] {
        let mut rig = Rig::new(1);
        let by = Trigger::File(Hash([7; 32]));
        rig.starter = Starter::Trigger { start: 0, by };
        let outermost = rig.open(&engine, &case());
        rig.settle();
        let mut runs = rig.runs.iter().filter(|(_, of)| !of.control.reviews.is_empty());
        let run = *runs.next().expect("somebody is asked").0;
        rig.reply(run, workspace::OWNER, 1, Reply::Approve);
        rig.settle();
        assert_eq!(rig.status(run), Status::Waiting, "it was begun in their name");
        rig.reply(run, "lea@x.example", 1, Reply::Approve);
        rig.settle();
        assert_eq!(rig.status(outermost), Status::Done);
        rig.audit(run);
        rig.audit(outermost);
    }
}

#[test]
fn a_case_that_a_start_began_counts_like_any_other() {
    let day = "limits: { case: { cost: 5 USD, tokens: 100000, acts: 40, days: 30, active: 1 hour }, \
               day: { cost: 50 USD, cases: 2 } }\n";
    let engine = engine(day, "");
    let mut rig = Rig::new(1);
    rig.starter = Starter::Trigger { start: 0, by: Trigger::Due(rig.now) };
    assert!(rig.try_open(&engine, &case()).is_some());
    assert!(rig.try_open(&engine, &case()).is_some());
    assert_eq!(rig.try_open(&engine, &case()), None);
}
