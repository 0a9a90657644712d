//! The writer: it drains its queue into one transaction, syncs once, and only then tells anyone.
//! There is no timer: while one group is synced the next one gathers. It must not leave an op
//! without an answer, and it must not die of a defect.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};

use journal::{Batch, Command, CommitError, Done, Epoch, RunId, StopScope, StoreError};
use plan::ids::ReleaseId;
use rusqlite::{Connection, params};

use super::checkpoint::Log;
use super::crypt::{InstallationKey, Stock};
use super::folder::Lock;
use super::group::Group;
use super::known::{Changes, Known};
use super::read::{self, SqliteReader};
use super::schema::fault;
use super::{OpenOptions, Probe};
use crate::halt::{Halt, Moment};

/// The most ops of one group.
const GROUP_MAX: usize = 2048;
/// The most bytes of one group, so that its pages stay in the cache until the commit.
const GROUP_BYTES: usize = 8 << 20;

/// What the writer is asked.
pub(super) enum Op {
    Batch {
        batch: Box<Batch>,
        done: Done,
        /// The halts that whoever submitted it could know of.
        halts: Moment,
    },
    Claim {
        run: RunId,
        to: SyncSender<Result<Epoch, StoreError>>,
    },
    Post {
        command: Box<Command>,
        to: SyncSender<Result<(), StoreError>>,
    },
    /// Something rare that has the connection to itself between two groups.
    Alone(Box<dyn FnOnce(&mut Writer) + Send>),
    Close,
}

impl Op {
    fn bytes(&self) -> usize {
        match self {
            Self::Batch { batch, .. } => {
                let bodies: usize = batch.bodies().iter().map(|b| b.bytes.len()).sum();
                bodies.saturating_add(batch.bytes().len())
            }
            _ => 0,
        }
    }

    fn desk(&self) -> bool {
        matches!(self, Self::Batch { batch, .. } if batch.frame().run == RunId::DESK)
    }

    fn acts(&self) -> bool {
        matches!(self, Self::Batch { batch, .. } if !batch.scopes().is_empty())
    }
}

/// What came of an op; told only when the whole group is durable.
enum Verdict {
    Batch(Result<(), CommitError>),
    Claim(Result<Epoch, StoreError>),
    Post(Result<(), StoreError>),
}

pub(super) struct Writer {
    pub(super) conn: Connection,
    key: InstallationKey,
    pub(super) known: Known,
    halt: Arc<Halt>,
    probe: Arc<dyn Probe>,
    stock: Stock,
    room: Vec<u8>,
    log: Log,
    /// Dropped last: whoever opens the folder next must find the connections closed.
    _lock: Lock,
}

impl Writer {
    pub(super) fn new(
        (conn, lock): (Connection, Lock),
        key: InstallationKey,
        halt: Arc<Halt>,
        options: &OpenOptions,
        reader: &SqliteReader,
    ) -> Result<Self, StoreError> {
        let last = |sql| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(fault);
        let mut known = Known::default();
        known.next_pos = last("SELECT coalesce(max(pos), 0) + 1 FROM frame")?;
        known.next_no = last("SELECT coalesce(max(no), 0) + 1 FROM run")?;
        known.stops = read::stops(&conn)?.into_iter().collect();
        let mut log = Log::start(reader.file(), options)?;
        // A process that ended between destroying keys and cutting the log left that to us.
        log.empty(&conn);
        Ok(Self {
            log,
            conn,
            key,
            known,
            halt,
            probe: Arc::clone(&options.probe),
            stock: Stock::new(),
            room: Vec::new(),
            _lock: lock,
        })
    }

    /// Works until the store is closed. What was queued before that is finished.
    pub(super) fn run(mut self, ops: &Receiver<Op>) {
        let mut group = Vec::new();
        while let Ok(first) = ops.recv() {
            let after = gather(first, ops, &mut group);
            if !group.is_empty() {
                self.group(&mut group);
            }
            match after {
                Some(Op::Alone(work)) => {
                    // A defect in there must not end the writer; the asker sees a closed answer.
                    let _ = catch_unwind(AssertUnwindSafe(|| work(&mut self)));
                    self.roll_back();
                }
                Some(Op::Close) => return,
                _ => {}
            }
        }
    }

    fn group(&mut self, ops: &mut Vec<Op>) {
        // Stops overtake: what the desk says holds for every act of the same group.
        if ops.iter().any(Op::desk) {
            ops.sort_by_key(|op| !op.desk());
        }
        let verdicts = self.decide(ops);
        for (op, verdict) in ops.drain(..).zip(verdicts) {
            self.tell(op, verdict);
        }
    }

    fn decide(&mut self, ops: &[Op]) -> Vec<Verdict> {
        let tried = catch_unwind(AssertUnwindSafe(|| self.attempt(ops)));
        let tried = tried.unwrap_or_else(|_| {
            Err(StoreError::Fault("a defect of the journal was caught".into()))
        });
        match tried {
            Ok(verdicts) => verdicts,
            Err(trouble) => {
                self.roll_back();
                // A damaged page stands in the way of those who need it, and of nobody else.
                if ops.len() > 1 && matches!(trouble, StoreError::Damaged(_)) {
                    return ops.chunks(1).flat_map(|one| self.decide(one)).collect();
                }
                ops.iter().map(|op| self.failed(op, &trouble)).collect()
            }
        }
    }

    /// Judges and writes a group and makes it durable, or leaves no trace of it. After a sync that
    /// failed the disk may hold it all the same; then it was permitted to nobody, and a later
    /// reader finds acts in doubt, never acts done twice.
    fn attempt(&mut self, ops: &[Op]) -> Result<Vec<Verdict>, StoreError> {
        loop {
            let halted = self.halt.is_set();
            self.execute("BEGIN IMMEDIATE")?;
            let (verdicts, changes) = self.write(ops, halted)?;
            self.probe.before_commit();
            // Who stops everything while a group is written must not find its acts allowed.
            if !halted && self.halt.is_set() && ops.iter().any(Op::acts) {
                self.roll_back();
                continue;
            }
            self.execute("COMMIT")?;
            self.probe.after_commit();
            self.log.grew(changes.bytes, &self.conn);
            if let Some(moment) = changes.lifts_halt {
                self.halt.lift(moment);
            }
            self.known.adopt(changes);
            return Ok(verdicts);
        }
    }

    fn write(&mut self, ops: &[Op], halted: bool) -> Result<(Vec<Verdict>, Changes), StoreError> {
        let mut group = Group {
            conn: &self.conn,
            known: &self.known,
            key: &self.key,
            stock: &mut self.stock,
            room: &mut self.room,
            changes: Changes::default(),
        };
        let mut verdicts = Vec::with_capacity(ops.len());
        for op in ops {
            verdicts.push(match op {
                Op::Batch { .. } if halted && op.acts() => {
                    Verdict::Batch(Err(CommitError::Stopped(StopScope::Everything)))
                }
                Op::Batch { batch, halts, .. } => Verdict::Batch(group.batch(batch, *halts)?),
                Op::Claim { run, .. } => Verdict::Claim(group.claim(*run)?),
                Op::Post { command, .. } => Verdict::Post(group.command(command)?),
                Op::Alone(_) | Op::Close => Verdict::Post(Ok(())),
            });
        }
        group.settle()?;
        Ok((verdicts, group.changes))
    }

    fn failed(&self, op: &Op, trouble: &StoreError) -> Verdict {
        match op {
            Op::Batch { .. } if self.halt.is_set() && op.acts() => {
                Verdict::Batch(Err(CommitError::Stopped(StopScope::Everything)))
            }
            Op::Batch { .. } => Verdict::Batch(Err(CommitError::Fault(words(trouble)))),
            Op::Claim { .. } => Verdict::Claim(Err(trouble.clone())),
            Op::Post { .. } | Op::Alone(_) | Op::Close => Verdict::Post(Err(trouble.clone())),
        }
    }

    fn tell(&self, op: Op, verdict: Verdict) {
        // Whoever is told may panic or be gone; neither is the journal's affair.
        match (op, verdict) {
            (Op::Batch { batch, done, .. }, Verdict::Batch(result)) => {
                let _ = catch_unwind(AssertUnwindSafe(|| match result {
                    Ok(()) => {
                        self.probe.before_ack();
                        done(Ok(batch.stored()));
                    }
                    Err(error) => done(Err(error)),
                }));
            }
            (Op::Claim { to, .. }, Verdict::Claim(result)) => {
                let _ = to.send(result);
            }
            (Op::Post { to, .. }, Verdict::Post(result)) => {
                let _ = to.send(result);
            }
            _ => {}
        }
    }

    pub(super) fn execute(&self, sql: &str) -> Result<(), StoreError> {
        let mut statement = self.conn.prepare_cached(sql).map_err(fault)?;
        statement.execute([]).map(|_| ()).map_err(fault)
    }

    /// Back to what is durable. SQLite may have rolled back by itself.
    fn roll_back(&self) {
        if !self.conn.is_autocommit() {
            // If even this fails, the next `BEGIN` fails too and says why.
            let _ = self.conn.execute_batch("ROLLBACK");
        }
    }

    /// Cuts the log, so that nothing is left of keys that were destroyed. Says whether it did; a
    /// reader in the way is not waited for, since everybody else waits behind this.
    pub(super) fn scrub(&mut self) -> bool {
        self.log.cut(&self.conn)
    }

    /// Stores a release. The same id always has the same content.
    pub(super) fn put_release(&mut self, id: ReleaseId, bytes: &[u8]) -> Result<(), StoreError> {
        let new = self
            .conn
            .execute(
                "INSERT INTO release(id, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                params![id.0, bytes],
            )
            .map_err(fault)?;
        let same = new == 1
            || self
                .conn
                .query_row(
                    "SELECT bytes = ?2 FROM release WHERE id = ?1",
                    params![id.0, bytes],
                    |row| row.get(0),
                )
                .map_err(fault)?;
        if same {
            return Ok(());
        }
        let text = format!("release {id} is stored with other content");
        Err(StoreError::Fault(text))
    }
}

/// Takes what is queued, up to the limits of a group or to an op that must be alone.
fn gather(first: Op, ops: &Receiver<Op>, group: &mut Vec<Op>) -> Option<Op> {
    let mut bytes = 0_usize;
    let mut next = Some(first);
    while let Some(op) = next {
        if matches!(op, Op::Alone(_) | Op::Close) {
            return Some(op);
        }
        bytes = bytes.saturating_add(op.bytes());
        group.push(op);
        if group.len() >= GROUP_MAX || bytes >= GROUP_BYTES {
            break;
        }
        next = ops.try_recv().ok();
    }
    None
}

/// The cause without the sentence around it, which the commit's own error says.
fn words(trouble: &StoreError) -> String {
    match trouble {
        StoreError::Fault(text) => text.clone(),
        other => other.to_string(),
    }
}
