//! Exams: what is sat, what is kept of the questions, and the review of portfolios.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use journal::SittingId;
use plan::Track;
use plan::ids::PersonId;

use super::Reason;

#[derive(Debug, Subcommand)]
pub enum Exam {
    /// List the exams, what each prepares for, and where you stand
    List,
    /// Begin a sitting, or go on with the one that is open, and print its questions
    Begin {
        /// The exam
        #[arg(value_parser = track)]
        track: Track,
    },
    /// Sit an exam here, one question after another
    ///
    /// It goes on where you left; the time runs on meanwhile, and what was answered by its end
    /// counts.
    Take {
        /// The exam
        #[arg(value_parser = track)]
        track: Track,
    },
    /// Print the questions of your open sitting, with what you chose
    Show {
        /// The sitting's id
        sitting: SittingId,
    },
    /// Answer a question; until the sitting is handed in, the last answer counts
    Answer {
        /// The sitting's id
        sitting: SittingId,
        /// The question, counted from 1
        question: u16,
        /// The option, counted from 1
        option: u8,
    },
    /// Hand a sitting in
    Submit {
        /// The sitting's id
        sitting: SittingId,
    },
    /// What came of a sitting: by domain and criterion, and the reasons of each question
    Result {
        /// Your last one that is over, if not said
        sitting: Option<SittingId>,
    },
    /// How the questions of an exam did; for owners
    Stats {
        /// The exam
        #[arg(value_parser = track)]
        track: Track,
    },
    /// Have a question drawn no more; for owners
    Retire {
        /// The exam
        #[arg(value_parser = track)]
        track: Track,
        /// The question's name, as `stats` lists it
        item: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// Say that a sitting or a portfolio does not count; for owners
    Invalidate {
        /// The id of the sitting or portfolio
        sitting: SittingId,
        #[command(flatten)]
        reason: Reason,
    },
    /// Give a person more time in exams that begin from now on; for owners
    Grant {
        /// The person
        #[arg(value_parser = PersonId::new)]
        person: PersonId,
        /// So many percent more; 0 takes it back
        percent: u16,
        #[command(flatten)]
        reason: Reason,
    },
    /// Portfolios: what is handed in, and how it is assessed
    Review {
        #[command(subcommand)]
        command: Portfolios,
    },
}

#[derive(Debug, Subcommand)]
pub enum Portfolios {
    /// List the portfolios that you may see
    List,
    /// Show one, with the rubric that it is assessed by
    Show {
        /// The portfolio's id
        portfolio: SittingId,
    },
    /// Take in a person's evidence pack once you have verified it; for auditors and owners
    HandIn(HandIn),
    /// Assess a portfolio that is not yours; for auditors and owners
    ///
    /// Every dimension of the rubric takes a level and a reason. What is said stays.
    Assess {
        /// The portfolio's id
        portfolio: SittingId,
        /// A dimension with its level and your reason, such as `work=2: two processes since May`
        #[arg(long = "place", value_name = "DIMENSION=LEVEL: REASON", required = true)]
        places: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub struct HandIn {
    /// The evidence pack
    pub pack: PathBuf,
    /// Whose work it is
    #[arg(long, value_name = "PERSON", value_parser = PersonId::new)]
    pub of: PersonId,
    /// What its verification found, as JSON: `verified`, `grade`, `domains`, `incidents`, `outcome`
    #[arg(long, value_name = "FILE")]
    pub report: PathBuf,
}

fn track(name: &str) -> Result<Track, String> {
    let all = Track::ALL.map(Track::as_str).join(", ");
    Track::named(name).ok_or_else(|| format!("there are {all}"))
}
