//! `releases` of `flightdeck.yaml`: what a release has to show before it is live, and how it is
//! tried beside the live one. Not a part of a release: none says by what it is judged itself.

use std::collections::BTreeMap;

use crate::files::Spot;
use crate::ids::WorkflowName;
use crate::keys;
use crate::problem::Cx;
use crate::yaml::Node;

use super::about::percent;

/// The key of every workflow that is not named.
const EVERYTHING: &str = "everything";

/// Cases of a canary that are compared, the days that they are waited for, and by how much it may
/// be worse, where nothing is said.
const CASES: u32 = 50;
const DAYS: u32 = 7;
const QUALITY: u32 = 20_000;
const COST: u32 = 200_000;
const REQUESTS: u32 = 100_000;

/// What holds for the releases of each workflow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Releases {
    of: BTreeMap<WorkflowName, ReleaseRules>,
    everything: ReleaseRules,
}

impl Releases {
    /// What holds for the releases of a workflow.
    #[must_use]
    pub fn of(&self, workflow: &WorkflowName) -> &ReleaseRules {
        self.of.get(workflow).unwrap_or(&self.everything)
    }
}

/// What holds for releases. Shares are in parts of a million.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReleaseRules {
    /// The share of the kept cases that come out as expected; all of them if not said.
    pub at_least: Option<u32>,
    pub canary: CanaryRules,
}

/// How a release is tried beside the live one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanaryRules {
    /// The share of new cases that begin on it. Without it a release is live at once.
    pub share: Option<u32>,
    pub cases: u32,
    pub days: u32,
    pub quality: u32,
    pub cost: u32,
    pub requests: u32,
    /// What is not worse becomes live by itself.
    pub itself: bool,
}

impl CanaryRules {
    /// The largest share of new cases that begin on a canary: what it is compared with must not be
    /// the smaller part.
    pub const SHARE_MAX: u32 = 500_000;
}

impl Default for CanaryRules {
    fn default() -> Self {
        Self {
            share: None,
            cases: CASES,
            days: DAYS,
            quality: QUALITY,
            cost: COST,
            requests: REQUESTS,
            itself: false,
        }
    }
}

/// Reads them, and where each workflow is named.
pub(super) fn read(cx: &Cx<'_>, node: &Node) -> (Releases, Vec<(WorkflowName, Spot)>) {
    let (mut releases, mut named) = (Releases::default(), Vec::new());
    for entry in cx.map(node).unwrap_or_default() {
        let rules = one(cx, &entry.value);
        if entry.key == EVERYTHING {
            releases.everything = rules.unwrap_or_default();
        } else if let Some(name) = cx.key(entry, WorkflowName::new) {
            named.push((name.clone(), entry.key_at.clone()));
            releases.of.insert(name, rules.unwrap_or_default());
        }
    }
    (releases, named)
}

fn one(cx: &Cx<'_>, node: &Node) -> Option<ReleaseRules> {
    let fields = cx.fields(node, &keys::RELEASES)?;
    let at_least = match fields.get("at_least") {
        Some(node) => Some(percent(cx, node)?),
        None => None,
    };
    let canary = match fields.get("canary") {
        Some(node) => canary(cx, node)?,
        None => CanaryRules::default(),
    };
    Some(ReleaseRules { at_least, canary })
}

fn canary(cx: &Cx<'_>, node: &Node) -> Option<CanaryRules> {
    let fields = cx.fields(node, &keys::CANARY)?;
    let usual = CanaryRules::default();
    let whole = |key: &str, least: u32, most: u32, or: u32| match fields.get(key) {
        Some(node) => cx.whole_u32(node, least, most),
        None => Some(or),
    };
    let share = match fields.get("share") {
        Some(node) => Some(share(cx, node)?),
        None => None,
    };
    let worse = match fields.get("worse") {
        Some(node) => Some(cx.fields(node, &keys::WORSE)?),
        None => None,
    };
    let margin = |key: &str, or: u32| match worse.and_then(|fields| fields.get(key)) {
        Some(node) => percent(cx, node),
        None => Some(or),
    };
    Some(CanaryRules {
        share,
        cases: whole("cases", 20, 1_000, usual.cases)?,
        days: whole("days", 1, 365, usual.days)?,
        quality: margin("quality", usual.quality)?,
        cost: margin("cost", usual.cost)?,
        requests: margin("requests", usual.requests)?,
        itself: match fields.get("promote") {
            Some(node) => cx.choice(node, keys::PROMOTES).is_some(),
            None => false,
        },
    })
}

/// The share of a canary: some of the cases, and never most of them.
fn share(cx: &Cx<'_>, node: &Node) -> Option<u32> {
    let share = percent(cx, node)?;
    if (1..=CanaryRules::SHARE_MAX).contains(&share) {
        return Some(share);
    }
    let what = "a canary takes more than none and at most half of the new cases";
    cx.add(crate::problem::Found::new(&crate::codes::RANGE, &node.at, what).fix("write `10 %`"))
}

#[cfg(test)]
mod tests;
