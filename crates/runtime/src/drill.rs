//! What a drill found, kept in the desk's journal beside the stops and erasures it stands among.

use std::sync::Arc;

use journal::{Drill, Record, RunId, Source};
use plan::ids::PersonId;

use crate::{Fault, Inner, blocking, ladder};

/// The most canary cases that one entry names.
const RUNS_MAX: usize = 10_000;

/// A drill that is over.
#[derive(Debug, Clone)]
pub struct Drilled {
    pub drill: Drill,
    pub passed: bool,
    pub runs: Vec<RunId>,
    /// What was looked at and what was seen, as JSON.
    pub told: String,
}

pub(crate) async fn record(
    inner: &Arc<Inner>,
    who: &PersonId,
    drilled: Drilled,
) -> Result<(), Fault> {
    if drilled.runs.len() > RUNS_MAX {
        return Err(Fault::Drill(format!("at most {RUNS_MAX} cases")));
    }
    let (inner, who) = (inner.clone(), who.clone());
    let write = move || {
        if !inner.people().is_some_and(|people| people.knows(&who)) {
            let what = format!("`{who}` is not a person of this workspace");
            return Ok(Err(Fault::NotPermitted(what)));
        }
        let Drilled { drill, passed, runs, told } = &drilled;
        let record = |told| Record::Drilled {
            drill: *drill,
            who: who.clone(),
            passed: *passed,
            runs: runs.clone(),
            told,
        };
        Ok(inner.desk.write(Some((told, Source::Plan)), record).map_err(Fault::Drill))
    };
    blocking(write).await?
}

/// A control that does not hold holds for no workflow: each goes on under a person's eyes.
pub(crate) async fn lower(inner: &Arc<Inner>, who: &PersonId, drill: Drill) -> Result<(), Fault> {
    let people = inner.people();
    let plans = move || Ok(people.map(|people| people.plans()).unwrap_or_default());
    let reason = format!("the drill `{}` did not hold", drill.as_str());
    for plan in blocking(plans).await?.values() {
        let lowered = ladder::lower(inner, plan.workflow(), None, Some(who), &reason).await;
        lowered.map_err(Fault::Drill)?;
    }
    Ok(())
}
