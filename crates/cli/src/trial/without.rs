//! A map as if a vendor of models were gone, to see who takes over and how well. It must not be run
//! on anything but kept cases.

use plan::Plan;
use plan::ids::{ModelName, ReleaseId};
use plan::workflow::{Does, Workflow};
use sha2::{Digest, Sha256};

use crate::exit::Stop;

/// The same map with the models of a vendor gone. It is a release of its own, and runs nowhere but
/// in here.
pub fn without(plan: &Plan, vendor: &str) -> Result<Plan, Stop> {
    let mut workflow = plan.workflow().clone();
    leave_out(&mut workflow, vendor)?;
    let bytes = serde_json::to_vec(&workflow).map_err(Stop::failed)?;
    let release = ReleaseId(Sha256::digest(&bytes).into());
    Plan::open(release, &bytes).map_err(Stop::failed)
}

fn leave_out(workflow: &mut Workflow, vendor: &str) -> Result<(), Stop> {
    let models = &workflow.models;
    let theirs = |name: &ModelName| models.get(name).is_some_and(|model| model.vendor == vendor);
    for (name, agent) in &mut workflow.agents {
        agent.models.retain(|model| !theirs(model));
        if agent.models.is_empty() {
            let what = format!("without `{vendor}` nobody answers for the agent `{name}`");
            return Err(Stop::usage(what).help("name a model of another vendor under `fallback`"));
        }
    }
    let checkers = workflow.steps.iter().filter_map(|step| match &step.does {
        Does::Agent(agent) => agent.sure.checker.as_ref(),
        _ => None,
    });
    if let Some(name) = workflow.judge.iter().chain(checkers).find(|name| theirs(name)) {
        let what = format!("without `{vendor}` nobody checks: `{name}` is a judge or a checker");
        return Err(Stop::usage(what));
    }
    workflow.children.values_mut().try_for_each(|child| leave_out(child, vendor))
}
