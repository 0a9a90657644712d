//! What the finders and a model's two answers come to. It must not accept a value that only one
//! witness speaks for.
//!
//! The witnesses are:
//!
//! - the *label*: words of the document name the field at this candidate, and at no other value
//!   nearly as well. Without it nothing is ever accepted, save a lone account by its checksum and
//!   the amounts of a sum of which two are named, or one where the tax is what a rate that stands
//!   in the document makes of the net;
//! - a *second* from the document itself ([`super::Second`]): every other value of the type is
//!   named as another field; or net, tax and total add up; or the value stands there again; or the
//!   field's full name stands right at it and no label names another; or no date is earlier; or the
//!   token bears the field's mark, as "PO-20401"; or the letterhead bears the sender's own marks,
//!   or its legal form is of the country of the account;
//! - a *table* that the operator names for the field ([`super::known`]): it holds this value and no
//!   other of the document. It speaks where labels name this value or none;
//! - the *model*: both answers, to two differently worded questions with their options in
//!   different order, name this candidate. One of two is no witness: among two options a coin
//!   would pass three times in four.
//!
//! A value is accepted where the label and one more witness speak for it. Everything else is doubt
//! and goes to a person: a wrong value costs far more than a look. Two values that labels name
//! about equally well are doubt whatever a model says, and so are two accounts in one document,
//! because that is what a planted instruction looks like. So is a flaw: hidden characters, day or
//! month, no currency. With the model off a ranking alone never accepts anything: the second
//! witness from the document or a table is needed.

use std::fmt;
use std::ops::Range;

use plan::workflow::{CopyField, Find};
use serde_json::Value;

use super::question::option;
use super::{Candidate, Flaw, LABELLED};

/// A label leads when no other value is named within this many points.
pub(super) const MARGIN: i32 = 15;

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
/// was found, where the document itself gives two witnesses, and where only a person can help.
#[must_use]
pub fn worth_asking(field: &CopyField, candidates: &[Candidate]) -> bool {
    matches!(settle(field, candidates, [None, None]), Settled::Doubt(Reason::Alone))
}

/// Settles a field. `answers` are the options chosen in the two wordings of
/// [`super::questions`], as the model gave them; `None` where it chose none or was not asked.
#[must_use]
pub fn settle(field: &CopyField, candidates: &[Candidate], answers: [Option<usize>; 2]) -> Settled {
    let Some(best) = candidates.first() else { return Settled::None };
    let accounts = field.find == Find::Iban;
    let near =
        candidates.iter().filter(|c| c.score >= LABELLED && c.score > best.score - MARGIN).count();
    let [first, second] = answers;
    let first = first.and_then(|n| option(candidates, 0, n));
    let second = second.and_then(|n| option(candidates, 1, n));
    let witnessed = match near {
        _ if accounts && candidates.len() > 1 => return Settled::Doubt(Reason::Rivals),
        // A lone account with a good checksum needs no label to be the account of the document.
        0 if accounts && best.score > 0 => true,
        0 => return Settled::Doubt(Reason::Unlabelled),
        1 => match best.second {
            Some(_) => true,
            None => first == Some(0) && second == Some(0),
        },
        _ => return Settled::Doubt(Reason::Rivals),
    };
    match (best.flaw, witnessed) {
        (Some(flaw), _) => Settled::Doubt(Reason::Flaw(flaw)),
        (None, true) => Settled::Value(best.value.clone(), best.span.clone()),
        (None, false) if first.is_none() && second.is_none() => Settled::Doubt(Reason::Alone),
        (None, false) => Settled::Doubt(Reason::Disagree),
    }
}
