//! Requests to people as records tell of them: what is asked about, what is shown, what comes of
//! it.

use plan::ids::{RoleId, StepId};
use serde::{Deserialize, Serialize};

use crate::ask::Code;
use crate::body::BodyRef;
use crate::ids::{ActNo, Hash, Millis};
use crate::record::{Rule, What};

/// What a review is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A review step of the map. `shown` is what it shows and an approval endorses.
    Step { shown: Vec<Shown> },
    /// A failed step: approve with values, retry, or reject. `shown` is the output that it had
    /// all the same, and that an approval endorses.
    Failure {
        code: Code,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        shown: Vec<Shown>,
    },
    /// An act that needs a person's yes: exactly this tool, these arguments.
    Act { what: What, rule: Rule },
    /// An effect of which nobody knows whether it happened.
    InDoubt { act: ActNo },
    /// A tool asks something before it goes on with exactly this call. The answer is the body of
    /// the one edit.
    Question { what: What, question: BodyRef },
}

/// One value a review showed: where it is bound and which body that was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    pub step: StepId,
    pub body: BodyRef,
    pub commit: Hash,
}

/// A person's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Approved,
    /// Approved with changes: each body is the new value of a step, approved as it now is.
    Edited {
        edits: Vec<Shown>,
    },
    Rejected {
        reason: BodyRef,
    },
    /// Passed on to another role.
    Escalated {
        to: RoleId,
        reason: BodyRef,
        due: Millis,
    },
}

/// Why a command was declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decline {
    /// The review is already answered, or was never asked.
    NotOpen,
    /// The person does not hold the role, or may not answer this one.
    NotPermitted,
    /// The edit touches what may not be edited, or breaks the contract.
    BadEdit,
    /// Somebody else has taken the review up.
    Taken,
    /// The person has agreed already, and somebody else has to.
    Agreed,
    /// The person has answered as many requests as a day allows them.
    Enough,
    /// The run is over, or not in a state that the command fits.
    NotNow,
}
