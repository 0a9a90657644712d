//! Logs that anybody can have written: counted, shown inert, and never beyond their bounds.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn line(run: &str, event: &str, more: &Value) -> String {
    let mut all = json!({ "ts": "2026-05-01T08:00:00.000Z", "runId": run, "event": event });
    for (key, value) in more.as_object().unwrap() {
        all[key] = value.clone();
    }
    format!("{all}\n")
}

#[test]
fn every_kind_of_entry_is_counted_by_run_and_by_what_it_is_about() {
    let mut text = String::new();
    for kind in Kind::ALL {
        text.push_str(&line("a1", kind.written(), &json!({})));
    }
    text.push_str(&line("b2", "tool_use", &json!({ "toolName": "Bash", "message": "ls" })));
    let log = Log::read(text.as_bytes());
    assert_eq!((log.runs.len(), log.entries.len(), log.unread_in_all), (2, 17, 0));
    let run = &log.runs[0];
    assert_eq!((run.entries, run.events.len(), run.ended), (16, 16, Ended::Failed));
    let counts: Vec<usize> = Group::ALL.iter().map(|group| run.groups[group]).collect();
    assert_eq!(counts, [3, 1, 2, 3, 5]);
    assert_eq!(log.runs[1].ended, Ended::Open);
    assert_eq!(log.of(Some(Group::Tools)).count(), 2);
    assert_eq!(log.of(None).count(), 17);
    for kind in Kind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.written());
    }
}

#[test]
fn a_broken_contract_says_what_it_lacked_and_a_line_whose_time_goes_back_is_counted() {
    let failed = json!({
        "nodeId": "n4", "message": "Contract failed",
        "contractResult": { "passed": false, "missingFields": ["headline", 7, "body"] },
    });
    let back = json!({ "ts": "2026-04-30T08:00:00Z", "skillName": "Draft" });
    let never = json!({ "ts": "yesterday" });
    let text = line("a", "contract_fail", &failed)
        + &line("a", "retry", &back)
        + &line("a", "retry", &never);
    let log = Log::read(text.as_bytes());
    assert_eq!(log.entries[0].missing, ["headline", "body"]);
    assert_eq!(log.entries[0].step.as_deref(), Some("n4"));
    assert_eq!(log.entries[1].step.as_deref(), Some("Draft"));
    assert_eq!((log.runs[0].backwards, &log.entries[2].at), (1, &None));
    assert_eq!(log.runs[0].last.as_deref(), Some("2026-04-30T08:00:00Z"));
}

#[test]
fn what_is_no_entry_is_named_by_its_line_and_hides_none_of_the_others() {
    let long = line("a", "retry", &json!({ "message": "x".repeat(LINE_BYTES_MAX) }));
    let deep = format!("{}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    let text = format!(
        "{}\r\n\n[1]\nno json\n{{\"event\": \"sudo\"}}\n{long}{deep}{}",
        line("a", "run_start", &json!({})).trim_end(),
        line("a", "run_complete", &json!({})).trim_end(),
    );
    let mut bytes = text.into_bytes();
    bytes.extend(b"\n\xff\xfe\n");
    let log = Log::read(&bytes);
    assert_eq!((log.entries.len(), log.runs[0].ended), (2, Ended::Complete));
    let unread: Vec<(usize, Why)> = log.unread.iter().map(|one| (one.line, one.why)).collect();
    let wanted = [
        (3, Why::Form),
        (4, Why::Form),
        (5, Why::Event),
        (6, Why::Long),
        (7, Why::Form),
        (9, Why::Form),
    ];
    assert_eq!((unread.as_slice(), log.unread_in_all), (&wanted[..], 6));
}

#[test]
fn a_log_of_any_size_stays_within_its_bounds() {
    let many: String =
        (0..RUNS_MAX + 5).map(|n| line(&n.to_string(), "tool_use", &json!({}))).collect();
    let log = Log::read(many.as_bytes());
    assert_eq!(log.runs.len(), RUNS_MAX + 1);
    assert_eq!(log.runs.last().map(|run| (run.run.as_str(), run.entries)), Some((OTHER_RUNS, 5)));
    let bad = Log::read("x\n".repeat(UNREAD_MAX * 3).as_bytes());
    assert_eq!((bad.unread.len(), bad.unread_in_all), (UNREAD_MAX, UNREAD_MAX * 3));
}

proptest! {
    #[test]
    fn no_text_of_a_log_reaches_a_screen_as_it_stands(text in "\\PC{0,40}[\u{1b}\u{202e}\u{0}\n]\\PC{0,40}") {
        let more = json!({ "message": text, "skillName": text, "toolName": text, "runId": text });
        let log = Log::read(line("a", "tool_use", &more).as_bytes());
        let entry = &log.entries[0];
        for shown in [&entry.says, &entry.step, &entry.tool, &Some(entry.run.clone())] {
            let shown = shown.as_deref().unwrap_or_default();
            prop_assert!(!shown.contains(['\u{1b}', '\u{202e}', '\0', '\n']), "{shown:?}");
        }
    }

    #[test]
    fn any_bytes_are_read_to_their_end(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let log = Log::read(&bytes);
        let lines = bytes.split(|byte| *byte == b'\n').count();
        prop_assert!(log.entries.len() + log.unread_in_all <= lines);
    }
}
