//! A case rehearsed step by step: the same decisions, guards and records as of a live case, while
//! whatever comes from outside is chosen. The choices are all there is: the same case with the same
//! choices gives the same bytes, and the last choice is taken back by leaving it out. It must not
//! reach anything outside, and it keeps nothing but what it writes into the journal it is given.

mod answers;
mod choosing;
mod figures;
mod offers;
mod points;
mod saying;
mod search;
mod stage;
mod taking;
mod variants;
mod ways;

use std::collections::BTreeMap;
use std::sync::Arc;

use guard::Guard;
use journal::{
    At, End, Hash, Millis, RunId, Seq, Standing, Starter, Status, Store, Stored, ToolAsk, Usage,
};
use plan::Plan;
use plan::ids::{ReleaseId, StepId, ToolName};
use plan::types::to_schema;
use plan::workflow::{Type, WorkingHours};
use serde_json::Value;

use crate::{Engine, hours};

pub use choosing::{Choice, DEFAULT};
pub use figures::{HOW, PERSON_MS};
pub use points::{Candidate, Field, Offer, Point, PointKind};
pub use search::{Led, PLAYS_MAX, Reached, Route, Scene, Searched, way_said};
use stage::Stage;
pub use ways::taken as ways_taken;

/// The most choices of one rehearsal.
pub const CHOICES_MAX: usize = 200;
/// The largest case and the largest value of a choice, in bytes of JSON.
pub const BYTES_MAX: usize = 256 * 1024;
/// Monday 2026-01-05 00:00 UTC. A rehearsal begins in the first working hour after it, so that it
/// is the same on every day that it is looked at.
const MONDAY: Millis = Millis(1_767_571_200_000);
const HOUR_MS: u64 = 3_600_000;
/// Keys of a rehearsal are nobody's secret: no call carries them anywhere.
const KEYING: [u8; 32] = [0; 32];

/// What is known without asking anybody outside.
pub trait AtHand {
    /// What a call gives where the workspace itself holds it: rows of its tables, a document.
    fn answer(&self, ask: &ToolAsk) -> Option<Result<Vec<u8>, String>>;
    /// What an approved tool says it gives, as JSON Schema.
    fn gives(&self, tool: &ToolName) -> Option<Value>;
    /// Answers of a tool that were kept, the most fitting first.
    fn examples(&self, tool: &ToolName) -> Vec<Value>;
    /// Whether it has taken long enough.
    fn enough(&self) -> bool;
}

/// Who says something at a point. They are told where the run that waits stands among the parts of
/// the case: each step and item above it.
pub type Saying<'s> = &'s mut dyn FnMut(&Point, &[(At, u32)]) -> Option<Choice>;

/// What follows once all choices are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It stops where something is to be chosen.
    Stop,
    /// What would be taken by itself is taken, until nothing is left to choose.
    Defaults,
}

/// Why there is no rehearsal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("{what}")]
    Choice {
        /// Which choice, from 0.
        n: usize,
        what: String,
        fix: String,
    },
    #[error("a rehearsal takes at most {CHOICES_MAX} choices")]
    TooMany,
    #[error("the case is larger than {BYTES_MAX} bytes")]
    CaseTooLarge,
    #[error("the rehearsal does not come to an end within its bounds")]
    TooLong,
    #[error("the rehearsal took longer than it may")]
    OutOfTime,
    #[error("the map's limits allow no case to begin")]
    NoCase,
    #[error("the guard of this map is not proven: {0}")]
    Unproven(String),
    #[error("a defect of this program: {0}")]
    Defect(&'static str),
}

/// A run of a rehearsal with all that was stored of it.
#[derive(Debug)]
pub struct Played {
    pub run: RunId,
    pub plan: Arc<Plan>,
    pub stored: Vec<Stored>,
}

/// One choice that was taken, as it was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    pub step: StepId,
    /// What was to be chosen, and what was chosen, in words.
    pub says: String,
    pub took: String,
    /// The choice written out: the same again takes the same.
    pub choice: Choice,
    /// Nobody chose it.
    pub assumed: bool,
    pub at: Millis,
    /// What could have been chosen.
    pub(crate) point: Point,
}

/// Where a rehearsed case stands.
#[derive(Debug)]
pub struct Rehearsed {
    /// The case first, then the runs that it started.
    pub runs: Vec<Played>,
    pub standing: Standing,
    /// How the case ended, if it has.
    pub end: Option<End>,
    /// What is to be chosen next, and what else is open at the same time.
    pub open: Vec<Point>,
    /// How many choices there were before that; less than were given where the case was over.
    pub taken: Vec<Taken>,
    pub began: Millis,
    pub now: Millis,
    /// What was used, the runs that the case started included.
    pub used: Usage,
    /// Time that people spent on it.
    pub people_ms: u64,
}

impl Rehearsed {
    /// The choices, written out. Those that were taken by themselves are among them.
    #[must_use]
    pub fn choices(&self) -> Vec<Choice> {
        self.taken.iter().map(|taken| taken.choice.clone()).collect()
    }

    /// Whether the case is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.standing.status.over()
    }
}

/// A map made ready to be rehearsed, and the maps that it calls.
#[derive(Debug)]
pub struct Rehearsal {
    plan: Arc<Plan>,
    engines: BTreeMap<ReleaseId, Arc<Engine>>,
}

impl Rehearsal {
    /// Makes a map ready. Its guard is proven as before a live case, and knows no secret.
    pub fn new(plan: &Arc<Plan>) -> Result<Self, Broken> {
        let mut engines = BTreeMap::new();
        ready(plan, &mut engines)?;
        Ok(Self { plan: Arc::clone(plan), engines })
    }

    /// The map.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The plainest case of the map, where nobody has one.
    #[must_use]
    pub fn plainest_case(&self) -> Value {
        let fields = self.plan.workflow().case.fields.iter();
        let kind = Type::Record(fields.map(|(n, t)| (n.to_string(), t.clone())).collect());
        answers::plainest(&to_schema(&kind))
    }

    /// Takes a case through these choices, in an empty journal that is kept in memory and answers
    /// at once.
    pub fn rehearse(
        &self,
        store: &dyn Store,
        at_hand: &dyn AtHand,
        case: &Value,
        choices: &[Choice],
        then: Then,
    ) -> Result<Rehearsed, Broken> {
        if choices.len() > CHOICES_MAX {
            return Err(Broken::TooMany);
        }
        let mut play = self.begin(store, at_hand, case)?;
        let root = play.root;
        for (n, choice) in choices.iter().enumerate() {
            if !play.stage.is_open(root) {
                return Err(Broken::Choice {
                    n,
                    what: "the case is over before this choice".to_owned(),
                    fix: "leave out this choice and those after it".to_owned(),
                });
            }
            play.take(n, choice, false)?;
        }
        while then == Then::Defaults && play.stage.is_open(root) {
            let n = play.taken.len();
            if n >= CHOICES_MAX {
                return Err(Broken::TooLong);
            }
            play.take(n, &Choice::default(), true)?;
        }
        play.told(store)
    }

    /// Takes a case through what somebody else says at each point, until they say nothing more.
    pub fn follow(
        &self,
        store: &dyn Store,
        at_hand: &dyn AtHand,
        case: &Value,
        say: Saying<'_>,
    ) -> Result<Rehearsed, Broken> {
        let mut play = self.begin(store, at_hand, case)?;
        while play.stage.is_open(play.root) && play.taken.len() < CHOICES_MAX {
            let Some(point) = play.points().into_iter().next() else { break };
            let Some(choice) = say(&point, &play.place(point.run)) else { break };
            play.take(play.taken.len(), &choice, false)?;
        }
        play.told(store)
    }

    fn begin<'p>(
        &'p self,
        store: &'p dyn Store,
        at_hand: &'p dyn AtHand,
        case: &Value,
    ) -> Result<Play<'p>, Broken> {
        let case = case.to_string().into_bytes();
        if case.len() > BYTES_MAX {
            return Err(Broken::CaseTooLarge);
        }
        let began = beginning(&self.plan.workflow().hours);
        let seed = Hash::of_parts(&[&self.plan.release().0, &case]);
        let mut stage = Stage::new(store, &self.engines, began, seed);
        let root = stage.open(&self.plan, case)?;
        let mut play = Play { stage, at_hand, root, began, taken: Vec::new(), people_ms: 0 };
        play.go()?;
        Ok(play)
    }
}

fn ready(plan: &Arc<Plan>, engines: &mut BTreeMap<ReleaseId, Arc<Engine>>) -> Result<(), Broken> {
    if engines.contains_key(&plan.release()) {
        return Ok(());
    }
    let guard = Guard::build(plan).map_err(|fault| Broken::Unproven(fault.to_string()))?;
    let engine = Engine::new(Arc::clone(plan), guard, KEYING);
    engines.insert(plan.release(), Arc::new(engine));
    for name in plan.workflow().children.keys() {
        if let Some(child) = plan.child(name) {
            ready(child, engines)?;
        }
    }
    Ok(())
}

/// An hour into the first working day: whoever is asked is there.
fn beginning(working: &WorkingHours) -> Millis {
    hours::add_working(working, MONDAY, HOUR_MS)
}

/// A rehearsal that is under way.
struct Play<'p> {
    stage: Stage<'p>,
    at_hand: &'p dyn AtHand,
    root: RunId,
    began: Millis,
    taken: Vec<Taken>,
    people_ms: u64,
}

impl Play<'_> {
    /// Where a run stands among the parts of the case: each step and item above it, from the
    /// outermost on.
    fn place(&self, run: RunId) -> Vec<(At, u32)> {
        let (mut place, mut run) = (Vec::new(), run);
        while let Some(held) = self.stage.runs.get(&run)
            && let Some(opening) = held.control.opening()
            && let Starter::Parent { run: above, at, item, .. } = &opening.starter
        {
            place.push((at.clone(), *item));
            run = *above;
        }
        place.reverse();
        place
    }

    fn told(self, store: &dyn Store) -> Result<Rehearsed, Broken> {
        let began = self.began;
        let open = if self.stage.is_open(self.root) { self.points() } else { Vec::new() };
        let mut runs = Vec::new();
        let mut used = Usage::default();
        for run in &self.stage.opened {
            let Some(held) = self.stage.runs.get(run) else { continue };
            let stored = store.frames(*run, Seq(0), usize::MAX);
            let stored = stored.map_err(|_| Broken::Defect("the journal in memory failed"))?;
            used = used.plus(held.control.used());
            runs.push(Played { run: *run, plan: Arc::clone(held.engine.plan()), stored });
        }
        let held = self.stage.runs.get(&self.root);
        let standing = held.map(|h| crate::standing_of(&h.engine, &h.control, self.stage.now));
        let standing = standing.unwrap_or(Standing { status: Status::Running, wake_at: None });
        let (now, taken, people_ms) = (self.stage.now, self.taken, self.people_ms);
        let end = held.and_then(|held| held.control.ended.clone());
        Ok(Rehearsed { runs, standing, end, open, taken, began, now, used, people_ms })
    }
}

#[cfg(test)]
mod tests;
