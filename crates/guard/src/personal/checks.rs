//! Whether what has the form of somebody's data is it: checksums of numbers, and words that make a
//! name the name of nobody. It must not take a number with a wrong digit for a person's.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::forms;

/// Whether a value, at its place in a text, is what its form says.
pub(super) type Check = fn(&str, &Range<usize>) -> bool;

/// A check by its name in the list of forms.
pub(super) fn named(name: &str) -> Option<Check> {
    Some(match name {
        "any" => |_, _| true,
        "whole" => super::whole,
        "somebody" => somebody,
        "two_words" => |text, at| value(text, at).contains([' ', '\t']) && somebody(text, at),
        "digits" => |text, at| (7..=15).contains(&digits(value(text, at)).count()),
        "luhn" => card,
        "social_security" => |text, at| social_security(value(text, at)),
        "tax_or_pesel" => |text, at| tax_id(value(text, at)) || pesel(value(text, at)),
        "social_france" => |text, at| social_france(value(text, at)),
        "identity_spain" => |text, at| identity_spain(value(text, at)),
        "fiscal_italy" => |text, at| fiscal_italy(value(text, at)),
        "bsn" => |text, at| bsn(value(text, at)),
        _ => return None,
    })
}

fn value<'t>(text: &'t str, at: &Range<usize>) -> &'t str {
    text.get(at.clone()).unwrap_or_default()
}

/// Words of firms, offices and openings: what holds one is no person's name.
static NOBODY: LazyLock<Option<Regex>> = LazyLock::new(|| forms::part("nobody"));

fn somebody(text: &str, at: &Range<usize>) -> bool {
    let nobody = NOBODY.as_ref().is_none_or(|words| words.is_match(value(text, at)));
    !nobody && super::whole(text, at)
}

fn card(text: &str, at: &Range<usize>) -> bool {
    // What goes on from letters and digits is a number of something else.
    let before = text.get(..at.start).unwrap_or_default().trim_end_matches([' ', '-']);
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    !word.contains(|c: char| c.is_ascii_digit()) && luhn(value(text, at))
}

fn digits(text: &str) -> impl DoubleEndedIterator<Item = u32> {
    text.chars().filter_map(|c| c.to_digit(10))
}

fn number(text: &str) -> Option<u64> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// ISO/IEC 7812: every second digit from the right doubled, all sums a multiple of ten.
fn luhn(text: &str) -> bool {
    let one = |(n, digit): (usize, u32)| match n % 2 {
        0 => digit,
        _ if digit > 4 => digit * 2 - 9,
        _ => digit * 2,
    };
    let same = digits(text).all(|digit| digits(text).next() == Some(digit));
    !same && digits(text).rev().enumerate().map(one).sum::<u32>().is_multiple_of(10)
}

/// Numbers that the United States never give out begin so.
fn social_security(text: &str) -> bool {
    let mut parts = text.split('-');
    let (area, group, serial) = (parts.next(), parts.next(), parts.next());
    area.is_some_and(|area| area != "000" && area != "666" && !area.starts_with('9'))
        && group != Some("00")
        && serial != Some("0000")
}

/// The German tax number of a person: ISO 7064, mod 11, 10; one digit comes twice or thrice.
fn tax_id(text: &str) -> bool {
    let all: Vec<u32> = digits(text).collect();
    let [first @ .., check] = all.as_slice() else { return false };
    let most = (0..10).map(|d| first.iter().filter(|digit| **digit == d).count()).max();
    if first.len() != 10 || first.first() == Some(&0) || !matches!(most, Some(2 | 3)) {
        return false;
    }
    let mut product = 10;
    for digit in first {
        let sum = (digit + product) % 10;
        product = (if sum == 0 { 10 } else { sum }) * 2 % 11;
    }
    (11 - product) % 10 == *check
}

/// The Polish number of a person, whose digits are weighed.
fn pesel(text: &str) -> bool {
    let weights = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1];
    let month = digits(text).nth(2).unwrap_or(9) % 2 * 10 + digits(text).nth(3).unwrap_or(0);
    let sum: u32 = digits(text).zip(weights).map(|(digit, weight)| digit * weight).sum();
    digits(text).count() == 11 && sum.is_multiple_of(10) && (1..=12).contains(&month)
}

/// The French number of social security: 97 less the remainder; Corsica counts as a number.
fn social_france(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let plain = plain.replacen("2A", "19", 1).replacen("2B", "18", 1);
    let Some((first, key)) = plain.split_at_checked(13) else { return false };
    match (first.parse::<u64>(), key.parse::<u64>()) {
        (Ok(first), Ok(key)) => 97 - first % 97 == key,
        _ => false,
    }
}

/// The Spanish identity number: a letter by the remainder of 23.
fn identity_spain(text: &str) -> bool {
    const LETTERS: &[u8] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let first = match text.chars().next() {
        Some('Y') => 10_000_000,
        Some('Z') => 20_000_000,
        _ => 0,
    };
    let Some(number) = number(text) else { return false };
    let at = usize::try_from((first + number) % 23).ok();
    at.and_then(|at| LETTERS.get(at)).copied().map(char::from) == text.chars().next_back()
}

/// The Italian fiscal code: letters and digits count one way in odd places and another in even.
fn fiscal_italy(text: &str) -> bool {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let value = |c: char| c.to_digit(10).or_else(|| c.to_digit(36).map(|v| v - 10));
    let Some((first, check)) = text.split_at_checked(15) else { return false };
    let mut sum = 0;
    for (n, c) in first.chars().enumerate() {
        let Some(value) = value(c) else { return false };
        let odd = usize::try_from(value).ok().and_then(|at| ODD.get(at));
        sum += if n % 2 == 0 { odd.copied().unwrap_or_default() } else { value };
    }
    check.chars().next().and_then(value) == Some(sum % 26)
}

/// The Dutch number of a citizen: the eleven test.
fn bsn(text: &str) -> bool {
    let all: Vec<i64> = digits(text).map(i64::from).collect();
    let weights = [9, 8, 7, 6, 5, 4, 3, 2, -1];
    let sum: i64 = all.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
    all.len() == 9 && sum % 11 == 0
}
