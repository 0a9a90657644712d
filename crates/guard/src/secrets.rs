//! Secrets: known values and the shapes of well-known keys, found in anything that leaves and
//! replaced in anything that is shown. It must not say a secret in an error, a name or `Debug`.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

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

/// The secrets of a workspace.
#[derive(Default, Clone)]
pub struct Secrets {
    known: Vec<Known>,
}

#[derive(Clone)]
struct Known {
    name: String,
    value: String,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.known.iter().map(|known| &known.name)).finish()
    }
}

impl Secrets {
    /// Secrets by name and value. Values too short to be told from ordinary text are left out.
    #[must_use]
    pub fn new<N: Into<String>>(known: impl IntoIterator<Item = (N, String)>) -> Self {
        let mut secrets = Self::default();
        for (name, value) in known {
            let name = name.into();
            // In JSON a value may stand with its quotes and backslashes escaped.
            let escaped = Value::from(value.as_str()).to_string();
            let escaped = escaped.trim_matches('"').to_owned();
            for form in [value.trim().to_owned(), escaped] {
                let new = secrets.known.iter().all(|known| known.value != form);
                if new && form.chars().count() >= SHORTEST {
                    secrets.known.push(Known { name: name.clone(), value: form });
                }
            }
        }
        // The longest first, so that a part is never replaced within a whole.
        secrets.known.sort_by_key(|known| std::cmp::Reverse(known.value.len()));
        secrets
    }

    /// Whether a text holds a secret. Without its shapes compiled everything does.
    #[must_use]
    pub fn found_in(&self, text: &str) -> bool {
        let Some(shapes) = SHAPES.as_ref() else { return true };
        self.known.iter().any(|known| text.contains(&known.value)) || shapes.is_match(text)
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
        for known in &self.known {
            if shown.contains(&known.value) {
                let word = format!("[secret {}]", known.name);
                shown = Cow::Owned(shown.replace(&known.value, &word));
            }
        }
        if shapes.is_match(&shown) {
            shown = Cow::Owned(shapes.replace_all(&shown, "[secret]").into_owned());
        }
        shown
    }
}
