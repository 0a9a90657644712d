//! What begins a case without a person: new files of a folder, or the clock. It must not know who
//! watches the folder or the clock.

use crate::codes;
use crate::keys;
use crate::problem::{Cx, Found};
use crate::workflow::{Clock, Start, WorkingHours};
use crate::yaml::Node;

use super::people::{day_range, minute_of, zone_exists};
use super::scalars::Fields;

/// How a time is written.
const FORM: &str = "write it like `weekdays 07:30 Europe/London`, `daily 18:00` or `mon 09:00`";

pub(super) fn read(cx: &Cx<'_>, fields: Fields<'_>, hours: Option<&WorkingHours>) -> Vec<Start> {
    let nodes = fields.get("starts").and_then(|n| cx.list(n)).unwrap_or_default();
    nodes.iter().filter_map(|node| one(cx, node, hours)).collect()
}

fn one(cx: &Cx<'_>, node: &Node, hours: Option<&WorkingHours>) -> Option<Start> {
    let fields = cx.fields(node, &keys::START)?;
    match (fields.get("folder"), fields.get("at")) {
        (Some(node), None) => folder(cx, node).map(Start::Folder),
        (None, Some(node)) => clock(cx, node, hours).map(Start::At),
        (Some(_), Some(_)) | (None, None) => {
            let what = "a start is either a folder or a time";
            let fix = "write `{ folder: inbox }` or `{ at: weekdays 07:30 Europe/London }`";
            cx.add(Found::new(&codes::KIND, &node.at, what).fix(fix))
        }
    }
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
        Some(zone) if zone_exists(zone) => Some(Clock { days, minute, zone: zone.to_owned() }),
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
