//! Leaves a vendor alone that fails again and again. It must not decide what is tried instead.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row that open the breaker.
const FAILURES: u32 = 5;
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(120);

/// One vendor's breaker.
#[derive(Debug, Default)]
pub(crate) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// In a row, while closed.
    failures: u32,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    /// Closed to calls until then; one call is let through to try after it.
    until: Instant,
    rest: Duration,
    trying: bool,
}

/// One call's way through. Dropped without a note, for an aborted call, it says nothing about the
/// vendor, and another call may try.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    breaker: &'a Breaker,
    trial: bool,
}

impl Breaker {
    /// Lets a call through, or says how long to stay away.
    pub(crate) fn pass(&self, now: Instant) -> Result<Pass<'_>, Duration> {
        let mut state = self.state();
        let trial = match &mut state.open {
            None => false,
            Some(open) if now < open.until => return Err(open.until - now),
            Some(open) if open.trying => return Err(FIRST),
            Some(open) => {
                open.trying = true;
                true
            }
        };
        Ok(Pass { breaker: self, trial })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// Notes how the call went; `None` for one that says nothing about the vendor.
    pub(crate) fn note(self, now: Instant, well: Option<bool>) {
        let mut state = self.breaker.state();
        match (well, &mut state.open) {
            (None, _) => {}
            (Some(true), _) => *state = State::default(),
            (Some(false), Some(open)) if self.trial => {
                open.rest = open.rest.saturating_mul(2).min(LONGEST);
                open.until = now + open.rest;
            }
            // It went out before the breaker opened.
            (Some(false), Some(_)) => {}
            (Some(false), None) => {
                state.failures += 1;
                if state.failures >= FAILURES {
                    state.open = Some(Open { until: now + FIRST, rest: FIRST, trying: false });
                }
            }
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.trial
            && let Some(open) = &mut self.breaker.state().open
        {
            open.trying = false;
        }
    }
}

#[cfg(test)]
mod tests;
