//! Sittings: one at a time, by the server's clock, with answers that count and those that do not.

use journal::{Examined, Named, Over, SittingId};
use plan::Track;

use super::{HOUR, MINUTE, PSF, Rig, person, small};
use crate::{Bank, Banks, No, Order, Stands, Told};

const ASSOCIATE: Track = Track::Associate;

fn count(rig: &Rig, of: impl Fn(&Examined) -> bool) -> usize {
    rig.written.iter().filter(|(exam, _)| of(&exam.did)).count()
}

#[test]
fn two_tabs_share_one_sitting_and_the_last_answer_counts() {
    let mut rig = Rig::new();
    let first = rig.begin("ana", ASSOCIATE);
    let second = rig.begin("ana", ASSOCIATE);
    assert_eq!(first, second);
    assert_ne!(rig.begin("ben", ASSOCIATE).sitting, first.sitting);
    assert_ne!(rig.begin("ana", Track::Management).sitting, first.sitting);
    let key = rig.right(&first.sitting, 1);
    rig.answer("ana", &first.sitting, (1, key % 4 + 1)).unwrap();
    rig.answer("ana", &first.sitting, (1, key)).unwrap();
    // The same once more, sent again by a page that heard nothing, is the same answer.
    rig.answer("ana", &first.sitting, (1, key)).unwrap();
    assert_eq!(count(&rig, |did| matches!(did, Examined::Answered { .. })), 2, "both on record");
    let shown = rig.paper("ana", &Order::Show(first.sitting.clone()));
    assert_eq!((shown.answered, shown.questions[0].chosen), (1, Some(key)));
    let outcome = rig.outcome("ana", &Order::Submit(first.sitting.clone()));
    assert_eq!((outcome.right, outcome.of, outcome.needed), (1, 20, 13));
    // Handing in twice is handing in once.
    assert_eq!(rig.outcome("ana", &Order::Submit(first.sitting)), outcome);
    assert_eq!(count(&rig, |did| matches!(did, Examined::Ended { .. })), 1);
}

#[test]
fn time_is_the_servers_and_what_was_answered_by_then_counts() {
    let mut rig = Rig::new();
    let paper = rig.begin("ana", ASSOCIATE);
    assert_eq!(paper.seconds_left, 15 * 60);
    for question in 1..=13 {
        let key = rig.right(&paper.sitting, question);
        rig.answer("ana", &paper.sitting, (question, key)).unwrap();
    }
    rig.later(15 * MINUTE - 1_000);
    let late = rig.right(&paper.sitting, 14);
    rig.answer("ana", &paper.sitting, (14, late)).unwrap();
    assert_eq!(rig.candidate("ana", &Order::Result(paper.sitting.clone())), Err(No::Open));
    rig.later(1_000);
    let key = rig.right(&paper.sitting, 15);
    assert_eq!(rig.answer("ana", &paper.sitting, (15, key)), Err(No::Over));
    assert_eq!(rig.candidate("ana", &Order::Show(paper.sitting.clone())), Err(No::Over));
    let outcome = rig.outcome("ana", &Order::Result(paper.sitting));
    assert_eq!((outcome.right, outcome.stands), (14, Stands::Passed));
    assert_eq!(outcome.over, Some(Over::Time));
    let pass = outcome.pass.unwrap();
    assert_eq!((pass.holder, pass.track), (person("ana"), ASSOCIATE));
    assert_eq!(pass.domains.iter().map(|score| score.questions).sum::<usize>(), 20);
    assert_eq!(pass.valid_until.0 - pass.passed_at.0, 730 * 24 * HOUR);
}

#[test]
fn whoever_looks_first_ends_what_ran_out() {
    let mut rig = Rig::new();
    rig.begin("ana", ASSOCIATE);
    rig.later(16 * MINUTE);
    rig.candidate("ben", &Order::List).unwrap();
    assert_eq!(count(&rig, |did| matches!(did, Examined::Ended { over: Over::Time, .. })), 1);
}

#[test]
fn setting_the_clock_wins_nothing_and_loses_nothing() {
    let mut rig = Rig::new();
    let paper = rig.begin("ana", ASSOCIATE);
    rig.later(10 * MINUTE);
    // An hour back: what went by since the machine was started says otherwise.
    rig.tick.wall.0 -= HOUR;
    rig.answer("ana", &paper.sitting, (1, 1)).unwrap();
    let shown = rig.paper("ana", &Order::Show(paper.sitting.clone()));
    assert_eq!(shown.seconds_left, 5 * 60);
    // A day forward takes no time from anybody.
    rig.tick.wall.0 += 24 * HOUR;
    rig.answer("ana", &paper.sitting, (2, 1)).unwrap();
    assert_eq!(rig.paper("ana", &Order::Show(paper.sitting.clone())).seconds_left, 5 * 60);
    // Across a restart of the machine the wall clock counts, and never backwards.
    (rig.tick.boot, rig.tick.since) = (8, 1_000);
    rig.tick.wall.0 += 2 * MINUTE;
    assert_eq!(rig.paper("ana", &Order::Show(paper.sitting.clone())).seconds_left, 3 * 60);
    rig.tick.wall.0 -= 48 * HOUR;
    rig.answer("ana", &paper.sitting, (3, 1)).unwrap();
    assert_eq!(rig.paper("ana", &Order::Show(paper.sitting.clone())).seconds_left, 5 * 60);
    rig.later(5 * MINUTE);
    assert_eq!(rig.answer("ana", &paper.sitting, (4, 1)), Err(No::Over));
}

#[test]
fn answers_that_were_tampered_with_are_refused_each_with_its_code() {
    let mut rig = Rig::new();
    let ana = rig.begin("ana", ASSOCIATE).sitting;
    let ben = rig.begin("ben", ASSOCIATE).sitting;
    let written = rig.written.len();
    let code = |said: Result<Told, No>| said.unwrap_err().code().id;
    assert_eq!(code(rig.answer("ana", &ben, (1, 1))), "FD-X101");
    assert_eq!(code(rig.candidate("ana", &Order::Show(ben.clone()))), "FD-X101");
    assert_eq!(code(rig.candidate("ana", &Order::Submit(ben.clone()))), "FD-X101");
    assert_eq!(code(rig.candidate("ana", &Order::Result(ben))), "FD-X101");
    assert_eq!(code(rig.answer("ana", &SittingId::new([9; 8]), (1, 1))), "FD-X101");
    assert_eq!(code(rig.answer("ana", &ana, (0, 1))), "FD-X104");
    assert_eq!(code(rig.answer("ana", &ana, (21, 1))), "FD-X104");
    assert_eq!(code(rig.answer("ana", &ana, (1, 0))), "FD-X105");
    assert_eq!(code(rig.answer("ana", &ana, (1, 5))), "FD-X105");
    let item = Some(Named("ASC-000".into()));
    let other = Order::Answer { sitting: ana.clone(), question: 1, item, option: 1 };
    assert_eq!(code(rig.candidate("ana", &other)), "FD-X104");
    assert_eq!(rig.written.len(), written, "nothing of it is written");
    // The answer of an older sitting, sent again.
    let outcome = rig.outcome("ana", &Order::Submit(ana.clone()));
    assert_eq!(code(rig.answer("ana", &ana, (1, 1))), "FD-X102");
    assert_eq!(rig.outcome("ana", &Order::Result(ana)), outcome);
}

#[test]
fn nobody_sits_again_before_the_wait_is_over() {
    let mut rig = Rig::new();
    let first = rig.sit("ana", ASSOCIATE, 12);
    assert_eq!(first.stands, Stands::NotPassed);
    let again = rig.candidate("ana", &Order::Begin(ASSOCIATE)).unwrap_err();
    assert_eq!(again.code().id, "FD-X106");
    rig.begin("ana", Track::Management);
    rig.later(72 * HOUR - 1);
    assert!(rig.candidate("ana", &Order::Begin(ASSOCIATE)).is_err());
    rig.later(1);
    let paper = rig.begin("ana", ASSOCIATE);
    let before: Vec<&Named> = first.questions.iter().map(|question| &question.item).collect();
    assert!(paper.questions.iter().all(|question| !before.contains(&&question.item)));
}

#[test]
fn what_is_right_is_told_after_the_end_with_what_to_read() {
    let mut rig = Rig::new();
    let outcome = rig.sit("ana", ASSOCIATE, 13);
    assert_eq!((outcome.stands, outcome.questions.len()), (Stands::Passed, 20));
    assert_eq!(outcome.domains.iter().map(|score| score.right).sum::<usize>(), 13);
    assert!(!outcome.weak.is_empty() && outcome.weak.iter().all(|one| one.0.starts_with("PSF-")));
    for question in &outcome.questions {
        assert_eq!(question.right, question.chosen == Some(question.key));
        assert_eq!(question.because.is_some(), !question.right, "{question:?}");
        assert!(!question.rationale.is_empty());
    }
}

#[test]
fn no_paper_says_more_than_what_is_put() {
    let mut rig = Rig::new();
    for track in [ASSOCIATE, Track::Management, Track::Auditor] {
        let paper = rig.begin("ana", track);
        let said = serde_json::to_value(&paper).unwrap();
        let keys = |value: &serde_json::Value| -> Vec<String> {
            let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
            keys.sort();
            keys
        };
        let all = ["answered", "questions", "seconds_left", "sitting", "track", "until"];
        assert_eq!(keys(&said), all);
        let bank = rig.banks.get(track).unwrap();
        let text = said.to_string();
        for (question, shown) in said["questions"].as_array().unwrap().iter().zip(&paper.questions)
        {
            assert_eq!(keys(question), ["chosen", "item", "options", "question", "stem"]);
            let item = bank.item(&shown.item).unwrap();
            assert!(!text.contains(&item.rationale));
            assert!(item.because.iter().flatten().all(|because| !text.contains(because)));
        }
    }
}

#[test]
fn an_owner_invalidates_grants_time_and_retires_and_nobody_else_does() {
    let mut rig = Rig::new();
    let outcome = rig.sit("ana", ASSOCIATE, 20);
    let item = outcome.questions[0].item.clone();
    let reason = || "seen with a second person".to_owned();
    let orders = [
        Order::Invalidate { sitting: outcome.sitting.clone(), reason: reason() },
        Order::Grant { who: person("ben"), percent: 50, reason: reason() },
        Order::Retire { track: ASSOCIATE, item: item.clone(), reason: reason() },
    ];
    for order in &orders {
        let no = rig.candidate("ana", order).unwrap_err();
        assert_eq!(no.code().id, "FD-X108");
        assert_eq!(rig.owner(order), Ok(Told::Done));
        let written = rig.written.len();
        assert_eq!(rig.owner(order), Ok(Told::Done), "once more is the same");
        assert_eq!(rig.written.len(), written);
    }
    let silent = Order::Retire { track: ASSOCIATE, item: item.clone(), reason: " ".to_owned() };
    assert_eq!(rig.owner(&silent), Ok(Told::Done), "it is retired already");
    let seen = rig.outcome("ana", &Order::Result(outcome.sitting));
    assert_eq!((seen.stands, seen.pass), (Stands::Invalid, None));
    assert_eq!(seen.reason.as_deref(), Some("seen with a second person"));
    assert!(seen.questions.is_empty());
    assert!(rig.candidate("ana", &Order::Begin(ASSOCIATE)).is_err(), "the wait holds all the same");
    let paper = rig.begin("ben", ASSOCIATE);
    assert_eq!(paper.seconds_left, 22 * 60 + 30);
    assert!(rig.folded().is_retired(ASSOCIATE, &item));
}

#[test]
fn a_sitting_whose_questions_were_changed_does_not_count_and_costs_no_wait() {
    let bank = |each| Banks::of([Bank::read(&small(ASSOCIATE, &PSF, each))]).unwrap();
    let mut rig = Rig::of(bank(6));
    let sitting = rig.begin("ana", ASSOCIATE).sitting;
    rig.banks = bank(7);
    assert_eq!(rig.answer("ana", &sitting, (1, 1)), Err(No::Over));
    let outcome = rig.outcome("ana", &Order::Result(sitting.clone()));
    assert_eq!((outcome.stands, outcome.reason), (Stands::Invalid, None));
    assert_ne!(rig.begin("ana", ASSOCIATE).sitting, sitting);
}

#[test]
fn figures_find_the_question_whose_key_is_wrong() {
    let mut rig = Rig::of(Banks::of([Bank::read(&small(ASSOCIATE, &PSF, 5))]).unwrap());
    // Those who know much get the item wrong, and those who know little get it right.
    let odd = Named("T-PSF-1-0".into());
    for n in 0..40_u16 {
        let (who, knows) = (format!("p{n}"), n % 2 == 0);
        let paper = rig.begin(&who, ASSOCIATE);
        for question in &paper.questions {
            let key = rig.right(&paper.sitting, question.question);
            let luck = (question.question + n) % 10;
            let right = match question.item == odd {
                true => !knows,
                false if knows => luck != 0,
                false => luck < 3,
            };
            let option = if right { key } else { key % 4 + 1 };
            rig.answer(&who, &paper.sitting, (question.question, option)).unwrap();
        }
        rig.outcome(&who, &Order::Submit(paper.sitting));
    }
    let Ok(Told::Statistics(all)) = rig.owner(&Order::Statistics(ASSOCIATE)) else { panic!() };
    assert_eq!((all.sittings, all.passed), (40, 20));
    let of = |name: &Named| all.items.iter().find(|one| one.item == *name).unwrap();
    let found = of(&odd);
    assert_eq!((found.answers, found.difficulty), (40, Some(500)));
    assert!(found.discrimination.unwrap() < -800, "{found:?}");
    assert!(found.retire.as_deref().unwrap().contains("key may be wrong"));
    let good = of(&Named("T-PSF-1-1".into()));
    assert!(good.discrimination.unwrap() > 500 && good.retire.is_none(), "{good:?}");
    assert!(all.items.iter().any(|one| one.answers < 30 && one.retire.is_none()));
    // Whoever sits it learns nothing of it that way.
    rig.told("olga", super::Rights { owns: true, assesses: true }, &Order::Begin(ASSOCIATE))
        .unwrap();
    assert_eq!(rig.owner(&Order::Statistics(ASSOCIATE)), Err(No::Open));
}

#[test]
fn the_records_alone_give_the_same_again() {
    let mut rig = Rig::new();
    rig.sit("ana", ASSOCIATE, 15);
    rig.begin("ben", Track::Auditor);
    let seen = rig.candidate("ana", &Order::List).unwrap();
    rig.board = rig.folded();
    assert_eq!(rig.candidate("ana", &Order::List).unwrap(), seen);
    let records: Vec<String> =
        rig.written.iter().map(|(exam, _)| serde_json::to_string(exam).unwrap()).collect();
    let bank = rig.banks.get(ASSOCIATE).unwrap();
    for item in bank.items() {
        assert!(records.iter().all(|record| !record.contains(&item.stem)));
        assert!(records.iter().all(|record| !record.contains("\"key\"")));
    }
}
