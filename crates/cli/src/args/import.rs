//! Maps of other products: what is typed to take one over, or to hand one on.

use std::path::PathBuf;

use clap::Args;
use plan::ids::WorkflowName;

/// Which map is taken over, and to where.
#[derive(Debug, Args)]
pub struct Import {
    /// The map: a `workflow.json`, a `.wfos` bundle, or a deployment package
    pub file: PathBuf,
    /// What the workflow is called here; as in the map if not said
    #[arg(long, value_name = "NAME", value_parser = WorkflowName::new)]
    pub name: Option<WorkflowName>,
    /// Another workspace, or a folder in which one begins with this map
    #[arg(long, value_name = "FOLDER")]
    pub into: Option<PathBuf>,
    /// Write nothing, and say what would become of it
    #[arg(long)]
    pub check: bool,
    /// Write over the workflow and the agents of that name
    #[arg(long)]
    pub force: bool,
}

/// Which workflow is handed on, and to where.
#[derive(Debug, Args)]
pub struct Export {
    pub workflow: String,
    /// The file to write: a `.wfos` bundle, or the map alone as `.json`
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// Write over a file of that name
    #[arg(long)]
    pub force: bool,
}
