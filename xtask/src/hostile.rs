//! `cargo xtask hostile`: the whole suite of the model that always obeys. The suite is one of the
//! product's tests; here it runs with every attack put before a reviewer too, and its last line is
//! its figures.

use std::path::Path;

use crate::say::say;
use crate::shell;

pub fn run(root: &Path) -> Result<(), String> {
    let build = ["build", "--quiet", "-p", "flightdeck", "-p", "erp-stand-in"];
    shell::run(root, &shell::cargo(), &build)?;
    let test = ["test", "--quiet", "-p", "flightdeck", "-p", "erp-stand-in", "--test", "it"];
    let only = ["hostile::", "--", "--nocapture", "--test-threads", "1"];
    let all = ["--config", "env.FLIGHTDECK_HOSTILE=\"all\""];
    let (said, code) = shell::read(root, &shell::cargo(), &[&all[..], &test, &only].concat())?;
    if code != 0 {
        return Err(format!("the suite found harm, or lost honest work:\n{said}"));
    }
    let figures = said.lines().find(|line| line.starts_with('{'));
    say(figures.ok_or("the suite printed no figures")?);
    Ok(())
}
