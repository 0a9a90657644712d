//! A table that says what shows each of its rows must name tests that are there. It must not judge
//! whether a test shows enough.

use std::collections::BTreeSet;

use super::{Report, Tree};

/// The documents whose tables end with a column of tests.
const TABLES: &[&str] = &["decisions/workflowos-parity.md"];
/// What a row says that no test shows.
const WITHOUT: &[&str] = &["missing", "refused"];

pub(super) fn check(tree: &Tree, report: &mut Report) {
    let tests: BTreeSet<&str> = tree.ending(&[".rs"]).flat_map(|(_, text)| names(text)).collect();
    for path in TABLES {
        for (n, line) in tree.get(path).unwrap_or_default().lines().enumerate() {
            let cells = line.trim().trim_matches('|').split('|').map(str::trim);
            let cells: Vec<&str> = cells.collect();
            let [_, _, shown] = cells.as_slice() else { continue };
            if !line.starts_with('|') || *shown == "test" || shown.starts_with("---") {
                continue;
            }
            let named: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
            for name in named.iter().filter(|name| !tests.contains(*name)) {
                report.add(path, n + 1, "docs", format!("there is no test `{name}`"));
            }
            if named.is_empty() && !WITHOUT.contains(shown) {
                report.add(path, n + 1, "docs", "name a test, or say `missing` or `refused`");
            }
        }
    }
}

/// The names of the tests of a file: what stands behind `#[test]` or `#[tokio::test]`.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split("test]").skip(1).filter_map(|rest| {
        let (_, rest) = rest.split_once("fn ")?;
        rest.split('(').next()
    })
}
