//! How cases come to be opened, each once: by a person, for a start, or under an id that whoever
//! asks can compute again. The first case of a file has the file's own id, whoever begins it, so
//! that no start begins another one. It must not keep a person from beginning one more.

use std::sync::Arc;
use std::time::Duration;

use journal::{CommitError, Hash, Mode, RunId, StoreError};
use plan::ids::WorkflowName;
use serde::{Deserialize, Serialize};

use crate::triggers::of_key;
use crate::{Fault, NewRun, Runtime, now, people, random, seeds};

/// A file as a start would find it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Lying {
    /// Below the workspace: the folder as the map says it, `/`, and the name.
    pub path: String,
    /// The SHA-256 of what is in it.
    pub content: Hash,
}

impl Runtime {
    /// Opens a case for a person of the workspace, whoever passes the wish on. A file has its case
    /// then, and no start begins another one.
    pub async fn admit(&self, new: NewRun, file: Option<&Lying>) -> Result<RunId, Fault> {
        people::may_open(&self.inner, &new).await?;
        let file = file.filter(|_| new.mode == Mode::Live);
        let run = self.by_hand(&new.plan.workflow().name, file).await?;
        self.open_once(run, new).await.map(|_| run)
    }

    /// Opens a case under an id that whoever asks can compute again. Gives whether it was opened
    /// now: a case that is there already, or is just being opened, is left as it is.
    pub async fn admit_once(&self, run: RunId, new: NewRun) -> Result<bool, Fault> {
        if self.is_there(run).await? {
            return Ok(false);
        }
        people::may_open(&self.inner, &new).await?;
        self.open_once(run, new).await
    }

    /// The same for a start of a map, which no person has to be allowed.
    pub(crate) async fn start_once(&self, run: RunId, new: NewRun) -> Result<bool, Fault> {
        if self.is_there(run).await? {
            return Ok(false);
        }
        people::has_room(&self.inner, new.plan.workflow()).await?;
        self.open_once(run, new).await
    }

    /// Whether a case is stored. One that is just being opened is waited for: it may still be
    /// refused, and nobody is told of a case that does not come to be.
    async fn is_there(&self, run: RunId) -> Result<bool, StoreError> {
        while self.inner.is_live(run) {
            if self.line(run).await?.is_some() {
                return Ok(true);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(self.line(run).await?.is_some())
    }

    async fn open_once(&self, run: RunId, new: NewRun) -> Result<bool, Fault> {
        let (plan, mode) = (Arc::clone(&new.plan), new.mode);
        match self.open_as(run, new).await {
            Ok(()) => {
                if mode == Mode::Live {
                    seeds::beside(self, run, plan).await;
                }
                Ok(true)
            }
            // Somebody else was faster, whose case may have been refused since.
            Err(Fault::Open(CommitError::Superseded)) if self.is_there(run).await? => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// The id of a case that a person begins: the file's own, while it has no case. Without a file,
    /// and for what a person begins once more, it is a new one.
    pub async fn by_hand(
        &self,
        workflow: &WorkflowName,
        file: Option<&Lying>,
    ) -> Result<RunId, Fault> {
        if let Some(Lying { path, content }) = file {
            let run = of_key(self.inner.releases.file_key(workflow, path, *content));
            if !self.is_there(run).await? {
                return Ok(run);
            }
        }
        Ok(RunId::new(now(), random()?))
    }
}
