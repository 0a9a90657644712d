//! The report as a PDF file: A4, the fonts that every reader has, nothing that runs. Characters
//! that those fonts do not have are written as `?`, and the file says so.

use std::fmt::Write as _;

use super::Line;

const HEIGHT: u32 = 842;
const MARGIN: u32 = 56;
/// How many characters fit on a line of this size.
const COLUMNS: usize = 92;

/// What is written on one page.
#[derive(Default)]
struct Page {
    text: String,
    y: u32,
}

/// The report as a PDF file.
#[must_use]
pub fn pdf(lines: &[Line]) -> Vec<u8> {
    let mut pages = vec![Page { text: String::new(), y: HEIGHT - MARGIN }];
    let mut replaced = false;
    for line in lines {
        let (font, size, text) = match line {
            Line::Title(text) => ("F2", 18, text.clone()),
            Line::Heading(text) => ("F2", 12, text.clone()),
            Line::Text(text) => ("F1", 10, text.clone()),
            Line::Pair(what, is) => ("F1", 10, format!("{what}: {is}")),
        };
        for row in rows(&text) {
            let (row, all) = encoded(&row);
            replaced |= !all;
            put(&mut pages, font, size, &row);
        }
    }
    if replaced {
        put(&mut pages, "F1", 8, "Characters that this font does not have stand as ? here.");
    }
    file(&pages)
}

fn put(pages: &mut Vec<Page>, font: &str, size: u32, row: &str) {
    let step = if size > 10 { size * 2 } else { 14 };
    if pages.last().is_none_or(|page| page.y < MARGIN + step) {
        pages.push(Page { text: String::new(), y: HEIGHT - MARGIN });
    }
    if let Some(page) = pages.last_mut() {
        page.y -= step;
        let y = page.y;
        let _ = writeln!(page.text, "BT /{font} {size} Tf {MARGIN} {y} Td ({row}) Tj ET");
    }
}

/// A text in rows that fit, broken at spaces where there are some.
fn rows(text: &str) -> Vec<String> {
    let (mut rows, mut row) = (Vec::new(), String::new());
    for word in text.split(' ') {
        for piece in pieces(word) {
            if !row.is_empty() && row.chars().count() + piece.chars().count() >= COLUMNS {
                rows.push(std::mem::take(&mut row));
            }
            if !row.is_empty() {
                row.push(' ');
            }
            row.push_str(&piece);
        }
    }
    rows.push(row);
    rows
}

fn pieces(word: &str) -> Vec<String> {
    let chars: Vec<char> = word.chars().collect();
    if chars.is_empty() {
        return vec![String::new()];
    }
    chars.chunks(COLUMNS - 1).map(|piece| piece.iter().collect()).collect()
}

/// A row as a string of PDF in WinAnsi, and whether all of it could be written.
fn encoded(row: &str) -> (String, bool) {
    let (mut out, mut all) = (String::new(), true);
    for c in row.chars() {
        match c {
            '(' | ')' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            ' '..='~' => out.push(c),
            '\u{a0}'..='\u{ff}' => {
                let _ = write!(out, "\\{:03o}", u32::from(c));
            }
            '\u{2013}' | '\u{2014}' => out.push('-'),
            '\u{2018}' | '\u{2019}' => out.push('\''),
            '\u{201c}' | '\u{201d}' => out.push('"'),
            '\u{20ac}' => out.push_str("\\200"),
            _ => {
                out.push('?');
                all = false;
            }
        }
    }
    (out, all)
}

/// The objects of the file and where each of them begins.
fn file(pages: &[Page]) -> Vec<u8> {
    let font = |name: &str| {
        format!("<</Type/Font/Subtype/Type1/BaseFont/{name}/Encoding/WinAnsiEncoding>>")
    };
    let kids: Vec<String> = (0..pages.len()).map(|n| format!("{} 0 R", 5 + 2 * n)).collect();
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        format!("<</Type/Pages/Kids[{}]/Count {}>>", kids.join(" "), pages.len()),
        font("Helvetica"),
        font("Helvetica-Bold"),
    ];
    for (n, page) in pages.iter().enumerate() {
        objects.push(format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 {HEIGHT}]/Contents {} 0 R\
             /Resources<</Font<</F1 3 0 R/F2 4 0 R>>>>>>",
            6 + 2 * n
        ));
        let text = &page.text;
        objects.push(format!("<</Length {}>>\nstream\n{text}\nendstream", text.len() + 1));
    }
    let (mut out, mut places) = ("%PDF-1.4\n".to_owned(), Vec::new());
    for (n, object) in (1_usize..).zip(&objects) {
        places.push(out.len());
        let _ = writeln!(out, "{n} 0 obj\n{object}\nendobj");
    }
    let begins = out.len();
    let _ = writeln!(out, "xref\n0 {}\n0000000000 65535 f ", objects.len() + 1);
    for place in places {
        let _ = writeln!(out, "{place:010} 00000 n ");
    }
    let size = objects.len() + 1;
    let _ = write!(out, "trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{begins}\n%%EOF\n");
    out.into_bytes()
}
