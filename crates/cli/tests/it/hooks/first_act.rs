//! How long it takes from what begins a case to the first act of it.

use std::collections::BTreeMap;
use std::fs;

use journal::{Frame, Record, Starter, Trigger};
use serde_json::json;
use store::SqliteReader;

use super::{Sending, TILL, Up, desk, done};

/// Milliseconds from each beginning to the first act of its case that was allowed. Nothing is
/// asserted of how long: it depends on the machine.
#[test]
fn how_long_it_takes_from_a_trigger_to_the_first_act() {
    let wish = std::env::var("FLIGHTDECK_BEGINNINGS").ok().and_then(|n| n.parse().ok());
    let times: usize = wish.unwrap_or(2);
    let desk = desk();
    let drops = desk.root().join("drops");
    let up = Up::start(&desk);
    let now = || u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap();
    let (mut began, mut files, mut events) = (BTreeMap::new(), Vec::new(), Vec::new());
    for n in 0..times {
        let (name, body) = (format!("file-{n}.txt"), format!(r#"{{"name":"event-{n}.txt"}}"#));
        let sending = Sending {
            hook: "orders/till",
            id: &name,
            key: TILL,
            kind: "application/json",
            body: &body,
        };
        let at = now();
        let answer = up.send(&sending);
        assert_eq!(answer.status, 201, "{}", answer.body);
        began.insert(answer.id(), at);
        // Another program has written it, and puts it there whole.
        fs::write(drops.join("half.part"), &name).unwrap();
        let at = now();
        fs::rename(drops.join("half.part"), drops.join(&name)).unwrap();
        let all = done(&desk, 2 * (n + 1));
        let run = all.iter().map(|line| line["run"].as_str().unwrap().to_owned());
        let new: Vec<String> = run.filter(|run| !began.contains_key(run)).collect();
        assert_eq!(new.len(), 1);
        began.insert(new[0].clone(), at);
    }
    let reader = SqliteReader::open(&desk.root().join(".flightdeck")).unwrap();
    let mut seen = BTreeMap::new();
    for (_, bytes) in reader.after(0, 100_000).unwrap() {
        let frame: Frame = serde_json::from_slice(&bytes).unwrap();
        for record in &frame.records {
            let (file, run) = (seen.get(&frame.run).copied(), frame.run.to_string());
            match (record, file) {
                (Record::Opened { starter: Starter::Trigger { by, .. }, .. }, _) => {
                    seen.insert(frame.run, matches!(by, Trigger::File(_)));
                }
                (Record::Allowed { .. }, Some(is_file)) => {
                    let took = frame.at.0.saturating_sub(began[&run]);
                    seen.remove(&frame.run);
                    if is_file { files.push(took) } else { events.push(took) }
                }
                _ => {}
            }
        }
    }
    assert_eq!((files.len(), events.len()), (times, times));
    files.sort_unstable();
    events.sort_unstable();
    let middle = |all: &[u64]| (all[all.len() / 2], all[all.len() - 1]);
    let ((file, file_most), (event, event_most)) = (middle(&files), middle(&events));
    let figures = json!({
        "beginnings": times, "file_to_first_act_ms": file, "file_most_ms": file_most,
        "event_to_first_act_ms": event, "event_most_ms": event_most,
    });
    println!("{figures}");
}
