//! Kills a driver under load, again and again, and checks afterwards that nothing was lost,
//! repeated or turned. The outside world and the people live in this process, which is never
//! killed; the driver is a child of it. The last line is JSON.
//!
//! `crash` runs the harness. `crash --worker FOLDER WORLD RUNS SEED DIE` is the child.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bench::outside::{Memory, Outside, Shared};
use journal::{
    About, Answer, Chain, Hash, Mode, Order, Record, Reply, ReviewNo, RunId, RunQuery, Seq,
    Starter, Status, Store,
};
use plan::ids::PersonId;
use runtime::socket::{Client, Request, Response};
use runtime::{NewRun, Runtime};
use store::{OpenOptions, Probe, SqliteReader, SqliteStore};

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().collect();
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    if args.get(1).map(String::as_str) == Some("--worker") {
        let worker = Worker::read(&args)?;
        return threads.block_on(worker.work());
    }
    let option = |name: &str, default: u64| {
        let at = args.iter().position(|a| a == name);
        at.and_then(|n| args.get(n + 1)).and_then(|n| n.parse().ok()).unwrap_or(default)
    };
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).map_err(|e| e.to_string())?;
    let seed = option("--seed", u64::from_be_bytes(seed) >> 16);
    threads.block_on(harness(option("--kills", 200), option("--runs", 60), seed))
}

/// A small generator, so that a seed repeats the same moments.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below.max(1)
    }
}

/// Counts edges and dies at a chosen one.
struct Mine {
    left: AtomicU64,
}

impl Mine {
    fn step(&self) {
        let before = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        if before == Ok(1) {
            // As hard as it gets: nothing is flushed, nothing is dropped.
            let _ = rustix::process::kill_process(
                rustix::process::getpid(),
                rustix::process::Signal::KILL,
            );
        }
    }
}

struct Edges {
    commit: Arc<Mine>,
}

impl Probe for Edges {
    fn before_commit(&self) {
        self.commit.step();
    }
    fn after_commit(&self) {
        self.commit.step();
    }
    fn before_ack(&self) {
        self.commit.step();
    }
}

struct Worker {
    folder: PathBuf,
    world: PathBuf,
    runs: usize,
    die: u64,
}

impl Worker {
    fn read(args: &[String]) -> Result<Self, Failure> {
        let arg = |n: usize| args.get(n).cloned().ok_or("an argument is missing");
        Ok(Self {
            folder: arg(2)?.into(),
            world: arg(3)?.into(),
            runs: arg(4)?.parse()?,
            die: arg(5)?.parse()?,
        })
    }

    /// Opens the journal, goes on with what is there, and keeps opening cases up to the number.
    async fn work(self) -> Result<(), Failure> {
        let mine = Arc::new(Mine { left: AtomicU64::new(self.die) });
        let probe = Arc::new(Edges { commit: mine.clone() });
        let options = OpenOptions { probe, ..OpenOptions::default() };
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open_with(&self.folder, options)?);
        let (before, after) = (mine.clone(), mine);
        let world =
            Outside::new(&self.world, Arc::new(move || before.step()), Arc::new(move || after.step()));
        let runtime = Runtime::new(store.clone(), Arc::new(world), [7; 32]);
        let plan = Arc::new(bench::fixture::plan("crash")?);
        runtime.releases().add(&plan)?;
        runtime.wake_due().await?;
        let _time = runtime.keep_time();
        let _socket = runtime::socket::serve(runtime.clone(), &self.folder)?;
        let known = store.runs(&RunQuery { limit: usize::MAX >> 1, ..RunQuery::default() })?.len();
        for n in known..self.runs {
            let case = serde_json::json!({ "n": n, "kind": "plain" }).to_string().into_bytes();
            let starter = Starter::Person(PersonId::new("ann@bench.example")?);
            let plan = plan.clone();
            runtime.open(NewRun { plan, case, labels: None, starter, mode: Mode::Live }).await?;
        }
        // It lives until it is killed; the harness says when all is done.
        std::future::pending::<()>().await;
        Ok(())
    }
}

/// What the people of the harness decided and were told was accepted.
#[derive(Default)]
struct People {
    decided: BTreeMap<(RunId, ReviewNo), bool>,
}

async fn harness(kills: u64, runs: u64, seed: u64) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data)?;
    let world = folder.path().join("world");
    let memory: Shared = Arc::default();
    tokio::spawn(bench::outside::serve(world.clone(), memory.clone()));
    let mut dice = Dice(seed | 1);
    let mut people = People::default();
    let mut done = 0;
    let mut wanted = runs;
    while done < kills {
        // Work never runs out: more cases come with every kill.
        wanted += 4;
        let die = if dice.roll(2) == 0 { 1 + dice.roll(160) } else { 0 };
        let mut child = spawn(&data, &world, wanted, die)?;
        // A kill before the driver is up tests nothing, so the clock starts when it answers.
        while Client::connect(&data).await.is_none() && child.try_wait()?.is_none() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let until = std::time::Instant::now() + Duration::from_millis(dice.roll(90));
        while std::time::Instant::now() < until && child.try_wait()?.is_none() {
            decide(&data, &mut people, &memory, &mut dice).await;
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
        child.kill()?;
        child.wait()?;
        done += 1;
    }
    let mut child = spawn(&data, &world, wanted, 0)?;
    let finished = finish(&data, &mut people, &memory, &mut dice, wanted).await;
    child.kill()?;
    child.wait()?;
    finished?;
    let report = verify(&data, &people, &memory)?;
    println!(
        "{}",
        serde_json::json!({
            "kills": kills, "runs": wanted, "frames": report.frames, "decisions": people.decided.len(),
            "in_doubt": report.in_doubt, "repeated": report.repeated,
            "violations": report.violations, "seed": seed,
        })
    );
    if report.in_doubt == 0 {
        return Err("no act was ever in doubt: the kills came at harmless moments".into());
    }
    if report.violations.is_empty() && report.repeated == 0 {
        Ok(())
    } else {
        Err("the journal and the outside world disagree".into())
    }
}

fn spawn(data: &Path, world: &Path, runs: u64, die: u64) -> Result<Child, Failure> {
    let own = std::env::current_exe()?;
    let mut process = Process::new(own);
    process.arg("--worker").arg(data).arg(world).arg(runs.to_string()).arg(die.to_string());
    Ok(process.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?)
}

/// Plays the people: answers every open review, and knows the truth about effects in doubt.
async fn decide(data: &Path, people: &mut People, memory: &Shared, dice: &mut Dice) -> usize {
    let Ok(reader) = SqliteReader::open(data) else { return 0 };
    let waiting = RunQuery { status: vec![Status::Waiting], limit: 40, ..RunQuery::default() };
    let Ok(lines) = reader.runs(&waiting) else { return 0 };
    let Some(mut client) = Client::connect(data).await else { return lines.len() };
    for line in &lines {
        let Ok(open) = open_reviews(&reader, line.run) else { continue };
        for (review, about, by) in open {
            let reply = match about {
                About::InDoubt { act } => {
                    let Some(yes) = happened(&reader, line.run, act, memory) else { continue };
                    Reply::Happened { yes }
                }
                _ if dice.roll(8) == 0 && !people.decided.contains_key(&(line.run, review)) => {
                    Reply::Reject { reason: "no".to_owned() }
                }
                _ => match people.decided.get(&(line.run, review)) {
                    Some(false) => Reply::Reject { reason: "no".to_owned() },
                    Some(true) | None => Reply::Approve,
                },
            };
            let yes = !matches!(reply, Reply::Reject { .. });
            let who = if by == "lead" { "ann@bench.example" } else { "bob@bench.example" };
            let Ok(who) = PersonId::new(who) else { continue };
            let hash = Hash::of_parts(&[&line.run.to_bytes(), &review.0.to_be_bytes()]);
            let mut id = [0; 16];
            id.copy_from_slice(&hash.0[..16]);
            let command = journal::Command {
                id: journal::CommandId(id),
                run: line.run,
                at: runtime::now(),
                order: Order::Review { who, review, reply },
            };
            let asked = client.ask(&Request::Command(command), Duration::from_secs(2)).await;
            if matches!(asked, Ok(Response::Done)) {
                // Acknowledged: from now on it may neither be lost nor turned.
                people.decided.entry((line.run, review)).or_insert(yes);
            }
        }
    }
    lines.len()
}

type OpenReview = (ReviewNo, About, String);

fn open_reviews(reader: &SqliteReader, run: RunId) -> Result<Vec<OpenReview>, Failure> {
    let mut open: BTreeMap<ReviewNo, (About, String)> = BTreeMap::new();
    for frame in frames(reader, run)? {
        for record in &frame.records {
            match record {
                Record::ReviewOpened { review, about, by, .. } => {
                    open.insert(*review, (about.clone(), by.to_string()));
                }
                Record::ReviewAnswered { review, .. } => {
                    open.remove(review);
                }
                _ => {}
            }
        }
    }
    Ok(open.into_iter().map(|(no, (about, by))| (no, about, by)).collect())
}

fn frames(reader: &SqliteReader, run: RunId) -> Result<Vec<journal::Frame>, Failure> {
    let mut chain = Chain::new(run);
    let stored = reader.frames(run, Seq(0), usize::MAX >> 1)?;
    stored.iter().map(|s| Ok(chain.read(&s.bytes)?)).collect()
}

/// Whether the outside world remembers an act: by the key that the record holds.
fn happened(
    reader: &SqliteReader,
    run: RunId,
    act: journal::ActNo,
    memory: &Shared,
) -> Option<bool> {
    let frames = frames(reader, run).ok()?;
    let key = frames.iter().flat_map(|f| &f.records).find_map(|r| match r {
        Record::Allowed { act: a, key, .. } if *a == act => Some(key.to_string()),
        _ => None,
    })?;
    let memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    Some(memory.effects.keys().any(|(_, r, k)| *r == run && *k == key))
}

async fn finish(
    data: &Path,
    people: &mut People,
    memory: &Shared,
    dice: &mut Dice,
    wanted: u64,
) -> Result<(), Failure> {
    let reader = SqliteReader::open(data)?;
    for _ in 0..3_000 {
        decide(data, people, memory, dice).await;
        let all = reader.runs(&RunQuery { limit: usize::MAX >> 1, ..RunQuery::default() })?;
        let over = all.iter().filter(|line| line.status.over()).count() as u64;
        if over >= wanted {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let all = reader.runs(&RunQuery { limit: usize::MAX >> 1, ..RunQuery::default() })?;
    let stuck: Vec<String> = all
        .iter()
        .filter(|l| !l.status.over())
        .take(5)
        .map(|l| format!("{} {}", l.run, l.status.as_str()))
        .collect();
    Err(format!("{} of {wanted} runs are there and some never ended: {stuck:?}", all.len()).into())
}

#[derive(Default)]
struct Report {
    frames: usize,
    in_doubt: usize,
    repeated: usize,
    violations: BTreeSet<String>,
}

fn verify(data: &Path, people: &People, memory: &Shared) -> Result<Report, Failure> {
    let reader = SqliteReader::open(data)?;
    let mut report = Report::default();
    let memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    for line in reader.runs(&RunQuery { limit: usize::MAX >> 1, ..RunQuery::default() })? {
        let frames = frames(&reader, line.run)?;
        report.frames += frames.len();
        check_run(line.run, &frames, people, &memory, &mut report);
    }
    for ((tool, run, _), times) in &memory.effects {
        if *times > 1 && tool != "out.note" {
            report.repeated += 1;
            report.violations.insert(format!("{tool} of {run} happened {times} times"));
        }
    }
    Ok(report)
}

fn check_run(
    run: RunId,
    frames: &[journal::Frame],
    people: &People,
    memory: &Memory,
    report: &mut Report,
) {
    let records: Vec<&Record> = frames.iter().flat_map(|f| &f.records).collect();
    let mut open = BTreeSet::new();
    let mut tools: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in &records {
        match record {
            Record::Allowed { act, what, key, .. } => {
                open.insert(*act);
                if let journal::What::Tool { tool, .. } = what {
                    tools.entry(tool.to_string()).or_default().insert(key.to_string());
                }
            }
            Record::Finished { act, .. } => {
                open.remove(act);
            }
            Record::InDoubt { act } => {
                report.in_doubt += 1;
                open.remove(act);
            }
            Record::ReviewAnswered { review, answer, .. } => {
                let yes = !matches!(answer, Answer::Rejected { .. });
                if people.decided.get(&(run, *review)).is_some_and(|told| *told != yes) {
                    report.violations.insert(format!("a decision of {run} was turned"));
                }
            }
            _ => {}
        }
    }
    if !open.is_empty() {
        report.violations.insert(format!("{run} ended with acts that never came back"));
    }
    for (told, review) in people.decided.keys().filter(|(r, _)| *r == run) {
        let there = records.iter().any(
            |r| matches!(r, Record::ReviewAnswered { review: n, .. } if n == review),
        );
        if !there {
            report.violations.insert(format!("a decision of {told} was lost"));
        }
    }
    let mut happened: BTreeMap<&str, usize> = BTreeMap::new();
    for (tool, _, key) in memory.effects.keys().filter(|(_, r, _)| *r == run) {
        *happened.entry(tool.as_str()).or_default() += 1;
        if !tools.get(tool).is_some_and(|keys| keys.contains(key)) {
            report.violations.insert(format!("{tool} of {run} happened without a record"));
        }
    }
    let done = records.iter().any(|r| {
        matches!(r, Record::Ended { end: journal::End::Reached(plan::workflow::EndOutcome::Done), .. })
    });
    for tool in ["out.pay", "out.post", "out.note"] {
        let times = happened.get(tool).copied().unwrap_or(0);
        if times > 1 {
            report.repeated += 1;
            report.violations.insert(format!("{tool} of {run} happened under {times} keys"));
        }
        if done && times == 0 {
            report.violations.insert(format!("{tool} of {run} was lost"));
        }
    }
}
