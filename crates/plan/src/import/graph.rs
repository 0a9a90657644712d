//! A map as it was drawn: nodes, edges and their fields, read within bounds. What cannot be meant
//! is refused, and what can is kept as it stands. It must not decide what becomes of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::account::{Of, Thing};
use super::{Refused, codes, words};

/// More nodes and edges than anyone draws, and more fields than any of them has.
const NODES_MAX: usize = 1_000;
const EDGES_MAX: usize = 5_000;
const FIELDS_MAX: usize = 100;
/// How deep the fields of a node are looked into.
const DEEP: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Skill,
    Artifact,
    Human,
    Integration,
    Conditional,
    Proposal,
    System,
    /// A kind that the other product does not have either.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tie {
    Input,
    Output,
    Human,
    Proposal,
    Derived,
    Integration,
    True,
    False,
    Unknown,
}

#[derive(Debug)]
pub(super) struct Node<'v> {
    pub(super) thing: Thing,
    pub(super) kind: Kind,
    /// The kind as it was written.
    pub(super) written: String,
    pub(super) data: Fields<'v>,
}

#[derive(Debug)]
pub(super) struct Edge {
    pub(super) thing: Thing,
    /// The node at each end, by its number; nothing where there is no such node.
    pub(super) from: Option<usize>,
    pub(super) to: Option<usize>,
    pub(super) tie: Tie,
    pub(super) label: String,
    pub(super) fields: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Graph<'v> {
    pub(super) top: Fields<'v>,
    pub(super) nodes: Vec<Node<'v>>,
    pub(super) edges: Vec<Edge>,
}

/// The fields of an object, by their path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'v>(Option<&'v Map<String, Value>>);

impl<'v> Fields<'v> {
    pub(super) fn of(value: Option<&'v Value>) -> Self {
        Self(value.and_then(Value::as_object))
    }

    pub(super) fn get(self, path: &str) -> Option<&'v Value> {
        let mut parts = path.split('.');
        let first = self.0?.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part)).filter(|value| says(value))
    }

    pub(super) fn text(self, path: &str) -> Option<&'v str> {
        self.get(path)?.as_str()
    }

    pub(super) fn texts(self, path: &str) -> Vec<&'v str> {
        let all = self.get(path).and_then(Value::as_array);
        all.into_iter().flatten().filter_map(Value::as_str).take(FIELDS_MAX).collect()
    }

    pub(super) fn whole(self, path: &str) -> Option<u64> {
        self.get(path)?.as_u64()
    }

    /// A number as it was written, whole or not.
    pub(super) fn number(self, path: &str) -> Option<String> {
        self.get(path).filter(|value| value.is_number()).map(Value::to_string)
    }

    /// Every field that says something, by its path.
    pub(super) fn names(self) -> Vec<String> {
        let mut all = Vec::new();
        if let Some(map) = self.0 {
            names(map, "", DEEP, &mut all);
        }
        all
    }
}

fn names(map: &Map<String, Value>, before: &str, deep: usize, all: &mut Vec<String>) {
    for (key, value) in map.iter().filter(|(_, value)| says(value)) {
        let path = format!("{before}{key}");
        match value {
            Value::Object(map) if deep > 1 => names(map, &format!("{path}."), deep - 1, all),
            _ => all.push(path),
        }
    }
}

/// Whether a value says anything.
fn says(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(all) => !all.is_empty(),
        Value::Object(map) => !map.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Reads a map.
pub(super) fn read(map: &Value) -> Result<Graph<'_>, Refused> {
    let no_map = |place: &str, what: &str| Refused::new(&codes::NO_MAP, place, what);
    if !map.is_object() {
        return Err(no_map("the file", "a map is an object with `nodes` and `edges`"));
    }
    let list = |key: &str, most: usize| match map.get(key) {
        Some(Value::Array(all)) if all.len() > most => {
            let what = format!("there are {} of them; at most {most} are read", all.len());
            Err(Refused::new(&codes::BOUNDS, key, what))
        }
        Some(Value::Array(all)) => Ok(all.as_slice()),
        Some(_) => Err(no_map(key, "this is no list")),
        None => Err(no_map(key, "the list is missing")),
    };
    let nodes = list("nodes", NODES_MAX)?.iter().enumerate().map(|(n, node)| one(n, node));
    let nodes: Vec<Node<'_>> = nodes.collect::<Result<_, _>>()?;
    let mut by_id: BTreeMap<&str, usize> = BTreeMap::new();
    let ids = list("nodes", NODES_MAX)?.iter().filter_map(|node| node.get("id")?.as_str());
    for (n, id) in ids.enumerate() {
        if let Some(first) = by_id.insert(id, n) {
            let what = format!("`{}` is also the id of node {first}", words::short(id));
            return Err(Refused::new(&codes::ID_TWICE, format!("nodes.{n}.id"), what));
        }
    }
    let edges = list("edges", EDGES_MAX)?.iter().enumerate().map(|(n, edge)| {
        let fields = Fields::of(Some(edge));
        let names = fields.names();
        if names.is_empty() || names.len() > FIELDS_MAX {
            return Err(no_map(&format!("edges.{n}"), "this is no edge"));
        }
        let end = |key: &str| fields.text(key).and_then(|id| by_id.get(id).copied());
        let (source, target) = (fields.text("source"), fields.text("target"));
        let called = format!("{} -> {}", source.unwrap_or("?"), target.unwrap_or("?"));
        let id = fields.text("id").map_or_else(|| format!("edge {n}"), str::to_owned);
        // Ids of edges tie nothing together; two that are alike are told apart by their number.
        Ok(Edge {
            thing: Thing::new(Of::Edge, &format!("{n} {id}"), &called),
            from: end("source"),
            to: end("target"),
            tie: tie(fields.text("edgeType").unwrap_or_default()),
            label: fields.text("label").map(words::line).unwrap_or_default(),
            fields: names,
        })
    });
    let edges = edges.collect::<Result<_, _>>()?;
    Ok(Graph { top: Fields::of(Some(map)), nodes, edges })
}

fn one(n: usize, node: &Value) -> Result<Node<'_>, Refused> {
    let place = format!("nodes.{n}");
    let Some(id) = node.get("id").and_then(Value::as_str).filter(|id| !id.trim().is_empty()) else {
        return Err(Refused::new(&codes::NO_MAP, format!("{place}.id"), "a node needs an id"));
    };
    let data = Fields::of(node.get("data"));
    if data.names().len() > FIELDS_MAX {
        let what = format!("a node has at most {FIELDS_MAX} fields");
        return Err(Refused::new(&codes::BOUNDS, format!("{place}.data"), what));
    }
    let written = node.get("type").and_then(Value::as_str).unwrap_or_default();
    let kind = match written {
        "skill" => Kind::Skill,
        "artifact" => Kind::Artifact,
        "human" => Kind::Human,
        // A trigger is what other parts of that product make of an inbound integration.
        "integration" | "trigger" => Kind::Integration,
        "conditional" => Kind::Conditional,
        "proposal" => Kind::Proposal,
        "system" => Kind::System,
        _ => Kind::Unknown,
    };
    let name = data.text("name").unwrap_or(id);
    let thing = Thing::new(Of::Node, id, name);
    Ok(Node { thing, kind, written: words::short(written), data })
}

fn tie(written: &str) -> Tie {
    match written {
        "input" => Tie::Input,
        "output" => Tie::Output,
        "human" => Tie::Human,
        "proposal" => Tie::Proposal,
        "derived_invalidation" => Tie::Derived,
        "integration" => Tie::Integration,
        "condition_true" => Tie::True,
        "condition_false" => Tie::False,
        _ => Tie::Unknown,
    }
}
