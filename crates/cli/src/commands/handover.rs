//! `handover`: the shift in one page, for whoever takes over.

use std::collections::BTreeSet;

use evidence::{Handover, RunView, words};
use journal::{Millis, RunQuery, Status};

use crate::args::Global;
use crate::exit::{Ended, Exit};
use crate::screen::{Look, Screen};
use crate::stored::{Runs, now};
use crate::workspace::Workspace;

/// More cases than a shift sees, and few enough to look at in a moment.
const LOOKED_AT: usize = 20_000;
const HOUR_MS: u64 = 60 * 60 * 1_000;

/// Tells what waits, failed and changed since, and who answers for it.
pub fn handover(screen: &Screen, global: &Global, hours: u32) -> Ended {
    let Some(runs) = Runs::open(global)? else {
        screen.line("nothing has run here yet");
        return Ok(Exit::Done);
    };
    let now = now();
    let since = Millis(now.0.saturating_sub(u64::from(hours).saturating_mul(HOUR_MS)));
    let checked = plan::check_all(&Workspace::open(global)?.files);
    let mut views: Vec<RunView> = Vec::new();
    let mut before = BTreeSet::new();
    for line in runs.lines(&RunQuery { limit: LOOKED_AT, ..RunQuery::default() })? {
        if line.opened < since {
            before.insert(line.release);
        }
        if line.changed >= since || !line.status.over() {
            match runs.view(line.run) {
                Ok(view) => views.push(view),
                // One damaged case hides no other.
                Err(stop) if stop.is_damage() => screen.stop(&stop),
                Err(stop) => return Err(stop),
            }
        }
    }
    let plans: Vec<_> = checked.plans.values().collect();
    let desk = runs.desk_history()?;
    let told = evidence::handover(views.iter(), &desk, &before, &plans, (since, now));
    screen.object("handover", &told)?;
    let zone = plans.first().map(|plan| plan.workflow().hours.zone.clone());
    lines(screen, &told, zone.as_deref());
    let stops = runs.reader().stops()?;
    for stop in &stops {
        let what = words::stopped(stop);
        screen.line(screen.word(Look::Bad, &what));
    }
    Ok(exit(&views, &told))
}

/// Waiting is no failure, and says so to a script.
fn exit(views: &[RunView], told: &Handover) -> Exit {
    let waits = views.iter().any(|view| view.status == Status::Waiting);
    if waits || !told.waits.is_empty() { Exit::Waiting } else { Exit::Done }
}

fn lines(screen: &Screen, told: &Handover, zone: Option<&str>) {
    let Handover { since, opened, ended, .. } = told;
    let since = words::when(*since, zone);
    let (opened, ended) = (words::number(*opened), words::number(*ended));
    screen.line(format!("since {since}: {opened} cases opened, {ended} came to an end"));
    head(screen, "waits for people", told.waits.is_empty());
    for waits in &told.waits {
        let late = match waits.late {
            0 => String::new(),
            n => screen.word(Look::Bad, &format!(", {n} late")),
        };
        let due = words::when(waits.due, zone);
        let n = words::number(waits.requests);
        screen.line(format!("  {}: {n}{late}; first due {due}: {}", waits.by, waits.question));
        screen.line(format!("    flightdeck review show {}", waits.first));
    }
    head(screen, "failed", told.failed.is_empty());
    for failed in &told.failed {
        let n = words::number(failed.cases);
        screen.line(format!("  {n} times {}", failed.signature));
        screen.line(format!("    flightdeck why {}", failed.last));
    }
    head(screen, "changed", told.changed.is_empty());
    for change in &told.changed {
        screen.line(format!("  {}  {}", words::when(change.at, zone), change.text));
    }
    head(screen, "who answers", told.answers.is_empty());
    for answers in &told.answers {
        let people: Vec<&str> = answers.people.iter().map(|p| p.as_str()).collect();
        screen.line(format!(
            "  {}: {}; {} may overrule: {}",
            answers.workflow,
            answers.accountable,
            answers.override_by,
            people.join(", ")
        ));
    }
}

fn head(screen: &Screen, what: &str, none: bool) {
    let none = if none { ": nothing" } else { "" };
    screen.line("");
    screen.line(format!("{}{none}", screen.word(Look::Strong, what)));
}
