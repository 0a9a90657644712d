//! What comes in where somebody chose an answer or a fault: in the words of a model or a tool, as
//! the engine would hear it. What does not fit the question is refused. It must not deliver it.

use std::sync::Arc;

use guard::Said;
use journal::{
    ActNo, AnswerShape, Aside, Code, Failure, Form, ModelAnswer, ModelAsk, Outcome, Question,
    ToolCall, Usage,
};
use plan::workflow::Does;
use serde_json::{Value, json};

use super::offers::USED_UP;
use super::points::{Of, Offer, Point, PointKind};
use super::taking::{Wrong, wrong};
use super::{Play, figures};
use crate::agent::wire_name;
use crate::control::Slot;
use crate::faults::{GARBAGE, RETRY_AFTER_MS};

impl Play<'_> {
    pub(super) fn model(
        &self,
        point: &Point,
        act: ActNo,
        ask: &ModelAsk,
        offer: &Offer,
        value: Option<&Value>,
    ) -> Result<(Outcome, bool), Wrong> {
        let held = self.stage.runs.get(&point.run);
        let workflow = held.map(|held| held.engine.plan().workflow());
        let model = workflow.and_then(|workflow| workflow.models.get(&ask.model));
        if let Some(code) = code(offer) {
            return Ok((failed(code, "rehearsed", ask.time_out_ms), true));
        }
        if offer.take == "malformed" {
            let garbage = match &ask.answer {
                AnswerShape::Choice(_) => GARBAGE.get(1),
                AnswerShape::Text | AnswerShape::Json(_) => GARBAGE.first(),
            };
            let usage = figures::of_model(ask, model, "");
            return Ok((came(garbage.copied().unwrap_or_default().into(), usage), true));
        }
        let value = value.or_else(|| point.offers.first().and_then(|offer| offer.value.as_ref()));
        let value = value.cloned().unwrap_or(Value::Null);
        let answer = match offer.take.strip_prefix("call:") {
            Some(name) => called(ask, name, &value)?,
            None => {
                let text = self.answer(point, act, ask, &value)?;
                ModelAnswer { text, calls: Vec::new(), least: None }
            }
        };
        let least = ask.probabilities.then_some(if offer.take == "unsure" { 0 } else { 1_000_000 });
        let answer = ModelAnswer { least, ..answer };
        let mut usage = figures::of_model(ask, model, &answer.text);
        // Of several questions at once the first spends it.
        let first = matches!(&point.of, Of::Acts(acts) if acts.first() == Some(&act));
        let spends = offer.take == USED_UP && first;
        if let Some(limits) = workflow.map(|w| &w.limits.case).filter(|_| spends) {
            usage.cost_nanos = usage.cost_nanos.max(limits.cost_nanos);
            usage.input_tokens = usage.input_tokens.max(limits.tokens);
        }
        Ok((came(serde_json::to_vec(&answer).unwrap_or_default(), usage), true))
    }

    /// What a model writes to answer with this value.
    fn answer(
        &self,
        point: &Point,
        act: ActNo,
        ask: &ModelAsk,
        value: &Value,
    ) -> Result<String, Wrong> {
        let held = self.stage.runs.get(&point.run);
        let slot = held.and_then(|held| held.control.acts.get(&act)).map(|act| act.slot);
        match &ask.answer {
            AnswerShape::Text => {
                Ok(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            }
            AnswerShape::Choice(choice) if point.kind == PointKind::Copy => {
                let wording = match slot {
                    Some(Slot::Question(_, wording)) => wording,
                    _ => 0,
                };
                let of = self.field(point, act).unwrap_or_default();
                let n = copied(point, value, &of)?;
                // The second wording turns the order of the candidates round.
                let last = choice.options.len().saturating_sub(1);
                let n = n.map(|n| if wording > 0 { last.saturating_sub(n) } else { n });
                Ok(json!({ "choice": n }).to_string())
            }
            AnswerShape::Choice(choice) => {
                let n = one_of(value, &choice.options, "the answer")?;
                Ok(json!({ "choice": n }).to_string())
            }
            AnswerShape::Json(_) => {
                let text = value.to_string();
                let again = matches!(slot, Some(Slot::Question(_, n)) if Aside::of(n).is_some());
                let Some(held) = held.filter(|_| !again) else { return Ok(text) };
                match held.engine.guard().said(held.engine.plan(), &point.step, &text) {
                    Ok(Said::Answer(_) | Said::Exception { .. }) => Ok(text),
                    Err(broken) => Err(wrong(
                        format!("the answer does not fit: {}", broken.join("; ")),
                        "give an answer of the shape that the step wants; `malformed` rehearses one \
                         that makes no sense",
                    )),
                }
            }
        }
    }

    /// The field that an act of a copying step is about.
    fn field(&self, point: &Point, act: ActNo) -> Option<String> {
        let held = self.stage.runs.get(&point.run)?;
        let Slot::Question(n, _) = held.control.acts.get(&act)?.slot else { return None };
        let Does::Agent(agent) = &held.engine.plan().step(&point.step)?.does else { return None };
        let plan::workflow::Work::Copy { fields, .. } = &agent.work else { return None };
        fields.get(usize::from(n)).map(|field| field.name.to_string())
    }
}

/// The candidate of a field that a value names; the first where it names none for this field.
fn copied(point: &Point, value: &Value, of: &str) -> Result<Option<usize>, Wrong> {
    let Some(values) = value.as_object() else {
        return Err(wrong(
            "the answer is no object of fields",
            "give `{\"field\": number or null}`",
        ));
    };
    let known = |name: &String| point.fields.iter().any(|field| field.field == *name);
    if let Some(lost) = values.keys().find(|name| !known(name)) {
        let all: Vec<String> = point.fields.iter().map(|f| format!("`{}`", f.field)).collect();
        let what = format!("no field `{lost}` is asked about");
        return Err(wrong(what, format!("those that are: {}", all.join(", "))));
    }
    let Some(value) = values.get(of) else { return Ok(Some(0)) };
    let field = point.fields.iter().find(|field| field.field == of);
    let candidates = field.map(|field| field.candidates.as_slice()).unwrap_or_default();
    one_of(value, candidates, &format!("`{of}`"))
}

/// One of some texts, by its number or in its words; nothing by `null`.
fn one_of(value: &Value, texts: &[String], what: &str) -> Result<Option<usize>, Wrong> {
    let n = match value {
        Value::Null => return Ok(None),
        Value::String(text) => texts.iter().position(|one| one == text),
        other => other.as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| *n < texts.len()),
    };
    let most = texts.len().saturating_sub(1);
    n.map(Some).ok_or_else(|| {
        wrong(format!("{what} is none of the candidates"), format!("give 0 to {most}, or null"))
    })
}

fn called(ask: &ModelAsk, name: &str, args: &Value) -> Result<ModelAnswer, Wrong> {
    if !args.is_object() {
        return Err(wrong("the arguments are no object", "give `{\"argument\": value}`"));
    }
    let tool = ask.tools.iter().find(|tool| tool.tool.as_str() == name);
    let tool = tool.map(|tool| wire_name(&tool.tool)).unwrap_or_default();
    let id = format!("call_{}", ask.messages.len());
    let calls = vec![ToolCall { id, tool, args: args.to_string() }];
    Ok(ModelAnswer { text: String::new(), calls, least: None })
}

pub(super) fn tool(offer: &Offer, value: Option<&Value>, time_out_ms: u64) -> (Outcome, bool) {
    let usage = Usage { active_ms: figures::TOOL_MS, ..Usage::default() };
    if let Some(code) = code(offer) {
        let text = value.and_then(Value::as_str).unwrap_or("rehearsed");
        return (failed(code, text, time_out_ms), true);
    }
    match offer.take.as_str() {
        "lost" => (failed(Code::TimedOut, "rehearsed", time_out_ms), false),
        "malformed" => (came(GARBAGE.get(2).copied().unwrap_or_default().into(), usage), true),
        "asks" => {
            let wants = json!({
                "type": "object",
                "properties": { "answer": { "type": "string" } },
                "required": ["answer"],
            });
            let form = Form { name: String::new(), says: "Which one?".to_owned(), wants };
            let failure = Failure::asking(&Question { forms: vec![form], state: None });
            (Outcome { result: Err(failure), usage, reported: None }, true)
        }
        _ => {
            let bytes = value.unwrap_or(&Value::Null).to_string().into_bytes();
            (came(bytes, usage), true)
        }
    }
}

/// The code of a failure that is taken.
fn code(offer: &Offer) -> Option<Code> {
    let word = offer.take.strip_prefix("fail:")?;
    serde_json::from_value(Value::from(word)).ok()
}

fn came(bytes: Vec<u8>, usage: Usage) -> Outcome {
    Outcome { result: Ok(Arc::from(bytes)), usage, reported: None }
}

fn failed(code: Code, text: &str, time_out_ms: u64) -> Outcome {
    let retry_after_ms = (code == Code::RateLimited).then_some(RETRY_AFTER_MS);
    let active_ms = if code == Code::TimedOut { time_out_ms } else { figures::TOOL_MS };
    let failure = Failure { code, text: text.to_owned(), retry_after_ms };
    let usage = Usage { active_ms, ..Usage::default() };
    Outcome { result: Err(failure), usage, reported: None }
}
