//! Who may open cases and lift stops, decided by whoever holds the folder from its own files and
//! releases, for its own process and for everybody who asks over the socket. What a person may
//! decide about a case is the run's own to say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use journal::{Command, Millis, Mode, RunLine, RunQuery, Starter, Status, StopScope, StoreError};
use plan::ids::{PersonId, ReleaseId, RoleId, WorkflowName};
use plan::workflow::Workflow;
use plan::{Plan, Retention};

use crate::{Fault, Inner, NewRun, blocking, now};

/// The people of a workspace, as its files say it now.
pub trait People: Send + Sync {
    /// Whether somebody is one of them.
    fn knows(&self, who: &PersonId) -> bool;

    /// Those who are away at a time and for whom this person stands in.
    fn stands_for(&self, _who: &PersonId, _at: Millis) -> Vec<PersonId> {
        Vec::new()
    }

    /// The roles that this person is on call for at a time.
    fn on_call(&self, _who: &PersonId, _at: Millis) -> Vec<RoleId> {
        Vec::new()
    }

    /// Every workflow that is fit to run, and with it who answers for it.
    fn plans(&self) -> BTreeMap<WorkflowName, Plan>;

    /// How long contents are kept. Nothing where no file says so: nothing is erased then.
    fn retention(&self) -> Option<Retention> {
        None
    }
}

/// Whether a case may be opened so: by a person of the workspace, and by nobody else.
pub(crate) async fn may_open(inner: &Arc<Inner>, new: &NewRun) -> Result<(), Fault> {
    let Starter::Person(who) = &new.starter else {
        return Err(Fault::NotPermitted("only a person opens a case".to_owned()));
    };
    let (people, asked) = (inner.people(), who.clone());
    let known = blocking(move || Ok(people.is_some_and(|people| people.knows(&asked)))).await?;
    if !known {
        return Err(Fault::NotPermitted(format!("`{who}` is not a person of this workspace")));
    }
    let workflow = new.plan.workflow();
    if new.mode == Mode::Seeded && !over(workflow).contains(who) {
        let what = format!("`{who}` neither answers for `{}` nor may overrule it", workflow.name);
        return Err(Fault::NotPermitted(what));
    }
    if new.mode == Mode::Live { has_room(inner, workflow).await } else { Ok(()) }
}

/// A queue that nobody gets through is not made longer: what comes in waits outside.
pub(crate) async fn has_room(inner: &Arc<Inner>, workflow: &Workflow) -> Result<(), Fault> {
    let Some(most) = workflow.limits.waiting else { return Ok(()) };
    let store = inner.store.clone();
    let query = RunQuery {
        workflow: Some(workflow.name.clone()),
        status: vec![Status::Waiting],
        limit: usize::try_from(most).unwrap_or(usize::MAX),
        ..RunQuery::default()
    };
    let limit = query.limit;
    let waiting = blocking(move || Ok(store.runs(&query)?.len())).await?;
    if waiting < limit { Ok(()) } else { Err(Fault::Full(workflow.name.clone(), most)) }
}

/// Whether an order may be passed to its run: only what a person of the workspace says, and for
/// those only for whom they stand in. Whoever has left decides nothing any more, whatever an older
/// release says. What the person may decide is for the run to say.
pub(crate) async fn may_order(inner: &Arc<Inner>, command: &mut Command) -> Result<(), Fault> {
    let Some(who) = command.order.who().cloned() else {
        command.stands_for.clear();
        command.on_call.clear();
        return Ok(());
    };
    let (people, asked, at) = (inner.people(), who.clone(), now());
    let stands_for = blocking(move || {
        let people = people.filter(|people| people.knows(&asked));
        let of =
            |people: Arc<dyn People>| (people.stands_for(&asked, at), people.on_call(&asked, at));
        Ok(people.map(of))
    });
    match stands_for.await? {
        Some((stands_for, on_call)) => {
            command.stands_for = stands_for;
            command.on_call = on_call;
            Ok(())
        }
        None => Err(Fault::NotPermitted(format!("`{who}` is not a person of this workspace"))),
    }
}

/// Whether somebody may lift a stop: who answers for a workflow that it holds back, or holds its
/// override role.
pub(crate) async fn may_lift(
    inner: &Arc<Inner>,
    scope: &StopScope,
    who: &PersonId,
) -> Result<(), Fault> {
    let (asked, scope) = (inner.clone(), scope.clone());
    let may = blocking(move || lifting(&asked, &scope)).await?;
    if may.contains(who) {
        return Ok(());
    }
    if may.is_empty() {
        let what = "no workflow is fit to say who may lift this stop";
        return Err(Fault::NotPermitted(what.to_owned()));
    }
    let all: Vec<&str> = may.iter().map(PersonId::as_str).collect();
    Err(Fault::NotPermitted(format!(
        "`{who}` may not lift this stop; it takes whoever answers or may overrule: {}",
        all.join(", ")
    )))
}

fn lifting(inner: &Inner, scope: &StopScope) -> Result<BTreeSet<PersonId>, StoreError> {
    let Some(people) = inner.people() else { return Ok(BTreeSet::new()) };
    let plans = people.plans();
    let anyone = || plans.values().flat_map(|plan| over(plan.workflow())).collect();
    Ok(match scope {
        StopScope::Workflow(name) | StopScope::Beyond { workflow: name, .. } => {
            match plans.get(name) {
                Some(plan) => over(plan.workflow()),
                // A map with problems still has its cases; the last one's release says who.
                None => {
                    let workflow = Some(name.clone());
                    let query = RunQuery { workflow, limit: 1, ..RunQuery::default() };
                    stored(inner, &query)?.unwrap_or_else(anyone)
                }
            }
        }
        StopScope::Run(run) => {
            let prefix = Some(run.to_string());
            let query = RunQuery { prefix, limit: 1, ..RunQuery::default() };
            stored(inner, &query)?.unwrap_or_default()
        }
        StopScope::Everything
        | StopScope::Tool(_)
        | StopScope::Server(_)
        | StopScope::Vendor(_) => anyone(),
    })
}

/// Who answers for a workflow or may overrule it.
pub(crate) fn over(workflow: &Workflow) -> BTreeSet<PersonId> {
    let holders = workflow.roles.get(&workflow.override_by).into_iter().flatten();
    holders.chain([&workflow.accountable]).cloned().collect()
}

/// The same by the release of a stored run.
fn stored(inner: &Inner, query: &RunQuery) -> Result<Option<BTreeSet<PersonId>>, StoreError> {
    let Some(RunLine { release, .. }) = inner.store.runs(query)?.into_iter().next() else {
        return Ok(None);
    };
    Ok(Some(over_release(inner, release)?).filter(|people| !people.is_empty()))
}

/// Who answers for a release's workflow or may overrule it; nobody where it cannot be read.
pub(crate) fn over_release(
    inner: &Inner,
    release: ReleaseId,
) -> Result<BTreeSet<PersonId>, StoreError> {
    let bytes = inner.store.release(release)?;
    let plan = bytes.and_then(|bytes| Plan::open(release, &bytes).ok());
    Ok(plan.map(|plan| over(plan.workflow())).unwrap_or_default())
}
