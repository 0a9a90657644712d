//! The workflows that changes are tried on: those of the project, and maps that were imported.

use std::ops::Range;
use std::path::Path;
use std::sync::{LazyLock, OnceLock};

use serde_json::Value;

use super::super::place::end;
use super::super::{Edit, EditError, Page, edit, range, says};
use crate::files::Files;
use crate::fmt::comments;
use crate::import::{Source, Wish, import};
use crate::yaml::{Kind, Node};

/// A workflow among the files of its workspace.
pub struct Text {
    files: Files,
    pub path: String,
    pub text: String,
    /// What it says and its comments, read once.
    said: OnceLock<Value>,
    notes: OnceLock<Vec<String>>,
}

impl Text {
    pub fn tree(&self) -> Node {
        Page { files: &self.files, path: &self.path, text: &self.text }.tree(&self.text).unwrap()
    }

    fn new(files: Files, path: &str) -> Self {
        let text = files.get(path).unwrap().to_string();
        let (said, notes) = (OnceLock::new(), OnceLock::new());
        Self { files, path: path.to_owned(), text, said, notes }
    }

    pub fn says(&self) -> &Value {
        self.said.get_or_init(|| says(&self.tree()))
    }

    pub fn made(&self, change: &Edit) -> Result<Self, EditError> {
        let text = edit(&self.files, &self.path, std::slice::from_ref(change))?;
        let mut files = self.files.clone();
        files.insert(&self.path, &text);
        Ok(Self::new(files, &self.path))
    }

    pub fn must(&self, change: &Edit) -> Self {
        self.made(change).unwrap_or_else(|e| panic!("{}: {change:?}: {e}", self.path))
    }

    /// The lines of a place, from 0: the first and the one after the last.
    pub fn lines(&self, range: &Range<usize>) -> Range<usize> {
        let line = |at: usize| self.text.get(..at).unwrap().matches('\n').count();
        line(range.start)..line(range.end) + 1
    }

    pub fn of(&self, node: &Node) -> Range<usize> {
        self.lines(&(node.at.start..end(&self.text, node).max(node.at.start)))
    }

    pub fn comments(&self) -> &[String] {
        let settings = || self.text.get(range(&self.path, &self.text)).unwrap();
        self.notes.get_or_init(|| comments(settings()))
    }

    /// Whether another text is the same outside of these lines.
    pub fn same_outside(&self, new: &Self, own: Range<usize>, change: &Edit) {
        assert_eq!(self.comments(), new.comments(), "{change:?}");
        let (old, new): (Vec<&str>, Vec<&str>) =
            (self.text.lines().collect(), new.text.lines().collect());
        let before = old[..own.start.min(old.len())].to_vec();
        let after = old[own.end.min(old.len())..].to_vec();
        assert!(new.starts_with(&before), "{}: {change:?}", self.path);
        assert!(new.ends_with(&after) && new.len() >= before.len() + after.len(), "{change:?}");
    }

    /// The names of the steps at the top, in order.
    pub fn steps(&self) -> Vec<String> {
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

pub static TEXTS: LazyLock<Vec<Text>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut all = Vec::new();
    // A template is its own files over those that all of them share.
    let template = ["crates/cli/template/base", "crates/cli/template/expenses"];
    for places in
        [&["examples/back-office"][..], &["examples/inbox"], &["examples/research-desk"], &template]
    {
        let mut files = Files::new();
        places.iter().for_each(|place| folder(&mut files, &root.join(place), ""));
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

pub fn all_places(tree: &Node) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    places(tree, &mut Vec::new(), &mut all);
    all
}

pub fn at<'v>(value: &'v mut Value, place: &[String]) -> &'v mut Value {
    place.iter().fold(value, |value, part| match value {
        Value::Array(all) => &mut all[part.parse::<usize>().unwrap()],
        value => &mut value[part.as_str()],
    })
}

/// Whether a node is written between brackets.
pub fn between_brackets(text: &Text, node: &Node) -> bool {
    matches!(text.text.as_bytes().get(node.at.start), Some(b'{' | b'['))
}
