//! Names of organisations: lines with a legal form, the letterhead, and what stands after a label.
//! It must not know any organisation.

use std::ops::Range;

use serde_json::Value;

use super::Found;
use super::form::{form, formed, split};
use super::label;
use super::page::{Page, fold};

/// Words that a letterhead's first line may hold without being a name.
const TITLES: &[&str] = &[
    "invoice",
    "tax invoice",
    "rechnung",
    "facture",
    "factura",
    "fattura",
    "factuur",
    "credit note",
    "gutschrift",
    "avoir",
    "nota di credito",
    "creditnota",
    "statement",
    "reminder",
    "page",
    "original",
    "copy",
    "duplicate",
    "kopie",
    "copie",
    "copia",
    "pro forma",
    "proforma",
    "sales invoice",
    "commercial invoice",
    "rechnungskopie",
    "duplicata",
];

const NAME_CHARS_MAX: usize = 70;

pub(super) fn find(page: &Page<'_>) -> Vec<Found> {
    let mut found: Vec<(Found, bool)> = Vec::new();
    let mut head = true;
    let written = page.lines.iter().filter(|line| !page.part((*line).clone()).trim().is_empty());
    for (n, line) in written.enumerate() {
        head &= n < HEAD_LINES;
        for cell in cells(page, line) {
            for part in parts(page, cell) {
                let Some((range, formed)) = name(page, part) else { continue };
                let bank = is_bank(page.part(range.clone()));
                if bank && !formed {
                    continue;
                }
                let base = match (head, formed && !bank) {
                    (true, true) => LETTERHEAD,
                    (true, false) => LETTERHEAD_BARE,
                    (false, true) => FORMED,
                    (false, false) => BARE,
                };
                let value =
                    page.part(range.clone()).split_whitespace().collect::<Vec<_>>().join(" ");
                found
                    .push((Found { range, value: Value::String(value), flaw: None, base }, formed));
                // Only the first name of a document is its letterhead.
                head = false;
            }
        }
        if found.len() > NAMES_MAX {
            break;
        }
    }
    repeated(&mut found);
    found.into_iter().map(|(found, _)| found).collect()
}

/// Whether a name is a bank's: one that is named by its account is no party.
fn is_bank(name: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "bank",
        "banq",
        "banc",
        "caja",
        "caixa",
        "cassa",
        "caisse",
        "sparkasse",
        "sparebank",
        "sparekasse",
        "raiffeisen",
        "volksbank",
        "pank",
        "hranilnic",
        "sporitel",
        "takarek",
        "kredit",
        "credit",
        "τραπεζ",
        "банк",
        "банка",
        "sparisjod",
    ];
    fold(name).split(' ').any(|word| {
        BEGINNINGS.iter().any(|beginning| word.starts_with(beginning))
            || ["bank", "banken", "kasse", "pankki"].iter().any(|end| word.ends_with(end))
    })
}

/// A letterhead without a legal form counts as one when its name stands in the document again.
fn repeated(found: &mut [(Found, bool)]) {
    let Some(((first, _), rest)) = found.split_first_mut() else { return };
    let same = |other: &(Found, bool)| other.0.value == first.value;
    if first.base == LETTERHEAD_BARE && rest.iter().any(same) {
        first.base = LETTERHEAD - 4;
    }
}

/// A cell as it is, and its parts behind a colon or a comma, where a name may begin.
fn parts(page: &Page<'_>, cell: Range<usize>) -> Vec<Range<usize>> {
    let text = page.part(cell.clone());
    let marks = text
        .match_indices([':', ',', '='])
        .filter(|(at, _)| text.get(at + 1..).is_some_and(|rest| rest.starts_with(' ')));
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, mark) in marks.take(8) {
        // What stands before a colon is a label, never a name. What stands before a comma runs on,
        // because a legal form behind the comma belongs to it.
        if mark == "," {
            parts.push(cell.start + start..cell.end);
        }
        start = at + 2;
    }
    parts.push(cell.start + start..cell.end);
    parts.into_iter().map(|part| lead(page, part)).collect()
}

/// A part without the marks of lists and bold type, and without small words before a name.
fn lead(page: &Page<'_>, part: Range<usize>) -> Range<usize> {
    let text = page.part(part.clone());
    let mut start = text.len() - text.trim_start_matches(['*', '#', '-', '>', ' ', '_', '"']).len();
    while let Some(rest) = text.get(start..).filter(|rest| rest.starts_with(char::is_lowercase)) {
        match rest.find(' ') {
            Some(word) => start += word + 1,
            None => break,
        }
    }
    start += label::party(text.get(start..).unwrap_or_default());
    part.start + start..part.end
}

/// Among how many lines, empty ones aside, the letterhead is.
const HEAD_LINES: usize = 4;

/// How many names a document keeps.
const NAMES_MAX: usize = 400;

/// What the letterhead's own place says for a name with and without a legal form.
pub(super) const LETTERHEAD: i32 = 72;
pub(super) const LETTERHEAD_BARE: i32 = 55;

/// Words with a capital that are neither a letterhead nor have a legal form are no name of an
/// organisation, unless a label says so.
const BARE: i32 = -5;

/// What a legal form alone says for a name.
pub(super) const FORMED: i32 = 30;

/// The parts of a line between wide gaps, tabs and bars.
pub(super) fn cells(page: &Page<'_>, line: &Range<usize>) -> Vec<Range<usize>> {
    let mut cells = Vec::new();
    let text = page.part(line.clone());
    let mut start = None;
    let mut gap = 0;
    let mut last = 0;
    for (at, c) in text.char_indices() {
        if c == ' ' {
            gap += 1;
            continue;
        }
        let wall = matches!(c, '\t' | '|' | '·' | '•' | ';');
        if let Some(from) = start.filter(|_| gap >= page.gap || wall) {
            cells.push(line.start + from..line.start + last);
            start = None;
        }
        gap = 0;
        if !wall {
            start.get_or_insert(at);
            last = at + c.len_utf8();
        }
    }
    if let Some(from) = start {
        cells.push(line.start + from..line.start + last);
    }
    cells
}

/// The name at the start of a cell, and whether it has a legal form.
fn name(page: &Page<'_>, cell: Range<usize>) -> Option<(Range<usize>, bool)> {
    let text = page.part(cell.clone());
    let cut = [", ", " - ", " / ", " | ", " (", " \u{2013} "]
        .iter()
        .filter_map(|mark| text.find(mark))
        .min();
    let short = text.get(..cut.unwrap_or(text.len()))?;
    // The long form of one legal form goes on in brackets.
    const LIMITED: &str = " (haftungsbeschr\u{e4}nkt)";
    // A form may follow the first comma: "Cascade Bearings, Inc."
    let (part, formed) = match formed(short) {
        Some(len) => (short.get(..len)?, true),
        None => match text
            .split_once(", ")
            .and_then(|(a, b)| form(&split(b)).map(|len| a.len() + 2 + len))
        {
            Some(len) => (text.get(..len)?, true),
            None => (short, false),
        },
    };
    let greets = part.len() + 1 >= text.len() && text.ends_with([',', '!', '?']);
    let part = part.trim_end_matches([',', ';', ':', '*', '_', '"', '!', '.']);
    // The point of a legal form belongs to the name: "S.p.A."
    let part = if formed && text.get(part.len()..).is_some_and(|rest| rest.starts_with('.')) {
        text.get(..=part.len())?
    } else {
        part
    };
    let limited = formed && text.get(part.len()..).is_some_and(|rest| rest.starts_with(LIMITED));
    let part = if limited { text.get(..part.len() + LIMITED.len())? } else { part };
    let letters = part.chars().filter(|c| c.is_alphabetic()).count();
    let digits = part.chars().filter(char::is_ascii_digit).count();
    let folded = fold(part);
    let title =
        TITLES.iter().any(|title| folded == *title || folded.starts_with(&format!("{title} ")));
    let last = part.rsplit(' ').next().unwrap_or_default();
    // A street ends with its number, and a registry's number is no name.
    let street =
        !formed && last.bytes().filter(u8::is_ascii_digit).count() > 0 && part.contains(' ');
    let torn = part.contains(')') && !part.contains('(');
    if street
        || torn
        || label::begins_with_number(part)
            && (!formed || part.contains(|c: char| c.is_ascii_digit()))
        || label::whole(part)
        || greets && !formed
        || !formed && part.starts_with(|c: char| c.is_ascii_digit())
        || title
        || letters < 3
        || digits > 2 && !formed
        || part.chars().count() > NAME_CHARS_MAX
        || part.contains('@')
    {
        return None;
    }
    part.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '"' || c == '\'')
        .then(|| (cell.start..cell.start + part.len(), formed))
}

/// Every line with something on it.
pub(super) fn lines(page: &Page<'_>) -> Vec<Found> {
    page.lines
        .iter()
        .filter_map(|line| {
            let text = page.part(line.clone());
            let trimmed = text.trim();
            if trimmed.is_empty() {
                return None;
            }
            let start = line.start + (text.len() - text.trim_start().len());
            let range = start..start + trimmed.len();
            Some(Found { range, value: Value::String(trimmed.to_owned()), flaw: None, base: 10 })
        })
        .collect()
}
