//! Why a run stands where it stands: what happened, the cause with its code, and the next command
//! that is safe. It works without any model, and it must not recommend what the records do not
//! bear.

use journal::{Code, Millis, ReviewNo, RunId, Starter, Status};
use serde::Serialize;

use crate::view::{ReviewKind, ReviewView, RunView};
use crate::{codes, words};

/// The answer to "why".
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    pub run: RunId,
    pub status: Status,
    /// One sentence.
    pub headline: String,
    /// What happened, the lines that matter, oldest first.
    pub happened: Vec<String>,
    pub cause: Option<Cause>,
    /// Commands that are safe to give now, the best one first.
    pub next: Vec<Next>,
    /// Who had the case's contents erased, where somebody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<String>,
}

/// The cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    pub code: &'static str,
    pub title: &'static str,
    pub why: &'static str,
    /// What the outside world or the check said.
    pub detail: Option<String>,
    pub rule: Option<String>,
    pub step: Option<String>,
}

/// A command, and what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Next {
    pub command: String,
    pub does: &'static str,
}

pub(crate) fn next(command: impl Into<String>, does: &'static str) -> Next {
    Next { command: command.into(), does }
}

/// Explains a run as of `now`. Times are written in `zone`.
#[must_use]
pub fn why(view: &RunView, now: Millis, zone: Option<&str>) -> Explanation {
    let happened = view
        .timeline
        .iter()
        .filter(|line| !line.detail)
        .map(|line| format!("{} {}", words::when(line.at, zone), line.text))
        .collect();
    let (headline, next) = match view.status {
        Status::Waiting => waiting(view, now, zone),
        Status::Running => running(view, now),
        Status::Sleeping => sleeping(view, zone),
        Status::Paused => paused(view),
        Status::Halted => halted(view),
        Status::Failed => failed(view),
        Status::Done | Status::Rejected | Status::Duplicate | Status::Cancelled => over(view),
    };
    let (run, status, cause) = (view.run, view.status, cause(view));
    Explanation { run, status, headline, happened, cause, next, erased: None }
}

fn cause(view: &RunView) -> Option<Cause> {
    // A finished case has no cause to look for, whatever it overcame on its way.
    let healthy = matches!(view.status, Status::Done | Status::Duplicate);
    let trouble = view.trouble.as_ref().filter(|_| !healthy)?;
    let page = codes::page(trouble.code);
    Some(Cause {
        code: page.id,
        title: page.title,
        why: page.why,
        detail: trouble.detail.clone(),
        rule: trouble.rule.clone(),
        step: trouble.at.as_ref().map(ToString::to_string),
    })
}

fn waiting(view: &RunView, now: Millis, zone: Option<&str>) -> (String, Vec<Next>) {
    let run = view.run;
    let Some(review) = view.open_reviews().min_by_key(|review| review.due) else {
        return ("the case waits for a person".to_owned(), vec![show(run, ReviewNo(1))]);
    };
    let late = if now > review.due { ", and that time is over" } else { "" };
    let by = &review.by;
    let headline = format!(
        "the case waits for {by} until {}{late}: {}",
        words::when(review.due, zone),
        words::plain(&review.question)
    );
    let mut commands = vec![show(run, review.no)];
    commands.extend(answers(run, review));
    (headline, commands)
}

fn show(run: RunId, no: ReviewNo) -> Next {
    next(format!("flightdeck review show {run} {}", no.0), "shows what is to be decided")
}

/// The commands by which a person answers a request.
#[must_use]
pub fn answers(run: RunId, review: &ReviewView) -> Vec<Next> {
    let no = review.no.0;
    match review.kind {
        ReviewKind::Checkpoint | ReviewKind::Act => vec![
            next(format!("flightdeck review approve {run} {no}"), "lets exactly this go on"),
            next(format!("flightdeck review reject {run} {no} --reason TEXT"), "says no"),
        ],
        ReviewKind::Question => vec![
            next(
                format!("flightdeck review edit {run} {no} --set answer.FIELD=VALUE"),
                "answers, and lets exactly this call go on",
            ),
            next(format!("flightdeck review reject {run} {no} --reason TEXT"), "says no"),
        ],
        ReviewKind::Failure => vec![
            next(format!("flightdeck retry {run}"), "tries the step once more"),
            next(
                format!("flightdeck review edit {run} {no} --set PATH=VALUE"),
                "goes on with values you give",
            ),
        ],
        ReviewKind::InDoubt => vec![
            next(
                format!("flightdeck review happened {run} {no} --yes"),
                "says that it did happen, after you looked",
            ),
            next(
                format!("flightdeck review happened {run} {no} --no"),
                "says that it did not happen, after you looked",
            ),
        ],
    }
}

fn running(view: &RunView, now: Millis) -> (String, Vec<Next>) {
    let idle = words::span(now.0.saturating_sub(view.changed.0));
    let step = view.steps.iter().rev().find(|s| s.ended.is_none());
    let place = step.map_or_else(String::new, |step| format!(" in `{}`", step.at));
    let headline = format!("the case is being worked on{place}; the last entry is {idle} old");
    (headline, vec![next("flightdeck run --open", "goes on with every case that can go on")])
}

fn sleeping(view: &RunView, zone: Option<&str>) -> (String, Vec<Next>) {
    let until = view.wake_at.map_or_else(|| "later".to_owned(), |at| words::when(at, zone));
    let headline = format!("the case goes on by itself at {until}");
    (headline, vec![next("flightdeck run --open", "keeps working until nothing is left to do")])
}

fn paused(view: &RunView) -> (String, Vec<Next>) {
    let by = view.paused_by.as_ref().map_or_else(|| "somebody".to_owned(), ToString::to_string);
    let command = format!("flightdeck resume --run {} --reason TEXT", view.run);
    (format!("{by} paused the case"), vec![next(command, "lets it go on")])
}

fn halted(view: &RunView) -> (String, Vec<Next>) {
    let names: Vec<String> = view.stops.iter().map(words::scope).collect();
    let commands = view
        .stops
        .iter()
        .map(|stop| {
            let command = format!("flightdeck resume{} --reason TEXT", words::scope_args(stop));
            next(command, "lifts the stop; it needs your name and a reason")
        })
        .collect();
    (format!("the case is held back, because {} is stopped", names.join(" and ")), commands)
}

fn failed(view: &RunView) -> (String, Vec<Next>) {
    let Some(trouble) = &view.trouble else {
        return ("the case failed".to_owned(), vec![again(view)]);
    };
    let page = codes::page(trouble.code);
    let place = trouble.at.as_ref().map_or_else(String::new, |at| format!(" in `{at}`"));
    let headline = format!("the case failed{place}: {} ({})", page.title, page.id);
    let first = match trouble.code {
        Code::RateLimited | Code::TimedOut | Code::Unavailable => {
            next("flightdeck doctor", "says what is down")
        }
        Code::VendorRefused => next("flightdeck model test", "says what the vendor refuses"),
        Code::ToolChanged => next("flightdeck mcp diff", "shows what changed in the tool"),
        Code::Budget => next("flightdeck status", "shows what was spent and on what"),
        Code::Expression => next("flightdeck check", "finds most such mistakes"),
        Code::BadAnswer
        | Code::Doubt
        | Code::ToolError
        | Code::Question
        | Code::TooLarge
        | Code::Stopped
        | Code::Refused
        | Code::Loop
        | Code::Late
        | Code::Rejected
        | Code::NotConfirmed
        | Code::InDoubt
        | Code::Child
        | Code::BodyMissing
        | Code::Cancelled
        | Code::Expired
        | Code::Ended
        | Code::Defect => {
            next(format!("flightdeck logs {}", view.run), "shows every entry of the case")
        }
    };
    let explain = next(format!("flightdeck explain {}", page.id), "explains the code");
    (headline, vec![first, explain, again(view)])
}

fn over(view: &RunView) -> (String, Vec<Next>) {
    let headline = match view.status {
        Status::Done if view.reviews.is_empty() => {
            "the case is done; no person had to look".to_owned()
        }
        Status::Done => "the case is done".to_owned(),
        Status::Rejected => "the case was rejected".to_owned(),
        Status::Duplicate => {
            "the case is the same as an earlier one; nothing was done twice".into()
        }
        Status::Cancelled => "a person cancelled the case".to_owned(),
        Status::Running
        | Status::Sleeping
        | Status::Waiting
        | Status::Paused
        | Status::Halted
        | Status::Failed => "the case is over".to_owned(),
    };
    (headline, vec![next(format!("flightdeck logs {}", view.run), "shows every entry of the case")])
}

fn again(view: &RunView) -> Next {
    match (&view.starter, &view.workflow) {
        (Some(Starter::Parent { run, .. }), _) => {
            next(format!("flightdeck why {run}"), "explains the run that this one is a part of")
        }
        (_, Some(workflow)) => next(
            format!("flightdeck run {workflow} CASE"),
            "starts the case afresh, once the cause is mended",
        ),
        (_, None) => next("flightdeck status", "shows where everything stands"),
    }
}
