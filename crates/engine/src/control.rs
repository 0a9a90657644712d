//! [`Control`] is the fold of a run's records and nothing else: it has no setters, and folding
//! never decides. Two drivers that read the same frames hold the same control.

use std::collections::{BTreeMap, BTreeSet};

use journal::{
    About, ActNo, At, BodyRef, Code, End, Epoch, Frame, Hash, Label, Millis, Mode, ReviewNo, RunId,
    Seq, Shown, Starter, StopScope, Usage, What,
};
use plan::ids::{PersonId, ReleaseId, RoleId, StepId, ToolName, WorkflowName};

mod fold;

pub(crate) use fold::{slot as slot_of, turn as turn_of};

/// The state of one run.
#[derive(Debug)]
pub struct Control {
    pub(crate) run: RunId,
    pub(crate) next: Seq,
    pub(crate) last: Hash,
    pub(crate) epoch: Epoch,
    pub(crate) opening: Option<Opening>,
    pub(crate) entered: BTreeMap<StepId, u32>,
    pub(crate) live: BTreeMap<At, Visit>,
    pub(crate) bound: BTreeMap<StepId, BodyRef>,
    pub(crate) acts: BTreeMap<ActNo, Act>,
    pub(crate) acts_started: u32,
    pub(crate) reviews: BTreeMap<ReviewNo, Review>,
    pub(crate) reviews_opened: u32,
    /// The arguments of acts that a person was asked about; kept after the answer.
    pub(crate) held: BTreeMap<ReviewNo, BodyRef>,
    /// What approvals endorse: a body by its commitment, where it was bound, and the review step
    /// whose list says which of its values were shown.
    pub(crate) endorsed: Vec<Endorsed>,
    pub(crate) used: Usage,
    pub(crate) reserved: Usage,
    pub(crate) halted: BTreeSet<StopScope>,
    pub(crate) paused: bool,
    pub(crate) effects: Vec<EffectDone>,
    /// Calls of which it is not known whether they had their effect. They outlive their visits:
    /// a run is not over before each is settled.
    pub(crate) doubts: BTreeMap<ActNo, Doubt>,
    /// A text of this case, or of one above it, speaks to the model.
    pub(crate) suspected: bool,
    /// Child runs were started; what they did is not this run's to know.
    pub(crate) has_children: bool,
    pub(crate) ending: Option<End>,
    pub(crate) claims: BTreeMap<u16, Hash>,
    pub(crate) raised: BTreeSet<u16>,
    pub(crate) duplicate: Option<RunId>,
    pub(crate) ended: Option<End>,
}

/// A value that an approval showed.
#[derive(Debug, Clone)]
pub(crate) struct Endorsed {
    pub shown: Shown,
    pub review: ReviewNo,
    /// The review's step.
    pub by: StepId,
}

/// What the first frame says.
#[derive(Debug, Clone)]
pub struct Opening {
    pub release: ReleaseId,
    pub workflow: WorkflowName,
    pub case: BodyRef,
    pub starter: Starter,
    pub mode: Mode,
    pub at: Millis,
}

/// A step that is being worked on.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub influences: Label,
    pub attempt: u32,
    /// Failures of the current act that certainly had no effect; part of its idempotency key.
    pub sure_failures: u32,
    /// How often a person had the step done afresh.
    pub tries: u32,
    pub lines: Vec<Line>,
    pub answers: BTreeMap<(u16, u8), BodyRef>,
    pub results: BTreeMap<Slot, BodyRef>,
    pub calls: Vec<(ToolName, BodyRef)>,
    pub refused: Option<Code>,
    pub failure: Option<(Code, Option<BodyRef>)>,
    pub trouble: Option<Trouble>,
    pub until: Option<Millis>,
    /// The output that this very visit was bound to.
    pub bound: Option<BodyRef>,
    pub branched: bool,
    pub review: Option<ReviewNo>,
    pub approved: Option<ReviewNo>,
    pub held: BTreeMap<Slot, ReviewNo>,
    /// What calls asked of people before they go on, and the answers.
    pub asked: BTreeMap<Slot, Vec<Asking>>,
    pub in_doubt: BTreeMap<Slot, (ActNo, What)>,
    /// Acts that may have happened although their answer is not known, until one is known.
    pub unsure: BTreeSet<Slot>,
    pub children: Children,
}

/// The last act of a step that did not succeed, before it is decided what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub code: Code,
    pub detail: Option<BodyRef>,
    pub retry_after_ms: Option<u64>,
}

/// A question of a call, and the answer once there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asking {
    pub question: BodyRef,
    pub answer: Option<BodyRef>,
}

/// A line of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    Said(BodyRef),
    Answer(BodyRef),
    Result { n: u16, body: BodyRef },
}

/// What an act is for, within its step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    Model,
    Question(u16, u8),
    Main,
    Confirm,
    Undo,
    ReadBack,
    Lookup(u16),
    /// The turn, counted in answers, and the call within it.
    Turn(u32, u16),
    Notify,
}

/// An act that has been allowed and is not over.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    pub at: At,
    pub slot: Slot,
    pub what: What,
    pub key: Hash,
    pub reserve: Usage,
    pub epoch: Epoch,
    pub since: Millis,
    /// The review by which a person had allowed it.
    pub held: Option<ReviewNo>,
}

/// A review that is open.
#[derive(Debug, Clone)]
pub(crate) struct Review {
    pub at: At,
    pub about: About,
    pub by: RoleId,
    pub due: Millis,
    /// How often it was passed on because nobody had answered.
    pub passed: usize,
    /// Who has taken it up, and until when.
    pub claim: Option<(PersonId, Millis)>,
    /// Those who have agreed so far, where several must.
    pub agreed: Vec<PersonId>,
    /// The changes that they agreed to, each with what it was made from.
    pub proposed: Vec<(Shown, Option<BodyRef>)>,
}

impl Review {
    /// Asks others from now on. What was agreed to among those before does not bind them.
    pub(crate) fn pass_to(&mut self, role: &RoleId, due: Millis) {
        self.by = role.clone();
        self.due = due;
        self.claim = None;
        self.agreed.clear();
        self.proposed.clear();
    }
}

/// A call that may have had its effect.
#[derive(Debug, Clone)]
pub(crate) struct Doubt {
    pub at: At,
    pub slot: Slot,
    pub what: What,
    pub key: Hash,
}

/// A tool call of a step or of an agent that was answered.
#[derive(Debug, Clone)]
pub(crate) struct EffectDone {
    pub at: At,
    pub tool: ToolName,
    pub args: BodyRef,
    pub result: BodyRef,
    /// Whether taking it back succeeded, once that was tried.
    pub undone: Option<bool>,
}

/// Child runs of a step: counters, a window, and the few that failed; never a list of all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Children {
    pub started: u32,
    /// Items that are out, each with the number of its child run's try.
    pub open: BTreeMap<u32, u32>,
    pub done: u32,
    pub failed: BTreeSet<u32>,
    /// Failed items that a person wants run again.
    pub again: BTreeSet<u32>,
    pub outputs: Outputs,
}

/// Outputs of children in chunks, so that a copy costs little.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outputs {
    full: Vec<std::sync::Arc<Vec<(u32, BodyRef)>>>,
    tail: Vec<(u32, BodyRef)>,
}

impl Outputs {
    const CHUNK: usize = 512;

    fn push(&mut self, item: u32, body: BodyRef) {
        self.tail.push((item, body));
        if self.tail.len() == Self::CHUNK {
            self.full.push(std::sync::Arc::new(std::mem::take(&mut self.tail)));
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(u32, BodyRef)> {
        self.full.iter().flat_map(|chunk| chunk.iter()).chain(&self.tail)
    }
}

/// Why frames cannot be folded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    #[error("the first frame of a run does not open it")]
    NotOpened,
    #[error("a record names act {0:?}, which was never allowed")]
    UnknownAct(ActNo),
    #[error("a record names step `{0}`, which was never entered")]
    UnknownStep(At),
    #[error("a record follows the end of the run")]
    AfterEnd,
}

impl Control {
    /// A run before its first frame.
    #[must_use]
    pub fn new(run: RunId) -> Self {
        Self {
            run,
            next: Seq(0),
            last: Hash::default(),
            epoch: Epoch(1),
            opening: None,
            entered: BTreeMap::new(),
            live: BTreeMap::new(),
            bound: BTreeMap::new(),
            acts: BTreeMap::new(),
            acts_started: 0,
            reviews: BTreeMap::new(),
            reviews_opened: 0,
            held: BTreeMap::new(),
            endorsed: Vec::new(),
            used: Usage::default(),
            reserved: Usage::default(),
            halted: BTreeSet::new(),
            paused: false,
            effects: Vec::new(),
            doubts: BTreeMap::new(),
            suspected: false,
            has_children: false,
            ending: None,
            claims: BTreeMap::new(),
            raised: BTreeSet::new(),
            duplicate: None,
            ended: None,
        }
    }

    /// A working copy for one advance. Private to the engine, so that no driver holds two truths.
    pub(crate) fn fork(&self) -> Self {
        Self {
            run: self.run,
            next: self.next,
            last: self.last,
            epoch: self.epoch,
            opening: self.opening.clone(),
            entered: self.entered.clone(),
            live: self.live.clone(),
            bound: self.bound.clone(),
            acts: self.acts.clone(),
            acts_started: self.acts_started,
            reviews: self.reviews.clone(),
            reviews_opened: self.reviews_opened,
            held: self.held.clone(),
            endorsed: self.endorsed.clone(),
            used: self.used,
            reserved: self.reserved,
            halted: self.halted.clone(),
            paused: self.paused,
            effects: self.effects.clone(),
            doubts: self.doubts.clone(),
            suspected: self.suspected,
            has_children: self.has_children,
            ending: self.ending.clone(),
            claims: self.claims.clone(),
            raised: self.raised.clone(),
            duplicate: self.duplicate,
            ended: self.ended.clone(),
        }
    }

    /// Adds a stored frame, whose leaf hash is `hash`.
    pub fn fold(&mut self, frame: &Frame, hash: Hash) -> Result<(), FoldError> {
        self.epoch = frame.epoch;
        for record in &frame.records {
            self.apply(record, frame.at)?;
        }
        self.next = Seq(frame.seq.0 + 1);
        self.last = hash;
        Ok(())
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> RunId {
        self.run
    }

    /// What the first frame says, once there is one.
    #[must_use]
    pub fn opening(&self) -> Option<&Opening> {
        self.opening.as_ref()
    }

    /// Position of the next frame.
    #[must_use]
    pub fn next(&self) -> Seq {
        self.next
    }

    /// How the run ended, if it has.
    #[must_use]
    pub fn ended(&self) -> Option<&End> {
        self.ended.as_ref()
    }

    /// Acts that are out and not over.
    pub fn open_acts(&self) -> impl Iterator<Item = ActNo> {
        self.acts.keys().copied()
    }

    /// The place of a root's value: a step's output, or the case, as a review may have edited it.
    pub(crate) fn root(&self, name: &str) -> Option<BodyRef> {
        let case = || self.opening.as_ref().filter(|_| name == "case").map(|o| o.case);
        self.bound.get(name).copied().or_else(case)
    }

    /// The arguments a person was asked about.
    pub(crate) fn held_args(&self, no: ReviewNo) -> Option<BodyRef> {
        self.held.get(&no).copied()
    }

    /// Stops that hold the run back.
    #[must_use]
    pub fn halted(&self) -> &BTreeSet<StopScope> {
        &self.halted
    }

    /// Stops of the runs above this one, which hold it back too.
    #[must_use]
    pub fn stops_above(&self) -> Vec<StopScope> {
        self.opening.as_ref().map(|opening| opening.starter.stops()).unwrap_or_default()
    }

    /// What the run has used, with open acts at their reservation.
    #[must_use]
    pub fn used(&self) -> Usage {
        self.used.plus(self.reserved)
    }
}
