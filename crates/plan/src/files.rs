//! The texts a workspace consists of, by relative path, and places in them. It must not read a
//! disk: whoever has one fills [`Files`].

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// The largest file that is read, in bytes. Every check is linear, so this bounds its time.
pub const FILE_BYTES_MAX: usize = 1 << 20;

/// The files of a workspace: relative path with `/` to text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<Arc<str>, Arc<str>>);

impl Files {
    /// No files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a file. A byte order mark is dropped, line ends become `\n`, and `\` in
    /// the path becomes `/`, so that nothing later depends on the editor that wrote the file.
    pub fn insert(&mut self, path: &str, text: &str) {
        let path = path.replace('\\', "/");
        let path = path.trim_start_matches("./");
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
        self.0.insert(Arc::from(path), Arc::from(text));
    }

    /// The text of a file.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Arc<str>> {
        self.0.get(path)
    }

    /// The path as it is kept, and the text.
    pub(crate) fn entry(&self, path: &str) -> Option<(&Arc<str>, &Arc<str>)> {
        self.0.get_key_value(path)
    }

    /// All files in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        self.0.iter()
    }

    /// The files directly in a folder whose names end so: `("agents/", ".md")`.
    pub fn within<'s>(
        &'s self,
        folder: &'s str,
        ending: &'s str,
    ) -> impl Iterator<Item = (&'s Arc<str>, &'s Arc<str>)> {
        self.0.iter().filter(move |(path, _)| {
            path.strip_prefix(folder)
                .is_some_and(|rest| rest.ends_with(ending) && !rest.contains('/'))
        })
    }
}

/// Whether a file says what the workspace does. Documents of cases, which anyone may have
/// written, do not, and are not looked into.
pub(crate) fn is_of_workspace(path: &str) -> bool {
    const FOLDERS: &[&str] =
        &["agents", "workflows", "tables", "schemas", "lists", "policies", "governance", "seeds"];
    let name = path.rsplit('/').next().unwrap_or(path);
    match path.split_once('/') {
        None => true,
        Some((folder, _)) => FOLDERS.contains(&folder) || matches!(name, "AGENTS.md" | "CLAUDE.md"),
    }
}

impl<P: AsRef<str>, T: AsRef<str>> FromIterator<(P, T)> for Files {
    fn from_iter<I: IntoIterator<Item = (P, T)>>(files: I) -> Self {
        let mut all = Self::new();
        for (path, text) in files {
            all.insert(path.as_ref(), text.as_ref());
        }
        all
    }
}

/// A place in a file: bytes `start..end` of its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) file: Arc<str>,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Spot {
    pub(crate) fn new(file: &Arc<str>, range: Range<usize>) -> Self {
        Self { file: Arc::clone(file), start: range.start, end: range.end.max(range.start) }
    }

    /// The start of a file: for what is missing as a whole.
    pub(crate) fn top(file: &str) -> Self {
        Self { file: Arc::from(file), start: 0, end: 0 }
    }
}
