//! What is counted while this process drives, read from the journal whenever somebody asks. It
//! must not be in the way of a run: nothing on its road knows of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use evidence::metrics::{Meters, Now, Reading};
use journal::{Frame, Status};

use crate::args::Global;
use crate::exit::Stop;
use crate::measured;
use crate::stored::{Runs, now};
use crate::workspace::Workspace;

/// How many entries are read at once.
const PAGE: usize = 1_000;
/// How many open cases are looked at.
const OPEN: usize = 100_000;
/// Where a case stands that is not over.
const STANDING: [Status; 5] =
    [Status::Running, Status::Sleeping, Status::Waiting, Status::Paused, Status::Halted];

/// Counts from the start of this process on.
pub struct Meter(Mutex<Counted>);

struct Counted {
    /// The last entry that was counted.
    place: u64,
    meters: Meters,
}

impl Meter {
    /// Counts what comes from now on.
    pub fn new(runs: &Runs, workspace: &Workspace) -> Result<Self, Stop> {
        let place = runs.reader().last_place()?;
        let places = workspace.places().map_err(Stop::usage)?;
        let vendors = places.declared.into_iter().map(|(name, m)| (name, (m.vendor, m.model)));
        let open = runs.standing(&STANDING, OPEN)?;
        let open = open.into_iter().map(|line| (line.run, line.workflow));
        let meters = Meters::new(vendors.collect(), open);
        Ok(Self(Mutex::new(Counted { place, meters })))
    }

    /// Counts what is new, and gives all of it in Prometheus' text format.
    pub fn read(&self, runs: &Runs, global: &Global) -> Result<String, Stop> {
        self.counted(runs, global, Meters::prometheus)
    }

    /// The same as readings.
    pub fn readings(&self, runs: &Runs, global: &Global) -> Result<Vec<Reading>, Stop> {
        self.counted(runs, global, Meters::readings)
    }

    fn counted<T>(
        &self,
        runs: &Runs,
        global: &Global,
        give: impl FnOnce(&Meters, &Now) -> T,
    ) -> Result<T, Stop> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let rows = runs.reader().after(counted.place, PAGE)?;
            for (place, bytes) in &rows {
                // What cannot be read counts for nothing; `doctor` says that it is damaged.
                if let Ok(frame) = serde_json::from_slice::<Frame>(bytes) {
                    counted.meters.frame(&frame);
                }
                counted.place = *place;
            }
            if rows.len() < PAGE {
                break;
            }
        }
        let lines = runs.standing(&STANDING, OPEN)?;
        let mut standing: BTreeMap<_, u64> = BTreeMap::new();
        for line in &lines {
            *standing.entry((line.workflow.clone(), line.status)).or_default() += 1;
        }
        let waiting = lines.iter().filter(|line| line.status == Status::Waiting);
        let oldest = waiting.map(|line| line.changed).min();
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let now = Now {
            standing,
            waiting_ms: oldest.map_or(0, |at| now().0.saturating_sub(at.0)),
            stops: count(runs.reader().stops()?.len()),
            firing: count(measured::firing(runs, global)?.len()),
        };
        Ok(give(&counted.meters, &now))
    }
}
