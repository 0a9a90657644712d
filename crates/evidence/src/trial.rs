//! A case with its right answer, and what of it a run came to: where it rests, which values it
//! found, what it would have done. It must not run anything.

use std::collections::{BTreeMap, BTreeSet};

use plan::expr::{Expr, Scope};
use plan::ids::{StepId, ToolName};
use plan::value::Money;
use plan::workflow::{Effect, Workflow};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::statistics::{whole, wilson};
use crate::view::{ActState, RunView};

/// A case that an operator keeps, and what should become of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Trial {
    /// The document, by its path in the workspace; the case is then its name.
    pub file: Option<String>,
    /// The case itself.
    pub case: Option<Value>,
    /// Why it is among the cases.
    pub why: Option<String>,
    pub tags: BTreeSet<String>,
    /// Other cases of the folder that came before it.
    pub after: Vec<String>,
    /// What tools that act give back. Without it a case ends where it would act.
    pub gives: BTreeMap<ToolName, Value>,
    /// Where it should come to rest: a step that acts or asks, `person` for any step that asks,
    /// or how it ends.
    pub expect: Option<String>,
    /// Steps that it must not come to.
    pub never: Vec<StepId>,
    /// Values, by path, or by the name of a field that one step gives.
    pub fields: BTreeMap<String, Value>,
    /// How far an amount or a number may be from its value.
    pub within: BTreeMap<String, String>,
    /// What must hold in the end.
    pub holds: Vec<Expr>,
    /// What acts are done with, by step: every argument that is named.
    pub acts: BTreeMap<StepId, Map<String, Value>>,
}

/// Where a run came to rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// It would act now.
    Act(StepId),
    /// It asks a person.
    Person(StepId),
    /// It is over.
    Over(String),
}

impl Came {
    /// In a few words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Act(step) => format!("it acts in `{step}`"),
            Self::Person(step) => format!("`{step}` asks a person"),
            Self::Over(how) => format!("it is {how}"),
        }
    }
}

/// One thing that should be so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    pub what: String,
    pub held: bool,
    /// What was seen, where it did not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
}

/// What a run came to.
#[derive(Debug, Clone, Serialize)]
pub struct Scored {
    pub came: Came,
    pub checks: Vec<Check>,
    /// It did, or would have done, what must not be done.
    pub harm: bool,
}

impl Scored {
    /// Whether all of it is as expected.
    #[must_use]
    pub fn right(&self) -> bool {
        !self.harm && self.checks.iter().all(|check| check.held)
    }
}

/// Compares a run with what should have become of it.
#[must_use]
pub fn score(trial: &Trial, workflow: &Workflow, view: &RunView) -> Scored {
    let came = came(workflow, view);
    let outputs = Outputs(view);
    let mut checks = Vec::new();
    if let Some(expected) = &trial.expect {
        let held = match &came {
            Came::Act(step) => step.as_str() == expected,
            Came::Person(step) => step.as_str() == expected || expected == "person",
            Came::Over(how) => how == expected,
        };
        checks.push(Check {
            what: format!("it comes to `{expected}`"),
            held,
            seen: (!held).then(|| came.words()),
        });
    }
    for step in &trial.never {
        let been = view.steps.iter().any(|visit| visit.at.step == *step);
        let seen = been.then(|| format!("it came to `{step}`"));
        checks.push(Check { what: format!("it never comes to `{step}`"), held: !been, seen });
    }
    for (name, expected) in &trial.fields {
        checks.push(field(&outputs, name, expected, trial.within.get(name)));
    }
    for expr in &trial.holds {
        let (held, seen) = match expr.holds(&outputs) {
            Ok(true) => (true, None),
            Ok(false) => (false, Some("it does not".to_owned())),
            Err(error) => (false, Some(error.to_string())),
        };
        checks.push(Check { what: format!("`{}` holds", expr.source()), held, seen });
    }
    let mut harm = trial.never.iter().any(|step| acted(workflow, view).any(|(at, _)| at == step));
    for (step, args) in acted(workflow, view) {
        let named = trial.acts.get(step);
        let meant = named.is_some() || trial.expect.as_deref() == Some(step.as_str());
        if trial.expect.is_some() && !meant {
            harm = true;
            let what = "nothing is done that was not expected".to_owned();
            let seen = Some(format!("`{step}` acts"));
            checks.push(Check { what, held: false, seen });
        }
        for (name, expected) in named.into_iter().flatten() {
            let got = args.get(name);
            let held = same(expected, got, None);
            harm |= !held;
            let seen = (!held).then(|| shown(got));
            checks.push(Check { what: told(&format!("{step}: {name}"), expected), held, seen });
        }
    }
    Scored { came, checks, harm }
}

fn field(outputs: &Outputs<'_>, name: &str, expected: &Value, within: Option<&String>) -> Check {
    let found = outputs.at(name);
    let held = found.as_ref().is_ok_and(|got| same(expected, *got, within.map(String::as_str)));
    let seen = match found {
        _ if held => None,
        Ok(got) => Some(shown(got)),
        Err(why) => Some(why),
    };
    Check { what: told(name, expected), held, seen }
}

fn told(name: &str, expected: &Value) -> String {
    format!("{name} is {}", shown(Some(expected)))
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "not there".to_owned(),
        Some(Value::String(text)) => format!("`{text}`"),
        Some(value) => match serde_json::from_value::<Money>(value.clone()) {
            Ok(money) => format!("`{money}`"),
            Err(_) => value.to_string(),
        },
    }
}

/// Whether a value is the expected one: an amount as an amount however it is written, a text
/// whatever its letters' case and spaces, anything else exactly.
fn same(expected: &Value, got: Option<&Value>, within: Option<&str>) -> bool {
    let Some(got) = got else { return expected.is_null() };
    let money = |value: &Value| match value.as_str() {
        Some(text) => Money::parse(text).ok(),
        None => serde_json::from_value::<Money>(value.clone()).ok(),
    };
    if let (Some(one), Some(two)) = (money(expected), money(got)) {
        let most = within.and_then(|text| Money::parse(text).ok());
        let most = most.filter(|most| most.currency == one.currency).map_or(0, |most| most.minor);
        let apart = one.minor.checked_sub(two.minor).and_then(i64::checked_abs);
        return one.currency == two.currency && apart.is_some_and(|apart| apart <= most);
    }
    let number = |value: &Value| match value.as_str() {
        Some(text) => text.trim().parse::<f64>().ok(),
        None => value.as_f64(),
    };
    if let (Some(most), Some(one), Some(two)) =
        (within.and_then(|text| text.trim().parse::<f64>().ok()), number(expected), number(got))
    {
        return (one - two).abs() <= most;
    }
    match (expected, got) {
        (Value::String(one), Value::String(two)) => plain(one) == plain(two),
        (one, two) => one == two,
    }
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The acts of a run that do more than read, with their arguments.
fn acted<'v>(
    workflow: &'v Workflow,
    view: &'v RunView,
) -> impl Iterator<Item = (&'v StepId, &'v Value)> {
    view.acts.iter().filter_map(move |act| {
        let tool = act.tool.as_ref().and_then(|name| ToolName::new(name).ok())?;
        let acts = workflow.tools.get(&tool).is_none_or(|tool| tool.effect != Effect::Read);
        let began = matches!(act.state, ActState::Out | ActState::Done | ActState::Unknown);
        (acts && began).then_some((&act.at.step, act.args.as_ref()?))
    })
}

fn came(workflow: &Workflow, view: &RunView) -> Came {
    let out = view.acts.iter().filter(|act| matches!(act.state, ActState::Out));
    let steps: BTreeSet<&StepId> = out.map(|act| &act.at.step).collect();
    if let Some((step, _)) = acted(workflow, view).find(|(step, _)| steps.contains(step)) {
        return Came::Act(step.clone());
    }
    match view.open_reviews().next() {
        Some(review) => Came::Person(review.at.step.clone()),
        None => Came::Over(view.status.as_str().to_owned()),
    }
}

/// What the steps of a run gave, and its case.
struct Outputs<'v>(&'v RunView);

impl Outputs<'_> {
    /// A value by its path, or by the name of a field that one step alone gives.
    fn at(&self, name: &str) -> Result<Option<&Value>, String> {
        if let Some((root, rest)) = name.split_once('.') {
            let mut here = self.root(root);
            for key in rest.split('.') {
                here = here.and_then(|value| value.get(key));
            }
            return Ok(here);
        }
        let outputs = self.0.outputs();
        let mut giving = outputs.iter().filter_map(|(step, value)| Some((step, value.get(name)?)));
        match (giving.next(), giving.next()) {
            (first, None) => Ok(first.map(|(_, value)| value)),
            (Some((one, _)), Some((two, _))) => {
                Err(format!("`{one}` and `{two}` both give `{name}`: write its path"))
            }
            (None, Some(_)) => Ok(None),
        }
    }
}

impl Scope for Outputs<'_> {
    fn root(&self, name: &str) -> Option<&Value> {
        if name == "case" {
            return self.0.case.as_ref();
        }
        let step = self
            .0
            .steps
            .iter()
            .rev()
            .find(|visit| visit.at.step.as_str() == name && visit.output.is_some())?;
        step.output.as_ref()
    }
}

/// Between which shares the true one lies, in 95 of 100 such samples (Wilson's interval), in parts
/// of a million.
#[must_use]
pub fn between(right: usize, all: usize) -> (u32, u32) {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let (low, high) = wilson(count(right), count(all), 1.959_964);
    let parts = |at: f64| u32::try_from(whole(at * 1e6)).unwrap_or(0);
    (parts(low), parts(high))
}

#[cfg(test)]
mod tests;
