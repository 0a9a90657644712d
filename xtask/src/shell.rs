//! Other programs, run with their output on this terminal. It must not hide what it runs: every
//! command is printed before it starts.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{product, say};

/// The cargo that runs this.
pub fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// A program in a folder. The local model is put below `target/` and shared by all commands, unless
/// the environment names another place.
fn program(folder: &Path, program: &str, args: &[&str]) -> Command {
    say::warn(&format!("$ {} {}", name(program), args.join(" ")));
    let mut command = Command::new(program);
    command.args(args).current_dir(folder);
    // What `cargo run` says of this program is none of another's business, and some build scripts
    // take it for a change and build all that stands on them anew.
    let of_this =
        |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(of_this)) {
        command.env_remove(name);
    }
    if std::env::var_os("FLIGHTDECK_MODELS").is_none() {
        command.env("FLIGHTDECK_MODELS", product::target(&crate::root()).join("models"));
    }
    command
}

/// Runs a program to its end and gives its exit code.
pub fn code(folder: &Path, name: &str, args: &[&str]) -> Result<i32, String> {
    let status = program(folder, name, args).status();
    let status = status.map_err(|e| format!("`{name}` cannot be started: {e}"))?;
    Ok(status.code().unwrap_or(-1))
}

/// Runs a program that has to succeed.
pub fn run(root: &Path, program: &str, args: &[&str]) -> Result<(), String> {
    match code(root, program, args)? {
        0 => Ok(()),
        code => Err(format!("`{} {}` ended with {code}", name(program), args.join(" "))),
    }
}

/// Runs a program and gives what it wrote to its standard output, and its exit code.
pub fn read(folder: &Path, name: &str, args: &[&str]) -> Result<(String, i32), String> {
    let output = program(folder, name, args).stderr(Stdio::inherit()).output();
    let output = output.map_err(|e| format!("`{name}` cannot be started: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((text, output.status.code().unwrap_or(-1)))
}

/// Runs a program and hands on each line of its standard output as it comes. Gives its exit code.
pub fn lines(
    folder: &Path,
    name: &str,
    args: &[&str],
    mut each: impl FnMut(&str),
) -> Result<i32, String> {
    let failed = |e: std::io::Error| format!("`{name}` cannot be run: {e}");
    let mut command = program(folder, name, args);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).lines() {
            each(&line.map_err(failed)?);
        }
    }
    Ok(child.wait().map_err(failed)?.code().unwrap_or(-1))
}

/// The program's name without the folders before it.
fn name(program: &str) -> &str {
    program.rsplit(['/', '\\']).next().unwrap_or(program)
}
