//! A stand-in for a helpdesk: tickets in queues, in one SQLite file. It knows the five queues that
//! exist and refuses any other; tickets of one sender with much the same wording are linked to the
//! first of them. It knows nothing of who calls it.

pub mod server;

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

use crate::books::BooksError;

const QUEUES: &[&str] = &["warehouse", "aftersales", "accounts", "sales", "junk"];

/// A message in the queue of a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ticket {
    pub id: String,
    #[serde(flatten)]
    pub wish: Wish,
    /// The earlier ticket that this one belongs to, or nothing.
    pub linked_to: String,
}

/// What a ticket is asked for with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    pub queue: String,
    pub message: String,
    pub sender: String,
    /// Keys that messages of much the same wording have in common, with spaces between.
    pub wording: String,
    pub key: String,
}

pub struct Desk {
    db: Connection,
}

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS tickets (
        id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, message TEXT NOT NULL,
        sender TEXT NOT NULL, wording TEXT NOT NULL, key TEXT NOT NULL UNIQUE,
        linked_to TEXT NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS by_sender ON tickets (sender);";

const COLUMNS: &str = "id, queue, message, sender, wording, key, linked_to";

impl Desk {
    pub fn open(file: &Path) -> Result<Self, BooksError> {
        let db = crate::books::opened(file, TABLES)?;
        Ok(Self { db })
    }

    /// Files a ticket. The same key again answers with the first one's ticket.
    pub fn file(&mut self, wish: &Wish) -> Result<Ticket, BooksError> {
        if !QUEUES.contains(&wish.queue.as_str()) {
            return Err(BooksError::Refused(format!("there is no queue `{}`", wish.queue)));
        }
        if wish.key.is_empty() || wish.message.is_empty() {
            return Err(BooksError::Refused("a ticket needs a message and a key".to_owned()));
        }
        let all = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let Some(earlier) = by_key(&all, &wish.key)? {
            if earlier.wish == *wish {
                return Ok(earlier);
            }
            let why = format!("the key {} was used for another ticket", wish.key);
            return Err(BooksError::Refused(why));
        }
        let linked_to = linked(&all, wish)?;
        let mut insert = all.prepare_cached(
            "INSERT INTO tickets (queue, message, sender, wording, key, linked_to) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        let Wish { queue, message, sender, wording, key } = wish;
        insert.execute(params![queue, message, sender, wording, key, linked_to])?;
        drop(insert);
        let row = all.last_insert_rowid();
        all.commit()?;
        Ok(Ticket { id: name(row), wish: wish.clone(), linked_to })
    }

    /// The ticket that was filed with a key.
    pub fn find(&self, key: &str) -> Result<Option<Ticket>, BooksError> {
        by_key(&self.db, key)
    }

    pub fn list(&self) -> Result<Vec<Ticket>, BooksError> {
        let mut query = self.db.prepare(&format!("SELECT {COLUMNS} FROM tickets ORDER BY id"))?;
        let rows = query.query_map([], ticket)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// The first ticket of the same sender that has a key of its wording in common with this one.
fn linked(db: &Connection, wish: &Wish) -> Result<String, BooksError> {
    let mut query = db.prepare_cached(
        "SELECT id, wording, linked_to FROM tickets WHERE sender = ?1 ORDER BY id",
    )?;
    let mut rows = query.query([&wish.sender])?;
    while let Some(row) = rows.next()? {
        let wording: String = row.get(1)?;
        let mut keys = wording.split_whitespace();
        if keys.any(|key| wish.wording.split_whitespace().any(|own| own == key)) {
            let first: String = row.get(2)?;
            return Ok(if first.is_empty() { name(row.get(0)?) } else { first });
        }
    }
    Ok(String::new())
}

fn by_key(db: &Connection, key: &str) -> Result<Option<Ticket>, BooksError> {
    let sql = format!("SELECT {COLUMNS} FROM tickets WHERE key = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([key], ticket).optional()?)
}

fn name(row: i64) -> String {
    format!("T-{row:05}")
}

fn ticket(row: &Row<'_>) -> rusqlite::Result<Ticket> {
    Ok(Ticket {
        id: name(row.get(0)?),
        wish: Wish {
            queue: row.get(1)?,
            message: row.get(2)?,
            sender: row.get(3)?,
            wording: row.get(4)?,
            key: row.get(5)?,
        },
        linked_to: row.get(6)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_are_filed_once_in_queues_that_exist_and_linked_by_wording() {
        let folder = tempfile::tempdir().unwrap();
        let mut desk = Desk::open(&folder.path().join("desk.db")).unwrap();
        let wish = |queue: &str, sender: &str, wording: &str, key: &str| Wish {
            queue: queue.to_owned(),
            message: "M-1".to_owned(),
            sender: sender.to_owned(),
            wording: wording.to_owned(),
            key: key.to_owned(),
        };
        let first = desk.file(&wish("sales", "ann", "a b", "1")).unwrap();
        assert_eq!(desk.file(&wish("sales", "ann", "a b", "1")).unwrap(), first);
        desk.file(&wish("junk", "ann", "a b", "1")).unwrap_err();
        desk.file(&wish("director", "ann", "a b", "2")).unwrap_err();
        desk.file(&wish("sales", "ann", "a b", "")).unwrap_err();
        let second = desk.file(&wish("sales", "ann", "b c", "3")).unwrap();
        let third = desk.file(&wish("sales", "ann", "c d", "4")).unwrap();
        let other = desk.file(&wish("sales", "bob", "a b", "5")).unwrap();
        let links = [&first, &second, &third, &other].map(|ticket| ticket.linked_to.as_str());
        assert_eq!(links, ["", "T-00001", "T-00001", ""]);
        assert_eq!(desk.list().unwrap().len(), 4);
        assert_eq!(desk.find("3").unwrap(), Some(second));
    }
}
