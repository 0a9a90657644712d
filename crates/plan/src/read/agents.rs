//! `agents/*.md`, and the standing instructions (`AGENTS.md`, `CLAUDE.md`) with their imports.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::codes;
use crate::files::Spot;
use crate::ids::{AgentName, ModelName, ToolName};
use crate::keys;
use crate::markdown;
use crate::problem::{Cx, Found};
use crate::workflow::{Agent, Instruction};
use crate::yaml;

use super::settings::{Settings, model};
use super::workspace::stem;

/// How deep imports may import.
const IMPORTS_DEEP: usize = 5;

/// An agent's file: its settings and its text with what that imports.
#[derive(Debug)]
pub(crate) struct AgentFile {
    pub(crate) agent: Agent,
    pub(crate) text: Vec<Instruction>,
}

/// The agents that could be read, and the stems of the files that could not.
pub(crate) fn read(
    cx: &Cx<'_>,
    settings: &Settings,
) -> (BTreeMap<AgentName, AgentFile>, BTreeSet<String>) {
    let (mut agents, mut broken) = (BTreeMap::new(), BTreeSet::new());
    for (file, text) in cx.files.within("agents/", ".md") {
        if matches!(file.as_ref(), "agents/AGENTS.md" | "agents/CLAUDE.md") {
            continue;
        }
        let Some((name, agent)) = one(cx, settings, file, text) else {
            broken.insert(stem(file));
            continue;
        };
        if agents.insert(name.clone(), agent).is_some() {
            let what = format!("two files describe the agent `{name}`");
            cx.add::<()>(Found::new(&codes::NAME_TWICE, &Spot::top(file), what));
        }
    }
    (agents, broken)
}

fn one(
    cx: &Cx<'_>,
    settings: &Settings,
    file: &Arc<str>,
    text: &str,
) -> Option<(AgentName, AgentFile)> {
    let parts = markdown::split(text);
    let Some(range) = parts.settings else {
        let what = "an agent's file starts with its settings";
        return cx.add(Found::new(&codes::FRONTMATTER, &Spot::top(file), what));
    };
    let node = yaml::read(cx, file, text.get(range.clone())?, range.start)?;
    let fields = cx.fields(&node, &keys::AGENT)?;
    let name = fields.get("name").and_then(|n| cx.name(n, AgentName::new));
    let description = fields.get("description").and_then(|n| cx.text(n));
    let mut models: Vec<ModelName> = match fields.get("model") {
        Some(node) => cx.some(node).iter().filter_map(|n| model(cx, n, settings)).collect(),
        None => settings.default_model.clone().into_iter().collect(),
    };
    if models.is_empty() && !fields.has("model") {
        let what = "the agent names no model, and there is no `default_model`";
        let fix = "add `model:` here or `default_model:` to `flightdeck.yaml`";
        cx.add::<()>(Found::new(&codes::MODEL_UNKNOWN, &node.at, what).fix(fix));
    }
    for spare in &settings.fallback {
        if !models.contains(spare) {
            models.push(spare.clone());
        }
    }
    let mut tools = Vec::new();
    for node in fields.get("tools").map(|n| cx.some(n)).unwrap_or_default() {
        // Other programs write the tools of an agent as one text with commas.
        for word in cx.word(node, "a tool as `server.tool`").unwrap_or_default().split(',') {
            match ToolName::new(word.trim()) {
                Ok(tool) => tools.push(tool),
                Err(error) => {
                    let what = format!("`{}` is no tool: {error}", word.trim());
                    cx.add::<()>(
                        Found::new(&codes::NAME, &node.at, what).fix("write `server.tool`"),
                    );
                }
            }
        }
    }
    let body = text.get(parts.body.clone()).unwrap_or_default();
    let text = imported(cx, file, body, parts.body.start);
    let agent = Agent { description: description?, models, tools };
    Some((name?, AgentFile { agent, text }))
}

/// The standing instructions for a file: those at the root first, the nearest last, so that the
/// nearest has the last word.
pub(crate) fn standing(cx: &Cx<'_>, of: &str) -> Vec<Instruction> {
    let mut folders = vec![String::new()];
    for (at, _) in of.match_indices('/') {
        folders.extend(of.get(..=at).map(str::to_owned));
    }
    let mut all = Vec::new();
    for folder in folders {
        let names = [format!("{folder}AGENTS.md"), format!("{folder}CLAUDE.md")];
        let found = names.iter().find_map(|name| cx.files.entry(name));
        if let Some((file, text)) = found {
            for part in imported(cx, file, text, 0) {
                if !all.contains(&part) {
                    all.push(part);
                }
            }
        }
    }
    all
}

/// A text and, before it, every file it imports.
pub(crate) fn imported(cx: &Cx<'_>, file: &Arc<str>, text: &str, base: usize) -> Vec<Instruction> {
    let mut all = Vec::new();
    let mut open = vec![Arc::clone(file)];
    import(cx, file, text, base, &mut open, &mut all);
    all
}

fn import(
    cx: &Cx<'_>,
    file: &Arc<str>,
    text: &str,
    base: usize,
    open: &mut Vec<Arc<str>>,
    all: &mut Vec<Instruction>,
) {
    for (offset, target) in imports(text) {
        let at = base + offset;
        let spot = Spot::new(file, at..at + target.len() + 1);
        let wrong = |what: String| Found::new(&codes::IMPORT, &spot, what);
        let Some(path) = beside(file, target) else {
            cx.add::<()>(wrong(format!("`@{target}` leads out of the workspace")));
            continue;
        };
        let Some((found, inner)) = cx.files.entry(&path) else {
            let near = cx.files.iter().map(|(path, _)| path.as_ref());
            let found = wrong(format!("`@{target}` names no file of the workspace"));
            cx.add::<()>(found.near(&path, near));
            continue;
        };
        if open.contains(found) {
            cx.add::<()>(wrong(format!("`@{target}` imports itself in a circle")));
        } else if open.len() > IMPORTS_DEEP {
            cx.add::<()>(wrong(format!("`@{target}` is imported more than {IMPORTS_DEEP} deep")));
        } else if !all.iter().any(|done| done.source == path) {
            open.push(Arc::clone(found));
            import(cx, found, inner, 0, open, all);
            open.pop();
        }
    }
    let text = markdown::tidy(text);
    if !text.is_empty() {
        all.push(Instruction { source: file.to_string(), text });
    }
}

/// The imports of a text: `@` at the start of a word, with a point or slash, outside of code.
fn imports(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let (mut at, mut fenced) = (0, false);
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let (mut code, mut before) = (false, ' ');
        for (offset, char) in line.char_indices() {
            code ^= char == '`';
            if char == '@' && !code && !fenced && before.is_whitespace() {
                let rest = line.get(offset + 1..).unwrap_or_default();
                let word = rest.split_whitespace().next().unwrap_or_default();
                let word = word.trim_end_matches(['.', ',', ';', ':', ')']);
                if !rest.starts_with(char::is_whitespace) && word.contains(['.', '/']) {
                    found.push((at + offset, word));
                }
            }
            before = char;
        }
        at += line.len();
    }
    found
}

/// A relative path as seen from a file; nothing if it leaves the workspace.
pub(crate) fn beside(file: &str, target: &str) -> Option<String> {
    if target.starts_with(['/', '~']) {
        return None;
    }
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
