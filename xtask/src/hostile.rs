//! `cargo xtask hostile`, `reviews` and `erase`: suites of the product's own tests, run longer than
//! each test run does. The first lets a model that always obeys attack an office, with every
//! attack put before a reviewer too. The second plays every sequence of three moves of a request to
//! a person, with the driver dying within each, and ten thousand longer ones at random. The third
//! takes one person's contents out of 100,000 cases. The last line is the suite's figures.

use std::path::Path;

use crate::say::say;
use crate::shell;

pub fn erase(root: &Path) -> Result<(), String> {
    let test = ["-p", "erp-stand-in", "--test", "it", "erase::one_persons"];
    suite(root, "env.FLIGHTDECK_ERASE=\"100000\"", &test)
}

pub fn run(root: &Path) -> Result<(), String> {
    let build = ["build", "--quiet", "-p", "flightdeck", "-p", "erp-stand-in"];
    shell::run(root, &shell::cargo(), &build)?;
    let test = ["-p", "erp-stand-in", "--test", "it", "hostile::"];
    suite(root, "env.FLIGHTDECK_HOSTILE=\"all\"", &test)
}

pub fn reviews(root: &Path) -> Result<(), String> {
    suite(root, "env.FLIGHTDECK_REVIEWS=\"10000\"", &["-p", "engine", "--lib", "tests::reviews::"])
}

/// Weeks on a clock that jumps, and how long it takes from what begins a case to its first act.
pub fn starts(root: &Path) -> Result<(), String> {
    let it = |test| ["--test", "it", test];
    suite(root, "env.FLIGHTDECK_WEEKS=\"300\"", &it("week::"))?;
    suite(root, "env.FLIGHTDECK_BEGINNINGS=\"20\"", &it("hooks::first_act::how_long"))
}

fn suite(root: &Path, wish: &str, test: &[&str]) -> Result<(), String> {
    let before = ["--config", wish, "test", "--quiet", "-p", "flightdeck"];
    let after = ["--", "--nocapture", "--test-threads", "1"];
    let args = [&before[..], test, &after].concat();
    let (said, code) = shell::read(root, &shell::cargo(), &args)?;
    if code != 0 {
        return Err(format!("the suite does not hold:\n{said}"));
    }
    let figures = said.lines().find_map(|line| line.find('{').and_then(|at| line.get(at..)));
    say(figures.ok_or("the suite printed no figures")?);
    Ok(())
}
