//! Cases that an operator writes down for their policies: an act, what is true of it, and what must
//! come of it. What is not said is the harmless thing; what cannot be left out is asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value as Json;

use super::compare::{acts, named, ruling};
use super::slice::{Fact, Mention, Policies, Ruling, Slice};
use super::vocabulary::{ArgKind, Target, arguments};
use crate::ids::StepId;
use crate::value::Money;
use crate::workflow::Workflow;

/// One case.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// What it shows, in the operator's words.
    pub case: String,
    /// `workflow.step`.
    pub step: String,
    /// The tool as `server.tool`, or `model NAME`.
    pub act: String,
    /// Arguments by name, and `untrusted`, `reviewed`, `visit`, `labels.NAME`.
    #[serde(default)]
    pub given: BTreeMap<String, Json>,
    /// `permitted`, `refused`, or the role that is asked.
    pub expect: String,
    /// The policy that decides.
    #[serde(default)]
    pub by: Option<String>,
}

impl Trial {
    /// The workflow and the step.
    #[must_use]
    pub fn place(&self) -> Option<(&str, &str)> {
        self.step.split_once('.')
    }
}

/// Reads a list of cases.
pub fn read(text: &str) -> Result<Vec<Trial>, String> {
    crate::cases::read(text)
}

/// What came of a case: nothing where it is as it must be.
pub fn run(workflow: &Workflow, trial: &Trial) -> Result<Result<String, String>, String> {
    let (_, step) = trial.place().ok_or("`step` is written as `workflow.step`")?;
    let step = StepId::new(step).map_err(|error| error.to_string())?;
    let all = acts(workflow, &step);
    let found = all.iter().find(|(name, _)| *name == trial.act);
    let (_, doing) = found.ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        format!("`{step}` does not do `{}`; it does {}", trial.act, names.join(", "))
    })?;
    let act = doing.as_act(&step);
    let policies = Policies::parse(&workflow.policies).map_err(|error| error.to_string())?;
    let slice = Slice::of(workflow, &policies, act).map_err(|error| error.to_string())?;
    let kinds = match act.target {
        Target::Tool(tool) => workflow.tools.get(tool).map(arguments).unwrap_or_default(),
        Target::Model(_) => BTreeMap::new(),
    };
    let known = |name: &str| {
        let other =
            ["untrusted", "reviewed", "visit"].contains(&name) || name.starts_with("labels.");
        other || kinds.contains_key(name)
    };
    if let Some(name) = trial.given.keys().find(|name| !known(name)) {
        return Err(format!("`{name}` is no argument of `{}` and nothing else of it", trial.act));
    }
    let facts = slice.mentions().iter().map(|mention| fact(trial, mention, &kinds));
    let facts: Vec<Fact> = facts.collect::<Result<_, _>>()?;
    let ruled = slice.rule(&facts);
    let (came, by) = match &ruled {
        Ruling::Permit(name) => ("permitted".to_owned(), Some(name)),
        Ruling::Ask(name, role) => (role.to_string(), Some(name)),
        Ruling::Forbid(name) => ("refused".to_owned(), Some(name)),
        Ruling::Silent | Ruling::Broken(_) => ("refused".to_owned(), None),
    };
    let by_it = trial.by.as_ref().is_none_or(|wanted| by.is_some_and(|by| **by == **wanted));
    let told = ruling(&ruled);
    Ok(if came == trial.expect && by_it { Ok(told) } else { Err(told) })
}

fn fact(
    trial: &Trial,
    mention: &Mention,
    kinds: &BTreeMap<String, (ArgKind, bool)>,
) -> Result<Fact, String> {
    let given = |name: &str| trial.given.get(name);
    let wrong = |name: &str, what: &str| format!("`{name}` is {what}");
    let flag = |name: &str| match given(name) {
        None => Ok(Fact::Bool(false)),
        Some(Json::Bool(value)) => Ok(Fact::Bool(*value)),
        Some(_) => Err(wrong(name, "`true` or `false`")),
    };
    match mention {
        Mention::Untrusted => flag("untrusted"),
        Mention::Reviewed => flag("reviewed"),
        Mention::Visit => match given("visit") {
            None => Ok(Fact::Long(1)),
            Some(value) => value.as_i64().map(Fact::Long).ok_or_else(|| wrong("visit", "a number")),
        },
        Mention::Cost | Mention::Tokens | Mention::Acts => {
            Ok(Fact::Budget { spent: 0, left: i64::MAX })
        }
        Mention::Label(name) => match given(&format!("labels.{name}")) {
            None => Ok(Fact::Texts(BTreeSet::new())),
            Some(value) => texts(value).ok_or_else(|| wrong(&named(mention), "a list of words")),
        },
        Mention::Arg(name) => {
            let Some((kind, required)) = kinds.get(name) else { return Ok(Fact::Absent) };
            match given(name) {
                None if *required => {
                    Err(format!("a policy looks at `{name}`, and the case does not say what it is"))
                }
                None => Ok(Fact::Absent),
                Some(value) => argument(*kind, value).ok_or_else(|| wrong(name, "of another kind")),
            }
        }
    }
}

fn texts(value: &Json) -> Option<Fact> {
    let all = value.as_array()?.iter().map(|one| one.as_str().map(str::to_owned));
    all.collect::<Option<BTreeSet<String>>>().map(Fact::Texts)
}

fn argument(kind: ArgKind, value: &Json) -> Option<Fact> {
    match kind {
        ArgKind::Bool => value.as_bool().map(Fact::Bool),
        ArgKind::Long => value.as_i64().map(Fact::Long),
        ArgKind::Text => value.as_str().map(|text| Fact::Text(text.to_owned())),
        ArgKind::Texts => texts(value),
        ArgKind::Decimal => match value {
            Json::Number(n) if n.is_i64() => Some(Fact::Decimal(format!("{n}.0"))),
            Json::Number(n) => Some(Fact::Decimal(n.to_string())),
            Json::String(text) => Some(Fact::Decimal(text.clone())),
            _ => None,
        },
        ArgKind::Amount => Money::parse(value.as_str()?).ok().map(Fact::Amount),
    }
}
