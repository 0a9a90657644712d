//! The vocabulary of what happened, and the one door through which anything may happen: a draft is
//! committed first, and only the commit makes the permits that acts consume. It must not know why
//! a record was written, and it never touches a disk.

mod alert;
pub mod ask;
pub mod assured;
pub mod body;
pub mod command;
pub mod commit;
mod credential;
mod desk;
mod door;
mod exam;
pub mod frame;
pub mod ids;
pub mod label;
pub mod ledger;
pub mod proof;
pub mod record;
pub mod release;
pub mod review;
pub mod stain;
pub mod starter;

pub use alert::{Alert, Concern, Gauge};
pub use ask::{
    AnswerShape, Answered, Aside, Choice, Code, Failure, Form, Message, ModelAnswer, ModelAsk,
    NotifyAsk, Outcome, Payload, Question, Role, ToolAsk, ToolCall, ToolDef, Usage,
};
pub use assured::{Assured, Severity};
pub use body::{Body, BodyMeta, BodyRef, Entropy, commitment};
pub use command::{Command, Order, Output, Reply};
pub use commit::{
    Batch, CommitError, Committed, Done, Draft, Permit, Receipt, RunLine, RunQuery, Standing,
    Status, Store, StoreError, Stored, commit,
};
pub use credential::{Credential, CredentialName, CredentialTurn, Revocation};
pub use door::{Access, Did};
pub use exam::{
    Checked, Exam, Examined, Named, Over, Placed, Posed, SittingId, SittingIdError, Terms, Tick,
};
pub use frame::{Cause, Chain, ChainError, ENGINE, FRAME_VERSION, Frame};
pub use ids::{ActNo, At, CommandId, Epoch, Hash, Millis, ReviewNo, RunId, RunIdError, Seq};
pub use label::{Label, Labels, Source, Sources};
pub use ledger::{Account, CasesOf, Draw, StopScope};
pub use proof::{Fixed, Proof, PublicKey, Revoked, Signature};
pub use record::{Caller, Drill, End, Eraser, Finish, Mode, Part, Record, Rule, What, Why};
pub use release::{
    Because, Canary, Decider, Figure, Measured, OnTrial, Rollout, Rollouts, Side, Tried, Worse,
};
pub use review::{About, Answer, Decline, Shown};
pub use starter::{Held, Starter, Trigger};

#[cfg(test)]
mod tests;
