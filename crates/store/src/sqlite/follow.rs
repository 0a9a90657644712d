//! What others follow: frames of all runs in the order in which they were stored, and whether a
//! command has been read. It must not write.

use journal::{CommandId, StoreError};
use rusqlite::OptionalExtension;

use super::read::SqliteReader;
use super::schema::{fault, int, uint};

impl SqliteReader {
    /// Whether a command was put into an inbox, and if so, whether a frame has answered it.
    pub fn posted(&self, id: CommandId) -> Result<Option<bool>, StoreError> {
        self.with(|conn| {
            conn.prepare_cached("SELECT answered <> 0 FROM inbox WHERE id = ?1")
                .and_then(|mut query| query.query_row([id.0], |row| row.get(0)).optional())
                .map_err(fault)
        })
    }

    /// The place of the last stored frame of all runs; nothing where there is none.
    pub fn last_place(&self) -> Result<u64, StoreError> {
        self.with(|conn| {
            conn.prepare_cached("SELECT coalesce(max(pos), 0) FROM frame")
                .and_then(|mut query| query.query_row([], |row| row.get::<_, i64>(0)))
                .map(uint)
                .map_err(fault)
        })
    }

    /// Frames of all runs behind a place, in the order in which they were stored, at most `limit`.
    pub fn after(&self, place: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.with(|conn| {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let read = |row: &rusqlite::Row<'_>| Ok((uint(row.get(0)?), row.get(1)?));
            conn.prepare_cached("SELECT pos, bytes FROM frame WHERE pos > ?1 ORDER BY pos LIMIT ?2")
                .and_then(|mut query| query.query_map([int(place), limit], read)?.collect())
                .map_err(fault)
        })
    }
}
