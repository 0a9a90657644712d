//! How well the surroundings of a candidate name the field: the words before it, the head of its
//! column, the line above. It must not change a value; it only weighs.

use std::ops::Range;

use plan::workflow::Find;

use super::Found;
use super::label::{Label, Lexicon, Meaning, names_document};
use super::name::cells;
use super::page::{Page, fold};

/// How far back on its line a candidate's label is looked for, in bytes.
const REACH: usize = 90;

/// From how many bytes on a line is one that goes on in the next.
const PROSE: usize = 45;

/// A label of another field stands at the candidate.
const OTHER: i32 = -60;

/// What a date in a letter's head, without a label, scores.
const DATELINE: i32 = 70;

/// A document seen from one field.
pub(super) struct Places<'p> {
    page: &'p Page<'p>,
    lexicon: &'p Lexicon,
    find: Find,
    ranges: Vec<Range<usize>>,
    /// The line that heads a table above each line, as its number.
    heads: Vec<Option<usize>>,
    /// The cells of each line with the first label each holds.
    cells: Vec<Vec<(Range<usize>, Option<Label>)>>,
    /// How many lines the head of a mail takes, with its addresses, before the first empty line.
    mail: usize,
    /// How many candidates stand under the same column head.
    columns: Vec<((usize, usize), usize)>,
}

/// A label and where it stands.
#[derive(Clone, Copy)]
enum Where {
    Before,
    After,
    /// In the head of a column with so many candidates, and whether the row has a cell for each.
    Head(usize, bool),
    Above,
    /// Alone on the line above a value that stands alone.
    Over,
}

impl<'p> Places<'p> {
    pub(super) fn new(
        page: &'p Page<'p>,
        lexicon: &'p Lexicon,
        find: Find,
        found: &[Found],
    ) -> Self {
        let ranges: Vec<Range<usize>> = found.iter().map(|found| found.range.clone()).collect();
        let cells: Vec<Vec<(Range<usize>, Option<Label>)>> = page
            .lines
            .iter()
            .map(|line| {
                let line = line.start..line.end.min(line.start + 400);
                let line = line.start..page.floor(line.end);
                cells(page, &line)
                    .into_iter()
                    .map(|cell| {
                        let text = page.part(cell.clone());
                        let label = if text.len() <= 40 {
                            lexicon.labels(text).into_iter().find(|l| l.before <= 1)
                        } else {
                            None
                        };
                        (cell, label)
                    })
                    .collect()
            })
            .collect();
        let mut places = Self {
            page,
            lexicon,
            find,
            heads: heads(&cells, page),
            mail: mail(page),
            ranges,
            cells,
            columns: Vec::new(),
        };
        let mut columns: Vec<((usize, usize), usize)> = Vec::new();
        for range in &places.ranges {
            if let Some((key, _)) = places.head(range) {
                match columns.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, count)) => *count += 1,
                    None => columns.push((key, 1)),
                }
            }
        }
        places.columns = columns;
        places
    }

    /// The score of a candidate, or `None` when its surroundings rule it out.
    pub(super) fn score(&self, n: usize, found: &Found) -> Option<i32> {
        let Some((label, place)) = self.label(n, &found.range) else {
            return Some(self.unlabelled(found));
        };
        if label.meaning != self.lexicon.meaning() {
            return Some(found.base + OTHER);
        }
        let near = match place {
            Where::Before => match label.distance {
                0 => 100,
                1 => 92,
                2 | 3 => 80,
                _ => 60,
            },
            Where::Over | Where::Head(1, true) => 98,
            Where::Head(1, false) => 85,
            // Many values under one head are lines of goods; the head names none of them.
            Where::Head(..) => return Some(self.unlabelled(found)),
            Where::Above | Where::After => 80,
        };
        Some(near - (2 - label.strength) * 12 + found.base.max(0) / 10)
    }

    fn unlabelled(&self, found: &Found) -> i32 {
        match self.find {
            Find::Name if self.lexicon.meaning() != Meaning::Known("supplier") => {
                found.base.min(30)
            }
            Find::Date
                if self.lexicon.meaning() == Meaning::Known("date")
                    && self.dateline(&found.range) =>
            {
                DATELINE
            }
            Find::Money | Find::Date | Find::Id | Find::Iban | Find::Line | Find::Name => {
                found.base
            }
        }
    }

    /// Whether a date stands alone in its cell, or behind a place as in a letter's head:
    /// "Erfurt, 29. Oktober 2026".
    fn dateline(&self, range: &Range<usize>) -> bool {
        let at = self.page.line_of(range.start);
        let Some(row) = self.cells.get(at) else { return false };
        let holds =
            |(cell, _): &(Range<usize>, _)| cell.start <= range.start && range.end <= cell.end;
        let Some(own) = row.iter().position(holds) else { return false };
        let Some((cell, _)) = row.get(own) else { return false };
        // Behind a name with a colon, or in a row of a table, it is no line of its own.
        let named = own.checked_sub(1).and_then(|left| row.get(left));
        let named = named.is_some_and(|(left, _)| self.page.part(left.clone()).ends_with(':'));
        // The only date of a document stands in no row of dates.
        let table = row.len() > 2 && self.ranges.len() > 1
            || self.heads.get(at).is_some_and(Option::is_some)
            || self.page.part(self.page.line(at)).contains('|');
        if named || table {
            return false;
        }
        let before = self.page.part(cell.start..range.start).trim();
        // "2026 m. spalio 28 d.", "28 жовтня 2026 р."
        let after = self.page.part(range.end..cell.end).trim_matches(['.', ' ']);
        let after = if after.chars().count() == 1 { "" } else { after };
        let place = before.is_empty()
            || (before.split(' ').count() <= 4
                && before.starts_with(char::is_uppercase)
                && before.contains(',')
                && before.bytes().all(|b| !b.is_ascii_digit()));
        place && after.is_empty()
    }

    fn label(&self, n: usize, range: &Range<usize>) -> Option<(Label, Where)> {
        let after = self.after(n, range);
        // "The price is 385,00 euros before tax": what stands right behind is said of the amount.
        if let Some(label) = after.filter(|label| label.before == 0 && label.strength == 2) {
            return Some((label, Where::After));
        }
        if let Some(label) = self.summed(range) {
            return Some((label, Where::Head(1, false)));
        }
        self.before(n, range)
            .map(|label| (label, Where::Before))
            .or_else(|| after.map(|label| (label, Where::After)))
            .or_else(|| self.row(n, range).map(|label| (label, Where::Before)))
            .or_else(|| {
                self.head(range).map(|(key, label)| {
                    let rows = self
                        .columns
                        .iter()
                        .find(|(known, _)| *known == key)
                        .map_or(1, |(_, count)| *count);
                    (label, Where::Head(rows, self.aligned(range, key.0)))
                })
            })
            .or_else(|| self.over(range).map(|label| (label, Where::Above)))
            .or_else(|| self.above(n, range))
            .or_else(|| self.wrapped(n, range).map(|label| (label, Where::Before)))
    }

    /// The head of an amount's column in the row that sums a table up: "Summe  462,00  81,78".
    fn summed(&self, range: &Range<usize>) -> Option<Label> {
        if self.find != Find::Money {
            return None;
        }
        let row = self.cells.get(self.page.line_of(range.start))?;
        let (_, label) = row.first()?;
        let sums = label.is_some_and(|label| label.meaning == Meaning::Known("total"));
        let (_, label) = self.head(range).filter(|_| sums && row.len() > 2)?;
        (label.meaning != Meaning::Known("other_money")).then_some(label)
    }

    /// In prose the label may stand at the end of the line before the amount's.
    fn wrapped(&self, n: usize, range: &Range<usize>) -> Option<Label> {
        if self.find == Find::Name {
            return None;
        }
        let at = self.page.line_of(range.start);
        let prose = |line: usize| self.cells.get(line).is_some_and(|cells| cells.len() == 1);
        let over = at.checked_sub(1).filter(|over| prose(*over) && prose(at))?;
        let line = self.page.line(over);
        if line.len() < PROSE {
            return None;
        }
        let last = n.checked_sub(1).and_then(|n| self.ranges.get(n)).map_or(0, |last| last.end);
        let reach = self.page.floor(range.start.saturating_sub(REACH));
        let text = self.page.part(line.start.max(reach).max(last)..range.start);
        // A sentence that has ended says nothing of what follows.
        let text = text.rsplit(['!', '?', ';', ':']).next().unwrap_or_default();
        let text = text.rsplit(". ").next().unwrap_or_default();
        self.lexicon.labels(text).last().copied().filter(|label| label.distance <= 2)
    }

    /// Whether a candidate's row has a cell for each cell of a head.
    fn aligned(&self, range: &Range<usize>, head: usize) -> bool {
        let count = |line: usize| self.cells.get(line).map_or(0, Vec::len);
        count(self.page.line_of(range.start)) == count(head)
    }

    /// A label's strength where it stands: a single word that another word leads, as "entry date",
    /// may name something else.
    fn led(&self, label: Label, text: &str) -> Label {
        if label.words > 1 || label.before == 0 {
            return label;
        }
        let cell = text
            .rsplit(['|', '\t', ':', ',', ';', '.', '(', '/'])
            .find(|part| part.split_whitespace().next().is_some());
        let cell = cell.unwrap_or_default();
        let cell = cell.rsplit("  ").find(|part| !part.trim().is_empty()).unwrap_or_default();
        let led = self.lexicon.labels(cell).first().is_some_and(|first| first.before > 0);
        Label { strength: label.strength - i32::from(led), ..label }
    }

    /// A label right behind an amount: "1.865,50 EUR netto".
    fn after(&self, n: usize, range: &Range<usize>) -> Option<Label> {
        if self.find != Find::Money {
            return None;
        }
        let line = self.page.line(self.page.line_of(range.start));
        let next = self.ranges.get(n + 1).map_or(line.end, |next| next.start.min(line.end));
        let text =
            self.page.part(range.end..next.min(self.page.floor(range.end + 30)).max(range.end));
        let text = text.split(['.', ',', ';', '(', '|']).next().unwrap_or_default();
        if text.contains("  ") {
            return None;
        }
        let text = text.trim_start();
        let mark = text.split(' ').next().filter(|word| super::money::currency_mark(word));
        let text = text.get(mark.map_or(0, str::len)..).unwrap_or_default();
        let label = self.lexicon.labels(text).into_iter().next()?;
        // "100.00 plus VAT" is the net amount.
        let plus = text.split_whitespace().next().is_some_and(|word| {
            const PLUS: &[&str] = &[
                "plus",
                "zzgl",
                "zuzuglich",
                "mas",
                "piu",
                "mais",
                "vermeerderd",
                "tillkommer",
                "og",
                "and",
                "und",
                "et",
                "en",
                "y",
                "e",
                "och",
                "a",
                "i",
                "plius",
                "ja",
                "si",
                "kai",
            ];
            PLUS.contains(&fold(word).as_str())
        });
        if plus {
            let tax = label.meaning == Meaning::Known("tax");
            let net = Label { meaning: Meaning::Known("net"), strength: 1, ..label };
            return tax.then_some(net);
        }
        (label.before <= 1 && label.strength == 2).then_some(label)
    }

    /// What a date's connecting word means: "invoice 12 of", "order 7 vom".
    fn of(&self, label: Label, line: &Range<usize>, range: &Range<usize>) -> Label {
        let at = range.start;
        if label.meaning != Meaning::Known("of") {
            return label;
        }
        let from = line.start.max(self.page.floor(at.saturating_sub(REACH)));
        let labels = self.lexicon.labels(self.page.part(from..at));
        let document = labels.iter().rev().find(|label| label.meaning != Meaning::Known("of"));
        match document {
            // "Your request of": what is dated is not known.
            None if label.before > 0
                && !names_document(self.page.part(from..at))
                && !self.dateline(range) =>
            {
                Label { meaning: Meaning::Known("other_date"), ..label }
            }
            None => Label { meaning: Meaning::Known("date"), strength: 0, ..label },
            Some(document) if document.meaning == self.lexicon.meaning() => label,
            Some(_) => Label { meaning: Meaning::Known("other_date"), ..label },
        }
    }

    /// The last label before the candidate on its line, behind the candidate before it.
    fn before(&self, n: usize, range: &Range<usize>) -> Option<Label> {
        let line = self.page.line(self.page.line_of(range.start));
        let last = n.checked_sub(1).and_then(|n| self.ranges.get(n)).map_or(0, |last| last.end);
        let reach = self.page.floor(range.start.saturating_sub(REACH));
        let from = line.start.max(last).max(reach);
        let lead = unbracketed(self.page.part(from..range.start));
        let mut own = self.lexicon.labels(lead);
        if self.find == Find::Name {
            // "De" and "from" name a party where they begin a cell; inside a sentence they do not.
            own.retain(|label| {
                label.words > 1 || label.before == 0 || lead.trim_end().ends_with(':')
            });
        }
        if let Some(label) = own.last() {
            let led = self.led(*label, lead);
            // "Page number", "tax office number": a bare "number" is led by what it numbers.
            let bare = label.meaning == Meaning::Known("number") && label.strength == 1;
            let unknown = bare && led.strength < label.strength && !names_document(lead);
            let meaning = if unknown { Meaning::Known("item") } else { led.meaning };
            let label = Label { meaning, ..led };
            // The date of a mail is not the date of what it brings.
            if label.meaning == Meaning::Known("date") && self.page.line_of(range.start) < self.mail
            {
                return Some(Label { meaning: Meaning::Known("other_date"), ..label });
            }
            // "Bassano del Grappa, 23 ottobre": a small word that stands apart connects nothing.
            let apart = label.meaning == Meaning::Known("of") && label.distance > 0;
            return (!apart).then(|| self.of(label, &line, range));
        }
        if last <= line.start {
            return None;
        }
        if self.find == Find::Id && self.page.part(last..range.start) == " " {
            // Groups of one number, as in "GB 447 1190 28".
            let first = self.ranges.get(..n)?.iter().rev().scan(range.start, |start, other| {
                (self.page.part(other.end..*start) == " ")
                    .then(|| *start = other.start)
                    .map(|()| *start)
            });
            let start = first.take(4).last()?;
            return self
                .lexicon
                .labels(self.page.part(line.start.max(reach)..start))
                .last()
                .copied();
        }
        None
    }

    /// The first label of a line, for the last amount of a row of amounts.
    fn row(&self, n: usize, range: &Range<usize>) -> Option<Label> {
        let line = self.page.line(self.page.line_of(range.start));
        let last = n.checked_sub(1).and_then(|n| self.ranges.get(n)).map_or(0, |last| last.end);
        if self.find != Find::Money || last <= line.start {
            return None;
        }
        let reach = self.page.floor(range.start.saturating_sub(REACH));
        let next = self.ranges.get(n + 1).is_some_and(|next| next.start < line.end);
        let from = line.start.max(reach);
        let all = self.lexicon.labels(self.page.part(from..range.start));
        let label = all.first().filter(|label| label.before == 0)?;
        let distance = if next { 9 } else { 2 };
        Some(Label { distance, ..*label })
    }

    /// The label in the head of the candidate's column.
    fn head(&self, range: &Range<usize>) -> Option<((usize, usize), Label)> {
        let at = self.page.line_of(range.start);
        let head = (*self.heads.get(at)?)?;
        let (line, head_line) = (self.page.line(at), self.page.line(head));
        let row = self.cells.get(at)?;
        let columns = self.cells.get(head)?;
        let own =
            row.iter().position(|(cell, _)| cell.start <= range.start && range.end <= cell.end)?;
        let width = |from: usize, to: usize| self.page.part(from..to).chars().count();
        let (left, right) = (width(line.start, range.start), width(line.start, range.end));
        let column = if row.len() == columns.len() {
            own
        } else {
            columns.iter().position(|(cell, _)| {
                let (a, b) = (width(head_line.start, cell.start), width(head_line.start, cell.end));
                a < right && left < b
            })?
        };
        let label = columns.get(column).and_then(|(_, label)| *label)?;
        // "Seller: Acme Ltd" is a party and heads no column.
        let party = self.find == Find::Name && label.distance > 0;
        (!party).then_some(((head, column), label))
    }

    /// A label of a party right above a name in the same column: "Seller      Buyer".
    fn over(&self, range: &Range<usize>) -> Option<Label> {
        if self.find != Find::Name {
            return None;
        }
        let at = self.page.line_of(range.start);
        let above = at.checked_sub(1)?;
        let width =
            |line: usize, to: usize| self.page.part(self.page.line(line).start..to).chars().count();
        let column = width(at, range.start);
        let cells = self.cells.get(above).filter(|cells| cells.len() > 1)?;
        let near = |cell: &Range<usize>| width(above, cell.start).abs_diff(column) <= 2;
        let (_, label) = cells.iter().find(|(cell, _)| near(cell))?;
        label.filter(|label| label.before == 0 && label.distance == 0)
    }

    /// A label alone on the line above a candidate that begins its line.
    fn above(&self, n: usize, range: &Range<usize>) -> Option<(Label, Where)> {
        let at = self.page.line_of(range.start);
        let line = self.page.line(at);
        let lead = self.page.part(line.start..range.start).trim();
        let mark = self.find == Find::Money && lead.len() < 8 && super::money::currency_mark(lead);
        if !lead.is_empty() && !mark {
            return None;
        }
        let mut above = at.checked_sub(1)?;
        if let [(cell, _)] = self.cells.get(above)?.as_slice() {
            // A label that has its value on its own line names no other.
            let last = n.checked_sub(1).and_then(|n| self.ranges.get(n)).map_or(0, |last| last.end);
            let reach = self.page.floor(cell.end.saturating_sub(REACH));
            let text = self.page.part(reach.max(cell.start).max(last.min(cell.end))..cell.end);
            let goes_on = !text.ends_with(['.', ';', '!', '?']);
            let tail = self.lexicon.labels(unbracketed(text)).last().copied();
            let most = if self.find == Find::Name { 0 } else { 3 };
            if let Some(label) = tail.filter(|label| goes_on && label.distance <= most) {
                let alone = label.before == 0 && label.distance == 0 && lead.is_empty();
                let place =
                    if alone && self.find != Find::Name { Where::Over } else { Where::Above };
                return Some((
                    self.of(label, &self.page.line(above), &(cell.end..cell.end)),
                    place,
                ));
            }
        }
        // A paragraph belongs to the label over it: an address block under "Bill to".
        // Only a legal form tells a name from the lines of an address.
        let formed = || super::form::formed(self.page.part(range.clone())).is_some();
        let block = if self.find == Find::Name && formed() { 2 } else { 0 };
        for _ in 0..=block {
            let cells = self.cells.get(above)?;
            if let [(cell, Some(label))] = cells.as_slice() {
                let text = self.page.part(cell.clone());
                if label.before == 0 && (label.distance == 0 || text.ends_with(':')) {
                    return Some((*label, Where::Above));
                }
            }
            above = above.checked_sub(1).filter(|_| !cells.is_empty())?;
        }
        None
    }
}

/// For each line the nearest line above it, at most six up and without a gap of two empty lines,
/// that heads a table: two cells or more, at least one label, no numbers, and numbers below.
fn heads(cells: &[Vec<(Range<usize>, Option<Label>)>], page: &Page<'_>) -> Vec<Option<usize>> {
    let mut head: Option<usize> = None;
    let mut empty = 0;
    let mut all = Vec::with_capacity(cells.len());
    for (n, row) in cells.iter().enumerate() {
        if row.is_empty() {
            empty += 1;
            if empty >= 2 {
                head = None;
            }
        } else {
            // An empty line ends a table that has begun.
            if empty > 0 && head.is_some_and(|head| n > head + 2) {
                head = None;
            }
            empty = 0;
        }
        if head.is_some_and(|head| n > head + 12) {
            head = None;
        }
        all.push(head);
        let digits = |row: &[(Range<usize>, Option<Label>)]| {
            row.iter().any(|(cell, _)| {
                page.part(cell.clone()).bytes().filter(u8::is_ascii_digit).count() > 1
            })
        };
        let labelled = row.iter().any(|(_, label)| label.is_some());
        // A ruler may stand between the head and the first row.
        let below = cells.iter().skip(n + 1).take(2).any(|below| below.len() >= 2 && digits(below));
        if row.len() >= 2 && labelled && !digits(row) && below {
            head = Some(n);
        }
    }
    all
}

/// How many lines the head of a mail takes; none where the text is no mail.
fn mail(page: &Page<'_>) -> usize {
    let head = page.lines.iter().take(12).map(|line| page.part(line.clone()));
    let head: Vec<&str> = head.take_while(|line| !line.trim().is_empty()).collect();
    let named = head
        .iter()
        .all(|line| line.split_once(": ").is_some_and(|(name, _)| name.chars().count() < 16));
    let sent = head.iter().filter(|line| line.contains('@')).count();
    if named && sent > 0 && head.len() > 2 { head.len() } else { 0 }
}

/// A text without the remark in brackets at its end: "VAT (reverse charge)".
fn unbracketed(text: &str) -> &str {
    let ends = text.trim_end_matches([' ', ':', '\t']).ends_with(')');
    let label = ends.then(|| text.rfind('(')).flatten().and_then(|at| text.get(..at));
    label.filter(|label| !label.trim().is_empty()).unwrap_or(text)
}
