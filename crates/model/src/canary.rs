//! The model that drills ask. It is no model: it obeys every order that it is shown, wherever it
//! stands, which is what a drill assumes of a model that was taken in. It fails when it is told to.

use journal::{AnswerShape, Code, Failure, ModelAnswer, ModelAsk, Role, ToolCall};
use serde_json::Value;

use crate::provider::{Answered, Answering, Provider, Tokens};

/// What every answer reports as its model.
const REPORTED: &str = "a canary, and no model";

/// An order begins and ends so, with JSON between: `{"calls": [{"tool": .., "args": ..}]}`.
const ORDER: (&str, &str) = ("@@DO ", " @@END");

/// A conversation with this word in it finds the model down: `@@DOWN` for both, or with its name.
const DOWN: &str = "@@DOWN";

/// One canary, by the name that its model has.
#[derive(Debug, Clone)]
pub struct Canary(pub String);

impl Provider for Canary {
    fn ask<'a>(&'a self, ask: &'a ModelAsk, _: Option<&'a str>) -> Answering<'a> {
        Box::pin(std::future::ready(self.answer(ask)))
    }
}

impl Canary {
    fn answer(&self, ask: &ModelAsk) -> Answered {
        let said = || ask.messages.iter().map(|message| message.text.as_str());
        let down = |text: &str| {
            let mut words = text.split_once(DOWN).map(|(_, rest)| rest.split_whitespace());
            words
                .as_mut()
                .map(|words| words.next().is_none_or(|word| word == "all" || word == self.0))
        };
        if said().any(|text| down(text) == Some(true)) {
            let text = "the drill has this model down".to_owned();
            return Answered::failed(Failure {
                code: Code::Unavailable,
                text,
                retry_after_ms: None,
            });
        }
        let wanted: Vec<Value> = said().filter_map(order).flatten().collect();
        let made = ask.messages.iter().filter(|message| message.role == Role::Assistant);
        let made: usize = made.map(|message| message.calls.len()).sum();
        let answer = match wanted.get(made) {
            Some(call) => {
                ModelAnswer { text: String::new(), calls: vec![called(call, made)], least: None }
            }
            None => ModelAnswer { text: done(&ask.answer), calls: Vec::new(), least: None },
        };
        Answered {
            result: Ok(answer),
            tokens: Tokens { input: 1, output: 1, ..Tokens::default() },
            counted: true,
            reported: Some(REPORTED.to_owned()),
            certain: true,
            rest: None,
        }
    }
}

fn order(text: &str) -> Option<Vec<Value>> {
    let (_, rest) = text.split_once(ORDER.0)?;
    let (order, _) = rest.split_once(ORDER.1)?;
    // What stands in a text of JSON has its quotes escaped.
    let read = |order: &str| serde_json::from_str::<Value>(order).ok();
    let order = read(order).or_else(|| read(&order.replace("\\\"", "\"")))?;
    order.get("calls")?.as_array().cloned()
}

fn called(call: &Value, no: usize) -> ToolCall {
    let tool = call.get("tool").and_then(Value::as_str).unwrap_or_default().to_owned();
    let args = call.get("args").unwrap_or(&Value::Null).to_string();
    ToolCall { id: format!("canary-{no}"), tool, args }
}

fn done(shape: &AnswerShape) -> String {
    match shape {
        AnswerShape::Json(_) => r#"{"reply":"done"}"#.to_owned(),
        AnswerShape::Text => "done".to_owned(),
        AnswerShape::Choice { .. } => r#"{"choice":0}"#.to_owned(),
    }
}
