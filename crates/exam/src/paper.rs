//! What somebody sees of an exam before it is over: the questions with their options as they are
//! shown, what was chosen, and how long there is. Key, reasons, domain, difficulty and figures of
//! an item have no place in these shapes, so they cannot get out by them.

use journal::{Millis, Named, SittingId, Tick};
use plan::Track;
use serde::Serialize;

use crate::blueprint::{Blueprint, Elsewhere, Preparing, Unfit};
use crate::board::{Board, Portfolio, Sitting, State};
use crate::no::No;
use crate::order::Around;

/// An open sitting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Paper {
    pub sitting: SittingId,
    pub track: Track,
    pub questions: Vec<Question>,
    pub answered: usize,
    pub seconds_left: u64,
    /// When its time is over by the wall clock, as far as that is right.
    pub until: Millis,
}

/// One question as it is shown. It and its options are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    pub question: u16,
    pub item: Named,
    pub stem: String,
    pub options: Vec<String>,
    pub chosen: Option<u8>,
}

/// An exam, and where somebody stands with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    pub track: Track,
    pub title: String,
    pub about: String,
    /// None where a portfolio is reviewed.
    pub questions: u32,
    pub minutes: u32,
    /// The share that passes, in parts of a million.
    pub pass: u32,
    pub wait_hours: u64,
    pub valid_days: u32,
    /// Why it cannot be sat as the settings are.
    pub problem: Option<String>,
    /// Credentials of others that it prepares for, and whose they are.
    pub prepares_for: Vec<Elsewhere>,
    pub issued_by: String,
    pub mine: Vec<Mine>,
    /// When the next sitting can begin, where that is later than now.
    pub again: Option<Millis>,
}

/// An attempt of whoever looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mine {
    pub sitting: SittingId,
    pub stands: Stands,
    /// When it began, or was handed in.
    pub since: Millis,
}

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stands {
    Open,
    Passed,
    NotPassed,
    /// It does not count.
    Invalid,
}

impl Stands {
    /// Where a sitting stands.
    #[must_use]
    pub fn of(sitting: &Sitting) -> Self {
        match &sitting.state {
            State::Open => Self::Open,
            State::Over { passed: true, .. } => Self::Passed,
            State::Over { passed: false, .. } => Self::NotPassed,
            State::Invalid { .. } => Self::Invalid,
        }
    }

    /// Where a portfolio stands.
    #[must_use]
    pub fn of_portfolio(portfolio: &Portfolio) -> Self {
        match (portfolio.invalid, portfolio.decided) {
            (Some(_), _) => Self::Invalid,
            (None, Some((true, _))) => Self::Passed,
            (None, Some((false, _))) => Self::NotPassed,
            (None, None) => Self::Open,
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Passed => "passed",
            Self::NotPassed => "not passed",
            Self::Invalid => "does not count",
        }
    }
}

/// An open sitting as its person sees it.
pub(crate) fn paper(
    board: &Board,
    (id, sitting): (&SittingId, &Sitting),
    around: &Around<'_>,
    tick: &Tick,
) -> Result<Paper, No> {
    let bank = crate::order::bank(around, sitting.track)?;
    let now = board.at(tick);
    let mut questions = Vec::new();
    for (place, posed) in (0_u16..).zip(&sitting.form) {
        let item = bank.item(&posed.item).ok_or_else(|| No::NoItem(posed.item.clone()))?;
        let options = crate::form::options(item, posed);
        questions.push(Question {
            question: place + 1,
            item: posed.item.clone(),
            stem: item.stem.clone(),
            options: options.into_iter().map(str::to_owned).collect(),
            chosen: sitting.answers.get(&place).map(|chosen| chosen + 1),
        });
    }
    let left = sitting.left(now);
    Ok(Paper {
        sitting: id.clone(),
        track: sitting.track,
        questions,
        answered: sitting.answers.len(),
        seconds_left: left / 1_000,
        until: Millis(now.wall.0.saturating_add(left)),
    })
}

/// Every exam, and where somebody stands with each.
pub(crate) fn offers(board: &Board, around: &Around<'_>, tick: &Tick) -> Result<Vec<Offer>, No> {
    let (now, preparing) = (board.at(tick), Preparing::embedded()?);
    let mut all = Vec::new();
    for track in Track::ALL {
        let usual = || Blueprint::of(track, &plan::Exams::new());
        let (blueprint, problem) = match Blueprint::of(track, around.exams) {
            Ok(blueprint) => (blueprint, None),
            Err(unfit) => (usual()?, Some(unfit)),
        };
        let fits = || match around.banks.get(track) {
            Some(bank) => blueprint.fits(bank).err(),
            None if track == Track::Practitioner => None,
            None => Some(Unfit::NoQuestions(track.as_str())),
        };
        let problem = problem.or_else(fits).map(|unfit| unfit.to_string());
        let again = board.waits(track, around.who).filter(|until| until.exam > now.exam);
        let again = again.map(|until| now.wall.0.saturating_add(until.exam - now.exam));
        let others = preparing.credentials.iter().filter(|one| one.track == track);
        all.push(Offer {
            track,
            title: blueprint.title.clone(),
            about: blueprint.about.clone(),
            questions: blueprint.questions,
            minutes: blueprint.minutes,
            pass: blueprint.pass,
            wait_hours: blueprint.wait / 3_600_000,
            valid_days: blueprint.valid,
            problem,
            prepares_for: others.cloned().collect(),
            issued_by: preparing.by.clone(),
            mine: mine(board, track, around),
            again: again.map(Millis),
        });
    }
    Ok(all)
}

fn mine(board: &Board, track: Track, around: &Around<'_>) -> Vec<Mine> {
    let sat = board.sittings().filter(|(_, one)| one.track == track && one.who == *around.who);
    let sat = sat.map(|(id, one)| (one.began, id, Stands::of(one)));
    let handed = board.portfolios().filter(|(_, one)| one.who == *around.who);
    let handed = handed.filter(|_| track == Track::Practitioner);
    let handed = handed.map(|(id, one)| (one.handed_in, id, Stands::of_portfolio(one)));
    let mut all: Vec<_> = sat.chain(handed).collect();
    all.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
    let line = |(at, id, stands): (crate::Moment, &SittingId, Stands)| Mine {
        sitting: id.clone(),
        stands,
        since: at.wall,
    };
    all.into_iter().map(line).collect()
}
