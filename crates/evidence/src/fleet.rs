//! The figures of many runs together: how many cases came to which end, what they took, what they
//! saved, and what held the work up. It must not weigh anything by guess: every figure is a count
//! or a sum of what the records say.

use std::collections::BTreeMap;

use journal::{Code, Millis, RunId, Status, Usage};
use plan::ids::{PersonId, WorkflowName};
use plan::workflow::Baseline;
use serde::Serialize;

use crate::view::{ActState, ReviewState, RunView};
use crate::words;

/// Nobody is taken to have looked at one request for longer: it is how long a request that was
/// taken up is theirs.
const LOOKED_MAX_MS: u64 = 30 * 60 * 1_000;

/// What one run adds.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    pub run: RunId,
    pub workflow: Option<WorkflowName>,
    pub status: Status,
    pub opened: Millis,
    /// When its last entry was written.
    pub changed: Millis,
    pub(crate) alone: bool,
    /// Of one that failed: where and by what.
    pub(crate) signature: Option<String>,
    pub usage: Usage,
    pub(crate) model_ms: u64,
    pub(crate) tool_ms: u64,
    pub(crate) limited: u64,
    pub(crate) over_budget: bool,
    /// Who answered a request of it, when, and since when they could.
    pub(crate) answers: Vec<(PersonId, Millis, Millis)>,
}

impl Tally {
    /// What a run adds.
    #[must_use]
    pub fn of(view: &RunView) -> Self {
        let (mut model_ms, mut tool_ms, mut limited) = (0_u64, 0_u64, 0);
        for act in &view.acts {
            let time = if act.tool.is_some() { &mut tool_ms } else { &mut model_ms };
            *time = time.saturating_add(act.usage.active_ms);
            if let ActState::Failed { code, .. } = &act.state {
                limited += u64::from(*code == Code::RateLimited);
            }
        }
        let answers = view.reviews.iter().filter_map(|review| match &review.state {
            ReviewState::Approved { who, at }
            | ReviewState::Edited { who, at, .. }
            | ReviewState::Rejected { who, at, .. } => Some((who.clone(), *at, review.opened)),
            ReviewState::Open | ReviewState::Late { .. } | ReviewState::Closed { .. } => None,
        });
        let named = || view.signature().unwrap_or_else(|| "case/ended".to_owned());
        Self {
            run: view.run,
            workflow: view.workflow.clone(),
            status: view.status,
            opened: view.opened,
            changed: view.changed,
            alone: view.alone(),
            signature: (view.status == Status::Failed).then(named),
            usage: view.usage,
            model_ms,
            tool_ms,
            limited,
            over_budget: view.refusals.iter().any(|refusal| refusal.code == Code::Budget),
            answers: answers.collect(),
        }
    }
}

/// Runs added up.
#[derive(Debug, Clone, Default)]
pub struct Fleet {
    counts: BTreeMap<Status, u64>,
    alone: u64,
    failures: BTreeMap<String, u64>,
    /// The same with the workflow, and the last run of each.
    groups: BTreeMap<(Option<WorkflowName>, String), (u64, RunId)>,
    usage: Usage,
    model_ms: u64,
    tool_ms: u64,
    limited: u64,
    over_budget: u64,
    answers: BTreeMap<PersonId, Vec<(Millis, Millis)>>,
}

/// Failures of one kind in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub workflow: Option<WorkflowName>,
    /// `draft/tool_error`.
    pub signature: String,
    pub cases: u64,
    /// The newest of them.
    pub last: RunId,
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
    pub fn add(&mut self, tally: &Tally) {
        *self.counts.entry(tally.status).or_default() += 1;
        self.alone += u64::from(tally.alone);
        if let Some(signature) = &tally.signature {
            *self.failures.entry(signature.clone()).or_default() += 1;
            let group = (tally.workflow.clone(), signature.clone());
            let (count, last) = self.groups.entry(group).or_insert((0, tally.run));
            *count += 1;
            *last = (*last).max(tally.run);
        }
        self.usage = self.usage.plus(tally.usage);
        self.model_ms = self.model_ms.saturating_add(tally.model_ms);
        self.tool_ms = self.tool_ms.saturating_add(tally.tool_ms);
        self.limited += tally.limited;
        self.over_budget += u64::from(tally.over_budget);
        for (who, at, opened) in &tally.answers {
            self.answers.entry(who.clone()).or_default().push((*at, *opened));
        }
    }

    /// Failures by what they are and where, those that happened most at the top.
    #[must_use]
    pub fn groups(&self) -> Vec<Group> {
        let group = |((workflow, signature), (cases, last)): (&(_, String), &(u64, RunId))| Group {
            workflow: Option::clone(workflow),
            signature: signature.clone(),
            cases: *cases,
            last: *last,
        };
        let mut all: Vec<Group> = self.groups.iter().map(group).collect();
        all.sort_by_key(|group| std::cmp::Reverse((group.cases, group.last)));
        all
    }

    /// How long people looked at requests, at most: nobody looked at one before it was put to them,
    /// nor before they had answered the one before.
    #[must_use]
    pub fn people_ms(&self) -> u64 {
        let mut all = 0_u64;
        for answers in self.answers.values() {
            let mut answers = answers.clone();
            answers.sort_unstable();
            let mut before = Millis(0);
            for (at, opened) in answers {
                let looked = at.0.saturating_sub(opened.max(before).0);
                all = all.saturating_add(looked.min(LOOKED_MAX_MS));
                before = at;
            }
        }
        all
    }

    /// What all of it cost, in billionths of the workspace's currency.
    #[must_use]
    pub fn cost_nanos(&self) -> u64 {
        self.usage.cost_nanos
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
