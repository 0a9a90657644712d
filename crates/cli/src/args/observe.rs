//! What says how the work goes.

use std::path::PathBuf;

use clap::Subcommand;
use plan::ids::WorkflowName;

/// What says how the work goes.
#[derive(Debug, Subcommand)]
pub enum Observe {
    /// What each alert measures now, and what was told of it
    ///
    /// They stand under `alerts` in `flightdeck.yaml`, and are looked at every minute while
    /// `flightdeck up` runs. It exits 8 where one is beyond its limit.
    Alerts,
    /// In how many cases all held that can be checked, by week
    ///
    /// Of each week the same cases are looked at, however often it is asked. It cannot say whether
    /// an answer is right that nobody and nothing checked.
    Quality {
        /// A workflow; all of them if not said
        #[arg(value_parser = WorkflowName::new)]
        workflow: Option<WorkflowName>,
        /// How many weeks back
        #[arg(long, default_value_t = 8, value_name = "WEEKS")]
        weeks: u32,
        /// How many cases of each week are looked at
        #[arg(long, default_value_t = 200, value_name = "CASES")]
        sample: usize,
    },
    /// Put what somebody who helps needs to know into one file, without anything of a case
    ///
    /// Counts, codes, times and names of your maps: no values, texts, people, addresses or
    /// secrets. A file that is there is not written over.
    SupportBundle {
        /// The file; `flightdeck-support.zip` if not said
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}
