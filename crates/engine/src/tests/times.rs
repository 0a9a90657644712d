//! Working hours.

use journal::{Millis, Store};
use plan::workflow::{Within, WorkingHours};

use crate::hours;

fn london() -> WorkingHours {
    WorkingHours {
        days: vec![1, 2, 3, 4, 5],
        from_minute: 9 * 60,
        to_minute: 17 * 60,
        zone: "Europe/London".into(),
        holidays: vec!["2026-12-25".into(), "2026-12-28".into()],
    }
}

fn at(text: &str) -> Millis {
    hours::instant(&london(), text).unwrap()
}

#[test]
fn working_time_passes_only_while_people_work() {
    let hour = 3_600_000;
    for (from, hours_of_work, expected) in [
        ("2026-11-23T10:00:00Z", 1, "2026-11-23T11:00:00Z"),
        // Eight hours are a day's work: the same time of the next day.
        ("2026-11-23T10:00:00Z", 8, "2026-11-24T10:00:00Z"),
        // What is asked before work begins with the work; after it, on the next day.
        ("2026-11-23T03:00:00Z", 1, "2026-11-23T10:00:00Z"),
        ("2026-11-23T20:00:00Z", 1, "2026-11-24T10:00:00Z"),
        // Friday afternoon and a weekend.
        ("2026-11-27T16:00:00Z", 2, "2026-11-30T10:00:00Z"),
        // Holidays beside a weekend.
        ("2026-12-24T16:00:00Z", 2, "2026-12-29T10:00:00Z"),
        // The clocks go forward on 2027-03-28: nine o'clock is earlier then.
        ("2027-03-26T16:00:00Z", 2, "2027-03-29T09:00:00Z"),
        // No time is the next moment at which anybody works.
        ("2026-11-28T12:00:00Z", 0, "2026-11-30T09:00:00Z"),
    ] {
        let due = hours::after(&london(), at(from), Within::WorkingMs(hours_of_work * hour));
        assert_eq!(due, at(expected), "{from} and {hours_of_work} working hours");
        let wall = hours::after(&london(), at(from), Within::Ms(hours_of_work * hour));
        assert_eq!(wall.0, at(from).0 + hours_of_work * hour);
    }
}

#[test]
fn days_are_those_of_the_zone() {
    let mut hours = london();
    assert_eq!(hours::day(&hours, at("2026-06-30T23:30:00Z")), "2026-07-01");
    hours.zone = "America/New_York".into();
    assert_eq!(hours::day(&hours, at("2026-06-30T23:30:00Z")), "2026-06-30");
    assert_eq!(hours::instant(&hours, "2026-06-30").unwrap(), at("2026-06-30T04:00:00Z"));
    assert_eq!(hours::instant(&hours, "soon"), None);
    // Nobody works at all: the time on the wall counts.
    hours.days.clear();
    let from = at("2026-06-30T04:00:00Z");
    assert_eq!(hours::add_working(&hours, from, 60_000).0, from.0 + 60_000);
}

#[test]
fn a_day_is_over_at_midnight_of_the_zone() {
    for (from, expected) in [
        ("2026-11-23T10:00:00Z", "2026-11-24T00:00:00Z"),
        ("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"),
        // In summer London is an hour ahead, and the day on which the clocks change has 23 hours.
        ("2026-07-01T23:30:00Z", "2026-07-02T23:00:00Z"),
        ("2027-03-28T00:30:00Z", "2027-03-28T23:00:00Z"),
    ] {
        assert_eq!(hours::day_over(&london(), at(from)), at(expected), "{from}");
    }
}

#[test]
fn a_tool_is_called_so_often_in_an_hour_and_no_more() {
    let put = "  - { step: put, tool: erp.put, with: { name: { literal: hello } } }\n";
    let limits = "limits: { case: { cost: 2 USD, tokens: 400000, acts: 150, days: 30 }, day: { cost: \
                  200 USD, cases: 500, amount: 100000 EUR }, hour: { cases: 400, calls: { erp.put: 2 } } }\n";
    let engine = super::engine(limits, put);
    let mut rig = crate::rig::Rig::new(1);
    let runs: Vec<_> = (0..3).map(|_| rig.open(&engine, &super::case())).collect();
    rig.settle();
    assert_eq!(rig.world.effects.len(), 2);
    assert_eq!(super::rules(&rig, runs[2], "erp.put"), ["refused budget:hour_calls:erp.put"]);
    for run in &runs {
        rig.audit(*run);
    }
    rig.check_accounts();
    // The hour after that has its own calls.
    rig.pass(3_600_000);
    let late = rig.open(&engine, &super::case());
    rig.settle();
    assert_eq!(rig.status(late), journal::Status::Done);
    assert_eq!(rig.world.effects.len(), 3);
}

#[test]
fn a_night_on_call_is_that_of_the_clock_on_the_wall() {
    let hours = london();
    let turn = plan::OnCall {
        role: plan::ids::RoleId::new("lead").unwrap(),
        who: plan::ids::PersonId::new("m@acme.example").unwrap(),
        from: "2026-10-01".into(),
        until: "2027-04-30".into(),
        days: (1..=7).collect(),
        hours: (22 * 60, 2 * 60),
    };
    for (when, expected) in [
        // In winter London has the time of Greenwich, in summer it is an hour ahead.
        ("2026-12-01T21:59:59Z", false),
        ("2026-12-01T22:00:00Z", true),
        ("2026-12-02T01:59:59Z", true),
        ("2026-12-02T02:00:00Z", false),
        ("2027-04-01T21:00:00Z", true),
        ("2027-04-02T01:00:00Z", false),
        // On 2026-10-25 the hour from one to two comes twice, and both are of the night.
        ("2026-10-25T00:30:00Z", true),
        ("2026-10-25T01:30:00Z", true),
        ("2026-10-25T02:00:00Z", false),
        // On 2027-03-28 it does not come at all: after one comes two, and the night is over.
        ("2027-03-28T00:59:59Z", true),
        ("2027-03-28T01:00:00Z", false),
    ] {
        let (day, minute) = (hours::day(&hours, at(when)), hours::minute(&hours, at(when)));
        assert_eq!(turn.covers(&day, minute), expected, "{when}");
    }
}

#[test]
fn one_sender_opens_so_many_cases_in_an_hour_and_others_open_theirs() {
    let put = "  - { step: put, tool: erp.put, with: { name: { literal: hello } } }\n";
    let engine = super::tampered(&super::engine("", put), |workflow| {
        workflow["case"]["sender"] = "case.name".into();
        workflow["limits"]["hour"] = serde_json::json!({ "each_sender": 2 });
    });
    let from = |name: serde_json::Value| {
        let mut case = super::case();
        case["name"] = name;
        case
    };
    let mut rig = crate::rig::Rig::new(1);
    let mut opened = Vec::new();
    for (name, expected) in [
        ("mia@example.org", true),
        ("  MIA@Example.org ", true),
        ("mia@example.org", false),
        ("leo@example.org", true),
        // Whoever does not say who they are shares what there is for one.
        ("", true),
        (" ", true),
        ("\t", false),
    ] {
        let run = rig.try_open(&engine, &from(name.into()));
        assert_eq!(run.is_some(), expected, "{name:?}");
        opened.extend(run);
    }
    for odd in [serde_json::json!(7), serde_json::json!({ "a": "mia@example.org" })] {
        assert_eq!(rig.try_open(&engine, &from(odd)), None, "that is no sender either");
    }
    rig.settle();
    let names: std::collections::BTreeSet<String> = opened
        .iter()
        .flat_map(|run| rig.store.frames(*run, journal::Seq(0), 1).unwrap())
        .map(|stored| serde_json::from_slice::<journal::Frame>(&stored.bytes).unwrap())
        .flat_map(|frame| frame.draws)
        .filter_map(|draw| match draw {
            journal::Draw::Take { account, .. } => Some(account),
            _ => None,
        })
        .filter(|account| account.cases() == Some(journal::CasesOf::Sender))
        .map(|account| account.0.to_string())
        .collect();
    assert_eq!(names.len(), 3, "one account for each sender: {names:?}");
    assert!(names.iter().all(|name| !name.contains("mia") && !name.contains("leo")), "{names:?}");
    opened.iter().for_each(|run| rig.audit(*run));
    // The next hour has its own cases, and its accounts cannot be told to be the same sender's.
    rig.pass(3_600_000);
    assert!(rig.try_open(&engine, &from("mia@example.org".into())).is_some());
    let hour = hours::hour(&engine.plan().workflow().hours, rig.now);
    let later = rig.store.accounts(&format!("hour/{hour}")).unwrap();
    let sender = |name: &str| name.split('/').nth(4).map(str::to_owned);
    let before: Vec<_> = names.iter().filter_map(|name| sender(name)).collect();
    let later: Vec<_> =
        later.iter().filter(|a| a.cases() == Some(journal::CasesOf::Sender)).collect();
    assert_eq!(later.len(), 1);
    assert!(!before.contains(&sender(&later[0].0).unwrap()), "{later:?}");
}
