//! The statements that write. Each is prepared once; none of them decides anything.

use journal::{
    Account, Batch, Command, CommandId, Epoch, Hash, Millis, RunId, Standing, StopScope,
};
use rusqlite::{Connection, OptionalExtension, params};

use super::crypt::ERASED;
use super::schema::int;

/// The first line of a run in the index.
pub(super) fn run(
    conn: &Connection,
    no: i64,
    batch: &Batch,
    wrapped: &[u8],
    standing: &Standing,
) -> rusqlite::Result<()> {
    let frame = batch.frame();
    conn.prepare_cached(
        "INSERT INTO run(no, id, epoch, workflow, release, status, opened, changed, wake_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)",
    )?
    .execute(params![
        no,
        frame.run.to_bytes(),
        frame.epoch.0,
        batch.workflow().as_str(),
        batch.release().0,
        standing.status.as_str(),
        int(frame.at.0),
        wake(standing),
    ])?;
    conn.prepare_cached("INSERT INTO key(no, wrapped) VALUES (?1, ?2)")?
        .execute(params![no, wrapped])?;
    Ok(())
}

/// Overwrites a run's key where it stands, and takes what nobody has answered from its inbox.
pub(super) fn erase(conn: &Connection, run: RunId) -> rusqlite::Result<()> {
    let id = run.to_bytes();
    conn.prepare_cached(
        "UPDATE key SET wrapped = ?2 WHERE no = (SELECT no FROM run WHERE id = ?1)",
    )?
    .execute(params![id, ERASED])?;
    conn.prepare_cached(
        "UPDATE inbox SET answered = 1, bytes = NULL WHERE run = ?1 AND answered = 0",
    )?
    .execute([id])?;
    Ok(())
}

/// A run that is over does not wake.
fn wake(standing: &Standing) -> Option<i64> {
    let at = standing.wake_at.filter(|_| !standing.status.over());
    at.map(|at| int(at.0))
}

/// A changed line of the index.
pub(super) fn standing(
    conn: &Connection,
    no: i64,
    at: Millis,
    standing: &Standing,
) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE run SET status = ?2, changed = ?3, wake_at = ?4 WHERE no = ?1")?
        .execute(params![no, standing.status.as_str(), int(at.0), wake(standing)])?;
    Ok(())
}

pub(super) fn epoch(conn: &Connection, no: i64, epoch: Epoch) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE run SET epoch = ?2 WHERE no = ?1")?
        .execute(params![no, epoch.0])?;
    Ok(())
}

pub(super) fn frame(conn: &Connection, pos: i64, no: i64, batch: &Batch) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO frame(pos, run, seq, bodies, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        pos,
        no,
        batch.frame().seq.0,
        i64::try_from(batch.bodies().len()).unwrap_or(i64::MAX),
        batch.bytes(),
    ])?;
    Ok(())
}

pub(super) fn body(
    conn: &Connection,
    pos: i64,
    nonce: &[u8; 12],
    sealed: &[u8],
) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT INTO body(pos, nonce, bytes) VALUES (?1, ?2, ?3)")?
        .execute(params![pos, nonce, sealed])?;
    Ok(())
}

/// Puts a command into an inbox; the same id again changes nothing.
pub(super) fn post(conn: &Connection, command: &Command, sealed: &[u8]) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO inbox(id, run, answered, bytes) VALUES (?1, ?2, 0, ?3)
         ON CONFLICT(id) DO NOTHING",
    )?
    .execute(params![command.id.0, command.run.to_bytes(), sealed])?;
    Ok(())
}

/// Marks a command as answered. Its id stays, so that it is not taken a second time; its text is
/// in the run's bodies now, and goes.
pub(super) fn consume(conn: &Connection, id: CommandId) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE inbox SET answered = 1, bytes = NULL WHERE id = ?1")?
        .execute([id.0])?;
    Ok(())
}

pub(super) fn account(conn: &Connection, account: &Account, amount: u64) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO account(name, amount) VALUES (?1, ?2)
         ON CONFLICT(name) DO UPDATE SET amount = excluded.amount",
    )?
    .execute(params![&*account.0, int(amount)])?;
    Ok(())
}

/// The run that holds a claim.
pub(super) fn claimant(conn: &Connection, claim: &Hash) -> rusqlite::Result<Option<RunId>> {
    conn.prepare_cached("SELECT run FROM claim WHERE claim = ?1")?
        .query_row([claim.0], |row| Ok(RunId::from_bytes(row.get(0)?)))
        .optional()
}

pub(super) fn claim(conn: &Connection, claim: &Hash, run: RunId) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT INTO claim(claim, run) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![claim.0, run.to_bytes()])?;
    Ok(())
}

pub(super) fn unclaim(conn: &Connection, claim: &Hash, run: RunId) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM claim WHERE claim = ?1 AND run = ?2")?
        .execute(params![claim.0, run.to_bytes()])?;
    Ok(())
}

pub(super) fn stop(conn: &Connection, scope: &StopScope, set: bool) -> rusqlite::Result<()> {
    let text = serde_json::to_string(scope)
        .map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
    let sql = if set {
        "INSERT INTO stop(scope) VALUES (?1) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM stop WHERE scope = ?1"
    };
    conn.prepare_cached(sql)?.execute([text])?;
    Ok(())
}
