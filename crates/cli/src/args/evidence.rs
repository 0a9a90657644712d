//! Evidence that others can check.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use journal::{Millis, Revoked};
use plan::ids::WorkflowName;
use proof::VerifierKey;

use super::{Credential, Exam};

/// Evidence that others can check.
#[derive(Debug, Subcommand)]
pub enum Prove {
    /// Evidence that anybody can check without this program: keys, signed roots, exports, packs
    Evidence {
        #[command(subcommand)]
        command: Evidence,
    },
    /// Check a pack or an export, offline, and say what it proves and what it only claims
    ///
    /// It exits 8 where anything was changed, taken away or put in, and says where.
    Verify(Verify),
    /// Credentials that anybody can verify: issue, list, renew, revoke, export, verify
    Credential {
        #[command(subcommand)]
        command: Credential,
    },
    /// Exams for people: sit them, see what came of it, and review portfolios
    Exam {
        #[command(subcommand)]
        command: Exam,
    },
}

#[derive(Debug, Subcommand)]
pub enum Evidence {
    /// The keys that this installation signs with
    Key {
        #[command(subcommand)]
        command: Key,
    },
    /// Sign all entries that are stored now as one; `up` does it every hour and when it ends
    Checkpoint {
        #[command(flatten)]
        witness: Witnessed,
    },
    /// Write every entry and the signed root of them into a new folder
    Export {
        /// A folder that does not exist yet
        folder: PathBuf,
    },
    /// Seal the cases of a time into one file that proves what it shows
    ///
    /// Contents that hold personal data are kept back; their hashes stay. What nobody declared or
    /// announced as personal can be missed, so look at the pack before you hand it on.
    Seal(Box<Seal>),
    /// Write the page that checks packs in a browser, without any network
    Page {
        /// A file that does not exist yet
        #[arg(default_value = "verify.html")]
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make the first key, or a new beginning after the last one was revoked
    New {
        /// The name that stands before each signature, such as `acme.example/log`
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// List the keys and what became of them
    List,
    /// Put a new key in the place of the one that signs now, which vouches for it
    Rotate,
    /// Say that nothing a key signs is to be believed any more
    Revoke {
        /// The key, or how it begins in `flightdeck evidence key list`
        key: String,
        /// leaked, lost or retired
        #[arg(long, value_parser = revoked())]
        because: Revoked,
        /// From this time on; from now on if not said
        #[arg(long, value_name = "TIME", value_parser = time)]
        since: Option<Millis>,
    },
}

#[derive(Debug, Args)]
pub struct Witnessed {
    /// A program that is handed the signed root on its standard input and prints it with a
    /// witness's signature, or any answer that is kept, such as a time stamp
    #[arg(long, value_name = "PROGRAM")]
    pub witness: Option<String>,
}

#[derive(Debug, Args)]
pub struct Seal {
    /// Only cases of this workflow; all of them if not said
    #[arg(value_parser = WorkflowName::new)]
    pub workflow: Option<WorkflowName>,
    /// Cases that began on this day or at this time, or later; in UTC
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub from: Option<Millis>,
    /// Cases that began before this day or time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub until: Option<Millis>,
    /// Show so many cases, which the seed picks
    #[arg(long, value_name = "N", requires = "seed")]
    pub sample: Option<u64>,
    /// What the auditor chose to pick the sample by
    #[arg(long, value_name = "TEXT", requires = "sample")]
    pub seed: Option<String>,
    /// Show every entry and every content, personal data too
    #[arg(long)]
    pub full: bool,
    /// Show no content at all
    #[arg(long, conflicts_with = "full")]
    pub no_contents: bool,
    /// A folder whose files go into the pack, below `findings/` or `documents/`
    #[arg(long, value_name = "FOLDER")]
    pub with: Option<PathBuf>,
    #[command(flatten)]
    pub witness: Witnessed,
    /// The file to write; it must not exist yet
    #[arg(long, value_name = "FILE", default_value = "evidence.fdpack")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// The pack, or the folder of an export
    pub pack: PathBuf,
    /// The key of the installation, as you have it from elsewhere: `NAME+ID+BASE64`
    #[arg(long, value_name = "KEY", value_parser = key)]
    pub key: Option<VerifierKey>,
    /// A witness whose signature counts
    #[arg(long, value_name = "KEY", value_parser = key)]
    pub witness: Vec<VerifierKey>,
    /// A key of which you were told that it is revoked
    #[arg(long, value_name = "KEY", value_parser = key)]
    pub revoked: Vec<VerifierKey>,
    /// You had the answers in `anchors/` judged, such as by `openssl ts -verify`, and they are
    /// genuine
    #[arg(long)]
    pub anchored: bool,
    /// A signed root that you have seen before, as a file
    #[arg(long, value_name = "FILE")]
    pub known: Option<PathBuf>,
}

fn key(text: &str) -> Result<VerifierKey, String> {
    text.parse().map_err(|error: proof::note::NoteError| error.to_string())
}

/// A day or a time, in UTC where it does not say.
fn time(text: &str) -> Result<Millis, String> {
    let no = || "write a day such as `2026-11-01` or a time such as `2026-11-01T08:00Z`".to_owned();
    let stamp = match text.parse::<jiff::civil::Date>() {
        Ok(day) if text.len() == 10 => {
            day.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| no())?.timestamp()
        }
        Ok(_) | Err(_) => text.parse::<jiff::Timestamp>().map_err(|_| no())?,
    };
    u64::try_from(stamp.as_millisecond()).map(Millis).map_err(|_| no())
}

fn revoked() -> impl TypedValueParser<Value = Revoked> {
    PossibleValuesParser::new(Revoked::ALL.map(Revoked::as_str)).try_map(|word| {
        let found = Revoked::ALL.into_iter().find(|because| because.as_str() == word);
        found.ok_or("no such reason")
    })
}
