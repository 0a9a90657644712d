//! Lines of text from things that have a place: pieces on a page, and cells of a table. What
//! stands side by side comes out on one line with a gap of spaces, and what stands below each
//! other begins in the same column. It must not know where the pieces come from.

/// Spaces between two cells: more than a sentence ever has.
pub(crate) const GAP: usize = 4;
/// The most columns of a line; a page with smaller letters is squeezed.
const COLUMNS_MAX: f64 = 240.0;
/// How much room, in the size of its letters, parts two letters of a word at most, and two words
/// of a cell.
const WORD_GAP: f64 = 0.16;
const CELL_GAP: f64 = 0.95;
/// A cell with more letters than this does not make its column wider.
const CELL_MAX: usize = 60;

/// One letter, or what one sign on the page stands for, with its place; down is positive. Letters
/// that were drawn one behind the other grow together to words.
#[derive(Debug, Clone)]
pub(crate) struct Glyph {
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) base: f64,
    pub(crate) size: f64,
    pub(crate) text: String,
}

/// Words of a line that stand together.
#[derive(Debug)]
struct Piece {
    left: f64,
    right: f64,
    text: String,
    line: usize,
    column: usize,
}

impl Piece {
    fn length(&self) -> usize {
        self.text.chars().count()
    }

    /// Amounts and other figures stand in line at their right.
    fn is_figure(&self) -> bool {
        let digits = self.text.chars().filter(char::is_ascii_digit).count();
        let letters = self.text.chars().filter(|c| c.is_alphabetic()).count();
        digits > 0 && letters <= 3 && digits > letters
    }
}

/// The lines of a page.
pub(crate) fn page(glyphs: Vec<Glyph>) -> Vec<String> {
    let lines = lines(words(glyphs));
    let heights: Vec<(f64, f64)> = lines.iter().filter_map(|l| height(l)).collect();
    let mut pieces: Vec<Piece> =
        lines.into_iter().enumerate().flat_map(|(n, line)| split(n, line)).collect();
    align(&mut pieces);
    pieces.sort_by_key(|piece| (piece.line, piece.column));
    let mut text: Vec<String> = Vec::new();
    let mut before: Option<(f64, f64)> = None;
    let mut pieces = pieces.into_iter().peekable();
    for (n, (base, size)) in heights.into_iter().enumerate() {
        // Room between two lines is an empty line; a person sees where a block ends.
        if before.is_some_and(|(above, tall)| base - above > 1.75 * tall.max(size)) {
            text.push(String::new());
        }
        before = Some((base, size));
        let mut line = String::new();
        let mut length = 0;
        while let Some(piece) = pieces.next_if(|piece| piece.line == n) {
            let gap = if length == 0 { 0 } else { GAP };
            let spaces = piece.column.max(length + gap) - length;
            line.extend(std::iter::repeat_n(' ', spaces));
            length += spaces + piece.length();
            line.push_str(&piece.text);
        }
        text.push(line);
    }
    text
}

fn height(line: &[Glyph]) -> Option<(f64, f64)> {
    let first = line.first()?;
    Some((first.base, line.iter().map(|g| g.size).fold(0.0, f64::max)))
}

/// Letters as words. They are told apart before anything is sorted, since texts that overlap by a
/// little would mix their letters.
fn words(glyphs: Vec<Glyph>) -> Vec<Glyph> {
    let mut words: Vec<Glyph> = Vec::new();
    let mut inside = false;
    for glyph in glyphs {
        let places = [glyph.left, glyph.right, glyph.base, glyph.size];
        if glyph.text.trim().is_empty() || places.iter().any(|x| !x.is_finite()) {
            inside = false;
            continue;
        }
        match words.last_mut().filter(|_| inside) {
            Some(word) if goes_on(word, &glyph) => {
                word.right = word.right.max(glyph.right);
                word.text.push_str(&glyph.text);
            }
            _ => words.push(glyph),
        }
        inside = true;
    }
    words
}

fn goes_on(word: &Glyph, next: &Glyph) -> bool {
    let em = word.size.min(next.size);
    let gap = next.left - word.right;
    (next.base - word.base).abs() < 0.05 * em && gap > -0.3 * em && gap <= WORD_GAP * em
}

/// Words by lines, each from left to right.
fn lines(mut words: Vec<Glyph>) -> Vec<Vec<Glyph>> {
    words.sort_by(|a, b| a.base.total_cmp(&b.base));
    let mut lines: Vec<Vec<Glyph>> = Vec::new();
    for word in words {
        let joins = lines.last().and_then(|line| line.first()).is_some_and(|first| {
            // A raised figure belongs to its line, a line set close below does not.
            word.base - first.base <= 0.4 * first.size.max(word.size)
        });
        match lines.last_mut() {
            Some(line) if joins => line.push(word),
            _ => lines.push(vec![word]),
        }
    }
    for line in &mut lines {
        line.sort_by(|a, b| a.left.total_cmp(&b.left));
        // Bold is sometimes the same word drawn twice.
        line.dedup_by(|b, a| {
            a.text == b.text && (b.left - a.left).abs() < 0.12 * a.size.max(b.size)
        });
    }
    lines
}

/// The pieces of a line: apart where there is more room than a space takes.
fn split(line: usize, words: Vec<Glyph>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut size = 0.0_f64;
    for word in words {
        let em = if size > 0.0 { size.min(word.size) } else { word.size };
        size = word.size;
        let Glyph { left, right, text, .. } = word;
        match pieces.last_mut() {
            Some(piece) if left - piece.right < CELL_GAP * em => {
                // A raised or bold part of a word touches it.
                if (left - piece.right).abs() > 0.08 * em {
                    piece.text.push(' ');
                }
                piece.text.push_str(&text);
                piece.right = piece.right.max(right);
            }
            _ => pieces.push(Piece { left, right, text, line, column: 0 }),
        }
    }
    pieces
}

/// Gives every piece its column.
fn align(pieces: &mut [Piece]) {
    let Some(unit) = unit(pieces) else { return };
    let start = pieces.iter().map(|p| p.left).fold(f64::INFINITY, f64::min);
    pieces.sort_by(|a, b| a.left.total_cmp(&b.left));
    let lines = pieces.iter().map(|p| p.line).max().map_or(0, |n| n + 1);
    // How far each line is filled so far.
    let mut filled = vec![0_usize; lines];
    let mut rest = pieces;
    while let Some(first) = rest.first() {
        // What begins at the same place begins in the same column.
        let edge = first.left + 0.6 * unit;
        let n = rest.partition_point(|piece| piece.left <= edge).max(1);
        let (same, after) = rest.split_at_mut(n);
        let free = |piece: &Piece, filled: &[usize]| {
            let used = filled.get(piece.line).copied().unwrap_or_default();
            if used == 0 { 0 } else { used + GAP }
        };
        let wanted = same
            .iter()
            .filter(|p| !p.is_figure())
            .map(|piece| to_column((piece.left - start) / unit).max(free(piece, &filled)));
        let column = wanted.max().unwrap_or_default();
        for piece in same {
            let own = if piece.is_figure() {
                to_column((piece.right - start) / unit).saturating_sub(piece.length())
            } else {
                column
            };
            piece.column = own.max(free(piece, &filled));
            if let Some(filled) = filled.get_mut(piece.line) {
                *filled = piece.column + piece.length();
            }
        }
        rest = after;
    }
}

/// The width of a letter: one that most pieces have room with.
fn unit(pieces: &[Piece]) -> Option<f64> {
    let mut widths: Vec<f64> = pieces
        .iter()
        .filter(|piece| piece.length() > 2 && piece.right > piece.left)
        .map(|piece| (piece.right - piece.left) / as_width(piece.length()))
        .collect();
    widths.sort_by(f64::total_cmp);
    let start = pieces.iter().map(|p| p.left).fold(f64::INFINITY, f64::min);
    let end = pieces.iter().map(|p| p.right).fold(f64::NEG_INFINITY, f64::max);
    let usual = widths.get(widths.len() / 4).copied().unwrap_or(5.0);
    let unit = usual.max((end - start) / COLUMNS_MAX);
    (unit.is_finite() && unit > 0.0).then_some(unit)
}

#[allow(clippy::cast_precision_loss, reason = "lengths of lines are small")]
fn as_width(length: usize) -> f64 {
    length as f64
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to what a line may have"
)]
fn to_column(x: f64) -> usize {
    x.round().clamp(0.0, 2.0 * COLUMNS_MAX) as usize
}

/// A cell of a table: its lines, and over how many columns it goes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    pub(crate) lines: Vec<String>,
    pub(crate) span: usize,
}

impl Cell {
    pub(crate) fn new(text: &str) -> Self {
        Self { lines: text.lines().map(str::to_owned).collect(), span: 1 }
    }

    fn width(&self) -> usize {
        self.lines.iter().map(|line| line.chars().count()).max().unwrap_or_default()
    }

    fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.trim().is_empty())
    }
}

/// The lines of a table. A row with one cell is that cell's lines.
pub(crate) fn table(rows: &[Vec<Cell>]) -> Vec<String> {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        let mut column = 0;
        let alone = row.iter().filter(|cell| !cell.is_empty()).count() < 2;
        for cell in row {
            let span = cell.span.clamp(1, 64);
            if widths.len() < column + span {
                widths.resize(column + span, 0);
            }
            // A heading over the whole table must not make its first column wide.
            if let Some(width) = widths.get_mut(column).filter(|_| span == 1 && !alone) {
                *width = (*width).max(cell.width().min(CELL_MAX));
            }
            column += span;
        }
    }
    let starts: Vec<usize> = widths
        .iter()
        .scan(0, |at, width| {
            let start = *at;
            *at += if *width == 0 { 0 } else { width + GAP };
            Some(start)
        })
        .collect();
    rows.iter().flat_map(|row| table_row(row, &starts)).collect()
}

fn table_row(row: &[Cell], starts: &[usize]) -> Vec<String> {
    let height = row.iter().map(|cell| cell.lines.len()).max().unwrap_or_default();
    let mut lines = Vec::with_capacity(height);
    for n in 0..height {
        let (mut line, mut length, mut column) = (String::new(), 0, 0);
        for cell in row {
            let start = starts.get(column).copied().unwrap_or_default();
            column += cell.span.clamp(1, 64);
            let Some(text) = cell.lines.get(n).filter(|text| !text.trim().is_empty()) else {
                continue;
            };
            let gap = if length == 0 { 0 } else { GAP };
            let spaces = start.max(length + gap) - length;
            line.extend(std::iter::repeat_n(' ', spaces));
            line.push_str(text.trim_end());
            length += spaces + text.trim_end().chars().count();
        }
        lines.push(line);
    }
    lines
}
