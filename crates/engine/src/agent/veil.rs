//! What of a conversation a model is told that must not know whom it is about: words in place of
//! personal data, and the data again in what it answers. Nothing of it is stored: both sides are a
//! function of the conversation.

use std::collections::BTreeSet;
use std::sync::Arc;

use guard::personal::{self, Place, Veil};
use journal::{AnswerShape, At, Message, ToolCall};
use plan::ids::ModelName;
use plan::workflow::Personal;

use super::talk::Told;
use crate::keyed::keyed;
use crate::work::{Stuck, Work};

impl Work<'_> {
    fn veil<'v>(&'v self, told: &[Told], hides: &'v BTreeSet<Personal>) -> Result<Veil<'v>, Stuck> {
        let mut texts: Vec<(&str, &[Place])> = Vec::new();
        for (message, body) in told {
            let found = self.loaded(*body)?.personal(message);
            let all = std::iter::once(&message.text).chain(message.calls.iter().map(|c| &c.args));
            texts.extend(all.map(String::as_str).zip(found.iter().map(Vec::as_slice)));
        }
        Ok(Veil::over(hides, texts, |kind, value| self.sign(kind, value)))
    }

    /// Nobody outside can compute it, and it says nothing about the same value in another run.
    fn sign(&self, kind: Personal, value: &str) -> String {
        let (run, kind) = (self.control.run.to_bytes(), kind.as_str().as_bytes());
        let all = keyed(self.keying, &[b"veil\0", &run, b"\0", kind, b"\0", value.as_bytes()]);
        hex::encode(all.get(..5).unwrap_or_default())
    }

    /// The messages and the question as a model gets them.
    pub(super) fn veiled(
        &self,
        told: Vec<Told>,
        hides: &BTreeSet<Personal>,
        answer: Option<AnswerShape>,
    ) -> Result<(Vec<Arc<Message>>, Option<AnswerShape>), Stuck> {
        let plain = |told: Vec<Told>| told.into_iter().map(|(message, _)| message).collect();
        if hides.is_empty() {
            return Ok((plain(told), answer));
        }
        let veil = self.veil(&told, hides)?;
        if veil.is_empty() {
            return Ok((plain(told), answer));
        }
        let mut messages = Vec::with_capacity(told.len());
        for (message, body) in told {
            let found = self.loaded(body)?.personal(&message);
            let mut places = found.iter().map(Vec::as_slice);
            let mut hide = |text: &str| veil.hide(text, places.next().unwrap_or_default()).into();
            let text: String = hide(&message.text);
            let calls: Vec<ToolCall> = message
                .calls
                .iter()
                .map(|call| ToolCall { args: hide(&call.args), ..call.clone() })
                .collect();
            messages.push(if text == message.text && calls == message.calls {
                message
            } else {
                Arc::new(Message { text, calls, ..Message::clone(&message) })
            });
        }
        let answer = answer.map(|answer| match answer {
            AnswerShape::Choice(mut choice) => {
                let hide = |text: &mut String| {
                    *text = veil.hide(text, &personal::find(text)).into_owned();
                };
                hide(&mut choice.question);
                hide(&mut choice.lead);
                choice.options.iter_mut().for_each(hide);
                AnswerShape::Choice(choice)
            }
            other @ (AnswerShape::Text | AnswerShape::Json(_)) => other,
        });
        Ok((messages, answer))
    }

    /// A model's answer with the data in place of the words.
    pub(crate) fn unveiled(&self, at: &At, model: &ModelName, message: Message) -> Message {
        let hides = self.plan.workflow().models.get(model).map(|model| &model.hides);
        let Some(hides) = hides.filter(|hides| !hides.is_empty()) else { return message };
        let mut texts =
            std::iter::once(&message.text).chain(message.calls.iter().map(|call| &call.args));
        if !texts.any(|text| personal::has_words(text)) {
            return message;
        }
        let told = self.told(at);
        let Ok(veil) = told.and_then(|told| self.veil(&told, hides)) else { return message };
        let quoted = |text: &str| {
            let whole = serde_json::Value::from(text).to_string();
            whole.get(1..whole.len().saturating_sub(1)).unwrap_or_default().to_owned()
        };
        let restore = |text: &str| match serde_json::from_str::<serde::de::IgnoredAny>(text) {
            Ok(_) => veil.restore(text, quoted).into_owned(),
            Err(_) => veil.restore(text, str::to_owned).into_owned(),
        };
        let calls = message.calls.iter();
        let calls = calls.map(|call| ToolCall { args: restore(&call.args), ..call.clone() });
        Message { calls: calls.collect(), text: restore(&message.text), ..message }
    }
}
