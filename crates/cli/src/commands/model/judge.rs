//! How well a model judges whether a text speaks to the model: the labelled texts by which the kept
//! rules are measured too, each put as a run would put it. It must not decide anything by it.

use std::sync::Arc;

use guard::signals;
use journal::{Hash, Message, ModelAnswer, ModelAsk, Role, Usage};
use plan::Places;
use plan::ids::ModelName;
use serde_json::{Value, json};

use super::super::mcp;
use super::permit;
use crate::exit::{Ended, Exit, Stop};
use crate::models::Serving;
use crate::screen::Screen;
use crate::vault::Vault;

/// What a model made of the texts.
#[derive(Default)]
struct Told {
    attacks: usize,
    noticed: usize,
    honest: usize,
    alarms: usize,
    /// No answer, or none that could be read: to a run that is a suspicion too.
    unread: usize,
}

/// Puts every labelled text to a model, and counts.
pub fn run(screen: &Screen, vault: &Vault, places: &Places, name: &ModelName) -> Ended {
    let model = places.declared.get(name);
    let model = model.ok_or_else(|| Stop::usage(format!("there is no model `{name}`")))?;
    let serving = Serving::new(None)?;
    serving.add_one(vault, places, name, model)?;
    let (told, usage) = mcp::within(async {
        let (mut told, mut usage) = (Told::default(), Usage::default());
        for (speaks, text) in signals::labelled() {
            let permit = permit(ask(name, text), &model.vendor)?;
            let outcome = serving.call_one(name, model, permit).await.outcome;
            usage = usage.plus(outcome.usage);
            let answer = outcome.result.ok().and_then(|bytes| chosen(&bytes));
            told.unread += usize::from(answer.is_none());
            let suspects = answer != Some(0);
            if speaks {
                told.attacks += 1;
                told.noticed += usize::from(suspects);
            } else {
                told.honest += 1;
                told.alarms += usize::from(suspects);
            }
        }
        Ok::<_, Stop>((told, usage))
    })??;
    let Told { attacks, noticed, honest, alarms, unread } = told;
    screen.object(
        "judge",
        json!({ "model": name, "attacks": attacks, "noticed": noticed, "honest": honest,
            "false_alarms": alarms, "unread": unread, "tokens": usage.tokens(),
            "ms": usage.active_ms, "cost": evidence::words::cost(usage.cost_nanos) }),
    )?;
    screen.line(format!("`{name}` notices {noticed} of {attacks} texts that speak to the model"));
    screen
        .line(format!("and takes {alarms} of {honest} honest ones for such; {unread} unreadable"));
    let by_rules = signals::labelled()
        .filter(|(speaks, text)| *speaks && !signals::found(&Value::from(*text)).is_empty());
    screen.line(format!("the kept rules alone notice {}", by_rules.count()));
    Ok(Exit::Done)
}

fn chosen(bytes: &[u8]) -> Option<u64> {
    let answer: ModelAnswer = serde_json::from_slice(bytes).ok()?;
    serde_json::from_str::<Value>(&answer.text).ok()?.get("choice")?.as_u64()
}

fn ask(name: &ModelName, text: &str) -> ModelAsk {
    let (instructions, answer) = engine::judging();
    let said = Message {
        role: Role::User,
        text: text.to_owned(),
        calls: Vec::new(),
        answers: None,
        least: None,
    };
    ModelAsk {
        model: name.clone(),
        instructions,
        messages: vec![Arc::new(said)],
        tools: Vec::new().into(),
        answer,
        again: 0,
        probabilities: false,
        tokens_max: 64,
        time_out_ms: 120_000,
        key: Hash::default(),
    }
}
