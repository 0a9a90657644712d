//! The vocabulary of what happened. A kind's meaning never changes: a new meaning is a new kind.
//! Records hold ids, enums, whole numbers, hashes and names from the plan; any text that a person,
//! model, tool or file wrote is a body.

use plan::ids::{FilePath, ModelName, PersonId, ReleaseId, RoleId, ToolName, WorkflowName};
use plan::workflow::{EndOutcome, Next};
use serde::{Deserialize, Serialize};

use crate::alert::{Alert, Gauge};
use crate::ask::{Code, Usage};
use crate::assured::Assured;
use crate::body::BodyRef;
use crate::credential::Credential;
use crate::door::Access;
use crate::exam::Exam;
use crate::ids::{ActNo, At, CommandId, Hash, Millis, ReviewNo, RunId};
use crate::label::Label;
use crate::ledger::{Account, StopScope};
use crate::proof::Proof;
use crate::release::{Canary, Decider, Tried};
use crate::review::{About, Answer, Decline, Shown};
use crate::starter::{Held, Starter};

/// A span in somebody else's trace, as W3C's Trace Context writes its parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    pub trace: String,
    pub span: String,
}

/// One thing that happened in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// The run exists. Always the first record of frame 0.
    Opened {
        release: ReleaseId,
        workflow: WorkflowName,
        case: BodyRef,
        starter: Starter,
        mode: Mode,
        /// The span of whoever had it opened, where they said it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        called: Option<Caller>,
    },
    /// A step was entered; `influences` is what had a hand in taking this way.
    Entered { at: At, influences: Label },
    /// A message was added to the step's conversation.
    Said { at: At, body: BodyRef },
    /// Guard allowed an act. This is its start: what is stored here may happen from now on.
    Allowed {
        act: ActNo,
        at: At,
        attempt: u32,
        what: What,
        key: Hash,
        rules: Vec<Rule>,
        reserve: Usage,
    },
    /// Guard refused an act.
    Refused { at: At, what: What, rule: Rule, code: Code },
    /// An act is over. Every `Allowed` gets one of these, or an `InDoubt`.
    Finished { act: ActNo, outcome: Finish, usage: Usage },
    /// The driver that had started the act is gone, and nobody knows whether it happened.
    InDoubt { act: ActNo },
    /// A step has its output.
    Bound { at: At, body: BodyRef },
    /// The run goes on.
    Moved { from: At, to: Next, why: Why },
    /// A step failed for good.
    Failed { at: At, code: Code, detail: Option<BodyRef> },
    /// Another attempt is due.
    RetryAt { at: At, attempt: u32, until: Millis },
    /// A step waits for a time.
    WaitingUntil { at: At, until: Millis },
    /// The branches of a parallel step were entered.
    Branched { at: At },
    /// A person is asked.
    ReviewOpened { review: ReviewNo, at: At, about: About, by: RoleId, due: Millis },
    /// A person answered.
    ReviewAnswered { review: ReviewNo, who: PersonId, answer: Answer },
    /// One of several people who have to agree did, with the changes that the others are to agree
    /// to as well; the rest are still asked. A change drops what was agreed to before it.
    ReviewAgreed { review: ReviewNo, who: PersonId, edits: Vec<Shown> },
    /// A person has taken a request up; until then nobody else answers it.
    ReviewClaimed { review: ReviewNo, who: PersonId, until: Millis },
    /// A request that was taken up is anybody's again.
    ReviewReleased { review: ReviewNo, who: PersonId },
    /// A text that came from outside speaks to the model, by these rules. From then on a person
    /// sees every effect of the case, unless its map says otherwise.
    Suspected { body: BodyRef, signals: Vec<Rule> },
    /// What follows was ordered by a person who is on call for these roles.
    OnCall { who: PersonId, roles: Vec<RoleId> },
    /// What follows was ordered by a person who stands in for others while they are away.
    ActsFor { who: PersonId, of: Vec<PersonId> },
    /// Nobody answered in time; the question now goes to `to`, or the plan's late path is taken.
    ReviewLate { review: ReviewNo, to: Option<RoleId>, due: Millis },
    /// A command that could not be followed, and why.
    Declined { command: CommandId, who: PersonId, because: Decline },
    /// Child runs of the items `from..to` were started.
    ItemsStarted { at: At, from: u32, to: u32 },
    /// Items whose child runs had failed are run again, each by a new child run. `again` is part
    /// of its id.
    ItemsAgain { at: At, items: Vec<u32>, again: u32 },
    /// A child run is over.
    ItemEnded { at: At, item: u32, ended: End, output: Option<BodyRef> },
    /// The values of a `once_per` set were claimed.
    Claimed { set: u16, claim: Hash },
    /// Another run holds the same values.
    Duplicate { set: u16, of: RunId },
    /// A stop is in force; no act is started until it is lifted.
    Halted { scope: StopScope },
    /// The stop was lifted.
    Unhalted { scope: StopScope },
    /// A person paused the run.
    Paused { who: PersonId },
    /// A person let it go on.
    Resumed { who: PersonId },
    /// A person asked for another attempt, or to go on without the step's output.
    Retried {
        at: At,
        who: PersonId,
        /// What was said so far stays: calls of it had effects, and nobody makes them again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        keeps: bool,
    },
    /// A person let the run go on past a step.
    Skipped { at: At, who: PersonId, reason: BodyRef },
    /// A person cancelled the run.
    CancelAsked { who: PersonId, reason: BodyRef },
    /// It became known whether an act in doubt happened, and what it gave if it did.
    Settled { at: At, act: ActNo, happened: Option<BodyRef> },
    /// The run ends so. What is out is waited for; unless it ends as done, effects that can be
    /// undone are undone in reverse order.
    Ending { end: End },
    /// An effect was undone, or could not be.
    Undone { at: At, ok: bool },
    /// A driver's unexpected fault was caught; nothing was allowed because of it.
    Caught { code: Code, detail: BodyRef },
    /// The run is over. Always the last record.
    Ended { end: End, output: Option<BodyRef>, usage: Usage },
    /// Desk only: a stop was set.
    StopSet { scope: StopScope, who: PersonId, reason: BodyRef },
    /// Desk only: a stop was lifted.
    StopLifted { scope: StopScope, who: PersonId, reason: BodyRef },
    /// Desk only: a limit that new cases draw on is used up, and none is opened until `until`. Once
    /// for an account and a limit, however many cases are refused.
    LimitReached { account: Account, workflow: WorkflowName, limit: u64, until: Millis },
    /// Desk only: the guard of a release could not be built or proved; it refuses everything.
    GuardClosed { release: ReleaseId, workflow: WorkflowName, reason: BodyRef },
    /// Desk only: a guard that was closed was built anew, and it is proven.
    GuardProven { release: ReleaseId, workflow: WorkflowName },
    /// Desk only: with this frame the keys of these runs' contents are destroyed. Each run is over.
    Erased {
        runs: Vec<RunId>,
        by: Eraser,
        reason: BodyRef,
        /// Whose contents were looked for: a keyed hash, which whoever knows the subject can
        /// compute again, and nobody can read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<Hash>,
    },
    /// Desk only: a control was put to the proof by canary runs. What was found is told by `told`,
    /// a body with one object for each thing that was looked at.
    Drilled { drill: Drill, who: PersonId, passed: bool, runs: Vec<RunId>, told: BodyRef },
    /// Desk only: something was measured that somebody should hear of.
    Alerted(Alert),
    /// Desk only: from this time on a start of a map begins cases. `start` is a hash of the
    /// workflow and of what the map says, so that another order of the starts changes nothing.
    StartWatched { workflow: WorkflowName, start: Hash, since: Millis },
    /// Desk only: so many times at which a start was due began no case, from the first to the last
    /// of them, and none of them begins one any more.
    StartMissed { workflow: WorkflowName, start: Hash, from: Millis, until: Millis, times: u32 },
    /// Desk only: something happened at the door.
    Access(Access),
    /// Desk only: something happened in an exam or in the review of a portfolio.
    Exam(Box<Exam>),
    /// Desk only: a credential was issued or recorded, or is worth something else from now on.
    Credential(Credential),
    /// Desk only: this person had a file of the workspace say something else. Digests are of the
    /// bytes as they lie on the disk; there was no such file where the first is missing.
    FileSaved {
        who: PersonId,
        file: FilePath,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Hash>,
        to: Hash,
    },
    /// Desk only: what somebody answers for, or a rule found, besides what cases do.
    Assured(Assured),
    /// Desk only: a start cannot begin what it should for now.
    StartHeld { workflow: WorkflowName, start: Hash, because: Held },
    /// Desk only: what a rule of the workspace watches is beyond its limit. While it lasts it is
    /// written again, no more often than the rule says.
    AlertFired(Gauge),
    /// Desk only: it is within its limit again, or there is too little left to measure.
    AlertEnded(Gauge),
    /// Desk only: a start was due at this time, what it is to find before it begins a case was not
    /// there, and so it begins none for this time any more.
    StartIdle { workflow: WorkflowName, start: Hash, at: Millis },
    /// Desk only: from this entry on new cases of a workflow begin on this release, or with
    /// `canary` a share of them does. `tried` is absent where there was no case to try it with.
    Deployed {
        workflow: WorkflowName,
        release: ReleaseId,
        /// The live release until then.
        was: Option<ReleaseId>,
        who: PersonId,
        canary: Option<Canary>,
        tried: Option<Tried>,
        reason: Option<BodyRef>,
    },
    /// Desk only: a canary became the live release.
    Promoted {
        workflow: WorkflowName,
        release: ReleaseId,
        was: ReleaseId,
        by: Decider,
        reason: Option<BodyRef>,
    },
    /// Desk only: new cases begin on `to` again, and none on `from` any more. Where `to` was live
    /// already, `from` was its canary.
    RolledBack {
        workflow: WorkflowName,
        from: ReleaseId,
        to: ReleaseId,
        by: Decider,
        reason: Option<BodyRef>,
    },
    /// Desk only: something was done so that others can check the journal.
    Proof(Proof),
}

/// On whose word contents are erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Eraser {
    Person(PersonId),
    /// The time is over that the workspace keeps such contents.
    Retention,
}

/// What can be drilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drill {
    /// A stop, with cases at work.
    Kill,
    /// Orders in what comes from outside, and a model that obeys them.
    Injection,
    /// A vendor that does not answer.
    Vendor,
    /// A reviewer who may not decide, or does not.
    Reviewer,
    /// A tool that is not what was approved.
    ToolChange,
    /// A case that never ends by itself.
    Budget,
}

impl Drill {
    /// Every drill.
    pub const ALL: [Self; 6] =
        [Self::Kill, Self::Injection, Self::Vendor, Self::Reviewer, Self::ToolChange, Self::Budget];

    /// Its name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Injection => "injection",
            Self::Vendor => "vendor",
            Self::Reviewer => "reviewer",
            Self::ToolChange => "tool-change",
            Self::Budget => "budget",
        }
    }
}

/// Whether a run acts on the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Live,
    /// Answers were written or recorded beforehand; nothing in it counts as live use.
    Rehearsal,
    /// A case that is known to be wrong, to see whether those who are asked notice. It is like any
    /// other, and no effect of it is carried out.
    Seeded,
}

/// The target of an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A model call over the first `messages` messages of the step's conversation. A question
    /// names the grounded field and its wording, or is one of those that [`crate::Aside`] counts.
    Model {
        model: ModelName,
        messages: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        question: Option<(u16, u8)>,
    },
    /// A tool call. `args` is absent where the arguments themselves were refused as unreadable.
    Tool { tool: ToolName, args: BodyRef, part: Part },
    /// A message to a role.
    Notify { to: RoleId, text: BodyRef },
}

/// Which part of its step a tool call is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The step's own call.
    Main,
    /// The read-back after the step's effect.
    Confirm,
    /// Undoing the step's effect.
    Undo,
    /// Asking, by key, whether a call in doubt happened.
    ReadBack,
    /// A look-up of the step, by name order.
    Lookup(u16),
    /// The n-th call of an agent's turn.
    Turn(u16),
}

/// A rule that decided, by name: `declared`, `budget`, `flow`, `cedar:NAME`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rule(pub std::sync::Arc<str>);

/// How an act ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    Ok {
        body: BodyRef,
    },
    Error {
        code: Code,
        detail: BodyRef,
        retry_after_ms: Option<u64>,
    },
    /// The tool did nothing yet: a person is to answer something first, and then the same call
    /// goes on.
    Asked {
        question: BodyRef,
    },
    /// It was started and no answer came: it may have happened.
    Unknown {
        code: Code,
        detail: BodyRef,
    },
}

/// Why a run went the way it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The next step of the map.
    Next,
    /// The n-th row of a decision held.
    Row(u16),
    /// No row held.
    Otherwise,
    /// A row could not be evaluated.
    RowFailed(u16),
    /// The n-th exception was raised.
    Exception(u16),
    Approved,
    /// The review sees only some cases like this one, and this was none of them.
    Unsampled,
    Rejected,
    Late,
    /// The step's failure path.
    Failure(Code),
    Skipped,
    /// The branches of a parallel step are all over.
    Joined,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// An `end` step, or the end of the map.
    Reached(EndOutcome),
    Failed(Code),
    Duplicate(RunId),
    Cancelled,
}
