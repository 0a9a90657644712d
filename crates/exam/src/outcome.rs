//! What came of a sitting, once nothing can be answered any more: by domain and by criterion, what
//! to read again, and the reasons of each question. It must not be made of a sitting that is open.

use std::collections::BTreeMap;

use journal::{Hash, Millis, Named, Over, SittingId};
use plan::Track;
use plan::ids::PersonId;
use serde::Serialize;

use crate::bank::{Bank, Item};
use crate::blueprint::{Blueprint, domain};
use crate::board::{Sitting, State};
use crate::clock::Moment;
use crate::paper::Stands;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// What came of a sitting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    pub sitting: SittingId,
    pub holder: PersonId,
    pub track: Track,
    pub stands: Stands,
    pub over: Option<Over>,
    pub ended: Millis,
    pub right: usize,
    pub of: usize,
    pub needed: usize,
    pub domains: Vec<Score>,
    pub criteria: Vec<Score>,
    /// Criteria with an answer that was not right. Each has a page of its name.
    pub weak: Vec<Named>,
    /// When the next sitting can begin.
    pub again: Option<Millis>,
    /// What a credential says, where it was passed.
    pub pass: Option<Pass>,
    pub questions: Vec<Reasons>,
    /// Why it does not count, where a person said so.
    pub reason: Option<String>,
}

/// How many answers were right, of so many questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Score {
    pub of: Named,
    pub name: String,
    pub right: usize,
    pub questions: usize,
}

/// What a credential is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pass {
    pub holder: PersonId,
    pub track: Track,
    pub sitting: SittingId,
    pub domains: Vec<Score>,
    pub passed_at: Millis,
    pub valid_until: Millis,
    /// The evidence pack, where a portfolio was reviewed.
    pub pack: Option<Hash>,
}

/// A question with what is right and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reasons {
    pub question: u16,
    pub item: Named,
    pub criterion: Named,
    pub stem: String,
    pub options: Vec<String>,
    pub chosen: Option<u8>,
    pub key: u8,
    pub right: bool,
    pub rationale: String,
    /// Why what was chosen is wrong.
    pub because: Option<String>,
}

/// What came of a sitting; nothing while it is open.
#[must_use]
pub(crate) fn outcome(
    id: &SittingId,
    sitting: &Sitting,
    bank: Option<&Bank>,
    until: Option<Moment>,
) -> Option<Outcome> {
    let (over, marks, ended, reason) = match &sitting.state {
        State::Open => return None,
        State::Over { over, marks, at, .. } => (Some(*over), marks.as_slice(), *at, None),
        State::Invalid { reason, at, .. } => (None, [].as_slice(), *at, reason.clone()),
    };
    let marked = || sitting.form.iter().zip(marks);
    let domains = scores(marked().map(|(posed, mark)| (&posed.domain, *mark)), domain);
    let criteria = scores(marked().map(|(posed, mark)| (&posed.criterion, *mark)), name_of);
    let weak = criteria.iter().filter(|score| score.right < score.questions);
    let stands = Stands::of(sitting);
    let pass = (stands == Stands::Passed).then(|| Pass {
        holder: sitting.who.clone(),
        track: sitting.track,
        sitting: id.clone(),
        domains: domains.clone(),
        passed_at: ended.wall,
        valid_until: valid_until(ended.wall, sitting.terms.valid),
        pack: None,
    });
    // Nobody learns from one that does not count what is right: that may be why it does not.
    let questions = match (bank, over) {
        (Some(bank), Some(_)) => reasons(sitting, marks, bank),
        _ => Vec::new(),
    };
    Some(Outcome {
        sitting: id.clone(),
        holder: sitting.who.clone(),
        track: sitting.track,
        stands,
        over,
        ended: ended.wall,
        right: marks.iter().filter(|mark| **mark).count(),
        of: sitting.form.len(),
        needed: Blueprint::needed(sitting.terms.pass, sitting.form.len()),
        weak: weak.map(|score| score.of.clone()).collect(),
        domains,
        criteria,
        again: until.map(|until| until.wall),
        pass,
        questions,
        reason,
    })
}

/// Until when a pass counts.
pub(crate) fn valid_until(passed: Millis, days: u32) -> Millis {
    Millis(passed.0.saturating_add(u64::from(days) * DAY_MS))
}

fn name_of(code: &Named) -> String {
    code.to_string()
}

fn scores<'f>(
    marked: impl Iterator<Item = (&'f Named, bool)>,
    name: impl Fn(&Named) -> String,
) -> Vec<Score> {
    let mut all: BTreeMap<&Named, (usize, usize)> = BTreeMap::new();
    for (of, mark) in marked {
        let (right, questions) = all.entry(of).or_default();
        *right += usize::from(mark);
        *questions += 1;
    }
    let score = |(of, (right, questions)): (&Named, (usize, usize))| Score {
        of: of.clone(),
        name: name(of),
        right,
        questions,
    };
    all.into_iter().map(score).collect()
}

fn reasons(sitting: &Sitting, marks: &[bool], bank: &Bank) -> Vec<Reasons> {
    let mut all = Vec::new();
    for ((place, posed), mark) in (0_u16..).zip(&sitting.form).zip(marks) {
        // An item that is in no bank any more has its mark and no page.
        let Some(item) = bank.item(&posed.item) else { continue };
        let chosen = sitting.answers.get(&place).copied();
        let of_bank = chosen.and_then(|chosen| crate::form::option_at(posed, chosen));
        let Some(key) = place_of_key(item, posed) else { continue };
        all.push(Reasons {
            question: place + 1,
            item: posed.item.clone(),
            criterion: posed.criterion.clone(),
            stem: item.stem.clone(),
            options: crate::form::options(item, posed).into_iter().map(str::to_owned).collect(),
            chosen: chosen.map(|chosen| chosen + 1),
            key: key + 1,
            right: *mark,
            rationale: item.rationale.clone(),
            because: of_bank.and_then(|n| item.because.get(n).cloned().flatten()),
        });
    }
    all
}

fn place_of_key(item: &Item, posed: &journal::Posed) -> Option<u8> {
    let place = posed.order.iter().position(|n| usize::from(*n) == item.key)?;
    u8::try_from(place).ok()
}
