//! The flow rule: destination, recipient, amount and selector of an effect may not come from
//! outside or from a model, unless something trusted stands for exactly that value. It must not
//! believe a schema, a pattern, a checksum, grounding or a judge model: none of them endorses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use journal::{Label, Part, Rule, Source, Sources};
use plan::expr::Path;
use plan::ids::{FieldName, StepId};
use plan::value::Money;
use plan::workflow::{Arg, Does, Effect, From as Whence, Tool, Trust, Workflow};
use serde_json::Value;

use crate::ask::{ArgFact, BackingFact};
use crate::marks::mark;

/// What the plan says about where values come from, looked up once.
#[derive(Debug, Default)]
pub(crate) struct Sourcing {
    /// By look-up step and its find: how many different values of the run the row must match.
    keys: BTreeMap<StepId, BTreeMap<FieldName, usize>>,
    /// By tool step: how many different values of the run its tool was given.
    given: BTreeMap<StepId, usize>,
    /// Roots whose values are trusted: look-ups and trusted tools, and the case if it is.
    trusted_roots: BTreeSet<String>,
    /// By tool step and argument: the condition of its backing rests on trusted roots alone.
    conditions: BTreeMap<StepId, BTreeMap<String, bool>>,
}

impl Sourcing {
    pub(crate) fn of(workflow: &Workflow) -> Self {
        let mut sourcing = Self::default();
        if workflow.case.from == Whence::Inside {
            sourcing.trusted_roots.insert("case".to_owned());
        }
        for step in &workflow.steps {
            match &step.does {
                Does::Lookup(lookup) => {
                    let keys = lookup.finds.iter().map(|(name, find)| {
                        (name.clone(), find.by.values().collect::<BTreeSet<_>>().len())
                    });
                    sourcing.keys.insert(step.id.clone(), keys.collect());
                    sourcing.trusted_roots.insert(step.id.to_string());
                }
                Does::Tool(call) => {
                    let paths: BTreeSet<&Path> = call
                        .with
                        .values()
                        .filter_map(|arg| match arg {
                            Arg::Path(path) => Some(path),
                            Arg::Literal(_) => None,
                        })
                        .collect();
                    sourcing.given.insert(step.id.clone(), paths.len());
                    let trust = workflow.tools.get(&call.tool).map(|tool| tool.trust);
                    if trust == Some(Trust::Trusted) {
                        sourcing.trusted_roots.insert(step.id.to_string());
                    }
                }
                _ => {}
            }
        }
        for step in &workflow.steps {
            let Does::Tool(call) = &step.does else { continue };
            let conditions = call.backed_by.iter().filter_map(|(arg, backing)| {
                let paths = backing.when.as_ref()?.paths();
                let trusted = paths.iter().all(|p| sourcing.trusted_roots.contains(p.root()));
                Some((arg.clone(), trusted))
            });
            let conditions = conditions.collect();
            sourcing.conditions.insert(step.id.clone(), conditions);
        }
        sourcing
    }

    /// How many values of the run had to agree for the row at this path to be found.
    fn keys_of(&self, path: &Path) -> usize {
        let found = self.keys.get(path.root());
        let field = path.fields().next();
        found.zip(field).and_then(|(finds, field)| finds.get(field)).copied().unwrap_or(0)
    }

    fn condition_trusted(&self, step: &StepId, arg: &str) -> bool {
        let conditions = self.conditions.get(step);
        conditions.and_then(|all| all.get(arg)).copied().unwrap_or(false)
    }
}

/// Whether an argument of this tool is one that must be endorsed.
pub(crate) fn protected(tool: &Tool, arg: &str) -> bool {
    if tool.effect == Effect::Read {
        return false;
    }
    // A tool that moves money, sends or deletes has such an argument; where nobody has said which
    // one it is, it may be any.
    let unsaid = tool.args.is_empty() && tool.effect != Effect::Write;
    unsaid || tool.args.contains_key(arg)
}

/// What stands for an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endorsed {
    Plan,
    Person,
    Table,
    Tool,
    Inside,
    Fact,
    Review,
    OwnEffect,
}

impl Endorsed {
    pub(crate) fn rule(self, arg: &str) -> Rule {
        let by = match self {
            Self::Plan => "plan",
            Self::Person => "person",
            Self::Table => "table",
            Self::Tool => "tool",
            Self::Inside => "inside",
            Self::Fact => "fact",
            Self::Review => "review",
            Self::OwnEffect => "own_effect",
        };
        Rule(Arc::from(format!("flow:{arg}={by}")))
    }
}

/// What endorses an argument, if anything does.
pub(crate) fn endorsed(
    sourcing: &Sourcing,
    step: &StepId,
    part: &Part,
    arg: &ArgFact<'_>,
) -> Option<Endorsed> {
    if arg.literal {
        mark!("flow:literal");
        return Some(Endorsed::Plan);
    }
    if let Some(by) = by_origin(sourcing, part, arg) {
        return Some(by);
    }
    if arg.backing.as_ref().is_some_and(|fact| backed(sourcing, step, arg, fact)) {
        mark!("flow:fact");
        return Some(Endorsed::Fact);
    }
    if arg.endorsed.is_some() && arg.path.is_some() {
        mark!("flow:review");
        return Some(Endorsed::Review);
    }
    mark!("flow:unendorsed");
    None
}

/// A label without any origin says nothing, so it is worth nothing.
fn origins_trusted(label: &Label) -> bool {
    label.origins != Sources::NONE && !label.origins.untrusted()
}

fn by_origin(sourcing: &Sourcing, part: &Part, arg: &ArgFact<'_>) -> Option<Endorsed> {
    let label = &arg.label;
    if !origins_trusted(label) {
        mark!("flow:outside");
        return None;
    }
    if !label.influences.untrusted() {
        mark!("flow:trusted");
        return Some(first_origin(label.origins));
    }
    // From here on the value is trusted, but something outside chose which one it is. One key
    // could be anybody's; two that had to agree in a trusted table, or in what a trusted tool
    // was given, are not.
    if let Some(path) = arg.path {
        if label.origins.has(Source::Table) && sourcing.keys_of(path) >= 2 {
            mark!("flow:two_keys");
            return Some(Endorsed::Table);
        }
        let given = sourcing.given.get(path.root()).copied().unwrap_or(0);
        if label.origins.has(Source::Tool) && given >= 2 {
            mark!("flow:tool_of_two");
            return Some(Endorsed::Tool);
        }
    }
    // Undoing, confirming and asking back name what the workflow's own effect has just made.
    let own = matches!(part, Part::Undo | Part::Confirm | Part::ReadBack);
    if own && label.origins.has(Source::Tool) {
        mark!("flow:own_effect");
        return Some(Endorsed::OwnEffect);
    }
    mark!("flow:one_key");
    None
}

fn first_origin(origins: Sources) -> Endorsed {
    match origins.iter().next() {
        Some(Source::Person) => Endorsed::Person,
        Some(Source::Table) => Endorsed::Table,
        Some(Source::Tool) => Endorsed::Tool,
        Some(Source::Inside) => Endorsed::Inside,
        _ => Endorsed::Plan,
    }
}

/// Whether a fact of trusted origin agrees with the argument. That the argument agrees is itself
/// the second key, so what chose the fact may be untrusted.
fn backed(sourcing: &Sourcing, step: &StepId, arg: &ArgFact<'_>, fact: &BackingFact<'_>) -> bool {
    if !origins_trusted(&fact.label) {
        mark!("backing:untrusted");
        return false;
    }
    match &fact.when {
        None => {}
        Some(Ok(true)) if sourcing.condition_trusted(step, arg.name) => {
            mark!("backing:when");
        }
        Some(_) => {
            mark!("backing:when_fails");
            return false;
        }
    }
    let Some(value) = fact.value else {
        mark!("backing:missing");
        return false;
    };
    let money = serde_json::from_value::<Money>(value.clone()).ok();
    match (arg.money, money) {
        (Some(amount), Some(fact_amount)) => {
            let distance = amount.minus(fact_amount).ok().map(|d| d.minor.unsigned_abs());
            let within = u64::try_from(fact.within_minor).ok();
            let agrees = distance.zip(within).is_some_and(|(d, within)| d <= within);
            if !agrees {
                mark!("backing:apart");
            }
            agrees
        }
        (None, None) => same(arg.value, value),
        (Some(_), None) | (None, Some(_)) => {
            mark!("backing:kinds");
            false
        }
    }
}

/// Ids agree without spaces and case, everything else only exactly.
fn same(a: &Value, b: &Value) -> bool {
    let bare = |text: &str| {
        let kept: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        kept.to_lowercase()
    };
    match (a, b) {
        (Value::String(a), Value::String(b)) => bare(a) == bare(b) && !bare(a).is_empty(),
        (a, b) => a == b && !a.is_null(),
    }
}
