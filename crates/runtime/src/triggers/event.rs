//! Events that other systems send. Each begins one case, however often it comes, for as long as the
//! journal is kept. Whoever hands one in has checked who sent it; this must not know how.

use std::sync::Arc;
use std::time::Duration;

use journal::{Caller, Frame, Hash, Held, Millis, Record, RunId, Seq, Starter, Trigger};
use plan::Plan;
use plan::ids::WorkflowName;
use plan::workflow::{Hook, Start};
use serde_json::Value;

use super::{apart, begin, of_key, start_key};
use crate::rollout::Chosen;
use crate::{Fault, Runtime, blocking};

/// How often, and how many times, is looked for a case that is just being opened.
const LOOK: Duration = Duration::from_millis(10);
const LOOKS: usize = 500;

/// What was sent, by somebody who is known.
#[derive(Debug)]
pub struct Incoming<'e> {
    /// What makes it the same when it is sent again.
    pub id: &'e [&'e str],
    /// All of it, to tell whether it is the same.
    pub content: &'e str,
    /// The fields of its case.
    pub case: Value,
    /// The span of whoever sent it, where they said it.
    pub called: Option<Caller>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Took {
    Began(RunId),
    /// It came before, and has its case.
    Again(RunId),
    /// Something else came before under its id, and has its case.
    Altered,
}

impl Runtime {
    /// The release that an event's case begins on: the live one or, for a share, its canary. One
    /// that has no such webhook leaves the case to the live release. Nothing where none is live.
    pub async fn release_of_event(
        &self,
        workflow: &WorkflowName,
        hook: &str,
        id: &[&str],
    ) -> Result<Option<Arc<Plan>>, Fault> {
        let run = of_key(self.inner.releases.event_key(workflow, hook, id));
        let Some(Chosen { plan, live }) = self.chosen(workflow, run).await? else {
            return Ok(None);
        };
        let is_it = |start: &Start| matches!(start, Start::Hook(one) if one.name.as_str() == hook);
        if plan.release() == live || plan.workflow().starts.iter().any(is_it) {
            return Ok(Some(plan));
        }
        Ok(self.live().await?.remove(workflow))
    }

    /// Begins the case of an event, unless it has one. The case is durable when this returns.
    pub async fn take(
        &self,
        plan: &Arc<Plan>,
        hook: &Hook,
        event: Incoming<'_>,
        now: Millis,
    ) -> Result<Took, Fault> {
        let workflow = &plan.workflow().name;
        let releases = &self.inner.releases;
        let (name, Incoming { id, content, case, called }) = (hook.name.as_str(), event);
        let run = of_key(releases.event_key(workflow, name, id));
        let content = releases.event_key(workflow, name, &[content]);
        let took = self.began(plan, hook, run, content, (case, called)).await;
        match &took {
            Ok(Took::Altered) => self.hook_held(plan, hook, Held::Altered, now).await,
            Err(Fault::Full(..)) => self.hook_held(plan, hook, Held::Full, now).await,
            Ok(Took::Began(_) | Took::Again(_)) | Err(_) => {}
        }
        took
    }

    /// Writes down what keeps events from beginning cases, once a day for each cause.
    pub async fn hook_held(&self, plan: &Plan, hook: &Hook, because: Held, now: Millis) {
        let workflow = plan.workflow().name.clone();
        let key = start_key(&workflow, &Start::Hook(hook.clone()));
        let desk = self.inner.desk.clone();
        // What cannot be written now is said by the next one that is held.
        let _ = apart(move || desk.held(&workflow, key, because, now).map_err(Fault::Start)).await;
    }

    async fn began(
        &self,
        plan: &Arc<Plan>,
        hook: &Hook,
        run: RunId,
        content: Hash,
        case: (Value, Option<Caller>),
    ) -> Result<Took, Fault> {
        if let Some(took) = self.earlier(run, content).await? {
            return Ok(took);
        }
        let is_it = |start: &Start| matches!(start, Start::Hook(other) if other == hook);
        let no = (0_u16..).zip(&plan.workflow().starts).find(|(_, start)| is_it(start));
        let (no, _) = no.ok_or_else(|| Fault::Start("its map has no such start".to_owned()))?;
        if begin(self, plan, run, (no, Trigger::Hook(content)), case).await? {
            return Ok(Took::Began(run));
        }
        // It is just about to be stored for another one that came at the same time.
        for _ in 0..LOOKS {
            if let Some(took) = self.earlier(run, content).await? {
                return Ok(took);
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(Fault::Start("the same was being begun and came to nothing".to_owned()))
    }

    /// What became of an event that came before.
    async fn earlier(&self, run: RunId, content: Hash) -> Result<Option<Took>, Fault> {
        let store = self.inner.store.clone();
        let first = blocking(move || store.frames(run, Seq(0), 1)).await?.into_iter().next();
        let Some(first) = first else { return Ok(None) };
        let frame = serde_json::from_slice::<Frame>(&first.bytes);
        let opening = frame.ok().and_then(|frame| frame.records.into_iter().next());
        let is_same = matches!(
            opening,
            Some(Record::Opened { starter: Starter::Trigger { by: Trigger::Hook(stored), .. }, .. })
                if stored == content
        );
        Ok(Some(if is_same { Took::Again(run) } else { Took::Altered }))
    }
}
