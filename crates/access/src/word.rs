//! Words that open something: sessions, links, tokens. A word is made here, shown once, and known
//! afterwards by its digest alone. It must not be printed by accident.

use std::fmt;

use sha2::{Digest, Sha256};

/// A word that opens something, for as long as it has to be in memory.
pub struct Word(String);

impl Word {
    /// A fresh word. Its beginning says what it is for, so that it is noticed where it should not
    /// lie about.
    pub fn fresh(begins: &str) -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(format!("{begins}{}", hex::encode(bytes))))
    }

    /// Its text, to be shown once.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Word(..)")
    }
}

/// What a word is known by.
pub(crate) fn digest(word: &str) -> [u8; 32] {
    Sha256::digest(word.as_bytes()).into()
}

/// The name of a word that may be shown and stored: nobody finds the word by it.
pub(crate) fn name(digest: &[u8; 32]) -> String {
    let again = Sha256::digest(digest);
    format!("t{}", hex::encode(again).chars().take(12).collect::<String>())
}

/// What opens one door for as long as the process lives.
#[derive(Clone)]
pub struct Opener([u8; 32]);

impl Opener {
    /// What this word opens.
    #[must_use]
    pub fn of(word: &str) -> Self {
        Self(digest(word))
    }

    /// Whether this is the word. How long comparing digests takes says nothing about it.
    #[must_use]
    pub fn opens(&self, shown: &str) -> bool {
        digest(shown) == self.0
    }
}
