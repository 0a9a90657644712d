//! What a journal in memory holds, and the rules of storing, each written as plainly as possible.
//! It must not share code with the durable stores, which are tested against it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use journal::{
    Account, Batch, Command, CommandId, CommitError, Draw, Epoch, Frame, Hash, Millis, Record,
    RunId, RunLine, RunQuery, Seq, Status, StopScope, StoreError, Stored,
};
use plan::ids::{ReleaseId, WorkflowName};

use crate::erasing::{erased, still_open, unknown};

/// The most an account may hold, so that every store can count it in a signed 64-bit column.
const ACCOUNT_MAX: u64 = i64::MAX as u64;

#[derive(Default)]
pub(super) struct State {
    runs: HashMap<RunId, Run>,
    /// Every run in the order of its first frame.
    order: Vec<RunId>,
    /// Epochs of runs that were claimed before their first frame.
    opening: HashMap<RunId, Epoch>,
    /// Open commands in the order in which they came.
    inbox: BTreeMap<u64, Command>,
    /// Every command that ever came.
    posted: HashSet<CommandId>,
    ledger: Ledger,
    stops: BTreeSet<StopScope>,
    releases: BTreeMap<ReleaseId, Vec<u8>>,
}

#[derive(Default, Clone)]
struct Ledger {
    accounts: BTreeMap<Account, u64>,
    claims: BTreeMap<Hash, RunId>,
}

struct Run {
    epoch: Epoch,
    tip: Hash,
    frames: Vec<Stored>,
    erased: bool,
    workflow: WorkflowName,
    release: ReleaseId,
    status: Status,
    opened: Millis,
    changed: Millis,
    wake_at: Option<Millis>,
}

impl Run {
    fn next(&self) -> u32 {
        u32::try_from(self.frames.len()).unwrap_or(u32::MAX)
    }
}

impl Ledger {
    /// Applies a draw, or says why the frame may not be stored.
    fn draw(&mut self, run: RunId, draw: &Draw) -> Result<(), CommitError> {
        match draw {
            Draw::Take { account, amount, limit } => {
                let held = self.accounts.entry(account.clone()).or_default();
                match held.checked_add(*amount) {
                    Some(sum) if sum <= (*limit).min(ACCOUNT_MAX) => *held = sum,
                    _ => return Err(CommitError::Limit(account.clone())),
                }
            }
            Draw::Give { account, amount } => {
                let held = self.accounts.entry(account.clone()).or_default();
                *held = held.saturating_sub(*amount);
            }
            Draw::Claim { claim } => {
                let holder = *self.claims.entry(*claim).or_insert(run);
                if holder != run {
                    return Err(CommitError::Claimed(holder));
                }
            }
            Draw::Unclaim { claim } => {
                if self.claims.get(claim) == Some(&run) {
                    self.claims.remove(claim);
                }
            }
        }
        Ok(())
    }
}

impl State {
    /// Stores a batch or nothing of it. Says whether it lifted the stop of everything.
    pub(super) fn store(&mut self, batch: &Batch) -> Result<bool, CommitError> {
        let frame = batch.frame();
        self.follows(frame)?;
        if let Some(scope) = batch.scopes().iter().find(|s| self.stops.contains(s)) {
            return Err(CommitError::Stopped(scope.clone()));
        }
        let drawn = self.drawn(frame)?;
        for runs in erased(frame) {
            self.unerasable(runs)?;
        }
        if self.runs.get(&frame.run).is_some_and(|r| r.erased) && !batch.bodies().is_empty() {
            return Err(CommitError::Fault("the key of this run was erased".into()));
        }
        if let Some(ledger) = drawn {
            self.ledger = ledger;
        }
        self.keep(batch);
        self.inbox.retain(|_, c| !batch.consumes().contains(&c.id));
        for command in batch.posts() {
            self.post(command);
        }
        for runs in erased(frame) {
            runs.iter().for_each(|run| self.erase(*run));
        }
        Ok(frame.run == RunId::DESK && self.desk(&frame.records))
    }

    /// The ledger as the frame's draws leave it; nothing is drawn yet.
    fn drawn(&self, frame: &Frame) -> Result<Option<Ledger>, CommitError> {
        if frame.draws.is_empty() {
            return Ok(None);
        }
        let mut ledger = self.ledger.clone();
        for draw in &frame.draws {
            ledger.draw(frame.run, draw)?;
        }
        Ok(Some(ledger))
    }

    fn follows(&self, frame: &Frame) -> Result<(), CommitError> {
        let (epoch, next, tip) = match self.runs.get(&frame.run) {
            Some(run) => (run.epoch, run.next(), run.tip),
            // Who opens a run that nobody claimed names its first epoch.
            None => (*self.opening.get(&frame.run).unwrap_or(&frame.epoch), 0, Hash::default()),
        };
        if (frame.epoch, frame.seq, frame.prev) == (epoch, Seq(next), tip) {
            Ok(())
        } else {
            Err(CommitError::Superseded)
        }
    }

    fn keep(&mut self, batch: &Batch) {
        let frame = batch.frame();
        if !self.runs.contains_key(&frame.run) {
            self.order.push(frame.run);
            self.opening.remove(&frame.run);
        }
        let run = self.runs.entry(frame.run).or_insert_with(|| Run {
            epoch: frame.epoch,
            tip: Hash::default(),
            frames: Vec::new(),
            erased: false,
            workflow: batch.workflow().clone(),
            release: batch.release(),
            status: Status::Running,
            opened: frame.at,
            changed: frame.at,
            wake_at: None,
        });
        run.tip = batch.hash();
        run.frames.push(Stored {
            bytes: batch.bytes().to_vec(),
            bodies: (!run.erased).then(|| batch.bodies().iter().map(|b| b.bytes.clone()).collect()),
            entropy: (!batch.bodies().is_empty()).then(|| *batch.entropy()),
        });
        if let Some(standing) = batch.standing() {
            run.status = standing.status;
            run.wake_at = standing.wake_at.filter(|_| !standing.status.over());
            run.changed = frame.at;
        }
    }

    fn desk(&mut self, records: &[Record]) -> bool {
        let mut lifted = false;
        for record in records {
            match record {
                Record::StopSet { scope, .. } => {
                    lifted &= *scope != StopScope::Everything;
                    self.stops.insert(scope.clone());
                }
                Record::StopLifted { scope, .. } => {
                    lifted |= *scope == StopScope::Everything;
                    self.stops.remove(scope);
                }
                _ => {}
            }
        }
        lifted
    }

    pub(super) fn claim(&mut self, run: RunId) -> Result<Epoch, StoreError> {
        let epoch = match self.runs.get_mut(&run) {
            Some(run) => &mut run.epoch,
            None => self.opening.entry(run).or_default(),
        };
        let next = epoch.0.checked_add(1);
        *epoch = Epoch(next.ok_or_else(|| StoreError::Fault("too many claims".into()))?);
        Ok(*epoch)
    }

    pub(super) fn knows(&self, run: RunId) -> bool {
        self.runs.contains_key(&run)
    }

    pub(super) fn post(&mut self, command: &Command) {
        if self.posted.insert(command.id) {
            let n = self.inbox.last_key_value().map_or(0, |(n, _)| n + 1);
            self.inbox.insert(n, command.clone());
        }
    }

    pub(super) fn inbox(&self, run: RunId) -> Vec<Command> {
        let open = self.inbox.values().filter(|c| c.run == run);
        open.cloned().collect()
    }

    pub(super) fn frames(&self, run: RunId, from: Seq, limit: usize) -> Vec<Stored> {
        let Some(run) = self.runs.get(&run) else {
            return Vec::new();
        };
        let from = usize::try_from(from.0).unwrap_or(usize::MAX);
        let frames = run.frames.iter().skip(from).take(limit);
        frames.cloned().collect()
    }

    pub(super) fn tip(&self, run: RunId) -> Option<(Seq, Hash)> {
        self.runs.get(&run).map(|run| (Seq(run.next()), run.tip))
    }

    pub(super) fn stops(&self) -> Vec<StopScope> {
        self.stops.iter().cloned().collect()
    }

    /// Every run of a workflow, oldest first: the desk is none.
    fn lines(&self) -> impl DoubleEndedIterator<Item = (RunId, &Run)> {
        let runs = self.order.iter().filter(|id| **id != RunId::DESK);
        runs.filter_map(|id| Some((*id, self.runs.get(id)?)))
    }

    pub(super) fn due(&self, now: Millis, limit: usize) -> Vec<RunId> {
        let told: HashSet<RunId> = self.inbox.values().map(|c| c.run).collect();
        self.lines()
            .filter(|(id, run)| {
                let woken = run.wake_at.is_some_and(|at| at <= now);
                !run.status.over() && (run.status == Status::Running || woken || told.contains(id))
            })
            .map(|(id, _)| id)
            .take(limit)
            .collect()
    }

    pub(super) fn next_wake(&self) -> Option<Millis> {
        self.lines().filter_map(|(_, run)| run.wake_at).min()
    }

    pub(super) fn runs(&self, query: &RunQuery) -> Vec<RunLine> {
        self.lines()
            .rev()
            .skip_while(|(id, _)| query.after.is_some_and(|after| after != *id))
            .skip(usize::from(query.after.is_some()))
            .filter(|(id, run)| {
                let status = query.status.is_empty() || query.status.contains(&run.status);
                let workflow = query.workflow.as_ref().is_none_or(|w| *w == run.workflow);
                let prefix = query.prefix.as_deref();
                status && workflow && prefix.is_none_or(|p| id.to_string().starts_with(p))
            })
            .map(|(id, run)| RunLine {
                run: id,
                workflow: run.workflow.clone(),
                release: run.release,
                status: run.status,
                opened: run.opened,
                changed: run.changed,
                wake_at: run.wake_at,
                frames: run.next(),
            })
            .take(query.limit)
            .collect()
    }

    pub(super) fn account(&self, account: &Account) -> u64 {
        let held = self.ledger.accounts.get(account);
        held.copied().unwrap_or_default()
    }

    pub(super) fn accounts(&self, beginning: &str) -> Vec<Account> {
        let all = self.ledger.accounts.iter();
        let found = all.filter(|(name, held)| **held > 0 && name.0.starts_with(beginning));
        found.map(|(name, _)| name.clone()).collect()
    }

    /// Why these runs cannot be erased.
    fn unerasable(&self, runs: &[RunId]) -> Result<(), CommitError> {
        for id in runs {
            match self.runs.get(id) {
                Some(run) if run.status.over() => {}
                Some(_) => return Err(still_open(*id)),
                None => return Err(unknown(*id)),
            }
        }
        Ok(())
    }

    fn erase(&mut self, id: RunId) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.erased = true;
        for frame in &mut run.frames {
            frame.bodies = None;
            frame.entropy = None;
        }
        // A run that is over answers no command.
        self.inbox.retain(|_, c| c.run != id);
    }

    pub(super) fn put_release(&mut self, id: ReleaseId, bytes: &[u8]) -> Result<(), StoreError> {
        let held = self.releases.entry(id).or_insert_with(|| bytes.to_vec());
        if held == bytes {
            return Ok(());
        }
        let text = format!("release {id} is stored with other content");
        Err(StoreError::Fault(text))
    }

    pub(super) fn release(&self, id: ReleaseId) -> Option<Vec<u8>> {
        self.releases.get(&id).cloned()
    }
}
