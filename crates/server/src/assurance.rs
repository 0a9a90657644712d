//! How safe a deployment is and what it is worth, as rules found it, and what people answer for.
//! It must not judge anything.

use axum::Json;
use axum::http::StatusCode;
use plan::ids::{FilePath, WorkflowName};
use serde::Serialize;
use utoipa::ToSchema;

use crate::door::Inside;
use crate::problem::{Body, Path, Problem};

mod answering;

pub use answering::Answering;

/// The longest text that somebody writes.
const TEXT_MAX: usize = 4_000;

/// The organisation as rules see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Assurance {
    /// Whose standards these are.
    pub credits: Vec<String>,
    pub workflows: Vec<ScoreLine>,
    /// The eight controls of the organisation.
    pub controls: Vec<ControlLevel>,
    /// The lowest level of all.
    pub posture: u8,
    pub mean: f64,
    pub systems: Vec<SystemLine>,
    pub incidents: Vec<IncidentLine>,
    pub audit_findings: Vec<AuditLine>,
    pub statements: Vec<StatementLine>,
    /// Each drill, and how it last came out.
    pub drills: Vec<DrillLine>,
}

/// One workflow's score.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScoreLine {
    pub workflow: String,
    pub live: bool,
    pub passes: bool,
    /// Points in all forty criteria, and how many there could be.
    pub points: f64,
    pub of: f64,
    /// The same in the fourteen whose wording is published.
    pub published: f64,
    pub published_of: f64,
    pub domains: Vec<DomainLine>,
}

/// One domain of a score.
#[derive(Debug, Serialize, ToSchema)]
pub struct DomainLine {
    pub id: String,
    pub title: String,
    /// None to five.
    pub score: f64,
    pub at_least: f64,
    pub of_100: u32,
    /// `strong`, `partial` or `gap`.
    pub rating: String,
    pub passes: bool,
}

/// Where something can be looked up.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaceShown {
    /// In words.
    pub text: String,
    pub file: Option<String>,
    pub line: Option<usize>,
    /// The case in whose entries it stands.
    pub case: Option<String>,
}

/// One column of a criterion.
#[derive(Debug, Serialize, ToSchema)]
pub struct ColumnShown {
    /// `yes`, `partly`, `no`, `failed`, or `open` where nothing is wanted.
    pub says: String,
    pub why: String,
    pub places: Vec<PlaceShown>,
}

/// One criterion.
#[derive(Debug, Serialize, ToSchema)]
pub struct CriterionFound {
    pub id: String,
    pub title: String,
    /// What it wants, in our words.
    pub text: String,
    /// Whether its published wording is known.
    pub published: bool,
    /// `met`, `partly`, `not_met` or `not_applicable`.
    pub status: String,
    /// None, a half or one.
    pub points: f64,
    /// The rule that gave the points, in a sentence.
    pub rule: String,
    pub declared: ColumnShown,
    pub enforced: ColumnShown,
    pub observed: ColumnShown,
    pub attested: ColumnShown,
    pub advice: Vec<AdviceShown>,
}

/// Something to do.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdviceShown {
    pub text: String,
    /// The file that it changes, where it is a change of one.
    pub file: Option<String>,
    /// The lines that go and come, each with `-` or `+` before it.
    pub patch: Vec<String>,
    /// The file as it would be.
    pub becomes: Option<String>,
}

/// A control that is there and controls nothing.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecorShown {
    pub id: String,
    pub what: String,
    pub criteria: Vec<String>,
    pub places: Vec<PlaceShown>,
}

/// One of the four questions before a release goes live.
#[derive(Debug, Serialize, ToSchema)]
pub struct GateQuestion {
    pub id: String,
    pub asks: String,
    pub answer: Vec<String>,
    pub blocks: Vec<BlockShown>,
}

/// What keeps a release from going live.
#[derive(Debug, Serialize, ToSchema)]
pub struct BlockShown {
    pub id: String,
    pub what: String,
    pub fix: String,
    /// Whether a named person answers for it today.
    pub excepted: bool,
    pub places: Vec<PlaceShown>,
}

/// Three places of a distribution.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpreadShown {
    pub p10: f64,
    pub p50: f64,
    pub p90: f64,
}

/// Value against risk, for a week.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorthShown {
    pub verdict: String,
    pub because: Vec<String>,
    pub currency: String,
    pub cases_per_week: u32,
    pub seen_cases: u64,
    pub by_hand: Option<SpreadShown>,
    pub running: Option<SpreadShown>,
    pub people: Option<SpreadShown>,
    pub errors: Option<SpreadShown>,
    pub net: Option<SpreadShown>,
    /// In how many of a thousand weeks it loses.
    pub loses_per_mille: u32,
    pub error_rate_at_zero: Option<f64>,
    pub cases_at_zero: Option<f64>,
    pub assumed: Vec<String>,
}

/// One workflow, judged.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkflowJudged {
    pub score: ScoreLine,
    pub release: String,
    /// Whether the files say what is live.
    pub same: bool,
    pub criteria: Vec<CriterionFound>,
    pub decor: Vec<DecorShown>,
    pub questions: Vec<GateQuestion>,
    pub worth: WorthShown,
    /// What it may never do, in sentences.
    pub never: Vec<String>,
}

/// One control of the organisation.
#[derive(Debug, Serialize, ToSchema)]
pub struct ControlLevel {
    pub id: String,
    pub title: String,
    /// What it wants, in our words.
    pub text: String,
    /// What files and records speak for.
    pub proposed: u8,
    /// What an auditor confirmed, who, and on which day.
    pub confirmed: Option<u8>,
    pub confirmed_by: Option<String>,
    pub confirmed_on: Option<String>,
    pub rungs: Vec<RungShown>,
    pub findings: usize,
}

/// What a level takes.
#[derive(Debug, Serialize, ToSchema)]
pub struct RungShown {
    pub level: u8,
    pub held: bool,
    pub why: String,
    pub places: Vec<PlaceShown>,
}

/// A system with AI.
#[derive(Debug, Serialize, ToSchema)]
pub struct SystemLine {
    pub name: String,
    /// It runs elsewhere and is known by a statement alone.
    pub elsewhere: bool,
    pub owner: String,
    pub risk: String,
    pub autonomy: String,
    pub vendors: Vec<String>,
    pub data: Vec<String>,
    pub live: bool,
    /// The day on which its risk was last weighed.
    pub reviewed: Option<String>,
}

/// An incident.
#[derive(Debug, Serialize, ToSchema)]
pub struct IncidentLine {
    pub id: String,
    pub class: String,
    pub severity: String,
    pub workflow: Option<String>,
    pub cases: Vec<String>,
    /// Who opened it; nobody where a rule did.
    pub who: Option<String>,
    #[schema(format = DateTime)]
    pub opened: String,
    pub told: Option<String>,
    pub notes: Vec<String>,
    #[schema(format = DateTime)]
    pub closed: Option<String>,
    /// What was changed so that it does not come again.
    pub change: Option<String>,
}

/// What an auditor found.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditLine {
    pub id: String,
    pub control: String,
    pub severity: String,
    pub who: String,
    #[schema(format = DateTime)]
    pub opened: String,
    pub told: Option<String>,
    pub answered: bool,
    #[schema(format = DateTime)]
    pub closed: Option<String>,
}

/// What somebody states.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatementLine {
    pub file: String,
    pub title: String,
    pub covers: Vec<String>,
    pub owner: String,
    pub reviewed: String,
    pub until: String,
    pub holds: bool,
    /// Who has acknowledged it as it stands.
    pub read_by: Vec<String>,
    pub text: String,
}

/// One drill.
#[derive(Debug, Serialize, ToSchema)]
pub struct DrillLine {
    pub drill: String,
    /// Nothing where it was never run.
    pub passed: Option<bool>,
    #[schema(format = DateTime)]
    pub at: Option<String>,
}

/// Show how safe everything is
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/assurance", tag = "assurance",
    operation_id = "show_assurance",
    params(("workspace" = String, Path, description = "The workspace's name")),
    responses(
        (status = 200, description = "Scores, controls, systems and incidents", body = Assurance),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be said"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be said")
    )
)]
pub async fn show(inside: Inside) -> Result<Json<Assurance>, Problem> {
    Ok(Json(inside.here().assurance().await?))
}

/// Show how safe one workflow is, what keeps it from going live, and what it is worth
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/assurance/{workflow}", tag = "assurance",
    operation_id = "judge_workflow",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("workflow" = String, Path, description = "The workflow's name"),
    ),
    responses(
        (status = 200, description = "What rules found", body = WorkflowJudged),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be said"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be said")
    )
)]
pub async fn judge(
    inside: Inside,
    Path((_, workflow)): Path<(String, String)>,
) -> Result<Json<WorkflowJudged>, Problem> {
    let workflow = WorkflowName::new(&workflow).map_err(Problem::invalid)?;
    Ok(Json(inside.here().judged(workflow).await?))
}

/// Answer for something
///
/// It is written down with who did, and cannot be taken back.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/assurance", tag = "assurance",
    operation_id = "answer_for",
    params(("workspace" = String, Path, description = "The workspace's name")),
    request_body = Answering,
    responses(
        (status = 204, description = "It is written down"),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "Nothing was written"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "Nothing was written")
    )
)]
pub async fn answer(
    inside: Inside,
    Body(answering): Body<Answering>,
) -> Result<StatusCode, Problem> {
    let bad = |text: &&str| text.trim().is_empty() || text.len() > TEXT_MAX;
    if answering.texts().iter().any(bad) {
        let what = format!("each text has 1 to {TEXT_MAX} characters");
        return Err(Problem::invalid(what));
    }
    if let Answering::Acknowledge { file } = &answering {
        FilePath::new(file).map_err(Problem::invalid)?;
    }
    inside.here().answer_for(inside.who.clone(), answering).await?;
    Ok(StatusCode::NO_CONTENT)
}
