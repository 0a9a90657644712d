//! Who acts: the person that was named, known to the workspace, and whether that person may lift a
//! stop. What a person may decide about a case is the run's own to say, not this file's.

use std::collections::BTreeSet;

use journal::{RunQuery, StopScope};
use plan::ids::PersonId;
use plan::workflow::Workflow;

use crate::args::Global;
use crate::exit::{Exit, Stop};
use crate::stored::Runs;
use crate::workspace::Workspace;

/// The person who does this; an act without a name is nobody's.
pub fn named(global: &Global) -> Result<PersonId, Stop> {
    global.person.clone().ok_or_else(|| {
        Stop::usage("this needs the name of a person")
            .help("add `--as PERSON`, or set `FLIGHTDECK_PERSON`")
    })
}

/// The person who does this, who must be one of the workspace's.
pub fn known(global: &Global, workspace: &Workspace) -> Result<PersonId, Stop> {
    let who = named(global)?;
    let places = workspace.places().map_err(|problems| {
        Stop::usage(problems).help("`flightdeck check` shows them with their fixes")
    })?;
    if places.people.contains_key(&who) {
        return Ok(who);
    }
    let what = format!("`{who}` is not a person of this workspace");
    let all: Vec<&str> = places.people.keys().map(PersonId::as_str).collect();
    let help = format!("`flightdeck.yaml` names {}", all.join(", "));
    Err(Stop { exit: Exit::NotPermitted, ..Stop::usage(what) }.help(help))
}

/// The person who lifts a stop: who answers for a workflow that it holds back, or holds its
/// override role.
pub fn lifting(
    global: &Global,
    workspace: &Workspace,
    runs: &Runs,
    scope: &StopScope,
) -> Result<PersonId, Stop> {
    let who = known(global, workspace)?;
    let may = match scope {
        StopScope::Workflow(name) => {
            let query = RunQuery { workflow: Some(name.clone()), limit: 1, ..RunQuery::default() };
            match workspace.plan(name.as_str()) {
                Ok(plan) => over(plan.workflow()),
                // A map with problems still has its cases; the last one's release says who.
                Err(_) => stored(runs, &query)?.map_or_else(|| anyone(workspace), Ok)?,
            }
        }
        StopScope::Run(run) => {
            let query = RunQuery { prefix: Some(run.to_string()), limit: 1, ..RunQuery::default() };
            stored(runs, &query)?.unwrap_or_default()
        }
        StopScope::Everything
        | StopScope::Tool(_)
        | StopScope::Server(_)
        | StopScope::Vendor(_) => anyone(workspace)?,
    };
    if may.contains(&who) {
        return Ok(who);
    }
    let all: Vec<&str> = may.iter().map(PersonId::as_str).collect();
    let what = format!("`{who}` may not lift this stop");
    let help = format!("it takes whoever answers or may overrule: {}", all.join(", "));
    Err(Stop { exit: Exit::NotPermitted, ..Stop::usage(what) }.help(help))
}

/// Who answers for a workflow or may overrule it.
fn over(workflow: &Workflow) -> BTreeSet<PersonId> {
    let holders = workflow.roles.get(&workflow.override_by).into_iter().flatten();
    holders.chain([&workflow.accountable]).cloned().collect()
}

/// The same by the release of a stored run.
fn stored(runs: &Runs, query: &RunQuery) -> Result<Option<BTreeSet<PersonId>>, Stop> {
    let line = runs.lines(query)?.into_iter().next();
    let plan = line.and_then(|line| runs.release(line.release));
    Ok(plan.map(|plan| over(plan.workflow())))
}

/// Those of every workflow.
fn anyone(workspace: &Workspace) -> Result<BTreeSet<PersonId>, Stop> {
    let checked = plan::check_all(&workspace.files);
    if checked.plans.is_empty() {
        return Err(Stop::usage("no workflow is fit to say who may lift a stop")
            .help("`flightdeck check` shows what is wrong with them"));
    }
    Ok(checked.plans.values().flat_map(|plan| over(plan.workflow())).collect())
}
