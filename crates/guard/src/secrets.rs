//! Secrets: known values, as they are and as they are commonly encoded, and the shapes of
//! well-known keys, found in anything that leaves and replaced in anything that is shown. It must
//! not say a secret in an error, a name or `Debug`.

mod forms;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{LazyLock, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;
use serde_json::Value;

/// A known value shorter than this would be found in ordinary text by chance.
const SHORTEST: usize = 8;

/// Keys whose form gives them away. Each alternative begins with fixed letters, so that a text
/// without them is passed over quickly.
static SHAPES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let shapes = [
        r"-----BEGIN [A-Z ]{0,24}PRIVATE KEY-----",
        r"\bA(?:KIA|SIA)[0-9A-Z]{16}\b",
        r"\bgh[pousr]_[A-Za-z0-9]{36,}",
        r"\bgithub_pat_[A-Za-z0-9_]{40,}",
        r"\bglpat-[A-Za-z0-9_-]{20,}",
        r"\bsk-[A-Za-z0-9_-]{20,}",
        r"\b[sr]k_live_[A-Za-z0-9]{20,}",
        r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
        r"\bAIza[0-9A-Za-z_-]{35}",
        r"\bnpm_[A-Za-z0-9]{36}",
        r"\bhf_[A-Za-z0-9]{30,}",
        r"\bya29\.[A-Za-z0-9_-]{20,}",
        r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
    ];
    Regex::new(&shapes.join("|")).ok()
});

/// The secrets of a workspace. Some are only learnt while it works: tokens are renewed.
#[derive(Default)]
pub struct Secrets {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    /// Every form of every value, and whose it is, in the order of the finder's patterns.
    patterns: BTreeMap<Vec<u8>, String>,
    finder: Finder,
}

/// What looks for known values. One pass over a text finds every form of all of them.
#[derive(Default)]
enum Finder {
    /// No value is known.
    #[default]
    Nothing,
    Ready(AhoCorasick),
    /// It could not be built, so everything counts as a secret.
    Broken,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let names: BTreeSet<&String> = known.patterns.values().collect();
        f.debug_set().entries(names).finish()
    }
}

impl Known {
    fn add<N: Into<String>>(&mut self, all: impl IntoIterator<Item = (N, String)>) {
        let before = self.patterns.len();
        for (name, value) in all {
            let (name, value) = (name.into(), value.trim());
            if value.chars().count() < SHORTEST {
                continue;
            }
            for form in forms::of(value) {
                self.patterns.entry(form).or_insert_with(|| name.clone());
            }
        }
        if self.patterns.len() == before {
            return;
        }
        // The longest form at a place wins, so that a part is never replaced within a whole.
        self.finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(self.patterns.keys())
            .map_or(Finder::Broken, Finder::Ready);
    }
}

impl Secrets {
    /// Secrets by name and value. Values too short to be told from ordinary text are left out.
    #[must_use]
    pub fn new<N: Into<String>>(known: impl IntoIterator<Item = (N, String)>) -> Self {
        let secrets = Self::default();
        secrets.learn(known);
        secrets
    }

    /// Knows these as well from now on. What was known stays known: it may stand in a text.
    pub fn learn<N: Into<String>>(&self, known: impl IntoIterator<Item = (N, String)>) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).add(known);
    }

    /// Whether a text holds a secret. Without its shapes compiled everything does.
    #[must_use]
    pub fn found_in(&self, text: &str) -> bool {
        let Some(shapes) = SHAPES.as_ref() else { return true };
        let known = match &self.known.read().unwrap_or_else(PoisonError::into_inner).finder {
            Finder::Nothing => false,
            Finder::Ready(finder) => finder.is_match(text),
            Finder::Broken => true,
        };
        known || shapes.is_match(text)
    }

    /// Whether any name or text of a value holds a secret.
    #[must_use]
    pub fn found_in_value(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.found_in(text),
            Value::Array(items) => items.iter().any(|item| self.found_in_value(item)),
            Value::Object(fields) => {
                fields.iter().any(|(name, field)| self.found_in(name) || self.found_in_value(field))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// The text with every secret replaced by a word in brackets.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(shapes) = SHAPES.as_ref() else { return Cow::Borrowed("[hidden]") };
        let mut shown = Cow::Borrowed(text);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match &known.finder {
            Finder::Nothing => {}
            Finder::Ready(finder) if finder.is_match(text) => {
                let mut out = String::with_capacity(text.len());
                let names: Vec<&String> = known.patterns.values().collect();
                finder.replace_all_with(text, &mut out, |found, _, out| {
                    let name = names.get(found.pattern().as_usize());
                    out.push_str("[secret ");
                    out.push_str(name.map_or("", |name| name.as_str()));
                    out.push(']');
                    true
                });
                shown = Cow::Owned(out);
            }
            Finder::Ready(_) => {}
            Finder::Broken => return Cow::Borrowed("[hidden]"),
        }
        if shapes.is_match(&shown) {
            shown = Cow::Owned(shapes.replace_all(&shown, "[secret]").into_owned());
        }
        shown
    }
}
