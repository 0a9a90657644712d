//! `cargo xtask conformance`: the protocol's own suite looks at our client. Every scenario that a
//! version of the protocol requires of a client runs against the pool, whatever fails is listed,
//! and a failure that nobody expects fails the command. It must not leave a scenario out.

use std::path::Path;

use crate::say::say;
use crate::{product, shell};

/// The suite, and a runtime new enough for it.
pub const PACKAGES: &[&str] = &["@modelcontextprotocol/conformance@0.2.0-alpha.12", "node@22"];
pub const REQUIREMENTS: &[&str] = &["2025-11-25", "2026-07-28"];

/// Scenarios that are known to fail, by version and name. This list only gets shorter.
const EXPECTED: &[(&str, &str)] = &[];

pub fn run(root: &Path) -> Result<(), String> {
    let target = product::target(root);
    let home = target.join("conformance");
    std::fs::create_dir_all(&home).map_err(|e| format!("`{}`: {e}", home.display()))?;
    if !home.join("node_modules/.bin/conformance").exists() {
        let quiet = ["install", "--no-audit", "--no-fund", "--silent", "--prefix", "."];
        shell::run(&home, "npm", &[&quiet[..], PACKAGES].concat())?;
    }
    // With the product beside it the crates are those that are built already.
    let build = ["build", "--quiet", "-p", "flightdeck", "-p", "tools", "--example", "conformance"];
    shell::run(root, &shell::cargo(), &build)?;
    let client = target.join("debug/examples/conformance").to_string_lossy().into_owned();
    let (mut figures, mut lost) = (Vec::new(), Vec::new());
    for version in REQUIREMENTS {
        let (passed, failed) = scored(&home, version, &client)?;
        for name in &failed {
            say(&format!("{version}: `{name}` fails"));
        }
        lost.extend(unexpected(version, &failed, EXPECTED));
        let (all, names) = (passed + failed.len(), serde_json::json!(failed));
        figures.push(format!(
            r#""{version}":{{"client":{{"scored":{all},"passed":{passed},"failed":{names}}}}}"#
        ));
    }
    say(&format!("{{{}}}", figures.join(",")));
    match lost.as_slice() {
        [] => Ok(()),
        lost => Err(format!("the client does not conform any more: {}", lost.join(", "))),
    }
}

/// The failures that nobody knew of.
fn unexpected(version: &str, failed: &[String], expected: &[(&str, &str)]) -> Vec<String> {
    let lost = failed.iter().filter(|name| !expected.contains(&(version, name.as_str())));
    lost.map(|name| format!("`{name}` of {version}")).collect()
}

/// How many scored client scenarios pass, and which fail.
fn scored(home: &Path, version: &str, client: &str) -> Result<(usize, Vec<String>), String> {
    let suite = "node_modules/.bin/conformance";
    let node = home.join("node_modules/.bin/node").to_string_lossy().into_owned();
    let (listed, _) = shell::read(home, &node, &[suite, "list", "--requirements", version])?;
    let (mut passed, mut failed) = (0, Vec::new());
    for name in required(&listed) {
        let args = [suite, "client", "--command", client, "--scenario", name];
        let (said, code) =
            shell::read(home, &node, &[&args[..], &["--spec-version", version]].concat())?;
        if code == 0 {
            passed += 1;
        } else {
            say(&said);
            failed.push(name.to_owned());
        }
    }
    if passed + failed.len() == 0 {
        return Err(format!("the suite lists no scenario for {version}"));
    }
    Ok((passed, failed))
}

/// The names below the heading of client scenarios, up to the next empty line.
fn required(listed: &str) -> impl Iterator<Item = &str> {
    let below = listed.lines().skip_while(|line| !line.starts_with("Client scenarios")).skip(1);
    below.map_while(|line| line.trim().strip_prefix("- "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_expected_of_its_own_version_alone() {
        let failed = ["ping".to_owned(), "auth/one".to_owned()];
        let lost = |version| unexpected(version, &failed, &[("2025-11-25", "ping")]);
        assert_eq!(lost("2025-11-25"), ["`auth/one` of 2025-11-25"]);
        assert_eq!(lost("2026-07-28").len(), 2);
    }

    #[test]
    fn only_what_is_scored_of_a_client_is_required() {
        let listed = "Server scenarios (x):\n  - ping\n\nClient scenarios (y):\n  - initialize\n  \
                      - auth/one\n\nRun and reported:\n  extension (1):\n    - other [client]\n";
        assert_eq!(required(listed).collect::<Vec<_>>(), ["initialize", "auth/one"]);
    }
}
