//! What is measured, as Prometheus reads it, and whether the installation lives and may be sent
//! work. It must not count anything itself.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Desk;
use crate::door::Inside;
use crate::problem::Problem;

/// The text format of Prometheus.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Read what is measured
///
/// In Prometheus' text format. Counts begin anew with each start of the installation.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/metrics", tag = "installation",
    operation_id = "metrics",
    params(("workspace" = String, Path, description = "The workspace's name")),
    responses(
        (status = 200, description = "What is measured", body = String,
            content_type = "text/plain"),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be read"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be read")
    )
)]
pub async fn metrics(inside: Inside) -> Result<Response, Problem> {
    let text = inside.here().metrics().await?;
    Ok(([(header::CONTENT_TYPE, PROMETHEUS)], text).into_response())
}

/// Whether it may be sent work.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ready {
    ready: bool,
}

/// Ask whether it lives
///
/// It does where this answers at all, whatever holds new work back.
#[utoipa::path(
    get, path = "/health/live", tag = "installation", operation_id = "live",
    responses(
        (status = 204, description = "It lives")
    )
)]
pub async fn live() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Ask whether it may be sent work
///
/// It answers with 503 while a stop of everything is in force, a guard is not proven, or nothing
/// can be written; `/health` says which to whoever is signed in. A limit of the day that is used up
/// does not make it unready.
#[utoipa::path(
    get, path = "/health/ready", tag = "installation", operation_id = "ready",
    responses(
        (status = 200, description = "Work may be sent", body = Ready),
        (status = 503, description = "It would not be begun", body = Ready)
    )
)]
pub async fn ready(State(desk): State<Desk>) -> Response {
    let mut ready = true;
    for here in desk.workspaces.values() {
        ready &= here.unready().await.is_ok_and(|trouble| trouble.is_empty());
    }
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready })).into_response()
}
