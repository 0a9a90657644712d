//! Fills a store. A few cases are really run by the driver, in a store of their own; their frames
//! are then stored again under other ids, at other times, linked and encrypted anew, through the
//! store's own door and in its own transactions. Nothing is written past it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;

use journal::{
    Body, Committed, Draft, Entropy, Frame, Hash, Millis, Mode, ModelAnswer, NotifyAsk, Outcome,
    Payload, Permit, Record, RunId, RunQuery, Seq, Standing, Starter, Status, Store, Usage, What,
    commit,
};
use plan::Plan;
use plan::ids::{ModelName, PersonId, ReleaseId, RoleId, WorkflowName};
use plan::workflow::Autonomy;
use runtime::{Answered, NewRun, On, Runtime, World};
use serde_json::json;
use store::SqliteStore;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// So many runs get their next frame at once.
const WAVE: usize = 4_000;
/// Between the openings of two cases.
const APART_MS: u64 = 30_000;

/// A case that was really run.
struct Template {
    workflow: WorkflowName,
    release: ReleaseId,
    opened: Millis,
    standing: Standing,
    frames: Vec<(Frame, Vec<Body>)>,
}

/// Stores so many runs, of which some wait for a person, some are at work and the rest is done.
pub fn fill(store: &SqliteStore, runs: usize, waiting: usize) -> Result<(), Failure> {
    if runs == 0 {
        return Ok(());
    }
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (done, waits) = threads.block_on(templates(store))?;
    let span = u64::try_from(runs)?.saturating_mul(APART_MS);
    let began = Millis(runtime::now().0.saturating_sub(span));
    let every = runs / waiting.max(1);
    let all: Vec<usize> = (0..runs).collect();
    let mut made = 0;
    for wave in all.chunks(WAVE) {
        let wave: Vec<_> = wave
            .iter()
            .map(|n| {
                let template = if n % every == 0 && made < waiting { &waits } else { &done };
                made += usize::from(std::ptr::eq(template, &waits));
                (began.0.saturating_add(APART_MS.saturating_mul(*n as u64)), template)
            })
            .collect();
        store_wave(store, &wave)?;
    }
    Ok(())
}

/// Stores the runs of one wave, one frame of each after the other.
fn store_wave(store: &SqliteStore, wave: &[(u64, &Template)]) -> Result<(), Failure> {
    let mut ids = Vec::with_capacity(wave.len());
    for (opened, _) in wave {
        let mut random = [0; 10];
        getrandom::fill(&mut random).map_err(|e| e.to_string())?;
        ids.push((RunId::new(Millis(*opened), random), Hash::default()));
    }
    let most = wave.iter().map(|(_, template)| template.frames.len()).max().unwrap_or(0);
    for seq in 0..most {
        let (told, stored) = channel();
        for (n, (opened, template)) in wave.iter().enumerate() {
            let (Some(id), Some(frame)) = (ids.get(n), template.frames.get(seq)) else { continue };
            let last = seq + 1 == template.frames.len();
            let draft = draft(*id, Millis(*opened), template, frame, last)?;
            let told = told.clone();
            commit(store, draft, move |came| {
                // Whoever waits is gone only after a failure that was told.
                let _ = told.send(came.map(|Committed { hash, .. }| (n, hash)));
            });
        }
        drop(told);
        for came in stored {
            let (n, hash) = came?;
            if let Some((_, prev)) = ids.get_mut(n) {
                *prev = hash;
            }
        }
    }
    Ok(())
}

fn draft(
    (run, prev): (RunId, Hash),
    opened: Millis,
    template: &Template,
    (frame, bodies): &(Frame, Vec<Body>),
    last: bool,
) -> Result<Draft, Failure> {
    let later =
        |at: Millis| Millis(opened.0.saturating_add(at.0.saturating_sub(template.opened.0)));
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).map_err(|e| e.to_string())?;
    let standing = Standing {
        status: if last { template.standing.status } else { Status::Running },
        wake_at: template.standing.wake_at.filter(|_| last).map(later),
    };
    let acts = frame.records.iter().filter_map(|record| match record {
        Record::Allowed { act, what, .. } => Some((*act, what)),
        _ => None,
    });
    let acts: Vec<_> = acts.collect();
    let ask = || -> Result<Payload, Failure> {
        let (to, text) = (RoleId::new("clerk")?, Arc::from(""));
        Ok(Payload::Notify(NotifyAsk { to, text, key: Hash::default() }))
    };
    let mut payloads = Vec::new();
    for (act, _) in &acts {
        payloads.push((*act, ask()?));
    }
    let models = acts.iter().filter_map(|(_, what)| match what {
        What::Model { model, .. } => Some((ModelName::clone(model), "bench".to_owned())),
        What::Tool { .. } | What::Notify { .. } => None,
    });
    Ok(Draft {
        run,
        seq: frame.seq,
        prev,
        epoch: frame.epoch,
        at: later(frame.at),
        cause: frame.cause.clone(),
        records: frame.records.clone(),
        bodies: bodies.clone(),
        entropy: Entropy(entropy),
        draws: Vec::new(),
        consumes: Vec::new(),
        posts: Vec::new(),
        payloads,
        vendors: models.collect(),
        freedoms: acts.iter().map(|(act, _)| (*act, Autonomy::Suggest)).collect(),
        workflow: template.workflow.clone(),
        above: Vec::new(),
        release: template.release,
        standing: Some(standing),
    })
}

/// One case that is done and one that waits, really run, and their releases stored.
async fn templates(into: &SqliteStore) -> Result<(Template, Template), Failure> {
    let folder = tempfile::tempdir()?;
    let store = Arc::new(SqliteStore::open(folder.path())?);
    let runtime = Runtime::new(store.clone(), Arc::new(Quick::default()), [7; 32]);
    let mut all = Vec::new();
    for (workflow, case, wanted) in [
        ("three", json!({ "text": "a few words of an ordinary length" }), Status::Done),
        ("crash", json!({ "n": 7, "kind": "plain" }), Status::Waiting),
    ] {
        let plan = Arc::new(crate::fixture::plan(workflow)?);
        runtime.releases().add(&plan)?;
        into.put_release(plan.release(), plan.canonical())?;
        all.push(template(&runtime, &store, &plan, case.to_string(), wanted).await?);
    }
    match (all.pop(), all.pop()) {
        (Some(waits), Some(done)) => Ok((done, waits)),
        _ => Err("two cases are wanted".into()),
    }
}

async fn template(
    runtime: &Runtime,
    store: &SqliteStore,
    plan: &Arc<Plan>,
    case: String,
    wanted: Status,
) -> Result<Template, Failure> {
    let starter = Starter::Person(PersonId::new("ann@bench.example")?);
    let (plan, case) = (Arc::clone(plan), case.into_bytes());
    let release = plan.release();
    let workflow = plan.workflow().name.clone();
    let new = NewRun { plan, case, labels: None, called: None, starter, mode: Mode::Live };
    let run = runtime.open(new).await?;
    let standing = runtime.settled(run).await?;
    if standing.status != wanted {
        return Err(format!("a case is {}", standing.status.as_str()).into());
    }
    let query = RunQuery { prefix: Some(run.to_string()), limit: 1, ..RunQuery::default() };
    let line = store.runs(&query)?.into_iter().next().ok_or("the run has no line")?;
    let mut frames = Vec::new();
    for stored in store.frames(run, Seq(0), usize::MAX >> 1)? {
        let frame: Frame = serde_json::from_slice(&stored.bytes)?;
        let texts = stored.bodies.unwrap_or_default();
        let bodies = texts.into_iter().zip(&frame.bodies);
        let bodies = bodies.map(|(bytes, meta)| Body { bytes, labels: meta.labels.clone() });
        let bodies = bodies.collect();
        frames.push((frame, bodies));
    }
    let standing = Standing { status: line.status, wake_at: line.wake_at };
    Ok(Template { workflow, release, opened: line.opened, standing, frames })
}

/// A world without delay in which every model and tool answers as it should.
#[derive(Default)]
struct Quick {
    calls: AtomicU64,
}

impl World for Quick {
    fn act(&self, _: On, permit: Permit) -> Pin<Box<dyn Future<Output = Answered> + Send + '_>> {
        let n = self.calls.fetch_add(1, Ordering::Relaxed);
        let bytes = match permit.consume() {
            Payload::Tool(ask) => ask.args.to_vec(),
            Payload::Notify(_) => b"null".to_vec(),
            Payload::Model(_) => {
                let text = json!({ "kind": "odd" });
                let long = json!({ "a": "an answer", "b": "another", "c": n, "d": true, "e": "x",
                    "f": "and more of it" });
                let text = if n < 3 { long } else { text }.to_string();
                let answer = ModelAnswer { text, calls: Vec::new(), least: None };
                serde_json::to_vec(&answer).unwrap_or_default()
            }
        };
        let usage = Usage { input_tokens: 210, output_tokens: 42, ..Usage::default() };
        let outcome = Outcome { result: Ok(Arc::from(bytes)), usage, reported: None };
        Box::pin(std::future::ready(Answered { outcome, certain: true }))
    }
}
