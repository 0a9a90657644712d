//! The embedded journal: one SQLite file in the data folder, one writer thread, any number of
//! readers. It must not decide anything that the journal's rules do not decide, and it must not
//! say that a frame is stored before its sync.

mod checkpoint;
mod crypt;
mod folder;
mod follow;
mod group;
mod index;
mod known;
mod log;
mod read;
mod schema;
mod write;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};
use std::thread::{JoinHandle, ThreadId};
use std::time::Instant;

use journal::{
    Account, Batch, Command, CommitError, Done, Epoch, Hash, Millis, RunId, RunLine, RunQuery, Seq,
    Standing, StopScope, Store, StoreError, Stored,
};
use plan::ids::ReleaseId;

use crate::halt::Halt;
use checkpoint::{PAUSE, READER_MAX};
pub use folder::holder;
pub use read::SqliteReader;
use writer::{Op, Writer};

/// Edges of a commit at which a test may end the process. The default does nothing.
pub trait Probe: Send + Sync {
    /// Everything of a group is written, nothing of it is durable.
    fn before_commit(&self) {}
    /// The group is durable, nobody has been told.
    fn after_commit(&self) {}
    /// The next frame's driver is about to be told.
    fn before_ack(&self) {}
}

struct Quiet;

impl Probe for Quiet {}

/// How a journal is opened for writing.
#[derive(Clone)]
pub struct OpenOptions {
    /// The name of a registered SQLite VFS; `None` is the system's.
    pub vfs: Option<String>,
    /// What is called at the edges of a commit.
    pub probe: Arc<dyn Probe>,
    /// The write-ahead log is copied into the database each time it grew by about this much.
    pub checkpoint_bytes: u64,
    /// Beyond this size of the log the writer itself finishes the copying.
    pub log_bytes_max: u64,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            vfs: None,
            probe: Arc::new(Quiet),
            checkpoint_bytes: 16 << 20,
            log_bytes_max: 64 << 20,
        }
    }
}

/// A journal opened for writing. There is at most one per data folder, on the whole machine.
pub struct SqliteStore {
    reader: SqliteReader,
    queue: Sender<Op>,
    halt: Arc<Halt>,
    writer: Option<JoinHandle<()>>,
    writer_id: ThreadId,
}

impl SqliteStore {
    /// Opens the journal of a data folder for writing, and creates it where there is none.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_with(folder, OpenOptions::default())
    }

    /// The same with options.
    pub fn open_with(folder: &Path, options: OpenOptions) -> Result<Self, StoreError> {
        let lock = folder::lock(folder)?;
        let file: PathBuf = folder.join(folder::JOURNAL);
        let key = folder::installation_key(folder, file.exists())?;
        let conn = schema::open_writer(&file, options.vfs.as_deref(), &key)?;
        let reader = SqliteReader::new(file, options.vfs.clone(), key.clone());
        let halt = Arc::new(Halt::default());
        let (queue, ops) = channel();
        let writer = Writer::new((conn, lock), key, Arc::clone(&halt), &options, &reader)?;
        let writer = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || writer.run(&ops))
            .map_err(|e| StoreError::Fault(format!("no thread for the writer: {e}")))?;
        Ok(Self { reader, queue, halt, writer_id: writer.thread().id(), writer: Some(writer) })
    }

    /// The reading half.
    #[must_use]
    pub fn reader(&self) -> &SqliteReader {
        &self.reader
    }

    /// Refuses every frame that starts an act from now on, whether or not anything can be written.
    /// It lasts until a `StopLifted` of everything is stored, or the process ends.
    pub fn halt_now(&self, reason: &str) {
        self.halt.set(reason);
    }

    /// Why everything is stopped out of band, if it is.
    #[must_use]
    pub fn halted(&self) -> Option<String> {
        self.halt.reason()
    }

    /// Recomputes the index of runs from their frames. `fold` gets all frames of one run after
    /// another and says where it stands. Returns how many lines were wrong.
    pub fn rebuild_index(
        &self,
        fold: impl FnMut(RunId, &[Stored]) -> Option<Standing>,
    ) -> Result<u64, StoreError> {
        index::rebuild(self, fold)
    }

    /// Puts an op into the writer's queue and waits for its answer.
    fn ask<T>(&self, op: impl FnOnce(SyncSender<Result<T, StoreError>>) -> Op) -> Answer<T> {
        if std::thread::current().id() == self.writer_id {
            // Waiting here would wait for ourselves.
            let text = "a frame's receiver may not wait for the journal";
            return Err(StoreError::Fault(text.into()));
        }
        let (to, from) = sync_channel(1);
        let closed = || StoreError::Fault(CLOSED.into());
        self.queue.send(op(to)).map_err(|_| closed())?;
        from.recv().map_err(|_| closed())?
    }

    /// Runs something on the writer's thread between two groups.
    fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        self.ask(|to| {
            Op::Alone(Box::new(move |writer| {
                // Nobody waits any more when the asker's thread is gone.
                let _ = to.send(work(writer));
            }))
        })
    }
}

type Answer<T> = Result<T, StoreError>;

const CLOSED: &str = "the journal is closed";

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // The last connection to close leaves no log behind, unless it is one that only reads.
        self.reader.close();
        // A writer that is gone already has nothing left to finish.
        let _ = self.queue.send(Op::Close);
        if std::thread::current().id() == self.writer_id {
            return;
        }
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

impl Store for SqliteStore {
    fn submit(&self, batch: Batch, done: Done) {
        let halts = self.halt.now();
        let batch = Box::new(batch);
        if let Err(unsent) = self.queue.send(Op::Batch { batch, done, halts })
            && let Op::Batch { done, .. } = unsent.0
        {
            done(Err(CommitError::Fault(CLOSED.into())));
        }
    }

    fn claim(&self, run: RunId) -> Result<Epoch, StoreError> {
        self.ask(|to| Op::Claim { run, to })
    }

    fn frames(&self, run: RunId, from: Seq, limit: usize) -> Result<Vec<Stored>, StoreError> {
        self.reader.frames(run, from, limit)
    }

    fn post(&self, command: &Command) -> Result<(), StoreError> {
        self.ask(|to| Op::Post { command: Box::new(command.clone()), to })
    }

    fn inbox(&self, run: RunId) -> Result<Vec<Command>, StoreError> {
        self.reader.inbox(run)
    }

    fn tip(&self, run: RunId) -> Result<Option<(Seq, Hash)>, StoreError> {
        self.reader.tip(run)
    }

    fn stops(&self) -> Result<Vec<StopScope>, StoreError> {
        self.reader.stops()
    }

    fn due(&self, now: Millis, limit: usize) -> Result<Vec<RunId>, StoreError> {
        self.reader.due(now, limit)
    }

    fn next_wake(&self) -> Result<Option<Millis>, StoreError> {
        self.reader.next_wake()
    }

    fn runs(&self, query: &RunQuery) -> Result<Vec<RunLine>, StoreError> {
        self.reader.runs(query)
    }

    fn account(&self, account: &Account) -> Result<u64, StoreError> {
        self.reader.account(account)
    }

    fn accounts(&self, beginning: &str) -> Result<Vec<Account>, StoreError> {
        self.reader.accounts(beginning)
    }

    #[allow(clippy::disallowed_methods, reason = "whoever asks for this waits for its end")]
    fn scrub(&self) -> Result<(), StoreError> {
        let until = Instant::now() + READER_MAX;
        // One short try after the other, so that a stop and everybody's work go on between them.
        while !self.alone(|writer| Ok(writer.scrub()))? {
            if Instant::now() > until {
                let text = "the keys are destroyed, but another process is reading and holds \
                            copies of them in the log";
                return Err(StoreError::Fault(text.to_owned()));
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn put_release(&self, release: ReleaseId, canonical: &[u8]) -> Result<(), StoreError> {
        let canonical = canonical.to_vec();
        self.alone(move |writer| writer.put_release(release, &canonical))
    }

    fn release(&self, release: ReleaseId) -> Result<Option<Vec<u8>>, StoreError> {
        self.reader.release(release)
    }
}

#[cfg(test)]
mod tests;
