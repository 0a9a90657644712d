//! Personal data in a text: what has a form or a checksum by that, names and addresses by what
//! stands around them, in the larger languages of Europe. It only ever adds to what sources and
//! tables declare, and it must not be the only thing that keeps such data back: what nobody
//! announces is missed.

mod checks;
mod forms;
mod veil;

use std::ops::Range;

use plan::workflow::Personal;

pub use veil::{Veil, has_words};

/// A place that holds personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub kind: Personal,
    pub range: Range<usize>,
}

/// Every place of a text that holds personal data, in order; no two overlap.
#[must_use]
pub fn find(text: &str) -> Vec<Place> {
    let mut found: Vec<Place> = Vec::new();
    for form in forms::FORMS.iter() {
        for hit in form.looks.captures_iter(text) {
            let Some(value) = hit.name("v").or_else(|| hit.get(0)) else { continue };
            if (form.check)(text, &value.range()) {
                found.push(Place { kind: form.kind, range: value.range() });
            }
        }
    }
    let accounts = crate::ground::accounts(text).into_iter();
    found.extend(accounts.map(|range| Place { kind: Personal::Iban, range }));
    settle(found)
}

/// Where places overlap, the longer one stands; of two that are as long, the surer kind.
fn settle(mut found: Vec<Place>) -> Vec<Place> {
    found.sort_by_key(|place| (std::cmp::Reverse(place.range.len()), place.kind));
    let mut kept: Vec<Place> = Vec::new();
    for place in found {
        let meets = |other: &Place| {
            other.range.start < place.range.end && place.range.start < other.range.end
        };
        if !kept.iter().any(meets) {
            kept.push(place);
        }
    }
    kept.sort_by_key(|place| place.range.start);
    kept
}

/// Whether a place is no part of a longer word. A pattern could say so itself, at many times the
/// cost in any text with an accent in it.
fn whole(text: &str, range: &Range<usize>) -> bool {
    let before = text.get(..range.start).and_then(|text| text.chars().next_back());
    let after = text.get(range.end..).and_then(|text| text.chars().next());
    !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests;
