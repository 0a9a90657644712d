//! Whether a release that a share of new cases begins on is worse than the live one: both are
//! compared over the same time, from what the records of their cases say. It must not change which
//! release is live: it says what was found.
//!
//! Looks are taken only at fixed numbers of the canary's cases, each at the cases that came first,
//! and what is found has to be as sure as all looks and all figures together allow: over the whole
//! canary one that is no worse is gone back from in at most 5 of 100 times, however often somebody
//! looks.

use journal::{
    Because, Canary, Code, End, Figure, Measured, Millis, RunId, Side, Starter, Status, StopScope,
};
use serde::Serialize;

use crate::statistics::{newcombe, normal, real, welch, whole};
use crate::view::{ReviewKind, ReviewState, RunView};

/// Numbers of cases at which is looked, and the last one that a canary declares.
const LOOKS: [u32; 7] = [5, 10, 20, 50, 100, 200, 500];
/// Fewer cases say nothing about quality or cost.
const FEW: usize = 20;
/// How often a canary that is no worse may be gone back from, in parts of a million.
const WRONG: f64 = 50_000.0;
const MILLION: f64 = 1_000_000.0;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// What a comparison takes from one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub run: RunId,
    pub opened: Millis,
    /// It is over, or waits for a person.
    pub rests: bool,
    /// Whether it was done, once it is over by itself.
    pub done: Option<bool>,
    /// Answers of people, and how many of them were a no or changed something.
    pub answers: u64,
    pub changed: u64,
    pub doubted: bool,
    pub refused: bool,
    pub suspected: bool,
    pub stopped: bool,
    pub harm: bool,
    /// It was known to be wrong: only its harm counts.
    pub seeded: bool,
    pub cost: u64,
    pub requests: u64,
}

impl Facts {
    /// What counts of a case. Nothing of one that is only practised, or a part of another.
    #[must_use]
    pub fn of(view: &RunView) -> Option<Self> {
        if view.rehearsal || matches!(view.starter, Some(Starter::Parent { .. })) {
            return None;
        }
        let answers = || view.reviews.iter().map(|review| &review.state);
        let count = |of: &dyn Fn(&ReviewState) -> bool| {
            u64::try_from(answers().filter(|state| of(state)).count()).unwrap_or(u64::MAX)
        };
        let changed = count(&|state| {
            matches!(state, ReviewState::Edited { .. } | ReviewState::Rejected { .. })
        });
        let approved = count(&|state| matches!(state, ReviewState::Approved { .. }));
        let trouble = view.trouble.as_ref().map(|trouble| trouble.code);
        let nobody_saw = view.seeded && view.status == Status::Done && view.reviews.is_empty();
        let in_doubt = |code: Code| matches!(code, Code::Doubt | Code::BadAnswer);
        Some(Self {
            run: view.run,
            opened: view.opened,
            rests: view.status.over() || view.status == Status::Waiting,
            done: matches!(view.status, Status::Done | Status::Failed | Status::Rejected)
                .then_some(view.status == Status::Done),
            answers: changed.saturating_add(approved),
            changed,
            doubted: trouble.is_some_and(in_doubt)
                || view.reviews.iter().any(|review| review.kind == ReviewKind::Failure),
            refused: view.refusals.iter().any(|refusal| refusal.code == Code::Refused),
            suspected: !view.suspected.is_empty(),
            stopped: view.end == Some(End::Cancelled)
                || view.stops.contains(&StopScope::Run(view.run)),
            harm: nobody_saw
                || trouble == Some(Code::NotConfirmed)
                || view.undone.iter().any(|(_, ok)| !ok),
            seeded: view.seeded,
            cost: view.usage.cost_nanos,
            requests: u64::try_from(view.reviews.len()).unwrap_or(u64::MAX),
        })
    }
}

/// A canary beside the live release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Cases that are over or wait for a person.
    pub canary: usize,
    pub live: usize,
    /// How many cases of the canary the figures are of.
    pub looked_at: usize,
    pub figures: Vec<Measured>,
    pub verdict: Verdict,
}

/// What follows from a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// More cases are waited for.
    Goes,
    /// Enough cases were seen, and it is not worse.
    Ready,
    /// It is worse.
    Worse(Measured),
    /// Its days are over, and too few cases were seen.
    TimeOver,
}

impl Comparison {
    /// What ends the canary, if anything does without a person.
    #[must_use]
    pub fn ends(&self, rules: &Canary) -> Option<Because> {
        let cases = u32::try_from(self.canary).unwrap_or(u32::MAX);
        match self.verdict {
            Verdict::Goes => None,
            Verdict::Ready => rules.itself.then_some(Because::Enough { cases }),
            Verdict::Worse(measured) => Some(Because::Worse(measured)),
            Verdict::TimeOver => Some(Because::TimeOver { cases }),
        }
    }
}

/// Compares the cases of a canary with those of the live release that were opened since it began.
#[must_use]
pub fn compare(
    rules: &Canary,
    since: Millis,
    now: Millis,
    canary: &[Facts],
    live: &[Facts],
) -> Comparison {
    let (all, beside) = (rested(canary), rested(live));
    let mut compared = Comparison {
        canary: all.len(),
        live: beside.len(),
        looked_at: 0,
        figures: Vec::new(),
        verdict: Verdict::Goes,
    };
    // One case of harm is enough, also of one that was known to be wrong.
    let level = Level::of(rules);
    let harm = count(canary.iter(), |facts| facts.harm);
    if harm > 0 {
        let of = |facts: &[Facts]| u64::try_from(facts.len()).unwrap_or(u64::MAX);
        let (canary, live) = (
            Side { of: of(canary), sum: harm },
            Side { of: of(live), sum: count(live.iter(), |facts| facts.harm) },
        );
        let measured = level.shares(Figure::Harm, canary, live, 0);
        compared.figures.push(measured);
        compared.verdict = Verdict::Worse(measured);
        return compared;
    }
    let reached = looks(rules).filter(|look| *look <= all.len()).max().unwrap_or(0);
    let wanted = usize::try_from(rules.cases).unwrap_or(usize::MAX);
    let first: Vec<&Facts> = all.into_iter().take(reached).collect();
    let until = first.last().map_or(since, |facts| facts.opened);
    // Those of the same time, or a few more where these are too few to say anything.
    let within = beside.iter().filter(|facts| facts.opened <= until).count();
    let beside: Vec<&Facts> = beside.into_iter().take(within.max(FEW)).collect();
    compared.looked_at = first.len();
    compared.figures = level.figures(rules, &first, &beside);
    let worse = compared.figures.iter().find(|measured| measured.low > measured.margin);
    let days = u64::from(rules.days).saturating_mul(DAY_MS);
    compared.verdict = match worse {
        Some(measured) => Verdict::Worse(*measured),
        None if first.len() >= wanted && beside.len() >= FEW => Verdict::Ready,
        None if now.0 > since.0.saturating_add(days) => Verdict::TimeOver,
        None => Verdict::Goes,
    };
    compared
}

/// Cases that can be compared, the first one first: they rest, and were not known to be wrong.
fn rested(all: &[Facts]) -> Vec<&Facts> {
    let mut all: Vec<&Facts> = all.iter().filter(|facts| facts.rests && !facts.seeded).collect();
    all.sort_by_key(|facts| (facts.opened, facts.run));
    all
}

fn looks(rules: &Canary) -> impl Iterator<Item = usize> {
    let cases = rules.cases;
    let fixed = LOOKS.into_iter().filter(move |look| *look < cases);
    fixed.chain([cases]).map(|look| usize::try_from(look).unwrap_or(usize::MAX))
}

fn count<'f>(all: impl Iterator<Item = &'f Facts>, holds: impl Fn(&Facts) -> bool) -> u64 {
    u64::try_from(all.filter(|facts| holds(facts)).count()).unwrap_or(u64::MAX)
}

/// How sure each figure of each look has to be, so that all of them together are.
struct Level {
    z: f64,
    parts: u32,
}

impl Level {
    fn of(rules: &Canary) -> Self {
        let (looks, figures) = (looks(rules).count(), Figure::ALL.len());
        let each = u64::try_from(looks.saturating_mul(figures)).unwrap_or(u64::MAX);
        let wrong = WRONG / real(each);
        // Worse is only one side of the interval, so the other one is given away.
        let parts = u32::try_from(whole(MILLION - wrong)).unwrap_or_default();
        Self { z: normal(wrong / MILLION / 2.0), parts }
    }

    fn figures(&self, rules: &Canary, canary: &[&Facts], live: &[&Facts]) -> Vec<Measured> {
        let mut all = Vec::new();
        let mut shares = |figure: Figure, margin: u32, of: &dyn Fn(&Facts) -> (u64, u64)| {
            let side = |all: &[&Facts]| {
                all.iter().fold(Side::default(), |side, facts| {
                    let (of, sum) = of(facts);
                    Side { of: side.of.saturating_add(of), sum: side.sum.saturating_add(sum) }
                })
            };
            let (canary, live) = (side(canary), side(live));
            if canary.of > 0 && live.of > 0 {
                all.push(self.shares(figure, canary, live, i64::from(margin)));
            }
        };
        shares(Figure::Refused, 0, &|facts| (1, u64::from(facts.refused)));
        shares(Figure::Suspected, 0, &|facts| (1, u64::from(facts.suspected)));
        shares(Figure::Stopped, 0, &|facts| (1, u64::from(facts.stopped)));
        if canary.len() < FEW || live.len() < FEW {
            return all;
        }
        let quality = rules.worse.quality;
        shares(Figure::NotDone, quality, &|facts| match facts.done {
            Some(done) => (1, u64::from(!done)),
            None => (0, 0),
        });
        shares(Figure::Changed, quality, &|facts| (facts.answers, facts.changed));
        shares(Figure::Doubted, quality, &|facts| (1, u64::from(facts.doubted)));
        all.push(self.cost(rules, canary, live));
        all.push(self.requests(rules, canary, live));
        all
    }

    fn shares(&self, figure: Figure, canary: Side, live: Side, margin: i64) -> Measured {
        let (low, high) = newcombe((canary.sum, canary.of), (live.sum, live.of), self.z);
        let (low, high) = (whole(low * MILLION), whole(high * MILLION));
        Measured { figure, canary, live, low, high, level: self.parts, margin }
    }

    /// The margin is a part of what a case of the live release costs.
    fn cost(&self, rules: &Canary, canary: &[&Facts], live: &[&Facts]) -> Measured {
        let (canary, live) = (each(canary, |facts| facts.cost), each(live, |facts| facts.cost));
        let (low, high) = welch(&canary, &live, self.z);
        let (canary, live) = (side(&canary), side(&live));
        let margin = real(live.sum) / real(live.of.max(1)) * f64::from(rules.worse.cost) / MILLION;
        let (low, high, margin) = (whole(low), whole(high), whole(margin));
        Measured { figure: Figure::Cost, canary, live, low, high, level: self.parts, margin }
    }

    fn requests(&self, rules: &Canary, canary: &[&Facts], live: &[&Facts]) -> Measured {
        let of = |facts: &Facts| facts.requests;
        let (canary, live) = (each(canary, of), each(live, of));
        let (low, high) = welch(&canary, &live, self.z);
        let (low, high) = (whole(low * MILLION), whole(high * MILLION));
        let (canary, live, margin) = (side(&canary), side(&live), i64::from(rules.worse.requests));
        Measured { figure: Figure::Requests, canary, live, low, high, level: self.parts, margin }
    }
}

fn each(all: &[&Facts], of: impl Fn(&Facts) -> u64) -> Vec<u64> {
    all.iter().map(|facts| of(facts)).collect()
}

fn side(all: &[u64]) -> Side {
    let of = u64::try_from(all.len()).unwrap_or(u64::MAX);
    Side { of, sum: all.iter().fold(0, |sum, value| sum.saturating_add(*value)) }
}

#[cfg(test)]
mod tests;
