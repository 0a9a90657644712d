//! `logs`: every entry of a run, and whether the stored entries are complete and unchanged.

use evidence::{verify, words};
use serde_json::json;

use crate::args::Global;
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};
use crate::stored::Runs;

/// Shows all entries, as lines or as one JSON object per line.
pub fn logs(screen: &Screen, global: &Global, run: &str, check: bool) -> Ended {
    let runs = Runs::existing(global)?;
    let run = runs.find(run)?;
    if check {
        return proved(screen, &runs, run);
    }
    let view = runs.view(run)?;
    let zone = runs.zone(&view);
    for line in &view.timeline {
        let entry = json!({
            "run": run,
            "at": words::stamp(line.at),
            "step": line.step,
            "text": line.text,
            "detail": line.detail,
        });
        screen.object("entry", entry)?;
        let when = words::when(line.at, zone.as_deref());
        let text =
            if line.detail { screen.word(Look::Quiet, &line.text) } else { line.text.clone() };
        screen.line(format!("{when}  {text}"));
    }
    let usage = view.usage;
    screen.line(format!(
        "{} tokens, cost {}, {} at work",
        words::number(usage.tokens()),
        words::cost(usage.cost_nanos),
        words::span(usage.active_ms)
    ));
    Ok(Exit::Done)
}

fn proved(screen: &Screen, runs: &Runs, run: journal::RunId) -> Ended {
    let rows = runs.rows(run)?;
    let proof = verify(run, &rows).map_err(|broken| Stop {
        exit: Exit::Findings,
        what: anyhow::anyhow!("the stored entries of {run} are not in order: {broken}"),
        help: Some("keep a copy of the data folder before anything else".to_owned()),
    })?;
    screen.object("proof", &proof)?;
    screen.line(format!(
        "complete and unchanged: {} entries, {} contents ({} erased), {} acts, {} unsettled",
        proof.frames, proof.bodies, proof.erased, proof.acts, proof.unsettled
    ));
    screen.line(format!("its last entry: {}", proof.tip));
    Ok(Exit::Done)
}
