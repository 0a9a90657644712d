//! Everything the workflows of a workspace share, read once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::codes;
use crate::files::{FILE_BYTES_MAX, Spot, is_of_workspace};
use crate::ids::AgentName;
use crate::markdown;
use crate::problem::{Cx, Found};
use crate::yaml::{self, Node};

use super::agents::{self, AgentFile};
use super::servers::{self, Servers};
use super::settings::{self, Settings};

pub(crate) struct Workspace {
    pub(crate) settings: Settings,
    pub(crate) agents: BTreeMap<AgentName, AgentFile>,
    /// Agents whose file could not be read; that was reported.
    pub(crate) broken_agents: BTreeSet<String>,
    pub(crate) servers: Servers,
    /// Workflow files by the name inside, or by the file's stem where that cannot be read.
    pub(crate) workflows: BTreeMap<String, WorkflowFile>,
}

/// A workflow's file, split and parsed but not yet understood.
pub(crate) struct WorkflowFile {
    pub(crate) path: Arc<str>,
    pub(crate) node: Option<Node>,
    pub(crate) body: String,
    pub(crate) body_at: usize,
}

pub(crate) fn read(cx: &Cx<'_>) -> Workspace {
    for (path, text) in cx.files.iter() {
        let written = is_of_workspace(path) && !path.starts_with("tables/");
        if text.len() > FILE_BYTES_MAX && written {
            let what = format!("`{path}` has {} bytes", text.len());
            cx.add::<()>(Found::new(&codes::FILE_SIZE, &Spot::top(path), what));
        }
    }
    let settings = settings::read(cx);
    let (agents, broken_agents) = agents::read(cx, &settings);
    let servers = servers::read(cx);
    let mut workflows = BTreeMap::new();
    for (path, text) in cx.files.within("workflows/", ".md") {
        if matches!(path.as_ref(), "workflows/AGENTS.md" | "workflows/CLAUDE.md") {
            continue;
        }
        let file = workflow(cx, path, text);
        let name = file.node.as_ref().and_then(named).unwrap_or_else(|| stem(path));
        if let Some(other) = workflows.insert(name.clone(), file) {
            let what = format!("`{}` also describes the workflow `{name}`", other.path);
            cx.add::<()>(Found::new(&codes::NAME_TWICE, &Spot::top(path), what));
        }
    }
    Workspace { settings, agents, broken_agents, servers, workflows }
}

/// Files that are too large are not read further.
pub(crate) fn fits(text: &str) -> bool {
    text.len() <= FILE_BYTES_MAX
}

fn workflow(cx: &Cx<'_>, path: &Arc<str>, text: &str) -> WorkflowFile {
    let empty = WorkflowFile {
        path: Arc::clone(path),
        node: None,
        body: String::new(),
        body_at: text.len(),
    };
    if !fits(text) {
        return empty;
    }
    let parts = markdown::split(text);
    let Some(range) = parts.settings else {
        let what = "a workflow's file starts with its settings";
        cx.add::<()>(Found::new(&codes::FRONTMATTER, &Spot::top(path), what));
        return empty;
    };
    let settings = text.get(range.clone()).unwrap_or_default();
    let before = cx.count();
    let node = yaml::read(cx, path, settings, range.start);
    if node.is_none() && cx.count() == before {
        let what = "the settings of the workflow are empty";
        cx.add::<()>(Found::new(&codes::FRONTMATTER, &Spot::top(path), what));
    }
    let body = text.get(parts.body.clone()).unwrap_or_default().to_owned();
    WorkflowFile { path: Arc::clone(path), node, body, body_at: parts.body.start }
}

fn named(node: &Node) -> Option<String> {
    let yaml::Kind::Map(entries) = &node.kind else { return None };
    let value = entries.iter().find(|e| e.key == "workflow").map(|e| &e.value)?;
    match &value.kind {
        yaml::Kind::Text { text, .. } if !value.is_null() => Some(text.trim().to_owned()),
        _ => None,
    }
}

pub(crate) fn stem(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".md").unwrap_or(name).to_owned()
}
