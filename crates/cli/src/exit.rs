//! How a command ends: the exit code a script can rely on, and the error a person can act on.

use std::fmt;
use std::process::ExitCode;

use evidence::codes;
use runtime::Kind;

/// Every exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    /// A run failed.
    Failed = 1,
    /// Wrong usage, or files with problems.
    Usage = 2,
    /// Everything that can be done is done; the rest waits for a person.
    Waiting = 3,
    /// This person may not do that.
    NotPermitted = 4,
    /// A rule refused it.
    Refused = 5,
    /// A limit of money, tokens or time is used up.
    Budget = 6,
    RateLimited = 7,
    /// A check found more than is allowed.
    Findings = 8,
    /// The guard could not be shown to work, so nothing was started.
    Unproven = 9,
    TimedOut = 124,
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not end well.
#[derive(Debug)]
pub struct Stop {
    pub exit: Exit,
    pub what: anyhow::Error,
    /// The page of `flightdeck explain` about it, where it has one.
    pub code: Option<&'static str>,
    /// What to do about it.
    pub help: Option<String>,
}

/// What a command gives back.
pub type Ended = Result<Exit, Stop>;

impl Stop {
    /// A mistake in what was typed or in a file.
    pub fn usage(what: impl fmt::Display) -> Self {
        Self { exit: Exit::Usage, what: anyhow::anyhow!("{what}"), code: None, help: None }
    }

    /// A fault of the world.
    pub fn failed(what: impl fmt::Display) -> Self {
        Self { exit: Exit::Failed, what: anyhow::anyhow!("{what}"), code: None, help: None }
    }

    /// What whoever drives the runs did not do, in this process or another.
    pub fn refused(kind: Kind, what: impl fmt::Display) -> Self {
        let (exit, code, help) = match kind {
            Kind::Failed => (Exit::Failed, None, None),
            Kind::NotPermitted => (Exit::NotPermitted, None, None),
            Kind::Stopped => (Exit::Refused, None, Some("`flightdeck why` says what is stopped")),
            Kind::Budget => {
                (Exit::Budget, None, Some("`flightdeck why` says which limit, and until when"))
            }
            Kind::Unproven => (
                Exit::Unproven,
                Some(codes::GUARD_UNPROVEN.id),
                Some("`flightdeck why` says which guard, and what is safe now"),
            ),
            Kind::Damaged => (
                Exit::Failed,
                Some(codes::JOURNAL_DAMAGED.id),
                Some("keep a copy of the data folder first; then `flightdeck doctor` says more"),
            ),
            Kind::Unusable => (
                Exit::Failed,
                Some(codes::JOURNAL_UNUSABLE.id),
                Some("make room; then `flightdeck run --open` goes on"),
            ),
        };
        let help = help.map(str::to_owned);
        Self { exit, what: anyhow::anyhow!("{what}"), code, help }
    }

    /// Whether it is about one of the stored runs, so that the others need not wait for it.
    pub fn is_damage(&self) -> bool {
        self.code == Some(codes::JOURNAL_DAMAGED.id)
    }

    /// Whether nothing can be stored at all.
    pub fn is_unusable(&self) -> bool {
        self.code == Some(codes::JOURNAL_UNUSABLE.id)
    }

    /// Adds the line that says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<anyhow::Error> for Stop {
    fn from(what: anyhow::Error) -> Self {
        Self { exit: Exit::Failed, what, code: None, help: None }
    }
}

impl From<journal::StoreError> for Stop {
    fn from(error: journal::StoreError) -> Self {
        let fault = runtime::Fault::from(error);
        Self::refused(fault.kind(), fault)
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error)
    }
}
