//! Kills a driver under load, again and again, and checks afterwards that nothing was lost,
//! repeated or turned. The outside world and the people live in this process, which is never
//! killed; the driver is a child of it. The last line is JSON.
//!
//! `crash` runs the harness, and then three saboteurs that must make it fail; `--kills`, `--runs`
//! and `--seed` take numbers. `crash --worker ...` is the child.

#![allow(clippy::print_stdout, reason = "its lines are what it is run for")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bench::outside::{Memory, Outside, Shared};
use bench::sabotage::{Eager, Hasty, Sabotage};
use journal::{
    About, Answer, Chain, Hash, Mode, Order, Record, Reply, ReviewNo, RunId, RunQuery, Seq,
    Starter, Status, Store,
};
use plan::ids::PersonId;
use runtime::socket::{Client, Request, Response};
use runtime::{NewRun, Runtime, World};
use store::{OpenOptions, Probe, SqliteReader, SqliteStore};

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().collect();
    let threads =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
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
    let kills = option("--kills", 200);
    threads.block_on(async {
        let runs = option("--runs", 60);
        let setting = Setting { kills, runs, seed, sabotage: None, shim: None };
        let report = harness(&setting).await?;
        println!("{}", setting.line(&report));
        setting.judge(&report)?;
        let shim = build_shim()?;
        let forgetful = Setting { kills: kills.div_ceil(4), shim: Some(shim), ..setting };
        let forgot = harness(&forgetful).await?;
        println!("{}", forgetful.line(&forgot));
        forgetful.judge(&forgot)?;
        if forgot.forgotten == 0 {
            return Err("the disk never forgot anything: the shim was not in use".into());
        }
        let mut noticed = Vec::new();
        for (name, sabotage) in Sabotage::ALL {
            // Fewer kills do for a saboteur: the rule it breaks is broken all the time.
            let kills = kills.min(30);
            let sabotage = Some((name, sabotage));
            let setting = Setting { kills, runs: 40, seed, sabotage, shim: None };
            match harness(&setting).await {
                Ok(report) if setting.judge(&report).is_ok() => {
                    return Err(format!("the saboteur `{name}` was not noticed").into());
                }
                Ok(_) | Err(_) => noticed.push(name),
            }
        }
        println!(
            "{}",
            serde_json::json!({
                "kills": report.kills + forgot.kills, "runs": report.runs + forgot.runs,
                "repeated": report.repeated + forgot.repeated,
                "violations": report.violations.len() + forgot.violations.len(),
                "power_cuts_that_forgot": forgot.forgotten,
                "saboteurs_noticed": noticed, "seed": seed,
            })
        );
        Ok(())
    })
}

/// One round of the harness.
struct Setting {
    kills: u64,
    runs: u64,
    seed: u64,
    sabotage: Option<(&'static str, Sabotage)>,
    /// A library that makes the disk forget what was not synced.
    shim: Option<PathBuf>,
}

/// Compiles the shim beside this program.
fn build_shim() -> Result<PathBuf, Failure> {
    let library = std::env::current_exe()?.with_file_name("libforget.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("shim/forget.c");
    let mut cc = Process::new("cc");
    cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).arg("-ldl");
    if cc.status()?.success() { Ok(library) } else { Err("`cc` cannot build the shim".into()) }
}

/// What a power cut leaves: the files as they were last synced. True if anything was forgotten.
fn power_cut(data: &Path, durable: &Path) -> Result<bool, Failure> {
    let mut forgot = false;
    for name in ["journal.db", "journal.db-wal"] {
        forgot |= std::fs::read(data.join(name)).ok() != std::fs::read(durable.join(name)).ok();
    }
    std::fs::remove_dir_all(data)?;
    std::fs::create_dir_all(data)?;
    for file in std::fs::read_dir(durable)? {
        let file = file?;
        std::fs::copy(file.path(), data.join(file.file_name()))?;
    }
    Ok(forgot)
}

impl Setting {
    fn line(&self, report: &Report) -> serde_json::Value {
        serde_json::json!({
            "kills": report.kills, "runs": report.runs, "frames": report.frames,
            "decisions": report.decisions, "in_doubt": report.in_doubt,
            "forgotten": report.forgotten, "repeated": report.repeated,
            "violations": report.violations, "seed": self.seed,
        })
    }

    fn judge(&self, report: &Report) -> Result<(), Failure> {
        if report.in_doubt == 0 {
            return Err("no act was ever in doubt: the kills came at harmless moments".into());
        }
        if report.violations.is_empty() && report.repeated == 0 {
            Ok(())
        } else {
            Err("the journal and the outside world disagree".into())
        }
    }
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
        let before =
            self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
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
    sabotage: Option<Sabotage>,
}

impl Worker {
    fn read(args: &[String]) -> Result<Self, Failure> {
        let arg = |n: usize| args.get(n).cloned().ok_or("an argument is missing");
        Ok(Self {
            folder: arg(2)?.into(),
            world: arg(3)?.into(),
            runs: arg(4)?.parse()?,
            die: arg(5)?.parse()?,
            sabotage: Sabotage::named(&arg(6)?),
        })
    }

    /// Opens the journal, goes on with what is there, and keeps opening cases up to the number.
    async fn work(self) -> Result<(), Failure> {
        let mine = Arc::new(Mine { left: AtomicU64::new(self.die) });
        let probe = Arc::new(Edges { commit: mine.clone() });
        let options = OpenOptions { probe, ..OpenOptions::default() };
        let mut store: Arc<dyn Store> = Arc::new(SqliteStore::open_with(&self.folder, options)?);
        if self.sabotage == Some(Sabotage::AcknowledgeFirst) {
            store = Arc::new(Hasty(store));
        }
        let (before, after) = (mine.clone(), mine);
        let outside = Outside::new(
            &self.world,
            Arc::new(move || before.step()),
            Arc::new(move || after.step()),
        );
        let world: Arc<dyn World> = match self.sabotage {
            Some(Sabotage::ActFirst) => Arc::new(Eager(outside)),
            Some(Sabotage::AcknowledgeFirst | Sabotage::Repeat) | None => Arc::new(outside),
        };
        let runtime = Runtime::new(store.clone(), world, [7; 32]);
        let plan = match self.sabotage {
            Some(Sabotage::Repeat) => bench::fixture::misdeclared("crash")?,
            Some(_) | None => bench::fixture::plan("crash")?,
        };
        let plan = Arc::new(plan);
        runtime.releases().add(&plan)?;
        runtime.take_up().await?;
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
    /// What was sent, accepted or not.
    said: BTreeMap<(RunId, ReviewNo), bool>,
    decided: BTreeMap<(RunId, ReviewNo), bool>,
}

async fn harness(setting: &Setting) -> Result<Report, Failure> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data)?;
    let world = folder.path().join("world");
    let memory: Shared = Arc::default();
    let outside = tokio::spawn(bench::outside::serve(world.clone(), memory.clone()));
    let mut dice = Dice(setting.seed | 1);
    let mut people = People::default();
    let mut wanted = setting.runs;
    let durable = folder.path().join("durable");
    std::fs::create_dir_all(&durable)?;
    let start = |wanted: u64, die: u64| {
        let mut child = child(&data, &world, wanted, die, setting.sabotage)?;
        if let Some(shim) = &setting.shim {
            child.env("LD_PRELOAD", shim).env("FORGET_DIR", &data);
            child.env("FORGET_DURABLE", &durable);
        }
        Ok::<Child, Failure>(child.spawn()?)
    };
    let mut forgotten = 0;
    for _ in 0..setting.kills {
        // Work never runs out: more cases come with every kill.
        wanted += 4;
        let die = if dice.roll(2) == 0 { 1 + dice.roll(160) } else { 0 };
        let mut child = start(wanted, die)?;
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
        if setting.shim.is_some() {
            forgotten += u64::from(power_cut(&data, &durable)?);
        }
    }
    let mut child = start(wanted, 0)?;
    let finished = finish(&data, &mut people, &memory, &mut dice, wanted).await;
    child.kill()?;
    child.wait()?;
    outside.abort();
    finished?;
    let mut report = verify(&data, &people, &memory)?;
    report.forgotten = forgotten;
    report.kills = setting.kills;
    report.runs = wanted;
    report.decisions = people.decided.len();
    Ok(report)
}

fn child(
    data: &Path,
    world: &Path,
    runs: u64,
    die: u64,
    sabotage: Option<(&'static str, Sabotage)>,
) -> Result<Process, Failure> {
    let mut process = Process::new(std::env::current_exe()?);
    process.arg("--worker").arg(data).arg(world).arg(runs.to_string()).arg(die.to_string());
    process.arg(sabotage.map_or("none", |(name, _)| name));
    process.stdin(Stdio::null()).stdout(Stdio::null());
    Ok(process)
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
            if people.decided.contains_key(&(line.run, review)) {
                // Whoever was told that it is accepted does not say it again.
                continue;
            }
            let failed = matches!(about, About::Failure { .. });
            let reply = match about {
                About::InDoubt { act } => {
                    let Some(yes) = happened(&reader, line.run, act, memory) else { continue };
                    Reply::Happened { yes }
                }
                // A failed step has nothing to approve: it is tried again.
                About::Failure { .. } => Reply::Approve,
                About::Step { .. } | About::Act { .. } => {
                    match people.said.get(&(line.run, review)) {
                        // A command without an answer is sent again as it was: its id is the same.
                        Some(yes) => answer(*yes),
                        None => answer(dice.roll(8) > 0),
                    }
                }
            };
            let yes = !matches!(reply, Reply::Reject { .. });
            people.said.insert((line.run, review), yes);
            let who = if by == "lead" { "ann@bench.example" } else { "bob@bench.example" };
            let Ok(who) = PersonId::new(who) else { continue };
            let hash = Hash::of_parts(&[&line.run.to_bytes(), &review.0.to_be_bytes()]);
            let mut id = [0; 16];
            id.copy_from_slice(&hash.0[..16]);
            let command = journal::Command {
                id: journal::CommandId(id),
                run: line.run,
                at: runtime::now(),
                order: if failed {
                    Order::Retry { who }
                } else {
                    Order::Review { who, review, reply }
                },
            };
            let asked = client.ask(&Request::Command(command), Duration::from_secs(2)).await;
            if !failed && matches!(asked, Ok(Response::Done)) {
                // Acknowledged: from now on it may neither be lost nor turned.
                people.decided.entry((line.run, review)).or_insert(yes);
            }
        }
    }
    lines.len()
}

fn answer(yes: bool) -> Reply {
    if yes { Reply::Approve } else { Reply::Reject { reason: "no".to_owned() } }
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
    let (mut last, mut quiet) = (0, 0);
    while quiet < 500 {
        decide(data, people, memory, dice).await;
        let all = reader.runs(&RunQuery { limit: usize::MAX >> 1, ..RunQuery::default() })?;
        let over = all.iter().filter(|line| line.status.over()).count() as u64;
        if over >= wanted {
            return Ok(());
        }
        quiet = if over == last { quiet + 1 } else { 0 };
        last = over;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let all = reader.runs(&RunQuery { limit: usize::MAX >> 1, ..RunQuery::default() })?;
    let stuck: Vec<String> = all
        .iter()
        .filter(|l| !l.status.over())
        .take(5)
        .map(|l| format!("{} {}", l.run, l.status.as_str()))
        .collect();
    let first = all.iter().find(|l| !l.status.over()).map(|l| l.run);
    let story = first.map(|run| frames(&reader, run)).transpose()?.unwrap_or_default();
    let records: Vec<&Record> = story.iter().flat_map(|f| &f.records).collect();
    let there = all.len();
    Err(format!("{there} of {wanted} runs are there, and {stuck:?} never end: {records:#?}").into())
}

#[derive(Default)]
struct Report {
    kills: u64,
    runs: u64,
    decisions: usize,
    forgotten: u64,
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
        let there = records
            .iter()
            .any(|r| matches!(r, Record::ReviewAnswered { review: n, .. } if n == review));
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
        matches!(
            r,
            Record::Ended { end: journal::End::Reached(plan::workflow::EndOutcome::Done), .. }
        )
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
