//! `attention`: whether those who are asked still look, and cases that are known to be wrong, which
//! show whether they do.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::attention::{Attention, Load, Reviewer, attention as weigh};
use evidence::{RunView, words};
use journal::{Millis, Mode, RunQuery};
use plan::ids::WorkflowName;
use plan::workflow::Attention as Limits;
use plan::workflow::{Does, Effect};
use serde_json::json;

use super::{check, mcp};
use crate::args::{Attention as What, Global};
use crate::cases;
use crate::driver::{Driver, Drives};
use crate::exit::{Ended, Exit, Stop};
use crate::people;
use crate::releases;
use crate::screen::{Look, Screen};
use crate::stored::{Runs, now};
use crate::workspace::Workspace;

/// How many cases are looked at.
const LOOKED_AT: usize = 100_000;
const HOUR_MS: u64 = 60 * 60 * 1_000;

/// Shows how people answered, or seeds a case.
pub fn attention(screen: &Screen, global: &Global, hours: u32, what: Option<&What>) -> Ended {
    match what {
        Some(What::Seed { workflow, case }) => seed(screen, global, workflow, case),
        None => show(screen, global, hours),
    }
}

fn show(screen: &Screen, global: &Global, hours: u32) -> Ended {
    let Some(runs) = Runs::open(global)? else {
        screen.line("nothing has run here yet");
        return Ok(Exit::Done);
    };
    let now = now();
    let since = Millis(now.0.saturating_sub(u64::from(hours).saturating_mul(HOUR_MS)));
    let places = Workspace::open(global)?.places().map_err(Stop::usage)?;
    let limits: BTreeMap<_, Limits> = places.attention;
    let mut views: Vec<RunView> = Vec::new();
    for line in runs.lines(&RunQuery { limit: LOOKED_AT, ..RunQuery::default() })? {
        if line.changed >= since || !line.status.over() {
            match runs.view(line.run) {
                Ok(view) if !view.reviews.is_empty() || view.seeded => views.push(view),
                Ok(_) => {}
                // One damaged case hides no other.
                Err(stop) if stop.is_damage() => screen.stop(&stop),
                Err(stop) => return Err(stop),
            }
        }
    }
    let told = weigh(views.iter(), &limits, &places.roles, (since, now));
    screen.object("attention", &told)?;
    let zone = places.hours.as_ref().map(|hours| hours.zone.as_str());
    lines(screen, &told, zone);
    let alarm = told.people.iter().any(|person| !person.alarms.is_empty());
    Ok(if alarm { Exit::Findings } else { Exit::Done })
}

fn lines(screen: &Screen, told: &Attention, zone: Option<&str>) {
    for Load { role, open, late, oldest, a_day } in &told.roles {
        let late = if *late > 0 { format!(", {late} late") } else { String::new() };
        let oldest = oldest.map(|at| format!(", the oldest since {}", words::when(at, zone)));
        let most = a_day.map(|most| format!("; its people answer at most {most} a day"));
        let (oldest, most) = (oldest.unwrap_or_default(), most.unwrap_or_default());
        screen.line(format!("{role}: {open} open{late}{oldest}{most}"));
    }
    for person in &told.people {
        let Reviewer { who, answered, approved, edited, rejected, hasty, .. } = person;
        let half = person.looked_ms.map_or_else(|| "-".to_owned(), words::span);
        screen.line(format!(
            "{who}: {answered} answered: {approved} approved as they were, {edited} changed, \
             {rejected} rejected; half of them within {half}, {hasty} faster than anybody reads"
        ));
        if person.seeds_noticed + person.seeds_missed > 0 {
            screen.line(format!(
                "  of cases known to be wrong: {} noticed, {} approved",
                person.seeds_noticed, person.seeds_missed
            ));
        }
        for alarm in &person.alarms {
            screen.line(screen.word(Look::Bad, &format!("  {who} {}", alarm.words())));
        }
    }
    if told.people.is_empty() {
        screen.line("nobody answered anything in this time");
    }
    let seeds = &told.seeds;
    let all = seeds.noticed.len() + seeds.missed.len();
    if all > 0 || seeds.out > 0 {
        let (noticed, out) = (seeds.noticed.len(), seeds.out);
        screen
            .line(format!("known to be wrong: {noticed} of {all} noticed, {out} not answered yet"));
    }
    for run in &seeds.missed {
        screen.line(format!("  approved: {run}"));
    }
}

fn seed(screen: &Screen, global: &Global, workflow: &str, case: &str) -> Ended {
    let workspace = Workspace::open(global)?;
    let who = people::known(global, &workspace)?;
    let name = WorkflowName::new(workflow).map_err(Stop::usage)?;
    let plan = match releases::live(Runs::open(global)?.as_ref(), &name)? {
        Some(live) => live,
        None => Arc::new(check::plan(screen, &workspace, workflow)?),
    };
    let asks = |does: &Does| matches!(does, Does::Review(_));
    let acts = plan.workflow().tools.values().any(|tool| tool.effect != Effect::Read);
    if !acts && !plan.workflow().steps.iter().any(|step| asks(&step.does)) {
        return Err(Stop::usage(format!("`{workflow}` asks nobody, so nobody could notice")));
    }
    let case = cases::one(&workspace.root, case)?;
    let (run, status) = mcp::within(async {
        let driver = Driver::start(&workspace, Drives::All).await?;
        let bytes = case.value.to_string().into_bytes();
        let opened = driver.open_as(&plan, bytes, &who, Mode::Seeded).await;
        let rested = match opened {
            Ok(run) => driver.rested(run).await.map(|status| (run, status)),
            Err(stop) => Err(stop),
        };
        driver.close().await;
        rested
    })??;
    screen.object("seeded", json!({ "run": run, "status": status }))?;
    if status.over() {
        let what = "nobody was asked about it, so it shows nothing";
        screen.line(format!("{run} is {}: {what}", status.as_str()));
        screen.line("choose a case that a review sees");
        return Ok(Exit::Findings);
    }
    screen.line(format!("{run} is {}; tell nobody which one it is", status.as_str()));
    screen.line("`flightdeck attention` says whether it was noticed");
    Ok(Exit::Done)
}
