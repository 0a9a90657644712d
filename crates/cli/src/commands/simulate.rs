//! `simulate`: a case rehearsed in the terminal, by what is chosen or by itself, and every way of a
//! map as far as it is found. It must not store anything but the case that it is told to keep.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use engine::rehearsal::{HOW, Rehearsed, Scene, Searched, Taken, Then, way_said};
use evidence::trial::Trial;
use evidence::{RunView, words};
use plan::Plan;
use serde_json::{Value, json};

use super::{check, mcp};
use crate::args::{Global, Simulate};
use crate::exit::{Ended, Exit, Stop};
use crate::rehearsing::{self, Begun, Reach, Rehearsing, keep};
use crate::screen::{Look, Screen};
use crate::workspace::Workspace;
use crate::{cases, trial};

/// A rehearsal of one case ends by then.
const TIME: Duration = Duration::from_secs(60);
/// The most kept cases that a search begins with.
const SCENES_MAX: usize = 100;

/// Rehearses a case, or all that a map can come to.
pub fn simulate(screen: &Screen, global: &Global, args: Simulate) -> Ended {
    let workspace = Workspace::open(global)?;
    let plan = Arc::new(check::plan(screen, &workspace, &args.workflow)?);
    let folder = trial::folder(&workspace.root, plan.workflow().name.as_str());
    let trials = if trial::has_cases(&folder) { trial::read(&folder)? } else { BTreeMap::new() };
    if let Some(name) = &args.keep {
        keep::free(&folder, name)?;
    }
    let time = if args.all { Duration::from_secs(args.seconds) } else { TIME };
    let places = mcp::places(screen, &workspace)?;
    let mut ready =
        Rehearsing::new(&workspace.root, &places, &plan, &trials, (Reach::Workspace, time))?;
    let begun = begun(&workspace.root, &ready, &args, &trials)?;
    if let Some(file) = &begun.file {
        ready.place(Path::new(file));
    }
    // Documents are read off the threads that wait for them.
    let (choices, then) = (args.choose, if args.step { Then::Stop } else { Then::Defaults });
    if args.all {
        let scenes = scenes(&begun, &trials);
        let found = aside(move || ready.search(&scenes))?.map_err(rehearsing::stop)?;
        return searched(screen, &plan, &found);
    }
    let case = begun.case.clone();
    let rehearsed =
        aside(move || ready.rehearse(&case, &choices, then))?.map_err(rehearsing::stop)?;
    let view = rehearsing::view(&rehearsed)?;
    let kept = match &args.keep {
        Some(name) => Some(keep::keep(&folder, name, &begun, &plan, &view)?),
        None => None,
    };
    told(screen, &plan, &begun, &rehearsed, &view, kept.as_deref())?;
    Ok(Exit::Done)
}

fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stop> {
    mcp::within(async { tokio::task::spawn_blocking(work).await })?.map_err(Stop::failed)
}

fn begun(
    root: &Path,
    ready: &Rehearsing,
    args: &Simulate,
    trials: &BTreeMap<String, Trial>,
) -> Result<Begun, Stop> {
    let text = match (&args.file, &args.case) {
        (Some(file), _) => Some(file.to_string_lossy().into_owned()),
        (None, Some(case)) if case.trim_start().starts_with('{') => Some(case.clone()),
        (None, Some(_)) => {
            return Err(Stop::usage("`--case` is no JSON object").help("`--file` names a document"));
        }
        (None, None) => None,
    };
    if let Some(text) = text {
        let case = cases::one(root, &text)?;
        let file = case.file.map(|file| file.to_string_lossy().into_owned());
        return Ok(Begun { name: case.name, case: case.value, file });
    }
    let first = trials.iter().find_map(|(name, trial)| Some((name, rehearsing::case_of(trial)?)));
    Ok(match first {
        Some((name, case)) => Begun { name: name.clone(), case, file: None },
        None => {
            let case = ready.rehearsal.plainest_case();
            Begun { name: "a made up case".to_owned(), case, file: None }
        }
    })
}

/// The case that was named first, and then those that are kept.
fn scenes(begun: &Begun, trials: &BTreeMap<String, Trial>) -> Vec<Scene> {
    let first = Scene { name: begun.name.clone(), case: begun.case.clone() };
    let kept = trials.iter().filter(|(name, _)| **name != begun.name);
    let kept = kept.filter_map(|(name, trial)| {
        Some(Scene { name: name.clone(), case: rehearsing::case_of(trial)? })
    });
    std::iter::once(first).chain(kept).take(SCENES_MAX).collect()
}

fn told(
    screen: &Screen,
    plan: &Plan,
    begun: &Begun,
    rehearsed: &Rehearsed,
    view: &RunView,
    kept: Option<&str>,
) -> Result<(), Stop> {
    let workflow = plan.workflow();
    let line = |line: &evidence::view::Line| {
        json!({ "at": words::stamp(line.at), "step": line.step, "text": line.text,
            "detail": line.detail })
    };
    let elapsed = rehearsed.now.0.saturating_sub(rehearsed.began.0);
    let taken: Vec<Value> = rehearsed.taken.iter().map(taken).collect();
    screen.object(
        "rehearsed",
        json!({
            "workflow": workflow.name, "release": plan.release(), "case": begun.case,
            "status": view.status, "over": rehearsed.is_over(),
            "story": view.timeline.iter().map(line).collect::<Vec<_>>(),
            "taken": taken, "choices": rehearsed.choices(), "open": rehearsed.open,
            "elapsed_ms": elapsed, "people_ms": rehearsed.people_ms,
            "tokens": rehearsed.used.tokens(), "cost": words::cost(rehearsed.used.cost_nanos),
            "how": HOW, "kept": kept,
        }),
    )?;
    let name = words::plain(&begun.name);
    screen.line(format!("rehearsal of {} with {name}; nothing left this machine", workflow.name));
    let zone = Some(workflow.hours.zone.as_str());
    for line in &view.timeline {
        let look =
            if line.detail { screen.word(Look::Quiet, &line.text) } else { line.text.clone() };
        screen.line(format!("{}  {look}", words::when(line.at, zone)));
    }
    if !rehearsed.taken.is_empty() {
        screen.line(screen.word(Look::Quiet, "what was said from outside:"));
    }
    for (n, one) in rehearsed.taken.iter().enumerate() {
        let by = if one.assumed { "assumed" } else { "chosen" };
        let value = one.choice.value.as_ref().map(short).unwrap_or_default();
        let (says, took) = (words::plain(&one.says), words::plain(&one.took));
        screen.line(format!("{:>4}  {}: {says}: {took}{value} ({by})", n + 1, one.step));
    }
    next(screen, rehearsed);
    let currency = workflow.limits.currency;
    screen.line(format!(
        "{}, {}, of it {} of people; {} tokens, {} {currency}; the figures are estimates",
        view.status.as_str(),
        words::span(elapsed),
        words::span(rehearsed.people_ms),
        words::number(rehearsed.used.tokens()),
        words::cost(rehearsed.used.cost_nanos)
    ));
    if let Some(kept) = kept {
        screen.line(format!("kept as {kept}; `flightdeck test {}` tries it", workflow.name));
    }
    Ok(())
}

/// What can be chosen now.
fn next(screen: &Screen, rehearsed: &Rehearsed) {
    for point in &rehearsed.open {
        let head = format!("now at {}: {}", point.step, words::plain(&point.says));
        screen.line(screen.word(Look::Good, &head));
        for field in &point.fields {
            screen.line(format!("  {}", field.field));
            for (n, text) in field.candidates.iter().enumerate() {
                screen.line(format!("    {n}  {}", words::plain(text)));
            }
        }
        for offer in &point.offers {
            let value = offer.value.as_ref().map(short).unwrap_or_default();
            screen.line(format!(
                "  --choose {:<20} {}{value}",
                offer.take,
                words::plain(&offer.says)
            ));
        }
    }
}

fn taken(one: &Taken) -> Value {
    json!({ "step": one.step, "says": one.says, "took": one.took, "choice": one.choice,
        "assumed": one.assumed, "at": words::stamp(one.at) })
}

/// A value on one line, as much of it as fits.
fn short(value: &Value) -> String {
    const MOST: usize = 120;
    let text = value.to_string();
    let cut: String = text.chars().take(MOST).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!(" {}{more}", words::plain(&cut))
}

fn searched(screen: &Screen, plan: &Plan, found: &Searched) -> Ended {
    let workflow = plan.workflow();
    let mut shown = serde_json::to_value(found).map_err(anyhow::Error::from)?;
    if let Some(fields) = shown.as_object_mut() {
        let ends = found.ends.iter().map(|(end, by)| json!({ "end": end, "by": by }));
        let dearest = found.dearest.as_ref().map(|(used, by)| {
            json!({ "cost": words::cost(used.cost_nanos), "tokens": used.tokens(), "by": by })
        });
        let longest = found.longest.as_ref().map(|(ms, by)| json!({ "elapsed_ms": ms, "by": by }));
        let more = [
            ("workflow", json!(workflow.name)),
            ("release", json!(plan.release())),
            ("ends", ends.collect()),
            ("dearest", json!(dearest)),
            ("longest", json!(longest)),
            ("how", json!(HOW)),
        ];
        fields.extend(more.map(|(name, value)| (name.to_owned(), value)));
    }
    screen.object("ways", shown)?;
    for reached in &found.ways {
        let word = match &reached.by {
            Some(_) => screen.word(Look::Good, "taken"),
            None => screen.word(Look::Warn, "never"),
        };
        screen.line(format!("{word}  {}", words::plain(&way_said(&reached.way))));
    }
    screen.line(screen.word(Look::Quiet, "what goes wrong, and what it leads to:"));
    for led in &found.faults {
        let (says, to) = (words::plain(&led.says), words::plain(&led.leads_to));
        screen.line(format!("  {} {}: {says}: {to}", led.step, led.fault));
    }
    let ends: Vec<&str> = found.ends.keys().map(String::as_str).collect();
    screen.line(format!("a case is in the end: {}", ends.join(", ")));
    let never = found.ways.iter().filter(|reached| reached.by.is_none()).count();
    let bound = if found.complete { "no more is to be tried" } else { "time or number ended it" };
    screen.line(format!(
        "{} rehearsals; {never} of {} ways never taken; {bound}",
        words::number(u64::try_from(found.played).unwrap_or(u64::MAX)),
        found.ways.len()
    ));
    let currency = workflow.limits.currency;
    if let (Some((used, _)), Some((ms, _))) = (&found.dearest, &found.longest) {
        let (cost, span) = (words::cost(used.cost_nanos), words::span(*ms));
        screen.line(format!("the dearest costs {cost} {currency}, the longest takes {span}"));
    }
    Ok(Exit::Done)
}
