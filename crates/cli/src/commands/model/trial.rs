//! What a model can do, tried and not assumed: one small question for each ability. It must not
//! take a declaration for an answer.

use std::sync::Arc;

use journal::{
    AnswerShape, Choice, Hash, Message, ModelAnswer, ModelAsk, Outcome, Role, ToolDef, Usage,
};
use plan::Places;
use plan::ids::{ModelName, ToolName};
use plan::workflow::{Can, Model};
use serde_json::{Value, json};

use super::super::mcp;
use super::permit;
use crate::exit::{Ended, Exit, Stop};
use crate::models::Serving;
use crate::screen::{Look, Screen};
use crate::vault::Vault;

/// What can be tried: plain text first, then what `can` may hold.
pub const ALL: &[Option<Can>] =
    &[None, Some(Can::Choose), Some(Can::Json), Some(Can::Tools), Some(Can::Probabilities)];
/// The smallest trial.
pub const TEXT: &[Option<Can>] = &[None];

const DOCUMENT: &str = "Invoice 4711\nTotal due: 12.50 EUR";

/// One trial, as it is told.
struct Tried {
    can: &'static str,
    declared: bool,
    works: bool,
    said: String,
    usage: Usage,
}

/// Tries a model and says what came back. It is a failure if something does not work that is
/// declared.
pub fn run(
    screen: &Screen,
    vault: &Vault,
    places: &Places,
    name: &ModelName,
    what: &[Option<Can>],
) -> Ended {
    let none = || Stop::usage(format!("there is no model `{name}`"));
    let model = places.declared.get(name).ok_or_else(none)?;
    let able = Model {
        can: vec![Can::Choose, Can::Json, Can::Tools, Can::Probabilities],
        ..model.clone()
    };
    let serving = Serving::new(None)?;
    serving.add_one(vault, places, name, &able)?;
    screen.note(format!("{} to `{name}`", questions(what.len())));
    let (tried, reported) = mcp::within(async {
        let (mut tried, mut reported) = (Vec::new(), None);
        for can in what {
            let permit = permit(question(name, *can)?, &model.vendor)?;
            let outcome = serving.call_one(name, &able, permit).await.outcome;
            reported = outcome.reported.clone().or(reported);
            let failed = outcome.result.is_err();
            tried.push(one(model, *can, outcome));
            // A model that does not even answer plainly is not asked again.
            if failed && can.is_none() {
                break;
            }
        }
        Ok::<_, Stop>((tried, reported))
    })??;
    tell(screen, places, name, &tried, reported)?;
    match tried.iter().find(|tried| tried.declared && !tried.works) {
        None => Ok(Exit::Done),
        Some(tried) => {
            let what = format!("`{name}` did not do `{}`: {}", tried.can, tried.said);
            Err(Stop::failed(what).help("see `can`, `key` and `base_url` in `flightdeck.yaml`"))
        }
    }
}

fn questions(n: usize) -> String {
    if n == 1 { "one small question".to_owned() } else { format!("{n} small questions") }
}

fn tell(
    screen: &Screen,
    places: &Places,
    name: &ModelName,
    tried: &[Tried],
    reported: Option<String>,
) -> Result<(), Stop> {
    let usage = tried.iter().fold(Usage::default(), |sum, tried| sum.plus(tried.usage));
    let currency = places.currency.map(|currency| currency.to_string()).unwrap_or_default();
    let cost = format!("{} {currency}", evidence::words::cost(usage.cost_nanos));
    let rows = tried.iter().map(|tried| {
        json!({ "can": tried.can, "works": tried.works, "said": tried.said,
                "ms": tried.usage.active_ms })
    });
    screen.object(
        "model",
        json!({
            "model": name,
            "tried": rows.collect::<Vec<_>>(),
            "reported": reported,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "ms": usage.active_ms,
            "cost": cost,
        }),
    )?;
    for tried in tried {
        let look = if tried.works { Look::Good } else { Look::Bad };
        let word = screen.word(look, if tried.works { "works" } else { "does not" });
        let undeclared = if tried.declared { "" } else { ", and is not declared" };
        let time = evidence::words::span(tried.usage.active_ms);
        screen.line(format!("{:<13} {word}{undeclared}, {time}: {}", tried.can, tried.said));
    }
    screen.line(format!("{} tokens in, {} out, {cost}", usage.input_tokens, usage.output_tokens));
    Ok(())
}

fn one(model: &Model, can: Option<Can>, outcome: Outcome) -> Tried {
    let answer = match outcome.result {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| error.to_string()),
        Err(failure) => {
            let code = evidence::codes::page(failure.code);
            Err(format!("{}: {}", code.title, failure.text))
        }
    };
    let (works, said) = match answer {
        Ok(answer) => judge(can, &answer),
        Err(why) => (false, why),
    };
    let word = can.map_or("text", super::ability);
    let declared = can.is_none_or(|can| model.can.contains(&can));
    Tried { can: word, declared, works, said: evidence::words::plain(&said), usage: outcome.usage }
}

/// Whether an answer is of the kind that was asked for; what it says is not judged.
fn judge(can: Option<Can>, answer: &ModelAnswer) -> (bool, String) {
    let object = || serde_json::from_str::<Value>(&answer.text).ok();
    let works = match can {
        None => !answer.text.trim().is_empty(),
        Some(Can::Choose) => true,
        Some(Can::Probabilities) => answer.least.is_some(),
        Some(Can::Json) => object().is_some_and(|object| {
            object.get("total").is_some_and(Value::is_string)
                && object.get("paid").is_some_and(Value::is_boolean)
        }),
        Some(Can::Tools) => answer.calls.iter().any(|call| {
            let args = serde_json::from_str::<Value>(&call.args).ok();
            call.tool == "desk.look_up"
                && args.is_some_and(|args| args.get("number").is_some_and(Value::is_string))
        }),
    };
    let call = answer.calls.first().map(|call| format!("{} {}", call.tool, call.args));
    (works, call.unwrap_or_else(|| answer.text.clone()))
}

fn question(model: &ModelName, can: Option<Can>) -> Result<ModelAsk, Stop> {
    let text = |key: &str| {
        json!({ "type": "object", "properties": { key: { "type": "string" } },
                                   "required": [key], "additionalProperties": false })
    };
    let (mut asked, mut tools, mut answer) = (DOCUMENT.to_owned(), Vec::new(), AnswerShape::Text);
    match can {
        None | Some(Can::Probabilities) => "Say hello.".clone_into(&mut asked),
        Some(Can::Choose) => {
            answer = AnswerShape::Choice(Choice {
                question: "What is the total due?".to_owned(),
                lead: "Total due:".to_owned(),
                options: vec!["12.50 EUR".to_owned(), "4711".to_owned()],
            });
        }
        Some(Can::Json) => {
            let mut schema = text("total");
            if let Some(object) = schema.as_object_mut() {
                let kinds = json!({ "total": { "type": "string" }, "paid": { "type": "boolean" } });
                object.insert("properties".to_owned(), kinds);
                object.insert("required".to_owned(), json!(["total", "paid"]));
            }
            answer = AnswerShape::Json(Arc::new(schema));
        }
        Some(Can::Tools) => {
            asked.push_str("\n\nLook this invoice up with the tool before you say anything.");
            tools.push(ToolDef {
                tool: ToolName::new("desk.look_up").map_err(Stop::failed)?,
                description: "Looks an invoice up by its number.".to_owned(),
                input: text("number"),
            });
        }
    }
    let said =
        Message { role: Role::User, text: asked, calls: Vec::new(), answers: None, least: None };
    Ok(ModelAsk {
        model: model.clone(),
        instructions: Arc::from("You read invoices."),
        messages: vec![Arc::new(said)],
        tools: tools.into(),
        answer,
        again: 0,
        probabilities: can == Some(Can::Probabilities),
        tokens_max: 256,
        time_out_ms: 120_000,
        key: Hash::default(),
    })
}
