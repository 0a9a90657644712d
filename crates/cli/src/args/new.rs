//! A new workspace: what is typed to begin one.

use std::path::PathBuf;

use clap::Args;

/// Where a workspace begins, and with which template.
#[derive(Debug, Args)]
pub struct New {
    /// The folder to make
    #[arg(required_unless_present = "list")]
    pub folder: Option<PathBuf>,
    /// The template to begin with; `--list` names them
    #[arg(long, value_name = "TEMPLATE", default_value = "expenses")]
    pub from: String,
    /// List the templates, and make nothing
    #[arg(long, conflicts_with = "folder")]
    pub list: bool,
}
