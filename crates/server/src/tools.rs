//! Tool servers and their tools as people approved them: what each may reach and do, what a server
//! offers now beside what was approved, and approving exactly what was shown. It must not start a
//! server or judge a definition.

mod shown;

use std::collections::BTreeSet;

use axum::Json;
use plan::ids::ToolName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::door::Inside;
use crate::problem::{Body, Path, Problem};
pub use shown::{
    Approved, Argument, GoneTool, Part, Probed, SecretLine, ServerTool, ToolChange, ToolDeclared,
    ToolEffect, ToolOffer, ToolServer, ToolServers, ToolStanding, ToolUse,
};

/// How many tools are approved at once.
const PINS_MAX: usize = 500;
/// The longest reason.
const REASON_MAX: usize = 4_000;

/// Tools that are approved as they were shown.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    #[schema(min_items = 1, max_items = 500)]
    tools: Vec<Pin>,
    #[schema(min_length = 1, max_length = 4000)]
    reason: Option<String>,
}

/// One tool that is approved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// As `server.tool`.
    tool: String,
    /// The digest of the definition that was looked at. If the server offers another one by now,
    /// nothing is approved.
    digest: String,
    /// What it may do, as whoever approves it says. It takes an effect.
    declared: ToolDeclared,
}

/// Tools to be approved, read.
#[derive(Debug)]
pub struct Pinning {
    pub server: String,
    pub tools: Vec<(ToolName, String, ToolDeclared)>,
    pub reason: Option<String>,
}

/// Tools that were approved.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pinned {
    tools: Vec<String>,
    /// The digest of `mcp.lock` as it lies on the disk now.
    version: String,
}

/// List tool servers
///
/// Every server that is declared or built in, what it may reach, and the tools of it that were
/// approved; beside them the secrets of the workspace by name. No value of any is read or shown.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/servers", tag = "tools",
    operation_id = "list_servers",
    params(("workspace" = String, Path, description = "The workspace's name")),
    responses(
        (status = 200, description = "Servers, by name", body = ToolServers),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed")
    )
)]
pub async fn list(inside: Inside) -> Result<Json<ToolServers>, Problem> {
    Ok(Json(inside.here().servers().await?))
}

/// Look at what a server offers now
///
/// Starts the server, or calls it, and compares what it offers with what was approved. Nothing is
/// approved by looking.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/servers/{server}/probe", tag = "tools",
    operation_id = "probe_server",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("server" = String, Path, description = "The server's name")
    ),
    responses(
        (status = 200, description = "What it offers", body = Probed),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be looked at"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It gave no list of tools")
    )
)]
pub async fn probe(
    inside: Inside,
    Path((_, server)): Path<(String, String)>,
) -> Result<Json<Probed>, Problem> {
    Ok(Json(inside.here().probe(server).await?))
}

/// Approve tools of a server
///
/// All that are named or none, and only as they were looked at: where the server offers another
/// definition by now, or offers none, it is a conflict. Leave to take tagged data is given where
/// the workspace lies; a tool that is approved anew has none until then.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/servers/{server}/pin", tag = "tools",
    operation_id = "pin_tools",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("server" = String, Path, description = "The server's name")
    ),
    request_body = Pins,
    responses(
        (status = 200, description = "They are approved", body = Pinned),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "Nothing was approved"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "Nothing was approved")
    )
)]
pub async fn pin(
    inside: Inside,
    Path((_, server)): Path<(String, String)>,
    Body(pins): Body<Pins>,
) -> Result<Json<Pinned>, Problem> {
    let Pins { tools, reason } = pins;
    if tools.is_empty() || tools.len() > PINS_MAX {
        return Err(Problem::invalid(format!("1 to {PINS_MAX} tools are approved at once")));
    }
    if reason.as_ref().is_some_and(|text| text.trim().is_empty() || text.len() > REASON_MAX) {
        let what = format!("`reason` is a text of 1 to {REASON_MAX} characters");
        return Err(Problem::invalid(what));
    }
    let tools = tools.into_iter().map(|pin| read(&server, pin)).collect::<Result<Vec<_>, _>>()?;
    let names: BTreeSet<String> = tools.iter().map(|(name, ..)| name.to_string()).collect();
    if names.len() < tools.len() {
        return Err(Problem::invalid("a tool is named twice"));
    }
    let pinning = Pinning { server, tools, reason };
    let version = inside.here().pin(inside.who.clone(), pinning).await?;
    Ok(Json(Pinned { tools: names.into_iter().collect(), version }))
}

fn read(server: &str, pin: Pin) -> Result<(ToolName, String, ToolDeclared), Problem> {
    let Pin { tool, digest, declared } = pin;
    let name = ToolName::new(&tool).map_err(|why| Problem::invalid(format!("`{tool}`: {why}")))?;
    if name.server() != server {
        return Err(Problem::invalid(format!("`{tool}` is no tool of `{server}`")));
    }
    if declared.effect.is_none() {
        let what = format!("`{tool}` needs an effect: without one it cannot be used");
        return Err(Problem::invalid(what));
    }
    Ok((name, digest, declared))
}
