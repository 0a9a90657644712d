//! Crashes, by copying the files at the edges of a commit and cutting the copied log: what was
//! acknowledged is there, and of any other group all or nothing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use journal::{Account, Draw, Seq, Store};
use tempfile::TempDir;

use super::fixture::*;
use crate::{OpenOptions, Probe, SqliteReader, SqliteStore};

const RUNS: u8 = 6;

/// A copy of the folder as a crash would leave it.
struct Copy {
    folder: TempDir,
    /// How many frames had been acknowledged, over all runs.
    acknowledged: u32,
    /// The length of the log at which everything acknowledged was durable.
    safe: u64,
}

/// Copies the folder at some of the edges. It runs on the writer's thread, so the log stands still.
struct Copier {
    from: PathBuf,
    edges: AtomicU32,
    acknowledged: AtomicU32,
    safe: Mutex<u64>,
    copies: Mutex<Vec<Copy>>,
}

impl Copier {
    fn edge(&self) {
        if !self.edges.fetch_add(1, Ordering::SeqCst).is_multiple_of(5) {
            return;
        }
        let folder = folder();
        // The database first: the log holds everything that is copied into it meanwhile. Another
        // process copies, because closing a file here would end SQLite's own locks on it.
        for file in ["key", "journal.db", "journal.db-wal"] {
            let to = folder.path().join(file);
            let copied = Command::new("cp").arg(self.from.join(file)).arg(to).status();
            assert!(copied.unwrap().success());
        }
        self.copies.lock().unwrap().push(Copy {
            folder,
            acknowledged: self.acknowledged.load(Ordering::SeqCst),
            safe: *self.safe.lock().unwrap(),
        });
    }
}

fn log_length(folder: &Path) -> u64 {
    std::fs::metadata(folder.join("journal.db-wal")).unwrap().len()
}

impl Probe for Copier {
    fn before_commit(&self) {
        *self.safe.lock().unwrap() = log_length(&self.from);
        self.edge();
    }
    fn after_commit(&self) {
        self.edge();
        *self.safe.lock().unwrap() = log_length(&self.from);
    }
    fn before_ack(&self) {
        self.acknowledged.fetch_add(1, Ordering::SeqCst);
        self.edge();
    }
}

/// Runs some threads of commits and returns the copies taken meanwhile.
fn copies(options: OpenOptions, frames: u32) -> Vec<Copy> {
    let folder = folder();
    let copier = Arc::new(Copier {
        from: folder.path().to_owned(),
        edges: AtomicU32::new(0),
        acknowledged: AtomicU32::new(0),
        safe: Mutex::default(),
        copies: Mutex::default(),
    });
    let probe = Arc::clone(&copier) as Arc<dyn Probe>;
    let store = SqliteStore::open_with(folder.path(), OpenOptions { probe, ..options }).unwrap();
    std::thread::scope(|scope| {
        for n in 0..RUNS {
            let store = &store;
            scope.spawn(move || {
                for _ in 0..frames {
                    let mut draft = draft(store, run(n), 1);
                    draft.draws = vec![take_one()];
                    put(store, draft).unwrap();
                }
            });
        }
    });
    drop(store);
    std::mem::take(&mut *copier.copies.lock().unwrap())
}

fn take_one() -> Draw {
    Draw::Take { account: frames_account(), amount: 1, limit: u64::MAX }
}

/// Each frame adds one to it, so it must always equal the number of frames.
fn frames_account() -> Account {
    Account(Arc::from("frames"))
}

/// Opens a copy and returns how many frames it holds, each run a whole chain from its first.
fn opened(folder: &Path) -> u32 {
    // Who only reads after a crash sees the same, before any writer has cleaned up.
    // A log cut before the tables were made leaves an empty file, which is no journal.
    let seen: u32 = SqliteReader::open(folder)
        .map_or(0, |reader| (0..RUNS).map(|n| reader.verify(run(n)).unwrap()).sum());
    let store = open(folder);
    assert_eq!(store.reader().check(), Ok(()));
    let verified = |n| store.reader().verify(run(n)).unwrap();
    let frames: u32 = (0..RUNS).map(verified).sum();
    assert_eq!(seen, frames);
    let drawn = store.account(&frames_account()).unwrap();
    assert_eq!(drawn, u64::from(frames), "a group was stored in part");
    // And it goes on from there.
    put(&store, draft(&store, run(RUNS), 1)).unwrap();
    frames
}

#[test]
fn a_crash_at_any_edge_keeps_what_was_acknowledged() {
    // Copying into the database as often as possible, so that crashes meet it too.
    let eager =
        OpenOptions { checkpoint_bytes: 1, log_bytes_max: 64 << 10, ..OpenOptions::default() };
    let copies = copies(eager, 12);
    assert!(copies.len() > 10);
    for copy in copies {
        assert!(opened(copy.folder.path()) >= copy.acknowledged);
    }
}

#[test]
fn a_log_cut_anywhere_keeps_the_groups_before_the_cut() {
    let never = OpenOptions { checkpoint_bytes: u64::MAX, ..OpenOptions::default() };
    let mut cuts = 0;
    for copy in copies(never, 6) {
        let whole = log_length(copy.folder.path());
        // From a torn last group back to one that was acknowledged, and then further.
        for (cut, lost) in [
            (whole, false),
            (whole.saturating_sub(1), false),
            (copy.safe + (whole - copy.safe) / 2, false),
            (copy.safe, false),
            (copy.safe * 2 / 3, true),
            (copy.safe / 7, true),
        ] {
            if cut < copy.safe && !lost {
                continue;
            }
            let log = copy.folder.path().join("journal.db-wal");
            let cut_folder = folder();
            for file in ["key", "journal.db"] {
                std::fs::copy(copy.folder.path().join(file), cut_folder.path().join(file)).unwrap();
            }
            let bytes = std::fs::read(&log).unwrap();
            let end = usize::try_from(cut).unwrap();
            std::fs::write(cut_folder.path().join("journal.db-wal"), &bytes[..end]).unwrap();
            let frames = opened(cut_folder.path());
            assert!(lost || frames >= copy.acknowledged);
            cuts += 1;
        }
    }
    assert!(cuts > 20);
}

#[test]
fn a_claim_that_was_answered_survives() {
    let folder = folder();
    let store = open(folder.path());
    put(&store, draft(&store, run(1), 1)).unwrap();
    assert_eq!(store.claim(run(1)).unwrap().0, 2);
    drop(store);
    let store = open(folder.path());
    assert!(put(&store, draft(&store, run(1), 1)).is_err());
    assert_eq!(store.claim(run(1)).unwrap().0, 3);
    assert!(put(&store, draft(&store, run(1), 3)).is_ok());
    assert_eq!(store.frames(run(1), Seq(0), 9).unwrap().len(), 2);
}
