//! Clients of the interface: many that ask the same again and again, and one that follows events
//! while cases are started. It must not know what an answer means.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};

use super::{Fault, at_share, micros, round};

/// What came of asking.
pub struct Load {
    pub each_second: f64,
    /// How long each answer took, in millionths of a second, in order.
    took: Vec<u64>,
}

impl Load {
    pub fn shown(&self) -> Value {
        let ms = |percent| {
            let micros = u32::try_from(at_share(&self.took, percent)).unwrap_or(u32::MAX);
            round(f64::from(micros) / 1_000.0)
        };
        json!({ "each_second": self.each_second.round(), "p50_ms": ms(50), "p99_ms": ms(99) })
    }
}

/// Asks for as long as it is said.
pub async fn load(
    url: &str,
    tokens: Option<&[String]>,
    clients: usize,
    time: Duration,
) -> Result<Load, Fault> {
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for n in 0..clients {
        // Each client is several people in turn: no limit of one of them is to be met.
        let own = tokens.unwrap_or_default().iter().skip(n).step_by(clients);
        let (url, own): (_, Vec<String>) = (url.to_owned(), own.cloned().collect());
        tasks.push(tokio::spawn(async move {
            let client = client()?;
            let mut took = Vec::new();
            while begun.elapsed() < time {
                let since = Instant::now();
                let mut asked = client.get(&url);
                if let Some(token) = own.get(took.len() % own.len().max(1)) {
                    asked = asked.header(AUTHORIZATION, format!("Bearer {token}"));
                }
                let answer = asked.send().await?;
                if !answer.status().is_success() {
                    return Err(Fault::from(format!("{url}: {}", answer.status())));
                }
                answer.bytes().await?;
                took.push(micros(since));
            }
            Ok(took)
        }));
    }
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await??);
    }
    took.sort_unstable();
    let count = u32::try_from(took.len())?;
    Ok(Load { each_second: f64::from(count) / begun.elapsed().as_secs_f64(), took })
}

/// Follows events while cases are started, and gives for each entry how many thousandths of a
/// second passed between its time and its arrival, in order.
pub async fn follow(api: &str, tokens: &[String], cases: usize) -> Result<Vec<u64>, Fault> {
    let token = tokens.first().ok_or("there is no token")?.clone();
    let bearer = format!("Bearer {token}");
    let client = client()?;
    let asked = client.get(format!("{api}/events")).header(AUTHORIZATION, &bearer);
    let mut stream = asked.send().await?.error_for_status()?;
    let starts: Arc<str> = format!("{api}/cases").into();
    let starting = tokio::spawn(async move {
        for n in 0..cases {
            let name = format!("none-{n}.txt");
            let case = json!({ "workflow": "invoice_intake", "case": { "name": name } });
            let asked = client.post(&*starts).header(AUTHORIZATION, &bearer);
            let asked = asked.header("content-type", "application/json").body(case.to_string());
            asked.send().await?.error_for_status()?;
        }
        Ok::<_, Fault>(())
    });
    let (mut late, mut text) = (Vec::new(), String::new());
    // Each case stores a few entries; enough of them are waited for, and none for ever.
    let until = Instant::now() + Duration::from_secs(60);
    while late.len() < cases * 2 && Instant::now() < until {
        let chunk = tokio::time::timeout(Duration::from_secs(5), stream.chunk()).await;
        let Ok(Some(chunk)) = chunk.unwrap_or(Ok(None)) else { break };
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
        text.push_str(&String::from_utf8_lossy(&chunk));
        while let Some((line, rest)) = text.split_once('\n') {
            if let Some(data) = line.strip_prefix("data: ") {
                let event: Value = serde_json::from_str(data)?;
                let at: Timestamp = event
                    .get("at")
                    .and_then(Value::as_str)
                    .ok_or("an event has no time")?
                    .parse()?;
                let at = u64::try_from(at.as_millisecond())?;
                late.push(u64::try_from(now)?.saturating_sub(at));
            }
            text = rest.to_owned();
        }
    }
    starting.await??;
    late.sort_unstable();
    Ok(late)
}

/// Waits until no case is at work.
pub async fn at_rest(api: &str, tokens: &[String]) -> Result<(), Fault> {
    let bearer = format!("Bearer {}", tokens.first().ok_or("there is no token")?);
    let client = client()?;
    loop {
        let asked = client.get(format!("{api}/cases?status=running&limit=1"));
        let text = asked.header(AUTHORIZATION, &bearer).send().await?.text().await?;
        let listed: Value = serde_json::from_str(&text)?;
        if listed.get("cases").and_then(Value::as_array).is_some_and(Vec::is_empty) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn client() -> Result<reqwest::Client, Fault> {
    // The first provider of ciphers stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(reqwest::Client::builder().build()?)
}
