//! The webhooks that maps declare: their keys, how much is taken of each, and what becomes of what
//! is sent. It must not check who sent it, and it decides nothing about the case.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use journal::Held;
use plan::Plan;
use plan::ids::{FieldName, WorkflowName};
use plan::workflow::{Hook, Start};
use runtime::{Fault, Incoming, Kind, Runtime, Took};
use serde_json::{Map, Value};
use server::{HookKey, No, NotTaken, Sent, Taken, Why};

use crate::installation::{fault, fields};
use crate::vault::Vault;

/// The most that is taken from one webhook in a minute.
const A_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(599);
/// After how many seconds it is worth sending again, by what was in the way.
const STOPPED_S: u64 = 60;
const USED_UP_S: u64 = 300;
const BUSY_S: u64 = 15;

/// The webhooks of a workspace's live releases.
pub struct Hooks {
    vault: Vault,
    rates: Mutex<BTreeMap<(WorkflowName, FieldName), Arc<DefaultDirectRateLimiter>>>,
}

/// The webhooks of a map.
fn of(plan: &Plan) -> impl Iterator<Item = &Hook> {
    plan.workflow().starts.iter().filter_map(|start| match start {
        Start::Hook(hook) => Some(hook),
        Start::Folder(_) | Start::At(_) => None,
    })
}

/// The webhook of an address, with the live release whose map names it.
fn named<'p>(
    live: &'p BTreeMap<WorkflowName, Arc<Plan>>,
    workflow: &str,
    hook: &str,
) -> Option<(&'p Plan, &'p Hook)> {
    let plan = live.get(&WorkflowName::new(workflow).ok()?)?;
    Some((plan, of(plan).find(|one| one.name.as_str() == hook)?))
}

/// Writes down that much comes to a webhook that nobody has signed, once a day.
pub async fn flooded(
    runtime: &Runtime,
    live: &BTreeMap<WorkflowName, Arc<Plan>>,
    workflow: &str,
    hook: &str,
) {
    if let Some((plan, hook)) = named(live, workflow, hook) {
        runtime.hook_held(plan, hook, Held::Unsigned, runtime::now()).await;
    }
}

impl Hooks {
    #[must_use]
    pub fn new(vault: Vault) -> Self {
        Self { vault, rates: Mutex::default() }
    }

    /// What is wrong with the secrets of these releases' webhooks, in a sentence each.
    pub fn wrong<'p>(&self, plans: impl Iterator<Item = &'p Plan>) -> Vec<String> {
        let mut wrong = Vec::new();
        for (plan, hook) in plans.flat_map(|plan| of(plan).map(move |hook| (plan, hook))) {
            for name in &hook.secrets {
                if let Err(why) = self.key(name) {
                    wrong.push(format!(
                        "the webhook `{}` of `{}` takes nothing that `{name}` signs: {why}",
                        hook.name,
                        plan.workflow().name
                    ));
                }
            }
        }
        wrong
    }

    fn key(&self, name: &str) -> Result<HookKey, String> {
        let unusable = "it is no `whsec_` and Base64 of 24 bytes or more";
        HookKey::read(&self.vault.read(name)?).ok_or_else(|| unusable.to_owned())
    }

    /// The keys either of which may sign what is sent to a webhook of a live release.
    pub fn keys(
        &self,
        live: &BTreeMap<WorkflowName, Arc<Plan>>,
        workflow: &str,
        hook: &str,
    ) -> Vec<HookKey> {
        let hook = named(live, workflow, hook);
        let names = hook.into_iter().flat_map(|(_, hook)| &hook.secrets);
        names.filter_map(|name| self.key(name).ok()).collect()
    }

    /// How much more is taken from a webhook.
    fn rate(&self, of: (WorkflowName, FieldName)) -> Arc<DefaultDirectRateLimiter> {
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(RateLimiter::direct(Quota::per_minute(A_MINUTE)));
        Arc::clone(rates.entry(of).or_insert_with(fresh))
    }

    /// Begins the case of what was sent, by the live release of its workflow or its canary.
    pub async fn take(&self, runtime: &Runtime, sent: Sent) -> Result<Taken, NotTaken> {
        let Sent { workflow, hook, id, kind, data, called } = sent;
        let gone = || refused(Why::NotFound, "there is no such webhook any more");
        let of = WorkflowName::new(&workflow).ok().zip(FieldName::new(&hook).ok());
        let of = of.ok_or_else(gone)?;
        let id: Vec<&str> = id.iter().map(String::as_str).collect();
        let plan = runtime.release_of_event(&of.0, of.1.as_str(), &id).await;
        let plan = plan.map_err(|error| not_now(&error))?.ok_or_else(gone)?;
        let plan = &plan;
        let hook = self::of(plan).find(|hook| hook.name == of.1).ok_or_else(gone)?;
        match (&hook.kind, &kind) {
            (Some(wanted), Some(kind)) if kind != wanted => return Ok(Taken::LeftOut),
            (Some(_), None) => {
                let what = "events of one type are taken here, and this one says none that is \
                            signed: a CloudEvent is to stand whole in the body";
                return Err(refused(Why::Invalid, what));
            }
            (Some(_) | None, _) => {}
        }
        let now = runtime::now();
        if let Err(until) = self.rate(of.clone()).check() {
            runtime.hook_held(plan, hook, Held::Hurried, now).await;
            let wait = until.wait_time_from(DefaultClock::default().now());
            let what = format!("no more than {A_MINUTE} events are taken in a minute");
            return Err(later(No::new(Why::Budget, what), wait.as_secs().saturating_add(1)));
        }
        let content = format!("{} {data}", kind.unwrap_or_default());
        let case = match case(plan, hook, data) {
            Ok(case) => case,
            Err(no) => {
                runtime.hook_held(plan, hook, Held::Unfit, now).await;
                return Err(NotTaken { no, again_s: None });
            }
        };
        let event = Incoming { id: &id, content: &content, case, called };
        match runtime.take(plan, hook, event, now).await {
            Ok(Took::Began(run)) => Ok(Taken::Began(run)),
            Ok(Took::Again(run)) => Ok(Taken::Again(run)),
            Ok(Took::Altered) => {
                let what = "something else came before under this id, and has its case";
                Err(refused(Why::Conflict, what))
            }
            Err(error) => Err(not_now(&error)),
        }
    }
}

/// The fields that the map declares. What else is sent is left out: senders add to what they send
/// without a word, and what no step reads need not be kept.
fn case(plan: &Plan, hook: &Hook, data: Value) -> Result<Value, No> {
    let mut found = data;
    for key in &hook.under {
        found = match found {
            Value::Object(mut all) => all.remove(key).unwrap_or(Value::Null),
            _ => Value::Null,
        };
    }
    let Value::Object(found) = found else {
        let place = hook.under.join(".");
        let place = if place.is_empty() { "the event" } else { &place };
        return Err(No::new(Why::Invalid, format!("{place} is no object with fields of a case")));
    };
    let declared = &plan.workflow().case.fields;
    let is_declared = |name: &String| declared.keys().any(|known| known.as_str() == name);
    let found: Map<String, Value> =
        found.into_iter().filter(|(name, _)| is_declared(name)).collect();
    fields(plan.workflow(), Value::Object(found))
}

fn refused(why: Why, what: &str) -> NotTaken {
    NotTaken { no: No::new(why, what), again_s: None }
}

fn later(no: No, seconds: u64) -> NotTaken {
    NotTaken { no, again_s: Some(seconds) }
}

/// What is held back waits with the sender: nothing of it is lost by being kept here.
fn not_now(error: &Fault) -> NotTaken {
    let no = |why| No::new(why, error);
    match (error, error.kind()) {
        (_, Kind::Stopped) => later(no(Why::Unusable), STOPPED_S),
        (Fault::Full(..), _) => later(no(Why::Unusable), BUSY_S),
        (_, Kind::Budget) => later(no(Why::Budget), USED_UP_S),
        (_, Kind::Unproven | Kind::Unusable | Kind::Failed) => later(fault(error), BUSY_S),
        (_, Kind::NotPermitted | Kind::Damaged) => NotTaken { no: fault(error), again_s: None },
    }
}
