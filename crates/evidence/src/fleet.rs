//! The figures of many runs together: how many cases came to which end, what they took, what they
//! saved, and what held the work up. It must not weigh anything by guess: every figure is a count
//! or a sum of what the records say.

use std::collections::BTreeMap;

use journal::{Code, Status, Usage};
use plan::workflow::Baseline;
use serde::Serialize;

use crate::view::{ActState, RunView};
use crate::words;

/// Runs added up.
#[derive(Debug, Clone, Default)]
pub struct Fleet {
    counts: BTreeMap<Status, u64>,
    alone: u64,
    failures: BTreeMap<String, u64>,
    usage: Usage,
    model_ms: u64,
    tool_ms: u64,
    limited: u64,
    over_budget: u64,
}

/// What limited the speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limiter {
    /// Answers of models took most of the working time.
    Model,
    /// Answers of tools did.
    Tools,
    /// A vendor asked to slow down.
    RateLimit,
    /// A limit of money or acts was used up.
    Budget,
    /// Most cases wait for a person.
    People,
    /// A stop is in force.
    Stop,
    /// Nothing stood out.
    Nothing,
}

/// The figures, ready to be shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    pub cases: u64,
    pub done: u64,
    /// Done without any person having had to look.
    pub alone: u64,
    pub waiting: u64,
    pub failed: u64,
    pub rejected: u64,
    pub duplicates: u64,
    pub cancelled: u64,
    /// Not over and not waiting for a person.
    pub open: u64,
    pub failures: BTreeMap<String, u64>,
    pub tokens: u64,
    pub tokens_per_hour: u64,
    pub cost: String,
    /// Minutes a person would have spent on the cases that were done alone.
    pub minutes_saved: Option<u64>,
    pub limited_by: Limiter,
    pub limited_by_text: String,
    pub elapsed_ms: u64,
}

impl Fleet {
    /// Adds a run.
    pub fn add(&mut self, view: &RunView) {
        *self.counts.entry(view.status).or_default() += 1;
        self.alone += u64::from(view.alone());
        if view.status == Status::Failed {
            let signature = view.signature().unwrap_or_else(|| "case/ended".to_owned());
            *self.failures.entry(signature).or_default() += 1;
        }
        self.usage = self.usage.plus(view.usage);
        for act in &view.acts {
            let time = if act.tool.is_some() { &mut self.tool_ms } else { &mut self.model_ms };
            *time = time.saturating_add(act.usage.active_ms);
            if let ActState::Failed { code, .. } = &act.state {
                self.limited += u64::from(*code == Code::RateLimited);
            }
        }
        let refused = view.refusals.iter().filter(|refusal| refusal.code == Code::Budget).count();
        self.over_budget += u64::from(refused > 0);
    }

    /// The figures of all added runs, worked on for `elapsed_ms`.
    #[must_use]
    pub fn summary(&self, elapsed_ms: u64, baseline: Option<&Baseline>) -> Summary {
        let count = |status: Status| self.counts.get(&status).copied().unwrap_or_default();
        let cases = self.counts.values().sum();
        let tokens = self.usage.tokens();
        let limited_by = self.limiter(cases);
        Summary {
            cases,
            done: count(Status::Done),
            alone: self.alone,
            waiting: count(Status::Waiting),
            failed: count(Status::Failed),
            rejected: count(Status::Rejected),
            duplicates: count(Status::Duplicate),
            cancelled: count(Status::Cancelled),
            open: count(Status::Running)
                + count(Status::Sleeping)
                + count(Status::Paused)
                + count(Status::Halted),
            failures: self.failures.clone(),
            tokens,
            tokens_per_hour: per_hour(tokens, elapsed_ms),
            cost: words::cost(self.usage.cost_nanos),
            minutes_saved: baseline.map(|b| self.alone.saturating_mul(u64::from(b.minutes))),
            limited_by,
            limited_by_text: self.limiter_text(limited_by),
            elapsed_ms,
        }
    }

    fn limiter(&self, cases: u64) -> Limiter {
        let count = |status: Status| self.counts.get(&status).copied().unwrap_or_default();
        let acts_ms = self.model_ms.saturating_add(self.tool_ms);
        if count(Status::Halted) > 0 {
            Limiter::Stop
        } else if self.over_budget > 0 {
            Limiter::Budget
        } else if self.limited > 0 {
            Limiter::RateLimit
        } else if count(Status::Waiting).saturating_mul(2) > cases {
            Limiter::People
        } else if acts_ms == 0 {
            Limiter::Nothing
        } else if self.model_ms >= self.tool_ms {
            Limiter::Model
        } else {
            Limiter::Tools
        }
    }

    fn limiter_text(&self, limiter: Limiter) -> String {
        let share = |part: u64| {
            let all = self.model_ms.saturating_add(self.tool_ms).max(1);
            part.saturating_mul(100) / all
        };
        match limiter {
            Limiter::Model => {
                format!("the model: {} % of the time outside was its answers", share(self.model_ms))
            }
            Limiter::Tools => {
                format!("the tools: {} % of the time outside was theirs", share(self.tool_ms))
            }
            Limiter::RateLimit => {
                format!("a vendor that asked to slow down, {} times", self.limited)
            }
            Limiter::Budget => format!("a limit that was used up, in {} cases", self.over_budget),
            Limiter::People => "people: most cases wait for an answer".to_owned(),
            Limiter::Stop => "a stop that is in force".to_owned(),
            Limiter::Nothing => "nothing stood out".to_owned(),
        }
    }
}

fn per_hour(tokens: u64, elapsed_ms: u64) -> u64 {
    let hour = u128::from(tokens) * 3_600_000 / u128::from(elapsed_ms.max(1));
    u64::try_from(hour).unwrap_or(u64::MAX)
}
