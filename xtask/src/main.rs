//! The project's own commands: `cargo xtask NAME`. Each installs what it needs from package
//! registries and ends with a line of figures. Nothing of the product may live here.

mod conformance;
mod demo;
mod dist;
mod evidence;
mod guards;
mod harness;
mod hostile;
mod install;
mod interop;
mod official;
mod product;
mod say;
mod score;
mod servers;
mod serving;
mod shell;
mod studio;
mod suite;
mod test;
mod tidy;
mod vendors;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use say::say;

/// A command, what it does in one line, and its code.
type Command = (&'static str, &'static str, fn(&Path) -> Result<(), String>);

const COMMANDS: &[Command] = &[
    ("demo", "run the examples: a shared mailbox, then invoices with the local model", demo::run),
    ("test", "install what is missing and run every test", |root| test::run(root, &names())),
    (
        "crash",
        "kill a driver under load and check that nothing is lost or repeated",
        harness::crash,
    ),
    ("bench", "measure the driver beside the bare floor, as ratios", harness::bench),
    ("measure", "measure a governed decision, and what is found of personal data", harness::guard),
    ("million", "put questions to a store of a million runs", harness::million),
    ("dist", "pack what somebody without Rust is handed; `--try` tries it", dist::run),
    ("score", "read real invoices that nobody here wrote and judge what is found", score::run),
    ("vendors", "put real questions to LiteLLM's proxy in front of the local model", vendors::run),
    ("servers", "open a page in a real browser behind approved tools", servers::run),
    ("conformance", "let MCP's own suite and other people's servers look at ours", serving::run),
    (
        "hostile",
        "let a model that always obeys attack an office, with rules and without",
        hostile::run,
    ),
    (
        "reviews",
        "play every way a request to a person can go, the driver dying in between",
        hostile::reviews,
    ),
    (
        "api-check",
        "try the HTTP interface against its description, and every role at every operation",
        test::api,
    ),
    (
        "starts",
        "play weeks of schedules, files and events on a clock that jumps, and time the first act",
        hostile::starts,
    ),
    ("collector", "send a run's traces to a collector of other people", test::collector),
    (
        "interop",
        "show credentials to verifiers that other people wrote, sound ones and others",
        interop::run,
    ),
    ("erase", "take one person's contents out of 100,000 cases", hostile::erase),
    (
        "evidence",
        "change packs in every way, and check them in Python and in a real browser too",
        evidence::run,
    ),
    ("guards", "take each guard out in turn and see that a test notices", guards::run),
    ("studio", "check and build the pages that the program carries", studio::run),
    ("e2e", "walk through Studio with a real browser, with pictures of each page", studio::walk),
    ("tidy", "check the rules of this repository", |root| tidy::run(root, &names()).map(drop)),
];

/// The names of all commands: documents may speak of no other.
fn names() -> Vec<&'static str> {
    COMMANDS.iter().map(|(name, ..)| *name).collect()
}

fn main() -> ExitCode {
    let root = root();
    let name = std::env::args().nth(1).unwrap_or_default();
    let Some((_, _, run)) = COMMANDS.iter().find(|(command, ..)| *command == name) else {
        say("the project's commands, as `cargo xtask NAME`:\n");
        for (command, what, _) in COMMANDS {
            say(&format!("  {command:<6} {what}"));
        }
        return if name.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) };
    };
    match run(&root) {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            say::warn(&format!("error: {what}"));
            ExitCode::FAILURE
        }
    }
}

/// The repository: this package's parent folder.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_path_buf()
}
