//! What the rules of the workspace measure, and whether somebody is to hear of it. It reads cases
//! and the desk's journal, and must not know what time it is but by being told.

use std::collections::BTreeMap;

use journal::{Gauge, Millis, Record, RunId, Status};
use plan::alerts::{AlertRule, Watch};
use plan::ids::FieldName;
use serde::Serialize;

use crate::facts::{Fact, Feature};
use crate::history::History;
use crate::{drift, trial};

/// What a rule measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Reading {
    /// In the unit of what is watched; nothing where there is too little to measure.
    pub value: Option<u64>,
    /// Over how many cases.
    pub cases: u64,
    /// The field that moved most.
    pub field: Option<String>,
    /// The case that stands out.
    pub case: Option<RunId>,
}

/// Measures what a rule watches.
#[must_use]
pub fn measure(rule: &AlertRule, facts: &[&Fact], desk: &History, now: Millis) -> Reading {
    let since = Millis(now.0.saturating_sub(rule.within_ms));
    let before = Millis(since.0.saturating_sub(rule.against_ms));
    let of = || facts.iter().copied().filter(|fact| fact.workflow == rule.of);
    let over = |from: Millis, to: Millis| -> Vec<&Fact> {
        of().filter(|f| is_counted(f.status) && f.changed >= from && f.changed < to).collect()
    };
    let recent = || over(since, Millis(u64::MAX));
    let enough = |cases: &[&Fact]| cases.len() >= at_least(rule);
    let share = |cases: Vec<&Fact>, holds: &dyn Fn(&Fact) -> bool| {
        let held = cases.iter().filter(|fact| holds(fact)).count();
        let value = enough(&cases).then(|| parts(held, cases.len()));
        Reading { value, cases: count(cases.len()), ..Reading::default() }
    };
    match rule.watch {
        Watch::ErrorRate => share(recent(), &|fact| fact.status == Status::Failed),
        Watch::Quality => share(recent(), &|fact| fact.held.all()),
        Watch::ValidationFailures => share(recent(), &|fact| {
            fact.held.contracts == Some(false) || fact.held.confirmed == Some(false)
        }),
        Watch::Latency => {
            let mut cases = recent();
            cases.sort_by_key(|fact| fact.own_ms);
            let at = cases.get(rank(rule.share, cases.len())).filter(|_| enough(&cases));
            Reading { value: at.map(|f| f.own_ms), case: at.map(|f| f.run), ..sized(&cases) }
        }
        Watch::Cost => {
            let cases = recent();
            let most = cases.iter().max_by_key(|f| f.cost_nanos).filter(|_| enough(&cases));
            Reading {
                value: most.map(|f| f.cost_nanos),
                case: most.map(|f| f.run),
                ..sized(&cases)
            }
        }
        Watch::CostAnomaly => odd_cost(rule, &over(before, since), &recent()),
        Watch::InputDrift => drifted(rule, &over(before, since), &recent(), |f| &f.inputs),
        Watch::OutputDrift => drifted(rule, &over(before, since), &recent(), |f| &f.outputs),
        Watch::QueueAge => {
            let asked = of().filter_map(|fact| Some((fact.asked?, fact.run))).min();
            let age = asked.map_or(0, |(at, _)| now.0.saturating_sub(at.0));
            let case = asked.map(|(_, run)| run);
            Reading { value: Some(age), case, ..Reading::default() }
        }
        Watch::Stuck => {
            let still = of().filter_map(|fact| Some((resting_since(fact, now)?, fact.run))).min();
            let rest = still.map_or(0, |(at, _)| now.0.saturating_sub(at.0));
            let case = still.map(|(_, run)| run);
            Reading { value: Some(rest), case, ..Reading::default() }
        }
        Watch::StartMissed | Watch::StartHeld => begun(rule, desk, since),
    }
}

/// A case that is cancelled, or the same as another, says nothing of how cases go.
fn is_counted(status: Status) -> bool {
    matches!(status, Status::Done | Status::Failed | Status::Rejected)
}

/// Since when a case rests that waits for no person and no time: not merely quiet, but stuck.
fn resting_since(fact: &Fact, now: Millis) -> Option<Millis> {
    if fact.status == Status::Running {
        return Some(fact.changed);
    }
    // Its time has come, and nobody woke it.
    let due = fact.wake_at.filter(|at| fact.status == Status::Sleeping && *at < now);
    due.map(|at| at.max(fact.changed))
}

fn sized(cases: &[&Fact]) -> Reading {
    Reading { cases: count(cases.len()), ..Reading::default() }
}

fn odd_cost(rule: &AlertRule, before: &[&Fact], now: &[&Fact]) -> Reading {
    let mut costs: Vec<u64> = before.iter().map(|fact| fact.cost_nanos).collect();
    let most = now.iter().max_by_key(|fact| fact.cost_nanos);
    let (Some(usual), Some(most)) = (median(&mut costs), most) else { return sized(now) };
    if before.len() < at_least(rule) {
        return sized(now);
    }
    let mut far: Vec<u64> = costs.iter().map(|cost| cost.abs_diff(usual)).collect();
    // Where most cases cost the same, a hundredth of it is as much as they may differ.
    let spread = median(&mut far).unwrap_or_default().max(usual / 100).max(1);
    // 1.4826 median deviations are one standard deviation of a normal distribution.
    let z = u128::from(most.cost_nanos.saturating_sub(usual)) * 10_000_000 / 14_826;
    let value = u64::try_from(z / u128::from(spread)).unwrap_or(u64::MAX);
    Reading { value: Some(value), case: Some(most.run), ..sized(now) }
}

fn drifted(
    rule: &AlertRule,
    before: &[&Fact],
    now: &[&Fact],
    of: impl Fn(&Fact) -> &BTreeMap<String, Feature>,
) -> Reading {
    if before.len().min(now.len()) < at_least(rule) {
        return sized(now);
    }
    let features = |all: &[&Fact]| -> Vec<BTreeMap<String, Feature>> {
        all.iter().map(|fact| of(fact).clone()).collect()
    };
    let (before, recent) = (features(before), features(now));
    let (before, recent): (Vec<_>, Vec<_>) = (before.iter().collect(), recent.iter().collect());
    let worst = drift::worst(&before, &recent);
    let value = worst.map(|(_, psi)| thousandths(psi));
    Reading { value, field: worst.map(|(name, _)| name.to_owned()), ..sized(now) }
}

fn begun(rule: &AlertRule, desk: &History, since: Millis) -> Reading {
    let frames = desk.frames().iter().filter(|frame| frame.at >= since);
    let of = |record: &Record| {
        let (watch, workflow, times) = if let Record::StartMissed { workflow, times, .. } = record {
            (Watch::StartMissed, workflow, u64::from(*times))
        } else if let Record::StartHeld { workflow, .. } = record {
            (Watch::StartHeld, workflow, 1)
        } else {
            return 0;
        };
        if watch == rule.watch && *workflow == rule.of { times } else { 0 }
    };
    let value = frames.flat_map(|frame| &frame.records).map(of).sum();
    Reading { value: Some(value), ..Reading::default() }
}

/// One word of the desk's journal about a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    pub at: Millis,
    /// Beyond its limit, or within it again.
    pub fired: bool,
    pub measured: Gauge,
}

/// What the desk's journal says of each rule, oldest first.
#[must_use]
pub fn told(desk: &History) -> BTreeMap<FieldName, Vec<Told>> {
    let mut all: BTreeMap<FieldName, Vec<Told>> = BTreeMap::new();
    for frame in desk.frames() {
        for record in &frame.records {
            let fired = matches!(record, Record::AlertFired(_));
            let (Record::AlertFired(measured) | Record::AlertEnded(measured)) = record else {
                continue;
            };
            let told = Told { at: frame.at, fired, measured: measured.clone() };
            all.entry(measured.rule.clone()).or_default().push(told);
        }
    }
    all
}

/// What is to be written down of a reading, and whether it fired: that it is beyond its limit,
/// unless that was told within the quiet time; or that it is over, once.
#[must_use]
pub fn due(
    rule: &AlertRule,
    reading: &Reading,
    told: &[Told],
    now: Millis,
) -> Option<(bool, Gauge)> {
    let firing = told.last().is_some_and(|last| last.fired);
    let last = told.iter().rev().find(|told| told.fired).map(|told| told.at);
    let beyond = reading.value.is_some_and(|value| rule.watch.is_beyond(value, rule.limit));
    let quiet = last.is_some_and(|at| now.0.saturating_sub(at.0) < rule.quiet_ms);
    let fired = match (beyond, firing) {
        (true, _) if !quiet => true,
        (false, true) => false,
        (true, _) | (false, false) => return None,
    };
    let measured = Gauge {
        rule: rule.name.clone(),
        watch: rule.watch,
        workflow: rule.of.clone(),
        value: reading.value,
        limit: rule.limit,
        owner: rule.owner.clone(),
        tell: rule.tell.clone(),
        case: reading.case,
    };
    Some((fired, measured))
}

/// The score of a workflow: in how many of its sampled cases all held that can be checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Quality {
    pub cases: u64,
    /// From 0 to 100; nothing without a case.
    pub score: Option<u32>,
    /// Between which the true one lies in 95 of 100 such samples.
    pub between: (u32, u32),
    /// How often each part held, of how many cases in which it was put to the test.
    pub parts: BTreeMap<&'static str, (u64, u64)>,
}

/// Weighs cases that are over.
#[must_use]
pub fn quality(facts: &[&Fact]) -> Quality {
    let facts: Vec<&&Fact> = facts.iter().filter(|fact| is_counted(fact.status)).collect();
    let good = facts.iter().filter(|fact| fact.held.all()).count();
    let mut parts: BTreeMap<&'static str, (u64, u64)> = BTreeMap::new();
    for (name, held) in facts.iter().flat_map(|fact| fact.held.parts()) {
        let part = parts.entry(name).or_default();
        part.0 += u64::from(held == Some(true));
        part.1 += u64::from(held.is_some());
    }
    let (low, high) = trial::between(good, facts.len());
    let percent = |parts: u32| (parts + 5_000) / 10_000;
    let score = self::parts(good, facts.len());
    let score = (!facts.is_empty()).then(|| percent(u32::try_from(score).unwrap_or(0)));
    Quality { cases: count(facts.len()), score, between: (percent(low), percent(high)), parts }
}

/// The Monday, 00:00 UTC, of the week that a time lies in.
#[must_use]
pub fn week(at: Millis) -> Millis {
    const DAY_MS: u64 = 86_400_000;
    // 1970 began on a Thursday.
    let since_monday = (at.0 / DAY_MS + 3) % 7;
    Millis((at.0 / DAY_MS).saturating_sub(since_monday).saturating_mul(DAY_MS))
}

fn median(values: &mut [u64]) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

/// The place of a quantile among so many, by the nearest rank.
fn rank(share: u32, of: usize) -> usize {
    let at = u128::from(share) * u128::from(count(of));
    usize::try_from(at.div_ceil(1_000_000).saturating_sub(1)).unwrap_or(0)
}

fn at_least(rule: &AlertRule) -> usize {
    usize::try_from(rule.at_least).unwrap_or(usize::MAX)
}

/// A share in parts of a million.
fn parts(some: usize, all: usize) -> u64 {
    count(some).saturating_mul(1_000_000) / count(all).max(1)
}

fn thousandths(number: f64) -> u64 {
    format!("{:.0}", (number * 1_000.0).clamp(0.0, 1e15)).parse().unwrap_or(0)
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
