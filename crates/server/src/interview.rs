//! The interview: the questions that a map has to answer, with what its text says, and the text
//! after an answer. Nothing is written, and nothing is kept: the text is all there is.

use axum::Json;
use plan::interview;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::door::Inside;
use crate::problem::{Body, Problem};
use crate::workshop::Draft;

/// A map that is being described: the stored file, or another text in its place, and one answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Describe {
    path: String,
    text: Option<String>,
    answer: Option<Said>,
}

/// An answer to one question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Said {
    pub question: String,
    /// `null` where nobody knows it yet: the question stays in the file as one that is not settled.
    #[schema(value_type = Value)]
    pub value: Value,
}

/// A text after an answer, and its questions.
#[derive(Debug)]
pub struct Described {
    pub text: String,
    /// The digest of the stored file; none where there is none.
    pub version: Option<String>,
    pub questions: Vec<interview::Question>,
}

/// The questions of a map.
#[derive(Debug, Serialize, ToSchema)]
pub struct Interview {
    path: String,
    /// The text with what was answered.
    text: String,
    /// The digest of the file as it is stored; none where there is none.
    version: Option<String>,
    /// In the order in which they are put.
    questions: Vec<Question>,
}

/// One question that a map has to answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Question {
    id: String,
    words: String,
    /// Why it is put.
    why: String,
    form: Form,
    /// What may be answered, where that is known; other answers are read as well.
    choices: Vec<String>,
    /// The columns of a table.
    columns: Vec<Column>,
    /// What the text says now; nothing where it says nothing.
    #[schema(value_type = Option<Value>)]
    answer: Option<Value>,
    /// Whether it waits for an answer: the map needs one and has none, or it is not settled.
    open: bool,
    /// Whether the map needs an answer.
    needed: bool,
    /// What stands of it among the questions that are not settled: a guess, or that nobody knew.
    unsettled: Option<String>,
}

/// One column of a table.
#[derive(Debug, Serialize, ToSchema)]
pub struct Column {
    key: String,
    words: String,
    form: Form,
    choices: Vec<String>,
}

/// What kind of answer is wanted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    Text,
    Lines,
    Choice,
    Number,
    Money,
    Share,
    Minutes,
    Duration,
    Person,
    Role,
    YesNo,
    Table,
}

impl From<interview::Form> for Form {
    fn from(form: interview::Form) -> Self {
        match form {
            interview::Form::Text => Self::Text,
            interview::Form::Lines => Self::Lines,
            interview::Form::Choice => Self::Choice,
            interview::Form::Number => Self::Number,
            interview::Form::Money => Self::Money,
            interview::Form::Share => Self::Share,
            interview::Form::Minutes => Self::Minutes,
            interview::Form::Duration => Self::Duration,
            interview::Form::Person => Self::Person,
            interview::Form::Role => Self::Role,
            interview::Form::YesNo => Self::YesNo,
            interview::Form::Table => Self::Table,
        }
    }
}

impl From<interview::Question> for Question {
    fn from(question: interview::Question) -> Self {
        let column = |one: interview::Column| Column {
            key: one.key.to_owned(),
            words: one.words.to_owned(),
            form: one.form.into(),
            choices: one.choices,
        };
        Self {
            id: question.id,
            words: question.words,
            why: question.why,
            form: question.form.into(),
            choices: question.choices,
            columns: question.columns.into_iter().map(column).collect(),
            answer: question.answer,
            open: question.open,
            needed: question.needed,
            unsettled: question.unsettled,
        }
    }
}

/// Go on with an interview
///
/// Of the stored file, of a text that is not saved, or of a file that is not there yet. Nothing is
/// written: what comes back is saved like any other change.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/interview", tag = "files",
    operation_id = "interview",
    params(("workspace" = String, Path, description = "The workspace's name")),
    request_body = Describe,
    responses(
        (status = 200, description = "The text and its questions", body = Interview),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be read, or this is no answer"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be read")
    )
)]
pub async fn interview(
    inside: Inside,
    Body(describe): Body<Describe>,
) -> Result<Json<Interview>, Problem> {
    let Describe { path, text, answer } = describe;
    let draft = Draft::read(&path, text)?;
    let path = draft.path.to_string();
    let Described { text, version, questions } = inside.here().interview(draft, answer).await?;
    let questions = questions.into_iter().map(Question::from).collect();
    Ok(Json(Interview { path, text, version, questions }))
}
