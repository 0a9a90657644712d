//! One walk over entries in their order: the hash of each, the case it belongs to, the keys that
//! the desk tells of. From it follows which cases a pack is about and which of them are shown.

use std::collections::{BTreeMap, BTreeSet};

use journal::{Chain, ChainError, Frame, Hash, Millis, Mode, Proof, Record, RunId, Seq, Starter};
use plan::ids::{ReleaseId, WorkflowName};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::keys::{Ring, Unfounded};

/// Which cases a pack is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    pub workflow: Option<WorkflowName>,
    /// Cases that began at this time or later.
    pub from: Millis,
    /// Cases that began before this time.
    pub until: Millis,
    pub sample: Option<Sample>,
    /// Every entry is shown, whatever it is about.
    pub full: bool,
}

/// So many cases, chosen by a seed that the auditor gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    pub take: u64,
    pub seed: String,
}

/// All cases that a pack is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    pub wanted: Wanted,
    pub cases: Vec<Case>,
    pub left_out: Vec<LeftOut>,
}

/// A case of the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub run: RunId,
    /// The case that called it; it is shown with that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<RunId>,
    /// The place of its first entry.
    pub opened: u64,
    /// How many entries it has.
    pub entries: u32,
    /// Whether all of them are shown, and not only the first.
    pub shown: bool,
}

/// A case of the time that is none of the population.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    pub run: RunId,
    pub opened: u64,
    pub why: WhyNot,
}

/// Why a case is none of the population.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyNot {
    /// It acted on nothing: its answers were written or recorded beforehand.
    Rehearsal,
    /// It was known to be wrong, to see whether people notice.
    Seeded,
}

/// What is known of one case.
#[derive(Debug, Clone)]
struct Seen {
    chain: Chain,
    opened: u64,
    at: Millis,
    workflow: WorkflowName,
    release: ReleaseId,
    mode: Mode,
    root: Option<RunId>,
    entries: Vec<u64>,
}

impl Seen {
    /// A case by its first entry.
    fn begin(index: u64, frame: &Frame, leaf: Hash) -> Result<Self, Misplaced> {
        let mut chain = Chain::new(frame.run);
        chain.follow(frame, leaf)?;
        let Some(Record::Opened { release, workflow, starter, mode, .. }) = frame.records.first()
        else {
            return Err(Misplaced::Beginning);
        };
        let root = match starter {
            Starter::Parent { root, .. } => Some(*root),
            Starter::Person(_) | Starter::Trigger { .. } => None,
        };
        let (workflow, release, mode, at) = (workflow.clone(), *release, *mode, frame.at);
        let (opened, entries) = (index, vec![index]);
        Ok(Self { chain, opened, at, workflow, release, mode, root, entries })
    }
}

/// A root that the desk says was signed.
#[derive(Debug, Clone)]
pub struct Earlier {
    /// The entry that says so.
    pub entry: u64,
    pub at: Millis,
    pub proof: Proof,
}

/// What a walk over entries found.
#[derive(Debug)]
pub struct Survey {
    runs: BTreeMap<RunId, Seen>,
    desk: Chain,
    desk_entries: Vec<u64>,
    ring: Ring,
    earlier: Vec<Earlier>,
    newest: Millis,
}

/// Why an entry cannot stand where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misplaced {
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Keys(#[from] Unfounded),
    #[error("the first entry of a case does not begin it")]
    Beginning,
}

/// What a pack shows.
#[derive(Debug, Clone)]
pub struct Chosen {
    pub population: Population,
    /// Entries that are shown.
    pub entries: BTreeSet<u64>,
    /// Entries whose contents may be shown: those of cases that are.
    pub contents: BTreeSet<u64>,
    pub releases: BTreeSet<ReleaseId>,
}

impl Default for Survey {
    fn default() -> Self {
        Self {
            runs: BTreeMap::new(),
            desk: Chain::new(RunId::DESK),
            desk_entries: Vec::new(),
            ring: Ring::default(),
            earlier: Vec::new(),
            newest: Millis(0),
        }
    }
}

impl Survey {
    /// Takes in the next entry, whose bytes have this hash. Entries of one case come in their
    /// order, from its first on.
    pub fn add(&mut self, index: u64, bytes: &[u8], leaf: Hash) -> Result<Frame, Misplaced> {
        let frame = Frame::read(self.desk.next(), bytes)?;
        if frame.run == RunId::DESK {
            self.desk.follow(&frame, leaf)?;
            self.desk_entries.push(index);
            for record in &frame.records {
                self.ring.read(record, frame.at)?;
                if let Record::Proof(proof) = record {
                    let proof = proof.clone();
                    self.earlier.push(Earlier { entry: index, at: frame.at, proof });
                }
            }
        } else if let Some(seen) = self.runs.get_mut(&frame.run) {
            seen.chain.follow(&frame, leaf)?;
            seen.entries.push(index);
        } else {
            let seen = Seen::begin(index, &frame, leaf)?;
            self.runs.insert(frame.run, seen);
        }
        self.newest = self.newest.max(frame.at);
        Ok(frame)
    }

    /// Where an entry of a case stands that came before.
    #[must_use]
    pub fn place(&self, run: RunId, seq: Seq) -> Option<u64> {
        let of_run = || self.runs.get(&run).map(|seen| &seen.entries);
        let entries = if run == RunId::DESK { Some(&self.desk_entries) } else { of_run() };
        entries?.get(usize::try_from(seq.0).ok()?).copied()
    }

    /// The keys that the desk tells of.
    #[must_use]
    pub fn ring(&self) -> &Ring {
        &self.ring
    }

    /// What the desk says of roots that were signed before, and of packs.
    #[must_use]
    pub fn earlier(&self) -> &[Earlier] {
        &self.earlier
    }

    /// The latest time of any entry.
    #[must_use]
    pub fn newest(&self) -> Millis {
        self.newest
    }

    /// How many cases were seen, and how many entries of the desk.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.runs.len(), self.desk_entries.len())
    }

    /// Which cases a pack is about, and what of them it shows.
    #[must_use]
    pub fn choose(&self, wanted: &Wanted) -> Chosen {
        let about = |seen: &Seen| {
            let named = wanted.workflow.as_ref().is_none_or(|name| *name == seen.workflow);
            named && wanted.from <= seen.at && seen.at < wanted.until
        };
        let roots: BTreeMap<RunId, &Seen> = self
            .runs
            .iter()
            .filter(|(_, seen)| seen.root.is_none() && about(seen))
            .map(|(run, seen)| (*run, seen))
            .collect();
        let counted = |seen: &Seen| seen.mode == Mode::Live;
        let all = roots.iter().filter(|(_, seen)| counted(seen)).map(|(run, _)| *run);
        let picked = picked(all, wanted.sample.as_ref());
        let (mut cases, mut left_out) = (Vec::new(), Vec::new());
        let (mut entries, mut contents) = (BTreeSet::new(), BTreeSet::new());
        let mut releases = BTreeSet::new();
        entries.extend(&self.desk_entries);
        contents.extend(&self.desk_entries);
        for (run, seen) in &self.runs {
            let Some(root) = roots.get(&seen.root.unwrap_or(*run)) else {
                if wanted.full {
                    entries.extend(&seen.entries);
                }
                continue;
            };
            let (run, opened) = (*run, seen.opened);
            entries.insert(opened);
            let why = match root.mode {
                Mode::Live => None,
                Mode::Rehearsal => Some(WhyNot::Rehearsal),
                Mode::Seeded => Some(WhyNot::Seeded),
            };
            if wanted.full {
                entries.extend(&seen.entries);
            }
            if let Some(why) = why {
                left_out.push(LeftOut { run, opened, why });
                continue;
            }
            let shown = picked.contains(&seen.root.unwrap_or(run));
            if shown {
                entries.extend(&seen.entries);
                contents.extend(&seen.entries);
                releases.insert(seen.release);
            }
            cases.push(Case { run, of: seen.root, opened, entries: seen.chain.next().0, shown });
        }
        let population = Population { wanted: wanted.clone(), cases, left_out };
        Chosen { population, entries, contents, releases }
    }
}

/// The cases that a seed picks: those whose hashes with it are smallest.
#[must_use]
pub fn picked(all: impl Iterator<Item = RunId>, sample: Option<&Sample>) -> BTreeSet<RunId> {
    let Some(Sample { take, seed }) = sample else { return all.collect() };
    let rank = |run: RunId| {
        let text = format!("flightdeck sample v1\n{seed}\n{run}");
        (Hash(Sha256::digest(text).into()), run)
    };
    let mut ranked: Vec<(Hash, RunId)> = all.map(rank).collect();
    ranked.sort_unstable();
    ranked.truncate(usize::try_from(*take).unwrap_or(usize::MAX));
    ranked.into_iter().map(|(_, run)| run).collect()
}
