//! Stops by scope: set, listed, lifted. Setting one is never refused for want of a name's meaning:
//! whoever drives says what may be lifted and by whom.

use axum::Json;
use journal::StopScope;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::door::Inside;
use crate::problem::{Body, Problem};
use crate::shapes::Scope;

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
    stops: Vec<Scope>,
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
    let stops = inside.here().stops().await?;
    Ok(Json(Stops { stops: stops.iter().map(Scope::from).collect() }))
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
