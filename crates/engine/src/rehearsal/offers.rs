//! What can be taken at a point, the first by itself: an answer, a decision, and each fault that
//! can really come there. It must not offer what the engine would not follow.

use journal::{AnswerShape, Code, ModelAsk};
use plan::ids::{PersonId, RoleId};
use plan::workflow::Does;
use serde_json::{Map, Value, json};

use super::answers;
use super::points::Offer;
use super::stage::Held;
use crate::control::Review;
use crate::faults::ERRORS;
use crate::question::ANSWER;
use crate::work::Work;

/// The word for an answer that spends all that the case may.
pub(super) const USED_UP: &str = "used_up";
/// What a reason says where nobody wrote one.
const REASON: &str = "rehearsed";

/// The word of a code.
pub(super) fn word(code: Code) -> String {
    let word = serde_json::to_value(code).ok();
    word.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

pub(super) fn plain(take: &str, says: &str) -> Offer {
    Offer { take: take.to_owned(), says: says.to_owned(), value: None, fault: false }
}

fn valued(take: &str, says: &str, value: Value) -> Offer {
    Offer { value: Some(value), ..plain(take, says) }
}

pub(super) fn fault(take: &str, says: &str) -> Offer {
    Offer { fault: true, ..plain(take, says) }
}

/// A failure by its code. What the simulation does at random is offered one at a time; without a
/// stop in force nothing fails by one.
fn failures(codes: &[Code]) -> impl Iterator<Item = Offer> {
    codes.iter().filter(|code| **code != Code::Stopped).map(|code| {
        let says = match code {
            Code::RateLimited => "it asks to slow down",
            Code::Unavailable => "it cannot be reached",
            Code::TimedOut => "no answer comes in time",
            Code::ToolError => "it answers with an error of its own",
            Code::ToolChanged => "it is not what was approved any more",
            Code::VendorRefused => "the vendor refuses the request",
            _ => "it fails",
        };
        fault(&format!("fail:{}", word(*code)), says)
    })
}

fn died() -> Offer {
    fault("crash", "the program dies before it hears the answer, and is started again")
}

pub(super) fn of_model(ask: &ModelAsk, value: Value) -> Vec<Offer> {
    let mut all = vec![valued("answer", "it answers this", value)];
    for tool in ask.tools.iter() {
        let args = answers::plainest(&tool.input);
        all.push(valued(&format!("call:{}", tool.tool), "it calls this tool first", args));
    }
    if ask.probabilities {
        all.push(fault("unsure", "it answers, and is not sure"));
    }
    if matches!(ask.answer, AnswerShape::Json(_) | AnswerShape::Choice(_)) {
        all.push(fault("malformed", "its answer makes no sense"));
    }
    let codes = ERRORS.get(..ERRORS.len() - 1).unwrap_or_default();
    all.extend(failures(codes));
    all.extend(failures(&[Code::VendorRefused]));
    all.push(fault(USED_UP, "it answers, and has used up the money of the case"));
    all.push(died());
    all
}

pub(super) fn of_tool(asks: bool, effect: bool, value: Result<Value, String>) -> Vec<Offer> {
    let mut all = Vec::new();
    match value {
        Ok(value) => all.push(valued("answer", "it answers this", value)),
        Err(why) => {
            let failed =
                fault(&format!("fail:{}", word(Code::ToolError)), "it answers with an error");
            all.push(Offer { value: Some(Value::from(why)), ..failed });
            all.push(valued("answer", "it answers this", json!({})));
        }
    }
    all.push(fault("malformed", "its answer makes no sense"));
    let given = all.iter().map(|offer| offer.take.clone()).collect::<Vec<_>>();
    all.extend(failures(&ERRORS).filter(|offer| !given.contains(&offer.take)));
    all.extend(failures(&[Code::ToolChanged]));
    if effect {
        all.push(fault("lost", "it is not known whether it was done: no answer came"));
    }
    if asks {
        all.push(fault("asks", "it asks a person something first"));
    }
    all.push(died());
    all
}

pub(super) fn of_person(
    work: &Work<'_>,
    held: &Held,
    review: &Review,
    may: &[PersonId],
    others: Vec<RoleId>,
) -> Vec<Offer> {
    use journal::About;
    let reason = || Value::from(REASON);
    let approve = plain("approve", "yes");
    let reject = valued("reject", "no, for this reason", reason());
    let mut all = match &review.about {
        About::Step { .. } => {
            let edit =
                correcting(work, held, review).map(|v| valued("edit", "yes, so corrected", v));
            [Some(approve), edit, Some(reject)].into_iter().flatten().collect()
        }
        About::Act { .. } => vec![approve, reject],
        About::Failure { code, shown } => failed(held, review, *code, !shown.is_empty()),
        About::InDoubt { .. } => {
            vec![plain("happened", "it was done"), plain("did_not_happen", "it was not done")]
        }
        About::Question { question, .. } => {
            let question = held.env.get(*question).and_then(|body| body.value().cloned());
            let question = question.and_then(|q| serde_json::from_value(q).ok());
            let fields = question.as_ref().map(|q: &journal::Question| {
                let field = |(name, of): (&String, &Value)| {
                    (format!("{ANSWER}.{name}"), answers::plainest(of))
                };
                q.fields().map(field).collect::<Map<String, Value>>()
            });
            vec![
                valued("edit", "this is the answer", Value::Object(fields.unwrap_or_default())),
                reject,
            ]
        }
    };
    for role in others {
        all.push(valued(&format!("escalate:{role}"), "it is passed on to them", reason()));
    }
    all.push(plain("late", "nobody answers in time"));
    if may.is_empty() {
        all.retain(|offer| offer.take == "late");
    }
    all
}

/// A failed step: another try where that can help, once; otherwise it ends here.
fn failed(held: &Held, review: &Review, code: Code, shown: bool) -> Vec<Offer> {
    let passing = matches!(
        code,
        Code::RateLimited | Code::Unavailable | Code::TimedOut | Code::ToolError | Code::BadAnswer
    );
    let tries = held.control.live.get(&review.at).map_or(0, |visit| visit.tries);
    let retry = plain("retry", "it is tried once more");
    let reject = valued("reject", "the case ends here, for this reason", Value::from(REASON));
    let mut all = if passing && tries == 0 { vec![retry, reject] } else { vec![reject, retry] };
    let values = answers::completing(held, &review.at);
    if !values.is_empty() {
        all.push(valued("edit", "these are the values", Value::Object(values)));
    }
    if shown {
        all.push(plain("approve", "what it has is right"));
    }
    all.push(valued("skip", "it goes on without the step", Value::from(REASON)));
    all
}

/// What may be corrected, as it stands now.
fn correcting(work: &Work<'_>, held: &Held, review: &Review) -> Option<Value> {
    let Does::Review(step) = &held.engine.plan().step(&review.at.step)?.does else { return None };
    let now = |path: &plan::expr::Path| {
        (path.to_string(), work.at_path(path).cloned().unwrap_or(Value::Null))
    };
    let values: Map<String, Value> = step.may_edit.iter().map(now).collect();
    (!values.is_empty()).then_some(Value::Object(values))
}
