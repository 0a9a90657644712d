//! What became of each part of a map. A part that nobody speaks of is said to be left, so that
//! nothing is dropped without a word. It must not decide what is carried.

use std::collections::BTreeSet;

use serde::Serialize;

use super::words;

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    Map,
    Node,
    Edge,
    /// A file that came with the map.
    File,
}

/// What became of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// It stands in a file, and is kept to as far as the line says.
    Carried,
    /// It became an open question.
    Open,
    /// It is not carried, for the reason that the line gives.
    Left,
}

/// What became of one field, or of a whole part where no field is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    pub of: Of,
    /// Its id in the map; a file's name.
    pub id: String,
    /// What it is called there.
    pub name: String,
    pub field: String,
    pub came: Came,
    /// Where it went, or why it did not.
    pub says: String,
}

/// A part of a map as lines name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Thing {
    pub(super) of: Of,
    pub(super) id: String,
    pub(super) name: String,
}

impl Thing {
    pub(super) fn new(of: Of, id: &str, name: &str) -> Self {
        Self { of, id: words::short(id), name: words::short(name) }
    }

    /// The map as a whole.
    pub(super) fn map() -> Self {
        Self { of: Of::Map, id: String::new(), name: String::new() }
    }
}

#[derive(Debug, Default)]
pub(super) struct Account {
    lines: Vec<Line>,
    spoken: BTreeSet<(Of, String, String)>,
    open: Vec<String>,
}

impl Account {
    pub(super) fn carried(&mut self, of: &Thing, field: &str, says: impl Into<String>) {
        self.note(of, field, Came::Carried, says.into());
    }

    pub(super) fn left(&mut self, of: &Thing, field: &str, says: impl Into<String>) {
        self.note(of, field, Came::Left, says.into());
    }

    /// What nobody can know: the question goes into the workflow's file, once.
    pub(super) fn open(&mut self, of: &Thing, field: &str, question: impl Into<String>) {
        let question = question.into();
        self.asks(question.clone());
        self.note(of, field, Came::Open, question);
    }

    /// A question that no part of the map stands for.
    pub(super) fn asks(&mut self, question: String) {
        if !self.open.contains(&question) {
            self.open.push(question);
        }
    }

    pub(super) fn questions(&self) -> &[String] {
        &self.open
    }

    /// Whether a field was spoken of, or a part that it stands in.
    pub(super) fn knows(&self, of: &Thing, field: &str) -> bool {
        let said = |field: &str| self.spoken.contains(&(of.of, of.id.clone(), field.to_owned()));
        said(field) || field.match_indices('.').any(|(at, _)| field.get(..at).is_some_and(said))
    }

    /// Every field that nobody spoke of is left.
    pub(super) fn rest(&mut self, of: &Thing, fields: &[String]) {
        if self.knows(of, "") {
            return;
        }
        for field in fields {
            if !self.knows(of, field) {
                self.left(of, &words::short(field), words::of_field(field));
            }
        }
    }

    fn note(&mut self, of: &Thing, field: &str, came: Came, says: String) {
        self.spoken.insert((of.of, of.id.clone(), field.to_owned()));
        let (id, name) = (of.id.clone(), of.name.clone());
        self.lines.push(Line { of: of.of, id, name, field: field.to_owned(), came, says });
    }

    /// Every line: the map, nodes, edges, other files; of each what was carried first.
    pub(super) fn lines(mut self) -> Vec<Line> {
        self.lines.sort_by(|a, b| {
            (a.of, &a.id, a.came, &a.field, &a.says).cmp(&(b.of, &b.id, b.came, &b.field, &b.says))
        });
        self.lines.dedup();
        self.lines
    }
}
