//! One form for the operator's files, so that a diff shows what was changed and nothing else: the
//! keys of a workflow, its steps, the settings and an agent in their order, and the same spaces
//! everywhere. Comments, and the text below the settings, stay. It must not change what a file
//! says: the new text is read again and compared with the old one before anyone gets it.

use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, Options, Parser};
use pretty_yaml::config::{FormatOptions, LanguageOptions, LayoutOptions};

use crate::codes;
use crate::files::{Files, Spot};
use crate::keys::{self, Shape};
use crate::markdown;
use crate::problem::{Cx, Found, Problems};
use crate::yaml::{self, Entry, Kind, Node};

#[cfg(test)]
mod tests;

/// A row of a decision or a list of names is read best on one line.
const WIDTH: usize = 140;

/// The files of a workspace that have a form.
pub fn formed(files: &Files) -> impl Iterator<Item = &str> {
    files.iter().map(|(path, _)| &**path).filter(|path| shape(path).is_some())
}

/// The text of a file in its form; nothing where the file has none. A file that cannot be read is
/// left alone, with what is wrong in it.
pub fn fmt(files: &Files, path: &str) -> Result<Option<String>, Problems> {
    let (Some(shape), Some((file, text))) = (shape(path), files.entry(path)) else {
        return Ok(None);
    };
    let cx = Cx::new(files);
    let range = match path.ends_with(".md") {
        false => 0..text.len(),
        true => match markdown::split(text).settings {
            Some(range) => range,
            None => return Ok(Some(text.to_string())),
        },
    };
    let new = part(&cx, file, text, range.clone(), shape);
    match new.filter(|_| cx.count() == 0) {
        Some(new) => {
            let (before, after) = (text.get(..range.start), text.get(range.end..));
            Ok(Some([before.unwrap_or(""), &new, after.unwrap_or("")].concat()))
        }
        None => Err(cx.problems()),
    }
}

pub(crate) fn shape(path: &str) -> Option<&'static Shape> {
    match path.rsplit_once('/') {
        None if path == "flightdeck.yaml" => Some(&keys::SETTINGS),
        Some(("workflows", name)) if name.ends_with(".md") => Some(&keys::WORKFLOW),
        Some(("agents", name)) if name.ends_with(".md") => Some(&keys::AGENT),
        _ => None,
    }
}

/// The settings at `range` of a file, in their form.
fn part(
    cx: &Cx<'_>,
    file: &Arc<str>,
    text: &str,
    range: Range<usize>,
    shape: &Shape,
) -> Option<String> {
    let old = text.get(range.clone())?;
    let before = yaml::read(cx, file, old, range.start)?;
    let options = FormatOptions {
        layout: LayoutOptions { print_width: WIDTH, ..LayoutOptions::default() },
        language: LanguageOptions {
            trailing_comma: false,
            bracket_spacing: true,
            ..LanguageOptions::default()
        },
    };
    let new = ordered(old, range.start, &before, shape);
    let new = pretty_yaml::format_text(&new, &options).ok().filter(|new| {
        let after = yaml::read(cx, file, new, 0);
        after.is_some_and(|after| same(&before, &after, true)) && comments(old) == comments(new)
    });
    new.or_else(|| {
        let spot = Spot::new(file, range.start..range.start);
        let what = "this cannot be put into its form without changing what it says";
        let found = Found::new(&codes::YAML, &spot, what);
        cx.add(found.fix("the file stays as it is; put a key or a comment on a line of its own"))
    })
}

/// The text with the keys of the whole, and of each step, in their order. Its tree's places are
/// those of the file, where it begins at `base`.
fn ordered(text: &str, base: usize, tree: &Node, shape: &Shape) -> String {
    let mut out = text.to_owned();
    let Kind::Map(entries) = &tree.kind else { return out };
    let steps = entries.iter().filter(|entry| entry.key == "steps");
    let lists = steps.filter_map(|entry| match &entry.value.kind {
        Kind::List(steps) => Some(steps),
        _ => None,
    });
    let order = step_order();
    for step in lists.flatten() {
        turn(&mut out, base, step, &order);
    }
    // Steps are as long as they were, so the places of the whole still hold.
    let order: Vec<&str> = shape.keys.iter().map(|key| key.name).collect();
    turn(&mut out, base, tree, &order);
    out
}

/// The name, what the step does and with what, and last what goes for every kind of step.
pub(crate) fn step_order() -> Vec<&'static str> {
    let (common, own): (Vec<&str>, Vec<&str>) =
        keys::STEP.keys.iter().map(|key| key.name).partition(|name| keys::COMMON.contains(name));
    let first = common.iter().filter(|name| **name == "step");
    let last = common.iter().filter(|name| **name != "step");
    first.chain(&own).chain(last).copied().collect()
}

/// Puts the lines of a map into another order; they stay where the keys do not each begin a line.
fn turn(text: &mut String, base: usize, map: &Node, order: &[&str]) {
    let Kind::Map(entries) = &map.kind else { return };
    let rank = |key: &str| order.iter().position(|name| *name == key).unwrap_or(order.len());
    if entries.is_sorted_by_key(|entry| rank(&entry.key)) {
        return;
    }
    let ranks: Vec<usize> = entries.iter().map(|entry| rank(&entry.key)).collect();
    if let Some((range, new)) = turned(text, base, entries, &ranks) {
        text.replace_range(range, &new);
    }
}

/// What to put where, so that the entries stand by their ranks.
fn turned(
    text: &str,
    base: usize,
    entries: &[Entry],
    ranks: &[usize],
) -> Option<(Range<usize>, String)> {
    let first = entries.first()?.key_at.start - base;
    let line = text.get(..first)?.rfind('\n').map_or(0, |at| at + 1);
    // What stands before the first key on its line: nothing, or the dash of a list.
    let lead = text.get(line..first)?;
    if !lead.chars().all(|c| matches!(c, ' ' | '-')) {
        return None;
    }
    let indent = " ".repeat(lead.len());
    let mut starts = vec![line];
    for entry in entries.iter().skip(1) {
        let key = entry.key_at.start - base;
        let own = text.get(..key)?.rfind('\n')? + 1;
        if text.get(own..key)? != indent {
            return None;
        }
        starts.push(above(text, own, &indent));
    }
    let last = entries.last()?.value.at.end - base;
    let end = text.get(last..)?.find('\n').map_or(text.len(), |at| last + at + 1);
    let ends = starts.iter().skip(1).copied().chain([end]);
    let mut chunks = Vec::new();
    for ((rank, start), end) in ranks.iter().zip(&starts).zip(ends) {
        let chunk = text.get(*start..end)?;
        // Every chunk begins like a later one, and the dash goes before whichever comes first.
        let chunk = match chunk.strip_prefix(lead).filter(|_| *start == line) {
            Some(rest) => format!("{indent}{rest}"),
            None => chunk.to_owned(),
        };
        chunks.push((*rank, chunk));
    }
    chunks.sort_by_key(|(rank, _)| *rank);
    let all: String = chunks.into_iter().map(|(_, chunk)| chunk).collect();
    let is_key = |line: &&str| !(line.trim().is_empty() || line.trim_start().starts_with('#'));
    let key: usize = all.split_inclusive('\n').take_while(|l| !is_key(l)).map(str::len).sum();
    let new = [all.get(..key)?, lead, all.get(key..)?.strip_prefix(&indent)?].concat();
    Some((line..end, new))
}

/// Where the comments and empty lines begin that stand right above a line and belong to it.
fn above(text: &str, line: usize, indent: &str) -> usize {
    let mut start = line;
    while let Some(before) = text.get(..start.saturating_sub(1)) {
        let at = before.rfind('\n').map_or(0, |at| at + 1);
        let comment = before.get(at..).and_then(|line| line.strip_prefix(indent));
        let empty = before.get(at..).is_some_and(|line| line.trim().is_empty());
        if start == 0 || !(empty || comment.is_some_and(|rest| rest.starts_with('#'))) {
            break;
        }
        start = at;
    }
    start
}

/// Whether two trees say the same. The order of keys counts wherever it is not ours to choose:
/// below the top, and below a step.
fn same(a: &Node, b: &Node, ours: bool) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Text { text: a, plain: p }, Kind::Text { text: b, plain: q }) => a == b && p == q,
        (Kind::List(a), Kind::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, ours))
        }
        (Kind::Map(a), Kind::Map(b)) => {
            let mut b: Vec<_> = b.iter().collect();
            if ours {
                b.sort_by_key(|entry| a.iter().position(|other| other.key == entry.key));
            }
            let pairs = a.iter().zip(&b);
            a.len() == b.len()
                && pairs.into_iter().all(|(a, b)| {
                    a.key == b.key && same(&a.value, &b.value, ours && a.key == "steps")
                })
        }
        _ => false,
    }
}

/// The comments of a text, sorted: they may move with the key they belong to, and none is lost.
pub(crate) fn comments(text: &str) -> Vec<String> {
    let parser = Parser::new_from_str_with_options(text, Options::default());
    let mut all: Vec<String> = parser
        .filter_map(|next| match next {
            Ok((Event::Comment(text, _), _)) => Some(text.trim().to_owned()),
            _ => None,
        })
        .collect();
    all.sort_unstable();
    all
}
