//! Releases: what is live of each workflow and what is tried beside it, and what a person makes of
//! them. Whoever drives the runs says who may.

use axum::Json;
use evidence::canary::{Comparison, Verdict};
use evidence::releases::{ReleaseView, State, measured};
use journal::Measured;
use plan::ids::{ReleaseId, WorkflowName};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::door::Inside;
use crate::problem::{Asked, Body, Problem};
use crate::shapes::time;

/// The longest reason.
const REASON_MAX: usize = 4_000;

/// Which releases are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only those of this workflow.
    workflow: Option<String>,
}

/// Releases, the one that was deployed last at the top.
#[derive(Debug, Serialize, ToSchema)]
pub struct Releases {
    releases: Vec<Release>,
}

/// One release that was deployed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Release {
    workflow: String,
    release: String,
    state: Standing,
    /// Since when it stands so.
    since: String,
    deployed: String,
    /// Who deployed it.
    who: String,
    /// Why, if that was said.
    reason: Option<String>,
    /// What came of its kept cases; nothing where none was tried.
    tried: Option<Tried>,
    /// What became of it last, in a sentence.
    ended: Option<String>,
    /// How it comes out beside the live release, while it is tried.
    compared: Option<Compared>,
}

/// Where a release stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Live,
    Canary,
    /// Another one took its place.
    Before,
    RolledBack,
}

/// What came of kept cases.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tried {
    cases: u32,
    /// How many came out as expected.
    right: u32,
    /// How many had to, in parts of a million.
    at_least: u32,
}

impl From<journal::Tried> for Tried {
    fn from(tried: journal::Tried) -> Self {
        let journal::Tried { cases, right, at_least } = tried;
        Self { cases, right, at_least }
    }
}

/// A canary beside the live release.
#[derive(Debug, Serialize, ToSchema)]
pub struct Compared {
    /// Cases of the canary and of the live release that count.
    canary: usize,
    live: usize,
    /// How many cases of the canary the figures are of.
    looked_at: usize,
    figures: Vec<Difference>,
    verdict: Judged,
}

/// One figure of a comparison.
#[derive(Debug, Serialize, ToSchema)]
pub struct Difference {
    /// In a sentence.
    says: String,
    /// Between which differences the true one lies, and the most that is no reason to go back: in
    /// parts of a million where cases or answers are counted, otherwise in the figure's own unit.
    low: i64,
    high: i64,
    margin: i64,
}

/// What follows from a comparison.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Judged {
    /// More cases are waited for.
    Goes,
    /// Enough cases were seen, and it is not worse.
    Ready,
    Worse,
    /// Its days are over, and too few cases were seen.
    TimeOver,
}

impl From<&Comparison> for Compared {
    fn from(compared: &Comparison) -> Self {
        let figure = |one: &Measured| Difference {
            says: measured(one),
            low: one.low,
            high: one.high,
            margin: one.margin,
        };
        Self {
            canary: compared.canary,
            live: compared.live,
            looked_at: compared.looked_at,
            figures: compared.figures.iter().map(figure).collect(),
            verdict: match compared.verdict {
                Verdict::Goes => Judged::Goes,
                Verdict::Ready => Judged::Ready,
                Verdict::Worse(_) => Judged::Worse,
                Verdict::TimeOver => Judged::TimeOver,
            },
        }
    }
}

impl Release {
    fn of((view, compared): (ReleaseView, Option<Comparison>)) -> Self {
        Self {
            workflow: view.workflow.to_string(),
            release: view.release.to_string(),
            state: match view.state {
                State::Live => Standing::Live,
                State::Canary => Standing::Canary,
                State::Before => Standing::Before,
                State::RolledBack => Standing::RolledBack,
            },
            since: time(view.since),
            deployed: time(view.deployed),
            who: view.who.to_string(),
            reason: view.reason,
            tried: view.tried.map(Tried::from),
            ended: view.ended,
            compared: compared.as_ref().map(Compared::from),
        }
    }
}

/// How a workflow is deployed as its files say now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Deploy {
    workflow: String,
    /// The share of new cases that begins on it, in parts of a million; all of them make it live
    /// at once. Without it, as `flightdeck.yaml` says.
    #[schema(minimum = 1, maximum = 1_000_000)]
    share: Option<u32>,
    /// This share of the kept cases has to come out as expected, where that is more than
    /// `flightdeck.yaml` says.
    #[schema(maximum = 1_000_000)]
    at_least: Option<u32>,
    /// There is no case to try it with; it takes a reason.
    #[serde(default)]
    untried: bool,
    #[schema(min_length = 1, max_length = 4000)]
    reason: Option<String>,
}

/// How a workflow is deployed, read.
#[derive(Debug)]
pub struct Wish {
    pub workflow: WorkflowName,
    pub share: Option<u32>,
    pub at_least: Option<u32>,
    pub untried: bool,
    pub reason: Option<String>,
}

/// What a person makes of releases that are there.
#[derive(Debug)]
pub enum Turn {
    Promote {
        workflow: WorkflowName,
        reason: Option<String>,
    },
    /// The release to go back to is named by how its id begins.
    RollBack {
        workflow: WorkflowName,
        to: Option<String>,
        reason: String,
    },
}

/// Where the releases of a workflow stand after an order.
#[derive(Debug)]
pub struct Turned {
    pub changed: bool,
    pub live: ReleaseId,
    pub canary: Option<ReleaseId>,
    pub left: Option<ReleaseId>,
    /// What is new against the live release, in sentences.
    pub new: Vec<String>,
    pub tried: Option<journal::Tried>,
}

/// Where the releases of a workflow stand now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rolled {
    workflow: String,
    /// Whether anything was changed.
    changed: bool,
    live: String,
    canary: Option<String>,
    /// The release that was left, live or canary.
    left: Option<String>,
    /// What is new against the release that was live, in sentences.
    new: Vec<String>,
    tried: Option<Tried>,
}

impl Rolled {
    fn of(workflow: &WorkflowName, turned: Turned) -> Json<Self> {
        Json(Self {
            workflow: workflow.to_string(),
            changed: turned.changed,
            live: turned.live.to_string(),
            canary: turned.canary.map(|release| release.to_string()),
            left: turned.left.map(|release| release.to_string()),
            new: turned.new,
            tried: turned.tried.map(Tried::from),
        })
    }
}

/// The canary of a workflow becomes its live release.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Promote {
    workflow: String,
    #[schema(min_length = 1, max_length = 4000)]
    reason: Option<String>,
}

/// A release is left.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollBack {
    workflow: String,
    /// How the id of the release to go back to begins. Without it a canary ends; where there is
    /// none, the release that was live before is live again.
    to: Option<String>,
    #[schema(min_length = 1, max_length = 4000)]
    reason: String,
}

fn named(workflow: &str) -> Result<WorkflowName, Problem> {
    WorkflowName::new(workflow).map_err(Problem::invalid)
}

fn said(reason: String) -> Result<String, Problem> {
    if reason.trim().is_empty() || reason.len() > REASON_MAX {
        return Err(Problem::invalid(format!(
            "`reason` is a text of 1 to {REASON_MAX} characters"
        )));
    }
    Ok(reason)
}

/// List releases
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/releases", tag = "releases",
    operation_id = "list_releases",
    params(("workspace" = String, Path, description = "The workspace's name"), Wanted),
    responses(
        (status = 200, description = "Releases, the last one first", body = Releases),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed")
    )
)]
pub async fn list(inside: Inside, Asked(wanted): Asked<Wanted>) -> Result<Json<Releases>, Problem> {
    let workflow = wanted.workflow.as_deref().map(named).transpose()?;
    let all = inside.here().releases(workflow).await?;
    Ok(Json(Releases { releases: all.into_iter().map(Release::of).collect() }))
}

/// Deploy a workflow
///
/// As its files say now: its kept cases are tried first, and the answer comes when they rest.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/releases", tag = "releases",
    operation_id = "deploy",
    params(("workspace" = String, Path, description = "The workspace's name")),
    request_body = Deploy,
    responses(
        (status = 200, description = "It is live, or tried, or was already", body = Rolled),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "Nothing was deployed"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "Nothing was deployed")
    )
)]
pub async fn deploy(inside: Inside, Body(order): Body<Deploy>) -> Result<Json<Rolled>, Problem> {
    let Deploy { workflow, share, at_least, untried, reason } = order;
    let (workflow, reason) = (named(&workflow)?, reason.map(said).transpose()?);
    if share.is_some_and(|share| share > 1_000_000) || at_least.is_some_and(|s| s > 1_000_000) {
        return Err(Problem::invalid("a share is at most 1000000 parts of a million"));
    }
    if untried && reason.is_none() {
        return Err(Problem::invalid("`untried` takes a `reason`"));
    }
    let wish = Wish { workflow: workflow.clone(), share, at_least, untried, reason };
    let turned = inside.here().deploy(inside.who.clone(), wish).await?;
    Ok(Rolled::of(&workflow, turned))
}

/// Make a canary live
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/releases/promote", tag = "releases",
    operation_id = "promote",
    params(("workspace" = String, Path, description = "The workspace's name")),
    request_body = Promote,
    responses(
        (status = 200, description = "It is live", body = Rolled),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "Nothing was changed"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "Nothing was changed")
    )
)]
pub async fn promote(inside: Inside, Body(order): Body<Promote>) -> Result<Json<Rolled>, Problem> {
    let (workflow, reason) = (named(&order.workflow)?, order.reason.map(said).transpose()?);
    let turn = Turn::Promote { workflow: workflow.clone(), reason };
    Ok(Rolled::of(&workflow, inside.here().turn(inside.who.clone(), turn).await?))
}

/// Go back from a release
///
/// Cases that are open go on with theirs.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/releases/rollback", tag = "releases",
    operation_id = "roll_back",
    params(("workspace" = String, Path, description = "The workspace's name")),
    request_body = RollBack,
    responses(
        (status = 200, description = "No new case begins on it", body = Rolled),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "Nothing was changed"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "Nothing was changed")
    )
)]
pub async fn roll_back(
    inside: Inside,
    Body(order): Body<RollBack>,
) -> Result<Json<Rolled>, Problem> {
    let (workflow, reason) = (named(&order.workflow)?, said(order.reason)?);
    let turn = Turn::RollBack { workflow: workflow.clone(), to: order.to, reason };
    Ok(Rolled::of(&workflow, inside.here().turn(inside.who.clone(), turn).await?))
}
