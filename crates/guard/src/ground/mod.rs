//! Grounded fields: the spans of a document that fit a field, the two questions a model is asked
//! about them, and what its answers settle. Pure and deterministic; it must not believe a model:
//! a value is accepted only where independent witnesses agree (see [`settle`]).
//!
//! A candidate proves where a value stands, never that anyone may act on it.

mod absent;
mod date;
mod form;
mod iban;
mod id;
mod known;
mod label;
mod money;
mod name;
mod page;
mod place;
mod question;
mod sender;
mod settle;
mod sum;

use std::ops::Range;

use plan::workflow::{CopyField, Find};
use serde_json::Value;

use label::Lexicon;
use page::Page;

pub use known::{known, worth_knowing};
pub use question::questions;
pub use settle::{Reason, Settled, settle, worth_asking};

/// Where accounts stand in a text, by their checksum.
pub(crate) fn accounts(text: &str) -> Vec<Range<usize>> {
    iban::places(text)
}

/// The version of the finders and their words. It is recorded with every value they ground, and it
/// changes whenever the same document could give other candidates.
pub const FINDER_VERSION: u32 = 3;

/// How many candidates a field keeps.
pub const CANDIDATES_MAX: usize = 12;

/// How many different values are weighed against each other before the best are kept.
const KEPT_MAX: usize = 64;

/// A place of the document that could be the field's value.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Bytes of the source, on the borders of characters.
    pub span: Range<usize>,
    /// The value in canonical form.
    pub value: Value,
    /// Which finder found it.
    pub finder: &'static str,
    /// How well its surroundings name the field; [`LABELLED`] and more means a label names it.
    pub score: i32,
    /// The text as a reader sees it.
    pub shown: String,
    /// The document's language, in which a completing model is asked.
    pub language: &'static str,
    /// What besides a label speaks for it.
    pub second: Option<Second>,
    /// What keeps it from being accepted without a person.
    pub flaw: Option<Flaw>,
    /// The line it stands in.
    line: usize,
}

/// A witness that is neither a label nor a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Second {
    /// Every other value of the type is named as another field, or is none by its form.
    Only,
    /// The document's own net, tax and total add up with it.
    Sum,
    /// The value stands in the document again, and no label names another.
    Repeated,
    /// The label that names the field in full stands right at it, and no label names another.
    Named,
    /// Its legal form, and no other organisation's, is of the country of the account.
    Home,
    /// The letterhead's own marks: the name in a web address, or a tax number below it.
    Marked,
    /// The token's own letters say what it is: "PO-20401".
    Mark,
    /// No date of the document is earlier than the one that a label names, save below the amounts.
    First,
    /// A trusted table knows this value, and no other of the document.
    Known,
}

/// From this score on a label of the document names the field at this candidate.
pub const LABELLED: i32 = 60;

/// From this score on the field's full name stands right at the candidate.
const NAMED: i32 = 98;

/// The same for an identifier. An amount or a date stands near too many words; a token that looks
/// like a number of something stands near the word for it, and here no other token does.
const NAMED_ID: i32 = 88;

/// Why a candidate, although it has the right form, is not clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Day and month could be the other way round.
    DayOrMonth,
    /// No currency stands beside it and the document names none or several.
    Currency,
    /// The comma or point could part thousands or decimals.
    Separator,
    /// Characters that nobody sees stand inside it.
    Hidden,
}

/// A finding before it is weighed: a range of the page's text.
struct Found {
    range: Range<usize>,
    value: Value,
    flaw: Option<Flaw>,
    /// What the finder itself has to say for it, before any label.
    base: i32,
}

/// The candidates of a field in a document, best first: deduplicated by value, at most
/// [`CANDIDATES_MAX`], the same for the same text on every machine.
#[must_use]
pub fn candidates(text: &str, field: &CopyField) -> Vec<Candidate> {
    let page = Page::read(text);
    let (mut all, repeated) = best(weigh(&page, field));
    if field.find == Find::Name {
        sender::only(&mut all);
    }
    let goods = if field.find == Find::Date { money::goods(&page) } else { None };
    second(field, &mut all, repeated, goods);
    if field.find == Find::Name {
        sender::witness(&page, &mut all);
    }
    if field.find == Find::Money {
        sum::second(&page, field, &mut all);
    }
    // Where a table knows the values, it is asked before a field is taken for absent.
    if field.optional && field.known_in.is_none() && absent::is(&page, field, &all) {
        return Vec::new();
    }
    // A table is asked about all of them; [`known`] cuts what is left.
    if field.known_in.is_none() {
        all.truncate(CANDIDATES_MAX);
    }
    all
}

/// Every finding of a field's type with its score.
fn weigh(page: &Page<'_>, field: &CopyField) -> Vec<Candidate> {
    let lexicon = Lexicon::new(field);
    let (finder, found) = match field.find {
        Find::Money => ("money", money::find(page)),
        Find::Date => ("date", date::find(page)),
        Find::Iban => ("iban", iban::find(page)),
        Find::Id => ("id", id::find(page)),
        Find::Name => ("name", name::find(page)),
        Find::Line => ("line", name::lines(page)),
    };
    let language = question::language(&page.text);
    let places = place::Places::new(page, &lexicon, field.find, &found);
    let mut all: Vec<Candidate> = Vec::with_capacity(found.len());
    for (n, found) in found.into_iter().enumerate() {
        let Some(score) = places.score(n, &found) else { continue };
        let span = page.span(&found.range);
        let flaw = if page.hides(&span) { Some(Flaw::Hidden) } else { found.flaw };
        let line = page.line_of(found.range.start);
        let shown = page.part(found.range).split_whitespace().collect::<Vec<_>>().join(" ");
        all.push(Candidate {
            span,
            value: found.value,
            finder,
            score,
            shown,
            language,
            second: None,
            flaw,
            line,
        });
    }
    all
}

/// Notes at the best candidate whether anything besides its label speaks for it.
fn second(field: &CopyField, all: &mut [Candidate], repeated: bool, goods: Option<usize>) {
    let Some((best, rest)) = all.split_first_mut() else { return };
    if best.score < LABELLED {
        return;
    }
    if rest.iter().all(|other| other.score < 0) {
        best.second = Some(Second::Only);
        return;
    }
    // Amounts stand near too many words; their witness is the document's own sum.
    let lone = best.finder != "money" && rest.iter().all(|other| other.score < LABELLED);
    if repeated && (best.finder == "name" || lone) {
        best.second = Some(Second::Repeated);
    } else if lone && absent::marked(field, best) {
        best.second = Some(Second::Mark);
    } else if lone && best.score >= if best.finder == "id" { NAMED_ID } else { NAMED } {
        best.second = Some(Second::Named);
    } else if lone
        && best.finder == "date"
        && rest.iter().all(|other| {
            // Below the amounts stand the terms, not the head.
            later(other, best) || goods.is_some_and(|at| best.line < at && at < other.line)
        })
    {
        best.second = Some(Second::First);
    }
}

/// Whether a date is later than another. Written year first, they compare as texts.
fn later(one: &Candidate, other: &Candidate) -> bool {
    one.flaw.is_none() && one.value.as_str() > other.value.as_str()
}

/// One candidate per value, the best-scored first; equal scores keep the document's order. Also
/// whether the best one's value stands in the document more than once.
fn best(mut all: Vec<Candidate>) -> (Vec<Candidate>, bool) {
    all.sort_by(|a, b| b.score.cmp(&a.score).then(a.span.start.cmp(&b.span.start)));
    let mut kept: Vec<Candidate> = Vec::new();
    let mut repeated = false;
    for candidate in all {
        if kept.len() == KEPT_MAX {
            break;
        }
        match kept.iter().position(|known| alike(&known.value, &candidate.value)) {
            Some(at) => {
                repeated |= at == 0;
                // A clear reading elsewhere does not heal hidden characters: they may be forged.
                if let Some(known) = kept.get_mut(at) {
                    known.flaw = known.flaw.or(candidate.flaw.filter(|flaw| *flaw == Flaw::Hidden));
                }
            }
            None => kept.push(candidate),
        }
    }
    (kept, repeated)
}

/// Whether two values are the same for a reader: names and ids without case and punctuation.
fn alike(a: &Value, b: &Value) -> bool {
    match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => {
            a == b || page::fold(a).replace(' ', "") == page::fold(b).replace(' ', "")
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
