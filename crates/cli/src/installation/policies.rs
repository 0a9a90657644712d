//! Policies over the HTTP interface: their words beside their text, and what they decide otherwise
//! than those that are live. It must not decide an act.

use std::collections::BTreeMap;

use plan::Plan;
use plan::policy::compare::{self, Case};
use plan::policy::{STANDARD_FILE, words};
use plan::workflow::{Policy, Workflow};
use server::{
    No, Policies, PoliciesCompared, PoliciesTried, PolicyAct, PolicyCase, PolicyLine, PolicyTried,
    Why,
};

use super::{Inner, no};
use crate::commands::policy;
use crate::releases;
use crate::stored::Runs;
use crate::workspace::Workspace;

/// Every policy with what it says and matters for, and what is new against what is live.
pub fn list(inner: &Inner, runs: &Runs) -> Result<Policies, No> {
    let workspace = Workspace::open(&inner.global).map_err(no)?;
    let checked = plan::check_all(&workspace.files);
    let mut acts = Vec::new();
    let mut policies: BTreeMap<(bool, String, String), &Policy> = BTreeMap::new();
    for workflow in checked.plans.values().map(Plan::workflow) {
        for one in &workflow.policies {
            let standard = one.file == STANDARD_FILE;
            policies.insert((standard, one.file.clone(), one.id.clone()), one);
        }
        for one in policy::ruled(workflow).map_err(no)? {
            acts.push(PolicyAct {
                workflow: workflow.name.to_string(),
                step: one.step.to_string(),
                act: one.act,
                policies: one.policies,
                looks_at: one.looks,
                always: one.always,
            });
        }
    }
    let line = |((standard, ..), one): (&(bool, String, String), &&Policy)| {
        let matters = acts.iter().filter(|act| act.policies.contains(&one.id));
        let matters_for = matters.map(|act| format!("{}.{}: {}", act.workflow, act.step, act.act));
        let said = words::said(one).map_err(|fault| No::new(Why::Failed, fault))?;
        Ok(PolicyLine {
            id: one.id.clone(),
            file: one.file.clone(),
            standard: *standard,
            text: one.text.clone(),
            does: said.does,
            conditions: said.conditions,
            reason: said.reason,
            role: one.ask.as_ref().map(ToString::to_string),
            matters_for: matters_for.collect(),
        })
    };
    let policies = policies.iter().map(line).collect::<Result<Vec<_>, No>>()?;
    let names = workspace.files.within("workflows/", ".md");
    let names =
        names.map(|(path, _)| path.trim_start_matches("workflows/").trim_end_matches(".md"));
    let fit = |name: &str| checked.plans.keys().any(|fit| fit.as_str() == name);
    let unfit = names.filter(|name| !fit(name) && !["AGENTS", "CLAUDE"].contains(name));
    Ok(Policies {
        policies,
        compared: compared(runs, checked.plans.values())?,
        cases: policy::cases(&workspace).map_err(no)?.map(|all| all.len()),
        unfit: unfit.map(str::to_owned).collect(),
        acts,
    })
}

fn compared<'p>(
    runs: &Runs,
    plans: impl Iterator<Item = &'p Plan>,
) -> Result<Vec<PoliciesCompared>, No> {
    let (_, rollouts) = releases::stored(Some(runs)).map_err(no)?;
    let mut all = Vec::new();
    for workflow in plans.map(Plan::workflow) {
        let Some(rollout) = rollouts.get(&workflow.name) else { continue };
        let Some(live) = runs.release(rollout.live) else { continue };
        all.push(beside(&rollout.live.to_string(), live.workflow(), workflow)?);
    }
    Ok(all)
}

/// A workflow's policies now beside those of its live release.
fn beside(release: &str, live: &Workflow, now: &Workflow) -> Result<PoliciesCompared, No> {
    let found = match live.policies == now.policies {
        // The same words decide the same: nothing has to be tried.
        true => compare::Compared::default(),
        false => compare::compare(now, &live.policies, &now.policies)
            .map_err(|fault| No::new(Why::Failed, fault))?,
    };
    let case = |one: Case| PolicyCase {
        step: one.step.to_string(),
        act: one.act,
        given: one.given,
        before: one.before,
        after: one.after,
    };
    Ok(PoliciesCompared {
        workflow: now.name.to_string(),
        release: release.to_owned(),
        acts: found.acts,
        tried: found.tried,
        cut: found.cut,
        wider: found.wider.into_iter().map(case).collect(),
        narrower: found.narrower.into_iter().map(case).collect(),
    })
}

/// What comes of the cases that the policies must decide as written.
pub fn tried(inner: &Inner) -> Result<PoliciesTried, No> {
    let workspace = Workspace::open(&inner.global).map_err(no)?;
    let all = policy::tried(&workspace).map_err(no)?;
    let held = all.iter().filter(|one| one.held).count();
    let shown = |one: policy::Tried| {
        let policy::Tried { case, held, told } = one;
        PolicyTried { case, held, told }
    };
    let failed = all.len() - held;
    Ok(PoliciesTried { held, failed, cases: all.into_iter().map(shown).collect() })
}
