//! Kills a driver under load, again and again, and checks afterwards that nothing was lost,
//! repeated or turned. The outside world and the people live in this process, which is never
//! killed; the driver is a child of it. The last line is JSON.
//!
//! `crash` runs the harness, and then three saboteurs that must make it fail; `--kills`, `--runs`
//! and `--seed` take numbers. `crash --worker ...` is the child.

#![allow(clippy::print_stdout, reason = "its lines are what it is run for")]

mod people;
mod verify;
mod worker;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bench::outside::Shared;
use bench::sabotage::Sabotage;
use journal::{Chain, RunId, RunQuery, Seq, Stored};
use runtime::socket::Client;
use store::SqliteReader;

use people::{People, decide};
use verify::{Kind, Report, verify};
use worker::{EDGES, Worker};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The installation's secret, which the audit needs to compute the same keys again.
const KEYING: [u8; 32] = [7; 32];

/// From so many kills on every edge must have been one that a driver died at.
const ENOUGH: u64 = 100;

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
        let forgetful = Setting { kills: kills.div_ceil(4), shim: Some(build_shim()?), ..setting };
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
            let setting =
                Setting { kills, runs: 40, seed, sabotage: Some((name, sabotage)), shim: None };
            let report = harness(&setting).await?;
            if !report.found(Kind::of(sabotage)) {
                println!("{}", setting.line(&report));
                return Err(format!("the saboteur `{name}` was not noticed").into());
            }
            noticed.push(name);
        }
        println!(
            "{}",
            serde_json::json!({
                "kills": report.kills + forgot.kills, "runs": report.runs + forgot.runs,
                "frames_decided_again": report.same + forgot.same,
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
        let edges: BTreeMap<&str, u64> = EDGES.into_iter().zip(report.edges).collect();
        serde_json::json!({
            "kills": report.kills, "died_at": edges, "runs": report.runs, "frames": report.frames,
            "decided_again": report.same, "decisions": report.decisions,
            "in_doubt": report.in_doubt, "forgotten": report.forgotten,
            "repeated": report.repeated, "violations": report.said(), "seed": self.seed,
        })
    }

    fn judge(&self, report: &Report) -> Result<(), Failure> {
        if !report.violations.is_empty() {
            return Err("the journal and the outside world disagree".into());
        }
        if report.in_doubt == 0 || report.same == 0 {
            return Err("no act was in doubt, or no frame decided again: nothing was shown".into());
        }
        match EDGES.into_iter().zip(report.edges).find(|(_, times)| *times == 0) {
            Some((edge, _)) if self.kills >= ENOUGH => Err(format!("nobody died {edge}").into()),
            Some(_) | None => Ok(()),
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
    let stuck = finish(&data, &mut people, &memory, &mut dice, wanted).await;
    child.kill()?;
    child.wait()?;
    outside.abort();
    let mut report = verify(&data, &people, &memory, setting.sabotage.is_some())?;
    if let Some(stuck) = stuck? {
        report.violate(Kind::Stuck, stuck);
    }
    for line in std::fs::read_to_string(world.with_extension("edges")).unwrap_or_default().lines() {
        if let Some(times) = line.parse().ok().and_then(|n: usize| report.edges.get_mut(n)) {
            *times += 1;
        }
    }
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

/// Waits until every case is over; what never ends is told.
async fn finish(
    data: &Path,
    people: &mut People,
    memory: &Shared,
    dice: &mut Dice,
    wanted: u64,
) -> Result<Option<String>, Failure> {
    let reader = SqliteReader::open(data)?;
    let every = || reader.runs(&RunQuery { limit: usize::MAX >> 1, ..RunQuery::default() });
    let (mut last, mut quiet) = (0, 0);
    while quiet < 500 {
        decide(data, people, memory, dice).await;
        let over = every()?.iter().filter(|line| line.status.over()).count() as u64;
        if over >= wanted {
            return Ok(None);
        }
        quiet = if over == last { quiet + 1 } else { 0 };
        last = over;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let open: Vec<_> = every()?.into_iter().filter(|line| !line.status.over()).collect();
    let there = every()?.len();
    let Some(first) = open.first() else {
        return Ok(Some(format!("only {there} of {wanted} cases were opened")));
    };
    let story = frames(&reader, first.run)?;
    let records: Vec<_> = story.iter().flat_map(|frame| &frame.records).collect();
    Ok(Some(format!("{} cases never end; {}: {records:?}", open.len(), first.run)))
}

/// A run's stored rows.
fn rows(reader: &SqliteReader, run: RunId) -> Result<Vec<Stored>, Failure> {
    Ok(reader.frames(run, Seq(0), usize::MAX >> 1)?)
}

/// A run's frames, their links checked.
fn frames(reader: &SqliteReader, run: RunId) -> Result<Vec<journal::Frame>, Failure> {
    let mut chain = Chain::new(run);
    rows(reader, run)?.iter().map(|row| Ok(chain.read(&row.bytes)?)).collect()
}
