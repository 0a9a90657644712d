//! How far a step may go by itself: what its map says, what somebody holds it to, and what reviews
//! see and do not see.

use journal::{Decline, Mode, Record, Reply, Status, StopScope, What, Why};

use super::{case, declined, engine, rules, started};
use crate::rig::{Rig, workspace};

const POST: &str =
    "  - { step: post, tool: erp.post, with: { name: { literal: hello } }, undo: erp.retract }\n";
const DAY: u64 = 24 * 3_600_000;

fn beyond(text: &str) -> StopScope {
    StopScope::beyond(text).unwrap()
}

/// Runs of each kind, for the journals that every later engine has to follow.
pub(super) fn recorded() -> [Rig; 3] {
    let first = "  - step: match\n    lookup: { supplier: { in: suppliers, where: { name: case.name, code: \
                 case.code } } }\n";
    let mut lower = Rig::new(11);
    let held = engine("", &format!("{first}{POST}"));
    lower.add(&held);
    lower.stop(beyond("main.post=approve"), true);
    lower.open(&held, &case());
    lower.settle();

    let mut seeded = Rig::new(12);
    seeded.mode = Mode::Seeded;
    let run = seeded
        .open(&engine("once_per: [ case.name ]\n", &format!("{first}{}{POST}", look(""))), &case());
    seeded.settle();
    seeded.reply(run, "lea@x.example", 1, Reply::Approve);

    let mut enough = Rig::new(13);
    let few = super::tampered(&engine("", &format!("{first}{}", look(""))), |workflow| {
        workflow["attention"] = serde_json::json!({ "lead": { "a_day": 1, "at_least_ms": null } });
    });
    for _ in 0..2 {
        let run = enough.open(&few, &case());
        enough.settle();
        enough.reply(run, "lea@x.example", 1, Reply::Approve);
    }
    [lower, seeded, enough]
}

fn look(more: &str) -> String {
    format!(
        "  - step: look\n    review:\n      by: lead\n      never_by: [ starter ]\n      question: \
         Right?\n{more}      show: [ case ]\n      within: 8 working hours\n      late: {{ then: \
         stop }}\n      if_rejected: {{ then: stop }}\n"
    )
}

#[test]
fn an_effect_that_is_held_lower_takes_a_person_and_happens_once() {
    let engine = engine("", POST);
    let mut rig = Rig::new(1);
    rig.add(&engine);
    rig.stop(beyond("main=approve"), true);
    let run = rig.open(&engine, &case());
    rig.settle();
    assert_eq!(rig.status(run), Status::Waiting, "it is not stopped but asked about");
    assert_eq!(rules(&rig, run, "erp.post"), ["asked autonomy"]);
    assert!(rig.world.effects.is_empty());
    // Neither the one who set it going nor a driver that dies gets round it.
    rig.reply(run, "cia@x.example", 1, Reply::Approve);
    rig.crash();
    rig.recover();
    rig.settle();
    assert!(rig.world.effects.is_empty());
    rig.reply(run, "cem@x.example", 1, Reply::Approve);
    assert_eq!(rig.status(run), Status::Done);
    assert_eq!(rig.world.effects.len(), 1);
    rig.audit(run);
    // Let go further, the next case needs nobody; so does what the map says in another workflow.
    rig.stop(beyond("main=approve"), false);
    let next = rig.open(&engine, &case());
    rig.settle();
    assert_eq!(rig.status(next), Status::Done);
    assert_eq!(rig.world.effects.len(), 2);
    rig.audit(next);
}

#[test]
fn a_rung_holds_its_step_and_no_other_and_suggest_carries_out_nothing() {
    let steps = "  - { step: put, tool: erp.put, with: { name: { literal: one } } }\n";
    let engine = engine("", &format!("{steps}{POST}"));
    let mut rig = Rig::new(1);
    rig.add(&engine);
    rig.stop(beyond("main.post=suggest"), true);
    let run = rig.open(&engine, &case());
    rig.settle();
    assert_eq!(rig.world.effects.len(), 1, "the other step acts");
    assert_eq!(rules(&rig, run, "erp.post"), ["refused autonomy"]);
    // A yes carries out nothing either.
    rig.reply(run, "cem@x.example", 1, Reply::Approve);
    assert_eq!(rig.world.effects.len(), 1);
    rig.audit(run);
    let mut other = Rig::new(1);
    other.add(&engine);
    other.stop(beyond("main.no_such_step=suggest"), true);
    other.stop(beyond("child=suggest"), true);
    other.open(&engine, &case());
    other.settle();
    assert_eq!(other.world.effects.len(), 2);
}

#[test]
fn what_can_be_undone_goes_on_and_taking_back_is_never_held() {
    let engine = engine("", POST);
    let mut rig = Rig::new(1);
    rig.add(&engine);
    rig.stop(beyond("main=act_with_undo"), true);
    let run = rig.open(&engine, &case());
    rig.settle();
    assert_eq!(rig.status(run), Status::Done, "it can be undone");

    let waits = format!("{POST}{}", look(""));
    let engine = super::engine("", &waits);
    let (mut rig, run) = started(&engine);
    assert_eq!(rig.world.effects.len(), 1);
    rig.stop(beyond("main=suggest"), true);
    rig.reply(run, "lea@x.example", 1, Reply::Reject { reason: "no".into() });
    assert_eq!(rig.status(run), Status::Rejected);
    assert!(rig.world.effects.iter().any(|effect| effect.tool == "erp.retract"));
    rig.audit(run);
}

#[test]
fn whoever_holds_a_workflow_holds_those_that_it_calls() {
    let child = "  - { step: put, tool: erp.put, with: { name: { literal: hello } } }\n  - { step: \
                 last, end: done }\n";
    let steps = "  - { step: call, workflow: child, with: { name: case.name } }\n  - { step: last, \
                 end: done }\n";
    let more = "case: { one: an item, from: outside, fields: { name: text } }\n";
    let main = workspace::workflow("main", "", steps);
    let child = workspace::workflow("child", more, child);
    let plan = workspace::plan(&[("main", &main), ("child", &child)]);
    let engine = workspace::engine(&plan);
    for (scope, effects) in [("main=approve", 0), ("child=approve", 0), ("other=approve", 1)] {
        let mut rig = Rig::new(3);
        rig.share(&engine);
        rig.stop(beyond(scope), true);
        rig.open(&engine, &case());
        rig.settle();
        assert_eq!(rig.world.effects.len(), effects, "{scope}");
    }
}

#[test]
fn a_step_goes_less_far_than_its_workflow_where_its_map_says_so() {
    let steps = "  - { step: put, tool: erp.put, with: { name: { literal: one } } }\n";
    let held = super::tampered(&engine("", &format!("{steps}{POST}")), |workflow| {
        for step in workflow["steps"].as_array_mut().unwrap() {
            if step["id"] == "post" {
                step["autonomy"] = "approve".into();
            }
        }
    });
    let (rig, run) = started(&held);
    assert_eq!(rig.world.effects.len(), 1);
    assert_eq!(rules(&rig, run, "erp.post"), ["asked autonomy"]);
}

#[test]
fn a_case_that_is_known_to_be_wrong_has_no_effect_and_bothers_nobody_twice() {
    let engine = engine("once_per: [ case.name ]\n", &format!("{}{POST}", look("")));
    let mut rig = Rig::new(1);
    rig.mode = Mode::Seeded;
    let run = rig.open(&engine, &case());
    rig.settle();
    assert_eq!(rig.status(run), Status::Waiting);
    rig.reply(run, "lea@x.example", 1, Reply::Approve);
    assert_eq!(rules(&rig, run, "erp.post"), ["refused seeded"]);
    assert_eq!(rig.status(run), Status::Failed);
    assert!(rig.world.effects.is_empty());
    rig.audit(run);
    // It does not count as the case whose values it has.
    rig.mode = Mode::Live;
    let real = rig.open(&engine, &case());
    rig.settle();
    rig.reply(real, "lea@x.example", 1, Reply::Approve);
    assert_eq!(rig.status(real), Status::Done);
    assert_eq!(rig.world.effects.len(), 1);
}

#[test]
fn a_person_answers_no_more_than_a_day_allows() {
    let engine = super::tampered(&engine("", &look("")), |workflow| {
        workflow["attention"] = serde_json::json!({ "lead": { "a_day": 2, "at_least_ms": null } });
    });
    let mut rig = Rig::new(1);
    let runs: Vec<_> = (0..4).map(|_| rig.open(&engine, &case())).collect();
    for run in &runs {
        rig.reply(*run, "lea@x.example", 1, Reply::Claim);
        rig.reply(*run, "lea@x.example", 1, Reply::Approve);
    }
    let stand: Vec<_> = runs.iter().map(|run| rig.status(*run)).collect();
    use Status::{Done, Waiting};
    assert_eq!(stand, [Done, Done, Waiting, Waiting]);
    assert_eq!(declined(&rig, runs[2]), [Decline::Enough]);
    rig.audit(runs[2]);
    // Somebody else has attention left, and so has the same person another day. What is declined
    // for another reason takes none of it.
    rig.reply(runs[2], "lea@x.example", 1, Reply::Release);
    rig.reply(runs[2], "leo@x.example", 1, Reply::Happened { yes: true });
    rig.reply(runs[2], "leo@x.example", 1, Reply::Approve);
    assert_eq!(rig.status(runs[2]), Done);
    rig.pass(DAY);
    let late = rig.open(&engine, &case());
    rig.reply(late, "lea@x.example", 1, Reply::Approve);
    assert_eq!(rig.status(late), Done);
    rig.check_accounts();
}

#[test]
fn of_a_sample_some_are_seen_and_in_doubt_all() {
    let sample = |when: &str, share: &str| {
        let text = format!("      sample: {{ when: \"{when}\", share: {share} }}\n");
        engine("", &look(&text))
    };
    let seen = |when: &str, share: &str| {
        let engine = sample(when, share);
        let mut rig = Rig::new(9);
        let runs: Vec<_> = (0..200).map(|_| rig.open(&engine, &case())).collect();
        rig.settle();
        for run in &runs {
            rig.audit(*run);
            let unseen = |record| matches!(record, Record::Moved { why: Why::Unsampled, .. });
            let waits = rig.status(*run) == Status::Waiting;
            assert_ne!(waits, rig.records(*run).into_iter().any(unseen));
        }
        runs.iter().filter(|run| rig.status(**run) == Status::Waiting).count()
    };
    assert_eq!(seen("case.name == 'Acme'", "0 %"), 0);
    assert_eq!(seen("case.name == 'Acme'", "100 %"), 200);
    assert_eq!(seen("case.name == 'Bolt'", "0 %"), 200, "another kind of case");
    let some = seen("case.name == 'Acme'", "25 %");
    assert!((25..=80).contains(&some), "{some} of 200");
}

#[test]
fn what_was_not_seen_is_endorsed_by_nobody() {
    let send = "  - step: send\n    tool: erp.send\n    with: { to: case.name, text: case.text }\n";
    let seen = engine("", &format!("{}{send}", look("")));
    let (mut rig, run) = started(&seen);
    rig.reply(run, "lea@x.example", 1, Reply::Approve);
    assert_eq!(rig.status(run), Status::Done, "who saw it endorsed it");
    // `check` refuses such a map; guard holds it by itself.
    let text = "      sample: { when: \"case.name == 'Acme'\", share: 0 % }\n";
    let sampled: serde_json::Value =
        serde_json::from_slice(engine("", &look(text)).plan().canonical()).unwrap();
    let sample = |workflow: &serde_json::Value| {
        let steps = workflow["steps"].as_array().unwrap();
        steps.iter().position(|step| step["id"] == "look").unwrap()
    };
    let sample = sampled["steps"][sample(&sampled)]["does"]["review"]["sample"].clone();
    let unseen = super::tampered(&seen, |workflow| {
        for step in workflow["steps"].as_array_mut().unwrap() {
            if step["id"] == "look" {
                step["does"]["review"]["sample"] = sample.clone();
            }
        }
    });
    let (rig, run) = started(&unseen);
    assert_eq!(rig.status(run), Status::Waiting);
    assert_eq!(rules(&rig, run, "erp.send"), ["asked flow:to"]);
    let sent = |r: &Record| matches!(r, Record::Allowed { what: What::Tool { .. }, .. });
    assert!(!rig.records(run).iter().any(sent));
}
