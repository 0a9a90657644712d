//! The proof that stored frames are what this engine decides: each frame's input is read back
//! from its cause, records and bodies, the advance is made again, and the bytes must be equal.
//! It decides nothing that is carried on, and it needs nothing but a release and what is stored.

use std::collections::BTreeMap;

use journal::{
    Account, BodyMeta, Cause, Chain, ChainError, Code, CommandId, CommitError, Decline, Draft,
    ENGINE, Entropy, FRAME_VERSION, Frame, Hash, Record, RunId, Seq, Stored,
};
use plan::ids::PersonId;

use crate::advance::{Input, Opening, advance_with, open};
use crate::control::{Control, FoldError};
use crate::env::{Env, EnvError};
use crate::{Engine, accounts};

mod told;

/// What became of one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audited {
    /// Decided again, byte by byte the same.
    Same,
    /// Written by another version of the engine: read and followed, not decided again.
    OtherEngine,
    /// A defect was caught in it; it allows nothing.
    Caught,
    /// It refused more than the release alone would: guard knew of a changed tool, a secret, or
    /// that it was not proven. Such knowledge is not the run's, so it is followed as it stands.
    Stricter,
}

/// Why stored frames are not what this engine decides.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Bodies(#[from] EnvError),
    #[error(transparent)]
    Fold(#[from] FoldError),
    #[error("the run belongs to another release")]
    Release,
    #[error("there is nothing stored about this run")]
    Empty,
    #[error("frame {0:?} was caused by nothing that could have decided it")]
    Cause(Seq),
    #[error("frame {seq:?} is decided otherwise: at byte {at} it would say `{decided}`")]
    Differs { seq: Seq, at: usize, decided: String },
}

/// How many frames of a run came out how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub same: u32,
    pub stricter: u32,
    pub caught: u32,
    pub other_engine: u32,
}

/// Audits all stored rows of one run, oldest first, under its own release.
///
/// # Errors
/// When there are none, or at the first row that is not what this engine decides.
pub fn audit(engine: &Engine, run: RunId, rows: &[Stored]) -> Result<Tally, AuditError> {
    let (mut audit, mut tally) = (Audit::new(engine, run), Tally::default());
    for row in rows {
        let count = match audit.check(row)? {
            Audited::Same => &mut tally.same,
            Audited::Stricter => &mut tally.stricter,
            Audited::Caught => &mut tally.caught,
            Audited::OtherEngine => &mut tally.other_engine,
        };
        *count += 1;
    }
    if rows.is_empty() { Err(AuditError::Empty) } else { Ok(tally) }
}

/// Audits the frames of one run, oldest first.
#[derive(Debug)]
pub struct Audit<'e> {
    engine: &'e Engine,
    run: RunId,
    control: Control,
    env: Env,
    chain: Chain,
    /// Whether the installation's secret is known here.
    here: bool,
}

/// What commands that were declined came to; their content is not kept.
pub(crate) type DeclinedCommands = BTreeMap<CommandId, (PersonId, Decline)>;

impl<'e> Audit<'e> {
    /// An audit before the run's first frame.
    #[must_use]
    pub fn new(engine: &'e Engine, run: RunId) -> Self {
        let (control, env, chain) = (Control::new(run), Env::new(), Chain::new(run));
        Self { engine, run, control, env, chain, here: true }
    }

    /// The same where the installation's secret is not known: what was decided must be the same,
    /// and not the hashes under that secret beside it.
    #[must_use]
    pub fn elsewhere(engine: &'e Engine, run: RunId) -> Self {
        Self { here: false, ..Self::new(engine, run) }
    }

    /// Checks the next frame and follows it.
    ///
    /// # Errors
    /// When the frame does not follow, its bodies are missing or changed, or this engine decides
    /// otherwise. The audit is over then.
    pub fn check(&mut self, stored: &Stored) -> Result<Audited, AuditError> {
        let frame = self.chain.read(&stored.bytes)?;
        let entropy = stored.entropy.unwrap_or(Entropy([0; 32]));
        // The bodies are there before the frame is decided again: its input is read from them.
        self.env.load(&frame, stored.bodies.as_deref(), stored.entropy.as_ref())?;
        let audited = self.decide(&frame, &stored.bytes, entropy)?;
        self.control.fold(&frame, self.chain.last())?;
        Ok(audited)
    }

    /// The state after the frames so far.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.control
    }

    fn decide(&self, frame: &Frame, bytes: &[u8], entropy: Entropy) -> Result<Audited, AuditError> {
        if frame.engine.as_ref() != ENGINE {
            return Ok(Audited::OtherEngine);
        }
        let opened = matches!(frame.records.first(), Some(Record::Opened { .. }));
        let first = frame.records.get(usize::from(opened));
        if matches!(first, Some(Record::Caught { code: Code::Defect, .. })) {
            let allows = frame.records.iter().any(|r| matches!(r, Record::Allowed { .. }));
            return if allows { Err(AuditError::Cause(frame.seq)) } else { Ok(Audited::Caught) };
        }
        let draft = match frame.cause.as_slice() {
            [Cause::Open] => self.opened(frame, entropy)?,
            _ => self.advanced(frame, entropy)?,
        };
        let again = again(draft);
        if !self.here && keyless(&again.records) == keyless(&frame.records) {
            return Ok(Audited::Same);
        }
        let again = again.to_bytes();
        let again = again.map_err(|e| ChainError::Read(frame.seq, e.to_string()))?;
        if again == bytes {
            return Ok(Audited::Same);
        }
        if frame.records.iter().any(stricter) {
            return Ok(Audited::Stricter);
        }
        let at = again.iter().zip(bytes).take_while(|(a, b)| a == b).count();
        let decided = String::from_utf8_lossy(again.get(at..).unwrap_or_default());
        let decided = decided.chars().take(200).collect();
        Err(AuditError::Differs { seq: frame.seq, at, decided })
    }

    fn opened(&self, frame: &Frame, entropy: Entropy) -> Result<Draft, AuditError> {
        let Some(Record::Opened { release, case, starter, mode, called, .. }) =
            frame.records.first()
        else {
            return Err(AuditError::Cause(frame.seq));
        };
        if *release != self.engine.plan.release() {
            return Err(AuditError::Release);
        }
        let case = self.env.get(*case).ok_or(EnvError::Missing(frame.seq))?;
        let opening = Opening {
            run: self.run,
            now: frame.at,
            entropy,
            case: case.bytes().to_vec(),
            labels: Some(case.labels().clone()),
            called: called.clone(),
            starter: starter.clone(),
            mode: *mode,
            refusals: self.refusals(frame),
        };
        Ok(open(self.engine, &opening))
    }

    fn advanced(&self, frame: &Frame, entropy: Entropy) -> Result<Draft, AuditError> {
        let told = told::Told::read(&self.engine.plan, &self.control, &self.env, frame);
        let (events, declined) = told.ok_or(AuditError::Cause(frame.seq))?.into_parts();
        let refused = frame.cause.contains(&Cause::Refusal);
        let mut refusals = if refused { self.refusals(frame) } else { Vec::new() };
        if refused && refusals.is_empty() {
            // It had no effect but to be tried again.
            refusals.push(CommitError::Limit(Account("".into())));
        }
        let (now, epoch) = (frame.at, frame.epoch);
        let input = Input { now, epoch, entropy, events, refusals };
        let draft = advance_with(self.engine, &self.control, &self.env, &input, Some(&declined));
        draft.ok_or(AuditError::Cause(frame.seq))
    }

    /// What the store must have said, read from what was made of it.
    fn refusals(&self, frame: &Frame) -> Vec<CommitError> {
        let workflow = self.engine.plan.workflow();
        let account = |what: &str| accounts::day(workflow, frame.at, what);
        let mut refusals = Vec::new();
        for record in &frame.records {
            let refusal = match record {
                Record::Halted { scope } => CommitError::Stopped(scope.clone()),
                Record::Duplicate { of, .. } => CommitError::Claimed(*of),
                Record::Refused { rule, .. } if rule.0.starts_with("budget:hour_calls:") => {
                    let tool = rule.0.rsplit(':').next().unwrap_or_default();
                    let calls = accounts::calls(tool);
                    CommitError::Limit(accounts::hour(workflow, frame.at, &calls))
                }
                Record::Refused { rule, .. } => match rule.0.as_ref() {
                    "budget:day_cost" => CommitError::Limit(account(accounts::COST)),
                    "budget:day_amount" => CommitError::Limit(account(accounts::AMOUNT)),
                    _ => continue,
                },
                _ => continue,
            };
            if !refusals.contains(&refusal) {
                refusals.push(refusal);
            }
        }
        refusals
    }
}

/// A refusal that rests on what guard knew beside the release.
fn stricter(record: &Record) -> bool {
    let Record::Refused { rule, .. } = record else { return false };
    matches!(rule.0.as_ref(), "guard" | "guard:release" | "secret")
}

/// Records without what hangs on the installation's secret.
fn keyless(records: &[Record]) -> Vec<Record> {
    let mut records = records.to_vec();
    for record in &mut records {
        if let Record::Allowed { key, .. } = record {
            *key = Hash::default();
        }
    }
    records
}

/// The frame that a draft would be stored as.
fn again(draft: Draft) -> Frame {
    let mut bodies = Vec::with_capacity(draft.bodies.len());
    for (n, body) in (0_u16..).zip(&draft.bodies) {
        bodies.push(BodyMeta {
            commit: draft.entropy.commitment(n, &body.bytes),
            len: u32::try_from(body.bytes.len()).unwrap_or(u32::MAX),
            labels: body.labels.clone(),
        });
    }
    Frame {
        v: FRAME_VERSION,
        run: draft.run,
        seq: draft.seq,
        prev: draft.prev,
        epoch: draft.epoch,
        engine: ENGINE.into(),
        at: draft.at,
        cause: draft.cause,
        bodies,
        draws: draft.draws,
        records: draft.records,
    }
}
