//! Changes to the operator's files as patches: a change touches its own lines and no other, and
//! comments stay. Whoever draws a map changes the same text that others write by hand. It must not
//! judge what a change makes of a workflow: `check` does.

mod place;
mod rename;
mod write;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::files::Files;
use crate::fmt::{comments, shape};
use crate::markdown;
use crate::problem::{Cx, Problems};
use crate::yaml::{self, Kind, Node};

/// How many patches one change may take: more is a defect.
const PATCHES_MAX: usize = 10_000;

/// One change of a file. A place is named by keys, numbers of a list from 0, and names of steps:
/// `["steps", "route", "otherwise"]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Edit {
    /// Puts a value to a place, whether or not one stands there.
    Set { at: Vec<String>, to: Value },
    /// Takes away what stands at a place: a key, a row, a step.
    Remove { at: Vec<String> },
    /// Adds a step after another one, or as the first.
    Add { step: Value, after: Option<String> },
    /// Puts a step after another one of its list, or first in it: also within a branch.
    Move { step: String, after: Option<String> },
    /// Gives a step another name, wherever it is named.
    Rename { step: String, to: String },
    /// Replaces the text below the settings.
    Body { text: String },
}

/// Why a change was not made. The text is as it was.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error("`{0}` is no file that can be changed so")]
    NoFile(String),
    #[error("the settings of this file cannot be read")]
    Unreadable(Problems),
    #[error("there is no `{0}`")]
    NoPlace(String),
    #[error("{0}")]
    Unfit(&'static str),
    #[error("a comment would be lost; change this place in the text")]
    Comment,
    #[error("a change would leave problems that were not there")]
    Breaks(Problems),
}

/// The text of a file after these changes, one after the other.
pub fn edit(files: &Files, path: &str, edits: &[Edit]) -> Result<String, EditError> {
    let (Some(_), Some((_, text))) = (shape(path), files.entry(path)) else {
        return Err(EditError::NoFile(path.to_owned()));
    };
    let mut text = text.to_string();
    for edit in edits {
        text = one(files, path, &text, edit)?;
    }
    Ok(text)
}

fn one(files: &Files, path: &str, text: &str, edit: &Edit) -> Result<String, EditError> {
    let page = Page { files, path, text };
    let new = match edit {
        Edit::Set { at, to } => page.set(at, to)?,
        Edit::Remove { at } => return page.removed(at),
        Edit::Add { step, after } => page.added(step, after.as_deref())?,
        Edit::Move { step, after } => page.moved(step, after.as_deref())?,
        Edit::Rename { step, to } => page.renamed(step, to)?,
        Edit::Body { text: body } => {
            let parts = markdown::split(text);
            let before = text.get(..parts.body.start).unwrap_or(text);
            let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
            format!("{before}{gap}{}\n", body.trim_end())
        }
    };
    let settings = |text: &str| text.get(range(path, text)).map(comments).unwrap_or_default();
    match settings(text) == settings(&new) {
        true => Ok(new),
        false => Err(EditError::Comment),
    }
}

/// The line, from 1, at which a place of a file stands: its key, or its item of a list.
#[must_use]
pub fn line_of(files: &Files, path: &str, at: &[&str]) -> Option<usize> {
    let (_, text) = files.entry(path)?;
    let tree = Page { files, path, text }.tree(text).ok()?;
    let at: Vec<String> = at.iter().map(|part| (*part).to_owned()).collect();
    let (last, parents) = at.split_last()?;
    let parent = place::find(&tree, parents)?;
    let start = match &parent.kind {
        Kind::Map(entries) => entries.iter().find(|entry| entry.key == *last)?.key_at.start,
        Kind::List(_) | Kind::Text { .. } => place::child(parent, last)?.at.start,
    };
    Some(text.get(..start)?.matches('\n').count() + 1)
}

/// Where the settings of a file stand.
fn range(path: &str, text: &str) -> Range<usize> {
    match path.ends_with(".md") {
        false => 0..text.len(),
        true => markdown::split(text).settings.unwrap_or(0..0),
    }
}

/// A file while one change is made.
struct Page<'a> {
    files: &'a Files,
    path: &'a str,
    text: &'a str,
}

/// One replacement in a text.
struct Patch {
    range: Range<usize>,
    with: String,
}

impl Patch {
    fn on(&self, text: &str) -> String {
        let (before, after) = (text.get(..self.range.start), text.get(self.range.end..));
        [before.unwrap_or(""), &self.with, after.unwrap_or("")].concat()
    }
}

impl Page<'_> {
    /// The settings as a tree whose places are those of the file.
    fn tree(&self, text: &str) -> Result<Node, EditError> {
        let range = range(self.path, text);
        let cx = Cx::new(self.files);
        let part = text.get(range.clone()).unwrap_or("");
        let tree = yaml::read(&cx, &Arc::from(self.path), part, range.start);
        match tree.filter(|_| cx.count() == 0) {
            Some(tree) => Ok(tree),
            None => Err(EditError::Unreadable(cx.problems())),
        }
    }

    /// Patches until the place says what it should: each patch is one small change.
    fn set(&self, at: &[String], to: &Value) -> Result<String, EditError> {
        let mut text = self.text.to_owned();
        let to = canon(to);
        for _ in 0..PATCHES_MAX {
            let tree = self.tree(&text)?;
            match self.towards(&text, &tree, at, &to)? {
                Some(patch) => text = patch.on(&text),
                None => return Ok(text),
            }
        }
        Err(EditError::Unfit("this cannot be written here; change it in the text"))
    }

    /// The next patch that brings a place nearer to a value; nothing where it says that.
    fn towards(
        &self,
        text: &str,
        tree: &Node,
        at: &[String],
        to: &Value,
    ) -> Result<Option<Patch>, EditError> {
        let order = self.order(at.len().saturating_sub(1), at);
        let Some((last, parents)) = at.split_last() else { return place::nearer(text, tree, to) };
        let Some(parent) = place::find(tree, parents) else {
            // What is around it is not there either: it is put there with it.
            let around = Value::Object([(last.clone(), to.clone())].into_iter().collect());
            return self.towards(text, tree, parents, &around);
        };
        match (&parent.kind, place::child(parent, last)) {
            (_, Some(node)) => place::nearer(text, node, to),
            (Kind::Map(_), None) => place::insert(text, parent, last, to, &order).map(Some),
            (Kind::List(items), None) if last.parse() == Ok(items.len()) => {
                place::insert_item(text, parent, items.len(), to).map(Some)
            }
            (Kind::Text { .. }, None) if parent.is_null() => {
                let around = Value::Object([(last.clone(), to.clone())].into_iter().collect());
                place::nearer(text, parent, &around)
            }
            (Kind::List(_) | Kind::Text { .. }, None) => Err(EditError::NoPlace(at.join("."))),
        }
    }

    /// The order of keys at a depth: of the whole file, or of a step.
    fn order(&self, depth: usize, at: &[String]) -> Vec<&'static str> {
        match (depth, at.first().map(String::as_str)) {
            (0, _) => shape(self.path)
                .map_or(Vec::new(), |shape| shape.keys.iter().map(|key| key.name).collect()),
            (2, Some("steps")) => crate::fmt::step_order(),
            _ => Vec::new(),
        }
    }

    fn removed(&self, at: &[String]) -> Result<String, EditError> {
        let tree = self.tree(self.text)?;
        let missing = || EditError::NoPlace(at.join("."));
        let (last, parents) = at.split_last().ok_or_else(missing)?;
        let parent = place::find(&tree, parents).ok_or_else(missing)?;
        let patch = place::remove(self.text, parent, last)?.ok_or_else(missing)?;
        let new = patch.on(self.text);
        // It has to be readable, and to lack nothing else.
        let wanted = place::without(&tree, at);
        match says(&self.tree(&new)?) == wanted {
            true => Ok(new),
            false => {
                Err(EditError::Unfit("this cannot be taken away alone; change it in the text"))
            }
        }
    }

    fn added(&self, step: &Value, after: Option<&str>) -> Result<String, EditError> {
        let tree = self.tree(self.text)?;
        let name = step.get("step").and_then(Value::as_str);
        let name = name.ok_or(EditError::Unfit("a step needs a name: `step`"))?;
        let step = &canon(step);
        let Some(list) = place::find(&tree, &["steps".to_owned()]) else {
            return self.set(&["steps".to_owned()], &Value::Array(vec![step.clone()]));
        };
        let Kind::List(items) = &list.kind else {
            return self.set(&["steps".to_owned()], &Value::Array(vec![step.clone()]));
        };
        if place::child(list, name).is_some() {
            return Err(EditError::Unfit("there is a step of that name already"));
        }
        let at = place::index_after(list, after)?;
        let new = place::insert_item(self.text, list, at, step)?.on(self.text);
        let mut wanted = says(list);
        if let Value::Array(all) = &mut wanted {
            all.insert(at.min(items.len()), step.clone());
        }
        let tree = self.tree(&new)?;
        Self::stands(&new, place::find(&tree, &["steps".to_owned()]), &wanted)
    }

    fn moved(&self, step: &str, after: Option<&str>) -> Result<String, EditError> {
        let tree = self.tree(self.text)?;
        let missing = || EditError::NoPlace(step.to_owned());
        let list = holding(&tree, step).ok_or_else(missing)?;
        let from = place::index(list, step).ok_or_else(missing)?;
        let to = place::index_after(list, after)?;
        if from == to || from + 1 == to {
            return Ok(self.text.to_owned());
        }
        let new = place::turn(self.text, list, from, to)?;
        let mut wanted = says(list);
        if let Value::Array(all) = &mut wanted {
            let one = all.remove(from);
            all.insert(if to > from { to - 1 } else { to }, one);
        }
        let tree = self.tree(&new)?;
        Self::stands(&new, holding(&tree, step), &wanted)
    }

    /// The new text, if the steps of a list are these.
    fn stands(new: &str, list: Option<&Node>, steps: &Value) -> Result<String, EditError> {
        let found = list.map(says);
        match found.as_ref() == Some(steps) {
            true => Ok(new.to_owned()),
            false => Err(EditError::Unfit("the steps cannot be changed so; change the text")),
        }
    }
}

/// The list that a step stands in: that of the map, or of a branch within it.
fn holding<'n>(tree: &'n Node, step: &str) -> Option<&'n Node> {
    fn within<'n>(list: &'n Node, step: &str) -> Option<&'n Node> {
        let Kind::List(items) = &list.kind else { return None };
        if place::index(list, step).is_some() {
            return Some(list);
        }
        let mut branches = items.iter().filter_map(|item| place::child(item, "parallel"));
        branches.find_map(|branches| match &branches.kind {
            Kind::Map(all) => all.iter().find_map(|branch| within(&branch.value, step)),
            Kind::List(_) | Kind::Text { .. } => None,
        })
    }
    within(place::child(tree, "steps")?, step)
}

/// What the settings of a file say: a number is the text that it is written as. A file without a
/// setting says nothing.
pub(crate) fn settings(files: &Files, path: &str) -> Result<Value, EditError> {
    let (Some(_), Some((_, text))) = (shape(path), files.entry(path)) else {
        return Err(EditError::NoFile(path.to_owned()));
    };
    Ok(says(&Page { files, path, text }.tree(text)?))
}

/// What a tree says. A number is the text that it is written as.
pub(crate) fn says(node: &Node) -> Value {
    match &node.kind {
        Kind::Text { .. } if node.is_null() => Value::Null,
        Kind::Text { text, .. } => Value::String(text.clone()),
        Kind::List(items) => Value::Array(items.iter().map(says).collect()),
        Kind::Map(entries) => Value::Object(
            entries.iter().map(|entry| (entry.key.clone(), says(&entry.value))).collect(),
        ),
    }
}

/// A value in the same form.
fn canon(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
        Value::String(text) => Value::String(text.clone()),
        Value::Array(all) => Value::Array(all.iter().map(canon).collect()),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), canon(value))).collect())
        }
    }
}
