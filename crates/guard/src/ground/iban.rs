//! Bank accounts by their checksum (ISO 13616). It must not guess: a wrong digit is no candidate.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::Found;
use super::page::Page;

#[allow(clippy::expect_used, reason = "a constant pattern, compiled by a test")]
static START: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[A-Za-z]{2}[0-9]{2}").expect("a constant pattern"));

/// Lengths by country; a country that is not here may have any length with a good checksum.
const LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AT", 20),
    ("BE", 16),
    ("BG", 22),
    ("CH", 21),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("EE", 20),
    ("ES", 24),
    ("FI", 18),
    ("FR", 27),
    ("GB", 22),
    ("GR", 27),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IS", 26),
    ("IT", 27),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MT", 31),
    ("NL", 18),
    ("NO", 15),
    ("PL", 28),
    ("PT", 25),
    ("RO", 24),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("TR", 26),
];

pub(super) fn find(page: &Page<'_>) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for start in START.find_iter(&page.text).map(|hit| hit.start()) {
        if found.last().is_some_and(|last| start < last.range.end) {
            continue;
        }
        let rest = page.text.get(start..).unwrap_or_default();
        let Some((value, len)) = longest(rest) else { continue };
        found.push(Found {
            range: start..start + len,
            value: Value::String(value),
            flaw: None,
            base: 40,
        });
    }
    found
}

/// Where accounts stand in a text as it is.
pub(super) fn places(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found: Vec<std::ops::Range<usize>> = Vec::new();
    for start in START.find_iter(text).map(|hit| hit.start()) {
        let inside = found.last().is_some_and(|last| start < last.end);
        let rest = text.get(start..).unwrap_or_default();
        if let (false, Some((_, len))) = (inside, longest(rest)) {
            found.push(start..start + len);
        }
    }
    found
}

/// The longest account at the start of a text, and how many bytes it takes. Words after an account
/// can look like more of it, so every end between words is tried.
fn longest(text: &str) -> Option<(String, usize)> {
    let mut compact = String::new();
    let mut best = None;
    let mut gap = false;
    for (at, c) in text.char_indices() {
        if c.is_ascii_alphanumeric() {
            gap = false;
            compact.push(c.to_ascii_uppercase());
            let end = at + 1;
            let more =
                text.get(end..).is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric()));
            if !more && valid(&compact) {
                best = Some((compact.clone(), end));
            }
        } else if matches!(c, ' ' | '.' | '-') && !gap {
            gap = true;
        } else {
            break;
        }
        if compact.len() > 34 {
            break;
        }
    }
    best
}

/// Whether a compact text in capitals is an account number with the right length and checksum.
pub(super) fn valid(text: &str) -> bool {
    let Some((country, rest)) = text.split_at_checked(4) else { return false };
    let known = LENGTHS.iter().find(|(code, _)| country.starts_with(code));
    if known.is_some_and(|(_, len)| *len != text.len()) || !(15..=34).contains(&text.len()) {
        return false;
    }
    let mut sum: u32 = 0;
    for c in rest.chars().chain(country.chars()) {
        let Some(digit) = c.to_digit(36) else { return false };
        let shift = if digit > 9 { 100 } else { 10 };
        sum = (sum * shift + digit) % 97;
    }
    sum == 1
}
