//! What every source of answers has in common. It must not know where an answer comes from.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use journal::{Failure, ModelAnswer, ModelAsk};

/// A model's answer, or why there is none, with what the call used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) result: Result<ModelAnswer, Failure>,
    pub(crate) tokens: Tokens,
    /// Whether the vendor counted `tokens`. Where it does not, they are what the call used at most.
    pub(crate) counted: bool,
    /// The model the vendor says it used.
    pub(crate) reported: Option<String>,
    /// Whether it is known that the call happened or did not. A call that broke off after it was
    /// sent may have been charged for.
    pub(crate) certain: bool,
    /// How long the vendor wants to be left alone, as its headers say.
    pub(crate) rest: Option<Duration>,
}

/// Tokens as the vendor counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    /// All tokens of the input, cached ones included.
    pub(crate) input: u64,
    pub(crate) cached: u64,
    /// What was put into the vendor's cache, where that has a price of its own.
    pub(crate) written: u64,
    pub(crate) output: u64,
}

impl Answered {
    /// A call that failed, and is known to have cost nothing.
    pub(crate) fn failed(failure: Failure) -> Self {
        Self {
            result: Err(failure),
            tokens: Tokens::default(),
            counted: true,
            reported: None,
            certain: true,
            rest: None,
        }
    }
}

/// Whether an answer is asked for as a stream: where the call may take longer than a stream may be
/// silent. A shorter call is bounded by its own time-out already.
pub(crate) fn streams(ask: &ModelAsk, idle: Duration) -> bool {
    Duration::from_millis(ask.time_out_ms) > idle
}

/// What a call may have used at most, for a server that does not count: a token stands for at
/// least one byte.
pub(crate) fn worst(ask: &ModelAsk, answer_bytes: usize) -> Tokens {
    let sent: usize = ask.messages.iter().map(|message| message.text.len() + 16).sum();
    let input = sent.saturating_add(ask.instructions.len()) as u64;
    let output = (answer_bytes as u64).max(1).min(u64::from(ask.tokens_max));
    Tokens { input, output, ..Tokens::default() }
}

/// An answer on its way.
pub(crate) type Answering<'a> = Pin<Box<dyn Future<Output = Answered> + Send + 'a>>;

/// A source of answers. It is never asked directly: a [`Callable`](crate::Callable) asks it, with
/// what a permit holds.
pub(crate) trait Provider: Send + Sync {
    /// Asks once. It neither waits for a turn nor tries again. `parent` goes along where the answer
    /// comes over HTTP: what it is asked by, as W3C's Trace Context writes it.
    fn ask<'a>(&'a self, ask: &'a ModelAsk, parent: Option<&'a str>) -> Answering<'a>;
}
