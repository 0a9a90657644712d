//! What entries say of the controls, sorted by what it is about: requests, stops, drills, releases,
//! alerts, erasures, keys. It is read from the entries alone, so that whoever has them can make it
//! again. It must not judge any of it.

use std::collections::BTreeMap;

use journal::{Answer, End, Frame, Millis, Mode, Record, RunId, What};
use plan::ids::WorkflowName;
use serde::Serialize;
use serde_json::{Value, json};

/// The file of it.
pub const FILE: &str = "records.json";

/// What entries say of the controls.
#[derive(Debug, Default, Serialize)]
pub struct Records {
    /// By what it is about, in the order in which it happened.
    about: BTreeMap<&'static str, Vec<Value>>,
    #[serde(skip)]
    figures: Figures,
    #[serde(skip)]
    workflows: BTreeMap<RunId, WorkflowName>,
}

/// Counts of what happened, for people to read.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Cases by workflow, and of them by how they ended.
    pub cases: BTreeMap<String, BTreeMap<&'static str, u64>>,
    /// Cases by the day on which they began.
    pub days: BTreeMap<u64, u64>,
    pub answers: BTreeMap<&'static str, u64>,
    /// Acts that were refused, by the rule.
    pub refused: BTreeMap<String, u64>,
    pub allowed: u64,
    pub cost_nanos: u64,
    pub tokens: u64,
    pub first: Option<Millis>,
    pub last: Option<Millis>,
}

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

impl Records {
    /// Takes in an entry.
    pub fn read(&mut self, index: u64, frame: &Frame) {
        let first = self.figures.first.get_or_insert(frame.at);
        *first = (*first).min(frame.at);
        self.figures.last = self.figures.last.max(Some(frame.at));
        for record in &frame.records {
            self.count(record, frame);
            if let Some(about) = about(record) {
                let told = json!({ "entry": index, "run": frame.run, "at": frame.at,
                    "record": record });
                self.about.entry(about).or_default().push(told);
            }
        }
    }

    /// The file of it.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.about)
    }

    /// How many things there are of each kind.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        self.about.iter().map(|(about, all)| (*about, all.len())).collect()
    }

    /// What was counted.
    #[must_use]
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    fn count(&mut self, record: &Record, frame: &Frame) {
        let figures = &mut self.figures;
        match record {
            Record::Opened { workflow, mode: Mode::Live, .. } => {
                self.workflows.insert(frame.run, workflow.clone());
                let cases = figures.cases.entry(workflow.to_string()).or_default();
                *cases.entry("began").or_default() += 1;
                *figures.days.entry(frame.at.0 / DAY_MS).or_default() += 1;
            }
            Record::Ended { end, usage, .. } => {
                figures.cost_nanos = figures.cost_nanos.saturating_add(usage.cost_nanos);
                figures.tokens = figures.tokens.saturating_add(usage.tokens());
                if let Some(workflow) = self.workflows.get(&frame.run) {
                    let cases = figures.cases.entry(workflow.to_string()).or_default();
                    *cases.entry(ended(end)).or_default() += 1;
                }
            }
            Record::Allowed { .. } => figures.allowed += 1,
            Record::Refused { rule, .. } => {
                let rule = rule.0.split(':').next().unwrap_or_default().to_owned();
                *figures.refused.entry(rule).or_default() += 1;
            }
            Record::ReviewAnswered { answer, .. } => {
                *figures.answers.entry(answered(answer)).or_default() += 1;
            }
            _ => {}
        }
    }
}

/// What a record is about, if it is one of a control.
fn about(record: &Record) -> Option<&'static str> {
    Some(match record {
        Record::ReviewOpened { .. }
        | Record::ReviewAnswered { .. }
        | Record::ReviewAgreed { .. }
        | Record::ReviewLate { .. } => "reviews",
        Record::StopSet { .. }
        | Record::StopLifted { .. }
        | Record::Halted { .. }
        | Record::Unhalted { .. } => "stops",
        Record::Drilled { .. } => "drills",
        Record::Deployed { .. } | Record::Promoted { .. } | Record::RolledBack { .. } => "releases",
        Record::Alerted(_)
        | Record::AlertFired(_)
        | Record::AlertEnded(_)
        | Record::LimitReached { .. }
        | Record::GuardClosed { .. }
        | Record::GuardProven { .. } => "alerts",
        Record::Erased { .. } => "erasures",
        Record::Proof(_) => "proofs",
        Record::Refused { what: What::Tool { .. }, .. } => "refusals",
        _ => return None,
    })
}

fn ended(end: &End) -> &'static str {
    match end {
        End::Reached(outcome) => match outcome {
            plan::workflow::EndOutcome::Done => "done",
            plan::workflow::EndOutcome::Rejected => "rejected",
            plan::workflow::EndOutcome::Failed => "failed",
        },
        End::Failed(_) => "failed",
        End::Duplicate(_) => "duplicate",
        End::Cancelled => "cancelled",
    }
}

fn answered(answer: &Answer) -> &'static str {
    match answer {
        Answer::Approved => "approved",
        Answer::Edited { .. } => "changed and approved",
        Answer::Rejected { .. } => "rejected",
        Answer::Escalated { .. } => "passed on",
    }
}
