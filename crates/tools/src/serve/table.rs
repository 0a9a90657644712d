//! Look-ups in tables by SQL that can only read. What stands in files is loaded into memory, and
//! again when a file changed; a file that cannot be read is an error of every look-up, because an
//! old answer would look like a new one.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use rmcp::model::{JsonObject, Tool};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value};

use super::csv::{self, TableError};
use super::stamp::{Stamp, stamps};
use super::{Answer, BuiltIn, Reply, ServeError, reads, text, tool};

const ROWS_MAX: usize = 1000;
const ANSWER_MAX: usize = 4 << 20;
const QUERY_MAX: usize = 64 << 10;
const TIME_MAX: Duration = Duration::from_secs(10);

pub(super) struct Tables {
    source: Source,
    db: Mutex<Option<Open>>,
    /// A query that runs longer is interrupted.
    pub(super) time_max: Duration,
}

enum Source {
    /// A folder of `*.csv` files.
    Folder(PathBuf),
    Sqlite(PathBuf),
}

struct Open {
    db: Connection,
    /// What the files looked like when they were loaded.
    stamp: Vec<Stamp>,
}

impl Tables {
    pub(super) fn open(source: &Path) -> Result<Self, ServeError> {
        let real = source.canonicalize().map_err(|why| ServeError::Folder {
            folder: source.display().to_string(),
            why: why.to_string(),
        })?;
        let source = if real.is_dir() { Source::Folder(real) } else { Source::Sqlite(real) };
        Ok(Self { source, db: Mutex::new(None), time_max: TIME_MAX })
    }

    fn query(&self, sql: &str) -> Result<String, String> {
        let mut open = self.db.lock().unwrap_or_else(PoisonError::into_inner);
        let db = self.current(&mut open).map_err(|why| why.to_string())?;
        let (done, watch) = mpsc::channel::<()>();
        let interrupt = db.get_interrupt_handle();
        let time_max = self.time_max;
        std::thread::scope(|scope| {
            scope.spawn(move || {
                // An answer in time drops the other end.
                if watch.recv_timeout(time_max) == Err(mpsc::RecvTimeoutError::Timeout) {
                    interrupt.interrupt();
                }
            });
            let answer = rows(db, sql);
            drop(done);
            answer
        })
    }

    /// The tables as they are now.
    fn current<'o>(&self, open: &'o mut Option<Open>) -> Result<&'o Connection, TableError> {
        let stamp = self.stamp()?;
        let fresh = match open.take() {
            Some(old) if old.stamp == stamp => old,
            _ => Open { db: self.load()?, stamp },
        };
        Ok(&open.insert(fresh).db)
    }

    fn stamp(&self) -> Result<Vec<Stamp>, TableError> {
        let files = match &self.source {
            Source::Folder(folder) => csv::files(folder)?,
            // SQLite itself sees changes of its file.
            Source::Sqlite(_) => return Ok(Vec::new()),
        };
        stamps(files)
    }

    fn load(&self) -> Result<Connection, TableError> {
        let db = match &self.source {
            Source::Folder(folder) => {
                let db = Connection::open_in_memory()?;
                csv::load(&db, folder)?;
                db
            }
            Source::Sqlite(file) => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                Connection::open_with_flags(file, flags)?
            }
        };
        // Four locks on one door: no writing statement gets through `rows`, none would be carried
        // out, no other file can be attached, and nothing large can be built.
        db.pragma_update(None, "query_only", true)?;
        db.pragma_update(None, "trusted_schema", false)?;
        db.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
        db.set_limit(Limit::SQLITE_LIMIT_LENGTH, 16 << 20)?;
        Ok(db)
    }
}

/// The rows of a query as JSON text: an array of objects.
fn rows(db: &Connection, sql: &str) -> Result<String, String> {
    let first = sql.split_whitespace().next().unwrap_or_default();
    if sql.len() > QUERY_MAX {
        return Err(format!("the query is longer than {QUERY_MAX} bytes"));
    }
    if !first.eq_ignore_ascii_case("SELECT") {
        return Err("only SELECT queries are answered".to_owned());
    }
    let said = |why: rusqlite::Error| why.to_string();
    let mut query = db.prepare(sql).map_err(said)?;
    if !query.readonly() {
        return Err("only queries that read are answered".to_owned());
    }
    let names: Vec<String> = query.column_names().into_iter().map(str::to_owned).collect();
    let mut found = query.query([]).map_err(said)?;
    let mut out = Vec::new();
    let mut size = 0;
    while let Some(row) = found.next().map_err(said)? {
        if out.len() == ROWS_MAX {
            return Err(format!("the query finds more than {ROWS_MAX} rows"));
        }
        let mut object = Map::new();
        for (n, name) in names.iter().enumerate() {
            let value = json(row.get_ref(n).map_err(said)?)?;
            size += name.len() + value.as_str().map_or(8, str::len);
            object.insert(name.clone(), value);
        }
        if size > ANSWER_MAX {
            return Err(format!("the answer is larger than {ANSWER_MAX} bytes"));
        }
        out.push(Value::Object(object));
    }
    Ok(Value::Array(out).to_string())
}

fn json(value: ValueRef<'_>) -> Result<Value, String> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => Value::from(n),
        ValueRef::Real(x) => Value::from(x),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Value::from(text),
            Err(_) => return Err("a cell holds no text in UTF-8".to_owned()),
        },
        ValueRef::Blob(_) => return Err("a cell holds no text".to_owned()),
    })
}

impl BuiltIn for Tables {
    const NAME: &'static str = "flightdeck-table";

    fn tools(&self) -> Vec<Tool> {
        let query = ("query", "a SELECT query in SQLite's SQL");
        let table = ("table_name", "the table");
        vec![
            reads(tool("read_query", "Answers a SELECT query over the tables.", &[query])),
            reads(tool("list_tables", "Lists the tables.", &[])),
            reads(tool("describe_table", "Lists the columns of a table.", &[table])),
        ]
    }

    fn answer(&self, tool: &str, args: &JsonObject) -> Answer {
        let answer = match tool {
            "read_query" => self.query(text(args, "query")?),
            "list_tables" => self.query("SELECT name FROM sqlite_master WHERE type = 'table'"),
            "describe_table" => {
                let table = text(args, "table_name")?.replace('\'', "''");
                self.query(&format!("SELECT name, type FROM pragma_table_info('{table}')"))
            }
            other => Err(format!("there is no tool `{other}`")),
        };
        answer.map(Reply::Text)
    }
}
