//! The Production Safety Framework over one workflow. Each criterion is looked at in four columns
//! that are never blended: what the files declare, what is really enforced, what records of live
//! cases show, and what a person states. Points come from the columns by one rule. The same inputs
//! give the same findings. It must not read a file or a record itself.

pub(crate) mod cx;
mod data;
mod decor;
mod deploy;
mod input;
mod output;
mod oversight;
mod score;
mod security;
mod vendors;
mod watch;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use journal::Millis;
use plan::ids::{ReleaseId, WorkflowName};
use plan::statements::Statement;
use plan::workflow::Workflow;
use plan::{Edit, Files, Places, Plan};
use serde::Serialize;

use crate::cite::Cite;
use crate::desk::Desk;
use crate::seen::Seen;
use crate::standard::{Source, Standard};

pub(crate) use cx::{Cx, date, is_filler};
pub use decor::Decor;
pub use score::{DomainScore, Points, RULES, Rating, Status};

/// So many cases, on so many days of the last ones, are seen before something counts as seen.
pub const CASES_MIN: u64 = 50;
pub const DAYS_MIN: usize = 7;
pub const WINDOW_DAYS: u32 = 90;
/// For so long a drill counts.
pub const DRILL_DAYS: u32 = 90;
/// For so long something counts that happens seldom: a rollback, an escalation, an erasure.
pub const SELDOM_DAYS: u32 = 365;

/// What is looked at. Everything in it was read by whoever has the disk.
#[derive(Debug)]
pub struct Given<'a> {
    pub standard: &'a Standard,
    /// What runs: the live release, or what the files say where nothing is live.
    pub workflow: &'a Workflow,
    pub release: ReleaseId,
    /// Since when it is live; nothing where it is not.
    pub live: Option<Millis>,
    pub files: &'a Files,
    /// The map's own file.
    pub file: &'a str,
    /// Whether the files say what is live.
    pub same: bool,
    pub places: &'a Places,
    pub statements: &'a [Statement],
    pub seen: &'a Seen,
    /// The releases of which something was seen.
    pub releases: &'a BTreeMap<ReleaseId, Arc<Plan>>,
    pub desk: &'a Desk,
    /// How many cases are kept to try a release with.
    pub cases: usize,
    pub now: Millis,
}

/// What one column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    Yes,
    Partly,
    No,
    /// It was put to the proof and did not hold, or it held once and does not any more.
    Failed,
    /// Nothing is wanted here.
    Open,
}

/// One column of a criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    pub says: Says,
    pub why: String,
    pub cites: Vec<Cite>,
}

impl Column {
    fn new(says: Says, why: impl Into<String>) -> Self {
        Self { says, why: why.into(), cites: Vec::new() }
    }

    fn at(mut self, cite: impl IntoIterator<Item = Cite>) -> Self {
        self.cites.extend(cite);
        self
    }
}

/// One thing to do, and the change that does it where that is one of files.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Advice {
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
}

/// One criterion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    pub id: String,
    pub title: String,
    pub source: Source,
    pub status: Status,
    pub points: Points,
    /// The rule that gave the points.
    pub rule: &'static str,
    pub declared: Column,
    pub enforced: Column,
    pub observed: Column,
    pub attested: Column,
    pub advice: Vec<Advice>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Assessment {
    pub standard: String,
    pub credit: String,
    pub workflow: WorkflowName,
    pub release: ReleaseId,
    pub live: bool,
    /// Whether the files say what is live.
    pub same: bool,
    pub at: Millis,
    pub domains: Vec<DomainScore>,
    /// Halves of a point in all forty, and in the fourteen whose wording is published, with how
    /// many there could be.
    pub points: (u32, u32),
    pub published: (u32, u32),
    pub passes: bool,
    pub findings: Vec<Finding>,
    /// Controls that are there and control nothing.
    pub decor: Vec<Decor>,
}

/// The columns that the rules of one criterion filled.
#[derive(Debug)]
struct Judged {
    declared: Column,
    enforced: Column,
    observed: Column,
    attested: Column,
    advice: Vec<Advice>,
    /// Why a statement that it does not apply cannot be so: a record shows it.
    contradicts: Option<Column>,
}

impl Default for Judged {
    fn default() -> Self {
        let open = || Column::new(Says::Open, "");
        Self {
            declared: open(),
            enforced: open(),
            observed: open(),
            attested: open(),
            advice: Vec::new(),
            contradicts: None,
        }
    }
}

/// Judges every criterion.
#[must_use]
pub fn assess(given: &Given<'_>) -> Assessment {
    let cx = cx::Cx::new(given);
    let decor = decor::decor(&cx);
    let findings: Vec<Finding> = given
        .standard
        .criteria()
        .map(|criterion| {
            let mut judged = one(&cx, &criterion.id);
            // What a control that controls nothing says is no word of anything.
            let of = decor.iter().find(|one| one.criteria.contains(&criterion.id.as_str()));
            if let (Some(one), Says::Yes) = (of, judged.declared.says) {
                judged.declared =
                    Column::new(Says::No, one.what.clone()).at(one.cites.iter().cloned());
            }
            score::finding(&cx, criterion, judged)
        })
        .collect();
    let domains = score::domains(given.standard, &findings);
    let sum = |of: &dyn Fn(&Finding) -> bool| {
        let counted = findings.iter().filter(|one| of(one) && one.status != Status::NotApplicable);
        counted.fold((0, 0), |(got, all), one| (got + u32::from(one.points.0), all + 2))
    };
    Assessment {
        standard: format!("{} {}", given.standard.standard, given.standard.version),
        credit: given.standard.credit.clone(),
        workflow: given.workflow.name.clone(),
        release: given.release,
        live: given.live.is_some(),
        same: given.same,
        at: given.now,
        points: sum(&|_| true),
        published: sum(&|one| one.source == Source::Published),
        passes: domains.iter().all(|domain| domain.passes),
        domains,
        findings,
        decor,
    }
}

fn one(cx: &cx::Cx<'_>, id: &str) -> Judged {
    let Some((domain, _)) = id.strip_prefix("PSF-").and_then(|rest| rest.split_once('.')) else {
        return Judged::default();
    };
    match domain {
        "1" => input::judge(cx, id),
        "2" => output::judge(cx, id),
        "3" => data::judge(cx, id),
        "4" => watch::judge(cx, id),
        "5" => deploy::judge(cx, id),
        "6" => oversight::judge(cx, id),
        "7" => security::judge(cx, id),
        "8" => vendors::judge(cx, id),
        _ => Judged::default(),
    }
}
