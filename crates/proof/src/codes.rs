//! Why evidence is refused: one code for each way in which it can be wrong, with what is safe to
//! do next. A code is never used again for something else.

use serde::Serialize;

/// One way in which evidence can be wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    pub id: &'static str,
    pub title: &'static str,
    pub why: &'static str,
    pub next: &'static str,
}

macro_rules! codes {
    ($($name:ident = $id:literal: $title:literal, $why:literal, $next:literal;)*) => {
        $(
            #[doc = $title]
            pub static $name: Code = Code { id: $id, title: $title, why: $why, next: $next };
        )*
        /// Every code.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    PACK_BROKEN = "pack_broken": "the pack is not one as it was sealed",
        "its container was cut off, changed or written by another program",
        "get the pack again from whoever sealed it, and compare its SHA-256";
    PACK_TOO_LARGE = "pack_too_large": "the pack is larger than is looked at",
        "a size beyond all bounds is how programs are brought down",
        "have a smaller one sealed: a shorter time, one workflow, or a sample";
    PACK_PATH = "pack_path": "the pack names a file where none may be",
        "such a name would write outside the folder that it is unpacked into",
        "do not unpack it; get it again from whoever sealed it";
    PACK_TWICE = "pack_twice": "the pack holds two files of one name, or not in order",
        "two readers would see two packs",
        "do not rely on it; get it again from whoever sealed it";
    FILE_MISSING = "file_missing": "a file of the pack is missing",
        "the signed statement names it",
        "get the pack again from whoever sealed it";
    FILE_UNKNOWN = "file_unknown": "the pack holds a file that nobody signed",
        "whatever it says was put in later",
        "do not read that file; get the pack again";
    FILE_CHANGED = "file_changed": "a file of the pack was changed",
        "its SHA-256 is not the one in the signed statement",
        "get the pack again from whoever sealed it";
    STATEMENT = "statement_unreadable": "the statement of the pack cannot be read",
        "without it nothing says what belongs to the pack and who sealed it",
        "get the pack again from whoever sealed it";
    SIGNATURE = "signature_wrong": "a signature is wrong",
        "what it signs was changed after it was signed, or somebody else signed it",
        "do not rely on it; have whoever sealed it show their key in another way";
    WRONG_KEY = "wrong_key": "it is signed with another key than the one you trust",
        "somebody else signed it, or the key was replaced and you were not told",
        "have the owner show the replaced key's signature on the new one, and compare by telephone";
    FOREIGN_KEY = "foreign_key": "it is signed with a key that its own entries do not know",
        "somebody signed it again who does not have the installation's key",
        "do not rely on it; get it from whoever runs the installation";
    REVOKED_KEY = "revoked_key": "it is signed with a key that was revoked",
        "from then on somebody else may have signed with it",
        "have it sealed again with the key that took its place";
    KEYS = "keys_unfounded": "the keys do not follow from each other",
        "a new key was not signed by the one that it replaces",
        "do not rely on any key after that one";
    LOG_SHORT = "entries_cut_off": "entries are missing at the end",
        "the signed root is over more entries than there are",
        "get all of it again, and compare the number of entries";
    ROOT = "root_differs": "the entries do not give the signed root",
        "an entry was changed, taken away or put in",
        "get it again; what an earlier checkpoint covers can still be relied on";
    ENTRY = "entry_changed": "an entry was changed",
        "its bytes are not those that the signed root is made of",
        "get it again, and look at who could change it";
    ENTRY_ORDER = "entry_order": "an entry is missing, out of order or there twice",
        "the entries of a case follow each other without a gap",
        "get it again; the entry that is named says where";
    ENTRY_TWICE = "entry_twice": "one entry was written a second time",
        "what happened once was made to look as if it had happened twice",
        "do not rely on it; look at who can write to the journal";
    FUTURE = "future_dated": "it says that it is from a time that has not come",
        "a clock was wrong or a time was made up",
        "compare the clocks; a witness's time is the one to rely on";
    HISTORY = "history_rewritten": "an earlier signed root does not fit",
        "entries that had been signed for were changed afterwards",
        "keep both; this is what checkpoints are there to show";
    REPLAYED = "replayed": "it is older than what you have seen",
        "an earlier state is shown as if nothing had come after it",
        "have a new one sealed that covers your checkpoint";
    POPULATION = "population_wrong": "the list of cases does not fit the entries",
        "a case was left out of the list, or one was put in",
        "have it sealed again, and compare the number of cases";
    SAMPLE = "sample_wrong": "the sample is not the one that the seed gives",
        "whoever sealed it chose the cases instead of the seed",
        "have it sealed again with a seed that you choose";
    CONTENT = "content_changed": "a content is not the one that was written",
        "it does not fit what its entry committed to",
        "do not rely on that content; its entry still says that there was one";
    RELEASE = "release_changed": "a release is missing or is not what its id says",
        "cases would be judged by another map than the one they ran on",
        "get it again from whoever sealed it";
    RECORDS = "summary_wrong": "what is said of the entries does not follow from them",
        "the summary was written by something else than the entries",
        "read the entries and not the summary";
    WITNESS = "witness_wrong": "what a witness signed does not fit",
        "its signature is wrong, or it is about something else",
        "have the witness say what it signed";
}

/// The code of an id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Code> {
    let id = id.trim().replace('-', "_").to_ascii_lowercase();
    ALL.iter().copied().find(|code| code.id == id)
}

/// Why evidence is refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{file}{}: {what}", place.as_ref().map_or(String::new(), |place| format!(", {place}")))]
pub struct Refusal {
    pub code: &'static str,
    pub file: String,
    /// Which entry, case, line or byte.
    pub place: Option<String>,
    pub what: String,
}

impl Refusal {
    /// A refusal of a whole file.
    pub fn new(code: &'static Code, file: impl Into<String>, what: impl Into<String>) -> Self {
        Self { code: code.id, file: file.into(), place: None, what: what.into() }
    }

    /// The same at a place in it.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }
}
