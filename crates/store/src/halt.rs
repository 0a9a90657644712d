//! The stop that needs no disk. It is a pair of counters that a writer reads before each group, so
//! that a full or hanging disk cannot keep a stop from working. It must not record anything: the
//! durable stop is a frame of the desk.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Whether everything is stopped out of band, and why.
#[derive(Debug, Default)]
pub(crate) struct Halt {
    raised: AtomicU64,
    lifted: AtomicU64,
    reason: Mutex<String>,
}

/// A moment: the halts raised until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(u64);

impl Halt {
    pub(crate) fn set(&self, reason: &str) {
        let mut held = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
        reason.clone_into(&mut held);
        self.raised.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.raised.load(Ordering::SeqCst) > self.lifted.load(Ordering::SeqCst)
    }

    pub(crate) fn reason(&self) -> Option<String> {
        let held = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_set().then(|| held.clone())
    }

    pub(crate) fn now(&self) -> Moment {
        Moment(self.raised.load(Ordering::SeqCst))
    }

    /// Lifts the halts that were raised until a moment: the one at which somebody submitted a
    /// `StopLifted` of everything. A halt raised after that stays.
    pub(crate) fn lift(&self, until: Moment) {
        self.lifted.fetch_max(until.0, Ordering::SeqCst);
    }
}
