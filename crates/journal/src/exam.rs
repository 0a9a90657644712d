//! What happened in exams and in reviews of portfolios. Records hold names of items, places of
//! options, whole numbers and hashes; which option is right is in no record, and what a person
//! wrote is the entry's body. It must not judge an answer.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use plan::Track;
use plan::ids::{FieldName, PersonId};
use serde::{Deserialize, Serialize};

use crate::body::BodyRef;
use crate::ids::{Hash, Millis};

/// One thing that happened, and when by a clock that nobody can set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exam {
    pub tick: Tick,
    pub did: Examined,
    /// What a person wrote with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<BodyRef>,
}

/// A moment: by the wall clock, and by the time since this machine was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tick {
    pub wall: Millis,
    /// Which start of the machine it was; two starts have different numbers.
    pub boot: u32,
    /// Milliseconds since that start, counted on while the machine sleeps.
    pub since: u64,
}

/// One attempt of one person: a sitting of an exam, or a portfolio that is reviewed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Arc<str>", into = "Arc<str>")]
pub struct SittingId(Arc<str>);

/// Why a text is no id of a sitting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sitting's id is `s` and 16 digits from 0 to f")]
pub struct SittingIdError;

impl SittingId {
    /// An id from randomness.
    #[must_use]
    pub fn new(random: [u8; 8]) -> Self {
        Self(Arc::from(format!("s{}", hex::encode(random))))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SittingId {
    type Err = SittingIdError;

    fn from_str(text: &str) -> Result<Self, SittingIdError> {
        let digits = text.strip_prefix('s').ok_or(SittingIdError)?;
        let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'a'..=b'f');
        match digits.len() == 16 && digits.bytes().all(plain) {
            true => Ok(Self(Arc::from(text))),
            false => Err(SittingIdError),
        }
    }
}

impl TryFrom<Arc<str>> for SittingId {
    type Error = SittingIdError;

    fn try_from(text: Arc<str>) -> Result<Self, SittingIdError> {
        text.parse()
    }
}

impl From<SittingId> for Arc<str> {
    fn from(id: SittingId) -> Self {
        id.0
    }
}

impl fmt::Display for SittingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name that a bank of questions gives: of an item, a domain or a criterion.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Named(pub Arc<str>);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One question of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Posed {
    pub item: Named,
    pub domain: Named,
    pub criterion: Named,
    /// Which option of the bank stands at each place.
    pub order: Vec<u8>,
}

/// The rules that an attempt began with. They hold to its end, whatever the settings say later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The time for answers, what was granted to the person counted; none for a portfolio.
    pub time: u64,
    /// The share of right answers or of points that passes, in parts of a million.
    pub pass: u32,
    /// How long nobody sits again afterwards, in milliseconds.
    pub wait: u64,
    /// How many days a pass counts.
    pub valid: u32,
}

/// How a sitting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// Its person handed it in.
    Submitted,
    /// Its time was over; what was answered by then counts.
    Time,
}

/// What a check of an evidence pack found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checked {
    /// Whether its signatures and hashes hold.
    pub verified: bool,
    /// The grade that it shows, by its name.
    pub grade: FieldName,
    /// Which domains it covers.
    pub domains: Vec<Named>,
    /// How many incidents it tells of.
    pub incidents: u32,
    /// What came of the work, by its name.
    pub outcome: FieldName,
}

/// How one assessor places a portfolio in one dimension of the rubric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placed {
    pub dimension: FieldName,
    pub level: u8,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Examined {
    /// A sitting began, with this form. `seed` is the randomness that it was drawn by, `bank` the
    /// hash of the questions as they were.
    Begun {
        sitting: SittingId,
        track: Track,
        who: PersonId,
        terms: Terms,
        bank: Hash,
        seed: Hash,
        form: Vec<Posed>,
    },
    /// A question was answered, perhaps again: the option at this place, as it was shown.
    Answered { sitting: SittingId, question: u16, option: u8 },
    /// A sitting is over. One mark for each question of its form: whether it was answered right.
    Ended { sitting: SittingId, over: Over, marks: Vec<bool>, passed: bool },
    /// A sitting does not count. A person said so and why, or its questions were changed under it.
    Invalidated { sitting: SittingId, by: Option<PersonId> },
    /// A person gets more time in sittings that begin from now on: so many percent.
    TimeGranted { who: PersonId, by: PersonId, percent: u16 },
    /// An item is drawn no more.
    ItemRetired { track: Track, item: Named, by: PersonId },
    /// An evidence pack of this person is to be reviewed as a portfolio. Where `by` is named,
    /// somebody else took it in and answers for the check.
    HandedIn {
        sitting: SittingId,
        who: PersonId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<PersonId>,
        terms: Terms,
        pack: Hash,
        checked: Checked,
    },
    /// An assessor placed it by the rubric; the reasons are the entry's body.
    Assessed { sitting: SittingId, by: PersonId, placed: Vec<Placed> },
    /// It is decided, by what the assessors said.
    Decided { sitting: SittingId, passed: bool },
}
