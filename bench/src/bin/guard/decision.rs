//! One decision of the engine, from a case to the first act with its record built: with a hundred
//! policies, and with the standard ones alone.

use std::sync::Arc;
use std::time::Instant;

use engine::{Engine, Opening};
use guard::Guard;
use journal::{Entropy, Millis, Mode, Record, RunId, Starter};
use plan::ids::PersonId;
use serde_json::{Value, json};

use crate::Failure;

const RUNS: usize = 20_000;
const POLICIES: usize = 100;

/// Microseconds of the median and of the slowest in a hundred.
pub fn measure() -> Result<(Value, Value), Failure> {
    let (bare, governed) = (engine(0)?, engine(POLICIES)?);
    let mut times = [Vec::with_capacity(RUNS), Vec::with_capacity(RUNS)];
    // Side by side, so that whatever else the machine does is in both.
    for n in 0..RUNS {
        for (engine, times) in [&bare, &governed].into_iter().zip(&mut times) {
            let opening = opening(u64::try_from(n)?)?;
            let began = Instant::now();
            let draft = engine::open(engine, &opening);
            times.push(began.elapsed().as_nanos());
            let allowed = draft.records.iter().any(|r| matches!(r, Record::Allowed { .. }));
            if !allowed {
                return Err(format!("nothing was allowed: {:?}", draft.records).into());
            }
        }
    }
    let [bare, governed] = times.map(|mut times| {
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
        let micros = |nanos: u128| (nanos as f64 / 100.0).round() / 10.0;
        json!({ "p50_us": micros(at(50)), "p99_us": micros(at(99)) })
    });
    Ok((bare, governed))
}

fn engine(policies: usize) -> Result<Engine, Failure> {
    let plan = Arc::new(bench::fixture::governed(policies)?);
    let guard = Guard::build(&plan)?;
    Ok(Engine::new(plan, guard, [7; 32]))
}

fn opening(n: u64) -> Result<Opening, Failure> {
    let now = Millis(1_795_428_000_000 + n);
    let mut entropy = [0; 32];
    entropy.iter_mut().zip(n.to_be_bytes()).for_each(|(to, from)| *to = from);
    let case = json!({ "n": n, "text": "plain" }).to_string().into_bytes();
    Ok(Opening {
        run: RunId::new(now, [3; 10]),
        now,
        entropy: Entropy(entropy),
        case,
        labels: None,
        called: None,
        starter: Starter::Person(PersonId::new("ann@bench.example")?),
        mode: Mode::Live,
        refusals: Vec::new(),
    })
}
