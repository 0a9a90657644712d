//! Maps of another product, WorkflowOS, as files of ours. What has something here that enforces it
//! is carried over, what nobody can know becomes an open question, and the rest is said with its
//! reason: every field of every node and edge is in the report. It must not open an archive, and
//! it must not run or believe anything that a map brings along.

mod account;
mod agent;
mod build;
mod carry;
pub mod codes;
mod fields;
mod fit;
mod flow;
mod graph;
mod page;
mod today;
mod ways;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::check::check_all;
use crate::codes::{Code, SECRET};
use crate::files::{FILE_BYTES_MAX, Files};
use crate::ids::{PersonId, WorkflowName};
use crate::problem::Problems;

use account::{Account, Thing};
pub use account::{Came, Line, Of};
use build::Build;

/// The most bytes of a map, and of one that an archive holds once it is unpacked.
pub const MAP_BYTES_MAX: usize = 4 << 20;

/// What was read of another product's file.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The map itself: an object with `nodes` and `edges`.
    pub map: Value,
    /// What says who made it, where it came in a bundle.
    pub manifest: Option<Value>,
    /// The names of the other files that came with it.
    pub others: Vec<String>,
}

/// What whoever imports it wants.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// What the workflow is to be called; after the map if not said.
    pub name: Option<WorkflowName>,
    /// The person who answers for it.
    pub accountable: Option<PersonId>,
    /// Whether files that are there already may be replaced.
    pub over: bool,
}

/// A map as files of ours, and what became of each part of it.
#[derive(Debug)]
pub struct Imported {
    pub workflow: WorkflowName,
    /// New files, the workflow last, so that nothing names what is not there yet.
    pub files: Vec<(String, String)>,
    pub lines: Vec<Line>,
    /// The questions that stand in the workflow's file.
    pub open: Vec<String>,
    /// What the operator has to add or correct before it can run.
    pub problems: Problems,
}

/// Why a map was not taken. Nothing was made of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct Refused {
    pub code: &'static Code,
    /// Where in the map: `nodes.3.id`.
    pub place: String,
    pub what: String,
    pub fix: String,
}

impl Refused {
    fn new(code: &'static Code, place: impl Into<String>, what: impl Into<String>) -> Self {
        let (place, what) = (place.into(), what.into());
        Self { code, place, what, fix: code.fix.to_owned() }
    }
}

/// Makes files of a map. The texts of the workspace say what is there already.
pub fn import(files: &Files, source: &Source, wish: &Wish) -> Result<Imported, Refused> {
    let mut account = Account::default();
    let graph = graph::read(&source.map)?;
    let mut build = Build::new(files, &graph, wish, &mut account)?;
    build.all(source)?;
    let (workflow, made, open) = build.files()?;
    for other in &source.others {
        let thing = Thing::new(Of::File, other, "");
        account.left(&thing, "", words::of_file(other));
    }
    let problems = judged(files, &made)?;
    let lines = account.lines();
    Ok(Imported { workflow, files: made, lines, open, problems })
}

/// What `check` says of the new files, beyond what it says without them.
fn judged(files: &Files, made: &[(String, String)]) -> Result<Problems, Refused> {
    let mut all = files.clone();
    for (path, text) in made {
        if text.len() > FILE_BYTES_MAX {
            let what = format!("`{path}` would have {} bytes", text.len());
            return Err(Refused::new(&codes::BOUNDS, path.as_str(), what));
        }
        all.insert(path, text);
    }
    let before = check_all(files).problems;
    let after = check_all(&all).problems;
    let ours = |file: &str| made.iter().any(|(path, _)| path == file);
    if let Some(secret) = after.iter().find(|p| p.code.id == SECRET.id && ours(&p.file)) {
        // It goes into no file of ours and into no message.
        let place = format!("what became line {} of {}", secret.line, secret.file);
        return Err(Refused::new(&SECRET, place, secret.what.as_str())
            .fixed("revoke the secret and take it out of the map, then import it again"));
    }
    let new = after.iter().filter(|problem| !before.iter().any(|old| old == *problem));
    Ok(new.cloned().collect())
}

impl Refused {
    fn fixed(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }
}

/// How often each came about, for those who want one line.
#[must_use]
pub fn counts(lines: &[Line]) -> BTreeMap<Came, usize> {
    let mut counts = BTreeMap::from([(Came::Carried, 0), (Came::Open, 0), (Came::Left, 0)]);
    for line in lines {
        *counts.entry(line.came).or_default() += 1;
    }
    counts
}
