//! `logs`: every entry of a run, and whether the stored entries are complete, unchanged, and what
//! would be decided again. A log of another product is only shown.

mod foreign;

use engine::{Engine, Tally};
use evidence::{History, RunView, codes, verify, words};
use guard::Guard;
use journal::{RunId, Stored};
use serde_json::json;

use crate::args::{Global, Logs, LogsCommand};
use crate::driver::keying;
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};
use crate::stored::Runs;

/// What people did to the installation as a whole has a journal of its own.
const DESK: &str = "desk";

/// Shows all entries, as lines or as one JSON object per line.
pub fn logs(screen: &Screen, global: &Global, args: Logs) -> Ended {
    if let Some(LogsCommand::Read { file, only }) = args.command {
        return foreign::read(screen, &file, only);
    }
    let run = args.run.unwrap_or_default();
    let runs = Runs::existing(global)?;
    let run = if run == DESK { RunId::DESK } else { runs.find(&run)? };
    if args.verify {
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

fn proved(screen: &Screen, runs: &Runs, run: RunId) -> Ended {
    let rows = runs.rows(run)?;
    let proof = verify(run, &rows).map_err(|broken| Stop {
        exit: Exit::Findings,
        what: anyhow::anyhow!("the stored entries of {run} are not in order: {broken}"),
        code: Some(evidence::codes::JOURNAL_DAMAGED.id),
        help: Some("keep a copy of the data folder before anything else".to_owned()),
    })?;
    if proof.erased > 0 && !runs.desk()?.erased.contains_key(&run) {
        return Err(Stop {
            exit: Exit::Findings,
            what: anyhow::anyhow!(
                "{} contents of {run} cannot be read, and no order to erase them is on record",
                proof.erased
            ),
            code: Some(codes::JOURNAL_DAMAGED.id),
            help: Some("keep a copy of the data folder before anything else".to_owned()),
        });
    }
    let made = proof.erased == 0 && run != RunId::DESK;
    let again = if made { Some(decided_again(runs, run, &rows)?) } else { None };
    let mut shown = serde_json::to_value(&proof).map_err(anyhow::Error::from)?;
    if let (Some(fields), Some(tally)) = (shown.as_object_mut(), again) {
        let decisions = json!({
            "equal": tally.same,
            "stricter": tally.stricter,
            "caught": tally.caught,
            "other_version": tally.other_engine,
        });
        fields.insert("decisions".to_owned(), decisions);
    }
    screen.object("proof", shown)?;
    screen.line(format!(
        "complete and unchanged: {} entries, {} contents ({} erased), {} acts, {} unsettled",
        proof.frames, proof.bodies, proof.erased, proof.acts, proof.unsettled
    ));
    screen.line(match again {
        Some(tally) => recomputed(&tally),
        None if run == RunId::DESK => "it holds no decisions that could be made again".to_owned(),
        None => "decisions were not made again: contents they rest on were erased".to_owned(),
    });
    screen.line(format!("its last entry: {}", proof.tip));
    Ok(Exit::Done)
}

/// Makes every decision of a run again from what was stored with it.
fn decided_again(runs: &Runs, run: RunId, rows: &[Stored]) -> Result<Tally, Stop> {
    let history = History::read(run, rows).map_err(Stop::failed)?;
    let release = RunView::of(&history, None).release;
    let plan = release.and_then(|release| runs.release(release));
    let plan = plan.ok_or_else(|| Stop::failed("the release of this run cannot be read"))?;
    let guard = Guard::build(&plan).map_err(Stop::failed)?;
    let engine = Engine::new(plan, guard, keying(&runs.data)?);
    engine::audit(&engine, run, rows).map_err(|error| {
        let page = codes::DIFFERS;
        Stop::failed(format!("{} ({}): {error}", page.title, page.id)).help(page.next)
    })
}

fn recomputed(tally: &Tally) -> String {
    let mut text = format!("decisions made again and found equal: {}", tally.same);
    for (count, what) in [
        (tally.stricter, "stricter than the release alone"),
        (tally.caught, "stopped by a mistake of this program"),
        (tally.other_engine, "by another version, not made again"),
    ] {
        if count > 0 {
            text.push_str(&format!("; {what}: {count}"));
        }
    }
    text
}
