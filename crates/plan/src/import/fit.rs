//! Which approved tool does what a map wants done. One that fits hardly better than another is
//! none: a wrong tool is worse than a question. It must not approve anything.

use std::collections::BTreeSet;

use crate::files::Files;
use crate::ids::ToolName;
use crate::lock::Lock;
use crate::read::servers::LOCK;
use crate::workflow::Effect;

/// How much of its name a tool has to share with what is wanted.
const ENOUGH: usize = 3;

#[derive(Debug, Default)]
pub(super) struct Tools(Lock);

/// What a map wants done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'w> {
    /// The system that it is done in.
    pub(super) system: &'w str,
    /// What it is called, and its kind.
    pub(super) words: &'w str,
    /// Whether it only reads, or does anything but; nothing where the map does not say.
    pub(super) reads: Option<bool>,
}

impl Tools {
    /// The tools that are approved and whose effect somebody declared.
    pub(super) fn of(files: &Files) -> Self {
        Self(files.get(LOCK).and_then(|text| Lock::parse(text).ok()).unwrap_or_default())
    }

    /// The one tool that fits, if one does. What is called by its whole name is meant.
    pub(super) fn fit(&self, wanted: Wanted<'_>) -> Option<ToolName> {
        let whole = ToolName::new(wanted.system.trim()).ok();
        if let Some(name) = whole.filter(|name| self.0.tools.contains_key(name)) {
            let reads = wanted.reads.is_none_or(|reads| reads == self.reads(&name));
            return self.0.tools.get(&name).filter(|p| p.effect.is_some() && reads).map(|_| name);
        }
        let mut best: Option<(usize, &ToolName)> = None;
        let mut second = 0;
        for (name, pinned) in &self.0.tools {
            let Some(effect) = pinned.effect else { continue };
            if wanted.reads.is_some_and(|reads| reads != (effect == Effect::Read)) {
                continue;
            }
            let score = score(name, wanted);
            match best {
                Some((most, _)) if score <= most => second = second.max(score),
                _ => {
                    second = best.map_or(second, |(most, _)| second.max(most));
                    best = Some((score, name));
                }
            }
        }
        best.filter(|(most, _)| *most >= ENOUGH && *most > second).map(|(_, name)| name.clone())
    }

    /// Whether a tool only reads.
    pub(super) fn reads(&self, name: &ToolName) -> bool {
        self.0.tools.get(name).is_some_and(|pinned| pinned.effect == Some(Effect::Read))
    }
}

/// The server counts most: the system is where it is done.
fn score(name: &ToolName, wanted: Wanted<'_>) -> usize {
    let (server, tool) = (words(name.server()), words(name.tool()));
    let system = words(wanted.system);
    let asked: BTreeSet<String> = words(wanted.words).union(&system).cloned().collect();
    let of_server = server.iter().filter(|word| asked.contains(*word)).count();
    let of_tool = tool.iter().filter(|word| asked.contains(*word)).count();
    match (of_server, of_tool) {
        (_, 0) => 0,
        (server, tool) => server.min(1) * 2 + tool,
    }
}

/// The words of a name, each in one form: `send_emails` and `sendMail` share both, and `HubSpot` is
/// also one word.
fn words(text: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let text: String = text.chars().take(400).collect();
    for run in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        let mut parts = vec![run.to_owned(), String::new()];
        let mut before = ' ';
        for c in run.chars() {
            if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
                parts.push(String::new());
            }
            if let Some(part) = parts.last_mut() {
                part.push(c);
            }
            before = c;
        }
        for part in parts.iter().filter(|part| part.len() > 2) {
            let plain = part.to_ascii_lowercase();
            let plain = plain.trim_end_matches('s');
            all.insert(if plain == "email" { "mail".to_owned() } else { plain.to_owned() });
        }
    }
    all
}
