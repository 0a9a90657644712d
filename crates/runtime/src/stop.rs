//! Stops. In this process no act in scope starts any more, and those that are out are aborted; then
//! the stop is made durable in the desk's journal, from where on no act in scope can be stored by
//! anybody. A stop that cannot be recorded holds all the same until it is lifted.

use std::sync::Arc;

use engine::Event;
use journal::{
    Body, Cause, CommitError, Draft, Epoch, Hash, Label, Labels, Record, RunId, Seq, Source,
    StopScope, StoreError,
};
use plan::ids::{PersonId, ReleaseId, WorkflowName};

use crate::drive::commit;
use crate::{Fault, Inner, blocking, entropy, now};

/// Why a stop could not be recorded or lifted. The acts in scope are aborted all the same.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    #[error("{aborted} acts were aborted, but the stop could not be recorded: {why}")]
    NotRecorded { aborted: usize, why: String },
    #[error("the stop could not be lifted: {0}")]
    NotLifted(String),
}

pub(crate) async fn set(
    inner: &Arc<Inner>,
    scope: StopScope,
    who: &PersonId,
    reason: &str,
) -> Result<usize, StopError> {
    // Acts are kept from starting and broken off first: a disk that hangs must not hold a stop up.
    let aborted = inner.abort(&scope);
    match record(inner, &scope, who, reason, true).await {
        Ok(()) => Ok(aborted),
        Err(why) => Err(StopError::NotRecorded { aborted, why }),
    }
}

pub(crate) async fn lift(
    inner: &Arc<Inner>,
    scope: StopScope,
    who: &PersonId,
    reason: &str,
) -> Result<usize, StopError> {
    record(inner, &scope, who, reason, false).await.map_err(StopError::NotLifted)?;
    inner.unstop(&scope);
    let reader = inner.clone();
    let halted = blocking(move || reader.halted_runs())
        .await
        .map_err(|e: StoreError| StopError::NotLifted(e.to_string()))?;
    let mut woken = inner.live_runs();
    woken.extend(halted);
    woken.sort();
    woken.dedup();
    for run in &woken {
        inner.send(*run, Event::Unstop(scope.clone()));
    }
    Ok(woken.len())
}

async fn record(
    inner: &Arc<Inner>,
    scope: &StopScope,
    who: &PersonId,
    reason: &str,
    set: bool,
) -> Result<(), String> {
    // Two people at once: whoever comes second writes after the first.
    for _ in 0..16 {
        let draft = draft(inner, scope, who, reason, set).await.map_err(|e| e.to_string())?;
        match commit(inner, draft).await {
            Ok(_) => return Ok(()),
            Err(CommitError::Superseded) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Err("the desk's journal is busy".to_owned())
}

async fn draft(
    inner: &Arc<Inner>,
    scope: &StopScope,
    who: &PersonId,
    reason: &str,
    set: bool,
) -> Result<Draft, Fault> {
    let store = inner.store.clone();
    let tip = blocking(move || store.tip(RunId::DESK)).await?;
    let (seq, prev) = tip.unwrap_or((Seq(0), Hash::default()));
    let body = Body {
        bytes: Arc::from(serde_json::Value::from(reason).to_string().into_bytes()),
        labels: Labels::all(Label::from(Source::Person)),
    };
    let reason = journal::BodyRef { seq, n: 0 };
    let (scope, who) = (scope.clone(), who.clone());
    let record = if set {
        Record::StopSet { scope, who, reason }
    } else {
        Record::StopLifted { scope, who, reason }
    };
    let workflow = WorkflowName::new("desk").map_err(|e| Fault::Release(e.to_string()))?;
    Ok(Draft {
        run: RunId::DESK,
        seq,
        prev,
        epoch: Epoch(1),
        at: now(),
        cause: vec![Cause::Open],
        records: vec![record],
        bodies: vec![body],
        entropy: entropy()?,
        draws: Vec::new(),
        consumes: Vec::new(),
        posts: Vec::new(),
        payloads: Vec::new(),
        vendors: Vec::new(),
        workflow,
        above: Vec::new(),
        release: ReleaseId([0; 32]),
        standing: None,
    })
}
