//! Exams: what there is, a sitting and its answers, what came of it, and the figures of questions.
//! Whoever is signed in may sit. While a sitting is open nothing that says what is right has a
//! place in these shapes.

mod shapes;

use axum::Json;
use exam::{Order, Told};
use journal::{Named, SittingId};
use plan::Track;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::door::Inside;
use crate::installation::{No, Why};
use crate::problem::{Body, Path, Problem};

pub use shapes::{Exams, ItemFigures, SittingResult, SittingShown};

/// An answer to a question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionAnswer {
    /// The item that was shown, so that an answer from an older page is found out.
    #[schema(min_length = 1, max_length = 100)]
    item: String,
    /// The option, counted from 1.
    #[schema(minimum = 1, maximum = 6)]
    option: u8,
}

/// Why something is done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetireReason {
    #[schema(min_length = 1, max_length = 4000)]
    reason: String,
}

fn track(name: &str) -> Result<Track, No> {
    Track::named(name).ok_or_else(|| No::new(Why::NotFound, "there is no such exam"))
}

fn sitting(id: &str) -> Result<SittingId, No> {
    let unknown = |_| No::new(Why::NotFound, "you have no sitting of this id");
    id.parse().map_err(unknown)
}

/// What is told that fits no operation is a defect, and says nothing of what it was.
fn odd() -> Problem {
    No::new(Why::Failed, "the exam gave an answer that fits no question").into()
}

/// Give an order in the name of whoever is here.
async fn told(inside: &Inside, order: Order) -> Result<Told, Problem> {
    Ok(inside.here().exam(inside.who.clone(), order).await?)
}

async fn paper(inside: &Inside, order: Order) -> Result<Json<SittingShown>, Problem> {
    match told(inside, order).await? {
        Told::Paper(paper) => Ok(Json(SittingShown::from(paper))),
        _ => Err(odd()),
    }
}

async fn result_of(inside: &Inside, order: Order) -> Result<Json<SittingResult>, Problem> {
    match told(inside, order).await? {
        Told::Outcome(outcome) => Ok(Json(SittingResult::from(*outcome))),
        _ => Err(odd()),
    }
}

/// List exams
///
/// What each is made of, what it prepares for, and where you stand with it.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/exams", tag = "exams",
    operation_id = "list_exams",
    params(("workspace" = String, Path, description = "The workspace's name")),
    responses(
        (status = 200, description = "Exams", body = Exams),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed")
    )
)]
pub async fn list(inside: Inside) -> Result<Json<Exams>, Problem> {
    match told(&inside, Order::List).await? {
        Told::Offers { exams } => Ok(Json(Exams::from(exams))),
        _ => Err(odd()),
    }
}

/// Begin a sitting
///
/// Where one of yours is open in this exam, that one is given.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/exams/{track}/sittings", tag = "exams",
    operation_id = "begin_sitting",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("track" = String, Path, description = "The exam's name")
    ),
    responses(
        (status = 200, description = "The sitting is open", body = SittingShown),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "None begins"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "None begins")
    )
)]
pub async fn begin(
    inside: Inside,
    Path((_, name)): Path<(String, String)>,
) -> Result<Json<SittingShown>, Problem> {
    paper(&inside, Order::Begin(track(&name)?)).await
}

/// See your open sitting
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/sittings/{sitting}", tag = "exams",
    operation_id = "show_sitting",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("sitting" = String, Path, description = "The sitting's id")
    ),
    responses(
        (status = 200, description = "Its questions", body = SittingShown),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be shown"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be shown")
    )
)]
pub async fn show(
    inside: Inside,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<SittingShown>, Problem> {
    paper(&inside, Order::Show(sitting(&id)?)).await
}

/// Answer a question
///
/// Until the sitting is handed in, the last answer counts.
#[utoipa::path(
    put, path = "/api/v1/workspaces/{workspace}/sittings/{sitting}/answers/{question}",
    tag = "exams", operation_id = "answer_question",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("sitting" = String, Path, description = "The sitting's id"),
        ("question" = u16, Path, description = "The question, counted from 1")
    ),
    request_body = QuestionAnswer,
    responses(
        (status = 200, description = "It is kept", body = SittingShown),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It does not count"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It does not count")
    )
)]
pub async fn answer(
    inside: Inside,
    Path((_, id, question)): Path<(String, String, u16)>,
    Body(body): Body<QuestionAnswer>,
) -> Result<Json<SittingShown>, Problem> {
    let item = Some(Named(body.item.into()));
    let order = Order::Answer { sitting: sitting(&id)?, question, item, option: body.option };
    paper(&inside, order).await
}

/// Hand a sitting in
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/sittings/{sitting}/submit", tag = "exams",
    operation_id = "submit_sitting",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("sitting" = String, Path, description = "The sitting's id")
    ),
    responses(
        (status = 200, description = "What came of it", body = SittingResult),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It was not handed in"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It was not handed in")
    )
)]
pub async fn submit(
    inside: Inside,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<SittingResult>, Problem> {
    result_of(&inside, Order::Submit(sitting(&id)?)).await
}

/// See what came of a sitting
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/sittings/{sitting}/result", tag = "exams",
    operation_id = "sitting_result",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("sitting" = String, Path, description = "The sitting's id")
    ),
    responses(
        (status = 200, description = "What came of it", body = SittingResult),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be told"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be told")
    )
)]
pub async fn result(
    inside: Inside,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<SittingResult>, Problem> {
    result_of(&inside, Order::Result(sitting(&id)?)).await
}

/// See how questions did
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/exams/{track}/statistics", tag = "exams",
    operation_id = "exam_statistics",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("track" = String, Path, description = "The exam's name")
    ),
    responses(
        (status = 200, description = "Figures of its questions", body = ItemFigures),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be told"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be told")
    )
)]
pub async fn statistics(
    inside: Inside,
    Path((_, name)): Path<(String, String)>,
) -> Result<Json<ItemFigures>, Problem> {
    match told(&inside, Order::Statistics(track(&name)?)).await? {
        Told::Statistics(all) => Ok(Json(ItemFigures::from(all))),
        _ => Err(odd()),
    }
}

/// Retire a question
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/exams/{track}/items/{item}/retire", tag = "exams",
    operation_id = "retire_item",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("track" = String, Path, description = "The exam's name"),
        ("item" = String, Path, description = "The question's name")
    ),
    request_body = RetireReason,
    responses(
        (status = 204, description = "It is drawn no more"),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It was not retired"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It was not retired")
    )
)]
pub async fn retire(
    inside: Inside,
    Path((_, name, item)): Path<(String, String, String)>,
    Body(body): Body<RetireReason>,
) -> Result<axum::http::StatusCode, Problem> {
    let (track, item) = (track(&name)?, Named(item.into()));
    told(&inside, Order::Retire { track, item, reason: body.reason }).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}
