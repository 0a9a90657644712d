//! The arguments of a rehearsal.

use std::path::PathBuf;

use clap::Args;
use engine::rehearsal::Choice;

/// Which case is rehearsed, and what is chosen.
#[derive(Debug, Args)]
pub struct Simulate {
    /// The workflow
    pub workflow: String,
    /// The case is this document; otherwise the first kept case, or a made up one
    #[arg(long, value_name = "FILE", conflicts_with = "case")]
    pub file: Option<PathBuf>,
    /// The case as a JSON object
    #[arg(long, value_name = "JSON")]
    pub case: Option<String>,
    /// What is chosen, one after the other: a word that the step offers, `WORD=VALUE`, or JSON
    #[arg(long, value_name = "CHOICE")]
    pub choose: Vec<Choice>,
    /// Stop after what was chosen and show what can be chosen next, instead of going on by itself
    #[arg(long)]
    pub step: bool,
    /// Look for every way of the map, by choosing otherwise wherever something can be chosen
    #[arg(long, conflicts_with_all = ["choose", "step", "keep"])]
    pub all: bool,
    /// How many seconds that may take
    #[arg(long, value_name = "N", default_value_t = 60, requires = "all")]
    pub seconds: u64,
    /// Keep it as a case that `flightdeck test` tries, under this name
    #[arg(long, value_name = "NAME", conflicts_with = "step")]
    pub keep: Option<String>,
}
