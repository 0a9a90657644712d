//! Every kind of change at every place of every workflow of the project and of maps that were
//! imported. What may differ of the lines: a value changes the lines that it stands on; what comes
//! stands on lines of its own, or on those of the brackets that it stands in; what goes takes its
//! lines with it, and one empty line beside them; a step that moves takes its lines and comments
//! along; another name changes lines that named the step; the text below leaves the settings.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::sync::{LazyLock, OnceLock};

use serde_json::{Value, json};

use super::super::place::{end, find};
use super::super::{Edit, EditError, Page, canon, edit, range, says};
use crate::files::Files;
use crate::fmt::comments;
use crate::import::{Source, Wish, import};
use crate::yaml::{Kind, Node};

/// A workflow among the files of its workspace.
struct Text {
    files: Files,
    path: String,
    text: String,
    /// What it says and its comments, read once.
    said: OnceLock<Value>,
    notes: OnceLock<Vec<String>>,
}

impl Text {
    fn tree(&self) -> Node {
        Page { files: &self.files, path: &self.path, text: &self.text }.tree(&self.text).unwrap()
    }

    fn new(files: Files, path: &str) -> Self {
        let text = files.get(path).unwrap().to_string();
        let (said, notes) = (OnceLock::new(), OnceLock::new());
        Self { files, path: path.to_owned(), text, said, notes }
    }

    fn says(&self) -> &Value {
        self.said.get_or_init(|| says(&self.tree()))
    }

    fn made(&self, change: &Edit) -> Result<Self, EditError> {
        let text = edit(&self.files, &self.path, std::slice::from_ref(change))?;
        let mut files = self.files.clone();
        files.insert(&self.path, &text);
        Ok(Self::new(files, &self.path))
    }

    fn must(&self, change: &Edit) -> Self {
        self.made(change).unwrap_or_else(|e| panic!("{}: {change:?}: {e}", self.path))
    }

    /// The lines of a place, from 0: the first and the one after the last.
    fn lines(&self, range: &Range<usize>) -> Range<usize> {
        let line = |at: usize| self.text.get(..at).unwrap().matches('\n').count();
        line(range.start)..line(range.end) + 1
    }

    fn of(&self, node: &Node) -> Range<usize> {
        self.lines(&(node.at.start..end(&self.text, node).max(node.at.start)))
    }

    fn comments(&self) -> &[String] {
        let settings = || self.text.get(range(&self.path, &self.text)).unwrap();
        self.notes.get_or_init(|| comments(settings()))
    }

    /// Whether another text is the same outside of these lines.
    fn same_outside(&self, new: &Self, own: Range<usize>, change: &Edit) {
        assert_eq!(self.comments(), new.comments(), "{change:?}");
        let (old, new): (Vec<&str>, Vec<&str>) =
            (self.text.lines().collect(), new.text.lines().collect());
        let before = old[..own.start.min(old.len())].to_vec();
        let after = old[own.end.min(old.len())..].to_vec();
        assert!(new.starts_with(&before), "{}: {change:?}", self.path);
        assert!(new.ends_with(&after) && new.len() >= before.len() + after.len(), "{change:?}");
    }

    /// The names of the steps at the top, in order.
    fn steps(&self) -> Vec<String> {
        let steps = self.says()["steps"].as_array().cloned().unwrap_or_default();
        steps.iter().map(|step| step["step"].as_str().unwrap().to_owned()).collect()
    }
}

fn folder(files: &mut Files, root: &Path, folder: &str) {
    for entry in std::fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{folder}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            folder_of(files, root, &name);
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            files.insert(&name, &text);
        }
    }
}

/// Only folders that say what a workspace does.
fn folder_of(files: &mut Files, root: &Path, name: &str) {
    let known = ["workflows", "agents", "tables", "schemas", "policies", "lists"];
    if known.contains(&name.rsplit('/').next().unwrap()) {
        folder(files, root, &format!("{name}/"));
    }
}

static TEXTS: LazyLock<Vec<Text>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut all = Vec::new();
    for place in
        ["examples/back-office", "examples/inbox", "examples/research-desk", "crates/cli/template"]
    {
        let mut files = Files::new();
        folder(&mut files, &root.join(place), "");
        let paths: Vec<String> =
            files.within("workflows/", ".md").map(|(path, _)| path.to_string()).collect();
        for path in paths {
            all.push(Text::new(files.clone(), &path));
        }
    }
    for map in ["future.json", "current.json"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/maps").join(map);
        let map = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let source = Source { map, ..Source::default() };
        let made = import(&Files::new(), &source, &Wish::default()).unwrap();
        let files: Files = made.files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
        all.push(Text::new(files, &format!("workflows/{}.md", made.workflow)));
    }
    assert!(all.len() >= 6, "{}", all.len());
    all
});

/// Every place of a tree, the whole first.
fn places(node: &Node, at: &mut Vec<String>, all: &mut Vec<Vec<String>>) {
    all.push(at.clone());
    let inner: Vec<(String, &Node)> = match &node.kind {
        Kind::Text { .. } => Vec::new(),
        Kind::List(items) => items.iter().enumerate().map(|(n, i)| (n.to_string(), i)).collect(),
        Kind::Map(entries) => entries.iter().map(|e| (e.key.clone(), &e.value)).collect(),
    };
    for (key, node) in inner {
        at.push(key);
        places(node, at, all);
        at.pop();
    }
}

fn all_places(tree: &Node) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    places(tree, &mut Vec::new(), &mut all);
    all
}

fn at<'v>(value: &'v mut Value, place: &[String]) -> &'v mut Value {
    place.iter().fold(value, |value, part| match value {
        Value::Array(all) => &mut all[part.parse::<usize>().unwrap()],
        value => &mut value[part.as_str()],
    })
}

/// Whether a node is written between brackets.
fn between_brackets(text: &Text, node: &Node) -> bool {
    matches!(text.text.as_bytes().get(node.at.start), Some(b'{' | b'['))
}

#[test]
fn every_value_is_set_on_its_own_lines_and_set_back() {
    let (mut tried, mut exact) = (0, 0);
    for text in TEXTS.iter() {
        let tree = text.tree();
        for place in all_places(&tree) {
            let node = find(&tree, &place).unwrap();
            let Kind::Text { text: said, plain } = &node.kind else { continue };
            let change = Edit::Set { at: place.clone(), to: json!(format!("{said} anew")) };
            let new = text.must(&change);
            let mut wanted = text.says().clone();
            *at(&mut wanted, &place) = json!(format!("{said} anew"));
            assert_eq!(*new.says(), wanted, "{change:?}");
            let own = text.of(node);
            text.same_outside(
                &new,
                own.start.saturating_sub(usize::from(!plain))..own.end,
                &change,
            );
            let back = new.must(&Edit::Set { at: place.clone(), to: says(node) });
            assert_eq!(back.says(), text.says(), "{change:?}");
            // A text that was in quotes which it does not need, or on several lines, is set back to
            // the same text and not to the same quotes.
            let mut quoted = text.text.get(node.at.start..).unwrap().chars();
            let ours = *plain && own.len() == 1 || quoted.next() == Some('"');
            exact += usize::from(back.text == text.text);
            assert!(back.text == text.text || !plain || !ours, "{change:?}\n{}", back.text);
            tried += 1;
        }
    }
    assert!(tried > 600 && exact * 100 > tried * 95, "{exact} of {tried}");
}

#[test]
fn every_map_and_list_takes_one_more_and_gives_it_back() {
    let mut tried = 0;
    for text in TEXTS.iter() {
        let tree = text.tree();
        for place in all_places(&tree) {
            let node = find(&tree, &place).unwrap();
            let (more, own) = match &node.kind {
                Kind::Text { .. } => continue,
                Kind::Map(entries) if entries.is_empty() => continue,
                Kind::List(items) if items.is_empty() => continue,
                Kind::Map(_) => ("zz_more".to_owned(), text.of(node)),
                Kind::List(items) => (items.len().to_string(), text.of(node)),
            };
            let mut inner = place.clone();
            inner.push(more);
            let change = Edit::Set { at: inner.clone(), to: json!("one more") };
            let new = text.must(&change);
            let mut wanted = text.says().clone();
            match at(&mut wanted, &place) {
                Value::Array(all) => all.push(json!("one more")),
                map => map["zz_more"] = json!("one more"),
            }
            assert_eq!(*new.says(), wanted, "{change:?}");
            // Nothing that was there has changed but the line of brackets that took it in.
            match between_brackets(text, node) {
                true => text.same_outside(&new, own, &change),
                false => {
                    text.same_outside(&new, own.clone(), &change);
                    let old: Vec<&str> = text.text.lines().collect();
                    let mut left = new.text.lines();
                    assert!(old.iter().all(|line| left.any(|other| other == *line)), "{change:?}");
                }
            }
            let back = new.must(&Edit::Remove { at: inner });
            assert_eq!(back.text, text.text, "{change:?}");
            // The whole value with one more is the same change.
            let whole = Edit::Set { at: place.clone(), to: at(&mut wanted, &place).clone() };
            assert_eq!(text.must(&whole).text, new.text, "{whole:?}");
            tried += 1;
        }
    }
    assert!(tried > 250, "{tried}");
}

#[test]
fn whatever_is_taken_away_takes_its_own_lines_and_comes_back_with_the_same_meaning() {
    let (mut tried, mut refused) = (0, 0);
    for text in TEXTS.iter() {
        let tree = text.tree();
        for place in all_places(&tree) {
            let Some((last, parents)) = place.split_last() else { continue };
            let parent = find(&tree, parents).unwrap();
            let node = find(&tree, &place).unwrap();
            let change = Edit::Remove { at: place.clone() };
            let new = match text.made(&change) {
                Ok(new) => new,
                // Its own comments would go, or it is the only one there.
                Err(EditError::Comment | EditError::Unfit(_)) => {
                    refused += 1;
                    continue;
                }
                Err(other) => panic!("{change:?}: {other}"),
            };
            let mut wanted = text.says().clone();
            match at(&mut wanted, parents) {
                Value::Array(all) => drop(all.remove(last.parse::<usize>().unwrap())),
                map => drop(map.as_object_mut().unwrap().remove(last)),
            }
            assert_eq!(*new.says(), wanted, "{change:?}");
            let mut own = match between_brackets(text, parent) {
                true => text.of(parent),
                false => text.of(node),
            };
            if let Kind::Map(entries) = &parent.kind {
                let entry = entries.iter().find(|entry| entry.key == *last).unwrap();
                own.start =
                    own.start.min(text.lines(&(entry.key_at.start..entry.key_at.end)).start);
                // Where the first shares its line with a dash, the next one takes its place.
                let first = entries.first().is_some_and(|first| first.key == *last);
                own.end += usize::from(first);
            }
            if let Kind::List(_) = &parent.kind {
                own.end += 1;
            }
            own.start = own.start.saturating_sub(1);
            text.same_outside(&new, own, &change);
            // A row comes back with its list; a key by itself.
            let back = match &parent.kind {
                Kind::List(_) => Edit::Set { at: parents.to_vec(), to: says(parent) },
                _ => Edit::Set { at: place.clone(), to: says(node) },
            };
            let back = new.must(&back);
            assert_eq!(back.says(), text.says(), "{change:?}");
            assert_eq!(back.comments(), text.comments(), "{change:?}");
            tried += 1;
        }
    }
    assert!(tried > 800 && refused * 5 < tried, "{tried} and {refused} refused");
}

#[test]
fn a_step_comes_at_every_place_and_goes_without_a_trace() {
    let step = json!({ "step": "zz_new", "tool": "mail.send", "with": { "to": "case.name" } });
    let mut tried = 0;
    for text in TEXTS.iter() {
        let steps = text.steps();
        for after in std::iter::once(None).chain(steps.iter().cloned().map(Some)) {
            if steps.is_empty() {
                continue;
            }
            let change = Edit::Add { step: step.clone(), after: after.clone() };
            let new = text.must(&change);
            let place = after
                .as_ref()
                .map_or(0, |after| steps.iter().position(|s| s == after).unwrap() + 1);
            let mut wanted = text.says().clone();
            wanted["steps"].as_array_mut().unwrap().insert(place, canon(&step));
            assert_eq!(*new.says(), wanted, "{change:?}");
            // Its lines stand together, and the lines before and after them are those of the old text.
            let (old, now): (Vec<&str>, Vec<&str>) =
                (text.text.lines().collect(), new.text.lines().collect());
            let same = old.iter().zip(&now).take_while(|(a, b)| a == b).count();
            assert!(now.ends_with(&old[same..]), "{change:?}");
            let gone = new.must(&Edit::Remove { at: vec!["steps".into(), "zz_new".into()] });
            assert_eq!(gone.text, text.text, "{change:?}");
            tried += 1;
        }
    }
    assert!(tried > 40, "{tried}");
}

#[test]
fn every_step_moves_to_every_place_and_back() {
    let mut tried = 0;
    for text in TEXTS.iter() {
        let steps = text.steps();
        for (from, step) in steps.iter().enumerate() {
            for after in std::iter::once(None).chain(steps.iter().cloned().map(Some)) {
                if after.as_ref() == Some(step) {
                    continue;
                }
                let change = Edit::Move { step: step.clone(), after: after.clone() };
                let new = text.must(&change);
                let mut wanted = steps.clone();
                wanted.remove(from);
                let place =
                    after.as_ref().map_or(0, |a| wanted.iter().position(|s| s == a).unwrap() + 1);
                wanted.insert(place, step.clone());
                assert_eq!(new.steps(), wanted, "{change:?}");
                let mut lines: (Vec<&str>, Vec<&str>) =
                    (text.text.lines().collect(), new.text.lines().collect());
                lines.0.sort_unstable();
                lines.1.sort_unstable();
                assert_eq!(lines.0, lines.1, "{change:?}");
                let before = from.checked_sub(1).map(|before| steps[before].clone());
                let back = new.must(&Edit::Move { step: step.clone(), after: before });
                assert_eq!(back.text, text.text, "{change:?}");
                tried += 1;
            }
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn every_step_gets_another_name_wherever_it_is_named_and_its_own_back() {
    let mut tried = 0;
    for text in TEXTS.iter() {
        for step in text.steps() {
            let change = Edit::Rename { step: step.clone(), to: "zz_other".into() };
            let new = text.must(&change);
            let wanted: Vec<String> = text
                .steps()
                .into_iter()
                .map(|s| if s == step { "zz_other".into() } else { s })
                .collect();
            assert_eq!(new.steps(), wanted, "{change:?}");
            assert_eq!(new.comments(), text.comments(), "{change:?}");
            assert_eq!(text.text.lines().count(), new.text.lines().count());
            for (old, new) in
                text.text.lines().zip(new.text.lines()).filter(|(old, new)| old != new)
            {
                assert!(old.contains(&step), "{change:?}: {old}");
                assert_eq!(new.replace("zz_other", &step), *old, "{change:?}");
            }
            let back = new.must(&Edit::Rename { step: "zz_other".into(), to: step.clone() });
            assert_eq!(back.text, text.text, "{change:?}");
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried}");
}

#[test]
fn the_text_below_changes_alone_and_comes_back() {
    let mut seen = BTreeSet::new();
    for text in TEXTS.iter() {
        let from = crate::markdown::split(&text.text).body.start;
        let new = text.must(&Edit::Body { text: "\n# Other\n\nOther words.\n\n".into() });
        assert_eq!(
            new.text,
            format!("{}\n# Other\n\nOther words.\n", text.text.get(..from).unwrap())
        );
        let back = new.must(&Edit::Body { text: text.text.get(from..).unwrap().to_owned() });
        assert_eq!(back.text, text.text);
        seen.insert(text.path.clone());
    }
    assert!(seen.len() >= 6);
}
