//! A store that also takes up runs recorded long ago, frame by frame as they stand in a file, and
//! lets them be continued.

use std::collections::BTreeMap;
use std::sync::Mutex;

use journal::{
    Account, Batch, Command, CommitError, Done, Epoch, Frame, Hash, Millis, RunId, RunLine,
    RunQuery, Seq, StopScope, Store, StoreError, Stored,
};
use plan::ids::ReleaseId;
use store::MemoryStore;

#[derive(Default)]
struct Recorded {
    frames: Vec<Stored>,
    inbox: Vec<Command>,
    epoch: u32,
}

/// A store in memory with a place for recorded runs.
#[derive(Default)]
pub(crate) struct Shelf {
    inner: MemoryStore,
    recorded: Mutex<BTreeMap<RunId, Recorded>>,
}

impl Shelf {
    pub(crate) fn set_full(&self, full: bool) {
        self.inner.set_full(full);
    }

    /// Takes a recorded frame up, after those before it.
    pub(crate) fn put(&self, stored: Stored) -> Frame {
        let frame: Frame = serde_json::from_slice(&stored.bytes).unwrap();
        let mut all = self.recorded.lock().unwrap();
        let run = all.entry(frame.run).or_default();
        run.epoch = frame.epoch.0;
        run.frames.push(stored);
        frame
    }
}

impl Store for Shelf {
    fn submit(&self, batch: Batch, done: Done) {
        let run = batch.frame().run;
        {
            let mut all = self.recorded.lock().unwrap();
            for command in batch.posts() {
                if let Some(to) = all.get_mut(&command.run)
                    && to.inbox.iter().all(|c| c.id != command.id)
                {
                    to.inbox.push(command.clone());
                }
            }
        }
        let mut all = self.recorded.lock().unwrap();
        let Some(recorded) = all.get_mut(&run) else {
            drop(all);
            return self.inner.submit(batch, done);
        };
        let prev = recorded.frames.last().map(|f| Hash::leaf(&f.bytes)).unwrap_or_default();
        let follows = batch.frame().prev == prev
            && batch.frame().seq.0 as usize == recorded.frames.len()
            && batch.frame().epoch.0 == recorded.epoch;
        if !follows {
            drop(all);
            return done(Err(CommitError::Superseded));
        }
        recorded.frames.push(Stored {
            bytes: batch.bytes().to_vec(),
            bodies: Some(batch.bodies().iter().map(|b| b.bytes.clone()).collect()),
            entropy: Some(*batch.entropy()),
        });
        recorded.inbox.retain(|c| !batch.consumes().contains(&c.id));
        drop(all);
        done(Ok(batch.stored()));
    }

    fn claim(&self, run: RunId) -> Result<Epoch, StoreError> {
        if let Some(recorded) = self.recorded.lock().unwrap().get_mut(&run) {
            recorded.epoch += 1;
            return Ok(Epoch(recorded.epoch));
        }
        self.inner.claim(run)
    }

    fn frames(&self, run: RunId, from: Seq, limit: usize) -> Result<Vec<Stored>, StoreError> {
        if let Some(recorded) = self.recorded.lock().unwrap().get(&run) {
            let frames = recorded.frames.iter().skip(from.0 as usize).take(limit);
            return Ok(frames.cloned().collect());
        }
        self.inner.frames(run, from, limit)
    }

    fn post(&self, command: &Command) -> Result<(), StoreError> {
        if let Some(recorded) = self.recorded.lock().unwrap().get_mut(&command.run) {
            recorded.inbox.push(command.clone());
            return Ok(());
        }
        self.inner.post(command)
    }

    fn inbox(&self, run: RunId) -> Result<Vec<Command>, StoreError> {
        if let Some(recorded) = self.recorded.lock().unwrap().get(&run) {
            return Ok(recorded.inbox.clone());
        }
        self.inner.inbox(run)
    }

    fn tip(&self, run: RunId) -> Result<Option<(Seq, Hash)>, StoreError> {
        if let Some(recorded) = self.recorded.lock().unwrap().get(&run) {
            let last = recorded.frames.last().map(|f| Hash::leaf(&f.bytes)).unwrap_or_default();
            let next = u32::try_from(recorded.frames.len()).unwrap();
            return Ok(Some((Seq(next), last)));
        }
        self.inner.tip(run)
    }

    fn stops(&self) -> Result<Vec<StopScope>, StoreError> {
        self.inner.stops()
    }

    fn due(&self, now: Millis, limit: usize) -> Result<Vec<RunId>, StoreError> {
        self.inner.due(now, limit)
    }

    fn next_wake(&self) -> Result<Option<Millis>, StoreError> {
        self.inner.next_wake()
    }

    fn runs(&self, query: &RunQuery) -> Result<Vec<RunLine>, StoreError> {
        self.inner.runs(query)
    }

    fn account(&self, account: &Account) -> Result<u64, StoreError> {
        self.inner.account(account)
    }

    fn accounts(&self, beginning: &str) -> Result<Vec<Account>, StoreError> {
        self.inner.accounts(beginning)
    }

    fn scrub(&self) -> Result<(), StoreError> {
        self.inner.scrub()
    }

    fn put_release(&self, release: ReleaseId, canonical: &[u8]) -> Result<(), StoreError> {
        self.inner.put_release(release, canonical)
    }

    fn release(&self, release: ReleaseId) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.release(release)
    }
}
