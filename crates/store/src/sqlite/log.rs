//! All stored entries in the one order in which they became durable, whatever run each is of. It
//! must not open any content.

use journal::StoreError;
use rusqlite::params;

use super::SqliteReader;
use super::schema::{fault, int, uint};

impl SqliteReader {
    /// How many entries are stored.
    pub fn log_size(&self) -> Result<u64, StoreError> {
        self.with(|conn| {
            let sql = "SELECT coalesce(max(pos), 0) FROM frame";
            let last: i64 = conn
                .prepare_cached(sql)
                .and_then(|mut query| query.query_row([], |row| row.get(0)))
                .map_err(fault)?;
            Ok(uint(last))
        })
    }

    /// The stored bytes of entries in their order, from the one after the first `skip` on, as long
    /// as `take` wants more. One that is missing is damage: positions have no gaps.
    pub fn log<E: From<StoreError>>(
        &self,
        skip: u64,
        limit: u64,
        mut take: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut failed = None;
        let read = self.with(|conn| {
            let sql = "SELECT pos, bytes FROM frame WHERE pos > ?1 ORDER BY pos LIMIT ?2";
            let mut query = conn.prepare_cached(sql).map_err(fault)?;
            let mut rows = query.query(params![int(skip), int(limit)]).map_err(fault)?;
            let mut index = skip;
            while let Some(row) = rows.next().map_err(fault)? {
                let pos = uint(row.get(0).map_err(fault)?);
                if pos != index.saturating_add(1) {
                    let text = format!("entry {index} of the journal is missing");
                    return Err(StoreError::Damaged(text));
                }
                let bytes = row.get_ref(1).map_err(fault)?.as_blob();
                let bytes = bytes.map_err(|error| StoreError::Damaged(error.to_string()))?;
                if let Err(error) = take(index, bytes) {
                    failed = Some(error);
                    return Ok(());
                }
                index = pos;
            }
            Ok(())
        });
        match failed {
            Some(error) => Err(error),
            None => read.map_err(E::from),
        }
    }
}
