//! What telemetry costs a run: the same cases without it, with a collector that takes everything,
//! and with one that never answers, in turn and in the same run. The program under test is another
//! process. It must not judge: machines differ, and ratios are what is compared.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bench::program::beside;
use serde_json::json;

type Fault = Box<dyn Error + Send + Sync>;

const CASES: usize = 1_000;
const ROUNDS: usize = 5;

const WORKFLOW: &str = "---
workflow: sort
purpose: Sort letters by their kind.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: letter, from: inside, fields: { kind: text } }
limits:
  case: { cost: 0.10 EUR, days: 2 }
  day: { cost: 5 EUR, cases: 1000000 }
baseline: { minutes: 1, cases_per_week: 400 }
on_failure: { then: stop }
steps:
  - step: route
    decide:
      who: lead
      basis: How letters are sorted
      first:
        - { when: \"case.kind == 'odd'\", go: odd }
      otherwise: plain
  - step: odd
    end: rejected
  - step: plain
    end: done
exceptions:
  - { what: a letter without a kind, when: \"case.kind == ''\", go: odd }
---
# Sort
";

fn main() -> Result<(), Fault> {
    let folder = tempfile::tempdir()?;
    let root = folder.path().join("desk");
    let program = beside()?;
    let made = Command::new(&program).args(["new", "desk"]).current_dir(folder.path()).output()?;
    if !made.status.success() {
        return Err("no workspace could be made".into());
    }
    std::fs::write(root.join("workflows/sort.md"), WORKFLOW)?;
    let rows: Vec<String> =
        (0..CASES).map(|n| json!({ "kind": n.to_string() }).to_string()).collect();
    std::fs::write(root.join("rows.jsonl"), rows.join("\n"))?;
    let (takes, bytes) = taking()?;
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let silent = format!("http://{}", silent_at(silent)?);
    let ways = [("off", None), ("taken", Some(takes)), ("silent", Some(silent))];
    let mut times: Vec<Vec<u128>> = vec![Vec::new(); ways.len()];
    for _ in 0..ROUNDS {
        for (at, (_, to)) in ways.iter().enumerate() {
            let data = tempfile::tempdir()?;
            let took = run(&program, &root, data.path(), to.as_deref())?;
            times.get_mut(at).ok_or("no such way")?.push(took);
        }
    }
    let median = |all: &mut Vec<u128>| {
        all.sort_unstable();
        all.get(all.len() / 2).copied().unwrap_or_default()
    };
    let medians: Vec<u128> = times.iter_mut().map(median).collect();
    let [off, taken, silent] = medians.as_slice() else { return Err("three ways".into()) };
    let of = |ms: u128| (ms * 1_000 / off.max(&1)).to_string().parse::<f64>().map(|n| n / 1_000.0);
    let shape = json!({
        "cases": CASES, "rounds": ROUNDS,
        "ms": { "off": off.to_string(), "taken": taken.to_string(), "silent": silent.to_string() },
        "taken_of_off": of(*taken)?, "silent_of_off": of(*silent)?,
        "bytes_taken": bytes.load(Ordering::Relaxed),
    });
    writeln!(std::io::stdout(), "{shape}")?;
    Ok(())
}

/// How long all cases take, until the last is over: what is still to be sent then holds back
/// whoever waits for the program to end, and no case.
fn run(program: &Path, root: &Path, data: &Path, to: Option<&str>) -> Result<u128, Fault> {
    let mut command = Command::new(program);
    command
        .args(["run", "sort", "--each", "rows.jsonl", "--at-once", "32", "--json"])
        .current_dir(root)
        .env("FLIGHTDECK_PERSON", "owner@example.com")
        .env("FLIGHTDECK_DATA", data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Some(to) = to {
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", to).env("OTEL_METRIC_EXPORT_INTERVAL", "1000");
    }
    let (began, mut child) = (Instant::now(), command.spawn()?);
    let said = BufReader::new(child.stdout.take().ok_or("it says nothing")?);
    let (mut cases, mut last) = (0, 0);
    for line in said.lines() {
        if line?.contains("\"kind\":\"case\"") {
            (cases, last) = (cases + 1, began.elapsed().as_millis());
        }
    }
    child.wait()?;
    if cases != CASES {
        return Err(format!("{cases} of {CASES} cases came to an end").into());
    }
    Ok(last)
}

/// A collector that takes everything, and how many bytes it took.
fn taking() -> Result<(String, Arc<AtomicU64>), Fault> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let bytes = Arc::new(AtomicU64::new(0));
    let taken = Arc::clone(&bytes);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let taken = Arc::clone(&taken);
            std::thread::spawn(move || {
                while let Ok(length) = take(&stream) {
                    taken.fetch_add(length, Ordering::Relaxed);
                }
            });
        }
    });
    Ok((url, bytes))
}

fn take(mut stream: &TcpStream) -> Result<u64, Fault> {
    let mut reader = BufReader::new(stream);
    let mut length = 0_u64;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err("it is closed".into());
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
    Ok(length)
}

/// A collector that takes connections and never answers.
fn silent_at(listener: TcpListener) -> Result<std::net::SocketAddr, Fault> {
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        let held: Vec<TcpStream> = listener.incoming().map_while(Result::ok).collect();
        drop(held);
    });
    Ok(address)
}
