//! Stops by scope: set, listed, lifted. Setting one is never refused for want of a name's meaning:
//! whoever drives says what may be lifted and by whom.

use axum::Json;
use journal::StopScope;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::door::Inside;
use crate::problem::{Asked, Body, Problem};
use crate::shapes::{Scope, time};

/// The longest reason.
const REASON_MAX: usize = 4_000;

/// A scope and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Order {
    scope: Scope,
    #[schema(min_length = 1, max_length = 4000)]
    reason: String,
}

impl Order {
    fn read(self) -> Result<(StopScope, String), Problem> {
        if self.reason.trim().is_empty() || self.reason.len() > REASON_MAX {
            let what = format!("`reason` is a text of 1 to {REASON_MAX} characters");
            return Err(Problem::invalid(what));
        }
        Ok((self.scope.try_into()?, self.reason))
    }
}

/// Stops in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stops {
    stops: Vec<Set>,
    /// Those that were lifted last, the last one first.
    lifted: Vec<Set>,
}

/// A stop that was set or lifted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Set {
    scope: Scope,
    /// Who did it, when and why, where that can be read.
    who: Option<String>,
    #[schema(format = DateTime)]
    at: Option<String>,
    reason: Option<String>,
}

/// A stop, and who set it or lifted it.
#[derive(Debug)]
pub struct InForce {
    pub scope: StopScope,
    pub by: Option<evidence::Stopped>,
}

/// What a stop would hold back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reach {
    /// Cases that are open and that it covers as a whole. Of a tool, a server or a vendor, those
    /// that come to it wait there, and only what is out is counted.
    pub cases: u64,
    /// Calls and questions that are out and would be broken off.
    pub acts: u64,
    /// Who may lift it, by role or name; nobody in particular where every owner may.
    pub lifted_by: Vec<String>,
}

/// Which stop is meant.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Meant {
    /// What it covers: `everything`, `workflow`, `case`, `tool`, `server`, `vendor`, `beyond`
    of: String,
    /// Which one; none of `everything`
    name: Option<String>,
}

/// A stop that was set.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stopped {
    scope: Scope,
    /// How many acts were broken off.
    aborted: usize,
}

/// A stop that was lifted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Lifted {
    scope: Scope,
    /// How many cases go on.
    woken: usize,
}

/// List the stops in force
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/stops", tag = "stops",
    operation_id = "list_stops",
    params(("workspace" = String, Path, description = "The workspace's name")),
    responses(
        (status = 200, description = "Stops in force", body = Stops),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed")
    )
)]
pub async fn list(inside: Inside) -> Result<Json<Stops>, Problem> {
    let (stops, lifted) = inside.here().stops().await?;
    let set = |one: &InForce| Set {
        scope: Scope::from(&one.scope),
        who: one.by.as_ref().map(|by| by.who.to_string()),
        at: one.by.as_ref().map(|by| time(by.at)),
        reason: one.by.as_ref().and_then(|by| by.reason.clone()),
    };
    let lifted = lifted.iter().map(set).collect();
    Ok(Json(Stops { stops: stops.iter().map(set).collect(), lifted }))
}

/// Show what a stop would hold back
///
/// Nothing is stopped.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/stops/reach", tag = "stops",
    operation_id = "show_reach",
    params(("workspace" = String, Path, description = "The workspace's name"), Meant),
    responses(
        (status = 200, description = "What it would hold back", body = Reach),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be said"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be said")
    )
)]
pub async fn reach(inside: Inside, Asked(meant): Asked<Meant>) -> Result<Json<Reach>, Problem> {
    let said = match &meant.name {
        Some(name) => serde_json::json!({ "of": meant.of, "name": name }),
        None => serde_json::json!({ "of": meant.of }),
    };
    let scope: Scope = serde_json::from_value(said)
        .map_err(|error| Problem::invalid(format!("`of` and `name` are no scope: {error}")))?;
    Ok(Json(inside.here().reach(scope.try_into()?).await?))
}

/// Stop a scope
///
/// Acts in scope are broken off, and none can be stored from then on until it is lifted.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/stops", tag = "stops",
    operation_id = "set_stop",
    params(("workspace" = String, Path, description = "The workspace's name")),
    request_body = Order,
    responses(
        (status = 200, description = "It is stopped", body = Stopped),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It was not stopped"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "Acts were broken off, but the stop could not be stored")
    )
)]
pub async fn set(inside: Inside, Body(order): Body<Order>) -> Result<Json<Stopped>, Problem> {
    let (scope, reason) = order.read()?;
    let named = Scope::from(&scope);
    let aborted = inside.here().stop(inside.who.clone(), scope, reason).await?;
    Ok(Json(Stopped { scope: named, aborted }))
}

/// Lift a stop
///
/// It takes a person who answers for what is stopped or may overrule it.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/stops/lift", tag = "stops",
    operation_id = "lift_stop",
    params(("workspace" = String, Path, description = "The workspace's name")),
    request_body = Order,
    responses(
        (status = 200, description = "It is lifted", body = Lifted),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It was not lifted"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It was not lifted")
    )
)]
pub async fn lift(inside: Inside, Body(order): Body<Order>) -> Result<Json<Lifted>, Problem> {
    let (scope, reason) = order.read()?;
    let named = Scope::from(&scope);
    let woken = inside.here().lift(inside.who.clone(), scope, reason).await?;
    Ok(Json(Lifted { scope: named, woken }))
}
