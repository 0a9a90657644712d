//! The crash harness and the benchmark, which are programs of their own in `bench/`. Arguments
//! after the command's name go to them as they are.

use std::path::Path;

use crate::shell;

/// Kills, power cuts and saboteurs. Optimised, so that a driver is soon up to be killed again.
pub fn crash(root: &Path) -> Result<(), String> {
    run(root, &["run", "-q", "--release", "-p", "bench", "--bin", "crash", "--"], 2)
}

/// Ratios in one run, with the optimised build.
pub fn bench(root: &Path) -> Result<(), String> {
    let named = std::env::args().nth(2);
    let Some(bin) = OTHERS.iter().find(|(name, _)| named.as_deref() == Some(*name)) else {
        return run(root, &["run", "-q", "--release", "-p", "bench", "--bin", "bench", "--"], 2);
    };
    if bin.0 == "studio" {
        crate::studio::run(root)?;
        crate::studio::chromium(root)?;
    }
    if bin.0 != "credential" {
        // These measure the program itself, as a process of its own.
        let build = ["build", "-q", "--release", "-p", "flightdeck"];
        shell::run(root, &shell::cargo(), &build)?;
    }
    run(root, &["run", "-q", "--release", "-p", "bench", "--bin", bin.0, "--"], 3)
}

/// What guarding costs and finds.
pub fn guard(root: &Path) -> Result<(), String> {
    run(root, &["run", "-q", "--release", "-p", "bench", "--bin", "guard"], 2)
}

/// How long questions take that are put to a store of a million runs.
pub fn million(root: &Path) -> Result<(), String> {
    let build = ["build", "-q", "--release", "-p", "flightdeck", "--bin", "flightdeck"];
    shell::run(root, &shell::cargo(), &build)?;
    run(root, &["run", "-q", "--release", "-p", "bench", "--bin", "million", "--"], 2)
}

/// What `cargo xtask bench NAME` measures besides.
const OTHERS: &[(&str, &str)] = &[
    ("api", "the HTTP interface with sign-in on, and events"),
    ("proof", "checking evidence: entries a second, sealing, and SHA-256 alone beside it"),
    ("studio", "Studio in a browser: first paint, a long map, a long list, an entry on the screen"),
    ("credential", "credentials verified in a second, beside the bare signature"),
    (
        "telemetry",
        "cases with a collector that takes all, with one that never answers, and without",
    ),
];

fn run(root: &Path, cargo: &[&str], skip: usize) -> Result<(), String> {
    let own: Vec<String> = std::env::args().skip(skip).collect();
    let args: Vec<&str> = cargo.iter().copied().chain(own.iter().map(String::as_str)).collect();
    shell::run(root, &shell::cargo(), &args)
}
