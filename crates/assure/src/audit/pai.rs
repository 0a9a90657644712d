//! PAI-8 and the mappings to what others want, as data. It must not judge anything.

use serde::{Deserialize, Serialize};

const PAI: &str = include_str!("../../standards/pai-8-2026.json");
const MAPPINGS: &str = include_str!("../../standards/mappings.json");

/// The standard as data.
#[derive(Debug, Clone, Deserialize)]
pub struct Pai {
    pub standard: String,
    pub version: String,
    pub credit: String,
    pub levels: Vec<String>,
    pub posture: String,
    pub controls: Vec<Control>,
}

/// One control.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Control {
    pub id: String,
    pub title: String,
    pub text: String,
    pub requirements: Vec<Requirement>,
}

/// One thing that it wants.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Requirement {
    pub id: String,
    pub source: crate::standard::Source,
    pub text: String,
}

/// What others want, and what of ours speaks to it.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Mapping {
    pub id: String,
    pub title: String,
    pub rows: Vec<MappingRow>,
}

/// One article, clause or risk.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct MappingRow {
    pub id: String,
    pub text: String,
    pub criteria: Vec<String>,
    pub controls: Vec<String>,
}

impl Pai {
    /// The standard.
    ///
    /// # Panics
    /// Where the file in this program is no standard, which a test rules out.
    #[must_use]
    #[allow(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
    pub fn read() -> Self {
        serde_json::from_str(PAI).expect("the standard in this program can be read")
    }
}

/// What others want.
///
/// # Panics
/// Where the file in this program cannot be read, which a test rules out.
#[must_use]
#[allow(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
pub fn mappings() -> Vec<Mapping> {
    #[derive(Deserialize)]
    struct All {
        mappings: Vec<Mapping>,
    }
    let all: All = serde_json::from_str(MAPPINGS).expect("the mappings can be read");
    all.mappings
}
