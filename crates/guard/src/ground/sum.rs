//! The document's own arithmetic: net and tax add up to the total. Where labels name all three, or
//! two of them and the third stands in the document, each has a second witness. It must not choose
//! among several sums that fit.

use plan::ids::FieldName;
use plan::value::Money;
use plan::workflow::{CopyField, Find};

use super::label::{Lexicon, Meaning};
use super::page::Page;
use super::{Candidate, LABELLED, Second, best, weigh};

const PARTS: [&str; 3] = ["net", "tax", "total"];

/// What the sum says for an amount that no label names.
const SUMMED: i32 = 80;

/// What a label that names several parts of one sum, as "total" often does, leaves to the others.
const OTHER_PART: i32 = 0;

/// Notes at the candidates that the document's amounts add up with them.
pub(super) fn second(page: &Page<'_>, field: &CopyField, all: &mut [Candidate]) {
    let Meaning::Known(own) = Lexicon::new(field).meaning() else { return };
    let Some(place) = PARTS.iter().position(|part| *part == own) else { return };
    let lists: Vec<Vec<Candidate>> = PARTS
        .iter()
        .map(|part| if *part == own { all.to_vec() } else { listed(page, part) })
        .collect();
    let [net, tax, total] = lists.as_slice() else { return };
    let Some(sum) = sum(&[net, tax, total]) else { return };
    let Some(own) = sum.get(place).copied() else { return };
    for candidate in all.iter_mut() {
        let Some(value) = money(candidate) else { continue };
        if value == own {
            candidate.score = candidate.score.max(SUMMED);
            candidate.second = Some(Second::Sum);
        } else if sum.contains(&value) {
            candidate.score = candidate.score.min(OTHER_PART);
        }
    }
    all.sort_by_key(|candidate| std::cmp::Reverse(candidate.score));
}

/// The candidates of a part, by the table's own words.
fn listed(page: &Page<'_>, name: &str) -> Vec<Candidate> {
    let Ok(name) = FieldName::new(name) else { return Vec::new() };
    let field = CopyField { name, find: Find::Money, optional: false, called: Vec::new() };
    best(weigh(page, &field)).0
}

/// The one sum of the document, as net, tax and total: of all that fit, the only one in which
/// labels name the most parts, at least two of them, and name none of them otherwise.
fn sum(lists: &[&Vec<Candidate>; 3]) -> Option<[Money; 3]> {
    let [nets, taxes, totals] = lists;
    let mut found: Vec<([Money; 3], usize)> = Vec::new();
    for (net, named_net) in open(nets) {
        for (tax, named_tax) in open(taxes) {
            let Ok(total) = net.plus(tax) else { continue };
            let Some((_, named_total)) = open(totals).find(|(value, _)| *value == total) else {
                continue;
            };
            // Without tax every amount is its own sum, so that all three need their labels.
            let named = [named_net, named_tax, named_total].into_iter().filter(|n| *n).count();
            let enough = if tax.minor == 0 { 3 } else { 2 };
            if named >= enough && rate(net, tax) {
                found.push(([net, tax, total], named));
            }
        }
    }
    let most = found.iter().map(|(_, named)| *named).max()?;
    let mut best = found.into_iter().filter(|(_, named)| *named == most);
    match (best.next(), best.next()) {
        (Some((sum, _)), None) => Some(sum),
        _ => None,
    }
}

/// The amounts that no label names otherwise, and whether one names them so.
fn open(list: &[Candidate]) -> impl Iterator<Item = (Money, bool)> + '_ {
    list.iter()
        .filter(|candidate| candidate.score >= 0)
        .filter_map(|candidate| Some((money(candidate)?, candidate.score >= LABELLED)))
}

/// Whether an amount could be the tax on another: no rate in Europe is above 30 percent.
fn rate(net: Money, tax: Money) -> bool {
    let (net, tax) = (net.minor, tax.minor);
    net != 0 && (tax == 0 || (net < 0) == (tax < 0)) && tax.abs() <= net.abs() / 10 * 3 + 3
}

fn money(candidate: &Candidate) -> Option<Money> {
    serde_json::from_value(candidate.value.clone()).ok()
}
