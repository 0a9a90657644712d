//! Which release a new case begins on, and what people and measurements make of it. A release is
//! stored and its guard proven before an entry names it; a case stays on the release it began on.
//! It must not say whether a release is good: whoever looks at its cases does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use journal::{
    Because, BodyRef, Canary, Decider, Mode, Record, Rollout, Rollouts, RunId, Source, Starter,
    Tried,
};
use plan::Plan;
use plan::ids::{PersonId, ReleaseId, WorkflowName};
use plan::workflow::Workflow;
use serde::{Deserialize, Serialize};

use crate::people::over;
use crate::{Fault, Inner, Lying, NewRun, Runtime};

/// What a person makes of the releases of a workflow.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseOrder {
    /// New cases begin on it, or a share of them.
    Deploy {
        release: ReleaseId,
        canonical: String,
        canary: Option<Canary>,
        tried: Option<Tried>,
        reason: Option<String>,
    },
    /// The canary becomes the live release.
    Promote { workflow: WorkflowName, reason: Option<String> },
    /// The canary ends; where there is none, the live release is left for this one, or for the one
    /// that was live before it.
    RollBack { workflow: WorkflowName, to: Option<ReleaseId>, reason: String },
}

/// Where the releases of a workflow stand after an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whether anything was changed.
    pub changed: bool,
    pub live: ReleaseId,
    pub canary: Option<ReleaseId>,
    /// The release that was left, live or canary.
    pub left: Option<ReleaseId>,
}

/// The release that a case begins on.
pub(crate) struct Chosen {
    pub(crate) plan: Arc<Plan>,
    /// The live one, where it is another.
    pub(crate) live: ReleaseId,
}

/// Who may deploy a release of a workflow and go back from it: whoever answers for the live one or
/// may overrule it. The new one says so only where there is none, or none of those works here any
/// more: nobody makes a release theirs by writing their name into it.
#[must_use]
pub fn may_release(
    knows: impl Fn(&PersonId) -> bool,
    live: Option<&Workflow>,
    new: &Workflow,
) -> BTreeSet<PersonId> {
    let of = |workflow: &Workflow| {
        over(workflow).into_iter().filter(|who| knows(who)).collect::<BTreeSet<_>>()
    };
    live.map(of).filter(|people| !people.is_empty()).unwrap_or_else(|| of(new))
}

impl Runtime {
    /// Follows a person's order about releases. What it says is durable when this returns.
    pub async fn release(&self, who: &PersonId, order: ReleaseOrder) -> Result<Standing, Fault> {
        let (inner, who) = (self.inner.clone(), who.clone());
        let standing = apart(move || inner.follow(&who, order)).await?;
        self.inner.rolled.send_modify(|changes| *changes += 1);
        Ok(standing)
    }

    /// Ends a canary because of what was measured, unless it is over already.
    pub async fn settle(
        &self,
        workflow: &WorkflowName,
        release: ReleaseId,
        because: Because,
    ) -> Result<(), Fault> {
        let (inner, workflow) = (self.inner.clone(), workflow.clone());
        apart(move || inner.settle(&workflow, release, because)).await?;
        self.inner.rolled.send_modify(|changes| *changes += 1);
        Ok(())
    }

    /// Where the releases of every workflow stand.
    pub async fn rollouts(&self) -> Result<Rollouts, Fault> {
        let inner = self.inner.clone();
        apart(move || inner.desk.rollouts().map_err(Fault::Rollout)).await
    }

    /// The live release of every workflow that has one.
    pub async fn live(&self) -> Result<BTreeMap<WorkflowName, Arc<Plan>>, Fault> {
        let inner = self.inner.clone();
        apart(move || {
            let rollouts = inner.desk.rollouts().map_err(Fault::Rollout)?;
            let each = |(name, rollout): (&WorkflowName, &Rollout)| {
                Ok((name.clone(), inner.releases.get(rollout.live)?.plan().clone()))
            };
            rollouts.iter().map(each).collect()
        })
        .await
    }

    /// The release that a new case begins on: the live one, or for a share of them the canary. The
    /// same case always gets the same, and nobody outside can tell which. Nothing where none was
    /// ever deployed.
    pub async fn release_for(
        &self,
        workflow: &WorkflowName,
        run: RunId,
    ) -> Result<Option<Arc<Plan>>, Fault> {
        Ok(self.chosen(workflow, run).await?.map(|chosen| chosen.plan))
    }

    pub(crate) async fn chosen(
        &self,
        workflow: &WorkflowName,
        run: RunId,
    ) -> Result<Option<Chosen>, Fault> {
        let (inner, workflow) = (self.inner.clone(), workflow.clone());
        apart(move || {
            let rollouts = inner.desk.rollouts().map_err(Fault::Rollout)?;
            let Some(rollout) = rollouts.get(&workflow) else { return Ok(None) };
            let drawn = rollout.canary.filter(|canary| {
                inner.releases.draws(&workflow, canary.release, run, canary.rules.share)
            });
            let release = drawn.map_or(rollout.live, |canary| canary.release);
            let plan = inner.releases.get(release)?.plan().clone();
            Ok(Some(Chosen { plan, live: rollout.live }))
        })
        .await
    }

    /// Opens a case of a workflow that was deployed, on the release that it begins on.
    pub async fn begin(
        &self,
        workflow: &WorkflowName,
        case: Vec<u8>,
        starter: Starter,
        file: Option<&Lying>,
    ) -> Result<RunId, Fault> {
        let run = self.by_hand(workflow, file).await?;
        let Some(plan) = self.release_for(workflow, run).await? else {
            return Err(Fault::Rollout(format!("`{workflow}` was never deployed")));
        };
        let new = NewRun { plan, case, labels: None, called: None, starter, mode: Mode::Live };
        self.admit_once(run, new).await.map(|_| run)
    }
}

impl Inner {
    fn follow(&self, who: &PersonId, order: ReleaseOrder) -> Result<Standing, Fault> {
        match order {
            ReleaseOrder::Deploy { release, canonical, canary, tried, reason } => {
                let plan = Plan::open(release, canonical.as_bytes());
                let plan = Arc::new(plan.map_err(|error| Fault::Release(error.to_string()))?);
                self.deploy(who, &plan, canary, tried, reason.as_deref())
            }
            ReleaseOrder::Promote { workflow, reason } => {
                let by = Decider::Person(who.clone());
                self.end(Some(who), &workflow, reason.as_deref(), |rollout| match rollout.canary {
                    None => Err(nothing(&workflow)),
                    Some(canary) => {
                        let (name, was) = (workflow.clone(), rollout.live);
                        let (release, by) = (canary.release, by.clone());
                        let reason = None;
                        Ok(Record::Promoted { workflow: name, release, was, by, reason })
                    }
                })
            }
            ReleaseOrder::RollBack { workflow, to, reason } => {
                let by = Decider::Person(who.clone());
                self.end(Some(who), &workflow, Some(&reason), |rollout| {
                    let (from, to) = back(&workflow, rollout, to)?;
                    let (workflow, by, reason) = (workflow.clone(), by.clone(), None);
                    Ok(Record::RolledBack { workflow, from, to, by, reason })
                })
            }
        }
    }

    fn deploy(
        &self,
        who: &PersonId,
        plan: &Arc<Plan>,
        canary: Option<Canary>,
        tried: Option<Tried>,
        reason: Option<&str>,
    ) -> Result<Standing, Fault> {
        let (workflow, release) = (&plan.workflow().name, plan.release());
        let now = self.desk.rollouts().map_err(Fault::Rollout)?;
        self.may(who, now.get(workflow), plan.workflow())?;
        if let Some((workflow, question)) = plan.workflow().unsettled().first() {
            let what = format!("`{workflow}` has an open question: {}", question.what);
            return Err(Fault::Rollout(what));
        }
        let lacks = |why| Fault::Rollout(format!("what `{workflow}` needs is not there: {why}"));
        self.world.ready(plan).map_err(lacks)?;
        // Stored and proven first: what an entry names can be run.
        let engine = self.releases.add(plan)?;
        if let Some(why) = engine.guard().closed_because() {
            return Err(Fault::Unproven(why.to_owned()));
        }
        let decide = |rollouts: &Rollouts| {
            let rollout = rollouts.get(workflow);
            let on_trial = rollout.and_then(|rollout| rollout.canary);
            let same = rollout.is_some_and(|rollout| rollout.live == release);
            match (rollout, on_trial) {
                (_, Some(canary)) if canary.release == release => return Ok(None),
                (_, Some(canary)) => {
                    let what = format!(
                        "release {} of `{workflow}` is still being tried: promote it or roll it \
                         back first",
                        short(canary.release)
                    );
                    return Err(Fault::Rollout(what));
                }
                (Some(_), None) if same => return Ok(None),
                (None, None) if canary.is_some() => {
                    let what = format!("`{workflow}` has no live release to compare a canary with");
                    return Err(Fault::Rollout(what));
                }
                (_, None) => {}
            }
            let (workflow, was) = (workflow.clone(), rollout.map(|rollout| rollout.live));
            let (who, reason) = (who.clone(), None);
            Ok(Some(Record::Deployed { workflow, release, was, who, canary, tried, reason }))
        };
        self.written(workflow, reason, decide)
    }

    fn settle(
        &self,
        workflow: &WorkflowName,
        release: ReleaseId,
        because: Because,
    ) -> Result<Standing, Fault> {
        self.end(None, workflow, None, |rollout| {
            if rollout.canary.is_none_or(|canary| canary.release != release) {
                return Err(nothing(workflow));
            }
            let (workflow, by, reason) = (workflow.clone(), Decider::Itself(because), None);
            let live = rollout.live;
            Ok(match because {
                Because::Enough { .. } => {
                    Record::Promoted { workflow, release, was: live, by, reason }
                }
                Because::Worse(_) | Because::TimeOver { .. } => {
                    Record::RolledBack { workflow, from: release, to: live, by, reason }
                }
            })
        })
    }

    /// Ends a canary or leaves a release, for somebody who may.
    fn end(
        &self,
        who: Option<&PersonId>,
        workflow: &WorkflowName,
        reason: Option<&str>,
        record: impl Fn(&Rollout) -> Result<Record, Fault>,
    ) -> Result<Standing, Fault> {
        let rollouts = self.desk.rollouts().map_err(Fault::Rollout)?;
        let never = || Fault::Rollout(format!("`{workflow}` was never deployed"));
        let rollout = rollouts.get(workflow).ok_or_else(never)?;
        if let Some(who) = who {
            let live = self.releases.get(rollout.live)?;
            self.may(who, Some(rollout), live.plan().workflow())?;
        }
        let decide =
            |rollouts: &Rollouts| record(rollouts.get(workflow).ok_or_else(never)?).map(Some);
        self.written(workflow, reason, decide)
    }

    /// Writes what is decided on what stands there, and says where the releases stand then.
    fn written(
        &self,
        workflow: &WorkflowName,
        reason: Option<&str>,
        decide: impl Fn(&Rollouts) -> Result<Option<Record>, Fault>,
    ) -> Result<Standing, Fault> {
        let record = self.desk.decided(reason, decide)?;
        let rollouts = self.desk.rollouts().map_err(Fault::Rollout)?;
        let never = || Fault::Rollout(format!("`{workflow}` was never deployed"));
        let rollout = rollouts.get(workflow).ok_or_else(never)?;
        let left = match &record {
            Some(Record::Deployed { was, canary: None, .. }) => *was,
            Some(Record::Promoted { was, .. }) => Some(*was),
            Some(Record::RolledBack { from, .. }) => Some(*from),
            _ => None,
        };
        let canary = rollout.canary.map(|canary| canary.release);
        Ok(Standing { changed: record.is_some(), live: rollout.live, canary, left })
    }

    /// Whether somebody may say what is live of a workflow.
    fn may(&self, who: &PersonId, now: Option<&Rollout>, new: &Workflow) -> Result<(), Fault> {
        let live = match now {
            Some(rollout) => Some(self.releases.get(rollout.live)?),
            None => None,
        };
        let live = live.as_ref().map(|engine| engine.plan().workflow());
        let people = self.people();
        let knows = |who: &PersonId| people.as_ref().is_some_and(|people| people.knows(who));
        let may = may_release(knows, live, new);
        if may.contains(who) {
            return Ok(());
        }
        let all: Vec<&str> = may.iter().map(PersonId::as_str).collect();
        Err(Fault::NotPermitted(format!(
            "`{who}` may not say which release of `{}` is live; it takes whoever answers for it or \
             may overrule it: {}",
            new.name,
            all.join(", ")
        )))
    }
}

/// The release that is left, and the one that it is left for.
fn back(
    workflow: &WorkflowName,
    rollout: &Rollout,
    to: Option<ReleaseId>,
) -> Result<(ReleaseId, ReleaseId), Fault> {
    match (to, rollout.canary) {
        (None, Some(canary)) => Ok((canary.release, rollout.live)),
        (Some(to), Some(canary)) if to == rollout.live => Ok((canary.release, to)),
        (None, None) => {
            let last = rollout.before.last().map(|to| (rollout.live, *to));
            last.ok_or_else(|| Fault::Rollout(format!("`{workflow}` has no earlier live release")))
        }
        (Some(to), _) if rollout.before.contains(&to) => Ok((rollout.live, to)),
        (Some(to), _) => {
            let what = format!("release {} of `{workflow}` was not live before", short(to));
            Err(Fault::Rollout(what))
        }
    }
}

fn nothing(workflow: &WorkflowName) -> Fault {
    Fault::Rollout(format!("no release of `{workflow}` is being tried"))
}

fn short(release: ReleaseId) -> String {
    release.to_string().chars().take(12).collect()
}

/// A record with its reason, where one was given.
pub(crate) fn with_reason(record: &Record, body: Option<BodyRef>) -> Record {
    let mut record = record.clone();
    if let Record::Deployed { reason, .. }
    | Record::Promoted { reason, .. }
    | Record::RolledBack { reason, .. } = &mut record
    {
        *reason = body;
    }
    record
}

/// Who wrote the reason of an entry about releases.
pub(crate) const REASON_OF: Source = Source::Person;

/// Reads and writes off the threads that drive runs.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let work = tokio::task::spawn_blocking(work).await;
    work.map_err(|error| Fault::Rollout(error.to_string()))?
}
