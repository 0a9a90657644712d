//! How long the questions take that people put to a store of very many runs: `status`, `why`,
//! `runs`, `review`, each as the program answers it from its start to its end, from a cold and from
//! a warm file. Options are `--runs N` (a million), `--waiting N` (how many of them wait for a
//! person), `--binary PATH` and `--folder PATH` (kept, and used again). The last line is JSON.

#![allow(clippy::print_stdout, reason = "its lines are what it is run for")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use bench::fill;
use bench::program::{beside, said};
use serde_json::{Map, Value, json};
use store::SqliteStore;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How often a question is put to a warm file; the slowest answer counts.
const TIMES: usize = 5;

/// The questions, by name. `RUN` stands for a case that waits.
const QUESTIONS: &[(&str, &[&str])] = &[
    ("status", &["status"]),
    ("why", &["why"]),
    ("why_of_a_case", &["why", "RUN"]),
    ("runs", &["runs", "--limit", "50"]),
    ("runs_of_a_workflow", &["runs", "--workflow", "crash", "--limit", "50"]),
    ("review", &["review", "list"]),
    ("watch", &["watch", "--once"]),
    ("watch_requests", &["watch", "--once", "--page", "requests"]),
];

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().collect();
    let given = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1).cloned()
    };
    let number = |name: &str, default: usize| {
        given(name).and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (runs, waiting) = (number("--runs", 1_000_000), number("--waiting", 2_000));
    let binary = match given("--binary") {
        Some(path) => PathBuf::from(path),
        None => beside()?,
    };
    let scratch = tempfile::tempdir()?;
    let folder = given("--folder").map_or_else(|| scratch.path().join("desk"), PathBuf::from);
    if !folder.join("flightdeck.yaml").is_file() {
        said(&binary, Path::new("."), &["new", &folder.to_string_lossy()])?;
    }
    let data = folder.join(".flightdeck");
    let began = Instant::now();
    let store = SqliteStore::open(&data)?;
    let there: u64 = store.reader().tally()?.iter().map(|(.., n)| n).sum();
    let missing = runs.saturating_sub(usize::try_from(there)?);
    fill::fill(&store, missing, waiting.min(missing))?;
    drop(store);
    let filled = began.elapsed();
    let bytes = std::fs::metadata(data.join("journal.db"))?.len();
    println!("{runs} runs, {} MB, filled in {:.0} s", bytes >> 20, filled.as_secs_f64());
    let first = said(&binary, &folder, &["runs", "--status", "waiting", "--limit", "1", "--json"])?;
    let first: Value = serde_json::from_str(first.lines().next().ok_or("nothing waits")?)?;
    let run = first.get("run").and_then(Value::as_str).ok_or("a line without a run")?.to_owned();

    println!("{:<22} {:>10} {:>10}", "milliseconds", "cold", "warm");
    let mut figures = Map::new();
    for (name, question) in QUESTIONS {
        let question: Vec<&str> =
            question.iter().map(|word| if *word == "RUN" { run.as_str() } else { *word }).collect();
        forget(&data.join("journal.db"))?;
        let cold = timed(&binary, &folder, &question)?;
        let mut warm = 0;
        for _ in 0..TIMES {
            warm = warm.max(timed(&binary, &folder, &question)?);
        }
        println!("{name:<22} {cold:>10} {warm:>10}");
        figures.insert((*name).to_owned(), json!({ "cold_ms": cold, "warm_ms": warm }));
    }
    println!(
        "{}",
        json!({ "runs": runs, "waiting": waiting, "megabytes": bytes >> 20,
            "fill_s": filled.as_secs(), "answers": figures })
    );
    Ok(())
}

/// What the system keeps of a file in memory is given up, so that it is read from the disk again.
fn forget(file: &Path) -> Result<(), Failure> {
    let file = std::fs::File::open(file)?;
    file.sync_all()?;
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
    Ok(())
}

fn timed(binary: &Path, folder: &Path, question: &[&str]) -> Result<u64, Failure> {
    let began = Instant::now();
    said(binary, folder, question)?;
    Ok(u64::try_from(began.elapsed().as_millis())?)
}
