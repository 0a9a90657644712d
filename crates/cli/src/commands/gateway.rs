//! `mcp gateway`: one case of a workflow, worked on by an outside agent. Standard output is the
//! agent's; what people should know goes to standard error.

use std::sync::Arc;

use plan::Plan;

use super::{check, mcp, status};
use crate::args::Global;
use crate::driver::{Driver, Drives};
use crate::exit::{Ended, Stop};
use crate::gateway::Gateway;
use crate::models::OUTSIDE;
use crate::screen::Screen;
use crate::workspace::Workspace;
use crate::{cases, people};

/// Opens a case and serves its gateway until the agent goes; then the case goes its way.
pub fn gateway(screen: &Screen, global: &Global, workflow: &str, case: &str) -> Ended {
    let workspace = Workspace::open(global)?;
    let plan = Arc::new(check::plan(screen, &workspace, workflow)?);
    if !plan.workflow().models.values().any(|model| model.vendor == OUTSIDE) {
        let what = format!("no step of `{workflow}` is an outside agent's");
        let help = "give an agent a model with `vendor: outside` in `flightdeck.yaml`";
        return Err(Stop::usage(what).help(help));
    }
    let case = cases::one(&workspace.root, case)?;
    let by = people::named(global)?;
    mcp::within(serve(screen, &workspace, &plan, case.value.to_string(), by))?
}

async fn serve(
    screen: &Screen,
    workspace: &Workspace,
    plan: &Arc<Plan>,
    case: String,
    by: plan::ids::PersonId,
) -> Ended {
    let (seat, sitting) = model::seat();
    let driver = Arc::new(Driver::seated(workspace, Drives::Told, Some(seat)).await?);
    if driver.own().is_none() {
        return Err(Stop::failed("another flightdeck drives this folder")
            .help("end it first; an outside agent works with the one that drives"));
    }
    let run = driver.open(plan, case.into_bytes(), &by).await?;
    screen.note(format!("{run}: the outside agent may begin"));
    let gateway = Arc::new(Gateway::open(Arc::clone(&driver), run, sitting).await);
    let served = tools::gateway::stdio(Arc::clone(&gateway) as _).await;
    gateway.leave().await;
    drop(gateway);
    let rests = driver.rested(run).await;
    if let Some(driver) = Arc::into_inner(driver) {
        driver.close().await;
    }
    served.map_err(Stop::failed)?;
    let rests = rests?;
    screen.note(format!("{run}: {}", rests.as_str()));
    Ok(status::exit(rests))
}
