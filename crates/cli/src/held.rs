//! What holds new work back and no single run is about: guards that are not proven and limits of
//! the day that are used up, as far as they still matter to what the workspace's files say today.
//! It must not repeat what a run's own entries say.

mod ground;

use std::sync::Arc;

use evidence::{Closed, Notice, UsedUp};
use journal::{CasesOf, Millis, RunQuery, Status};
use plan::Plan;
use plan::ids::ReleaseId;

use crate::args::Global;
use crate::exit::{Exit, Stop};
use crate::releases;
use crate::stored::Runs;
use crate::workspace::Workspace;
pub use ground::{footing, ground};

/// How many open cases of a workflow are looked at for their release.
const LOOKED_AT: usize = 10_000;

/// Everything that holds new work back, guards first.
pub fn back(runs: &Runs, global: &Global, now: Millis) -> Result<Vec<Notice>, Stop> {
    let desk = runs.desk()?;
    let in_use = releases::in_use(runs)?;
    // Files that cannot be read do not make an entry go away.
    let workspace = Workspace::open(global).ok();
    let mut all = Vec::new();
    for guard in &desk.guards {
        let begins = in_use.iter().any(|plan| plan.release() == guard.release);
        if begins || matters(runs, workspace.as_ref(), guard)? {
            all.push(guard.notice());
        }
    }
    for used in desk.limits.iter().filter(|used| used.holds(now)) {
        if raised(&in_use, workspace.as_ref(), used) {
            continue;
        }
        let notice = used.notice(runs.zone_of(&used.workflow).as_deref());
        // Many senders may be held back, and none of them is named: once is enough.
        if !all.contains(&notice) {
            all.push(notice);
        }
    }
    if let Some(workspace) = &workspace {
        let plans = plan::check_all(&workspace.files).plans;
        all.extend(ground::starts(workspace, &plans, &desk, now));
        all.extend(ground::queues(runs, &plans)?);
    }
    Ok(all)
}

/// A release that nobody runs any more needs no guard.
fn matters(runs: &Runs, workspace: Option<&Workspace>, guard: &Closed) -> Result<bool, Stop> {
    let today = workspace.and_then(|workspace| workspace.plan(guard.workflow.as_str()).ok());
    if today.is_none_or(|plan| plan.release() == guard.release) {
        return Ok(true);
    }
    let open = [Status::Running, Status::Sleeping, Status::Waiting, Status::Paused, Status::Halted];
    let query = RunQuery {
        workflow: Some(guard.workflow.clone()),
        status: open.to_vec(),
        prefix: None,
        after: None,
        limit: LOOKED_AT,
    };
    Ok(runs.lines(&query)?.iter().any(|line| line.release == guard.release))
}

/// Whether the limit was raised since.
fn raised(in_use: &[Arc<Plan>], workspace: Option<&Workspace>, used: &UsedUp) -> bool {
    let mut live = in_use.iter().filter(|plan| plan.workflow().name == used.workflow).cloned();
    let files = || workspace.and_then(|workspace| workspace.plan(used.workflow.as_str()).ok());
    let today = live.next().or_else(|| files().map(Arc::new));
    today.is_some_and(|plan| {
        let limits = &plan.workflow().limits;
        let today = match used.account.cases() {
            Some(CasesOf::Hour) => limits.hour.cases,
            Some(CasesOf::Sender) => limits.hour.each_sender,
            Some(CasesOf::Day) | None => Some(limits.day.cases),
        };
        today.is_none_or(|most| most > used.limit)
    })
}

/// The exit code of a command that drove runs of these releases, unless all of them are guarded.
pub fn unproven(runs: &Runs, releases: &[ReleaseId]) -> Result<Option<Exit>, Stop> {
    let closed = runs.desk()?.guards.iter().any(|guard| releases.contains(&guard.release));
    Ok(closed.then_some(Exit::Unproven))
}
