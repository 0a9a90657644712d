//! `alerts` of `flightdeck.yaml`: what is watched, how much is too much, and who is told.

use crate::alerts::{AlertRule, Unit, Watch};
use crate::codes;
use crate::files::Spot;
use crate::ids::{FieldName, WorkflowName};
use crate::keys;
use crate::problem::{Cx, Found};
use crate::value::{Currency, scaled};
use crate::yaml::Node;

use super::about::percent;
use super::people::People;
use super::scalars::Fields;

/// Fewer cases than this say nothing of a share, where a rule does not say otherwise.
const FEW: u32 = 20;
/// An index over groups of values needs more of them.
const FEW_COMPARED: u32 = 100;
/// The share of cases that a latency is about, in parts of a million.
const MOST: u32 = 950_000;
/// How many times longer the time before is that a rule holds the present against.
const BEFORE: u64 = 7;

/// The rules, and where the workflow of each is named.
pub(crate) fn read(
    cx: &Cx<'_>,
    node: &Node,
    people: &People,
    of: Option<Currency>,
) -> Vec<(AlertRule, Spot)> {
    let mut all: Vec<(AlertRule, Spot)> = Vec::new();
    for node in cx.list(node).unwrap_or_default() {
        let Some(fields) = cx.fields(node, &keys::ALERT) else { continue };
        let Some((rule, spot)) = one(cx, fields, people, of) else { continue };
        if all.iter().any(|(other, _)| other.name == rule.name) {
            let at = fields.get("name").map_or(&node.at, |node| &node.at);
            let what = format!("there are two alerts `{}`", rule.name);
            cx.add::<()>(Found::new(&codes::NAME_TWICE, at, what));
            continue;
        }
        all.push((rule, spot));
    }
    all
}

fn one(
    cx: &Cx<'_>,
    fields: Fields<'_>,
    people: &People,
    currency: Option<Currency>,
) -> Option<(AlertRule, Spot)> {
    let name = fields.get("name").and_then(|n| cx.name(n, FieldName::new));
    let of_node = fields.get("of");
    let of = of_node.and_then(|n| cx.name(n, WorkflowName::new));
    let owner = fields.get("owner").and_then(|n| people.person(cx, n));
    let tell = fields.get("tell").and_then(|n| people.role(cx, n));
    let quiet_ms = fields.get("quiet").and_then(|n| cx.duration(n));
    let word = fields.get("watch").and_then(|n| cx.choice(n, keys::WATCHED))?;
    let watch = Watch::ALL.into_iter().find(|watch| watch.as_str() == word)?;
    let limit = limit(cx, fields, watch, currency);
    let within = within(cx, fields, watch);
    let at_least = match fields.get("at_least") {
        Some(node) if watch.counts_cases() => cx.whole_u32(node, 1, 1_000_000),
        Some(node) => return beside(cx, node, "at_least", watch),
        None if watch.compares() => Some(FEW_COMPARED),
        None => Some(FEW),
    };
    let share = match fields.get("share") {
        Some(node) if watch == Watch::Latency => percent(cx, node),
        Some(node) => return beside(cx, node, "share", watch),
        None => Some(MOST),
    };
    let (within_ms, against_ms) = within?;
    let (limit, at_least, share) = (limit?, at_least?, share?);
    let (name, of, owner, tell, quiet_ms) = (name?, of?, owner?, tell?, quiet_ms?);
    let spot = of_node?.at.clone();
    let rule = AlertRule {
        name,
        watch,
        of,
        limit,
        within_ms,
        against_ms,
        at_least,
        share,
        owner,
        tell,
        quiet_ms,
    };
    Some((rule, spot))
}

/// A key that means nothing here: whoever wrote it expects something that is not done.
fn beside<T>(cx: &Cx<'_>, node: &Node, key: &str, watch: Watch) -> Option<T> {
    let what = format!("`{key}` says nothing about `{}`", watch.as_str());
    cx.add(Found::new(&codes::ALERT, &node.at, what).fix("remove the key"))
}

/// How much is too much, in the unit of what is watched.
fn limit(cx: &Cx<'_>, fields: Fields<'_>, watch: Watch, currency: Option<Currency>) -> Option<u64> {
    let (key, other) = match watch {
        Watch::Quality => ("under", "over"),
        _ => ("over", "under"),
    };
    if let Some(node) = fields.get(other) {
        return beside(cx, node, other, watch);
    }
    let Some(node) = fields.get(key) else {
        let like = match watch.unit() {
            Unit::Share => "5 %",
            Unit::Time => "2 hours",
            Unit::Cost => "0.40 USD",
            Unit::Number => "0.25",
            Unit::Count => "0",
        };
        let what = format!("an alert of `{}` does not say how much is too much", watch.as_str());
        let fix = format!("add it, such as `{key}: {like}`");
        return cx.add(Found::new(&codes::ALERT, &fields.node.at, what).fix(fix));
    };
    match watch.unit() {
        Unit::Share => percent(cx, node).map(u64::from),
        Unit::Time => cx.duration(node),
        Unit::Cost => cx.nanos(node, currency, 9),
        Unit::Count => cx.whole(node, 0, 1_000_000),
        Unit::Number => {
            let text = cx.word(node, "a number such as `0.25`")?;
            let number = scaled(text, 3).ok().and_then(|n| u64::try_from(n).ok());
            number.filter(|n| *n <= 1_000_000).or_else(|| {
                let what = format!("`{text}` is no number from 0 to 1000");
                cx.add(Found::new(&codes::RANGE, &node.at, what).fix("write it like `0.25`"))
            })
        }
    }
}

/// How far back is looked, and how far before that.
fn within(cx: &Cx<'_>, fields: Fields<'_>, watch: Watch) -> Option<(u64, u64)> {
    let within = match fields.get("within") {
        Some(node) if watch.is_now() => return beside(cx, node, "within", watch),
        Some(node) => cx.duration(node)?,
        None if watch.is_now() => 0,
        None => {
            let what = format!("an alert of `{}` does not say over which time", watch.as_str());
            let found = Found::new(&codes::ALERT, &fields.node.at, what);
            return cx.add(found.fix("add it, such as `within: 1 hour`"));
        }
    };
    let against = match fields.get("against") {
        Some(node) if watch.compares() => cx.duration(node)?,
        Some(node) => return beside(cx, node, "against", watch),
        None if watch.compares() => within.saturating_mul(BEFORE),
        None => 0,
    };
    Some((within, against))
}
