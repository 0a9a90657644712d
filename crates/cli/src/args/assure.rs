//! What is typed to judge a deployment and to answer for it.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use journal::Severity;
use plan::ids::{FilePath, WorkflowName};

use super::Reason;

/// Judging a deployment, and answering for it.
#[derive(Debug, Subcommand)]
pub enum Assure {
    /// Score a workflow by the Production Safety Framework: what is declared, enforced, seen and
    /// stated, for each of 40 criteria
    ///
    /// Rules look at files and records; no model does. Every finding names its place. It exits 8
    /// where the score is below the line.
    Psf(Psf),
    /// Answer the four questions before a release goes live, and say what keeps it from doing so
    ///
    /// It exits 8 where something does. `deploy` looks at the same.
    Preflight {
        /// The workflow
        workflow: String,
    },
    /// Answer yourself, up to a day, for what keeps a release from going live
    Except(Except),
    /// Weigh value against risk: what a week of it is worth beside doing it by hand
    Worth(Worth),
    /// One page for a manager: what it does and never does, the last 30 days, three gaps
    Brief {
        /// The workflow
        workflow: String,
    },
    /// Audit the organisation by PAI-8: what level each control has, and what lacks
    ///
    /// Rules propose, an auditor confirms, and both are shown.
    Audit {
        #[command(subcommand)]
        command: Option<Audit>,
    },
    /// List every system with AI: those that run here, and those that a statement tells of
    Register,
    /// Incidents: what went wrong with AI, what was done, and what was changed
    Incident {
        #[command(subcommand)]
        command: Incident,
    },
    /// Say that you looked at how far a release may go by itself and at its risk, and leave it so
    Weigh {
        /// The workflow
        workflow: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// Say that you have read a statement in `governance/` as it stands now
    Acknowledge {
        /// The file, such as `governance/threats.md`
        #[arg(value_parser = FilePath::new)]
        file: FilePath,
    },
}

#[derive(Debug, Args)]
pub struct Psf {
    /// The workflow; all of them if not said
    pub workflow: Option<String>,
    /// Say of each criterion what was found, where, and which rule gave its points
    #[arg(long)]
    pub explain: bool,
    /// Only this criterion, such as `PSF-7.2`
    #[arg(long, value_name = "ID")]
    pub criterion: Option<String>,
    /// Show each change of files that is advised, as lines taken out and put in
    #[arg(long)]
    pub patch: bool,
    /// Keep the score, so that a drop is noticed
    #[arg(long)]
    pub keep: bool,
}

#[derive(Debug, Args)]
pub struct Except {
    /// The workflow
    pub workflow: String,
    /// What you answer for, as `preflight` names it
    #[arg(long, value_name = "NAME", required = true)]
    pub block: Vec<String>,
    /// The last day, `2027-01-31`; at most 90 days from now
    #[arg(long, value_name = "DAY")]
    pub until: String,
    #[command(flatten)]
    pub reason: Reason,
}

#[derive(Debug, Args)]
pub struct Worth {
    /// The workflow
    #[arg(value_parser = WorkflowName::new)]
    pub workflow: WorkflowName,
    /// Minutes a week in which somebody looks after it
    #[arg(long, default_value_t = assure::worth::UPKEEP_MINUTES, value_name = "MINUTES")]
    pub upkeep: u32,
    /// What one unit of the currency of model costs is in the currency of the wage
    #[arg(long, default_value_t = 1.0, value_name = "RATE")]
    pub exchange: f64,
}

/// What is typed of incidents.
#[derive(Debug, Subcommand)]
pub enum Incident {
    /// Open one: something with AI went wrong
    Open {
        /// What went wrong, in a sentence
        told: String,
        /// What kind of thing
        #[arg(long, value_parser = class())]
        class: String,
        /// How bad
        #[arg(long, value_parser = severity())]
        severity: Severity,
        /// The workflow
        #[arg(long, value_parser = WorkflowName::new)]
        workflow: Option<WorkflowName>,
        /// A case that it is about; several where it is about several
        #[arg(long, value_name = "RUN")]
        case: Vec<String>,
    },
    /// Open one for each case that shows harm and belongs to none yet
    Find,
    /// List them, the open ones first
    List,
    /// Show one: its cases, what was noted and changed
    Show {
        /// The beginning of its id
        incident: String,
    },
    /// Note what was found out or done
    Note {
        /// The beginning of its id
        incident: String,
        /// What
        told: String,
        /// A further case that it is about
        #[arg(long, value_name = "RUN")]
        case: Vec<String>,
    },
    /// Close one; it takes what was changed so that it does not come again
    Close {
        /// The beginning of its id
        incident: String,
        /// What was changed
        #[arg(long, value_name = "TEXT")]
        change: String,
    },
}

/// What is typed of an audit.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Choose cases to test a control with, by a seed of the auditor's
    Sample {
        /// The workflow
        #[arg(value_parser = WorkflowName::new)]
        workflow: WorkflowName,
        /// How many
        #[arg(long, default_value_t = 25, value_name = "N")]
        size: usize,
        /// Any word of the auditor's; the same word chooses the same cases again
        #[arg(long, value_name = "WORD")]
        seed: String,
        /// How many days back
        #[arg(long, default_value_t = 90, value_name = "DAYS")]
        days: u32,
    },
    /// Write a finding down
    Find {
        /// The control, `C1` to `C8`
        control: String,
        /// What was found
        told: String,
        /// How bad
        #[arg(long, value_parser = severity())]
        severity: Severity,
    },
    /// List findings, the open ones first
    Findings,
    /// Answer a finding: what will be done, and until when
    Answer {
        /// The beginning of its id
        finding: String,
        /// What will be done
        told: String,
        /// Until when, `2027-01-31`
        #[arg(long, value_name = "DAY")]
        due: String,
    },
    /// Say that a finding is settled
    Settle {
        /// The beginning of its id
        finding: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// Confirm the level of a control
    Confirm {
        /// The control, `C1` to `C8`
        control: String,
        /// The level, 0 to 3
        #[arg(value_parser = clap::value_parser!(u8).range(0..=3))]
        level: u8,
        #[command(flatten)]
        reason: Reason,
    },
    /// Show what others want beside what speaks to it here: `eu-ai-act`, `iso-42001`,
    /// `nist-ai-rmf`, `owasp-llm`, `owasp-agentic`
    Mapping {
        /// Which; all of them if not said
        name: Option<String>,
    },
}

fn severity() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(Severity::ALL.map(Severity::as_str))
        .try_map(|word| Severity::named(&word).ok_or("no severity"))
}

fn class() -> PossibleValuesParser {
    PossibleValuesParser::new(assure::incident::CLASSES.map(|(name, _)| name))
}
