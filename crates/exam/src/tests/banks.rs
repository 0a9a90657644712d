//! What comes with the program: banks, blueprints, rubric and mapping.

use std::collections::BTreeSet;

use plan::{Exams, Track};

use super::{PSF, small};
use crate::{Bank, Banks, Blueprint, Preparing, Rubric, Status, domain};

const WITH_QUESTIONS: [Track; 3] = [Track::Associate, Track::Management, Track::Auditor];

#[test]
fn the_banks_are_large_enough_for_two_sittings_without_a_question_twice() {
    let banks = Banks::embedded().unwrap();
    for track in WITH_QUESTIONS {
        let (bank, blueprint) = (banks.get(track).unwrap(), Blueprint::of(track, &Exams::new()));
        for (domain, needed) in blueprint.unwrap().quotas().unwrap() {
            let live = |item: &&crate::Item| item.domain == domain && item.status == Status::Live;
            let there = bank.items().filter(live).count();
            let least = if track == Track::Associate { needed * 2 } else { needed + 3 };
            assert!(there >= least, "{}: {domain} has {there}", track.as_str());
            assert_ne!(super::super::domain(&domain), domain.to_string());
        }
    }
}

#[test]
fn the_usual_forms_are_those_that_are_promised() {
    let form = |track| Blueprint::of(track, &Exams::new()).unwrap();
    let associate = form(Track::Associate);
    let quotas: Vec<usize> = associate.quotas().unwrap().into_values().collect();
    assert_eq!(quotas, [5, 4, 2, 2, 2, 2, 2, 1]);
    assert_eq!((associate.minutes, associate.wait), (15, 72 * super::HOUR));
    assert_eq!(Blueprint::needed(associate.pass, 20), 13);
    let auditor = form(Track::Auditor);
    assert_eq!(auditor.quotas().unwrap().into_values().sum::<usize>(), 30);
    assert_eq!(Blueprint::needed(auditor.pass, 30), 22);
    assert_eq!(form(Track::Management).quotas().unwrap().into_values().sum::<usize>(), 20);
}

#[test]
fn a_bank_with_a_fault_is_none() {
    let good = small(Track::Associate, &PSF, 2);
    assert!(Bank::read(&good).is_ok());
    let wrong = [
        ("\"key\":0", "\"key\":4", "its key is none"),
        ("\"three\"", "\"two\"", "two options are the same"),
        ("\"difficulty\":2", "\"difficulty\":4", "difficulty"),
        ("\"T-PSF-2-0\"", "\"T-PSF-1-0\"", "stands twice"),
        ("because it is so", " ", "a rationale"),
        ("\"options\":", "\"choices\":", "unknown field"),
    ];
    for (from, to, says) in wrong {
        assert!(good.contains(from), "{from}");
        let said = Bank::read(&good.replacen(from, to, 1)).err().unwrap().to_string();
        assert!(said.contains(says), "{said}");
    }
}

#[test]
fn the_rubric_has_four_described_levels_and_the_mapping_names_no_issuer_of_ours() {
    let rubric = Rubric::embedded().unwrap();
    let ids: BTreeSet<&str> = rubric.dimensions.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids.len(), rubric.dimensions.len());
    for one in &rubric.dimensions {
        let levels: BTreeSet<&String> = one.levels.iter().collect();
        assert!(levels.len() == 4 && levels.iter().all(|level| level.len() > 30), "{}", one.id);
    }
    let preparing = Preparing::embedded().unwrap();
    let codes: BTreeSet<&str> = preparing.credentials.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, BTreeSet::from(["AIDA", "AIMA", "CAIAUD", "CPAA", "CPAP"]));
    assert_eq!(preparing.by, "Production AI Institute");
    assert_eq!(domain(&journal::Named("PSF-6".into())), "Human Oversight");
}
