//! `mcp gateway`: one case of a workflow, worked on by an outside agent. Over pipes, standard
//! output is the agent's, and what people should know goes to standard error; over HTTP it is
//! people's.

use std::sync::Arc;
use std::time::Duration;

use journal::RunId;
use plan::Plan;
use serde_json::{Value, json};
use tools::gateway::Gate;

use super::{check, mcp, mcp_serve, status, up};
use crate::args::{self, Global};
use crate::driver::{Driver, Drives};
use crate::exit::{Ended, Stop};
use crate::gateway::{self, Gateway};
use crate::models::OUTSIDE;
use crate::screen::{Look, Screen};
use crate::workspace::Workspace;
use crate::{cases, people};

/// How often a case is looked at for its end.
const LOOK: Duration = Duration::from_millis(100);

/// Opens a case and serves its gateway until the agent goes; then the case goes its way.
pub fn gateway(screen: &Screen, global: &Global, args: &args::Gateway) -> Ended {
    let workspace = Workspace::open(global)?;
    let workflow = args.workflow.as_str();
    let plan = Arc::new(check::plan(screen, &workspace, workflow)?);
    if !plan.workflow().models.values().any(|model| model.vendor == OUTSIDE) {
        let what = format!("no step of `{workflow}` is an outside agent's");
        let help = "give an agent a model with `vendor: outside` in `flightdeck.yaml`";
        return Err(Stop::usage(what).help(help));
    }
    let case = cases::one(&workspace.root, &args.case)?;
    let by = people::named(global)?;
    let port = args.http.then(|| args.port.unwrap_or(0));
    mcp::within(serve(screen, &workspace, &plan, case.value.to_string(), by, port))?
}

async fn serve(
    screen: &Screen,
    workspace: &Workspace,
    plan: &Arc<Plan>,
    case: String,
    by: plan::ids::PersonId,
    port: Option<u16>,
) -> Ended {
    let places = workspace.places().map_err(Stop::usage)?;
    let outputs = gateway::outputs(plan, &places.lock);
    let (seat, sitting) = model::seat();
    let driver = Arc::new(Driver::seated(workspace, Drives::Told, Some(seat)).await?);
    if driver.own().is_none() {
        return Err(Stop::failed("another flightdeck drives this folder")
            .help("end it first; an outside agent works with the one that drives"));
    }
    let run = driver.open(plan, case.into_bytes(), &by).await?;
    screen.note(format!("{run}: the outside agent may begin"));
    let gateway = Arc::new(Gateway::open(Arc::clone(&driver), run, sitting, outputs).await);
    let gate: Arc<dyn Gate> = gateway.clone();
    let served = match port {
        None => tools::gateway::stdio(&gate).await.map_err(Stop::failed),
        Some(port) => over_http(screen, &driver, &gate, run, port).await,
    };
    gateway.leave().await;
    drop((gateway, gate));
    let rests = driver.rested(run).await;
    if let Some(driver) = Arc::into_inner(driver) {
        driver.close().await;
    }
    served?;
    let rests = rests?;
    screen.note(format!("{run}: {}", rests.as_str()));
    Ok(status::exit(rests))
}

/// Serves over HTTP until the case is over or somebody ends this process. The token is made for
/// this case, shown once, and opens nothing any more once the records say that the case is over.
async fn over_http(
    screen: &Screen,
    driver: &Arc<Driver>,
    gate: &Arc<dyn Gate>,
    run: RunId,
    port: u16,
) -> Result<(), Stop> {
    let (token, text) = mcp_serve::fresh()?;
    // A client that stays connected does not keep the driver.
    let drives = Arc::downgrade(driver);
    let goes_on = move || drives.upgrade().is_some_and(|driver| !driver.over(run));
    let opens = move |shown: &str| token.opens(shown) && goes_on();
    let listening =
        tools::gateway::listen(gate, port, Arc::new(opens)).await.map_err(Stop::failed)?;
    handed_over(screen, run, &listening.url(), &text, &gate.about())?;
    let ended = tokio::select! {
        ended = over(driver, run) => ended,
        ended = up::interrupted() => ended,
    };
    listening.close().await;
    ended
}

/// Waits for the end of a case.
async fn over(driver: &Driver, run: RunId) -> Result<(), Stop> {
    while !driver.rested(run).await?.over() {
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// What an agent is handed: where to go, with what token, and its task.
fn handed_over(
    screen: &Screen,
    run: RunId,
    url: &str,
    token: &str,
    task: &str,
) -> Result<(), Stop> {
    let entry = entry(url, token);
    let object = json!({ "run": run, "url": url, "token": token, "mcp": entry, "task": task });
    screen.object("gateway", object)?;
    screen.line(format!("listening on {url}"));
    screen.line(format!("token: {token}"));
    screen.line("it is shown this once, and ends with the case");
    connecting(screen, url, token);
    screen.line(screen.word(Look::Quiet, "what the agent is told:"));
    screen.line(evidence::words::plain_lines(task));
    screen.line("end it with Ctrl-C; what is open then goes to a person");
    Ok(())
}

/// How well-known agents are told of a server.
pub fn connecting(screen: &Screen, url: &str, token: &str) {
    screen.line(screen.word(Look::Quiet, "for Claude Code:"));
    let header = format!("Authorization: Bearer {token}");
    screen
        .line(format!("  claude mcp add --transport http flightdeck {url} --header \"{header}\""));
    screen.line(screen.word(Look::Quiet, "for others, as `.mcp.json`:"));
    screen.line(format!("  {}", entry(url, token)));
}

/// A server with its token, as `.mcp.json` declares one.
pub fn entry(url: &str, token: &str) -> Value {
    let headers = json!({ "Authorization": format!("Bearer {token}") });
    json!({ "mcpServers": { "flightdeck": { "type": "http", "url": url, "headers": headers } } })
}
