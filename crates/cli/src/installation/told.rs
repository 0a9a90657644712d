//! What somebody is told who came second: who was first, when, what they did, and what can still be
//! done. It must not decide who was first.

use evidence::{ReviewState, ReviewView, RunView, words};
use journal::{Decline, Record, RunId, StopScope};
use plan::ids::FilePath;
use server::{No, Why};

use super::case;
use crate::stored::Runs;

/// Why a request takes no answer any more.
pub fn settled(runs: &Runs, view: &RunView, review: &ReviewView) -> No {
    let zone = view.workflow.as_ref().and_then(|name| runs.zone_of(name));
    let when = |at| words::when(at, zone.as_deref());
    let what = match &review.state {
        ReviewState::Approved { who, at } => format!("{who} approved this at {}", when(*at)),
        ReviewState::Edited { who, at, .. } => {
            format!("{who} approved this with changes at {}", when(*at))
        }
        ReviewState::Rejected { who, at, reason } => {
            let reason = reason.as_ref().map_or(String::new(), |said| format!(": “{said}”"));
            format!("{who} rejected this at {}{reason}", when(*at))
        }
        ReviewState::Late { at } => {
            format!("nobody answered this in time, so at {} it went on as its map says", when(*at))
        }
        ReviewState::Closed { at } => {
            format!("the case went on without an answer to this at {}", when(*at))
        }
        ReviewState::Open => "this was answered by somebody else just now".to_owned(),
    };
    No::new(Why::Conflict, what).help(
        "an answer that comes later changes nothing; the case's page says what follows, and whoever \
         may overrule can still stop it",
    )
}

/// Why an order was not followed, in a sentence that says who was first.
pub fn declined(
    runs: &Runs,
    view: &RunView,
    review: u32,
    because: Decline,
    text: &'static str,
) -> No {
    let found = view.reviews.iter().find(|one| one.no.0 == review);
    match (because, found) {
        (Decline::NotOpen, Some(found)) => settled(runs, view, found),
        (Decline::Taken, Some(found)) => match &found.claim {
            Some(claim) => {
                let zone = view.workflow.as_ref().and_then(|name| runs.zone_of(name));
                let until = words::when(claim.until, zone.as_deref());
                let what = format!("{} has taken this up until {until}", claim.who);
                No::new(Why::Conflict, what).help(
                    "nothing of your answer was taken; it is yours again once they give it back, \
                     or at that time",
                )
            }
            None => No::new(Why::Conflict, text),
        },
        (Decline::NotPermitted | Decline::Agreed | Decline::Enough, _) => {
            No::new(Why::NotPermitted, text)
        }
        (Decline::NotOpen | Decline::NotNow | Decline::Taken, _) => No::new(Why::Conflict, text),
        (Decline::BadEdit, _) => No::new(Why::Invalid, text),
    }
}

/// What became of a request that is not open any more.
pub fn became(runs: &Runs, run: RunId, review: u32) -> Result<Option<No>, No> {
    let view = case(runs, run)?;
    let found = view.reviews.iter().find(|one| one.no.0 == review);
    let found = found.ok_or_else(|| No::new(Why::NotFound, "there is no such request"))?;
    let open = found.state == ReviewState::Open;
    Ok((!open).then(|| settled(runs, &view, found)))
}

/// Why a stop cannot be lifted that is not in force.
pub fn lifted(runs: &Runs, scope: &StopScope) -> No {
    let of = words::scope(scope);
    let desk = runs.desk().ok();
    let by = desk.as_ref().and_then(|desk| desk.lifted.get(scope));
    match by {
        Some(by) => No::new(Why::Conflict, format!("{of}: the stop was lifted {}", by.told(None)))
            .help("nothing has to be done: cases that it held go on by themselves"),
        None => No::new(Why::Conflict, format!("{of} is not stopped")),
    }
}

/// The no to a file that somebody else saved first, with who it was where that is known.
pub fn saved(runs: &Runs, path: &FilePath, no: No) -> No {
    if no.why != Why::Conflict {
        return no;
    }
    let last = runs.desk_history().ok().and_then(|desk| {
        let frames = desk.frames().iter().rev();
        let mut all = frames.flat_map(|frame| frame.records.iter().map(|one| (frame.at, one)));
        all.find_map(|(at, record)| match record {
            Record::FileSaved { who, file, .. } if file == path => Some((at, who.clone())),
            _ => None,
        })
    });
    let what = match last {
        Some((at, who)) => {
            format!("{}; the last to save it here was {who} at {}", no.what, words::when(at, None))
        }
        None => no.what.clone(),
    };
    No { what, ..no }
}
