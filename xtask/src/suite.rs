//! The server side of the protocol's own suite: every scenario that a version of the protocol
//! requires of a server, against the operations (`mcp serve`), a fixture that has the tools the
//! suite wants, and the gateway in front of it. What does not apply or may fail, and why, is a
//! list; whatever else fails, or passes although it is listed, ends the command. It must not know
//! a scenario.

use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::conformance::{PACKAGES, REQUIREMENTS};
use crate::say::say;
use crate::serving::{self, Desk, Serving, Tools, at, text_at};
use crate::shell;

/// What does not apply and what is known to fail, each with its reason.
const KNOWN: &str = include_str!("suite/known.txt");

/// In place of a check, where a scenario left none.
const EVERYTHING: &str = "everything";

/// Any text; it is the same on both sides.
const TOKEN: &str = "a-token-that-only-the-suite-is-shown";

/// The tools of the fixture that the gateway offers. `test_streaming_elicitation` is none of them:
/// its call waits for a person, and with it every later call of the suite's one agent.
const OFFERED: &[&str] = &[
    "test_simple_text",
    "test_image_content",
    "test_audio_content",
    "test_embedded_resource",
    "test_multiple_content_types",
    "test_error_handling",
    "test_tool_with_logging",
    "test_tool_with_progress",
    "test_logging_tool",
    "test_sampling",
    "test_elicitation",
    "test_elicitation_sep1034_defaults",
    "test_elicitation_sep1330_enums",
    "test_missing_capability",
];

pub fn run(root: &Path) -> Result<(), String> {
    let home = serving::home(root)?;
    if !home.join("node_modules/.bin/conformance").exists() {
        let quiet = ["install", "--no-audit", "--no-fund", "--silent", "--prefix", "."];
        shell::run(&home, "npm", &[&quiet[..], PACKAGES].concat())?;
    }
    let (product, fixture) = serving::build(root)?;
    let mut figures = Map::new();
    let mut wrong = Vec::new();
    for version in REQUIREMENTS {
        let mut counts = Map::new();
        for side in ["fixture", "gateway", "serve"] {
            let results = against(&home, root, side, version, &product, &fixture)?;
            let (count, other) = judged(&results, &known(KNOWN, side, version));
            say(&format!("{version} {side}: {count}"));
            wrong.extend(other.iter().map(|what| format!("{version} {side}: {what}")));
            counts.insert(side.to_owned(), count);
        }
        figures.insert((*version).to_owned(), Value::Object(counts));
    }
    say(&Value::Object(figures).to_string());
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// What a scenario came to: its name, and the checks that failed.
type Outcome = (String, Vec<String>);

/// The figures of one server, and what is not as the list says.
fn judged(results: &[Outcome], known: &[Known<'_>]) -> (Value, Vec<String>) {
    let (mut apart, mut passed, mut failed, mut wrong) =
        (Vec::new(), 0_u32, Vec::new(), Vec::new());
    for (name, checks) in results {
        let of = |entry: &&Known<'_>| entry.scenario == name;
        let mine: Vec<&Known<'_>> = known.iter().filter(of).collect();
        if mine.iter().any(|entry| entry.apart) {
            apart.push(name.as_str());
            continue;
        }
        for check in checks {
            if !mine.iter().any(|entry| entry.check == check) {
                wrong.push(format!("`{name}` fails: {check}"));
            }
        }
        for entry in &mine {
            match checks.iter().any(|check| check == entry.check) {
                true => say(&format!("  `{name}`, {}: {}", entry.check, entry.why)),
                false => wrong.push(format!("`{name}` passes `{}` now", entry.check)),
            }
        }
        match checks.is_empty() {
            true => passed += 1,
            false => failed.push(name.as_str()),
        }
    }
    let apply = results.len() - apart.len();
    let figures = json!({ "scored": results.len(), "apply": apply, "passed": passed,
        "failed": failed, "do_not_apply": apart.len() });
    (figures, wrong)
}

/// Runs a version's scenarios against one server.
fn against(
    home: &Path,
    root: &Path,
    side: &str,
    version: &str,
    product: &str,
    fixture: &str,
) -> Result<Vec<Outcome>, String> {
    let env = [("FIXTURE_TOKEN", TOKEN)];
    let behind = || Serving::start(home, &[fixture, TOKEN], &[]);
    // What stands behind goes when this ends, in the order in which it came.
    let (serving, url, token, _behind) = match side {
        "serve" => {
            let example = root.join("examples/back-office");
            let data = home.join("serve-data").to_string_lossy().into_owned();
            let line = [product, "mcp", "serve", "--http", "--json", "--data", &data];
            let serving = Serving::start(&example, &line, &[])?;
            let said: Value = serde_json::from_str(&serving.said).map_err(|e| e.to_string())?;
            let (url, token) = (text_at(&said, "/url"), text_at(&said, "/token"));
            (serving, url, token, None)
        }
        "fixture" => {
            let serving = behind()?;
            let url = serving.said.clone();
            (serving, url, TOKEN.to_owned(), None)
        }
        _ => {
            let behind = behind()?;
            let headers = json!({ "Authorization": "Bearer ${FIXTURE_TOKEN}" });
            let entry = json!({ "type": "http", "url": behind.said, "headers": headers });
            let servers = json!({ "mcpServers": { "fixture": entry } });
            let tools = Tools { server: "fixture", reads: OFFERED.to_vec(), writes: Vec::new() };
            let desk = Desk::new(product, home.join("desk"), &servers, &[tools], &env)?;
            let (serving, url, token) = desk.gateway(&env)?;
            (serving, url, token, Some(behind))
        }
    };
    // The suite shows no token, so a door stands before each server that shows it.
    let node = home.join("node_modules/.bin/node").to_string_lossy().into_owned();
    let script = root.join("xtask/src/suite/door.mjs").to_string_lossy().into_owned();
    let door = Serving::start(home, &[&node, &script, &url, &token], &[])?;
    let results = scored(home, &node, version, &door.said);
    drop((door, serving));
    results
}

fn scored(home: &Path, node: &str, version: &str, url: &str) -> Result<Vec<Outcome>, String> {
    let results = home.join("results");
    if results.exists() {
        std::fs::remove_dir_all(&results).map_err(|e| format!("`{}`: {e}", results.display()))?;
    }
    let suite = "node_modules/.bin/conformance";
    let (listed, _) = shell::read(home, node, &[suite, "list", "--requirements", version])?;
    let mut command = Command::new(node);
    command.args([suite, "server", "--url", url, "--requirements", version, "-o", "results"]);
    let said = command.current_dir(home).output().map_err(|e| format!("`{node}`: {e}"))?;
    let complaint = String::from_utf8_lossy(&said.stderr).into_owned();
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let all: Vec<Outcome> =
        required(&listed).map(|name| (name.to_owned(), failing(&results, name))).collect();
    if all.is_empty() {
        return Err(format!("the suite lists no scenario for {version}: {said}"));
    }
    // A suite that ends early leaves nothing of its last scenarios, and may say why.
    if all.iter().any(|(_, failed)| failed.iter().any(|check| check == EVERYTHING)) {
        say(&complaint);
    }
    Ok(all)
}

/// The names below the heading of server scenarios, up to the next empty line.
fn required(listed: &str) -> impl Iterator<Item = &str> {
    let below = listed.lines().skip_while(|line| !line.starts_with("Server scenarios")).skip(1);
    below.map_while(|line| line.trim().strip_prefix("- "))
}

/// The checks of a scenario that failed. One that left none has failed as a whole.
fn failing(results: &Path, name: &str) -> Vec<String> {
    let start = format!("server-{name}-");
    let folders = std::fs::read_dir(results).into_iter().flatten().flatten();
    let mut found = folders.filter(|folder| {
        // The time follows the name, and another scenario's name may begin like this one.
        let folder = folder.file_name().to_string_lossy().into_owned();
        folder.strip_prefix(&start).is_some_and(|rest| rest.starts_with(char::is_numeric))
    });
    let text =
        found.next().map(|folder| std::fs::read_to_string(folder.path().join("checks.json")));
    let checks: Vec<Value> =
        serde_json::from_str(&text.and_then(Result::ok).unwrap_or_default()).unwrap_or_default();
    if checks.is_empty() {
        return vec![EVERYTHING.to_owned()];
    }
    let failed = checks.iter().filter(|check| at(check, "/status") == "FAILURE");
    let mut ids: Vec<String> = failed.map(|check| text_at(check, "/id")).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// A line of the list.
#[derive(Debug)]
struct Known<'a> {
    scenario: &'a str,
    /// It is about something that this server does not offer.
    apart: bool,
    /// The check that fails, where it does apply.
    check: &'a str,
    why: &'a str,
}

/// The lines about one server and version: `SERVER VERSION SCENARIO CHECK: WHY`. `*` is every
/// version, and `apart` in place of a check says that the scenario does not apply.
fn known<'a>(list: &'a str, side: &str, version: &str) -> Vec<Known<'a>> {
    let line = |line: &'a str| {
        let (what, why) = line.split_once(": ")?;
        let mut words = what.split(' ');
        let about = words.next() == Some(side);
        let when = words.next().is_some_and(|word| word == "*" || word == version);
        let (scenario, check) = (words.next()?, words.next()?);
        (about && when).then_some(Known { scenario, apart: check == "apart", check, why })
    };
    list.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_scored_of_a_server_is_required() {
        let listed = "Required:\n\nServer scenarios (x):\n  - ping\n  - tools-list\n\nClient \
                      scenarios (y):\n  - initialize\n";
        assert_eq!(required(listed).collect::<Vec<_>>(), ["ping", "tools-list"]);
    }

    #[test]
    fn every_line_of_the_list_is_read_and_has_a_reason() {
        for line in KNOWN.lines().filter(|line| !line.starts_with('#')) {
            let read = |(side, version): (&str, &str)| {
                known(line, side, version).iter().any(|entry| entry.why.len() > 10)
            };
            let sides = ["fixture", "gateway", "serve"];
            let mut all = sides.iter().flat_map(|side| REQUIREMENTS.iter().map(|v| (*side, *v)));
            assert!(all.any(read), "{line}");
        }
    }

    #[test]
    fn what_is_not_as_listed_is_said() {
        let list = "serve * a apart: it has none\nserve 2026-07-28 b one: by choice\n\
                    serve 2025-11-25 c one: at that time";
        let known = known(list, "serve", "2026-07-28");
        let outcome = |name: &str, checks: &[&str]| {
            (name.to_owned(), checks.iter().map(|check| (*check).to_owned()).collect())
        };
        let check = |b: &[&str], c: &[&str], expected: &[&str]| {
            let results = [outcome("a", &["any"]), outcome("b", b), outcome("c", c)];
            assert_eq!(judged(&results, &known).1, expected);
        };
        check(&["one"], &[], &[]);
        check(&["one", "two"], &[], &["`b` fails: two"]);
        check(&[], &["one"], &["`b` passes `one` now", "`c` fails: one"]);
    }
}
