//! A workflow as a map that can be drawn: its steps, where each leads and why, and the line of the
//! file that says so. A file with problems is drawn as far as it can be read, so that it can be
//! mended.

use std::sync::Arc;

use serde::Serialize;

use super::{about, of_step};
use crate::check::check;
use crate::files::Files;
use crate::keys;
use crate::markdown;
use crate::problem::{Cx, Problems};
use crate::release::Plan;
use crate::workflow::{Does, Late, LateEnd, Next, Recover, Step};
use crate::yaml::{self, Kind, Node};

mod today;

pub use today::{Now, Open};

/// A workflow as it is drawn.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Map {
    /// What the workflow is and who answers for it, in sentences; none while it has problems.
    pub says: Vec<String>,
    pub steps: Vec<Drawn>,
    pub ways: Vec<Way>,
    /// The process as people do it now, in order.
    pub today: Vec<Now>,
    /// What is not settled yet.
    pub open: Vec<Open>,
}

/// One step as it is drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Drawn {
    pub step: String,
    /// What kind it is: the key that names what it does.
    pub kind: String,
    /// Who or what does it: the agent, the tool, the role.
    pub by: String,
    /// What it does, in sentences; none while the workflow has problems.
    pub says: Vec<String>,
    /// The line of the file on which it begins, from 1.
    pub line: usize,
    /// The parallel step and the branch that it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside: Option<(String, String)>,
}

/// A way from one step to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Way {
    /// A step, or nothing where the case begins, or any step in an exception.
    pub from: Option<String>,
    /// A step, or nothing where the case ends.
    pub to: Option<String>,
    pub kind: WayKind,
    /// On what condition, in words.
    pub when: String,
}

/// What makes a case go a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WayKind {
    Start,
    Next,
    /// A row of a decision.
    Row,
    Otherwise,
    Approved,
    Rejected,
    Late,
    Branch,
    Failure,
    Exception,
    /// The case is stopped.
    Stop,
}

/// The map of a workflow's file, and every problem of it.
#[must_use]
pub fn map(files: &Files, path: &str) -> (Map, Problems) {
    let Some((_, text)) = files.entry(path) else { return Default::default() };
    let lines = read(files, path, text);
    let name = lines.name.clone().unwrap_or_default();
    match check(files, &name) {
        Ok(plan) => (of(&plan, &lines), Problems::default()),
        Err(problems) => (lines.map, problems),
    }
}

fn of(plan: &Plan, read: &Lines) -> Map {
    let workflow = plan.workflow();
    let drawn = |step: &Step| {
        let name = step.id.to_string();
        let seen = read.map.steps.iter().find(|drawn| drawn.step == name);
        Drawn {
            says: of_step(workflow, step),
            inside: step.inside.as_ref().map(|i| (i.parallel.to_string(), i.branch.to_string())),
            ..seen.cloned().unwrap_or_default()
        }
    };
    Map {
        says: about(workflow),
        steps: workflow.steps.iter().map(drawn).collect(),
        ways: ways(plan),
        today: read.map.today.clone(),
        open: read.map.open.clone(),
    }
}

/// Every way of a plan.
pub(super) fn ways(plan: &Plan) -> Vec<Way> {
    let workflow = plan.workflow();
    let first = Some(workflow.first.to_string());
    let start = Way { from: None, to: first, kind: WayKind::Start, when: String::new() };
    let mut all = vec![start];
    workflow.steps.iter().for_each(|step| of_one(&mut all, step));
    all.extend(workflow.exceptions.iter().map(|exception| Way {
        from: None,
        to: Some(exception.go.to_string()),
        kind: WayKind::Exception,
        when: exception.what.clone(),
    }));
    all
}

fn of_one(all: &mut Vec<Way>, step: &Step) {
    let to = |next: &Next| match next {
        Next::Step(next) => Some(next.to_string()),
        Next::End => None,
    };
    let mut way = |kind: WayKind, when: &str, to: Option<String>| {
        all.push(Way { from: Some(step.id.to_string()), to, kind, when: when.to_owned() });
    };
    match &step.does {
        Does::Decide(decide) => {
            for case in &decide.first {
                way(WayKind::Row, &case.when.sentence(), to(&case.go));
            }
            way(WayKind::Otherwise, "otherwise, and in doubt", to(&decide.otherwise));
        }
        Does::Review(review) => {
            way(WayKind::Approved, "approved", to(&step.next));
            if review.sample.is_some() {
                way(WayKind::Approved, "not in the sample", to(&step.next));
            }
            let mut stops = |kind: WayKind, when: &str, end: &LateEnd| match end {
                LateEnd::Go(step) => way(kind, when, Some(step.to_string())),
                LateEnd::Stop => way(WayKind::Stop, when, None),
            };
            stops(WayKind::Rejected, "rejected", &review.if_rejected.then);
            match &review.late {
                Late::Stop => stops(WayKind::Late, "no answer", &LateEnd::Stop),
                Late::Go(step) => stops(WayKind::Late, "no answer", &LateEnd::Go(step.clone())),
                Late::Ask { then, .. } => stops(WayKind::Late, "no answer", then),
            }
        }
        Does::Parallel(parallel) => {
            for (name, branch) in &parallel.branches {
                way(WayKind::Branch, name.as_str(), Some(branch.first.to_string()));
            }
            way(WayKind::Next, "all done", to(&step.next));
        }
        Does::End(_) => {}
        // The end of a branch leads to where its parallel step goes on.
        _ if step.inside.is_some() && step.next == Next::End => {}
        _ => way(WayKind::Next, "", to(&step.next)),
    }
    if let Recover::Go(target) = &step.on_failure {
        way(WayKind::Failure, "failed", Some(target.to_string()));
    }
}

/// What can be read of a file whether or not it has problems.
#[derive(Default)]
struct Lines {
    name: Option<String>,
    map: Map,
}

fn read(files: &Files, path: &str, text: &str) -> Lines {
    let cx = Cx::new(files);
    let Some(range) = markdown::split(text).settings else { return Lines::default() };
    let part = text.get(range.clone()).unwrap_or("");
    let Some(tree) = yaml::read(&cx, &Arc::from(path), part, range.start) else {
        return Lines::default();
    };
    let mut lines = Lines { name: text_of(&tree, "workflow"), ..Lines::default() };
    let line = |at: usize| text.get(..at).map_or(0, |before| before.matches('\n').count()) + 1;
    lines.map.today = today::now(&tree, line);
    lines.map.open = today::open(&tree, line);
    let Some(Kind::List(steps)) = of_key(&tree, "steps").map(|node| &node.kind) else {
        return lines;
    };
    for (n, step) in steps.iter().enumerate() {
        let Some(name) = text_of(step, "step") else { continue };
        let kind = keys::KINDS.iter().find(|kind| of_key(step, kind).is_some());
        let kind = kind.copied().unwrap_or_default();
        let does = of_key(step, kind);
        let by = does.and_then(|does| match &does.kind {
            Kind::Text { text, .. } => Some(text.clone()),
            Kind::Map(_) => text_of(does, "by").or_else(|| text_of(does, "who")),
            Kind::List(_) => None,
        });
        let next = steps.get(n + 1).and_then(|next| text_of(next, "step"));
        guessed(&mut lines.map.ways, step, &name, (kind, does), next);
        lines.map.steps.push(Drawn {
            step: name,
            kind: kind.to_owned(),
            by: by.unwrap_or_default(),
            line: line(step.at.start),
            ..Drawn::default()
        });
    }
    lines
}

/// Where a step leads as far as its text says it.
fn guessed(
    all: &mut Vec<Way>,
    step: &Node,
    name: &str,
    (kind, does): (&str, Option<&Node>),
    next: Option<String>,
) {
    let mut way = |kind: WayKind, when: String, to: Option<String>| {
        let to = to.filter(|to| !matches!(to.as_str(), "end" | "stop"));
        all.push(Way { from: Some(name.to_owned()), to, kind, when });
    };
    if kind == "end" {
        return;
    }
    if kind == "decide" {
        let rows = does.and_then(|does| of_key(does, "first")).map(|rows| &rows.kind);
        if let Some(Kind::List(rows)) = rows {
            for row in rows {
                let when = text_of(row, "when").unwrap_or_default();
                way(WayKind::Row, when, text_of(row, "go"));
            }
        }
        let otherwise = does.and_then(|does| text_of(does, "otherwise"));
        way(WayKind::Otherwise, "otherwise, and in doubt".to_owned(), otherwise);
        return;
    }
    let then = text_of(step, "then").or(next);
    let (as_kind, when) = match kind {
        "review" => (WayKind::Approved, "approved"),
        _ => (WayKind::Next, ""),
    };
    way(as_kind, when.to_owned(), then);
    let of = |key: &str| does.and_then(|does| of_key(does, key)).and_then(|n| text_of(n, "then"));
    for (key, kind, when) in
        [("if_rejected", WayKind::Rejected, "rejected"), ("late", WayKind::Late, "no answer")]
    {
        if let Some(to) = of(key) {
            way(if to == "stop" { WayKind::Stop } else { kind }, when.to_owned(), Some(to));
        }
    }
}

fn of_key<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match &node.kind {
        Kind::Map(entries) => entries.iter().find(|e| e.key == key).map(|entry| &entry.value),
        Kind::List(_) | Kind::Text { .. } => None,
    }
}

fn text_of(node: &Node, key: &str) -> Option<String> {
    match &of_key(node, key)?.kind {
        Kind::Text { text, .. } if !text.is_empty() => Some(text.clone()),
        Kind::Text { .. } | Kind::List(_) | Kind::Map(_) => None,
    }
}

#[cfg(test)]
mod tests;
