//! `why`: what happened, the cause with its code, and the next safe command. Without a run it
//! explains the most urgent thing, also why nothing runs. It needs no model.

use evidence::{Explanation, Notice, why::Next, words};
use journal::{Millis, RunId, RunLine, Status, StopScope};
use serde_json::json;

use crate::args::Global;
use crate::exit::{Ended, Exit, Stop};
use crate::held;
use crate::measured;
use crate::screen::{Look, Screen};
use crate::stored::{Runs, now};

/// How many waiting runs are compared to find the most urgent one.
const COMPARED: usize = 500;

/// Explains one run, or the most urgent thing.
pub fn why(screen: &Screen, global: &Global, run: Option<&str>) -> Ended {
    let Some(runs) = Runs::open(global)? else {
        let next = [Next {
            command: "flightdeck run WORKFLOW --each inbox --as PERSON".into(),
            does: "starts",
        }];
        return nothing(screen, "nothing has run here yet", &next);
    };
    let now = now();
    let run = match run {
        Some(start) => Some(runs.find(start)?),
        None => {
            let stop = runs.reader().stops()?.into_iter().find(StopScope::holds_back);
            if let Some(stop) = &stop {
                stopped(screen, &runs, stop)?;
            }
            let mut notices = held::back(&runs, global, now)?;
            notices.extend(measured::firing(&runs, global)?);
            let (urgent, damaged) = urgent(&runs, now)?;
            notices.extend(damaged);
            for notice in &notices {
                said(screen, notice)?;
            }
            // Under a stop no single case is urgent.
            if stop.is_some() || (urgent.is_none() && !notices.is_empty()) {
                return Ok(Exit::Done);
            }
            urgent
        }
    };
    match run {
        Some(run) => one(screen, &runs, run, now),
        None => idle(screen, &runs),
    }
}

fn one(screen: &Screen, runs: &Runs, run: RunId, now: Millis) -> Ended {
    let view = runs.view(run)?;
    let zone = runs.zone(&view);
    let mut explanation = evidence::why(&view, now, zone.as_deref());
    if view.erased {
        explanation.erased = Some(match runs.desk()?.erased.get(&run) {
            Some(order) => order.told(zone.as_deref()),
            None => "its contents cannot be read, and nobody ordered them erased".to_owned(),
        });
    }
    screen.object("why", &explanation)?;
    told(screen, &explanation);
    Ok(Exit::Done)
}

fn told(screen: &Screen, explanation: &Explanation) {
    let Explanation { run, headline, happened, cause, next, .. } = explanation;
    screen.line(format!("{} {headline}", screen.word(Look::Strong, &format!("{run}:"))));
    if let Some(cause) = cause {
        let place = cause.step.as_ref().map_or(String::new(), |step| format!(" in `{step}`"));
        screen.line(format!("cause: {} ({}){place}: {}", cause.title, cause.code, cause.why));
        if let Some(rule) = &cause.rule {
            screen.line(format!("rule: `{rule}`"));
        }
        if let Some(detail) = &cause.detail {
            screen.line(format!("it said: {detail}"));
        }
    }
    screen.line(screen.word(Look::Quiet, "what happened:"));
    for line in happened {
        screen.line(format!("  {line}"));
    }
    if let Some(erased) = &explanation.erased {
        screen.line(erased);
    }
    commands(screen, next);
}

fn commands(screen: &Screen, next: &[Next]) {
    if !next.is_empty() {
        screen.line(screen.word(Look::Quiet, "what is safe now:"));
    }
    for Next { command, does } in next {
        screen.line(format!("  {}  {does}", screen.word(Look::Good, command)));
    }
}

/// The run that needs somebody first: a request whose time runs out, then a failure. What is stored
/// of a case may be damaged; that is said, and it hides no other case.
pub fn urgent(runs: &Runs, now: Millis) -> Result<(Option<RunId>, Vec<Notice>), Stop> {
    let mut first: Option<(Millis, RunId)> = None;
    let mut damaged = Vec::new();
    for line in runs.standing(&[Status::Waiting], COMPARED)? {
        let view = match runs.view(line.run) {
            Ok(view) => view,
            Err(stop) if stop.is_damage() => {
                damaged.push(unread(line.run, &stop));
                continue;
            }
            Err(stop) => return Err(stop),
        };
        let due = view.open_reviews().map(|review| review.due).min().unwrap_or(now);
        if first.is_none_or(|(earliest, _)| due < earliest) {
            first = Some((due, line.run));
        }
    }
    if let Some((_, run)) = first {
        return Ok((Some(run), damaged));
    }
    for status in [Status::Halted, Status::Paused, Status::Failed] {
        for RunLine { run, .. } in runs.standing(&[status], COMPARED)? {
            // Whatever became of a rehearsal, nobody has to do anything about it.
            if !runs.view(run).is_ok_and(|view| view.rehearsal) {
                return Ok((Some(run), damaged));
            }
        }
    }
    Ok((None, damaged))
}

fn unread(run: RunId, stop: &Stop) -> Notice {
    let next = vec![
        Next {
            command: format!("flightdeck logs {run} --verify"),
            does: "says which entry it is; copy the data folder before anything else",
        },
        Next { command: "flightdeck doctor".into(), does: "says whether the file is sound" },
    ];
    let headline = format!("the case {run} stays where it is: {:#}", stop.what);
    Notice { code: evidence::codes::JOURNAL_DAMAGED.id, headline, next }
}

fn said(screen: &Screen, notice: &Notice) -> Result<(), Stop> {
    let Notice { code, headline, next } = notice;
    screen
        .object("why", json!({ "run": null, "code": code, "headline": headline, "next": next }))?;
    screen.line(format!("{headline} ({code})"));
    commands(screen, next);
    Ok(())
}

fn stopped(screen: &Screen, runs: &Runs, stop: &StopScope) -> Ended {
    let desk = runs.view(RunId::DESK).ok();
    let told = desk.and_then(|desk| desk.timeline.last().map(|line| line.text.clone()));
    let said = told.map_or(String::new(), |text| format!(" ({text})"));
    let headline = format!("nothing starts in its scope: {} is stopped{said}", words::scope(stop));
    let next = [Next {
        command: format!("flightdeck resume{} --reason TEXT", words::scope_args(stop)),
        does: "lifts the stop; it needs your name and a reason",
    }];
    nothing(screen, &headline, &next)
}

/// Nothing waits and nothing failed: why does nothing run?
fn idle(screen: &Screen, runs: &Runs) -> Ended {
    let open = runs.standing(&[Status::Running], 1)?;
    let sleeping = runs.reader().next_wake()?;
    let working = store::holder(&runs.data);
    let go_on = Next { command: "flightdeck run --open".into(), does: "goes on with what is open" };
    match (open.is_empty(), working, sleeping) {
        (false, Some(pid), _) => {
            nothing(screen, &format!("all is well: process {pid} is working"), &[])
        }
        (false, None, _) => {
            nothing(screen, "cases are open, and nothing is working on them", &[go_on])
        }
        (true, _, Some(at)) => {
            let when = words::when(at, None);
            nothing(screen, &format!("every open case sleeps; the next wakes at {when}"), &[go_on])
        }
        (true, _, None) => {
            nothing(screen, "nothing waits, nothing failed, and there is no open case", &[start()])
        }
    }
}

fn start() -> Next {
    Next {
        command: "flightdeck run WORKFLOW --each inbox --as PERSON".into(),
        does: "starts a case for each new file",
    }
}

fn nothing(screen: &Screen, headline: &str, next: &[Next]) -> Ended {
    screen.object("why", json!({ "run": null, "headline": headline, "next": next }))?;
    screen.line(headline);
    commands(screen, next);
    Ok(Exit::Done)
}
