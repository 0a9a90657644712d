//! The document's own arithmetic: net and tax add up to the total. It is a witness where labels
//! name two of the three, or name one and the tax is what a rate that the document prints makes of
//! the net. It must not choose among several sums that fit, unless they are the parts of one.

use std::collections::BTreeSet;

use plan::ids::FieldName;
use plan::value::{Currency, Money};
use plan::workflow::{CopyField, Find};

use super::label::{Lexicon, Meaning};
use super::page::Page;
use super::{Candidate, Flaw, LABELLED, Second, best, weigh};

const PARTS: [&str; 3] = ["net", "tax", "total"];

/// How many ways to add up are weighed against each other.
const SUMS_MAX: usize = 200;

/// What the sum says for an amount that no label names.
const SUMMED: i32 = 80;

/// What a label that names several parts of one sum, as "total" often does, leaves to the others.
const OTHER_PART: i32 = 0;

/// Notes at the candidates that the document's amounts add up with them.
pub(super) fn second(page: &Page<'_>, field: &CopyField, all: &mut Vec<Candidate>) {
    let Meaning::Known(own) = Lexicon::new(field).meaning() else { return };
    let Some(place) = PARTS.iter().position(|part| *part == own) else { return };
    let lists: Vec<Vec<Candidate>> = PARTS
        .iter()
        .map(|part| if *part == own { all.clone() } else { listed(page, part) })
        .collect();
    let [net, tax, total] = lists.as_slice() else { return };
    let Some(sum) = sum(&[net, tax, total], &rates(&page.text)) else { return };
    let Some(own) = sum.minor.get(place).copied() else { return };
    let Ok(value) = serde_json::to_value(Money { minor: own, currency: sum.currency }) else {
        return;
    };
    let most = sum.minor.iter().map(|minor| minor.abs()).max().unwrap_or_default();
    let mut taken = false;
    all.retain_mut(|candidate| {
        let Some(amount) = money(candidate) else { return true };
        let fits = currency(&amount).is_none_or(|known| known == sum.currency);
        if fits && amount.minor == own {
            // Amounts that add up are of one currency, whichever of them bears it.
            let hidden = candidate.flaw.filter(|flaw| *flaw != Flaw::Currency);
            (candidate.value, candidate.flaw) = (value.clone(), hidden);
            candidate.score = candidate.score.max(SUMMED);
            candidate.second = Some(Second::Sum);
            return !std::mem::replace(&mut taken, true);
        }
        // What is smaller is a part of the sum or a rest of it; what is larger contradicts it.
        if fits && amount.minor.abs() <= most || sum.minor.contains(&amount.minor) {
            candidate.score = candidate.score.min(OTHER_PART);
        }
        true
    });
    all.sort_by_key(|candidate| std::cmp::Reverse(candidate.score));
}

/// The candidates of a part, by the table's own words.
fn listed(page: &Page<'_>, name: &str) -> Vec<Candidate> {
    let Ok(name) = FieldName::new(name) else { return Vec::new() };
    let field =
        CopyField { name, find: Find::Money, optional: false, called: Vec::new(), known_in: None };
    best(weigh(page, &field)).0
}

/// One way in which amounts of the document add up: net, tax and total.
#[derive(Debug, Clone, PartialEq)]
struct Sum {
    minor: [i64; 3],
    currency: Currency,
    /// How many of the three labels name.
    named: usize,
    /// A rate that the document prints makes this tax of this net.
    rated: bool,
}

/// The sum of the document: of those that labels name best the only one, or the one whose parts
/// the others are.
fn sum(lists: &[&Vec<Candidate>; 3], rates: &BTreeSet<i64>) -> Option<Sum> {
    let mut found = sums(lists, rates);
    let rated: Vec<[i64; 3]> = found.iter().filter(|s| s.rated).map(|s| s.minor).collect();
    for sum in &mut found {
        // Under several rates it is the sum of their sums.
        let mut parts = [0_i64; 3];
        let others = || rated.iter().filter(|other| **other != sum.minor);
        for (at, part) in parts.iter_mut().enumerate() {
            *part = others().filter_map(|other| other.get(at)).sum();
        }
        sum.rated |= others().count() > 1 && parts == sum.minor;
    }
    let whole = |sum: &Sum| {
        let part = |other: &[i64; 3]| other.iter().zip(sum.minor).all(|(a, b)| a.abs() <= b.abs());
        sum.rated && rated.iter().all(part)
    };
    let most = found.iter().map(|sum| sum.named).max()?;
    let enough = |sum: &&Sum| sum.named > 1 || sum.named == 1 && whole(sum);
    let mut best = found.iter().filter(|sum| sum.named == most).filter(enough);
    match (best.next(), best.next()) {
        (Some(sum), None) => Some(sum.clone()),
        _ => None,
    }
}

/// Every way in which the amounts add up.
fn sums(lists: &[&Vec<Candidate>; 3], rates: &BTreeSet<i64>) -> Vec<Sum> {
    let [nets, taxes, totals] = lists;
    let largest = lists.iter().flat_map(|list| open(list)).map(|(m, _)| m.minor.abs()).max();
    let mut found: Vec<Sum> = Vec::new();
    for (net, named_net) in open(nets) {
        for (tax, named_tax) in open(taxes).filter(|(tax, _)| rate(net, *tax)) {
            for (total, named_total) in open(totals)
                .filter(|(total, _)| net.minor.checked_add(tax.minor) == Some(total.minor))
            {
                let Some(currency) = one(&[net, tax, total]) else { continue };
                let named = [named_net, named_tax, named_total].into_iter().filter(|n| *n).count();
                // Without tax every amount is its own sum: the zero has to be named as tax, and
                // the amount be named and the largest of all.
                let bare = tax.minor == 0;
                let clear = named_tax && named > 1 && Some(net.minor.abs()) == largest;
                if bare && named < 3 && !clear {
                    continue;
                }
                let rated = !bare && rates.iter().any(|rate| taxed(net.minor, *rate, tax.minor));
                let minor = [net.minor, tax.minor, total.minor];
                // So many ways to add up are none.
                if found.len() == SUMS_MAX {
                    return Vec::new();
                }
                match found.iter_mut().find(|s| s.minor == minor && s.currency == currency) {
                    Some(known) => known.named = known.named.max(named),
                    None => found.push(Sum { minor, currency, named, rated }),
                }
            }
        }
    }
    found
}

/// The rates that a document prints, in hundredths of a percent.
fn rates(text: &str) -> BTreeSet<i64> {
    let mut rates = BTreeSet::new();
    for (at, _) in text.match_indices('%').take(256) {
        let before = text.get(..at).unwrap_or_default().trim_end_matches(' ');
        let kept = before.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','));
        let number = before.get(kept.len()..).unwrap_or_default();
        let (whole, part) = number.split_once(['.', ',']).unwrap_or((number, ""));
        let part = format!("{part:0<2}");
        let hundredths = part.get(..2).and_then(|part| part.parse::<i64>().ok());
        if let (Ok(whole), Some(part)) = (whole.parse::<i64>(), hundredths)
            && whole < 40
        {
            rates.insert(whole * 100 + part);
        }
    }
    rates
}

/// Whether a rate makes this tax of this net, but for rounding.
fn taxed(net: i64, rate: i64, tax: i64) -> bool {
    let (exact, tax) = (i128::from(net) * i128::from(rate), i128::from(tax) * 10_000);
    rate > 0 && (exact - tax).abs() <= 10_000
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

/// The currency of an amount, unless it bears none.
fn currency(money: &Money) -> Option<Currency> {
    Some(money.currency).filter(|known| Currency::new("XXX").ok() != Some(*known))
}

/// The one currency of some amounts, each of which bears it or none.
fn one(all: &[Money]) -> Option<Currency> {
    let mut known = all.iter().filter_map(currency);
    let first = known.next()?;
    known.all(|other| other == first).then_some(first)
}

fn money(candidate: &Candidate) -> Option<Money> {
    serde_json::from_value(candidate.value.clone()).ok()
}
