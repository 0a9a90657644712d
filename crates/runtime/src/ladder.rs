//! The way down the ladder of autonomy, which nobody has to take by hand: what did harm, or whose
//! control did not hold when it was drilled, goes on under a person's eyes from then on. The way up
//! is a person's, who lifts it with a reason.

use std::sync::Arc;

use journal::{Code, Frame, Record, StopScope};
use plan::ids::{PersonId, StepId};
use plan::workflow::{Autonomy, Workflow};

use crate::{Inner, blocking, stop};

/// Who is named where no person decided.
const ITSELF: &str = "flightdeck";

/// Holds a workflow, or one step of it, at the rung on which a person sees every effect. What is
/// held as low already stays as it is.
pub(crate) async fn lower(
    inner: &Arc<Inner>,
    workflow: &Workflow,
    step: Option<StepId>,
    who: Option<&PersonId>,
    reason: &str,
) -> Result<(), String> {
    let level = Autonomy::Approve;
    if workflow.autonomy <= level {
        return Ok(());
    }
    let store = inner.store.clone();
    let stops = blocking(move || store.stops()).await.map_err(|error| error.to_string())?;
    let low = |scope: &StopScope| match scope {
        StopScope::Beyond { workflow: of, step: at, level: held } => {
            *of == workflow.name && (at.is_none() || *at == step) && *held <= level
        }
        _ => false,
    };
    if stops.iter().any(low) {
        return Ok(());
    }
    let itself = PersonId::new(ITSELF).map_err(|error| error.to_string())?;
    let scope = StopScope::Beyond { workflow: workflow.name.clone(), step, level };
    let set = stop::set(inner, scope, who.unwrap_or(&itself), reason).await;
    set.map(drop).map_err(|error| error.to_string())
}

/// Steps whose effect was not what it should be, or could not be taken back.
pub(crate) fn harm(frame: &Frame) -> Vec<(StepId, &'static str)> {
    let harm = |record: &Record| match record {
        Record::Failed { at, code: Code::NotConfirmed, .. } => {
            Some((at.step.clone(), "an effect was not confirmed"))
        }
        Record::Undone { at, ok: false } => {
            Some((at.step.clone(), "an effect could not be undone"))
        }
        _ => None,
    };
    frame.records.iter().filter_map(harm).collect()
}
