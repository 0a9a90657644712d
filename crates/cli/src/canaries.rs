//! Looks again and again how the cases of each canary come out beside those of the live release,
//! and has one that is worse gone back from. It must not decide what is worse: `evidence` compares.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use evidence::canary::{Comparison, Facts, compare};
use journal::{Because, Millis, OnTrial, RunId, RunLine, RunQuery};
use plan::ids::{ReleaseId, WorkflowName};
use runtime::Runtime;
use tokio::task::AbortHandle;

use crate::exit::Stop;
use crate::stored::{Runs, now};

/// How often is looked, and how much longer than a look takes is waited until the next.
const EVERY: Duration = Duration::from_secs(2);
const REST: u32 = 10;
/// How many of a workflow's cases are looked at.
const LOOKED_AT: usize = 50_000;

/// Looks from now on, until the handle is aborted.
pub fn keep(runtime: Runtime, data: PathBuf) -> Result<AbortHandle, Stop> {
    let look = Arc::new(Mutex::new(Look::new(Runs::at(data)?)));
    let task = tokio::spawn(async move {
        loop {
            let began = Instant::now();
            let found = looked(&runtime, &look).await;
            for (workflow, release, because) in found {
                // One that cannot be written down now is found again by the next look.
                let _ = runtime.settle(&workflow, release, because).await;
            }
            tokio::time::sleep(EVERY.max(began.elapsed() * REST)).await;
        }
    });
    Ok(task.abort_handle())
}

/// Canaries that end, and why.
async fn looked(
    runtime: &Runtime,
    look: &Arc<Mutex<Look>>,
) -> Vec<(WorkflowName, ReleaseId, Because)> {
    let Ok(rollouts) = runtime.rollouts().await else { return Vec::new() };
    let look = Arc::clone(look);
    let found = tokio::task::spawn_blocking(move || {
        let mut look = look.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = Vec::new();
        for (workflow, rollout) in rollouts.iter() {
            let Some(canary) = &rollout.canary else { continue };
            // Cases that cannot be read now are read by the next look.
            let Ok(compared) = look.compare(workflow, rollout.live, canary, now()) else {
                continue;
            };
            let ends = compared.ends(&canary.rules);
            found.extend(ends.map(|because| (workflow.clone(), canary.release, because)));
        }
        found
    });
    found.await.unwrap_or_default()
}

/// Stored cases, and what was read of them: a case that did not change is read once.
pub struct Look {
    runs: Runs,
    known: BTreeMap<RunId, (Millis, u32, Option<Facts>)>,
}

impl Look {
    /// Nothing was looked at yet.
    pub fn new(runs: Runs) -> Self {
        Self { runs, known: BTreeMap::new() }
    }

    /// A canary beside the live release, by the cases that were opened since it began.
    pub fn compare(
        &mut self,
        workflow: &WorkflowName,
        live: ReleaseId,
        canary: &OnTrial,
        now: Millis,
    ) -> Result<Comparison, Stop> {
        let query =
            RunQuery { workflow: Some(workflow.clone()), limit: LOOKED_AT, ..RunQuery::default() };
        let lines = self.runs.lines(&query)?;
        let (mut tried, mut beside) = (Vec::new(), Vec::new());
        for line in lines.iter().filter(|line| line.opened >= canary.since) {
            let side = match line.release {
                release if release == canary.release => &mut tried,
                release if release == live => &mut beside,
                _ => continue,
            };
            side.extend(self.facts(line));
        }
        Ok(compare(&canary.rules, canary.since, now, &tried, &beside))
    }

    /// What counts of a case. One that cannot be read counts for nothing; `doctor` says that it is
    /// damaged.
    fn facts(&mut self, line: &RunLine) -> Option<Facts> {
        let stamp = (line.changed, line.frames);
        if let Some((changed, frames, facts)) = self.known.get(&line.run)
            && (*changed, *frames) == stamp
        {
            return facts.clone();
        }
        let facts = Facts::of(&self.runs.view(line.run).ok()?);
        self.known.insert(line.run, (line.changed, line.frames, facts.clone()));
        facts
    }
}
