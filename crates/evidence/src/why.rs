//! Why a run stands where it stands: what happened, the cause with its code, and the next command
//! that is safe. It works without any model, and it must not recommend what the records do not
//! bear.

mod cause;

use journal::{Code, End, Millis, ReviewNo, RunId, Starter, Status, StopScope};
use plan::ids::{PersonId, ReleaseId};
use serde::Serialize;

use crate::codes::Page;
use crate::desk::DeskView;
use crate::view::{ReviewKind, ReviewView, RunView};
use crate::{codes, words};
use cause::{cause, look, rejected};

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
    /// What was being done: a question to a model, the call of a tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// What the outside world or the check said.
    pub detail: Option<String>,
    pub rule: Option<String>,
    /// The rule in plain words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_says: Option<String>,
    pub step: Option<String>,
}

impl Cause {
    /// A cause that is no more than its page.
    #[must_use]
    pub fn of(page: Page) -> Self {
        let Page { id: code, title, why, .. } = page;
        Self { code, title, why, what: None, detail: None, rule: None, rule_says: None, step: None }
    }
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

impl Explanation {
    /// Names who set the stops that hold the case back, and why.
    pub fn stopped(&mut self, view: &RunView, desk: &DeskView, zone: Option<&str>) {
        if self.status != Status::Halted {
            return;
        }
        let told = |stop| desk.stops.get(stop).map(|stopped| stopped.told(zone));
        let told: Vec<String> = view.stops.iter().filter_map(told).collect();
        if !told.is_empty() {
            self.headline = format!("{}, {}", self.headline, told.join(", and "));
        }
    }

    /// Names who had effects of the workflow put before a person, where that is why one is.
    pub fn lowered(&mut self, view: &RunView, desk: &DeskView, zone: Option<&str>) {
        let Some(review) = view.open_reviews().min_by_key(|review| review.due) else { return };
        if review.rule.as_deref() != Some("autonomy") {
            return;
        }
        let covers = |stop: &StopScope| match stop {
            StopScope::Beyond { workflow, step, .. } => {
                view.workflow.as_ref() == Some(workflow)
                    && step.as_ref().is_none_or(|step| *step == review.at.step)
            }
            StopScope::Everything
            | StopScope::Workflow(_)
            | StopScope::Run(_)
            | StopScope::Tool(_)
            | StopScope::Server(_)
            | StopScope::Vendor(_) => false,
        };
        if let Some((stop, set)) = desk.stops.iter().find(|(stop, _)| covers(stop)) {
            let what = words::scope(stop);
            let told = set.told(zone);
            self.headline = format!("{}; {what} are put before a person {told}", self.headline);
        }
    }

    /// What is stored of the case's map cannot be read, so that it can neither go on nor be told.
    pub fn lacks_release(&mut self, release: ReleaseId) {
        let short: String = release.to_string().chars().take(12).collect();
        let detail = format!("its release {short} cannot be read");
        self.headline = format!("the case stays where it is: {detail}");
        self.cause = Some(Cause { detail: Some(detail), ..Cause::of(codes::JOURNAL_DAMAGED) });
        self.next = damaged(self.run);
    }
}

/// What is safe where stored entries are damaged.
#[must_use]
pub fn damaged(run: RunId) -> Vec<Next> {
    vec![
        next(
            format!("flightdeck logs {run} --verify"),
            "says which entry it is; copy the data folder before anything else",
        ),
        next("flightdeck doctor", "says whether the file is sound"),
    ]
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
    let trouble = view.trouble.as_ref().filter(|_| review.kind == ReviewKind::Failure);
    commands.extend(trouble.map(|trouble| look(view, trouble)));
    if review.kind == ReviewKind::InDoubt {
        commands.push(logs(view));
    }
    // What happened may have happened: trying it again is not safe before somebody has looked.
    let once = trouble.is_some_and(|trouble| trouble.code == Code::NotConfirmed);
    let safe = |next: &Next| !(once && next.command.starts_with("flightdeck retry "));
    commands.extend(answers(run, review).into_iter().filter(safe));
    (headline, commands)
}

fn logs(view: &RunView) -> Next {
    next(format!("flightdeck logs {}", view.run), "shows every entry of the case")
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
        return ("the case failed".to_owned(), vec![logs(view), again(view)]);
    };
    let page = codes::page(trouble.code);
    let place = trouble.at.as_ref().map_or_else(String::new, |at| format!(" in `{at}`"));
    let headline = format!("the case failed{place}: {} ({})", page.title, page.id);
    let explain = next(format!("flightdeck explain {}", page.id), "explains the code");
    let first = look(view, trouble);
    let explain = (first != explain).then_some(explain);
    (headline, std::iter::once(first).chain(explain).chain([again(view)]).collect())
}

fn over(view: &RunView) -> (String, Vec<Next>) {
    let because = |who: &PersonId, did: &str, reason: Option<&String>| {
        let said = reason.map_or(String::new(), |text| format!(": {text}"));
        format!("{who} {did} the case{said}")
    };
    let headline = match (view.status, &view.end) {
        (Status::Done, _) if view.reviews.is_empty() => {
            "the case is done; no person had to look".to_owned()
        }
        (Status::Done, _) => "the case is done".to_owned(),
        (Status::Rejected, _) => match rejected(view) {
            Some((_, who, reason)) => because(who, "rejected", reason),
            None => "the case was rejected".to_owned(),
        },
        (Status::Duplicate, Some(End::Duplicate(of))) => {
            let first = next(format!("flightdeck why {of}"), "explains the earlier one");
            let headline = format!("the case is the same as {of}; nothing was done twice");
            return (headline, vec![first, logs(view)]);
        }
        (Status::Duplicate, _) => {
            "the case is the same as an earlier one; nothing was done twice".to_owned()
        }
        (Status::Cancelled, _) => match &view.cancelled {
            Some((who, reason)) => because(who, "cancelled", reason.as_ref()),
            None => "a person cancelled the case".to_owned(),
        },
        (
            Status::Running
            | Status::Sleeping
            | Status::Waiting
            | Status::Paused
            | Status::Halted
            | Status::Failed,
            _,
        ) => "the case is over".to_owned(),
    };
    (headline, vec![logs(view)])
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
