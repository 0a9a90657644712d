//! Portfolios: two who judge alone, a third where they differ, and nobody of their own work.

use journal::{Checked, Examined, Hash, Named, SittingId};
use plan::Track;
use plan::ids::FieldName;

use super::{HOUR, Rig, placed};
use crate::{No, Order, Rights, Stands, Told};

const ASSESSES: Rights = Rights { owns: false, assesses: true };

fn checked(verified: bool) -> Checked {
    let name = |text| FieldName::new(text).unwrap();
    let domains = (1..=7).map(|n| Named(format!("PSF-{n}").into())).collect();
    let (grade, outcome) = (name("managed"), name("improved"));
    Checked { verified, grade, domains, incidents: 1, outcome }
}

fn pack(name: &str) -> Hash {
    Hash::of(name.as_bytes())
}

fn hand_in(rig: &mut Rig, who: &str, name: &str) -> Result<SittingId, No> {
    let order = Order::HandIn { of: None, pack: pack(name), checked: checked(true) };
    match rig.candidate(who, &order)? {
        Told::Reviews { reviews } => Ok(reviews[0].sitting.clone()),
        other => panic!("{other:?}"),
    }
}

fn assess(rig: &mut Rig, who: &str, id: &SittingId, levels: [u8; 6]) -> Result<Told, No> {
    rig.assessor(who, &Order::Assess { sitting: id.clone(), said: placed(levels) })
}

#[test]
fn two_who_agree_decide_and_see_each_other_only_then() {
    let mut rig = Rig::new();
    let id = hand_in(&mut rig, "ana", "work.fdpack").unwrap();
    assert_eq!(hand_in(&mut rig, "ana", "work.fdpack").unwrap(), id, "once more is the same");
    assess(&mut rig, "ben", &id, [2; 6]).unwrap();
    let show = Order::Review(Some(id.clone()));
    let seen = |rig: &mut Rig, who: &str, rights| rig.reviews(who, rights, &show).remove(0);
    assert_eq!(seen(&mut rig, "ben", ASSESSES).said.len(), 1, "one's own");
    assert_eq!(seen(&mut rig, "cleo", ASSESSES).said.len(), 0);
    let own = seen(&mut rig, "ana", Rights::default());
    assert_eq!((own.said.len(), own.assessed, own.needed, own.stands), (0, 1, 2, Stands::Open));
    assert_eq!(rig.candidate("dan", &show), Err(No::NoSitting), "it is nobody else's business");
    let mixed = [2, 2, 3, 2, 2, 2];
    assess(&mut rig, "cleo", &id, mixed).unwrap();
    let own = seen(&mut rig, "ana", Rights::default());
    assert_eq!((own.said.len(), own.stands), (2, Stands::Passed));
    assert_eq!(own.levels.iter().map(|one| one.halves).collect::<Vec<_>>().iter().sum::<u8>(), 25);
    assert!(own.said.iter().all(|said| said.reasons.len() == 6));
    let pass = own.pass.unwrap();
    assert_eq!((pass.pack, pass.track), (Some(pack("work.fdpack")), Track::Practitioner));
    assert_eq!(pass.domains.len(), 7);
    assert!(assess(&mut rig, "eva", &id, [3; 6]).is_err(), "it is decided");
}

#[test]
fn two_who_are_too_far_apart_call_a_third_who_knows_of_neither() {
    let mut rig = Rig::new();
    let id = hand_in(&mut rig, "ana", "work.fdpack").unwrap();
    assess(&mut rig, "ben", &id, [3, 2, 2, 2, 2, 2]).unwrap();
    assess(&mut rig, "cleo", &id, [1, 2, 2, 2, 2, 2]).unwrap();
    let show = Order::Review(Some(id.clone()));
    let third = rig.reviews("eva", ASSESSES, &show).remove(0);
    assert_eq!((third.stands, third.needed, third.said.len()), (Stands::Open, 3, 0));
    assert_eq!(rig.reviews("ben", ASSESSES, &show)[0].said.len(), 2, "both are in");
    assert!(rig.reviews("ana", Rights::default(), &show)[0].said.is_empty());
    assess(&mut rig, "eva", &id, [1, 2, 2, 2, 2, 2]).unwrap();
    let over = rig.reviews("ana", Rights::default(), &show).remove(0);
    assert_eq!((over.stands, over.said.len()), (Stands::NotPassed, 3));
    let work = over.levels.iter().find(|one| one.dimension.as_str() == "work").unwrap();
    assert_eq!(work.halves, 2, "the middle of three");
    // 22 of 36 halves are fewer than 65 in a hundred.
    let again = hand_in(&mut rig, "ana", "other.fdpack").unwrap_err();
    assert_eq!(again.code().id, "FD-X106");
    rig.later(72 * HOUR);
    hand_in(&mut rig, "ana", "other.fdpack").unwrap();
}

#[test]
fn what_is_not_proven_or_not_reasoned_is_not_judged() {
    let mut rig = Rig::new();
    let order = Order::HandIn { of: None, pack: pack("a"), checked: checked(false) };
    assert_eq!(rig.candidate("ana", &order).unwrap_err().code().id, "FD-X111");
    let id = hand_in(&mut rig, "ana", "a").unwrap();
    assert_eq!(hand_in(&mut rig, "ben", "a").unwrap_err().code().id, "FD-X111");
    assert_eq!(hand_in(&mut rig, "ana", "b").unwrap_err().code().id, "FD-X111");
    let of = |who| Order::HandIn { of: Some(who), pack: pack("c"), checked: checked(true) };
    let other = rig.candidate("ben", &of(super::person("dan"))).unwrap_err();
    assert_eq!(other.code().id, "FD-X108");
    rig.assessor("ben", &of(super::person("dan"))).unwrap();
    let written = rig.written.len();
    let code = |said: Result<Told, No>| said.unwrap_err().code().id;
    let full = Order::Assess { sitting: id.clone(), said: placed([2; 6]) };
    assert_eq!(code(rig.candidate("dan", &full)), "FD-X108");
    assert_eq!(code(rig.assessor("ana", &full)), "FD-X112");
    let mut silent = placed([2; 6]);
    silent.values_mut().next().unwrap().1 = "  ".to_owned();
    let mut short = placed([2; 6]);
    short.pop_first();
    let mut high = placed([2; 6]);
    high.values_mut().next().unwrap().0 = 4;
    let mut other = placed([2; 6]);
    other.insert(FieldName::new("charm").unwrap(), (3, "much".to_owned()));
    for said in [silent, short, high, other] {
        let order = Order::Assess { sitting: id.clone(), said };
        assert_eq!(code(rig.assessor("ben", &order)), "FD-X112");
    }
    assert_eq!(rig.written.len(), written);
    rig.assessor("ben", &full).unwrap();
    let twice = Order::Assess { sitting: id.clone(), said: placed([3; 6]) };
    assert_eq!(code(rig.assessor("ben", &twice)), "FD-X112", "what is said stays");
    assert!(rig.assessor("ben", &full).is_ok(), "the same once more is the same");
    let kinds = |did: &Examined| matches!(did, Examined::Assessed { .. });
    assert_eq!(rig.written.iter().filter(|(exam, _)| kinds(&exam.did)).count(), 1);
}

#[test]
fn one_dimension_at_the_lowest_level_is_enough_to_fail() {
    let mut rig = Rig::new();
    let id = hand_in(&mut rig, "ana", "a").unwrap();
    for who in ["ben", "cleo"] {
        assess(&mut rig, who, &id, [3, 3, 3, 3, 0, 3]).unwrap();
    }
    let seen = rig.reviews("ana", Rights::default(), &Order::Review(None)).remove(0);
    assert_eq!((seen.stands, seen.pass), (Stands::NotPassed, None));
}
