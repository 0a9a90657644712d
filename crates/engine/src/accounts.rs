//! The names of the accounts that a workflow's limits are counted on. They are made here and
//! nowhere else, so that an audit names what the run drew on. It must not count anything.

use journal::{Account, Hash, Millis};
use plan::workflow::Workflow;
use serde_json::Value;

use crate::hours;
use crate::keyed::keyed;

/// What is counted on an account: cases, what acts cost, and what they move.
pub(crate) const CASES: &str = "cases";
pub(crate) const COST: &str = "cost";
pub(crate) const AMOUNT: &str = "amount";

/// Calls of a tool.
pub(crate) fn calls(tool: impl std::fmt::Display) -> String {
    format!("calls/{tool}")
}

/// A day's account of a workflow. The day is that of the workspace's own time zone.
pub(crate) fn day(workflow: &Workflow, at: Millis, what: &str) -> Account {
    let day = hours::day(&workflow.hours, at);
    Account(format!("day/{day}/{}/{what}", workflow.name).into())
}

/// An account of a workflow for the hour.
pub(crate) fn hour(workflow: &Workflow, at: Millis, what: &str) -> Account {
    let hour = hours::hour(&workflow.hours, at);
    Account(format!("hour/{hour}/{}/{what}", workflow.name).into())
}

/// The account of the hour on which the cases of this case's sender are counted. Its name says
/// neither who it is nor whether an account of another hour is theirs. Cases that do not say who
/// sent them are one sender's.
pub(crate) fn sender(workflow: &Workflow, at: Millis, keying: &[u8; 32], case: &[u8]) -> Account {
    let said = workflow.case.sender.as_ref().and_then(|path| {
        let case: Value = serde_json::from_slice(case).ok()?;
        let text = path.below(&case)?.as_str()?.trim().to_lowercase();
        (!text.is_empty()).then_some(text)
    });
    let name = match said {
        Some(text) => {
            let Account(hour) = hour(workflow, at, "sender");
            let (hour, text) = (hour.as_bytes(), text.as_bytes());
            Hash(keyed(keying, &[b"sender of a case\0", hour, b"\0", text, b"\0"])).to_string()
        }
        None => "unknown".to_owned(),
    };
    hour(workflow, at, &format!("sender/{name}/{CASES}"))
}
