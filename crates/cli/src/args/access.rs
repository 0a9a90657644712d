//! Who has access over HTTP.

use access::Right;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use plan::ids::PersonId;

/// Who has access over HTTP.
#[derive(Debug, Subcommand)]
pub enum Door {
    /// Who may do what over HTTP, and links by which people sign in
    ///
    /// Roles stand under `access` in `flightdeck.yaml`; without them whoever answers for a workflow
    /// or may overrule it is an owner, and everybody else a reviewer.
    Access {
        #[command(subcommand)]
        command: Option<Access>,
    },
    /// Tokens by which programs speak for people over HTTP
    Token {
        #[command(subcommand)]
        command: Token,
    },
}

#[derive(Debug, Subcommand)]
pub enum Access {
    /// Make a link by which somebody sets a password, once and within a day
    Link {
        /// The person
        #[arg(value_parser = PersonId::new)]
        person: PersonId,
        /// The address at which they reach `up`
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:4180")]
        at: String,
    },
    /// Sign somebody out everywhere: sessions, password, links and tokens
    End {
        /// The person
        #[arg(value_parser = PersonId::new)]
        person: PersonId,
    },
}

#[derive(Debug, Subcommand)]
pub enum Token {
    /// Make a token; it is shown this once
    ///
    /// It speaks for the person named with `--as`, in this workspace, and never does more than they
    /// may on the day it is used.
    New(NewToken),
    /// List the tokens of this workspace
    List,
    /// End a token
    End {
        /// Its id
        id: String,
    },
}

#[derive(Debug, Args)]
pub struct NewToken {
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub label: String,
    /// What it may do; everything that the person may if not said
    #[arg(long, value_parser = right())]
    pub right: Vec<Right>,
    /// After so many days it works no more
    #[arg(long, default_value_t = 90, value_name = "DAYS", value_parser = days())]
    pub days: u32,
}

fn days() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=366)
}

fn right() -> impl TypedValueParser<Value = Right> {
    PossibleValuesParser::new(Right::ALL.map(Right::as_str))
        .try_map(|name| Right::named(&name).ok_or("no right"))
}
