//! Forms: what is drawn, by what, and when nothing can be.

use std::collections::{BTreeMap, BTreeSet};

use journal::{Examined, Hash, Named};
use plan::{ExamRules, Exams, Track};

use super::{PSF, Rig, small};
use crate::form::{Used, draw};
use crate::{Bank, Banks, Blueprint, Unfit};

fn named(name: &str) -> Named {
    Named(name.into())
}

fn usual() -> Blueprint {
    Blueprint::of(Track::Associate, &Exams::new()).unwrap()
}

fn ruled(rules: ExamRules) -> Result<Blueprint, Unfit> {
    Blueprint::of(Track::Associate, &Exams::from([(Track::Associate, rules)]))
}

#[test]
fn a_form_is_drawn_again_by_its_seed_and_by_no_other() {
    let banks = Banks::embedded().unwrap();
    let (bank, used) = (banks.get(Track::Associate).unwrap(), Used::default());
    let one = draw(bank, &usual(), &used, Hash::of(b"one")).unwrap();
    assert_eq!(one, draw(bank, &usual(), &used, Hash::of(b"one")).unwrap());
    assert_ne!(one, draw(bank, &usual(), &used, Hash::of(b"two")).unwrap());
    let items: BTreeSet<&Named> = one.iter().map(|posed| &posed.item).collect();
    assert_eq!(items.len(), 20, "no item twice");
    let of = |domain: &str| one.iter().filter(|posed| posed.domain == named(domain)).count();
    assert_eq!(PSF.map(of), [5, 4, 2, 2, 2, 2, 2, 1]);
    for posed in &one {
        let mut order = posed.order.clone();
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2, 3]);
    }
}

#[test]
fn the_record_of_a_sitting_is_enough_to_draw_its_form_again() {
    let mut rig = Rig::new();
    rig.sit("ana", Track::Associate, 3);
    let before = rig.folded();
    rig.begin("ben", Track::Associate);
    let (exam, _) = rig.written.last().unwrap().clone();
    let Examined::Begun { seed, form, bank, .. } = exam.did else { panic!("{exam:?}") };
    let there = rig.banks.get(Track::Associate).unwrap();
    assert_eq!(bank, there.hash);
    let used = before.used(Track::Associate, &super::person("ben"));
    assert_eq!(draw(there, &usual(), &used, seed).unwrap(), form);
}

#[test]
fn where_the_key_stands_follows_from_nothing() {
    let banks = Banks::embedded().unwrap();
    let bank = banks.get(Track::Associate).unwrap();
    let mut places = [0_u32; 4];
    for n in 0..60_u8 {
        for posed in draw(bank, &usual(), &Used::default(), Hash::of(&[n])).unwrap() {
            let key = bank.item(&posed.item).unwrap().key;
            places[posed.order.iter().position(|o| usize::from(*o) == key).unwrap()] += 1;
        }
    }
    // 1,200 questions: each place about 300 times, and five standard deviations are 75.
    assert!(places.iter().all(|count| (225..=375).contains(count)), "{places:?}");
}

#[test]
fn what_was_shown_least_and_what_the_person_did_not_see_comes_first() {
    let bank = Bank::read(&small(Track::Associate, &PSF, 10)).unwrap();
    let mut used = Used::default();
    for n in 0..5 {
        used.exposed.insert(named(&format!("T-PSF-1-{n}")), 3);
    }
    let drawn = |used: &Used, seed: &[u8]| -> BTreeSet<String> {
        let form = draw(&bank, &usual(), used, Hash::of(seed)).unwrap();
        let first = form.iter().filter(|posed| posed.domain == named("PSF-1"));
        first.map(|posed| posed.item.to_string()).collect()
    };
    let fresh: BTreeSet<String> = (5..10).map(|n| format!("T-PSF-1-{n}")).collect();
    assert_eq!(drawn(&used, b"a"), fresh);
    // What this person has seen comes last, though it was shown least.
    used.seen = fresh.iter().map(|name| named(name)).collect();
    assert!(drawn(&used, b"a").is_disjoint(&fresh));
    // What people retired never comes.
    used.retired = BTreeSet::from([named("T-PSF-1-0")]);
    assert!(!drawn(&used, b"a").contains("T-PSF-1-0"));
}

#[test]
fn a_tie_or_a_small_bank_is_a_problem_and_never_a_shorter_exam() {
    let tie = ruled(ExamRules {
        questions: Some(3),
        weights: Some(BTreeMap::from([("PSF-1".to_owned(), 1), ("PSF-2".to_owned(), 1)])),
        ..ExamRules::default()
    });
    let said = tie.unwrap().quotas().unwrap_err().to_string();
    assert!(said.contains("PSF-1, PSF-2 have the same claim to the last 1"), "{said}");
    let bank = Bank::read(&small(Track::Associate, &PSF, 4)).unwrap();
    let small = draw(&bank, &usual(), &Used::default(), Hash::default()).unwrap_err();
    let domain = named("PSF-1");
    assert_eq!(small, Unfit::TooSmall { domain, needed: 5, there: 4 });
    let unknown = BTreeMap::from([("PSF-9".to_owned(), 1)]);
    let unknown = ruled(ExamRules { weights: Some(unknown), ..ExamRules::default() });
    assert!(matches!(unknown, Err(Unfit::NoDomain { .. })));
    let none = BTreeMap::from([("PSF-1".to_owned(), 0)]);
    let none = ruled(ExamRules { weights: Some(none), ..ExamRules::default() });
    assert_eq!(none.unwrap().quotas(), Err(Unfit::NoWeight));
}

#[test]
fn the_settings_change_what_a_form_is() {
    let rules = ExamRules {
        questions: Some(10),
        minutes: Some(30),
        pass: Some(700_000),
        wait: Some(1_000),
        valid: Some(10),
        weights: Some(BTreeMap::from([("PSF-1".to_owned(), 3), ("PSF-6".to_owned(), 2)])),
        apart: None,
    };
    let blueprint = ruled(rules).unwrap();
    let quotas = BTreeMap::from([(named("PSF-1"), 6), (named("PSF-6"), 4)]);
    assert_eq!(blueprint.quotas().unwrap(), quotas);
    let terms = blueprint.terms(25);
    assert_eq!(terms.time, 37 * super::MINUTE + super::MINUTE / 2);
    assert_eq!((terms.pass, terms.wait, terms.valid), (700_000, 1_000, 10));
}
