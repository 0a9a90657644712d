//! Whether a tool is still what a person approved, and in which words it is not. The digest covers
//! the tool's name, title, description and schemas: all that a model or a person acts on. A
//! server's annotations and icons stay out: they are hints that nothing here trusts. This module
//! asks no server and writes no file.

mod differs;

use std::collections::{BTreeMap, BTreeSet};

use plan::ids::{PersonId, ToolName};
use plan::lock::{Approval, Definition, Lock, LockError, Pinned};
use plan::workflow::{ArgRole, Effect, Takes, Trust};
use serde_json::Value;

use crate::offered::Offered;

pub use differs::{Change, Difference, How, diff, differences};

/// Why a definition was not written into the lock.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    #[error("`{tool}` cannot be approved: {what}")]
    Hidden { tool: ToolName, what: String },
    #[error("`{tool}` has no argument `{argument}`")]
    Argument { tool: ToolName, argument: String },
    #[error(transparent)]
    Lock(#[from] LockError),
}

/// What a person says about a tool. Whatever is left out is the more dangerous answer: without an
/// effect the tool cannot be used at all, and its answers are not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    pub effect: Option<Effect>,
    pub reversible: bool,
    pub repeatable: bool,
    pub key_arg: Option<String>,
    pub read_back: Option<ToolName>,
    pub trust: Trust,
    pub args: BTreeMap<String, ArgRole>,
    pub takes: Takes,
}

impl Default for Declared {
    fn default() -> Self {
        Self {
            effect: None,
            reversible: false,
            repeatable: false,
            key_arg: None,
            read_back: None,
            trust: Trust::Untrusted,
            args: BTreeMap::new(),
            takes: Takes::new(),
        }
    }
}

/// Approves one tool as it is offered: the lock with that tool's entry replaced.
pub fn pin(
    mut lock: Lock,
    tool: &ToolName,
    offered: &Offered,
    declared: &Declared,
    by: PersonId,
    on: &str,
    reason: Option<String>,
) -> Result<Lock, PinError> {
    if let Some(what) = &offered.hidden {
        return Err(PinError::Hidden { tool: tool.clone(), what: what.clone() });
    }
    let known = arguments(&offered.definition.input);
    for argument in declared.args.keys().chain(&declared.key_arg) {
        if !known.contains(argument.as_str()) {
            return Err(PinError::Argument { tool: tool.clone(), argument: argument.clone() });
        }
    }
    let tags = lock.tools.remove(tool).map_or_else(Vec::new, |old| old.tags);
    let pinned = Pinned {
        digest: offered.definition.digest(tool.tool())?,
        definition: offered.definition.clone(),
        effect: declared.effect,
        reversible: declared.reversible,
        repeatable: declared.repeatable,
        key_arg: declared.key_arg.clone(),
        read_back: declared.read_back.clone(),
        trust: declared.trust,
        args: declared.args.clone(),
        tags,
        takes: declared.takes.clone(),
        approved: Approval { by, on: on.to_owned(), reason },
    };
    lock.tools.insert(tool.clone(), pinned);
    Ok(lock)
}

/// The names of a schema's arguments.
pub(crate) fn arguments(input: &Value) -> BTreeSet<&str> {
    input
        .get("properties")
        .and_then(Value::as_object)
        .map(|all| all.keys().map(String::as_str).collect())
        .unwrap_or_default()
}

/// What is hidden in a tool's definition: characters that a reader does not see and a model does.
pub(crate) fn hidden(name: &str, definition: &Definition) -> Option<String> {
    let mut texts = vec![("its name", name)];
    texts.extend(definition.title.as_deref().map(|t| ("its title", t)));
    texts.push(("its description", &definition.description));
    strings(&definition.input, "its arguments", &mut texts);
    if let Some(output) = &definition.output {
        strings(output, "its results", &mut texts);
    }
    texts.into_iter().find_map(|(place, text)| {
        invisible(text).map(|c| {
            let code = u32::from(c);
            format!("the character U+{code:04X} is hidden in {place}")
        })
    })
}

fn strings<'v>(value: &'v Value, place: &'static str, to: &mut Vec<(&'static str, &'v str)>) {
    match value {
        Value::String(text) => to.push((place, text)),
        Value::Array(all) => all.iter().for_each(|v| strings(v, place, to)),
        Value::Object(all) => {
            for (key, value) in all {
                to.push((place, key));
                strings(value, place, to);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The first character that is not shown, or that changes how others are shown.
fn invisible(text: &str) -> Option<char> {
    let mut before = ' ';
    for c in text.chars() {
        let bad = match u32::from(c) {
            0x09 | 0x0A | 0x0D => false,
            // Control characters and the escapes of terminals.
            0x00..=0x1F | 0x7F..=0x9F => true,
            // Soft hyphen, joiners, fillers and blanks that take no room or look like a space.
            0xAD | 0x034F | 0x061C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F => true,
            0x200B..=0x200F | 0x2060..=0x206F | 0x2800 | 0x3164 | 0xFEFF | 0xFFA0 => true,
            // Direction: what is read is not what is written.
            0x202A..=0x202E => true,
            // A variation selector makes a symbol colourful; after a letter it can only carry a
            // message.
            0xFE0F => before.is_alphabetic() || before.is_whitespace() || before.is_ascii(),
            0xFE00..=0xFE0E | 0xFFF0..=0xFFFB | 0x1D173..=0x1D17A => true,
            0x1BCA0..=0x1BCA3 | 0xE0000..=0xE0FFF => true,
            _ => false,
        };
        if bad {
            return Some(c);
        }
        before = c;
    }
    None
}

/// The text with every hidden character written out.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if invisible(c.encode_utf8(&mut [0; 4])).is_some() {
            out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests;
