//! The flow rule: destination, recipient, amount and selector of an effect may not come from
//! outside or from a model, unless something trusted stands for exactly that value. It must not
//! believe a schema, a pattern, a checksum, grounding or a judge model: none of them endorses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use journal::{Label, Part, Rule, Source, Sources};
use plan::expr::Path;
use plan::ids::{FieldName, StepId, ToolName};
use plan::value::Money;
use plan::workflow::{Arg, Does, Effect, From as Whence, Tool, Trust, Workflow};
use serde_json::Value;

use crate::ask::{ArgFact, BackingFact};
use crate::marks::mark;

/// A set of values is small, and so declared on purpose, up to this many.
const DECLARED_MAX: usize = 5;

/// What the plan says about where values come from, looked up once.
#[derive(Debug, Default)]
pub(crate) struct Sourcing {
    /// By look-up step and its find: how many different values of the run the row must match.
    keys: BTreeMap<StepId, BTreeMap<FieldName, usize>>,
    /// By tool and argument: the different values that the plan itself writes down for it.
    literals: BTreeMap<ToolName, BTreeMap<String, Vec<Value>>>,
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
                    sourcing.written(&call.tool, &call.with);
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

    /// Adds the literals of one call.
    fn written(&mut self, tool: &ToolName, with: &BTreeMap<String, Arg>) {
        for (name, arg) in with {
            let Arg::Literal(value) = arg else { continue };
            let args = self.literals.entry(tool.clone()).or_default();
            let values = args.entry(name.clone()).or_default();
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
    }

    /// How many different values the plan writes down for an argument of a tool.
    fn choices(&self, tool: &ToolName, arg: &str) -> usize {
        let values = self.literals.get(tool).and_then(|args| args.get(arg));
        values.map_or(0, Vec::len)
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
    /// One of the few values that the plan gives this argument, chosen by something from outside.
    DeclaredSet,
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
            Self::DeclaredSet => "declared_set",
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

/// Where a call stands: its step, its part of it, its tool, and what chose the way there.
pub(crate) struct Standing<'a> {
    pub step: &'a StepId,
    pub part: &'a Part,
    pub tool: &'a ToolName,
    pub influences: &'a Label,
}

/// What endorses an argument, if anything does.
pub(crate) fn endorsed(
    sourcing: &Sourcing,
    at: &Standing<'_>,
    arg: &ArgFact<'_>,
) -> Option<Endorsed> {
    let Standing { step, part, .. } = *at;
    if arg.literal {
        return literal(at.influences, sourcing.choices(at.tool, arg.name));
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

/// A value that the operator wrote down. Where something from outside chose between the steps that
/// carry such values, it chose the value too: that is no more than a pick from a small set that the
/// plan declares, or it is nothing.
fn literal(influences: &Label, choices: usize) -> Option<Endorsed> {
    if !influences.untrusted() || choices == 1 {
        mark!("flow:literal");
        return Some(Endorsed::Plan);
    }
    if (2..=DECLARED_MAX).contains(&choices) {
        mark!("flow:declared_set");
        return Some(Endorsed::DeclaredSet);
    }
    mark!("flow:many_literals");
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
    // could be anybody's; two that had to agree in a trusted table are not. A tool checks nothing
    // by being given two: it may as well add them up.
    if let Some(path) = arg.path
        && label.origins.has(Source::Table)
        && sourcing.keys_of(path) >= 2
    {
        mark!("flow:two_keys");
        return Some(Endorsed::Table);
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::same;

    #[test]
    fn ids_agree_without_spaces_and_case_and_nothing_agrees_with_nothing() {
        assert!(same(&json!("nl 91 X"), &json!("NL91x")) && same(&json!(7), &json!(7)));
        assert!(!same(&json!("NL91"), &json!("NL92")) && !same(&json!("7"), &json!(7)));
        for nothing in [json!(""), json!(" \n"), json!(null)] {
            assert!(!same(&nothing, &nothing), "{nothing:?}");
        }
    }
}
