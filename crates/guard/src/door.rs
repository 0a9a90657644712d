//! A door: everything that is settled beforehand about one tool or model in one step, so that
//! judging an act is a few look-ups. Policies that look at the context are evaluated once per
//! distinct context and remembered.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

use journal::{Label, Part, Sources};
use plan::Plan;
use plan::ids::{ModelName, StepId, ToolName};
use plan::policy::{
    Act as CedarAct, ArgKind, Fact, Mention, Policies, PolicyFault, Ruling, Slice, Target,
};
use plan::value::{Currency, Money};
use plan::workflow::{CaseLimits, Does, Effect, Tool, Work, Workflow};
use serde_json::Value;

use crate::ask::{ArgFact, Purse};
use crate::leash::{self, Leash};
use crate::tags;

/// Contexts remembered per door. Beyond it everything is forgotten and learnt again.
const REMEMBERED: usize = 1_024;

/// The doors of one step.
#[derive(Default)]
pub(crate) struct Doors {
    pub tools: HashMap<ToolName, Door>,
    pub models: HashMap<ModelName, Door>,
}

pub(crate) struct Door {
    slice: Slice,
    pub leash: Leash,
    /// What is done here can be taken back.
    pub undo: bool,
    kinds: HashMap<String, ArgKind>,
    /// By group of policies and what they looked at.
    rulings: Mutex<HashMap<(usize, Vec<Fact>), Ruling>>,
}

/// What policies may look at.
pub(crate) struct Seen<'a> {
    pub args: &'a [ArgFact<'a>],
    pub untrusted: bool,
    pub reviewed: bool,
    pub visit: u32,
    pub purse: Purse,
    pub limits: &'a CaseLimits,
    /// The currency of an amount that stands without one.
    pub currency: Currency,
}

impl Doors {
    /// The doors of everything that a step declares and the plan knows.
    pub(crate) fn of(
        workflow: &Workflow,
        policies: &Policies,
        step: &StepId,
    ) -> Result<Self, PolicyFault> {
        let mut doors = Self::default();
        let declared = plan::policy::declared(workflow, step);
        let spec = workflow.steps.iter().find(|other| other.id == *step);
        let does = spec.map(|step| &step.does);
        let agent = match does {
            Some(Does::Agent(work)) => Some(&work.agent),
            _ => None,
        };
        let undo = matches!(does, Some(Does::Tool(call)) if call.undo.is_some());
        for name in declared.tools {
            // What the plan does not know stays without a door, so it is refused.
            let Some(tool) = workflow.tools.get(&name) else { continue };
            let act = CedarAct { step, agent, target: Target::Tool(&name) };
            let slice = Slice::of(workflow, policies, act)?;
            let kinds = plan::policy::arguments(tool);
            let kinds = kinds.into_iter().map(|(name, (kind, _))| (name, kind)).collect();
            let back = tool.reversible || undo;
            let leash = leash::leash(workflow, spec, tool, back);
            let door = Door { undo: back, ..Door::new(slice, leash, kinds) };
            doors.tools.insert(name, door);
        }
        for name in declared.models {
            if !workflow.models.contains_key(&name) {
                continue;
            }
            let act = CedarAct { step, agent, target: Target::Model(&name) };
            let slice = Slice::of(workflow, policies, act)?;
            doors.models.insert(name, Door::new(slice, Leash::Free, HashMap::new()));
        }
        Ok(doors)
    }
}

impl Door {
    pub(crate) fn new(slice: Slice, leash: Leash, kinds: HashMap<String, ArgKind>) -> Self {
        Self { slice, leash, undo: false, kinds, rulings: Mutex::new(HashMap::new()) }
    }

    /// What the policies say.
    pub(crate) fn ruling(&self, seen: &Seen<'_>) -> Ruling {
        if let Some(fixed) = self.slice.fixed() {
            return fixed.clone();
        }
        let mut facts = Vec::with_capacity(self.slice.mentions().len());
        for mention in self.slice.mentions() {
            match self.fact(mention, seen) {
                Ok(fact) => facts.push(fact),
                Err(why) => return Ruling::Broken(why),
            }
        }
        let mut ruling = self.slice.settled().clone();
        for (n, places) in self.slice.groups().enumerate() {
            let key: Vec<_> = places.iter().filter_map(|n| facts.get(*n).cloned()).collect();
            ruling = ruling.and(self.remembered(n, key));
        }
        ruling
    }

    fn remembered(&self, group: usize, facts: Vec<Fact>) -> Ruling {
        let key = (group, facts);
        // A lock that a panic poisoned is not asked again: the policies are.
        if let Ok(rulings) = self.rulings.lock()
            && let Some(known) = rulings.get(&key)
        {
            return known.clone();
        }
        let ruling = self.slice.rule_group(group, &key.1);
        if let Ok(mut rulings) = self.rulings.lock() {
            if rulings.len() >= REMEMBERED {
                rulings.clear();
            }
            rulings.insert(key, ruling.clone());
        }
        ruling
    }

    fn fact(&self, mention: &Mention, seen: &Seen<'_>) -> Result<Fact, String> {
        let budget = |spent: u64, limit: u64| Fact::Budget {
            spent: long(spent),
            left: long(limit.saturating_sub(spent)),
        };
        let (used, limits) = (&seen.purse.used, seen.limits);
        Ok(match mention {
            Mention::Untrusted => Fact::Bool(seen.untrusted),
            Mention::Reviewed => Fact::Bool(seen.reviewed),
            Mention::Visit => Fact::Long(i64::from(seen.visit)),
            Mention::Cost => budget(used.cost_nanos / 1_000, limits.cost_nanos / 1_000),
            Mention::Tokens => budget(used.tokens(), limits.tokens),
            Mention::Acts => budget(u64::from(seen.purse.acts), u64::from(limits.acts)),
            Mention::Label(name) => match seen.args.iter().find(|arg| arg.name == name) {
                Some(arg) => Fact::Texts(words(&arg.label)),
                None => Fact::Absent,
            },
            Mention::Arg(name) => match seen.args.iter().find(|arg| arg.name == name) {
                Some(arg) => self.arg(arg, seen)?,
                None => Fact::Absent,
            },
        })
    }

    fn arg(&self, arg: &ArgFact<'_>, seen: &Seen<'_>) -> Result<Fact, String> {
        let unfit = || format!("the argument `{}` is not what the policy expects", arg.name);
        let kind = self.kinds.get(arg.name).ok_or_else(unfit)?;
        let fact = match (kind, arg.value) {
            (_, Value::Null) => Some(Fact::Absent),
            (ArgKind::Text, Value::String(text)) => Some(Fact::Text(text.clone())),
            (ArgKind::Long, Value::Number(n)) => n.as_i64().map(Fact::Long),
            (ArgKind::Bool, Value::Bool(value)) => Some(Fact::Bool(*value)),
            (ArgKind::Decimal, Value::Number(n)) => decimal(&n.to_string()).map(Fact::Decimal),
            (ArgKind::Texts, Value::Array(items)) => {
                let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
                texts.collect::<Option<BTreeSet<_>>>().map(Fact::Texts)
            }
            (ArgKind::Amount, value) => arg.money.or_else(|| amount(value, seen)).map(Fact::Amount),
            _ => None,
        };
        fact.ok_or_else(unfit)
    }
}

fn long(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// An amount as tools take it: `12.50`, `12.50 EUR`, or a number with the currency beside it.
fn amount(value: &Value, seen: &Seen<'_>) -> Option<Money> {
    let number = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        other => return serde_json::from_value(other.clone()).ok(),
    };
    let beside = seen.args.iter().find(|arg| arg.name == "currency");
    let currency = match beside {
        Some(arg) => Currency::new(arg.value.as_str()?).ok()?,
        None => seen.currency,
    };
    Money::parse(&number).or_else(|_| Money::parse(&format!("{number} {currency}"))).ok()
}

/// A number as Cedar writes decimals: one to four places.
fn decimal(text: &str) -> Option<String> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let fits = digits(whole.strip_prefix('-').unwrap_or(whole)) && digits(part) && part.len() <= 4;
    fits.then(|| format!("{whole}.{part}"))
}

fn words(label: &Label) -> BTreeSet<String> {
    let all: Sources = label.origins.join(label.influences);
    let word = |source| serde_json::to_value(source).ok()?.as_str().map(str::to_owned);
    all.iter().filter_map(word).chain(label.tags.iter().map(tags::word)).collect()
}

/// Whether a tool may be called in this part of the step: an undo is no main call.
pub(crate) fn part_fits(
    plan: &Plan,
    step: &StepId,
    part: &Part,
    name: &ToolName,
    tool: &Tool,
) -> bool {
    let Some(step) = plan.step(step) else { return false };
    match (part, &step.does) {
        (Part::Main, Does::Tool(call)) => call.tool == *name,
        (Part::Confirm, Does::Tool(call)) => {
            call.confirm.as_ref().is_some_and(|confirm| confirm.tool == *name)
        }
        (Part::Undo, Does::Tool(call)) => call.undo.as_ref() == Some(name),
        (Part::Lookup(n), Does::Lookup(lookup)) => {
            let find = lookup.finds.values().nth(usize::from(*n));
            let table = find.and_then(|find| plan.workflow().tables.get(&find.table));
            tool.effect == Effect::Read && table.is_some_and(|table| table.tool == *name)
        }
        (Part::Lookup(n), Does::Agent(agent)) => {
            let Work::Copy { fields, .. } = &agent.work else { return false };
            let known = fields.get(usize::from(*n)).and_then(|field| field.known_in.as_ref());
            let table = known.and_then(|known| plan.workflow().tables.get(&known.table));
            tool.effect == Effect::Read && table.is_some_and(|table| table.tool == *name)
        }
        (Part::Turn(_), Does::Agent(agent)) => match &agent.work {
            Work::Answer { tools, .. } => tools.contains(name),
            Work::Copy { .. } => false,
        },
        (Part::ReadBack, _) => tool.effect == Effect::Read,
        _ => false,
    }
}
