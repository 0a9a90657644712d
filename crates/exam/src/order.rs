//! What people want of exams, and what follows: an entry to be written, or an answer. Whoever
//! drives writes the entry, if nothing else was written meanwhile, and comes again with the same
//! order until it is answered. So what is judged is always what stands there, an order that was
//! cut off can be given again, and two who come at once get the same.

use std::collections::BTreeMap;

use journal::{Checked, Examined, Hash, Named, Over, SittingId, Tick};
use plan::ids::{FieldName, PersonId};
use plan::{Exams, Track};
use serde::Serialize;

use crate::bank::Banks;
use crate::board::{Board, Sitting, State};
use crate::no::No;
use crate::outcome::{Outcome, outcome};
use crate::paper::{Offer, Paper, offers, paper};
use crate::portfolio::{self, Review};
use crate::statistics::{Statistics, statistics};

/// The longest text that a person writes here, in characters.
pub const TEXT_MAX: usize = 4_000;
/// The most that a person's time is made longer by, in percent.
const PERCENT_MAX: u16 = 300;

/// What somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// See what there is, and where they stand.
    List,
    /// Begin a sitting, or go on with the one that is open.
    Begin(Track),
    /// See a sitting that is open.
    Show(SittingId),
    /// Answer a question, counted from 1, with an option, counted from 1. With the item that was
    /// shown, an answer from an older page is found out.
    Answer {
        sitting: SittingId,
        question: u16,
        item: Option<Named>,
        option: u8,
    },
    /// Hand a sitting in.
    Submit(SittingId),
    /// See what came of it.
    Result(SittingId),
    Statistics(Track),
    Retire {
        track: Track,
        item: Named,
        reason: String,
    },
    Invalidate {
        sitting: SittingId,
        reason: String,
    },
    Grant {
        who: PersonId,
        percent: u16,
        reason: String,
    },
    /// Have a pack reviewed: one's own, or that of somebody whose pack one has checked.
    HandIn {
        of: Option<PersonId>,
        pack: Hash,
        checked: Checked,
    },
    /// See a portfolio as an assessor or its person, or all that may be seen.
    Review(Option<SittingId>),
    /// A level and a reason for each dimension.
    Assess {
        sitting: SittingId,
        said: BTreeMap<FieldName, (u8, String)>,
    },
}

/// What somebody may do besides sitting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rights {
    /// Keep the questions, and say what does not count.
    pub owns: bool,
    /// Assess portfolios.
    pub assesses: bool,
}

/// Everything that does not change with an order.
pub struct Around<'a> {
    pub banks: &'a Banks,
    pub exams: &'a Exams,
    pub who: &'a PersonId,
    pub rights: Rights,
    /// Randomness for whatever has to be drawn, the same each time the same order comes.
    pub id: [u8; 8],
    pub seed: Hash,
}

/// What follows.
#[derive(Debug)]
pub enum Next {
    /// This is written, with this text, and the same order comes again.
    Write(Examined, Option<String>),
    Tell(Told),
}

/// What somebody is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "told", rename_all = "snake_case")]
pub enum Told {
    Offers { exams: Vec<Offer> },
    Paper(Paper),
    Outcome(Box<Outcome>),
    Statistics(Statistics),
    Reviews { reviews: Vec<Review> },
    Done,
}

/// What follows from an order, as everything stands.
pub fn next(board: &Board, order: &Order, around: &Around<'_>, tick: &Tick) -> Result<Next, No> {
    if let Some(due) = due(board, around, tick)? {
        return Ok(Next::Write(due, None));
    }
    match order {
        Order::List => Ok(Next::Tell(Told::Offers { exams: offers(board, around, tick)? })),
        Order::Begin(track) => begin(board, *track, around, tick),
        Order::Show(id) => {
            let sitting = mine(board, id, around)?;
            if !sitting.is_open() {
                return Err(No::Over);
            }
            Ok(Next::Tell(Told::Paper(paper(board, (id, sitting), around, tick)?)))
        }
        Order::Answer { sitting, question, item, option } => {
            let (question, option) = (*question, *option);
            answer(board, sitting, (question, item.as_ref(), option), around, tick)
        }
        Order::Submit(id) => {
            let sitting = mine(board, id, around)?;
            match sitting.is_open() {
                true => Ok(Next::Write(ended(id, sitting, Over::Submitted, around), None)),
                false => told(board, id, sitting, around),
            }
        }
        Order::Result(id) => {
            let seen = match mine(board, id, around) {
                Err(No::NoSitting) if around.rights.owns => {
                    let sitting = board.sitting(id).ok_or(No::NoSitting)?;
                    not_sitting(board, sitting.track, around).map(|()| sitting)
                }
                seen => seen,
            };
            match seen {
                Ok(sitting) if sitting.is_open() => Err(No::Open),
                Ok(sitting) => told(board, id, sitting, around),
                Err(no) => Err(no),
            }
        }
        Order::Statistics(track) => {
            owner(around)?;
            not_sitting(board, *track, around)?;
            let bank = bank(around, *track)?;
            Ok(Next::Tell(Told::Statistics(statistics(board, bank))))
        }
        Order::Retire { .. } | Order::Invalidate { .. } | Order::Grant { .. } => {
            keep(board, order, around)
        }
        Order::HandIn { of, pack, checked } => {
            let whose = of.as_ref().unwrap_or(around.who);
            portfolio::hand_in(board, whose, (*pack, checked), around, tick)
        }
        Order::Review(id) => {
            let reviews = portfolio::reviews(board, id.as_ref(), around)?;
            Ok(Next::Tell(Told::Reviews { reviews }))
        }
        Order::Assess { sitting, said } => portfolio::assess(board, sitting, said, around),
    }
}

/// What is due whatever anybody wants: a sitting whose time is over, a portfolio that is assessed.
fn due(board: &Board, around: &Around<'_>, tick: &Tick) -> Result<Option<Examined>, No> {
    let now = board.at(tick);
    for (id, sitting) in board.sittings().filter(|(_, sitting)| sitting.is_open()) {
        // What was begun under other questions cannot be marked by these.
        if around.banks.get(sitting.track).map(|bank| bank.hash) != Some(sitting.bank) {
            return Ok(Some(Examined::Invalidated { sitting: id.clone(), by: None }));
        }
        if sitting.left(now) == 0 {
            return Ok(Some(ended(id, sitting, Over::Time, around)));
        }
    }
    portfolio::due(board, around)
}

/// A sitting of whoever is here. Another's is not there.
fn mine<'b>(board: &'b Board, id: &SittingId, around: &Around<'_>) -> Result<&'b Sitting, No> {
    board.sitting(id).filter(|sitting| sitting.who == *around.who).ok_or(No::NoSitting)
}

pub(crate) fn bank<'a>(around: &Around<'a>, track: Track) -> Result<&'a crate::Bank, No> {
    let none = || No::Unfit(crate::Unfit::NoQuestions(track.as_str()));
    around.banks.get(track).ok_or_else(none)
}

fn owner(around: &Around<'_>) -> Result<(), No> {
    match around.rights.owns {
        true => Ok(()),
        false => Err(No::NotPermitted("this takes an owner of the workspace")),
    }
}

/// Whoever sits an exam learns nothing of its questions by another road.
fn not_sitting(board: &Board, track: Track, around: &Around<'_>) -> Result<(), No> {
    let mut own = board.sittings().filter(|(_, one)| one.who == *around.who && one.is_open());
    match own.any(|(_, one)| one.track == track) {
        true => Err(No::Open),
        false => Ok(()),
    }
}

fn begin(board: &Board, track: Track, around: &Around<'_>, tick: &Tick) -> Result<Next, No> {
    let open = |sitting: &Sitting| {
        sitting.track == track && sitting.who == *around.who && sitting.is_open()
    };
    if let Some(one) = board.sittings().find(|(_, sitting)| open(sitting)) {
        return Ok(Next::Tell(Told::Paper(paper(board, one, around, tick)?)));
    }
    waited(board, track, around.who, tick)?;
    let blueprint = crate::Blueprint::of(track, around.exams)?;
    let bank = bank(around, track)?;
    let form = crate::form::draw(bank, &blueprint, &board.used(track, around.who), around.seed)?;
    let more = board.more.get(around.who).copied().unwrap_or_default();
    let begun = Examined::Begun {
        sitting: SittingId::new(around.id),
        track,
        who: around.who.clone(),
        terms: blueprint.terms(more),
        bank: bank.hash,
        seed: around.seed,
        form,
    };
    Ok(Next::Write(begun, None))
}

/// Whether the wait after the last attempt is over.
pub(crate) fn waited(board: &Board, track: Track, who: &PersonId, tick: &Tick) -> Result<(), No> {
    let now = board.at(tick);
    match board.waits(track, who).map(|until| until.exam.saturating_sub(now.exam)) {
        None | Some(0) => Ok(()),
        Some(left) => {
            let until = journal::Millis(now.wall.0.saturating_add(left));
            Err(No::Wait { left, until })
        }
    }
}

fn answer(
    board: &Board,
    id: &SittingId,
    (question, item, option): (u16, Option<&Named>, u8),
    around: &Around<'_>,
    tick: &Tick,
) -> Result<Next, No> {
    let sitting = mine(board, id, around)?;
    if !sitting.is_open() {
        return Err(No::Over);
    }
    let count = sitting.form.len();
    let place = question.checked_sub(1).ok_or(No::NoQuestion(count))?;
    let posed = sitting.form.get(usize::from(place)).ok_or(No::NoQuestion(count))?;
    if let Some(item) = item.filter(|item| **item != posed.item) {
        return Err(No::OtherItem { question, item: item.clone() });
    }
    let options = posed.order.len();
    let chosen = option.checked_sub(1).filter(|chosen| usize::from(*chosen) < options);
    let chosen = chosen.ok_or(No::NoOption(options))?;
    if sitting.answers.get(&place) == Some(&chosen) {
        return Ok(Next::Tell(Told::Paper(paper(board, (id, sitting), around, tick)?)));
    }
    let answered = Examined::Answered { sitting: id.clone(), question: place, option: chosen };
    Ok(Next::Write(answered, None))
}

/// The end of a sitting with its marks. A question without an answer is not right.
fn ended(id: &SittingId, sitting: &Sitting, over: Over, around: &Around<'_>) -> Examined {
    let bank = around.banks.get(sitting.track);
    let right = |place: u16, posed: &journal::Posed| {
        let item = bank.and_then(|bank| bank.item(&posed.item));
        let chosen = sitting.answers.get(&place);
        let chosen = chosen.and_then(|place| crate::form::option_at(posed, *place));
        item.is_some_and(|item| chosen == Some(item.key))
    };
    let each = (0_u16..).zip(&sitting.form).map(|(place, posed)| right(place, posed));
    let marks: Vec<bool> = each.collect();
    let needed = crate::Blueprint::needed(sitting.terms.pass, marks.len());
    let passed = marks.iter().filter(|mark| **mark).count() >= needed;
    Examined::Ended { sitting: id.clone(), over, marks, passed }
}

fn told(board: &Board, id: &SittingId, sitting: &Sitting, around: &Around<'_>) -> Result<Next, No> {
    let until = board.waits(sitting.track, &sitting.who);
    let outcome = outcome(id, sitting, around.banks.get(sitting.track), until);
    Ok(Next::Tell(Told::Outcome(Box::new(outcome.ok_or(No::Open)?))))
}

/// What owners do.
fn keep(board: &Board, order: &Order, around: &Around<'_>) -> Result<Next, No> {
    owner(around)?;
    let by = around.who.clone();
    let (did, reason) = match order {
        Order::Retire { track, item, reason } => {
            bank(around, *track)?.item(item).ok_or_else(|| No::NoItem(item.clone()))?;
            if board.is_retired(*track, item) {
                return Ok(Next::Tell(Told::Done));
            }
            (Examined::ItemRetired { track: *track, item: item.clone(), by }, reason)
        }
        Order::Invalidate { sitting: id, reason } => {
            let stands = board
                .sittings
                .get(id)
                .map(|one| (&one.who, matches!(one.state, State::Invalid { .. })));
            let handed = board.portfolios.get(id).map(|one| (&one.who, one.invalid.is_some()));
            let (whose, invalid) = stands.or(handed).ok_or(No::NoSitting)?;
            if invalid {
                return Ok(Next::Tell(Told::Done));
            }
            if whose == around.who {
                return Err(No::NotPermitted(
                    "nobody says of their own attempt that it counts not",
                ));
            }
            (Examined::Invalidated { sitting: id.clone(), by: Some(by) }, reason)
        }
        Order::Grant { who, percent, reason } => {
            if *percent > PERCENT_MAX {
                return Err(No::Percent);
            }
            if who == around.who {
                return Err(No::NotPermitted("nobody gives themselves more time"));
            }
            if board.more.get(who).copied().unwrap_or_default() == *percent {
                return Ok(Next::Tell(Told::Done));
            }
            let (who, percent) = (who.clone(), *percent);
            (Examined::TimeGranted { who, by, percent }, reason)
        }
        _ => return Ok(Next::Tell(Told::Done)),
    };
    Ok(Next::Write(did, Some(reason_of(reason)?)))
}

/// A reason that says something.
pub(crate) fn reason_of(reason: &str) -> Result<String, No> {
    let reason = reason.trim();
    match reason.is_empty() || reason.chars().count() > TEXT_MAX {
        true => Err(No::Reason),
        false => Ok(reason.to_owned()),
    }
}
