//! Recomputes the index of runs from their frames. What a run's frames mean is the caller's to
//! say; this only reads them, run by run, and corrects the lines.

use journal::{Chain, Millis, RunId, Seq, Standing, Store, StoreError, Stored};
use rusqlite::params;

use super::schema::{fault, int};
use super::writer::Writer;
use super::{SqliteStore, write};

/// Runs looked at in one go.
const PAGE: i64 = 256;

pub(super) fn rebuild(
    store: &SqliteStore,
    mut fold: impl FnMut(RunId, &[Stored]) -> Option<Standing>,
) -> Result<u64, StoreError> {
    let mut wrong = 0;
    let mut after = 0;
    loop {
        let page = store.reader().numbered(after, PAGE)?;
        let Some((last, _)) = page.last() else {
            return Ok(wrong);
        };
        after = *last;
        for (no, run) in page.into_iter().filter(|(_, run)| *run != RunId::DESK) {
            // A frame stored meanwhile brought its own line; then the run is read once more.
            while let Some(line) = line(store, run, &mut fold)? {
                match store.alone(move |writer| correct(writer, no, &line))? {
                    Corrected::Later => {}
                    Corrected::Same => break,
                    Corrected::Now => {
                        wrong += 1;
                        break;
                    }
                }
            }
        }
    }
}

struct Line {
    frames: u32,
    changed: Millis,
    standing: Standing,
}

enum Corrected {
    Same,
    Now,
    Later,
}

fn line(
    store: &SqliteStore,
    run: RunId,
    fold: &mut impl FnMut(RunId, &[Stored]) -> Option<Standing>,
) -> Result<Option<Line>, StoreError> {
    let frames = store.frames(run, Seq(0), usize::MAX)?;
    let mut chain = Chain::new(run);
    let mut changed = Millis(0);
    for stored in &frames {
        let seq = chain.next().0;
        let frame = chain.read(&stored.bytes);
        changed =
            frame.map_err(|e| StoreError::Damaged(format!("run {run}, frame {seq}: {e}")))?.at;
    }
    Ok(fold(run, &frames).map(|standing| Line { frames: chain.next().0, changed, standing }))
}

fn correct(writer: &mut Writer, no: i64, line: &Line) -> Result<Corrected, StoreError> {
    let conn = &writer.conn;
    let frames: u32 = conn
        .query_row("SELECT coalesce(max(seq) + 1, 0) FROM frame WHERE run = ?1", [no], |row| {
            row.get(0)
        })
        .map_err(fault)?;
    if frames != line.frames {
        return Ok(Corrected::Later);
    }
    let wake_at = line.standing.wake_at.filter(|_| !line.standing.status.over());
    let same: bool = conn
        .query_row(
            "SELECT status = ?2 AND wake_at IS ?3 FROM run WHERE no = ?1",
            params![no, line.standing.status.as_str(), wake_at.map(|at| int(at.0))],
            |row| row.get(0),
        )
        .map_err(fault)?;
    if same {
        return Ok(Corrected::Same);
    }
    write::standing(conn, no, line.changed, &line.standing).map_err(fault)?;
    Ok(Corrected::Now)
}
