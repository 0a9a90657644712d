//! What an agent was told about a call that never became a request: no such tool, or arguments that
//! are none. It must not repeat what a tool answered; that stands with the call.

use journal::{At, BodyRef, Finish, Message, Record, Role};

use super::follow::Walk;
use crate::words;

impl Walk<'_> {
    pub(super) fn said(&mut self, at: &At, body: BodyRef) {
        let Some(said) = self.message(body).filter(|said| said.role == Role::Tool) else { return };
        let called = said.answers.as_deref().and_then(|id| self.called(body, id));
        let called = called.map_or_else(|| "a call".to_owned(), |tool| format!("`{tool}`"));
        let told = words::plain(&said.text);
        self.detail(Some(&at.step), format!("the agent was told about {called}: {told}"));
    }

    fn message(&self, body: BodyRef) -> Option<Message> {
        serde_json::from_slice(self.history.body(body)?).ok()
    }

    /// The tool that a call named, in the last answer before that holds a call of this id.
    fn called(&self, before: BodyRef, id: &str) -> Option<String> {
        let frames = self.history.frames().iter().rev().filter(|frame| frame.seq <= before.seq);
        let answers = frames.flat_map(|frame| frame.records.iter().rev()).filter_map(|record| {
            let Record::Finished { outcome: Finish::Ok { body }, .. } = record else { return None };
            self.message(*body)
        });
        let mut calls = answers.flat_map(|answer| answer.calls);
        let call = calls.find(|call| call.id == id)?;
        Some(words::plain(&call.tool))
    }
}
