//! Requests to people: what waits, and what is decided. The run itself says who may decide.

use axum::Json;
use plan::ids::RoleId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

use crate::cases::run;
use crate::door::Inside;
use crate::installation::{Decide, Reply};
use crate::problem::{Body, Path, Problem};
use crate::shapes::{CaseStatus, Request, Requests};

/// The longest id of a decision, and the longest reason.
const ID_MAX: usize = 100;
const REASON_MAX: usize = 4_000;

/// List open requests
///
/// The one that is due first at the top.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/reviews", tag = "reviews",
    operation_id = "list_reviews",
    params(("workspace" = String, Path, description = "The workspace's name")),
    responses(
        (status = 200, description = "Open requests", body = Requests),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed")
    )
)]
pub async fn list(inside: Inside) -> Result<Json<Requests>, Problem> {
    let all = inside.here().reviews(inside.who.clone()).await?;
    let requests = all.iter().map(Request::seen).collect();
    Ok(Json(Requests { requests }))
}

/// Cases that people answered before in the same place.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlikeCases {
    cases: Vec<Alike>,
}

/// A case that people answered before.
#[derive(Debug, Serialize, ToSchema)]
pub struct Alike {
    pub case: String,
    pub title: Option<String>,
    /// What was answered: `approved`, `edited`, `rejected`.
    pub answer: String,
    pub who: String,
    #[schema(format = DateTime)]
    pub at: String,
    pub reason: Option<String>,
    /// Values of it that are the same here.
    pub same: Vec<String>,
}

/// List cases that people answered before in the same place
///
/// Those first that have most values in common with this one.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/cases/{id}/reviews/{number}/alike",
    tag = "reviews",
    operation_id = "list_alike",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("id" = String, Path, description = "The case's id"),
        ("number" = u32, Path, description = "The request's number within the case")
    ),
    responses(
        (status = 200, description = "Cases, the most alike first", body = AlikeCases),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed")
    )
)]
pub async fn alike(
    inside: Inside,
    Path((_, id, number)): Path<(String, String, u32)>,
) -> Result<Json<AlikeCases>, Problem> {
    Ok(Json(AlikeCases { cases: inside.here().alike(run(&id)?, number).await? }))
}

/// What became of a request.
#[derive(Debug, Serialize, ToSchema)]
pub struct Became {
    /// Whether it still waits for a person.
    open: bool,
    /// Who decided what and when, in a sentence; nothing while it is open.
    what: Option<String>,
    /// What can be done now.
    help: Option<String>,
}

/// See what became of a request
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/cases/{id}/reviews/{number}",
    tag = "reviews",
    operation_id = "show_review",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("id" = String, Path, description = "The case's id"),
        ("number" = u32, Path, description = "The request's number within the case")
    ),
    responses(
        (status = 200, description = "Who decided what and when", body = Became),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "There is no such request"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be read")
    )
)]
pub async fn became(
    inside: Inside,
    Path((_, id, number)): Path<(String, String, u32)>,
) -> Result<Json<Became>, Problem> {
    let became = inside.here().became(run(&id)?, number).await?;
    let open = became.is_none();
    let (what, help) = became.map_or((None, None), |no| (Some(no.what), no.help));
    Ok(Json(Became { open, what, help }))
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Decision {
    /// The decision's own id: sent again it is the same decision, taken once.
    #[schema(min_length = 1, max_length = 100)]
    id: String,
    #[serde(flatten)]
    answer: Reviewed,
}

/// What is decided.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Reviewed {
    /// Take it up: for half an hour nobody else answers it.
    Claim,
    /// Give it back.
    Release,
    Approve,
    /// Approve with other values, each as a person writes it: `{"read.total": "95.00 EUR"}`.
    Edit {
        values: BTreeMap<String, String>,
    },
    Reject {
        reason: String,
    },
    /// Hand it to another role.
    Escalate {
        to: String,
        reason: String,
    },
    /// Whether an act in doubt happened.
    Happened {
        yes: bool,
    },
}

/// What came of a decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct Taken {
    case: String,
    /// Where the case stands now.
    status: CaseStatus,
    /// Whether the case has read it; until then it is kept, and read before anything else.
    read: bool,
}

/// Decide a request
///
/// The decision is stored before this answers. Sending it again with the same id changes nothing
/// and gets the same answer.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/cases/{id}/reviews/{number}/decision",
    tag = "reviews",
    operation_id = "decide_review",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("id" = String, Path, description = "The case's id"),
        ("number" = u32, Path, description = "The request's number within the case")
    ),
    request_body = Decision,
    responses(
        (status = 200, description = "It was taken", body = Taken),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It was not taken"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It was not taken")
    )
)]
pub async fn decide(
    inside: Inside,
    Path((_, id, number)): Path<(String, String, u32)>,
    Body(body): Body<Decision>,
) -> Result<Json<Taken>, Problem> {
    let run = run(&id)?;
    if body.id.trim().is_empty() || body.id.len() > ID_MAX {
        return Err(Problem::invalid(format!("`id` is a text of 1 to {ID_MAX} characters")));
    }
    let reason = |text: String| {
        let whole = !text.trim().is_empty() && text.len() <= REASON_MAX;
        let needed = || format!("`reason` is a text of 1 to {REASON_MAX} characters");
        if whole { Ok(text) } else { Err(Problem::invalid(needed())) }
    };
    let reply = match body.answer {
        Reviewed::Claim => Reply::Claim,
        Reviewed::Release => Reply::Release,
        Reviewed::Approve => Reply::Approve,
        Reviewed::Edit { values } if values.is_empty() => {
            return Err(Problem::invalid("`values` names nothing that is changed"));
        }
        Reviewed::Edit { values } => Reply::Edit(values.into_iter().collect()),
        Reviewed::Reject { reason: text } => Reply::Reject(reason(text)?),
        Reviewed::Escalate { to, reason: text } => {
            let to = RoleId::new(&to).map_err(Problem::invalid)?;
            Reply::Escalate(to, reason(text)?)
        }
        Reviewed::Happened { yes } => Reply::Happened(yes),
    };
    let decide = Decide { run, review: number, id: body.id, reply };
    let decided = inside.here().decide(inside.who.clone(), decide).await?;
    Ok(Json(Taken { case: id, status: decided.status.into(), read: decided.read }))
}
