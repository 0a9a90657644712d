//! Value against risk of one workflow: what a week of it is worth beside doing it by hand, as a
//! distribution and not one number. What records of live cases show is used; what they do not show
//! yet is assumed, and each assumption is said. No model is asked. It must not decide for anybody:
//! it says do, do with limits, or do not, and why.

use plan::value::Money;
use plan::workflow::{Autonomy, Does, Effect, Risk, Workflow};
use serde::Serialize;

use crate::seen::Sums;

#[cfg(test)]
mod tests;

/// So many weeks are drawn.
const DRAWS: usize = 2_000;
/// Fewer cases say little; what is assumed counts as so many of them.
const PRIOR: f64 = 20.0;
/// Somebody looks after it for so long each week, where nothing else is said.
pub const UPKEEP_MINUTES: u32 = 60;
/// The share of cases that a person looks at, where nothing was seen yet.
const LOOKED_SHARE: (f64, f64) = (0.05, 0.60);
/// How long somebody looks at a case, as a share of what it takes by hand.
const LOOK_SHARE: (f64, f64) = (0.10, 0.50);
/// What a case costs, as a share of its limit.
const COST_SHARE: (f64, f64) = (0.02, 0.50);

/// What is weighed.
#[derive(Debug)]
pub struct Weighed<'a> {
    pub workflow: &'a Workflow,
    /// What its live cases came to; nothing where none is over.
    pub seen: Option<Sums>,
    /// Minutes a week that somebody looks after it.
    pub upkeep_minutes: u32,
    /// How many units of the wage's currency one unit of the currency of model costs is.
    pub exchange: f64,
}

/// Three places of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    pub p10: f64,
    pub p50: f64,
    pub p90: f64,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Do,
    DoWithLimits,
    DoNot,
    /// Nothing can be said: the map does not say what the work takes by hand.
    Unknown,
}

impl Verdict {
    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Do => "do it",
            Self::DoWithLimits => "do it with limits",
            Self::DoNot => "do not do it",
            Self::Unknown => "nothing can be said",
        }
    }
}

/// What came of weighing it. Amounts are of a week, in the currency of the wage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Worth {
    pub verdict: Verdict,
    pub because: Vec<String>,
    pub currency: String,
    pub cases_per_week: u32,
    /// Live cases that it rests on.
    pub seen_cases: u64,
    /// What people's time on these cases costs by hand.
    pub by_hand: Option<Spread>,
    /// Models and tools.
    pub running: Option<Spread>,
    /// People who look at cases, and after it.
    pub people: Option<Spread>,
    /// What errors cost, beside those that are made by hand.
    pub errors: Option<Spread>,
    pub net: Option<Spread>,
    /// How often in a thousand weeks it loses.
    pub loses_per_mille: u32,
    /// The share of cases that may go wrong before it is worth nothing.
    pub error_rate_at_zero: Option<f64>,
    /// Cases in a week below which its upkeep eats it.
    pub cases_at_zero: Option<f64>,
    pub assumed: Vec<String>,
}

fn amount(money: &Money) -> f64 {
    let digits = i32::try_from(money.currency.digits()).unwrap_or(2);
    let minor: f64 = money.minor.to_string().parse().unwrap_or(0.0);
    minor / 10_f64.powi(digits)
}

/// Weighs it.
#[must_use]
pub fn worth(weighed: &Weighed<'_>) -> Worth {
    let w = weighed.workflow;
    let mut worth = Worth {
        verdict: Verdict::Unknown,
        because: Vec::new(),
        currency: String::new(),
        cases_per_week: 0,
        seen_cases: weighed.seen.as_ref().map_or(0, |sums| sums.cases),
        by_hand: None,
        running: None,
        people: None,
        errors: None,
        net: None,
        loses_per_mille: 0,
        error_rate_at_zero: None,
        cases_at_zero: None,
        assumed: Vec::new(),
    };
    let Some((baseline, rate)) =
        w.baseline.as_ref().and_then(|one| one.hourly_rate.as_ref().map(|rate| (one, rate)))
    else {
        worth
            .because
            .push("the map has no `baseline` with minutes, cases and `hourly_rate`".into());
        return worth;
    };
    rate.currency.as_str().clone_into(&mut worth.currency);
    worth.cases_per_week = baseline.cases_per_week;
    let model = Model::of(weighed, &mut worth.assumed);
    let weeks = model.weeks();
    let spread = |of: fn(&Week) -> f64| {
        let mut all: Vec<f64> = weeks.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        let at = |percent: usize| all.get(all.len() * percent / 100).copied().unwrap_or(0.0);
        Spread { p10: round(at(10)), p50: round(at(50)), p90: round(at(90)) }
    };
    let lost = weeks.iter().filter(|week| week.net() < 0.0).count();
    worth.loses_per_mille = u32::try_from(lost * 1_000 / DRAWS).unwrap_or(1_000);
    worth.by_hand = Some(spread(|week| week.by_hand));
    worth.running = Some(spread(|week| week.running));
    worth.people = Some(spread(|week| week.people));
    worth.errors = Some(spread(|week| week.errors));
    let net = spread(Week::net);
    worth.net = Some(net);
    (worth.error_rate_at_zero, worth.cases_at_zero) = model.break_even();
    decide(&mut worth, w, net);
    worth
}

fn decide(worth: &mut Worth, w: &Workflow, net: Spread) {
    let grave = w.steps.iter().any(|step| match &step.does {
        Does::Tool(call) => {
            w.tools.get(&call.tool).is_none_or(|tool| {
                !tool.reversible && matches!(tool.effect, Effect::Pay | Effect::Delete)
            }) && w.rung(Some(step)) == Autonomy::Act
        }
        _ => false,
    });
    let (net_10, net_50, net_90) = (net.p10, net.p50, net.p90);
    let unit = &worth.currency;
    let mut because = Vec::new();
    let verdict = if net_50 <= 0.0 {
        because.push(format!("half of all weeks lose {:.0} {unit} or more", -net_50));
        Verdict::DoNot
    } else if grave && w.risk == Risk::Critical {
        because.push("at critical risk it would do by itself what nothing takes back".into());
        Verdict::DoNot
    } else if net_10 > 0.0 && worth.seen_cases >= 50 {
        because.push(format!("nine weeks of ten are worth {net_10:.0} {unit} or more"));
        Verdict::Do
    } else if net_10 > 0.0 {
        because.push(format!("nine weeks of ten would be worth {net_10:.0} {unit} or more"));
        because.push("too few live cases say so: begin with a share of them".into());
        Verdict::DoWithLimits
    } else {
        because.push(format!("a week is worth between {net_10:.0} and {net_90:.0} {unit}"));
        Verdict::DoWithLimits
    };
    let largest =
        [("running it", worth.running), ("people's time", worth.people), ("errors", worth.errors)];
    let largest = largest.into_iter().filter_map(|(name, spread)| Some((name, spread?.p50)));
    if let Some((name, cost)) = largest.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, c)| *c > 0.0)
    {
        because.push(format!("most of what it costs is {name}: {cost:.0} {unit} in a usual week"));
    }
    (worth.verdict, worth.because) = (verdict, because);
}

/// What weeks are drawn from.
struct Model {
    cases: f64,
    minute: f64,
    minutes: f64,
    /// Between what a case costs, and what it costs in the mean where that was seen.
    cost: (f64, f64),
    /// Minutes that people look at a case, in the mean over all cases.
    look: (f64, f64),
    /// How many of how many cases went wrong; what is assumed counts as some.
    wrong: (f64, f64),
    error_cost: f64,
    errors_by_hand: f64,
    upkeep: f64,
}

impl Model {
    fn of(weighed: &Weighed<'_>, assumed: &mut Vec<String>) -> Self {
        let w = weighed.workflow;
        let baseline = w.baseline.as_ref();
        let minutes = f64::from(baseline.map_or(0, |one| one.minutes));
        let rate = baseline.and_then(|one| one.hourly_rate.as_ref()).map_or(0.0, amount);
        let error_cost = baseline.and_then(|one| one.error_cost.as_ref()).map_or(0.0, amount);
        if error_cost == 0.0 {
            assumed.push("an error costs nothing: the map has no `error_cost`".into());
        }
        let by_hand = baseline.and_then(|one| one.errors_per_million);
        let by_hand = f64::from(by_hand.unwrap_or(0)) / 1e6;
        let seen = weighed.seen.as_ref().filter(|sums| sums.cases > 0);
        let cost = Self::cost(weighed, seen, assumed);
        let reviewed = w.steps.iter().any(|step| matches!(step.does, Does::Review(_)));
        let look = match seen {
            Some(sums) => {
                let mean = count(sums.people_ms) / 60_000.0 / count(sums.cases);
                let off = 1.0 + 2.0 / count(sums.cases).sqrt();
                (mean / off, mean * off)
            }
            None if !reviewed => (0.0, minutes * 0.05),
            None => {
                assumed.push(format!(
                    "people look at {:.0} to {:.0} % of the cases, each for {:.0} to {:.0} % of the \
                     time that it takes by hand",
                    LOOKED_SHARE.0 * 100.0,
                    LOOKED_SHARE.1 * 100.0,
                    LOOK_SHARE.0 * 100.0,
                    LOOK_SHARE.1 * 100.0
                ));
                (minutes * LOOKED_SHARE.0 * LOOK_SHARE.0, minutes * LOOKED_SHARE.1 * LOOK_SHARE.1)
            }
        };
        assumed.push(format!(
            "before any is seen, as many cases go wrong as by hand ({:.1} %), with the weight of \
             {PRIOR:.0} cases",
            by_hand * 100.0
        ));
        let (bad, all) = seen.map_or((0.0, 0.0), |sums| {
            (count(sums.harmed.saturating_add(sums.failed)), count(sums.cases))
        });
        Self {
            cases: f64::from(baseline.map_or(0, |one| one.cases_per_week)),
            minute: rate / 60.0,
            minutes,
            cost,
            look,
            wrong: (bad + PRIOR * by_hand.max(0.005), all + PRIOR),
            error_cost,
            errors_by_hand: by_hand,
            upkeep: f64::from(weighed.upkeep_minutes) * rate / 60.0,
        }
    }

    /// Between what a case costs.
    fn cost(weighed: &Weighed<'_>, seen: Option<&Sums>, assumed: &mut Vec<String>) -> (f64, f64) {
        let w = weighed.workflow;
        let limit = nanos(w.limits.case.cost_nanos) * weighed.exchange;
        let models = w.agents.values().flat_map(|agent| &agent.models);
        let free = models.filter_map(|name| w.models.get(name)).all(|model| {
            model.here || (model.price.output_nanos == 0 && model.price.input_nanos == 0)
        });
        match seen {
            Some(sums) => {
                let mean = nanos(sums.cost_nanos) * weighed.exchange / count(sums.cases);
                // The mean of few cases may be far off.
                let off = 1.0 + 2.0 / count(sums.cases).sqrt();
                (mean / off, mean * off)
            }
            None if free => (0.0, 0.0),
            None => {
                let (low, high) = COST_SHARE;
                assumed.push(format!(
                    "a case costs {:.0} to {:.0} % of its limit: none is over yet",
                    low * 100.0,
                    high * 100.0
                ));
                (limit * low, limit * high)
            }
        }
    }

    fn weeks(&self) -> Vec<Week> {
        // The same draws each time: whoever reads the figures again reads the same ones.
        let mut draw = Draw(0x9e37_79b9_7f4a_7c15);
        let weeks = (0..DRAWS).map(|_| {
            let cases = (self.cases * draw.around(0.15)).max(0.0);
            let wrong = draw.share(self.wrong);
            Week {
                by_hand: cases * self.minutes * self.minute * draw.around(0.10),
                running: cases * draw.between(self.cost),
                people: cases * draw.between(self.look) * self.minute + self.upkeep,
                errors: cases * (wrong - self.errors_by_hand) * self.error_cost,
            }
        });
        weeks.collect()
    }

    /// The error rate, and the cases in a week, at which it is worth nothing.
    fn break_even(&self) -> (Option<f64>, Option<f64>) {
        let middle = |(low, high): (f64, f64)| f64::midpoint(low, high);
        let each = self.minutes * self.minute - middle(self.cost) - middle(self.look) * self.minute;
        let rate = self.wrong.0 / self.wrong.1.max(1.0);
        let per_case = each - (rate - self.errors_by_hand) * self.error_cost;
        let rate = (self.error_cost > 0.0 && self.cases > 0.0).then(|| {
            let left = each - self.upkeep / self.cases;
            (self.errors_by_hand + left / self.error_cost).clamp(0.0, 1.0)
        });
        let cases = (per_case > 0.0).then(|| round(self.upkeep / per_case));
        (rate.map(|rate| (rate * 1e4).round() / 1e4), cases)
    }
}

/// One week that was drawn.
struct Week {
    by_hand: f64,
    running: f64,
    people: f64,
    errors: f64,
}

impl Week {
    fn net(&self) -> f64 {
        self.by_hand - self.running - self.people - self.errors
    }
}

/// Numbers that look drawn, and are the same each time (SplitMix64).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        count((z ^ (z >> 31)) >> 11) / 9_007_199_254_740_992.0
    }

    fn between(&mut self, (low, high): (f64, f64)) -> f64 {
        low + (high - low) * self.next()
    }

    /// About normal, around nothing: twelve draws less their mean.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }

    fn around(&mut self, spread: f64) -> f64 {
        1.0 + spread * self.normal()
    }

    /// A share of which so many of so many were seen.
    fn share(&mut self, (hits, of): (f64, f64)) -> f64 {
        let mean = hits / of.max(1.0);
        let spread = (mean * (1.0 - mean) / of.max(1.0)).max(0.0).sqrt();
        (mean + spread * self.normal()).clamp(0.0, 1.0)
    }
}

fn nanos(nanos: u64) -> f64 {
    count(nanos) / 1e9
}

fn count(n: u64) -> f64 {
    evidence::statistics::real(n)
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
