//! Who somebody is at the door, and what they may do there: roles, passwords, sessions, tokens and
//! sign-in elsewhere. It must not know what is done with a right: whether a person may decide a
//! request is the engine's to say. No secret is kept that could be shown: only digests and slow
//! hashes are.

mod book;
mod elsewhere;
mod pace;
mod password;
mod right;
mod told;
mod word;

pub use book::Book;
pub use elsewhere::{Elsewhere, Errand, Gone};
pub use pace::Pace;
pub use right::{Right, Rights};
pub use told::{Session, TokenLine, Told, Way};
pub use word::{Opener, Word};

/// Why somebody is not let in, or something could not be looked up.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Whatever was wrong: nobody learns which half of it.
    #[error("name and password do not go together")]
    Wrong,
    /// It was tried too often.
    #[error("it was tried too often; wait {0} seconds")]
    Wait(u64),
    #[error("the link is over, or was used")]
    Link,
    #[error("{0}")]
    Password(&'static str),
    #[error("the sign-in elsewhere did not work: {0}")]
    Elsewhere(String),
    #[error("who has access cannot be looked up: {0}")]
    Fault(String),
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        Self::Fault(error.to_string())
    }
}

impl From<getrandom::Error> for Refused {
    fn from(error: getrandom::Error) -> Self {
        Self::Fault(format!("the system gives no randomness: {error}"))
    }
}
