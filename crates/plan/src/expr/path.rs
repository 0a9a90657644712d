//! Paths to values of a run: a root and field names. It must not know how a root gets its value.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A path to a value: a root (`case`, `item`, `result` or a step's id) and field names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Path {
    text: Arc<str>,
}

impl Path {
    /// Reads `read.total`. Each part is `[a-zA-Z_][a-zA-Z0-9_]*`; at most 8 parts.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = 0;
        for part in text.split('.') {
            parts += 1;
            let mut bytes = part.bytes();
            let first = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
            if !first || !bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return Err(format!(
                    "`{text}` is no path: write names joined by points, such as `read.total`"
                ));
            }
        }
        if parts > 8 || text.len() > 256 {
            return Err(format!("`{text}` is too long for a path: at most 8 names"));
        }
        Ok(Self { text: Arc::from(text) })
    }

    /// The first name: `case`, `item`, `result` or a step.
    #[must_use]
    pub fn root(&self) -> &str {
        self.text.split('.').next().unwrap_or_default()
    }

    /// The names after the root.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.text.split('.').skip(1)
    }

    /// The path as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The value below the root's value, if every field is there.
    #[must_use]
    pub fn below<'v>(&self, root: &'v serde_json::Value) -> Option<&'v serde_json::Value> {
        self.fields().try_fold(root, |value, field| value.get(field))
    }

    /// The JSON pointer below the root: `/total`.
    #[must_use]
    pub fn pointer(&self) -> String {
        self.fields().fold(String::new(), |pointer, field| pointer + "/" + field)
    }
}

impl TryFrom<String> for Path {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Path> for String {
    fn from(path: Path) -> Self {
        path.text.to_string()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.text)
    }
}
