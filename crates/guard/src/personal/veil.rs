//! Words that stand for personal data on its way to a vendor, and the data again in what comes
//! back. A word depends on the run and on a secret of the installation, so that nobody outside can
//! write one down beforehand, and the same value is the same word all through a run.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use plan::workflow::Personal;
use regex::Regex;

use super::{Place, forms::pattern, settle, whole};

/// Names of fewer letters are only hidden where they were announced.
const LETTERS_MIN: usize = 5;

static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let kinds: Vec<&str> = Personal::ALL.iter().map(|kind| kind.as_str()).collect();
    pattern(&format!(r"(?i)(?:{})_[0-9a-f]{{10}}", kinds.join("|")))
});

/// Gives the digits of a word.
type Sign<'a> = Box<dyn Fn(Personal, &str) -> String + 'a>;

/// What is hidden in one conversation.
pub struct Veil<'a> {
    hides: &'a BTreeSet<Personal>,
    /// Ten hexadecimal digits for a kind and a value.
    sign: Sign<'a>,
    /// What each word stands for.
    stands_for: BTreeMap<String, String>,
    names: Option<AhoCorasick>,
}

impl<'a> Veil<'a> {
    /// A veil over texts, each with the personal data that was found in it.
    pub fn over<'t>(
        hides: &'a BTreeSet<Personal>,
        texts: impl IntoIterator<Item = (&'t str, &'t [Place])>,
        sign: impl Fn(Personal, &str) -> String + 'a,
    ) -> Self {
        let mut veil =
            Self { hides, sign: Box::new(sign), stands_for: BTreeMap::new(), names: None };
        let mut names: BTreeSet<String> = BTreeSet::new();
        for (text, places) in texts {
            for place in hidden(hides, places) {
                let Some(value) = text.get(place.range.clone()) else { continue };
                veil.word(place.kind, value);
                if place.kind == Personal::Name && value.chars().count() >= LETTERS_MIN {
                    names.insert(value.to_owned());
                }
            }
        }
        // Who was named once is hidden wherever the name stands again.
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&names);
        veil.names = finder.ok().filter(|_| !names.is_empty());
        veil
    }

    /// Whether there is nothing to hide.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stands_for.is_empty()
    }

    fn word(&mut self, kind: Personal, value: &str) -> String {
        let word = format!("{}_{}", kind.as_str(), (self.sign)(kind, value));
        self.stands_for.entry(word.clone()).or_insert_with(|| value.to_owned());
        word
    }

    /// A text as a vendor gets it.
    #[must_use]
    pub fn hide<'t>(&self, text: &'t str, places: &[Place]) -> Cow<'t, str> {
        let mut all: Vec<(Range<usize>, Personal)> =
            hidden(self.hides, places).into_iter().map(|place| (place.range, place.kind)).collect();
        let hits = self.names.iter().flat_map(|names| names.find_iter(text));
        for hit in hits.map(|hit| hit.range()).filter(|range| whole(text, range)) {
            let meets =
                |(other, _): &(Range<usize>, _)| other.start < hit.end && hit.start < other.end;
            if !all.iter().any(meets) {
                all.push((hit, Personal::Name));
            }
        }
        if all.is_empty() {
            return Cow::Borrowed(text);
        }
        all.sort_by_key(|(range, _)| range.start);
        let (mut hidden, mut end) = (String::with_capacity(text.len()), 0);
        for (range, kind) in all {
            let value = text.get(range.clone()).unwrap_or_default();
            hidden.push_str(text.get(end..range.start).unwrap_or_default());
            hidden.push_str(kind.as_str());
            hidden.push('_');
            hidden.push_str(&(self.sign)(kind, value));
            end = range.end;
        }
        hidden.push_str(text.get(end..).unwrap_or_default());
        Cow::Owned(hidden)
    }

    /// What a vendor gave back, with the data again in place of the words. `quote` makes a value
    /// fit to stand where the text stands, as in JSON.
    #[must_use]
    pub fn restore<'t>(&self, text: &'t str, quote: impl Fn(&str) -> String) -> Cow<'t, str> {
        let Some(word) = WORD.as_ref() else { return Cow::Borrowed(text) };
        word.replace_all(text, |hit: &regex::Captures<'_>| {
            let word = hit.get(0).map_or("", |hit| hit.as_str());
            let value = self.stands_for.get(&word.to_ascii_lowercase());
            value.map_or_else(|| word.to_owned(), |value| quote(value))
        })
    }
}

/// What is kept back of what was found. What may be told does not stand in the way of it.
fn hidden(hides: &BTreeSet<Personal>, places: &[Place]) -> Vec<Place> {
    settle(places.iter().filter(|place| hides.contains(&place.kind)).cloned().collect())
}

/// Whether a text may hold words of a veil, so that it is worth to look what they stand for.
#[must_use]
pub fn has_words(text: &str) -> bool {
    WORD.as_ref().is_some_and(|word| word.is_match(text))
}
