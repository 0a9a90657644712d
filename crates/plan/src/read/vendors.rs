//! `vendors` of `flightdeck.yaml`: those on whom the work depends, whether they run models or tool
//! servers. Not a part of a release: knowing a vendor better changes no decision.

use std::collections::BTreeMap;

use crate::keys;
use crate::problem::Cx;
use crate::yaml::Node;

/// How long a look at a vendor counts, where nothing is said.
const YEAR_MS: u64 = 365 * 86_400_000;

/// What is known of one vendor.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Vendor {
    pub region: Option<String>,
    /// The terms that hold, by their name or date.
    pub terms: Option<String>,
    pub contact: Option<String>,
    /// The day on which somebody last looked at them, `YYYY-MM-DD`.
    pub reviewed: Option<String>,
    pub review_every_ms: u64,
    /// What is done when it goes, in the operator's words.
    pub if_it_goes: Option<String>,
}

pub(crate) fn read(cx: &Cx<'_>, node: &Node) -> BTreeMap<String, Vendor> {
    let mut all = BTreeMap::new();
    for entry in cx.map(node).unwrap_or_default() {
        let Some(fields) = cx.fields(&entry.value, &keys::VENDOR) else { continue };
        let text = |key: &str| fields.get(key).and_then(|n| cx.text(n));
        let reviewed = fields.get("reviewed").and_then(|n| super::people::date(cx, n));
        let every = fields.get("review_every").and_then(|n| cx.duration(n));
        let vendor = Vendor {
            region: text("region"),
            terms: text("terms"),
            contact: text("contact"),
            reviewed,
            review_every_ms: every.unwrap_or(YEAR_MS),
            if_it_goes: text("if_it_goes"),
        };
        all.insert(entry.key.clone(), vendor);
    }
    all
}
