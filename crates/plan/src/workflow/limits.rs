//! What a workflow may use up: in one case, in an hour, in a day, and of people's time. It must not
//! count anything.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::ToolName;
use crate::value::{Currency, Money};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub currency: Currency,
    pub case: CaseLimits,
    pub day: DayLimits,
    /// What an hour may have, so that a flood is noticed long before the day's limit.
    #[serde(default, skip_serializing_if = "HourLimits::is_none")]
    pub hour: HourLimits,
    /// The most cases that wait for a person at one time. Beyond it no case is opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseLimits {
    pub cost_nanos: u64,
    pub tokens: u64,
    /// Time spent working, waits for people and timers not counted.
    pub active_ms: u64,
    /// Days until a case that still waits is ended.
    pub days: u32,
    /// Acts (model and tool calls) of one run.
    pub acts: u32,
}

/// Limits of an hour by the clock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HourLimits {
    /// The most cases that are opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cases: Option<u64>,
    /// The most cases that are opened of one sender, where cases say who sent them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each_sender: Option<u64>,
    /// The most calls of a tool, in all cases together.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub calls: BTreeMap<ToolName, u64>,
}

impl HourLimits {
    fn is_none(&self) -> bool {
        self.cases.is_none() && self.each_sender.is_none() && self.calls.is_empty()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayLimits {
    pub cost_nanos: u64,
    pub cases: u64,
    /// The sum of all amounts that effects may move in a day.
    pub amount: Option<Money>,
}
