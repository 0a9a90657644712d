//! Who or what started a run: a person, a start that its map declares, or another run. It must not
//! hold what anybody wrote.

use plan::ids::{PersonId, WorkflowName};
use serde::{Deserialize, Serialize};

use crate::ids::{At, Hash, Millis, RunId};
use crate::ledger::StopScope;

/// Who or what started a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Starter {
    Person(PersonId),
    /// One of the `starts` of the release, by its place among them. No person is known.
    Trigger {
        start: u16,
        by: Trigger,
    },
    /// The step and item of another run.
    Parent {
        run: RunId,
        at: At,
        item: u32,
        root: RunId,
        /// The runs above this one and their workflows, outermost first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        above: Vec<(RunId, WorkflowName)>,
        /// A text of a run above this one speaks to the model.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        suspected: bool,
        /// Who started the outermost run. Only journals of engines before 5 leave it out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<PersonId>,
        /// No person started the outermost run: one of the starts of its release did.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        trigger: bool,
    },
}

/// What a start began a case for. It holds nothing that anybody wrote, not even a file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A file: a keyed hash of where it lies and of what is in it.
    File(Hash),
    /// The clock: the time that was due.
    Due(Millis),
    /// What another system sent: a keyed hash of it.
    Hook(Hash),
}

impl Starter {
    /// The person who set this run going, through however many runs above it.
    #[must_use]
    pub fn person(&self) -> Option<&PersonId> {
        match self {
            Self::Person(who) => Some(who),
            Self::Trigger { .. } => None,
            Self::Parent { by, .. } => by.as_ref(),
        }
    }

    /// Whether no person set this run going, through however many runs above it, but a start.
    #[must_use]
    pub fn is_trigger(&self) -> bool {
        match self {
            Self::Person(_) => false,
            Self::Trigger { .. } => true,
            Self::Parent { trigger, .. } => *trigger,
        }
    }

    /// The stops of runs above this one, and of their workflows: they cover it too.
    #[must_use]
    pub fn stops(&self) -> Vec<StopScope> {
        let Self::Parent { run, root, above, .. } = self else { return Vec::new() };
        let mut scopes = vec![StopScope::Run(*run), StopScope::Run(*root)];
        for (run, workflow) in above {
            scopes.push(StopScope::Run(*run));
            scopes.push(StopScope::Workflow(workflow.clone()));
        }
        scopes.sort();
        scopes.dedup();
        scopes
    }
}

/// What keeps a start from beginning cases, where no other entry says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// As many cases wait for a person as the workflow allows.
    Full,
    /// The folder, or a file in it, cannot be read.
    Unreadable,
    /// More files lie in the folder than are looked at.
    Flooded,
    /// More was sent within a minute than is taken.
    Hurried,
    /// Something was sent again under its id, and was not what it was.
    Altered,
    /// What was sent does not have the fields of a case.
    Unfit,
    /// Much is sent that nobody has signed who may. What is signed begins its cases all the same.
    Unsigned,
}
