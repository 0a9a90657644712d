//! The policies that can matter for one act, found once: those whose scope cannot match are
//! dropped, those that never look at the context are decided, and of the others it is known what
//! they look at. Whatever cannot be understood or evaluated makes the ruling `Broken`, never
//! `Permit`.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;

use cedar_policy::{
    ActionConstraint, Authorizer, Context, Decision, Effect, Entities, EntityUid, Policy as Cedar,
    PolicyId, PolicySet, PrincipalConstraint, Request, ResourceConstraint, RestrictedExpression,
};
use serde_json::{Value as Json, json};

use super::PolicyFault;
use super::vocabulary::{Act, World, autonomy_word, risk_word, world};
use crate::ids::RoleId;
use crate::value::Money;
use crate::workflow::{Policy, Workflow};

/// Something of the context that a policy looks at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mention {
    Arg(String),
    /// The classes of source of an argument.
    Label(String),
    Untrusted,
    Reviewed,
    Visit,
    Cost,
    Tokens,
    Acts,
}

/// A value for a mention.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fact {
    Bool(bool),
    Long(i64),
    Text(String),
    /// A number with at most four places.
    Decimal(String),
    Amount(Money),
    Texts(BTreeSet<String>),
    Budget {
        spent: i64,
        left: i64,
    },
    /// An optional argument that is not given.
    Absent,
}

/// What the policies say of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// At least one policy permits, and none forbids.
    Permit(Arc<str>),
    /// No policy permits.
    Silent,
    Forbid(Arc<str>),
    /// Only policies with `@ask` forbid: a person of the role is asked.
    Ask(Arc<str>, RoleId),
    /// A policy could not be evaluated.
    Broken(String),
}

impl Ruling {
    /// The harder of two rulings: broken, forbid, ask, permit, silent.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if other.hardness() > self.hardness() { other } else { self }
    }

    fn hardness(&self) -> u8 {
        match self {
            Self::Silent => 0,
            Self::Permit(_) => 1,
            Self::Ask(..) => 2,
            Self::Forbid(_) => 3,
            Self::Broken(_) => 4,
        }
    }
}

/// The policies of a release, parsed once for all its acts.
pub struct Policies {
    parsed: Vec<Parsed>,
}

struct Parsed {
    cedar: Cedar,
    mentions: BTreeSet<Mention>,
    name: Arc<str>,
    ask: Option<RoleId>,
}

impl Policies {
    /// Parses the stored policies. One that cannot be read spoils all: none may be left out.
    pub fn parse(policies: &[Policy]) -> Result<Self, PolicyFault> {
        let mut parsed = Vec::with_capacity(policies.len());
        for policy in policies {
            let cedar = parse(policy)?;
            let mentions = mentions(&cedar)?;
            let name = Arc::from(policy.id.as_str());
            parsed.push(Parsed { cedar, mentions, name, ask: policy.ask.clone() });
        }
        Ok(Self { parsed })
    }
}

/// The policies of one act.
pub struct Slice {
    fixed: Ruling,
    groups: Vec<Group>,
    notes: Vec<Note>,
    mentions: Vec<Mention>,
    world: World,
    /// Risk and autonomy, which the plan settles.
    settled: Vec<(String, RestrictedExpression)>,
}

/// Policies that look at the same things, so that one context decides them all.
struct Group {
    set: PolicySet,
    /// All conditions of its `forbid`s in one: mostly none of them holds, and one evaluation
    /// tells so.
    any: Option<PolicySet>,
    looks_at: BTreeSet<Mention>,
    /// The same as places in the slice's list.
    places: Vec<usize>,
}

struct Note {
    id: PolicyId,
    name: Arc<str>,
    ask: Option<RoleId>,
}

impl Slice {
    /// Finds the policies that can matter for an act of this workflow.
    pub fn of(workflow: &Workflow, policies: &Policies, act: Act<'_>) -> Result<Self, PolicyFault> {
        let world = world(workflow, act)?;
        let (risk, level) = risk_word(workflow.risk);
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let settled = vec![
            ("risk".to_owned(), text(risk)),
            ("risk_level".to_owned(), RestrictedExpression::new_long(level)),
            ("autonomy".to_owned(), text(autonomy_word(workflow.autonomy))),
        ];
        let mut slice = Self {
            fixed: Ruling::Silent,
            groups: Vec::new(),
            notes: Vec::new(),
            mentions: Vec::new(),
            world,
            settled,
        };
        let mut still = PolicySet::new();
        for Parsed { cedar, mentions, name, ask } in &policies.parsed {
            if !in_scope(cedar, &slice.world) {
                continue;
            }
            let known = slice.groups.iter_mut().find(|group| group.looks_at == *mentions);
            let added = match known {
                _ if mentions.is_empty() => still.add(without_scope(cedar)),
                Some(group) => group.set.add(without_scope(cedar)),
                None => {
                    let mut set = PolicySet::new();
                    let added = set.add(without_scope(cedar));
                    let looks_at = mentions.clone();
                    slice.groups.push(Group { set, any: None, looks_at, places: Vec::new() });
                    added
                }
            };
            added.map_err(|why| PolicyFault::Policy(name.to_string(), why.to_string()))?;
            let id = cedar.id().clone();
            slice.notes.push(Note { id, name: name.clone(), ask: ask.clone() });
            slice.mentions.extend(mentions.iter().cloned());
        }
        slice.mentions.sort();
        slice.mentions.dedup();
        for group in &mut slice.groups {
            group.any = any_of(&group.set);
            let wanted = |mention: &&Mention| group.looks_at.contains(*mention);
            let all = slice.mentions.iter().enumerate();
            group.places = all.filter(|(_, mention)| wanted(mention)).map(|(n, _)| n).collect();
        }
        slice.fixed = match slice.request(slice.settled.clone()) {
            Ok(request) => slice.evaluate(&still, &request),
            Err(why) => Ruling::Broken(why),
        };
        Ok(slice)
    }

    /// The ruling, when no fact can change it.
    #[must_use]
    pub fn fixed(&self) -> Option<&Ruling> {
        let hard = matches!(self.fixed, Ruling::Forbid(_) | Ruling::Broken(_));
        (hard || self.groups.is_empty()).then_some(&self.fixed)
    }

    /// What the remaining policies look at, in the order that [`Slice::rule`] wants the facts.
    #[must_use]
    pub fn mentions(&self) -> &[Mention] {
        &self.mentions
    }

    /// The groups of policies that look at the same things: for each the places, in the list of
    /// mentions, of what it looks at. The same facts there always give the same ruling.
    pub fn groups(&self) -> impl Iterator<Item = &[usize]> {
        self.groups.iter().map(|group| group.places.as_slice())
    }

    /// The ruling of one group, given one fact for each of its places.
    #[must_use]
    pub fn rule_group(&self, group: usize, facts: &[Fact]) -> Ruling {
        match self.groups.get(group) {
            Some(group) if group.places.len() == facts.len() => {
                let mentions = group.places.iter().filter_map(|place| self.mentions.get(*place));
                match (self.request(self.pairs(mentions.zip(facts))), &group.any) {
                    (Err(why), _) => Ruling::Broken(why),
                    (Ok(request), Some(any)) if self.none_holds(&request, any) => Ruling::Silent,
                    (Ok(request), _) => self.evaluate(&group.set, &request),
                }
            }
            Some(_) | None => Ruling::Broken("the policies were given too few facts".to_owned()),
        }
    }

    /// The ruling, given one fact per mention.
    #[must_use]
    pub fn rule(&self, facts: &[Fact]) -> Ruling {
        if let Some(fixed) = self.fixed() {
            return fixed.clone();
        }
        let mut ruling = self.fixed.clone();
        for (n, group) in self.groups.iter().enumerate() {
            let facts = group.places.iter().filter_map(|place| facts.get(*place).cloned());
            let facts: Vec<_> = facts.collect();
            ruling = ruling.and(self.rule_group(n, &facts));
        }
        ruling
    }

    /// The policies that can matter, by name.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.notes.iter().map(|note| &*note.name).collect();
        names.sort_unstable();
        names
    }

    /// What the policies say that look at nothing; the beginning of any ruling.
    #[must_use]
    pub fn settled(&self) -> &Ruling {
        &self.fixed
    }

    fn pairs<'f>(
        &self,
        facts: impl Iterator<Item = (&'f Mention, &'f Fact)>,
    ) -> Vec<(String, RestrictedExpression)> {
        let mut pairs = self.settled.clone();
        let (mut args, mut labels) = (Vec::new(), Vec::new());
        for (mention, fact) in facts {
            let Some(value) = restricted(fact) else { continue };
            match mention {
                Mention::Arg(name) => args.push((name.clone(), value)),
                Mention::Label(name) => labels.push((name.clone(), value)),
                Mention::Untrusted => pairs.push(("untrusted".to_owned(), value)),
                Mention::Reviewed => pairs.push(("reviewed".to_owned(), value)),
                Mention::Visit => pairs.push(("visit".to_owned(), value)),
                Mention::Cost => pairs.push(("cost".to_owned(), value)),
                Mention::Tokens => pairs.push(("tokens".to_owned(), value)),
                Mention::Acts => pairs.push(("acts".to_owned(), value)),
            }
        }
        for (name, fields) in [("args", args), ("labels", labels)] {
            if let Ok(record) = RestrictedExpression::new_record(fields) {
                pairs.push((name.to_owned(), record));
            }
        }
        pairs
    }

    fn request(&self, pairs: Vec<(String, RestrictedExpression)>) -> Result<Request, String> {
        let World { principal, action, resource, .. } = &self.world;
        let context = Context::from_pairs(pairs).map_err(|why| why.to_string())?;
        let (principal, action) = (principal.clone(), action.clone());
        Request::new(principal, action, resource.clone(), context, None)
            .map_err(|why| why.to_string())
    }

    /// Whether it is certain that no policy of the set holds: not even an error is left.
    fn none_holds(&self, request: &Request, set: &PolicySet) -> bool {
        let response = Authorizer::new().is_authorized(request, set, &self.world.entities);
        let said = response.diagnostics();
        said.reason().next().is_none() && said.errors().next().is_none()
    }

    fn evaluate(&self, set: &PolicySet, request: &Request) -> Ruling {
        let response = Authorizer::new().is_authorized(request, set, &self.world.entities);
        // Cedar skips a policy that errs; a `forbid` that was skipped would be an open door.
        if let Some(error) = response.diagnostics().errors().next() {
            return Ruling::Broken(error.to_string());
        }
        let mut reasons: Vec<&Note> = response
            .diagnostics()
            .reason()
            .filter_map(|id| self.notes.iter().find(|note| note.id == *id))
            .collect();
        reasons.sort_by(|a, b| a.name.cmp(&b.name));
        match (response.decision(), reasons.first()) {
            (Decision::Allow, Some(note)) => Ruling::Permit(note.name.clone()),
            (Decision::Allow, None) => Ruling::Broken("a permit without a policy".to_owned()),
            (Decision::Deny, None) => Ruling::Silent,
            (Decision::Deny, Some(first)) => {
                let hard = reasons.iter().find(|note| note.ask.is_none());
                match (hard, &first.ask) {
                    (Some(note), _) => Ruling::Forbid(note.name.clone()),
                    (None, Some(role)) => Ruling::Ask(first.name.clone(), role.clone()),
                    (None, None) => Ruling::Forbid(first.name.clone()),
                }
            }
        }
    }
}

fn restricted(fact: &Fact) -> Option<RestrictedExpression> {
    use RestrictedExpression as R;
    Some(match fact {
        Fact::Bool(value) => R::new_bool(*value),
        Fact::Long(value) => R::new_long(*value),
        Fact::Text(value) => R::new_string(value.clone()),
        Fact::Decimal(value) => R::new_decimal(value),
        Fact::Texts(values) => R::new_set(values.iter().cloned().map(R::new_string)),
        Fact::Amount(money) => R::new_record([
            ("minor".to_owned(), R::new_long(money.minor)),
            ("currency".to_owned(), R::new_string(money.currency.as_str().to_owned())),
        ])
        .ok()?,
        Fact::Budget { spent, left } => R::new_record([
            ("spent".to_owned(), R::new_long(*spent)),
            ("left".to_owned(), R::new_long(*left)),
        ])
        .ok()?,
        Fact::Absent => return None,
    })
}

fn parse(policy: &Policy) -> Result<Cedar, PolicyFault> {
    let fault = |why: String| PolicyFault::Policy(policy.id.clone(), why);
    let id = PolicyId::from_str(&policy.id).map_err(|why| fault(why.to_string()))?;
    Cedar::parse(Some(id), &policy.text).map_err(|why| fault(why.to_string()))
}

fn in_scope(policy: &Cedar, world: &World) -> bool {
    let within = |uid: &EntityUid, above: &EntityUid| under(&world.entities, uid, above);
    let principal = &world.principal;
    let who = match policy.principal_constraint() {
        PrincipalConstraint::Any => true,
        PrincipalConstraint::In(above) => within(principal, &above),
        PrincipalConstraint::Eq(uid) => uid == *principal,
        PrincipalConstraint::Is(kind) => *principal.type_name() == kind,
        PrincipalConstraint::IsIn(kind, above) => {
            *principal.type_name() == kind && within(principal, &above)
        }
    };
    let what = match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::In(all) => all.iter().any(|above| within(&world.action, above)),
        ActionConstraint::Eq(uid) => uid == world.action,
    };
    let resource = &world.resource;
    let to_what = match policy.resource_constraint() {
        ResourceConstraint::Any => true,
        ResourceConstraint::In(above) => within(resource, &above),
        ResourceConstraint::Eq(uid) => uid == *resource,
        ResourceConstraint::Is(kind) => *resource.type_name() == kind,
        ResourceConstraint::IsIn(kind, above) => {
            *resource.type_name() == kind && within(resource, &above)
        }
    };
    who && what && to_what
}

/// The policy without its scope, which was matched beforehand and would be matched again at every
/// evaluation.
fn without_scope(policy: &Cedar) -> Cedar {
    let shorter = policy.to_json().ok().and_then(|mut tree| {
        for part in ["principal", "action", "resource"] {
            *tree.get_mut(part)? = json!({ "op": "All" });
        }
        Cedar::from_json(Some(policy.id().clone()), tree).ok()
    });
    shorter.unwrap_or_else(|| policy.clone())
}

/// One `forbid` that holds where any of these does. Nothing where there is a `permit`, whose name
/// is wanted, or where there is only one.
fn any_of(set: &PolicySet) -> Option<PolicySet> {
    if set.num_of_policies() < 2 || set.policies().any(|one| one.effect() == Effect::Permit) {
        return None;
    }
    let mut all: Vec<Json> = Vec::with_capacity(set.num_of_policies());
    let mut shape = None;
    for policy in set.policies() {
        let tree = policy.to_json().ok()?;
        let mut holds = json!({ "Value": true });
        for condition in tree.get("conditions")?.as_array()? {
            let body = condition.get("body")?.clone();
            let body = match condition.get("kind")?.as_str()? {
                "when" => body,
                "unless" => json!({ "!": { "arg": body } }),
                _ => return None,
            };
            holds = json!({ "&&": { "left": holds, "right": body } });
        }
        all.push(holds);
        shape = Some(tree);
    }
    // Nested conditions cost stack, so they are joined in pairs and not in a chain.
    while all.len() > 1 {
        let mut rest = std::mem::take(&mut all).into_iter();
        while let Some(left) = rest.next() {
            all.push(match rest.next() {
                Some(right) => json!({ "||": { "left": left, "right": right } }),
                None => left,
            });
        }
    }
    let mut shape = shape?;
    *shape.get_mut("conditions")? = json!([{ "kind": "when", "body": all.pop()? }]);
    let id = PolicyId::from_str("any").ok()?;
    PolicySet::from_policies([Cedar::from_json(Some(id), shape).ok()?]).ok()
}

fn under(entities: &Entities, uid: &EntityUid, above: &EntityUid) -> bool {
    uid == above || entities.is_ancestor_of(above, uid)
}

/// A policy as a tree.
pub(super) fn tree(policy: &Policy) -> Result<Json, PolicyFault> {
    let fault = |why: String| PolicyFault::Policy(policy.id.clone(), why);
    parse(policy)?.to_json().map_err(|why| fault(why.to_string()))
}

/// What a policy looks at in the context; nothing for what the plan settles.
pub(super) fn mentions(policy: &Cedar) -> Result<BTreeSet<Mention>, PolicyFault> {
    let fault = |why: String| PolicyFault::Policy(policy.id().to_string(), why);
    let tree = policy.to_json().map_err(|why| fault(why.to_string()))?;
    let mut found = BTreeSet::new();
    if let Some(conditions) = tree.get("conditions") {
        look(conditions, &mut found).map_err(fault)?;
    }
    Ok(found)
}

fn look(tree: &Json, found: &mut BTreeSet<Mention>) -> Result<(), String> {
    if let Some(chain) = chain(tree) {
        return mention(&chain, false, found);
    }
    if let Some(has) = tree.get("has")
        && let (Some(mut chain), Some(attr)) =
            (has.get("left").and_then(chain), has.get("attr").and_then(Json::as_str))
    {
        chain.push(attr);
        return mention(&chain, true, found);
    }
    match tree {
        Json::Object(fields) => fields.values().try_for_each(|below| look(below, found)),
        Json::Array(items) => items.iter().try_for_each(|below| look(below, found)),
        _ => Ok(()),
    }
}

/// `context.a.b` as `["a", "b"]`.
pub(super) fn chain(tree: &Json) -> Option<Vec<&str>> {
    if tree.get("Var").and_then(Json::as_str) == Some("context") {
        return Some(Vec::new());
    }
    let get = tree.get(".")?;
    let mut names = chain(get.get("left")?)?;
    names.push(get.get("attr")?.as_str()?);
    Some(names)
}

fn mention(chain: &[&str], tested: bool, found: &mut BTreeSet<Mention>) -> Result<(), String> {
    let mention = match chain {
        ["args", name, ..] => Mention::Arg((*name).to_owned()),
        ["labels", name, ..] => Mention::Label((*name).to_owned()),
        ["untrusted", ..] => Mention::Untrusted,
        ["reviewed", ..] => Mention::Reviewed,
        ["visit", ..] => Mention::Visit,
        ["cost", ..] => Mention::Cost,
        ["tokens", ..] => Mention::Tokens,
        ["acts", ..] => Mention::Acts,
        ["risk" | "risk_level" | "autonomy", ..] => return Ok(()),
        // Whether there are arguments at all is a matter of the schema: an empty record is one.
        ["args"] if tested => Mention::Arg(String::new()),
        ["labels"] if tested => Mention::Label(String::new()),
        _ => return Err("it uses the whole context, not one value of it".to_owned()),
    };
    found.insert(mention);
    Ok(())
}
