//! How questions did, from the sittings that count: how many got each right, whether it tells those
//! who know from those who do not, and how often it was shown. It retires nothing by itself.

use journal::{Millis, Named};
use plan::Track;
use serde::Serialize;

use crate::bank::{Bank, Status};
use crate::board::{Board, State};

/// Fewer answers say nothing of an item.
pub const ANSWERS_MIN: u32 = 30;
/// Below this an item does not tell people apart, in thousandths.
pub const DISCRIMINATION_MIN: i32 = 100;

/// The questions of a track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statistics {
    pub track: Track,
    pub version: String,
    /// Sittings that count.
    pub sittings: u32,
    pub passed: u32,
    pub answers_min: u32,
    pub items: Vec<Figures>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figures {
    pub item: Named,
    pub domain: Named,
    pub criterion: Named,
    /// Whether it is drawn.
    pub drawn: bool,
    /// In how many forms it was, whether they count or not.
    pub shown: u32,
    pub first_shown: Option<Millis>,
    pub last_shown: Option<Millis>,
    /// In how many sittings that count it was, and how many got it right.
    pub answers: u32,
    pub right: u32,
    /// The share that got it right, in thousandths.
    pub difficulty: Option<u32>,
    /// How being right here goes with being right in the rest of the form: the point-biserial
    /// correlation, in thousandths. Nothing where it cannot be computed.
    pub discrimination: Option<i32>,
    /// Why a person should look at it.
    pub retire: Option<String>,
}

/// One answer to an item: whether it was right, and the share that was right of the other
/// questions of the same form.
type Seen = (bool, f64);

/// The figures of a track.
#[must_use]
pub fn statistics(board: &Board, bank: &Bank) -> Statistics {
    let (mut sittings, mut passes) = (0, 0);
    let mut seen: std::collections::BTreeMap<&Named, Vec<Seen>> = Default::default();
    let mut shown: std::collections::BTreeMap<&Named, (u32, Millis, Millis)> = Default::default();
    for (_, sitting) in board.sittings().filter(|(_, sitting)| sitting.track == bank.track) {
        for posed in &sitting.form {
            let at = sitting.began.wall;
            let (count, first, last) = shown.entry(&posed.item).or_insert((0, at, at));
            (*count, *first, *last) = (*count + 1, (*first).min(at), (*last).max(at));
        }
        let State::Over { marks, passed, .. } = &sitting.state else { continue };
        sittings += 1;
        passes += u32::from(*passed);
        let right = marks.iter().filter(|mark| **mark).count();
        for (posed, mark) in sitting.form.iter().zip(marks) {
            let others = real(marks.len().saturating_sub(1)).max(1.0);
            let rest = real(right - usize::from(*mark)) / others;
            seen.entry(&posed.item).or_default().push((*mark, rest));
        }
    }
    let figures = bank.items().map(|item| {
        let answers = seen.get(&item.id).map(Vec::as_slice).unwrap_or_default();
        let shown = shown.get(&item.id);
        let count = u32::try_from(answers.len()).unwrap_or(u32::MAX);
        let right = answers.iter().filter(|(right, _)| *right).count();
        let right = u32::try_from(right).unwrap_or(u32::MAX);
        let drawn = item.status == Status::Live && !board.is_retired(bank.track, &item.id);
        let discrimination = point_biserial(answers);
        Figures {
            item: item.id.clone(),
            domain: item.domain.clone(),
            criterion: item.criterion.clone(),
            drawn,
            shown: shown.map_or(0, |(count, ..)| *count),
            first_shown: shown.map(|(_, first, _)| *first),
            last_shown: shown.map(|(_, _, last)| *last),
            answers: count,
            right,
            difficulty: (count > 0).then(|| right * 1_000 / count.max(1)),
            discrimination,
            retire: (drawn && count >= ANSWERS_MIN)
                .then(|| poor(right, count, discrimination))
                .flatten(),
        }
    });
    Statistics {
        track: bank.track,
        version: bank.version.clone(),
        sittings,
        passed: passes,
        answers_min: ANSWERS_MIN,
        items: figures.collect(),
    }
}

/// Why a question should be looked at, once enough people had it.
fn poor(right: u32, count: u32, discrimination: Option<i32>) -> Option<String> {
    match discrimination {
        _ if right == count => Some("everybody gets it right, so it tells nobody apart".to_owned()),
        _ if right == 0 => Some("nobody gets it right: its key may be wrong".to_owned()),
        Some(r) if r < 0 => {
            Some("those who know the rest get it wrong more often: its key may be wrong".to_owned())
        }
        Some(r) if r < DISCRIMINATION_MIN => {
            Some("being right here says little about the rest of the form".to_owned())
        }
        Some(_) | None => None,
    }
}

/// The correlation of being right with the rest of the form, in thousandths.
fn point_biserial(seen: &[Seen]) -> Option<i32> {
    let n = real(seen.len());
    let right: Vec<f64> = seen.iter().filter(|(right, _)| *right).map(|(_, rest)| *rest).collect();
    let share = real(right.len()) / n;
    let mean = seen.iter().map(|(_, rest)| rest).sum::<f64>() / n;
    let spread = seen.iter().map(|(_, rest)| (rest - mean).powi(2)).sum::<f64>() / n;
    if seen.len() < 2 || share <= 0.0 || share >= 1.0 || spread <= f64::EPSILON {
        return None;
    }
    let of_right = right.iter().sum::<f64>() / real(right.len());
    let r = (of_right - mean) / spread.sqrt() * (share / (1.0 - share)).sqrt();
    format!("{:.0}", (r * 1_000.0).clamp(-1_000.0, 1_000.0)).parse().ok()
}

/// A count as a number to compute with.
fn real(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}
