//! One workspace in which every criterion is met, and what becomes of the score when one control
//! after the other is taken away, or is there for show. What each removal lowers is written down
//! here, and nothing else may move.

pub mod fixture;

use std::collections::BTreeSet;

use fixture::{Office, Records};

use super::{Assessment, Status};

/// The criteria with fewer points than in the whole office.
fn lowered(whole: &Assessment, changed: &Assessment) -> Vec<String> {
    let pairs = whole.findings.iter().zip(&changed.findings);
    pairs.filter(|(was, is)| is.points < was.points).map(|(_, is)| is.id.clone()).collect()
}

#[test]
fn the_whole_office_meets_every_criterion() {
    let all = Office::whole().assess(&Records::whole());
    let short: Vec<_> = all
        .findings
        .iter()
        .filter(|one| one.status != Status::Met)
        .map(|one| (&one.id, one.rule, &one.declared, &one.enforced, &one.observed, &one.attested))
        .collect();
    assert!(short.is_empty(), "{short:#?}");
    assert_eq!((all.points, all.published), ((80, 80), (28, 28)));
    assert!(all.passes && all.decor.is_empty(), "{:?}", all.decor);
    for one in &all.findings {
        let columns = [&one.declared, &one.enforced, &one.observed, &one.attested];
        assert!(columns.iter().any(|column| !column.cites.is_empty()), "{} cites nothing", one.id);
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let bytes = || {
        let all = Office::whole().assess(&Records::whole());
        serde_json::to_string(&all).unwrap_or_default()
    };
    assert_eq!(bytes(), bytes());
}

/// Files changed: what is replaced by what, and exactly what that lowers.
const FILES: &[(&str, &str, &str, &[&str])] = &[
    ("workflows/claims.md", "suspicion: ask\n", "suspicion: note\n", &["PSF-1.1"]),
    ("workflows/claims.md", ", hour: { cases: 50 }", "", &["PSF-1.4"]),
    ("workflows/claims.md", "    must_hold: [ \"amount > eur(0)\" ]\n", "", &[]),
    ("workflows/claims.md", "    sure: { times: 2 }\n", "", &["PSF-2.4"]),
    ("workflows/claims.md", "    never_says: [ guaranteed ]\n", "", &["PSF-2.3"]),
    (
        "workflows/claims.md",
        "on_failure: { ask: lead }\n",
        "on_failure: { then: stop }\n",
        &["PSF-2.5"],
    ),
    (
        "workflows/claims.md",
        "late: { ask: lead, within: 4 working hours, then: stop }",
        "late: { then: stop }",
        &["PSF-6.5"],
    ),
    ("agents/clerk.md", "model: [ one, two ]", "model: one", &["PSF-8.3"]),
    ("agents/clerk.md", "tools: []", "tools: [ bank.find ]", &["PSF-7.2"]),
    ("flightdeck.yaml", "detect: true, ", "", &[]),
    (
        "flightdeck.yaml",
        "hides: [ email, name ], takes: { personal: { by: mara, until: \"2027-10-01\", reason: the letter is what it reads } }",
        "hides: []",
        &["PSF-1.3", "PSF-3.5"],
    ),
    ("flightdeck.yaml", ", basis: { personal: contract }", "", &["PSF-3.1"]),
    ("flightdeck.yaml", "retention: { everything: 180 days }\n", "", &["PSF-3.2"]),
    ("flightdeck.yaml", ", ai_role: deployer", "", &["PSF-3.5"]),
    (
        "flightdeck.yaml",
        "price: { input: 1 EUR, cached: 1 EUR, output: 2 EUR }",
        "price: { input: 0 EUR, cached: 0 EUR, output: 0 EUR }",
        &["PSF-4.1"],
    ),
    ("flightdeck.yaml", "north-large-2026-05", "north-latest", &["PSF-5.1"]),
    (
        "flightdeck.yaml",
        "canary: { share: 10 %, cases: 50",
        "canary: { cases: 50",
        &["PSF-5.3", "PSF-5.4"],
    ),
    ("flightdeck.yaml", "lead: [ mara, ben ]", "lead: [ mara ]", &["PSF-6.3"]),
    (
        "flightdeck.yaml",
        "attention: { judge: { a_day: 60, at_least: 10 seconds } }\n",
        "",
        &["PSF-6.4"],
    ),
    ("flightdeck.yaml", "since: \"2026-11-01\"", "since: \"2025-01-01\"", &["PSF-7.3"]),
    ("flightdeck.yaml", ", if_it_goes: we go on with south until it is back", "", &["PSF-8.1"]),
    ("flightdeck.yaml", "reviewed: \"2026-10-01\"", "reviewed: \"2024-10-01\"", &["PSF-8.5"]),
    ("flightdeck.yaml", "  - { name: quality,", "  - { name: errors_too,", &[]),
    (".mcp.json", "[\"api.bank.example\"]", "\"all\"", &["PSF-7.4"]),
    ("policies/bank.cedar", "forbid", "permit", &["PSF-7.2"]),
    ("governance/threats.md", "covers: PSF-7.1", "covers: C2", &["PSF-7.1"]),
    ("governance/origin.md", "covers: PSF-3.4", "covers: C3", &["PSF-3.4"]),
    ("governance/runbook.md", "covers: PSF-5.5", "covers: C6", &["PSF-5.5"]),
    ("governance/vendors.md", "covers: [ PSF-8.4, PSF-8.5 ]", "covers: PSF-8.5", &["PSF-8.4"]),
    ("governance/recovery.md", "facts: { recovery: 4 hours }\n", "", &["PSF-8.3"]),
    // A statement that is past its day carries nothing.
    ("governance/threats.md", "until: \"2027-04-01\"", "until: \"2026-10-02\"", &["PSF-7.1"]),
];

#[test]
fn taking_a_control_out_of_the_files_lowers_what_it_carried_and_nothing_else() {
    let whole = Office::whole().assess(&Records::whole());
    for (file, was, is, expected) in FILES {
        let office = Office::whole().with(file, was, is);
        let changed = office.assess(&Records::whole());
        assert_eq!(lowered(&whole, &changed), *expected, "{file}: {was} -> {is}");
    }
}

#[test]
fn taking_records_away_lowers_what_they_showed_and_nothing_else() {
    let office = Office::whole();
    let whole = office.assess(&Records::whole());
    for (name, without, expected) in fixture::RECORDS {
        let mut records = Records::whole();
        without(&mut records);
        let changed = office.assess(&records);
        assert_eq!(lowered(&whole, &changed), *expected, "{name}");
    }
}

#[test]
fn every_criterion_is_lowered_by_something() {
    let mut lowered: BTreeSet<&str> = FILES.iter().flat_map(|(.., l)| l.iter().copied()).collect();
    lowered.extend(fixture::RECORDS.iter().flat_map(|(.., l)| l.iter().copied()));
    let standard = crate::standard::Standard::psf();
    let missing: Vec<_> = standard
        .criteria()
        .filter(|one| !lowered.contains(one.id.as_str()))
        .map(|c| &c.id)
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn what_is_there_for_show_raises_nothing_and_is_named() {
    for (id, file, was, is) in fixture::DECOR {
        // The office without the control, and with one that is there for show.
        let office = Office::whole().with(file, was, is);
        let mut records = Records::whole();
        if *id == "hasty-approvals" {
            records.hasty();
        }
        let changed = office.assess(&records);
        let named = changed.decor.iter().find(|one| one.id == *id);
        let Some(named) = named else { panic!("{id} is not named: {:?}", changed.decor) };
        assert!(!named.cites.is_empty(), "{id} has no place");
        for criterion in &named.criteria {
            let one = changed.findings.iter().find(|one| one.id == *criterion);
            assert!(
                one.is_some_and(|one| one.status != Status::Met),
                "{id} still meets {criterion}"
            );
        }
    }
}

#[test]
fn what_does_not_apply_needs_a_person_and_a_day_and_no_record_against_it() {
    let says = "---\ncovers: PSF-1.1\nowner: mara\nreviewed: \"2026-10-01\"\nuntil: \"2027-04-01\"\n\
                not_applicable: nothing comes from outside\n---\n# Nothing from outside\n";
    let office = Office::whole().and("governance/na.md", says);
    let status = |all: &Assessment| all.findings.first().map(|one| (one.status, one.rule));
    let contradicted = office.assess(&Records::whole());
    assert_eq!(status(&contradicted), Some((Status::NotMet, "NA-refused")));
    let fresh = office.assess(&Records::none());
    assert_eq!(status(&fresh), Some((Status::NotApplicable, "NA")));
}

#[test]
fn without_any_record_nothing_is_met_by_what_is_written() {
    let all = Office::whole().assess(&Records::none());
    let met: Vec<_> =
        all.findings.iter().filter(|one| one.status == Status::Met).map(|one| &one.id).collect();
    assert!(met.is_empty(), "{met:?}");
    assert!(!all.passes);
}
