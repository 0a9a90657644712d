//! The questions that a map has to answer, one after the other: which of them a file answers and
//! with what, and the changes of the file that an answer comes to. The file is the only state, so
//! that it can be written by hand in between. It must not judge an answer: `check` does.

mod catalogue;
mod draft;
mod form;
mod made;
mod seen;
mod steps;

use serde::Serialize;
use serde_json::{Value, json};

use crate::edit::{Edit, EditError, edit};
use crate::files::Files;
use form::As;
use seen::Seen;

/// One question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Question {
    /// What it is called in an answer, and in `about` of what is not settled.
    pub id: String,
    pub words: String,
    /// Why it is put.
    pub why: String,
    pub form: Form,
    /// What may be answered, where that is known; other answers are read as well.
    pub choices: Vec<String>,
    /// The columns of a table.
    pub columns: Vec<Column>,
    /// What the file says now.
    pub answer: Option<Value>,
    /// Whether it waits for an answer: the map needs one and has none, or somebody put it off.
    pub open: bool,
    /// Whether the map needs an answer.
    pub needed: bool,
    /// Why it stands among the questions that are not settled, in the words that stand there.
    pub unsettled: Option<String>,
}

/// What kind of answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    Text,
    /// Several texts.
    Lines,
    Choice,
    Number,
    /// An amount with its currency.
    Money,
    /// A share of a hundred: `5 %`.
    Share,
    Minutes,
    /// A time with its unit: `8 working hours`.
    Duration,
    Person,
    Role,
    YesNo,
    /// Rows with the same columns.
    Table,
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    pub key: &'static str,
    pub words: &'static str,
    pub form: Form,
    pub choices: Vec<String>,
}

/// Why there is no question, or an answer was not taken.
#[derive(Debug, thiserror::Error)]
pub enum InterviewError {
    #[error("there is no question `{0}`")]
    NoQuestion(String),
    #[error("`{question}`: {wanted}")]
    Unfit { question: String, wanted: String },
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl InterviewError {
    fn unfit(question: &str, wanted: impl Into<String>) -> Self {
        Self::Unfit { question: question.to_owned(), wanted: wanted.into() }
    }
}

/// A question, and where its answer stands in the file.
struct Put {
    question: Question,
    at: Vec<String>,
    by: As,
}

/// The least text that a workflow's file can begin with.
#[must_use]
pub fn begun(path: &str) -> String {
    let name = crate::read::workspace::stem(path);
    format!("---\nworkflow: {name}\n---\n\n# {name}\n")
}

/// Every question in the order in which they are put. A text that says nothing is a new file.
pub fn questions(files: &Files, path: &str, text: &str) -> Result<Vec<Question>, InterviewError> {
    let seen = Seen::read(files, path, &standing(path, text))?;
    Ok(catalogue::all(&seen).into_iter().map(|put| put.question).collect())
}

/// The changes that an answer comes to: none where the file says that already. Nothing as an answer
/// means that nobody knows it yet.
pub fn answer(
    files: &Files,
    path: &str,
    text: &str,
    question: &str,
    value: &Value,
) -> Result<Vec<Edit>, InterviewError> {
    let seen = Seen::read(files, path, &standing(path, text))?;
    let put = catalogue::all(&seen).into_iter().find(|put| put.question.id == question);
    let put = put.ok_or_else(|| InterviewError::NoQuestion(question.to_owned()))?;
    let mut open = seen.open();
    let is_about = |entry: &Value| entry.get("about").and_then(Value::as_str) == Some(question);
    if value.is_null() {
        if !open.iter().any(is_about) {
            open.push(json!({ "what": put.question.words, "about": question }));
        }
        return Ok(seen.opened(&open).into_iter().collect());
    }
    open.retain(|entry| !is_about(entry));
    let mut edits = Vec::new();
    if put.question.answer.as_ref() != Some(value) {
        edits = match put.by {
            As::Draft => draft::drafted(&seen, value, &mut open)?,
            As::Kind => vec![made::again(&seen, &put.at, question, value, &mut open)?],
            As::Unsettled => {
                let lines = form::lines(question, value)?;
                open = seen.kept(&lines);
                Vec::new()
            }
            by => vec![Edit::Set { at: put.at, to: by.written(&seen, &put.question, value)? }],
        };
    }
    edits.extend(seen.opened(&open));
    Ok(edits)
}

/// The text after an answer.
pub fn answered(
    files: &Files,
    path: &str,
    text: &str,
    question: &str,
    value: &Value,
) -> Result<String, InterviewError> {
    let text = standing(path, text);
    let edits = answer(files, path, &text, question, value)?;
    let mut files = files.clone();
    files.insert(path, &text);
    Ok(edit(&files, path, &edits)?)
}

fn standing(path: &str, text: &str) -> String {
    if text.trim().is_empty() { begun(path) } else { text.to_owned() }
}
