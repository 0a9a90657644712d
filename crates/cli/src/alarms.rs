//! Looks again and again whether those who are asked still look, and has each new alarm written
//! down: from there people are told. It must not tell anybody itself.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use evidence::attention::attention;
use journal::{Alert, Frame, Millis, Record, RunId};
use runtime::Runtime;
use tokio::task::AbortHandle;

use crate::exit::Stop;
use crate::stored::{Runs, now};
use crate::workspace::Workspace;

/// How often is looked.
const EVERY: Duration = Duration::from_secs(5 * 60);
/// How far back.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// How many entries are read at once.
const PAGE: usize = 1_000;

/// Somebody who looks.
pub struct Watch {
    task: AbortHandle,
    ended: Arc<AtomicBool>,
}

impl Watch {
    /// Looks now and from then on, until it is ended.
    pub fn keep(runtime: Runtime, workspace: &Workspace) -> Result<Self, Stop> {
        let ended = Arc::new(AtomicBool::new(false));
        let look = Look {
            root: workspace.root.clone(),
            runs: Runs::at(workspace.data.clone())?,
            place: None,
            answered: BTreeMap::new(),
            ended: Arc::clone(&ended),
        };
        let look = Arc::new(Mutex::new(look));
        let task = tokio::spawn(async move {
            loop {
                let look = Arc::clone(&look);
                let found = tokio::task::spawn_blocking(move || {
                    look.lock().unwrap_or_else(PoisonError::into_inner).alerts(now())
                });
                // What cannot be read or written now is tried again at the next look.
                if let Ok(Ok(alerts)) = found.await {
                    for alert in alerts {
                        let _ = runtime.alert(alert).await;
                    }
                }
                tokio::time::sleep(EVERY).await;
            }
        });
        Ok(Self { task: task.abort_handle(), ended })
    }

    /// Looks no more; a look that is just being taken is broken off.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
        self.task.abort();
    }
}

/// What was seen so far. Each entry is read once, and of the cases only those are looked at in
/// which somebody answered within the day: however many others there are, they cost nothing.
struct Look {
    root: PathBuf,
    runs: Runs,
    /// The last entry that was read.
    place: Option<u64>,
    /// Cases in which somebody answered, and when last.
    answered: BTreeMap<RunId, Millis>,
    ended: Arc<AtomicBool>,
}

impl Look {
    fn alerts(&mut self, now: Millis) -> Result<Vec<Alert>, Stop> {
        let since = Millis(now.0.saturating_sub(DAY_MS));
        self.read(since)?;
        self.answered.retain(|_, at| *at >= since);
        let workspace = Workspace::at(self.root.clone(), self.runs.data.clone())?;
        let places = workspace.places().map_err(Stop::usage)?;
        // A case that cannot be read hides no other, and nobody is told of what is only practised.
        let views = self.answered.keys().take_while(|_| !self.is_ended());
        let views = views.filter_map(|run| self.runs.view(*run).ok().filter(|v| !v.rehearsal));
        let told = attention(views, &places.attention, &places.roles, (since, now));
        Ok(if self.is_ended() { Vec::new() } else { told.alerts(since) })
    }

    /// Reads the entries that are new.
    fn read(&mut self, since: Millis) -> Result<(), Stop> {
        let mut place = match self.place {
            Some(place) => place,
            None => self.place_of(since)?,
        };
        while !self.is_ended() {
            let rows = self.runs.reader().after(place, PAGE)?;
            for (_, bytes) in &rows {
                // What cannot be read has nothing to tell; `doctor` says that it is damaged.
                let Ok(frame) = serde_json::from_slice::<Frame>(bytes) else { continue };
                let answers = |record| matches!(record, &Record::ReviewAnswered { .. });
                if frame.records.iter().any(answers) {
                    self.answered.insert(frame.run, frame.at);
                }
            }
            place = rows.last().map_or(place, |(place, _)| *place);
            self.place = Some(place);
            if rows.len() < PAGE {
                break;
            }
        }
        Ok(())
    }

    /// The place after which entries of this time and later stand.
    fn place_of(&self, since: Millis) -> Result<u64, Stop> {
        let (mut low, mut high) = (0, self.runs.reader().last_place()?);
        while low < high {
            let middle = low + (high - low) / 2;
            let next = self.runs.reader().after(middle, 1)?;
            let frame = next.first().and_then(|(_, bytes)| serde_json::from_slice(bytes).ok());
            match frame {
                Some(Frame { at, .. }) if at < since => low = middle + 1,
                Some(_) | None => high = middle,
            }
        }
        Ok(low)
    }

    fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }
}
