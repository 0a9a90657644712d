//! The part of a stop that takes back: no effect of the scope is carried out by itself any more,
//! every open case is ended, and what it did is undone where its map says how.

use std::collections::BTreeSet;

use evidence::words;
use journal::{Order, RunId, RunLine, RunQuery, Starter, Status, StopScope};
use plan::ids::{PersonId, WorkflowName};
use plan::workflow::Autonomy;
use serde_json::json;

use super::mcp;
use crate::args::Global;
use crate::driver::{self, Driver, Drives};
use crate::exit::Stop;
use crate::people;
use crate::screen::{Look, Screen};
use crate::stored::Runs;
use crate::workspace::Workspace;

const OPEN: [Status; 5] =
    [Status::Running, Status::Sleeping, Status::Waiting, Status::Paused, Status::Halted];

/// What became of the open cases.
#[derive(Default)]
struct Taken {
    ended: usize,
    undone: usize,
    /// Effects that could not be taken back.
    left: Vec<(RunId, String)>,
    /// Cases that this person may not end, or that did not come to their end.
    open: Vec<RunId>,
}

/// Ends every open case in a scope. The stop itself comes after it, and holds what is left.
pub(super) fn undo(
    screen: &Screen,
    global: &Global,
    scope: &StopScope,
    reason: &str,
) -> Result<(), Stop> {
    let workspace = Workspace::open(global)?;
    let who = people::known(global, &workspace)?;
    let runs = Runs::existing(global)?;
    let lines = lines(&runs, scope)?;
    let taken = mcp::within(async {
        // First nothing new is done, so that no case runs on while others are taken back.
        let held = hold(&workspace, &runs, &lines, &who, reason).await?;
        let driver = Driver::start(&workspace, Drives::Told).await?;
        let ended = end(&driver, &runs, &lines, &who, reason).await;
        for scope in held {
            // Whoever may not lift it leaves it in force; `status` shows it.
            let _ = driver.lift(scope, &who, "what was open is taken back").await;
        }
        driver.close().await;
        ended
    })??;
    let left: Vec<_> =
        taken.left.iter().map(|(run, what)| json!({ "run": run, "effect": what })).collect();
    screen.object(
        "taken_back",
        json!({ "scope": scope, "ended": taken.ended, "undone": taken.undone, "left": left,
            "open": taken.open }),
    )?;
    let cases = words::cases(taken.ended);
    screen.line(format!("{cases} ended; {} effects were taken back", taken.undone));
    for (run, what) in &taken.left {
        screen.line(screen.word(Look::Bad, &format!("  {run}: {what} could not be taken back")));
    }
    for run in &taken.open {
        screen.line(screen.word(Look::Warn, &format!("  {run} is still open")));
    }
    Ok(())
}

/// The open cases of a scope that no other case called: those end with it.
fn lines(runs: &Runs, scope: &StopScope) -> Result<Vec<RunLine>, Stop> {
    let mut query =
        RunQuery { status: OPEN.to_vec(), limit: usize::MAX >> 1, ..RunQuery::default() };
    match scope {
        StopScope::Workflow(name) => query.workflow = Some(name.clone()),
        StopScope::Run(run) => query.prefix = Some(run.to_string()),
        _ => {}
    }
    let mut lines = runs.lines(&query)?;
    lines.retain(|line| line.run != RunId::DESK);
    Ok(lines)
}

/// Holds every workflow of these cases back, and returns what is to be lifted again: a stop that
/// somebody had set before stays theirs.
async fn hold(
    workspace: &Workspace,
    runs: &Runs,
    lines: &[RunLine],
    who: &PersonId,
    reason: &str,
) -> Result<Vec<StopScope>, Stop> {
    let names: BTreeSet<WorkflowName> = lines.iter().map(|line| line.workflow.clone()).collect();
    let level = Autonomy::Suggest;
    let before = runs.reader().stops()?;
    let mut held = Vec::new();
    for workflow in names {
        let scope = StopScope::Beyond { workflow, step: None, level };
        if before.contains(&scope) {
            continue;
        }
        driver::stop(&workspace.data, scope.clone(), who, reason, true).await?;
        held.push(scope);
    }
    Ok(held)
}

async fn end(
    driver: &Driver,
    runs: &Runs,
    lines: &[RunLine],
    who: &PersonId,
    reason: &str,
) -> Result<Taken, Stop> {
    let mut taken = Taken::default();
    for line in lines {
        let view = runs.view(line.run)?;
        if matches!(view.starter, Some(Starter::Parent { .. })) {
            continue;
        }
        let (who, reason) = (who.clone(), reason.to_owned());
        let ordered = driver.order(line.run, Order::Cancel { who, reason }).await;
        let rested = match ordered {
            Ok(_) => driver.rested(line.run).await,
            Err(stop) => Err(stop),
        };
        if !rested.is_ok_and(Status::over) {
            taken.open.push(line.run);
            continue;
        }
        taken.ended += 1;
        let view = runs.view(line.run)?;
        taken.undone += view.undone.iter().filter(|(_, ok)| *ok).count();
        let left = view.undone.iter().filter(|(_, ok)| !ok);
        taken.left.extend(left.map(|(at, _)| (line.run, format!("the effect of `{}`", at.step))));
    }
    Ok(taken)
}
