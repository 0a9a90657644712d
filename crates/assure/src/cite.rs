//! Where something can be looked up: a line of a file, an entry of a case, an entry of the desk.
//! It must not hold what stands there.

use std::fmt;

use journal::{Millis, RunId, Seq};
use serde::Serialize;

/// A place that a finding rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cite {
    /// A line of a file of the workspace, from 1.
    File { file: String, line: usize },
    /// An entry of a case.
    Case { run: RunId, entry: Seq },
    /// What was written at that time about no single case.
    Desk { at: Millis, what: &'static str },
}

impl fmt::Display for Cite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line } => write!(f, "{file}:{line}"),
            Self::Case { run, entry } => write!(f, "{run}#{}", entry.0),
            Self::Desk { at, what } => {
                write!(f, "{what} of {}", evidence::words::when(*at, None))
            }
        }
    }
}
