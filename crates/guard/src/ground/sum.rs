//! The document's own arithmetic: where labels name a net amount, a tax and a total, and the first
//! two add up to the third, each of the three has a second witness. It must not choose amounts so
//! that they add up; it only tests the ones that labels name.

use plan::ids::FieldName;
use plan::value::Money;
use plan::workflow::{CopyField, Find};

use super::label::{Lexicon, Meaning};
use super::page::Page;
use super::{Candidate, LABELLED, Second, best, weigh};

const PARTS: [&str; 3] = ["net", "tax", "total"];

/// Notes at the best candidate that the document's amounts add up with it.
pub(super) fn second(page: &Page<'_>, field: &CopyField, all: &mut [Candidate]) {
    let Meaning::Known(own) = Lexicon::new(field).meaning() else { return };
    if !PARTS.contains(&own) {
        return;
    }
    let Some(leader) = all.first_mut().filter(|leader| leader.score >= LABELLED) else { return };
    let part = |name: &str| if name == own { money(leader) } else { named(page, name) };
    let [Some(net), Some(tax), Some(total)] = PARTS.map(part) else { return };
    if net.plus(tax).is_ok_and(|sum| sum == total) {
        leader.second = Some(Second::Sum);
    }
}

/// The one amount that labels name so, by the table's own words.
fn named(page: &Page<'_>, name: &str) -> Option<Money> {
    let field = CopyField {
        name: FieldName::new(name).ok()?,
        find: Find::Money,
        optional: false,
        called: Vec::new(),
    };
    let (all, _) = best(weigh(page, &field));
    let leader = all.first().filter(|leader| leader.score >= LABELLED)?;
    let rival = all.get(1).is_some_and(|next| next.score > leader.score - super::settle::MARGIN);
    if rival { None } else { money(leader) }
}

fn money(candidate: &Candidate) -> Option<Money> {
    serde_json::from_value(candidate.value.clone()).ok()
}
