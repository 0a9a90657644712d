//! CSV files as SQL tables. Every cell is stored as the text that stands in the file, whole numbers
//! excepted, so that no value changes on its way; a cell that is not of its column's declared kind
//! is an error and never a guess.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use plan::value::{Money, scaled};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// The largest table file that is read.
const FILE_MAX: u64 = 64 << 20;
const COLUMNS_MAX: usize = 200;

/// Why a table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("{file}: {why}")]
    File { file: String, why: String },
    #[error("{file}:{line}: {why}")]
    Line { file: String, line: u64, why: String },
    #[error("{0}")]
    Sql(#[from] rusqlite::Error),
}

/// A table that was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    pub table: String,
    pub rows: u64,
}

/// Loads the `*.csv` files of a folder into a SQLite file, so that any server that reads SQLite
/// can answer look-ups in them. Tables of the same names are replaced, all of them or none.
pub fn load_csv(folder: &Path, sqlite: &Path) -> Result<Vec<Loaded>, TableError> {
    let mut db = Connection::open(sqlite)?;
    let all = db.transaction()?;
    let loaded = load(&all, folder)?;
    all.commit()?;
    Ok(loaded)
}

/// Loads every `*.csv` file of a folder.
pub(super) fn load(db: &Connection, folder: &Path) -> Result<Vec<Loaded>, TableError> {
    let mut loaded = Vec::new();
    for file in files(folder)? {
        loaded.push(load_file(db, &file)?);
    }
    Ok(loaded)
}

/// The `*.csv` files of a folder in the order of their names.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, TableError> {
    let fault = |why: std::io::Error| TableError::File {
        file: folder.display().to_string(),
        why: why.to_string(),
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.extension().is_some_and(|e| e == "csv") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// What a column's header says about its cells.
struct Column {
    name: String,
    kind: Kind,
    optional: bool,
}

enum Kind {
    Text,
    YesNo,
    Whole,
    Number,
    Money,
    Date,
    OneOf(Vec<String>),
}

impl Column {
    fn read(header: &str) -> Result<Self, String> {
        let (name, kind) = header
            .trim()
            .split_once(':')
            .ok_or_else(|| format!("the column `{header}` does not say its kind"))?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(format!("`{name}` is no name of a column"));
        }
        let kind = kind.trim();
        let optional = kind.ends_with('?');
        let word = kind.trim_end_matches('?').trim();
        let kind = match word {
            "text" | "line" | "name" | "string" | "iban" | "id" => Kind::Text,
            "yes_no" | "bool" | "boolean" => Kind::YesNo,
            "whole" | "int" | "integer" => Kind::Whole,
            "number" | "decimal" => Kind::Number,
            "money" => Kind::Money,
            "date" => Kind::Date,
            other => match other.strip_prefix("one of ") {
                Some(words) => {
                    let words = words.trim().trim_start_matches('[').trim_end_matches(']');
                    Kind::OneOf(words.split(',').map(|w| w.trim().to_owned()).collect())
                }
                None => return Err(format!("`{other}` is no kind of column")),
            },
        };
        Ok(Self { name: name.to_owned(), kind, optional })
    }

    fn value(&self, cell: &str) -> Result<Value, String> {
        let cell = cell.trim();
        if cell.is_empty() {
            // An empty text is a text; anything else that is empty is missing.
            return match self.kind {
                Kind::Text if !self.optional => Ok(Value::Text(String::new())),
                _ if self.optional => Ok(Value::Null),
                _ => Err(format!("`{}` is empty", self.name)),
            };
        }
        let wrong = |what: &str| format!("`{}` is `{cell}`, which is no {what}", self.name);
        match &self.kind {
            Kind::Text => {}
            Kind::YesNo if matches!(cell, "true" | "false") => {}
            Kind::YesNo => return Err(wrong("`true` or `false`")),
            Kind::Whole => {
                let whole = cell.parse().map_err(|_| wrong("whole number"))?;
                return Ok(Value::Integer(whole));
            }
            Kind::Number => {
                let _: i64 = scaled(cell, 9).map_err(|_| wrong("number such as `12.5`"))?;
            }
            Kind::Money => {
                let money = Money::parse(cell).map_err(|why| format!("`{}`: {why}", self.name))?;
                // One spelling for one amount, so that equal amounts are found.
                return Ok(Value::Text(money.to_string()));
            }
            Kind::Date => {
                let _: Date = cell.parse().map_err(|_| wrong("date such as `2026-11-23`"))?;
            }
            Kind::OneOf(words) if words.iter().any(|w| w == cell) => {}
            Kind::OneOf(words) => return Err(wrong(&format!("one of {}", words.join(", ")))),
        }
        Ok(Value::Text(cell.to_owned()))
    }
}

fn load_file(db: &Connection, path: &Path) -> Result<Loaded, TableError> {
    let file = path.display().to_string();
    let fault = |why: String| TableError::File { file: file.clone(), why };
    let table = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if table.is_empty() || !table.bytes().all(plain) || table.starts_with("sqlite_") {
        return Err(fault(format!("`{table}` is no name of a table")));
    }
    let size = fs::metadata(path).map_err(|why| fault(why.to_string()))?.len();
    if size > FILE_MAX {
        return Err(fault(format!("it is larger than {FILE_MAX} bytes")));
    }
    let bytes = fs::read(path).map_err(|why| fault(why.to_string()))?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    // Rows must be as long as the header: the reader itself refuses any other.
    let mut reader = ::csv::ReaderBuilder::new().from_reader(bytes);
    let header = reader.headers().map_err(|why| fault(why.to_string()))?;
    let columns: Result<Vec<Column>, String> = header.iter().map(Column::read).collect();
    let columns = columns.map_err(fault)?;
    if columns.is_empty() || columns.len() > COLUMNS_MAX {
        return Err(fault(format!("it has {} columns", columns.len())));
    }
    create(db, table, &columns)?;
    let marks = vec!["?"; columns.len()].join(", ");
    let mut insert = db.prepare(&format!("INSERT INTO \"{table}\" VALUES ({marks})"))?;
    let mut rows = 0;
    for record in reader.records() {
        let record = record.map_err(|why| fault(why.to_string()))?;
        let line = record.position().map_or(0, ::csv::Position::line);
        let cells: Result<Vec<Value>, String> =
            columns.iter().zip(&record).map(|(c, cell)| c.value(cell)).collect();
        let cells = cells.map_err(|why| TableError::Line { file: file.clone(), line, why })?;
        insert.execute(params_from_iter(cells))?;
        rows += 1;
    }
    Ok(Loaded { table: table.to_owned(), rows })
}

fn create(db: &Connection, table: &str, columns: &[Column]) -> Result<(), TableError> {
    let columns: Vec<String> = columns
        .iter()
        .map(|c| match c.kind {
            Kind::Whole => format!("\"{}\" INTEGER", c.name),
            _ => format!("\"{}\" TEXT", c.name),
        })
        .collect();
    // Names were checked to be letters, digits and `_`.
    db.execute_batch(&format!(
        "DROP TABLE IF EXISTS \"{table}\"; CREATE TABLE \"{table}\" ({})",
        columns.join(", ")
    ))?;
    Ok(())
}
