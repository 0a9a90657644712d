//! Texts that should not stand in a file: secrets by their well-known shape or by a telling name
//! and a random look, and characters that nobody sees. The secret itself is never repeated.

use std::sync::{Arc, LazyLock};

use regex::Regex;

use crate::codes;
use crate::files::{FILE_BYTES_MAX, Spot, is_of_workspace};
use crate::problem::{Cx, Found};

#[cfg(test)]
mod tests;

/// Shapes of keys that their makers document: what it is, what stands in every one of them, and
/// the shape. A text without the fixed part is not searched further.
const SHAPES: &[(&str, &str, &str)] = &[
    ("a private key", "PRIVATE KEY-----", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    ("an AWS access key", "AKIA", r"\bAKIA[0-9A-Z]{16}\b"),
    ("a temporary AWS access key", "ASIA", r"\bASIA[0-9A-Z]{16}\b"),
    ("an Anthropic key", "sk-ant-", r"\bsk-ant-[A-Za-z0-9_-]{20,}"),
    ("an OpenAI key", "sk-", r"\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{32,}"),
    ("a GitHub token", "gh", r"\bgh[pousr]_[A-Za-z0-9]{36,}"),
    ("a GitHub token", "github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{22,}"),
    ("a GitLab token", "glpat-", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("a Slack token", "xox", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("a Google API key", "AIza", r"\bAIza[0-9A-Za-z_-]{35}\b"),
    ("a Stripe key", "k_live_", r"\b[rs]k_live_[0-9A-Za-z]{20,}"),
    ("a Hugging Face token", "hf_", r"\bhf_[A-Za-z0-9]{30,}"),
    (
        "a signed web token",
        "eyJ",
        r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    ),
    ("a password in an address", "://", r"\b[a-z][a-z0-9+.-]*://[^\s:/@$]+:[^\s/@${}]{3,}@"),
];

/// What a telling name has in it.
const TELLING: &[&str] = &["key", "secret", "token", "passw", "credential", "auth", "bearer"];

/// A telling name, and then something long without spaces.
const NAMED: &str = concat!(
    r"(?i)\b(?:[a-z0-9]+[_-])*",
    r"(?:api[_-]?key|secret|token|passw(?:or)?d|access[_-]?key|private[_-]?key|",
    r"credential|auth|bearer)",
    r#"s?["']?\s*[:=]\s*["']?([A-Za-z0-9+/_=.~-]{16,})"#
);

/// What it is, its fixed part, and its shape ready to search.
type Shape = (&'static str, &'static str, Regex);

static KNOWN: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    let ready = |(said, part, shape): &(&'static str, &'static str, &str)| {
        Some((*said, *part, Regex::new(shape).ok()?))
    };
    SHAPES.iter().filter_map(ready).collect()
});
static BY_NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(NAMED).ok());

/// Looks through every file.
pub(crate) fn check(cx: &Cx<'_>) {
    for (file, text) in cx.files.iter() {
        if is_of_workspace(file) && text.len() <= FILE_BYTES_MAX {
            secrets(cx, file, text);
            hidden(cx, file, text);
        }
    }
}

fn secrets(cx: &Cx<'_>, file: &Arc<str>, text: &str) {
    let mut seen: Vec<(usize, usize)> = Vec::new();
    for (said, _, shape) in KNOWN.iter().filter(|(_, part, _)| text.contains(part)) {
        for found in shape.find_iter(text) {
            if !seen.iter().any(|(start, end)| found.start() < *end && found.end() > *start) {
                seen.push((found.start(), found.end()));
                let spot = Spot::new(file, found.range());
                cx.add::<()>(Found::new(&codes::SECRET, &spot, format!("this looks like {said}")));
            }
            if seen.len() >= 50 {
                return;
            }
        }
    }
    let lower = text.to_ascii_lowercase();
    if !TELLING.iter().any(|word| lower.contains(word)) {
        return;
    }
    for found in BY_NAME.iter().flat_map(|shape| shape.captures_iter(text)) {
        let Some(value) = found.get(1) else { continue };
        let known = seen.iter().any(|(start, end)| value.start() < *end && value.end() > *start);
        if !known && random(value.as_str()) {
            let spot = Spot::new(file, value.range());
            let what = "this looks like a secret: a telling name and a random value";
            cx.add::<()>(Found::new(&codes::SECRET, &spot, what));
            seen.push((value.start(), value.end()));
            if seen.len() >= 50 {
                return;
            }
        }
    }
}

/// Whether a text looks random: letters and digits in no order that words have. Shannon's
/// measure over its characters, with both letters and digits in it.
fn random(text: &str) -> bool {
    let letters = text.bytes().any(|b| b.is_ascii_alphabetic());
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    // Names such as `read.total` or `OPENAI_API_KEY` have no digits, or next to none.
    if !letters || digits < 2 || text.contains("..") {
        return false;
    }
    let mut counts = [0_u32; 128];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let length = text.len() as f64;
    let bits: f64 = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / length;
            -share * share.log2()
        })
        .sum();
    bits >= 3.2
}

fn hidden(cx: &Cx<'_>, file: &Arc<str>, text: &str) {
    let unseen = text.char_indices().filter(|(_, c)| is_hidden(*c));
    for (at, c) in unseen.take(20) {
        let spot = Spot::new(file, at..at + c.len_utf8());
        let what = format!("there is a hidden character here (U+{:04X})", u32::from(c));
        cx.add::<()>(Found::new(&codes::HIDDEN, &spot, what));
    }
}

/// Characters without a picture that change reading order, hide text or carry it unseen. Joiners
/// that scripts and emoji need are not among them.
pub(crate) fn is_hidden(c: char) -> bool {
    matches!(u32::from(c),
        0x00..=0x08 | 0x0B | 0x0C | 0x0E..=0x1F | 0x7F..=0x84 | 0x86..=0x9F | 0xAD | 0x061C
        | 0x180E | 0x200B | 0x200E | 0x200F | 0x202A..=0x202E | 0x2060..=0x2064
        | 0x2066..=0x206F | 0xFEFF | 0xFFF9..=0xFFFB | 0xE0000..=0xE007F)
}
