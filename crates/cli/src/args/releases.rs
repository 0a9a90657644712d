//! Releases: what is typed to make one live, to try one, and to go back.

use clap::{Args, Subcommand};
use plan::ids::WorkflowName;

use super::Reason;
use crate::deploying::Wish;

/// What makes releases live, and goes back from them.
#[derive(Debug, Subcommand)]
pub enum Release {
    /// Make a workflow as its files are now its live release: new cases begin on it, and by its
    /// `starts`
    ///
    /// First its kept cases are tried, as `test` does. It exits 8, and nothing changes, where too
    /// few come out as expected or one would do harm. With a share it is tried beside the live
    /// release first. It takes whoever answers for the workflow or may overrule it.
    Deploy(Deploy),
    /// Make the release that is tried on a share of new cases the live one
    Promote {
        #[arg(value_parser = WorkflowName::new)]
        workflow: WorkflowName,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Go back to the release that was live before; one that is tried on a share of new cases ends
    ///
    /// Cases that are open go on with the release that they began on.
    Rollback {
        #[arg(value_parser = WorkflowName::new)]
        workflow: WorkflowName,
        /// The beginning of the id of a release that was live before
        #[arg(long, value_name = "RELEASE")]
        to: Option<String>,
        #[command(flatten)]
        reason: Reason,
    },
    /// List releases: which are live or tried, who deployed them, what they showed, and why one was
    /// left
    Releases {
        /// A workflow; all of them if not said
        #[arg(value_parser = WorkflowName::new)]
        workflow: Option<WorkflowName>,
    },
}

/// What is deployed, and how.
#[derive(Debug, Args)]
pub struct Deploy {
    /// The workflow
    pub workflow: String,
    /// Try it on this share of new cases first, such as `10%`, at most half of them; `100%` makes
    /// it live at once, whatever `flightdeck.yaml` says
    #[arg(long, value_name = "SHARE", value_parser = crate::commands::test::share)]
    pub share: Option<u32>,
    /// This share of the kept cases has to come out as expected, where that is more than
    /// `flightdeck.yaml` says
    #[arg(long, value_name = "SHARE", value_parser = crate::commands::test::share)]
    pub at_least: Option<u32>,
    /// There is no case to try it with; it takes a reason
    #[arg(long, requires = "reason")]
    pub untried: bool,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// How many cases are tried at once
    #[arg(long, default_value_t = 4, value_name = "N")]
    pub at_once: usize,
}

impl Deploy {
    /// What is wished for.
    pub fn wish(&self) -> Wish {
        let Self { share, at_least, untried, reason, .. } = self;
        let reason = reason.clone();
        Wish { share: *share, at_least: *at_least, untried: *untried, reason }
    }
}
