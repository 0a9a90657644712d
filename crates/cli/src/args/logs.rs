//! Logs: what is typed to see the entries of a run, or a log of another product.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use evidence::foreign::Group;

/// Which log is shown.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Logs {
    /// A run, or the beginning of its id; `desk` for what people did to the whole
    #[arg(required = true)]
    pub run: Option<String>,
    /// Check that the stored entries are complete and unchanged, and make each decision again
    #[arg(long)]
    pub verify: bool,
    #[command(subcommand)]
    pub command: Option<LogsCommand>,
}

#[derive(Debug, Subcommand)]
pub enum LogsCommand {
    /// Show a run log of WorkflowOS: counts for each run, and its lines
    ///
    /// It is only shown, and nothing of it is stored: anybody can have written such a file.
    Read {
        /// The log, a JSON object on each line
        file: PathBuf,
        /// Only entries about this
        #[arg(long, value_name = "WHAT", value_parser = group())]
        only: Option<Group>,
    },
}

fn group() -> impl TypedValueParser<Value = Group> {
    PossibleValuesParser::new(Group::ALL.map(Group::word)).try_map(|word| word.parse::<Group>())
}
