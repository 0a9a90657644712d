//! The tables, and how a connection is opened to them. A journal of a newer program is refused:
//! this one could only guess what is in it.

use std::path::Path;
use std::time::Duration;

use journal::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use super::crypt::{ERASED, InstallationKey};

/// The version of the tables.
const VERSION: i64 = 3;
/// "FDJ1": tells our files from other programs' SQLite files.
const APPLICATION: i64 = 0x4644_4A31;

/// Frames and bodies are only ever appended, under one running position, so that a commit writes
/// few and full pages. The index of frames holds small numbers only. Keys have a table of their own
/// to which rows of one length are only ever appended: SQLite never moves one, so that overwriting
/// it in place leaves no copy in a page.
const TABLES: &str = "
CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE run(
  no INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, epoch INTEGER NOT NULL,
  workflow TEXT NOT NULL, release BLOB NOT NULL, status TEXT NOT NULL,
  opened INTEGER NOT NULL, changed INTEGER NOT NULL, wake_at INTEGER) STRICT;
CREATE TABLE key(no INTEGER PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;
CREATE INDEX run_status ON run(status, no);
CREATE INDEX run_wake ON run(wake_at) WHERE wake_at IS NOT NULL;
CREATE TABLE frame(
  pos INTEGER PRIMARY KEY, run INTEGER NOT NULL, seq INTEGER NOT NULL, bodies INTEGER NOT NULL,
  bytes BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX frame_of_run ON frame(run, seq);
CREATE TABLE body(pos INTEGER PRIMARY KEY, nonce BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE TABLE inbox(
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, run BLOB NOT NULL, answered INTEGER NOT NULL,
  bytes BLOB) STRICT;
CREATE INDEX inbox_open ON inbox(run, n) WHERE answered = 0;
CREATE TABLE account(name TEXT PRIMARY KEY, amount INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE claim(claim BLOB PRIMARY KEY, run BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE stop(scope TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE release(id BLOB PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
";

/// How many runs of each workflow stand how, kept by the transactions that move them: nobody counts
/// a million lines to say so. And the orders in which lines are looked for: those of a workflow,
/// and those that wait for people, by when their time is over.
const COUNTS: &str = "
CREATE INDEX IF NOT EXISTS run_place ON run(workflow, status, no);
CREATE INDEX IF NOT EXISTS run_due ON run(wake_at, no) WHERE status = 'waiting';
CREATE TABLE IF NOT EXISTS tally(
  workflow TEXT NOT NULL, status TEXT NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY(workflow, status)) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS run_opened AFTER INSERT ON run WHEN new.id <> zeroblob(16) BEGIN
  INSERT INTO tally(workflow, status, n) VALUES (new.workflow, new.status, 1)
    ON CONFLICT(workflow, status) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER IF NOT EXISTS run_moved AFTER UPDATE OF status ON run
  WHEN new.id <> zeroblob(16) AND new.status <> old.status BEGIN
  UPDATE tally SET n = n - 1 WHERE workflow = old.workflow AND status = old.status;
  INSERT INTO tally(workflow, status, n) VALUES (new.workflow, new.status, 1)
    ON CONFLICT(workflow, status) DO UPDATE SET n = n + 1;
END;
";

/// A failure of SQLite in our words: damage is told from everything else.
pub(super) fn fault(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Damaged(error.to_string())
        }
        Some(ErrorCode::DiskFull) => StoreError::Fault("the disk is full".into()),
        _ => match error {
            // A column that holds what it cannot hold was not written by us.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..) => StoreError::Damaged(error.to_string()),
            _ => StoreError::Fault(error.to_string()),
        },
    }
}

/// Opens the writer's connection, and makes the tables where there are none.
pub(super) fn open_writer(
    file: &Path,
    vfs: Option<&str>,
    key: &InstallationKey,
) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let conn = connect(file, flags, vfs)?;
    let mode: String = conn
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(fault)?;
    if mode != "wal" {
        let text = format!("the file system of `{}` has no shared memory", file.display());
        return Err(StoreError::Fault(text));
    }
    conn.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -32768;
         PRAGMA secure_delete = ON;",
    )
    .map_err(fault)?;
    let tables: i64 = conn
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(fault)?;
    if tables == 0 {
        create(&conn, key).map_err(fault)?;
    }
    verify(&conn, file, key)?;
    if version(&conn)? < VERSION {
        renew(&conn)?;
    }
    Ok(conn)
}

/// Whoever only reads cannot renew tables.
pub(super) fn current(conn: &Connection, file: &Path) -> Result<(), StoreError> {
    let version = version(conn)?;
    if version == VERSION {
        return Ok(());
    }
    Err(StoreError::Fault(format!(
        "`{}` was written by an older version of this program (tables {version}, known {VERSION}); \
         `flightdeck run --open` renews it",
        file.display()
    )))
}

/// Brings the tables of an older program to today's, one version after the other.
fn renew(conn: &Connection) -> Result<(), StoreError> {
    if version(conn)? < 2 {
        keys_apart(conn)?;
    }
    conn.execute_batch(&format!(
        "BEGIN IMMEDIATE;
         {COUNTS}
         DELETE FROM tally;
         INSERT INTO tally(workflow, status, n)
           SELECT workflow, status, count(*) FROM run WHERE id <> zeroblob(16) GROUP BY 1, 2;
         PRAGMA user_version = {VERSION};
         COMMIT;"
    ))
    .map_err(fault)
}

/// Tables 1 kept keys in rows that grew and moved. They move once more, and the file is written
/// anew, so that no copy stays behind in a page.
fn keys_apart(conn: &Connection) -> Result<(), StoreError> {
    conn.execute_batch(&format!(
        "BEGIN IMMEDIATE;
         CREATE TABLE key(no INTEGER PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;
         INSERT INTO key(no, wrapped)
           SELECT no, coalesce(key, x'{}') FROM run ORDER BY no;
         ALTER TABLE run DROP COLUMN key;
         PRAGMA user_version = 2;
         COMMIT;
         VACUUM;",
        hex(&ERASED),
    ))
    .map_err(fault)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Opens a connection that only reads.
pub(super) fn open_reader(file: &Path, vfs: Option<&str>) -> Result<Connection, StoreError> {
    connect(file, OpenFlags::SQLITE_OPEN_READ_ONLY, vfs)
}

/// Opens the connection that copies the log into the database.
pub(super) fn open_checkpointer(file: &Path, vfs: Option<&str>) -> Result<Connection, StoreError> {
    let conn = connect(file, OpenFlags::SQLITE_OPEN_READ_WRITE, vfs)?;
    conn.execute_batch("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;")
        .map_err(fault)?;
    Ok(conn)
}

fn connect(file: &Path, flags: OpenFlags, vfs: Option<&str>) -> Result<Connection, StoreError> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(file, flags, vfs),
        None => Connection::open_with_flags(file, flags),
    }
    .map_err(|e| StoreError::Fault(format!("cannot open `{}`: {e}", file.display())))?;
    conn.busy_timeout(Duration::from_secs(10)).map_err(fault)?;
    conn.set_prepared_statement_cache_capacity(64);
    // A statement keeps its plan whatever is bound to it; otherwise it is planned anew each time.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(fault)?;
    Ok(conn)
}

fn version(conn: &Connection) -> Result<i64, StoreError> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(fault)
}

fn create(conn: &Connection, key: &InstallationKey) -> rusqlite::Result<()> {
    conn.execute_batch("BEGIN IMMEDIATE")?;
    let made = (|| {
        conn.execute_batch(TABLES)?;
        conn.execute_batch(COUNTS)?;
        conn.execute("INSERT INTO meta(name, value) VALUES ('key', ?1)", [key.proof()])?;
        conn.pragma_update(None, "application_id", APPLICATION)?;
        conn.pragma_update(None, "user_version", VERSION)?;
        conn.execute_batch("COMMIT")
    })();
    if made.is_err() && !conn.is_autocommit() {
        conn.execute_batch("ROLLBACK")?;
    }
    made
}

/// Checks that the file is a journal of ours, of a version we know, under this key.
pub(super) fn verify(
    conn: &Connection,
    file: &Path,
    key: &InstallationKey,
) -> Result<(), StoreError> {
    let app: i64 =
        conn.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(fault)?;
    if app != APPLICATION {
        let text = format!("`{}` is not a journal", file.display());
        return Err(StoreError::Fault(text));
    }
    let version = version(conn)?;
    if version > VERSION {
        return Err(StoreError::Fault(format!(
            "`{}` was written by a newer version of this program (tables {version}, known {VERSION})",
            file.display()
        )));
    }
    let proof: Option<Vec<u8>> = conn
        .query_row("SELECT value FROM meta WHERE name = 'key'", [], |row| row.get(0))
        .optional()
        .map_err(fault)?;
    if proof != key.proof() {
        let text = format!("the key file does not belong to `{}`", file.display());
        return Err(StoreError::Fault(text));
    }
    Ok(())
}

/// A number for an integer column. What does not fit is as good as endless.
pub(super) fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A number from an integer column.
pub(super) fn uint(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}
