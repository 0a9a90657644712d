//! The rules of this repository as data, and the check that they hold. Adding an edge, a
//! dependency or a line to a ratchet is a visible change of a table in this file. It must not
//! compile anything: it reads text, so it is done in a moment.

mod docs;
mod manifest;
mod parity;
mod rust;
mod tree;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;

use crate::say;

pub use tree::Tree;

/// Which room may depend on which, as DESIGN's table has it. The second list is for tests only.
pub const EDGES: &[(&str, &[&str], &[&str])] = &[
    ("plan", &[], &[]),
    ("journal", &["plan"], &[]),
    ("store", &["journal", "plan"], &[]),
    ("guard", &["journal", "plan"], &[]),
    ("engine", &["guard", "journal", "plan"], &["store"]),
    ("evidence", &["journal", "plan"], &[]),
    ("assure", &["evidence", "journal", "plan"], &[]),
    ("proof", &["journal", "plan"], &[]),
    ("exam", &["journal", "plan"], &[]),
    ("documents", &[], &[]),
    ("credential", &[], &[]),
    ("model", &["journal", "plan"], &["guard"]),
    ("embed", &[], &[]),
    ("tools", &["documents", "embed", "journal", "plan"], &[]),
    ("runtime", &["engine", "guard", "journal", "plan"], &[]),
    ("access", &["journal", "plan"], &[]),
    ("studio", &[], &[]),
    ("server", &["access", "evidence", "exam", "journal", "plan", "studio"], &[]),
    ("tui", &["evidence", "journal", "plan"], &[]),
    ("telemetry", &["evidence", "journal"], &[]),
    ("notify", &["evidence", "journal", "plan"], &[]),
    (
        "cli",
        &[
            "access",
            "assure",
            "credential",
            "engine",
            "evidence",
            "exam",
            "guard",
            "journal",
            "model",
            "notify",
            "plan",
            "proof",
            "runtime",
            "server",
            "store",
            "telemetry",
            "tools",
            "tui",
        ],
        &[],
    ),
    // The example's own accounting system; its tests drive it through the pool of tool servers.
    ("erp-stand-in", &[], &["journal", "plan", "tools"]),
    ("erp-stand-in", &[], &[]),
    (
        "bench",
        &[
            "credential",
            "engine",
            "evidence",
            "guard",
            "journal",
            "model",
            "plan",
            "proof",
            "runtime",
            "store",
            "tools",
        ],
        &[],
    ),
    ("xtask", &[], &[]),
];

/// What the pure rooms may take from outside. None of it knows a clock, a disk or a network.
pub const PURE: &[(&str, &[&str])] = &[
    (
        "plan",
        &[
            "annotate-snippets",
            "cedar-policy",
            "cel",
            "csv",
            "granit-parser",
            "hex",
            "jiff",
            "jsonschema",
            "miette",
            "pretty_yaml",
            "pulldown-cmark",
            "regex",
            "schemars",
            "serde",
            "serde-saphyr",
            "serde_jcs",
            "serde_json",
            "sha2",
            "strsim",
            "thiserror",
            "unicode-normalization",
        ],
    ),
    ("journal", &["hex", "hmac", "serde", "serde_json", "sha2", "thiserror"]),
    (
        "guard",
        &[
            "aho-corasick",
            "cedar-policy",
            "jsonschema",
            "linkify",
            "regex",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
            "unicode-normalization",
        ],
    ),
    (
        "engine",
        &[
            "hex",
            "hmac",
            "jiff",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
            "unicode-normalization",
        ],
    ),
    ("assure", &["jiff", "serde", "serde_json"]),
    (
        "proof",
        &["base64", "ed25519-dalek", "hex", "jiff", "serde", "serde_json", "sha2", "thiserror"],
    ),
    ("exam", &["serde", "serde_json", "thiserror"]),
    ("evidence", &["jiff", "regex", "serde", "serde_json", "thiserror", "unicode-normalization"]),
    (
        "credential",
        &[
            "base64",
            "bs58",
            "ed25519-dalek",
            "flate2",
            "jiff",
            "oxjsonld",
            "oxrdf",
            "roxmltree",
            "serde",
            "serde_jcs",
            "serde_json",
            "sha2",
            "thiserror",
        ],
    ),
];

/// What tests of pure rooms may use besides.
pub const PURE_TESTS: &[&str] = &["bolero", "insta", "proptest", "tempfile"];

/// What must not come in behind a pure room's dependencies either.
pub const NEVER_BELOW_PURE: &[&str] =
    &["async-std", "hyper", "mio", "reqwest", "rmcp", "rusqlite", "smol", "tokio"];

/// What source of the pure rooms may not name, outside tests.
pub const PURE_NEVER_NAMES: &[&str] = &[
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "SystemTime::now",
    "Instant::now",
    "Zoned::now",
    "Timestamp::now",
    "static mut",
];

/// Packages in `Cargo.lock`. A new dependency is a choice, so it moves this number. The last twelve
/// are `oauth2` and what it needs in older versions, by which the MCP SDK signs in to servers, and
/// `mime_guess`, by which a form says of a file what it is; `linkify`, which finds the links in an
/// answer; and `landlock` and `seccompiler` with what they need, which close the box of a server;
/// and `lettre` with what it needs, which sends mail; `openidconnect`, `argon2` and `governor`, by
/// which people sign in; and `ratatui`, which draws the screen that stays open; and
/// `rust-embed`, which carries Studio in the program; and rooms of our own: `assure`, `proof`,
/// `exam` and `credential`, with what reads and orders linked data.
pub const PACKAGES_MAX: usize = 673;

/// A file of Rust ends here.
pub const FILE_LINES_MAX: usize = 800;
/// A file is comfortable up to here; `LONG_FILES_MAX` may be longer. This number only falls.
pub const FILE_LINES_GOOD: usize = 400;
/// How many files are longer than comfortable.
pub const LONG_FILES_MAX: usize = 27;
/// A function ends here.
pub const FN_LINES_MAX: usize = 70;
/// How many functions are longer: the matches over every kind of record. This number only falls.
pub const LONG_FNS_MAX: usize = 3;
/// A line ends here.
pub const COLUMNS_MAX: usize = 100;

/// Names that say nothing about what a thing is.
pub const EMPTY_NAMES: &[&str] = &[
    "common", "handler", "handlers", "helper", "helpers", "manager", "misc", "service", "services",
    "util", "utils",
];

/// Files that a test writes and refuses when they are stale, and where that test stands.
pub const GENERATED: &[(&str, &str)] = &[
    ("docs/cli.md", "crates/cli/src/tests.rs"),
    ("docs/openapi.json", "crates/server/src/tests.rs"),
];

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Broken {
    pub file: String,
    pub line: usize,
    pub rule: &'static str,
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {}: {}", self.rule, self.what)
    }
}

/// What was looked at, and what is wrong.
#[derive(Debug, Default)]
pub struct Report {
    pub broken: Vec<Broken>,
    pub files: usize,
    pub lines: usize,
    pub packages: usize,
    pub long_files: usize,
    pub long_fns: usize,
}

impl Report {
    fn add(&mut self, file: &str, line: usize, rule: &'static str, what: impl Into<String>) {
        self.broken.push(Broken { file: file.to_owned(), line, rule, what: what.into() });
    }
}

/// Checks the repository on disk, says what is broken and ends with a line of figures.
pub fn run(root: &Path, commands: &[&str]) -> Result<Report, String> {
    let tree = Tree::read(root).map_err(|e| format!("the repository cannot be read: {e}"))?;
    let report = check(&tree, commands);
    for broken in &report.broken {
        say::warn(&broken.to_string());
    }
    let Report { files, lines, packages, long_files, long_fns, .. } = report;
    let broken = report.broken.len();
    say::say(&format!(
        r#"{{"files":{files},"lines":{lines},"packages":{packages},"long_files":{long_files},"long_functions":{long_fns},"broken":{broken}}}"#,
    ));
    match broken {
        0 => Ok(report),
        n => Err(format!("{n} rules are broken")),
    }
}

/// Checks a whole repository.
pub fn check(tree: &Tree, commands: &[&str]) -> Report {
    let mut report = Report::default();
    manifest::check(tree, &mut report);
    rust::check(tree, &mut report);
    docs::check(tree, commands, &mut report);
    parity::check(tree, &mut report);
    generated(tree, GENERATED, &mut report);
    report.broken.sort();
    report.broken.dedup();
    report
}

fn generated(tree: &Tree, all: &[(&str, &str)], report: &mut Report) {
    for (file, test) in all {
        let name = file.rsplit('/').next().unwrap_or(file);
        if tree.get(file).is_none() && tree.get(test).is_none() {
            continue;
        }
        if tree.get(file).is_none() {
            report.add(file, 0, "generated", "the generated file is missing");
        }
        if !tree.get(test).is_some_and(|text| text.contains(name)) {
            report.add(test, 0, "generated", format!("no test here keeps `{name}` fresh"));
        }
    }
}
