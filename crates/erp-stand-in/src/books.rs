//! The drafts and the list of calls, in one SQLite file. A call and what came of it are stored in
//! one transaction, on the disk before anybody is answered.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

/// A payment that waits for somebody to release it; this system never pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Draft {
    pub id: String,
    #[serde(flatten)]
    pub wish: Wish,
    /// `draft` or `deleted`.
    pub status: String,
}

/// What a draft is asked for with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    pub supplier: String,
    pub iban: String,
    /// `1234.56`
    pub amount: String,
    pub currency: String,
    pub number: String,
    pub key: String,
}

/// Why the books were not changed or could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    #[error("the books cannot be used: {0}")]
    Sql(#[from] rusqlite::Error),
    #[error("{0}")]
    Refused(String),
}

pub struct Books {
    db: Connection,
    repeatable: bool,
}

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS drafts (
        id INTEGER PRIMARY KEY AUTOINCREMENT, supplier TEXT NOT NULL, iban TEXT NOT NULL,
        amount TEXT NOT NULL, currency TEXT NOT NULL, number TEXT NOT NULL, key TEXT NOT NULL,
        status TEXT NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS by_key ON drafts (key);
    CREATE TABLE IF NOT EXISTS calls (
        n INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, args TEXT NOT NULL,
        at TEXT NOT NULL) STRICT;";

const COLUMNS: &str = "id, supplier, iban, amount, currency, number, key, status";

impl Books {
    pub fn open(file: &Path, repeatable: bool) -> Result<Self, BooksError> {
        Ok(Self { db: opened(file, TABLES)?, repeatable })
    }

    /// How many calls of `create_draft` were ever received.
    pub fn calls(&self) -> Result<u64, BooksError> {
        let calls: i64 = self.db.query_row("SELECT count(*) FROM calls", [], |row| row.get(0))?;
        Ok(calls.unsigned_abs())
    }

    /// Writes down a call, and the draft unless the wish is refused.
    pub fn create(&mut self, wish: &Wish) -> Result<Draft, BooksError> {
        let args = serde_json::to_string(wish).unwrap_or_default();
        let all = self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        all.execute(
            "INSERT INTO calls (key, args, at) VALUES (?1, ?2, strftime('%Y-%m-%dT%H:%M:%fZ'))",
            params![wish.key, args],
        )?;
        let earlier = if self.repeatable { by_key(&all, &wish.key)? } else { None };
        let answer = match (refusal(wish), earlier) {
            (Some(why), _) => Err(BooksError::Refused(why)),
            (None, Some(draft)) if draft.wish == *wish => Ok(draft),
            (None, Some(_)) => {
                let why = format!("the key {} was used for another draft", wish.key);
                Err(BooksError::Refused(why))
            }
            (None, None) => {
                all.execute(
                    "INSERT INTO drafts (supplier, iban, amount, currency, number, key, status) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'draft')",
                    params![
                        wish.supplier,
                        wish.iban,
                        wish.amount,
                        wish.currency,
                        wish.number,
                        wish.key
                    ],
                )?;
                let row = all.last_insert_rowid();
                Ok(Draft { id: name(row), wish: wish.clone(), status: "draft".to_owned() })
            }
        };
        all.commit()?;
        answer
    }

    pub fn get(&self, id: &str) -> Result<Draft, BooksError> {
        let unknown = || BooksError::Refused(format!("there is no draft `{id}`"));
        let row = id.strip_prefix("D-").and_then(|n| n.parse::<i64>().ok()).ok_or_else(unknown)?;
        let sql = format!("SELECT {COLUMNS} FROM drafts WHERE id = ?1");
        self.db.query_row(&sql, [row], draft).optional()?.ok_or_else(unknown)
    }

    /// Deleting a draft that is deleted already is no error.
    pub fn delete(&self, id: &str) -> Result<Draft, BooksError> {
        let draft = self.get(id)?;
        let row: i64 = id.trim_start_matches("D-").parse().unwrap_or_default();
        self.db.execute("UPDATE drafts SET status = 'deleted' WHERE id = ?1", [row])?;
        Ok(Draft { status: "deleted".to_owned(), ..draft })
    }

    pub fn list(&self) -> Result<Vec<Draft>, BooksError> {
        let sql = format!("SELECT {COLUMNS} FROM drafts ORDER BY id");
        let mut query = self.db.prepare(&sql)?;
        let rows = query.query_map([], draft)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The first draft that was made with a key.
    pub fn find(&self, key: &str) -> Result<Option<Draft>, BooksError> {
        by_key(&self.db, key)
    }
}

/// A file with these tables; what is committed to it is on the disk.
pub fn opened(file: &Path, tables: &str) -> Result<Connection, BooksError> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|why| BooksError::Refused(format!("{}: {why}", folder.display())))?;
    }
    let db = Connection::open(file)?;
    db.busy_timeout(std::time::Duration::from_secs(10))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.execute_batch(tables)?;
    Ok(db)
}

fn by_key(db: &Connection, key: &str) -> Result<Option<Draft>, BooksError> {
    let sql = format!("SELECT {COLUMNS} FROM drafts WHERE key = ?1 ORDER BY id LIMIT 1");
    Ok(db.query_row(&sql, [key], draft).optional()?)
}

fn name(row: i64) -> String {
    format!("D-{row:05}")
}

fn draft(row: &Row<'_>) -> rusqlite::Result<Draft> {
    Ok(Draft {
        id: name(row.get(0)?),
        wish: Wish {
            supplier: row.get(1)?,
            iban: row.get(2)?,
            amount: row.get(3)?,
            currency: row.get(4)?,
            number: row.get(5)?,
            key: row.get(6)?,
        },
        status: row.get(7)?,
    })
}

/// Why a wish is refused, the way an accounting system would.
fn refusal(wish: &Wish) -> Option<String> {
    let amount = |text: &str| {
        text.split_once('.').is_some_and(|(whole, part)| {
            let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
            digits(whole) && whole.len() <= 12 && digits(part) && part.len() == 2
        })
    };
    let currency =
        wish.currency.len() == 3 && wish.currency.bytes().all(|b| b.is_ascii_uppercase());
    if !amount(&wish.amount) {
        Some(format!("`{}` is no amount such as 1234.56", wish.amount))
    } else if !currency {
        Some(format!("`{}` is no currency such as EUR", wish.currency))
    } else if !iban(&wish.iban) {
        Some(format!("`{}` is no IBAN", wish.iban))
    } else if wish.supplier.trim().is_empty() || wish.number.trim().is_empty() {
        Some("a draft needs a supplier and an invoice number".to_owned())
    } else if wish.key.is_empty() {
        Some("a draft needs a key".to_owned())
    } else {
        None
    }
}

/// Whether a text has the form of an IBAN and its check digits are right (ISO 7064, mod 97-10).
fn iban(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| *c != ' ').collect();
    if !(15..=34).contains(&plain.len()) || !plain.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return false;
    }
    let (country, rest) = plain.split_at(4);
    let turned = rest.chars().chain(country.chars());
    let rest = turned.filter_map(|c| c.to_digit(36)).fold(0, |sum, digit| {
        if digit < 10 { (sum * 10 + digit) % 97 } else { (sum * 100 + digit) % 97 }
    });
    rest == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(key: &str, amount: &str, iban: &str) -> Wish {
        Wish {
            supplier: "Nordwind".to_owned(),
            iban: iban.to_owned(),
            amount: amount.to_owned(),
            currency: "EUR".to_owned(),
            number: "26-1".to_owned(),
            key: key.to_owned(),
        }
    }

    #[test]
    fn every_call_counts_and_a_key_repeats_only_when_told() {
        let folder = tempfile::tempdir().unwrap();
        let good = "DE89 3704 0044 0532 0130 00";
        for (repeatable, drafts) in [(false, 2), (true, 1)] {
            let mut books =
                Books::open(&folder.path().join(format!("{drafts}.db")), repeatable).unwrap();
            let first = books.create(&wish("k", "10.00", good)).unwrap();
            let second = books.create(&wish("k", "10.00", good)).unwrap();
            assert_eq!(first == second, repeatable);
            assert_eq!(books.list().unwrap().len(), drafts);
            assert_eq!(books.find("k").unwrap().unwrap(), first);
            for (amount, iban) in
                [("10", good), ("1e9.00", good), ("10.00", "DE88370400440532013000")]
            {
                books.create(&wish("k2", amount, iban)).unwrap_err();
            }
            assert_eq!((books.calls().unwrap(), books.list().unwrap().len()), (5, drafts));
            assert_eq!(books.delete(&first.id).unwrap().status, "deleted");
            assert_eq!(books.get(&first.id).unwrap().status, "deleted");
            books.get("D-99").unwrap_err();
            books.delete("../x").unwrap_err();
        }
    }
}
