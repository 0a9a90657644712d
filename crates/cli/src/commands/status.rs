//! `status` and `runs`: where everything stands, from the index of runs.

use std::collections::BTreeMap;

use evidence::{Notice, words};
use journal::{RunLine, RunQuery, Status};
use plan::Plan;
use plan::ids::WorkflowName;
use serde_json::json;

use crate::args::{Global, Runs as RunsArgs};
use crate::exit::{Ended, Exit};
use crate::held;
use crate::measured;
use crate::releases;
use crate::screen::{Look, Screen};
use crate::starts;
use crate::stored::{Runs, now};
use crate::workspace::Workspace;

/// Counts, stops, and what is most urgent.
pub fn status(screen: &Screen, global: &Global) -> Ended {
    let Some(runs) = Runs::open(global)? else {
        let starts = starts::standing(&BTreeMap::new(), &plans(global), None, now())?;
        screen.object(
            "status",
            json!({
                "cases": {}, "stops": [], "held_back": [], "working": null, "starts": starts,
                "releases": [],
            }),
        )?;
        screen.line("nothing has run here yet");
        starts.iter().for_each(|start| screen.line(start.told()));
        return Ok(Exit::Done);
    };
    let tally = runs.reader().tally()?;
    let counts: BTreeMap<(String, &'static str), u64> = tally
        .into_iter()
        .map(|(workflow, status, n)| ((workflow.to_string(), status.as_str()), n))
        .collect();
    let stops = runs.reader().stops()?;
    let working = store::holder(&runs.data);
    let wake = runs.reader().next_wake()?;
    let cases: Vec<_> = counts
        .iter()
        .map(|((workflow, status), n)| json!({ "workflow": workflow, "status": status, "n": n }))
        .collect();
    let held = held::back(&runs, global, now())?;
    let live = releases::all_live(&runs)?;
    let starts = starts::standing(&live, &plans(global), Some(&runs), now())?;
    let released = releases::told(&runs, now())?;
    let firing = measured::firing(&runs, global)?;
    screen.object(
        "status",
        json!({
            "cases": cases, "stops": stops, "held_back": held, "working": working,
            "next_wake": wake, "starts": starts, "releases": released,
            "alerts": firing.iter().map(|n| &n.headline).collect::<Vec<_>>(),
        }),
    )?;
    for ((workflow, status), n) in &counts {
        screen.line(format!("{workflow}: {} {}", words::number(*n), paint(screen, status)));
    }
    for stop in &stops {
        let what = words::stopped(stop);
        let lift = format!("flightdeck resume{} --reason TEXT", words::scope_args(stop));
        screen.line(format!("{}; lift it with `{lift}`", screen.word(Look::Bad, &what)));
    }
    for Notice { code, headline, .. } in &held {
        screen.line(format!("{} ({code}); `flightdeck why`", screen.word(Look::Bad, headline)));
    }
    released.iter().for_each(|one| screen.line(one));
    for Notice { headline, .. } in &firing {
        screen.line(format!("{}; `flightdeck alerts`", screen.word(Look::Bad, headline)));
    }
    starts.iter().for_each(|start| screen.line(start.told()));
    if let Some(wake) = wake {
        screen.line(format!("the next case wakes at {}", words::when(wake, None)));
    }
    match working {
        Some(pid) => screen.line(format!("process {pid} is working on them")),
        None => screen.line("nothing is working on them now"),
    }
    if counts.keys().any(|(_, status)| *status == Status::Waiting.as_str()) {
        screen.line("some wait for a person: `flightdeck review`");
    }
    Ok(Exit::Done)
}

/// The maps as the files say them now. Files that cannot be read begin nothing.
fn plans(global: &Global) -> BTreeMap<WorkflowName, Plan> {
    let workspace = Workspace::open(global).ok();
    workspace.map(|workspace| plan::check_all(&workspace.files).plans).unwrap_or_default()
}

/// Lists runs.
pub fn runs(screen: &Screen, global: &Global, args: &RunsArgs) -> Ended {
    let Some(runs) = Runs::open(global)? else {
        screen.line("nothing has run here yet");
        return Ok(Exit::Done);
    };
    let query = RunQuery {
        workflow: args.workflow.clone(),
        status: args.status.clone(),
        prefix: None,
        after: None,
        limit: args.limit,
    };
    let now = now();
    for line in runs.lines(&query)? {
        screen.object("run", &line)?;
        screen.line(one(screen, &line, now.0));
    }
    Ok(Exit::Done)
}

fn one(screen: &Screen, line: &RunLine, now: u64) -> String {
    let RunLine { run, workflow, status, opened, .. } = line;
    let age = words::span(now.saturating_sub(opened.0));
    format!("{run}  {:<9}  {workflow}  opened {age} ago", paint(screen, status.as_str()))
}

fn paint(screen: &Screen, status: &str) -> String {
    let look = match status {
        "done" => Look::Good,
        "failed" | "halted" => Look::Bad,
        "waiting" | "paused" => Look::Warn,
        _ => Look::Quiet,
    };
    screen.word(look, status)
}

/// The exit code of a run that stands so.
pub fn exit(status: Status) -> Exit {
    match status {
        Status::Done | Status::Duplicate => Exit::Done,
        // Not over, and not to be mistaken for done.
        Status::Waiting | Status::Paused | Status::Sleeping => Exit::Waiting,
        Status::Failed | Status::Rejected | Status::Cancelled => Exit::Failed,
        Status::Halted => Exit::Refused,
        Status::Running => Exit::Interrupted,
    }
}
