//! A document as the finders read it: hidden characters gone, odd spaces, dashes and digits made
//! plain, and a map from every place back to the source. It must not judge what it reads.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// How much of a document is read; a longer one is cut, so that every finder's time is bounded.
const BYTES_MAX: usize = 256 * 1024;

/// A readable copy of a document.
pub(super) struct Page<'s> {
    source: &'s str,
    /// The readable text. Lines end with `\n`.
    pub(super) text: String,
    /// For each byte of `text`, the bytes of the source that its character came from.
    from: Vec<(u32, u32)>,
    /// The lines of `text`, without their ends.
    pub(super) lines: Vec<Range<usize>>,
    /// How many spaces part two cells of a line.
    pub(super) gap: usize,
}

impl<'s> Page<'s> {
    pub(super) fn read(source: &'s str) -> Self {
        let mut text = String::with_capacity(source.len().min(BYTES_MAX));
        let mut from = Vec::with_capacity(text.capacity());
        for (at, c) in source.char_indices().take_while(|(at, _)| *at < BYTES_MAX) {
            let Some(plain) = plain(c) else { continue };
            text.push(plain);
            let end = at + c.len_utf8();
            let place =
                (u32::try_from(at).unwrap_or(u32::MAX), u32::try_from(end).unwrap_or(u32::MAX));
            from.resize(text.len(), place);
        }
        let text = unled(&parted(text));
        let mut lines = Vec::new();
        let mut start = 0;
        for (at, _) in text.match_indices('\n') {
            lines.push(start..at);
            start = at + 1;
        }
        lines.push(start..text.len());
        let gap = gap(&text);
        Self { source, text, from, lines, gap }
    }

    /// The bytes of the source that a range of `text` came from.
    pub(super) fn span(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.from.get(range.start).map_or(0, |(start, _)| *start as usize);
        let last = range.end.checked_sub(1).and_then(|last| self.from.get(last));
        start..last.map_or(start, |(_, end)| (*end as usize).max(start))
    }

    /// Whether characters that nobody sees stand inside a span of the source.
    pub(super) fn hides(&self, span: &Range<usize>) -> bool {
        self.source.get(span.clone()).is_none_or(|text| text.chars().any(hidden))
    }

    /// A part of the readable text.
    pub(super) fn part(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    /// The number of the line that a place stands in.
    pub(super) fn line_of(&self, at: usize) -> usize {
        self.lines.partition_point(|line| line.end < at).min(self.lines.len().saturating_sub(1))
    }

    /// The border of a character at or before a place.
    pub(super) fn floor(&self, at: usize) -> usize {
        let mut at = at.min(self.text.len());
        while at > 0 && !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// A line by its number.
    pub(super) fn line(&self, n: usize) -> Range<usize> {
        self.lines.get(n).cloned().unwrap_or(0..0)
    }
}

/// A text with spaces for the dots that lead from a label to its value: "Total ....... 12.00".
fn unled(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut dots = 0;
    for c in text.chars().chain(std::iter::once('\n')) {
        if c == '.' {
            dots += 1;
            continue;
        }
        let mark = if dots > 3 { " " } else { "." };
        plain.push_str(&mark.repeat(dots));
        dots = 0;
        plain.push(c);
    }
    plain.pop();
    plain
}

/// How many spaces part two cells: two, and more in a scan that puts two between most words.
fn gap(text: &str) -> usize {
    let (mut single, mut double, mut run) = (0_usize, 0_usize, 0_usize);
    for b in text.bytes() {
        match (b, run) {
            (b' ', _) => {
                run += 1;
                continue;
            }
            (b'\n', _) => {}
            (_, 1) => single += 1,
            (_, 2) => double += 1,
            _ => {}
        }
        run = 0;
    }
    if double > single { 4 } else { 2 }
}

/// A text of values parted by commas, with tabs for the commas; any other text as it is. Every
/// line with something on it has the same number of commas, two or more, without a space behind.
fn parted(text: String) -> String {
    let tight = |line: &str| {
        let ends = line.match_indices(',').map(|(at, _)| line.get(at + 1..).unwrap_or_default());
        ends.filter(|rest| !rest.starts_with(' ')).count()
    };
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().map_or(0, tight);
    if first < 2 || lines.clone().count() < 2 || !lines.all(|line| tight(line) == first) {
        return text;
    }
    text.replace(',', "\t")
}

/// Characters without width or that turn the direction of reading.
pub(super) fn hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// One character made plain, or nothing when it is hidden.
fn plain(c: char) -> Option<char> {
    if hidden(c) {
        return None;
    }
    Some(match c {
        '\n' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        '\t' => '\t',
        '\r' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2018}' | '\u{2019}' | '\u{b4}' => '\'',
        '\u{2502}' | '\u{2503}' | '\u{a6}' => '|',
        // The two signs of "number" stay apart from letters and degrees alike.
        '\u{ba}' | '\u{b0}' => '\u{b0}',
        c if c.is_ascii() => c,
        c if c.is_whitespace() => ' ',
        c => {
            let mut wide = c.nfkc();
            match (wide.next(), wide.next()) {
                (Some(one), None) => one,
                _ => c,
            }
        }
    })
}

/// A text as words to compare: small letters without accents, digits, one space between words.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfd().filter(|c| !is_combining_mark(*c) && !hidden(*c)) {
        match c {
            'ß' => folded.push_str("ss"),
            'ø' | 'Ø' => folded.push('o'),
            'æ' | 'Æ' => folded.push_str("ae"),
            'œ' | 'Œ' => folded.push_str("oe"),
            'ł' | 'Ł' => folded.push('l'),
            'đ' | 'Đ' | 'ð' | 'Ð' => folded.push('d'),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            // "n°" and "nº" are read as "no".
            '\u{b0}' | '\u{ba}' => folded.push('o'),
            c if c.is_alphanumeric() => folded.extend(c.to_lowercase()),
            // An apostrophe joins, so that "buyer's" stays one word.
            '\'' | '\u{2019}' => folded.push(' '),
            _ if folded.ends_with(' ') => {}
            _ => folded.push(' '),
        }
    }
    let folded = folded.trim();
    // A title set in spaced letters, "F A C T U R A", is one word.
    if folded.len() > 6 && folded.split(' ').all(|word| word.chars().count() == 1) {
        return folded.replace(' ', "");
    }
    folded.to_owned()
}
