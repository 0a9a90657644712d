//! Lines to the terminal. A closed pipe is no reason to fail, so errors of writing are dropped.

use std::io::Write;

/// A line of success.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A line about a problem.
pub fn warn(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
