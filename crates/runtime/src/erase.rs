//! Erasing the contents of runs that are over: ordered in the desk's journal, done in the very
//! transaction that stores the order, and said to be done only when no copy of a key is left.

use std::collections::BTreeMap;
use std::sync::Arc;

use journal::{Hash, Record, RunId, RunQuery, Source};
use plan::ids::{PersonId, ReleaseId};

use crate::{Fault, Inner, blocking, people};

/// The most runs of one order, so that its entry stays a small one.
pub const ERASED_AT_ONCE: usize = 1_000;

/// What is to be erased, and why.
#[derive(Debug, Clone)]
pub struct Erasure {
    pub runs: Vec<RunId>,
    pub reason: String,
    /// A keyed hash of whom it is about.
    pub subject: Option<Hash>,
}

pub(crate) async fn erase(
    inner: &Arc<Inner>,
    who: &PersonId,
    erasure: Erasure,
) -> Result<(), Fault> {
    if erasure.runs.is_empty() {
        return Ok(());
    }
    if erasure.runs.len() > ERASED_AT_ONCE {
        return Err(Fault::Erasing(format!("at most {ERASED_AT_ONCE} cases at once")));
    }
    let (inner, who) = (inner.clone(), who.clone());
    blocking(move || Ok(order(&inner, &who, &erasure))).await?
}

fn order(inner: &Inner, who: &PersonId, erasure: &Erasure) -> Result<(), Fault> {
    let mut may: BTreeMap<ReleaseId, bool> = BTreeMap::new();
    for run in &erasure.runs {
        let query = RunQuery { prefix: Some(run.to_string()), limit: 1, ..RunQuery::default() };
        let line = inner.store.runs(&query)?.into_iter().next();
        let line = line.ok_or_else(|| Fault::Erasing(format!("there is no case {run}")))?;
        if !line.status.over() {
            return Err(Fault::Erasing(format!("case {run} is still open")));
        }
        let allowed = match may.get(&line.release) {
            Some(known) => *known,
            None => {
                let over = people::over_release(inner, line.release)?;
                *may.entry(line.release).or_insert(over.contains(who))
            }
        };
        if !allowed {
            return Err(Fault::NotPermitted(format!(
                "`{who}` may not erase cases of `{}`; it takes whoever answers or may overrule",
                line.workflow
            )));
        }
    }
    let Erasure { runs, reason, subject } = erasure;
    let written = inner.desk.write(Some((reason, Source::Person)), |reason| Record::Erased {
        runs: runs.clone(),
        who: who.clone(),
        reason,
        subject: *subject,
    });
    written.map_err(Fault::Erasing)?;
    Ok(inner.store.scrub()?)
}
