//! Who wrote a document: what besides its place or a label speaks for an organisation. It must not
//! take the addressee for the sender.

use std::collections::BTreeSet;

use super::form::{formed, of_country};
use super::name::{FORMED, LETTERHEAD, LETTERHEAD_BARE};
use super::page::{Page, fold};
use super::settle::MARGIN;
use super::{Candidate, LABELLED, Second, iban, label};

/// From this score on a label names the sender in full, and not only a payee.
const FULLY: i32 = 95;

/// The only organisation of a document that is not named as another party is the one that wrote it.
pub(super) fn only(candidates: &mut [Candidate]) {
    if candidates.iter().any(|candidate| candidate.score >= LABELLED) {
        return;
    }
    let mut formed = candidates.iter_mut().filter(|candidate| candidate.score == FORMED);
    if let (Some(one), None) = (formed.next(), formed.next()) {
        one.score = LETTERHEAD - 6;
    }
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.score));
}

/// Notes at the best name what marks it as the sender's: every other organisation is named as
/// another party; or its name stands in an address of the net, or a tax number or telephone in its
/// block; or its legal form, and no other's, is of the country in which the account is held. A
/// letterhead is believed by none of them where only another's form is of that country: some
/// documents begin with the addressee.
pub(super) fn witness(page: &Page<'_>, candidates: &mut [Candidate]) {
    let Some((best, rest)) = candidates.split_first_mut() else { return };
    // Who is to be paid need not be who wrote it: where the letterhead says another name, neither
    // is believed, whatever a model says.
    let payee = best.score > LETTERHEAD && best.score < FULLY;
    let letterhead = |c: &&mut Candidate| c.score >= LETTERHEAD - 6;
    if let Some(other) = rest.iter_mut().find(letterhead).filter(|_| payee) {
        other.score = best.score;
        return;
    }
    let bare = best.score == LETTERHEAD_BARE;
    if !bare && best.score < LABELLED
        || rest.iter().any(|c| c.score >= LABELLED.max(best.score - MARGIN))
    {
        return;
    }
    let accounts: BTreeSet<String> = iban::find(page)
        .iter()
        .filter_map(|found| found.value.as_str()?.get(..2).map(str::to_owned))
        .collect();
    let country = accounts.first().filter(|_| accounts.len() == 1);
    let home = |c: &Candidate| country.is_some_and(|country| of_country(&c.shown, country));
    let placed = [LETTERHEAD, LETTERHEAD - 6].contains(&best.score);
    let own = fold(&best.shown);
    let organisation =
        |c: &&Candidate| formed(&c.shown).is_some() && !fold(&c.shown).contains(&own);
    let others = || rest.iter().filter(organisation).filter(|c| c.score >= 0);
    let elsewhere = others().any(home);
    if placed && elsewhere && !home(best) {
        best.second = None;
        return;
    }
    let party = rest.iter().filter(organisation).any(|c| c.score < 0);
    if bare {
        // A firm without a legal form: its tax number stands in its block, and the other is named.
        if others().next().is_none() && party && own_block(page, best) {
            (best.score, best.second) = (LETTERHEAD - 8, Some(Second::Marked));
        }
        return;
    }
    if best.second.is_some() || formed(&best.shown).is_none() {
        return;
    }
    let head = best.score == LETTERHEAD;
    if others().next().is_none() && party && best.score >= LETTERHEAD {
        best.second = Some(Second::Only);
    } else if placed && named_in_address(page, &best.shown)
        || head && (home(best) || country.is_none()) && own_block(page, best)
    {
        best.second = Some(Second::Marked);
    } else if home(best) && !elsewhere {
        best.second = Some(Second::Home);
    }
}

/// Whether an address of the net in the document holds the name's first long word.
fn named_in_address(page: &Page<'_>, name: &str) -> bool {
    let folded = fold(name);
    let Some(word) = folded.split(' ').find(|word| word.len() >= 5) else { return false };
    let lines = page.lines.iter().map(|line| page.part(line.clone()));
    let own = lines.filter(|line| !label::begins_with_party(line, "buyer"));
    own.flat_map(str::split_whitespace).any(|token| {
        let domain = token.rsplit_once('@').map(|(_, domain)| domain);
        let domain = domain.or_else(|| token.find("www.").and_then(|at| token.get(at + 4..)));
        domain.is_some_and(|domain| fold(domain).split(' ').any(|part| part.starts_with(word)))
    })
}

/// Whether a label of a tax or telephone number stands in the lines of a letterhead.
fn own_block(page: &Page<'_>, best: &Candidate) -> bool {
    let Some(first) =
        page.lines.iter().position(|line| page.part(line.clone()).contains(&best.shown))
    else {
        return false;
    };
    let block = page.lines.iter().skip(first).take(5).map(|line| page.part(line.clone()));
    let mut block = block.take_while(|line| !line.trim().is_empty());
    block.any(label::marks_sender)
}
