//! Signs that a text speaks to the model and not to people: orders to forget what it was told,
//! other roles, marks of a conversation, words that nobody sees. They raise suspicion and nothing
//! else: a stranger who knows this list writes around it, so no rule rests on a text without any.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use regex::{RegexSet, RegexSetBuilder};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::hidden;
use crate::links::texts;

#[cfg(test)]
mod tests;

/// The kept rules: a name, and what it looks for, one in a line.
const RULES: &str = include_str!("signals/rules.txt");
/// Written before the rules were tried on them.
const LABELLED: &str = include_str!("signals/labelled.txt");
/// The sign of characters that do not show.
const HIDDEN: &str = "hidden_text";
/// More than this of one text is looked at in parts, so that no pattern costs too much at once.
const PART: usize = 256 << 10;

/// Texts by which rules and judges are measured, each with whether it speaks to the model.
pub fn labelled() -> impl Iterator<Item = (bool, &'static str)> {
    let lines = LABELLED.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' ')).map(|(sign, text)| (sign == "+", text))
}

/// The rules that a value's texts fit, each by its name, in order.
#[must_use]
pub fn found(value: &Value) -> Vec<&'static str> {
    let mut names = BTreeSet::new();
    texts(value, &mut |text| look(text, &mut names));
    names.into_iter().collect()
}

fn look(text: &str, names: &mut BTreeSet<&'static str>) {
    // A word of three letters orders nothing.
    if text.len() < 12 {
        return;
    }
    let (set, named) = rules();
    for part in parts(text) {
        let plain = plain(part);
        if matches!(plain, Cow::Owned(_)) && hidden::find(part).is_some() {
            names.insert(HIDDEN);
        }
        names.extend(set.matches(&plain).into_iter().filter_map(|n| named.get(n).copied()));
    }
}

/// The text as a reader takes it: letters in one form, and nothing between them that does not show.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut from = 0;
    for found in hidden::all(text) {
        shown.push_str(text.get(from..found.offset).unwrap_or_default());
        from = found.offset + found.char.len_utf8();
    }
    shown.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(shown.nfkc().collect())
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.floor_char_boundary(PART.min(rest.len()));
        let (part, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(part)
    })
}

fn rules() -> &'static (RegexSet, Vec<&'static str>) {
    static RULES_READ: OnceLock<(RegexSet, Vec<&'static str>)> = OnceLock::new();
    RULES_READ.get_or_init(|| {
        let lines = RULES.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let pairs: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(' ')).collect();
        let names = pairs.iter().map(|(name, _)| *name).collect();
        let patterns = pairs.iter().map(|(_, pattern)| pattern.trim());
        let set = RegexSetBuilder::new(patterns).case_insensitive(true).multi_line(true).build();
        // A test reads every rule; one that cannot be read finds nothing, and no other does then.
        (set.unwrap_or_else(|_| RegexSet::empty()), names)
    })
}
