//! Stored runs as the traces that `telemetry` sends. It must not keep anything: what is sent is
//! read again from the journal.

use std::path::Path;

use evidence::RunView;
use journal::{Frame, Record};
use telemetry::{Following, Journal, Telemetry};

use crate::commands::mcp;
use crate::exit::Stop;
use crate::screen::Screen;
use crate::stored::Runs;

/// How many entries are read at once.
const PAGE: usize = 1_000;

/// Sends every run that ends from now on, where the environment says where to.
pub fn follow(data: &Path) -> Result<Option<Following>, Stop> {
    let made = Telemetry::from_environment(|name| std::env::var(name).ok());
    let Some(telemetry) = made.map_err(Stop::usage)? else { return Ok(None) };
    let runs = Runs::at(data.to_owned())?;
    let place = runs.reader().last_place()?;
    let say = |why: String| Screen::new(false).note(why);
    Ok(Some(telemetry.follow(Ended(runs), place, say)))
}

/// Whether traces are wanted, and the collector takes them; nothing where they are not.
pub fn answers() -> Option<Result<(), String>> {
    let made = Telemetry::from_environment(|name| std::env::var(name).ok());
    let telemetry = match made {
        Ok(made) => made?,
        Err(why) => return Some(Err(why.to_string())),
    };
    let within = mcp::within(async { telemetry.answers().await });
    Some(within.unwrap_or_else(|stop| Err(format!("{:#}", stop.what))))
}

struct Ended(Runs);

impl Journal for Ended {
    fn ended(&mut self, after: u64) -> Result<(u64, Vec<RunView>), String> {
        let rows = self.0.reader().after(after, PAGE).map_err(|error| error.to_string())?;
        let place = rows.last().map_or(after, |(place, _)| *place);
        let ends = rows.iter().filter_map(|(_, bytes)| {
            let frame: Frame = serde_json::from_slice(bytes).ok()?;
            let over = frame.records.iter().any(|record| matches!(record, Record::Ended { .. }));
            over.then_some(frame.run)
        });
        // A run whose entries are damaged has no trace; `why` and `doctor` say what is wrong.
        Ok((place, ends.filter_map(|run| self.0.view(run).ok()).collect()))
    }
}
