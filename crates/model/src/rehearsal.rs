//! Answers that were written or recorded, for tests and rehearsals. They are never passed off as a
//! model's: every outcome reports [`REPORTED`] as its model. It must not improvise.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use journal::{AnswerShape, Code, Failure, ModelAnswer, ModelAsk};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::provider::{Answered, Answering, Provider, Tokens};

/// What every rehearsed answer reports as its model.
pub const REPORTED: &str = "rehearsal";

/// One written answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The digest of the ask it answers, see [`digest`]; without one it answers any ask.
    #[serde(default)]
    pub ask: Option<String>,
    /// A text that the last message must hold.
    #[serde(default)]
    pub says: Option<String>,
    /// The lead of the question it answers, where the ask is a choice.
    #[serde(default)]
    pub lead: Option<String>,
    pub answer: ModelAnswer,
    /// Answers once and is then used up.
    #[serde(default)]
    pub once: bool,
}

type Told = dyn Fn(&ModelAsk) -> Result<ModelAnswer, Failure> + Send + Sync;

/// Where the answers come from.
enum Script {
    Lines(Mutex<Vec<Option<Line>>>),
    Told(Box<Told>),
}

/// A provider of written answers.
pub struct Rehearsal(Script);

impl fmt::Debug for Rehearsal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rehearsal(..)")
    }
}

/// Why a file of answers was refused.
#[derive(Debug, thiserror::Error)]
#[error("the file of answers cannot be read")]
pub struct ScriptError(#[from] serde_json::Error);

impl Rehearsal {
    /// Answers from a JSON file's text: a list of lines. The first line that fits answers.
    pub fn from_json(text: &str) -> Result<Self, ScriptError> {
        let lines: Vec<Line> = serde_json::from_str(text)?;
        Ok(Self(Script::Lines(Mutex::new(lines.into_iter().map(Some).collect()))))
    }

    /// Answers by a function.
    pub fn told(
        by: impl Fn(&ModelAsk) -> Result<ModelAnswer, Failure> + Send + Sync + 'static,
    ) -> Self {
        Self(Script::Told(Box::new(by)))
    }

    fn answer(&self, ask: &ModelAsk) -> Result<ModelAnswer, Failure> {
        match &self.0 {
            Script::Told(by) => by(ask),
            Script::Lines(lines) => {
                let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
                let digest = digest(ask);
                let fits =
                    |line: &Option<Line>| line.as_ref().is_some_and(|line| line.fits(ask, &digest));
                let found = lines.iter_mut().find(|line| fits(line));
                let line = found.and_then(|line| {
                    if line.as_ref().is_some_and(|line| line.once) {
                        line.take()
                    } else {
                        line.clone()
                    }
                });
                line.map(|line| line.answer).ok_or_else(|| Failure {
                    code: Code::BadAnswer,
                    text: format!("no answer was written for the ask {digest}"),
                    retry_after_ms: None,
                })
            }
        }
    }
}

impl Line {
    fn fits(&self, ask: &ModelAsk, digest: &str) -> bool {
        let last = ask.messages.last().map_or("", |message| message.text.as_str());
        let lead = match &ask.answer {
            AnswerShape::Choice(choice) => Some(choice.lead.as_str()),
            AnswerShape::Text | AnswerShape::Json(_) => None,
        };
        self.ask.as_deref().is_none_or(|wanted| wanted == digest)
            && self.says.as_deref().is_none_or(|wanted| last.contains(wanted))
            && self.lead.as_deref().is_none_or(|wanted| lead == Some(wanted))
    }
}

/// The digest of what an ask asks: its instructions, messages, tools and question. The model's
/// name, limits and key are no part of it, so that a recording serves any model.
#[must_use]
pub fn digest(ask: &ModelAsk) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    part(&ask.instructions);
    for message in &ask.messages {
        part(&serde_json::to_string(message).unwrap_or_default());
    }
    for tool in ask.tools.iter() {
        part(tool.tool.as_str());
    }
    match &ask.answer {
        AnswerShape::Text => part("text"),
        AnswerShape::Json(schema) => part(&schema.to_string()),
        AnswerShape::Choice(choice) => {
            part(&choice.question);
            part(&choice.lead);
            choice.options.iter().for_each(|option| part(option));
        }
    }
    hex::encode(hash.finalize())
}

impl Provider for Rehearsal {
    fn ask<'a>(&'a self, ask: &'a ModelAsk, _: Option<&'a str>) -> Answering<'a> {
        let answered = Answered {
            result: self.answer(ask),
            tokens: Tokens::default(),
            counted: true,
            reported: Some(REPORTED.to_owned()),
            certain: true,
            rest: None,
        };
        Box::pin(std::future::ready(answered))
    }
}
