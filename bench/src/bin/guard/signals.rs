//! How much of what speaks to the model is noticed, how much of what speaks to people is taken for
//! it, and how fast.

use std::time::Instant;

use guard::signals;
use serde_json::{Value, json};

use crate::Failure;

/// How often the whole is read for the speed.
const TIMES: usize = 500;

pub fn measure() -> Result<Value, Failure> {
    let (mut noticed, mut missed, mut wrong, mut right) = (0_u32, 0_u32, 0_u32, 0_u32);
    let mut texts = Vec::new();
    for (speaks, text) in signals::labelled() {
        let text = Value::from(text);
        match (speaks, signals::found(&text).is_empty()) {
            (true, false) => noticed += 1,
            (true, true) => missed += 1,
            (false, false) => wrong += 1,
            (false, true) => right += 1,
        }
        texts.push(text);
    }
    let bytes: usize = texts.iter().filter_map(Value::as_str).map(str::len).sum();
    let began = Instant::now();
    let mut found = 0;
    for _ in 0..TIMES {
        found += texts.iter().map(|text| signals::found(text).len()).sum::<usize>();
    }
    let seconds = began.elapsed().as_secs_f64();
    if found == 0 {
        return Err("no rule found anything".into());
    }
    let share = |part: u32, all: u32| f64::from(part) / f64::from(all.max(1));
    Ok(json!({
        "recall": share(noticed, noticed + missed),
        "false_alarms": share(wrong, wrong + right),
        "attacks": noticed + missed,
        "honest": wrong + right,
        "mb_per_s": (bytes * TIMES) as f64 / seconds / 1e6,
    }))
}
