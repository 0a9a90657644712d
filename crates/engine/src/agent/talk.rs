//! The conversation of a step as a model gets it: what was said, answered and given back, in order.

use std::sync::Arc;

use journal::{At, BodyRef, Code, Message, Role, ToolCall};

use crate::control::Line;
use crate::work::{Stuck, Work};

/// A message, and the body that it is stored in.
pub(crate) type Told = (Arc<Message>, BodyRef);

impl Work<'_> {
    /// The model's last answer, if nothing has been said to it since.
    pub(super) fn last_answer(&self, at: &At) -> Result<Option<Arc<Message>>, Stuck> {
        let mut answer = None;
        for line in self.visit(at)?.lines.iter().rev() {
            match line {
                Line::Answer(body) => {
                    answer = Some(self.message(*body)?);
                    break;
                }
                Line::Said(body) => match self.message(*body)?.role {
                    Role::Tool => {}
                    Role::User | Role::Assistant => break,
                },
                Line::Result { .. } => {}
            }
        }
        Ok(answer)
    }

    pub(super) fn message(&self, body: BodyRef) -> Result<Arc<Message>, Stuck> {
        let broken = || Stuck::new(Code::BodyMissing, "a message of this run cannot be read");
        self.loaded(body)?.message().cloned().ok_or_else(broken)
    }

    /// The messages of a conversation: results in call order, whatever order they came in.
    pub(crate) fn messages(&self, at: &At) -> Result<Vec<Arc<Message>>, Stuck> {
        Ok(self.told(at)?.into_iter().map(|(message, _)| message).collect())
    }

    /// The same, each with the body that it is stored in.
    pub(crate) fn told(&self, at: &At) -> Result<Vec<Told>, Stuck> {
        let mut messages: Vec<Told> = Vec::new();
        let mut calls: Vec<ToolCall> = Vec::new();
        let mut results: Vec<(usize, Told)> = Vec::new();
        for line in &self.visit(at)?.lines {
            match line {
                Line::Answer(body) => {
                    flush(&mut messages, &mut results);
                    let answer = self.message(*body)?;
                    calls.clone_from(&answer.calls);
                    messages.push((answer, *body));
                }
                Line::Said(body) => {
                    let said = self.message(*body)?;
                    match (said.role, place(&calls, &said)) {
                        (Role::Tool, Some(n)) => results.push((n, (said, *body))),
                        (Role::Tool | Role::User | Role::Assistant, _) => {
                            flush(&mut messages, &mut results);
                            messages.push((said, *body));
                        }
                    }
                }
                Line::Result { n, body } => {
                    let n = usize::from(*n);
                    let id = calls.get(n).map(|c| c.id.clone());
                    let text = String::from_utf8_lossy(self.loaded(*body)?.bytes()).into_owned();
                    let said = Message {
                        role: Role::Tool,
                        text,
                        calls: Vec::new(),
                        answers: id,
                        least: None,
                    };
                    results.push((n, (Arc::new(said), *body)));
                }
            }
        }
        flush(&mut messages, &mut results);
        Ok(messages)
    }
}

/// What was given and what calls gave back, as one message; what the agent said is left out.
pub(super) fn joined(messages: &[Arc<Message>]) -> Message {
    let given = messages.iter().filter(|m| m.role != Role::Assistant);
    let texts: Vec<&str> = given.map(|message| message.text.as_str()).collect();
    let text = texts.join("\n\n");
    Message { role: Role::User, text, calls: Vec::new(), answers: None, least: None }
}

fn place(calls: &[ToolCall], said: &Message) -> Option<usize> {
    let id = said.answers.as_deref()?;
    calls.iter().position(|c| c.id == id)
}

fn flush(messages: &mut Vec<Told>, results: &mut Vec<(usize, Told)>) {
    results.sort_by_key(|(n, _)| *n);
    messages.extend(results.drain(..).map(|(_, said)| said));
}
