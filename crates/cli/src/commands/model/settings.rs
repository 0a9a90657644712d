//! Changes of `flightdeck.yaml`, by inserting lines: everything else, comments included, stays as
//! it stands. Nothing is written that was not read again first. It must not hold a key.

use std::collections::BTreeSet;

use model::known::{self, Known};
use plan::ids::ModelName;
use plan::{Files, Places, codes};
use serde_json::json;

use super::super::{check, desk, mcp};
use super::trial;
use crate::args::ModelAdd;
use crate::exit::{Ended, Exit, Stop};
use crate::models::KNOWN;
use crate::screen::Screen;
use crate::vault::Vault;
use crate::workspace::Workspace;

const FILE: &str = "flightdeck.yaml";

/// Adds a model, and tries it if somebody agrees to pay for that.
pub fn add(screen: &Screen, workspace: &Workspace, mut add: ModelAdd) -> Ended {
    let places = mcp::places(screen, workspace)?;
    ask(screen, &mut add)?;
    let name = ModelName::new(add.name.as_deref().unwrap_or_default()).map_err(Stop::usage)?;
    if places.declared.contains_key(&name) {
        return Err(Stop::usage(format!("there is a model `{name}` already")));
    }
    let (vendor, model) = (text(add.vendor.as_ref()), text(add.model.as_ref()));
    let known = known::find(vendor, model);
    if add.base_url.is_none() && !KNOWN.iter().any(|(known, _)| *known == vendor) {
        let what = format!("nobody knows where the vendor `{vendor}` answers");
        return Err(Stop::usage(what).help("add `--base-url`, up to and with `/v1`"));
    }
    let dollars = places.currency.is_some_and(|currency| currency.to_string() == "USD");
    let lines = entry(&name, &add, known, dollars)?;
    let old = workspace.files.get(FILE).map(AsRef::as_ref).unwrap_or_default();
    let new = inserted(old, &lines).ok_or_else(|| by_hand(&lines))?;
    let files = again(workspace, &new);
    let read = plan::places(&files).map_err(|found| {
        let count = found.len();
        check::problems(
            screen,
            &Workspace { files: files.clone(), ..here(workspace) },
            &found,
            count,
        )
    })?;
    let others = |places: &Places| {
        let mut all = places.declared.clone();
        all.remove(&name);
        all
    };
    if !read.declared.contains_key(&name) || others(&read) != others(&places) {
        return Err(by_hand(&lines));
    }
    mcp::replace(&workspace.root.join(FILE), &new)?;
    screen.line(format!("`{name}` stands in `{FILE}`"));
    if let Some(date) = known.and_then(|known| known.retires) {
        screen.line(format!("its vendor will retire it on {date}"));
    }
    if !dollars || known.is_none() {
        screen.line("no price is known for it, so it counts as free: add `price:`");
    }
    for key in &add.key {
        if std::env::var_os(key).is_none() {
            screen.line(format!("`{key}` is not set in the environment yet"));
        }
    }
    if agreed(screen, &add)? {
        let vault = Vault::new(&workspace.root, &read.secrets);
        return trial::run(screen, &vault, &read, &name, trial::TEXT);
    }
    screen.object("model", json!({ "model": name, "vendor": vendor, "vendor_model": model }))?;
    screen.line(format!("nothing was sent; `flightdeck model test {name}` tries it"));
    Ok(Exit::Done)
}

/// Makes a model the default, and says which steps that unlocks.
pub fn r#use(screen: &Screen, workspace: &Workspace, name: &str) -> Ended {
    let places = mcp::places(screen, workspace)?;
    let Some(name) = places.declared.keys().find(|model| model.as_str() == name) else {
        let what = format!("there is no model `{name}`");
        return Err(Stop::usage(what).help("`flightdeck model add` adds one"));
    };
    let old = workspace.files.get(FILE).map(AsRef::as_ref).unwrap_or_default();
    let new = default(old, name);
    let files = again(workspace, &new);
    let read = plan::places(&files).ok();
    if read.and_then(|places| places.default_model).as_ref() != Some(name) {
        return Err(by_hand(&[format!("default_model: {name}")]));
    }
    let (before, after) = (locked(&workspace.files), locked(&files));
    mcp::replace(&workspace.root.join(FILE), &new)?;
    let unlocks: Vec<&String> = before.difference(&after).collect();
    let locks: Vec<&String> = after.difference(&before).collect();
    let body = json!({ "model": name, "default": true, "unlocks": unlocks, "locks": locks });
    screen.object("model", body)?;
    screen.line(format!("`{name}` is the default of agents that name no model"));
    for step in &unlocks {
        screen.line(format!("it unlocks {step}"));
    }
    for step in &locks {
        screen.line(format!("it cannot do {step}"));
    }
    if unlocks.is_empty() && locks.is_empty() {
        screen.line("no step was waiting for it");
    }
    Ok(Exit::Done)
}

/// Asks for what was not given, where somebody sits there; and a key that was typed instead of its
/// variable's name goes nowhere.
fn ask(screen: &Screen, add: &mut ModelAdd) -> Result<(), Stop> {
    let vendors: Vec<&str> = KNOWN.iter().map(|(vendor, _)| *vendor).collect();
    let wanted = [
        ("NAME", &mut add.name, "what it is called here: ".to_owned()),
        ("--vendor", &mut add.vendor, format!("vendor ({}, or another): ", vendors.join(", "))),
        ("--model", &mut add.model, "the vendor's name of the model: ".to_owned()),
    ];
    for (option, value, prompt) in wanted {
        if value.is_none() && screen.interactive {
            *value = Some(desk::line(&prompt)?).filter(|text| !text.is_empty());
        }
        if value.is_none() {
            return Err(Stop::usage(format!("`{option}` is missing")));
        }
    }
    if add.key.is_empty() && screen.interactive {
        let prompt = "the environment variable that holds the key, or nothing: ";
        add.key.extend(Some(desk::line(prompt)?).filter(|text| !text.is_empty()));
    }
    let form = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    if !add.key.iter().all(|key| key.bytes().all(form)) {
        let what = "this is not the name of an environment variable";
        return Err(Stop::usage(what).help("give the variable's name, never the key itself"));
    }
    Ok(())
}

/// Whether somebody agreed to pay for a call.
fn agreed(screen: &Screen, add: &ModelAdd) -> Result<bool, Stop> {
    if add.yes || !screen.interactive {
        return Ok(add.yes);
    }
    Ok(desk::line("try it with one paid call? type yes: ")? == "yes")
}

/// The lines of a model, without their indentation.
fn entry(
    name: &ModelName,
    add: &ModelAdd,
    known: Option<Known>,
    dollars: bool,
) -> Result<Vec<String>, Stop> {
    let missing = |option: &str| {
        let what = format!("nobody knows this model, and `{option}` is missing");
        Stop::usage(what).help("give `--context` and `--answer`, in tokens")
    };
    let context = add.context.or(known.map(|known| known.context));
    let context = context.ok_or_else(|| missing("--context"))?;
    // What is allowed is reserved for each call, so no more than an answer needs.
    let answer = add.answer.or(known.map(|known| known.answer.min(4_096)));
    let answer = answer.ok_or_else(|| missing("--answer"))?;
    let mut lines = vec![
        format!("{name}:"),
        format!("  vendor: {}", quoted(text(add.vendor.as_ref()))),
        format!("  model: {}", quoted(text(add.model.as_ref()))),
    ];
    lines.extend(add.base_url.as_deref().map(|url| format!("  base_url: {}", quoted(url))));
    lines.extend(add.format.as_deref().map(|format| format!("  format: {}", quoted(format))));
    match add.key.as_slice() {
        [] => {}
        [key] => lines.push(format!("  key: {key}")),
        keys => lines.push(format!("  keys: [ {} ]", keys.join(", "))),
    }
    lines.push("  can: [ choose, json, tools ]".to_owned());
    lines.push(format!("  context: {context}"));
    lines.push(format!("  answer: {answer}"));
    if let Some(known) = known.filter(|_| dollars) {
        let written = known.written.map(|price| format!("written: {price} USD, "));
        lines.push(format!(
            "  price: {{ input: {} USD, cached: {} USD, {}output: {} USD }}   # as of {}",
            known.input,
            known.cached,
            written.unwrap_or_default(),
            known.output,
            known::DATE
        ));
    }
    Ok(lines)
}

fn text(value: Option<&String>) -> &str {
    value.map(String::as_str).unwrap_or_default()
}

/// A text as a scalar that is surely a text: JSON is YAML.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let word = text.starts_with(|c: char| c.is_ascii_lowercase()) && text.contains('-');
    let known = KNOWN.iter().any(|(vendor, _)| *vendor == text);
    if known || word && text.chars().all(plain) { text.to_owned() } else { json!(text).to_string() }
}

/// The text with an entry at the end of `models:`; `None` if that is not written as a block.
fn inserted(text: &str, lines: &[String]) -> Option<String> {
    let all: Vec<&str> = text.lines().collect();
    let head = all.iter().position(|line| {
        line.strip_prefix("models:").is_some_and(|rest| {
            let rest = rest.trim_start();
            rest.is_empty() || rest.starts_with('#')
        })
    })?;
    let indent = |line: &str| line.len() - line.trim_start().len();
    let content = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let body = all.iter().skip(head + 1);
    let block: Vec<&&str> =
        body.clone().take_while(|line| !content(line) || indent(line) > 0).collect();
    let depth = block.iter().find(|line| content(line)).map_or(2, |line| indent(line));
    let last = block.iter().rposition(|line| content(line)).map_or(0, |at| at + 1);
    let (before, after) = all.split_at_checked(head + 1 + last)?;
    let new = lines.iter().map(|line| format!("{}{line}", " ".repeat(depth)));
    let mut made: Vec<String> = before.iter().map(|line| (*line).to_owned()).collect();
    made.extend(new);
    made.extend(after.iter().map(|line| (*line).to_owned()));
    Some(made.join("\n") + "\n")
}

/// The text with another default; the comment behind it stays.
fn default(text: &str, name: &ModelName) -> String {
    let new = |line: &str| {
        let rest = line.strip_prefix("default_model:")?;
        let value = rest.find(" #").map_or(rest, |at| rest.get(..at).unwrap_or(rest)).trim_end();
        let comment = rest.strip_prefix(value).unwrap_or_default();
        Some(format!("default_model: {name}{comment}"))
    };
    let mut found = false;
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let new = new(line);
        found |= new.is_some();
        lines.push(new.unwrap_or_else(|| line.to_owned()));
    }
    if !found {
        lines.push(format!("default_model: {name}"));
    }
    lines.join("\n") + "\n"
}

fn again(workspace: &Workspace, text: &str) -> Files {
    let mut files = workspace.files.clone();
    files.insert(FILE, text);
    files
}

fn here(workspace: &Workspace) -> Workspace {
    let (root, data) = (workspace.root.clone(), workspace.data.clone());
    Workspace { root, data, files: Files::new() }
}

/// The steps that a model cannot do, each with what it lacks.
fn locked(files: &Files) -> BTreeSet<String> {
    let found = plan::check_all(files).problems;
    let cannot = found.iter().filter(|problem| problem.code.id == codes::MODEL_CANNOT.id);
    let step = |problem: &plan::Problem| {
        let word = problem.what.split('`').nth(1).unwrap_or_default();
        format!("`{word}` at {}:{}", problem.file, problem.line)
    };
    cannot.map(step).collect()
}

fn by_hand(lines: &[String]) -> Stop {
    let what = format!("`{FILE}` is written in a way that no line can be added to");
    Stop::failed(what).help(format!("add this by hand: {}", lines.join(" | ")))
}

#[cfg(test)]
mod tests;
