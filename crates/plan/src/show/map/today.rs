//! What a file describes beside its steps, read as it stands, also while the file has problems.

use serde::Serialize;

use super::{of_key, text_of};
use crate::yaml::{Kind, Node};

/// One step of the process as people do it now.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Now {
    pub does: String,
    pub who: String,
    /// Minutes of work, once, where that is said.
    pub minutes: Option<f64>,
    /// In how many cases of a hundred.
    pub share: f64,
    pub why: String,
    /// Steps of the map that take its place: none where it falls away, and nothing where that was
    /// not said.
    pub becomes: Option<Vec<String>>,
    /// The line of the file on which it begins, from 1.
    pub line: usize,
}

/// A question that is not settled yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Open {
    pub what: String,
    /// Who can settle it.
    pub who: String,
    /// The question of the interview that it stands for.
    pub about: String,
    pub line: usize,
}

fn items<'n>(tree: &'n Node, key: &str) -> &'n [Node] {
    match of_key(tree, key).map(|node| &node.kind) {
        Some(Kind::List(items)) => items,
        _ => &[],
    }
}

pub(super) fn now(tree: &Node, line: impl Fn(usize) -> usize) -> Vec<Now> {
    let one = |node: &Node| {
        let text = |key: &str| text_of(node, key);
        let share = text("share").and_then(|text| number(text.trim_end_matches('%')));
        Now {
            does: text("does").unwrap_or_default(),
            who: text("who").unwrap_or_default(),
            minutes: text("minutes").and_then(|text| number(&text)),
            share: share.unwrap_or(100.0),
            why: text("why").unwrap_or_default(),
            becomes: of_key(node, "becomes").and_then(becomes),
            line: line(node.at.start),
        }
    };
    items(tree, "today").iter().map(one).collect()
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

fn becomes(node: &Node) -> Option<Vec<String>> {
    let word = |node: &Node| match &node.kind {
        Kind::Text { text, .. } => Some(text.trim().to_owned()),
        Kind::List(_) | Kind::Map(_) => None,
    };
    match &node.kind {
        Kind::Text { .. } if node.is_null() => None,
        Kind::Text { text, .. } if text.trim() == "nothing" => Some(Vec::new()),
        Kind::Text { .. } => word(node).map(|step| vec![step]),
        Kind::List(items) => Some(items.iter().filter_map(word).collect()),
        Kind::Map(_) => None,
    }
}

pub(super) fn open(tree: &Node, line: impl Fn(usize) -> usize) -> Vec<Open> {
    let one = |node: &Node| {
        let text = |key: &str| text_of(node, key).unwrap_or_default();
        let what = match &node.kind {
            Kind::Text { text, .. } => text.clone(),
            Kind::List(_) | Kind::Map(_) => text("what"),
        };
        Open { what, who: text("who"), about: text("about"), line: line(node.at.start) }
    };
    items(tree, "open").iter().map(one).collect()
}
