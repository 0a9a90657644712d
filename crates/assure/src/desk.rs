//! What the desk's journal says of the controls that no single case shows: drills, releases,
//! stops, alerts, erasures. It must not judge whether any of it is enough.

use std::collections::BTreeMap;

use evidence::History;
use journal::{Drill, Eraser, Millis, Record, Tried};
use plan::ids::{PersonId, ReleaseId, WorkflowName};

/// What happened at the desk, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    pub drills: BTreeMap<Drill, Vec<(Millis, bool)>>,
    pub deployed: Vec<Deployed>,
    /// Canaries that became live, and releases that were gone back from: whether by themselves.
    pub promoted: Vec<(WorkflowName, Millis, bool)>,
    pub rolled_back: Vec<(WorkflowName, Millis, bool)>,
    pub stops: Vec<Millis>,
    pub lifted: Vec<Millis>,
    pub limits: Vec<(WorkflowName, Millis)>,
    pub alerts: Vec<(WorkflowName, Millis)>,
    /// Erasures that a person ordered, and those that retention did.
    pub erased_by_person: Vec<Millis>,
    pub erased_by_time: Vec<Millis>,
    /// Guards that are closed.
    pub closed: BTreeMap<ReleaseId, Millis>,
    /// Who has acknowledged which text of a statement, by its digest.
    pub read: BTreeMap<[u8; 32], BTreeMap<PersonId, Millis>>,
    /// Files that were saved by a signed-in person.
    pub saved: Vec<Millis>,
    /// When somebody looked at a workflow's autonomy and risk, and at which release.
    pub weighed: Vec<(WorkflowName, ReleaseId, Millis)>,
}

/// One deployment.
#[derive(Debug, Clone)]
pub struct Deployed {
    pub workflow: WorkflowName,
    pub release: ReleaseId,
    pub at: Millis,
    pub canary: bool,
    pub tried: Option<Tried>,
}

impl Desk {
    /// What a desk's journal says.
    #[must_use]
    pub fn of(history: &History) -> Self {
        let mut desk = Self::default();
        for frame in history.frames() {
            for record in &frame.records {
                desk.record(record, frame.at);
            }
        }
        desk
    }

    fn record(&mut self, record: &Record, at: Millis) {
        if let Record::Drilled { drill, passed, .. } = record {
            self.drills.entry(*drill).or_default().push((at, *passed));
        } else if let Record::Deployed { workflow, release, canary, tried, .. } = record {
            let (workflow, release) = (workflow.clone(), *release);
            let (canary, tried) = (canary.is_some(), *tried);
            self.deployed.push(Deployed { workflow, release, at, canary, tried });
        } else if let Record::Promoted { workflow, by, .. } = record {
            self.promoted.push((workflow.clone(), at, is_itself(by)));
        } else if let Record::RolledBack { workflow, by, .. } = record {
            self.rolled_back.push((workflow.clone(), at, is_itself(by)));
        } else if let Record::StopSet { .. } = record {
            self.stops.push(at);
        } else if let Record::StopLifted { .. } = record {
            self.lifted.push(at);
        } else if let Record::LimitReached { workflow, .. } = record {
            self.limits.push((workflow.clone(), at));
        } else if let Record::AlertFired(gauge) = record {
            self.alerts.push((gauge.workflow.clone(), at));
        } else if let Record::Erased { by, .. } = record {
            match by {
                Eraser::Person(_) => self.erased_by_person.push(at),
                Eraser::Retention => self.erased_by_time.push(at),
            }
        } else if let Record::GuardClosed { release, .. } = record {
            self.closed.insert(*release, at);
        } else if let Record::GuardProven { release, .. } = record {
            self.closed.remove(release);
        } else if let Record::FileSaved { .. } = record {
            self.saved.push(at);
        } else if let Record::Assured(said) = record {
            self.said(said, at);
        }
    }

    fn said(&mut self, said: &journal::Assured, at: Millis) {
        if let journal::Assured::Acknowledged { text, who, .. } = said {
            self.read.entry(text.0).or_default().insert(who.clone(), at);
        } else if let journal::Assured::Weighed { workflow, release, .. } = said {
            self.weighed.push((workflow.clone(), *release, at));
        }
    }

    /// The last drill of a kind.
    #[must_use]
    pub fn drill(&self, drill: Drill) -> Option<(Millis, bool)> {
        self.drills.get(&drill)?.last().copied()
    }
}

fn is_itself(by: &journal::Decider) -> bool {
    matches!(by, journal::Decider::Itself(_))
}
