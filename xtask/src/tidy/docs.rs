//! Documents that speak of paths and commands must speak of ones that exist. A word in backticks
//! counts as a path of ours when it begins with a folder of this repository; an operator's own
//! `workflows/x.md` does not.

use super::{Report, Tree};

pub(super) fn check(tree: &Tree, commands: &[&str], report: &mut Report) {
    for (path, text) in tree.ending(&[".md"]) {
        if path.starts_with("examples/") {
            continue;
        }
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (n, line) in text.lines().enumerate() {
            for named in spans(line) {
                command(named, commands, path, n + 1, report);
                for word in named.split_whitespace() {
                    our_path(word, tree, path, n + 1, report);
                }
            }
            command(line, commands, path, n + 1, report);
            for target in links(line) {
                link(target, folder, tree, path, n + 1, report);
            }
        }
    }
}

/// The texts between backticks of one line.
fn spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The targets of the links of one line.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

fn our_path(word: &str, tree: &Tree, path: &str, line: usize, report: &mut Report) {
    let word = word.trim_matches([',', ';', '.', ':', '(', ')', '"', '\'']);
    let word = word.split('#').next().unwrap_or_default();
    let Some((top, rest)) = word.split_once('/') else {
        return;
    };
    let top = if word.starts_with(".ci/") || word.starts_with(".cargo/") { word } else { top };
    let plain = !word.contains(['*', '{', '<', '$', '…', '=']) && !word.contains("..");
    if plain && !rest.is_empty() && tree.has_top(top.split('/').next().unwrap_or(top)) {
        // What a build makes is no file of the repository.
        if !top.starts_with("target") && !tree.has(word) {
            report.add(path, line, "docs", format!("`{word}` does not exist"));
        }
    }
}

fn link(target: &str, folder: &str, tree: &Tree, path: &str, line: usize, report: &mut Report) {
    let target = target.split('#').next().unwrap_or_default();
    if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
        return;
    }
    let full = if folder.is_empty() { target.to_owned() } else { format!("{folder}/{target}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in full.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if !tree.has(&parts.join("/")) {
        report.add(path, line, "docs", format!("the link to `{target}` leads nowhere"));
    }
}

fn command(text: &str, commands: &[&str], path: &str, line: usize, report: &mut Report) {
    for rest in text.split("cargo xtask ").skip(1) {
        let name: String =
            rest.chars().take_while(|c| matches!(c, 'a'..='z' | '0'..='9' | '-')).collect();
        if !name.is_empty() && !commands.contains(&name.as_str()) {
            let what = format!("`cargo xtask {name}` is no command");
            report.add(path, line, "docs", what);
        }
    }
}
