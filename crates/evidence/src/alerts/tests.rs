//! Each measure with numbers that were worked out by hand, and when somebody hears of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use journal::{
    Cause, ENGINE, Entropy, Epoch, FRAME_VERSION, Frame, Hash, Held as HeldBy, Millis, Record,
    RunId, Seq, Status, Stored, Usage,
};
use plan::alerts::{AlertRule, Watch};
use plan::ids::{FieldName, PersonId, RoleId, WorkflowName};

use super::{Reading, Told, due, measure, quality, week};
use crate::History;
use crate::facts::{Fact, Feature, Held};
use crate::fleet::Tally;

const HOUR: u64 = 3_600_000;
const NOW: Millis = Millis(1_795_420_800_000);

fn rule(watch: Watch, limit: u64) -> AlertRule {
    AlertRule {
        name: FieldName::new("odd").unwrap(),
        watch,
        of: WorkflowName::new("intake").unwrap(),
        limit,
        within_ms: HOUR,
        against_ms: 7 * HOUR,
        at_least: 4,
        share: 750_000,
        owner: PersonId::new("mara@acme.example").unwrap(),
        tell: RoleId::new("lead").unwrap(),
        quiet_ms: 4 * HOUR,
    }
}

/// A case that was done so many minutes ago.
fn fact(n: u8, minutes: u64) -> Fact {
    let changed = Millis(NOW.0 - minutes * 60_000);
    Fact {
        run: RunId::new(changed, [n; 10]),
        workflow: WorkflowName::new("intake").unwrap(),
        status: Status::Done,
        opened: Millis(changed.0 - 1_000),
        changed,
        wake_at: None,
        own_ms: u64::from(n) * 1_000,
        cost_nanos: u64::from(n) * 1_000_000,
        asked: None,
        held: Held::default(),
        inputs: BTreeMap::new(),
        outputs: BTreeMap::new(),
        tally: Tally {
            run: RunId::new(changed, [n; 10]),
            workflow: None,
            status: Status::Done,
            opened: changed,
            changed,
            alone: true,
            signature: None,
            usage: Usage::default(),
            model_ms: 0,
            tool_ms: 0,
            limited: 0,
            over_budget: false,
            answers: Vec::new(),
        },
    }
}

fn read(rule: &AlertRule, facts: &[Fact]) -> Reading {
    let desk = History::read(RunId::DESK, &[]).unwrap();
    measure(rule, &facts.iter().collect::<Vec<_>>(), &desk, NOW)
}

#[test]
fn shares_count_what_ended_in_time_and_too_few_say_nothing() {
    let mut facts: Vec<Fact> = (1..=4).map(|n| fact(n, 10)).collect();
    facts[0].status = Status::Failed;
    facts[1].held.contracts = Some(false);
    // These are older, of another workflow, or no answer to how cases go.
    facts.push(Fact { status: Status::Failed, ..fact(5, 61) });
    let other = WorkflowName::new("other").unwrap();
    facts.push(Fact { workflow: other, status: Status::Failed, ..fact(6, 10) });
    facts.push(Fact { status: Status::Cancelled, ..fact(7, 10) });
    let rate = read(&rule(Watch::ErrorRate, 0), &facts);
    assert_eq!((rate.value, rate.cases), (Some(250_000), 4));
    assert_eq!(read(&rule(Watch::ValidationFailures, 0), &facts).value, Some(250_000));
    assert_eq!(read(&rule(Watch::Quality, 0), &facts).value, Some(750_000));
    let few = read(&AlertRule { at_least: 5, ..rule(Watch::ErrorRate, 0) }, &facts);
    assert_eq!((few.value, few.cases), (None, 4));
}

#[test]
fn times_and_costs_name_the_case_that_stands_out() {
    let facts: Vec<Fact> = (1..=8).map(|n| fact(n, 10)).collect();
    // Six of eight, three quarters of them, took at most six seconds.
    let slow = read(&rule(Watch::Latency, 0), &facts);
    assert_eq!((slow.value, slow.case), (Some(6_000), Some(facts[5].run)));
    let dear = read(&rule(Watch::Cost, 0), &facts);
    assert_eq!((dear.value, dear.case), (Some(8_000_000), Some(facts[7].run)));
    // Before: 10, 10, 12, 14 and 14; the median is 12 and so is its deviation 2. 41.652 is ten
    // standard deviations away: (41.652 - 12) / (1.4826 * 2).
    let before = [10, 10, 12, 14, 14].map(|n| fact(n, 120)).to_vec();
    let odd = Fact { cost_nanos: 41_652_000, ..fact(9, 10) };
    let all = [before, vec![odd.clone()]].concat();
    let far = read(&rule(Watch::CostAnomaly, 0), &all);
    assert_eq!((far.value, far.case), (Some(10_000), Some(odd.run)));
    assert_eq!(read(&rule(Watch::CostAnomaly, 0), &[odd]).value, None, "nothing came before");
}

#[test]
fn stuck_is_what_waits_for_nothing_and_a_queue_is_as_old_as_its_oldest() {
    let open = |n, minutes, status| Fact { status, ..fact(n, minutes) };
    let mut facts = vec![
        open(1, 90, Status::Running),
        open(2, 900, Status::Waiting),
        open(3, 900, Status::Paused),
        Fact { wake_at: Some(Millis(NOW.0 + 1)), ..open(4, 900, Status::Sleeping) },
        fact(5, 900),
    ];
    let stuck = read(&rule(Watch::Stuck, 0), &facts);
    assert_eq!((stuck.value, stuck.case), (Some(90 * 60_000), Some(facts[0].run)));
    // Its time came two hours ago, and it sleeps on.
    facts[3].wake_at = Some(Millis(NOW.0 - 2 * HOUR));
    assert_eq!(read(&rule(Watch::Stuck, 0), &facts).value, Some(2 * HOUR));
    assert_eq!(read(&rule(Watch::QueueAge, 0), &facts).value, Some(0));
    facts[1].asked = Some(Millis(NOW.0 - 3 * HOUR));
    facts[2].asked = Some(Millis(NOW.0 - HOUR));
    let queue = read(&rule(Watch::QueueAge, 0), &facts);
    assert_eq!((queue.value, queue.case), (Some(3 * HOUR), Some(facts[1].run)));
}

#[test]
fn drift_names_the_field_that_moved() {
    let case = |n: u8, minutes, word: u32| {
        let same = ("lang".to_owned(), Feature::Text(7, 2));
        let kind = ("kind".to_owned(), Feature::Text(word, 5));
        Fact { inputs: BTreeMap::from([same, kind]), ..fact(n, minutes) }
    };
    // Half and half before; nine of one and one of the other now.
    let before = (0..10).map(|n| case(n, 120, u32::from(n % 2)));
    let now = (0..10).map(|n| case(n, 10, u32::from(n == 0)));
    let moved = read(&rule(Watch::InputDrift, 0), &before.clone().chain(now).collect::<Vec<_>>());
    assert_eq!(moved.field.as_deref(), Some("kind"));
    // (9.5 - 5.5) / 12 * ln(9.5 / 5.5) + (1.5 - 5.5) / 12 * ln(1.5 / 5.5), each group with half
    // a case more.
    assert_eq!(moved.value, Some(615));
    let again = (0..10).map(|n| case(n, 10, u32::from(n % 2)));
    let still = read(&rule(Watch::InputDrift, 0), &before.chain(again).collect::<Vec<_>>());
    assert_eq!(still.value, Some(0));
}

#[test]
fn what_is_answered_drifts_apart_from_what_comes_in() {
    let case = |n: u8, minutes, word: u32| {
        let (asked, said) = (Feature::Text(7, 2), Feature::Text(word, 5));
        let inputs = BTreeMap::from([("lang".to_owned(), asked)]);
        let outputs = BTreeMap::from([("draft.tone".to_owned(), said)]);
        Fact { inputs, outputs, ..fact(n, minutes) }
    };
    let before = (0..10).map(|n| case(n, 120, u32::from(n % 2)));
    let now = (0..10).map(|n| case(n, 10, u32::from(n == 0)));
    let all: Vec<Fact> = before.chain(now).collect();
    // The same numbers as above: the same cases, seen from the other end.
    let moved = read(&rule(Watch::OutputDrift, 0), &all);
    assert_eq!((moved.value, moved.cases), (Some(615), 10));
    assert_eq!(moved.field.as_deref(), Some("draft.tone"));
    let asked = read(&rule(Watch::InputDrift, 0), &all);
    assert_eq!((asked.value, asked.cases), (Some(0), 10), "what comes in is as it was");
    // Three cases are too few for a rule that wants four, before and now alike.
    for few in [&all[..13], &all[7..]] {
        let read = read(&rule(Watch::OutputDrift, 0), few);
        assert_eq!((read.value, read.field), (None, None));
    }
    let gauge = due(&rule(Watch::OutputDrift, 200), &moved, &[], NOW).unwrap();
    assert!(gauge.0 && gauge.1.value == Some(615), "{gauge:?}");
    assert_eq!(due(&rule(Watch::OutputDrift, 615), &moved, &[], NOW), None);
}

/// What the desk's journal holds, each entry so many minutes ago.
fn desk(entries: &[(u64, Record)]) -> History {
    let (mut stored, mut prev) = (Vec::new(), Hash::default());
    for (seq, (minutes, record)) in (0_u32..).zip(entries) {
        let frame = Frame {
            v: FRAME_VERSION,
            run: RunId::DESK,
            seq: Seq(seq),
            prev,
            epoch: Epoch(1),
            engine: Arc::from(ENGINE),
            at: Millis(NOW.0 - minutes * 60_000),
            cause: vec![Cause::Open],
            bodies: Vec::new(),
            draws: Vec::new(),
            records: vec![record.clone()],
        };
        let bytes = frame.to_bytes().unwrap();
        prev = Hash::leaf(&bytes);
        let entropy = Some(Entropy([0; 32]));
        stored.push(Stored { bytes, bodies: Some(Vec::new()), entropy });
    }
    History::read(RunId::DESK, &stored).unwrap()
}

#[test]
fn what_a_start_missed_and_what_held_it_are_counted_apart() {
    let [intake, other] = ["intake", "other"].map(|name| WorkflowName::new(name).unwrap());
    let start = Hash([1; 32]);
    let missed = |workflow: &WorkflowName, times| Record::StartMissed {
        workflow: workflow.clone(),
        start,
        from: Millis(NOW.0 - 50 * HOUR),
        until: Millis(NOW.0 - 30 * HOUR),
        times,
    };
    let held = |workflow: &WorkflowName, because| Record::StartHeld {
        workflow: workflow.clone(),
        start,
        because,
    };
    let desk = desk(&[
        // This was told in its own time.
        (61, missed(&intake, 100)),
        (61, held(&intake, HeldBy::Full)),
        (50, missed(&intake, 4)),
        (40, missed(&other, 30)),
        (40, held(&other, HeldBy::Full)),
        (30, held(&intake, HeldBy::Full)),
        (20, missed(&intake, 3)),
        (10, held(&intake, HeldBy::Unreadable)),
    ]);
    // Each entry says how many times were missed; of what held a start each entry is one.
    let read = |watch| measure(&rule(watch, 0), &[], &desk, NOW);
    assert_eq!(read(Watch::StartMissed), Reading { value: Some(7), ..Reading::default() });
    assert_eq!(read(Watch::StartHeld), Reading { value: Some(2), ..Reading::default() });
    let fired = |watch, limit| {
        due(&rule(watch, limit), &read(watch), &[], NOW).map(|(fired, gauge)| (fired, gauge.value))
    };
    assert_eq!(fired(Watch::StartMissed, 6), Some((true, Some(7))));
    assert_eq!(fired(Watch::StartMissed, 7), None);
    assert_eq!(fired(Watch::StartHeld, 1), Some((true, Some(2))));
    assert_eq!(fired(Watch::StartHeld, 2), None);
    // An hour later all of it is past, and so it is over.
    let later = measure(&rule(Watch::StartMissed, 0), &[], &desk, Millis(NOW.0 + HOUR));
    assert_eq!(later.value, Some(0));
}

#[test]
fn it_is_told_once_while_it_lasts_and_once_when_it_is_over() {
    let rule = rule(Watch::ErrorRate, 50_000);
    let value = |value| Reading { value, cases: 9, ..Reading::default() };
    let (bad, good) = (value(Some(60_000)), value(Some(50_000)));
    let mut told: Vec<Told> = Vec::new();
    let mut at = |hours: u64, reading: &Reading| {
        let now = Millis(NOW.0 + hours * HOUR);
        let found = due(&rule, reading, &told, now);
        let fired = found.as_ref().map(|(fired, _)| *fired);
        told.extend(found.map(|(fired, measured)| Told { at: now, fired, measured }));
        fired
    };
    assert_eq!(at(0, &good), None, "a limit is not beyond itself");
    assert_eq!(at(1, &bad), Some(true));
    assert_eq!(at(4, &bad), None, "it is quiet");
    assert_eq!(at(5, &bad), Some(true), "it still lasts");
    assert_eq!(at(6, &good), Some(false));
    assert_eq!(at(7, &good), None);
    assert_eq!(at(8, &bad), None, "it comes and goes within the quiet time");
    assert_eq!(at(9, &bad), Some(true));
    assert_eq!(at(10, &value(None)), Some(false), "nothing is left to measure");
}

#[test]
fn a_score_is_the_share_of_cases_in_which_all_held() {
    let held = |n, held| Fact { held, ..fact(n, 10) };
    let good = Held { finished: Some(true), agreed: Some(true), ..Held::default() };
    let changed = Held { agreed: Some(false), ..good };
    let facts = [held(1, good), held(2, good), held(3, good), held(4, changed)];
    let told = quality(&facts.iter().collect::<Vec<_>>());
    assert_eq!((told.cases, told.score), (4, Some(75)));
    // Wilson's interval of three of four.
    assert_eq!(told.between, (30, 95));
    assert_eq!((told.parts["finished"], told.parts["agreed"]), ((4, 4), (3, 4)));
    assert_eq!(told.parts["confirmed"], (0, 0), "nothing was read back");
    assert_eq!(quality(&[]).score, None);
}

#[test]
fn a_week_begins_on_monday() {
    // 2026-11-23 is a Monday; so is 1970-01-05.
    assert_eq!(week(NOW), Millis(1_795_392_000_000));
    assert_eq!(week(Millis(5 * 86_400_000)), Millis(4 * 86_400_000));
}
