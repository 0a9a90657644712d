//! What is found worse, what is not, and that looking often finds no more than looking once.

use journal::{Because, Canary, Figure, Millis, RunId, Worse};

use super::{Comparison, Facts, Verdict, compare};

const RULES: Canary = Canary {
    share: 500_000,
    cases: 100,
    days: 7,
    worse: Worse { quality: 20_000, cost: 200_000, requests: 100_000 },
    itself: false,
};

fn case(n: u64) -> Facts {
    Facts {
        run: RunId::new(Millis(n), [7; 10]),
        opened: Millis(n),
        rests: true,
        done: Some(true),
        answers: 0,
        changed: 0,
        doubted: false,
        refused: false,
        suspected: false,
        stopped: false,
        harm: false,
        seeded: false,
        cost: 1_000_000,
        requests: 0,
    }
}

fn cases(n: u64, change: impl Fn(u64, &mut Facts)) -> Vec<Facts> {
    let made = |n| {
        let mut facts = case(n);
        change(n, &mut facts);
        facts
    };
    (0..n).map(made).collect()
}

fn compared(canary: &[Facts], live: &[Facts]) -> Comparison {
    compare(&RULES, Millis(0), Millis(1_000), canary, live)
}

fn worse(compared: &Comparison) -> Option<Figure> {
    match compared.verdict {
        Verdict::Worse(measured) => Some(measured.figure),
        Verdict::Goes | Verdict::Ready | Verdict::TimeOver => None,
    }
}

#[test]
fn each_figure_that_is_worse_is_found() {
    let live = cases(200, |_, _| {});
    let found = |change: &dyn Fn(u64, &mut Facts)| worse(&compared(&cases(60, change), &live));
    assert_eq!(found(&|_, _| {}), None);
    assert_eq!(found(&|n, facts| facts.done = Some(n % 3 > 0)), Some(Figure::NotDone));
    assert_eq!(found(&|n, facts| facts.doubted = n % 3 == 0), Some(Figure::Doubted));
    assert_eq!(found(&|_, facts| facts.cost = 1_250_000), Some(Figure::Cost));
    assert_eq!(found(&|_, facts| facts.cost = 1_150_000), None);
    assert_eq!(found(&|n, facts| facts.requests = n % 2), Some(Figure::Requests));
    assert_eq!(found(&|n, facts| facts.refused = n % 4 == 0), Some(Figure::Refused));
    assert_eq!(found(&|n, facts| facts.suspected = n % 4 == 0), Some(Figure::Suspected));
    assert_eq!(found(&|n, facts| facts.stopped = n % 4 == 0), Some(Figure::Stopped));
    // People answered both, and changed what the canary proposed.
    let live = cases(200, |_, facts| facts.answers = 1);
    let changed = cases(60, |n, facts| (facts.answers, facts.changed) = (1, n % 2));
    assert_eq!(worse(&compared(&changed, &live)), Some(Figure::Changed));
}

#[test]
fn a_case_that_waits_for_a_person_counts_and_one_of_harm_is_enough() {
    let live = cases(200, |_, _| {});
    // None of its cases ends: each asks somebody who has not come yet.
    let asks = cases(20, |_, facts| (facts.done, facts.requests) = (None, 1));
    assert_eq!(worse(&compared(&asks, &live)), Some(Figure::Requests));
    let mut one = cases(3, |_, _| {});
    assert_eq!(compared(&one, &live).verdict, Verdict::Goes);
    one[1].harm = true;
    assert_eq!(worse(&compared(&one, &live)), Some(Figure::Harm));
    // Also where the case was known to be wrong, and nobody saw it.
    (one[1].harm, one[2].harm, one[2].seeded) = (false, true, true);
    assert_eq!(worse(&compared(&one, &live)), Some(Figure::Harm));
}

#[test]
fn it_is_looked_at_fixed_numbers_of_cases() {
    let live = cases(200, |_, _| {});
    // What comes after the twentieth case is not looked at before the fiftieth.
    let later = |n| cases(n, |n, facts| facts.done = Some(n < 20));
    assert_eq!(compared(&later(49), &live).looked_at, 20);
    assert_eq!(compared(&later(49), &live).verdict, Verdict::Goes);
    assert_eq!(worse(&compared(&later(50), &live)), Some(Figure::NotDone));
    let ready = compared(&cases(100, |_, _| {}), &live);
    assert_eq!((ready.verdict, ready.looked_at), (Verdict::Ready, 100));
    // With too few cases of the live release nothing can be said.
    assert_eq!(compared(&cases(100, |_, _| {}), &live[..19]).verdict, Verdict::Goes);
}

#[test]
fn a_canary_that_sees_too_few_cases_ends_with_its_days() {
    let week = 7 * 24 * 60 * 60 * 1_000;
    let at = |now, canary: &[Facts]| compare(&RULES, Millis(0), Millis(now), canary, &[]).verdict;
    assert_eq!(at(week, &[]), Verdict::Goes);
    assert_eq!(at(week + 1, &[]), Verdict::TimeOver);
    assert_eq!(at(week + 1, &cases(30, |_, _| {})), Verdict::TimeOver);
}

#[test]
fn what_is_not_worse_becomes_live_by_itself_only_where_that_is_declared() {
    let live = cases(200, |_, _| {});
    let ready = compared(&cases(100, |_, _| {}), &live);
    assert_eq!(ready.ends(&RULES), None);
    let itself = Canary { itself: true, ..RULES };
    assert_eq!(ready.ends(&itself), Some(Because::Enough { cases: 100 }));
    // Before that nothing ends it but what is worse, or time.
    assert_eq!(compared(&cases(99, |_, _| {}), &live).ends(&itself), None);
    let worse = compared(&cases(60, |_, facts| facts.done = Some(false)), &live);
    assert!(matches!(worse.ends(&RULES), Some(Because::Worse(_))));
    let late = compare(&RULES, Millis(0), Millis(u64::MAX), &[], &live);
    assert_eq!(late.ends(&itself), Some(Because::TimeOver { cases: 0 }));
}

/// Whole numbers that look drawn, and are the same each time.
struct Drawn(u64);

impl Drawn {
    fn under(&mut self, parts: u64, of: u64) -> bool {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 33) % of < parts
    }
}

#[test]
fn one_that_is_no_worse_is_rarely_gone_back_from_however_often_is_looked() {
    let mut drawn = Drawn(11);
    let mut gone_back = 0;
    for _ in 0..200 {
        let mut draw = |n| {
            let mut all = cases(n, |_, _| {});
            for facts in &mut all {
                facts.done = Some(!drawn.under(10, 100));
                facts.refused = drawn.under(5, 100);
                facts.doubted = drawn.under(20, 100);
                facts.requests = u64::from(drawn.under(30, 100));
                facts.cost = if drawn.under(50, 100) { 900_000 } else { 1_400_000 };
            }
            all
        };
        let (canary, live) = (draw(100), draw(100));
        let looks = 1..=canary.len();
        let found = |n: &usize| worse(&compared(&canary[..*n], &live[..*n])).is_some();
        gone_back += usize::from(looks.filter(found).count() > 0);
    }
    assert!(gone_back <= 10, "{gone_back} of 200");
}
