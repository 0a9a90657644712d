//! Identifiers: invoice, order and customer numbers and the like. A token with a digit that is no
//! amount, date, account, phone, rate or address. It must not know what an identifier is for.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::page::Page;
use super::{Found, date, iban, money};

#[allow(clippy::expect_used, reason = "a constant pattern, compiled by a test")]
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    // A short word in capitals may lead ("RE 2026-114"), and a slash may have spaces around it.
    Regex::new(r"(?:\b\p{Lu}{1,4} )?[\p{L}0-9]+(?:[-/_.:#][\p{L}0-9]+| / [0-9][\p{L}0-9]*)*")
        .expect("a constant pattern")
});

/// Words in capitals that stand before a number without being a part of it.
const NOT_LEADING: &[&str] = &[
    "NO", "NR", "NUM", "EUR", "USD", "GBP", "CHF", "DEN", "DU", "DEL", "AM", "LE", "VOM", "NET",
    "VAT", "TVA", "IVA", "BTW", "UST", "HT", "TTC", "IBAN", "BIC", "RAL", "DIN", "ISO", "TEL",
    "FAX", "CP", "BP", "DE", "N", "P", "DATE", "REF",
];

pub(super) fn find(page: &Page<'_>) -> Vec<Found> {
    let taken: Vec<Range<usize>> = {
        let mut taken: Vec<Range<usize>> =
            iban::find(page).into_iter().chain(date::find(page)).map(|found| found.range).collect();
        taken.sort_by_key(|range| range.start);
        taken
    };
    let free = |range: &Range<usize>| {
        let at = taken.partition_point(|other| other.end <= range.start);
        taken.get(at).is_none_or(|other| other.start >= range.end)
    };
    let priced = priced(page);
    TOKEN
        .find_iter(&page.text)
        .filter_map(|hit| shape(page, hit.range()))
        .filter(free)
        .map(|range| {
            let text = page.part(range.clone());
            let mixed = text.contains(|c: char| c.is_alphabetic()) || text.contains(['-', '/']);
            let item = priced.get(page.line_of(range.start)).copied().unwrap_or_default();
            let base = match (item || part_of_address(page, &range), mixed) {
                // No label, no identifier: it says how much or where, not which.
                (true, _) => RULED_OUT,
                (false, true) => 25,
                (false, false) if text.len() < 6 => RULED_OUT,
                (false, false) => 15,
            };
            let value = Value::String(text.split_whitespace().collect::<Vec<_>>().join(" "));
            Found { range, value, flaw: None, base }
        })
        .collect()
}

/// What a token scores that is no identifier unless a label says so.
const RULED_OUT: i32 = -20;

/// For each line whether an amount with decimals stands on it: a line of goods, not a head.
fn priced(page: &Page<'_>) -> Vec<bool> {
    let mut priced = vec![false; page.lines.len()];
    for found in money::find(page) {
        if let Some(line) = priced.get_mut(page.line_of(found.range.start)) {
            *line |= page.part(found.range).contains(['.', ',']);
        }
    }
    priced
}

/// Whether a token is a postcode or a house number: short, with a capitalised word behind it, or
/// two short groups as in `WS2 8HN` and `3089 JH`.
fn part_of_address(page: &Page<'_>, range: &Range<usize>) -> bool {
    let text = page.part(range.clone());
    let behind = page.text.get(range.end..).unwrap_or_default();
    let place = behind.strip_prefix(' ').is_some_and(|rest| rest.starts_with(char::is_uppercase));
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let country = text.split_once('-').is_some_and(|(country, code)| {
        (1..=2).contains(&country.len())
            && country.bytes().all(|b| b.is_ascii_uppercase())
            && (4..=5).contains(&code.len())
            && code.bytes().all(|b| b.is_ascii_digit())
    });
    let state = text.split_once(' ').is_some_and(|(state, zip)| {
        state.len() == 2 && zip.len() == 5 && zip.bytes().all(|b| b.is_ascii_digit())
    });
    (digits && (3..=5).contains(&text.len()) && place) || (country && place) || state
}

/// The token without a leading word that is no part of it, if it looks like an identifier.
fn shape(page: &Page<'_>, mut range: Range<usize>) -> Option<Range<usize>> {
    let text = page.part(range.clone());
    if let Some((lead, rest)) = text.split_once(' ') {
        let digits = rest.starts_with(|c: char| c.is_ascii_digit());
        if !text.starts_with(|c: char| c.is_ascii_digit())
            && (NOT_LEADING.contains(&lead) || !digits || lead == "PO" && owned(page, range.start))
        {
            range.start += lead.len() + 1;
        }
    }
    let text = page.part(range.clone());
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits < 2 || !(3..=32).contains(&text.len()) {
        return None;
    }
    // "INV 2026 0417" would be cut in two.
    let led = text.split_once(' ').is_some_and(|(_, rest)| rest.len() <= 4);
    let cut = || page.text.get(range.end..).is_some_and(continued);
    if grouped(page, &range) || led && cut() {
        return None;
    }
    let before = page.part(0..range.start).chars().next_back();
    let mut rest = page.text.get(range.end..)?.chars();
    let (next, second) = (rest.next(), rest.next());
    // An address of the net, a rate, a decimal number, an amount with a currency sign.
    if before.is_some_and(|c| {
        matches!(c, '@' | '.' | '/' | ',' | '€' | '$' | '£' | '+' | '\'' | '-' | '_')
    }) || matches!(next, Some('@' | '%' | '€' | '\''))
        || (next == Some(' ') && matches!(second, Some('%' | '€')))
        || (matches!(next, Some(',')) && second.is_some_and(|c| c.is_ascii_digit()))
    {
        return None;
    }
    let year = text.len() == 4 && (text.starts_with("19") || text.starts_with("20"));
    if amount(text) || domain(text) || year {
        return None;
    }
    Some(range)
}

/// Whether "PO" at a place is a label and no part of the number: a word for whose order it is
/// stands before it, as in "your PO 4500087713".
fn owned(page: &Page<'_>, at: usize) -> bool {
    const OWNERS: &[&str] = &[
        "your", "customer", "client", "buyer", "buyers", "cust", "the", "ihre", "ihrer", "uw",
        "votre", "su", "vostro", "vs", "deres", "jeres", "er", "ert",
    ];
    let start = page.floor(at.saturating_sub(24));
    let word = page.part(start..at).split_whitespace().next_back().map(super::page::fold);
    word.is_some_and(|word| OWNERS.contains(&word.as_str()))
}

/// Whether a short run of digits is one of several parted by spaces: a telephone, tax or account
/// number, which is no identifier piece by piece.
fn grouped(page: &Page<'_>, range: &Range<usize>) -> bool {
    let text = page.part(range.clone());
    if text.len() > 4 || text.bytes().any(|b| !b.is_ascii_digit()) {
        return false;
    }
    let digits = |text: &str| text.len() > 1 && text.bytes().all(|b| b.is_ascii_digit());
    let word = |c: char| c.is_ascii_alphanumeric();
    let before = page.part(0..range.start).strip_suffix(' ').is_some_and(|rest| {
        let kept = rest.trim_end_matches(word).len();
        digits(rest.get(kept..).unwrap_or_default())
    });
    before || page.text.get(range.end..).is_some_and(continued)
}

/// Whether one space and two digits or more begin a text.
fn continued(rest: &str) -> bool {
    let rest = rest.strip_prefix(' ').unwrap_or_default();
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    digits > 1 && !rest.as_bytes().get(digits).is_some_and(u8::is_ascii_alphanumeric)
}

/// Digits with a decimal part: an amount, not an identifier.
fn amount(text: &str) -> bool {
    text.rsplit_once('.').is_some_and(|(whole, part)| {
        part.len() == 2
            && (whole == "0" || !whole.starts_with('0'))
            && part.bytes().all(|b| b.is_ascii_digit())
            && whole.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    })
}

fn domain(text: &str) -> bool {
    text.starts_with("www")
        || text
            .rsplit_once('.')
            .is_some_and(|(_, last)| last.len() >= 2 && last.chars().all(char::is_alphabetic))
}
