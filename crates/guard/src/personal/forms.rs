//! The forms of personal data, read from `forms.txt`. It must not drop one in silence: a test reads
//! every line.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use plan::workflow::Personal;
use regex::Regex;

use super::checks::{self, Check};

const TEXT: &str = include_str!("forms.txt");

/// One form of a kind of data.
pub(super) struct Form {
    pub kind: Personal,
    pub looks: Regex,
    pub check: Check,
}

pub(super) static FORMS: LazyLock<Vec<Form>> =
    LazyLock::new(|| lines().filter_map(|line| form(line, &PARTS)).collect());

static PARTS: LazyLock<BTreeMap<&str, String>> = LazyLock::new(|| {
    let mut parts: BTreeMap<&str, String> = BTreeMap::new();
    for line in lines() {
        if let Some((name, pattern)) = line.split_once(" = ").filter(|(name, _)| is_name(name)) {
            let whole = filled(pattern, &parts);
            parts.insert(name, whole);
        }
    }
    parts
});

/// A part as a pattern of its own.
pub(super) fn part(name: &str) -> Option<Regex> {
    pattern(PARTS.get(name)?)
}

pub(super) fn lines() -> impl Iterator<Item = &'static str> {
    TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Whether a line names a part and not a form.
pub(super) fn is_name(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphabetic() || c == '_')
}

fn form(line: &'static str, parts: &BTreeMap<&str, String>) -> Option<Form> {
    let (head, looks) = line.split_once(": ")?;
    let (kind, check) = head.split_once(' ')?;
    let kind = Personal::ALL.into_iter().find(|known| known.as_str() == kind)?;
    Some(Form { kind, looks: pattern(&filled(looks, parts))?, check: checks::named(check)? })
}

fn filled(pattern: &str, parts: &BTreeMap<&str, String>) -> String {
    let mut whole = pattern.to_owned();
    for (name, part) in parts {
        whole = whole.replace(&format!("{{{name}}}"), part);
    }
    whole
}

pub(super) fn pattern(text: &str) -> Option<Regex> {
    Regex::new(&text.replace(r"\b", r"(?-u:\b)")).ok()
}
