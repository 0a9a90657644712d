//! How what a server offers differs from what was approved: which lines of a definition went away
//! and which came, and what that means to whoever approves it. It says what it sees and decides
//! nothing.

mod means;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use plan::lock::{Definition, Lock, Pinned};
use serde_json::Value;

use super::visible;
use crate::offered::Offered;

/// How one tool of a server differs from what was approved of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The server's own name for it.
    pub tool: String,
    pub how: How,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// It is not offered any more; perhaps another that nobody approved has its description.
    Gone {
        other: Option<String>,
    },
    Twice,
    /// It holds what a reader does not see, in words.
    Hidden(String),
    Changed(Change),
    /// Nobody approved it.
    New,
}

/// A definition that is another now, as lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub gone: Vec<String>,
    pub come: Vec<String>,
    /// What follows from it, in sentences.
    pub means: Vec<String>,
}

/// How what a server offers differs from what was approved; nothing when it does not. Only the
/// lock's tools of that server are compared.
#[must_use]
pub fn differences(server: &str, lock: &Lock, live: &[Offered]) -> Vec<Difference> {
    let approved: BTreeMap<&str, &Pinned> = lock
        .tools
        .iter()
        .filter(|(name, _)| name.server() == server)
        .map(|(name, pinned)| (name.tool(), pinned))
        .collect();
    let mut all = Vec::new();
    let mut add = |tool: &str, how: How| all.push(Difference { tool: tool.to_owned(), how });
    for (name, pinned) in &approved {
        let mut same_name = live.iter().filter(|o| o.name == *name);
        match (same_name.next(), same_name.next()) {
            (None, _) => add(name, How::Gone { other: renamed(pinned, &approved, live) }),
            (Some(_), Some(_)) => add(name, How::Twice),
            (Some(offered), None) => {
                if let Some(what) = &offered.hidden {
                    add(name, How::Hidden(what.clone()));
                }
                if offered.digest != pinned.digest {
                    add(name, How::Changed(change(&pinned.definition, &offered.definition)));
                }
            }
        }
    }
    for offered in live {
        if !approved.contains_key(offered.name.as_str()) {
            add(&offered.name, How::New);
            if let Some(what) = &offered.hidden {
                add(&offered.name, How::Hidden(what.clone()));
            }
        }
    }
    all
}

/// The same in plain words; empty when nothing differs.
#[must_use]
pub fn diff(server: &str, lock: &Lock, live: &[Offered]) -> String {
    let mut out = String::new();
    for Difference { tool, how } in differences(server, lock, live) {
        let name = format!("{server}.{}", visible(&tool));
        // Writing into a text does not fail.
        let _ = match how {
            How::Gone { other: None } => writeln!(out, "`{name}` is gone"),
            How::Gone { other: Some(other) } => {
                let other = visible(&other);
                writeln!(out, "`{name}` is gone; `{server}.{other}` has its description")
            }
            How::Twice => writeln!(out, "`{name}` is offered twice"),
            How::Hidden(what) => writeln!(out, "`{name}` is not what it seems: {what}"),
            How::New => writeln!(out, "`{name}` is new and not approved"),
            How::Changed(change) => write!(out, "`{name}` changed:\n{}", told(&change)),
        };
    }
    out
}

fn told(change: &Change) -> String {
    let gone = change.gone.iter().map(|line| format!("  - {line}\n"));
    let come = change.come.iter().map(|line| format!("  + {line}\n"));
    let means = change.means.iter().map(|what| format!("  so: {what}\n"));
    gone.chain(come).chain(means).collect()
}

fn renamed(
    pinned: &Pinned,
    approved: &BTreeMap<&str, &Pinned>,
    live: &[Offered],
) -> Option<String> {
    let renamed = live.iter().find(|o| {
        !approved.contains_key(o.name.as_str())
            && o.definition.description == pinned.definition.description
            && o.definition.input == pinned.definition.input
    });
    renamed.map(|other| other.name.clone())
}

fn change(old: &Definition, new: &Definition) -> Change {
    let (before, after) = (lines(old), lines(new));
    let (was, is): (BTreeSet<_>, BTreeSet<_>) = (before.iter().collect(), after.iter().collect());
    let gone: Vec<String> = before.iter().filter(|l| !is.contains(l)).cloned().collect();
    let come: Vec<String> = after.iter().filter(|l| !was.contains(l)).cloned().collect();
    let mut means = means::means(old, new);
    if gone.is_empty() && come.is_empty() {
        means.push("only the order of its lines is another".to_owned());
    }
    Change { gone, come, means }
}

/// A definition as lines to compare and to read, keys in order.
fn lines(definition: &Definition) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(title) = &definition.title {
        all.push(format!("title: {}", visible(title)));
    }
    for line in definition.description.lines() {
        all.push(format!("description: {}", visible(line)));
    }
    outline("argument", &definition.input, &mut all);
    if let Some(output) = &definition.output {
        outline("result", output, &mut all);
    }
    all
}

/// A JSON value as one line per leaf: `argument: properties.path.type = "string"`.
fn outline(at: &str, value: &Value, to: &mut Vec<String>) {
    fn walk(path: &str, value: &Value, to: &mut Vec<String>) {
        match value {
            Value::Object(all) if !all.is_empty() => {
                let sorted: BTreeMap<_, _> = all.iter().collect();
                for (key, value) in sorted {
                    let dot = if path.ends_with(' ') { "" } else { "." };
                    walk(&format!("{path}{dot}{}", visible(key)), value, to);
                }
            }
            leaf => to.push(format!("{path} = {}", visible(&leaf.to_string()))),
        }
    }
    walk(&format!("{at}: "), value, to);
}
