//! What shows that the controls hold, and sets them.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

/// What shows that the controls hold, and sets them.
#[derive(Debug, Subcommand)]
pub enum Controls {
    /// Say which data go where
    Data {
        #[command(subcommand)]
        command: Data,
    },
    /// Destroy the contents of cases that are over: of one person, or of single cases
    ///
    /// Their entries stay, and still prove what happened. Without `--yes` it only says which cases
    /// it would be. What tools and vendors were handed is theirs to erase; it is listed.
    Erase(Erase),
    /// Put a control to the proof by canary cases that touch nothing real, and keep what was seen
    ///
    /// It uses this workspace's people, roles and policies, and whoever drives its cases now.
    /// Without a kind it lists the last drill of each. It exits 8 where a control did not hold.
    Drill(Drill),
    /// Policies: what they say of each act, whether they decide your cases as written, and whether
    /// they let more pass than before
    Policy {
        #[command(subcommand)]
        command: Policy,
    },
    /// Which secrets are named, where each comes from, who is given it, and how old it is
    ///
    /// No value is shown. It exits 8 where one is not there, older than `every` allows, or needed
    /// by nothing.
    Secrets,
    /// On whom the work depends, what stops when one of them goes, and what wants looking at
    ///
    /// Vendors of models and tool servers, by `vendors` in `flightdeck.yaml`. It exits 8 where one
    /// is not known well enough, was not looked at for too long, or changed a model or a price.
    Vendors,
    /// How far each step may go by itself now, and what speaks for or against more
    Autonomy {
        /// A workflow; all of them if not said
        workflow: Option<String>,
    },
    /// Whether those who are asked still look: how many requests each answers, how fast, and what
    /// they notice
    ///
    /// It exits 8 where somebody seems to approve without reading, or did not notice a case that
    /// was known to be wrong.
    Attention {
        /// How many hours back
        #[arg(long, default_value_t = 168, value_name = "HOURS")]
        hours: u32,
        #[command(subcommand)]
        command: Option<Attention>,
    },
}

#[derive(Debug, Args)]
pub struct Drill {
    /// kill, injection, vendor, reviewer, tool-change or budget
    #[arg(value_parser = drill())]
    pub kind: Option<journal::Drill>,
    /// How many cases the drill of the stop has at work
    #[arg(long, default_value_t = 32, value_name = "N", value_parser = some_cases())]
    pub cases: usize,
    /// The drill of vendors also tries this workflow's own cases without its first vendor
    #[arg(long)]
    pub workflow: Option<String>,
}

#[derive(Debug, Args)]
pub struct Erase {
    /// Words that name one person: an address, a number, a name; every content is searched
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["run", "expired"])]
    #[arg(conflicts_with_all = ["run", "expired"])]
    pub subject: Vec<String>,
    /// One case, or the beginning of its id, and what it called
    #[arg(long, value_name = "RUN", conflicts_with = "expired")]
    pub run: Vec<String>,
    /// What is over for longer than `retention` in `flightdeck.yaml` keeps it; `up` does it by
    /// itself
    #[arg(long)]
    pub expired: bool,
    /// Why
    #[arg(long, value_name = "TEXT", required_unless_present = "expired")]
    pub reason: Option<String>,
    /// Erase, and do not only say what would be; nothing brings it back
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Say which policies matter for each act, and what they look at
    Explain {
        /// A workflow, or one step as `workflow.step`
        workflow: String,
    },
    /// Decide the cases of `policies/cases.yaml`, and exit 8 where one is not decided as written
    Test,
    /// Look for an act that the policies let pass now and did not before; exit 8 where there is one
    ///
    /// Before is the last release that ran with other policies. Every value that a policy names is
    /// tried, with what lies beside it, in every combination up to a limit that is said.
    Compare {
        /// A workflow; all of them if not said
        workflow: Option<String>,
        /// Compare with this release, by the beginning of its id
        #[arg(long, value_name = "RELEASE")]
        release: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum Attention {
    /// Put a case that is known to be wrong before those who are asked, to see whether they notice
    ///
    /// It looks like any other and none of its effects is carried out. `flightdeck attention` says
    /// later whether it was noticed. It takes whoever answers for the workflow or may overrule it.
    Seed {
        workflow: String,
        /// A file of the inbox, or a JSON object
        case: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Data {
    /// Which data go to which vendor and tool, where, on what basis, and for how long they are kept
    Map {
        /// A workflow; all of them if not said
        workflow: Option<String>,
        /// Beside what is declared, what the cases of so many hours really handed over
        #[arg(long, value_name = "HOURS", num_args = 0..=1, default_missing_value = "168")]
        seen: Option<u32>,
    },
}

fn some_cases() -> impl TypedValueParser<Value = usize> {
    clap::value_parser!(u16).range(1..=1000).map(usize::from)
}

/// Any kind of drill.
fn drill() -> impl TypedValueParser<Value = journal::Drill> {
    let words = journal::Drill::ALL.iter().map(|drill| drill.as_str());
    PossibleValuesParser::new(words).try_map(|word| {
        let found = journal::Drill::ALL.into_iter().find(|drill| drill.as_str() == word);
        found.ok_or("no such drill")
    })
}
