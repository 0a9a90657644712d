//! A release that may go live, and bad ones of which each is kept back for the right reason.

use std::collections::BTreeSet;

use journal::{Drill, Millis};

use super::{Block, open, questions};
use crate::psf::tests::fixture::{Office, Records};

const LEAVE: &str =
    "takes: { personal: { by: mara, until: \"2027-10-01\", reason: the letter is what it reads } }";
const LOOK: &str = "  - step: look
    review:
      by: judge
      never_by: [ starter, owner ]
      show: [ case, read ]
      within: 8 working hours
      late: { ask: lead, within: 4 working hours, then: stop }
      if_rejected: { then: stop }
";

fn blocks(office: &Office, records: &Records) -> Vec<Block> {
    let all = office.given(records, questions);
    open(&all, &BTreeSet::new()).into_iter().cloned().collect()
}

fn ids(blocks: &[Block]) -> BTreeSet<&'static str> {
    blocks.iter().map(|block| block.id).collect()
}

/// A review before it acts is taken out; what hung on it goes on.
fn unreviewed(office: Office) -> Office {
    let map = "workflows/claims.md";
    office
        .with(map, "from: outside", "from: inside")
        .with(
            map,
            "with: { amount: read.amount, reason: read.reason }",
            "with: { reason: read.reason }",
        )
        .with(map, LOOK, "  - step: look\n    end: failed\n")
        .with(map, "    never_says", "    then: pay\n    never_says")
}

/// An answer of which only that it is an object is said.
fn formless() -> Office {
    let map = "workflows/claims.md";
    Office::whole()
        .and("schemas/any.json", "{\"type\":\"object\"}")
        .with(map, "answer: { amount: money, reason: text }", "answer: schemas/any.json")
        .with(map, "    must_hold: [ \"amount > eur(0)\" ]\n", "")
        .with(map, "with: { amount: read.amount, reason: read.reason }", "with: {}")
}

#[test]
fn a_sound_release_may_go_live() {
    let found = blocks(&Office::whole(), &Records::whole());
    assert!(found.is_empty(), "{found:#?}");
    let all = Office::whole().given(&Records::whole(), questions);
    assert_eq!(all.len(), 4);
    assert!(all.iter().all(|question| !question.answer.is_empty()), "{all:#?}");
}

#[test]
fn each_bad_release_is_kept_back_for_the_right_reason() {
    let whole = Office::whole;
    let failed = |drill: Drill| {
        let mut records = Records::whole();
        records.desk.drills.entry(drill).or_default().push((Millis(1_795_867_100_000), false));
        records
    };
    let map = "workflows/claims.md";
    let unchecked = |office: Office| {
        office.with(map, "    must_hold: [ \"amount > eur(0)\" ]\n", "").with(
            map,
            "    sure: { times: 2 }\n",
            "",
        )
    };
    let fine = Records::whole;
    let cases: Vec<(&str, Office, Records)> = vec![
        (
            "data-without-leave",
            whole().with(
                "flightdeck.yaml",
                &format!("hides: [ email, name ], {LEAVE}"),
                "hides: []",
            ),
            fine(),
        ),
        (
            "leave-is-over",
            whole().with("flightdeck.yaml", "until: \"2027-10-01\"", "until: \"2026-10-01\""),
            fine(),
        ),
        (
            "server-without-a-box",
            whole().with(
                ".mcp.json",
                "\"network\": [\"api.bank.example\"]",
                "\"off\": \"it was easier\"",
            ),
            fine(),
        ),
        (
            "judges-own-work",
            whole().with(
                map,
                "by: judge\n      never_by: [ starter, owner ]",
                "by: own\n      never_by: [ starter ]",
            ),
            fine(),
        ),
        (
            "late-to-the-same",
            whole().with(map, "late: { ask: lead,", "late: { ask: judge,"),
            fine(),
        ),
        (
            "more-than-people-can-judge",
            whole().with(
                map,
                "on_failure: { ask: lead }\n",
                "baseline: { minutes: 6, cases_per_week: 5000 }\non_failure: { ask: lead }\n",
            ),
            fine(),
        ),
        (
            "one-may-stop",
            whole()
                .with("flightdeck.yaml", "lead: [ mara, ben ]", "lead: [ ben ]")
                .with(map, "risk: medium", "risk: high")
                .with(map, "autonomy: act\n", "autonomy: act_with_undo\n"),
            fine(),
        ),
        ("stop-drill-failed", whole(), failed(Drill::Kill)),
        ("injection-drill-failed", whole(), failed(Drill::Injection)),
        ("nothing-checks-the-answer", unchecked(unreviewed(whole())), fine()),
        (
            "nobody-judges",
            unreviewed(whole()).with(map, "risk: medium", "risk: high").with(
                map,
                "autonomy: act\n",
                "autonomy: act_with_undo\n",
            ),
            fine(),
        ),
        ("pays-without-a-way-back", unreviewed(whole()).pays(), fine()),
        ("answer-without-a-form", formless(), fine()),
        ("guard-not-proven", whole(), Records::whole().unproven()),
    ];
    assert!(cases.len() >= 12);
    for (expected, office, records) in cases {
        let found = blocks(&office, &records);
        assert_eq!(ids(&found), BTreeSet::from([expected]), "{found:#?}");
        for block in &found {
            assert!(
                !block.cites.is_empty() && !block.fix.is_empty(),
                "{expected} has no place or fix"
            );
        }
    }
}

#[test]
fn what_somebody_answers_for_keeps_nothing_back() {
    let office =
        Office::whole().with("workflows/claims.md", "late: { ask: lead,", "late: { ask: judge,");
    let all = office.given(&Records::whole(), questions);
    assert_eq!(open(&all, &BTreeSet::new()).len(), 1);
    assert!(open(&all, &BTreeSet::from(["late-to-the-same".to_owned()])).is_empty());
    assert_eq!(open(&all, &BTreeSet::from(["one-may-stop".to_owned()])).len(), 1);
}
