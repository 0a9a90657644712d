//! Policies: what each says in words beside its text, for which acts it matters, whether more
//! passes than in what is live, and the cases that they must decide as written. It must not decide
//! an act.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::door::Inside;
use crate::problem::Problem;

/// The policies of a workspace.
#[derive(Debug, Serialize, ToSchema)]
pub struct Policies {
    pub policies: Vec<PolicyLine>,
    /// Everything that steps do outside, and what policies make of it.
    pub acts: Vec<PolicyAct>,
    /// Each workflow that is live: what its policies decide otherwise now.
    pub compared: Vec<PoliciesCompared>,
    /// How many cases the policies must decide as written; nothing where there is no list of them.
    pub cases: Option<usize>,
    /// Workflows whose files are not fit to run, so that nothing is said of their acts.
    pub unfit: Vec<String>,
}

/// One policy.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyLine {
    pub id: String,
    /// The file that it stands in.
    pub file: String,
    /// It is part of the program and holds in every workspace.
    pub standard: bool,
    /// As it is written, in Cedar.
    pub text: String,
    /// What it does, in a sentence without its conditions.
    pub does: String,
    /// Its conditions, as they go on in that sentence.
    pub conditions: Vec<String>,
    /// Why it is there, where its author says so.
    pub reason: Option<String>,
    /// The role before which it puts an act instead of refusing it.
    pub role: Option<String>,
    /// The acts for which it matters, each as `workflow.step: act`.
    pub matters_for: Vec<String>,
}

/// Something that a step does outside.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyAct {
    pub workflow: String,
    pub step: String,
    /// A tool as `server.tool`, or `model NAME`.
    pub act: String,
    /// The policies that matter for it.
    pub policies: Vec<String>,
    /// What they look at.
    pub looks_at: Vec<String>,
    /// What they decide whatever they see, where that is settled.
    pub always: Option<String>,
}

/// A workflow's policies now beside those of its live release.
#[derive(Debug, Serialize, ToSchema)]
pub struct PoliciesCompared {
    pub workflow: String,
    pub release: String,
    pub acts: usize,
    /// How many combinations of values were tried.
    pub tried: usize,
    /// Acts of which not every combination was tried.
    pub cut: Vec<String>,
    /// For each act the first case in which more passes now.
    pub wider: Vec<PolicyCase>,
    /// The same in which less passes.
    pub narrower: Vec<PolicyCase>,
}

/// A case that is decided otherwise.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyCase {
    pub step: String,
    pub act: String,
    /// What the policies look at, as it is here.
    pub given: Vec<String>,
    pub before: String,
    pub after: String,
}

/// What came of the cases that the policies must decide as written.
#[derive(Debug, Serialize, ToSchema)]
pub struct PoliciesTried {
    pub held: usize,
    pub failed: usize,
    pub cases: Vec<PolicyTried>,
}

/// What came of one case.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyTried {
    pub case: String,
    pub held: bool,
    /// What was decided, and what should have been where that is another thing.
    pub told: String,
}

/// List policies
///
/// Each in words beside its text. Where a workflow is live, the files' policies are compared with
/// those of its release: they take effect when it is deployed.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/policies", tag = "files",
    operation_id = "list_policies",
    params(("workspace" = String, Path, description = "The workspace's name")),
    responses(
        (status = 200, description = "Policies, by file", body = Policies),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed")
    )
)]
pub async fn list(inside: Inside) -> Result<Json<Policies>, Problem> {
    Ok(Json(inside.here().policies().await?))
}

/// Try the policies
///
/// With the cases of `policies/cases.yaml`. Nothing is done outside.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/policies/test", tag = "files",
    operation_id = "try_policies",
    params(("workspace" = String, Path, description = "The workspace's name")),
    responses(
        (status = 200, description = "What came of each case", body = PoliciesTried),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be tried"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be tried")
    )
)]
pub async fn test(inside: Inside) -> Result<Json<PoliciesTried>, Problem> {
    Ok(Json(inside.here().try_policies().await?))
}
