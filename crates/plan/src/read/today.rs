//! What a workflow describes and no run reads: the process as people do it now, and what is not
//! settled yet.

use crate::codes;
use crate::ids::StepId;
use crate::keys;
use crate::problem::{Cx, Found};
use crate::value::scaled;
use crate::workflow::{OpenQuestion, TodayStep};
use crate::yaml::{Kind, Node};

use super::about::percent;
use super::scalars::Fields;
use super::steps::Steps;

/// More minutes than a step of a process takes: two months.
const TENTHS_MAX: i64 = 1_000_000;

/// Every step of today's process. Which step of the map takes its place has to be there.
pub(super) fn today(steps: &Steps<'_, '_>, fields: Fields<'_>) -> Vec<TodayStep> {
    let cx = steps.cx;
    let all = fields.get("today").and_then(|node| cx.list(node)).unwrap_or_default();
    all.iter().filter_map(|node| one(steps, node)).collect()
}

fn one(steps: &Steps<'_, '_>, node: &Node) -> Option<TodayStep> {
    let cx = steps.cx;
    let fields = cx.fields(node, &keys::TODAY)?;
    let text = |key: &str| fields.get(key).and_then(|node| cx.text(node));
    let share = match fields.get("share") {
        Some(node) => percent(cx, node),
        None => Some(1_000_000),
    };
    Some(TodayStep {
        does: text("does")?,
        who: text("who"),
        seconds: fields.get("minutes").and_then(|node| minutes(cx, node)),
        share: share?,
        why: text("why"),
        becomes: fields.get("becomes").map(|node| becomes(steps, node)),
    })
}

/// Minutes of work, to a tenth, in seconds.
fn minutes(cx: &Cx<'_>, node: &Node) -> Option<u32> {
    let text = cx.word(node, "minutes such as `4` or `0.5`")?;
    let tenths = scaled(text, 1).ok().filter(|tenths| (1..=TENTHS_MAX).contains(tenths));
    match tenths.and_then(|tenths| u32::try_from(tenths * 6).ok()) {
        Some(seconds) => Some(seconds),
        None => {
            let what = format!("`{text}` is no number of minutes");
            cx.add(Found::new(&codes::RANGE, &node.at, what).fix("write it like `4` or `0.5`"))
        }
    }
}

/// Steps of the map; the one word `nothing` where it falls away.
fn becomes(steps: &Steps<'_, '_>, node: &Node) -> Vec<StepId> {
    let cx = steps.cx;
    if matches!(&node.kind, Kind::Text { text, .. } if text.trim() == "nothing") {
        return Vec::new();
    }
    let named = |node: &Node| {
        let name = cx.name(node, StepId::new)?;
        if steps.ids.contains_key(&name) {
            return Some(name);
        }
        let what = format!("there is no step `{name}`");
        let found = Found::new(&codes::STEP_UNKNOWN, &node.at, what);
        let fix = "name a step of this workflow, or write `becomes: nothing`";
        cx.add(found.fix(fix).near(name.as_str(), steps.ids.keys().map(StepId::as_str)))
    };
    cx.some(node).iter().filter_map(named).collect()
}

/// Questions: each a text, or what is not settled and who can settle it.
pub(super) fn open(cx: &Cx<'_>, fields: Fields<'_>) -> Vec<OpenQuestion> {
    let all = fields.get("open").and_then(|node| cx.list(node)).unwrap_or_default();
    let one = |node: &Node| {
        if let Kind::Text { .. } = &node.kind {
            return Some(OpenQuestion { what: cx.text(node)?, who: None, about: None });
        }
        let fields = cx.fields(node, &keys::OPEN)?;
        let text = |key: &str| fields.get(key).and_then(|node| cx.text(node));
        Some(OpenQuestion { what: text("what")?, who: text("who"), about: text("about") })
    };
    all.iter().filter_map(one).collect()
}
