//! Amounts of money in the forms that European and English documents use. An amount without a
//! currency, or with a separator that could mean two things, is flagged, never guessed.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use plan::value::{Currency, Money, scaled};
use regex::Regex;

use super::page::{Page, fold};
use super::{Flaw, Found};

/// Signs and words for currencies, longest first where one begins another. A sign that several
/// countries share (`kr`) is none.
const SIGNS: &[(&str, &str)] = &[
    ("US$", "USD"),
    ("C$", "CAD"),
    ("CA$", "CAD"),
    ("A$", "AUD"),
    ("AU$", "AUD"),
    ("$", "USD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("SFr.", "CHF"),
    ("SFr", "CHF"),
    ("Fr.", "CHF"),
    ("zł", "PLN"),
    ("Kč", "CZK"),
    ("Ft", "HUF"),
    ("euros", "EUR"),
    ("euro", "EUR"),
    ("Euro", "EUR"),
    ("EURO", "EUR"),
    ("Euros", "EUR"),
    ("EUROS", "EUR"),
    ("Eur", "EUR"),
    ("eur", "EUR"),
    ("eura", "EUR"),
    ("eurot", "EUR"),
    ("euroa", "EUR"),
    ("eiro", "EUR"),
    ("eurų", "EUR"),
    ("evrov", "EUR"),
    ("ευρώ", "EUR"),
    ("lei", "RON"),
    ("евро", "EUR"),
    ("євро", "EUR"),
    ("евра", "EUR"),
    ("evra", "EUR"),
    ("evro", "EUR"),
    ("eurov", "EUR"),
    ("eurá", "EUR"),
    ("eiras", "EUR"),
    ("eurai", "EUR"),
    ("eurot", "EUR"),
    ("avro", "EUR"),
    ("ewro", "EUR"),
    ("evrur", "EUR"),
    ("лв.", "BGN"),
    ("лв", "BGN"),
    ("грн", "UAH"),
    ("TL", "TRY"),
    ("₺", "TRY"),
    ("₴", "UAH"),
    ("дин.", "RSD"),
    ("Kčs", "CZK"),
];

const CODES: &[&str] = &[
    "EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "BGN", "CAD",
    "AUD", "NZD", "JPY", "CNY", "SGD", "HKD", "ISK", "TRY", "INR", "ZAR", "BRL", "MXN", "AED",
    "UAH", "RSD", "MKD", "ALL", "BAM", "MDL", "GEL", "ILS", "KRW", "TWD", "THB", "MYR", "SAR",
];

#[allow(clippy::expect_used, reason = "constant patterns, compiled by a test")]
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        // A scan may part the digits behind a separator: "1. 520, 00".
        r"[0-9]{1,3}(?:\. [0-9]{3})*, [0-9]{2}|[0-9]{1,3}(?:, [0-9]{3})*\. [0-9]{2}",
        r"|[0-9]{1,3}(?:[.,'][0-9]{3})+(?:[.,](?:[0-9]{1,3}|-{1,2}))?",
        r"|[0-9]{1,3}(?: [0-9]{3})+(?:[.,][0-9]{1,3})?",
        r"|[0-9]{1,9}(?:[.,](?:[0-9]{1,4}|-{1,2}))?"
    ))
    .expect("a constant pattern")
});

#[allow(clippy::expect_used, reason = "constant patterns, compiled by a test")]
static MARK: LazyLock<Regex> = LazyLock::new(|| {
    let mut parts: Vec<String> = CODES.iter().map(|code| format!(r"\b{code}\b")).collect();
    parts.extend(SIGNS.iter().map(|(sign, _)| {
        let start = if sign.starts_with(char::is_alphanumeric) { r"\b" } else { "" };
        let end = if sign.ends_with(char::is_alphanumeric) { r"\b" } else { "" };
        format!("{start}{}{end}", regex::escape(sign))
    }));
    Regex::new(&parts.join("|")).expect("constant patterns")
});

pub(super) fn currency(mark: &str) -> Option<Currency> {
    let code = SIGNS.iter().find(|(sign, _)| *sign == mark).map_or(mark, |(_, code)| *code);
    Currency::new(code).ok()
}

/// Whether a text is a currency and nothing else.
pub(super) fn currency_mark(text: &str) -> bool {
    MARK.find(text).is_some_and(|hit| hit.range() == (0..text.len()))
}

/// The line of the document's first amount with decimals: its head stands above.
pub(super) fn goods(page: &Page<'_>) -> Option<usize> {
    let mut lines = find(page).into_iter().filter(|found| {
        page.part(found.range.clone())
            .rsplit_once(['.', ','])
            .is_some_and(|(_, end)| end.len() == 2)
    });
    lines.next().map(|found| page.line_of(found.range.start))
}

/// What the document says of currencies and separators as a whole.
struct House {
    currency: Option<Currency>,
    /// The decimal mark that its clear numbers use.
    decimal: Option<char>,
}

pub(super) fn find(page: &Page<'_>) -> Vec<Found> {
    let marks: Vec<(Range<usize>, Currency)> = MARK
        .find_iter(&page.text)
        .filter_map(|hit| Some((hit.range(), currency(hit.as_str())?)))
        .collect();
    let numbers: Vec<Range<usize>> = NUMBER
        .find_iter(&page.text)
        .map(|hit| parted(page, hit.range()))
        .filter(|range| alone(page, range))
        .collect();
    let house = House {
        currency: only(&marks).or_else(|| crowns(page, &marks)),
        decimal: decimal(page, &numbers),
    };
    numbers.iter().filter_map(|number| amount(page, number, &marks, &house)).collect()
}

/// Which crowns "kr" means: countries that share the sign name their tax and firms otherwise.
fn crowns(page: &Page<'_>, marks: &[(Range<usize>, Currency)]) -> Option<Currency> {
    const TELLING: [(&str, &str); 4] = [
        ("NOK", "mva foretaksregisteret forfallsdato"),
        ("DKK", "cvr momsnr forfaldsdato ialt"),
        ("SEK", "bankgiro plusgiro forfallodatum forfallodag momsreg"),
        ("ISK", "vsk kennitala gjalddagi eindagi"),
    ];
    if !marks.is_empty() {
        return None;
    }
    let folded = fold(&page.text);
    let words: HashSet<&str> = folded.split(' ').collect();
    let told = |(_, list): &&(&str, &str)| list.split(' ').any(|word| words.contains(word));
    let mut told = TELLING.iter().filter(told).map(|(code, _)| *code);
    match (words.contains("kr"), told.next(), told.next()) {
        (true, Some(code), None) => Currency::new(code).ok(),
        _ => None,
    }
}

/// A number whose separators have spaces behind them ends its cell; otherwise it is two numbers,
/// and this is the first.
fn parted(page: &Page<'_>, range: Range<usize>) -> Range<usize> {
    let text = page.part(range.clone());
    let Some(at) = text.find(". ").into_iter().chain(text.find(", ")).min() else { return range };
    let rest = page.text.get(range.end..).unwrap_or_default();
    let ends = rest.is_empty() || rest.starts_with(['\n', '|', '\t']) || rest.starts_with("  ");
    if ends { range } else { range.start..range.start + at }
}

/// The only currency of a document, if there is exactly one.
fn only(marks: &[(Range<usize>, Currency)]) -> Option<Currency> {
    let (_, first) = marks.first()?;
    marks.iter().all(|(_, currency)| currency == first).then_some(*first)
}

/// Whether a number stands for itself: no part of a code, date, rate, phone or account.
fn alone(page: &Page<'_>, range: &Range<usize>) -> bool {
    let before = page.part(0..range.start).chars().next_back();
    let mut after = page.text.get(range.end..).unwrap_or_default().chars();
    let (next, second) = (after.next(), after.next());
    let joined = |c: char| c.is_alphanumeric() && !matches!(c, '€' | '£' | '$');
    if before
        .is_some_and(|c| joined(c) || matches!(c, '/' | '.' | ',' | '#' | '_' | ':' | '@' | '+'))
    {
        // A currency code may touch its number: "EUR1,200.00".
        let head = page.part(range.start.saturating_sub(3)..range.start);
        if !CODES.contains(&head) {
            return false;
        }
    }
    if before == Some('-') {
        // A minus follows a space, a bracket or a currency; a hyphen follows a letter or digit.
        let minus = page.part(0..range.start - 1).chars().next_back();
        if minus.is_some_and(char::is_alphanumeric) {
            return false;
        }
    }
    let rate = next == Some('%') || (next == Some(' ') && second == Some('%'));
    let goes_on = next.is_some_and(|c| {
        matches!(c, '/' | '_' | '@') || (joined(c) && !page_code(page, range.end))
    }) || (next.is_some_and(|c| matches!(c, '.' | ',' | '-' | ':' | '\''))
        && second.is_some_and(char::is_alphanumeric));
    !rate && !goes_on
}

fn page_code(page: &Page<'_>, at: usize) -> bool {
    page.text.get(at..at + 3).is_some_and(|code| CODES.contains(&code))
}

/// The decimal mark of numbers that leave no doubt: two digits after it, or both marks in one.
fn decimal(page: &Page<'_>, numbers: &[Range<usize>]) -> Option<char> {
    let mut point = 0_usize;
    let mut comma = 0_usize;
    for range in numbers {
        let text = page.part(range.clone()).replace(' ', "");
        let Some(at) = text.rfind(['.', ',']) else { continue };
        if text.len() - at - 1 == 2 {
            if text.get(at..=at) == Some(".") { point += 1 } else { comma += 1 }
        }
    }
    match (point, comma) {
        (0, 0) => None,
        (p, 0) if p > 0 => Some('.'),
        (0, _) => Some(','),
        _ => None,
    }
}

fn amount(
    page: &Page<'_>,
    number: &Range<usize>,
    marks: &[(Range<usize>, Currency)],
    house: &House,
) -> Option<Found> {
    let beside = beside(page, number, marks);
    let currency = beside.as_ref().map(|(_, currency)| *currency).or(house.currency);
    let text = page.part(number.clone());
    let digits = currency.map_or(2, Currency::digits);
    let (plain, clear) = plain(text, house.decimal, digits)?;
    let decimals = plain.contains('.');
    let whole_only = !decimals && !text.contains(['.', ',', '\'']);
    // A bare whole number is an amount only where a currency stands beside it.
    if whole_only && beside.is_none() {
        return None;
    }
    let range = number.clone();
    let minus = negative(page, &range, beside.as_ref().map(|(at, _)| at));
    let minor = scaled(&plain, digits).ok()?;
    let flaw = match (currency, clear) {
        (None, _) => Some(Flaw::Currency),
        (Some(_), false) => Some(Flaw::Separator),
        (Some(_), true) => None,
    };
    let money = Money {
        // `XXX` is ISO 4217 for "no currency"; the flaw keeps it from being accepted.
        currency: currency.or_else(|| Currency::new("XXX").ok())?,
        minor: if minus { -minor } else { minor },
    };
    let base = 20 + if beside.is_some() { 5 } else { 0 } + if decimals { 5 } else { 0 };
    Some(Found { range, value: serde_json::to_value(money).ok()?, flaw, base })
}

/// The currency on the same line that touches the number, before or after, spaces aside.
fn beside(
    page: &Page<'_>,
    number: &Range<usize>,
    marks: &[(Range<usize>, Currency)],
) -> Option<(Range<usize>, Currency)> {
    let near = |gap: &str, most: usize| {
        gap.len() <= most && gap.chars().all(|c| matches!(c, ' ' | '\t' | '-' | '(' | ':'))
    };
    let at = marks.partition_point(|(mark, _)| mark.end <= number.start);
    let before = at
        .checked_sub(1)
        .and_then(|n| marks.get(n))
        .filter(|(mark, _)| near(page.part(mark.end..number.start), 24));
    let after = marks
        .get(at)
        .filter(|(mark, _)| mark.start >= number.end && near(page.part(number.end..mark.start), 3));
    match (before, after) {
        // Between two numbers a currency belongs to the nearer one.
        (Some(b), Some(a)) => {
            let gap_before = number.start - b.0.end;
            let gap_after = a.0.start.saturating_sub(number.end);
            Some(if gap_after < gap_before { a.clone() } else { b.clone() })
        }
        (one, other) => one.or(other).cloned(),
    }
}

/// Whether a minus touches the amount or its currency, or brackets stand around them.
fn negative(page: &Page<'_>, range: &Range<usize>, mark: Option<&Range<usize>>) -> bool {
    let start = mark.map_or(range.start, |mark| mark.start.min(range.start));
    let end = mark.map_or(range.end, |mark| mark.end.max(range.end));
    // Two dashes are a ruler, and a dash after a letter or digit joins words.
    let part_of_more = |c: Option<char>| c.is_some_and(|c| c == '-' || c.is_alphanumeric());
    let minus_before = |at: usize| {
        let mut back = page.part(0..at).chars().rev();
        back.next() == Some('-') && !part_of_more(back.next())
    };
    let minus_after = |at: usize| {
        let mut ahead = page.text.get(at..).unwrap_or_default().chars();
        ahead.next() == Some('-') && !part_of_more(ahead.next())
    };
    let brackets = page.part(0..start).ends_with('(')
        && page.text.get(end..).is_some_and(|rest| rest.starts_with(')'));
    let minus = minus_before(start) || minus_before(range.start);
    minus || minus_after(range.end) || minus_after(end) || brackets
}

/// The number with a decimal point and nothing else, and whether its separators leave no doubt.
fn plain(text: &str, decimal: Option<char>, digits: u32) -> Option<(String, bool)> {
    let text = &text.replace(", ", ",").replace(". ", ".");
    let trimmed = text.trim_end_matches("--").trim_end_matches('-');
    if trimmed.len() < text.len() {
        return Some((trimmed.chars().filter(char::is_ascii_digit).collect(), true));
    }
    let Some(at) = text.rfind(['.', ',']) else {
        return Some((text.chars().filter(char::is_ascii_digit).collect(), true));
    };
    let (head, tail) = (text.get(..at)?, text.get(at + 1..)?);
    let mark = text.get(at..)?.chars().next()?;
    let whole: String = head.chars().filter(char::is_ascii_digit).collect();
    let only_mark = !head.contains(['.', ',', '\'', ' ']);
    let groups = head.contains(mark);
    if tail.len() == 3 && (groups || (only_mark && !whole.starts_with('0'))) {
        // "1.234" parts thousands, unless the document's decimal mark is the same.
        let joined = format!("{whole}{tail}");
        return match decimal {
            Some(decimal) if decimal == mark => None,
            Some(_) => Some((joined, true)),
            None => Some((joined, groups)),
        };
    }
    if groups || tail.len() > digits as usize {
        return None;
    }
    // One digit after the mark is no amount of a currency with two, save a price list's slip.
    let clear = tail.len() == digits as usize && decimal.is_none_or(|decimal| decimal == mark);
    (tail.len() == digits as usize).then(|| (format!("{whole}.{tail}"), clear))
}
