//! `why`: what happened, the cause with its code, and the next safe command. Without a run it
//! explains the most urgent thing, also why nothing runs. It needs no model.

use evidence::why::{Cause, Next};
use evidence::{Explanation, Notice, codes, words};
use journal::{Code, Millis, RunId, RunLine, RunQuery, Status, StopScope};
use serde_json::json;

use crate::args::Global;
use crate::exit::{Ended, Exit, Stop};
use crate::held;
use crate::measured;
use crate::people;
use crate::releases;
use crate::screen::{Look, Screen};
use crate::stored::{Runs, now};

/// How many runs whose time is over first are compared to find the most urgent one. A run may want
/// to be woken before its request is due.
const COMPARED: usize = 50;

/// Explains one run, or the most urgent thing.
pub fn why(screen: &Screen, global: &Global, run: Option<&str>) -> Ended {
    let runs = match Runs::open(global) {
        Ok(Some(runs)) => runs,
        none => {
            let notices = held::footing(global, None);
            if notices.is_empty() {
                none?;
                return nothing(screen, "nothing has run here yet", &[start()]);
            }
            notices.iter().try_for_each(|notice| said(screen, notice))?;
            return Ok(Exit::Done);
        }
    };
    let now = now();
    let run = match run {
        Some(start) => Some(runs.find(start)?),
        None => {
            let stop = runs.reader().stops()?.into_iter().find(StopScope::holds_back);
            if let Some(stop) = &stop {
                stopped(screen, &runs, stop)?;
            }
            let mut notices = held::footing(global, Some(&runs));
            notices.extend(held::back(&runs, global, now)?);
            notices.extend(releases::fell_lately(&runs, now)?);
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
        Some(run) => one(screen, global, &runs, run),
        None => idle(screen, &runs),
    }
}

fn one(screen: &Screen, global: &Global, runs: &Runs, run: RunId) -> Ended {
    let explanation = explained(global, runs, run)?;
    screen.object("why", &explanation)?;
    told(screen, &explanation);
    Ok(Exit::Done)
}

/// A run explained by its own entries, and by what only the desk and the files know about it.
pub fn explained(global: &Global, runs: &Runs, run: RunId) -> Result<Explanation, Stop> {
    let view = runs.view(run)?;
    let zone = runs.zone(&view);
    let mut explanation = evidence::why(&view, now(), zone.as_deref());
    if view.erased {
        explanation.erased = Some(match runs.desk()?.erased.get(&run) {
            Some(order) => order.told(zone.as_deref()),
            None => "its contents cannot be read, and nobody ordered them erased".to_owned(),
        });
    }
    if matches!(view.status, Status::Halted | Status::Waiting) {
        let desk = runs.desk()?;
        explanation.stopped(&view, &desk, zone.as_deref());
        explanation.lowered(&view, &desk, zone.as_deref());
    }
    if let (Some(part), Some(cause)) = (view.failed_part, &mut explanation.cause)
        && cause.code == codes::page(Code::Child).id
    {
        let query = RunQuery { prefix: Some(part.to_string()), limit: 1, ..RunQuery::default() };
        let line = runs.lines(&query)?.into_iter().next();
        cause.what = line.map(|line| format!("the run {part} of `{}`", line.workflow));
    }
    let Some(release) = view.release else { return Ok(explanation) };
    match runs.release(release) {
        None if !view.status.over() => explanation.lacks_release(release),
        Some(plan) if view.status == Status::Waiting => {
            let most_urgent = view.open_reviews().min_by_key(|review| review.due);
            let barred = most_urgent.and_then(|review| {
                Some((review, people::nobody_may(global, plan.workflow(), &view, review)?))
            });
            if let Some((review, why)) = barred {
                let command = format!("flightdeck review escalate {run} {}", review.no.0);
                let pass_on = Next {
                    command: format!("{command} --to ROLE --reason TEXT"),
                    does: "lets another role decide",
                };
                explanation.next.insert(0, pass_on);
                let cause = Cause::of(codes::NOBODY_MAY);
                let step = Some(review.at.to_string());
                explanation.cause = Some(Cause { detail: Some(why), step, ..cause });
            }
        }
        _ => {}
    }
    Ok(explanation)
}

fn told(screen: &Screen, explanation: &Explanation) {
    let Explanation { run, headline, happened, cause, next, .. } = explanation;
    screen.line(format!("{} {headline}", screen.word(Look::Strong, &format!("{run}:"))));
    cause.iter().flat_map(lines).for_each(|line| screen.line(line));
    screen.line(screen.word(Look::Quiet, "what happened:"));
    for line in happened {
        screen.line(format!("  {line}"));
    }
    if let Some(erased) = &explanation.erased {
        screen.line(erased);
    }
    commands(screen, next);
}

/// A cause, line by line.
pub fn lines(cause: &Cause) -> Vec<String> {
    let place = cause.step.as_ref().map_or(String::new(), |step| format!(" in `{step}`"));
    let mut lines = vec![format!("cause: {} ({}){place}: {}", cause.title, cause.code, cause.why)];
    lines.extend(cause.what.as_ref().map(|what| format!("it was: {what}")));
    if let Some(rule) = &cause.rule {
        let says = cause.rule_says.as_ref().map_or(String::new(), |says| format!(": {says}"));
        lines.push(format!("rule: `{rule}`{says}"));
    }
    lines.extend(cause.detail.as_ref().map(|detail| format!("it said: {detail}")));
    lines
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
    for line in runs.reader().waiting(COMPARED)? {
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
    let next = evidence::why::damaged(run);
    let headline = format!("the case {run} stays where it is: {:#}", stop.what);
    Notice { code: codes::JOURNAL_DAMAGED.id, headline, next }
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
    let desk = runs.desk()?;
    let by = desk.stops.get(stop).map_or(String::new(), |set| format!(" {}", set.told(None)));
    let headline = format!("nothing starts in its scope: {} is stopped{by}", words::scope(stop));
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
