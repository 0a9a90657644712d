//! The interview: what is typed to describe a map question by question.

use clap::Args;
use plan::ids::WorkflowName;

/// A workflow, and what is answered without a terminal.
#[derive(Debug, Args)]
pub struct Interview {
    /// The workflow; one that is not there yet begins
    #[arg(value_parser = WorkflowName::new)]
    pub workflow: WorkflowName,
    /// Answer one question, such as `purpose=TEXT`; rows as JSON, and nothing behind the `=` where
    /// nobody knows it yet
    #[arg(long = "answer", value_name = "QUESTION=VALUE")]
    pub answers: Vec<String>,
}
