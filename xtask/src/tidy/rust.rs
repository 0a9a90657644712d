//! Rules about source text: headers, sizes, columns, names, forgotten files, machine paths and
//! the marks of guard. It must not parse Rust: the sources are formatted, so lines say enough.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    COLUMNS_MAX, EMPTY_NAMES, FILE_LINES_GOOD, FILE_LINES_MAX, FN_LINES_MAX, LONG_FILES_MAX,
    LONG_FNS_MAX, PURE, PURE_NEVER_NAMES, Report, Tree,
};

/// Texts in which a path of somebody's machine would be a mistake.
const TEXTS: &[&str] =
    &[".rs", ".md", ".toml", ".yaml", ".yml", ".json", ".sh", ".csv", ".cedar", ".snap", "/run"];

pub(super) fn check(tree: &Tree, report: &mut Report) {
    let tests = Tests::of(tree);
    let mut long_files: Vec<(usize, String)> = Vec::new();
    let mut long_fns: Vec<(usize, String)> = Vec::new();
    for (path, text) in tree.ending(&[".rs"]) {
        let lines = text.lines().count();
        report.files += 1;
        report.lines += lines;
        if !text.starts_with("//!") {
            let what = "a file opens with `//!`: its purpose and what it must not do";
            report.add(path, 1, "header", what);
        }
        if lines > FILE_LINES_MAX {
            let what = format!("{lines} lines, {FILE_LINES_MAX} at most");
            report.add(path, 0, "size", what);
        } else if lines > FILE_LINES_GOOD {
            long_files.push((lines, path.to_owned()));
        }
        names(path, text, report);
        lines_of(path, text, report);
        // A test's function may hold a table of cases, which is easier to read in one piece.
        let table = tests.has(path);
        for (line, length, name) in functions(text) {
            if length > FN_LINES_MAX && !table {
                long_fns.push((length, format!("{path}:{line} {name}")));
            }
        }
        pure_names(path, text, &tests, report);
    }
    ratchet("files longer than is comfortable", &mut long_files, LONG_FILES_MAX, report);
    ratchet("functions longer than allowed", &mut long_fns, LONG_FNS_MAX, report);
    report.long_files = long_files.len();
    report.long_fns = long_fns.len();
    machine_paths(tree, report);
    forgotten(tree, report);
    marks(tree, &tests, report);
}

fn ratchet(what: &str, found: &mut [(usize, String)], most: usize, report: &mut Report) {
    found.sort();
    if found.len() > most {
        for (lines, place) in found.iter() {
            let what = format!("{lines} lines; {} {what}, {most} allowed", found.len());
            report.add(place, 0, "size", what);
        }
    }
}

fn lines_of(path: &str, text: &str, report: &mut Report) {
    for (n, line) in text.lines().enumerate() {
        let columns = line.chars().count();
        let trimmed = line.trim_start();
        // A text that stands alone on its line is easier to read whole.
        let literal = trimmed.starts_with(['"', '\\'])
            || trimmed.starts_with("r#\"")
            || trimmed.starts_with("r\"");
        // A test may hold the text of a case, or the line that says what is wrong, as it is.
        let test = ["/tests", "/sim", "/rig", "/examples/"].iter().any(|part| path.contains(part));
        if columns > COLUMNS_MAX && !test && !literal && !line.contains("https://") {
            let what = format!("{columns} columns, {COLUMNS_MAX} at most");
            report.add(path, n + 1, "columns", what);
        }
        if ["TODO", "FIXME", "XXX:"].iter().any(|word| line.contains(word)) && !ours(path) {
            report.add(path, n + 1, "words", "plans live in issues, not in the source");
        }
        if trimmed.starts_with("#[ignore") && !ours(path) {
            report.add(path, n + 1, "words", "a test that does not run proves nothing");
        }
    }
}

/// Whether a file is tidy itself, which has to name what it forbids.
fn ours(path: &str) -> bool {
    path.starts_with("xtask/src/tidy")
}

/// Names of files, modules and declared items that say nothing.
fn names(path: &str, text: &str, report: &mut Report) {
    for part in path.split('/') {
        if EMPTY_NAMES.contains(&part.trim_end_matches(".rs")) {
            report.add(path, 0, "words", format!("`{part}` says nothing about what it holds"));
        }
    }
    for (n, line) in text.lines().enumerate() {
        let mut words = line.split_whitespace().skip_while(|word| {
            word.starts_with("pub") || matches!(*word, "unsafe" | "async" | "const")
        });
        let declares = matches!(words.next(), Some("struct" | "enum" | "trait" | "type"));
        let name = words.next().unwrap_or_default();
        let name: String = name.chars().take_while(|c| c.is_alphanumeric()).collect();
        let empty = ["Util", "Utils", "Helper", "Manager", "Handler", "Service"];
        if declares && empty.iter().any(|word| name.ends_with(word)) {
            report.add(path, n + 1, "words", format!("`{name}` says nothing about what it is"));
        }
    }
}

fn pure_names(path: &str, text: &str, tests: &Tests, report: &mut Report) {
    let pure = PURE.iter().any(|(room, _)| path.starts_with(&format!("crates/{room}/src/")));
    if !pure || tests.has(path) {
        return;
    }
    for (n, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for name in PURE_NEVER_NAMES.iter().filter(|name| line.contains(**name)) {
            let what = format!("a pure room may not name `{name}`; let it arrive in the input");
            report.add(path, n + 1, "pure", what);
        }
    }
}

/// Every function: its line, its length in lines, its name. Formatted code closes a function at
/// the indentation it opened at.
fn functions(text: &str) -> Vec<(usize, usize, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        let mut words = trimmed.split_whitespace().skip_while(|word| {
            word.starts_with("pub") || matches!(*word, "const" | "async" | "unsafe")
        });
        if words.next() != Some("fn") {
            continue;
        }
        let name: String = words
            .next()
            .unwrap_or_default()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let one_line = trimmed.ends_with('}') || trimmed.ends_with(';');
        let close = lines.iter().enumerate().skip(n + 1).find(|(_, other)| {
            let rest = other.trim_start();
            other.len() - rest.len() == indent && (rest == "}" || rest.ends_with(';'))
        });
        if let (false, Some((end, _))) = (one_line, close) {
            found.push((n + 1, end - n + 1, name));
        }
    }
    found
}

fn machine_paths(tree: &Tree, report: &mut Report) {
    // Written apart, so that this file does not find itself.
    let paths = [["/wo", "rk/"], ["/ho", "me/"], ["/ro", "ot/"], ["/Use", "rs/"]];
    let paths = paths.map(|parts| parts.concat());
    for (path, text) in tree.ending(TEXTS) {
        for (n, line) in text.lines().enumerate() {
            for found in paths.iter().filter(|p| line.contains(p.as_str())) {
                let what = format!("`{found}` is a path of one machine");
                report.add(path, n + 1, "machine", what);
            }
        }
    }
}

/// Source files that no root leads to: their tests would never run.
fn forgotten(tree: &Tree, report: &mut Report) {
    let all: BTreeMap<&str, &str> = tree.ending(&[".rs"]).collect();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<String> = all.keys().filter(|p| root(p)).map(|p| (*p).to_owned()).collect();
    while let Some(path) = open.pop() {
        let Some(text) = all.get(path.as_str()) else {
            continue;
        };
        if !seen.insert(path.clone()) {
            continue;
        }
        let own = own_folder(&path);
        for name in modules(text) {
            open.push(format!("{own}/{name}.rs"));
            open.push(format!("{own}/{name}/mod.rs"));
        }
    }
    for path in all.keys().filter(|path| !seen.contains(**path)) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let last = folder.rsplit_once('/').map_or(folder, |(_, last)| last);
        // Compile-fail cases are read by name from a test.
        let by_name = seen.iter().any(|other| {
            all.get(other.as_str()).is_some_and(|text| text.contains(&format!("{last}/*.rs")))
        });
        if !by_name {
            report.add(path, 0, "forgotten", "no `mod` leads to this file");
        }
    }
}

/// Where the compiler starts.
fn root(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let inside = match parts.as_slice() {
        ["crates", _, inside @ ..] => inside,
        ["xtask" | "bench", inside @ ..] => inside,
        _ => return false,
    };
    matches!(
        inside,
        ["src", "lib.rs" | "main.rs"]
            | ["build.rs"]
            | ["src", "bin", _]
            | ["src", "bin", _, "main.rs"]
            | ["tests" | "benches" | "examples", _]
            | ["tests" | "benches" | "examples", _, "main.rs"]
    )
}

/// The names of `mod NAME;` lines.
fn modules(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let line = line.trim_start();
        let line = line.strip_prefix("pub ").unwrap_or(line);
        let line = match line.strip_prefix("pub(") {
            Some(rest) => rest.split_once(") ").map_or(line, |(_, rest)| rest),
            None => line,
        };
        line.strip_prefix("mod ")?.trim_end().strip_suffix(';')
    })
}

/// Each branch of guard carries a mark, and a test of guard names each mark.
fn marks(tree: &Tree, tests: &Tests, report: &mut Report) {
    let guard = || tree.ending(&[".rs"]).filter(|(path, _)| path.starts_with("crates/guard/"));
    let texts: Vec<&str> = guard().filter(|(path, _)| tests.has(path)).map(|(_, t)| t).collect();
    for (path, text) in guard().filter(|(path, _)| !tests.has(path)) {
        for (n, line) in text.lines().enumerate() {
            let marks = line.split("mark!(\"").skip(1).filter_map(|rest| rest.split_once('"'));
            for (name, _) in marks {
                let quoted = format!("\"{name}\"");
                if !texts.iter().any(|test| test.contains(&quoted)) {
                    let what = format!("no test names the mark `{name}`");
                    report.add(path, n + 1, "marks", what);
                }
            }
        }
    }
}

/// Files that hold tests only: by their name, or below a module that is built for tests only.
struct Tests(Vec<String>);

impl Tests {
    fn of(tree: &Tree) -> Self {
        let mut below = Vec::new();
        for (path, text) in tree.ending(&[".rs"]) {
            let folder = own_folder(path);
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            for pair in lines.windows(2) {
                if let [first, second] = pair
                    && *first == "#[cfg(test)]"
                {
                    below.extend(modules(second).map(|name| format!("{folder}/{name}")));
                }
            }
        }
        Self(below)
    }

    fn has(&self, path: &str) -> bool {
        let below = |module: &String| {
            path.strip_prefix(module.as_str())
                .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        };
        path.ends_with("tests.rs") || path.contains("/tests/") || self.0.iter().any(below)
    }
}

/// The folder in which the modules of a file stand.
fn own_folder(path: &str) -> String {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    match path.rsplit('/').next().unwrap_or_default() {
        "lib.rs" | "main.rs" | "mod.rs" | "build.rs" => folder.to_owned(),
        _ if root(path) => folder.to_owned(),
        _ => path.trim_end_matches(".rs").to_owned(),
    }
}
