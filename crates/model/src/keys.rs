//! The keys of one model, and which of them goes out next: one that was not refused, is not resting
//! and has most left. It must not wait, and never shows a key.

use std::cmp::Reverse;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::time::Instant;

use crate::secret::Key;

/// How a key stands in its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// `x-api-key: KEY`.
    Plain,
}

/// The keys of one model.
#[derive(Debug)]
pub(crate) struct Keyring(Vec<Held>);

/// One key, or none at all for a server that asks for none: that one rests like any other.
#[derive(Debug)]
struct Held {
    key: Option<(Key, HeaderValue)>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    refused: bool,
    resting: Option<Instant>,
    /// Requests that are left, as the vendor said last.
    left: Option<u64>,
    sent: u64,
}

/// The key of one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chosen<'a>(&'a Held);

impl Keyring {
    /// `None` if a key cannot be sent in a header.
    pub(crate) fn new(keys: Vec<Key>, header: Header) -> Option<Self> {
        let held = |key| Held { key, state: Mutex::default() };
        if keys.is_empty() {
            return Some(Self(vec![held(None)]));
        }
        let of = |key: Key| {
            let text = match header {
                Header::Bearer => format!("Bearer {}", key.secret.reveal()),
                Header::Plain => key.secret.reveal().to_owned(),
            };
            let mut value = HeaderValue::from_str(&text).ok()?;
            value.set_sensitive(true);
            Some(held(Some((key, value))))
        };
        Some(Self(keys.into_iter().map(of).collect::<Option<_>>()?))
    }

    /// The key of the next call. One that was refused is taken when there is no other: only its
    /// vendor knows when it is good again.
    pub(crate) fn choose(&self, now: Instant) -> Option<Chosen<'_>> {
        let rank = |held: &&Held| {
            let state = held.state();
            let rest =
                state.resting.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
            (state.refused, rest, Reverse(state.left.unwrap_or(u64::MAX)), state.sent)
        };
        let chosen = self.0.iter().min_by_key(rank)?;
        let mut state = chosen.state();
        state.sent += 1;
        state.left = state.left.map(|left| left.saturating_sub(1));
        Some(Chosen(chosen))
    }

    /// How long no key may go out: nothing as long as one of them is neither refused nor resting.
    pub(crate) fn rest(&self, now: Instant) -> Option<Duration> {
        let rests = |held: &Held| {
            let state = held.state();
            (!state.refused).then(|| {
                state.resting.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
            })
        };
        self.0.iter().filter_map(rests).min().filter(|rest| !rest.is_zero())
    }

    /// Whether a key is left that was not refused.
    pub(crate) fn any_left(&self) -> bool {
        self.0.iter().any(|held| !held.state().refused)
    }

    /// A text without any of the keys.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let keys = self.0.iter().filter_map(|held| held.key.as_ref());
        keys.fold(text.to_owned(), |text, (key, _)| key.secret.scrub(&text))
    }
}

impl Held {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chosen<'_> {
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        self.0.key.as_ref().map(|(_, value)| value.clone())
    }

    /// The name by which people know it.
    pub(crate) fn name(&self) -> Option<&str> {
        self.0.key.as_ref().map(|(key, _)| key.name.as_str())
    }

    /// The vendor took it, and said what is left of it.
    pub(crate) fn taken(&self, left: Option<u64>) {
        let mut state = self.0.state();
        state.refused = false;
        state.left = left.or(state.left);
    }

    /// The vendor refused it.
    pub(crate) fn refused(&self) {
        self.0.state().refused = true;
    }

    /// It is of no use for a while.
    pub(crate) fn rests(&self, now: Instant, rest: Duration) {
        let mut state = self.0.state();
        let until = now.checked_add(rest);
        state.resting = state.resting.max(until);
    }
}

#[cfg(test)]
mod tests;
