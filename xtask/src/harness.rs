//! The crash harness and the benchmark, which are programs of their own in `bench/`. Arguments
//! after the command's name go to them as they are.

use std::path::Path;

use crate::shell;

/// Kills, power cuts and saboteurs. Optimised, so that a driver is soon up to be killed again.
pub fn crash(root: &Path) -> Result<(), String> {
    run(root, &["run", "-q", "--release", "-p", "bench", "--bin", "crash", "--"])
}

/// Ratios in one run, with the optimised build.
pub fn bench(root: &Path) -> Result<(), String> {
    run(root, &["run", "-q", "--release", "-p", "bench", "--bin", "bench", "--"])
}

/// What guarding costs and finds.
pub fn guard(root: &Path) -> Result<(), String> {
    run(root, &["run", "-q", "--release", "-p", "bench", "--bin", "guard"])
}

/// How long questions take that are put to a store of a million runs.
pub fn million(root: &Path) -> Result<(), String> {
    let build = ["build", "-q", "--release", "-p", "flightdeck", "--bin", "flightdeck"];
    shell::run(root, &shell::cargo(), &build)?;
    run(root, &["run", "-q", "--release", "-p", "bench", "--bin", "million", "--"])
}

fn run(root: &Path, cargo: &[&str]) -> Result<(), String> {
    let own: Vec<String> = std::env::args().skip(2).collect();
    let args: Vec<&str> = cargo.iter().copied().chain(own.iter().map(String::as_str)).collect();
    shell::run(root, &shell::cargo(), &args)
}
