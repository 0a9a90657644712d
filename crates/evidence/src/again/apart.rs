//! Where two ways of one case part. Only what both came to is compared: what one has not reached
//! yet is no difference.

use std::collections::{BTreeMap, BTreeSet};

use journal::Status;
use plan::ids::StepId;
use serde::Serialize;
use serde_json::Value;

use crate::view::{ActView, ReviewView, RunView};
use crate::words;

/// One thing that is not as it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Apart {
    /// The step; none where it is about the case as a whole.
    pub step: Option<StepId>,
    pub by: PartedBy,
    /// What it was and what it is now; nothing where there is nothing of the kind.
    pub was: Option<Value>,
    pub now: Option<Value>,
}

/// What is not as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartedBy {
    /// A decision goes elsewhere.
    Decision,
    /// Another step comes next.
    Way,
    /// A call with other arguments.
    Act,
    /// A rule refuses something, or does no more.
    Refusal,
    /// A person is asked, or another role, or nobody any more.
    Person,
    /// The case ends otherwise.
    End,
}

/// What of a way is not as in another one, in the order in which it came up.
#[must_use]
pub fn apart(was: &RunView, now: &RunView) -> Vec<Apart> {
    let both = reached(was, now);
    let mut all = decisions(was, now);
    let decided: BTreeSet<StepId> = all.iter().filter_map(|one| one.step.clone()).collect();
    all.extend(way(was, now).filter(|one| !one.step.iter().any(|step| decided.contains(step))));
    all.extend(acts(was, now));
    all.extend(refusals(was, now, &both));
    all.extend(people(was, now, &both));
    let place =
        |one: &Apart| now.steps.iter().position(|visit| one.step.as_ref() == Some(&visit.at.step));
    all.sort_by_key(|one| place(one).unwrap_or(usize::MAX));
    if was.status.over() && now.status.over() && was.status != now.status {
        let word = |status: Status| Some(Value::from(status.as_str()));
        let (was, now) = (word(was.status), word(now.status));
        all.push(Apart { step: None, by: PartedBy::End, was, now });
    }
    all
}

/// Steps that both came through.
fn reached(was: &RunView, now: &RunView) -> BTreeSet<StepId> {
    let through = |view: &RunView| -> BTreeSet<StepId> {
        view.steps.iter().map(|visit| visit.at.step.clone()).collect()
    };
    through(was).intersection(&through(now)).cloned().collect()
}

/// The n-th of each of two lists, by a name.
fn paired<'v, T, K: Ord>(
    was: impl Iterator<Item = &'v T>,
    now: impl Iterator<Item = &'v T>,
    name: impl Fn(&T) -> K,
) -> Vec<(&'v T, &'v T)> {
    let mut before: BTreeMap<K, Vec<&T>> = BTreeMap::new();
    for one in was {
        before.entry(name(one)).or_default().push(one);
    }
    let mut seen: BTreeMap<K, usize> = BTreeMap::new();
    let mut all = Vec::new();
    for one in now {
        let n = seen.entry(name(one)).or_default();
        if let Some(other) = before.get(&name(one)).and_then(|all| all.get(*n)) {
            all.push((*other, one));
        }
        *n += 1;
    }
    all
}

fn decisions(was: &RunView, now: &RunView) -> Vec<Apart> {
    let pairs = paired(was.decisions.iter(), now.decisions.iter(), |one| one.step.clone());
    let said = |goes: &str, because: &str| match because {
        "" => Some(Value::from(goes)),
        because => Some(Value::from(format!("{goes}: {because}"))),
    };
    let differ = pairs.into_iter().filter(|(was, now)| was.goes != now.goes);
    let one = |(was, now): (&crate::DecisionView, &crate::DecisionView)| Apart {
        step: Some(now.step.clone()),
        by: PartedBy::Decision,
        was: said(&was.goes, &was.because),
        now: said(&now.goes, &now.because),
    };
    differ.map(one).collect()
}

/// The first step at which one goes on otherwise than the other.
fn way(was: &RunView, now: &RunView) -> impl Iterator<Item = Apart> {
    let same = was.steps.iter().zip(&now.steps).take_while(|(was, now)| was.at == now.at).count();
    let step = |view: &RunView, n: usize| view.steps.get(n).map(|visit| visit.at.step.clone());
    let (before, after) = (step(was, same), step(now, same));
    // What stands still is not on another way.
    let parts = match (&before, &after) {
        (_, Some(_)) => before.is_some() || was.status.over(),
        (Some(_), None) => now.status.over(),
        (None, None) => false,
    };
    let last = same.checked_sub(1).and_then(|n| step(now, n));
    let name = |step: Option<StepId>| step.map(|step| Value::from(step.as_str()));
    let one = Apart { step: last, by: PartedBy::Way, was: name(before), now: name(after) };
    parts.then_some(one).into_iter()
}

fn acts(was: &RunView, now: &RunView) -> Vec<Apart> {
    let calls = |view: &'_ RunView| {
        let calls: Vec<ActView> =
            view.acts.iter().filter(|act| act.tool.is_some()).cloned().collect();
        calls
    };
    let (was, now) = (calls(was), calls(now));
    let name = |act: &ActView| (act.at.step.clone(), act.tool.clone());
    let pairs = paired(was.iter(), now.iter(), name);
    let differ = pairs.into_iter().filter(|(was, now)| was.args != now.args);
    let one = |(was, now): (&ActView, &ActView)| Apart {
        step: Some(now.at.step.clone()),
        by: PartedBy::Act,
        was: was.args.clone(),
        now: now.args.clone(),
    };
    differ.map(one).collect()
}

fn refusals(was: &RunView, now: &RunView, both: &BTreeSet<StepId>) -> Vec<Apart> {
    let by = |view: &RunView| -> BTreeMap<(StepId, String), String> {
        let inside = view.refusals.iter().filter(|one| both.contains(&one.at.step));
        let one = |one: &crate::view::Refusal| {
            ((one.at.step.clone(), one.rule.clone()), format!("{}: `{}`", one.what, one.rule))
        };
        inside.map(one).collect()
    };
    let (was, now) = (by(was), by(now));
    let names: BTreeSet<&(StepId, String)> = was.keys().chain(now.keys()).collect();
    let differ = names.into_iter().filter(|name| was.contains_key(name) != now.contains_key(name));
    let one = |name: &(StepId, String)| Apart {
        step: Some(name.0.clone()),
        by: PartedBy::Refusal,
        was: was.get(name).map(|text| Value::from(text.as_str())),
        now: now.get(name).map(|text| Value::from(text.as_str())),
    };
    differ.map(one).collect()
}

fn people(was: &RunView, now: &RunView, both: &BTreeSet<StepId>) -> Vec<Apart> {
    let first = |view: &RunView| -> BTreeMap<StepId, String> {
        let inside = view.reviews.iter().filter(|one| both.contains(&one.at.step)).rev();
        let said = |one: &ReviewView| format!("{}: {}", one.by, words::plain(&one.question));
        inside.map(|one| (one.at.step.clone(), said(one))).collect()
    };
    let (was, now) = (first(was), first(now));
    let names: BTreeSet<&StepId> = was.keys().chain(now.keys()).collect();
    let differ = names.into_iter().filter(|name| was.get(*name) != now.get(*name));
    let one = |name: &StepId| Apart {
        step: Some(name.clone()),
        by: PartedBy::Person,
        was: was.get(name).map(|text| Value::from(text.as_str())),
        now: now.get(name).map(|text| Value::from(text.as_str())),
    };
    differ.map(one).collect()
}
