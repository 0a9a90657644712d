//! What people state in `governance/*.md`: who says it, what it covers, and until when it holds.
//! Not a part of a release: a statement changes no decision. It must not judge whether a statement
//! is true, nor what it is worth.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::codes;
use crate::files::{Files, Spot};
use crate::ids::{PersonId, RoleId, WorkflowName};
use crate::keys;
use crate::markdown;
use crate::problem::{Cx, Found, Problems};
use crate::read::people;
use crate::read::workspace::{self, Workspace};
use crate::yaml;

#[cfg(test)]
mod tests;

/// How often a statement has to be looked at again, where nothing is said.
const YEAR_MS: u64 = 365 * 86_400_000;

/// What one file states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    pub file: String,
    /// The first line of its settings.
    pub line: usize,
    /// The digest of the file as it is read: what somebody acknowledges is this text and no other.
    pub digest: [u8; 32],
    pub title: String,
    /// Criteria and controls, as the standards name them: `PSF-7.1`, `C2`.
    pub covers: Vec<String>,
    /// Only for these; for all where none is named.
    pub workflows: Vec<WorkflowName>,
    pub owner: PersonId,
    /// The day on which somebody last looked at it, `YYYY-MM-DD`.
    pub reviewed: String,
    pub review_every_ms: u64,
    /// The last day that it holds.
    pub until: String,
    /// Where what it says can be seen: addresses, files, records.
    pub evidence: Vec<String>,
    /// Those who have to have read it.
    pub read_by: Vec<RoleId>,
    /// Why what it covers does not apply here, where it says so.
    pub not_applicable: Option<String>,
    /// Names and values of its own, for rules that look for them.
    pub facts: BTreeMap<String, String>,
    pub text: String,
}

impl Statement {
    /// Whether it holds for a workflow.
    #[must_use]
    pub fn is_for(&self, workflow: &WorkflowName) -> bool {
        self.workflows.is_empty() || self.workflows.contains(workflow)
    }

    /// Whether it speaks of a criterion or control.
    #[must_use]
    pub fn speaks_of(&self, id: &str) -> bool {
        self.covers.iter().any(|covered| covered == id)
    }

    /// Whether it holds on a day, `YYYY-MM-DD`: days in this form are in order as texts.
    #[must_use]
    pub fn holds(&self, day: &str) -> bool {
        day <= self.until.as_str()
    }
}

/// Every statement of a workspace, in the order of their files.
pub fn statements(files: &Files) -> Result<Vec<Statement>, Problems> {
    let cx = Cx::new(files);
    let all = read(&cx, &workspace::read(&Cx::new(files)));
    match cx.count() {
        0 => Ok(all),
        _ => Err(cx.problems()),
    }
}

/// The statements that could be read.
pub(crate) fn read(cx: &Cx<'_>, ws: &Workspace) -> Vec<Statement> {
    let all = cx.files.within("governance/", ".md");
    all.filter_map(|(file, text)| {
        let parts = markdown::split(text);
        let Some(range) = parts.settings else {
            let what = "a statement starts with its settings: who states it and until when";
            return cx.add(Found::new(&codes::FRONTMATTER, &Spot::top(file), what));
        };
        let node = yaml::read(cx, file, text.get(range.clone())?, range.start)?;
        let line = text.get(..range.start)?.lines().count() + 1;
        let body = text.get(parts.body).unwrap_or_default();
        let read = one(cx, ws, &node)?;
        let digest = Sha256::digest(text.as_bytes()).into();
        let title = body.lines().find_map(|line| line.strip_prefix("# ")).map(str::trim);
        let title = title.map_or_else(|| stem(file), str::to_owned);
        let text = markdown::tidy(body);
        Some(Statement { file: file.to_string(), line, digest, title, text, ..read })
    })
    .collect()
}

fn stem(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.trim_end_matches(".md").replace(['_', '-'], " ")
}

fn one(cx: &Cx<'_>, ws: &Workspace, node: &yaml::Node) -> Option<Statement> {
    let fields = cx.fields(node, &keys::STATEMENT)?;
    let mut covers = Vec::new();
    for node in fields.get("covers").map(|n| cx.some(n)).unwrap_or_default() {
        let word = cx.word(node, "a criterion or control such as `PSF-7.1` or `C2`")?;
        if !is_id(word) {
            let found =
                Found::new(&codes::STATEMENT, &node.at, format!("`{word}` is no criterion"));
            cx.add::<()>(found.fix("write `PSF-1.1` to `PSF-8.5`, or `C1` to `C8`"));
        }
        covers.push(word.to_owned());
    }
    let owner = fields.get("owner").and_then(|n| ws.settings.people.person(cx, n));
    let day = |key: &str| fields.get(key).and_then(|n| people::date(cx, n));
    let (reviewed, until) = (day("reviewed"), day("until"));
    if let (Some(reviewed), Some(until), Some(node)) = (&reviewed, &until, fields.get("until"))
        && until < reviewed
    {
        let what = format!("it holds until {until}, and was looked at on {reviewed}");
        cx.add::<()>(Found::new(&codes::STATEMENT, &node.at, what).fix("correct one of the days"));
    }
    let texts = |key: &str| {
        let all = fields.get(key).map(|n| cx.some(n)).unwrap_or_default();
        all.iter().filter_map(|n| cx.text(n)).collect::<Vec<_>>()
    };
    let read_by = fields.get("read_by").map(|n| cx.some(n)).unwrap_or_default();
    let read_by = read_by.iter().filter_map(|n| ws.settings.people.role(cx, n)).collect();
    let mut workflows = Vec::new();
    for node in fields.get("workflows").map(|n| cx.some(n)).unwrap_or_default() {
        let Some(name) = cx.name(node, WorkflowName::new) else { continue };
        if !ws.workflows.contains_key(name.as_str()) {
            let found =
                Found::new(&codes::WORKFLOW_UNKNOWN, &node.at, format!("no workflow `{name}`"));
            cx.add::<()>(found.near(name.as_str(), ws.workflows.keys()));
        }
        workflows.push(name);
    }
    let mut facts = BTreeMap::new();
    for entry in fields.get("facts").and_then(|n| cx.map(n)).unwrap_or_default() {
        facts.extend(cx.text(&entry.value).map(|text| (entry.key.clone(), text)));
    }
    Some(Statement {
        file: String::new(),
        line: 1,
        digest: [0; 32],
        title: String::new(),
        covers,
        workflows,
        owner: owner?,
        reviewed: reviewed?,
        review_every_ms: fields.get("review_every").and_then(|n| cx.duration(n)).unwrap_or(YEAR_MS),
        until: until?,
        evidence: texts("evidence"),
        read_by,
        not_applicable: fields.get("not_applicable").and_then(|n| cx.text(n)),
        facts,
        text: String::new(),
    })
}

/// Whether a word has the form of a criterion or a control.
fn is_id(word: &str) -> bool {
    let digit = |text: &str, up_to: char| {
        let mut chars = text.chars();
        matches!((chars.next(), chars.next()), (Some(c), None) if ('1'..=up_to).contains(&c))
    };
    match word.strip_prefix("PSF-") {
        Some(rest) => match rest.split_once('.') {
            Some((domain, number)) => digit(domain, '8') && digit(number, '5'),
            None => false,
        },
        None => word.strip_prefix('C').is_some_and(|rest| digit(rest, '8')),
    }
}
