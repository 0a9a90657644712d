//! What runs share: budgets, claims on unique values, stops. A frame's draws commit with it or not
//! at all, and one writer applies them, so that no two runs spend the same money.

use plan::ids::{StepId, ToolName, WorkflowName};
use plan::workflow::Autonomy;
use serde::{Deserialize, Serialize};

use crate::ids::{Hash, RunId};

/// A named account: `day/2026-11-23/invoice_intake/cost`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Account(pub std::sync::Arc<str>);

/// What the cases of an account are opened in, or by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CasesOf {
    Day,
    Hour,
    /// One sender, in an hour.
    Sender,
}

impl CasesOf {
    /// The limit's place in a map.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Day => "limits.day.cases",
            Self::Hour => "limits.hour.cases",
            Self::Sender => "limits.hour.each_sender",
        }
    }

    /// Whose cases they are, behind the name of their workflow.
    #[must_use]
    pub fn whose(self) -> &'static str {
        if self == Self::Sender { " from this sender" } else { "" }
    }
}

impl Account {
    /// Whose opened cases it counts, if it counts cases.
    #[must_use]
    pub fn cases(&self) -> Option<CasesOf> {
        let parts: Vec<&str> = self.0.split('/').collect();
        match parts.as_slice() {
            ["day", _, _, "cases"] => Some(CasesOf::Day),
            ["hour", _, _, "cases"] => Some(CasesOf::Hour),
            ["hour", _, _, "sender", _, "cases"] => Some(CasesOf::Sender),
            _ => None,
        }
    }
}

/// A change of a shared ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Draw {
    /// Takes `amount` if the account stays within `limit`; otherwise the frame is not stored.
    Take { account: Account, amount: u64, limit: u64 },
    /// Gives back what was taken and not used.
    Give { account: Account, amount: u64 },
    /// Claims values for this run; if another run holds them, the frame is not stored.
    Claim { claim: Hash },
    /// Ends this run's claim.
    Unclaim { claim: Hash },
}

/// What a stop covers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopScope {
    Everything,
    Workflow(WorkflowName),
    Run(RunId),
    Tool(ToolName),
    /// Every tool of a server.
    Server(String),
    /// Every model of a vendor.
    Vendor(String),
    /// Effects of a workflow, or of one step of it, that go further by themselves than `level`.
    /// It holds nothing else back.
    Beyond {
        workflow: WorkflowName,
        step: Option<StepId>,
        level: Autonomy,
    },
}

impl StopScope {
    /// Whether it keeps what it covers from happening. The other kind puts it before a person.
    #[must_use]
    pub fn holds_back(&self) -> bool {
        !matches!(self, Self::Beyond { .. })
    }

    /// `WORKFLOW=LEVEL` or `WORKFLOW.STEP=LEVEL` as what goes further than that level.
    #[must_use]
    pub fn beyond(text: &str) -> Option<Self> {
        let (place, word) = text.split_once('=')?;
        let level = Autonomy::ALL.into_iter().find(|level| level.as_str() == word)?;
        let (workflow, step) = match place.split_once('.') {
            Some((workflow, step)) => (workflow, Some(StepId::new(step).ok()?)),
            None => (place, None),
        };
        let workflow = WorkflowName::new(workflow).ok()?;
        // Nothing goes further than the furthest.
        (level < Autonomy::Act).then_some(Self::Beyond { workflow, step, level })
    }
}

impl std::fmt::Display for StopScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Everything => f.write_str("everything"),
            Self::Workflow(name) => write!(f, "workflow {name}"),
            Self::Run(id) => write!(f, "run {id}"),
            Self::Tool(name) => write!(f, "tool {name}"),
            Self::Server(name) => write!(f, "server {name}"),
            Self::Vendor(name) => write!(f, "vendor {name}"),
            Self::Beyond { workflow, step, level } => {
                write!(f, "workflow {workflow}")?;
                if let Some(step) = step {
                    write!(f, ", step {step}")?;
                }
                write!(f, ", beyond {}", level.as_str())
            }
        }
    }
}
