//! Stored runs, opened for reading whoever may be writing: found by the beginning of an id, and
//! turned into views with their own release. It must not write anything.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use evidence::facts::Fact;
use evidence::{DeskView, History, RunView};
use jiff::civil::Date;
use journal::{Millis, Record, RunId, RunLine, RunQuery, Seq, Status, Stored};
use plan::Plan;
use plan::ids::{ReleaseId, WorkflowName};
use runtime::Kind;
use store::SqliteReader;

use crate::args::Global;
use crate::exit::Stop;
use crate::workspace;

/// How many frames are read at once.
const PAGE: usize = 1_000;

/// Stored runs.
pub struct Runs {
    pub data: PathBuf,
    reader: SqliteReader,
    releases: RefCell<HashMap<ReleaseId, Option<Arc<Plan>>>>,
}

impl Runs {
    /// Opens the stored runs; nothing where nothing ever ran.
    pub fn open(global: &Global) -> Result<Option<Self>, Stop> {
        let data = workspace::data_folder(global)?;
        if !data.join("journal.db").is_file() {
            return Ok(None);
        }
        Self::at(data).map(Some)
    }

    /// Opens the stored runs of a data folder that is in use.
    pub fn at(data: PathBuf) -> Result<Self, Stop> {
        let reader = SqliteReader::open(&data)?;
        Ok(Self { data, reader, releases: RefCell::default() })
    }

    /// The same, where there have to be some.
    pub fn existing(global: &Global) -> Result<Self, Stop> {
        let none = || Stop::usage("nothing has run here yet").help("start with `flightdeck run`");
        Self::open(global)?.ok_or_else(none)
    }

    /// The stored rows, to read.
    pub fn reader(&self) -> &SqliteReader {
        &self.reader
    }

    /// Lines of the index.
    pub fn lines(&self, query: &RunQuery) -> Result<Vec<RunLine>, Stop> {
        Ok(self.reader.runs(query)?)
    }

    /// Lines that stand so, newest first.
    pub fn standing(&self, status: &[Status], limit: usize) -> Result<Vec<RunLine>, Stop> {
        self.lines(&RunQuery { status: status.to_vec(), limit, ..RunQuery::default() })
    }

    /// The run whose id begins so.
    pub fn find(&self, start: &str) -> Result<RunId, Stop> {
        if let Ok(run) = start.parse::<RunId>() {
            return Ok(run);
        }
        let start = start.to_ascii_lowercase();
        let query = RunQuery { prefix: Some(start.clone()), limit: 3, ..RunQuery::default() };
        match self.lines(&query)?.as_slice() {
            [one] => Ok(one.run),
            [] => Err(Stop::usage(format!("no run begins with `{start}`"))
                .help("`flightdeck runs` lists them")),
            _ => Err(Stop::usage(format!("more than one run begins with `{start}`"))
                .help("type more of its id")),
        }
    }

    /// Every stored row of a run.
    pub fn rows(&self, run: RunId) -> Result<Vec<Stored>, Stop> {
        let mut all: Vec<Stored> = Vec::new();
        loop {
            let from = Seq(u32::try_from(all.len()).unwrap_or(u32::MAX));
            let page = self.reader.frames(run, from, PAGE)?;
            let last = page.len() < PAGE;
            all.extend(page);
            if last {
                return Ok(all);
            }
        }
    }

    /// A run's entries and what could be read of their contents.
    pub fn history(&self, run: RunId) -> Result<History, Stop> {
        history(run, &self.rows(run)?)
    }

    /// A run as people see it.
    pub fn view(&self, run: RunId) -> Result<RunView, Stop> {
        let rows = self.rows(run)?;
        if rows.is_empty() {
            return Err(
                Stop::usage(format!("there is no run {run}")).help("`flightdeck runs` lists them")
            );
        }
        let history = history(run, &rows)?;
        let release = RunView::of(&history, None).release;
        let plan = release.and_then(|release| self.release(release));
        Ok(RunView::of(&history, plan.as_deref()))
    }

    /// What is kept of a case to measure many by; nothing of one that is only practised.
    pub fn fact(&self, run: RunId) -> Result<Option<Fact>, Stop> {
        let history = self.history(run)?;
        let opened = history.frames().first().and_then(|frame| frame.records.first());
        let release = match opened {
            Some(Record::Opened { release, .. }) => Some(*release),
            Some(_) | None => None,
        };
        let plan = release.and_then(|release| self.release(release));
        Ok(Fact::of(&history, plan.as_deref()))
    }

    /// The desk's own journal: what holds new work back. Without any entry nothing does.
    pub fn desk(&self) -> Result<DeskView, Stop> {
        Ok(DeskView::of(&self.desk_history()?))
    }

    /// The same as it was written.
    pub fn desk_history(&self) -> Result<History, Stop> {
        history(RunId::DESK, &self.rows(RunId::DESK)?)
    }

    /// The zone whose times the people of a workflow read.
    pub fn zone_of(&self, workflow: &WorkflowName) -> Option<String> {
        let workflow = Some(workflow.clone());
        let query = RunQuery { workflow, limit: 1, ..RunQuery::default() };
        let line = self.lines(&query).ok()?.into_iter().next()?;
        Some(self.release(line.release)?.workflow().hours.zone.clone())
    }

    /// A stored release. One that cannot be read is left out: views then show names only.
    pub fn release(&self, release: ReleaseId) -> Option<Arc<Plan>> {
        if let Some(known) = self.releases.borrow().get(&release) {
            return known.clone();
        }
        let bytes = self.reader.release(release).ok().flatten();
        let plan = bytes.and_then(|bytes| Plan::open(release, &bytes).ok()).map(Arc::new);
        self.releases.borrow_mut().insert(release, plan.clone());
        plan
    }

    /// The zone whose times a run's people read.
    pub fn zone(&self, view: &RunView) -> Option<String> {
        let plan = view.release.and_then(|release| self.release(release))?;
        Some(plan.workflow().hours.zone.clone())
    }
}

fn history(run: RunId, rows: &[Stored]) -> Result<History, Stop> {
    History::read(run, rows).map_err(|error| {
        Stop::refused(Kind::Damaged, format!("the stored entries of {run} are damaged: {error}"))
            .help(format!("keep a copy of the data folder; `flightdeck logs {run} --verify`"))
    })
}

/// The time now.
pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The day today, in UTC.
pub fn today() -> Date {
    let ms = i64::try_from(now().0).unwrap_or(i64::MAX);
    let stamp = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    stamp.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// How many days lie between two; fewer than none where the second comes first.
pub fn days(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}
