//! The reading half of the journal: each answer is one consistent snapshot of what is durable.
//! It must not write, so that any process may read while another one writes.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use journal::{
    Account, Chain, Command, CommandId, Hash, Millis, RunId, RunLine, RunQuery, Seq, Status,
    StopScope, StoreError, Stored,
};
use plan::ids::{ReleaseId, WorkflowName};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::crypt::{ERASED, InstallationKey, RunKey, open_bodies};
use super::folder::{JOURNAL, installation_key};
use super::schema::{self, fault, int, uint};

/// Connections kept for the next reader.
const POOL_MAX: usize = 8;

/// How many frames one read of a whole run takes at a time.
const PAGE: usize = 256;

/// A journal opened for reading.
pub struct SqliteReader {
    file: PathBuf,
    vfs: Option<String>,
    key: InstallationKey,
    pool: Mutex<Vec<Connection>>,
}

impl SqliteReader {
    /// Opens the journal of a data folder for reading, whoever may be writing in it.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let file = folder.join(JOURNAL);
        if !file.exists() {
            let text = format!("there is none in `{}`", folder.display());
            return Err(StoreError::Fault(text));
        }
        let reader = Self::new(file, None, installation_key(folder, true)?);
        reader.with(|conn| {
            schema::verify(conn, &reader.file, &reader.key)?;
            schema::current(conn, &reader.file)
        })?;
        Ok(reader)
    }

    pub(super) fn new(file: PathBuf, vfs: Option<String>, key: InstallationKey) -> Self {
        Self { file, vfs, key, pool: Mutex::default() }
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn close(&self) {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.clear();
    }

    /// Lends a connection for one answer.
    pub(super) fn with<T>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let pooled = || self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = pooled().pop();
        let conn = match kept {
            Some(conn) => conn,
            None => schema::open_reader(&self.file, self.vfs.as_deref())?,
        };
        let answer = ask(&conn)?;
        // A connection that failed is not lent again.
        let mut pool = pooled();
        if pool.len() < POOL_MAX {
            pool.push(conn);
        }
        Ok(answer)
    }

    /// A run's frames from a position on, oldest first, at most `limit`.
    pub fn frames(&self, run: RunId, from: Seq, limit: usize) -> Result<Vec<Stored>, StoreError> {
        self.with(|conn| {
            let Some((no, key)) = run_row(conn, run, &self.key)? else {
                return Ok(Vec::new());
            };
            let mut query = conn
                .prepare_cached(
                    "SELECT seq, f.bytes, bodies, nonce, b.bytes FROM frame f
                     LEFT JOIN body b USING(pos)
                     WHERE run = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3",
                )
                .map_err(fault)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut rows = query.query(params![no, from.0, limit]).map_err(fault)?;
            let mut frames = Vec::new();
            let mut seq = from;
            while let Some(row) = rows.next().map_err(fault)? {
                frames.push(stored(row, (run, seq), key.as_ref())?);
                seq.0 = seq.0.saturating_add(1);
            }
            Ok(frames)
        })
    }

    /// Commands of a run that no frame has answered yet, oldest first.
    pub fn inbox(&self, run: RunId) -> Result<Vec<Command>, StoreError> {
        self.with(|conn| {
            let mut query = conn
                .prepare_cached(
                    "SELECT id, bytes FROM inbox WHERE run = ?1 AND answered = 0 ORDER BY n",
                )
                .map_err(fault)?;
            let mut rows = query.query([run.to_bytes()]).map_err(fault)?;
            let mut commands = Vec::new();
            while let Some(row) = rows.next().map_err(fault)? {
                let id = CommandId(row.get(0).map_err(fault)?);
                let sealed: Vec<u8> = row.get(1).map_err(fault)?;
                let plain = self.key.open_command(id, &sealed);
                let command = plain.and_then(|bytes| serde_json::from_slice(&bytes).ok());
                commands.push(command.ok_or_else(|| {
                    StoreError::Damaged(format!("run {run}: command {id} cannot be read"))
                })?);
            }
            Ok(commands)
        })
    }

    /// The position of a run's next frame and the hash of its last, if the run exists.
    pub fn tip(&self, run: RunId) -> Result<Option<(Seq, Hash)>, StoreError> {
        self.with(|conn| {
            let no = conn
                .prepare_cached("SELECT no FROM run WHERE id = ?1")
                .and_then(|mut q| q.query_row([run.to_bytes()], |row| row.get(0)).optional())
                .map_err(fault)?;
            no.map(|no| tip(conn, run, no)).transpose()
        })
    }

    /// The stops in force.
    pub fn stops(&self) -> Result<Vec<StopScope>, StoreError> {
        self.with(stops)
    }

    /// Runs that can go on now, oldest first.
    pub fn due(&self, now: Millis, limit: usize) -> Result<Vec<RunId>, StoreError> {
        self.with(|conn| {
            let mut query = conn.prepare_cached(DUE).map_err(fault)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let given = params![int(now.0), RunId::DESK.to_bytes(), limit];
            let rows = query.query_map(given, |row| Ok(RunId::from_bytes(row.get(0)?)));
            rows.and_then(Iterator::collect).map_err(fault)
        })
    }

    /// When the next sleeping run is due.
    pub fn next_wake(&self) -> Result<Option<Millis>, StoreError> {
        self.with(|conn| {
            let at: Option<i64> = conn
                .prepare_cached(NEXT_WAKE)
                .and_then(|mut q| q.query_row([], |row| row.get(0)))
                .map_err(fault)?;
            Ok(at.map(|at| Millis(uint(at))))
        })
    }

    /// Lines of the index, newest first.
    pub fn runs(&self, query: &RunQuery) -> Result<Vec<RunLine>, StoreError> {
        let Some((low, high)) = range(query.prefix.as_deref().unwrap_or_default()) else {
            return Ok(Vec::new());
        };
        let mut status: Vec<Status> = query.status.clone();
        status.sort();
        status.dedup();
        // Of a workflow the index has one walk for each status, and no other.
        let of_workflow = query.workflow.is_some() && query.prefix.is_none();
        if of_workflow && status.is_empty() {
            status = Status::ALL.to_vec();
        }
        let before = match query.after.map(|after| self.number(after)).transpose()? {
            None => i64::MAX,
            Some(Some(no)) => no,
            // Nothing comes after what is not there.
            Some(None) => return Ok(Vec::new()),
        };
        // One walk of the index per status: each is in order and ends at the limit.
        let mut walks: Vec<Option<Status>> = status.into_iter().map(Some).collect();
        if walks.is_empty() {
            walks.push(None);
        }
        self.with(|conn| {
            let mut lines: Vec<(i64, RunLine)> = Vec::new();
            for status in &walks {
                let sql = match of_workflow {
                    true => lines_of_workflow(),
                    false => lines_sql(query.prefix.is_some(), status.is_some()),
                };
                let mut walk = conn.prepare_cached(&sql).map_err(fault)?;
                let given = params![
                    query.workflow.as_ref().map(WorkflowName::as_str),
                    low.to_bytes(),
                    high.to_bytes(),
                    i64::try_from(query.limit).unwrap_or(i64::MAX),
                    RunId::DESK.to_bytes(),
                    status.map(Status::as_str),
                    before,
                ];
                let mut rows = walk.query(given).map_err(fault)?;
                while let Some(row) = rows.next().map_err(fault)? {
                    lines.push((row.get(0).map_err(fault)?, line(row)?));
                }
            }
            lines.sort_by_key(|(no, _)| std::cmp::Reverse(*no));
            lines.truncate(query.limit);
            Ok(lines.into_iter().map(|(_, line)| line).collect())
        })
    }

    /// The place of a run in the index.
    fn number(&self, run: RunId) -> Result<Option<i64>, StoreError> {
        self.with(|conn| {
            let sql = "SELECT no FROM run WHERE id = ?1";
            let mut found = conn.prepare_cached(sql).map_err(fault)?;
            found.query_row([run.to_bytes()], |row| row.get(0)).optional().map_err(fault)
        })
    }

    /// How many runs of each workflow stand how.
    pub fn tally(&self) -> Result<Vec<(WorkflowName, Status, u64)>, StoreError> {
        self.with(|conn| {
            let mut query = conn
                .prepare_cached("SELECT workflow, status, n FROM tally WHERE n > 0")
                .map_err(fault)?;
            let mut rows = query.query([]).map_err(fault)?;
            let mut all = Vec::new();
            let broken = || StoreError::Damaged("the counts of runs cannot be read".to_owned());
            while let Some(row) = rows.next().map_err(fault)? {
                let workflow: String = row.get(0).map_err(fault)?;
                let status: String = row.get(1).map_err(fault)?;
                let workflow = WorkflowName::new(&workflow).map_err(|_| broken())?;
                let status = Status::named(&status).ok_or_else(broken)?;
                all.push((workflow, status, uint(row.get(2).map_err(fault)?)));
            }
            Ok(all)
        })
    }

    /// Lines of runs that wait for a person, the one whose time is over first at the top.
    pub fn waiting(&self, limit: usize) -> Result<Vec<RunLine>, StoreError> {
        self.with(|conn| {
            let mut query = conn.prepare_cached(&waiting_sql()).map_err(fault)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut rows = query.query([limit]).map_err(fault)?;
            let mut lines = Vec::new();
            while let Some(row) = rows.next().map_err(fault)? {
                lines.push(line(row)?);
            }
            Ok(lines)
        })
    }

    /// What an account stands at.
    pub fn account(&self, account: &Account) -> Result<u64, StoreError> {
        self.with(|conn| held(conn, account).map_err(fault))
    }

    /// The accounts that hold anything and whose names begin so.
    pub fn accounts(&self, beginning: &str) -> Result<Vec<Account>, StoreError> {
        let read = |conn: &Connection| {
            let mut query = conn.prepare_cached(
                "SELECT name FROM account WHERE amount > 0 AND substr(name, 1, length(?1)) = ?1
                 ORDER BY name",
            )?;
            let names = query.query_map([beginning], |row| row.get::<_, String>(0))?;
            names.map(|name| Ok(Account(name?.into()))).collect::<rusqlite::Result<Vec<_>>>()
        };
        self.with(|conn| read(conn).map_err(fault))
    }

    /// A stored release's bytes.
    pub fn release(&self, release: ReleaseId) -> Result<Option<Vec<u8>>, StoreError> {
        self.with(|conn| {
            conn.prepare_cached("SELECT bytes FROM release WHERE id = ?1")
                .and_then(|mut q| q.query_row([release.0], |row| row.get(0)).optional())
                .map_err(fault)
        })
    }

    /// Reads every page of the database and says what is broken.
    pub fn check(&self) -> Result<(), StoreError> {
        self.with(|conn| {
            let mut query = conn.prepare("PRAGMA quick_check(20)").map_err(fault)?;
            let lines = query.query_map([], |row| row.get::<_, String>(0));
            let lines: Vec<String> = lines.and_then(Iterator::collect).map_err(fault)?;
            match lines.as_slice() {
                [ok] if ok == "ok" => Ok(()),
                broken => Err(StoreError::Damaged(broken.join("; "))),
            }
        })
    }

    /// Reads a whole run, and checks that each frame follows from the one before and that no body
    /// differs from what its frame commits to. Returns the number of frames.
    pub fn verify(&self, run: RunId) -> Result<u32, StoreError> {
        let mut chain = Chain::new(run);
        loop {
            let from = chain.next();
            let page = self.frames(run, from, PAGE)?;
            for stored in &page {
                verify_frame(&mut chain, run, stored)?;
            }
            if page.len() < PAGE {
                return Ok(chain.next().0);
            }
        }
    }

    /// Every run of the journal, the desk included, oldest first, from a row on.
    pub(super) fn numbered(&self, after: i64, limit: i64) -> Result<Vec<(i64, RunId)>, StoreError> {
        self.with(|conn| {
            let mut query = conn
                .prepare_cached("SELECT no, id FROM run WHERE no > ?1 ORDER BY no LIMIT ?2")
                .map_err(fault)?;
            let rows = query
                .query_map([after, limit], |row| Ok((row.get(0)?, RunId::from_bytes(row.get(1)?))));
            rows.and_then(Iterator::collect).map_err(fault)
        })
    }
}

pub(super) const NEXT_WAKE: &str = "SELECT min(wake_at) FROM run WHERE wake_at IS NOT NULL";

/// Three indexes, each read only where there is something to do.
pub(super) const DUE: &str = "
SELECT id FROM run WHERE no IN (
  SELECT no FROM run WHERE status = 'running'
  UNION SELECT no FROM run WHERE wake_at <= ?1
    AND status IN ('sleeping', 'waiting', 'paused', 'halted')
  UNION SELECT no FROM run JOIN (SELECT DISTINCT run FROM inbox WHERE answered = 0) i ON id = i.run
    WHERE status IN ('sleeping', 'waiting', 'paused', 'halted'))
  AND id <> ?2
ORDER BY no LIMIT ?3";

/// What a line is read from.
const LINE: &str = "SELECT no, id, workflow, release, status, opened, changed, wake_at,
           (SELECT max(seq) + 1 FROM frame WHERE run = no)
         FROM run";

/// Those that wait for a person, by when their time is over.
pub(super) fn waiting_sql() -> String {
    // Without knowing how many stand how, SQLite would sort all that wait.
    format!("{LINE} INDEXED BY run_due WHERE status = 'waiting' ORDER BY wake_at, no LIMIT ?1")
}

/// A walk through one workflow's lines of one status, newest first.
pub(super) fn lines_of_workflow() -> String {
    format!(
        "{LINE}
         WHERE workflow = ?1 AND status = ?6 AND no < ?7 AND +id BETWEEN ?2 AND ?3 AND +id <> ?5
         ORDER BY no DESC LIMIT ?4"
    )
}

/// A walk of the index, newest first. By id only for a prefix: otherwise the walk in order ends at
/// the limit, and need not sort a million lines.
pub(super) fn lines_sql(by_id: bool, by_status: bool) -> String {
    let id = if by_id { "id" } else { "+id" };
    let status = if by_status { "status = ?6" } else { "?6 IS NULL" };
    format!(
        "{LINE}
         WHERE {status} AND {id} BETWEEN ?2 AND ?3 AND +id <> ?5 AND no < ?7
           AND (?1 IS NULL OR +workflow = ?1)
         ORDER BY no DESC LIMIT ?4"
    )
}

/// The ids whose text starts with a prefix, as a range; `None` where no id can.
fn range(prefix: &str) -> Option<(RunId, RunId)> {
    let rest = 26_usize.checked_sub(prefix.len())?;
    let low = format!("{prefix}{}", "0".repeat(rest)).parse().ok()?;
    // The first of the 26 digits has three bits only.
    let last = if prefix.is_empty() {
        format!("7{}", "z".repeat(25))
    } else {
        format!("{prefix}{}", "z".repeat(rest))
    };
    Some((low, last.parse().ok()?))
}

fn line(row: &Row<'_>) -> Result<RunLine, StoreError> {
    let run = RunId::from_bytes(row.get(1).map_err(fault)?);
    let broken = |what: &str| StoreError::Damaged(format!("run {run}: its {what} cannot be read"));
    let millis = |n: i64| Millis(uint(n));
    let workflow: String = row.get(2).map_err(fault)?;
    let status: String = row.get(4).map_err(fault)?;
    Ok(RunLine {
        run,
        workflow: WorkflowName::new(&workflow).map_err(|_| broken("workflow"))?,
        release: ReleaseId(row.get(3).map_err(fault)?),
        status: Status::named(&status).ok_or_else(|| broken("status"))?,
        opened: millis(row.get(5).map_err(fault)?),
        changed: millis(row.get(6).map_err(fault)?),
        wake_at: row.get::<_, Option<i64>>(7).map_err(fault)?.map(millis),
        frames: row.get::<_, Option<u32>>(8).map_err(fault)?.unwrap_or_default(),
    })
}

/// A run's number and, unless it was erased, its key.
pub(super) fn run_row(
    conn: &Connection,
    run: RunId,
    key: &InstallationKey,
) -> Result<Option<(i64, Option<RunKey>)>, StoreError> {
    let row: Option<(i64, Option<Vec<u8>>)> = conn
        .prepare_cached(
            "SELECT no, (SELECT wrapped FROM key WHERE key.no = run.no) FROM run WHERE id = ?1",
        )
        .and_then(|mut q| {
            q.query_row([run.to_bytes()], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })
        .map_err(fault)?;
    let Some((no, wrapped)) = row else {
        return Ok(None);
    };
    let Some(wrapped) = wrapped else {
        return Err(StoreError::Damaged(format!("run {run}: its key is missing")));
    };
    if wrapped == ERASED {
        return Ok(Some((no, None)));
    }
    match key.unwrap(run, &wrapped) {
        Some(key) => Ok(Some((no, Some(key)))),
        None => Err(StoreError::Damaged(format!("run {run}: its key cannot be opened"))),
    }
}

/// How a run stands, if there is one.
pub(super) fn status(conn: &Connection, run: RunId) -> Result<Option<Status>, StoreError> {
    let name: Option<String> = conn
        .prepare_cached("SELECT status FROM run WHERE id = ?1")
        .and_then(|mut q| q.query_row([run.to_bytes()], |row| row.get(0)).optional())
        .map_err(fault)?;
    let broken = || StoreError::Damaged(format!("run {run}: its status cannot be read"));
    name.map(|name| Status::named(&name).ok_or_else(broken)).transpose()
}

/// The position of the next frame and the hash of the last.
pub(super) fn tip(conn: &Connection, run: RunId, no: i64) -> Result<(Seq, Hash), StoreError> {
    let last: Option<(u32, Hash)> = conn
        .prepare_cached("SELECT seq, bytes FROM frame WHERE run = ?1 ORDER BY seq DESC LIMIT 1")
        .and_then(|mut q| {
            q.query_row([no], |row| {
                let bytes = row.get_ref(1)?;
                Ok((row.get(0)?, Hash::leaf(bytes.as_blob()?)))
            })
            .optional()
        })
        .map_err(fault)?;
    match last {
        Some((seq, hash)) => Ok((Seq(seq.saturating_add(1)), hash)),
        None => Err(StoreError::Damaged(format!("run {run}: its frames are missing"))),
    }
}

/// The stops in force.
pub(super) fn stops(conn: &Connection) -> Result<Vec<StopScope>, StoreError> {
    let mut query = conn.prepare_cached("SELECT scope FROM stop").map_err(fault)?;
    let rows = query.query_map([], |row| row.get::<_, String>(0));
    let rows: Vec<String> = rows.and_then(Iterator::collect).map_err(fault)?;
    let read = |text: &String| {
        serde_json::from_str(text)
            .map_err(|e| StoreError::Damaged(format!("a stop cannot be read: {e}")))
    };
    let mut stops: Vec<StopScope> = rows.iter().map(read).collect::<Result<_, _>>()?;
    stops.sort();
    Ok(stops)
}

/// What an account stands at.
pub(super) fn held(conn: &Connection, account: &Account) -> rusqlite::Result<u64> {
    let amount: Option<i64> = conn
        .prepare_cached("SELECT amount FROM account WHERE name = ?1")?
        .query_row([&*account.0], |row| row.get(0))
        .optional()?;
    Ok(amount.map_or(0, uint))
}

fn stored(
    row: &Row<'_>,
    (run, seq): (RunId, Seq),
    key: Option<&RunKey>,
) -> Result<Stored, StoreError> {
    let damaged = |what: &str| StoreError::Damaged(format!("run {run}, frame {}: {what}", seq.0));
    if row.get::<_, u32>(0).map_err(fault)? != seq.0 {
        return Err(damaged("it is missing"));
    }
    let bytes: Vec<u8> = row.get(1).map_err(fault)?;
    let count: usize = row.get::<_, u16>(2).map_err(fault)?.into();
    let Some(key) = key else {
        return Ok(Stored { bytes, bodies: None, entropy: None });
    };
    if count == 0 {
        return Ok(Stored { bytes, bodies: Some(Vec::new()), entropy: None });
    }
    let nonce: Option<[u8; 12]> = row.get(3).map_err(fault)?;
    let sealed: Option<Vec<u8>> = row.get(4).map_err(fault)?;
    let (Some(nonce), Some(sealed)) = (nonce, sealed) else {
        return Err(damaged("its bodies are missing"));
    };
    match open_bodies((run, seq), key, &nonce, sealed) {
        Some((entropy, bodies)) if bodies.len() == count => {
            Ok(Stored { bytes, bodies: Some(bodies), entropy: Some(entropy) })
        }
        _ => Err(damaged("its bodies cannot be opened")),
    }
}

fn verify_frame(chain: &mut Chain, run: RunId, stored: &Stored) -> Result<(), StoreError> {
    let seq = chain.next().0;
    let damaged = |what: &str| StoreError::Damaged(format!("run {run}, frame {seq}: {what}"));
    let frame = chain.read(&stored.bytes).map_err(|e| damaged(&e.to_string()))?;
    let Some(bodies) = &stored.bodies else {
        return Ok(());
    };
    if bodies.len() != frame.bodies.len() {
        return Err(damaged("its bodies are not those it commits to"));
    }
    let Some(entropy) = &stored.entropy else {
        return Ok(());
    };
    for ((n, body), meta) in (0_u16..).zip(bodies).zip(&frame.bodies) {
        if entropy.commitment(n, body) != meta.commit {
            return Err(damaged("a body is not the one it commits to"));
        }
    }
    Ok(())
}
