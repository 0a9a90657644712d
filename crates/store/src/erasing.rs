//! What both stores agree on: the desk alone orders an erasure, and only of runs that are over.

use journal::{CommitError, Frame, Record, RunId};

/// The runs whose keys a frame destroys, order by order.
pub(crate) fn erased(frame: &Frame) -> impl Iterator<Item = &[RunId]> {
    let desk = frame.run == RunId::DESK;
    frame.records.iter().filter(move |_| desk).filter_map(|record| match record {
        Record::Erased { runs, .. } => Some(runs.as_slice()),
        _ => None,
    })
}

pub(crate) fn still_open(run: RunId) -> CommitError {
    CommitError::Fault(format!("run {run} is still open, so that nothing of it is erased"))
}

pub(crate) fn unknown(run: RunId) -> CommitError {
    CommitError::Fault(format!("there is no run {run}"))
}
