//! `seeds` of a workflow: the folder of cases that are known to be wrong, read whole into the
//! release. It must not know when one of them is opened.

use serde_json::Value;

use crate::codes;
use crate::keys;
use crate::problem::{Cx, Found};
use crate::workflow::{CaseSpec, Does, Effect, Seeds, Type};
use crate::yaml::Node;

use super::about::percent;
use super::scalars::Fields;
use super::steps::Steps;

/// Whoever sees more of them than this sees little else.
const SHARE_MAX: u32 = 200_000;
/// More are no better, and each stands in the release.
const CASES_MAX: usize = 200;
/// The longest one, in bytes.
const BYTES_MAX: usize = 64 * 1_024;

pub(super) fn read(cx: &Cx<'_>, node: &Node, case: &CaseSpec) -> Option<Seeds> {
    let fields = cx.fields(node, &keys::SEEDS)?;
    let share = fields.get("share").and_then(|node| {
        let share = percent(cx, node)?;
        if (1..=SHARE_MAX).contains(&share) {
            return Some(share);
        }
        let what = "the share is more than nothing and at most `20 %`";
        cx.add(Found::new(&codes::RANGE, &node.at, what).fix("write it like `2 %`"))
    });
    let cases = fields.get("from").and_then(|node| cases(cx, node, case));
    Some(Seeds { share: share?, cases: cases? })
}

/// Whether anybody could notice: a person is asked, or an effect is refused.
pub(super) fn noticed(cx: &Cx<'_>, fields: Fields<'_>, steps: &Steps<'_, '_>) {
    let Some(node) = fields.get("seeds") else { return };
    let asks = steps.steps.iter().any(|step| matches!(step.does, Does::Review(_)));
    let acts = steps.tools.values().any(|tool| tool.effect != Effect::Read);
    if !asks && !acts && !steps.holes {
        let what = "this workflow asks nobody, so nobody could notice";
        cx.add::<()>(Found::new(&codes::SEEDS, &node.at, what).fix("leave `seeds` out"));
    }
}

fn cases(cx: &Cx<'_>, node: &Node, case: &CaseSpec) -> Option<Vec<String>> {
    let text = cx.text(node)?;
    let folder = text.trim_end_matches('/');
    let wrong = |what: String| cx.add(Found::new(&codes::SEEDS, &node.at, what));
    let below = folder.strip_prefix("seeds/").is_some_and(|rest| {
        rest.split('/').all(|part| !matches!(part, "" | "." | "..")) && !rest.contains('\\')
    });
    if !below {
        return wrong(format!("`{text}` is no folder below `seeds`"));
    }
    let mut cases = Vec::new();
    for (path, text) in cx.files.within(&format!("{folder}/"), ".json") {
        let value = serde_json::from_str::<Value>(text).ok();
        match value.filter(|value| text.len() <= BYTES_MAX && fits(value, case)) {
            Some(value) => cases.push(value.to_string()),
            None => {
                return wrong(format!(
                    "`{path}` is no case of this workflow: a JSON object of at most 64 kB with \
                     its fields"
                ));
            }
        }
    }
    match cases.len() {
        0 => wrong(format!("there is no case in `{folder}`: no file that ends with `.json`")),
        1..=CASES_MAX => Some(cases),
        many => wrong(format!("`{folder}` holds {many} cases; at most {CASES_MAX} are taken")),
    }
}

/// Whether it has the fields of a case and no others.
fn fits(value: &Value, case: &CaseSpec) -> bool {
    let Value::Object(given) = value else { return false };
    let there = |kind: &Type, name: &str| {
        matches!(kind, Type::Optional(_)) || given.get(name).is_some_and(|value| !value.is_null())
    };
    given.keys().all(|name| case.fields.keys().any(|field| field.as_str() == name))
        && case.fields.iter().all(|(name, kind)| there(kind, name.as_str()))
}
