//! Places in a tree of settings, and the one patch that a change of a place takes.

use serde_json::Value;

use super::write::{LINE_MAX, block, entry, flow, scalar};
use super::{EditError, Patch, says};
use crate::yaml::{Entry, Kind, Node};

/// What stands at a place.
pub fn find<'n>(node: &'n Node, at: &[String]) -> Option<&'n Node> {
    at.iter().try_fold(node, |node, part| child(node, part))
}

/// What stands in a map by its key, or in a list by its number or its step's name.
pub fn child<'n>(node: &'n Node, part: &str) -> Option<&'n Node> {
    match &node.kind {
        Kind::Text { .. } => None,
        Kind::Map(entries) => entries.iter().find(|e| e.key == part).map(|entry| &entry.value),
        Kind::List(items) => items.get(index(node, part)?),
    }
}

/// The number of an item of a list.
pub fn index(list: &Node, part: &str) -> Option<usize> {
    let Kind::List(items) = &list.kind else { return None };
    let named = |item: &Node| match &item.kind {
        Kind::Map(entries) => entries.iter().any(|entry| {
            let name = matches!(&entry.value.kind, Kind::Text { text, .. } if text == part);
            entry.key == "step" && name
        }),
        Kind::List(_) | Kind::Text { .. } => false,
    };
    items.iter().position(named).or_else(|| part.parse().ok().filter(|n| *n < items.len()))
}

/// The place in a list after a step, or its first.
pub fn index_after(list: &Node, after: Option<&str>) -> Result<usize, EditError> {
    match after {
        None => Ok(0),
        Some(name) => match index(list, name) {
            Some(found) => Ok(found + 1),
            None => Err(EditError::NoPlace(name.to_owned())),
        },
    }
}

/// What a tree says without a place.
pub fn without(tree: &Node, at: &[String]) -> Value {
    fn cut(value: &mut Value, node: &Node, at: &[String]) {
        let Some((first, rest)) = at.split_first() else { return };
        match (value, &node.kind) {
            (Value::Object(map), Kind::Map(_)) if rest.is_empty() => drop(map.remove(first)),
            (Value::Object(map), Kind::Map(_)) => {
                if let (Some(value), Some(node)) = (map.get_mut(first), child(node, first)) {
                    cut(value, node, rest);
                }
            }
            (Value::Array(all), Kind::List(items)) => {
                let Some(at) = index(node, first) else { return };
                if rest.is_empty() {
                    all.remove(at);
                } else if let (Some(value), Some(node)) = (all.get_mut(at), items.get(at)) {
                    cut(value, node, rest);
                }
            }
            _ => {}
        }
    }
    let mut value = says(tree);
    cut(&mut value, tree, at);
    value
}

/// The next patch towards a value.
pub fn nearer(text: &str, node: &Node, to: &Value) -> Result<Option<Patch>, EditError> {
    if says(node) == *to {
        return Ok(None);
    }
    match (&node.kind, to) {
        (Kind::Map(entries), Value::Object(map)) if !entries.is_empty() && !map.is_empty() => {
            // New keys first, so that the map is never empty in between.
            if let Some((key, value)) =
                map.iter().find(|(key, _)| !entries.iter().any(|entry| entry.key == **key))
            {
                let order: Vec<&str> = map.keys().map(String::as_str).collect();
                return insert(text, node, key, value, &order).map(Some);
            }
            if let Some(gone) = entries.iter().find(|entry| !map.contains_key(&entry.key)) {
                return remove(text, node, &gone.key);
            }
            let mut changed = entries.iter().filter_map(|e| Some((&e.value, map.get(&e.key)?)));
            match changed.find(|(node, to)| says(node) != **to) {
                Some((node, to)) => nearer(text, node, to),
                None => Ok(None),
            }
        }
        (Kind::List(items), Value::Array(all)) if !items.is_empty() && !all.is_empty() => {
            let differs = |n: usize| items.get(n).map(says).as_ref() != all.get(n);
            let first = (0..items.len().max(all.len())).find(|n| differs(*n)).unwrap_or(0);
            match (items.get(first), all.get(first)) {
                (_, Some(value)) if items.len() < all.len() => {
                    insert_item(text, node, first, value).map(Some)
                }
                (Some(_), _) if items.len() > all.len() => remove(text, node, &first.to_string()),
                (Some(item), Some(value)) => nearer(text, item, value),
                _ => Ok(None),
            }
        }
        _ => Ok(Some(replaced(text, node, to))),
    }
}

/// Whether a list or map is written between brackets.
fn is_flow(text: &str, node: &Node) -> bool {
    matches!(text.as_bytes().get(node.at.start), Some(b'{' | b'['))
}

/// Where what is written of a node ends.
pub fn end(text: &str, node: &Node) -> usize {
    let last = match &node.kind {
        Kind::Text { .. } => return trimmed(text, node),
        Kind::List(items) => items.last(),
        Kind::Map(entries) => entries.last().map(|entry| &entry.value),
    };
    let inner = last.map_or(node.at.start + 1, |last| end(text, last));
    if !is_flow(text, node) {
        return inner;
    }
    let close = if text.as_bytes().get(node.at.start) == Some(&b'{') { b'}' } else { b']' };
    let mut at = inner;
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b'#' => at = line_end(text, at),
            byte if *byte == close => return at + 1,
            _ => at += 1,
        }
    }
    inner
}

/// A text without the line ends that follow it.
fn trimmed(text: &str, node: &Node) -> usize {
    let written = text.get(node.at.start..node.at.end).unwrap_or("");
    node.at.start + written.trim_end().len()
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |found| found + 1)
}

/// Where the line ends, before its line end.
fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |found| at + found)
}

/// Spaces up to a place in its line.
fn indent(text: &str, at: usize) -> usize {
    text.get(line_start(text, at)..at).map_or(0, |lead| lead.chars().count())
}

/// A value in the place of another.
fn replaced(text: &str, node: &Node, to: &Value) -> Patch {
    let (start, inner) = (node.at.start, end(text, node).max(node.at.start));
    let before = text.get(..start).unwrap_or("");
    let glued = before.ends_with(':');
    // A map or list of several lines begins on a line of its own; one line goes behind the key.
    let lead = before.trim_end_matches([' ', '\n']);
    let hangs =
        lead.len() < before.len() && before.get(lead.len()..).is_some_and(|s| s.contains('\n'));
    let begins = if hangs && lead.ends_with(':') { lead.len() } else { start };
    let space = if glued || begins != start { " " } else { "" };
    let in_flow = in_flow(text, start);
    let with = match to {
        Value::Array(_) | Value::Object(_) => flow(to),
        _ => scalar(to, in_flow),
    };
    let with = if with.is_empty() { with } else { format!("{space}{with}") };
    Patch { range: begins..inner.max(begins), with }
}

/// Whether a place stands between brackets: whatever is open before it on the lines of its entry.
fn in_flow(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or("");
    let (mut depth, mut quote) = (0_i32, None);
    let block = before.rfind("\n- ").max(before.rfind("\n---")).unwrap_or(0);
    for c in before.get(block..).unwrap_or("").chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth -= 1,
            (None, '\n') if depth <= 0 => (depth, quote) = (0, None),
            (None, _) => {}
        }
        if c == '\n' && depth <= 0 {
            quote = None;
        }
    }
    depth > 0
}

/// A new key in a map, after those that come before it.
pub fn insert(
    text: &str,
    map: &Node,
    key: &str,
    value: &Value,
    order: &[&str],
) -> Result<Patch, EditError> {
    let Kind::Map(entries) = &map.kind else { return Err(EditError::NoPlace(key.to_owned())) };
    let rank = |name: &str| order.iter().position(|known| *known == name);
    let mine = rank(key);
    let before = |entry: &&Entry| match (rank(&entry.key), mine) {
        (Some(theirs), Some(mine)) => theirs < mine,
        (None, Some(_)) => false,
        (_, None) => true,
    };
    let after = entries.iter().rfind(before).or_else(|| entries.first());
    let Some(after) = after else {
        let whole = Value::Object([(key.to_owned(), value.clone())].into_iter().collect());
        return Ok(replaced(text, map, &whole));
    };
    let ends = end(text, &after.value).max(after.key_at.end);
    if is_flow(text, map) {
        let with = format!(", {}: {}", scalar(&key.into(), true), flow(value));
        return Ok(Patch { range: ends..ends, with });
    }
    let column = indent(text, after.key_at.start);
    let ends = line_end(text, ends);
    let with = format!("\n{}", entry(key, value, column, 1));
    Ok(Patch { range: ends..ends, with })
}

/// A new item in a list, at a number.
pub fn insert_item(text: &str, list: &Node, at: usize, value: &Value) -> Result<Patch, EditError> {
    let Kind::List(items) = &list.kind else { return Err(EditError::Unfit("this is no list")) };
    let Some(near) = items.get(at.saturating_sub(1)).or_else(|| items.last()) else {
        return Ok(replaced(text, list, &Value::Array(vec![value.clone()])));
    };
    if is_flow(text, list) {
        return Ok(if at == 0 {
            Patch { range: near.at.start..near.at.start, with: format!("{}, ", flow(value)) }
        } else {
            let ends = end(text, near);
            Patch { range: ends..ends, with: format!(", {}", flow(value)) }
        });
    }
    let dash = dash(text, near).ok_or(EditError::Unfit("this list cannot be changed so"))?;
    let column = indent(text, dash);
    let short = flow(value);
    let item = match is_flow(text, near) && column + 2 + short.len() <= LINE_MAX {
        true => short,
        false => block(value, column + 2),
    };
    let item = format!("{}- {}", " ".repeat(column), item.trim_start());
    let gap = if spaced(text, items) { "\n" } else { "" };
    Ok(if at == 0 {
        let start = chunk(text, near, dash).start;
        Patch { range: start..start, with: format!("{item}\n{gap}") }
    } else {
        let ends = line_end(text, end(text, near));
        Patch { range: ends..ends, with: format!("\n{gap}{item}") }
    })
}

/// The dash that an item of a list begins with.
fn dash(text: &str, item: &Node) -> Option<usize> {
    let before = text.get(..item.at.start)?;
    let at = before.rfind('-')?;
    before.get(at + 1..)?.chars().all(char::is_whitespace).then_some(at)
}

/// Whether an empty line stands between the items.
fn spaced(text: &str, items: &[Node]) -> bool {
    let two = items.first().zip(items.get(1));
    two.is_some_and(|(first, second)| {
        let between = text.get(end(text, first)..second.at.start).unwrap_or("");
        between.contains("\n\n")
    })
}

/// The lines of an item: from the comments right above it to its end, with its line end.
fn chunk(text: &str, item: &Node, dash: usize) -> std::ops::Range<usize> {
    let mut start = line_start(text, dash);
    while start > 0 {
        let above = line_start(text, start - 1);
        let line = text.get(above..start).unwrap_or("");
        if !line.trim_start().starts_with('#') {
            break;
        }
        start = above;
    }
    let ends = line_end(text, end(text, item));
    start..(ends + 1).min(text.len())
}

/// Takes away a key of a map or an item of a list.
pub fn remove(text: &str, parent: &Node, part: &str) -> Result<Option<Patch>, EditError> {
    let last = "the last of them cannot be taken away; take away the whole";
    match &parent.kind {
        Kind::Text { .. } => Ok(None),
        Kind::Map(entries) => {
            let Some(at) = entries.iter().position(|entry| entry.key == part) else {
                return Ok(None);
            };
            if entries.len() == 1 {
                return Err(EditError::Unfit(last));
            }
            let starts: Vec<usize> = entries.iter().map(|entry| entry.key_at.start).collect();
            let ends: Vec<usize> =
                entries.iter().map(|e| end(text, &e.value).max(e.key_at.end)).collect();
            Ok(Some(cut(text, is_flow(text, parent), &starts, &ends, at)))
        }
        Kind::List(items) => {
            let Some(at) = index(parent, part) else { return Ok(None) };
            let Some(item) = items.get(at).filter(|_| items.len() > 1) else {
                return Err(EditError::Unfit(last));
            };
            if is_flow(text, parent) {
                let starts: Vec<usize> = items.iter().map(|item| item.at.start).collect();
                let ends: Vec<usize> = items.iter().map(|item| end(text, item)).collect();
                return Ok(Some(cut(text, true, &starts, &ends, at)));
            }
            let Some(dash) = dash(text, item) else { return Ok(None) };
            let mut range = line_start(text, dash)..chunk(text, item, dash).end;
            // One of two empty lines around it goes too.
            let before = text.get(..range.start).unwrap_or("");
            let after = text.get(range.end..).unwrap_or("");
            if before.ends_with("\n\n") && (after.starts_with('\n') || at + 1 == items.len()) {
                range.start -= 1;
            } else if at == 0 && after.starts_with('\n') {
                range.end += 1;
            }
            Ok(Some(Patch { range, with: String::new() }))
        }
    }
}

/// Takes away one of several that stand at these places.
fn cut(text: &str, flow: bool, starts: &[usize], ends: &[usize], at: usize) -> Patch {
    let start = starts.get(at).copied().unwrap_or_default();
    let ends_here = ends.get(at).copied().unwrap_or_default();
    let own_line = text.get(line_start(text, start)..start).is_some_and(|s| s.trim().is_empty());
    let range = match (flow, at.checked_sub(1).and_then(|before| ends.get(before))) {
        (true, Some(before)) => *before..ends_here,
        (false, _) if own_line => {
            line_start(text, start)..(line_end(text, ends_here) + 1).min(text.len())
        }
        // The first of them shares its line with what comes before: the next one takes its place.
        _ => start..starts.get(at + 1).copied().unwrap_or(ends_here),
    };
    Patch { range, with: String::new() }
}

/// The text with an item of a list moved to another place of it.
pub fn turn(text: &str, list: &Node, from: usize, to: usize) -> Result<String, EditError> {
    let unfit = || EditError::Unfit("these steps cannot be moved; change the text");
    let Kind::List(items) = &list.kind else { return Err(unfit()) };
    if is_flow(text, list) {
        return Err(unfit());
    }
    let chunks: Option<Vec<_>> =
        items.iter().map(|item| Some(chunk(text, item, dash(text, item)?))).collect();
    let chunks = chunks.ok_or_else(unfit)?;
    let first = chunks.first().map(|chunk| chunk.start).ok_or_else(unfit)?;
    let last = chunks.last().map(|chunk| chunk.end).ok_or_else(unfit)?;
    // What stands between two steps stays where it is; only the steps change places.
    let gaps: Vec<&str> = chunks
        .iter()
        .zip(chunks.iter().skip(1))
        .map(|(one, next)| text.get(one.end..next.start).unwrap_or(""))
        .collect();
    let mut order: Vec<usize> = (0..items.len()).collect();
    let one = order.remove(from);
    order.insert(if to > from { to - 1 } else { to }, one);
    let mut new = text.get(..first).unwrap_or("").to_owned();
    for (n, old) in order.iter().enumerate() {
        let lines = chunks.get(*old).and_then(|chunk| text.get(chunk.clone())).unwrap_or("");
        new.push_str(lines.trim_end_matches('\n'));
        new.push('\n');
        new.push_str(gaps.get(n).copied().unwrap_or(""));
    }
    new.push_str(text.get(last..).unwrap_or(""));
    Ok(new)
}
