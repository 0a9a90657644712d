//! Stops and their end. Setting one must work whatever else is broken: it reads no settings, and
//! whoever sets it need not be known. Lifting one takes a person who may.

mod undo;

use std::path::Path;
use std::time::Duration;

use evidence::words;
use journal::{ActNo, Order, RunId, RunQuery, Status, StopScope};
use plan::ids::PersonId;
use serde_json::json;

use super::{autonomy, mcp, orders};
use crate::args::{Global, Reason, Scope};
use crate::driver::{self, Driver, Drives};
use crate::exit::{Ended, Exit, Stop};
use crate::screen::Screen;
use crate::stored::Runs;
use crate::workspace::{self, Workspace};
use crate::{people, servers};

/// How many acts are named.
const NAMED: usize = 20;

/// How a stop is meant.
#[derive(Debug, Clone, Copy)]
pub struct How {
    pub force: bool,
    pub drain: bool,
    pub undo: bool,
}

/// How long a running flightdeck may take to stop before it is ended from outside.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// What a scope of the command line means; nothing at all means everything.
fn scope(global: &Global, scope: &Scope) -> Result<StopScope, Stop> {
    Ok(match scope {
        Scope { run: Some(run), .. } => StopScope::Run(Runs::existing(global)?.find(run)?),
        Scope { workflow: Some(name), .. } => StopScope::Workflow(name.clone()),
        Scope { tool: Some(name), .. } => StopScope::Tool(name.clone()),
        Scope { server: Some(name), .. } => StopScope::Server(name.clone()),
        Scope { vendor: Some(name), .. } => StopScope::Vendor(name.clone()),
        Scope { beyond: Some(scope), .. } => scope.clone(),
        Scope { .. } => StopScope::Everything,
    })
}

/// Stops. Whatever else is broken, what runs here comes to an end, and what could not be recorded
/// is said.
pub fn stop(screen: &Screen, global: &Global, at: &Scope, reason: Option<&str>, how: How) -> Ended {
    let scope = scope(global, at)?;
    if !how.force && is_known(global, &scope) == Some(false) {
        let what = format!("neither the workspace nor its runs know {}", words::scope(&scope));
        return Err(Stop::usage(format!("{what}; nothing was stopped"))
            .help("correct the name, stop everything with `flightdeck stop`, or add `--force`"));
    }
    let who = global.person.clone().or_else(|| PersonId::new("operator").ok());
    let who = who.ok_or_else(|| Stop::failed("nobody is named"))?;
    let reason = reason.unwrap_or("stopped from the command line");
    let data = workspace::data_folder(global)?;
    if how.undo {
        undo::undo(screen, global, &scope, reason)?;
    }
    let asked = mcp::within(async {
        let stopping = driver::stop(&data, scope.clone(), &who, reason, how.drain);
        let time = tokio::time::timeout(STOP_WITHIN, stopping).await;
        time.unwrap_or_else(|_| Err(Stop::failed("the running flightdeck does not answer")))
    })?;
    match asked {
        Ok((aborted, out)) => {
            let unknown = Workspace::open(global)
                .ok()
                .and_then(|workspace| people::known(global, &workspace).err());
            screen.object(
                "stopped",
                json!({ "scope": scope, "aborted": aborted, "drains": how.drain, "out": out,
                    "known": unknown.is_none() }),
            )?;
            let what = words::scope(&scope);
            screen.line(match scope.holds_back() {
                true if how.drain => {
                    format!("{what} is stopped; {} acts come to their end", out.len())
                }
                true => format!("{what} is stopped; {aborted} acts were broken off"),
                false => format!("{what} are put before a person from now on"),
            });
            in_flight(screen, global, &out);
            if unknown.is_some() {
                screen.line(format!("it holds, though `{who}` is no person of this workspace"));
            }
            let lift = words::scope_args(&scope);
            screen.line(format!("lift it with `flightdeck resume{lift} --reason TEXT`"));
            Ok(Exit::Done)
        }
        Err(stop) => by_force(screen, &data, &scope, &stop),
    }
}

/// What was out when the stop came, so that a person can look whether it happened.
fn in_flight(screen: &Screen, global: &Global, out: &[(RunId, ActNo)]) {
    let Ok(Some(runs)) = Runs::open(global) else { return };
    for (run, act) in out.iter().take(NAMED) {
        let view = runs.view(*run).ok();
        let found = view.iter().flat_map(|view| &view.acts).find(|one| one.no == *act);
        let what = found.map_or_else(|| "an act".to_owned(), |one| one.what.clone());
        screen.line(format!("  {run}: {what} was out"));
    }
    if out.len() > NAMED {
        screen.line(format!("  and {} more; `flightdeck logs RUN` has each", out.len() - NAMED));
    }
}

/// Whether anything of that name is there to be stopped; nothing where the files cannot say so,
/// because a stop does not wait for them to be mended.
pub fn is_known(global: &Global, scope: &StopScope) -> Option<bool> {
    let ran = |query: &RunQuery| {
        let runs = Runs::open(global).ok().flatten();
        runs.and_then(|runs| runs.lines(query).ok()).is_some_and(|lines| !lines.is_empty())
    };
    match scope {
        StopScope::Everything => Some(true),
        StopScope::Run(run) => {
            Some(ran(&RunQuery { prefix: Some(run.to_string()), limit: 1, ..RunQuery::default() }))
        }
        StopScope::Workflow(name) => {
            let query = RunQuery { workflow: Some(name.clone()), limit: 1, ..RunQuery::default() };
            if ran(&query) {
                return Some(true);
            }
            let files = Workspace::open(global).ok()?.files;
            // A map with problems is one all the same.
            let says = |text: &str| {
                let names = text.lines().filter_map(|line| line.strip_prefix("workflow:"));
                names.filter_map(|rest| rest.split_whitespace().next()).any(|n| n == name.as_str())
            };
            Some(files.iter().any(|(path, text)| path.starts_with("workflows/") && says(text)))
        }
        StopScope::Beyond { workflow, step, .. } => {
            let plans = plan::check_all(&Workspace::open(global).ok()?.files).plans;
            let plan = plans.get(workflow)?;
            Some(step.as_ref().is_none_or(|step| plan.step(step).is_some()))
        }
        StopScope::Tool(name) => {
            let workspace = Workspace::open(global).ok()?;
            let pinned = workspace.places().ok()?.lock.tools.contains_key(name);
            let plans = plan::check_all(&workspace.files).plans;
            Some(pinned || plans.values().any(|plan| plan.workflow().tools.contains_key(name)))
        }
        StopScope::Server(name) => {
            let workspace = Workspace::open(global).ok()?;
            Some(servers::known(&workspace.places().ok()?, name))
        }
        StopScope::Vendor(name) => {
            let workspace = Workspace::open(global).ok()?;
            workspace.places().ok()?;
            let plans = plan::check_all(&workspace.files).plans;
            // Without any map that is fit to run nobody knows which vendors are called.
            let mut models = plans.values().flat_map(|plan| plan.workflow().models.values());
            let named = models.any(|model| model.vendor == *name);
            if plans.is_empty() { None } else { Some(named) }
        }
    }
}

/// The last resort: the process that drives is ended, and its servers end with it.
fn by_force(screen: &Screen, data: &Path, scope: &StopScope, first: &Stop) -> Ended {
    let holder = store::holder(data);
    let pid = holder.and_then(|pid| rustix::process::Pid::from_raw(i32::try_from(pid).ok()?));
    let ended = match pid {
        Some(pid) => rustix::process::kill_process(pid, rustix::process::Signal::KILL).is_ok(),
        None => false,
    };
    screen.object("stopped", json!({ "scope": scope, "by_force": ended, "recorded": false }))?;
    let what = match (holder, ended) {
        (Some(pid), true) => format!("process {pid} was ended, and nothing runs any more"),
        (Some(pid), false) => format!("process {pid} could not be ended"),
        (None, _) => "nothing was running".to_owned(),
    };
    let text = format!("{what}; the stop itself could not be recorded: {:#}", first.what);
    Err(Stop::failed(text).help("give the command again once the cause is mended"))
}

/// Lifts a stop or a pause. It needs a person who may, and a reason.
pub fn resume(screen: &Screen, global: &Global, at: &Scope, reason: &Reason) -> Ended {
    let who = people::named(global)?;
    let scope = scope(global, at)?;
    let workspace = Workspace::open(global)?;
    let runs = Runs::existing(global)?;
    let stopped = runs.reader().stops()?.contains(&scope);
    if let StopScope::Run(run) = &scope
        && !stopped
    {
        let order = Order::Resume { who: people::known(global, &workspace)? };
        return orders::order_and_follow(screen, global, &workspace, *run, order);
    }
    if !stopped {
        let what = format!("{} is not stopped", words::scope(&scope));
        return Err(Stop::usage(what).help("`flightdeck status` lists what is stopped"));
    }
    let held: Vec<RunId> = runs
        .standing(&[Status::Halted], usize::MAX >> 1)?
        .into_iter()
        .map(|line| line.run)
        .collect();
    // Whoever lets a step go further says why, and what was seen until then stands beside it.
    let reason = match &scope {
        StopScope::Beyond { workflow, step, .. } => {
            let seen = autonomy::since(&runs, &scope, workflow, step.as_ref())?;
            format!("{}; {seen}", reason.reason)
        }
        _ => reason.reason.clone(),
    };
    let woken = mcp::within(async {
        let driver = Driver::start(&workspace, Drives::Told).await?;
        let followed = async {
            let woken = driver.lift(scope.clone(), &who, &reason).await?;
            driver.released(&held).await?;
            Ok::<_, Stop>(woken)
        };
        let followed = followed.await;
        driver.close().await;
        followed
    })??;
    screen.object("resumed", json!({ "scope": scope, "woken": woken }))?;
    screen.line(format!("{} may go on; {woken} cases do", words::scope(&scope)));
    Ok(Exit::Done)
}
