//! What guarding is of a case's cost: the processor time of whole cases through the driver and a
//! real journal, with a hundred policies and with the standard ones alone, side by side.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use journal::{Mode, Outcome, Permit, Starter, Status, Usage};
use plan::ids::PersonId;
use runtime::{Answered, NewRun, On, Runtime, World};
use serde_json::{Value, json};
use store::SqliteStore;
use tokio::task::JoinSet;

use crate::Failure;

const RUNS: usize = 1_500;
const AT_ONCE: usize = 64;
const POLICIES: usize = 100;

/// An outside world that answers at once.
struct Ready;

impl World for Ready {
    fn act(&self, _: On, permit: Permit) -> Pin<Box<dyn Future<Output = Answered> + Send + '_>> {
        drop(permit.consume());
        let outcome =
            Outcome { result: Ok(Arc::from(&b"{}"[..])), usage: Usage::default(), reported: None };
        Box::pin(std::future::ready(Answered { outcome, certain: true }))
    }
}

pub fn measure() -> Result<Value, Failure> {
    let tokio = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    tokio.block_on(async {
        // Twice each, in turn, so that whatever else the machine does is in both.
        let mut times = [Duration::ZERO; 2];
        for _ in 0..2 {
            for (time, policies) in times.iter_mut().zip([0, POLICIES]) {
                *time += of(policies).await?;
            }
        }
        let micros = |time: Duration| time.as_secs_f64() * 1e6 / (2 * RUNS) as f64;
        let [bare, governed] = times.map(micros);
        let share = (governed - bare).max(0.0) / governed;
        Ok(json!({ "case_us": governed, "case_us_without_policies": bare,
            "share_of_policies": share }))
    })
}

async fn of(policies: usize) -> Result<Duration, Failure> {
    let folder = tempfile::tempdir()?;
    let store = Arc::new(SqliteStore::open(folder.path())?);
    let plan = Arc::new(bench::fixture::governed(policies)?);
    let runtime = Runtime::new(store, Arc::new(Ready), [7; 32]);
    runtime.releases().add(&plan)?;
    let before = cpu();
    let mut tasks: JoinSet<Result<Status, runtime::Fault>> = JoinSet::new();
    let mut over = 0;
    for n in 0..RUNS {
        let case = json!({ "n": n, "text": "plain" }).to_string().into_bytes();
        let starter = Starter::Person(PersonId::new("ann@bench.example")?);
        let (runtime, plan) = (runtime.clone(), plan.clone());
        tasks.spawn(async move {
            let new = NewRun { plan, case, labels: None, called: None, starter, mode: Mode::Live };
            let run = runtime.open(new).await?;
            Ok(runtime.settled(run).await?.status)
        });
        if tasks.len() >= AT_ONCE {
            let ended = tasks.join_next().await.ok_or("nothing was out")???;
            over += usize::from(ended.over());
        }
    }
    while let Some(ended) = tasks.join_next().await {
        over += usize::from(ended??.over());
    }
    if over != RUNS {
        return Err(format!("{over} of {RUNS} cases came to an end").into());
    }
    Ok(cpu() - before)
}

/// Processor time of this process, in ticks of a hundredth of a second.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in brackets may hold anything, so the fields are counted from its end.
    let fields = text.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    Duration::from_millis(ticks.filter_map(|n| n.parse::<u64>().ok()).sum::<u64>() * 10)
}
