//! What must hold after the kills: the journal and the outside world tell the same story, no
//! decision of a person is lost or turned, and every verdict is decided again as it was stored.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, PoisonError};

use bench::outside::{Memory, Shared};
use bench::sabotage::Sabotage;
use engine::{Audit, Audited, Engine};
use guard::Guard;
use journal::{Answer, Record, RunId, RunQuery, Stored};
use store::SqliteReader;

use crate::people::People;
use crate::{Failure, KEYING, frames, rows};

/// A promise that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A person's decision was acknowledged and is gone, or says otherwise.
    Decision,
    /// An effect happened that no record allows.
    Unrecorded,
    /// An effect happened more than once.
    Repeated,
    /// A finished case lacks an effect, or an act never came back.
    Lost,
    /// A stored verdict is not what is decided from what is stored.
    Verdict,
    /// A case never ends.
    Stuck,
}

impl Kind {
    /// The promise that a saboteur breaks.
    pub fn of(sabotage: Sabotage) -> Self {
        match sabotage {
            Sabotage::AcknowledgeFirst => Self::Decision,
            Sabotage::ActFirst => Self::Unrecorded,
            Sabotage::Repeat => Self::Repeated,
        }
    }
}

/// What the kills came to.
#[derive(Default)]
pub struct Report {
    pub kills: u64,
    pub runs: u64,
    pub decisions: usize,
    pub forgotten: u64,
    pub frames: usize,
    /// Frames that were decided again, byte by byte the same.
    pub same: usize,
    pub in_doubt: usize,
    pub repeated: usize,
    /// How often a driver died at each edge.
    pub edges: [u64; 5],
    pub violations: BTreeSet<(Kind, String)>,
}

impl Report {
    pub fn violate(&mut self, kind: Kind, what: String) {
        self.violations.insert((kind, what));
    }

    pub fn found(&self, kind: Kind) -> bool {
        self.violations.iter().any(|(k, _)| *k == kind)
    }

    pub fn said(&self) -> Vec<&str> {
        self.violations.iter().map(|(_, what)| what.as_str()).collect()
    }
}

/// Reads everything back and compares it.
pub fn verify(
    data: &Path,
    people: &People,
    memory: &Shared,
    sabotaged: bool,
) -> Result<Report, Failure> {
    let reader = SqliteReader::open(data)?;
    let mut report = Report::default();
    let memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    let plan = Arc::new(bench::fixture::plan("crash")?);
    let guard = Guard::build(&plan)?;
    guard.prove()?;
    let engine = Engine::new(plan, guard, KEYING);
    for line in reader.runs(&RunQuery { limit: usize::MAX >> 1, ..RunQuery::default() })? {
        let frames = frames(&reader, line.run)?;
        report.frames += frames.len();
        check_run(line.run, &frames, people, &memory, &mut report);
        // A saboteur may run another release; what it is to break is something else.
        if !sabotaged {
            decide_again(&engine, line.run, &rows(&reader, line.run)?, &mut report);
        }
    }
    for ((tool, run, _), times) in &memory.effects {
        if *times > 1 && tool != "out.note" {
            report.repeated += 1;
            report.violate(Kind::Repeated, format!("{tool} of {run} happened {times} times"));
        }
    }
    Ok(report)
}

fn decide_again(engine: &Engine, run: RunId, rows: &[Stored], report: &mut Report) {
    let mut audit = Audit::new(engine, run);
    for row in rows {
        match audit.check(row) {
            Ok(Audited::Same) => report.same += 1,
            Ok(other) => {
                report.violate(Kind::Verdict, format!("a frame of {run} is {other:?}"));
            }
            Err(error) => {
                report.violate(Kind::Verdict, format!("{run}: {error}"));
                return;
            }
        }
    }
}

fn check_run(
    run: RunId,
    frames: &[journal::Frame],
    people: &People,
    memory: &Memory,
    report: &mut Report,
) {
    let records: Vec<&Record> = frames.iter().flat_map(|f| &f.records).collect();
    let mut open = BTreeSet::new();
    let mut tools: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in &records {
        match record {
            Record::Allowed { act, what, key, .. } => {
                open.insert(*act);
                if let journal::What::Tool { tool, .. } = what {
                    tools.entry(tool.to_string()).or_default().insert(key.to_string());
                }
            }
            Record::Finished { act, .. } => {
                open.remove(act);
            }
            Record::InDoubt { act } => {
                report.in_doubt += 1;
                open.remove(act);
            }
            Record::ReviewAnswered { review, answer, .. } => {
                let yes = !matches!(answer, Answer::Rejected { .. });
                if people.decided.get(&(run, *review)).is_some_and(|told| *told != yes) {
                    report.violate(Kind::Decision, format!("a decision of {run} was turned"));
                }
            }
            _ => {}
        }
    }
    if !open.is_empty() {
        report.violate(Kind::Lost, format!("{run} ended with acts that never came back"));
    }
    for (told, review) in people.decided.keys().filter(|(r, _)| *r == run) {
        let there = records
            .iter()
            .any(|r| matches!(r, Record::ReviewAnswered { review: n, .. } if n == review));
        if !there {
            report.violate(Kind::Decision, format!("a decision of {told} was lost"));
        }
    }
    let mut happened: BTreeMap<&str, usize> = BTreeMap::new();
    for (tool, _, key) in memory.effects.keys().filter(|(_, r, _)| *r == run) {
        *happened.entry(tool.as_str()).or_default() += 1;
        if !tools.get(tool).is_some_and(|keys| keys.contains(key)) {
            report.violate(Kind::Unrecorded, format!("{tool} of {run} happened without a record"));
        }
    }
    let done = records.iter().any(|r| {
        matches!(
            r,
            Record::Ended { end: journal::End::Reached(plan::workflow::EndOutcome::Done), .. }
        )
    });
    for tool in ["out.pay", "out.post", "out.note"] {
        let times = happened.get(tool).copied().unwrap_or(0);
        if times > 1 {
            report.repeated += 1;
            report.violate(Kind::Repeated, format!("{tool} of {run} happened under {times} keys"));
        }
        if done && times == 0 {
            report.violate(Kind::Lost, format!("{tool} of {run} was lost"));
        }
    }
}
