//! `secrets` of `flightdeck.yaml`: where the value behind each name comes from, and how old it may
//! get. It never holds a value.

use std::collections::BTreeMap;

use crate::codes;
use crate::keys;
use crate::problem::{Cx, Found};
use crate::read::scalars::Fields;
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
    /// What a program prints, such as the one of a vault.
    Command(Vec<String>),
    /// A file that is encrypted with `age`, and the file with the key to it. `~/` before either is
    /// the home of whoever runs the program.
    Age {
        file: String,
        identity: String,
    },
    /// An entry of the keyring of this machine.
    Keyring {
        service: String,
        account: String,
    },
}

/// The keys that say where a secret comes from. Without any of them it is the environment.
const PLACES: &[&str] = &["file", "command", "age", "keyring"];

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
        if PLACES.iter().filter(|place| fields.get(place).is_some()).count() > 1 {
            let what = "a secret comes from one place: `file`, `command`, `age` or `keyring`";
            cx.add::<()>(Found::new(&codes::KIND, &entry.value.at, what));
            continue;
        }
        let Some(from) = from(cx, &fields) else { continue };
        let since = fields.get("since").and_then(|n| super::people::date(cx, n));
        let every_ms = fields.get("every").and_then(|n| cx.duration(n));
        all.insert(entry.key.clone(), SecretPlace { from, since, every_ms });
    }
    all
}

/// Where one secret comes from. What is not as it should be is a problem by now.
fn from(cx: &Cx<'_>, fields: &Fields<'_>) -> Option<From> {
    let two = |node, shape, (first, second): (&str, &str)| {
        let fields = cx.fields(node, shape)?;
        let text = |name: &str| fields.get(name).and_then(|n| cx.text(n));
        text(first).zip(text(second))
    };
    if let Some(node) = fields.get("file") {
        return cx.text(node).map(From::File);
    }
    if let Some(node) = fields.get("command") {
        let line: Vec<String> = cx.list(node)?.iter().filter_map(|n| cx.text(n)).collect();
        if line.is_empty() {
            let what = "no program stands in `command`";
            return cx.add(Found::new(&codes::KIND, &node.at, what));
        }
        return Some(From::Command(line));
    }
    if let Some(node) = fields.get("age") {
        let (file, identity) = two(node, &keys::AGE, ("file", "identity"))?;
        return Some(From::Age { file, identity });
    }
    if let Some(node) = fields.get("keyring") {
        let (service, account) = two(node, &keys::KEYRING, ("service", "account"))?;
        return Some(From::Keyring { service, account });
    }
    Some(From::Environment)
}

#[cfg(test)]
mod tests;
