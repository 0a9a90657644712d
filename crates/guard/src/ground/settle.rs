//! What the finders and a model's two answers come to. It must not accept a value that only one
//! witness speaks for.
//!
//! The witnesses are:
//!
//! - the *label*: words of the document name the field at this candidate, and at no other value
//!   nearly as well;
//! - the *first* and the *second answer* of a model, to two differently worded questions;
//! - *uniqueness*: the document holds no other value of the type, so there was nothing to choose;
//! - a *checksum*, for accounts.
//!
//! A value is accepted where two witnesses speak for it, at least one of them is not the model, and
//! no two speak for another value. Everything else is doubt and goes to a person: a wrong value
//! costs far more than a look. A flaw (hidden characters, day or month, no currency) is always
//! doubt. With the model off only uniqueness and checksums can join a label, so a ranking alone
//! never accepts anything.

use std::fmt;
use std::ops::Range;

use plan::workflow::{CopyField, Find};
use serde_json::Value;

use super::question::option;
use super::{Candidate, Flaw, LABELLED};

/// A label leads when no other value is named within this many points.
const MARGIN: i32 = 15;

/// What a field comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Settled {
    /// The value and where it stands in the source.
    Value(Value, Range<usize>),
    /// The document holds nothing that could be it.
    None,
    /// A person must look.
    Doubt(Reason),
}

/// Why a field is in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No label names the field at any candidate.
    Unlabelled,
    /// Labels name the field at several values.
    Rivals,
    /// The model's answers point elsewhere than the label.
    Disagree,
    /// Only the label speaks for it.
    Alone,
    /// The value itself is not clear.
    Flaw(Flaw),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unlabelled => "nothing in the document names this field",
            Self::Rivals => "the document names this field at several values",
            Self::Disagree => "the model's answers and the document's labels disagree",
            Self::Alone => "only a label speaks for this value",
            Self::Flaw(Flaw::DayOrMonth) => "day and month could be the other way round",
            Self::Flaw(Flaw::Currency) => "the document does not say the currency",
            Self::Flaw(Flaw::Separator) => "a separator could part thousands or decimals",
            Self::Flaw(Flaw::Hidden) => "characters that nobody sees stand inside the value",
        })
    }
}

/// Whether a model's answers could change what a field comes to. Asking is a waste where nothing
/// was found, where there is nothing to choose, and where a flaw already sends it to a person.
#[must_use]
pub fn worth_asking(field: &CopyField, candidates: &[Candidate]) -> bool {
    let settled = settle(field, candidates, [None, None]);
    matches!(settled, Settled::Doubt(Reason::Alone | Reason::Rivals | Reason::Disagree))
}

/// Settles a field. `answers` are the options chosen in the two wordings of
/// [`super::questions`], as the model gave them; `None` where it chose none or was not asked.
#[must_use]
pub fn settle(field: &CopyField, candidates: &[Candidate], answers: [Option<usize>; 2]) -> Settled {
    let Some(best) = candidates.first() else { return Settled::None };
    let count = candidates.len();
    let [first, second] = [0_u8, 1].map(|wording| {
        answers.get(usize::from(wording)).copied().flatten().and_then(|n| option(candidates, wording, n))
    });
    let near = candidates.iter().filter(|c| c.score >= LABELLED && c.score > best.score - MARGIN).count();
    let choice = match near {
        // A lone account with a good checksum needs no label to be the account of the document.
        0 if count == 1 && field.find == Find::Iban && best.score > 0 => 0,
        0 => return Settled::Doubt(Reason::Unlabelled),
        1 => {
            let agree = [first, second].iter().filter(|answer| **answer == Some(0)).count();
            let lone = candidates.iter().filter(|c| c.score > 0).count() == 1;
            let account = field.find == Find::Iban;
            match (agree, first == second) {
                (1.., _) => 0,
                (0, true) if first.is_some() => return Settled::Doubt(Reason::Disagree),
                (0, _) if lone || (account && count == 1) => 0,
                (0, _) if first.is_some() || second.is_some() => return Settled::Doubt(Reason::Disagree),
                (0, _) => return Settled::Doubt(Reason::Alone),
            }
        }
        // Among rivals that labels name about equally well, both answers must pick the same.
        near => match (first, second) {
            (Some(a), Some(b)) if a == b && a < near => a,
            _ => return Settled::Doubt(Reason::Rivals),
        },
    };
    let Some(chosen) = candidates.get(choice) else { return Settled::Doubt(Reason::Disagree) };
    match chosen.flaw {
        Some(flaw) => Settled::Doubt(Reason::Flaw(flaw)),
        None => Settled::Value(chosen.value.clone(), chosen.span.clone()),
    }
}
