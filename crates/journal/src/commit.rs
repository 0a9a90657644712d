//! Store first, then act. A [`Draft`] becomes a [`Batch`] only here, a store answers a batch with a
//! [`Receipt`] that only the batch can make, and only a receipt yields [`Permit`]s. Reading a store
//! back yields [`Stored`] frames, never a permit. Nothing in here knows why a record was written.

use std::sync::Arc;

use plan::ids::{ModelName, ReleaseId, StepId, WorkflowName};
use plan::workflow::Autonomy;
use serde::{Deserialize, Serialize};

use crate::ask::Payload;
use crate::body::{Body, BodyMeta, Entropy};
use crate::command::Command;
use crate::frame::{Cause, ENGINE, FRAME_VERSION, Frame};
use crate::ids::{ActNo, CommandId, Epoch, Hash, Millis, RunId, Seq};
use crate::ledger::{Account, Draw, StopScope};
use crate::record::{Record, What};

/// What one advance wants stored. Anyone may write one; it permits nothing.
#[derive(Debug)]
pub struct Draft {
    pub run: RunId,
    pub seq: Seq,
    pub prev: Hash,
    pub epoch: Epoch,
    pub at: Millis,
    pub cause: Vec<Cause>,
    pub records: Vec<Record>,
    pub bodies: Vec<Body>,
    pub entropy: Entropy,
    pub draws: Vec<Draw>,
    /// Commands of the inbox that this frame answers.
    pub consumes: Vec<CommandId>,
    /// Commands to other runs, delivered with this frame or not at all.
    pub posts: Vec<Command>,
    /// The full content of each act that `records` allows.
    pub payloads: Vec<(ActNo, Payload)>,
    /// The vendor of each model named in `records`.
    pub vendors: Vec<(ModelName, String)>,
    /// How far each tool call in `records` goes by itself; what takes no leave goes no way.
    pub freedoms: Vec<(ActNo, Autonomy)>,
    pub workflow: WorkflowName,
    /// Stops of the runs above this one: they forbid its acts too.
    pub above: Vec<StopScope>,
    pub release: ReleaseId,
    /// The run's line in the index of runs, when it changed.
    pub standing: Option<Standing>,
}

/// A run's line in the index of runs: a projection that can be recomputed from its frames.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub status: Status,
    /// When the run wants to be woken although nothing happened.
    pub wake_at: Option<Millis>,
}

macro_rules! statuses {
    ($($(#[$doc:meta])* $status:ident = $word:literal,)*) => {
        /// Where a run stands.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Status {
            $($(#[$doc])* #[serde(rename = $word)] $status,)*
        }

        impl Status {
            /// Every one, in order.
            pub const ALL: &[Self] = &[$(Self::$status),*];

            /// The word of the files and screens.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$status => $word,)*
                }
            }
        }
    };
}

statuses! {
    Running = "running",
    /// For a time or a retry.
    Sleeping = "sleeping",
    /// For a person.
    Waiting = "waiting",
    /// By a person.
    Paused = "paused",
    /// By a stop.
    Halted = "halted",
    Done = "done",
    Failed = "failed",
    Rejected = "rejected",
    Duplicate = "duplicate",
    Cancelled = "cancelled",
}

impl Status {
    /// The status of a word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| status.as_str() == word)
    }

    /// Whether the run is over.
    #[must_use]
    pub fn over(self) -> bool {
        match self {
            Self::Running | Self::Sleeping | Self::Waiting | Self::Paused | Self::Halted => false,
            Self::Done | Self::Failed | Self::Rejected | Self::Duplicate | Self::Cancelled => true,
        }
    }
}

/// A frame on its way into a store. Only this module builds one.
#[derive(Debug)]
pub struct Batch {
    frame: Frame,
    bytes: Vec<u8>,
    hash: Hash,
    bodies: Vec<Body>,
    entropy: Entropy,
    consumes: Vec<CommandId>,
    posts: Vec<Command>,
    payloads: Vec<(ActNo, Payload)>,
    scopes: Vec<StopScope>,
    workflow: WorkflowName,
    release: ReleaseId,
    standing: Option<Standing>,
}

impl Batch {
    fn new(draft: Draft) -> Result<Self, CommitError> {
        let scopes = scopes(&draft)?;
        let mut bodies = Vec::with_capacity(draft.bodies.len());
        for (n, body) in (0_u16..).zip(&draft.bodies) {
            bodies.push(BodyMeta {
                commit: draft.entropy.commitment(n, &body.bytes),
                len: u32::try_from(body.bytes.len())
                    .map_err(|_| CommitError::Invalid("a body is larger than 4 GiB"))?,
                labels: body.labels.clone(),
            });
        }
        let frame = Frame {
            v: FRAME_VERSION,
            run: draft.run,
            seq: draft.seq,
            prev: draft.prev,
            epoch: draft.epoch,
            engine: Arc::from(ENGINE),
            at: draft.at,
            cause: draft.cause,
            bodies,
            draws: draft.draws,
            records: draft.records,
        };
        let bytes =
            frame.to_bytes().map_err(|_| CommitError::Invalid("a frame cannot be written"))?;
        Ok(Self {
            hash: Hash::leaf(&bytes),
            frame,
            bytes,
            bodies: draft.bodies,
            entropy: draft.entropy,
            consumes: draft.consumes,
            posts: draft.posts,
            payloads: draft.payloads,
            scopes,
            workflow: draft.workflow,
            release: draft.release,
            standing: draft.standing,
        })
    }

    /// The frame.
    #[must_use]
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The frame's bytes, to be stored as they are.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The leaf hash of the frame's bytes.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The bodies, to be stored under the run's key.
    #[must_use]
    pub fn bodies(&self) -> &[Body] {
        &self.bodies
    }

    /// The randomness that the bodies' commitments were made with; stored with the bodies.
    #[must_use]
    pub fn entropy(&self) -> &Entropy {
        &self.entropy
    }

    /// Commands that this frame answers.
    #[must_use]
    pub fn consumes(&self) -> &[CommandId] {
        &self.consumes
    }

    /// Commands to other runs.
    #[must_use]
    pub fn posts(&self) -> &[Command] {
        &self.posts
    }

    /// Every scope in which a stop forbids this frame. Empty for a frame that starts no act.
    #[must_use]
    pub fn scopes(&self) -> &[StopScope] {
        &self.scopes
    }

    /// The run's workflow.
    #[must_use]
    pub fn workflow(&self) -> &WorkflowName {
        &self.workflow
    }

    /// The run's release.
    #[must_use]
    pub fn release(&self) -> ReleaseId {
        self.release
    }

    /// The run's new line in the index, when it changed.
    #[must_use]
    pub fn standing(&self) -> Option<&Standing> {
        self.standing.as_ref()
    }

    /// Says that this batch is durable. A store calls it after its sync and at no other time.
    #[must_use]
    pub fn stored(self) -> Receipt {
        Receipt { batch: self }
    }
}

fn scopes(draft: &Draft) -> Result<Vec<StopScope>, CommitError> {
    let mut scopes = Vec::new();
    let mut acts: Vec<ActNo> = draft.payloads.iter().map(|(act, _)| *act).collect();
    acts.sort();
    acts.dedup();
    if acts.len() != draft.payloads.len() {
        return Err(CommitError::Invalid("an act has two contents"));
    }
    for record in &draft.records {
        let Record::Allowed { act, what, at, .. } = record else {
            continue;
        };
        if !draft.payloads.iter().any(|(n, _)| n == act) {
            return Err(CommitError::Invalid("an allowed act has no content"));
        }
        match what {
            What::Model { model, .. } => {
                let vendor = draft.vendors.iter().find(|(m, _)| m == model);
                let (_, vendor) =
                    vendor.ok_or(CommitError::Invalid("an allowed model call has no vendor"))?;
                scopes.push(StopScope::Vendor(vendor.clone()));
            }
            What::Tool { tool, .. } => {
                scopes.push(StopScope::Tool(tool.clone()));
                scopes.push(StopScope::Server(tool.server().to_owned()));
                let freedom = draft.freedoms.iter().find(|(n, _)| n == act);
                let (_, freedom) = freedom
                    .ok_or(CommitError::Invalid("an allowed call does not say how far it goes"))?;
                scopes.extend(beyond(draft, &at.step, *freedom));
            }
            What::Notify { .. } => {}
        }
    }
    // A message to a person is no act of the workflow: under a stop people must still be told.
    if !scopes.is_empty() {
        scopes.push(StopScope::Everything);
        scopes.push(StopScope::Workflow(draft.workflow.clone()));
        scopes.push(StopScope::Run(draft.run));
        scopes.extend(draft.above.iter().cloned());
        scopes.sort();
        scopes.dedup();
    }
    Ok(scopes)
}

/// The scopes in which a lower rung than the one that a call needs forbids it.
fn beyond(draft: &Draft, step: &StepId, freedom: Autonomy) -> Vec<StopScope> {
    let above = draft.above.iter().filter_map(|scope| match scope {
        StopScope::Workflow(name) => Some(name),
        _ => None,
    });
    let mut scopes = Vec::new();
    for level in Autonomy::ALL.into_iter().filter(|level| *level < freedom) {
        let beyond = |workflow: &WorkflowName, step: Option<&StepId>| StopScope::Beyond {
            workflow: workflow.clone(),
            step: step.cloned(),
            level,
        };
        scopes.push(beyond(&draft.workflow, None));
        scopes.push(beyond(&draft.workflow, Some(step)));
        scopes.extend(above.clone().map(|name| beyond(name, None)));
    }
    scopes
}

/// The proof that a batch is durable. It is made by [`Batch::stored`] alone.
#[derive(Debug)]
pub struct Receipt {
    batch: Batch,
}

/// A stored frame and what it allows.
#[derive(Debug)]
pub struct Committed {
    pub frame: Arc<Frame>,
    pub hash: Hash,
    pub bodies: Vec<Body>,
    pub permits: Vec<Permit>,
    /// Commands that were delivered to other runs' inboxes with this frame.
    pub posts: Vec<Command>,
}

/// The right to perform one act, once. It is made from a durable `Allowed` record, cannot be
/// copied, and is consumed by whoever performs the act.
#[derive(Debug)]
pub struct Permit {
    run: RunId,
    act: ActNo,
    epoch: Epoch,
    payload: Payload,
}

impl Permit {
    /// The run that asked.
    #[must_use]
    pub fn run(&self) -> RunId {
        self.run
    }

    /// The act's number in that run.
    #[must_use]
    pub fn act(&self) -> ActNo {
        self.act
    }

    /// The driver's epoch that the act was allowed in.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// What is to be done, to read.
    #[must_use]
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// Uses the permit up.
    #[must_use]
    pub fn consume(self) -> Payload {
        self.payload
    }
}

/// A frame as read back from a store. It permits nothing.
#[derive(Debug, Clone)]
pub struct Stored {
    pub bytes: Vec<u8>,
    /// The bodies in order; `None` where the key was erased.
    pub bodies: Option<Vec<Arc<[u8]>>>,
    /// The randomness of the commitments, with the bodies.
    pub entropy: Option<Entropy>,
}

/// Why a batch was not stored. Nothing of it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// A stop is in force for one of the batch's acts.
    #[error("stopped: {0}")]
    Stopped(StopScope),
    /// A shared limit has less left than the batch takes.
    #[error("the limit of `{}` is used up", .0.0)]
    Limit(Account),
    /// Another run holds a claimed value.
    #[error("run {0} is about the same case")]
    Claimed(RunId),
    /// Another driver took the run over, or wrote this frame already.
    #[error("another driver holds this run")]
    Superseded,
    /// The store failed: disk full, damaged page, lost lock.
    #[error("the journal cannot be written: {0}")]
    Fault(String),
    /// The draft itself is wrong; a defect of ours.
    #[error("a frame was refused: {0}")]
    Invalid(&'static str),
}

/// Called once when a batch is durable or refused.
pub type Done = Box<dyn FnOnce(Result<Receipt, CommitError>) + Send>;

/// Where frames rest. Every method that writes returns only when the write is durable.
pub trait Store: Send + Sync {
    /// Queues a batch; `done` is called after the sync that made it durable.
    fn submit(&self, batch: Batch, done: Done);

    /// Takes a run over: from now on frames of older epochs are refused.
    fn claim(&self, run: RunId) -> Result<Epoch, StoreError>;

    /// A run's frames from a position on, oldest first, at most `limit`.
    fn frames(&self, run: RunId, from: Seq, limit: usize) -> Result<Vec<Stored>, StoreError>;

    /// Puts a command into a run's inbox. The same id twice is the same command once.
    fn post(&self, command: &Command) -> Result<(), StoreError>;

    /// Commands of a run that no frame has answered yet, oldest first.
    fn inbox(&self, run: RunId) -> Result<Vec<Command>, StoreError>;

    /// The position of a run's next frame and the hash of its last, if the run exists.
    fn tip(&self, run: RunId) -> Result<Option<(Seq, Hash)>, StoreError>;

    /// The stops in force.
    fn stops(&self) -> Result<Vec<StopScope>, StoreError>;

    /// Runs that can go on now: not over, and running, due by their wake time, or with a command
    /// in their inbox that no frame has answered. Oldest first.
    fn due(&self, now: Millis, limit: usize) -> Result<Vec<RunId>, StoreError>;

    /// When the next sleeping run is due.
    fn next_wake(&self) -> Result<Option<Millis>, StoreError>;

    /// Lines of the index, newest first.
    fn runs(&self, query: &RunQuery) -> Result<Vec<RunLine>, StoreError>;

    /// What an account stands at.
    fn account(&self, account: &Account) -> Result<u64, StoreError>;

    /// The accounts that hold anything and whose names begin so.
    fn accounts(&self, beginning: &str) -> Result<Vec<Account>, StoreError>;

    /// Returns once nothing is left of the keys that stored `Erased` records destroyed: neither
    /// in a log nor in a freed page. Frames and their links stay.
    fn scrub(&self) -> Result<(), StoreError>;

    /// Stores a release.
    fn put_release(&self, release: ReleaseId, canonical: &[u8]) -> Result<(), StoreError>;

    /// A stored release's bytes.
    fn release(&self, release: ReleaseId) -> Result<Option<Vec<u8>>, StoreError>;
}

/// One line of the index of runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLine {
    pub run: RunId,
    pub workflow: WorkflowName,
    pub release: ReleaseId,
    pub status: Status,
    pub opened: Millis,
    pub changed: Millis,
    pub wake_at: Option<Millis>,
    pub frames: u32,
}

/// Which lines of the index are wanted.
#[derive(Debug, Clone, Default)]
pub struct RunQuery {
    pub workflow: Option<WorkflowName>,
    /// Any of these; empty means all.
    pub status: Vec<Status>,
    /// The beginning of the run's id as text.
    pub prefix: Option<String>,
    /// Only those that are listed after this one.
    pub after: Option<RunId>,
    pub limit: usize,
}

/// Why a store could not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error("the journal is damaged: {0}")]
    Damaged(String),
    #[error("the journal cannot be used: {0}")]
    Fault(String),
    #[error("{0} is not in the journal")]
    Unknown(String),
}

/// Commits a draft. `then` gets the stored frame with a permit for each act it allows, or the
/// reason why nothing was stored. This is the only place where permits are made.
pub fn commit(
    store: &dyn Store,
    draft: Draft,
    then: impl FnOnce(Result<Committed, CommitError>) + Send + 'static,
) {
    match Batch::new(draft) {
        Ok(batch) => store.submit(batch, Box::new(|receipt| then(receipt.map(permit)))),
        Err(error) => then(Err(error)),
    }
}

fn permit(receipt: Receipt) -> Committed {
    let Batch { frame, hash, bodies, payloads, posts, .. } = receipt.batch;
    let allowed = |act: ActNo| {
        frame.records.iter().any(|r| matches!(r, Record::Allowed { act: a, .. } if *a == act))
    };
    let permits = payloads
        .into_iter()
        .filter(|(act, _)| allowed(*act))
        .map(|(act, payload)| Permit { run: frame.run, act, epoch: frame.epoch, payload })
        .collect();
    Committed { hash, bodies, permits, posts, frame: Arc::new(frame) }
}
