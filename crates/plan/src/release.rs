//! A [`Plan`] is a checked workflow under its release id. It comes from `check`, or from the
//! stored bytes of a release, which are opened and hashed again but never checked again.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::ids::{ReleaseId, StepId, WorkflowName};
use crate::workflow::{FORMAT, Step, Workflow};

/// A checked workflow. Its fields are private: only `check` and a stored release make one.
#[derive(Debug)]
pub struct Plan {
    workflow: Workflow,
    release: ReleaseId,
    canonical: Arc<[u8]>,
    at: BTreeMap<StepId, usize>,
    children: BTreeMap<WorkflowName, Arc<Plan>>,
}

/// Why the bytes of a release are none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("the stored release is damaged: its bytes do not give its id")]
    Hash,
    #[error("the stored release is of format {0}, newer than this program knows")]
    Newer(u32),
    #[error("the stored release cannot be read: {0}")]
    Read(String),
}

impl Plan {
    /// Seals a workflow that `check` found without problems.
    pub(crate) fn seal(workflow: Workflow) -> Result<Self, OpenError> {
        let canonical = serde_jcs::to_vec(&workflow).map_err(|e| OpenError::Read(e.to_string()))?;
        let release = ReleaseId(Sha256::digest(&canonical).into());
        Self::build(workflow, release, canonical.into())
    }

    /// Opens the stored bytes of a release.
    pub fn open(release: ReleaseId, canonical: &[u8]) -> Result<Self, OpenError> {
        if Sha256::digest(canonical).as_slice() != release.0 {
            return Err(OpenError::Hash);
        }
        #[derive(serde::Deserialize)]
        struct Head {
            format: u32,
        }
        let head: Head = read(canonical)?;
        if head.format > FORMAT {
            return Err(OpenError::Newer(head.format));
        }
        Self::build(read(canonical)?, release, canonical.into())
    }

    fn build(
        workflow: Workflow,
        release: ReleaseId,
        canonical: Arc<[u8]>,
    ) -> Result<Self, OpenError> {
        let at = workflow.steps.iter().enumerate().map(|(n, s)| (s.id.clone(), n)).collect();
        let mut children = BTreeMap::new();
        for (name, child) in &workflow.children {
            children.insert(name.clone(), Arc::new(Self::seal(child.clone())?));
        }
        Ok(Self { workflow, release, canonical, at, children })
    }

    /// The workflow, to read.
    #[must_use]
    pub fn workflow(&self) -> &Workflow {
        &self.workflow
    }

    /// The id of this release.
    #[must_use]
    pub fn release(&self) -> ReleaseId {
        self.release
    }

    /// The canonical bytes (RFC 8785) that the id is the hash of.
    #[must_use]
    pub fn canonical(&self) -> &Arc<[u8]> {
        &self.canonical
    }

    /// A step by its id.
    #[must_use]
    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.at.get(id).and_then(|n| self.workflow.steps.get(*n))
    }

    /// A workflow that this one calls.
    #[must_use]
    pub fn child(&self, name: &WorkflowName) -> Option<&Arc<Plan>> {
        self.children.get(name)
    }
}

fn read<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, OpenError> {
    serde_json::from_slice(bytes).map_err(|e| OpenError::Read(e.to_string()))
}
