//! Texts of strangers as texts, names and numbers of ours. Whatever they hold, they change nothing
//! around them: no heading, no import, no YAML, no hidden character. It must not judge what they
//! say.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::inspect::secrets::is_hidden;
use crate::markdown;
use crate::read::steps::RESERVED;

/// The longest text and the longest name that are carried, in characters.
pub const TEXT_MAX: usize = 20_000;
const NAME_MAX: usize = 120;
/// Room for a number behind a name: our own names have 64 characters.
const SLUG_MAX: usize = 48;

/// Words that mean something of their own where a text or a name may stand.
const WORDS: &[&str] = &["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nothing"];

/// A text without characters that nobody sees, with plain line ends, cut where it is too long.
#[must_use]
pub fn safe(text: &str, most: usize) -> String {
    let text = text.replace("\r\n", "\n");
    let plain = text.chars().filter(|c| !is_hidden(*c)).map(|c| match c {
        '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        '\t' => ' ',
        c => c,
    });
    plain.take(most).collect::<String>().trim().to_owned()
}

/// Whether a text is longer or holds more than is carried of it.
pub(super) fn is_changed(text: &str) -> bool {
    text.chars().any(is_hidden) || text.chars().count() > TEXT_MAX
}

/// A text on one line.
pub(super) fn line(text: &str) -> String {
    safe(text, TEXT_MAX).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name or id for a report, on one line and not long.
pub(super) fn short(text: &str) -> String {
    safe(text, NAME_MAX).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name of ours made of a text: lower-case letters, digits and `_`.
pub(super) fn slug(text: &str, or: &str) -> String {
    let mut name = String::new();
    for c in text.chars().take(400) {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_lowercase() || c.is_ascii_digit() => name.push(c),
            _ if !name.is_empty() && !name.ends_with('_') => name.push('_'),
            _ => {}
        }
        if name.len() >= SLUG_MAX {
            break;
        }
    }
    let name = name.trim_matches('_');
    match name.chars().next() {
        None => or.to_owned(),
        Some(first) if first.is_ascii_digit() => format!("{or}_{name}"),
        Some(_) if RESERVED.contains(&name) || WORDS.contains(&name) => format!("{name}_{or}"),
        Some(_) => name.to_owned(),
    }
}

/// The same, and unlike all that were given out before.
pub(super) fn unlike(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut one = name.to_owned();
    let mut n = 2_u32;
    while !taken.insert(one.clone()) {
        one = format!("{name}_{n}");
        n = n.saturating_add(1);
    }
    one
}

/// What a file is called without its folder and ending: the name of what it holds.
pub(super) fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// A text as it stands in settings: plain where nothing in it could mean something else.
pub(super) fn said(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || " _./()-'".contains(c))
        && !text.ends_with(' ')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    match plain {
        true => text.to_owned(),
        false => serde_json::Value::from(text).to_string(),
    }
}

/// A text as it stands below a heading. One that has headings of its own, or that would swallow
/// what comes after it, is set as it was typed, between no marks at all.
pub(super) fn body(text: &str) -> String {
    let text = without_imports(&safe(text, TEXT_MAX));
    let file = Arc::from("a text");
    let around = format!("## before\n\n{text}\n\n## after\n");
    let sections = markdown::sections(&file, &around, 0);
    let titles: Vec<&str> = sections.iter().map(|section| section.title.as_str()).collect();
    let whole = sections.first().is_some_and(|section| section.text == text);
    if titles == ["before", "after"] && whole {
        return text;
    }
    let lines = text.lines().map(|line| match line.trim().is_empty() {
        true => String::new(),
        false => format!("    {line}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Standing instructions import what begins with `@`: a stranger's text may not.
fn without_imports(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '@' if before.is_whitespace() => out.push_str("(at) "),
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// Tenths of minutes: `2-5 min`, `1 hr`, `90 seconds`. Of two numbers the middle is taken.
pub(super) fn tenths(text: &str) -> Option<u64> {
    let lower: String = text.chars().take(60).collect::<String>().to_lowercase();
    let numbers: Vec<i64> = lower
        .split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .filter_map(|part| crate::value::scaled(part.trim_matches('.'), 1).ok())
        .filter(|n| (1..=1_000_000).contains(n))
        .collect();
    let sum: i64 = numbers.iter().take(2).sum();
    let count = i64::try_from(numbers.len().min(2)).ok().filter(|n| *n > 0)?;
    let one = sum / count;
    let unit = lower.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let minutes = match unit {
        unit if unit.starts_with('h') => one * 60,
        unit if unit.starts_with('d') => one * 60 * 8,
        unit if unit.starts_with('s') => (one / 60).max(1),
        _ => one,
    };
    u64::try_from(minutes).ok()
}

/// Tenths as a number: `4` or `0.5`.
pub(super) fn number(tenths: u64) -> String {
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        part => format!("{}.{part}", tenths / 10),
    }
}

/// Why a field that nothing here stands for is left.
pub(super) fn of_field(field: &str) -> &'static str {
    match field {
        "clientName" | "engagementStatus" | "engagementFee" | "retainerFee" => {
            "to whom a map is sold, and for how much, is not ours"
        }
        "status" | "lastUpdatedAt" => "where a run stood there is not carried: cases begin anew",
        "presenterNote" => "texts for showing a map to an audience are not ours",
        "implementationFile" => "nothing that a map brings along is run",
        "tags" | "category" | "team" => "nothing here depends on it",
        "version" | "createdAt" | "updatedAt" | "metadata.exportedAt" => {
            "a release here has an id of its own, and the journal says when"
        }
        "id" | "metadata.graphVersion" | "metadata.runtimeSource" => {
            "it names the other product's file"
        }
        "automated" | "automationPotential" => {
            "whether a person or a program does it is said by the step"
        }
        "derived" => "it says how the edge was drawn",
        "requires" | "produces" => {
            "when a step can begin is said by the order of the steps and by what each is given"
        }
        "fileName" => "it names a file of the other product's export",
        "ownerStepId" => "the edges say which step makes it",
        "schemaRef" => {
            "no schema came with the map; write one to `schemas/` and name it in `answer`"
        }
        _ if field.starts_with("environment.") => {
            "it says what is around, and nothing here reads it"
        }
        _ if field.starts_with("manifest.") => {
            "it says who gave the bundle away, and nothing here reads it"
        }
        _ => "nothing here stands for this field",
    }
}

/// Why a file that came with a map is not read.
pub(super) fn of_file(name: &str) -> &'static str {
    let inner = name.strip_prefix("workflow-package/").unwrap_or(name);
    match inner.split('/').next().unwrap_or(inner) {
        "skills" | "schemas" | "CLAUDE.md" | "GETTING_STARTED.md" | "docs" => {
            "it says again what the map says; if somebody changed it by hand, look at it yourself"
        }
        "hooks" | ".claude" => {
            "no program that a map brings along is run; guards are this product's"
        }
        "state" | ".workflow-os" => "runs of the other product are not carried: cases begin anew",
        "workflow" => "runs and proposals of the other product are not carried",
        "preview.png" => "a map is drawn from its file",
        _ => "nothing here reads it",
    }
}

/// A text for an agent's own file: no import of others, nothing hidden.
pub(super) fn inert(text: &str) -> String {
    without_imports(&safe(text, TEXT_MAX))
}

/// The same on one line.
pub(super) fn inert_line(text: &str) -> String {
    without_imports(&line(text))
}
