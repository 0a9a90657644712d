//! The words for what is measured, beyond its limit and within it.

use journal::{Alert, Concern, Gauge};
use plan::alerts::{Unit, Watch};

use super::{cost, number, share, span};
use crate::attention::Alarm;

/// What was measured beyond its limit, in a sentence.
#[must_use]
pub fn alert(alert: &Alert) -> String {
    let Alert { name, about, measured, limit, .. } = alert;
    let about = match about {
        Concern::Person(who) => who.to_string(),
        Concern::Role(role) => format!("the role `{role}`"),
        Concern::Workflow(workflow) => format!("the workflow `{workflow}`"),
    };
    match Alarm::ALL.into_iter().find(|alarm| alarm.as_str() == name.as_str()) {
        Some(alarm) => format!("{about} {}", alarm.words()),
        None => format!("`{name}` of {about} is at {measured}, and {limit} is its limit"),
    }
}

/// What a rule measured, in its unit.
#[must_use]
pub fn measure(watch: Watch, value: u64) -> String {
    match watch.unit() {
        Unit::Share => share(u32::try_from(value).unwrap_or(u32::MAX)),
        Unit::Time => span(value),
        Unit::Cost => cost(value),
        Unit::Number => format!("{}.{:03}", value / 1_000, value % 1_000),
        Unit::Count => number(value),
    }
}

/// What is watched, with its value, as the end of a sentence.
#[must_use]
pub fn watched(watch: Watch, value: u64) -> String {
    let value = measure(watch, value);
    match watch {
        Watch::ErrorRate => format!("{value} of the cases failed"),
        Watch::Latency => format!("cases take up to {value}"),
        Watch::Cost => format!("a case cost {value}"),
        Watch::CostAnomaly => format!("a case cost {value} deviations more than usual"),
        Watch::ValidationFailures => format!("in {value} of the cases something did not hold"),
        Watch::QueueAge => format!("a request has waited for {value}"),
        Watch::InputDrift => format!("what comes in is {value} from what came before"),
        Watch::OutputDrift => format!("what is answered is {value} from what was before"),
        Watch::Stuck => format!("a case has not moved for {value}, and waits for nothing"),
        Watch::Quality => format!("in {value} of the cases all that is checked held"),
        Watch::StartMissed => format!("{value} times at which a case was due began none"),
        Watch::StartHeld => format!("a start could not begin cases {value} times"),
    }
}

/// That a rule's measure is beyond its limit, in a sentence.
#[must_use]
pub fn beyond(measured: &Gauge) -> String {
    let Gauge { rule, watch, workflow, value, limit, owner, .. } = measured;
    let said = watched(*watch, value.unwrap_or_default());
    let limit = measure(*watch, *limit);
    format!("alert `{rule}` of `{workflow}`: {said}; the limit is {limit}; {owner} answers for it")
}

/// That it is within its limit again, in a sentence.
#[must_use]
pub fn within(measured: &Gauge) -> String {
    let Gauge { rule, watch, workflow, value, .. } = measured;
    let said = match value {
        Some(value) => watched(*watch, *value),
        None => "there is too little to measure".to_owned(),
    };
    format!("alert `{rule}` of `{workflow}` is over: {said}")
}
