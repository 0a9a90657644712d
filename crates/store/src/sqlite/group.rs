//! One group of ops in one transaction. Each batch is judged first and written only when all of it
//! may be, so that one refusal leaves no trace and no neighbour is harmed. It must not commit: the
//! writer does, and only then do the group's changes become known.

use std::collections::BTreeSet;

use journal::{
    Account, Batch, Command, CommitError, Draw, Epoch, Frame, Hash, Record, RunId, Seq, Standing,
    Status, StopScope, StoreError,
};
use rusqlite::{Connection, OptionalExtension};

use super::crypt::{InstallationKey, Stock, seal_bodies};
use super::known::{Changes, Known, RunState};
use super::schema::fault;
use super::{read, write};
use crate::erasing::{erased, still_open, unknown};
use crate::halt::Moment;

/// The most an account may hold, so that it fits its column.
const ACCOUNT_MAX: u64 = i64::MAX as u64;

/// The largest frame with its bodies. SQLite itself ends at a billion bytes.
const BATCH_MAX: usize = 256 << 20;

/// About what the end of one key adds to the log.
const ERASED_BYTES: u64 = 128;

/// Why the whole group cannot be stored.
pub(super) type Trouble = StoreError;

/// What a batch may take: judged, not yet applied.
#[derive(Default)]
struct Drawn {
    accounts: Vec<(Account, u64)>,
    claims: Vec<(Hash, bool)>,
}

pub(super) struct Group<'a> {
    pub(super) conn: &'a Connection,
    pub(super) known: &'a Known,
    pub(super) key: &'a InstallationKey,
    pub(super) stock: &'a mut Stock,
    /// Room for sealing, used again and again.
    pub(super) room: &'a mut Vec<u8>,
    pub(super) changes: Changes,
}

impl Group<'_> {
    /// Judges a batch, and writes it when nothing is against it.
    ///
    /// What cannot be read refuses this batch alone; what cannot be written fails the group.
    pub(super) fn batch(
        &mut self,
        batch: &Batch,
        halts: Moment,
    ) -> Result<Result<(), CommitError>, Trouble> {
        let frame = batch.frame();
        let state = match self.run(frame.run) {
            Ok(state) => state,
            Err(e) => return Ok(Err(CommitError::Fault(e.to_string()))),
        };
        if !self.follows(frame, state.as_ref()) {
            return Ok(Err(CommitError::Superseded));
        }
        if let Some(scope) = batch.scopes().iter().find(|s| self.stops().contains(s)) {
            return Ok(Err(CommitError::Stopped(scope.clone())));
        }
        let drawn = match self.judge(frame) {
            Ok(drawn) => drawn,
            Err(refusal) => return Ok(Err(refusal)),
        };
        for runs in erased(frame) {
            if let Err(refusal) = self.may_erase(runs)? {
                return Ok(Err(refusal));
            }
        }
        let bytes: usize = batch.bodies().iter().map(|b| b.bytes.len()).sum();
        if bytes.saturating_add(batch.bytes().len()) > BATCH_MAX {
            return Ok(Err(CommitError::Fault("a frame is too large".into())));
        }
        if state.as_ref().is_some_and(|s| s.key.is_none()) && !batch.bodies().is_empty() {
            let text = "the key of this run was erased";
            return Ok(Err(CommitError::Fault(text.into())));
        }
        self.write(batch, state)?;
        if frame.run == RunId::DESK {
            self.desk(&frame.records, halts)?;
        }
        for runs in erased(frame) {
            self.erase(runs)?;
        }
        self.apply(frame.run, drawn)?;
        self.changes.bytes += u64::try_from(bytes + batch.bytes().len()).unwrap_or_default();
        Ok(Ok(()))
    }

    /// What is durable of a run, and what this group made of it.
    fn run(&self, run: RunId) -> Result<Option<RunState>, Trouble> {
        if let Some(state) = self.changes.runs.get(&run).or_else(|| self.known.run(run)) {
            return Ok(Some(state.clone()));
        }
        // A run that was only claimed has no rows to look for.
        if self.opening(run).is_some() {
            return Ok(None);
        }
        let Some((no, key)) = read::run_row(self.conn, run, self.key)? else {
            return Ok(None);
        };
        let (Seq(next), tip) = read::tip(self.conn, run, no)?;
        let epoch = self
            .conn
            .prepare_cached("SELECT epoch FROM run WHERE no = ?1")
            .and_then(|mut q| q.query_row([no], |row| row.get(0)))
            .map_err(fault)?;
        Ok(Some(RunState { no, next, tip, epoch: Epoch(epoch), key }))
    }

    fn opening(&self, run: RunId) -> Option<Epoch> {
        let claimed = self.changes.opening.get(&run).copied();
        claimed.or_else(|| self.known.opening(run))
    }

    fn follows(&self, frame: &Frame, state: Option<&RunState>) -> bool {
        match state {
            Some(s) => (frame.epoch, frame.seq.0, frame.prev) == (s.epoch, s.next, s.tip),
            // Who opens a run that nobody claimed names its first epoch.
            None => {
                let epoch = self.opening(frame.run).unwrap_or(frame.epoch);
                (frame.epoch, frame.seq.0, frame.prev) == (epoch, 0, Hash::default())
            }
        }
    }

    fn stops(&self) -> &BTreeSet<StopScope> {
        self.changes.stops.as_ref().unwrap_or(&self.known.stops)
    }

    /// What the frame's draws would leave. The draws of this group, and earlier ones of the same
    /// frame, are seen.
    fn judge(&self, frame: &Frame) -> Result<Drawn, CommitError> {
        let mut drawn = Drawn::default();
        for draw in &frame.draws {
            match draw {
                Draw::Take { account, amount, limit } => {
                    match self.held(&drawn, account)?.checked_add(*amount) {
                        Some(sum) if sum <= (*limit).min(ACCOUNT_MAX) => drawn.set(account, sum),
                        _ => return Err(CommitError::Limit(account.clone())),
                    }
                }
                Draw::Give { account, amount } => {
                    let left = self.held(&drawn, account)?.saturating_sub(*amount);
                    drawn.set(account, left);
                }
                Draw::Claim { claim } => {
                    if let Some(holder) = self.claimant(&drawn, claim, frame.run)?
                        && holder != frame.run
                    {
                        return Err(CommitError::Claimed(holder));
                    }
                    drawn.claims.push((*claim, true));
                }
                Draw::Unclaim { claim } => drawn.claims.push((*claim, false)),
            }
        }
        Ok(drawn)
    }

    fn held(&self, drawn: &Drawn, account: &Account) -> Result<u64, CommitError> {
        let own = drawn.accounts.iter().find(|(a, _)| a == account);
        let cached = own
            .map(|(_, amount)| *amount)
            .or_else(|| self.changes.accounts.get(account).copied())
            .or_else(|| self.known.account(account));
        match cached {
            Some(amount) => Ok(amount),
            None => read::held(self.conn, account).map_err(unread),
        }
    }

    /// The transaction itself shows what earlier frames of the group claimed.
    fn claimant(
        &self,
        drawn: &Drawn,
        claim: &Hash,
        run: RunId,
    ) -> Result<Option<RunId>, CommitError> {
        let holder = write::claimant(self.conn, claim).map_err(unread)?;
        let own = drawn.claims.iter().rev().find(|(c, _)| c == claim);
        Ok(match own {
            // Only an own claim can have been ended by the frame itself.
            Some((_, false)) => holder.filter(|h| *h != run),
            Some((_, true)) => Some(run),
            None => holder,
        })
    }

    fn write(&mut self, batch: &Batch, state: Option<RunState>) -> Result<(), Trouble> {
        let frame = batch.frame();
        let mut state = match state {
            Some(state) => {
                if let Some(standing) = batch.standing() {
                    write::standing(self.conn, state.no, frame.at, standing).map_err(fault)?;
                }
                state
            }
            None => self.open(batch)?,
        };
        let pos = self.known.next_pos + self.changes.frames;
        write::frame(self.conn, pos, state.no, batch).map_err(fault)?;
        if let Some(key) = state.key.as_ref().filter(|_| !batch.bodies().is_empty()) {
            let nonce = self.stock.take()?;
            if !seal_bodies(batch, key, &nonce, self.room) {
                return Err(StoreError::Fault("bodies cannot be sealed".into()));
            }
            write::body(self.conn, pos, &nonce, self.room).map_err(fault)?;
        }
        for id in batch.consumes() {
            write::consume(self.conn, *id).map_err(fault)?;
        }
        for command in batch.posts() {
            self.post(command)?;
        }
        state.next = state.next.saturating_add(1);
        state.tip = batch.hash();
        self.changes.frames += 1;
        self.changes.runs.insert(frame.run, state);
        Ok(())
    }

    fn open(&mut self, batch: &Batch) -> Result<RunState, Trouble> {
        let frame = batch.frame();
        let no = self.known.next_no + self.changes.opened;
        let key = self.stock.take()?;
        let nonce = self.stock.take()?;
        let wrapped = self.key.wrap(frame.run, &key, nonce);
        let wrapped = wrapped.ok_or_else(|| StoreError::Fault("a key cannot be sealed".into()))?;
        let fresh = Standing { status: Status::Running, wake_at: None };
        let standing = batch.standing().unwrap_or(&fresh);
        write::run(self.conn, no, batch, &wrapped, standing).map_err(fault)?;
        self.changes.opened += 1;
        self.changes.opening.remove(&frame.run);
        Ok(RunState { no, next: 0, tip: Hash::default(), epoch: frame.epoch, key: Some(key) })
    }

    fn desk(&mut self, records: &[Record], halts: Moment) -> Result<(), Trouble> {
        for record in records {
            let (scope, set) = match record {
                Record::StopSet { scope, .. } => (scope, true),
                Record::StopLifted { scope, .. } => (scope, false),
                _ => continue,
            };
            write::stop(self.conn, scope, set).map_err(fault)?;
            let known = &self.known.stops;
            let stops = self.changes.stops.get_or_insert_with(|| known.clone());
            if set {
                stops.insert(scope.clone());
            } else {
                stops.remove(scope);
            }
            if *scope == StopScope::Everything {
                self.changes.lifts_halt = (!set).then_some(halts);
            }
        }
        Ok(())
    }

    /// Nothing of a run that is still open may be erased: it could not go on, and nobody would see
    /// why.
    fn may_erase(&self, runs: &[RunId]) -> Result<Result<(), CommitError>, Trouble> {
        for run in runs {
            match read::status(self.conn, *run)? {
                Some(status) if status.over() => {}
                Some(_) => return Ok(Err(still_open(*run))),
                None => return Ok(Err(unknown(*run))),
            }
        }
        Ok(Ok(()))
    }

    /// Destroys keys in the transaction that stores the order to do so.
    fn erase(&mut self, runs: &[RunId]) -> Result<(), Trouble> {
        for run in runs {
            write::erase(self.conn, *run).map_err(fault)?;
            let known = self.changes.runs.get(run).or_else(|| self.known.run(*run));
            if let Some(state) = known.cloned() {
                self.changes.runs.insert(*run, RunState { key: None, ..state });
            }
            self.changes.bytes += ERASED_BYTES;
        }
        Ok(())
    }

    fn apply(&mut self, run: RunId, drawn: Drawn) -> Result<(), Trouble> {
        self.changes.accounts.extend(drawn.accounts);
        for (claim, take) in drawn.claims {
            if take {
                write::claim(self.conn, &claim, run).map_err(fault)?;
            } else {
                write::unclaim(self.conn, &claim, run).map_err(fault)?;
            }
        }
        Ok(())
    }

    fn post(&mut self, command: &Command) -> Result<(), Trouble> {
        let bytes = serde_json::to_vec(command)
            .map_err(|e| StoreError::Fault(format!("a command cannot be written: {e}")))?;
        let nonce = self.stock.take()?;
        let sealed = self.key.seal_command(command.id, &bytes, nonce);
        let sealed =
            sealed.ok_or_else(|| StoreError::Fault("a command cannot be sealed".into()))?;
        self.changes.bytes += u64::try_from(sealed.len()).unwrap_or_default();
        write::post(self.conn, command, &sealed).map_err(fault)
    }

    /// Puts a person's command into the inbox of a run that exists.
    pub(super) fn command(&mut self, command: &Command) -> Result<Result<(), StoreError>, Trouble> {
        let known = self.changes.runs.contains_key(&command.run)
            || self.known.run(command.run).is_some()
            || self
                .conn
                .prepare_cached("SELECT 1 FROM run WHERE id = ?1")
                .and_then(|mut q| q.query_row([command.run.to_bytes()], |_| Ok(())).optional())
                .map_err(fault)?
                .is_some();
        if !known {
            let text = format!("run {}", command.run);
            return Ok(Err(StoreError::Unknown(text)));
        }
        self.post(command).map(Ok)
    }

    /// Opens a new epoch of a run.
    pub(super) fn claim(&mut self, run: RunId) -> Result<Result<Epoch, StoreError>, Trouble> {
        let state = match self.run(run) {
            Ok(state) => state,
            Err(e) => return Ok(Err(e)),
        };
        let now = match &state {
            Some(state) => state.epoch,
            None => self.opening(run).unwrap_or_default(),
        };
        let Some(next) = now.0.checked_add(1).map(Epoch) else {
            return Ok(Err(StoreError::Fault("too many claims".into())));
        };
        match state {
            Some(mut state) => {
                write::epoch(self.conn, state.no, next).map_err(fault)?;
                state.epoch = next;
                self.changes.runs.insert(run, state);
            }
            None => {
                self.changes.opening.insert(run, next);
            }
        }
        Ok(Ok(next))
    }

    /// Writes what the group left in the accounts: once per account, however many frames drew.
    pub(super) fn settle(&mut self) -> Result<(), Trouble> {
        for (account, amount) in &self.changes.accounts {
            write::account(self.conn, account, *amount).map_err(fault)?;
        }
        Ok(())
    }
}

fn unread(error: rusqlite::Error) -> CommitError {
    CommitError::Fault(fault(error).to_string())
}

impl Drawn {
    fn set(&mut self, account: &Account, amount: u64) {
        match self.accounts.iter_mut().find(|(a, _)| a == account) {
            Some(held) => held.1 = amount,
            None => self.accounts.push((account.clone(), amount)),
        }
    }
}
