//! Addresses of mail, telephones, accounts, cards and numbers of persons: by form, and by checksum
//! where there is one. It must not take a number without either for a person's.

use std::sync::LazyLock;

use plan::workflow::Personal;
use regex::Regex;

use super::Place;
use crate::ground;

pub(super) fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

static EMAIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"[\p{L}0-9._%+\-]{1,64}@(?:[\p{L}0-9][\p{L}0-9\-]{0,62}\.)+\p{L}{2,24}")
});

static PHONE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let words = "tel|telefon|telefono|teléfono|téléphone|telephone|telefoon|phone|mobile|mobil|\
                 mobiel|móvil|handy|fax|cell|tél|portable|cellulare|whatsapp|call|ruf";
    pattern(&format!(
        r"(?i)(?:\b(?:{words})\b\.?(?:\s?(?:nr|no|number|nummer)\.?)?\s{{0,2}}[:=]?\s{{0,3}}(?P<said>\(?[+0-9][0-9 \-./()]{{4,18}}[0-9]))|(?P<far>(?:\+|\b00)[1-9][0-9]{{0,2}}(?:[ \-./()]{{0,3}}[0-9]){{6,13}}\b)|(?P<us>\(?\b[2-9][0-9]{{2}}\)?[ .\-][2-9][0-9]{{2}}[.\-][0-9]{{4}}\b)|(?P<near>\b0[0-9]{{2,4}}[ /\-][0-9]{{3,4}}[ \-]?[0-9]{{3,5}}\b)"
    ))
});

static CARD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"\b[2-6][0-9]{12,18}\b|\b[2-6][0-9]{3}(?:[ \-][0-9]{4}){2}[ \-][0-9]{1,4}(?:[ \-][0-9]{1,3})?\b|\b3[47][0-9]{2}[ \-][0-9]{6}[ \-][0-9]{5}\b",
    )
});

/// Whether the digits of a number are good.
type Good = fn(&str) -> bool;

static NATIONAL: LazyLock<Vec<(Regex, Good)>> = LazyLock::new(|| {
    let all: [(&str, Good); 7] = [
        (r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b", social_security),
        (r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]\b", |_| true),
        (r"\b[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}\b", |text| tax_id(text) || pesel(text)),
        (
            r"\b[12] ?[0-9]{2} ?(?:0[1-9]|1[0-2]|[2-9][0-9]) ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}\b",
            social_france,
        ),
        (r"\b(?:[XYZ][\- ]?[0-9]{7}|[0-9]{8})[\- ]?[A-Z]\b", identity_spain),
        (r"\b[A-Z]{6}[0-9]{2}[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]\b", fiscal_italy),
        (
            r"\b(?i:bsn|burgerservicenummer)\W{0,3}(?P<v>[0-9]{3}[ .]?[0-9]{2,3}[ .]?[0-9]{3,4})\b",
            bsn,
        ),
    ];
    all.into_iter().filter_map(|(form, good)| Some((pattern(form)?, good))).collect()
});

pub(super) fn find(text: &str, found: &mut Vec<Place>) {
    let mut add = |kind, range| found.push(Place { kind, range });
    for hit in EMAIL.iter().flat_map(|form| form.find_iter(text)) {
        add(Personal::Email, hit.range());
    }
    for hit in PHONE.iter().flat_map(|form| form.captures_iter(text)) {
        let named = ["said", "far", "us", "near"].into_iter().find_map(|name| hit.name(name));
        let Some(hit) = named else { continue };
        if (7..=15).contains(&digits(hit.as_str()).count()) {
            add(Personal::Phone, hit.range());
        }
    }
    for range in ground::accounts(text) {
        add(Personal::Iban, range);
    }
    for hit in CARD.iter().flat_map(|form| form.find_iter(text)) {
        // What goes on from letters is a number of something else.
        let before = text.get(..hit.start()).unwrap_or_default().trim_end_matches([' ', '-']);
        let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
        let inside = word.contains(|c: char| c.is_ascii_digit());
        if !inside && luhn(hit.as_str()) {
            add(Personal::Card, hit.range());
        }
    }
    for (form, good) in NATIONAL.iter() {
        for hit in form.captures_iter(text) {
            let value = hit.name("v").or_else(|| hit.get(0));
            if let Some(value) = value.filter(|value| good(value.as_str())) {
                add(Personal::NationalId, value.range());
            }
        }
    }
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
