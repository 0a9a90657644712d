//! The repository as named texts. Only this part of tidy reads the disk, and it follows no link.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// Folders that hold nothing of ours.
const SKIPPED: &[&str] = &[".git", "target", "node_modules", ".venv", "corpus"];

/// Relative path with `/` to text. Files that are not UTF-8 are present with an empty text.
#[derive(Debug, Default)]
pub struct Tree(BTreeMap<String, String>);

impl Tree {
    /// Reads every file below `root`.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.walk(root, "")?;
        Ok(tree)
    }

    fn walk(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type()?;
            if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
                self.walk(&entry.path(), &format!("{prefix}{name}/"))?;
            } else if kind.is_file() {
                let text = String::from_utf8(std::fs::read(entry.path())?).unwrap_or_default();
                self.0.insert(format!("{prefix}{name}"), text);
            }
        }
        Ok(())
    }

    /// A file's text.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Whether a file or folder of this path exists.
    pub fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.0.contains_key(path)
            || self
                .0
                .range(format!("{path}/")..)
                .next()
                .is_some_and(|(file, _)| file.starts_with(&format!("{path}/")))
    }

    /// Whether something at the top of the repository has this name.
    pub fn has_top(&self, name: &str) -> bool {
        self.has(name)
    }

    /// All files with one of these endings.
    pub fn ending<'t>(&'t self, ends: &'t [&str]) -> impl Iterator<Item = (&'t str, &'t str)> {
        self.0
            .iter()
            .filter(move |(path, _)| ends.iter().any(|end| path.ends_with(end)))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

impl<P: Into<String>, T: Into<String>> FromIterator<(P, T)> for Tree {
    fn from_iter<I: IntoIterator<Item = (P, T)>>(files: I) -> Self {
        Self(files.into_iter().map(|(path, text)| (path.into(), text.into())).collect())
    }
}
