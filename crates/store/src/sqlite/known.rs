//! What the writer keeps in memory of what is durable, and the changes of a group on top of it.
//! A group's changes become known only after its commit; when the commit fails they are dropped,
//! and memory says again exactly what the disk says.

use std::collections::{BTreeSet, HashMap};

use journal::{Account, Epoch, Hash, RunId, StopScope};

use super::crypt::RunKey;
use crate::halt::Moment;

/// Runs of one generation of the cache.
const RUNS_MAX: usize = 32_768;
/// Accounts in the cache.
const ACCOUNTS_MAX: usize = 16_384;

/// What the next frame of a run must follow from.
#[derive(Clone)]
pub(super) struct RunState {
    pub(super) no: i64,
    pub(super) next: u32,
    pub(super) tip: Hash,
    pub(super) epoch: Epoch,
    /// Absent where it was erased.
    pub(super) key: Option<RunKey>,
}

/// The writer's memory.
#[derive(Default)]
pub(super) struct Known {
    runs: HashMap<RunId, RunState>,
    /// The generation before: what is used moves on to the next one, the rest is forgotten.
    older: HashMap<RunId, RunState>,
    accounts: HashMap<Account, u64>,
    /// Epochs of runs that were claimed before their first frame. Nothing of such a run is
    /// durable yet, so neither is its epoch.
    opening: HashMap<RunId, Epoch>,
    pub(super) stops: BTreeSet<StopScope>,
    /// The position of the next frame and the number of the next run.
    pub(super) next_pos: i64,
    pub(super) next_no: i64,
}

/// What a group changes.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) runs: HashMap<RunId, RunState>,
    pub(super) accounts: HashMap<Account, u64>,
    pub(super) opening: HashMap<RunId, Epoch>,
    /// The stops after the group, when it touched them.
    pub(super) stops: Option<BTreeSet<StopScope>>,
    /// Whether everything may go on: the last word of the group on a stop of everything.
    pub(super) lifts_halt: Option<Moment>,
    pub(super) frames: i64,
    pub(super) opened: i64,
    /// About how many bytes the group adds to the log.
    pub(super) bytes: u64,
}

impl Known {
    pub(super) fn run(&self, run: RunId) -> Option<&RunState> {
        self.runs.get(&run).or_else(|| self.older.get(&run))
    }

    pub(super) fn opening(&self, run: RunId) -> Option<Epoch> {
        self.opening.get(&run).copied()
    }

    pub(super) fn account(&self, account: &Account) -> Option<u64> {
        self.accounts.get(account).copied()
    }

    /// Takes over the changes of a group that is durable.
    pub(super) fn adopt(&mut self, changes: Changes) {
        for run in changes.runs.keys() {
            self.opening.remove(run);
        }
        self.opening.extend(changes.opening);
        if self.runs.len() > RUNS_MAX {
            self.older = std::mem::take(&mut self.runs);
        }
        self.runs.extend(changes.runs);
        if self.accounts.len() > ACCOUNTS_MAX {
            self.accounts.clear();
        }
        self.accounts.extend(changes.accounts);
        if let Some(stops) = changes.stops {
            self.stops = stops;
        }
        self.next_pos += changes.frames;
        self.next_no += changes.opened;
    }
}
