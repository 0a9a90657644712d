//! Cases: start one, see where they stand, and read what is stored of one.

use access::Right;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use journal::{Caller, RunId};
use plan::ids::WorkflowName;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::Desk;
use crate::door::{Inside, known};
use crate::installation::{No, Query, Start, Why};
use crate::problem::{Asked, Body, Path, Problem};
use crate::shapes::{Case, CaseLine, CaseStatus, Cases};

/// The header under which a start or a decision is done once, however often it is sent.
const KEY: &str = "idempotency-key";
/// The longest such key.
const KEY_MAX: usize = 255;
/// The most cases of one list.
const LIST_MAX: u32 = 1_000;

/// A case to be started.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartCase {
    #[schema(example = "invoice_intake")]
    workflow: String,
    /// The case's fields, as the workflow declares them. What it says is untrusted.
    #[schema(value_type = Object)]
    case: Map<String, Value>,
}

/// A case that was started.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseStarted {
    id: String,
    status: CaseStatus,
}

/// Start a case
///
/// It is stored, counted and on its way when this answers. With the same `Idempotency-Key` again
/// within a day the same case is named and none is started.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/cases", tag = "cases",
    operation_id = "start_case",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("Idempotency-Key" = Option<String>, Header, max_length = 255,
            description = "The same key again is the same case"),
        ("traceparent" = Option<String>, Header,
            description = "The span of whoever sends it (W3C Trace Context); the case's trace \
                links to it")
    ),
    request_body = StartCase,
    responses(
        (status = 201, description = "It was started", body = CaseStarted,
            headers(("Location" = String, description = "Where it is"))),
        (status = 200, description = "It was started by an earlier request", body = CaseStarted),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It was not started"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It was not started")
    )
)]
pub async fn start(
    inside: Inside,
    headers: HeaderMap,
    Body(body): Body<StartCase>,
) -> Result<Response, Problem> {
    let workflow = WorkflowName::new(&body.workflow).map_err(Problem::invalid)?;
    let key = key(&headers)?;
    let start = Start { workflow, case: Value::Object(body.case), key, called: called(&headers) };
    let started = inside.here().start(inside.who.clone(), start).await?;
    let id = started.run.to_string();
    let status = if started.again { StatusCode::OK } else { StatusCode::CREATED };
    let place =
        HeaderValue::from_str(&format!("/api/v1/workspaces/{}/cases/{id}", inside.place.name));
    let body = Json(CaseStarted { id, status: started.status.into() });
    let mut response = (status, body).into_response();
    if let Ok(place) = place {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// The span of whoever sent a request, as W3C's Trace Context says it. What is malformed is as if
/// it had not been sent.
pub fn called(headers: &HeaderMap) -> Option<Caller> {
    let mut sent = headers.get_all("traceparent").iter();
    let one = sent.next().filter(|_| sent.next().is_none())?;
    evidence::trace::sent_by(one.to_str().ok()?)
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get(KEY) else { return Ok(None) };
    match key.to_str() {
        Ok(text) if !text.trim().is_empty() && text.len() <= KEY_MAX => Ok(Some(text.to_owned())),
        Ok(_) | Err(_) => {
            let what = format!("`Idempotency-Key` is a text of 1 to {KEY_MAX} characters");
            Err(Problem::invalid(what))
        }
    }
}

/// Which cases are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Only cases of this workflow
    workflow: Option<String>,
    /// Only cases that stand so
    status: Option<CaseStatus>,
    /// From where the last part of the list ended: its `next`
    after: Option<String>,
    /// At most this many
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
}

/// List cases
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/cases", tag = "cases",
    operation_id = "list_cases",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        Listed
    ),
    responses(
        (status = 200, description = "Cases", body = Cases),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed")
    )
)]
pub async fn list(inside: Inside, Asked(asked): Asked<Listed>) -> Result<Json<Cases>, Problem> {
    let limit = asked.limit.unwrap_or(100);
    if limit == 0 || limit > LIST_MAX {
        return Err(Problem::invalid(format!("`limit` is a number from 1 to {LIST_MAX}")));
    }
    let workflow = asked.workflow.as_deref().map(WorkflowName::new).transpose();
    let workflow = workflow.map_err(Problem::invalid)?;
    let status = asked.status.into_iter().map(Into::into).collect();
    let after = asked.after.map(|id| id.parse::<RunId>()).transpose();
    let after = after.map_err(|_| Problem::invalid("`after` is not the end of a list"))?;
    let limit = limit as usize;
    // One more than is wanted says whether there is more.
    let query = Query { workflow, status, after, limit: limit + 1 };
    let lines = inside.here().cases(query).await?;
    let more = lines.len() > limit;
    let cases: Vec<CaseLine> = lines.iter().take(limit).map(CaseLine::from).collect();
    let next = cases.last().filter(|_| more).map(|line| line.id.clone());
    Ok(Json(Cases { cases, next }))
}

/// Show a case
///
/// Where it stands, what waits for a person, and its story.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/cases/{id}", tag = "cases",
    operation_id = "show_case",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("id" = String, Path, description = "The case's id")
    ),
    responses(
        (status = 200, description = "The case", body = Case),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be shown"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be shown")
    )
)]
pub async fn show(
    inside: Inside,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<Case>, Problem> {
    let seen = inside.here().case(inside.who.clone(), run(&id)?).await?;
    Ok(Json(Case::of(&seen)))
}

/// The case that a path names.
pub fn run(id: &str) -> Result<RunId, Problem> {
    let unknown = || No::new(Why::NotFound, "there is no such case");
    match id.parse::<RunId>() {
        Ok(run) if run != RunId::DESK => Ok(run),
        Ok(_) | Err(_) => Err(unknown().into()),
    }
}

/// Which entries are read.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct From {
    /// From this position on
    #[param(minimum = 0, default = 0)]
    from: Option<u32>,
}

/// Read what is stored of a case
///
/// One entry a line, byte for byte as it is stored and hashed. Each names the hash of the one
/// before.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/cases/{id}/records", tag = "cases",
    operation_id = "read_records",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("id" = String, Path, description = "The case's id"), From
    ),
    responses(
        (status = 200, description = "The entries", body = String,
            content_type = "application/x-ndjson"),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be read"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be read")
    )
)]
pub async fn records(
    inside: Inside,
    Path((_, id)): Path<(String, String)>,
    Asked(asked): Asked<From>,
) -> Result<Response, Problem> {
    let rows = inside.here().records(run(&id)?, asked.from.unwrap_or(0)).await?;
    let mut text = Vec::with_capacity(rows.iter().map(|row| row.len() + 1).sum());
    for row in rows {
        text.extend_from_slice(&row);
        text.push(b'\n');
    }
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], text).into_response())
}

/// How the installation is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Whether new work can begin.
    ok: bool,
    /// What holds it back, for whoever is signed in.
    trouble: Vec<String>,
    version: &'static str,
}

/// Ask how the installation is
///
/// It answers with 503 while new work is held back: a stop of everything, a guard that is not
/// proven, a disk that takes nothing. What it is, is said to whoever is signed in.
#[utoipa::path(
    get, path = "/health", tag = "installation",
    operation_id = "health",
    responses(
        (status = 200, description = "New work can begin", body = Health),
        (status = 503, description = "New work is held back", body = Health)
    )
)]
pub async fn health(State(desk): State<Desk>, method: Method, headers: HeaderMap) -> Response {
    let (mut ok, mut trouble) = (true, Vec::new());
    let places = match known(&desk, &method, &headers).await {
        Ok(guest) => guest.places().await.unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    for (name, here) in desk.workspaces.iter() {
        let found = here.trouble().await.unwrap_or_else(|no| vec![no.what]);
        ok &= found.is_empty();
        if places.iter().any(|place| place.name == *name && place.rights.contains(&Right::Read)) {
            trouble.extend(found);
        }
    }
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let version = env!("CARGO_PKG_VERSION");
    (status, Json(Health { ok, trouble, version })).into_response()
}
