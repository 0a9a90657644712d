//! `model`: the local model installed, models listed, added, tried, and one made the default. It
//! must not write a key anywhere.

use std::sync::Arc;

use journal::{
    ActNo, At, Body, BodyRef, Cause, Draft, Entropy, Epoch, Hash, Labels, Mode, ModelAsk, Payload,
    Permit, Record, RunId, Seq, Starter, Usage, What,
};
use model::known;
use model::local::{self, Step};
use plan::Address;
use plan::ids::{ModelName, PersonId, ReleaseId, StepId, WorkflowName};
use plan::workflow::Can;
use serde_json::json;

use super::mcp;
use crate::exit::{Ended, Exit, Stop};
use crate::models;
use crate::screen::{Look, Screen};
use crate::vault::Vault;
use crate::workspace::Workspace;

mod judge;
mod settings;
mod trial;

pub use settings::{add, r#use};

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

/// Lists the models of the workspace.
pub fn list(screen: &Screen, workspace: &Workspace) -> Ended {
    let places = mcp::places(screen, workspace)?;
    let today = today();
    for (name, model) in &places.declared {
        let place = places.models.get(name);
        let address = place.and_then(|place| place.base_url.as_ref());
        let can: Vec<&str> = model.can.iter().map(|can| ability(*can)).collect();
        let known = known::find(&model.vendor, &model.model);
        let retires = known.and_then(|known| known.retires);
        let default = places.default_model.as_ref() == Some(name);
        screen.object(
            "model",
            json!({
                "model": name,
                "vendor": model.vendor,
                "vendor_model": model.model,
                "can": can,
                "base_url": address.map(Address::as_written),
                "default": default,
                "retires": retires.map(|date| date.to_string()),
            }),
        )?;
        screen.line(format!(
            "{}: {} of {}, can {}{}",
            screen.word(Look::Strong, name.as_str()),
            model.model,
            model.vendor,
            can.join(", "),
            if default { ", the default" } else { "" }
        ));
        if let Some(date) = retires {
            let gone = if date <= today { "was to be retired" } else { "will be retired" };
            let note = format!("  {gone} on {date}, as its vendor published by {}", known::DATE);
            screen.line(screen.word(Look::Warn, &note));
        }
    }
    Ok(Exit::Done)
}

fn today() -> jiff::civil::Date {
    let now = jiff::Timestamp::from_millisecond(runtime::now().0.try_into().unwrap_or(i64::MAX));
    now.unwrap_or(jiff::Timestamp::MAX).to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// Tries what a model can do and says what came back.
pub fn test(screen: &Screen, workspace: &Workspace, name: Option<&str>, judge: bool) -> Ended {
    let places = mcp::places(screen, workspace)?;
    let checked = plan::check_all(&workspace.files);
    // Without a name the one that a workflow uses first.
    let used = checked.plans.values().flat_map(|plan| plan.workflow().models.keys()).next();
    let named = |model: &&ModelName| match (name, used) {
        (Some(name), _) => model.as_str() == name,
        (None, Some(used)) => *model == used,
        (None, None) => true,
    };
    let Some(model) = places.declared.keys().find(named).cloned() else {
        let what = format!("there is no model `{}`", name.unwrap_or_default());
        return Err(Stop::usage(what).help("`flightdeck model list` shows those that there are"));
    };
    let vault = Vault::new(&workspace.root, &places.secrets);
    if judge {
        return judge::run(screen, &vault, &places, &model);
    }
    trial::run(screen, &vault, &places, &model, trial::ALL)
}

/// Even a test call goes through a commit: into a journal in memory, which ends with the command.
fn permit(ask: ModelAsk, vendor: &str) -> Result<Permit, Stop> {
    let store = store::MemoryStore::new();
    let (told, committed) = std::sync::mpsc::channel();
    journal::commit(&store, draft(ask, vendor)?, move |result| {
        // The receiver waits below for exactly this.
        let _ = told.send(result);
    });
    let committed = committed.recv().map_err(Stop::failed)?.map_err(Stop::failed)?;
    let none = || Stop::failed("the question was not stored");
    committed.permits.into_iter().next().ok_or_else(none)
}

fn draft(ask: ModelAsk, vendor: &str) -> Result<Draft, Stop> {
    let model = ask.model.clone();
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
        called: None,
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
        payloads: vec![(act, Payload::Model(ask))],
        vendors: vec![(model, vendor.to_owned())],
        freedoms: Vec::new(),
        above: Vec::new(),
        workflow,
        release,
        standing: None,
    })
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
        Can::Probabilities => "probabilities",
    }
}
