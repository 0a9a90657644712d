//! A problem is something in the operator's text that must change before a plan can be made.
//! All of them are collected, each with its place and its fix. It must not decide what is a
//! problem: the readers and checks do.

use std::cell::{Cell, RefCell};
use std::fmt;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::{Serialize, Serializer};

use crate::codes::{self, Code};
use crate::files::{Files, Spot};

/// One problem. Lines and columns start at 1; columns count characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    #[serde(serialize_with = "id")]
    pub code: &'static Code,
    pub file: String,
    pub line: usize,
    pub column: usize,
    /// The bytes of the file that are meant.
    pub start: usize,
    pub end: usize,
    /// The line that is meant.
    pub excerpt: String,
    pub what: String,
    pub why: String,
    pub fix: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub did_you_mean: Option<String>,
}

fn id<S: Serializer>(code: &&'static Code, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(code.id)
}

/// All problems of a check, by file and place. Never empty when it is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// The problems in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same problems with other words for what is wrong.
    #[must_use]
    pub(crate) fn saying(mut self, what: &str) -> Self {
        for problem in &mut self.0 {
            problem.what = what.to_owned();
        }
        self
    }

    /// Adds other problems and keeps the order.
    pub fn extend(&mut self, others: Problems) {
        self.0.extend(others.0);
        self.settle();
    }

    fn settle(&mut self) {
        self.0.sort_by(|a, b| {
            (&a.file, a.start, a.code.id, &a.what).cmp(&(&b.file, b.start, b.code.id, &b.what))
        });
        self.0.dedup();
    }

    /// The problems as text with excerpts: plain, or with colours for a terminal.
    #[must_use]
    pub fn render(&self, files: &Files, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut text = String::new();
        for problem in &self.0 {
            text.push_str(&problem.render(files, &renderer));
            text.push_str("\n\n");
        }
        text
    }
}

impl FromIterator<Problem> for Problems {
    fn from_iter<I: IntoIterator<Item = Problem>>(problems: I) -> Self {
        let mut all = Self(problems.into_iter().collect());
        all.settle();
        all
    }
}

impl<'p> IntoIterator for &'p Problems {
    type Item = &'p Problem;
    type IntoIter = std::slice::Iter<'p, Problem>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, code, what, .. } = self;
        write!(f, "{file}:{line}:{column}: {}: {what}", code.id)?;
        match &self.did_you_mean {
            Some(word) => write!(f, " (did you mean `{word}`?)"),
            None => Ok(()),
        }
    }
}

impl Problem {
    fn render(&self, files: &Files, renderer: &Renderer) -> String {
        let title = Level::ERROR.primary_title(self.what.as_str()).id(self.code.id);
        let why = Level::NOTE.message(self.why.as_str());
        let help = match &self.did_you_mean {
            Some(word) => format!("did you mean `{word}`? otherwise: {}", self.fix),
            None => self.fix.clone(),
        };
        let help = Level::HELP.message(help);
        // A file can be missing as a whole; then there is a name to show and no line.
        let group: Group<'_> = match files.get(&self.file) {
            // A secret is not printed once more, wherever problems may be sent or kept.
            Some(text) if !text.is_empty() && self.code.id != codes::SECRET.id => {
                // One line is shown, whatever the length of the file and of what is meant.
                let (line, from) = line_at(text, self.start);
                let start = self.start.saturating_sub(from).min(line.len());
                let end = self.end.saturating_sub(from).clamp(start, line.len());
                title.element(
                    Snippet::source(line)
                        .line_start(self.line)
                        .path(self.file.as_str())
                        .annotation(AnnotationKind::Primary.span(start..end)),
                )
            }
            found => {
                let origin = annotate_snippets::Origin::path(self.file.as_str());
                title.element(match found {
                    Some(_) => origin.line(self.line).char_column(self.column),
                    None => origin,
                })
            }
        };
        renderer.render(&[group.element(why).element(help)])
    }
}

/// A problem in the making.
#[must_use]
pub(crate) struct Found {
    code: &'static Code,
    spot: Spot,
    what: String,
    fix: Option<String>,
    near: Option<String>,
}

impl Found {
    pub(crate) fn new(code: &'static Code, spot: &Spot, what: impl Into<String>) -> Self {
        Self { code, spot: spot.clone(), what: what.into(), fix: None, near: None }
    }

    /// A fix for this very place, instead of the code's general one.
    pub(crate) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// The problem at its place.
    pub(crate) fn placed(self, files: &Files) -> Problems {
        Problems(vec![place(self, files)])
    }

    /// Offers the known word that is closest to the written one, if one is close.
    pub(crate) fn near<W: AsRef<str>>(
        mut self,
        word: &str,
        known: impl IntoIterator<Item = W>,
    ) -> Self {
        self.near = nearest(word, known);
        self
    }
}

/// The known word that is closest to a written one, if one is close.
pub(crate) fn nearest<W: AsRef<str>>(
    word: &str,
    known: impl IntoIterator<Item = W>,
) -> Option<String> {
    let word: String = word.chars().take(64).collect();
    let mut best: Option<(usize, String)> = None;
    for other in known.into_iter().take(500) {
        let other = other.as_ref();
        let distance = strsim::damerau_levenshtein(&word, other);
        let close = distance * 3 <= word.chars().count().max(3) + 1;
        if close && best.as_ref().is_none_or(|(least, _)| distance < *least) {
            best = Some((distance, other.to_owned()));
        }
    }
    best.map(|(_, word)| word)
}

/// Collects problems while files are read and checked.
pub(crate) struct Cx<'f> {
    pub(crate) files: &'f Files,
    found: RefCell<Vec<Found>>,
    /// How many were added, those beyond the limit included.
    added: Cell<usize>,
    work: Cell<u64>,
}

/// How many problems are collected. Nobody reads more, and each costs time to place.
const PROBLEMS_MAX: usize = 500;

impl<'f> Cx<'f> {
    pub(crate) fn new(files: &'f Files) -> Self {
        Self { files, found: RefCell::new(Vec::new()), added: Cell::new(0), work: Cell::new(0) }
    }

    /// Adds a problem. Gives nothing, so that a reader can end with it.
    pub(crate) fn add<T>(&self, found: Found) -> Option<T> {
        self.added.set(self.added.get() + 1);
        if !self.full() {
            self.found.borrow_mut().push(found);
        }
        None
    }

    /// Whether no more problems are collected. Loops over what may be long stop then.
    pub(crate) fn full(&self) -> bool {
        self.added.get() > PROBLEMS_MAX
    }

    /// Counts what was looked at, so that a test can show that time grows with the text only.
    pub(crate) fn looked(&self, times: usize) {
        self.work.set(self.work.get().saturating_add(times as u64));
    }

    #[cfg(test)]
    pub(crate) fn work(&self) -> u64 {
        self.work.get()
    }

    /// How many problems there are so far.
    pub(crate) fn count(&self) -> usize {
        self.added.get()
    }

    /// Every problem, in order, with lines and columns.
    pub(crate) fn problems(self) -> Problems {
        let mut problems = Problems(Vec::new());
        for found in self.found.into_inner() {
            problems.0.push(place(found, self.files));
        }
        problems.settle();
        problems
    }
}

fn place(found: Found, files: &Files) -> Problem {
    let Found { code, spot, what, fix, near } = found;
    let text = files.get(&spot.file).map_or("", |text| text.as_ref());
    let start = floor(text, spot.start);
    let end = floor(text, spot.end).max(start);
    let before = text.get(..start).unwrap_or_default();
    let (line_text, line_start) = line_at(text, start);
    let excerpt: String = match code.id == codes::SECRET.id {
        true => "(not shown: it may be a secret)".to_owned(),
        false => line_text.chars().take(200).collect(),
    };
    Problem {
        code,
        file: spot.file.to_string(),
        line: before.bytes().filter(|b| *b == b'\n').count() + 1,
        column: text.get(line_start..start).unwrap_or_default().chars().count() + 1,
        start,
        end,
        excerpt,
        what,
        why: code.why.to_owned(),
        fix: fix.unwrap_or_else(|| code.fix.to_owned()),
        did_you_mean: near,
    }
}

/// The line that holds a byte, without its end, and where it starts.
fn line_at(text: &str, at: usize) -> (&str, usize) {
    let before = text.get(..floor(text, at)).unwrap_or_default();
    let from = before.rfind('\n').map_or(0, |at| at + 1);
    (text.get(from..).unwrap_or_default().lines().next().unwrap_or_default(), from)
}

/// The nearest character boundary at or before a byte.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
