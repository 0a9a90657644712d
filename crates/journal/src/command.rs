//! What people and other runs tell a run. A command lands durably in an inbox, becomes an input of
//! the run's next advance, and is consumed by the frame that records what came of it.

use std::sync::Arc;

use plan::ids::{PersonId, RoleId};
use serde::{Deserialize, Serialize};

use crate::body::Body;
use crate::ids::{At, CommandId, Millis, ReviewNo, RunId};
use crate::label::Labels;
use crate::record::End;

/// One command to one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    pub id: CommandId,
    pub run: RunId,
    pub at: Millis,
    pub order: Order,
    /// Those who are away and for whom this person stands in. Only whoever drives says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stands_for: Vec<PersonId>,
    /// The roles that this person holds now because they are on call. Only whoever drives says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_call: Vec<RoleId>,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    Review {
        who: PersonId,
        review: ReviewNo,
        reply: Reply,
    },
    Pause {
        who: PersonId,
    },
    Resume {
        who: PersonId,
    },
    /// Another attempt of a failed step that a person was asked about.
    Retry {
        who: PersonId,
    },
    Skip {
        who: PersonId,
        reason: String,
    },
    Cancel {
        who: PersonId,
        reason: String,
    },
    /// A child run is over. Sent by the commit of its last frame, in the same transaction.
    ChildEnded {
        at: At,
        item: u32,
        end: End,
        output: Option<Output>,
    },
    /// The run that started this one is over, and nobody waits for it any more. Sent by the commit
    /// that ends it.
    ParentEnded,
}

impl Order {
    /// The person who ordered it; `None` for what runs tell each other.
    #[must_use]
    pub fn who(&self) -> Option<&PersonId> {
        match self {
            Self::Review { who, .. }
            | Self::Pause { who }
            | Self::Resume { who }
            | Self::Retry { who }
            | Self::Skip { who, .. }
            | Self::Cancel { who, .. } => Some(who),
            Self::ChildEnded { .. } | Self::ParentEnded => None,
        }
    }
}

/// A reviewer's reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Take it up, so that nobody else does the same work.
    Claim,
    /// Give it back.
    Release,
    Approve,
    /// Approve with new values by path (`read.order`), as JSON text.
    Edit {
        values: Vec<(String, String)>,
    },
    Reject {
        reason: String,
    },
    Escalate {
        to: RoleId,
        reason: String,
    },
    /// Only for an effect in doubt: the person found out.
    Happened {
        yes: bool,
    },
}

/// A child's output on its way to the parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    pub json: String,
    pub labels: Labels,
}

impl Output {
    /// The output as a body.
    #[must_use]
    pub fn body(&self) -> Body {
        Body { bytes: Arc::from(self.json.as_bytes()), labels: self.labels.clone() }
    }
}
