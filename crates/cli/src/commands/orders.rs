//! What people tell runs: answers to requests, retry, skip, cancel, pause, and stops and their
//! end. Whether a person may is decided by the run itself; here it is only said what came of it.

use std::time::Duration;

use evidence::words;
use journal::{CommandId, Decline, Order, Reply, ReviewNo, RunId, Status, StopScope};
use plan::ids::PersonId;
use serde_json::json;

use super::{mcp, review, status};
use crate::args::{Global, OneReview, Reason, Scope};
use crate::driver::Driver;
use crate::exit::{Ended, Exit, Stop};
use crate::screen::Screen;
use crate::stored::Runs;
use crate::values;
use crate::workspace::{self, Workspace};

/// How long a running flightdeck may take to stop before it is ended from outside.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// An answer to a request.
pub enum Said {
    Approve,
    Edit { set: Vec<String> },
    Reject { reason: String },
    Escalate { to: plan::ids::RoleId, reason: String },
    Happened { yes: bool },
}

/// Answers one request and follows the run to where it rests.
pub fn answer(screen: &Screen, global: &Global, one: &OneReview, said: Said) -> Ended {
    let who = mcp::named(global)?;
    let runs = Runs::existing(global)?;
    let open = review::find(&runs, one)?;
    let reply = match said {
        Said::Approve => Reply::Approve,
        Said::Reject { reason } => Reply::Reject { reason },
        Said::Escalate { to, reason } => Reply::Escalate { to, reason },
        Said::Happened { yes } => Reply::Happened { yes },
        Said::Edit { set } => {
            let plan = open.view.release.and_then(|release| runs.release(release));
            let plan = plan.ok_or_else(|| Stop::failed("the run's release cannot be read"))?;
            let read = |text: &String| values::assignment(plan.workflow(), text);
            let values = set.iter().map(read).collect::<Result<_, _>>().map_err(|why| {
                let may = open.review.may_edit.join(", ");
                Stop::usage(why).help(format!("you may change: {may}"))
            })?;
            Reply::Edit { values }
        }
    };
    let order = Order::Review { who, review: ReviewNo(open.review.no.0), reply };
    order_and_follow(screen, global, open.run, order)
}

/// Hands an order to a run and follows it to where it rests.
pub fn order(
    screen: &Screen,
    global: &Global,
    run: &str,
    make: impl FnOnce(PersonId) -> Order,
) -> Ended {
    let who = mcp::named(global)?;
    let runs = Runs::existing(global)?;
    let run = runs.find(run)?;
    let view = runs.view(run)?;
    if view.status.over() {
        let what = format!("the case is over: it is {}", view.status.as_str());
        return Err(Stop::usage(what).help(format!("`flightdeck why {run}` says more")));
    }
    order_and_follow(screen, global, run, make(who))
}

fn order_and_follow(screen: &Screen, global: &Global, run: RunId, order: Order) -> Ended {
    let workspace = Workspace::open(global)?;
    let (id, status) = mcp::within(async {
        let driver = Driver::start(&workspace).await?;
        let followed = async {
            let id = driver.order(run, order).await?;
            Ok::<_, Stop>((id, driver.rested(run).await?))
        };
        let followed = followed.await;
        driver.close().await;
        followed
    })??;
    declined(global, run, id)?;
    screen.object("ordered", json!({ "run": run, "status": status }))?;
    screen.line(format!("{run} is now {}", status.as_str()));
    Ok(status::exit(status))
}

/// An order that was not followed ends the command with the reason.
fn declined(global: &Global, run: RunId, id: CommandId) -> Result<(), Stop> {
    let view = Runs::existing(global)?.view(run)?;
    let Some(declined) = view.declined.iter().find(|declined| declined.command == id) else {
        return Ok(());
    };
    let exit = match declined.because {
        Decline::NotPermitted => Exit::NotPermitted,
        Decline::NotOpen | Decline::BadEdit | Decline::NotNow => Exit::Usage,
    };
    let help = format!("`flightdeck why {run}` says who may, and what is open");
    Err(Stop { exit, ..Stop::failed(declined.text) }.help(help))
}

/// What a scope of the command line means; nothing at all means everything.
pub fn scope(global: &Global, scope: &Scope) -> Result<StopScope, Stop> {
    Ok(match scope {
        Scope { run: Some(run), .. } => StopScope::Run(Runs::existing(global)?.find(run)?),
        Scope { workflow: Some(name), .. } => StopScope::Workflow(name.clone()),
        Scope { tool: Some(name), .. } => StopScope::Tool(name.clone()),
        Scope { server: Some(name), .. } => StopScope::Server(name.clone()),
        Scope { vendor: Some(name), .. } => StopScope::Vendor(name.clone()),
        Scope { .. } => StopScope::Everything,
    })
}

/// Stops. Whatever else is broken, what runs here comes to an end, and what could not be recorded
/// is said.
pub fn stop(screen: &Screen, global: &Global, at: &Scope, reason: Option<&str>) -> Ended {
    let scope = scope(global, at)?;
    let who = global.person.clone().or_else(|| PersonId::new("operator").ok());
    let who = who.ok_or_else(|| Stop::failed("nobody is named"))?;
    let reason = reason.unwrap_or("stopped from the command line");
    let asked = mcp::within(async {
        let workspace = Workspace::open(global)?;
        let stopping = async {
            let driver = Driver::start(&workspace).await?;
            let stopped = driver.stop(scope.clone(), &who, reason).await;
            driver.close().await;
            stopped
        };
        let time = tokio::time::timeout(STOP_WITHIN, stopping).await;
        time.unwrap_or_else(|_| Err(Stop::failed("the running flightdeck does not answer")))
    })?;
    match asked {
        Ok(aborted) => {
            screen.object("stopped", json!({ "scope": scope, "aborted": aborted }))?;
            let what = words::scope(&scope);
            screen.line(format!("{what} is stopped; {aborted} acts were broken off"));
            let lift = words::scope_args(&scope);
            screen.line(format!("lift it with `flightdeck resume{lift} --reason TEXT`"));
            Ok(Exit::Done)
        }
        Err(stop) => by_force(screen, global, &scope, &stop),
    }
}

/// The last resort: the process that drives is ended, and its servers end with it.
fn by_force(screen: &Screen, global: &Global, scope: &StopScope, first: &Stop) -> Ended {
    let data = workspace::data_folder(global)?;
    let holder = store::holder(&data);
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

/// Lifts a stop or a pause. It needs a person and a reason.
pub fn resume(screen: &Screen, global: &Global, at: &Scope, reason: &Reason) -> Ended {
    let who = mcp::named(global)?;
    let scope = scope(global, at)?;
    let runs = Runs::existing(global)?;
    if let StopScope::Run(run) = &scope
        && !runs.reader().stops()?.contains(&scope)
    {
        return order_and_follow(screen, global, *run, Order::Resume { who });
    }
    if !runs.reader().stops()?.contains(&scope) {
        let what = format!("{} is not stopped", words::scope(&scope));
        return Err(Stop::usage(what).help("`flightdeck status` lists what is stopped"));
    }
    let workspace = Workspace::open(global)?;
    let held: Vec<RunId> = runs
        .standing(&[Status::Halted], usize::MAX >> 1)?
        .into_iter()
        .map(|line| line.run)
        .collect();
    let woken = mcp::within(async {
        let driver = Driver::start(&workspace).await?;
        let followed = async {
            let woken = driver.lift(scope.clone(), &who, &reason.reason).await?;
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
