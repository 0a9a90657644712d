//! How far each target has got, and what it is still to be told, in one file each. A file is
//! replaced whole, so that a process that dies leaves the old one or the new one.

use std::io::Write;
use std::path::{Path, PathBuf};

use evidence::notices::Notice;
use serde::{Deserialize, Serialize};

/// Beyond this many only their number is kept.
const HELD_MAX: usize = 1_000;

/// One target's file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Frames up to this place were looked at.
    pub place: u64,
    /// What was found there and is not sent yet, oldest first.
    pub held: Vec<Notice>,
    /// How many more there were.
    #[serde(default)]
    pub dropped: u64,
    /// When messages were sent in the last hour, in milliseconds.
    #[serde(default)]
    pub sent: Vec<u64>,
    /// Since when nothing arrives, and why.
    #[serde(default)]
    pub failing: Option<(u64, String)>,
}

/// Why a target's file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("`{}`: {why}", .file.display())]
pub struct StateError {
    file: PathBuf,
    why: String,
}

impl State {
    fn file(folder: &Path, name: &str) -> PathBuf {
        folder.join(format!("{name}.json"))
    }

    /// The state of a target; nothing where it never had one.
    pub fn read(folder: &Path, name: &str) -> Result<Option<Self>, StateError> {
        let file = Self::file(folder, name);
        let failed = |why: String| StateError { file: file.clone(), why };
        match std::fs::read(&file) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map(Some).map_err(|e| failed(e.to_string()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    pub(crate) fn write(&self, folder: &Path, name: &str) -> Result<(), StateError> {
        let file = Self::file(folder, name);
        let failed =
            |error: std::io::Error| StateError { file: file.clone(), why: error.to_string() };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let new = folder.join(format!("{name}.new"));
        let bytes = serde_json::to_vec(self).map_err(|e| failed(e.into()))?;
        let mut open = std::fs::File::create(&new).map_err(failed)?;
        open.write_all(&bytes).and_then(|()| open.sync_all()).map_err(failed)?;
        std::fs::rename(&new, &file).map_err(failed)
    }

    /// Keeps what was found up to a place.
    pub(crate) fn found(&mut self, notices: Vec<Notice>, place: u64) {
        self.place = place;
        for notice in notices {
            if self.held.len() < HELD_MAX || notice.urgent {
                self.held.push(notice);
            } else {
                self.dropped = self.dropped.saturating_add(1);
            }
        }
    }
}
