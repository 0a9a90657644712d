//! A table that says what shows each of its rows must name tests that are there. It must not judge
//! whether a test shows enough.

use std::collections::BTreeSet;

use super::{Report, Tree};

/// The documents whose tables end with a column of tests.
const TABLES: &[&str] = &["decisions/workflowos-parity.md"];
/// What a row says that no test shows.
const WITHOUT: &[&str] = &["missing", "refused"];

pub(super) fn check(tree: &Tree, report: &mut Report) {
    let tests = tree.ending(&[".rs"]).flat_map(|(_, text)| names(text).map(str::to_owned));
    let tests: BTreeSet<String> = tests.chain(walked(tree)).collect();
    for path in TABLES {
        for (n, line) in tree.get(path).unwrap_or_default().lines().enumerate() {
            let cells = line.trim().trim_matches('|').split('|').map(str::trim);
            let cells: Vec<&str> = cells.collect();
            let [_, _, shown] = cells.as_slice() else { continue };
            if !line.starts_with('|') || *shown == "test" || shown.starts_with("---") {
                continue;
            }
            let named: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
            for name in named.iter().filter(|name| !tests.contains(**name)) {
                report.add(path, n + 1, "docs", format!("there is no test `{name}`"));
            }
            if named.is_empty() && !WITHOUT.contains(shown) {
                report.add(path, n + 1, "docs", "name a test, or say `missing` or `refused`");
            }
        }
    }
}

/// The parts of the browser's walk, as `map.mjs: together`.
fn walked(tree: &Tree) -> impl Iterator<Item = String> {
    tree.ending(&[".mjs"]).flat_map(|(path, text)| {
        let file = path.rsplit('/').next().unwrap_or(path);
        let parts = text.split("async function ").skip(1).filter_map(|rest| rest.split('(').next());
        parts.map(move |part| format!("{file}: {part}"))
    })
}

/// The names of the tests of a file: what stands behind `#[test]` or `#[tokio::test]`.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split("test]").skip(1).filter_map(|rest| {
        let (_, rest) = rest.split_once("fn ")?;
        rest.split('(').next()
    })
}
