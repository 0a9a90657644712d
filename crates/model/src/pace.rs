//! How many calls of a model are out at once and how fast they follow each other. It must not
//! reorder calls.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// A call waits no longer than this for a vendor that asked to be left alone.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// No vendor is left alone for longer than this.
const REST_MAX: Duration = Duration::from_secs(3_600);

/// The pace of one model.
#[derive(Debug)]
pub(crate) struct Pace {
    places: Semaphore,
    next: Mutex<Next>,
}

/// When the next call may go out.
#[derive(Debug, Default)]
struct Next {
    at: Option<Instant>,
    /// The time between two calls, where there is a limit per minute.
    gap: Option<Duration>,
    /// Until when the vendor wants to be left alone.
    resting: Option<Instant>,
}

impl Pace {
    pub(crate) fn new(at_once: usize, per_minute: Option<u32>) -> Self {
        let gap = per_minute.map(|n| Duration::from_secs(60) / n.max(1));
        Self {
            places: Semaphore::new(at_once.clamp(1, Semaphore::MAX_PERMITS)),
            next: Mutex::new(Next { gap, ..Next::default() }),
        }
    }

    /// Waits for a turn, or says in how long one is to be had where that is too far away.
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>, Duration> {
        // The semaphore is never closed; an error would mean that there is no turn to be had.
        let place = self.places.acquire().await.map_err(|_| WAIT_MAX)?;
        let now = Instant::now();
        let start = self.next.lock().unwrap_or_else(PoisonError::into_inner).book(now)?;
        if start > now {
            sleep_until(start).await;
        }
        Ok(place)
    }

    /// Lets no further call out for a while.
    pub(crate) fn rest(&self, rest: Duration) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        next.rest(Instant::now(), rest);
    }
}

impl Next {
    fn book(&mut self, now: Instant) -> Result<Instant, Duration> {
        let rested = self.resting.map_or(now, |until| until.max(now));
        if rested - now > WAIT_MAX {
            return Err(rested - now);
        }
        let start = self.at.map_or(rested, |at| at.max(rested));
        self.at = self.gap.map(|gap| start + gap);
        Ok(start)
    }

    fn rest(&mut self, now: Instant, rest: Duration) {
        let until = now + rest.min(REST_MAX);
        self.resting = Some(self.resting.map_or(until, |resting| resting.max(until)));
    }
}

#[cfg(test)]
mod tests;
