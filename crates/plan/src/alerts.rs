//! Rules by which somebody hears that something goes wrong: what is watched, how much is too much,
//! and who is told. Not a part of a release: watching something else changes no decision. It must
//! not measure anything.

use serde::{Deserialize, Serialize};

use crate::ids::{FieldName, PersonId, RoleId, WorkflowName};

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRule {
    pub name: FieldName,
    pub watch: Watch,
    pub of: WorkflowName,
    /// In the unit of what is watched. More is too much; of the quality, less is too little.
    pub limit: u64,
    /// How far back is looked; nothing where only what is now counts.
    pub within_ms: u64,
    /// How long the time before that is which a drift or an odd cost is held against.
    pub against_ms: u64,
    /// Fewer cases say nothing.
    pub at_least: u32,
    /// Of the latency: the share of cases that is at most that slow, in parts of a million.
    pub share: u32,
    /// Who answers for it.
    pub owner: PersonId,
    /// Who is told.
    pub tell: RoleId,
    /// While it lasts, nobody is told again for so long.
    pub quiet_ms: u64,
}

/// What can be watched of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watch {
    /// The share of cases that failed.
    ErrorRate,
    /// The time from opening to end in which nobody was waited for.
    Latency,
    /// What the dearest case cost.
    Cost,
    /// How far the dearest case is from what is usual: its distance from the median, in robust
    /// standard deviations.
    CostAnomaly,
    /// The share of cases in which something did not hold what it must.
    ValidationFailures,
    /// How long the oldest request has waited for a person.
    QueueAge,
    /// How far the cases that come in are from those before: a population stability index.
    InputDrift,
    /// The same of what agents answer.
    OutputDrift,
    /// How long a case has not moved that waits for nobody and nothing.
    Stuck,
    /// The share of cases in which all that can be checked held.
    Quality,
    /// Times at which a start was due and began no case.
    StartMissed,
    /// How often a start could not begin what it should.
    StartHeld,
}

/// What a measure counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Parts of a million.
    Share,
    /// Milliseconds.
    Time,
    /// Billionths of the currency.
    Cost,
    /// Thousandths.
    Number,
    Count,
}

impl Watch {
    /// Everything that can be watched.
    pub const ALL: [Self; 12] = [
        Self::ErrorRate,
        Self::Latency,
        Self::Cost,
        Self::CostAnomaly,
        Self::ValidationFailures,
        Self::QueueAge,
        Self::InputDrift,
        Self::OutputDrift,
        Self::Stuck,
        Self::Quality,
        Self::StartMissed,
        Self::StartHeld,
    ];

    /// Its word in the files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ErrorRate => "error_rate",
            Self::Latency => "latency",
            Self::Cost => "cost",
            Self::CostAnomaly => "cost_anomaly",
            Self::ValidationFailures => "validation_failures",
            Self::QueueAge => "queue_age",
            Self::InputDrift => "input_drift",
            Self::OutputDrift => "output_drift",
            Self::Stuck => "stuck",
            Self::Quality => "quality",
            Self::StartMissed => "start_missed",
            Self::StartHeld => "start_held",
        }
    }

    /// What it counts in.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Self::ErrorRate | Self::ValidationFailures | Self::Quality => Unit::Share,
            Self::Latency | Self::QueueAge | Self::Stuck => Unit::Time,
            Self::Cost => Unit::Cost,
            Self::CostAnomaly | Self::InputDrift | Self::OutputDrift => Unit::Number,
            Self::StartMissed | Self::StartHeld => Unit::Count,
        }
    }

    /// Whether only what is now counts, whatever came before.
    #[must_use]
    pub fn is_now(self) -> bool {
        matches!(self, Self::QueueAge | Self::Stuck)
    }

    /// Whether it is held against an earlier time.
    #[must_use]
    pub fn compares(self) -> bool {
        matches!(self, Self::CostAnomaly | Self::InputDrift | Self::OutputDrift)
    }

    /// Whether it is measured over cases, of which there may be too few.
    #[must_use]
    pub fn counts_cases(self) -> bool {
        !self.is_now() && !matches!(self, Self::StartMissed | Self::StartHeld)
    }

    /// Whether a value is beyond a limit.
    #[must_use]
    pub fn is_beyond(self, value: u64, limit: u64) -> bool {
        if self == Self::Quality { value < limit } else { value > limit }
    }
}
