//! What the world does to a journal: a full disk, damaged pages and rows, a second process, a stop
//! while nothing can be written, a receiver that panics.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;

use journal::{
    Account, CommitError, Draw, Hash, Millis, RunId, RunQuery, Seq, Status, StopScope, Store,
    StoreError,
};
use rusqlite::Connection;
use tempfile::TempDir;

use super::fixture::*;
use crate::sqlite::schema::fault;
use crate::{OpenOptions, Probe, SqliteReader, SqliteStore, holder};

fn full() -> CommitError {
    CommitError::Fault("the disk is full".into())
}

/// Lets the database grow by no more pages, or again by any number.
fn set_full(store: &SqliteStore, full: bool) {
    let set = move |writer: &mut crate::sqlite::writer::Writer| {
        let conn = &writer.conn;
        let pages: i64 =
            conn.pragma_query_value(None, "page_count", |row| row.get(0)).map_err(fault)?;
        let max = if full { pages } else { 1 << 30 };
        conn.pragma_update_and_check(None, "max_page_count", max, |_| Ok(())).map_err(fault)
    };
    store.alone(set).unwrap();
}

fn large(store: &dyn Store, n: u8) -> journal::Draft {
    let mut draft = draft(store, run(n), 1);
    draft.bodies[0] = body(&"x".repeat(40_000));
    draft.draws = vec![Draw::Take { account: Account(Arc::from("a")), amount: 1, limit: 100 }];
    draft
}

#[test]
fn a_full_disk_refuses_whole_groups_and_the_store_goes_on_when_there_is_space() {
    let folder = folder();
    let store = open(folder.path());
    put(&store, large(&store, 1)).unwrap();
    set_full(&store, true);
    // One group of a small frame and large ones: all of it or nothing.
    let gate = hold(&store);
    let answers: Vec<_> = (1..5)
        .map(|n| send(&store, if n == 1 { draft(&store, run(1), 1) } else { large(&store, n) }))
        .collect();
    gate.send(()).unwrap();
    for answer in answers {
        assert_eq!(answer.recv().unwrap().map(|_| ()), Err(full()));
    }
    assert_eq!(store.tip(run(1)).unwrap().unwrap().0, Seq(1));
    assert_eq!(store.account(&Account(Arc::from("a"))).unwrap(), 1);
    // A stop works although it cannot be recorded.
    let mut acting = large(&store, 1);
    act(&mut acting);
    store.halt_now("the operator said stop");
    assert_eq!(store.halted().as_deref(), Some("the operator said stop"));
    let stopped = Err(CommitError::Stopped(StopScope::Everything));
    assert_eq!(put(&store, acting).map(|_| ()), stopped);
    set_full(&store, false);
    for n in 1..5 {
        put(&store, large(&store, n)).unwrap();
    }
    assert_eq!(store.account(&Account(Arc::from("a"))).unwrap(), 5);
    assert_eq!(store.reader().verify(run(1)), Ok(2));
    assert_eq!(store.reader().check(), Ok(()));
    // Space does not lift the stop; a recorded resume does, but none that is older than the stop.
    let mut acting = draft(&store, run(1), 1);
    act(&mut acting);
    assert_eq!(put(&store, acting).map(|_| ()), stopped);
    put(&store, stop(&store, StopScope::Everything, false)).unwrap();
    let mut acting = draft(&store, run(1), 1);
    act(&mut acting);
    assert_eq!(put(&store, acting).map(|c| c.permits.len()), Ok(1));
    assert_eq!(store.halted(), None);
}

#[test]
fn a_resume_queued_before_a_halt_does_not_lift_it() {
    let folder = folder();
    let store = open(folder.path());
    let gate = hold(&store);
    let resumed = send(&store, stop(&store, StopScope::Everything, false));
    store.halt_now("later");
    gate.send(()).unwrap();
    assert!(resumed.recv().unwrap().is_ok());
    assert_eq!(store.halted().as_deref(), Some("later"));
}

/// Halts everything while a group is written but not yet committed.
#[derive(Default)]
struct Late {
    store: std::sync::OnceLock<std::sync::Weak<SqliteStore>>,
    armed: AtomicBool,
}

impl Probe for Late {
    fn before_commit(&self) {
        if self.armed.swap(false, Ordering::SeqCst) {
            let store = self.store.get().and_then(std::sync::Weak::upgrade).unwrap();
            store.halt_now("late");
        }
    }
}

#[test]
fn a_halt_during_a_group_still_refuses_its_acts_and_only_them() {
    let folder = folder();
    let late = Arc::new(Late::default());
    let options =
        OpenOptions { probe: Arc::clone(&late) as Arc<dyn Probe>, ..OpenOptions::default() };
    let store = Arc::new(SqliteStore::open_with(folder.path(), options).unwrap());
    late.store.set(Arc::downgrade(&store)).unwrap();
    let gate = hold(&store);
    let mut acting = draft(&*store, run(1), 1);
    act(&mut acting);
    let (acts, other) = (send(&*store, acting), send(&*store, draft(&*store, run(2), 1)));
    late.armed.store(true, Ordering::SeqCst);
    gate.send(()).unwrap();
    let stopped = Err(CommitError::Stopped(StopScope::Everything));
    assert_eq!(acts.recv().unwrap().map(|_| ()), stopped);
    assert!(other.recv().unwrap().is_ok());
}

#[test]
fn no_act_is_stored_after_a_stop() {
    let folder = folder();
    let store = open(folder.path());
    let stopped = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for n in 0..4 {
            let (store, stopped) = (&store, &stopped);
            scope.spawn(move || {
                loop {
                    let known = stopped.load(Ordering::SeqCst);
                    let mut draft = draft(store, run(n), 1);
                    act(&mut draft);
                    match put(store, draft) {
                        Ok(_) => assert!(!known, "an act was stored after the stop"),
                        Err(e) => {
                            assert_eq!(e, CommitError::Stopped(StopScope::Everything));
                            return;
                        }
                    }
                }
            });
        }
        for _ in 0..20 {
            put(&store, draft(&store, run(9), 1)).unwrap();
        }
        put(&store, stop(&store, StopScope::Everything, true)).unwrap();
        stopped.store(true, Ordering::SeqCst);
    });
    // In the journal's own order nothing allowed follows the stop.
    let conn = raw(&folder);
    let after: i64 = conn
        .query_row(
            "SELECT count(*) FROM frame WHERE bytes LIKE '%\"allowed\"%' AND pos >
               (SELECT pos FROM frame WHERE bytes LIKE '%\"stop_set\"%')",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(after, 0);
}

#[test]
fn a_folder_has_one_writer_and_any_number_of_readers() {
    let folder = folder();
    assert!(SqliteReader::open(folder.path()).is_err());
    assert_eq!(holder(folder.path()), None);
    let store = open(folder.path());
    put(&store, draft(&store, run(1), 1)).unwrap();
    let second = SqliteStore::open(folder.path()).err().unwrap();
    let pid = std::process::id();
    assert_eq!(
        second,
        StoreError::Fault(format!("`{}` is in use by process {pid}", folder.path().display()))
    );
    assert_eq!(holder(folder.path()), Some(pid));
    let reader = SqliteReader::open(folder.path()).unwrap();
    assert_eq!(reader.verify(run(1)), Ok(1));
    put(&store, draft(&store, run(1), 1)).unwrap();
    assert_eq!(reader.verify(run(1)), Ok(2));
    drop(store);
    assert_eq!(holder(folder.path()), None);
    assert_eq!(SqliteReader::open(folder.path()).unwrap().verify(run(1)), Ok(2));
    drop(open(folder.path()));
}

fn raw(folder: &TempDir) -> Connection {
    Connection::open(folder.path().join("journal.db")).unwrap()
}

/// A closed journal of two runs with three frames each.
fn closed() -> TempDir {
    let folder = folder();
    let store = open(folder.path());
    for n in [1, 2, 1, 2, 1, 2] {
        put(&store, draft(&store, run(n), 1)).unwrap();
    }
    drop(store);
    folder
}

#[test]
fn damage_is_named_and_stays_with_its_run() {
    let check = |sql: &str, expected: &str| {
        let folder = closed();
        raw(&folder).execute_batch(sql).unwrap();
        let store = open(folder.path());
        let found = store.reader().verify(run(1));
        let expected = format!("run {}{expected}", run(1));
        assert_eq!(found, Err(StoreError::Damaged(expected)), "{sql}");
        assert_eq!(store.reader().verify(run(2)), Ok(3), "{sql}");
        assert!(put(&store, draft(&store, run(2), 1)).is_ok());
    };
    check(
        "UPDATE frame SET bytes = CAST(replace(bytes, 'read', 'lead') AS BLOB)
         WHERE run = 1 AND seq = 1",
        ", frame 2: frame Seq(2) does not follow from the one before it: a stored frame was changed",
    );
    check(
        "UPDATE frame SET bytes = CAST('{}' AS BLOB) WHERE run = 1 AND seq = 1",
        ", frame 1: frame Seq(1) cannot be read: missing field `v` at line 1 column 2",
    );
    check("DELETE FROM frame WHERE run = 1 AND seq = 1", ", frame 1: it is missing");
    check("DELETE FROM body WHERE pos = 3", ", frame 1: its bodies are missing");
    check(
        "UPDATE body SET bytes = zeroblob(80) WHERE pos = 3",
        ", frame 1: its bodies cannot be opened",
    );
    // Bodies that were moved to another place do not open there.
    check(
        "UPDATE body SET (nonce, bytes) = (SELECT nonce, bytes FROM body WHERE pos = 1)
         WHERE pos = 3",
        ", frame 1: its bodies cannot be opened",
    );
    check("UPDATE key SET wrapped = zeroblob(60) WHERE no = 1", ": its key cannot be opened");
    check("DELETE FROM key WHERE no = 1", ": its key is missing");
}

#[test]
fn a_run_that_cannot_be_read_refuses_only_itself() {
    let folder = closed();
    let conn = raw(&folder);
    conn.execute_batch("UPDATE key SET wrapped = zeroblob(60) WHERE no = 1").unwrap();
    drop(conn);
    let store = open(folder.path());
    let gate = hold(&store);
    let broken = send(&store, draft(&store, run(1), 1));
    let whole = send(&store, draft(&store, run(2), 1));
    gate.send(()).unwrap();
    assert!(matches!(broken.recv().unwrap(), Err(CommitError::Fault(_))));
    assert!(whole.recv().unwrap().is_ok());
    assert!(matches!(store.claim(run(1)), Err(StoreError::Damaged(_))));
}

#[test]
fn a_damaged_page_is_a_named_fault() {
    let folder = closed();
    let conn = raw(&folder);
    let page: u32 = conn
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'body'", [], |row| row.get(0))
        .unwrap();
    drop(conn);
    let file = folder.path().join("journal.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let page = usize::try_from(page).unwrap();
    bytes[(page - 1) * 4096..page * 4096].fill(0xAA);
    std::fs::write(&file, bytes).unwrap();
    let store = open(folder.path());
    assert!(matches!(store.reader().check(), Err(StoreError::Damaged(_))));
    let read = store.frames(run(1), Seq(0), 9);
    assert!(matches!(read, Err(StoreError::Damaged(_))));
    // A frame without bodies does not need the page, and suffers nothing from one that does.
    let mut bare = draft(&store, run(2), 1);
    bare.bodies.clear();
    let gate = hold(&store);
    let (broken, whole) = (send(&store, draft(&store, run(1), 1)), send(&store, bare));
    gate.send(()).unwrap();
    let broken = broken.recv().unwrap();
    assert!(matches!(broken, Err(CommitError::Fault(text)) if text.contains("damaged")));
    assert!(whole.recv().unwrap().is_ok());
}

#[test]
fn a_folder_that_is_not_ours_is_refused() {
    let check = |change: &dyn Fn(&TempDir), expected: &str| {
        let folder = closed();
        change(&folder);
        let shown = folder.path().display().to_string();
        for error in [
            SqliteStore::open(folder.path()).err().unwrap(),
            SqliteReader::open(folder.path()).err().unwrap(),
        ] {
            let text = error.to_string().replace(&shown, "F");
            assert!(text.contains(expected), "{text}");
        }
    };
    let sql = |text: &'static str| move |f: &TempDir| raw(f).execute_batch(text).unwrap();
    check(
        &sql("PRAGMA user_version = 4"),
        "`F/journal.db` was written by a newer version of this program (tables 4, known 3)",
    );
    check(&sql("PRAGMA application_id = 7"), "`F/journal.db` is not a journal");
    check(
        &|f| std::fs::write(f.path().join("key"), [1; 32]).unwrap(),
        "the key file does not belong to `F/journal.db`",
    );
    check(
        &|f| std::fs::write(f.path().join("key"), [1; 31]).unwrap(),
        "the key file `F/key` does not hold 32 bytes",
    );
    check(
        &|f| std::fs::remove_file(f.path().join("key")).unwrap(),
        "cannot read the key file `F/key`: ",
    );
    check(&|f| std::fs::write(f.path().join("journal.db"), [1; 9000]).unwrap(), "not a database");
}

#[test]
fn the_index_can_be_recomputed() {
    let folder = closed();
    raw(&folder).execute_batch("UPDATE run SET status = 'done', wake_at = 3").unwrap();
    let store = open(folder.path());
    let fold = |id: RunId, frames: &[journal::Stored]| {
        assert_eq!(frames.len(), 3);
        (id == run(2)).then(|| standing(Status::Sleeping, Some(77)))
    };
    assert_eq!(store.rebuild_index(fold), Ok(1));
    assert_eq!(store.rebuild_index(fold), Ok(0));
    assert_eq!(store.due(Millis(77), 9).unwrap(), [run(2)]);
    let query = RunQuery { limit: 9, ..RunQuery::default() };
    let lines = store.runs(&query).unwrap();
    let lines: Vec<_> = lines.iter().map(|l| (l.run, l.status, l.changed)).collect();
    assert_eq!(
        lines,
        [(run(2), Status::Sleeping, Millis(1_002)), (run(1), Status::Done, Millis(1_000))]
    );
}

#[test]
fn nothing_of_a_text_is_readable_in_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let store = open(folder.path());
    put(&store, draft(&store, run(1), 1)).unwrap();
    store.post(&command(1, run(1))).unwrap();
    drop(store);
    let bytes = std::fs::read(folder.path().join("journal.db")).unwrap();
    let has = |text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(has("\"read\""));
    assert!(!has("body 0 of"));
    assert!(!has("reason 1"));
    let key = std::fs::metadata(folder.path().join("key")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_receiver_that_panics_or_asks_back_harms_nobody() {
    let folder = folder();
    let store = Arc::new(open(folder.path()));
    let (to, from) = channel();
    let asked = Arc::clone(&store);
    journal::commit(&*store, draft(&*store, run(1), 1), move |_| {
        to.send(asked.claim(run(1))).unwrap();
        std::panic::resume_unwind(Box::new("a receiver's defect"));
    });
    let asked = from.recv().unwrap();
    assert!(matches!(asked, Err(StoreError::Fault(_))));
    assert!(put(&*store, draft(&*store, run(1), 1)).is_ok());
    let defect = store.alone(|_| -> Result<(), StoreError> {
        std::panic::resume_unwind(Box::new("a defect of ours"))
    });
    assert_eq!(defect, Err(StoreError::Fault("the journal is closed".into())));
    assert!(put(&*store, draft(&*store, run(1), 1)).is_ok());
    assert_eq!(store.tip(run(1)).unwrap().map(|t| t.1 != Hash::default()), Some(true));
}

#[test]
fn the_log_stays_within_its_bound() {
    let folder = folder();
    let options = OpenOptions {
        checkpoint_bytes: 256 << 10,
        log_bytes_max: 1 << 20,
        ..OpenOptions::default()
    };
    let store = SqliteStore::open_with(folder.path(), options).unwrap();
    let mut longest = 0;
    for n in 0..600_u32 {
        let (seq, prev) = store.tip(run(1)).unwrap().unwrap_or_default();
        let mut draft = next(run(1), 1, seq, prev);
        draft.bodies[0] = body(&"x".repeat(20_000));
        put(&store, draft).unwrap();
        if n % 10 == 0 {
            let log = std::fs::metadata(folder.path().join("journal.db-wal")).unwrap();
            longest = longest.max(log.len());
        }
    }
    // Twelve megabytes went through it.
    assert!(longest < 5 << 20, "{longest}");
}
