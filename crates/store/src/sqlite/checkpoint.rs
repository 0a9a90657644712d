//! Copies the write-ahead log into the database, off the writer's path. It must not make anything
//! durable that the writer did not commit, and it may be late: the log alone is the truth until then.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use journal::StoreError;
use rusqlite::Connection;

use super::OpenOptions;
use super::schema::open_checkpointer;

/// About what a group adds to the log beside its frames: pages written in part.
const PER_GROUP: u64 = 32 << 10;
/// A page of the log with its header.
const LOGGED_PAGE: u64 = 4096 + 24;

/// The writer's view of the log.
pub(super) struct Log {
    grown: u64,
    step: u64,
    wake: Option<SyncSender<()>>,
    /// The log is too long although it was copied: the copying never caught up with the writer.
    finish: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Log {
    /// Starts the thread that copies.
    pub(super) fn start(file: &Path, options: &OpenOptions) -> Result<Self, StoreError> {
        let conn = open_checkpointer(file, options.vfs.as_deref())?;
        let (wake, woken) = sync_channel(1);
        let finish = Arc::new(AtomicBool::new(false));
        let late = Arc::clone(&finish);
        let max = options.log_bytes_max;
        let thread = std::thread::Builder::new()
            .name("journal-log".into())
            .spawn(move || copy(&conn, &woken, max, &late))
            .map_err(|e| StoreError::Fault(format!("no thread for the log: {e}")))?;
        Ok(Self {
            grown: 0,
            step: options.checkpoint_bytes,
            wake: Some(wake),
            finish,
            thread: Some(thread),
        })
    }

    /// Called by the writer after each group.
    pub(super) fn grew(&mut self, bytes: u64, conn: &Connection) {
        if bytes == 0 {
            return;
        }
        self.grown = self.grown.saturating_add(bytes).saturating_add(PER_GROUP);
        if self.grown >= self.step
            && let Some(wake) = &self.wake
        {
            self.grown = 0;
            // A full channel means that it is about to copy anyway.
            let _ = wake.try_send(());
        }
        if self.finish.swap(false, Ordering::AcqRel) {
            // Only the few pages since the last copying are left. When they are copied too, the
            // next group starts the log from its beginning.
            let _ = checkpoint(conn, "PASSIVE");
        }
    }

    /// Copies and cuts the log, if no reader is in the way.
    pub(super) fn empty(&self, conn: &Connection) {
        let _ = conn.busy_timeout(Duration::ZERO);
        let _ = checkpoint(conn, "TRUNCATE");
        let _ = conn.busy_timeout(Duration::from_secs(10));
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

fn copy(conn: &Connection, woken: &Receiver<()>, max: u64, late: &AtomicBool) {
    while woken.recv().is_ok() {
        // A full disk fails this; the log stays whole, and the next wake tries again.
        if let Ok(pages) = checkpoint(conn, "PASSIVE")
            && pages.saturating_mul(LOGGED_PAGE) > max
        {
            late.store(true, Ordering::Release);
        }
    }
}

/// Returns the length of the log in pages.
fn checkpoint(conn: &Connection, mode: &str) -> rusqlite::Result<u64> {
    let mut pragma = conn.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?;
    let pages: i64 = pragma.query_row([], |row| row.get(1))?;
    Ok(u64::try_from(pages).unwrap_or_default())
}
