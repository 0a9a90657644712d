//! What the HTTP interface costs with sign-in on: requests a second and how long the slowest in a
//! hundred take, beside an answer that needs no sign-in, in the same run; and how long a stored
//! entry takes to whoever follows events. The program under test is another process. It must not
//! judge: machines differ, and ratios are what is compared.

mod client;

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use bench::program::{Up, beside, project, token};
use serde_json::{Value, json};

use client::{at_rest, follow, load};

type Fault = Box<dyn Error + Send + Sync>;

/// So many clients ask at once, each for several others in turn, so that nobody's own limit is what
/// is met.
const CLIENTS: usize = 40;
const TOKENS: usize = 160;
const SECONDS: u64 = 4;
/// So many cases are started while somebody follows.
const CASES: usize = 200;
const WHO: &str = "marta@larkfield.example";

fn main() -> Result<(), Fault> {
    let program = beside()?;
    let folder = tempfile::tempdir()?;
    let root = folder.path().join("office");
    copy(&project().join("examples/back-office"), &root)?;
    let tokens: Result<Vec<String>, Fault> =
        (0..TOKENS).map(|_| token(&program, &root, WHO)).collect();
    let tokens = tokens?;
    let up = Up::start(&program, &root)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let shape = runtime.block_on(measured(&up.url, &tokens))?;
    let mut out = std::io::stdout();
    writeln!(out, "{shape}")?;
    Ok(())
}

async fn measured(url: &str, tokens: &[String]) -> Result<Value, Fault> {
    let time = Duration::from_secs(SECONDS);
    let at = |path: &str| format!("{url}{path}");
    let api = at("/api/v1/workspaces/office");
    let open = load(&at("/api/v1/sign-in"), None, CLIENTS, time).await?;
    let session = load(&at("/api/v1/session"), Some(tokens), CLIENTS, time).await?;
    let stops = load(&format!("{api}/stops"), Some(tokens), CLIENTS, time).await?;
    // What there is to list is there once what was begun rests.
    let latencies = follow(&api, tokens, CASES).await?;
    at_rest(&api, tokens).await?;
    let cases = load(&format!("{api}/cases?limit=50"), Some(tokens), CLIENTS, time).await?;
    let share = |one: &client::Load| one.each_second / open.each_second.max(1.0);
    Ok(json!({
        "clients": CLIENTS,
        "open": open.shown(),
        "signed_in": session.shown(),
        "stops": stops.shown(),
        "cases_50": cases.shown(),
        "signed_in_of_open": round(share(&session)),
        "cases_50_of_open": round(share(&cases)),
        "entries_followed": latencies.len(),
        "record_to_subscriber_ms": {
            "p50": at_share(&latencies, 50), "p99": at_share(&latencies, 99),
        },
    }))
}

/// The value below which so many in a hundred lie. They are in order.
pub fn at_share(sorted: &[u64], percent: usize) -> u64 {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

pub fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn copy(from: &Path, to: &Path) -> Result<(), Fault> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// How long something took, in millionths of a second.
pub fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}
