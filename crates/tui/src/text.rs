//! Text for cells of a terminal. Whatever could move the cursor, colour the screen, hide or turn
//! letters is made visible first, and a line is cut where its cells end.

use evidence::words;
use unicode_width::UnicodeWidthChar;

/// One harmless line that takes no more than `width` cells.
pub(crate) fn line(text: &str, width: usize) -> String {
    fit(&words::plain(text), width)
}

/// The same for text that is harmless already.
fn fit(text: &str, width: usize) -> String {
    if cells(text) <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        out.push(c);
    }
    if width > 0 {
        out.push('…');
    }
    out
}

/// Cells that a text takes.
pub(crate) fn cells(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// A harmless line filled with blanks to `width` cells.
pub(crate) fn padded(text: &str, width: usize) -> String {
    let mut out = line(text, width);
    let used = cells(&out);
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
    out
}

/// Beyond this a line is cut, and says so: it would only fill memory at each drawing.
const LONGEST: usize = 20_000;

/// One harmless line as it is, however long.
fn whole(text: &str) -> String {
    let text = words::plain_lines(text).replace(['\n', '\t'], " ");
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{} … (cut here)", text.get(..at).unwrap_or_default()),
        None => text.trim_end().to_owned(),
    }
}

/// Harmless lines of at most `width` cells, broken between words where that is possible. Every line
/// but the first is indented.
pub(crate) fn wrapped(text: &str, width: usize, indent: usize) -> Vec<String> {
    let text = whole(text);
    let mut lines = Vec::new();
    // Blanks in front are what something is put in by.
    let mut now: String = text.chars().take_while(|c| *c == ' ').collect();
    let mut begun = false;
    for word in text.trim_start().split(' ') {
        let first = lines.is_empty();
        let room = width.saturating_sub(if first { 0 } else { indent });
        if begun && cells(&now) + 1 + cells(word) > room {
            lines.push(std::mem::take(&mut now));
        } else if begun {
            now.push(' ');
        }
        begun = true;
        now.push_str(word);
        let room = width.saturating_sub(if lines.is_empty() { 0 } else { indent });
        while cells(&now) > room && room > 0 {
            let (head, tail) = split(&now, room);
            lines.push(head);
            now = tail;
        }
    }
    lines.push(now);
    let blank = " ".repeat(indent);
    let indented =
        |(n, line): (usize, String)| if n == 0 { line } else { format!("{blank}{line}") };
    lines.into_iter().enumerate().map(indented).collect()
}

fn split(text: &str, room: usize) -> (String, String) {
    let (mut head, mut used) = (String::new(), 0);
    let mut rest = text.chars();
    for c in rest.by_ref() {
        used += c.width().unwrap_or(0);
        head.push(c);
        if used >= room {
            break;
        }
    }
    (head, rest.collect())
}
