//! What somebody answers for, as it is sent. It must not judge whether they are right.

use serde::Deserialize;
use utoipa::ToSchema;

/// What somebody answers for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answering {
    /// They have read a statement as it stands.
    Acknowledge {
        file: String,
    },
    /// They looked at how far the live release may go by itself, and leave it so.
    Weigh {
        workflow: String,
        reason: String,
    },
    /// Something with AI went wrong.
    OpenIncident {
        class: String,
        severity: String,
        workflow: Option<String>,
        #[serde(default)]
        cases: Vec<String>,
        told: String,
    },
    NoteIncident {
        incident: String,
        told: String,
    },
    CloseIncident {
        incident: String,
        change: String,
    },
}

impl Answering {
    /// Every text of it that somebody typed.
    pub(super) fn texts(&self) -> Vec<&str> {
        match self {
            Self::Acknowledge { file } => vec![file],
            Self::Weigh { workflow, reason } => vec![workflow, reason],
            Self::OpenIncident { class, severity, told, .. } => vec![class, severity, told],
            Self::NoteIncident { incident, told } => vec![incident, told],
            Self::CloseIncident { incident, change } => vec![incident, change],
        }
    }
}
