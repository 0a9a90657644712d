//! Each control from nothing to its highest level, and what takes a level away again.

use std::collections::BTreeMap;

use journal::{Drill, Hash, Millis, RunId, Severity, Tried};
use plan::Files;
use plan::ids::{FieldName, PersonId, ReleaseId, WorkflowName};

use super::{Audit, Audited, DAY, Pai, Registered, audit, mappings};
use crate::desk::{AuditFinding, Deployed, Desk, Incident};

/// 2026-11-28, about noon.
const NOW: u64 = 1_795_867_200_000;

const SETTINGS: &str = r#"organisation: Acme
currency: EUR
people: { mara: { name: Mara }, ben: { name: Ben } }
roles: { board: [ ben ] }
working_hours: { days: mon-fri, from: "09:00", to: "17:30", zone: Europe/London }
models: {}
vendors: { north: { terms: DPA, reviewed: "2026-10-01", if_it_goes: we go on with south } }
privacy: { basis: { personal: contract } }
"#;

fn statement(control: &str) -> String {
    format!(
        "---\ncovers: {control}\nowner: mara\nreviewed: \"2026-10-01\"\nuntil: \"2027-04-01\"\n\
         read_by: [ board ]\n---\n# {control}\nThe board answers for what agents do in this house, \
         decides about each deployment at its monthly meeting, keeps the list of all systems with \
         their owners and risks, and stops whatever nobody can explain or nobody looks after.\n"
    )
}

fn at(days: u64) -> Millis {
    Millis(NOW - days * DAY)
}

fn person(id: &str) -> PersonId {
    PersonId::new(id).unwrap_or_else(|error| panic!("{error}"))
}

fn name() -> WorkflowName {
    WorkflowName::new("claims").unwrap_or_else(|error| panic!("{error}"))
}

/// Records of an organisation in which every control works and was learnt from.
fn worked() -> Desk {
    let release = |n: u8| ReleaseId([n; 32]);
    let mut desk = Desk::default();
    for days in [20, 110, 200] {
        desk.deployed.push(Deployed {
            workflow: name(),
            release: release(u8::try_from(days).unwrap_or(0)),
            at: at(days),
            canary: true,
            tried: Some(Tried { cases: 12, right: 12, at_least: 1_000_000 }),
        });
        desk.weighed.push((name(), release(u8::try_from(days).unwrap_or(0)), at(days)));
        desk.erased_by_time.push(at(days));
        for drill in Drill::ALL {
            desk.drills.entry(drill).or_default().push((at(days), true));
        }
        let hash = Hash([u8::try_from(days).unwrap_or(0); 32]);
        let class = FieldName::new("invented").unwrap_or_else(|error| panic!("{error}"));
        desk.incidents.push(Incident {
            id: hash,
            class,
            severity: Severity::Medium,
            workflow: Some(name()),
            runs: vec![RunId::DESK],
            who: Some(person("mara")),
            opened: at(days),
            told: None,
            notes: Vec::new(),
            closed: Some(at(days - 1)),
            change: Some("a rule more".into()),
        });
        for control in ["C3", "C7", "C8"] {
            desk.findings.push(AuditFinding {
                id: Hash::of_parts(&[control.as_bytes(), &days.to_be_bytes()]),
                control: control.into(),
                severity: Severity::Low,
                who: person("ben"),
                opened: at(days),
                told: None,
                answer: None,
                closed: Some(at(days - 2)),
            });
        }
    }
    desk.rolled_back = vec![(name(), at(15), true), (name(), at(100), true)];
    desk.noticed = vec![at(10), at(40)];
    desk
}

fn found(desk: &Desk, files: &BTreeMap<String, String>, read: bool) -> Audit {
    let mut all = files.clone();
    all.insert("flightdeck.yaml".into(), SETTINGS.into());
    let files = Files::from_iter(all.iter());
    let statements =
        plan::statements::statements(&files).unwrap_or_else(|problems| panic!("{problems}"));
    let places = plan::places(&files).unwrap_or_else(|problems| panic!("{problems}"));
    let mut desk = desk.clone();
    for one in statements.iter().filter(|_| read) {
        desk.read.entry(one.digest).or_default().insert(person("ben"), at(5));
    }
    let register = [Registered {
        name: "claims".into(),
        elsewhere: false,
        owner: person("mara"),
        risk: "medium".into(),
        autonomy: "act".into(),
        vendors: vec!["north".into()],
        data: Vec::new(),
        live: Some(at(20)),
        reviewed: Some("2026-11-08".into()),
        workflow: Some(name()),
    }];
    let judged = [at(8), at(120), at(130)];
    audit(&Audited {
        pai: &Pai::read(),
        statements: &statements,
        places: &places,
        desk: &desk,
        register: &register,
        judged: judged.get(usize::from(desk.drills.is_empty()) * 3..).unwrap_or_default(),
        now: Millis(NOW),
    })
}

fn stated() -> BTreeMap<String, String> {
    let one = |n: u32| (format!("governance/c{n}.md"), statement(&format!("C{n}")));
    (1..=8).map(one).collect()
}

fn levels(audit: &Audit) -> Vec<u8> {
    audit.levels.iter().map(|one| one.proposed).collect()
}

#[test]
fn a_level_stands_on_the_ones_below_it() {
    let none = found(&Desk::default(), &BTreeMap::new(), false);
    assert_eq!(levels(&none), [0; 8]);
    let unread = found(&Desk::default(), &stated(), false);
    assert_eq!(levels(&unread), [0; 8], "what nobody has read is not communicated");
    let written = found(&Desk::default(), &stated(), true);
    assert_eq!(levels(&written), [1; 8]);
    let whole = found(&worked(), &stated(), true);
    assert_eq!(levels(&whole), [3; 8], "{:#?}", whole.levels);
    // Without a word of anybody even the best records are no control.
    assert_eq!(levels(&found(&worked(), &BTreeMap::new(), true)), [0; 8]);
}

#[test]
fn taking_one_control_away_lowers_it_alone() {
    for n in 1..=8_usize {
        let mut files = stated();
        files.remove(&format!("governance/c{n}.md"));
        let lowered = found(&worked(), &files, true);
        let expected: Vec<u8> = (1..=8).map(|at| if at == n { 0 } else { 3 }).collect();
        assert_eq!(levels(&lowered), expected, "C{n}");
    }
}

#[test]
fn records_without_a_rhythm_are_no_second_level() {
    type Without = fn(&mut Desk);
    let cases: [(&str, Without, usize); 6] = [
        ("C1 and C4", |desk| desk.deployed.clear(), 0),
        ("C2", |desk| desk.weighed.truncate(1), 1),
        ("C3", |desk| desk.erased_by_time.clear(), 2),
        ("C6", |desk| desk.incidents.clear(), 5),
        ("C7", |desk| desk.findings.clear(), 6),
        (
            "C8",
            |desk| {
                drop(desk.drills.remove(&Drill::Vendor).zip(desk.drills.remove(&Drill::ToolChange)))
            },
            7,
        ),
    ];
    for (named, without, place) in cases {
        let mut desk = worked();
        without(&mut desk);
        let lowered = levels(&found(&desk, &stated(), true));
        assert_eq!(lowered.get(place), Some(&1), "{named}: {lowered:?}");
    }
}

#[test]
fn a_grave_finding_that_nobody_settled_takes_the_level_away() {
    let mut desk = worked();
    desk.findings.push(AuditFinding {
        id: Hash([9; 32]),
        control: "C5".into(),
        severity: Severity::High,
        who: person("ben"),
        opened: at(3),
        told: Some("nobody reads what is shown".into()),
        answer: None,
        closed: None,
    });
    let lowered = found(&desk, &stated(), true);
    let five = lowered.levels.iter().find(|one| one.id == "C5");
    assert_eq!(five.map(|one| (one.proposed, one.findings)), Some((1, 1)));
    assert_eq!(lowered.posture, 1);
}

#[test]
fn only_an_auditor_confirms_and_both_are_shown() {
    let mut desk = worked();
    desk.levels.insert("C1".into(), (2, person("ben"), at(1)));
    let all = found(&desk, &stated(), true);
    let one = all.levels.first();
    assert_eq!(one.map(|one| one.proposed), Some(3));
    assert_eq!(
        one.and_then(|one| one.confirmed.clone()),
        Some((2, person("ben"), "2026-11-27".into()))
    );
    assert_eq!(all.confirmed_posture, None, "seven are not confirmed");
}

#[test]
fn every_mapping_names_what_there_is() {
    let psf = crate::standard::Standard::psf();
    let pai = Pai::read();
    assert_eq!(pai.controls.len(), 8);
    for row in mappings().iter().flat_map(|mapping| &mapping.rows) {
        assert!(!row.criteria.is_empty() || !row.controls.is_empty(), "{}", row.id);
        for id in &row.criteria {
            assert!(psf.criteria().any(|one| one.id == *id), "{} names {id}", row.id);
        }
        for id in &row.controls {
            assert!(pai.controls.iter().any(|one| one.id == *id), "{} names {id}", row.id);
        }
    }
}
