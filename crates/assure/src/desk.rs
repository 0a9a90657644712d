//! What the desk's journal says of the controls that no single case shows: drills, releases,
//! stops, alerts, erasures. It must not judge whether any of it is enough.

use std::collections::BTreeMap;

use evidence::History;
use journal::{Assured, Drill, Eraser, Hash, Millis, Record, RunId, Severity, Tried};
use plan::ids::{FieldName, PersonId, ReleaseId, WorkflowName};
use serde::Serialize;

/// What happened at the desk, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    pub drills: BTreeMap<Drill, Vec<(Millis, bool)>>,
    pub deployed: Vec<Deployed>,
    /// Releases that were gone back from, and whether by themselves.
    pub rolled_back: Vec<(WorkflowName, Millis, bool)>,
    pub stops: Vec<Millis>,
    pub alerts: Vec<(WorkflowName, Millis)>,
    /// Erasures that a person ordered, and those that retention did.
    pub erased_by_person: Vec<Millis>,
    pub erased_by_time: Vec<Millis>,
    /// Guards that are closed.
    pub closed: BTreeMap<ReleaseId, Millis>,
    /// Who has acknowledged which text of a statement, by its digest.
    pub read: BTreeMap<[u8; 32], BTreeMap<PersonId, Millis>>,
    pub incidents: Vec<Incident>,
    pub findings: Vec<AuditFinding>,
    /// The level of each control that an auditor confirmed last.
    pub levels: BTreeMap<String, (u8, PersonId, Millis)>,
    /// When somebody answered for a release in spite of something.
    pub excepted: Vec<Millis>,
    /// When people's attention was measured.
    pub noticed: Vec<Millis>,
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

/// Something with AI went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Incident {
    pub id: Hash,
    pub class: FieldName,
    pub severity: Severity,
    pub workflow: Option<WorkflowName>,
    pub runs: Vec<RunId>,
    /// Who opened it; a rule where nobody is named.
    pub who: Option<PersonId>,
    pub opened: Millis,
    pub told: Option<String>,
    pub notes: Vec<(Millis, PersonId, Option<String>)>,
    pub closed: Option<Millis>,
    /// What was changed, so that it does not come again.
    pub change: Option<String>,
}

/// What an auditor found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditFinding {
    pub id: Hash,
    pub control: String,
    pub severity: Severity,
    pub who: PersonId,
    pub opened: Millis,
    pub told: Option<String>,
    /// When it was answered, until which day it is to be settled, and how.
    pub answer: Option<(Millis, u32, Option<String>)>,
    pub closed: Option<Millis>,
}

impl Desk {
    /// What a desk's journal says.
    #[must_use]
    pub fn of(history: &History) -> Self {
        let mut desk = Self::default();
        for frame in history.frames() {
            for record in &frame.records {
                desk.record(history, record, frame.at);
            }
        }
        desk
    }

    fn record(&mut self, history: &History, record: &Record, at: Millis) {
        if let Record::Drilled { drill, passed, .. } = record {
            self.drills.entry(*drill).or_default().push((at, *passed));
        } else if let Record::Deployed { workflow, release, canary, tried, .. } = record {
            let (workflow, release) = (workflow.clone(), *release);
            let (canary, tried) = (canary.is_some(), *tried);
            self.deployed.push(Deployed { workflow, release, at, canary, tried });
        } else if let Record::RolledBack { workflow, by, .. } = record {
            self.rolled_back.push((workflow.clone(), at, is_itself(by)));
        } else if let Record::StopSet { .. } = record {
            self.stops.push(at);
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
        } else if let Record::Alerted(_) = record {
            self.noticed.push(at);
        } else if let Record::Assured(said) = record {
            self.said(history, said, at);
        }
    }

    fn said(&mut self, history: &History, said: &Assured, at: Millis) {
        let words = |body| history.text(body).map(|text| evidence::words::plain(&text));
        match said {
            Assured::Acknowledged { text, who, .. } => {
                self.read.entry(text.0).or_default().insert(who.clone(), at);
            }
            Assured::Weighed { workflow, release, .. } => {
                self.weighed.push((workflow.clone(), *release, at));
            }
            Assured::Excepted { .. } => self.excepted.push(at),
            Assured::Scored { .. } => {}
            Assured::IncidentOpened { incident, class, severity, workflow, runs, who, told } => {
                self.incidents.push(Incident {
                    id: *incident,
                    class: class.clone(),
                    severity: *severity,
                    workflow: workflow.clone(),
                    runs: runs.clone(),
                    who: who.clone(),
                    opened: at,
                    told: words(*told),
                    notes: Vec::new(),
                    closed: None,
                    change: None,
                });
            }
            Assured::IncidentNoted { incident, runs, who, told } => {
                if let Some(one) = self.incidents.iter_mut().find(|one| one.id == *incident) {
                    one.runs.extend(runs.iter().copied());
                    one.notes.push((at, who.clone(), words(*told)));
                }
            }
            Assured::IncidentClosed { incident, change, .. } => {
                if let Some(one) = self.incidents.iter_mut().find(|one| one.id == *incident) {
                    (one.closed, one.change) = (Some(at), words(*change));
                }
            }
            Assured::FindingOpened { finding, control, severity, who, told } => {
                self.findings.push(AuditFinding {
                    id: *finding,
                    control: control.as_str().to_uppercase(),
                    severity: *severity,
                    who: who.clone(),
                    opened: at,
                    told: words(*told),
                    answer: None,
                    closed: None,
                });
            }
            Assured::FindingAnswered { finding, due, told, .. } => {
                if let Some(one) = self.findings.iter_mut().find(|one| one.id == *finding) {
                    one.answer = Some((at, *due, words(*told)));
                }
            }
            Assured::FindingClosed { finding, .. } => {
                if let Some(one) = self.findings.iter_mut().find(|one| one.id == *finding) {
                    one.closed = Some(at);
                }
            }
            Assured::LevelConfirmed { control, level, who, .. } => {
                let control = control.as_str().to_uppercase();
                self.levels.insert(control, (*level, who.clone(), at));
            }
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
