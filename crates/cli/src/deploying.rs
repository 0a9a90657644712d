//! Deploying a workflow as its files say now, in the steps that every way of doing it takes: who
//! may, on what trial, what is new, and whether the kept cases come out. What may not be is said
//! again by whoever drives the runs, which writes it down.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::codes::OPEN_QUESTIONS;
use evidence::releases::short;
use evidence::trial::Trial;
use evidence::words;
use journal::{Canary, Rollout, Tried};
use plan::Plan;
use plan::changes::changes;
use plan::ids::{PersonId, ReleaseId, WorkflowName};
use plan::workflow::OpenQuestion;
use runtime::{ReleaseOrder, Rolled};

use crate::assuring;
use crate::commands::test::Tally;
use crate::exit::{Exit, Stop};
use crate::releases;
use crate::stored::Runs;
use crate::trial;
use crate::workspace::Workspace;

/// How a release is to be deployed.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The share of new cases that begins on it, in parts of a million.
    pub share: Option<u32>,
    /// The share of kept cases that has to come out as expected.
    pub at_least: Option<u32>,
    /// Deployed although no case is kept.
    pub untried: bool,
    pub reason: Option<String>,
}

/// A release that may be deployed once its kept cases came out.
pub struct Deploying {
    pub plan: Arc<Plan>,
    pub live: Option<Arc<Plan>>,
    pub canary: Option<Canary>,
    /// What differs from the live release, in sentences.
    pub new: Vec<String>,
    pub at_least: u32,
    /// The kept cases; nothing where none is kept, and that was said.
    pub trials: Option<Arc<BTreeMap<String, Trial>>>,
    reason: Option<String>,
}

/// How a deployment begins.
pub enum Begun {
    /// The release is live or tried already.
    There(Rolled),
    Goes(Box<Deploying>),
}

/// Looks whether somebody may deploy this release in this way.
pub fn begin(
    workspace: &Workspace,
    runs: Option<&Runs>,
    plan: Arc<Plan>,
    who: &PersonId,
    wish: Wish,
) -> Result<Begun, Stop> {
    let name = &plan.workflow().name;
    let (_, rollouts) = releases::stored(runs)?;
    let live = releases::live(runs, name)?;
    let places = workspace.places().map_err(Stop::usage)?;
    releases::may(&places, live.as_deref(), &plan, who)?;
    if let Some(rolled) = is_there(rollouts.get(name), plan.release())? {
        return Ok(Begun::There(rolled));
    }
    settled(&plan)?;
    assuring::ready(workspace, runs, &plan)?;
    let rules = places.releases.of(name);
    let canary = releases::canary(rules, wish.share, live.is_some())?;
    let new = live.as_deref().map(|live| changes(live, &plan)).unwrap_or_default();
    let at_least = releases::at_least(rules, wish.at_least);
    let trials = kept(workspace, name.as_str(), wish.untried)?;
    let reason = wish.reason;
    Ok(Begun::Goes(Box::new(Deploying { plan, live, canary, new, at_least, trials, reason })))
}

/// Whether a release is live or tried already. While another one is tried none is deployed.
fn is_there(rollout: Option<&Rollout>, release: ReleaseId) -> Result<Option<Rolled>, Stop> {
    let Some(rollout) = rollout else { return Ok(None) };
    let canary = rollout.canary.map(|canary| canary.release);
    if canary.is_none_or(|canary| canary == release) {
        let is_there = canary == Some(release) || rollout.live == release;
        let rolled = Rolled { changed: false, live: rollout.live, canary, left: None };
        return Ok(is_there.then_some(rolled));
    }
    let tried = canary.map(short).unwrap_or_default();
    Err(Stop::usage(format!("release {tried} is still being tried"))
        .help("`flightdeck promote` makes it live, `flightdeck rollback` ends it"))
}

/// What says of itself that it is not settled does not become live.
fn settled(plan: &Plan) -> Result<(), Stop> {
    let open = plan.workflow().unsettled();
    if open.is_empty() {
        return Ok(());
    }
    let each = |(workflow, question): &(&WorkflowName, &OpenQuestion)| {
        let who = question.who.as_ref().map(|who| format!(" ({who})")).unwrap_or_default();
        words::plain(&format!("`{workflow}`: {}{who}", question.what))
    };
    let all: Vec<String> = open.iter().map(each).collect();
    let what = format!("nothing was deployed: not settled yet: {}", all.join("; "));
    Err(Stop { exit: Exit::Findings, code: Some(OPEN_QUESTIONS.id), ..Stop::usage(what) }
        .help("settle them, and take them out of `open`; `flightdeck explain open_questions`"))
}

/// The kept cases of a workflow. That there is none has to be said, and may not be said otherwise.
fn kept(
    workspace: &Workspace,
    name: &str,
    untried: bool,
) -> Result<Option<Arc<BTreeMap<String, Trial>>>, Stop> {
    let folder = trial::folder(&workspace.root, name);
    match (trial::has_cases(&folder), untried) {
        (false, true) => Ok(None),
        (false, false) => {
            let what = format!("there is no case in `cases/{name}` to try it with");
            Err(Stop { exit: Exit::Findings, ..Stop::usage(what) }.help(
                "keep some, or say `--untried --reason TEXT`; `flightdeck explain test_cases`",
            ))
        }
        (true, true) => {
            Err(Stop::usage(format!("there are cases in `cases/{name}`, so they are tried"))
                .help("leave `--untried` out"))
        }
        (true, false) => Ok(Some(Arc::new(trial::read(&folder)?))),
    }
}

impl Deploying {
    /// Tries the kept cases, and says what each came to as soon as it rests.
    pub async fn tried(
        &self,
        workspace: &Workspace,
        at_once: usize,
        told: impl FnMut(&str, &trial::Tried),
    ) -> Result<Option<BTreeMap<String, trial::Tried>>, Stop> {
        let Some(trials) = &self.trials else { return Ok(None) };
        let names: Vec<String> = trials.keys().cloned().collect();
        trial::tried(workspace, &self.plan, trials, &names, at_once, told).await.map(Some)
    }

    /// The order that deploys it, if enough came out as expected.
    pub fn order(&self, tally: Option<&Tally>) -> Result<(ReleaseOrder, Option<Tried>), Stop> {
        if tally.is_some_and(|tally| !tally.reached(Some(self.at_least))) {
            let share = words::share(self.at_least);
            let what = format!("nothing was deployed: {share} has to come out as expected");
            return Err(Stop { exit: Exit::Findings, ..Stop::usage(what) });
        }
        let tried = tally.map(|tally| releases::tried(tally, self.at_least));
        Ok((releases::order(&self.plan, self.canary, tried, self.reason.clone()), tried))
    }
}
