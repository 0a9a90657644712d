//! The seat of a model that an outside agent takes: each ask is handed to whoever sits there, and
//! what they ask for next is the answer. It must not judge an answer; the engine does, as it does
//! a model's.

use std::fmt;

use journal::{Code, Failure, ModelAnswer, ModelAsk};
use tokio::sync::{mpsc, oneshot};

use crate::provider::{Answered, Answering, Provider, Tokens};

/// What every answer from the seat reports as its model. Which model stands behind an outside
/// agent is not known here.
const REPORTED: &str = "outside agent";

/// Where asks arrive. Whoever holds the [`Sitting`] answers them.
#[derive(Clone)]
pub struct Seat(mpsc::UnboundedSender<Question>);

/// The other side of a seat. Dropping it is leaving the seat: every later ask fails.
pub struct Sitting(mpsc::UnboundedReceiver<Question>);

/// One ask that waits for its answer.
pub struct Question {
    pub ask: ModelAsk,
    answer: oneshot::Sender<ModelAnswer>,
}

/// A seat and its other side.
#[must_use]
pub fn seat() -> (Seat, Sitting) {
    let (to, from) = mpsc::unbounded_channel();
    (Seat(to), Sitting(from))
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seat(..)")
    }
}

impl Sitting {
    /// The next ask that somebody still waits for; none when no model can ask any more.
    pub async fn next(&mut self) -> Option<Question> {
        loop {
            let question = self.0.recv().await?;
            if question.waits() {
                return Some(question);
            }
        }
    }
}

impl Question {
    /// Whether the answer is still waited for: a stop or a time-out ends that.
    #[must_use]
    pub fn waits(&self) -> bool {
        !self.answer.is_closed()
    }

    /// Answers. `false` if nobody waits any more.
    pub fn answer(self, answer: ModelAnswer) -> bool {
        self.answer.send(answer).is_ok()
    }
}

impl Provider for Seat {
    fn ask<'a>(&'a self, ask: &'a ModelAsk, _: Option<&'a str>) -> Answering<'a> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            let gone = || {
                let text = "no outside agent is there to answer".to_owned();
                Answered::failed(Failure { code: Code::Unavailable, text, retry_after_ms: None })
            };
            if self.0.send(Question { ask: ask.clone(), answer }).is_err() {
                return gone();
            }
            match answered.await {
                // What an outside agent's own model costs is on its own bill.
                Ok(answer) => Answered {
                    result: Ok(answer),
                    tokens: Tokens::default(),
                    counted: true,
                    reported: Some(REPORTED.to_owned()),
                    certain: true,
                    rest: None,
                },
                Err(_) => gone(),
            }
        })
    }
}
