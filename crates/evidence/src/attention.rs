//! Whether those who are asked still look: how much each of them answered, how fast, what they
//! changed, and whether they noticed what was known to be wrong. It must not name a reason: a
//! quick answer may be a right one, so it says what was seen and which line was crossed.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use journal::{Alert, Concern, Millis, RunId};
use plan::ids::{FieldName, PersonId, RoleId};
use plan::workflow::Attention as Limits;
use serde::Serialize;

use crate::view::{ReviewState, ReviewView, RunView};

/// Fewer answers say nothing about a person.
const FEW: u64 = 10;
/// Whoever looks for at least this long has looked, where the workspace does not say otherwise.
const AT_LEAST_MS: u64 = 2_000;
/// The most percent of answers that may be quick without being a habit.
const HALF: u64 = 50;
/// From this share on that is approved as it was, quick answers are a habit.
const NEARLY_ALL: u64 = 95;

/// Everybody who was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Attention {
    pub people: Vec<Reviewer>,
    pub roles: Vec<Load>,
    pub seeds: Seeds,
}

/// One person's answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reviewer {
    pub who: PersonId,
    pub answered: u64,
    /// Approved as it was.
    pub approved: u64,
    pub edited: u64,
    pub rejected: u64,
    /// The middle of the times between an answer and the one before it, or since the request was
    /// taken up or opened where that is later: nobody looked for longer than that.
    pub looked_ms: Option<u64>,
    /// Answers that came faster than anybody reads.
    pub hasty: u64,
    pub seeds_noticed: u64,
    pub seeds_missed: u64,
    /// Which lines were crossed.
    pub alarms: Vec<Alarm>,
}

/// What gives reason to ask somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// Most answers came faster than anybody reads, and nearly all of them were a yes.
    RubberStamp,
    /// A case that was known to be wrong was approved.
    SeedMissed,
}

impl Alarm {
    /// Every alarm.
    pub const ALL: [Self; 2] = [Self::RubberStamp, Self::SeedMissed];

    /// Its name in the records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RubberStamp => "rubber_stamp",
            Self::SeedMissed => "seed_missed",
        }
    }

    /// The alarm in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::RubberStamp => "approves nearly everything, and faster than it can be read",
            Self::SeedMissed => "approved a case that was known to be wrong",
        }
    }
}

/// What waits for a role, and how much its holders can look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Load {
    pub role: RoleId,
    pub open: u64,
    pub late: u64,
    pub oldest: Option<Millis>,
    /// What its holders may answer in a day, together.
    pub a_day: Option<u64>,
}

/// Cases that were known to be wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Seeds {
    pub noticed: Vec<RunId>,
    pub missed: Vec<RunId>,
    /// Not answered yet. Which ones is nobody's to know until then.
    pub out: u64,
}

impl Attention {
    /// Every alarm as it is written down. `since` is the time from which on answers were looked at.
    #[must_use]
    pub fn alerts(&self, since: Millis) -> Vec<Alert> {
        let of = |person: &Reviewer| {
            let told = person.alarms.iter().filter_map(|alarm| {
                let (measured, limit) = match alarm {
                    // In percent of the answers.
                    Alarm::RubberStamp => {
                        (person.hasty.saturating_mul(100) / person.answered.max(1), HALF)
                    }
                    Alarm::SeedMissed => (person.seeds_missed, 0),
                };
                let name = FieldName::new(alarm.as_str()).ok()?;
                let about = Concern::Person(person.who.clone());
                Some(Alert { name, about, measured, limit, since })
            });
            told.collect::<Vec<_>>()
        };
        self.people.iter().flat_map(of).collect()
    }
}

/// One answer of one person.
struct Answered {
    at: Millis,
    opened: Millis,
    by: RoleId,
    seeded: bool,
    yes: bool,
    edited: bool,
}

/// How people answered since a time, from every case with a request since then.
#[must_use]
pub fn attention<V: Borrow<RunView>>(
    views: impl Iterator<Item = V>,
    limits: &BTreeMap<RoleId, Limits>,
    holders: &BTreeMap<RoleId, Vec<PersonId>>,
    (since, now): (Millis, Millis),
) -> Attention {
    let mut answers: BTreeMap<PersonId, Vec<Answered>> = BTreeMap::new();
    let mut roles: BTreeMap<RoleId, Load> = BTreeMap::new();
    let mut all = Attention::default();
    for view in views {
        let view = view.borrow();
        if view.seeded {
            seed(&mut all.seeds, view);
        }
        for review in &view.reviews {
            let (who, at, yes, edited) = match &review.state {
                ReviewState::Approved { who, at } => (who, *at, true, false),
                ReviewState::Edited { who, at, .. } => (who, *at, true, true),
                ReviewState::Rejected { who, at, .. } => (who, *at, false, false),
                ReviewState::Open => {
                    waits(&mut roles, review, now);
                    continue;
                }
                ReviewState::Late { .. } | ReviewState::Closed { .. } => continue,
            };
            if at >= since {
                let (opened, by, seeded) = (review.opened, review.by.clone(), view.seeded);
                let answered = Answered { at, opened, by, seeded, yes, edited };
                answers.entry(who.clone()).or_default().push(answered);
            }
        }
    }
    for role in limits.keys() {
        roles.entry(role.clone()).or_insert_with(|| empty(role));
    }
    for (role, load) in &mut roles {
        let each = limits.get(role).and_then(|limit| limit.a_day).map(u64::from);
        let people = holders.get(role).map_or(0, Vec::len);
        load.a_day = each.map(|each| each.saturating_mul(u64::try_from(people).unwrap_or(0)));
    }
    all.people = answers.into_iter().map(|(who, given)| reviewer(who, given, limits)).collect();
    all.roles = roles.into_values().collect();
    all
}

fn empty(role: &RoleId) -> Load {
    Load { role: role.clone(), open: 0, late: 0, oldest: None, a_day: None }
}

fn waits(roles: &mut BTreeMap<RoleId, Load>, review: &ReviewView, now: Millis) {
    let load = roles.entry(review.by.clone()).or_insert_with(|| empty(&review.by));
    load.open += 1;
    load.late += u64::from(review.due < now);
    load.oldest = Some(load.oldest.map_or(review.opened, |oldest| oldest.min(review.opened)));
}

/// Whoever changed or rejected anything of it noticed; a yes to all of it did not.
fn seed(seeds: &mut Seeds, view: &RunView) {
    let states = || view.reviews.iter().map(|review| &review.state);
    let noticed = |state: &ReviewState| {
        matches!(state, ReviewState::Rejected { .. } | ReviewState::Edited { .. })
    };
    if states().any(noticed) {
        seeds.noticed.push(view.run);
    } else if states().any(|state| matches!(state, ReviewState::Approved { .. })) {
        seeds.missed.push(view.run);
    } else if !view.status.over() {
        seeds.out += 1;
    }
}

fn reviewer(
    who: PersonId,
    mut given: Vec<Answered>,
    limits: &BTreeMap<RoleId, Limits>,
) -> Reviewer {
    given.sort_by_key(|answer| answer.at);
    let count = |holds: &dyn Fn(&Answered) -> bool| {
        u64::try_from(given.iter().filter(|answer| holds(answer)).count()).unwrap_or(u64::MAX)
    };
    let mut looked = Vec::with_capacity(given.len());
    let (mut hasty, mut before) = (0, Millis(0));
    for answer in &given {
        let ms = answer.at.0.saturating_sub(before.max(answer.opened).0);
        let least = limits.get(&answer.by).and_then(|limit| limit.at_least_ms);
        hasty += u64::from(ms < least.unwrap_or(AT_LEAST_MS));
        looked.push(ms);
        before = answer.at;
    }
    looked.sort_unstable();
    let answered = count(&|_| true);
    let approved = count(&|answer| answer.yes && !answer.edited);
    let seeds_missed = count(&|answer| answer.seeded && answer.yes && !answer.edited);
    let mut alarms = Vec::new();
    let habit = approved.saturating_mul(100) >= answered.saturating_mul(NEARLY_ALL);
    if answered >= FEW && hasty.saturating_mul(100) > answered.saturating_mul(HALF) && habit {
        alarms.push(Alarm::RubberStamp);
    }
    if seeds_missed > 0 {
        alarms.push(Alarm::SeedMissed);
    }
    Reviewer {
        who,
        answered,
        approved,
        edited: count(&|answer| answer.edited),
        rejected: count(&|answer| !answer.yes),
        looked_ms: looked.get(looked.len() / 2).copied(),
        hasty,
        seeds_noticed: count(&|answer| answer.seeded && (!answer.yes || answer.edited)),
        seeds_missed,
        alarms,
    }
}

/// What speaks for or against letting a step go further by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Cases that came to their end.
    pub done: u64,
    /// Requests about the step's effects, by what came of them.
    pub approved: u64,
    pub edited: u64,
    pub rejected: u64,
    /// Effects that were not what they should be, or could not be taken back.
    pub harm: u64,
}

impl Seen {
    /// Counts what cases say of a workflow's steps, or of one of them, since a time.
    #[must_use]
    pub fn of<'v>(
        views: impl Iterator<Item = &'v RunView>,
        steps: &BTreeSet<plan::ids::StepId>,
        since: Millis,
    ) -> Self {
        let mut seen = Self::default();
        for view in views.filter(|view| !view.rehearsal && !view.seeded && view.changed >= since) {
            seen.done += u64::from(view.status == journal::Status::Done);
            let harm = |trouble: &crate::view::Trouble| {
                let here = trouble.at.as_ref().is_some_and(|at| steps.contains(&at.step));
                here && trouble.code == journal::Code::NotConfirmed
            };
            seen.harm += u64::from(view.trouble.as_ref().is_some_and(harm));
            let asked = view.reviews.iter().filter(|review| steps.contains(&review.at.step));
            for review in asked {
                match review.state {
                    ReviewState::Approved { .. } => seen.approved += 1,
                    ReviewState::Edited { .. } => seen.edited += 1,
                    ReviewState::Rejected { .. } => seen.rejected += 1,
                    ReviewState::Open | ReviewState::Late { .. } | ReviewState::Closed { .. } => {}
                }
            }
        }
        seen
    }

    /// The counts in a sentence.
    #[must_use]
    pub fn told(&self) -> String {
        let Self { done, approved, edited, rejected, harm } = self;
        format!(
            "{} done; of what was asked {approved} approved as it was, {edited} changed, \
             {rejected} rejected; {harm} did harm",
            crate::words::cases(usize::try_from(*done).unwrap_or(usize::MAX))
        )
    }
}
