//! What was measured and somebody should hear of. It must not say how it is measured.

use plan::alerts::Watch;
use plan::ids::{FieldName, PersonId, RoleId, WorkflowName};
use serde::{Deserialize, Serialize};

use crate::ids::{Millis, RunId};

/// What a rule of the workspace measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gauge {
    pub rule: FieldName,
    pub watch: Watch,
    pub workflow: WorkflowName,
    /// In the unit of what is watched; nothing where there was too little to measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<u64>,
    pub limit: u64,
    /// Who answers for it.
    pub owner: PersonId,
    /// Who is told.
    pub tell: RoleId,
    /// The case that stands out, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<RunId>,
}

/// What was measured beyond its limit. It is told once for the time that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// The name of what is measured; its unit is a matter of the name.
    pub name: FieldName,
    pub about: Concern,
    pub measured: u64,
    /// The most that is no reason to tell anybody.
    pub limit: u64,
    /// The time from which on it was looked at.
    pub since: Millis,
}

/// Whom or what an alert is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    Person(PersonId),
    Role(RoleId),
    Workflow(WorkflowName),
}
