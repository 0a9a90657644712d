//! The only way to the terminal: success on standard output, problems on standard error, JSON when
//! it is wanted, colours only where a person looks. What comes from outside is made harmless by
//! whoever writes it here.

use std::io::{IsTerminal, Write};

use anyhow::Error;
use serde::Serialize;

use crate::exit::{Exit, Stop};

/// The version of every JSON object that a command prints.
pub const SCHEMA_VERSION: u32 = 1;

/// Where a command writes.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    pub json: bool,
    pub colour: bool,
    pub colour_err: bool,
    /// Whether a person sits at both ends.
    pub interactive: bool,
}

/// Looks of a word.
#[derive(Debug, Clone, Copy)]
pub enum Look {
    Strong,
    Quiet,
    Good,
    Warn,
    Bad,
}

#[derive(Serialize)]
struct Object<'a, T> {
    schema_version: u32,
    kind: &'a str,
    #[serde(flatten)]
    body: T,
}

impl Screen {
    /// The screen of this process. `NO_COLOR` and a screen that is no terminal mean no colours.
    #[must_use]
    pub fn new(json: bool) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
            || std::env::var_os("TERM").is_some_and(|v| v == "dumb");
        let out = std::io::stdout().is_terminal();
        Self {
            json,
            colour: out && !plain && !json,
            colour_err: std::io::stderr().is_terminal() && !plain && !json,
            interactive: out && !json && std::io::stdin().is_terminal(),
        }
    }

    /// A line for people. With `--json` there are none.
    pub fn line(&self, text: impl AsRef<str>) {
        if !self.json {
            put(text.as_ref());
        }
    }

    /// A line that is the answer itself, such as a script, whatever the form.
    pub fn raw(&self, text: &str) {
        put(text);
    }

    /// One JSON object on one line. Without `--json` there is none.
    pub fn object<T: Serialize>(&self, kind: &str, body: T) -> Result<(), Error> {
        if self.json {
            let object = Object { schema_version: SCHEMA_VERSION, kind, body };
            put(&serde_json::to_string(&object)?);
        }
        Ok(())
    }

    /// One JSON object about what is wrong, where problems go. Without `--json` there is none.
    pub fn complaint<T: Serialize>(&self, kind: &str, body: T) {
        let object = Object { schema_version: SCHEMA_VERSION, kind, body };
        if let (true, Ok(line)) = (self.json, serde_json::to_string(&object)) {
            complain(&line);
        }
    }

    /// A line about what is going on, for people who wait.
    pub fn note(&self, text: impl AsRef<str>) {
        if !self.json {
            complain(text.as_ref());
        }
    }

    /// A word with a look, where there are colours.
    #[must_use]
    pub fn word(&self, look: Look, text: &str) -> String {
        if self.colour { painted(look, text) } else { text.to_owned() }
    }

    /// The end of a command that did not end well.
    pub fn stop(&self, stop: &Stop) {
        let what = format!("{:#}", stop.what);
        if self.json {
            let error = serde_json::json!({
                "schema_version": SCHEMA_VERSION,
                "kind": "error",
                "exit": stop.exit as u8,
                "code": stop.code,
                "what": what,
                "help": stop.help,
            });
            complain(&error.to_string());
            return;
        }
        let paint = |look, text: &str| {
            if self.colour_err { painted(look, text) } else { text.to_owned() }
        };
        // Files with problems have said everything already.
        if stop.exit != Exit::Usage || !what.is_empty() {
            let code = stop.code.map_or(String::new(), |code| format!("[{code}]"));
            complain(&format!("{} {what}", paint(Look::Bad, &format!("error{code}:"))));
        }
        if let Some(help) = &stop.help {
            complain(&format!("{} {help}", paint(Look::Good, "help:")));
        }
    }
}

fn painted(look: Look, text: &str) -> String {
    let code = match look {
        Look::Strong => "1",
        Look::Quiet => "2",
        Look::Good => "32",
        Look::Warn => "33",
        Look::Bad => "31",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// A closed pipe is the reader's right, so errors of writing are dropped.
fn put(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{}", text.trim_end_matches('\n'));
}

fn complain(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "{}", text.trim_end_matches('\n'));
}
