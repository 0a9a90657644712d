//! The entries of a pack or an export: each is one that the signed root is made of, and each
//! follows from the one before of its case. A byte that was changed is located.

use std::collections::{BTreeMap, BTreeSet};

use journal::{ChainError, Hash, Proof, RunId, Seq};
use serde::Deserialize;

use super::contents::Opened;
use super::short;
use crate::codes::{ENTRY, ENTRY_ORDER, ENTRY_TWICE, HISTORY, KEYS, LOG_SHORT, ROOT, Refusal};
use crate::container::Held;
use crate::keys;
use crate::note::Checkpoint;
use crate::pack::{ENTRIES, LEAVES};
use crate::records::Records;
use crate::survey::{Misplaced, Survey};
use crate::tree::Tree;

/// One entry that is shown.
#[derive(Debug, Clone, Copy)]
pub struct Line<'b> {
    pub index: u64,
    pub bytes: &'b [u8],
}

/// The entries of a file, one a line.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = Result<Line<'_>, Refusal>> {
    let mut rest = bytes;
    let mut number = 0_u64;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        number += 1;
        let cut = || {
            Refusal::new(&ENTRY_ORDER, ENTRIES, "a line is no entry with its place before it")
                .at(format!("line {number}"))
        };
        let line = rest.iter().position(|byte| *byte == b'\n').and_then(|end| {
            let (line, after) = rest.split_at_checked(end)?;
            rest = after.get(1..)?;
            let space = line.iter().position(|byte| *byte == b' ')?;
            let (index, bytes) = line.split_at_checked(space)?;
            let text = std::str::from_utf8(index).ok()?;
            let index: u64 = text.parse().ok().filter(|n: &u64| n.to_string() == text)?;
            Some(Line { index, bytes: bytes.get(1..)? })
        });
        if line.is_none() {
            rest = &[];
        }
        Some(line.ok_or_else(cut))
    })
}

/// The hashes of all entries.
pub(super) fn leaves(bytes: &[u8]) -> Result<Vec<Hash>, Refusal> {
    let (whole, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() {
        return Err(Refusal::new(&LOG_SHORT, LEAVES, "it ends within a hash"));
    }
    Ok(whole.iter().map(|hash| Hash(*hash)).collect())
}

/// A walk over the entries that are shown.
pub(super) struct Walk<'b> {
    pub(super) tree: Tree,
    pub(super) survey: Survey,
    pub(super) records: Records,
    pub(super) places: BTreeSet<u64>,
    pub(super) count: u64,
    /// What is kept of each, where its contents are looked at.
    pub(super) kept: Option<BTreeMap<u64, Opened<'b>>>,
    next: u64,
}

impl<'b> Walk<'b> {
    pub(super) fn new(leaves: Vec<Hash>) -> Self {
        Self {
            tree: Tree::new(leaves),
            survey: Survey::default(),
            records: Records::default(),
            places: BTreeSet::new(),
            count: 0,
            kept: None,
            next: 0,
        }
    }

    /// That all hashes together give the root.
    pub(super) fn rooted(&self, checkpoint: &Checkpoint) -> Result<(), Refusal> {
        let count = self.tree.size();
        if count != checkpoint.size {
            return Err(short(count, checkpoint.size));
        }
        if self.tree.root(count) == Some(checkpoint.root) {
            return Ok(());
        }
        Err(Refusal::new(&ROOT, LEAVES, "the entries do not give the root that was signed"))
    }

    /// Takes in the next entry that is shown.
    pub(super) fn shown(&mut self, line: &Line<'b>) -> Result<(), Refusal> {
        let no =
            |code, what: String| Refusal::new(code, ENTRIES, what).at(at(line.index, line.bytes));
        if line.index < self.next {
            return Err(no(&ENTRY_ORDER, "it is out of order".to_owned()));
        }
        self.next = line.index.saturating_add(1);
        let hash = Hash::leaf(line.bytes);
        match self.tree.leaf(line.index) {
            None => return Err(no(&LOG_SHORT, "it lies beyond the last entry".to_owned())),
            Some(leaf) if *leaf != hash => {
                return Err(no(&ENTRY, "its bytes are not those that were signed".to_owned()));
            }
            Some(_) => {}
        }
        let frame = self.survey.add(line.index, line.bytes, hash).map_err(|error| {
            let first = head(line.bytes).and_then(|(run, seq)| self.survey.place(run, seq));
            match (&error, first) {
                (Misplaced::Keys(_), _) => no(&KEYS, error.to_string()),
                (Misplaced::Chain(ChainError::Order(_)), Some(first)) => {
                    no(&ENTRY_TWICE, format!("entry {first} is the same one"))
                }
                (Misplaced::Chain(_) | Misplaced::Beginning, _) => {
                    no(&ENTRY_ORDER, error.to_string())
                }
            }
        })?;
        self.records.read(line.index, &frame);
        self.places.insert(line.index);
        self.count += 1;
        if let Some(kept) = &mut self.kept {
            kept.insert(line.index, Opened::new(&frame, line.bytes));
        }
        Ok(())
    }

    /// That every earlier signed root is the beginning of the same entries.
    pub(super) fn earlier(&self) -> Result<u64, Refusal> {
        let mut count = 0;
        let origin = self.survey.ring().origin().unwrap_or_default().to_owned();
        for earlier in self.survey.earlier() {
            let (size, root) = match &earlier.proof {
                Proof::Checkpoint { size, root, .. }
                | Proof::Anchored { size, root, .. }
                | Proof::Sealed { size, root, .. } => (*size, *root),
                Proof::KeyMade { .. } | Proof::KeyRotated { .. } | Proof::KeyRevoked { .. } => {
                    continue;
                }
            };
            let no = |what: &str| {
                let place = format!("entry {}", earlier.entry);
                Refusal::new(&HISTORY, ENTRIES, what).at(place)
            };
            if size > earlier.entry {
                return Err(no("it signs entries that come after it"));
            }
            if self.tree.root(size) != Some(root) {
                return Err(no("the entries before it do not give the root that it signs"));
            }
            if let Proof::Checkpoint { key, signature, .. } = &earlier.proof {
                let known = self.survey.ring().find(*key).is_some();
                let text = Checkpoint { origin: origin.clone(), size, root }.text();
                let key = keys::verifier(&origin, *key);
                if !known || !key.signed(text.as_bytes(), &signature.0) {
                    return Err(no("no key of this installation signed it"));
                }
                count += 1;
            }
        }
        Ok(count)
    }
}

#[derive(Deserialize)]
struct Head {
    run: RunId,
    seq: Seq,
}

/// Which entry of which case it says it is.
fn head(bytes: &[u8]) -> Option<(RunId, Seq)> {
    let Head { run, seq } = serde_json::from_slice(bytes).ok()?;
    Some((run, seq))
}

/// An entry by its place, and by its case where it can be read.
fn at(index: u64, bytes: &[u8]) -> String {
    match head(bytes) {
        Some((run, seq)) => format!("entry {index} (entry {} of case {run})", seq.0),
        None => format!("entry {index}"),
    }
}

/// Where a file was changed, if that can be said more exactly than by its name.
pub(super) fn located(
    name: &str,
    bytes: &[u8],
    files: &BTreeMap<&str, Held<'_>>,
) -> Option<Refusal> {
    let hashes = leaves(files.get(LEAVES)?.bytes).ok()?;
    let entries = if name == ENTRIES { bytes } else { files.get(ENTRIES)?.bytes };
    if name != ENTRIES && name != LEAVES {
        return None;
    }
    for line in lines(entries) {
        let Ok(line) = line else {
            return line.err().filter(|_| name == ENTRIES);
        };
        let leaf = usize::try_from(line.index).ok().and_then(|index| hashes.get(index));
        if leaf != Some(&Hash::leaf(line.bytes)) {
            let what = "its bytes are not those that were signed";
            return Some(Refusal::new(&ENTRY, name, what).at(at(line.index, line.bytes)));
        }
    }
    None
}
