//! How well a workflow does with its first vendor gone: the operator's own cases, tried as they are
//! and once more with whoever takes over. It must not do anything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evidence::trial::{Trial, between};
use plan::Plan;
use plan::workflow::{Does, Workflow};

use super::Check;
use crate::exit::Stop;
use crate::trial::{self, Bench, Tried};
use crate::workspace::Workspace;

/// How many cases are tried at once.
const AT_ONCE: usize = 4;

/// Measures each first vendor of a workflow.
pub async fn measure(workspace: &Workspace, plan: &Arc<Plan>) -> Result<Vec<Check>, Stop> {
    let name = plan.workflow().name.as_str();
    let trials = Arc::new(trial::read(&trial::folder(&workspace.root, name))?);
    let names: Vec<String> = trials.keys().cloned().collect();
    let mut vendors = BTreeSet::new();
    first(plan.workflow(), &mut vendors);
    let bench = Arc::new(Bench::new(workspace, plan, &trials)?);
    let found = each(&bench, plan, &trials, &names, vendors).await;
    bench.close().await;
    found
}

async fn each(
    bench: &Arc<Bench>,
    plan: &Arc<Plan>,
    trials: &Arc<BTreeMap<String, Trial>>,
    names: &[String],
    vendors: BTreeSet<String>,
) -> Result<Vec<Check>, Stop> {
    let told = |_: &str, _: &Tried| {};
    let whole = bench.all(plan, trials, names, AT_ONCE, told).await?;
    let mut checks = Vec::new();
    for vendor in vendors {
        let tried = match trial::without(plan, &vendor) {
            Ok(without) => bench.all(&Arc::new(without), trials, names, AT_ONCE, told).await,
            Err(stop) => Err(stop),
        };
        checks.extend(match tried {
            Ok(tried) => compared(&vendor, &whole, &tried),
            Err(stop) => {
                let what = "with a vendor gone the cases come to their end";
                vec![Check { what, held: false, seen: format!("{:#}", stop.what) }]
            }
        });
    }
    Ok(checks)
}

/// The vendors whose models are asked first.
fn first(workflow: &Workflow, vendors: &mut BTreeSet<String>) {
    for step in &workflow.steps {
        let Does::Agent(agent) = &step.does else { continue };
        let model = workflow.answering(agent).first();
        let model = model.and_then(|name| workflow.models.get(name)).filter(|model| !model.here);
        vendors.extend(model.map(|model| model.vendor.clone()));
    }
    workflow.children.values().for_each(|child| first(child, vendors));
}

fn compared(
    vendor: &str,
    whole: &BTreeMap<String, Tried>,
    without: &BTreeMap<String, Tried>,
) -> Vec<Check> {
    let right = |all: &BTreeMap<String, Tried>| all.values().filter(|t| t.scored.right()).count();
    let harmful = without.iter().filter(|(_, tried)| tried.scored.harm);
    let harmful: Vec<&str> = harmful.map(|(name, _)| name.as_str()).collect();
    let (with, left, all) = (right(whole), right(without), without.len());
    vec![
        Check {
            what: "whoever takes over does nothing that must not be done",
            held: harmful.is_empty(),
            seen: match harmful.as_slice() {
                [] => format!("without `{vendor}` none of {all} cases did"),
                some => format!("without `{vendor}` {} did: {}", some.len(), some.join(", ")),
            },
        },
        Check {
            what: "whoever takes over gets as many cases right, as far as they tell",
            // It may do worse, but not by more than chance could make of it.
            held: between(left, all).1 >= between(with, all).0,
            seen: format!("{left} of {all} cases without `{vendor}`, {with} with it"),
        },
    ]
}
