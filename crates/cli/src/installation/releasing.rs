//! Releases over the HTTP interface: the same steps as on the command line.

use std::sync::Arc;

use evidence::canary::Comparison;
use evidence::releases::{ReleaseView, State};
use journal::Rollout;
use plan::ids::{PersonId, WorkflowName};
use runtime::{ReleaseOrder, Rolled};
use server::{No, Turn, Turned, Wish};

use super::{Inner, fault, no, reading};
use crate::canaries::Look;
use crate::commands::test::Tally;
use crate::deploying::{self, Begun, Deploying};
use crate::exit::Stop;
use crate::releases;
use crate::stored::{Runs, now};
use crate::workspace::Workspace;

/// How many kept cases are tried at once.
const AT_ONCE: usize = 4;

/// Every release, and how those come out that are tried.
pub fn list(
    inner: &Inner,
    runs: &Runs,
    wanted: Option<&WorkflowName>,
) -> Result<Vec<(ReleaseView, Option<Comparison>)>, Stop> {
    let (all, rollouts) = releases::stored(Some(runs))?;
    let mut look = Look::new(Runs::existing(&inner.global)?);
    let mut listed = Vec::new();
    for one in all.into_iter().filter(|one| wanted.is_none_or(|name| one.workflow == *name)) {
        let rollout = rollouts.get(&one.workflow).filter(|_| one.state == State::Canary);
        let compared = match rollout {
            Some(Rollout { live, canary: Some(canary), .. }) => {
                Some(look.compare(&one.workflow, *live, canary, now())?)
            }
            _ => None,
        };
        listed.push((one, compared));
    }
    Ok(listed)
}

impl Inner {
    /// Deploys a workflow as its files say now. Whoever goes away meanwhile has nothing deployed.
    pub async fn deploy(self: Arc<Self>, who: PersonId, wish: Wish) -> Result<Turned, No> {
        let by = who.clone();
        let begun = reading(self.clone(), move |inner, runs| {
            let workspace = Workspace::open(&inner.global).map_err(no)?;
            let Wish { workflow, share, at_least, untried, reason } = wish;
            let plan = workspace.plan(workflow.as_str()).map_err(Stop::usage).map_err(no)?;
            let wish = deploying::Wish { share, at_least, untried, reason };
            let begun = deploying::begin(&workspace, Some(runs), Arc::new(plan), &by, wish);
            begun.map_err(no).map(|begun| (workspace, begun))
        });
        let (workspace, deploying) = match begun.await? {
            (workspace, Begun::Goes(deploying)) => (workspace, deploying),
            (_, Begun::There(rolled)) => return Ok(turned(rolled)),
        };
        let (order, new, tried) = tried(&workspace, &deploying).await.map_err(no)?;
        let rolled = self.runtime.release(&who, order).await.map_err(|error| fault(&error))?;
        Ok(Turned { new, tried, ..turned(rolled) })
    }

    /// Makes a canary live, or goes back from a release.
    pub async fn turn(self: Arc<Self>, who: PersonId, turn: Turn) -> Result<Turned, No> {
        let order = match turn {
            Turn::Promote { workflow, reason } => ReleaseOrder::Promote { workflow, reason },
            Turn::RollBack { workflow, to, reason } => {
                let name = workflow.clone();
                let find = move |_: &Self, runs: &Runs| {
                    to.map(|start| releases::before(runs, &name, &start)).transpose().map_err(no)
                };
                let to = reading(self.clone(), find).await?;
                ReleaseOrder::RollBack { workflow, to, reason }
            }
        };
        let rolled = self.runtime.release(&who, order).await.map_err(|error| fault(&error))?;
        Ok(turned(rolled))
    }
}

async fn tried(
    workspace: &Workspace,
    deploying: &Deploying,
) -> Result<(ReleaseOrder, Vec<String>, Option<journal::Tried>), Stop> {
    let tried = deploying.tried(workspace, AT_ONCE, |_, _| ()).await?;
    let tally = tried.as_ref().map(Tally::of);
    let (order, counted) = deploying.order(tally.as_ref()).map_err(|stop| {
        let wrong = tried.iter().flatten().filter(|(_, one)| !one.scored.right());
        let named: Vec<String> = wrong
            .map(|(name, one)| format!("`{name}` {}", one.scored.came.words()))
            .take(10)
            .collect();
        let what = format!("{:#}; {}", stop.what, named.join("; "));
        Stop { what: anyhow::anyhow!(what), ..stop }
    })?;
    Ok((order, deploying.new.clone(), counted))
}

fn turned(rolled: Rolled) -> Turned {
    let Rolled { changed, live, canary, left } = rolled;
    Turned { changed, live, canary, left, new: Vec::new(), tried: None }
}
