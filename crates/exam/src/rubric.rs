//! By what portfolios are judged: dimensions with four described levels each. It judges none.

use plan::ids::FieldName;
use serde::{Deserialize, Serialize};

use crate::blueprint::Unfit;

/// The levels of a dimension, from 0.
pub const LEVELS: usize = 4;
/// The highest of them.
pub const LEVEL_MAX: u8 = 3;

/// A rubric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rubric {
    pub track: plan::Track,
    pub version: String,
    pub dimensions: Vec<Dimension>,
}

/// One thing that is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    pub id: FieldName,
    pub title: String,
    pub question: String,
    /// What each level looks like, the lowest first.
    pub levels: [String; LEVELS],
}

impl Rubric {
    /// The rubric that comes with the program.
    pub fn embedded() -> Result<Self, Unfit> {
        let text = include_str!("../rubrics/practitioner.json");
        serde_json::from_str(text).map_err(|error| Unfit::Unread(error.to_string()))
    }
}
