//! Which release of a workflow new cases begin on, and which one is tried beside it: what the
//! desk's records say of it, and their fold. It must not say whether a release is good.

use std::collections::BTreeMap;

use plan::ids::{PersonId, ReleaseId, WorkflowName};
use serde::{Deserialize, Serialize};

use crate::ids::Millis;
use crate::record::Record;

/// How a release is tried on a share of the new cases, beside the live one. The rules that a canary
/// began with hold to its end, whatever the settings say later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// The share of new cases, in parts of a million.
    pub share: u32,
    /// So many of its cases are compared.
    pub cases: u32,
    /// For so long they are waited for.
    pub days: u32,
    pub worse: Worse,
    /// What is not worse becomes the live release by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub itself: bool,
}

/// By how much a canary may be worse than the live release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worse {
    /// A share of cases or answers, in parts of a million.
    pub quality: u32,
    /// Of what a case of the live release costs, in parts of a million.
    pub cost: u32,
    /// Requests to people in a million cases.
    pub requests: u32,
}

/// What came of the cases that an operator keeps, before a release was deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tried {
    pub cases: u32,
    /// Came out as expected.
    pub right: u32,
    /// The share that had to, in parts of a million.
    pub at_least: u32,
}

/// What is compared between a canary and the live release. A figure is higher where it is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Cases in which an effect was not what it should be, could not be taken back, or was carried
    /// out though the case was known to be wrong.
    Harm,
    /// Cases in which a rule refused an act.
    Refused,
    /// Cases in which a text was found to speak to the model.
    Suspected,
    /// Cases that a person stopped or cancelled.
    Stopped,
    /// Cases that came to an end and were not done.
    NotDone,
    /// Answers of people that were a no, or changed something.
    Changed,
    /// Cases in which an answer was in doubt or broke its contract for good.
    Doubted,
    /// What a case costs, in billionths of the workflow's currency.
    Cost,
    /// Requests to people, in a million cases.
    Requests,
}

impl Figure {
    /// Every figure.
    pub const ALL: [Self; 9] = [
        Self::Harm,
        Self::Refused,
        Self::Suspected,
        Self::Stopped,
        Self::NotDone,
        Self::Changed,
        Self::Doubted,
        Self::Cost,
        Self::Requests,
    ];
}

/// One side of a comparison.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// Cases, or answers of people.
    pub of: u64,
    /// How many of them it was so with, or what they came to together.
    pub sum: u64,
}

/// A figure of a canary beside that of the live release over the same time. The difference is in
/// parts of a million where cases or answers are counted, otherwise in the figure's own unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    pub figure: Figure,
    pub canary: Side,
    pub live: Side,
    /// Between which differences the true one lies.
    pub low: i64,
    pub high: i64,
    /// How sure that is, in parts of a million.
    pub level: u32,
    /// The most that is no reason to go back.
    pub margin: i64,
}

/// On whose word, or because of what, a canary ended or a release was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// It was found to be worse.
    Worse(Measured),
    /// Its days are over, and so few of its cases were seen.
    TimeOver { cases: u32 },
    /// So many of its cases were seen, and it was not worse.
    Enough { cases: u32 },
}

/// Who or what decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decider {
    Person(PersonId),
    Itself(Because),
}

/// Where the releases of every workflow that was ever deployed stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rollouts(BTreeMap<WorkflowName, Rollout>);

/// Where the releases of one workflow stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollout {
    /// New cases begin on it.
    pub live: ReleaseId,
    pub since: Millis,
    /// Those that were live before, the last one last. One that was gone back from is none of them.
    pub before: Vec<ReleaseId>,
    pub canary: Option<OnTrial>,
}

/// A release that a share of new cases begins on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnTrial {
    pub release: ReleaseId,
    pub since: Millis,
    pub rules: Canary,
}

impl Rollouts {
    /// What a record of the desk changes.
    pub fn read(&mut self, record: &Record, at: Millis) {
        match record {
            Record::Deployed { workflow, release, canary, .. } => {
                let Some(rollout) = self.0.get_mut(workflow) else {
                    let (live, before) = (*release, Vec::new());
                    let rollout = Rollout { live, since: at, before, canary: None };
                    self.0.insert(workflow.clone(), rollout);
                    return;
                };
                match canary {
                    Some(rules) => {
                        let (release, rules) = (*release, *rules);
                        rollout.canary = Some(OnTrial { release, since: at, rules });
                    }
                    None => rollout.go(*release, at),
                }
            }
            Record::Promoted { workflow, release, .. } => {
                if let Some(rollout) = self.0.get_mut(workflow) {
                    rollout.go(*release, at);
                }
            }
            Record::RolledBack { workflow, to, .. } => {
                if let Some(rollout) = self.0.get_mut(workflow) {
                    rollout.back(*to, at);
                }
            }
            _ => {}
        }
    }

    /// One workflow, unless it was never deployed.
    #[must_use]
    pub fn get(&self, workflow: &WorkflowName) -> Option<&Rollout> {
        self.0.get(workflow)
    }

    /// Every workflow that was ever deployed.
    pub fn iter(&self) -> impl Iterator<Item = (&WorkflowName, &Rollout)> {
        self.0.iter()
    }
}

impl Rollout {
    fn go(&mut self, release: ReleaseId, at: Millis) {
        self.canary = None;
        if self.live != release {
            self.before.push(self.live);
            (self.live, self.since) = (release, at);
        }
    }

    fn back(&mut self, to: ReleaseId, at: Millis) {
        self.canary = None;
        if self.live == to {
            return;
        }
        if let Some(place) = self.before.iter().rposition(|release| *release == to) {
            self.before.truncate(place);
        }
        (self.live, self.since) = (to, at);
    }
}
