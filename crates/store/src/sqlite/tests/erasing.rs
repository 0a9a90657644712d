//! What is left of a key that was destroyed: nothing in any page, in the log or after a crash, and
//! whoever stands in the way of that is named.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use journal::{Millis, RunId, Seq, Status, Store, StoreError};
use plan::ids::WorkflowName;
use rusqlite::{Connection, params};

use super::fixture::*;
use crate::sqlite::schema::fault;
use crate::{OpenOptions, Probe, SqliteReader, SqliteStore};

fn number(n: u32) -> RunId {
    let mut tail = [0; 10];
    tail[..4].copy_from_slice(&n.to_be_bytes());
    RunId::new(Millis(1_700_000_000_000), tail)
}

/// Every wrapped key, and every sealed command that waits.
fn secrets(reader: &SqliteReader) -> Vec<Vec<u8>> {
    let read = |conn: &Connection| {
        let all = "SELECT wrapped FROM key UNION ALL
                   SELECT bytes FROM inbox WHERE bytes IS NOT NULL";
        let mut query = conn.prepare(all).map_err(fault)?;
        let rows = query.query_map([], |row| row.get::<_, Vec<u8>>(0)).map_err(fault)?;
        rows.collect::<Result<_, _>>().map_err(fault)
    };
    reader.with(read).unwrap()
}

/// The files as they lie on the disk. Another process reads them, because closing a file here would
/// end SQLite's own locks on it.
fn files(folder: &Path) -> Vec<u8> {
    let mut cat = std::process::Command::new("cat");
    for file in ["journal.db", "journal.db-wal"].map(|file| folder.join(file)) {
        cat.args(file.exists().then_some(file));
    }
    cat.output().unwrap().stdout
}

/// How many of these are to be found anywhere in the files.
fn found(folder: &Path, secrets: &[Vec<u8>]) -> usize {
    let bytes = files(folder);
    assert!(bytes.len() > 4096);
    // What is sealed differs in its first bytes; a few of them find the place.
    let heads: std::collections::HashMap<&[u8], &Vec<u8>> =
        secrets.iter().map(|secret| (&secret[..12], secret)).collect();
    let at = |w: &[u8], n: usize| heads.get(w).is_some_and(|s| bytes[n..].starts_with(s));
    bytes.windows(12).enumerate().filter(|(n, w)| at(w, *n)).count()
}

/// Runs that begin among each other, are told things, and end; more than many pages hold.
fn filled(folder: &Path, runs: u32) -> (SqliteStore, Vec<Vec<u8>>) {
    let options = OpenOptions { checkpoint_bytes: 64 << 10, ..OpenOptions::default() };
    let store = SqliteStore::open_with(folder, options).unwrap();
    let mut seen = Vec::new();
    for n in 0..runs {
        put(&store, draft(&store, number(n), 1)).unwrap();
        let mut told = command(0, number(n));
        told.id = journal::CommandId(number(n).to_bytes());
        store.post(&told).unwrap();
        if n % 16 == 15 {
            seen.extend(secrets(store.reader()));
        }
        // A few runs later it is answered, and the run is over.
        if let Some(before) = n.checked_sub(20) {
            let mut end = last(&store, number(before));
            end.consumes = vec![journal::CommandId(number(before).to_bytes())];
            put(&store, end).unwrap();
        }
    }
    for n in runs.saturating_sub(20)..runs {
        put(&store, last(&store, number(n))).unwrap();
    }
    seen.extend(secrets(store.reader()));
    seen.sort();
    seen.dedup();
    (store, seen)
}

#[test]
fn no_page_and_no_log_keeps_a_copy_of_a_key() {
    let folder = folder();
    let (store, mut seen) = filled(folder.path(), 700);
    assert!(found(folder.path(), &seen) >= 700, "the keys are to be found as long as they serve");
    let all: Vec<RunId> = (0..700).map(number).collect();
    for some in all.chunks(90) {
        put(&store, erasure(&store, some)).unwrap();
    }
    store.scrub().unwrap();
    // The desk's key stays.
    let left = secrets(store.reader());
    seen.retain(|secret| !left.contains(secret));
    assert!(seen.len() >= 1400, "keys and commands: {}", seen.len());
    assert_eq!(found(folder.path(), &seen), 0);
    drop(store);
    let store = open(folder.path());
    for run in &all {
        assert_eq!(store.reader().verify(*run), Ok(2));
        assert!(store.frames(*run, Seq(0), 9).unwrap().iter().all(|f| f.bodies.is_none()));
    }
    assert_eq!(store.reader().check(), Ok(()));
}

/// Ends as a process would that dies once the order is durable: nothing after that is done.
struct Dies(std::path::PathBuf, std::path::PathBuf);

impl Probe for Dies {
    fn after_commit(&self) {
        for file in ["key", "journal.db", "journal.db-wal"] {
            let _ = std::fs::remove_file(self.1.join(file));
            let cp = std::process::Command::new("cp").arg(self.0.join(file)).arg(&self.1).status();
            assert!(cp.unwrap().success());
        }
    }
}

#[test]
fn a_crash_before_the_log_is_cut_leaves_that_to_the_next_process() {
    let (folder, copy) = (folder(), folder());
    let probe = Arc::new(Dies(folder.path().to_owned(), copy.path().to_owned()));
    let options = OpenOptions { probe, ..OpenOptions::default() };
    let store = SqliteStore::open_with(folder.path(), options).unwrap();
    put(&store, last(&store, run(1))).unwrap();
    let key = secrets(store.reader());
    put(&store, erasure(&store, &[run(1)])).unwrap();
    assert!(found(copy.path(), &key) > 0, "the copy shows the moment before the log is cut");
    let next = open(copy.path());
    assert_eq!(found(copy.path(), &key), 0);
    assert!(next.frames(run(1), Seq(0), 9).unwrap()[0].bodies.is_none());
}

#[test]
fn a_reader_in_the_way_is_named_and_once_it_is_gone_the_log_is_cut() {
    let folder = folder();
    let store = open(folder.path());
    put(&store, last(&store, run(1))).unwrap();
    let key = secrets(store.reader());
    let (begun, is_begun) = channel();
    let (end, ended) = channel::<()>();
    let path = folder.path().to_owned();
    let reading = std::thread::spawn(move || {
        let reader = SqliteReader::open(&path).unwrap();
        reader
            .with(|conn| {
                conn.execute_batch("BEGIN").map_err(fault)?;
                let rows = "SELECT count(*) FROM frame";
                conn.query_row(rows, [], |row| row.get::<_, i64>(0)).map_err(fault)?;
                begun.send(()).unwrap();
                ended.recv_timeout(Duration::from_secs(60)).unwrap();
                conn.execute_batch("COMMIT").map_err(fault)
            })
            .unwrap();
    });
    is_begun.recv().unwrap();
    put(&store, erasure(&store, &[run(1)])).unwrap();
    let told = store.scrub();
    assert!(matches!(&told, Err(StoreError::Fault(text)) if text.contains("reading")), "{told:?}");
    end.send(()).unwrap();
    reading.join().unwrap();
    assert_eq!(store.scrub(), Ok(()));
    assert_eq!(found(folder.path(), &key), 0);
}

#[test]
fn a_journal_of_tables_1_is_read_and_keeps_no_old_copy() {
    let folder = folder();
    let store = open(folder.path());
    for n in 1..4 {
        put(&store, last(&store, run(n))).unwrap();
    }
    put(&store, erasure(&store, &[run(2)])).unwrap();
    drop(store);
    // As tables 1 were: keys among the runs, and nothing where one was erased.
    let conn = Connection::open(folder.path().join("journal.db")).unwrap();
    conn.execute_batch(
        "ALTER TABLE run ADD COLUMN key BLOB;
         UPDATE run SET key = (SELECT wrapped FROM key WHERE key.no = run.no);
         DROP TABLE key; PRAGMA user_version = 1;",
    )
    .unwrap();
    conn.execute("UPDATE run SET key = NULL WHERE id = ?1", params![run(2).to_bytes()]).unwrap();
    drop(conn);
    let read = SqliteReader::open(folder.path());
    let told = read.err().unwrap().to_string();
    assert!(told.contains("older version"), "{told}");
    let store = open(folder.path());
    let told = |n| store.frames(run(n), Seq(0), 9).unwrap()[0].bodies.is_some();
    assert_eq!([1, 2, 3].map(told), [true, false, true]);
    let name = WorkflowName::new("invoice").unwrap();
    assert_eq!(store.reader().tally().unwrap(), [(name, Status::Done, 3)], "counted anew");
    let keys = secrets(store.reader());
    put(&store, erasure(&store, &[run(1), run(3)])).unwrap();
    store.scrub().unwrap();
    let left = secrets(store.reader());
    let gone: Vec<_> = keys.into_iter().filter(|key| !left.contains(key)).collect();
    assert_eq!((gone.len(), found(folder.path(), &gone)), (2, 0));
}
