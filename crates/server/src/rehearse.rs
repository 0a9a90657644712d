//! A case rehearsed step by step, of a stored map or of a text that is not saved. What was chosen
//! so far is sent each time, and nothing is kept here in between. It must not know how a map runs.

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::door::Inside;
use crate::installation::{No, Why};
use crate::problem::{Body, Problem};
use crate::shapes::Case;
use crate::workshop::Draft;

/// The most choices of one rehearsal.
const CHOICES_MAX: usize = 200;

/// A case to be rehearsed, and what is chosen for all that comes from outside, in order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rehearse {
    /// The map's file.
    #[schema(example = "workflows/invoice_intake.md")]
    path: String,
    /// Another text in its place.
    text: Option<String>,
    /// The case's fields; without them the plainest case.
    #[schema(value_type = Option<Object>)]
    case: Option<Value>,
    #[serde(default)]
    #[schema(max_items = 200)]
    choices: Vec<Chosen>,
}

/// One choice.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// The word of an offer, or `default` for the first.
    pub take: String,
    /// Without it, what the offer says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The person who answers; without it the first who may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// The step that it is meant for: at another one it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// What is wanted, read.
#[derive(Debug)]
pub struct Rehearsing {
    pub draft: Draft,
    pub case: Option<Value>,
    pub choices: Vec<Chosen>,
}

impl Rehearsing {
    fn read(wish: Rehearse) -> Result<Self, Problem> {
        let Rehearse { path, text, case, choices } = wish;
        let draft = Draft::read(&path, text)?;
        if choices.len() > CHOICES_MAX {
            return Err(Problem::invalid(format!("`choices` holds at most {CHOICES_MAX}")));
        }
        Ok(Self { draft, case, choices })
    }
}

/// Where a rehearsed case stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rehearsed {
    /// As any case; nobody finds it anywhere else.
    pub case: Case,
    /// Whether it is over.
    pub over: bool,
    /// What is to be chosen: the first is next, the others are open at the same time.
    pub open: Vec<Point>,
    /// The choices as they were understood, to be sent again.
    pub taken: Vec<Took>,
    pub elapsed_ms: u64,
    /// Of it the time of people.
    pub people_ms: u64,
    pub tokens: u64,
    /// Billionths of the workspace's currency.
    pub cost_nanos: u64,
    /// How the figures are estimated.
    pub how: String,
}

/// A choice that was taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct Took {
    pub step: String,
    /// What was wanted, and what was taken, in sentences.
    pub says: String,
    pub took: String,
    pub choice: Chosen,
}

/// Something that has to be said from outside.
#[derive(Debug, Serialize, ToSchema)]
pub struct Point {
    /// The case, or a part that it started.
    pub case: String,
    pub step: String,
    pub visit: u32,
    pub about: PointAbout,
    /// The model, the tool or the role; nothing for a time.
    pub by: String,
    /// What is wanted, in a sentence.
    pub says: String,
    /// Fields that a model is asked about; a choice gives each a number from 0, or null for none.
    pub fields: Vec<Field>,
    /// What a tool is called with.
    pub given: Option<Value>,
    /// JSON Schema of the answer.
    pub form: Option<Value>,
    /// The people who may answer.
    pub may: Vec<String>,
    /// The tool does something to the world.
    pub effect: bool,
    /// What can be taken; the first is the default.
    pub offers: Vec<Offer>,
    /// What it uses by the first offer, and the most that is set aside for it.
    pub tokens: u64,
    pub cost_nanos: u64,
    pub most_cost_nanos: u64,
    /// When its time is over, or comes.
    #[schema(format = DateTime)]
    pub until: Option<String>,
}

/// What has to say something.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PointAbout {
    /// A model, which of numbered candidates is a field's value.
    Copy,
    Model,
    Tool,
    Person,
    Time,
}

/// A field with the values that stand in the document for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Field {
    pub field: String,
    pub question: String,
    pub candidates: Vec<String>,
}

/// One thing that can be taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct Offer {
    pub take: String,
    pub says: String,
    /// The value that goes with it; nothing where it takes none.
    pub value: Option<Value>,
    /// Something goes wrong.
    pub fault: bool,
}

/// Rehearse a case
///
/// Every decision is made as for a live case, and what would come from outside is chosen: send the
/// choices again with one more to go on, with one less to go back. No model is asked, no server is
/// started, nothing is stored.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/rehearse", tag = "files",
    operation_id = "rehearse",
    params(("workspace" = String, Path, description = "The workspace's name")),
    request_body = Rehearse,
    responses(
        (status = 200, description = "Where it stands after these choices", body = Rehearsed),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "The map has problems, or a choice does not fit"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be rehearsed")
    )
)]
pub async fn rehearse(
    inside: Inside,
    Body(wish): Body<Rehearse>,
) -> Result<Json<Rehearsed>, Problem> {
    Ok(Json(inside.here().rehearse(Rehearsing::read(wish)?).await?))
}

/// A rehearsal to be kept as a case that the workflow is tried with from then on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// The map's file.
    #[schema(example = "workflows/invoice_intake.md")]
    path: String,
    /// Another text in its place.
    text: Option<String>,
    /// The case's fields; without them the plainest case.
    #[schema(value_type = Option<Object>)]
    case: Option<Value>,
    /// What is not chosen is taken by itself.
    #[serde(default)]
    #[schema(max_items = 200)]
    choices: Vec<Chosen>,
    /// Letters, digits, `-` and `_`; no other case of the workflow has it.
    #[schema(example = "late_reply")]
    name: String,
}

/// A case that was kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct Kept {
    #[schema(example = "cases/invoice_intake/late_reply.yaml")]
    pub path: String,
}

/// Keep a rehearsal as a case
///
/// What came in, where it first acts or asks a person, and what agents found until then, as a file
/// of the workspace. Whatever is deployed is tried with it first. No case is written over.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/rehearse/keep", tag = "files",
    operation_id = "keep_rehearsal",
    params(("workspace" = String, Path, description = "The workspace's name")),
    request_body = Keep,
    responses(
        (status = 201, description = "It is kept", body = Kept),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "A choice does not fit, or there is a case of this name"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "Nothing was written")
    )
)]
pub async fn keep(
    inside: Inside,
    Body(keep): Body<Keep>,
) -> Result<(StatusCode, Json<Kept>), Problem> {
    let Keep { path, text, case, choices, name } = keep;
    let wish = Rehearsing::read(Rehearse { path, text, case, choices })?;
    let path = inside.here().keep(inside.who.clone(), wish, name).await?;
    Ok((StatusCode::CREATED, Json(Kept { path })))
}

/// A stored case to be gone through again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GoAgain {
    /// The map's file.
    #[schema(example = "workflows/invoice_intake.md")]
    path: String,
    /// Another text in its place.
    text: Option<String>,
    /// The case.
    id: String,
}

/// A stored case that was gone through again.
#[derive(Debug, Serialize, ToSchema)]
pub struct GoneAgain {
    pub rehearsed: Rehearsed,
    /// Where it is not as it was, in the order in which it came up.
    pub apart: Vec<Parting>,
    /// Why what was said then leads no further; nothing where the case is over.
    pub ends: Option<String>,
}

/// One thing that is not as it was.
#[derive(Debug, Serialize, ToSchema)]
pub struct Parting {
    /// The step; nothing where it is about the case as a whole.
    pub step: Option<String>,
    pub by: PartingBy,
    /// What it was, and what it is now; nothing where there is nothing of the kind.
    pub was: Option<Value>,
    pub now: Option<Value>,
}

/// What is not as it was.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartingBy {
    /// A decision goes elsewhere.
    Decision,
    /// Another step comes next.
    Way,
    /// A call with other arguments.
    Act,
    /// A rule refuses something, or does no more.
    Refusal,
    /// A person is asked, or another role, or nobody any more.
    Person,
    /// The case ends otherwise.
    End,
}

/// Go through a stored case again
///
/// What models, tools and people said then is taken as chosen, and the map as it is now, or as it
/// was sent, decides what follows. It says where that differs from what happened. No model is
/// asked, no server is started, nothing is stored.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/rehearse/again", tag = "files",
    operation_id = "rehearse_again",
    params(("workspace" = String, Path, description = "The workspace's name")),
    request_body = GoAgain,
    responses(
        (status = 200, description = "How far what was said then leads", body = GoneAgain),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "The map has problems, or it is no case of this map"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be rehearsed")
    )
)]
pub async fn again(inside: Inside, Body(wish): Body<GoAgain>) -> Result<Json<GoneAgain>, Problem> {
    let GoAgain { path, text, id } = wish;
    let draft = Draft::read(&path, text)?;
    let run = id.parse().map_err(|_| No::new(Why::NotFound, "there is no such case"))?;
    Ok(Json(inside.here().again(draft, run).await?))
}
