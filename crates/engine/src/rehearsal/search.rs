//! Every way of a map, as far as it is found by choosing otherwise: each case is rehearsed by
//! itself first, and whatever met something new is gone through again with one other choice
//! at a time. Bounded in rehearsals, and by whoever asks in time. It must not say that there is no
//! way where it only found none.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use journal::{Code, End, Store, Usage};
use plan::expr::Expr;
use plan::ids::StepId;
use plan::show::{Way, WayKind, ways};
use plan::workflow::{Does, EndOutcome, Workflow};
use serde::Serialize;
use serde_json::{Value, json};

use super::points::{Offer, Point, PointKind};
use super::{AtHand, Broken, Choice, Rehearsal, Rehearsed, Taken, Then, offers, variants};

/// The most rehearsals of one search.
pub const PLAYS_MAX: usize = 4_000;
/// The most examples of a tool's answers that are tried at one place.
const EXAMPLES_MAX: usize = 40;

/// A case to begin with.
#[derive(Debug, Clone)]
pub struct Scene {
    pub name: String,
    pub case: Value,
}

/// How something is brought about: the case, and what is chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Route {
    pub scene: String,
    pub choices: Vec<Choice>,
}

/// A way of the map, and how it was taken, if it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reached {
    pub way: Way,
    pub by: Option<Route>,
}

/// What a fault leads to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Led {
    pub step: StepId,
    pub fault: String,
    pub says: String,
    /// What comes next, in a sentence.
    pub leads_to: String,
    pub by: Route,
}

/// What a search found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Searched {
    pub ways: Vec<Reached>,
    /// Each fault at each step, once.
    pub faults: Vec<Led>,
    /// Each end that a case came to.
    pub ends: BTreeMap<String, Route>,
    /// The dearest and the longest rehearsal.
    pub dearest: Option<(Usage, Route)>,
    pub longest: Option<(u64, Route)>,
    pub played: usize,
    /// Rehearsals that came to no end within the bounds.
    pub endless: usize,
    /// Every way was taken, or all that could be tried was; otherwise time or number ended it.
    pub complete: bool,
}

/// Where a rehearsal goes on from, and the fault that it tries.
struct Job {
    scene: usize,
    choices: Vec<Choice>,
    fault: Option<(StepId, Offer)>,
}

/// The tier of other values.
const VALUES: usize = 2;

/// What is still to be tried, the likeliest to find something first.
#[derive(Default)]
struct Queue {
    /// Other things that are offered, faults, other values.
    tiers: [VecDeque<Job>; 3],
    known: BTreeSet<String>,
}

impl Queue {
    fn add(&mut self, tier: usize, name: String, job: Job) {
        if self.known.insert(name)
            && let Some(queue) = self.tiers.get_mut(tier)
        {
            queue.push_back(job);
        }
    }

    /// What is tried next. Other values are only looked for while a way is missing.
    fn next(&mut self, missing: bool) -> Option<Job> {
        let tiers = if missing { self.tiers.len() } else { VALUES };
        self.tiers.iter_mut().take(tiers).find_map(VecDeque::pop_front)
    }
}

/// A search that is under way.
struct Search<'s> {
    at_hand: &'s dyn AtHand,
    scenes: &'s [Scene],
    names: Vec<Value>,
    queue: Queue,
    taken: BTreeMap<usize, Route>,
    /// What was to be chosen so far, wherever it was.
    met: BTreeSet<String>,
    found: Searched,
}

impl Rehearsal {
    /// Looks for every way of the map. Each rehearsal is given a journal of its own.
    pub fn search<S: Store>(
        &self,
        journal: impl Fn() -> S,
        at_hand: &dyn AtHand,
        scenes: &[Scene],
    ) -> Result<Searched, Broken> {
        let all = ways(&self.plan);
        let names = named(self.plan.workflow());
        let (queue, taken, found) = (Queue::default(), BTreeMap::new(), Searched::default());
        let met = BTreeSet::new();
        let mut search = Search { at_hand, scenes, names, queue, taken, met, found };
        for scene in 0..scenes.len() {
            let job = Job { scene, choices: Vec::new(), fault: None };
            search.queue.add(0, format!("scene {scene}"), job);
        }
        while let Some(job) = search.queue.next(search.taken.len() < all.len()) {
            let Some(scene) = scenes.get(job.scene) else { continue };
            if search.found.played >= PLAYS_MAX || at_hand.enough() {
                return Ok(search.told(all, false));
            }
            search.found.played += 1;
            let store = journal();
            match self.rehearse(&store, at_hand, &scene.case, &job.choices, Then::Defaults) {
                Ok(rehearsed) => search.seen(&all, &job, &rehearsed),
                Err(Broken::OutOfTime) => return Ok(search.told(all, false)),
                Err(Broken::TooLong) => search.found.endless += 1,
                // Somebody may not, or a value does not fit: nothing comes of it.
                Err(Broken::Choice { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(search.told(all, true))
    }
}

impl Search<'_> {
    fn told(self, all: Vec<Way>, complete: bool) -> Searched {
        let mut taken = self.taken;
        let reached = |(n, way)| Reached { way, by: taken.remove(&n) };
        let ways = all.into_iter().enumerate().map(reached).collect();
        Searched { ways, complete, ..self.found }
    }

    /// Keeps what a rehearsal came to, and what else is to be tried because of it.
    fn seen(&mut self, all: &[Way], job: &Job, rehearsed: &Rehearsed) {
        let name = self.scenes.get(job.scene).map(|scene| scene.name.clone()).unwrap_or_default();
        let route = Route { scene: name, choices: rehearsed.choices() };
        let root = rehearsed.runs.first().map(|played| played.stored.as_slice());
        let ways = super::ways::taken(all, root.unwrap_or_default());
        let mut new = job.choices.is_empty();
        for n in ways {
            if let Entry::Vacant(way) = self.taken.entry(n) {
                way.insert(route.clone());
                new = true;
            }
        }
        for Taken { step, point, .. } in &rehearsed.taken {
            new |= self.met.insert(format!("{step} {} {}", point.by, point.says));
        }
        let end = rehearsed.end.as_ref().map_or_else(|| "open".to_owned(), ended);
        if !self.found.ends.contains_key(&end) {
            self.found.ends.insert(end.clone(), route.clone());
            new = true;
        }
        let took = rehearsed.now.0.saturating_sub(rehearsed.began.0);
        let used = rehearsed.used;
        // What is spent by fiat is no cost of the map.
        let real = rehearsed.taken.iter().all(|taken| taken.choice.take != offers::USED_UP);
        if real && self.found.dearest.as_ref().is_none_or(|(u, _)| u.cost_nanos < used.cost_nanos) {
            self.found.dearest = Some((used, route.clone()));
        }
        if self.found.longest.as_ref().is_none_or(|(ms, _)| *ms < took) {
            self.found.longest = Some((took, route.clone()));
        }
        if let Some((step, fault)) = &job.fault {
            let next = rehearsed.taken.get(job.choices.len());
            self.found.faults.push(Led {
                step: step.clone(),
                fault: fault.take.clone(),
                says: fault.says.clone(),
                leads_to: next.map_or_else(|| format!("the case is {end}"), next_is),
                by: route,
            });
        }
        if new {
            self.otherwise(job, &rehearsed.taken);
        }
    }

    /// One other choice at each place that this rehearsal passed by itself.
    fn otherwise(&mut self, job: &Job, taken: &[Taken]) {
        for (n, one) in taken.iter().enumerate().skip(job.choices.len()) {
            let earlier: Vec<Choice> = taken.iter().take(n).map(|t| t.choice.clone()).collect();
            let at = Some(one.step.clone());
            let job = |choice: Choice, fault: Option<&Offer>| {
                let choices = earlier.iter().cloned().chain([choice]).collect();
                Job {
                    scene: job.scene,
                    choices,
                    fault: fault.map(|o| (one.step.clone(), o.clone())),
                }
            };
            for offer in one.point.offers.iter().filter(|offer| offer.take != one.choice.take) {
                let choice =
                    Choice { take: offer.take.clone(), at: at.clone(), ..Choice::default() };
                let (step, visit) = (&one.step, one.point.visit);
                let here = |t: &&Taken| t.step == one.step && t.point.visit == visit;
                let before = taken.iter().take(n).filter(here).count();
                // Each fault once at each step; a decision each time that it is to be taken.
                let (tier, name) = match offer.fault {
                    true => (1, format!("{step} {}", offer.take)),
                    false => (0, format!("{step} {visit} {before} {}", offer.take)),
                };
                self.queue.add(tier, name, job(choice, Some(offer).filter(|offer| offer.fault)));
            }
            for (take, value) in self.values(&one.point) {
                let name = format!("{} {take} {value}", one.step);
                let value = Some(value);
                let choice = Choice { take, value, at: at.clone(), ..Choice::default() };
                self.queue.add(VALUES, name, job(choice, None));
            }
        }
    }

    /// Other values that could be answered at a place.
    fn values(&self, point: &Point) -> Vec<(String, Value)> {
        let mut all = Vec::new();
        if point.kind == PointKind::Copy {
            let none = point.fields.iter().map(|field| json!({ field.field.clone(): null }));
            return none.map(|value| ("answer".to_owned(), value)).collect();
        }
        if point.kind == PointKind::Tool
            && let Ok(tool) = plan::ids::ToolName::new(&point.by)
        {
            let kept = self.at_hand.examples(&tool).into_iter().take(EXAMPLES_MAX);
            all.extend(kept.map(|value| ("answer".to_owned(), value)));
        }
        for offer in point.offers.iter().filter(|offer| !offer.fault) {
            let Some(value) = offer.value.as_ref().filter(|value| value.is_object()) else {
                continue;
            };
            let others = variants::like(value, &self.names).into_iter();
            all.extend(others.map(|value| (offer.take.clone(), value)));
        }
        all
    }
}

/// What a taken choice was asked for, in a sentence.
fn next_is(taken: &Taken) -> String {
    match taken.point.kind {
        PointKind::Person => {
            format!("`{}` is asked at `{}`: {}", taken.point.by, taken.step, taken.says)
        }
        PointKind::Time => format!("`{}` waits for a time", taken.step),
        PointKind::Copy | PointKind::Model | PointKind::Tool => {
            format!("`{}` goes on: {}", taken.step, taken.says)
        }
    }
}

/// How a case ended, in a word or two.
fn ended(end: &End) -> String {
    match end {
        End::Reached(EndOutcome::Done) => "done".to_owned(),
        End::Reached(EndOutcome::Rejected) => "rejected".to_owned(),
        End::Reached(EndOutcome::Failed) | End::Failed(Code::Ended) => "failed".to_owned(),
        End::Failed(code) => format!("failed ({})", offers::word(*code)),
        End::Duplicate(_) => "duplicate".to_owned(),
        End::Cancelled => "cancelled".to_owned(),
    }
}

/// Every value that a condition of the map names.
fn named(workflow: &Workflow) -> Vec<Value> {
    let mut conditions: Vec<&Expr> =
        workflow.exceptions.iter().filter_map(|e| e.when.as_ref()).collect();
    for step in &workflow.steps {
        match &step.does {
            Does::Decide(decide) => conditions.extend(decide.first.iter().map(|row| &row.when)),
            Does::Agent(agent) => conditions.extend(&agent.must_hold),
            Does::Tool(tool) => conditions.extend(tool.confirm.as_ref().map(|c| &c.holds)),
            _ => {}
        }
    }
    let mut all: Vec<Value> = Vec::new();
    for value in conditions.into_iter().flat_map(|expr| variants::named(expr.source())) {
        if !all.contains(&value) {
            all.push(value);
        }
    }
    all
}

/// A way in a sentence.
#[must_use]
pub fn way_said(way: &Way) -> String {
    let to = way.to.as_deref().map_or("the end".to_owned(), |to| format!("`{to}`"));
    match (&way.from, way.kind) {
        (None, WayKind::Start) => format!("the case begins at {to}"),
        (None, _) => format!("exception `{}`: {to}", way.when),
        (Some(from), _) if way.when.is_empty() => format!("`{from}` to {to}"),
        (Some(from), _) => format!("`{from}` to {to}: {}", way.when),
    }
}
