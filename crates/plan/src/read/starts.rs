//! What begins a case without a person: new files of a folder, the clock, or what another system
//! sends. It must not know who watches the folder or the clock, nor the value of any secret.

use crate::codes;
use crate::ids::FieldName;
use crate::keys;
use crate::problem::{Cx, Found};
use crate::variables;
use crate::workflow::{Clock, Hook, Start, WorkingHours};
use crate::yaml::Node;

use super::people::{day_range, minute_of, zone_exists};
use super::scalars::Fields;

/// One secret, and the one that takes its place.
const SECRETS_MAX: usize = 2;

/// How a time is written.
const FORM: &str = "write it like `weekdays 07:30 Europe/London`, `daily 18:00` or `mon 09:00`";

pub(super) fn read(cx: &Cx<'_>, fields: Fields<'_>, hours: Option<&WorkingHours>) -> Vec<Start> {
    let nodes = fields.get("starts").and_then(|n| cx.list(n)).unwrap_or_default();
    let mut all: Vec<Start> = Vec::new();
    for node in nodes {
        let Some(start) = one(cx, node, hours) else { continue };
        if let Start::Hook(hook) = &start
            && all.iter().any(|other| matches!(other, Start::Hook(o) if o.name == hook.name))
        {
            let what = format!("two webhooks are called `{}`", hook.name);
            let fix = "give each one a name of its own";
            cx.add::<()>(Found::new(&codes::NAME_TWICE, &node.at, what).fix(fix));
            continue;
        }
        all.push(start);
    }
    all
}

fn one(cx: &Cx<'_>, node: &Node, hours: Option<&WorkingHours>) -> Option<Start> {
    let fields = cx.fields(node, &keys::START)?;
    let start = match (fields.get("folder"), fields.get("at"), fields.get("webhook")) {
        (Some(node), None, None) => folder(cx, node).map(Start::Folder),
        (None, Some(node), None) => {
            let only_if = match fields.get("only_if") {
                Some(node) => Some(only_if(cx, node)?),
                None => None,
            };
            clock(cx, node, hours).map(|clock| Start::At(Clock { only_if, ..clock }))
        }
        (None, None, Some(node)) => hook(cx, node, fields).map(Start::Hook),
        _ => {
            let what = "a start is one of a folder, a time and a webhook";
            let fix = "write `{ folder: inbox }`, `{ at: weekdays 07:30 Europe/London }` or \
                       `{ webhook: orders, secret: ORDERS_KEY }`";
            return cx.add(Found::new(&codes::KIND, &node.at, what).fix(fix));
        }
    };
    let belongs =
        [("at", "only_if"), ("webhook", "secret"), ("webhook", "type"), ("webhook", "under")];
    for (to, key) in belongs {
        if fields.has(key) && !fields.has(to) {
            let what = format!("`{key}` belongs to a start by `{to}`");
            return cx.add(Found::new(&codes::KIND, &node.at, what).fix("take it out"));
        }
    }
    start
}

/// The folder in which a file must lie when the clock is due.
fn only_if(cx: &Cx<'_>, node: &Node) -> Option<String> {
    folder(cx, cx.fields(node, &keys::ONLY_IF)?.get("folder")?)
}

/// What another system sends. Who sends it is known by a secret alone, so that none is no start.
fn hook(cx: &Cx<'_>, node: &Node, fields: Fields<'_>) -> Option<Hook> {
    let name = cx.name(node, FieldName::new)?;
    let given = fields.get("secret").map(|n| cx.some(n)).unwrap_or_default();
    let secrets: Vec<String> = given.iter().filter_map(|n| cx.text(n)).collect();
    if secrets.len() != given.len() {
        return None;
    }
    if !(1..=SECRETS_MAX).contains(&secrets.len()) {
        let what = format!("`{name}` needs one secret that signs, or two during a change");
        let fix = "add `secret: ORDERS_KEY`, the name of a secret";
        return cx.add(Found::new(&codes::KIND, &node.at, what).fix(fix));
    }
    if let Some(wrong) = secrets.iter().find(|name| !variables::is_name(name)) {
        let what = format!("`{wrong}` is not the name of a secret");
        let fix = "write the name like a variable: `ORDERS_KEY`; the value stands elsewhere";
        // What stands here may be the secret itself.
        let what =
            if wrong.starts_with("whsec_") { "a secret stands here".to_owned() } else { what };
        return cx.add(Found::new(&codes::NAME, &node.at, what).fix(fix));
    }
    let kind = match fields.get("type") {
        Some(node) => Some(cx.text(node)?),
        None => None,
    };
    let under = match fields.get("under") {
        Some(node) => under(cx, node)?,
        None => Vec::new(),
    };
    Some(Hook { name, secrets, kind, under })
}

/// Keys, outermost first, written with dots between them.
fn under(cx: &Cx<'_>, node: &Node) -> Option<Vec<String>> {
    let text = cx.text(node)?;
    let keys: Vec<String> = text.split('.').map(str::to_owned).collect();
    if keys.iter().all(|key| !key.is_empty()) {
        return Some(keys);
    }
    let what = format!("`{text}` names no key of what is sent");
    cx.add(Found::new(&codes::KIND, &node.at, what).fix("write it like `data` or `data.order`"))
}

/// A folder of the workspace: nothing else is watched.
fn folder(cx: &Cx<'_>, node: &Node) -> Option<String> {
    let text = cx.text(node)?;
    let parts = || text.trim_end_matches('/').split('/');
    if !text.contains(['\\', ':']) && parts().all(|p| !matches!(p, "" | "." | "..")) {
        return Some(parts().collect::<Vec<_>>().join("/"));
    }
    let what = format!("`{text}` is no folder of this workspace");
    cx.add(Found::new(&codes::KIND, &node.at, what).fix("write it like `inbox`"))
}

fn clock(cx: &Cx<'_>, node: &Node, hours: Option<&WorkingHours>) -> Option<Clock> {
    let text = cx.text(node)?;
    let words: Vec<&str> = text.split_whitespace().collect();
    let (days, time, zone) = match words.as_slice() {
        [days, time] => (*days, *time, hours.map(|h| h.zone.as_str())),
        [days, time, zone] => (*days, *time, Some(*zone)),
        _ => ("", "", None),
    };
    let days = match days {
        "daily" => Some((1..=7).collect()),
        "weekdays" => Some((1..=5).collect()),
        days => day_range(days),
    };
    let (Some(days), Some(minute)) = (days, minute_of(time).filter(|minute| *minute < 1_440))
    else {
        let what = format!("`{text}` is no time at which cases begin");
        return cx.add(Found::new(&codes::KIND, &node.at, what).fix(FORM));
    };
    match zone {
        Some(zone) if zone_exists(zone) => {
            Some(Clock { days, minute, zone: zone.to_owned(), only_if: None })
        }
        Some(zone) => {
            let what = format!("there is no time zone `{zone}`");
            let fix = "write a name such as `Europe/London`";
            cx.add(Found::new(&codes::CHOICE, &node.at, what).fix(fix))
        }
        None => {
            let what = format!("`{text}` has no time zone, and `working_hours` gives none");
            cx.add(Found::new(&codes::KIND, &node.at, what).fix(FORM))
        }
    }
}
