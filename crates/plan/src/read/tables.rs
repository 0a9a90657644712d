//! Trusted look-up tables: a file with a declared header, or a table of another server.

use std::collections::{BTreeMap, BTreeSet};

use crate::codes;
use crate::files::Spot;
use crate::ids::{FieldName, TableName, ToolName};
use crate::keys;
use crate::problem::{Cx, Found};
use crate::types;
use crate::workflow::{Table, Type};
use crate::yaml::{Kind, Node};

use super::agents::beside;

/// The tool that reads tables that stand in files.
const BUILT_IN: &str = "table.read_query";

/// The tables that could be read, and the names of those that could not.
pub(crate) fn read(cx: &Cx<'_>, node: &Node) -> (BTreeMap<TableName, Table>, BTreeSet<TableName>) {
    let (mut tables, mut broken) = (BTreeMap::new(), BTreeSet::new());
    for entry in cx.map(node).unwrap_or_default() {
        let name = cx.key(entry, TableName::new);
        let table = match &entry.value.kind {
            Kind::Map(_) => elsewhere(cx, &entry.value),
            _ => in_file(cx, &entry.key, &entry.value),
        };
        match (name, table) {
            (Some(name), Some(table)) => {
                tables.insert(name, table);
            }
            (name, _) => broken.extend(name),
        }
    }
    (tables, broken)
}

fn elsewhere(cx: &Cx<'_>, node: &Node) -> Option<Table> {
    let fields = cx.fields(node, &keys::TABLE)?;
    let tool = fields.get("tool").and_then(|n| cx.name(n, ToolName::new));
    let name = fields.get("name").and_then(|n| cx.text(n));
    let columns = fields.get("columns").and_then(|n| cx.kinds(n));
    let tags = fields.get("tags").map(|n| cx.names(n)).unwrap_or_default();
    Some(Table { tool: tool?, name: name?, columns: columns?, tags })
}

fn in_file(cx: &Cx<'_>, name: &str, node: &Node) -> Option<Table> {
    let path = cx.text(node)?;
    let found = beside("", &path).and_then(|path| cx.files.entry(&path));
    let Some((file, text)) = found else {
        let what = format!("there is no file `{path}`");
        let found = Found::new(&codes::FILE, &node.at, what);
        return cx.add(found.near(&path, cx.files.iter().map(|(path, _)| path.as_ref())));
    };
    let header = text.lines().next().unwrap_or_default();
    let spot = Spot::new(file, 0..header.len());
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(header.as_bytes());
    let Some(Ok(cells)) = reader.records().next() else {
        let what = format!("`{path}` has no header");
        return cx.add(Found::new(&codes::TABLE_HEADER, &spot, what));
    };
    let mut columns = BTreeMap::new();
    let before = cx.count();
    for cell in &cells {
        if let Some((column, kind)) = column(cx, &spot, cell)
            && columns.insert(column.clone(), kind).is_some()
        {
            let what = format!("the column `{column}` stands in the header twice");
            cx.add::<()>(Found::new(&codes::NAME_TWICE, &spot, what));
        }
    }
    // With a column unread, a look-up could seem to name one that is not there.
    if cx.count() > before {
        return None;
    }
    let tool = ToolName::new(BUILT_IN).ok()?;
    Some(Table { tool, name: name.to_owned(), columns, tags: Vec::new() })
}

fn column(cx: &Cx<'_>, spot: &Spot, cell: &str) -> Option<(FieldName, Type)> {
    let wrong = |what: String| Found::new(&codes::TABLE_HEADER, spot, what);
    let Some((name, kind)) = cell.trim().split_once(':') else {
        return cx.add(wrong(format!("the column `{cell}` does not say its kind")));
    };
    let Some(kind) = types::word(kind) else {
        return cx.add(wrong(format!("`{kind}` is no kind of column")).near(kind, types::WORDS));
    };
    match FieldName::new(name.trim()) {
        Ok(name) => Some((name, kind)),
        Err(error) => cx.add(Found::new(&codes::NAME, spot, format!("`{name}`: {error}"))),
    }
}

impl Cx<'_> {
    /// A list of names of fields or tags.
    pub(crate) fn names(&self, node: &Node) -> Vec<FieldName> {
        let list = self.list(node).unwrap_or_default();
        list.iter().filter_map(|n| self.name(n, FieldName::new)).collect()
    }
}
