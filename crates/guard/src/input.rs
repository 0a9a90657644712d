//! Checks of what comes in from outside before anything reads it. It must not repair: a text that
//! fails is a person's to look at.

use crate::hidden::{self, Hidden};

/// Why an input is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputFlaw {
    #[error("the text has {0} bytes, more than the {1} that are allowed")]
    TooLarge(usize, usize),
    #[error("the bytes are no UTF-8 text from byte {0} on")]
    NotText(usize),
    #[error("there is {} at byte {}", .0.kind.words(), .0.offset)]
    Hidden(Hidden),
}

/// The text of an input, if it is one that a person and a model read alike.
pub fn check(bytes: &[u8], bytes_max: usize) -> Result<&str, InputFlaw> {
    if bytes.len() > bytes_max {
        return Err(InputFlaw::TooLarge(bytes.len(), bytes_max));
    }
    let text =
        std::str::from_utf8(bytes).map_err(|error| InputFlaw::NotText(error.valid_up_to()))?;
    match hidden::find(text) {
        Some(found) => Err(InputFlaw::Hidden(found)),
        None => Ok(text),
    }
}
