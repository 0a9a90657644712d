//! What whoever takes over has to know: what waits, what failed, what changed, and who answers for
//! it. Everything is counted from the records since a time. It must not judge what matters more.

use std::collections::{BTreeMap, BTreeSet};

use journal::{Millis, Record, RunId, Status};
use plan::Plan;
use plan::ids::{PersonId, ReleaseId, RoleId, WorkflowName};
use serde::Serialize;

use crate::history::History;
use crate::view::{ReviewState, RunView};
use crate::words;

/// A shift handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Handover {
    pub since: Millis,
    /// Cases that were opened, and of those that came to an end since.
    pub opened: u64,
    pub ended: u64,
    pub waits: Vec<Waits>,
    pub failed: Vec<Failed>,
    pub changed: Vec<Change>,
    pub answers: Vec<Answers>,
}

/// What waits for one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waits {
    pub by: RoleId,
    pub requests: u64,
    pub late: u64,
    /// The one that is due first.
    pub first: RunId,
    pub due: Millis,
    pub question: String,
}

/// Cases that failed in the same place for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failed {
    pub signature: String,
    pub cases: u64,
    /// The last one of them.
    pub last: RunId,
}

/// Something that people did to the installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    pub at: Millis,
    pub text: String,
}

/// Who answers for a workflow, and who may overrule it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answers {
    pub workflow: WorkflowName,
    pub accountable: PersonId,
    pub override_by: RoleId,
    pub people: Vec<PersonId>,
}

/// Hands over what happened since a time. `runs` are those that are open or changed since;
/// `before` are the releases that ran before.
#[must_use]
pub fn handover<'v>(
    runs: impl Iterator<Item = &'v RunView>,
    desk: &History,
    before: &BTreeSet<ReleaseId>,
    plans: &[&Plan],
    (since, now): (Millis, Millis),
) -> Handover {
    let mut told = Handover {
        since,
        opened: 0,
        ended: 0,
        waits: Vec::new(),
        failed: Vec::new(),
        changed: stops(desk, since),
        answers: plans.iter().map(|plan| answers(plan)).collect(),
    };
    let mut waits: BTreeMap<RoleId, Waits> = BTreeMap::new();
    let mut failed: BTreeMap<String, Failed> = BTreeMap::new();
    let mut releases: BTreeMap<ReleaseId, (Millis, WorkflowName)> = BTreeMap::new();
    for view in runs {
        told.opened += u64::from(view.opened >= since);
        told.ended += u64::from(view.status.over() && view.changed >= since);
        waiting(&mut waits, view, now);
        failure(&mut failed, view, since);
        if let (Some(release), Some(workflow)) = (view.release, &view.workflow) {
            let first = releases.entry(release).or_insert((view.opened, workflow.clone()));
            first.0 = first.0.min(view.opened);
        }
    }
    for (release, (at, workflow)) in releases {
        if at >= since && !before.contains(&release) {
            let release: String = release.to_string().chars().take(12).collect();
            let text = format!("`{workflow}` ran a new release, {release}");
            told.changed.push(Change { at, text });
        }
    }
    told.changed.sort_by_key(|change| change.at);
    told.waits = waits.into_values().collect();
    told.waits.sort_by_key(|waits| waits.due);
    told.failed = failed.into_values().collect();
    told.failed.sort_by(|a, b| b.cases.cmp(&a.cases).then(a.signature.cmp(&b.signature)));
    told
}

fn waiting(waits: &mut BTreeMap<RoleId, Waits>, view: &RunView, now: Millis) {
    for review in view.reviews.iter().filter(|review| review.state == ReviewState::Open) {
        let entry = waits.entry(review.by.clone()).or_insert_with(|| Waits {
            by: review.by.clone(),
            requests: 0,
            late: 0,
            first: view.run,
            due: review.due,
            question: words::plain(&review.question),
        });
        entry.requests += 1;
        entry.late += u64::from(review.due < now);
        if review.due < entry.due {
            (entry.first, entry.due) = (view.run, review.due);
            entry.question = words::plain(&review.question);
        }
    }
}

fn failure(failed: &mut BTreeMap<String, Failed>, view: &RunView, since: Millis) {
    if view.status != Status::Failed || view.changed < since {
        return;
    }
    let signature = view.signature().unwrap_or_else(|| "case/ended".to_owned());
    let entry = failed.entry(signature.clone());
    let entry = entry.or_insert(Failed { signature, cases: 0, last: view.run });
    entry.cases += 1;
    entry.last = entry.last.max(view.run);
}

/// Stops that were set and lifted since.
fn stops(desk: &History, since: Millis) -> Vec<Change> {
    let mut all = Vec::new();
    for frame in desk.frames().iter().filter(|frame| frame.at >= since) {
        for record in &frame.records {
            let (scope, who, reason, did) = if let Record::StopSet { scope, who, reason } = record {
                (scope, who, reason, "stopped")
            } else if let Record::StopLifted { scope, who, reason } = record {
                (scope, who, reason, "let go on")
            } else {
                continue;
            };
            let reason = desk.text(*reason).map(|text| words::plain(&text));
            let reason = reason.unwrap_or_else(|| "the reason was erased".to_owned());
            let did = match (did, scope.holds_back()) {
                ("stopped", false) => "held back for a person",
                (did, _) => did,
            };
            let text = format!("{who} {did} {}: {reason}", words::scope(scope));
            all.push(Change { at: frame.at, text });
        }
    }
    all
}

fn answers(plan: &Plan) -> Answers {
    let workflow = plan.workflow();
    let people = workflow.roles.get(&workflow.override_by).into_iter().flatten();
    Answers {
        workflow: workflow.name.clone(),
        accountable: workflow.accountable.clone(),
        override_by: workflow.override_by.clone(),
        people: people.cloned().collect(),
    }
}
