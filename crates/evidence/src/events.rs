//! What an operator's log has a line for, record by record: ends, requests, refusals, stops,
//! alerts, releases. A line holds names of the map, codes and times, and nothing that a person,
//! model, tool or file wrote.

use journal::{ActNo, At, Code, End, Frame, Gauge, Millis, Record, RunId};
use plan::workflow::EndOutcome;

use crate::codes;
use crate::releases::short;
use crate::trace::{Attribute, Place};
use crate::view::RunView;
use crate::words;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// As OpenTelemetry names events.
    pub name: &'static str,
    pub level: Level,
    pub at: Millis,
    /// In a sentence.
    pub says: String,
    /// The span that it belongs to, if it is one of a case.
    pub span: Option<Place>,
    pub attributes: Vec<(&'static str, Attribute)>,
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Info,
    Warn,
    Error,
}

/// Whether an entry has a line that needs its case to be read.
#[must_use]
pub fn of_case(frame: &Frame) -> bool {
    frame.records.iter().any(|record| {
        matches!(
            record,
            Record::Ended { .. }
                | Record::ReviewOpened { .. }
                | Record::Refused { .. }
                | Record::Failed { .. }
                | Record::InDoubt { .. }
        )
    })
}

/// The lines of an entry. `case` is the case that it is one of, where it is read.
#[must_use]
pub fn events(frame: &Frame, case: Option<&RunView>) -> Vec<Event> {
    let mut all = Vec::new();
    for record in &frame.records {
        let line = match case {
            Some(case) => in_case(record, frame.run, case),
            None => at_desk(record),
        };
        all.extend(line.map(|line| line.at(frame.at)));
    }
    all
}

fn line(name: &'static str, level: Level, says: String) -> Event {
    Event { name, level, at: Millis(0), says, span: None, attributes: Vec::new() }
}

impl Event {
    fn at(self, at: Millis) -> Self {
        Self { at, ..self }
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.attributes.push((name, Attribute::Text(value.to_string())));
        self
    }

    fn step(self, case: &RunView, at: &At) -> Self {
        let span = Some(Place::of_step(case, at));
        Self { span, ..self.with("flightdeck.step", &at.step) }
    }

    fn act(self, case: &RunView, act: ActNo) -> Self {
        Self { span: Some(Place::of_act(case, act)), ..self }
    }
}

fn in_case(record: &Record, run: RunId, case: &RunView) -> Option<Event> {
    let code = |event: Event, code: Code| {
        let page = codes::page(code);
        event.with("error.type", page.id)
    };
    let event = if let Record::Ended { end, .. } = record {
        let (level, how) = match end {
            End::Reached(EndOutcome::Done) => (Level::Info, "done"),
            End::Reached(EndOutcome::Rejected) => (Level::Warn, "rejected"),
            End::Reached(EndOutcome::Failed) | End::Failed(_) => (Level::Error, "failed"),
            End::Duplicate(_) => (Level::Info, "a duplicate"),
            End::Cancelled => (Level::Warn, "cancelled"),
        };
        let event = line("flightdeck.case.ended", level, format!("case {run} is {how}"));
        let event = Event { span: Some(Place::of_run(case)), ..event };
        match end {
            End::Failed(why) => code(event, *why),
            End::Reached(_) | End::Duplicate(_) | End::Cancelled => event,
        }
    } else if let Record::ReviewOpened { at, by, due, .. } = record {
        let due = words::when(*due, None);
        let says = format!("case {run} waits for {by} at `{}`, until {due}", at.step);
        line("flightdeck.request.opened", Level::Info, says)
            .step(case, at)
            .with("flightdeck.role", by)
    } else if let Record::Refused { at, rule, code: why, .. } = record {
        let says = format!("an act of case {run} was refused at `{}`", at.step);
        let event = line("flightdeck.act.refused", Level::Warn, says).step(case, at);
        code(event.with("flightdeck.rule", &rule.0), *why)
    } else if let Record::Failed { at, code: why, .. } = record {
        let says = format!("`{}` of case {run} failed", at.step);
        code(line("flightdeck.step.failed", Level::Warn, says).step(case, at), *why)
    } else if let Record::InDoubt { act } = record {
        let says = format!("nobody knows whether an act of case {run} happened");
        line("flightdeck.act.in_doubt", Level::Error, says).act(case, *act)
    } else {
        return None;
    };
    let workflow = case.workflow.as_ref().map(ToString::to_string).unwrap_or_default();
    Some(event.with("flightdeck.run.id", run).with("flightdeck.workflow", workflow))
}

fn at_desk(record: &Record) -> Option<Event> {
    let event = if let Record::StopSet { scope, .. } = record {
        line("flightdeck.stop.set", Level::Warn, format!("{scope} was stopped"))
    } else if let Record::StopLifted { scope, .. } = record {
        line("flightdeck.stop.lifted", Level::Info, format!("the stop of {scope} was lifted"))
    } else if let Record::LimitReached { workflow, until, .. } = record {
        let says = format!("a limit is used up until {}", words::when(*until, None));
        line("flightdeck.limit.reached", Level::Warn, says).with("flightdeck.workflow", workflow)
    } else if let Record::GuardClosed { release, workflow, .. } = record {
        let says = format!("the guard of release {} is not proven", short(*release));
        line("flightdeck.guard.closed", Level::Error, says).with("flightdeck.workflow", workflow)
    } else if let Record::GuardProven { release, workflow } = record {
        let says = format!("the guard of release {} is proven", short(*release));
        line("flightdeck.guard.proven", Level::Info, says).with("flightdeck.workflow", workflow)
    } else if let Record::AlertFired(gauge) = record {
        alert("flightdeck.alert.fired", Level::Warn, gauge, "told")
    } else if let Record::AlertEnded(gauge) = record {
        alert("flightdeck.alert.ended", Level::Info, gauge, "over")
    } else if let Record::StartMissed { workflow, times, .. } = record {
        let says = format!("{times} starts were missed");
        line("flightdeck.start.missed", Level::Warn, says).with("flightdeck.workflow", workflow)
    } else if let Record::StartHeld { workflow, .. } = record {
        let says = "a start is held back".to_owned();
        line("flightdeck.start.held", Level::Warn, says).with("flightdeck.workflow", workflow)
    } else if let Record::Deployed { workflow, release, canary, .. } = record {
        let how = if canary.is_some() { "is tried" } else { "is live" };
        let says = format!("release {} {how}", short(*release));
        line("flightdeck.release.deployed", Level::Info, says)
            .with("flightdeck.workflow", workflow)
            .with("flightdeck.release", release)
    } else if let Record::Promoted { workflow, release, .. } = record {
        let says = format!("release {} is live", short(*release));
        line("flightdeck.release.promoted", Level::Info, says)
            .with("flightdeck.workflow", workflow)
            .with("flightdeck.release", release)
    } else if let Record::RolledBack { workflow, from, .. } = record {
        let says = format!("release {} was gone back from", short(*from));
        line("flightdeck.release.rolled_back", Level::Warn, says)
            .with("flightdeck.workflow", workflow)
            .with("flightdeck.release", from)
    } else {
        return None;
    };
    Some(event)
}

fn alert(name: &'static str, level: Level, gauge: &Gauge, is: &str) -> Event {
    line(name, level, format!("the alert `{}` is {is}", gauge.rule))
        .with("flightdeck.alert", &gauge.rule)
        .with("flightdeck.workflow", &gauge.workflow)
}

#[cfg(test)]
mod tests;
