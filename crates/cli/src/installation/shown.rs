//! What the HTTP interface shows of cases, requests, stops and all of them together, as one person
//! sees it. It must not decide who may do what: it says what the deciding will find.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;

use evidence::{Fleet, ReviewState, ReviewView, RunView};
use journal::{Millis, RunId, RunLine, RunQuery, Status, StopScope};
use plan::Plan;
use plan::ids::PersonId;
use serde_json::Value;
use server::{Alike, Explained, Figures, Glance, InForce, No, Open, Reach, Seen, Why};

use super::{Inner, case, no};
use crate::commands::{review, why};
use crate::held;
use crate::stored::{Runs, now};

/// How many cases are looked through for those that are alike, and how many are shown.
const LOOKED: usize = 200;
const ALIKE: usize = 5;
/// How many stops that were lifted are told of.
const LIFTED: usize = 5;
/// How many open cases a stop's reach is counted over.
const REACHED: usize = 100_000;
const OPEN: [Status; 5] =
    [Status::Running, Status::Sleeping, Status::Waiting, Status::Paused, Status::Halted];

/// A line with what the case's entries say. One that cannot be read is still listed.
pub fn glance(runs: &Runs, line: RunLine) -> Glance {
    let view = runs.view(line.run).ok();
    let title = view.as_ref().and_then(RunView::title);
    let wrong = |view: &RunView| matches!(view.status, Status::Failed | Status::Halted);
    let trouble = view.as_ref().filter(|view| wrong(view)).and_then(RunView::signature);
    Glance { line, title, trouble }
}

/// A case as this person sees it.
pub fn seen(inner: &Inner, runs: &Runs, who: &PersonId, run: RunId) -> Result<Seen, No> {
    let view = case(runs, run)?;
    let plan = view.release.and_then(|release| runs.release(release));
    let reviews = view.open_reviews().cloned();
    let open = reviews.map(|review| open(inner, plan.as_deref(), who, &view, review)).collect();
    let explanation = why::explained(&inner.global, runs, run).map_err(no)?;
    let cause = explanation.cause.as_ref().map(why::lines).unwrap_or_default();
    let why = Explained::of(&explanation, cause);
    Ok(Seen { view, open, why })
}

/// Every open request as this person sees it, the one that is due first at the top.
pub fn requests(inner: &Inner, runs: &Runs, who: &PersonId) -> Result<Vec<Open>, No> {
    // A case that is damaged hides no other; `why` and `doctor` name it.
    let (all, _) = review::waiting(runs).map_err(no)?;
    let one = |one: review::Open| {
        let plan = one.view.release.and_then(|release| runs.release(release));
        open(inner, plan.as_deref(), who, &one.view, one.review)
    };
    Ok(all.into_iter().map(one).collect())
}

fn open(
    inner: &Inner,
    plan: Option<&Plan>,
    who: &PersonId,
    view: &RunView,
    review: ReviewView,
) -> Open {
    let why_not = match plan {
        Some(plan) => inner.people.why_not(who, plan.workflow(), view, &review, now()),
        None => Some("the case's release cannot be read".to_owned()),
    };
    let act = review.call.clone();
    Open {
        run: view.run,
        workflow: view.workflow.clone(),
        title: view.title(),
        act,
        why_not,
        review,
    }
}

/// Cases that people answered before in the same place, the most alike first.
pub fn alike(runs: &Runs, run: RunId, number: u32) -> Result<Vec<Alike>, No> {
    let view = case(runs, run)?;
    let asked = view.reviews.iter().find(|review| review.no.0 == number);
    let asked = asked.ok_or_else(|| No::new(Why::NotFound, "there is no such request"))?;
    let here = leaves(asked);
    let query = RunQuery {
        workflow: view.workflow.clone(),
        status: vec![Status::Done, Status::Rejected, Status::Failed],
        limit: LOOKED,
        ..RunQuery::default()
    };
    let mut all: Vec<Alike> = Vec::new();
    for line in runs.lines(&query).map_err(no)?.into_iter().filter(|line| line.run != run) {
        let Ok(other) = runs.view(line.run) else { continue };
        let same_place = |one: &&ReviewView| one.at.step == asked.at.step && one.kind == asked.kind;
        let Some(answered) = other.reviews.iter().rev().find(same_place) else { continue };
        let (answer, who, at, reason) = match &answered.state {
            ReviewState::Approved { who, at } => ("approved", who, at, None),
            ReviewState::Edited { who, at, .. } => ("edited", who, at, None),
            ReviewState::Rejected { who, at, reason } => ("rejected", who, at, reason.clone()),
            ReviewState::Open | ReviewState::Late { .. } | ReviewState::Closed { .. } => continue,
        };
        let same = leaves(answered).intersection(&here).map(|(name, _)| name.clone()).collect();
        all.push(Alike {
            case: line.run.to_string(),
            title: other.title(),
            answer: answer.to_owned(),
            who: who.to_string(),
            at: server::time(*at),
            reason,
            same,
        });
    }
    // They come newest first, and stay so where nothing tells them apart.
    all.sort_by_key(|one| std::cmp::Reverse(one.same.len()));
    all.truncate(ALIKE);
    Ok(all)
}

/// Values that a request shows, each with its place. A yes or a no says little by itself.
fn leaves(review: &ReviewView) -> BTreeSet<(String, String)> {
    fn walk(into: &mut BTreeSet<(String, String)>, name: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                let own = fields.iter().filter(|(name, _)| !name.starts_with('$'));
                own.for_each(|(field, value)| walk(into, &format!("{name}.{field}"), value));
            }
            Value::String(text) if text.len() <= 200 => {
                into.insert((name.to_owned(), text.clone()));
            }
            Value::Number(number) => {
                into.insert((name.to_owned(), number.to_string()));
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) => {}
        }
    }
    let mut all = BTreeSet::new();
    for shown in &review.shows {
        shown.value.iter().for_each(|value| walk(&mut all, &shown.name, value));
    }
    all
}

/// Stops in force with who set each, and those that were lifted last.
pub fn stops(runs: &Runs) -> Result<(Vec<InForce>, Vec<InForce>), No> {
    let desk = runs.desk().map_err(no)?;
    let stops = runs.reader().stops().map_err(|error| no(error.into()))?;
    let one = |scope: StopScope| InForce { by: desk.stops.get(&scope).cloned(), scope };
    let mut lifted: Vec<_> = desk.lifted.iter().collect();
    lifted.sort_by_key(|(_, by)| std::cmp::Reverse(by.at));
    let last = lifted.into_iter().take(LIFTED);
    let last = last.map(|(scope, by)| InForce { by: Some(by.clone()), scope: scope.clone() });
    let lifted = last.collect();
    Ok((stops.into_iter().map(one).collect(), lifted))
}

/// What a stop would hold back now.
pub fn reach(inner: &Inner, runs: &Runs, scope: &StopScope) -> Result<Reach, No> {
    let lines = runs.standing(&OPEN, REACHED).map_err(no)?;
    let covered: Vec<&RunLine> = lines
        .iter()
        .filter(|line| match scope {
            StopScope::Everything => true,
            StopScope::Workflow(name) => line.workflow == *name,
            StopScope::Run(run) => line.run == *run,
            StopScope::Beyond { workflow, .. } => line.workflow == *workflow,
            StopScope::Tool(_) | StopScope::Server(_) | StopScope::Vendor(_) => false,
        })
        .collect();
    let plans = inner.people.plans_now();
    let workflow = match scope {
        StopScope::Workflow(name) | StopScope::Beyond { workflow: name, .. } => Some(name),
        StopScope::Run(_) => covered.first().map(|line| &line.workflow),
        StopScope::Everything
        | StopScope::Tool(_)
        | StopScope::Server(_)
        | StopScope::Vendor(_) => None,
    };
    let mut by = BTreeSet::new();
    for (_, plan) in plans.iter().filter(|(name, _)| workflow.is_none_or(|one| one == *name)) {
        let workflow = plan.workflow();
        by.extend([workflow.accountable.to_string(), workflow.override_by.to_string()]);
    }
    Ok(Reach {
        cases: covered.len() as u64,
        acts: inner.runtime.out(scope) as u64,
        lifted_by: by.into_iter().collect(),
    })
}

/// The figures of cases that are open or had an entry in so many minutes.
pub fn fleet(inner: &Inner, runs: &Runs, minutes: u32) -> Result<Figures, No> {
    let now = now();
    let back = u64::from(minutes) * 60_000;
    let since = Millis(now.0.saturating_sub(back));
    let mut facts = inner.facts.lock().unwrap_or_else(PoisonError::into_inner);
    let mut fleet = Fleet::default();
    let mut times = Vec::new();
    for fact in facts.read(since, &AtomicBool::new(false)).map_err(no)? {
        fleet.add(&fact.tally);
        times.push((fact.opened, fact.status.over().then_some(fact.changed)));
    }
    drop(facts);
    let mut trouble = Vec::new();
    let stops = runs.reader().stops().map_err(|error| no(error.into()))?;
    if stops.contains(&StopScope::Everything) {
        trouble.push("everything is stopped".to_owned());
    }
    trouble.extend(inner.runtime.trouble_of(None).map(|fault| fault.to_string()));
    let notices = held::back(runs, &inner.global, now).map_err(no)?;
    trouble.extend(notices.into_iter().map(|notice| notice.headline));
    Ok(Figures {
        summary: fleet.summary(back, None),
        stopped: stops.iter().any(StopScope::holds_back),
        cost_nanos: fleet.cost_nanos(),
        people_ms: fleet.people_ms(),
        groups: fleet.groups(),
        times,
        now,
        trouble,
    })
}
