//! Paths to values of a run, and conditions in CEL with a few functions of ours. CEL's own parser
//! reads them; evaluation is ours, over the run's JSON without copying it. It is total: it ends,
//! never panics, knows no binary float, and a missing name is an error, never a default.

mod decimal;
mod eval;
mod path;
mod read;
mod sentence;
mod tree;
mod types;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use path::Path;
pub use types::check_types;

use tree::Node;

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
    /// Values of kinds that do not go together, such as money and a bare number.
    #[error("{0}")]
    Kind(String),
    /// Two currencies met.
    #[error("`{0}` and `{1}` are different currencies")]
    Currencies(crate::value::Currency, crate::value::Currency),
    /// A number became too large or too fine to stay exact.
    #[error("the result of `{0}` does not fit")]
    Range(&'static str),
    /// The result is not the kind that was asked for.
    #[error("the expression gives {0}, not yes or no")]
    NotBool(&'static str),
}

/// What is wrong with the text of an expression, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExprProblem {
    /// The byte of the expression where it begins.
    pub offset: usize,
    pub kind: ProblemKind,
    pub what: String,
    pub fix: String,
    pub did_you_mean: Option<String>,
}

/// A problem that the type checker found. It has the same shape as one that reading found.
pub type TypeProblem = ExprProblem;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// It cannot be read, or uses what a condition may not use.
    Form,
    UnknownName,
    UnknownFunction,
    /// Money beside a number without a currency, or beside another currency.
    Money,
    /// Operands that do not go together.
    Types,
    /// The whole is not yes or no.
    NotCondition,
}

impl fmt::Display for ExprProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.fix)
    }
}

/// A condition that was read. Its form in a release is its source text.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Expr {
    source: Arc<str>,
    read: Arc<Read>,
}

/// What reading made of the source, once.
struct Read {
    root: Node,
    paths: Vec<Path>,
}

impl Expr {
    /// Reads an expression: at most 1,000 characters and 24 levels deep.
    pub fn read(text: &str) -> Result<Self, ExprProblem> {
        let (root, paths) = read::read(text)?;
        Ok(Self { source: Arc::from(text), read: Arc::new(Read { root, paths }) })
    }

    /// Like [`Expr::read`], with the problem as one line of text.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::read(text).map_err(|problem| problem.to_string())
    }

    /// The text as the operator wrote it.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Every path the expression mentions. Its result carries the labels of all of them.
    #[must_use]
    pub fn paths(&self) -> &[Path] {
        &self.read.paths
    }

    /// The same in plain words: "`total` of read is at least 5,000.00 EUR".
    #[must_use]
    pub fn sentence(&self) -> String {
        sentence::sentence(&self.read.root, &self.read.paths)
    }

    /// Yes or no; anything else is an error.
    pub fn holds(&self, scope: &dyn Scope) -> Result<bool, EvalError> {
        eval::holds(&self.read.root, &self.read.paths, scope)
    }

    /// The value as JSON. Decimals are texts, as everywhere.
    pub fn value(&self, scope: &dyn Scope) -> Result<serde_json::Value, EvalError> {
        eval::value(&self.read.root, &self.read.paths, scope)
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

/// Whether a text is a date of the calendar, written `YYYY-MM-DD`.
#[must_use]
pub fn is_date(text: &str) -> bool {
    decimal::day(text).is_some()
}

/// Whether a text is a decimal as values hold them: `-12.50`, no exponent, at most 12 places.
#[must_use]
pub fn is_decimal(text: &str) -> bool {
    decimal::Decimal::parse(text).is_some()
}

/// The known name that the written one was probably meant to be.
fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|name| (strsim::damerau_levenshtein(written, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len().min(written.len()) / 4)
        .min()
        .map(|(_, name)| name.to_owned())
}
