//! What a drill found, kept in the desk's journal beside the stops and erasures it stands among.

use std::sync::Arc;

use journal::{Drill, Record, RunId, Source};
use plan::ids::PersonId;

use crate::{Fault, Inner, blocking};

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
