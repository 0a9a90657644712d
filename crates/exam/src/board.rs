//! Where every sitting and every portfolio stands: the fold of the desk's records about exams. It
//! decides nothing, and has no setters: it only comes from records.

use std::collections::{BTreeMap, BTreeSet};

use journal::{
    BodyRef, Checked, Exam, Examined, Hash, Millis, Named, Over, Placed, Posed, Record, SittingId,
    Terms, Tick,
};
use plan::Track;
use plan::ids::PersonId;

use crate::clock::{Clock, Moment};
use crate::form::Used;

/// All of them.
#[derive(Debug, Clone, Default)]
pub struct Board {
    pub(crate) clock: Clock,
    pub(crate) sittings: BTreeMap<SittingId, Sitting>,
    pub(crate) portfolios: BTreeMap<SittingId, Portfolio>,
    /// So many percent more time.
    pub(crate) more: BTreeMap<PersonId, u16>,
    retired: BTreeSet<(Track, Named)>,
}

/// One sitting.
#[derive(Debug, Clone)]
pub struct Sitting {
    pub track: Track,
    pub who: PersonId,
    pub terms: Terms,
    pub bank: Hash,
    pub form: Vec<Posed>,
    pub began: Moment,
    /// The option at which place was answered last, by question.
    pub answers: BTreeMap<u16, u8>,
    pub state: State,
}

/// Where a sitting stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Open,
    Over {
        over: Over,
        marks: Vec<bool>,
        passed: bool,
        at: Moment,
    },
    /// It does not count.
    Invalid {
        by: Option<PersonId>,
        reason: Option<String>,
        at: Moment,
    },
}

/// One portfolio.
#[derive(Debug, Clone)]
pub struct Portfolio {
    pub who: PersonId,
    pub terms: Terms,
    pub pack: Hash,
    pub checked: Checked,
    pub handed_in: Moment,
    pub assessed: Vec<Assessment>,
    pub decided: Option<(bool, Moment)>,
    pub invalid: Option<Moment>,
}

/// What one assessor said.
#[derive(Debug, Clone)]
pub struct Assessment {
    pub by: PersonId,
    pub placed: Vec<Placed>,
    /// By dimension, as the assessor wrote them.
    pub reasons: Option<String>,
}

impl Board {
    /// What a record of the desk changes. `text` gives what was written with it.
    pub fn read(&mut self, record: &Record, text: impl Fn(BodyRef) -> Option<String>) {
        let Record::Exam(exam) = record else { return };
        let Exam { tick, did, told } = exam.as_ref();
        let at = self.clock.read(tick);
        let told = told.and_then(text);
        match did {
            Examined::Begun { sitting, track, who, terms, bank, form, .. } => {
                let new = Sitting {
                    track: *track,
                    who: who.clone(),
                    terms: *terms,
                    bank: *bank,
                    form: form.clone(),
                    began: at,
                    answers: BTreeMap::new(),
                    state: State::Open,
                };
                self.sittings.insert(sitting.clone(), new);
            }
            Examined::Answered { sitting, question, option } => {
                if let Some(sitting) = self.sittings.get_mut(sitting) {
                    sitting.answers.insert(*question, *option);
                }
            }
            Examined::Ended { sitting, over, marks, passed } => {
                if let Some(sitting) = self.sittings.get_mut(sitting) {
                    let (over, marks, passed) = (*over, marks.clone(), *passed);
                    sitting.state = State::Over { over, marks, passed, at };
                }
            }
            Examined::Invalidated { sitting, by } => {
                if let Some(sitting) = self.sittings.get_mut(sitting) {
                    sitting.state = State::Invalid { by: by.clone(), reason: told, at };
                } else if let Some(portfolio) = self.portfolios.get_mut(sitting) {
                    portfolio.invalid = Some(at);
                }
            }
            Examined::TimeGranted { who, percent, .. } => {
                self.more.insert(who.clone(), *percent);
            }
            Examined::ItemRetired { track, item, .. } => {
                self.retired.insert((*track, item.clone()));
            }
            Examined::HandedIn { .. } | Examined::Assessed { .. } | Examined::Decided { .. } => {
                self.portfolio(did, told, at);
            }
        }
    }

    fn portfolio(&mut self, did: &Examined, told: Option<String>, at: Moment) {
        if let Examined::HandedIn { sitting, who, terms, pack, checked, .. } = did {
            let new = Portfolio {
                who: who.clone(),
                terms: *terms,
                pack: *pack,
                checked: checked.clone(),
                handed_in: at,
                assessed: Vec::new(),
                decided: None,
                invalid: None,
            };
            self.portfolios.insert(sitting.clone(), new);
        } else if let Examined::Assessed { sitting, by, placed } = did
            && let Some(portfolio) = self.portfolios.get_mut(sitting)
        {
            let (by, placed) = (by.clone(), placed.clone());
            portfolio.assessed.push(Assessment { by, placed, reasons: told });
        } else if let Examined::Decided { sitting, passed } = did
            && let Some(portfolio) = self.portfolios.get_mut(sitting)
        {
            portfolio.decided = Some((*passed, at));
        }
    }

    /// A sitting by its id.
    #[must_use]
    pub fn sitting(&self, id: &SittingId) -> Option<&Sitting> {
        self.sittings.get(id)
    }

    /// Every sitting.
    pub fn sittings(&self) -> impl Iterator<Item = (&SittingId, &Sitting)> {
        self.sittings.iter()
    }

    /// Every portfolio.
    pub fn portfolios(&self) -> impl Iterator<Item = (&SittingId, &Portfolio)> {
        self.portfolios.iter()
    }

    /// What the clock of exams shows at a moment.
    #[must_use]
    pub fn at(&self, tick: &Tick) -> Moment {
        self.clock.at(tick)
    }

    /// Whether people retired an item.
    #[must_use]
    pub fn is_retired(&self, track: Track, item: &Named) -> bool {
        self.retired.contains(&(track, item.clone()))
    }

    /// What became of a track's items so far, as far as it matters to somebody's next form.
    #[must_use]
    pub fn used(&self, track: Track, who: &PersonId) -> Used {
        let mut used = Used::default();
        for sitting in self.sittings.values().filter(|sitting| sitting.track == track) {
            for posed in &sitting.form {
                *used.exposed.entry(posed.item.clone()).or_default() += 1;
                if sitting.who == *who {
                    used.seen.insert(posed.item.clone());
                }
            }
        }
        let retired = self.retired.iter().filter(|(of, _)| *of == track);
        used.retired = retired.map(|(_, item)| item.clone()).collect();
        used
    }

    /// Until when nobody sits again, by the clock of exams and by the wall clock: after what was
    /// handed in or ran out, and after what a person said does not count.
    #[must_use]
    pub fn waits(&self, track: Track, who: &PersonId) -> Option<Moment> {
        let sittings = self.sittings.values().filter(|one| one.track == track && one.who == *who);
        let sittings = sittings.filter_map(|one| match &one.state {
            State::Over { at, .. } | State::Invalid { by: Some(_), at, .. } => {
                Some((*at, one.terms))
            }
            State::Open | State::Invalid { by: None, .. } => None,
        });
        let mine = self.portfolios.values().filter(|one| one.who == *who);
        let mine = mine.filter(|_| track == Track::Practitioner);
        let portfolios = mine.filter_map(|one| {
            let over = one.decided.map(|(_, at)| at).or(one.invalid);
            over.map(|at| (at, one.terms))
        });
        let until = sittings.chain(portfolios).map(|(at, terms)| Moment {
            exam: at.exam.saturating_add(terms.wait),
            wall: Millis(at.wall.0.saturating_add(terms.wait)),
        });
        until.max()
    }
}

impl Sitting {
    /// When its time is over, by the clock of exams.
    #[must_use]
    pub fn ends(&self) -> u64 {
        self.began.exam.saturating_add(self.terms.time)
    }

    /// How much of its time is left.
    #[must_use]
    pub fn left(&self, now: Moment) -> u64 {
        self.ends().saturating_sub(now.exam)
    }

    /// Whether answers are taken.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == State::Open
    }
}
