//! What our own servers answer, without a server: for a rehearsal, in which nothing is started.
//! Only those that read, and nothing but what they would have answered. It must not be a way to
//! call a tool: nothing here takes a permit, because nothing here leaves this machine.

use std::path::Path;

use serde_json::{Map, Value};

use super::documents::Documents;
use super::files::Files;
use super::table::Tables;
use super::{Answer, BuiltIn, Reading, ServeError, result};
use crate::outcome;

/// Tables, documents or files of one folder.
pub struct Own(Kind);

enum Kind {
    Tables(Tables),
    Documents(Documents),
    Files(Files),
}

impl Own {
    /// Look-ups in a folder of `*.csv` files or in one SQLite file.
    pub fn tables(source: &Path) -> Result<Self, ServeError> {
        Ok(Self(Kind::Tables(Tables::open(source)?)))
    }

    /// The documents of a folder as text.
    pub fn documents(root: &Path, reading: Reading) -> Result<Self, ServeError> {
        Ok(Self(Kind::Documents(Documents::open(root, reading)?)))
    }

    /// The files of a folder, to be read.
    pub fn files(root: &Path) -> Result<Self, ServeError> {
        Ok(Self(Kind::Files(Files::open(root, false)?)))
    }

    /// What a tool answers, as a call of it would have come back; or why it fails.
    pub fn answer(&self, tool: &str, args: &Map<String, Value>) -> Result<Value, String> {
        let answer: Answer = match &self.0 {
            Kind::Tables(tables) => tables.answer(tool, args),
            Kind::Documents(documents) => documents.answer(tool, args),
            Kind::Files(files) => files.answer(tool, args),
        };
        Ok(outcome::value(&result(Ok(answer?))))
    }
}
