//! The interview over the HTTP interface. It must not judge an answer: `plan` does.

use plan::Files;
use plan::interview::{InterviewError, answered, begun, questions};
use server::{Described, Draft, No, Said, Why};

use super::workshop::{drafted, refused};
use super::{Inner, no};
use crate::workspace::Workspace;

/// The questions of a map after an answer. A file that is not there is one that begins.
pub fn interview(inner: &Inner, draft: Draft, said: Option<Said>) -> Result<Described, No> {
    let Draft { path, text } = draft;
    let files: Files = Workspace::open(&inner.global).map_err(no)?.files;
    let is_new = files.get(path.as_str()).is_none();
    let text = text.or_else(|| is_new.then(|| begun(path.as_str())));
    let (files, mut text, version) = drafted(inner, Draft { path: path.clone(), text })?;
    if let Some(Said { question, value }) = said {
        let new = answered(&files, path.as_str(), &text, &question, &value);
        text = new.map_err(not_taken)?;
    }
    let questions = questions(&files, path.as_str(), &text).map_err(not_taken)?;
    Ok(Described { text, version: version.map(|version| version.to_string()), questions })
}

fn not_taken(error: InterviewError) -> No {
    match error {
        InterviewError::NoQuestion(_) => {
            No::new(Why::NotFound, error).help("questions follow from the text: read them again")
        }
        InterviewError::Unfit { .. } => No::new(Why::Invalid, error),
        InterviewError::Edit(error) => refused(error),
    }
}
