//! Who is told what without asking, as `flightdeck.yaml` says it, over what is stored. It must not
//! keep anything of a case.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use evidence::notices::{self, Kind, Notice};
use journal::{Frame, Hash, Millis, Mode, Record, RunId, RunQuery, Seq};
use notify::{Channel, Following, Journal, Mail, Secret, Target, Tls};
use plan::ids::{FieldName, WorkflowName};
use plan::workflow::WorkingHours;
use plan::{Places, Told, Way};

use crate::exit::Stop;
use crate::screen::Screen;
use crate::stored::{Runs, now};
use crate::vault::Vault;

/// How many entries are read at once.
const PAGE: usize = 1_000;

/// Where it is kept who was told how much.
pub fn folder(data: &Path) -> std::path::PathBuf {
    data.join("notices")
}

/// Tells everybody who is named, where somebody is.
pub fn follow(vault: &Vault, places: &Places, data: &Path) -> Result<Option<Following>, Stop> {
    if places.notices.is_empty() {
        return Ok(None);
    }
    let mut targets = Vec::new();
    for (name, told) in &places.notices {
        match target(vault, name, told) {
            Ok(target) => targets.push(target),
            // Nobody waits because somebody cannot be told; they are told once they can be.
            Err(stop) => {
                let why = format!("`{name}` is told nothing: {:#}", stop.what);
                Screen::new(false).note(why);
            }
        }
    }
    let journal =
        Stored { runs: Mutex::new(Runs::at(data.to_owned())?), hours: places.hours.clone() };
    let say = |why: String| Screen::new(false).note(why);
    let (journal, folder) = (Arc::new(journal), folder(data));
    let following = notify::follow(targets, &places.organisation, journal, &folder, say);
    following.map(Some).map_err(Stop::failed)
}

/// One target with what the environment holds for it.
fn target(vault: &Vault, name: &FieldName, told: &Told) -> Result<Target, Stop> {
    let kinds = Kind::ALL.into_iter();
    let wanted = |kind: &Kind| told.tell.is_empty() || told.tell.iter().any(|w| w == kind.as_str());
    Ok(Target {
        name: name.to_string(),
        channel: channel(vault, &told.way)?,
        kinds: kinds.filter(wanted).collect(),
        roles: told.roles.clone(),
        quiet: told.quiet,
        an_hour: told.an_hour,
    })
}

fn held(vault: &Vault, variable: &str) -> Result<Secret, Stop> {
    let value = vault.get(variable);
    let lacks = || {
        Stop::usage(format!("`{variable}` is not in the environment, and a notice needs it"))
            .help("set it, or say under `secrets` where it is")
    };
    value.map(Secret::new).ok_or_else(lacks)
}

fn channel(vault: &Vault, way: &Way) -> Result<Channel, Stop> {
    let url = |url: &plan::Address| {
        let filled = url.filled(|name| vault.get(name));
        filled.map(Secret::new).map_err(Stop::usage)
    };
    Ok(match way {
        Way::Webhook { url: to, key } => Channel::Webhook { url: url(to)?, key: held(vault, key)? },
        Way::Chat { url: to } => Channel::Chat { url: url(to)? },
        Way::Mail { host, port, from, to, sign_in } => {
            let here = ["localhost", "127.0.0.1", "::1"].contains(&host.as_str());
            let tls = match port {
                465 => Tls::Wrapped,
                _ if here => Tls::Here,
                _ => Tls::Upgraded,
            };
            let sign_in = match sign_in {
                Some((user, password)) => {
                    let user = vault.get(user).unwrap_or_default();
                    Some((user, held(vault, password)?))
                }
                None => None,
            };
            let (host, from, to) = (host.clone(), from.clone(), to.clone());
            Channel::Mail(Box::new(Mail { host, port: *port, tls, from, to, sign_in }))
        }
    })
}

struct Stored {
    runs: Mutex<Runs>,
    hours: Option<WorkingHours>,
}

impl Stored {
    fn with<T>(&self, read: impl FnOnce(&Runs) -> Result<T, Stop>) -> Result<T, String> {
        let runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        read(&runs).map_err(|stop| format!("{:#}", stop.what))
    }
}

impl Journal for Stored {
    fn notices(&self, after: u64) -> Result<(u64, Vec<Notice>), String> {
        self.with(|runs| {
            let rows = runs.reader().after(after, PAGE)?;
            let place = rows.last().map_or(after, |(place, _)| *place);
            let mut all = Vec::new();
            for (_, bytes) in &rows {
                // What cannot be read has nothing to tell; `doctor` says that it is damaged.
                let Ok(frame) = serde_json::from_slice::<Frame>(bytes) else { continue };
                let workflow = workflow(runs, frame.run)?;
                let found = notices::of(&frame, Hash::leaf(bytes), workflow.as_ref());
                // What is only practised is nobody's to hear of.
                if !found.is_empty() && !rehearsed(runs, frame.run)? {
                    all.extend(found);
                }
            }
            Ok((place, all))
        })
    }

    fn last(&self) -> Result<u64, String> {
        self.with(|runs| Ok(runs.reader().last_place()?))
    }

    fn minute(&self, ms: u64) -> u16 {
        self.hours.as_ref().map_or(0, |hours| engine::hours::minute(hours, Millis(ms)))
    }

    fn now(&self) -> u64 {
        now().0
    }
}

fn rehearsed(runs: &Runs, run: RunId) -> Result<bool, Stop> {
    let first = runs.reader().frames(run, Seq(0), 1)?.into_iter().next();
    let frame: Option<Frame> = first.and_then(|row| serde_json::from_slice(&row.bytes).ok());
    let opened = frame.and_then(|frame| frame.records.into_iter().next());
    Ok(matches!(opened, Some(Record::Opened { mode: Mode::Rehearsal, .. })))
}

fn workflow(runs: &Runs, run: RunId) -> Result<Option<WorkflowName>, Stop> {
    let query = RunQuery { prefix: Some(run.to_string()), limit: 1, ..RunQuery::default() };
    Ok(runs.lines(&query)?.into_iter().next().map(|line| line.workflow))
}
