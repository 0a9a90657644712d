//! A journal in memory, for tests and simulation: the same answers as the durable stores, written
//! the shortest way, so that it can serve as their model. It must not touch a disk or start a
//! thread; every answer is given before `submit` returns.

mod state;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use journal::{
    Account, Batch, Command, CommitError, Done, Epoch, Hash, Millis, RunId, RunLine, RunQuery, Seq,
    StopScope, Store, StoreError, Stored,
};
use plan::ids::ReleaseId;

use crate::halt::Halt;
use state::State;

const FULL: &str = "the disk is full";

/// A store that lives as long as the process.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    halt: Halt,
    full: AtomicBool,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets every write fail as on a full disk, until it is called with `false`.
    pub fn set_full(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    /// Refuses every frame that starts an act from now on, whether or not anything can be written.
    pub fn halt_now(&self, reason: &str) {
        self.halt.set(reason);
    }

    /// Why everything is stopped out of band, if it is.
    #[must_use]
    pub fn halted(&self) -> Option<String> {
        self.halt.reason()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writable(&self) -> Result<(), StoreError> {
        if self.full.load(Ordering::SeqCst) {
            return Err(StoreError::Fault(FULL.to_owned()));
        }
        Ok(())
    }

    fn store(&self, batch: &Batch) -> Result<(), CommitError> {
        let now = self.halt.now();
        if self.halt.is_set() && !batch.scopes().is_empty() {
            return Err(CommitError::Stopped(StopScope::Everything));
        }
        if self.full.load(Ordering::SeqCst) {
            return Err(CommitError::Fault(FULL.to_owned()));
        }
        if self.state().store(batch)? {
            self.halt.lift(now);
        }
        Ok(())
    }
}

impl Store for MemoryStore {
    fn submit(&self, batch: Batch, done: Done) {
        // The answer is given without the lock: whoever gets it may submit the next frame at once.
        match self.store(&batch) {
            Ok(()) => done(Ok(batch.stored())),
            Err(error) => done(Err(error)),
        }
    }

    fn claim(&self, run: RunId) -> Result<Epoch, StoreError> {
        self.writable()?;
        self.state().claim(run)
    }

    fn frames(&self, run: RunId, from: Seq, limit: usize) -> Result<Vec<Stored>, StoreError> {
        Ok(self.state().frames(run, from, limit))
    }

    fn post(&self, command: &Command) -> Result<(), StoreError> {
        self.writable()?;
        let mut state = self.state();
        if !state.knows(command.run) {
            return Err(StoreError::Unknown(format!("run {}", command.run)));
        }
        state.post(command);
        Ok(())
    }

    fn inbox(&self, run: RunId) -> Result<Vec<Command>, StoreError> {
        Ok(self.state().inbox(run))
    }

    fn tip(&self, run: RunId) -> Result<Option<(Seq, Hash)>, StoreError> {
        Ok(self.state().tip(run))
    }

    fn stops(&self) -> Result<Vec<StopScope>, StoreError> {
        Ok(self.state().stops())
    }

    fn due(&self, now: Millis, limit: usize) -> Result<Vec<RunId>, StoreError> {
        Ok(self.state().due(now, limit))
    }

    fn next_wake(&self) -> Result<Option<Millis>, StoreError> {
        Ok(self.state().next_wake())
    }

    fn runs(&self, query: &RunQuery) -> Result<Vec<RunLine>, StoreError> {
        Ok(self.state().runs(query))
    }

    fn account(&self, account: &Account) -> Result<u64, StoreError> {
        Ok(self.state().account(account))
    }

    fn accounts(&self, beginning: &str) -> Result<Vec<Account>, StoreError> {
        Ok(self.state().accounts(beginning))
    }

    fn scrub(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn put_release(&self, release: ReleaseId, canonical: &[u8]) -> Result<(), StoreError> {
        self.writable()?;
        self.state().put_release(release, canonical)
    }

    fn release(&self, release: ReleaseId) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state().release(release))
    }
}
