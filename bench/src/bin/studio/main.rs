//! What somebody waits for who opens Studio in a browser that was never there: the first paint,
//! a map of 500 steps that is drawn and moved, a list of very many cases, and a stored entry until
//! it is on the screen. The program and the browser are processes of their own. It must not judge:
//! machines differ, so each figure stands beside one of an empty page in the same run. Options are
//! `--runs N` (100,000), `--steps N` (500), `--binary PATH` and `--folder PATH` (kept, and used
//! again). The last line is JSON.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bench::fill;
use bench::program::{Up, beside, project, said, token};
use serde_json::{Value, json};
use store::SqliteStore;

type Fault = Box<dyn Error + Send + Sync>;

const CHROMIUM: &str = "/usr/bin/chromium";
const OWNER: &str = "owner@example.com";

fn main() -> Result<(), Fault> {
    let args: Vec<String> = std::env::args().collect();
    let given = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1).cloned()
    };
    let number = |name: &str, default: usize| {
        given(name).and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (runs, steps) = (number("--runs", 100_000), number("--steps", 500));
    let binary = match given("--binary") {
        Some(path) => PathBuf::from(path),
        None => beside()?,
    };
    let scratch = tempfile::tempdir()?;
    let folder = given("--folder").map_or_else(|| scratch.path().join("desk"), PathBuf::from);
    if !folder.join("flightdeck.yaml").is_file() {
        said(&binary, Path::new("."), &["new", &folder.to_string_lossy()])?;
    }
    let store = SqliteStore::open(&folder.join(".flightdeck"))?;
    let there: u64 = store.reader().tally()?.iter().map(|(.., n)| n).sum();
    let missing = runs.saturating_sub(usize::try_from(there)?);
    fill::fill(&store, missing, 2_000.min(missing))?;
    drop(store);
    // A map that long is drawn, and its problem shown; cases are opened of one that can run.
    std::fs::write(folder.join("workflows/long.md"), map("long", steps))?;
    std::fs::write(folder.join("workflows/short.md"), map("short", 8))?;
    let token = token(&binary, &folder, OWNER)?;
    let up = Up::start(&binary, &folder)?;
    let link = ["access", "link", OWNER, "--at", &up.url, "--json"];
    let link: Value = serde_json::from_str(&said(&binary, &folder, &link)?)?;
    let link = link.get("url").and_then(Value::as_str).ok_or("there is no link")?;
    let asked = json!({
        "url": up.url, "link": link, "chromium": CHROMIUM, "runs": runs, "steps": steps,
        "token": token, "modules": project().join("studio/package.json"),
        "dist": project().join("studio/dist"),
    });
    let told = scratch.path().join("asked.json");
    std::fs::write(&told, asked.to_string())?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("studio/measure.mjs");
    let measured = Command::new("node").arg(script).arg(&told).stderr(Stdio::inherit()).output()?;
    std::io::stdout().write_all(&measured.stdout)?;
    match measured.status.success() {
        true => Ok(()),
        false => Err("the browser's measures came to no end".into()),
    }
}

/// A map of so many steps, with ways apart and together again.
fn map(name: &str, steps: usize) -> String {
    let mut text = format!("---\nworkflow: {name}\n");
    text.push_str(
        "purpose: Be long enough to be measured. It does nothing.\n\
         accountable: owner@example.com\noverride: lead\nrisk: low\nautonomy: act\n\
         case: { one: number, from: inside, fields: { amount: number } }\n\
         limits: { case: { cost: 0.10 EUR, days: 10 }, day: { cost: 5 EUR, cases: 200 } }\n\
         baseline: { minutes: 6, cases_per_week: 40 }\non_failure: { then: stop }\nsteps:\n",
    );
    for n in 0..steps {
        let (here, next, far) = (step(n), step(n + 1), step((n + 7).min(steps)));
        let one = match n % 4 {
            0 => format!(
                "  - step: {here}\n    decide:\n      who: lead\n      basis: A measure\n      \
                 first:\n        - {{ when: \"case.amount > {n}\", go: {far} }}\n      otherwise: \
                 {next}\n"
            ),
            _ => format!("  - step: {here}\n    wait: {{ for: 1 minute }}\n"),
        };
        text.push_str(&one);
    }
    let last = step(steps);
    text.push_str(&format!(
        "  - step: {last}\n    end: done\nexceptions:\n  - {{ what: no amount, when: \
         \"case.amount < 0\", go: {last} }}\n---\n# Long\n"
    ));
    text
}

fn step(n: usize) -> String {
    format!("step_{n}")
}
