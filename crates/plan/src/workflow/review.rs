//! A step that asks people: whom, what they see, how long they have, and what comes of it. It must
//! not know any other kind of step.

use serde::{Deserialize, Serialize};

use crate::expr::{Expr, Path};
use crate::ids::{RoleId, StepId};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewStep {
    pub by: RoleId,
    pub never_by: Vec<NeverBy>,
    /// How many people must agree, each of them another person.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub approvals: u8,
    /// Cases of which only some are put before a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
    pub question: String,
    /// What the reviewer sees; also exactly what an approval endorses.
    pub show: Vec<Path>,
    pub may_edit: Vec<Path>,
    pub within: Within,
    pub late: Late,
    pub if_rejected: Rejected,
}

/// Cases that a person sees only some of. Whatever holds without a review holds for the rest, and
/// nothing that it would have endorsed is endorsed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Which cases. Where it cannot be told, a person is asked.
    pub when: Expr,
    /// How many of them a person sees, in parts of a million.
    pub share: u32,
}

fn one() -> u8 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_one(count: &u8) -> bool {
    *count == 1
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeverBy {
    /// Who started the run.
    Starter,
    /// Who is accountable for the workflow.
    Owner,
}

/// A span of time on the wall or in working hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    Ms(u64),
    WorkingMs(u64),
}

/// What happens when nobody has answered in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Late {
    Stop,
    Go(StepId),
    /// Ask another role, and after it those who come next, each in its own time; then stop.
    Ask {
        role: RoleId,
        within: Within,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        next: Vec<Asked>,
        then: LateEnd,
    },
}

/// A role that is asked when nobody before it has answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub role: RoleId,
    pub within: Within,
}

impl Late {
    /// The roles that are asked one after the other, with the time that each has.
    pub fn chain(&self) -> impl Iterator<Item = (&RoleId, Within)> {
        let (first, next) = match self {
            Self::Ask { role, within, next, .. } => (Some((role, *within)), next.as_slice()),
            Self::Stop | Self::Go(_) => (None, [].as_slice()),
        };
        first.into_iter().chain(next.iter().map(|asked| (&asked.role, asked.within)))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LateEnd {
    Stop,
    Go(StepId),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rejected {
    pub tell: Option<RoleId>,
    pub then: LateEnd,
}

/// How much attention each holder of a role has to give.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attention {
    /// The most requests that one person answers in a day.
    pub a_day: Option<u32>,
    /// Whoever answers one after the other faster than this has not read what was shown.
    pub at_least_ms: Option<u64>,
}
