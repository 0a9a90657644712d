//! What is not about speed: memory of runs that work and of runs that wait, the stop with many
//! active, and how a long conversation grows. It must not measure in the same process state as the
//! rates, so it comes after them.

use std::collections::BTreeMap;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bench::outside::Slow;
use journal::{
    Mode, ModelAnswer, Outcome, Payload, Permit, RunQuery, Seq, Status, StopScope, ToolCall, Usage,
};
use plan::Plan;
use plan::ids::{PersonId, WorkflowName};
use runtime::socket::{Client, Request, Response};
use runtime::{Answered, NewRun, On, People, ReleaseOrder, Runtime, World};
use serde_json::{Value, json};
use store::{SqliteReader, SqliteStore};

use crate::{Failure, done, starter};

/// Cases that are opened at once.
const AT_ONCE: usize = 250;

/// Resident memory of this process in bytes.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    let kib = line.and_then(|l| l.split_whitespace().next()).and_then(|n| n.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

fn desk(
    folder: &Path,
    world: Arc<dyn World>,
    workflow: &str,
) -> Result<(Runtime, Arc<Plan>), Failure> {
    let store = Arc::new(SqliteStore::open(folder)?);
    let runtime = Runtime::new(store, world, [7; 32]);
    let plan = Arc::new(bench::fixture::plan(workflow)?);
    runtime.releases().add(&plan)?;
    Ok((runtime, plan))
}

async fn open(
    runtime: &Runtime,
    plan: &Arc<Plan>,
    case: &Value,
) -> Result<journal::RunId, Failure> {
    let (plan, starter) = (plan.clone(), starter()?);
    let case = case.to_string().into_bytes();
    Ok(runtime
        .open(NewRun { plan, case, labels: None, called: None, starter, mode: Mode::Live })
        .await?)
}

/// Opens many cases, some at once so that they share commits, and waits until each stands so.
async fn open_all(
    runtime: &Runtime,
    plan: &Arc<Plan>,
    count: usize,
    case: impl Fn(usize) -> Value,
    settle: Option<Status>,
) -> Result<(), Failure> {
    let numbers: Vec<usize> = (0..count).collect();
    for group in numbers.chunks(AT_ONCE) {
        let mut tasks = tokio::task::JoinSet::new();
        for n in group {
            let (runtime, plan, case) = (runtime.clone(), plan.clone(), case(*n));
            tasks.spawn(async move {
                let run = open(&runtime, &plan, &case).await?;
                let Some(wanted) = settle else { return Ok(()) };
                let status = runtime.settled(run).await?.status;
                let wrong = || format!("a run is {}", status.as_str()).into();
                if status == wanted { Ok(()) } else { Err(wrong()) }
            });
        }
        while let Some(opened) = tasks.join_next().await {
            opened.map_err(Failure::from).and_then(|opened: Result<(), Failure>| opened)?;
        }
    }
    Ok(())
}

/// How long a stop of everything takes while many acts are out, and what active runs cost.
pub async fn stop(folder: &Path, count: usize) -> Result<Value, Failure> {
    let (runtime, plan) = desk(&folder.join("stop"), Arc::new(Slow), "three")?;
    let before = resident();
    let case = json!({ "text": "word ".repeat(180) });
    open_all(&runtime, &plan, count, |_| case.clone(), None).await?;
    let active = resident().saturating_sub(before) / count as u64;
    let who = PersonId::new("ann@bench.example")?;
    let start = Instant::now();
    let aborted = runtime.stop(StopScope::Everything, &who, "bench").await?;
    let stopped = start.elapsed();
    if aborted != count {
        return Err(format!("{aborted} of {count} acts were aborted").into());
    }
    while runtime.active() > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(json!({
        "stop_ms": stopped.as_secs_f64() * 1e3, "stop_active": count,
        "bytes_per_active_run": active,
    }))
}

/// Everybody may do what their workflow lets them do.
struct Everybody;

impl People for Everybody {
    fn knows(&self, _who: &PersonId) -> bool {
        true
    }

    fn plans(&self) -> BTreeMap<WorkflowName, Plan> {
        BTreeMap::new()
    }
}

/// How long it takes to go back from a release on which many cases run: from the order, given from
/// outside as `flightdeck rollback` gives it, to a new case that is stored on the old release.
pub async fn rollback(folder: &Path, count: usize) -> Result<Value, Failure> {
    let data = folder.join("rollback");
    let (runtime, old) = desk(&data, Arc::new(Slow), "three")?;
    runtime.trust(Arc::new(Everybody));
    let socket = runtime::socket::serve(runtime.clone(), &data)?;
    let new = Arc::new(bench::fixture::instructed("three", "Write at length.\n")?);
    let (who, workflow) = (PersonId::new("ann@bench.example")?, WorkflowName::new("three")?);
    for plan in [&old, &new] {
        let canonical = String::from_utf8(plan.canonical().to_vec())?;
        let (release, canary, tried, reason) = (plan.release(), None, None, None);
        let order = ReleaseOrder::Deploy { release, canonical, canary, tried, reason };
        runtime.release(&who, order).await?;
    }
    let case = json!({ "text": "word ".repeat(180) });
    open_all(&runtime, &new, count, |_| case.clone(), None).await?;
    let active = runtime.active();
    let mut client = Client::connect(&data).await.ok_or("nobody listens")?;
    let reason = "bench".to_owned();
    let order = ReleaseOrder::RollBack { workflow: workflow.clone(), to: None, reason };
    let (start, within) = (Instant::now(), Duration::from_secs(60));
    client.ask(&Request::Release { who, order }, within).await?;
    let answered = start.elapsed();
    let (case, starter) = (case.to_string(), starter()?);
    let begun = client.ask(&Request::Begin { workflow, case, starter, file: None }, within).await?;
    let first = start.elapsed();
    let Response::Opened { run } = begun else { return Err("no case was begun".into()) };
    let reader = SqliteReader::open(&data)?;
    let lines = reader.runs(&RunQuery { limit: usize::MAX >> 1, ..RunQuery::default() })?;
    let on = |plan: &Plan| lines.iter().filter(|line| line.release == plan.release()).count();
    if (on(&old), on(&new), active) != (1, count, count)
        || lines.iter().any(|line| line.run == run && line.release != old.release())
    {
        return Err(format!("{} cases are on the old release", on(&old)).into());
    }
    runtime.stop(StopScope::Everything, &PersonId::new("ann@bench.example")?, "over").await?;
    socket.abort();
    Ok(json!({
        "rollback_answered_ms": answered.as_secs_f64() * 1e3,
        "rollback_first_case_ms": first.as_secs_f64() * 1e3, "rollback_open": count,
    }))
}

/// What runs cost that wait for a person: they leave memory, whatever waits is on the disk.
pub async fn waiting(folder: &Path, count: usize) -> Result<Value, Failure> {
    let world = Arc::new(Talker::default());
    let (runtime, plan) = desk(&folder.join("waiting"), world, "crash")?;
    let before = resident();
    let case = |n| json!({ "n": n, "kind": "plain" });
    open_all(&runtime, &plan, count, case, Some(Status::Waiting)).await?;
    if runtime.active() > 0 {
        return Err("a run that waits is still in memory".into());
    }
    Ok(json!({ "bytes_per_waiting_run": resident().saturating_sub(before) / count as u64 }))
}

/// One agent of a thousand calls: the bytes of a turn early and late in its conversation.
pub async fn conversation(folder: &Path) -> Result<Value, Failure> {
    let data = folder.join("talk");
    let world = Arc::new(Talker::default());
    let (runtime, plan) = desk(&data, world.clone(), "talk")?;
    let run = open(&runtime, &plan, &json!({ "text": "word ".repeat(180) })).await?;
    done(runtime.settled(run).await?.status)?;
    let calls = world.calls.load(Ordering::Relaxed);
    let reader = SqliteReader::open(&data)?;
    if reader.runs(&RunQuery { limit: 9, ..RunQuery::default() })?.len() != 1 {
        return Err("there is more than one run".into());
    }
    let sizes: Vec<usize> = reader
        .frames(run, Seq(0), usize::MAX >> 1)?
        .iter()
        .map(|stored| {
            stored.bytes.len() + stored.bodies.iter().flatten().map(|b| b.len()).sum::<usize>()
        })
        .collect();
    // A turn is a frame with the model's answer and one with the tool's result.
    let turn = |frames: &[usize]| frames.iter().sum::<usize>() * 2 / frames.len().max(1);
    let early = turn(sizes.get(20..220).unwrap_or_default());
    let late =
        turn(sizes.get(sizes.len().saturating_sub(220)..sizes.len() - 20).unwrap_or_default());
    Ok(json!({
        "conversation_calls": calls, "bytes_per_turn_early": early, "bytes_per_turn_late": late,
    }))
}

/// A world without delay: the model looks something up as often as a conversation may be long,
/// then answers what it is asked for.
#[derive(Default)]
struct Talker {
    calls: AtomicUsize,
}

/// Model calls of a conversation, each with one look-up: a thousand calls and the answer.
const TURNS: usize = 500;

impl Talker {
    fn answer(&self, permit: Permit) -> Result<Vec<u8>, Failure> {
        let n = self.calls.fetch_add(1, Ordering::Relaxed);
        let bytes = match permit.consume() {
            Payload::Tool(ask) => ask.args.to_vec(),
            Payload::Notify(_) => b"null".to_vec(),
            Payload::Model(ask) if ask.tools.is_empty() => answered(r#"{"kind":"odd"}"#, None)?,
            Payload::Model(_) if n >= TURNS * 2 => answered(r#"{"a":"done"}"#, None)?,
            Payload::Model(_) => answered("", Some(json!({ "n": n }).to_string()))?,
        };
        Ok(bytes)
    }
}

/// What a model says: a text, or one look-up.
fn answered(text: &str, look_up: Option<String>) -> Result<Vec<u8>, serde_json::Error> {
    let call = |args| ToolCall { id: "1".to_owned(), tool: "out.look".to_owned(), args };
    let calls = look_up.map(call).into_iter().collect();
    serde_json::to_vec(&ModelAnswer { text: text.to_owned(), calls, least: None })
}

impl World for Talker {
    fn act(&self, _: On, permit: Permit) -> Pin<Box<dyn Future<Output = Answered> + Send + '_>> {
        let result = self.answer(permit).map(Arc::from).map_err(|error| journal::Failure {
            code: journal::Code::Defect,
            text: error.to_string(),
            retry_after_ms: None,
        });
        let usage = Usage { input_tokens: 10, output_tokens: 5, ..Usage::default() };
        let outcome = Outcome { result, usage, reported: None };
        Box::pin(std::future::ready(Answered { outcome, certain: true }))
    }
}
