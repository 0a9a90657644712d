//! `secrets` of `flightdeck.yaml`: where the value behind each name comes from, and how old it may
//! get. It never holds a value.

use std::collections::BTreeMap;

use crate::codes;
use crate::keys;
use crate::problem::{Cx, Found};
use crate::variables;
use crate::yaml::Node;

/// Where one secret comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretPlace {
    pub from: From,
    /// The day since which it has the value of today, `YYYY-MM-DD`.
    pub since: Option<String>,
    /// How long it may keep that value.
    pub every_ms: Option<u64>,
}

/// How its value is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    Environment,
    /// A file that nobody else may read.
    File(String),
    /// What a program prints: a keyring, a vault, a file that is encrypted.
    Command(Vec<String>),
}

pub(crate) fn read(cx: &Cx<'_>, node: &Node) -> BTreeMap<String, SecretPlace> {
    let mut all = BTreeMap::new();
    for entry in cx.map(node).unwrap_or_default() {
        if !variables::is_name(&entry.key) {
            let what = format!("`{}` is not the name of a secret", entry.key);
            let fix = "write it like a variable: `ERP_TOKEN`";
            cx.add::<()>(Found::new(&codes::NAME, &entry.key_at, what).fix(fix));
            continue;
        }
        let Some(fields) = cx.fields(&entry.value, &keys::SECRET) else { continue };
        let file = fields.get("file").and_then(|n| cx.text(n));
        let command = fields.get("command").and_then(|n| cx.list(n));
        let command: Option<Vec<String>> =
            command.map(|all| all.iter().filter_map(|n| cx.text(n)).collect());
        let from = match (file, command) {
            (None, None) => From::Environment,
            (Some(file), None) => From::File(file),
            (None, Some(line)) if !line.is_empty() => From::Command(line),
            _ => {
                let what = "a secret comes from one place: `file`, or `command` with its arguments";
                cx.add::<()>(Found::new(&codes::KIND, &entry.value.at, what));
                continue;
            }
        };
        let since = fields.get("since").and_then(|n| super::people::date(cx, n));
        let every_ms = fields.get("every").and_then(|n| cx.duration(n));
        all.insert(entry.key.clone(), SecretPlace { from, since, every_ms });
    }
    all
}
