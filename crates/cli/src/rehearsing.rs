//! What a workspace knows for a rehearsal without asking anybody: its tables and documents, what
//! approved tools say they give, answers that were kept with cases. It must not start a server,
//! read a secret, or reach anything outside.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::rehearsal::{
    AtHand, Broken, Choice, Rehearsal, Rehearsed, Saying, Scene, Searched, Then,
};
use evidence::codes::CHOICE_UNFIT;
use evidence::trial::Trial;
use evidence::{History, RunView};
use journal::ToolAsk;
use plan::ids::ToolName;
use plan::{Places, Plan};
use serde_json::{Map, Value, json};
use store::MemoryStore;
use tools::serve::Own;

use crate::commands::serve::reading;
use crate::exit::{Exit, Stop};
use crate::{servers, trial};

pub mod again;
pub mod keep;

/// What one document may take of the processor, in seconds.
const DOCUMENT_SECONDS: u64 = 10;
/// The kinds of our own servers that are answered here, by the name that opens them.
const TABLE: &str = "table";
const DOCUMENTS: &str = "documents";
const FILES: &str = "files";

/// How far a rehearsal may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Whatever the servers of the workspace read.
    Workspace,
    /// Only what whoever may look at the workspace is shown anyway: tables that are its files, and
    /// documents of a folder below it. Whoever sends a map of their own must not read more by it.
    Shown,
}

/// The case that is rehearsed.
pub struct Begun {
    pub name: String,
    pub case: Value,
    /// Its document, wherever it lies.
    pub file: Option<String>,
}

/// A rehearsal with everything that it needs.
pub struct Rehearsing {
    pub rehearsal: Rehearsal,
    room: Room,
}

/// What lies in the workspace.
struct Room {
    /// By the server's name: its kind, and what answers in its place.
    own: BTreeMap<String, (String, Own)>,
    /// Documents that stand in for those of the folder that cases come from, by their names.
    placed: BTreeMap<String, PathBuf>,
    gives: BTreeMap<ToolName, Value>,
    kept: BTreeMap<ToolName, Vec<Value>>,
    /// What was answered before: the same question is asked in each of many rehearsals.
    known: Mutex<BTreeMap<(ToolName, String), Answer>>,
    until: Instant,
}

type Answer = Option<Result<Vec<u8>, String>>;

impl Rehearsing {
    /// Makes a map of a workspace ready. `trials` are its kept cases.
    pub fn new(
        root: &Path,
        places: &Places,
        plan: &Arc<Plan>,
        trials: &BTreeMap<String, Trial>,
        (reach, time): (Reach, Duration),
    ) -> Result<Self, Stop> {
        let until = Instant::now() + time;
        let rehearsal = Rehearsal::new(plan).map_err(stop)?;
        let names = plan.workflow().tools.keys();
        let tables = plan.workflow().tables.values().map(|table| &table.tool);
        let mut own = BTreeMap::new();
        for tool in names.chain(tables) {
            let server = tool.server();
            if own.contains_key(server) {
                continue;
            }
            if let Some((kind, opened)) = open(root, places, server, reach)? {
                own.insert(server.to_owned(), (kind, opened));
            }
        }
        let pinned = places.lock.tools.iter();
        let gives =
            pinned.filter_map(|(name, pin)| Some((name.clone(), pin.definition.output.clone()?)));
        let mut kept: BTreeMap<ToolName, Vec<Value>> = BTreeMap::new();
        let mut placed = BTreeMap::new();
        for trial in trials.values() {
            for (tool, given) in &trial.gives {
                kept.entry(tool.clone()).or_default().push(given.clone());
            }
            if let Some(file) = &trial.file {
                placed.insert(trial::document(file), root.join(file));
            }
        }
        let (gives, known) = (gives.collect(), Mutex::default());
        Ok(Self { rehearsal, room: Room { own, placed, gives, kept, known, until } })
    }

    /// A document stands in for the one of its name in the folder that cases come from.
    pub fn place(&mut self, file: &Path) {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.room.placed.insert(name, file.to_path_buf());
    }

    /// Takes a case through choices. Nothing is kept.
    pub fn rehearse(
        &self,
        case: &Value,
        choices: &[Choice],
        then: Then,
    ) -> Result<Rehearsed, Broken> {
        self.rehearsal.rehearse(&MemoryStore::new(), &self.room, case, choices, then)
    }

    /// Takes a case through what was said when it was first gone through. Nothing is kept.
    pub fn follow(&self, case: &Value, say: Saying<'_>) -> Result<Rehearsed, Broken> {
        self.rehearsal.follow(&MemoryStore::new(), &self.room, case, say)
    }

    /// Looks for every way of the map.
    pub fn search(&self, scenes: &[Scene]) -> Result<Searched, Broken> {
        self.rehearsal.search(MemoryStore::new, &self.room, scenes)
    }
}

/// The case of a kept one.
pub fn case_of(trial: &Trial) -> Option<Value> {
    let named = || trial.file.as_ref().map(|file| json!({ "name": trial::document(file) }));
    trial.case.clone().or_else(named)
}

/// A rehearsed case as people see any case.
pub fn view(rehearsed: &Rehearsed) -> Result<RunView, Stop> {
    let first = rehearsed.runs.first().ok_or_else(|| Stop::failed("nothing was rehearsed"))?;
    let history = History::read(first.run, &first.stored).map_err(Stop::failed)?;
    Ok(RunView::of(&history, Some(&first.plan)))
}

/// Why there is no rehearsal, as a command says it.
pub fn stop(broken: Broken) -> Stop {
    match broken {
        Broken::Choice { n, what, fix } => Stop {
            code: Some(CHOICE_UNFIT.id),
            ..Stop::usage(format!("choice {}: {what}", n + 1)).help(fix)
        },
        Broken::TooMany | Broken::CaseTooLarge | Broken::NoCase => Stop::usage(broken),
        Broken::TooLong => Stop::usage(broken)
            .help("something in the map goes round; `--step` with fewer choices shows where"),
        Broken::OutOfTime => Stop { exit: Exit::TimedOut, ..Stop::failed(broken) },
        Broken::Unproven(_) => Stop::refused(runtime::Kind::Unproven, broken),
        Broken::Defect(_) => Stop::failed(broken),
    }
}

/// What answers in the place of a server of ours that reads here.
fn open(
    root: &Path,
    places: &Places,
    server: &str,
    reach: Reach,
) -> Result<Option<(String, Own)>, Stop> {
    let Some((kind, folder)) = servers::ours(places, server) else { return Ok(None) };
    let folder = root.join(folder);
    if reach == Reach::Shown && !is_shown(root, &kind, &folder) {
        return Ok(None);
    }
    // A folder that is not there yet holds nothing; its server would say so too.
    let Ok(opened) = own(&kind, &folder)? else { return Ok(None) };
    Ok(opened.map(|own| (kind, own)))
}

/// Whether what lies there is shown to everybody who may look at the workspace.
fn is_shown(root: &Path, kind: &str, folder: &Path) -> bool {
    let (Ok(root), Ok(real)) = (root.canonicalize(), folder.canonicalize()) else { return false };
    let Ok(below) = real.strip_prefix(root) else { return false };
    let hidden =
        |part: std::path::Component<'_>| part.as_os_str().to_string_lossy().starts_with('.');
    let inside = below.components().next().is_some() && !below.components().any(hidden);
    inside && real.is_dir() && matches!(kind, TABLE | DOCUMENTS)
}

type Opened = Result<Option<Own>, tools::serve::ServeError>;

fn own(kind: &str, at: &Path) -> Result<Opened, Stop> {
    Ok(match kind {
        TABLE => Own::tables(at).map(Some),
        DOCUMENTS => Own::documents(at, reading(DOCUMENT_SECONDS)?).map(Some),
        FILES => Own::files(at).map(Some),
        _ => Ok(None),
    })
}

impl Room {
    fn asked(&self, ask: &ToolAsk) -> Answer {
        let (kind, own) = self.own.get(ask.tool.server())?;
        let args: Map<String, Value> = serde_json::from_slice(&ask.args).ok()?;
        let answered = match self.placed(kind, &args) {
            Some((folder, args)) => folder.and_then(|folder| folder.answer(ask.tool.tool(), &args)),
            None => own.answer(ask.tool.tool(), &args),
        };
        Some(answered.map(|value| value.to_string().into_bytes()))
    }

    /// The folder of a document that stands in for the one that is asked for.
    #[allow(clippy::type_complexity, reason = "a folder that may not open, and what it is asked")]
    fn placed(
        &self,
        kind: &str,
        args: &Map<String, Value>,
    ) -> Option<(Result<Own, String>, Map<String, Value>)> {
        if !matches!(kind, DOCUMENTS | FILES) {
            return None;
        }
        let (name, place) = args
            .iter()
            .find_map(|(name, value)| Some((name, self.placed.get(value.as_str()?)?)))?;
        let (folder, file) = (place.parent()?, place.file_name()?.to_string_lossy().into_owned());
        let mut args = args.clone();
        args.insert(name.clone(), Value::from(file));
        let opened = match own(kind, folder) {
            Ok(Ok(Some(own))) => Ok(own),
            Ok(Ok(None)) => return None,
            Ok(Err(error)) => Err(error.to_string()),
            Err(stop) => Err(format!("{:#}", stop.what)),
        };
        Some((opened, args))
    }
}

impl AtHand for Room {
    fn answer(&self, ask: &ToolAsk) -> Answer {
        let name = (ask.tool.clone(), String::from_utf8_lossy(&ask.args).into_owned());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(name).or_insert_with(|| self.asked(ask)).clone()
    }

    fn gives(&self, tool: &ToolName) -> Option<Value> {
        self.gives.get(tool).cloned()
    }

    fn examples(&self, tool: &ToolName) -> Vec<Value> {
        self.kept.get(tool).cloned().unwrap_or_default()
    }

    fn enough(&self) -> bool {
        Instant::now() >= self.until
    }
}
