//! `alerts` and `quality`: what the rules of the workspace measure, and how good the work is as far
//! as anybody or anything checked it.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use evidence::alerts::{self, Quality, Reading};
use evidence::facts::Fact;
use evidence::words;
use journal::{Millis, RunQuery};
use plan::alerts::AlertRule;
use plan::ids::WorkflowName;
use serde_json::json;

use crate::args::{Global, Observe};
use crate::exit::{Ended, Exit, Stop};
use crate::measured::{self, Facts};
use crate::screen::{Look, Screen};
use crate::stored::{Runs, now};
use crate::workspace::Workspace;

const WEEK_MS: u64 = 7 * 24 * 60 * 60 * 1_000;
/// How many lines of an alert's history are shown.
const SHOWN: usize = 10;

/// Says how the work goes.
pub fn observe(screen: &Screen, global: &Global, what: Observe) -> Ended {
    match what {
        Observe::Alerts => rules(screen, global),
        Observe::Quality { workflow, weeks, sample } => {
            quality(screen, global, workflow, weeks, sample)
        }
        Observe::SupportBundle { out } => super::bundle::bundle(screen, global, out),
    }
}

fn rules(screen: &Screen, global: &Global) -> Ended {
    let places = Workspace::open(global)?.places().map_err(Stop::usage)?;
    let zone = places.hours.as_ref().map(|hours| hours.zone.as_str());
    if places.alerts.is_empty() {
        screen.line("no alerts; they stand under `alerts` in `flightdeck.yaml`");
        return Ok(Exit::Done);
    }
    let Some(runs) = Runs::open(global)? else {
        screen.line("nothing has run here yet");
        return Ok(Exit::Done);
    };
    let told = alerts::told(&runs.desk_history()?);
    let mut facts = Facts::of(runs);
    let all = facts.measured(&places.alerts, now(), &AtomicBool::new(false))?;
    let mut beyond = false;
    for (rule, (reading, _)) in places.alerts.iter().zip(&all) {
        let told = told.get(&rule.name).map_or(&[][..], Vec::as_slice);
        let state = match reading.value {
            None => "too_few",
            Some(value) if rule.watch.is_beyond(value, rule.limit) => "beyond",
            Some(_) => "within",
        };
        beyond |= state == "beyond";
        let history: Vec<_> = told
            .iter()
            .map(|t| json!({ "at": t.at, "fired": t.fired, "value": t.measured.value }))
            .collect();
        screen.object(
            "alert",
            json!({
                "name": rule.name, "watch": rule.watch, "workflow": rule.of, "state": state,
                "value": reading.value, "limit": rule.limit, "cases": reading.cases,
                "field": reading.field, "case": reading.case, "owner": rule.owner,
                "tell": rule.tell, "firing": told.last().is_some_and(|last| last.fired),
                "history": history,
            }),
        )?;
        said(screen, rule, reading, state);
        for told in told.iter().rev().take(SHOWN) {
            let when = words::when(told.at, zone);
            let how = match told.fired {
                true => words::beyond(&told.measured),
                false => words::within(&told.measured),
            };
            screen.line(format!("  {when}  {how}"));
        }
    }
    Ok(if beyond { Exit::Findings } else { Exit::Done })
}

fn said(screen: &Screen, rule: &AlertRule, reading: &Reading, state: &str) {
    let AlertRule { name, watch, of, limit, .. } = rule;
    let limit = words::measure(*watch, *limit);
    let now = match reading.value {
        Some(value) => words::watched(*watch, value),
        None => format!("too little to say, {}", words::cases(count(reading.cases))),
    };
    let look = if state == "beyond" { Look::Bad } else { Look::Good };
    let field = reading.field.as_ref().map(|field| format!(", most of all `{field}`"));
    let case = reading.case.filter(|_| state == "beyond").map(|run| format!(" ({run})"));
    let (field, case) = (field.unwrap_or_default(), case.unwrap_or_default());
    let now = screen.word(look, &now);
    screen.line(format!("{name}, of `{of}`: {now}{field}{case}; the limit is {limit}"));
}

fn quality(
    screen: &Screen,
    global: &Global,
    workflow: Option<WorkflowName>,
    weeks: u32,
    sample: usize,
) -> Ended {
    let runs = Runs::existing(global)?;
    let back = u64::from(weeks.max(1)).saturating_mul(WEEK_MS).saturating_sub(WEEK_MS);
    let since = alerts::week(Millis(now().0.saturating_sub(back)));
    let mut names: Vec<WorkflowName> = match workflow {
        Some(name) => vec![name],
        None => {
            let lines = runs.lines(&RunQuery { limit: 100_000, ..RunQuery::default() })?;
            lines.into_iter().map(|line| line.workflow).collect()
        }
    };
    names.sort_unstable();
    names.dedup();
    for name in names {
        let (of, facts) = measured::sampled(&runs, &name, since, sample)?;
        let all: Vec<&Fact> = facts.iter().collect();
        let whole = alerts::quality(&all);
        let mut weeks: BTreeMap<Millis, Vec<&Fact>> = BTreeMap::new();
        for fact in &facts {
            weeks.entry(alerts::week(fact.changed)).or_default().push(fact);
        }
        let weeks: Vec<(Millis, Quality)> =
            weeks.into_iter().map(|(from, facts)| (from, alerts::quality(&facts))).collect();
        let trend: Vec<_> = weeks
            .iter()
            .map(|(from, week)| {
                let Quality { cases, score, between, .. } = week;
                json!({ "from": from, "cases": cases, "score": score, "between": between })
            })
            .collect();
        screen.object(
            "quality",
            json!({
                "workflow": name, "of": of, "cases": whole.cases, "score": whole.score,
                "between": whole.between, "parts": whole.parts, "weeks": trend,
            }),
        )?;
        lines(screen, &name, of, &whole, &weeks);
    }
    screen.line("whether an answer is right that nobody and nothing checked is not in it");
    Ok(Exit::Done)
}

fn lines(
    screen: &Screen,
    name: &WorkflowName,
    of: usize,
    whole: &Quality,
    weeks: &[(Millis, Quality)],
) {
    let Some(score) = whole.score else {
        screen.line(format!("{name}: no case is over"));
        return;
    };
    let (low, high) = whole.between;
    screen.line(format!(
        "{}: {score} of 100 (between {low} and {high}), from {} of {of} that are over",
        screen.word(Look::Strong, name.as_str()),
        words::cases(count(whole.cases)),
    ));
    for (part, (held, tried)) in &whole.parts {
        let part = match *part {
            "finished" => "came to an end that is no failure",
            "contracts" => "every answer kept its contract",
            "grounded" => "every copied value stands in its source",
            "agreed" => "people agreed and changed nothing",
            "confirmed" => "effects were read back and were right",
            _ => "no text spoke to the model",
        };
        if *tried > 0 {
            screen.line(format!("  {part}: {held} of {tried}"));
        }
    }
    for (from, Quality { cases, score, between: (low, high), .. }) in weeks {
        let day: String = words::stamp(*from).chars().take(10).collect();
        let score = score.unwrap_or_default();
        let cases = words::cases(count(*cases));
        screen.line(format!("  week of {day}: {score} ({low} to {high}), {cases}"));
    }
}

fn count(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
