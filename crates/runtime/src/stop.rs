//! Stops. In this process no act in scope starts any more, and those that are out are aborted; then
//! the stop is made durable in the desk's journal, from where on no act in scope can be stored by
//! anybody. A stop that cannot be recorded holds all the same until it is lifted.

use std::sync::Arc;

use engine::Event;
use journal::{Record, Source, StopScope, StoreError};
use plan::ids::PersonId;

use crate::{Fault, Inner, Kind, blocking, people};

/// Why a stop could not be recorded or lifted. The acts in scope are aborted all the same.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    #[error("{aborted} acts were aborted, but the stop could not be recorded: {why}")]
    NotRecorded { aborted: usize, why: String },
    #[error("the stop could not be lifted: {0}")]
    NotLifted(String),
    /// It is not this person's to lift.
    #[error(transparent)]
    NotPermitted(Fault),
}

impl StopError {
    /// What kind of no it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotRecorded { .. } | Self::NotLifted(_) => Kind::Failed,
            Self::NotPermitted(fault) => fault.kind(),
        }
    }
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

pub(crate) async fn drain(
    inner: &Arc<Inner>,
    scope: StopScope,
    who: &PersonId,
    reason: &str,
) -> Result<(), StopError> {
    inner.hold(&scope);
    let recorded = record(inner, &scope, who, reason, true).await;
    recorded.map_err(|why| StopError::NotRecorded { aborted: 0, why })
}

pub(crate) async fn lift(
    inner: &Arc<Inner>,
    scope: StopScope,
    who: &PersonId,
    reason: &str,
) -> Result<usize, StopError> {
    people::may_lift(inner, &scope, who).await.map_err(StopError::NotPermitted)?;
    record(inner, &scope, who, reason, false).await.map_err(StopError::NotLifted)?;
    inner.unstop(&scope);
    // First those in memory: one that leaves it meanwhile is found among the halted ones.
    let mut woken = inner.live_runs();
    let reader = inner.clone();
    let halted = blocking(move || reader.halted_runs())
        .await
        .map_err(|e: StoreError| StopError::NotLifted(e.to_string()))?;
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
    let (desk, scope, who) = (inner.desk.clone(), scope.clone(), who.clone());
    let reason = reason.to_owned();
    let write = move || {
        desk.write(Some((&reason, Source::Person)), |reason| {
            let (scope, who) = (scope.clone(), who.clone());
            if set {
                Record::StopSet { scope, who, reason }
            } else {
                Record::StopLifted { scope, who, reason }
            }
        })
    };
    tokio::task::spawn_blocking(write).await.map_err(|error| error.to_string())?
}
