//! The process as people do it now, and what nobody has settled yet. Both describe: no run reads
//! them, and they must not change what a workflow does.

use serde::{Deserialize, Serialize};

use crate::ids::{StepId, WorkflowName};

use super::Workflow;

/// One step of the process as people do it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TodayStep {
    pub does: String,
    /// Who does it, in the operator's words: most of them hold no role here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// How much work it is, once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// In how many cases it is done, in parts of a million.
    pub share: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The steps of the map that take its place: none where it falls away, and nothing where that
    /// was not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub becomes: Option<Vec<StepId>>,
}

/// A question that is not settled yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenQuestion {
    pub what: String,
    /// Who can settle it, in the operator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// The question of the interview that it stands for; its answer takes this out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

impl Workflow {
    /// What is not settled yet of this workflow and of those that it calls.
    #[must_use]
    pub fn unsettled(&self) -> Vec<(&WorkflowName, &OpenQuestion)> {
        let mut all: Vec<_> = self.open.iter().map(|question| (&self.name, question)).collect();
        all.extend(self.children.values().flat_map(Workflow::unsettled));
        all
    }

    /// How much work people have with one case today, in seconds; nothing where no step says it.
    #[must_use]
    pub fn seconds_today(&self) -> Option<u64> {
        let each = |step: &TodayStep| Some(u64::from(step.seconds?) * u64::from(step.share));
        let all: Vec<u64> = self.today.iter().filter_map(each).collect();
        (!all.is_empty()).then(|| all.iter().sum::<u64>() / 1_000_000)
    }
}
