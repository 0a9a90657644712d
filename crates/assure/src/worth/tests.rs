//! Three automations that should not be, one that should, and one of which too little is known.

use plan::Files;

use super::{Verdict, Weighed, Worth, worth};
use crate::seen::Sums;

const SETTINGS: &str = "organisation: Acme\ncurrency: EUR\n\
    people: { mara: { name: Mara }, ben: { name: Ben } }\nroles: { lead: [ mara, ben ] }\n\
    working_hours: { days: mon-fri, from: \"09:00\", to: \"17:30\", zone: Europe/London }\n\
    models: { big: { vendor: north, model: north-2026-05, can: [ json ], context: 32000, answer: \
    2000, price: { input: 5 EUR, cached: 5 EUR, output: 15 EUR } } }\ndefault_model: big\n";

fn weigh(baseline: &str, case_cost: &str, seen: Option<Sums>) -> Worth {
    let map = format!(
        "---\nworkflow: letters\npurpose: Sort letters.\naccountable: mara\noverride: lead\n\
         risk: low\nautonomy: act\ncase: {{ one: letter, from: inside, fields: {{ text: text }} }}\n\
         limits: {{ case: {{ cost: {case_cost} EUR }}, day: {{ cost: 900 EUR, cases: 900 }} }}\n\
         baseline: {baseline}\non_failure: {{ ask: lead }}\nsteps:\n  - step: sort\n    agent: clerk\n\
         \x20   given: [ case.text ]\n    answer: {{ topic: text }}\n  - step: look\n    review: {{ by: \
         lead, never_by: [ starter ], show: [ sort ], within: 8 working hours, late: {{ then: stop \
         }}, if_rejected: {{ then: stop }} }}\nexceptions:\n  - {{ what: none, when: \"case.text == \
         ''\", go: look }}\n---\n"
    );
    let agent = "---\nname: clerk\ndescription: Sorts.\nmodel: big\ntools: []\n---\nSort.\n";
    let files = Files::from_iter([
        ("flightdeck.yaml", SETTINGS),
        ("workflows/letters.md", map.as_str()),
        ("agents/clerk.md", agent),
    ]);
    let plan = plan::check(&files, "letters").unwrap_or_else(|problems| panic!("{problems}"));
    worth(&Weighed { workflow: plan.workflow(), seen, upkeep_minutes: 60, exchange: 1.0 })
}

fn seen(cases: u64, cents: u64, seconds: u64, harmed: u64) -> Sums {
    let cost_nanos = cases * cents * 10_000_000;
    Sums {
        cases,
        done: cases,
        alone: cases,
        failed: 0,
        tokens: cases * 1_000,
        cost_nanos,
        people_ms: cases * seconds * 1_000,
        harmed,
        changed: 0,
    }
}

const GOOD: &str = "{ minutes: 12, cases_per_week: 400, hourly_rate: 38 EUR, error_rate: 2 %, error_cost: 60 EUR }";

#[test]
fn what_is_shown_to_be_worth_it_is_done() {
    let good = weigh(GOOD, "0.40", Some(seen(2_000, 4, 30, 20)));
    assert_eq!(good.verdict, Verdict::Do, "{good:#?}");
    let net = good.net.unwrap_or_else(|| panic!("no net"));
    assert!(0.0 < net.p10 && net.p10 < net.p50 && net.p50 < net.p90, "{net:?}");
    // By hand it takes 12 minutes of 400 cases at 38 an hour: 3,040 a week.
    let by_hand = good.by_hand.map_or(0.0, |spread| spread.p50);
    assert!((by_hand - 3_040.0).abs() < 150.0, "{by_hand}");
}

#[test]
fn three_bad_automations_are_told_not_to_be() {
    let rare = "{ minutes: 1, cases_per_week: 2, hourly_rate: 38 EUR, error_rate: 1 %, error_cost: 5 EUR }";
    let rare = weigh(rare, "0.40", Some(seen(100, 4, 10, 0)));
    assert_eq!(rare.verdict, Verdict::DoNot, "two minutes a week: {rare:#?}");
    let dear = "{ minutes: 1, cases_per_week: 400, hourly_rate: 20 EUR, error_rate: 1 %, error_cost: 5 EUR }";
    let dear = weigh(dear, "2.00", Some(seen(2_000, 90, 5, 10)));
    assert_eq!(dear.verdict, Verdict::DoNot, "tokens dearer than the wage: {dear:#?}");
    let wrong = "{ minutes: 5, cases_per_week: 400, hourly_rate: 38 EUR, error_rate: 0.5 %, error_cost: 900 EUR }";
    let wrong = weigh(wrong, "0.40", Some(seen(2_000, 4, 10, 60)));
    assert_eq!(wrong.verdict, Verdict::DoNot, "errors eat it: {wrong:#?}");
    assert!(wrong.because.iter().any(|why| why.contains("errors")), "{:?}", wrong.because);
}

#[test]
fn what_was_never_seen_is_begun_with_limits() {
    let new = weigh(GOOD, "0.40", None);
    assert_eq!(new.verdict, Verdict::DoWithLimits, "{new:#?}");
    assert!(new.assumed.len() >= 3, "{:?}", new.assumed);
}

#[test]
fn the_same_question_has_the_same_answer() {
    let once = || weigh(GOOD, "0.40", Some(seen(2_000, 4, 30, 20)));
    assert_eq!(once(), once());
}
