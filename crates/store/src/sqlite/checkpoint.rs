//! Copies the write-ahead log into the database, off the writer's path. It must not make anything
//! durable that the writer did not commit, and it may be late: the log alone is the truth until
//! then.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use journal::StoreError;
use rusqlite::Connection;

use super::OpenOptions;
use super::schema::open_checkpointer;

/// About what a group adds to the log beside its frames: pages written in part.
const PER_GROUP: u64 = 32 << 10;

/// How long between two tries to cut the log.
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// How long a reader in the way of cutting the log is waited for: each of ours takes one page of
/// rows and is gone.
pub(super) const READER_MAX: Duration = Duration::from_secs(2);

/// The writer's view of the log.
pub(super) struct Log {
    /// About how much was added since the thread was woken.
    unwoken: u64,
    step: u64,
    /// About how much was added since the log was seen to be copied to its end.
    length: u64,
    max: u64,
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Log {
    /// Starts the thread that copies.
    pub(super) fn start(file: &Path, options: &OpenOptions) -> Result<Self, StoreError> {
        let conn = open_checkpointer(file, options.vfs.as_deref())?;
        let (wake, woken) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("journal-log".into())
            .spawn(move || copy(&conn, &woken))
            .map_err(|e| StoreError::Fault(format!("no thread for the log: {e}")))?;
        Ok(Self {
            unwoken: 0,
            step: options.checkpoint_bytes,
            length: 0,
            max: options.log_bytes_max,
            wake: Some(wake),
            thread: Some(thread),
        })
    }

    /// Called by the writer after each group.
    pub(super) fn grew(&mut self, bytes: u64, conn: &Connection) {
        if bytes == 0 {
            return;
        }
        let bytes = bytes.saturating_add(PER_GROUP);
        self.unwoken = self.unwoken.saturating_add(bytes);
        self.length = self.length.saturating_add(bytes);
        if self.unwoken >= self.step
            && let Some(wake) = &self.wake
        {
            self.unwoken = 0;
            // A full channel means that it is about to copy anyway.
            let _ = wake.try_send(());
        }
        if self.length >= self.max {
            // The log starts anew only when it was copied to its very end, and under load the
            // thread never gets there. It has copied nearly all, so little is left to do here.
            self.length = match checkpoint(conn, "PASSIVE") {
                Ok(true) => 0,
                // A reader or the thread is in the way: again after some more groups.
                _ => self.max.saturating_sub(self.step),
            };
        }
    }

    /// Copies and cuts the log. Says whether it is empty; a reader in the way is waited for.
    #[allow(clippy::disallowed_methods, reason = "the writer's own thread, on which nothing waits")]
    pub(super) fn empty(&mut self, conn: &Connection) -> bool {
        let until = Instant::now() + READER_MAX;
        while !self.cut(conn) {
            if Instant::now() > until {
                return false;
            }
            std::thread::sleep(PAUSE);
        }
        true
    }

    /// Copies and cuts the log if that can be done now. Says whether it is empty.
    pub(super) fn cut(&mut self, conn: &Connection) -> bool {
        // A reader is not waited for, and while the thread copies SQLite refuses this at once.
        let _ = conn.busy_timeout(Duration::ZERO);
        let cut = matches!(checkpoint(conn, "TRUNCATE"), Ok(true));
        let _ = conn.busy_timeout(Duration::from_secs(10));
        if cut {
            self.length = 0;
        }
        cut
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn copy(conn: &Connection, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        // A full disk fails this; the log stays whole, and the next wake tries again.
        let _ = checkpoint(conn, "PASSIVE");
    }
}

/// Says whether the log was copied to its end.
fn checkpoint(conn: &Connection, mode: &str) -> rusqlite::Result<bool> {
    let mut pragma = conn.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?;
    let (busy, pages, copied): (i64, i64, i64) =
        pragma.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(busy == 0 && pages == copied)
}
