//! When a field that a document may lack is really absent. It must not take a field for absent that
//! only this program cannot find: the document's language has to be known.

use std::collections::BTreeSet;

use plan::workflow::{CopyField, Find};

use super::label::{self, Lexicon, Meaning};
use super::page::Page;
use super::{Candidate, LABELLED};

/// The meanings by which a document shows that its words are known.
const TELLING: &[&str] = &["number", "date", "due", "net", "tax", "total", "customer", "vat_id"];

/// How many of them have to occur.
const TELLING_MIN: usize = 4;

/// Whether nothing in the document names the field: no label for it stands anywhere, save one that
/// merely hints at it with nothing near that could be meant; no candidate bears the field's own
/// mark; and the document's other labels are words of the table.
pub(super) fn is(page: &Page<'_>, field: &CopyField, all: &[Candidate]) -> bool {
    let lexicon = Lexicon::new(field);
    let own = lexicon.meaning();
    if own == Meaning::Own || all.iter().any(|c| c.score >= LABELLED || marked(field, c)) {
        return false;
    }
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for (n, line) in page.lines.iter().enumerate() {
        let line = line.start..page.floor(line.end.min(line.start + 400));
        let text = page.part(line);
        for label in lexicon.labels(text).iter().filter(|label| label.meaning == own) {
            let could = |c: &Candidate| c.score >= 0 && (n..=n + 1).contains(&c.line);
            // "PO" is a small word in some languages.
            let clear = label.strength == 2 && label.letters > 2;
            if clear || all.iter().any(could) {
                return false;
            }
        }
        known.extend(label::telling(text).filter(|meaning| TELLING.contains(meaning)));
    }
    known.len() >= TELLING_MIN
}

/// Whether a token names itself what the field asks for: "PO-20401" for an order.
pub(super) fn marked(field: &CopyField, candidate: &Candidate) -> bool {
    let rest = candidate.shown.strip_prefix("PO").unwrap_or_default();
    let digits = rest.trim_start_matches(['-', ' ', '/', '.', '#', ':']);
    field.find == Find::Id
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && Lexicon::new(field).meaning() == Meaning::Known("order")
}
