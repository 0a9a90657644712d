//! A rehearsal kept as a case: what came in, where a person or an act first comes, and what was
//! found until then. It must not write over a case that is there.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use evidence::RunView;
use evidence::view::ActView;
use plan::Plan;
use plan::ids::{StepId, ToolName};
use plan::value::Money;
use plan::workflow::{Does, Effect, Start};
use serde_json::{Map, Value, json};

use super::Begun;
use crate::exit::Stop;
use crate::trial;

/// Whether a name is free and fit, before anything is rehearsed.
pub fn free(folder: &Path, name: &str) -> Result<(), Stop> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 100 || !name.chars().all(plain) {
        let what = "a case's name has letters, digits, `-` and `_`, at most 100";
        return Err(Stop::usage(what));
    }
    let there = ["json", "yaml", "yml"].map(|ending| folder.join(format!("{name}.{ending}")));
    match there.iter().find(|path| path.exists()) {
        Some(path) => Err(taken(path)),
        None => Ok(()),
    }
}

fn taken(path: &Path) -> Stop {
    Stop::usage(format!("`{}` is there already", path.display())).help("take another name")
}

/// Writes the case, whole or not at all. Gives its path from the workspace on.
pub fn keep(
    folder: &Path,
    name: &str,
    begun: &Begun,
    plan: &Plan,
    view: &RunView,
) -> Result<String, Stop> {
    let text = written(folder, begun, plan, view)?;
    std::fs::create_dir_all(folder).with_context(|| format!("`{}`", folder.display()))?;
    let path = folder.join(format!("{name}.yaml"));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(&path).map_err(|error| match error.error.kind() {
        std::io::ErrorKind::AlreadyExists => taken(&path),
        _ => Stop::failed(error.error),
    })?;
    Ok(format!("cases/{}/{name}.yaml", plan.workflow().name))
}

/// The case in the form of a kept one; JSON on the lines of YAML.
pub fn written(folder: &Path, begun: &Begun, plan: &Plan, view: &RunView) -> Result<String, Stop> {
    let mut lines = vec![("why", json!(format!("kept from a rehearsal with {}", begun.name)))];
    match document(folder, begun, plan) {
        Some(file) => lines.push(("file", json!(file))),
        None => lines.push(("case", begun.case.clone())),
    }
    let (expect, at) = came(plan, view);
    lines.push(("expect", json!(expect)));
    let fields = fields(plan, view, at);
    if !fields.is_empty() {
        lines.push(("fields", Value::Object(fields)));
    }
    let mut text = String::new();
    for (key, value) in lines {
        let value = serde_json::to_string(&value).map_err(anyhow::Error::from)?;
        text.push_str(&format!("{key}: {value}\n"));
    }
    // What would not be read again is not written.
    let read: Result<evidence::trial::Trial, String> = plan::cases::read(&text);
    read.map_err(|why| Stop::failed(format!("the case cannot be kept: {why}")))?;
    Ok(text)
}

/// The document of a case, by its path from the workspace on.
fn document(folder: &Path, begun: &Begun, plan: &Plan) -> Option<String> {
    let root = folder.parent()?.parent()?;
    if let Some(file) = &begun.file {
        let file = Path::new(file).canonicalize().ok()?;
        let below = file.strip_prefix(root.canonicalize().ok()?).ok()?.to_path_buf();
        return Some(below.to_string_lossy().into_owned());
    }
    // A kept case that is a document names it.
    let name = begun.case.as_object().filter(|fields| fields.len() == 1)?.get("name")?.as_str()?;
    let kept = trial::read(folder).unwrap_or_default().into_values();
    let known = kept.filter_map(|trial| trial.file).find(|file| trial::document(file) == name);
    known.or_else(|| lying(root, name, plan))
}

/// A document by its name, where cases come from a folder.
fn lying(root: &Path, name: &str, plan: &Plan) -> Option<String> {
    let folders = plan.workflow().starts.iter().filter_map(|start| match start {
        Start::Folder(folder) => Some(folder.as_str()),
        Start::At(_) | Start::Hook(_) => None,
    });
    let is_name = Path::new(name).file_name().is_some_and(|last| last == name);
    let mut named = folders.map(|folder| format!("{}/{name}", folder.trim_end_matches('/')));
    named.find(|file| is_name && root.join(file).is_file())
}

/// Where a case first comes to an act or a person, and how many steps lead there.
fn came(plan: &Plan, view: &RunView) -> (String, usize) {
    let acts = |act: &&ActView| {
        let tool = act.tool.as_ref().and_then(|name| ToolName::new(name).ok());
        let spec = tool.and_then(|tool| plan.workflow().tools.get(&tool));
        act.tool.is_some() && spec.is_none_or(|spec| spec.effect != Effect::Read)
    };
    let act = view.acts.iter().find(acts).map(|act| &act.at);
    let asked = view.reviews.iter().map(|review| &review.at);
    let place = |at: &journal::At| view.steps.iter().position(|visit| visit.at == *at);
    let first = act.into_iter().chain(asked).filter_map(|at| Some((place(at)?, &at.step))).min();
    match first {
        Some((n, step)) => (step.to_string(), n),
        None => (view.status.as_str().to_owned(), view.steps.len()),
    }
}

/// What agents found until then.
fn fields(plan: &Plan, view: &RunView, most: usize) -> Map<String, Value> {
    let mut all = Map::new();
    let agent =
        |step: &StepId| plan.step(step).is_some_and(|step| matches!(step.does, Does::Agent(_)));
    for visit in view.steps.iter().take(most).filter(|visit| agent(&visit.at.step)) {
        let output = visit.output.as_ref().and_then(Value::as_object);
        for (name, value) in output.into_iter().flatten() {
            let money = serde_json::from_value::<Money>(value.clone());
            let value = match (money, value) {
                (Ok(money), _) => json!(money.to_string()),
                (Err(_), Value::Object(_) | Value::Array(_) | Value::Null) => continue,
                (Err(_), plain) => plain.clone(),
            };
            all.insert(format!("{}.{name}", visit.at.step), value);
        }
    }
    all
}
