//! Stored runs as what `telemetry` sends: spans, lines of a log, and what is measured. It must not
//! keep anything: what is sent is read again from the journal.

use evidence::RunView;
use std::path::Path;

use evidence::events::{self, Event};
use evidence::metrics::Reading;
use journal::{Frame, Hash, Record};
use telemetry::{Following, Journal, Signal, Taken, Telemetry};

use crate::args::Global;
use crate::commands::mcp;
use crate::exit::Stop;
use crate::meter::Meter;
use crate::screen::Screen;
use crate::stored::Runs;
use crate::workspace::Workspace;

/// How many entries are read at once.
const PAGE: usize = 1_000;

/// Telemetry on its way.
pub struct Sending {
    pub following: Following,
    /// Whether traces are among it, so that acts say to whoever answers what they are a part of.
    pub traced: bool,
}

/// Sends what is stored from now on, where the environment says where to.
pub fn follow(workspace: &Workspace) -> Result<Option<Sending>, Stop> {
    let made = Telemetry::from_environment(|name| std::env::var(name).ok());
    let Some(telemetry) = made.map_err(Stop::usage)? else { return Ok(None) };
    let place = Runs::at(workspace.data.clone())?.reader().last_place()?;
    let global = Global {
        workspace: Some(workspace.root.clone()),
        data: Some(workspace.data.clone()),
        person: None,
        json: false,
    };
    let mut all = Vec::new();
    for _ in Signal::ALL {
        let runs = Runs::at(workspace.data.clone())?;
        let meter = Meter::new(&runs, workspace)?;
        all.push(Stored { runs, meter, global: global.clone() });
    }
    let telemetry = telemetry.of(&instance(&workspace.data)?);
    let traced = telemetry.traces();
    let say = |why: String| Screen::new(false).note(why);
    // There are as many as there are signals.
    let mut all = all.into_iter();
    let following = telemetry.follow(|| all.next(), place, say);
    Ok(Some(Sending { following, traced }))
}

/// What this installation is called by: always the same, and nothing that it is computed from can
/// be read from it.
fn instance(data: &Path) -> Result<String, Stop> {
    let key = std::fs::read(data.join("key"))?;
    let name = Hash::of_parts(&[b"flightdeck telemetry", &key]).to_string();
    Ok(name.get(..32).unwrap_or(&name).to_owned())
}

/// Whether the collector takes what is wanted of it; nothing where nothing is.
pub fn answers() -> Result<Vec<Taken>, Stop> {
    let made = Telemetry::from_environment(|name| std::env::var(name).ok());
    match made.map_err(Stop::usage)? {
        Some(telemetry) => mcp::within(async { telemetry.answers().await }),
        None => Ok(Vec::new()),
    }
}

struct Stored {
    runs: Runs,
    meter: Meter,
    global: Global,
}

impl Stored {
    /// The entries after a place that can be read, and the place that was read up to.
    fn frames(&self, after: u64) -> Result<(u64, Vec<Frame>), String> {
        let rows = self.runs.reader().after(after, PAGE).map_err(|error| error.to_string())?;
        let place = rows.last().map_or(after, |(place, _)| *place);
        let frames = rows.iter().filter_map(|(_, bytes)| serde_json::from_slice(bytes).ok());
        Ok((place, frames.collect()))
    }
}

impl Journal for Stored {
    fn ended(&mut self, after: u64) -> Result<(u64, Vec<RunView>), String> {
        let (place, frames) = self.frames(after)?;
        let over = |record: &Record| matches!(record, Record::Ended { .. });
        let ends = frames.iter().filter(|frame| frame.records.iter().any(over));
        // A run whose entries are damaged has no trace; `why` and `doctor` say what is wrong.
        Ok((place, ends.filter_map(|frame| self.runs.view(frame.run).ok()).collect()))
    }

    fn events(&mut self, after: u64) -> Result<(u64, Vec<Event>), String> {
        let (place, frames) = self.frames(after)?;
        let lines = |frame: &Frame| match events::of_case(frame) {
            true => self
                .runs
                .view(frame.run)
                .map_or(Vec::new(), |case| events::events(frame, Some(&case))),
            false => events::events(frame, None),
        };
        Ok((place, frames.iter().flat_map(lines).collect()))
    }

    fn readings(&mut self) -> Result<Vec<Reading>, String> {
        self.meter.readings(&self.runs, &self.global).map_err(|stop| format!("{:#}", stop.what))
    }
}
