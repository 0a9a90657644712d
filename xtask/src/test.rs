//! `cargo xtask test`: everything that has to hold before a change is handed over, in the order
//! in which it fails fastest.

use std::path::Path;
use std::time::Instant;

use crate::{install, product, say, shell, tidy};

/// Runs all of it and ends with a line of figures.
pub fn run(root: &Path, commands: &[&str]) -> Result<(), String> {
    let start = Instant::now();
    let cargo = shell::cargo();
    let report = tidy::run(root, commands)?;
    shell::run(root, &cargo, &["fmt", "--all", "--check"])?;
    install::mcp_servers(root)?;
    install::schemathesis(root)?;
    // The programs are built with the tests, once and with the same features: a build of their own
    // would compile half of what they stand on a second time.
    shell::run(root, &cargo, &["test", "--workspace", "--no-run"])?;
    shell::run(root, &product::binary(root, "flightdeck"), &["model", "install"])?;
    let lints = ["clippy", "-q", "--workspace", "--all-targets", "--", "-D", "warnings"];
    shell::run(root, &cargo, &lints)?;
    let (text, code) = tests(root, &cargo)?;
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

/// What runs beside what: tests of rooms keep a processor busy, and those of whole programs leave
/// one idle while they wait for what they started.
const BESIDE: &[&[&[&str]]] = &[&[&["--lib"], &["--doc"]], &[&["--bins", "--test", "*"]]];

/// Runs every test. Gives what was said, and a code other than 0 where one failed.
fn tests(root: &Path, cargo: &str) -> Result<(String, i32), String> {
    // The simulation and the long lists at full length; `cargo test` alone takes a part of them.
    let long = r#"env.FLIGHTDECK_LONG="1""#;
    let all = ["test", "--workspace", "--no-fail-fast", "--config", long];
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
