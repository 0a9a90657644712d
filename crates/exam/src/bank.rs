//! Questions as data. An item is never serialized: what leaves this room is made from it piece by
//! piece, so that a key cannot slip out with the rest.

use std::collections::{BTreeMap, BTreeSet};

use journal::{Hash, Named};
use plan::Track;
use serde::Deserialize;

/// The fewest and the most options of an item.
const OPTIONS: std::ops::RangeInclusive<usize> = 3..=6;

/// Whether an item is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is still being written.
    Draft,
    Live,
    /// It was drawn once, and is kept for those who sat it.
    Retired,
}

/// One question with what is right and why.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub id: Named,
    pub domain: Named,
    pub criterion: Named,
    /// As whoever wrote it thinks: 1 to 3.
    pub difficulty: u8,
    pub status: Status,
    pub stem: String,
    pub options: Vec<String>,
    pub key: usize,
    pub rationale: String,
    /// Why each other option is wrong; nothing at the key's place.
    pub because: Vec<Option<String>>,
}

/// The questions of a track.
#[derive(Clone)]
pub struct Bank {
    pub track: Track,
    pub version: String,
    items: BTreeMap<Named, Item>,
    /// The hash of its text.
    pub hash: Hash,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    track: Track,
    version: String,
    items: Vec<Item>,
}

/// Why a text is no bank.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    #[error("a bank of questions cannot be read: {0}")]
    Text(String),
    #[error("the item `{0}` stands twice")]
    Twice(Named),
    #[error("the item `{item}`: {what}")]
    Item { item: Named, what: &'static str },
}

impl Bank {
    /// Reads a bank.
    pub fn read(text: &str) -> Result<Self, Unread> {
        let file: File = serde_json::from_str(text).map_err(|e| Unread::Text(e.to_string()))?;
        let mut items = BTreeMap::new();
        for item in file.items {
            if let Some(what) = item.wrong() {
                return Err(Unread::Item { item: item.id, what });
            }
            if let Some(before) = items.insert(item.id.clone(), item) {
                return Err(Unread::Twice(before.id));
            }
        }
        let (track, version, hash) = (file.track, file.version, Hash::of(text.as_bytes()));
        Ok(Self { track, version, items, hash })
    }

    /// An item by its name.
    #[must_use]
    pub fn item(&self, name: &Named) -> Option<&Item> {
        self.items.get(name)
    }

    /// Every item.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }
}

impl Item {
    fn wrong(&self) -> Option<&'static str> {
        let different: BTreeSet<&str> = self.options.iter().map(|o| o.trim()).collect();
        let because = |n: usize| self.because.get(n).is_some_and(Option::is_some);
        let whole = (0..self.options.len()).all(|n| because(n) != (n == self.key));
        if !OPTIONS.contains(&self.options.len()) {
            Some("it takes three to six options")
        } else if different.len() != self.options.len() {
            Some("two options are the same")
        } else if self.key >= self.options.len() {
            Some("its key is none of its options")
        } else if self.because.len() != self.options.len() || !whole {
            Some("each wrong option, and no right one, needs a reason why it is wrong")
        } else if self.stem.trim().is_empty() || self.rationale.trim().is_empty() {
            Some("it needs a stem and a rationale")
        } else if !(1..=3).contains(&self.difficulty) {
            Some("its difficulty is 1, 2 or 3")
        } else {
            None
        }
    }
}

/// The banks of all tracks that have questions.
#[derive(Clone)]
pub struct Banks(BTreeMap<Track, Bank>);

impl Banks {
    /// Those that come with the program.
    pub fn embedded() -> Result<Self, Unread> {
        let texts = [
            include_str!("../banks/associate.json"),
            include_str!("../banks/management.json"),
            include_str!("../banks/auditor.json"),
        ];
        Self::of(texts.into_iter().map(Bank::read))
    }

    /// Those that were read.
    pub fn of(banks: impl IntoIterator<Item = Result<Bank, Unread>>) -> Result<Self, Unread> {
        let each = banks.into_iter().map(|bank| bank.map(|bank| (bank.track, bank)));
        Ok(Self(each.collect::<Result<_, _>>()?))
    }

    /// The bank of a track; nothing where it has no questions.
    #[must_use]
    pub fn get(&self, track: Track) -> Option<&Bank> {
        self.0.get(&track)
    }
}
