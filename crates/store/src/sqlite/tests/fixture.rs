//! Drafts for tests, and the waiting that a test may do.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use journal::{
    ActNo, At, Body, BodyRef, Code, Command, CommandId, CommitError, Committed, Draft, Entropy,
    Epoch, Finish, Hash, Labels, Millis, NotifyAsk, Order, Payload, Record, RunId, Seq, Standing,
    Status, StopScope, Store, ToolAsk, Usage, What, commit,
};
use plan::ids::{PersonId, ReleaseId, RoleId, StepId, ToolName, WorkflowName};
use plan::workflow::Autonomy;
use tempfile::TempDir;

use crate::SqliteStore;
use crate::sqlite::writer::Op;

pub(super) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

pub(super) fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(folder).unwrap()
}

pub(super) fn run(n: u8) -> RunId {
    RunId::new(Millis(1_700_000_000_000 + u64::from(n)), [n; 10])
}

pub(super) fn at(step: &str) -> At {
    At { step: StepId::new(step).unwrap(), visit: 1 }
}

pub(super) fn body(text: &str) -> Body {
    Body { bytes: Arc::from(text.as_bytes()), labels: Labels::default() }
}

pub(super) fn standing(status: Status, wake_at: Option<u64>) -> Standing {
    Standing { status, wake_at: wake_at.map(Millis) }
}

/// A frame that follows from the tip and holds one body.
pub(super) fn draft(store: &dyn Store, run: RunId, epoch: u32) -> Draft {
    let (seq, prev) = store.tip(run).unwrap().unwrap_or_default();
    next(run, epoch, seq, prev)
}

pub(super) fn next(run: RunId, epoch: u32, seq: Seq, prev: Hash) -> Draft {
    let place = BodyRef { seq, n: 0 };
    let mut entropy = [7; 32];
    entropy[..4].copy_from_slice(&seq.0.to_be_bytes());
    Draft {
        run,
        seq,
        prev,
        epoch: Epoch(epoch),
        at: Millis(1_000 + u64::from(seq.0)),
        cause: Vec::new(),
        records: vec![Record::Bound { at: at("read"), body: place }],
        bodies: vec![body(&format!("body {} of {run}", seq.0))],
        entropy: Entropy(entropy),
        draws: Vec::new(),
        consumes: Vec::new(),
        posts: Vec::new(),
        payloads: Vec::new(),
        vendors: Vec::new(),
        freedoms: (0..100).map(|n| (ActNo(n), Autonomy::Suggest)).collect(),
        above: Vec::new(),
        workflow: WorkflowName::new("invoice").unwrap(),
        release: ReleaseId([3; 32]),
        standing: None,
    }
}

/// Adds an allowed call of `erp.pay` to a draft.
pub(super) fn act(draft: &mut Draft) {
    let tool = ToolName::new("erp.pay").unwrap();
    let act = ActNo(draft.seq.0 + 1);
    draft.records.push(allowed(
        act,
        What::Tool {
            tool: tool.clone(),
            args: BodyRef { seq: draft.seq, n: 0 },
            part: journal::Part::Main,
        },
    ));
    let ask = ToolAsk {
        answers: Vec::new(),
        tool,
        digest: Arc::from("d"),
        args: Arc::from(&b"{}"[..]),
        key: Hash::default(),
        time_out_ms: 1,
        bytes_max: 1,
    };
    draft.payloads.push((act, Payload::Tool(ask)));
}

/// Adds an allowed message to people, which no stop forbids.
pub(super) fn message(draft: &mut Draft) {
    let act = ActNo(draft.seq.0 + 1);
    let to = RoleId::new("clerk").unwrap();
    let text = BodyRef { seq: draft.seq, n: 0 };
    draft.records.push(allowed(act, What::Notify { to: to.clone(), text }));
    let ask = NotifyAsk { to, text: Arc::from("look"), key: Hash::default() };
    draft.payloads.push((act, Payload::Notify(ask)));
}

fn allowed(act: ActNo, what: What) -> Record {
    Record::Allowed {
        act,
        at: at("draft"),
        attempt: 1,
        what,
        key: Hash::default(),
        rules: Vec::new(),
        reserve: Usage::default(),
    }
}

/// Adds a record with the end of an act, so that frames differ in more than their numbers.
pub(super) fn finished(draft: &mut Draft) {
    draft.records.push(Record::Finished {
        act: ActNo(1),
        outcome: Finish::Unknown { code: Code::TimedOut, detail: BodyRef { seq: draft.seq, n: 0 } },
        usage: Usage::default(),
    });
}

/// A frame of the desk that sets or lifts a stop.
pub(super) fn stop(store: &dyn Store, scope: StopScope, set: bool) -> Draft {
    let mut draft = draft(store, RunId::DESK, 1);
    let who = PersonId::new("mara@acme.example").unwrap();
    let reason = BodyRef { seq: draft.seq, n: 0 };
    draft.records = vec![if set {
        Record::StopSet { scope, who, reason }
    } else {
        Record::StopLifted { scope, who, reason }
    }];
    draft
}

/// A frame of the desk that has the contents of runs erased.
pub(super) fn erasure(store: &dyn Store, runs: &[RunId]) -> Draft {
    let mut draft = draft(store, RunId::DESK, 1);
    draft.records = vec![Record::Erased {
        runs: runs.to_vec(),
        by: journal::Eraser::Retention,
        reason: BodyRef { seq: draft.seq, n: 0 },
        subject: None,
    }];
    draft
}

/// The last frame of a run, after which it is over.
pub(super) fn last(store: &dyn Store, run: RunId) -> Draft {
    let mut draft = draft(store, run, 1);
    draft.standing = Some(standing(Status::Done, None));
    draft
}

pub(super) fn command(n: u8, run: RunId) -> Command {
    Command {
        id: CommandId([n; 16]),
        run,
        at: Millis(5),
        order: Order::Skip {
            who: PersonId::new("mara@acme.example").unwrap(),
            reason: format!("reason {n}"),
        },
        stands_for: Vec::new(),
        on_call: Vec::new(),
    }
}

pub(super) type Answer = Result<Committed, CommitError>;

/// Commits without waiting.
pub(super) fn send(store: &dyn Store, draft: Draft) -> Receiver<Answer> {
    let (to, from) = channel();
    commit(store, draft, move |answer| to.send(answer).unwrap());
    from
}

/// Commits and waits.
pub(super) fn put(store: &dyn Store, draft: Draft) -> Answer {
    send(store, draft).recv().unwrap()
}

/// Holds the writer until something is sent, so that what is queued meanwhile is one group.
pub(super) fn hold(store: &SqliteStore) -> Sender<()> {
    let (open, gate) = channel();
    let wait = Op::Alone(Box::new(move |_| gate.recv().unwrap()));
    store.queue.send(wait).ok().unwrap();
    open
}
