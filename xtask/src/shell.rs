//! Other programs, run with their output on this terminal. It must not hide what it runs: every
//! command is printed before it starts.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::say;

/// The cargo that runs this.
pub fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// Runs a program to its end and gives its exit code.
pub fn code(root: &Path, program: &str, args: &[&str]) -> Result<i32, String> {
    say::warn(&format!("$ {} {}", name(program), args.join(" ")));
    let status = Command::new(program).args(args).current_dir(root).status();
    let status = status.map_err(|e| format!("`{program}` cannot be started: {e}"))?;
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
pub fn read(root: &Path, program: &str, args: &[&str]) -> Result<(String, i32), String> {
    say::warn(&format!("$ {} {}", name(program), args.join(" ")));
    let output =
        Command::new(program).args(args).current_dir(root).stderr(Stdio::inherit()).output();
    let output = output.map_err(|e| format!("`{program}` cannot be started: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((text, output.status.code().unwrap_or(-1)))
}

/// The program's name without the folders before it.
fn name(program: &str) -> &str {
    program.rsplit(['/', '\\']).next().unwrap_or(program)
}
