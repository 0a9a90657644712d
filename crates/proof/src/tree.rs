//! The Merkle tree of RFC 6962 over all entries: roots, proofs that an entry is in it, and proofs
//! that a later tree only added to an earlier one. It must not know what an entry is.

use journal::Hash;
use sha2::{Digest, Sha256};

/// The hash of two nodes side by side.
#[must_use]
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Hash(
        Sha256::new()
            .chain_update([1])
            .chain_update(left.0)
            .chain_update(right.0)
            .finalize()
            .into(),
    )
}

/// The root of no entries.
#[must_use]
pub fn empty() -> Hash {
    Hash::of(b"")
}

/// What has to be kept of a tree to add to it: the roots of its full subtrees, the largest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compact {
    size: u64,
    peaks: Vec<Hash>,
}

impl Compact {
    /// A tree of which only this was kept; nothing where the two do not fit each other.
    #[must_use]
    pub fn of(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        let fits = usize::try_from(size.count_ones()).ok()? == peaks.len();
        fits.then_some(Self { size, peaks })
    }

    /// Adds the hash of one entry.
    pub fn push(&mut self, leaf: Hash) {
        let (mut hash, mut size) = (leaf, self.size);
        while size & 1 == 1 {
            if let Some(left) = self.peaks.pop() {
                hash = node(&left, &hash);
            }
            size >>= 1;
        }
        self.peaks.push(hash);
        self.size = self.size.saturating_add(1);
    }

    /// How many entries there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// What is kept.
    #[must_use]
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return empty() };
        peaks.fold(*last, |right, left| node(left, &right))
    }
}

impl Extend<Hash> for Compact {
    fn extend<T: IntoIterator<Item = Hash>>(&mut self, leaves: T) {
        leaves.into_iter().for_each(|leaf| self.push(leaf));
    }
}

/// A whole tree, with every full node of it.
#[derive(Debug, Clone)]
pub struct Tree {
    /// Level 0 is the leaves; a level holds the nodes whose subtrees are full.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// The tree over these leaves.
    #[must_use]
    pub fn new(leaves: Vec<Hash>) -> Self {
        let mut levels = vec![leaves];
        while let Some(level) = levels.last().filter(|level| level.len() > 1) {
            let pairs = level.chunks_exact(2);
            let next = pairs.filter_map(|pair| match pair {
                [left, right] => Some(node(left, right)),
                _ => None,
            });
            let next = next.collect();
            levels.push(next);
        }
        Self { levels }
    }

    /// How many entries there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        let leaves = self.levels.first().map_or(0, Vec::len);
        u64::try_from(leaves).unwrap_or(u64::MAX)
    }

    /// The hash of an entry.
    #[must_use]
    pub fn leaf(&self, index: u64) -> Option<&Hash> {
        self.levels.first()?.get(usize::try_from(index).ok()?)
    }

    /// The root over the first `size` entries, if there are so many.
    #[must_use]
    pub fn root(&self, size: u64) -> Option<Hash> {
        if size == 0 { Some(empty()) } else { self.range(0, size) }
    }

    /// The proof that entry `index` is among the first `size`.
    #[must_use]
    pub fn inclusion(&self, index: u64, size: u64) -> Option<Vec<Hash>> {
        if index >= size || size > self.size() {
            return None;
        }
        let (mut low, mut high, mut proof) = (0, size, Vec::new());
        while high - low > 1 {
            let middle = low + split(high - low);
            if index < middle {
                proof.push(self.range(middle, high)?);
                high = middle;
            } else {
                proof.push(self.range(low, middle)?);
                low = middle;
            }
        }
        proof.reverse();
        Some(proof)
    }

    /// The proof that the first `old` entries are the beginning of the first `new`.
    #[must_use]
    pub fn consistency(&self, old: u64, new: u64) -> Option<Vec<Hash>> {
        if old == 0 || old > new || new > self.size() {
            return None;
        }
        let (mut low, mut high, mut whole, mut proof) = (0, new, true, Vec::new());
        while old != high {
            let middle = low + split(high - low);
            if old <= middle {
                proof.push(self.range(middle, high)?);
                high = middle;
            } else {
                proof.push(self.range(low, middle)?);
                low = middle;
                whole = false;
            }
        }
        if !whole {
            proof.push(self.range(low, high)?);
        }
        proof.reverse();
        Some(proof)
    }

    /// The root over the entries from `low` to before `high`.
    fn range(&self, low: u64, high: u64) -> Option<Hash> {
        let count = high.checked_sub(low).filter(|count| *count > 0)?;
        if count.is_power_of_two() && low.is_multiple_of(count) {
            let level = usize::try_from(count.trailing_zeros()).ok()?;
            let at = usize::try_from(low / count).ok()?;
            return self.levels.get(level)?.get(at).copied();
        }
        let middle = low + split(count);
        Some(node(&self.range(low, middle)?, &self.range(middle, high)?))
    }
}

/// The largest power of two below `count`, which is more than one.
fn split(count: u64) -> u64 {
    1 << (63 - count.saturating_sub(1).max(1).leading_zeros())
}

/// Whether a proof shows that an entry is in a tree.
#[must_use]
pub fn includes(leaf: &Hash, (index, size): (u64, u64), proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for step in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(step, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether a proof shows that a later tree only added to an earlier one.
#[must_use]
pub fn extends(
    (old, old_root): (u64, &Hash),
    (new, new_root): (u64, &Hash),
    proof: &[Hash],
) -> bool {
    if old == 0 || old > new {
        return false;
    }
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    let first = old.is_power_of_two().then_some(old_root);
    let mut steps = first.into_iter().chain(proof);
    let Some(begin) = steps.next() else { return false };
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut before, mut after) = (*begin, *begin);
    for step in steps {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            before = node(step, &before);
            after = node(step, &after);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            after = node(&after, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && before == *old_root && after == *new_root
}
