//! Precision and recall of the finders of personal data on labelled lines, by kind, and how fast
//! they are.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Instant;

use guard::personal;
use plan::workflow::Personal;
use serde_json::{Value, json};

use crate::Failure;

const LINES: &str = include_str!("../../../personal/held_out.txt");
/// How often the whole is read for the speed.
const TIMES: usize = 200;

#[derive(Default)]
struct Tally {
    right: u32,
    missed: u32,
    wrong: u32,
}

#[allow(clippy::print_stdout, reason = "what was missed is worth more than the figure")]
pub fn measure() -> Result<Value, Failure> {
    let mut by_kind: BTreeMap<&str, Tally> = BTreeMap::new();
    let (mut bytes, mut texts) = (0, Vec::new());
    for line in LINES.lines() {
        let (text, said) = labelled(line)?;
        let found = personal::settle(personal::find(&text)).into_iter();
        let found: Vec<_> = found.map(|p| (p.kind, p.range)).collect();
        let shown = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default().to_owned();
        for place in &said {
            let tally = by_kind.entry(place.0.as_str()).or_default();
            // Whatever hides all of it keeps it from the vendor.
            let hidden = |(_, range): &(Personal, Range<usize>)| {
                range.start <= place.1.start && place.1.end <= range.end
            };
            if found.iter().any(hidden) {
                tally.right += 1;
            } else {
                tally.missed += 1;
                println!("missed {}: {}", place.0.as_str(), shown(&place.1));
            }
        }
        for (kind, range) in &found {
            let meets = |(_, other): &(Personal, Range<usize>)| {
                other.start < range.end && range.start < other.end
            };
            if !said.iter().any(meets) {
                by_kind.entry(kind.as_str()).or_default().wrong += 1;
                println!("wrong {}: {}", kind.as_str(), shown(range));
            }
        }
        bytes += text.len();
        texts.push(text);
    }
    let began = Instant::now();
    let mut places = 0;
    for _ in 0..TIMES {
        places +=
            texts.iter().map(|text| personal::settle(personal::find(text)).len()).sum::<usize>();
    }
    let seconds = began.elapsed().as_secs_f64();
    let all = by_kind.values().fold(Tally::default(), |sum, one| Tally {
        right: sum.right + one.right,
        missed: sum.missed + one.missed,
        wrong: sum.wrong + one.wrong,
    });
    let kinds: BTreeMap<&str, Value> =
        by_kind.iter().map(|(kind, tally)| (*kind, figures(tally))).collect();
    let speed = (bytes * TIMES) as f64 / seconds / 1e6;
    Ok(json!({ "all": figures(&all), "by_kind": kinds, "places": places / TIMES,
        "mb_per_second": (speed * 10.0).round() / 10.0 }))
}

fn figures(tally: &Tally) -> Value {
    let share = |part: u32, of: u32| match of {
        0 => Value::Null,
        _ => Value::from((f64::from(part) / f64::from(of) * 1000.0).round() / 1000.0),
    };
    json!({ "right": tally.right, "missed": tally.missed, "wrong": tally.wrong,
        "recall": share(tally.right, tally.right + tally.missed),
        "precision": share(tally.right, tally.right + tally.wrong) })
}

type Said = Vec<(Personal, Range<usize>)>;

/// The text of a line, and what is said to stand in it.
fn labelled(line: &str) -> Result<(String, Said), Failure> {
    let line = line.replace("\\n", "\n");
    let (mut text, mut places, mut rest) = (String::new(), Vec::new(), line.as_str());
    while let Some((before, after)) = rest.split_once("[[") {
        text.push_str(before);
        let (kind, after) = after.split_once(':').ok_or("a label without a kind")?;
        let (value, after) = after.split_once("]]").ok_or("a label without an end")?;
        let kind = Personal::ALL.into_iter().find(|known| known.as_str() == kind);
        places.push((kind.ok_or("an unknown kind")?, text.len()..text.len() + value.len()));
        text.push_str(value);
        rest = after;
    }
    text.push_str(rest);
    Ok((text, places))
}
