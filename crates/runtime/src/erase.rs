//! Erasing the contents of runs that are over: ordered in the desk's journal, done in the very
//! transaction that stores the order, and said to be done only when no copy of a key is left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use journal::{
    Chain, ChainError, Eraser, Hash, Millis, Record, RunId, RunQuery, Source, Status, StoreError,
};
use plan::Retention;
use plan::ids::{PersonId, ReleaseId};

use crate::{Fault, Inner, blocking, now, people};

/// Frames read in one go.
const PAGE: usize = 256;

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
        // An earlier order may have met a reader: what it left is looked for again.
        let store = inner.store.clone();
        return Ok(blocking(move || store.scrub()).await?);
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
    let by = Eraser::Person(who.clone());
    let written = inner.desk.write(Some((reason, Source::Person)), |reason| Record::Erased {
        runs: runs.clone(),
        by: by.clone(),
        reason,
        subject: *subject,
    });
    written.map_err(Fault::Erasing)?;
    Ok(inner.store.scrub()?)
}

/// Erases what is over for longer than the workspace keeps it. Gives how many cases it was.
pub(crate) async fn sweep(inner: &Arc<Inner>) -> Result<usize, Fault> {
    let inner = inner.clone();
    blocking(move || Ok(swept(&inner, now()))).await?
}

fn swept(inner: &Inner, now: Millis) -> Result<usize, Fault> {
    let retention = inner.people().and_then(|people| people.retention());
    let Some((retention, shortest)) = retention.and_then(|r| Some((r.clone(), r.shortest()?)))
    else {
        return Ok(0);
    };
    let over: Vec<Status> = Status::ALL.iter().copied().filter(|status| status.over()).collect();
    let query = RunQuery { status: over, limit: usize::MAX >> 1, ..RunQuery::default() };
    // By how long they were to be kept, so that each order says why.
    let mut expired: BTreeMap<u64, Vec<RunId>> = BTreeMap::new();
    let mut unread = None;
    for line in inner.store.runs(&query)? {
        let age = now.0.saturating_sub(line.changed.0);
        if age < shortest {
            continue;
        }
        match kept(inner, line.run, &retention) {
            Ok(Some(kept)) if age >= kept => expired.entry(kept).or_default().push(line.run),
            Ok(_) => {}
            // One that cannot be read keeps no other; it is said at the end.
            Err(fault) => unread = Some(fault),
        }
    }
    let mut count = 0;
    for (kept, runs) in expired {
        let reason = format!("kept for {}", words(kept));
        for some in runs.chunks(ERASED_AT_ONCE) {
            let written = inner.desk.write(Some((&reason, Source::Plan)), |reason| {
                Record::Erased { runs: some.to_vec(), by: Eraser::Retention, reason, subject: None }
            });
            written.map_err(Fault::Erasing)?;
            count += some.len();
        }
    }
    inner.store.scrub()?;
    unread.map_or(Ok(count), Err)
}

/// How long a case is kept, by the tags of its contents; nothing where they are gone already.
fn kept(inner: &Inner, run: RunId, retention: &Retention) -> Result<Option<u64>, Fault> {
    let damaged =
        |error: ChainError| Fault::Store(StoreError::Damaged(format!("case {run}: {error}")));
    let (mut chain, mut tags, mut readable) = (Chain::new(run), BTreeSet::new(), false);
    loop {
        let page = inner.store.frames(run, chain.next(), PAGE)?;
        for stored in &page {
            readable |= stored.bodies.as_ref().is_some_and(|bodies| !bodies.is_empty());
            let frame = chain.read(&stored.bytes).map_err(damaged)?;
            for body in frame.bodies {
                tags.extend(body.labels.at("").tags);
            }
        }
        if page.len() < PAGE {
            return Ok(retention.of(&tags).filter(|_| readable));
        }
    }
}

fn words(ms: u64) -> String {
    const DAY: u64 = 86_400_000;
    match ms / DAY {
        0 => format!("{} seconds", ms / 1_000),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}
