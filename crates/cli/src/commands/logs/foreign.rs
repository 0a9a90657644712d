//! `logs read`: a run log of another product as counts and lines. It must not store anything of it,
//! and it must not show it without saying that it proves nothing.

use std::io::Read;
use std::path::Path;

use anyhow::Context;
use evidence::foreign::{
    BYTES_MAX, Ended as RunEnded, Entry, Group, Log, PROVES_NOTHING, Run, Why,
};
use evidence::words::plain;
use serde_json::json;

use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};

/// Shows a log.
pub fn read(screen: &Screen, path: &Path, only: Option<Group>) -> Ended {
    let named = || format!("`{}` cannot be read", plain(&path.to_string_lossy()));
    let file = std::fs::File::open(path).with_context(named)?;
    let most = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).with_context(named)?;
    if bytes.len() > BYTES_MAX {
        let what = format!("the log has more than {BYTES_MAX} bytes");
        return Err(Stop::usage(what).help("read it in parts: each of its lines stands by itself"));
    }
    let log = Log::read(&bytes);
    if log.entries.is_empty() {
        let what = format!("no line of `{}` is an entry of a run", plain(&path.to_string_lossy()));
        return Err(Stop::usage(what).help("each line is a JSON object with `event` and `runId`"));
    }
    screen.object(
        "foreign_log",
        json!({
            "runs": log.runs, "entries": log.entries.len(), "beyond": log.beyond,
            "unread": log.unread, "unread_in_all": log.unread_in_all,
            "is_proof": false, "says": PROVES_NOTHING,
        }),
    )?;
    screen.line(screen.word(Look::Warn, PROVES_NOTHING));
    for run in &log.runs {
        told(screen, run);
    }
    screen.line("");
    for entry in log.of(only) {
        screen.object("foreign_entry", entry)?;
        screen.line(line(entry));
    }
    if log.beyond > 0 {
        screen.line(format!("{} further entries are counted and not shown", log.beyond));
    }
    for one in &log.unread {
        let why = match one.why {
            Why::Long => "it is longer than a line may be",
            Why::Form => "it is no JSON object",
            Why::Event => "it names no event that is known",
        };
        screen.line(format!("line {} is not read: {why}", one.line));
    }
    if log.unread_in_all > log.unread.len() {
        screen.line(format!("{} lines in all are not read", log.unread_in_all));
    }
    Ok(Exit::Done)
}

fn told(screen: &Screen, run: &Run) {
    let ended = match run.ended {
        RunEnded::Complete => "says that it ended",
        RunEnded::Failed => "says that it failed",
        RunEnded::Open => "does not say how it ended",
    };
    let times = match (&run.first, &run.last) {
        (Some(first), Some(last)) => format!(", {first} to {last}"),
        _ => String::new(),
    };
    screen.line("");
    screen.line(format!("run `{}` {ended}: {} entries{times}", run.run, run.entries));
    for (event, count) in &run.events {
        screen.line(format!("  {count} times {}", event.says()));
    }
    if run.backwards > 0 {
        screen.line(format!("  {} lines say an earlier time than the one before", run.backwards));
    }
}

fn line(entry: &Entry) -> String {
    let mut out = format!(
        "{}  {}  {}",
        entry.at.as_deref().unwrap_or("no time"),
        entry.run,
        entry.event.says()
    );
    for (what, text) in [("step", &entry.step), ("tool", &entry.tool)] {
        if let Some(text) = text {
            out.push_str(&format!(", {what} `{text}`"));
        }
    }
    if !entry.missing.is_empty() {
        out.push_str(&format!(", without `{}`", entry.missing.join("`, `")));
    }
    if let Some(says) = &entry.says {
        out.push_str(&format!(": {says}"));
    }
    out
}
