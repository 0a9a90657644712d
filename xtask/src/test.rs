//! `cargo xtask test`: everything that has to hold before a change is handed over, in the order
//! in which it fails fastest.

use std::path::Path;
use std::time::Instant;

use crate::{install, product, say, shell, studio, tidy};

/// Runs all of it and ends with a line of figures.
pub fn run(root: &Path, commands: &[&str]) -> Result<(), String> {
    let start = Instant::now();
    let cargo = shell::cargo();
    let report = tidy::run(root, commands)?;
    shell::run(root, &cargo, &["fmt", "--all", "--check"])?;
    studio::run(root)?;
    install::mcp_servers(root)?;
    install::schemathesis(root)?;
    install::receivers(root)?;
    install::identity(root)?;
    let lints = lints()?;
    let all: Vec<&str> = ["test", "--workspace"].into_iter().chain(lints.args()).collect();
    // The programs are built with the tests, once and with the same features: a build of their own
    // would compile half of what they stand on a second time.
    shell::run(root, &cargo, &[&all[..], &["--no-run"]].concat())?;
    shell::run(root, &product::binary(root, "flightdeck"), &["model", "install"])?;
    let (text, code) = tests(root, &cargo, &all)?;
    let (passed, failed) = counts(&text);
    if code != 0 {
        say::warn(&text);
    }
    say::say(&format!("{passed} passed, {failed} failed"));
    say::say(&format!(
        r#"{{"tests":{passed},"failed":{failed},"lines":{},"packages":{},"seconds":{}}}"#,
        report.lines,
        report.packages,
        start.elapsed().as_secs()
    ));
    if code == 0 { Ok(()) } else { Err(format!("{failed} tests failed")) }
}

/// Tries the HTTP interface alone: against its own description, who gets in, and what each role may
/// do at each operation of each workspace.
pub fn api(root: &Path) -> Result<(), String> {
    install::schemathesis(root)?;
    install::mcp_servers(root)?;
    install::receivers(root)?;
    install::identity(root)?;
    some(root, &[], &["api::", "access::"])
}

/// Sends a run's traces to a collector of other people, and holds them against the conventions.
pub fn collector(root: &Path) -> Result<(), String> {
    install::mcp_servers(root)?;
    install::collector(root)?;
    let asked = r#"env.FLIGHTDECK_COLLECTOR="1""#;
    some(root, &["--config", asked], &["collector::"])
}

/// Runs some of the tests through the built program.
fn some(root: &Path, how: &[&str], which: &[&str]) -> Result<(), String> {
    let start = Instant::now();
    let lints = lints()?;
    let all = ["test", "--package", "flightdeck", "--test", "it"].into_iter().chain(lints.args());
    let all = all.chain(how.iter().copied()).chain(["--"]);
    let all: Vec<&str> = all.chain(which.iter().copied()).collect();
    let (text, code) = shell::read(root, &shell::cargo(), &all)?;
    let (passed, failed) = counts(&text);
    if code != 0 || passed == 0 {
        say::warn(&text);
        return Err(format!("{failed} tests failed"));
    }
    let seconds = start.elapsed().as_secs();
    say::say(&format!(r#"{{"tests":{passed},"failed":{failed},"seconds":{seconds}}}"#));
    Ok(())
}

/// How our own crates are compiled, so that each is linted by the same compilation: a run of clippy
/// by itself would read all that they stand on once more, which takes a third of the whole time.
struct Lints {
    driver: String,
    args: String,
}

impl Lints {
    fn args(&self) -> impl Iterator<Item = &str> {
        ["--config", &self.driver, "--config", &self.args].into_iter()
    }
}

fn lints() -> Result<Lints, String> {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let said = std::process::Command::new(rustc).args(["--print", "sysroot"]).output();
    let said = said.map_err(|e| format!("`rustc` cannot be started: {e}"))?;
    let driver = Path::new(String::from_utf8_lossy(&said.stdout).trim()).join("bin/clippy-driver");
    if !driver.is_file() {
        let fix = "`rustup component add clippy` installs it";
        return Err(format!("`{}` is missing; {fix}", driver.display()));
    }
    Ok(Lints {
        driver: format!("build.rustc-workspace-wrapper={driver:?}"),
        // The form in which `cargo clippy` itself hands lint levels to its compiler.
        args: r#"env.CLIPPY_ARGS="-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__""#.to_owned(),
    })
}

/// What runs beside what: tests of rooms keep a processor busy, and those of whole programs leave
/// one idle while they wait for what they started.
const BESIDE: &[&[&[&str]]] = &[&[&["--lib"], &["--doc"]], &[&["--bins", "--test", "*"]]];

/// Runs every test. Gives what was said, and a code other than 0 where one failed.
fn tests(root: &Path, cargo: &str, all: &[&str]) -> Result<(String, i32), String> {
    // The simulation and the long lists at full length; `cargo test` alone takes a part of them.
    let long = r#"env.FLIGHTDECK_LONG="1""#;
    let all = [all, &["--no-fail-fast", "--config", long]].concat();
    let one_after_the_other = |parts: &[&[&str]]| -> Result<(String, i32), String> {
        let mut said = (String::new(), 0);
        for part in parts {
            let (text, code) = shell::read(root, cargo, &[&all[..], part].concat())?;
            said.0.push_str(&text);
            said.1 = if code == 0 { said.1 } else { code };
        }
        Ok(said)
    };
    std::thread::scope(|scope| {
        let run = |parts: &'static [&[&str]]| scope.spawn(move || one_after_the_other(parts));
        let running: Vec<_> = BESIDE.iter().map(|parts| run(parts)).collect();
        let mut all = (String::new(), 0);
        for run in running {
            let (text, code) = run.join().map_err(|_| "a run of tests broke".to_owned())??;
            all.0.push_str(&text);
            all.1 = if code == 0 { all.1 } else { code };
        }
        Ok(all)
    })
}

/// Sums the lines `test result: ok. 3 passed; 0 failed; ...`.
fn counts(text: &str) -> (u64, u64) {
    let sum = |word: &str| {
        text.lines()
            .filter(|line| line.starts_with("test result:"))
            .flat_map(|line| line.split([';', '.']))
            .filter_map(|part| part.trim().strip_suffix(word)?.trim().parse::<u64>().ok())
            .sum()
    };
    (sum("passed"), sum("failed"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_of_all_binaries_are_added() {
        let text = "test a ... ok\ntest result: ok. 3 passed; 1 failed; 0 ignored; 0 measured\n\
                    test result: FAILED. 4 passed; 2 failed; 0 ignored\n";
        assert_eq!(super::counts(text), (7, 3));
    }
}
