//! A key of a vendor. It must never reach a file, a log, an error or a screen.

use std::fmt;

/// A text that is never shown. It has no `Serialize`, and `Debug` hides it.
#[derive(Clone)]
pub struct Secret(String);

/// A key and the name by which people know it.
#[derive(Debug, Clone)]
pub struct Key {
    /// The environment variable it came from, which may be shown.
    pub name: String,
    pub secret: Secret,
}

impl Secret {
    /// Takes a key as it was read.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The key itself, for a header.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// A text of the outside world without this key in it.
    pub(crate) fn scrub(&self, text: &str) -> String {
        self.blotted(text, "key")
    }

    /// A text with this value blotted out by its name.
    pub(crate) fn blotted(&self, text: &str, name: &str) -> String {
        if self.0.is_empty() {
            text.to_owned()
        } else {
            text.replace(&self.0, &format!("[{name}]"))
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([hidden])")
    }
}
