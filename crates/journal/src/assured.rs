//! What people answer for besides what a case does: that they have read a text, that an exception
//! is theirs, what became of an incident, what an auditor found. It must not hold what they wrote.

use plan::ids::{FieldName, FilePath, PersonId, ReleaseId, WorkflowName};
use serde::{Deserialize, Serialize};

use crate::body::BodyRef;
use crate::ids::{Hash, RunId, Seq};

/// One such act of a person, or of a rule where it says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assured {
    /// This person has read this text of a statement. `text` is the digest of its bytes.
    Acknowledged { file: FilePath, text: Hash, who: PersonId },
    /// This person looked at how far a release may go by itself and at its risk, and leaves it so.
    Weighed { workflow: WorkflowName, release: ReleaseId, who: PersonId, reason: BodyRef },
    /// This person answers for a release going live although these questions are not answered, up
    /// to a day (days since 1970-01-01).
    Excepted {
        workflow: WorkflowName,
        release: ReleaseId,
        questions: Vec<FieldName>,
        until: u32,
        who: PersonId,
        reason: BodyRef,
    },
    /// What the standard gave a workflow: halves of a point by domain, in its order.
    Scored { workflow: WorkflowName, release: ReleaseId, standard: FieldName, halves: Vec<u8> },
    /// An incident was opened, by a rule where no person is named.
    IncidentOpened {
        incident: Hash,
        class: FieldName,
        severity: Severity,
        workflow: Option<WorkflowName>,
        runs: Vec<RunId>,
        who: Option<PersonId>,
        told: BodyRef,
    },
    /// Something was found out or done about an incident.
    IncidentNoted { incident: Hash, runs: Vec<RunId>, who: PersonId, told: BodyRef },
    /// An incident is over. `change` names what was changed so that it does not come again.
    IncidentClosed { incident: Hash, change: BodyRef, who: PersonId },
    /// An auditor tested a control and found this.
    FindingOpened {
        finding: Hash,
        control: FieldName,
        severity: Severity,
        who: PersonId,
        told: BodyRef,
    },
    /// Those it concerns answered.
    FindingAnswered { finding: Hash, due: u32, who: PersonId, told: BodyRef },
    /// The auditor saw that it is settled.
    FindingClosed { finding: Hash, who: PersonId, told: BodyRef },
    /// An auditor confirms the level of a control: none, one, two or three.
    LevelConfirmed { control: FieldName, level: u8, who: PersonId, reason: BodyRef },
}

impl Assured {
    /// Stands for what is told until it is written down: [`Self::told_by`] puts the text's own
    /// place there.
    pub const TOLD: BodyRef = BodyRef { seq: Seq(0), n: 0 };

    /// Who answers for it; nobody where a rule found it.
    #[must_use]
    pub fn who(&self) -> Option<&PersonId> {
        match self {
            Self::Acknowledged { who, .. }
            | Self::Weighed { who, .. }
            | Self::Excepted { who, .. }
            | Self::IncidentNoted { who, .. }
            | Self::IncidentClosed { who, .. }
            | Self::FindingOpened { who, .. }
            | Self::FindingAnswered { who, .. }
            | Self::FindingClosed { who, .. }
            | Self::LevelConfirmed { who, .. } => Some(who),
            Self::IncidentOpened { who, .. } => who.as_ref(),
            Self::Scored { .. } => None,
        }
    }

    /// The same, told by this body where it is told in somebody's own words.
    #[must_use]
    pub fn told_by(mut self, body: BodyRef) -> Self {
        match &mut self {
            Self::Weighed { reason: told, .. }
            | Self::Excepted { reason: told, .. }
            | Self::IncidentOpened { told, .. }
            | Self::IncidentNoted { told, .. }
            | Self::IncidentClosed { change: told, .. }
            | Self::FindingOpened { told, .. }
            | Self::FindingAnswered { told, .. }
            | Self::FindingClosed { told, .. }
            | Self::LevelConfirmed { reason: told, .. } => *told = body,
            Self::Acknowledged { .. } | Self::Scored { .. } => {}
        }
        self
    }
}

/// How bad something was, or could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nobody was harmed, and nothing has to be put right.
    Low,
    /// Something has to be put right, and can be.
    Medium,
    /// People or money were harmed.
    High,
    /// Harm that cannot be put right, or goes on.
    Critical,
}

impl Severity {
    /// Every one, the lowest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The one of a word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}
