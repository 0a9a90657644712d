//! Measures, as ratios in one run: our driver beside the bare floor (the same calls, the same rows
//! and commits, nothing else), against a model server without delay. Options are `--runs N`,
//! `--at-once N` and `--active N`.
//! `bench --rollback` measures only how long going back from a release takes, and `bench --serve`
//! is the model server, a process of its own.

#![allow(clippy::print_stdout, reason = "its lines are what it is run for")]

mod rest;

use std::io::BufRead;
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bench::floor::Floor;
use journal::{Chain, Mode, Permit, Record, RunQuery, Seq, Starter, Status};
use model::{Callable, ModelSpec, Place, Vendors};
use plan::ids::{ModelName, PersonId};
use runtime::{Answered, NewRun, Runtime, World};
use store::{OpenOptions, Probe, SqliteReader, SqliteStore};
use tokio::sync::Semaphore;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().collect();
    let option = |name: &str, default: usize| {
        let at = args.iter().position(|a| a == name);
        at.and_then(|n| args.get(n + 1)).and_then(|n| n.parse().ok()).unwrap_or(default)
    };
    if args.iter().any(|a| a == "--rollback") {
        let threads =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let folder = tempfile::tempdir()?;
        let active = option("--active", 10_000);
        println!("{}", threads.block_on(rest::rollback(folder.path(), active))?);
        return Ok(());
    }
    if args.iter().any(|a| a == "--serve") {
        let one = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        return one.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            println!("{}", listener.local_addr()?);
            Ok(bench::vendor::serve(listener).await?)
        });
    }
    let threads =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (runs, at_once) = (option("--runs", 20_000), option("--at-once", 256));
    threads.block_on(measure(runs, at_once, option("--active", 10_000)))
}

/// The model server, ended with its handle.
struct Vendor {
    child: Child,
    base: String,
}

impl Vendor {
    fn start() -> Result<Self, Failure> {
        let mut process = Process::new(std::env::current_exe()?);
        let mut child = process.arg("--serve").stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().ok_or("the server has no output")?;
        let mut line = String::new();
        std::io::BufReader::new(out).read_line(&mut line)?;
        Ok(Self { child, base: format!("http://{}/v1", line.trim()) })
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Default)]
struct Commits(AtomicU64);

impl Probe for Commits {
    fn before_commit(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Models behind a real client; nothing else is called.
struct ModelsOnly(Callable);

impl World for ModelsOnly {
    fn act(
        &self,
        _: runtime::On,
        permit: Permit,
    ) -> std::pin::Pin<Box<dyn Future<Output = Answered> + Send + '_>> {
        Box::pin(async {
            let called = self.0.call(permit).await;
            Answered { outcome: called.outcome, certain: called.certain }
        })
    }
}

/// CPU time of this process, user and system, in the kernel's ticks of 10 ms.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in brackets may hold anything, so the fields are counted from its end.
    let fields = text.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    Duration::from_millis(ticks.filter_map(|n| n.parse::<u64>().ok()).sum::<u64>() * 10)
}

struct Row {
    name: &'static str,
    runs: usize,
    wall: Duration,
    cpu: Duration,
}

impl Row {
    fn per_minute(&self) -> f64 {
        self.runs as f64 * 60.0 / self.wall.as_secs_f64()
    }
    fn cpu_per_thousand(&self) -> f64 {
        self.cpu.as_secs_f64() * 1000.0 / self.runs as f64
    }
    fn print(&self) {
        println!("{:<34} {:>12.0} {:>14.3}", self.name, self.per_minute(), self.cpu_per_thousand());
    }
}

async fn measure(runs: usize, at_once: usize, active: usize) -> Result<(), Failure> {
    let cores = std::thread::available_parallelism()?;
    println!("{cores} cores, SQLite WAL with synchronous FULL, {at_once} runs at once");
    println!("{:<34} {:>12} {:>14}", "", "runs/minute", "CPU s/1,000");
    let vendor = Vendor::start()?;
    let folder = tempfile::tempdir()?;
    let floor = floor(&vendor, folder.path(), runs, at_once).await?;
    floor.print();
    let (ours, facts) = ours(&vendor, folder.path(), runs, at_once).await?;
    ours.print();
    println!("per run: {facts}");
    let ratio = ours.cpu_per_thousand() / floor.cpu_per_thousand();
    let mut all = serde_json::json!({
        "runs": runs, "floor_cpu_s_per_1000": floor.cpu_per_thousand(),
        "ours_cpu_s_per_1000": ours.cpu_per_thousand(), "ratio": ratio,
        "floor_runs_per_minute": floor.per_minute(), "ours_runs_per_minute": ours.per_minute(),
    });
    let mut tell = |part: serde_json::Value| {
        println!("{part}");
        if let (Some(all), serde_json::Value::Object(part)) = (all.as_object_mut(), part) {
            all.extend(part);
        }
    };
    tell(check_cost()?);
    tell(rest::stop(folder.path(), active).await?);
    tell(rest::rollback(folder.path(), active).await?);
    tell(rest::waiting(folder.path(), active).await?);
    tell(rest::conversation(folder.path()).await?);
    println!("{all}");
    Ok(())
}

async fn floor(
    vendor: &Vendor,
    folder: &Path,
    runs: usize,
    at_once: usize,
) -> Result<Row, Failure> {
    let floor = Floor::open(&folder.join("floor.db"), &vendor.base)?;
    floor.warm(at_once.min(64)).await?;
    let (wall, before) = (Instant::now(), cpu());
    floor.run(runs, at_once).await?;
    Ok(Row { name: "floor", runs, wall: wall.elapsed(), cpu: cpu() - before })
}

fn starter() -> Result<Starter, Failure> {
    Ok(Starter::Person(PersonId::new("ann@bench.example")?))
}

async fn ours(
    vendor: &Vendor,
    folder: &Path,
    runs: usize,
    at_once: usize,
) -> Result<(Row, String), Failure> {
    let data = folder.join("ours");
    let commits = Arc::new(Commits::default());
    let options = OpenOptions { probe: commits.clone(), ..OpenOptions::default() };
    let store = Arc::new(SqliteStore::open_with(&data, options)?);
    let plan = Arc::new(bench::fixture::plan("three")?);
    let spec = plan.workflow().models.get("fast").ok_or("no model")?;
    let models = Arc::new(Vendors::default()).callable(ModelSpec {
        name: ModelName::new("fast")?,
        model: spec.model.clone(),
        place: Place::OpenAi { base_url: vendor.base.clone(), keys: Vec::new() },
        price: spec.price,
        can: spec.can.clone(),
        at_once: 256,
        per_minute: None,
        idle: model::IDLE,
    })?;
    let runtime = Runtime::new(store.clone(), Arc::new(ModelsOnly(models)), [7; 32]);
    runtime.releases().add(&plan)?;
    many(&runtime, &plan, 200, at_once).await?;
    let before_commits = commits.0.load(Ordering::Relaxed);
    let (wall, before) = (Instant::now(), cpu());
    many(&runtime, &plan, runs, at_once).await?;
    let row = Row { name: "flightdeck", runs, wall: wall.elapsed(), cpu: cpu() - before };
    let commits = commits.0.load(Ordering::Relaxed) - before_commits;
    let facts = verify(&data, runs + 200, runs, commits)?;
    Ok((row, facts))
}

/// Opens `count` cases, `at_once` at a time, and waits until each has ended.
async fn many(
    runtime: &Runtime,
    plan: &Arc<plan::Plan>,
    count: usize,
    at_once: usize,
) -> Result<(), Failure> {
    let free = Arc::new(Semaphore::new(at_once));
    let case = serde_json::json!({ "text": "word ".repeat(180) }).to_string().into_bytes();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..count {
        let place = free.clone().acquire_owned().await?;
        let (runtime, plan, case) = (runtime.clone(), plan.clone(), case.clone());
        let starter = starter()?;
        tasks.spawn(async move {
            let new = NewRun { plan, case, labels: None, called: None, starter, mode: Mode::Live };
            let run = runtime.open(new).await?;
            let standing = runtime.settled(run).await?;
            drop(place);
            Ok::<Status, runtime::Fault>(standing.status)
        });
        while let Some(ended) = tasks.try_join_next() {
            done(ended??)?;
        }
    }
    while let Some(ended) = tasks.join_next().await {
        done(ended??)?;
    }
    Ok(())
}

fn done(status: Status) -> Result<(), Failure> {
    if status == Status::Done {
        Ok(())
    } else {
        Err(format!("a run is {}", status.as_str()).into())
    }
}

/// Reads everything back: the chain of each run, and three allowed calls in each.
fn verify(data: &Path, all: usize, measured: usize, commits: u64) -> Result<String, Failure> {
    let reader = SqliteReader::open(data)?;
    let lines = reader.runs(&RunQuery { limit: usize::MAX >> 1, ..RunQuery::default() })?;
    if lines.len() != all {
        return Err(format!("{} runs are stored, {all} were opened", lines.len()).into());
    }
    let (mut frames, mut bytes) = (0_usize, 0_usize);
    for line in &lines {
        let mut chain = Chain::new(line.run);
        let mut allowed = 0;
        for stored in reader.frames(line.run, Seq(0), usize::MAX >> 1)? {
            let frame = chain.read(&stored.bytes)?;
            frames += 1;
            bytes += stored.bytes.len();
            bytes += stored.bodies.iter().flatten().map(|b| b.len()).sum::<usize>();
            let is_allowed = |r: &&Record| matches!(r, Record::Allowed { .. });
            allowed += frame.records.iter().filter(is_allowed).count();
        }
        if allowed != 3 {
            return Err(format!("run {} has {allowed} allowed calls", line.run).into());
        }
    }
    Ok(format!(
        "{:.2} frames with their bodies, {:.0} bytes, {:.3} commits (one sync each); all verified",
        frames as f64 / all as f64,
        bytes as f64 / all as f64,
        commits as f64 / measured as f64,
    ))
}

/// CPU time of checking a workspace, per 1,000 lines of its files.
fn check_cost() -> Result<serde_json::Value, Failure> {
    let before = cpu();
    const TIMES: u32 = 20;
    for _ in 0..TIMES {
        bench::fixture::plan("three")?;
    }
    let each = (cpu() - before) / TIMES;
    let lines = bench::fixture::lines();
    let per = each.as_secs_f64() * 1e3 * 1000.0 / lines as f64;
    Ok(serde_json::json!({ "check_ms_per_1000_lines": per, "check_lines": lines }))
}
