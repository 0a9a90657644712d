//! `model`: the local model installed, models listed, and one asked whether it answers.

use std::sync::Arc;

use journal::{
    ActNo, AnswerShape, At, Body, BodyRef, Cause, Choice, Draft, Entropy, Epoch, Hash, Labels,
    Message, Mode, ModelAsk, Payload, Permit, Record, Role, RunId, Seq, Starter, Usage, What,
};
use model::local::{self, Step};
use plan::ids::{ModelName, PersonId, ReleaseId, StepId, WorkflowName};
use plan::workflow::Can;
use serde_json::json;

use super::{check, mcp};
use crate::exit::{Ended, Exit, Stop};
use crate::models::{self, Serving};
use crate::screen::{Look, Screen};
use crate::workspace::Workspace;

/// Installs the local model, or finds that it is there.
pub fn install(screen: &Screen) -> Ended {
    let folder = models::folder();
    let installed = mcp::within(local::install(&folder, |step| {
        screen.note(words(&step));
    }))?
    .map_err(|error| {
        let help = error.help();
        let stop = Stop::failed(error);
        match help {
            Some(help) => stop.help(help),
            None => stop,
        }
    })?;
    screen.object("model", json!({ "file": installed.gguf(), "folder": folder }))?;
    screen.line(format!("the local model is ready in `{}`", folder.display()));
    Ok(Exit::Done)
}

/// Lists the models that the workflows use.
pub fn list(screen: &Screen, workspace: &Workspace) -> Ended {
    let places = mcp::places(screen, workspace)?;
    let checked = plan::check_all(&workspace.files);
    if !checked.problems.is_empty() {
        let count = checked.problems.len();
        return Err(check::problems(screen, workspace, &checked.problems, count));
    }
    let mut seen = std::collections::BTreeMap::new();
    for plan in checked.plans.values() {
        for (name, model) in &plan.workflow().models {
            seen.insert(name.clone(), model.clone());
        }
    }
    for (name, model) in seen {
        let place = places.models.get(&name);
        let address = place.and_then(|place| place.base_url.clone());
        let can: Vec<&str> = model.can.iter().map(|can| ability(*can)).collect();
        screen.object(
            "model",
            json!({
                "model": name,
                "vendor": model.vendor,
                "vendor_model": model.model,
                "can": can,
                "base_url": address,
            }),
        )?;
        screen.line(format!(
            "{}: {} of {}, can {}",
            screen.word(Look::Strong, name.as_str()),
            model.model,
            model.vendor,
            can.join(", ")
        ));
    }
    Ok(Exit::Done)
}

/// Asks a model one small question and says what came back.
pub fn test(screen: &Screen, workspace: &Workspace, name: Option<&str>) -> Ended {
    let places = mcp::places(screen, workspace)?;
    let checked = plan::check_all(&workspace.files);
    let named = |model: &&ModelName| name.is_none_or(|name| model.as_str() == name);
    let mut models = checked.plans.values().flat_map(|plan| plan.workflow().models.keys());
    let Some(model) = models.find(named).cloned() else {
        let what = format!("no workflow uses a model `{}`", name.unwrap_or_default());
        return Err(Stop::usage(what).help("`flightdeck model list` shows those that are used"));
    };
    let plan = checked.plans.values().find(|plan| plan.workflow().models.contains_key(&model));
    let vendor = plan
        .and_then(|plan| plan.workflow().models.get(&model))
        .map(|model| model.vendor.clone())
        .unwrap_or_default();
    let serving = Serving::new(&places, checked.plans.values(), None)?;
    let permit = permit(&model, &vendor)?;
    screen.note(format!("one small question to `{model}`"));
    let called = mcp::within(serving.call(permit))?;
    let usage = called.outcome.usage;
    let answer = called.outcome.result.map_err(|failure| {
        let code = evidence::codes::page(failure.code);
        Stop::failed(format!("`{model}` did not answer: {}: {}", code.title, failure.text))
            .help(format!("`flightdeck explain {}`", code.id))
    })?;
    let text = String::from_utf8_lossy(&answer).into_owned();
    screen.object(
        "model",
        json!({
            "model": model,
            "answer": text,
            "reported": called.outcome.reported,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "ms": usage.active_ms,
        }),
    )?;
    screen.line(format!("`{model}` answered {}", evidence::words::plain(&text)));
    screen.line(format!(
        "{} tokens in, {} out, {}",
        usage.input_tokens,
        usage.output_tokens,
        evidence::words::span(usage.active_ms)
    ));
    Ok(Exit::Done)
}

/// Even a test call goes through a commit: into a journal in memory, which ends with the command.
fn permit(model: &ModelName, vendor: &str) -> Result<Permit, Stop> {
    let store = store::MemoryStore::new();
    let (told, committed) = std::sync::mpsc::channel();
    journal::commit(&store, draft(model, vendor)?, move |result| {
        // The receiver waits below for exactly this.
        let _ = told.send(result);
    });
    let committed = committed.recv().map_err(Stop::failed)?.map_err(Stop::failed)?;
    let none = || Stop::failed("the question was not stored");
    committed.permits.into_iter().next().ok_or_else(none)
}

fn draft(model: &ModelName, vendor: &str) -> Result<Draft, Stop> {
    let (act, run) = (ActNo(1), RunId::new(runtime::now(), [1; 10]));
    let at = At { step: StepId::new("test").map_err(Stop::failed)?, visit: 1 };
    let workflow = WorkflowName::new("model_test").map_err(Stop::failed)?;
    let release = ReleaseId([0; 32]);
    let opened = Record::Opened {
        release,
        workflow: workflow.clone(),
        case: BodyRef { seq: Seq(0), n: 0 },
        starter: Starter::Person(PersonId::new("operator").map_err(Stop::failed)?),
        mode: Mode::Rehearsal,
    };
    let allowed = Record::Allowed {
        act,
        at,
        attempt: 1,
        what: What::Model { model: model.clone(), messages: 0, question: None },
        key: Hash::default(),
        rules: Vec::new(),
        reserve: Usage::default(),
    };
    let case = Body { bytes: Arc::from(&b"{}"[..]), labels: Labels::default() };
    Ok(Draft {
        run,
        seq: Seq(0),
        prev: Hash::default(),
        epoch: Epoch(1),
        at: runtime::now(),
        cause: vec![Cause::Open],
        records: vec![opened, allowed],
        bodies: vec![case],
        entropy: Entropy([0; 32]),
        draws: Vec::new(),
        consumes: Vec::new(),
        posts: Vec::new(),
        payloads: vec![(act, Payload::Model(question(model)))],
        vendors: vec![(model.clone(), vendor.to_owned())],
        above: Vec::new(),
        workflow,
        release,
        standing: None,
    })
}

fn question(model: &ModelName) -> ModelAsk {
    let document = Message {
        role: Role::User,
        text: "Invoice 4711\nTotal due: 12.50 EUR".to_owned(),
        calls: Vec::new(),
        answers: None,
    };
    ModelAsk {
        model: model.clone(),
        instructions: Arc::from("You read invoices."),
        messages: vec![Arc::new(document)],
        tools: Arc::from(Vec::new()),
        answer: AnswerShape::Choice(Choice {
            question: "What is the total due?".to_owned(),
            lead: "Total due:".to_owned(),
            options: vec!["12.50 EUR".to_owned(), "4711".to_owned()],
        }),
        tokens_max: 32,
        time_out_ms: 120_000,
        key: Hash::default(),
    }
}

fn words(step: &Step) -> String {
    match step {
        Step::Waiting => "another process installs the same model; waiting for it".to_owned(),
        Step::Environment => "making a private python environment".to_owned(),
        Step::Fetching(line) => format!("fetching: {}", evidence::words::plain(line)),
        Step::Checking => "comparing what was fetched with what was pinned".to_owned(),
        Step::Ready => "all is there".to_owned(),
    }
}

fn ability(can: Can) -> &'static str {
    match can {
        Can::Choose => "choose",
        Can::Json => "json",
        Can::Tools => "tools",
    }
}
