//! Cases that are known to be wrong, opened beside some of those that come in. Nobody waits for
//! one, and nobody is told of one that could not be opened. It must not draw: the engine does.

use std::sync::Arc;

use journal::{Mode, RunId, Starter};
use plan::Plan;

use crate::{Inner, NewRun, Runtime, people};

/// Opens a seed beside a case that was opened, where one is drawn. It is counted like any other
/// case; where a limit refuses it, it is left out.
pub(crate) async fn beside(runtime: &Runtime, run: RunId, plan: Arc<Plan>) {
    let Some(case) = drawn(&runtime.inner, run, &plan) else { return };
    let workflow = plan.workflow();
    let starter = Starter::Person(workflow.accountable.clone());
    if people::has_room(&runtime.inner, workflow).await.is_err() {
        return;
    }
    let new = NewRun {
        plan: Arc::clone(&plan),
        case,
        labels: None,
        called: None,
        starter,
        mode: Mode::Seeded,
    };
    if people::may_open(&runtime.inner, &new).await.is_ok() {
        let _ = runtime.open(new).await;
    }
}

fn drawn(inner: &Inner, run: RunId, plan: &Plan) -> Option<Vec<u8>> {
    let engine = inner.releases.get_open(plan.release())?;
    engine::seeds::beside(&engine, run).map(|case| case.as_bytes().to_vec())
}
