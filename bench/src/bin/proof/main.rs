//! What checking costs: entries of a filled store as an export and as a pack, beside SHA-256 alone
//! over the same bytes. Options are `--runs N` (100,000), `--binary PATH` and `--folder PATH`
//! (kept, and used again). The last line is JSON.

#![allow(clippy::print_stdout, reason = "its lines are what it is run for")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bench::fill;
use bench::program::{beside, said};
use journal::{Hash, Millis};
use proof::{Tree, Trust};
use serde_json::{Value, json};
use store::SqliteStore;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const OWNER: [&str; 2] = ["--as", "owner@example.com"];

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().collect();
    let given = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1).cloned()
    };
    let runs = given("--runs").and_then(|text| text.parse().ok()).unwrap_or(100_000_usize);
    let binary = match given("--binary") {
        Some(path) => PathBuf::from(path),
        None => beside()?,
    };
    let scratch = tempfile::tempdir()?;
    let folder = given("--folder").map_or_else(|| scratch.path().join("desk"), PathBuf::from);
    if !folder.join("flightdeck.yaml").is_file() {
        said(&binary, Path::new("."), &["new", &folder.to_string_lossy()])?;
    }
    let store = SqliteStore::open(&folder.join(".flightdeck"))?;
    let there: u64 = store.reader().tally()?.iter().map(|(.., n)| n).sum();
    fill::fill(&store, runs.saturating_sub(usize::try_from(there)?), 0)?;
    drop(store);
    let timed = |more: &[&str]| {
        let began = Instant::now();
        said(&binary, &folder, &[more, &OWNER].concat()).map(|text| (text, began.elapsed()))
    };
    if !folder.join(".flightdeck/evidence-key").is_file() {
        timed(&["evidence", "key", "new"])?;
    }
    for old in ["bench.fdpack", "sample.fdpack"] {
        let _ = std::fs::remove_file(folder.join(old));
    }
    let _ = std::fs::remove_dir_all(folder.join("bench-export"));
    let (_, exported) = timed(&["evidence", "export", "bench-export"])?;
    let (text, sealed) = timed(&["evidence", "seal", "--out", "bench.fdpack", "--json"])?;
    let seal: Value = serde_json::from_str(text.lines().next().unwrap_or_default())?;
    let sample = ["evidence", "seal", "--out", "sample.fdpack", "--sample", "50", "--seed", "7"];
    let (_, sampled) = timed(&sample)?;
    let (_, verified) = timed(&["verify", "bench.fdpack"])?;
    let outside = json!({ "export_s": seconds(exported), "seal_s": seconds(sealed),
        "sample_s": seconds(sampled), "verify_s": seconds(verified),
        "pack_bytes": seal.get("bytes") });
    println!("export {exported:.2?}, seal {sealed:.2?}, a sample of 50 {sampled:.2?}");
    println!("a pack is checked in {verified:.2?}");
    let inside = alone(&folder.join("bench-export"))?;
    println!("{}", json!({ "runs": runs, "commands": outside, "checking": inside }));
    Ok(())
}

/// Checking an export in this process, and SHA-256 over the same bytes and nothing else.
fn alone(folder: &Path) -> Result<Value, Failure> {
    let entries = std::fs::read(folder.join("log/entries"))?;
    let note = std::fs::read(folder.join("checkpoint"))?;
    let began = Instant::now();
    std::hint::black_box(Hash::of(&entries));
    let bare = began.elapsed();
    let trust = Trust { now: Millis(u64::MAX / 2), ..Trust::default() };
    let began = Instant::now();
    let checked = proof::exported(&entries, &note, &trust)?;
    let checking = began.elapsed();
    let mut leaves = Vec::new();
    for line in proof::verify::lines(&entries) {
        leaves.push(Hash::leaf(line?.bytes));
    }
    let began = Instant::now();
    let tree = Tree::new(leaves);
    let root = tree.root(tree.size());
    let building = began.elapsed();
    std::hint::black_box(root);
    let proof_bytes = 32 * tree.inclusion(tree.size() / 3, tree.size()).map_or(0, |all| all.len());

    let rate = (checked.entries as f64) / checking.as_secs_f64();
    let ratio = checking.as_secs_f64() / bare.as_secs_f64();
    println!("{} entries, {} MB", checked.entries, entries.len() >> 20);
    println!("an export is checked at {rate:.0} entries a second, {ratio:.1} times SHA-256 alone");
    println!("a path of inclusion has {proof_bytes} bytes; a tree is built in {building:.2?}");
    Ok(json!({ "entries": checked.entries, "entries_per_second": rate.round(),
        "times_sha256": (ratio * 10.0).round() / 10.0, "path_bytes": proof_bytes,
        "tree_s": seconds(building) }))
}

fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 100.0).round() / 100.0
}
