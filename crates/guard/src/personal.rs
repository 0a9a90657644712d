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

/// Every place of a text that holds personal data. Places of different kinds may overlap, since
/// not every reader is kept from every kind.
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
    found
}

/// The places in order, those that overlap as one: all of both is covered, and the longer one says
/// of which kind it is; of two that are as long, the surer kind.
#[must_use]
pub fn settle(mut found: Vec<Place>) -> Vec<Place> {
    found
        .sort_by_key(|place| (place.range.start, std::cmp::Reverse(place.range.len()), place.kind));
    let mut kept: Vec<(usize, Place)> = Vec::new();
    for place in found {
        match kept.last_mut().filter(|(_, last)| place.range.start < last.range.end) {
            Some((longest, last)) => {
                if place.range.len() > *longest {
                    (*longest, last.kind) = (place.range.len(), place.kind);
                }
                last.range.end = last.range.end.max(place.range.end);
            }
            None => kept.push((place.range.len(), place)),
        }
    }
    kept.into_iter().map(|(_, place)| place).collect()
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
