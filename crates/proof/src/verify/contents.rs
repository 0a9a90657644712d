//! The contents that a pack shows: each is the one that its entry committed to. What is not shown
//! stays a commitment.

use std::collections::BTreeMap;
use std::sync::Arc;

use journal::{Entropy, Frame, Hash, RunId};
use plan::ids::ReleaseId;
use serde::de::DeserializeOwned;

use crate::codes::{CONTENT, Refusal};
use crate::pack::{CONTENTS, Content, SEEDS, Seed};

/// An entry with those of its contents that are shown.
#[derive(Debug)]
pub struct Opened<'b> {
    pub run: RunId,
    /// As it is stored.
    pub bytes: &'b [u8],
    /// What it commits to: the hash and the length of each of its contents.
    pub committed: Vec<(Hash, u32)>,
    pub bodies: BTreeMap<u16, Arc<[u8]>>,
    /// Where all of them are shown.
    pub entropy: Option<Entropy>,
}

impl<'b> Opened<'b> {
    pub(super) fn new(frame: &Frame, bytes: &'b [u8]) -> Self {
        let committed = frame.bodies.iter().map(|meta| (meta.commit, meta.len)).collect();
        Self { run: frame.run, bytes, committed, bodies: BTreeMap::new(), entropy: None }
    }

    /// Whether all of its contents are shown, so that its decisions can be made again.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.committed.is_empty() || self.entropy.is_some()
    }
}

/// All entries that are shown.
#[derive(Debug)]
pub struct Known<'b> {
    pub entries: BTreeMap<u64, Opened<'b>>,
    /// How many contents the entries commit to, and how many of them are shown.
    pub committed: u64,
    pub shown: u64,
    /// Releases by their ids, as they are stored.
    pub releases: BTreeMap<ReleaseId, Vec<u8>>,
}

impl Known<'_> {
    /// The places of the entries of each case, in order.
    #[must_use]
    pub fn runs(&self) -> BTreeMap<RunId, Vec<u64>> {
        let mut runs: BTreeMap<RunId, Vec<u64>> = BTreeMap::new();
        for (index, opened) in &self.entries {
            runs.entry(opened.run).or_default().push(*index);
        }
        runs
    }
}

/// Reads the contents and the randomness of those entries that show all of theirs.
pub(super) fn read<'b>(
    contents: &[u8],
    seeds: &[u8],
    mut entries: BTreeMap<u64, Opened<'b>>,
) -> Result<Known<'b>, Refusal> {
    let committed = entries.values().map(|entry| entry.committed.len()).sum::<usize>();
    let (mut last, mut shown) = (None, 0);
    for (number, content) in (1_u64..).zip(objects::<Content>(contents, CONTENTS)) {
        let content = content.map_err(|refusal| refusal.at(format!("line {number}")))?;
        let (index, n) = (content.entry, content.n);
        let no = |what: &str| {
            Refusal::new(&CONTENT, CONTENTS, what).at(format!("entry {index}, content {n}"))
        };
        if last.replace((index, n)).is_some_and(|last| last >= (index, n)) {
            return Err(no("it is there twice or out of order"));
        }
        let entry = entries.get_mut(&index).ok_or_else(|| no("its entry is not shown"))?;
        let known = entry.committed.get(usize::from(n));
        let (hash, len) = known.ok_or_else(|| no("its entry has no such content"))?;
        let (commit, body) = content.opened().ok_or_else(|| no("it cannot be read"))?;
        if commit != *hash || usize::try_from(*len).ok() != Some(body.len()) {
            return Err(no("it is not the one that its entry committed to"));
        }
        entry.bodies.insert(n, Arc::from(body));
        shown += 1;
    }
    let mut last = None;
    for (number, seed) in (1_u64..).zip(objects::<Seed>(seeds, SEEDS)) {
        let Seed { entry: index, entropy } =
            seed.map_err(|refusal| refusal.at(format!("line {number}")))?;
        let no = |what: &str| Refusal::new(&CONTENT, SEEDS, what).at(format!("entry {index}"));
        if last.replace(index).is_some_and(|last| last >= index) {
            return Err(no("it is there twice or out of order"));
        }
        let entry = entries.get_mut(&index).ok_or_else(|| no("its entry is not shown"))?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(&entropy, &mut bytes).map_err(|_| no("it cannot be read"))?;
        let entropy = Entropy(bytes);
        let fits = |(n, (hash, _)): (u16, &(Hash, u32))| {
            entry.bodies.get(&n).is_some_and(|body| entropy.commitment(n, body) == *hash)
        };
        if !(0_u16..).zip(&entry.committed).all(fits) {
            return Err(no("the salts of its contents do not follow from it"));
        }
        entry.entropy = Some(entropy);
    }
    let committed = u64::try_from(committed).unwrap_or_default();
    Ok(Known { entries, committed, shown, releases: BTreeMap::new() })
}

/// The objects of a file, one a line, each in the one form it has.
fn objects<'b, T: DeserializeOwned + 'b>(
    bytes: &'b [u8],
    file: &'static str,
) -> impl Iterator<Item = Result<T, Refusal>> + 'b {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    lines.map(move |line| {
        let no = || Refusal::new(&CONTENT, file, "a line cannot be read");
        let line = line.strip_suffix(b"\n").ok_or_else(no)?;
        serde_json::from_slice(line).map_err(|_| no())
    })
}
