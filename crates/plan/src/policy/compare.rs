//! Two sets of policies over one workflow: is there an act that the new ones let pass and the old
//! ones did not? Every value that a policy names, and what lies beside it, is tried with every
//! other, so what is found is a real case; where nothing is found that is said of what was tried,
//! and no more.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::slice::{Fact, Mention, Policies, Ruling, Slice};
use super::vocabulary::{Act, ArgKind, Target, arguments, declared};
use super::{PolicyFault, slice};
use crate::ids::{AgentName, StepId};
use crate::value::{Currency, Money};
use crate::workflow::{Does, Policy, Workflow};

/// More combinations of one act than this are not tried, and that is said.
const TRIED_MAX: usize = 200_000;

/// What a comparison found.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Compared {
    /// Acts that were looked at, and combinations of values that were tried.
    pub acts: usize,
    pub tried: usize,
    /// Acts of which not every combination was tried.
    pub cut: Vec<String>,
    /// For each act the first case in which more passes.
    pub wider: Vec<Case>,
    /// The same in which less passes.
    pub narrower: Vec<Case>,
}

/// One act under values that make the two sets differ.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Case {
    pub step: StepId,
    pub act: String,
    /// What the policies look at, as it is here.
    pub given: Vec<String>,
    pub before: String,
    pub after: String,
}

/// Compares the policies of `before` with those of `after` for every act of a workflow.
pub fn compare(
    workflow: &Workflow,
    before: &[Policy],
    after: &[Policy],
) -> Result<Compared, PolicyFault> {
    let (old, new) = (Policies::parse(before)?, Policies::parse(after)?);
    let literals = Literals::of(before.iter().chain(after))?;
    let mut compared = Compared::default();
    for step in &workflow.steps {
        for (name, act) in acts(workflow, &step.id) {
            let act = act.as_act(&step.id);
            let sides = (Slice::of(workflow, &old, act)?, Slice::of(workflow, &new, act)?);
            compared.acts += 1;
            one(workflow, &step.id, &name, act, &sides, &literals, &mut compared);
        }
    }
    Ok(compared)
}

/// What a step can do, by the agent where it is the agent's own choice.
pub fn acts(workflow: &Workflow, step: &StepId) -> Vec<(String, Doing)> {
    let declared = declared(workflow, step);
    let does = workflow.steps.iter().find(|other| other.id == *step).map(|step| &step.does);
    let agent = match does {
        Some(Does::Agent(work)) => Some(work.agent.clone()),
        _ => None,
    };
    let tools = declared.tools.into_iter().filter(|name| workflow.tools.contains_key(name));
    let tools = tools.map(|name| (name.to_string(), Doing::Tool(name, agent.clone())));
    let models = declared.models.into_iter().filter(|name| workflow.models.contains_key(name));
    let models = models.map(|name| (format!("model {name}"), Doing::Model(name, agent.clone())));
    tools.chain(models).collect()
}

/// A tool or a model in the hands of a step.
#[derive(Debug, Clone)]
pub enum Doing {
    Tool(crate::ids::ToolName, Option<AgentName>),
    Model(crate::ids::ModelName, Option<AgentName>),
}

impl Doing {
    /// The same as policies see it.
    #[must_use]
    pub fn as_act<'a>(&'a self, step: &'a StepId) -> Act<'a> {
        let (agent, target) = match self {
            Self::Tool(name, agent) => (agent.as_ref(), Target::Tool(name)),
            Self::Model(name, agent) => (agent.as_ref(), Target::Model(name)),
        };
        Act { step, agent, target }
    }
}

fn one(
    workflow: &Workflow,
    step: &StepId,
    name: &str,
    act: Act<'_>,
    (old, new): &(Slice, Slice),
    literals: &Literals,
    compared: &mut Compared,
) {
    let mentions: BTreeSet<Mention> =
        old.mentions().iter().chain(new.mentions()).cloned().collect();
    let mentions: Vec<Mention> = mentions.into_iter().collect();
    let kinds = match act.target {
        Target::Tool(tool) => workflow.tools.get(tool).map(arguments).unwrap_or_default(),
        Target::Model(_) => BTreeMap::new(),
    };
    let choices: Vec<Vec<Fact>> =
        mentions.iter().map(|mention| literals.values(mention, &kinds)).collect();
    let all: usize = choices.iter().fold(1, |n, some| n.saturating_mul(some.len().max(1)));
    if all > TRIED_MAX {
        compared.cut.push(format!("{step}: {name}"));
    }
    let (mut wider, mut narrower) = (false, false);
    for n in 0..all.min(TRIED_MAX) {
        let facts = pick(&choices, n);
        compared.tried += 1;
        let (before, after) = (ruled(old, &mentions, &facts), ruled(new, &mentions, &facts));
        let (b, a) = (freedom(&before), freedom(&after));
        let (list, known) = match a.cmp(&b) {
            std::cmp::Ordering::Greater => (&mut compared.wider, &mut wider),
            std::cmp::Ordering::Less => (&mut compared.narrower, &mut narrower),
            std::cmp::Ordering::Equal => continue,
        };
        if !std::mem::replace(known, true) {
            let given = mentions.iter().zip(&facts).map(|(m, f)| said(m, f)).collect();
            let (before, after) = (ruling(&before), ruling(&after));
            list.push(Case { step: step.clone(), act: name.to_owned(), given, before, after });
        }
        if wider && narrower {
            return;
        }
    }
}

/// The n-th combination.
fn pick(choices: &[Vec<Fact>], mut n: usize) -> Vec<Fact> {
    let mut facts = Vec::with_capacity(choices.len());
    for some in choices {
        let many = some.len().max(1);
        facts.push(some.get(n % many).cloned().unwrap_or(Fact::Absent));
        n /= many;
    }
    facts
}

fn ruled(slice: &Slice, mentions: &[Mention], facts: &[Fact]) -> Ruling {
    let fact = |wanted: &Mention| {
        let at = mentions.iter().position(|mention| mention == wanted);
        at.and_then(|at| facts.get(at).cloned()).unwrap_or(Fact::Absent)
    };
    let own: Vec<Fact> = slice.mentions().iter().map(fact).collect();
    slice.rule(&own)
}

/// How much passes: nothing, what a person lets pass, everything.
fn freedom(ruling: &Ruling) -> u8 {
    match ruling {
        Ruling::Permit(_) => 2,
        Ruling::Ask(..) => 1,
        Ruling::Silent | Ruling::Forbid(_) | Ruling::Broken(_) => 0,
    }
}

/// A ruling in words.
#[must_use]
pub fn ruling(ruling: &Ruling) -> String {
    match ruling {
        Ruling::Permit(name) => format!("permitted by `{name}`"),
        Ruling::Ask(name, role) => format!("{role} is asked, by `{name}`"),
        Ruling::Forbid(name) => format!("refused by `{name}`"),
        Ruling::Silent => "refused, because nothing permits it".to_owned(),
        Ruling::Broken(why) => format!("refused, because a policy cannot be evaluated: {why}"),
    }
}

/// A fact in words.
#[must_use]
pub fn said(mention: &Mention, fact: &Fact) -> String {
    let name = named(mention);
    let value = match fact {
        Fact::Bool(true) => "yes".to_owned(),
        Fact::Bool(false) => "no".to_owned(),
        Fact::Long(n) => n.to_string(),
        Fact::Text(text) | Fact::Decimal(text) => text.clone(),
        Fact::Amount(money) => money.to_string(),
        Fact::Texts(all) if all.is_empty() => "none".to_owned(),
        Fact::Texts(all) => all.iter().cloned().collect::<Vec<_>>().join(" and "),
        Fact::Budget { spent, left } => format!("{spent} spent, {left} left"),
        Fact::Absent => "not given".to_owned(),
    };
    format!("{name}: {value}")
}

/// What a policy looks at, by the name that policies give it.
#[must_use]
pub fn named(mention: &Mention) -> String {
    match mention {
        Mention::Arg(name) => format!("args.{name}"),
        Mention::Label(name) => format!("labels.{name}"),
        Mention::Untrusted => "untrusted".to_owned(),
        Mention::Reviewed => "reviewed".to_owned(),
        Mention::Visit => "visit".to_owned(),
        Mention::Cost => "cost".to_owned(),
        Mention::Tokens => "tokens".to_owned(),
        Mention::Acts => "acts".to_owned(),
    }
}

/// Every number and text that a policy compares something with.
struct Literals {
    numbers: BTreeSet<i64>,
    texts: BTreeSet<String>,
    decimals: BTreeSet<String>,
}

impl Literals {
    fn of<'p>(policies: impl Iterator<Item = &'p Policy>) -> Result<Self, PolicyFault> {
        let mut found =
            Self { numbers: BTreeSet::new(), texts: BTreeSet::new(), decimals: BTreeSet::new() };
        for policy in policies {
            let tree = slice::tree(policy)?;
            if let Some(conditions) = tree.get("conditions") {
                found.look(conditions);
            }
        }
        Ok(found)
    }

    fn look(&mut self, tree: &Json) {
        match tree {
            Json::Object(fields) => {
                if let Some(value) = fields.get("Value") {
                    self.value(value);
                }
                if let Some(decimal) = fields.get("decimal").and_then(Json::as_array) {
                    let texts = decimal.iter().filter_map(|d| d.get("Value")?.as_str());
                    self.decimals.extend(texts.map(str::to_owned));
                }
                if let Some(like) = fields.get("like") {
                    let parts = like.get("pattern").and_then(Json::as_array);
                    // A text that fits: its literal parts with something between.
                    let fits = parts.into_iter().flatten().map(|part| {
                        part.get("Literal").and_then(Json::as_str).unwrap_or("x").to_owned()
                    });
                    self.texts.insert(fits.collect());
                }
                fields.values().for_each(|below| self.look(below));
            }
            Json::Array(items) => items.iter().for_each(|below| self.look(below)),
            _ => {}
        }
    }

    fn value(&mut self, value: &Json) {
        match value {
            Json::Number(n) => self.numbers.extend(n.as_i64()),
            Json::String(text) => {
                self.texts.insert(text.clone());
            }
            Json::Array(all) => all.iter().for_each(|one| self.value(one)),
            _ => {}
        }
    }

    /// On, below and above everything that is compared with.
    fn around(&self) -> BTreeSet<i64> {
        let mut all: BTreeSet<i64> = BTreeSet::from([0, 1]);
        for n in &self.numbers {
            all.extend([n.saturating_sub(1), *n, n.saturating_add(1)]);
        }
        all
    }

    fn values(&self, mention: &Mention, kinds: &BTreeMap<String, (ArgKind, bool)>) -> Vec<Fact> {
        match mention {
            Mention::Untrusted | Mention::Reviewed => vec![Fact::Bool(false), Fact::Bool(true)],
            Mention::Visit => {
                self.around().into_iter().filter(|n| *n > 0).map(Fact::Long).collect()
            }
            Mention::Cost | Mention::Tokens | Mention::Acts => {
                let around: Vec<i64> = self.around().into_iter().filter(|n| *n >= 0).collect();
                // What is spent and what is left are two things that a policy may look at.
                let spent = around.iter().map(|n| Fact::Budget { spent: *n, left: i64::MAX });
                let left = around.iter().map(|n| Fact::Budget { spent: 0, left: *n });
                spent.chain(left).collect()
            }
            Mention::Label(_) => self.sets(),
            Mention::Arg(name) => match kinds.get(name) {
                None => vec![Fact::Absent],
                Some((kind, required)) => {
                    let mut all = self.argument(*kind);
                    if !required {
                        all.push(Fact::Absent);
                    }
                    all
                }
            },
        }
    }

    /// No class of source, each that is named by itself, one that is not, and all of them.
    fn sets(&self) -> Vec<Fact> {
        let mut sets = vec![BTreeSet::new(), BTreeSet::from(["something_else".to_owned()])];
        sets.extend(self.texts.iter().map(|text| BTreeSet::from([text.clone()])));
        sets.push(self.texts.clone());
        sets.into_iter().map(Fact::Texts).collect()
    }

    fn argument(&self, kind: ArgKind) -> Vec<Fact> {
        let texts =
            || self.texts.iter().cloned().chain(["something else".to_owned(), String::new()]);
        match kind {
            ArgKind::Bool => vec![Fact::Bool(false), Fact::Bool(true)],
            ArgKind::Long => self.around().into_iter().map(Fact::Long).collect(),
            ArgKind::Text => texts().map(Fact::Text).collect(),
            ArgKind::Texts => self.sets(),
            ArgKind::Decimal => {
                let whole = self.around().into_iter().map(|n| format!("{n}.0"));
                let all: BTreeSet<String> = whole.chain(self.decimals.iter().cloned()).collect();
                all.into_iter().map(Fact::Decimal).collect()
            }
            ArgKind::Amount => {
                let named = self.texts.iter().filter_map(|text| Currency::new(text).ok());
                let other = ["XTS", "EUR"].iter().filter_map(|text| Currency::new(text).ok());
                let currencies: BTreeSet<String> =
                    named.chain(other).map(|currency| currency.to_string()).collect();
                let mut all = Vec::new();
                for currency in currencies.iter().filter_map(|text| Currency::new(text).ok()) {
                    let minors = self.around().into_iter();
                    all.extend(minors.map(|minor| Fact::Amount(Money { minor, currency })));
                }
                all
            }
        }
    }
}
