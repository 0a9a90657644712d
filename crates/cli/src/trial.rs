//! A place to try cases in: the workspace's own models and tools that read, a journal of its own
//! for every case that is forgotten afterwards, and nobody who acts. It must not judge what a case
//! came to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use evidence::trial::{self, Scored, Trial};
use evidence::{History, RunView};
use journal::{Frame, Mode, Outcome, Payload, Permit, Record, RunId, Seq, Starter, Store, Usage};
use plan::ids::ToolName;
use plan::workflow::{Effect, Start, Workflow};
use plan::{Places, Plan};
use runtime::{Answered, NewRun, On, Runtime, World};
use serde_json::{Value, json};
use store::MemoryStore;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::exit::Stop;
use crate::servers::OURS;
use crate::supply::Supply;
use crate::workspace::Workspace;
use crate::world::{Notices, Outside};

mod without;

pub use without::without;

/// How long one case may take. A model on this machine is slow where many are tried at once.
const TIME: Duration = Duration::from_secs(900);
/// The folder that cases come from, where the map names none.
const INBOX: &str = "inbox";
/// A case that waits for a time further off than this has come to rest.
const SOON_MS: u64 = 10 * 60 * 1_000;

/// Where the cases of a workflow lie.
pub fn folder(root: &Path, workflow: &str) -> PathBuf {
    root.join("cases").join(workflow)
}

/// Whether any case lies in a folder.
pub fn has_cases(folder: &Path) -> bool {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.map(|entry| entry.path()).any(|path| is_case(&path))
}

fn is_case(path: &Path) -> bool {
    let ending = path.extension().and_then(|end| end.to_str());
    matches!(ending, Some("json" | "yaml" | "yml"))
}

/// The cases of a folder, by their names, each with its place in the workspace.
pub fn read(folder: &Path) -> Result<BTreeMap<String, Trial>, Stop> {
    let mut all = BTreeMap::new();
    let listing = std::fs::read_dir(folder).map_err(|error| {
        Stop::usage(format!("`{}` cannot be read: {error}", folder.display()))
            .help("`flightdeck explain test_cases` shows how a case is written")
    })?;
    for entry in listing {
        let path = entry?.path();
        if !is_case(&path) {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let wrong = |why: String| Stop::usage(format!("`{}`: {why}", path.display()));
        let trial: Trial = plan::cases::read(&text).map_err(wrong)?;
        if trial.file.is_some() == trial.case.is_some() {
            return Err(wrong("a case has either `file` or `case`".to_owned()));
        }
        if all.insert(name, trial).is_some() {
            return Err(wrong("another case has this name".to_owned()));
        }
    }
    if all.is_empty() {
        return Err(Stop::usage(format!("there is no case in `{}`", folder.display()))
            .help("`flightdeck explain test_cases` shows how one is written"));
    }
    let known: BTreeSet<&String> = all.keys().collect();
    for (name, trial) in &all {
        if let Some(lost) = trial.after.iter().find(|before| !known.contains(before)) {
            let what = format!("the case `{name}` comes after `{lost}`, which is not there");
            return Err(Stop::usage(what));
        }
    }
    Ok(all)
}

/// A case that was tried.
pub struct Tried {
    pub scored: Scored,
    pub view: RunView,
}

/// Takes cases of a workflow to where each comes to rest, and says what each came to.
pub async fn tried(
    workspace: &Workspace,
    plan: &Arc<Plan>,
    trials: &Arc<BTreeMap<String, Trial>>,
    names: &[String],
    at_once: usize,
    told: impl FnMut(&str, &Tried),
) -> Result<BTreeMap<String, Tried>, Stop> {
    let bench = Arc::new(Bench::new(workspace, plan, trials)?);
    let tried = bench.all(plan, trials, names, at_once, told).await;
    bench.close().await;
    tried
}

/// Where cases are tried.
pub struct Bench {
    outside: Arc<Outside>,
    secrets: Arc<guard::Secrets>,
    keying: [u8; 32],
    /// Holds the documents of the cases.
    _documents: tempfile::TempDir,
}

impl Bench {
    /// Gets a workspace's tools and models ready. Nothing is started yet.
    pub fn new(
        workspace: &Workspace,
        plan: &Plan,
        trials: &BTreeMap<String, Trial>,
    ) -> Result<Self, Stop> {
        let mut places = workspace.places().map_err(Stop::usage)?;
        let documents = tempfile::tempdir()?;
        let folder = place(workspace, trials, documents.path())?;
        stand_in(&mut places, plan.workflow(), &folder);
        let supply = Supply::new(workspace, places, std::iter::once(plan), None)?;
        let secrets = supply.secrets();
        let notices = Notices::new(documents.path());
        let outside = Arc::new(Outside { supply, notices, traced: false, heard: None });
        let mut keying = [0; 32];
        getrandom::fill(&mut keying)
            .map_err(|error| Stop::failed(format!("the system gives no randomness: {error}")))?;
        Ok(Self { outside, secrets, keying, _documents: documents })
    }

    /// Takes a case, and those that came before it, to where each comes to rest. Gives the last.
    pub async fn take(
        &self,
        plan: &Arc<Plan>,
        trials: &BTreeMap<String, Trial>,
        name: &str,
    ) -> Result<RunView, Stop> {
        let store = Arc::new(MemoryStore::new());
        let trial = trials.get(name).ok_or_else(|| Stop::failed("no such case"))?;
        let chain: Vec<&Trial> = trial.after.iter().filter_map(|name| trials.get(name)).collect();
        let (acting, mut acted) = mpsc::unbounded_channel();
        let alone = Alone {
            outside: Arc::clone(&self.outside),
            reads: reading(plan.workflow()),
            gives: chain.iter().chain([&trial]).flat_map(|trial| trial.gives.clone()).collect(),
            acting,
        };
        let runtime = Runtime::new(store.clone(), Arc::new(alone), self.keying);
        runtime.releases().keep_secret(Arc::clone(&self.secrets));
        let clock = runtime.keep_time();
        let mut rested = Err(Stop::failed("no case was taken"));
        for trial in chain.into_iter().chain([trial]) {
            let case = match (&trial.case, &trial.file) {
                (Some(case), _) => case.clone(),
                (None, Some(file)) => json!({ "name": document(file) }),
                (None, None) => Value::Null,
            };
            let new = NewRun {
                plan: Arc::clone(plan),
                case: case.to_string().into_bytes(),
                labels: None,
                called: None,
                starter: Starter::Person(plan.workflow().accountable.clone()),
                mode: Mode::Rehearsal,
            };
            rested = match runtime.open(new).await {
                Ok(run) => rest(&runtime, run, &mut acted).await.map(|()| run),
                Err(fault) => Err(Stop::failed(fault)),
            };
            if rested.is_err() {
                break;
            }
        }
        clock.abort();
        view(store.as_ref(), rested?, plan)
    }

    /// Takes cases, some at a time, and says what each came to as soon as it rests.
    pub async fn all(
        self: &Arc<Self>,
        plan: &Arc<Plan>,
        trials: &Arc<BTreeMap<String, Trial>>,
        names: &[String],
        at_once: usize,
        mut told: impl FnMut(&str, &Tried),
    ) -> Result<BTreeMap<String, Tried>, Stop> {
        let mut going = JoinSet::new();
        let mut names = names.iter();
        let mut all = BTreeMap::new();
        loop {
            while going.len() < at_once.max(1) {
                let Some(name) = names.next().cloned() else { break };
                let (bench, plan) = (Arc::clone(self), Arc::clone(plan));
                let trials = Arc::clone(trials);
                going.spawn(async move {
                    let view = bench.take(&plan, &trials, &name).await?;
                    let trial = trials.get(&name).ok_or_else(|| Stop::failed("no such case"))?;
                    let scored = trial::score(trial, plan.workflow(), &view);
                    Ok::<_, Stop>((name, Tried { scored, view }))
                });
            }
            let Some(tried) = going.join_next().await else { return Ok(all) };
            let (name, tried) = tried.map_err(Stop::failed)??;
            told(&name, &tried);
            all.insert(name, tried);
        }
    }

    /// Ends the tools' servers.
    pub async fn close(&self) {
        self.outside.supply.close().await;
    }
}

/// Waits until a run rests, or would act, itself or one that it started.
async fn rest(
    runtime: &Runtime,
    run: RunId,
    acted: &mut mpsc::UnboundedReceiver<RunId>,
) -> Result<(), Stop> {
    let rested = async {
        loop {
            let standing = runtime.settled(run).await.map_err(Stop::failed)?;
            // A retry is only a matter of time.
            let soon = runtime::now().0.saturating_add(SOON_MS);
            let sleeps = standing.status == journal::Status::Sleeping;
            if !sleeps || standing.wake_at.is_none_or(|at| at.0 > soon) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let acts = async {
        while let Some(other) = acted.recv().await {
            if other == run || root(runtime, other) == Some(run) {
                return;
            }
        }
    };
    tokio::select! {
        rested = tokio::time::timeout(TIME, rested) => match rested {
            Ok(rested) => rested,
            Err(_) => Err(Stop::failed("the case took longer than a case may")),
        },
        () = acts => Ok(()),
    }
}

/// The case that a run is a part of.
fn root(runtime: &Runtime, run: RunId) -> Option<RunId> {
    let rows = runtime.store().frames(run, Seq(0), 1).ok()?;
    let frame: Frame = serde_json::from_slice(&rows.first()?.bytes).ok()?;
    frame.records.iter().find_map(|record| match record {
        Record::Opened { starter: Starter::Parent { root, .. }, .. } => Some(*root),
        _ => None,
    })
}

fn view(store: &MemoryStore, run: RunId, plan: &Plan) -> Result<RunView, Stop> {
    let rows = store.frames(run, Seq(0), usize::MAX)?;
    let history = History::read(run, &rows).map_err(Stop::failed)?;
    Ok(RunView::of(&history, Some(plan)))
}

/// Copies the documents of the cases into one folder, which stands in for the one they come from.
fn place(
    workspace: &Workspace,
    trials: &BTreeMap<String, Trial>,
    to: &Path,
) -> Result<PathBuf, Stop> {
    let folder = to.join("documents");
    std::fs::create_dir(&folder)?;
    let mut from: BTreeMap<String, &String> = BTreeMap::new();
    for (name, trial) in trials {
        let Some(file) = &trial.file else { continue };
        let place = document(file);
        if from.insert(place.clone(), file).is_some_and(|other| other != file) {
            let what = format!("two documents of cases are called `{place}`");
            return Err(Stop::usage(what).help("give one of them another name"));
        }
        std::fs::copy(workspace.root.join(file), folder.join(&place)).map_err(|error| {
            Stop::usage(format!("the document `{file}` of the case `{name}`: {error}"))
        })?;
    }
    Ok(folder)
}

/// The name by which a case knows its document.
pub fn document(file: &str) -> String {
    Path::new(file).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Our own servers that read the folder which starts cases read the documents of the trials.
fn stand_in(places: &mut Places, workflow: &Workflow, folder: &Path) {
    let of = |start: &Start| match start {
        Start::Folder(folder) => Some(folder.clone()),
        Start::At(_) | Start::Hook(_) => None,
    };
    let mut starts: BTreeSet<String> = workflow.starts.iter().filter_map(of).collect();
    starts.insert(INBOX.to_owned());
    for name in ["documents", "files"] {
        let ours = json!({ "command": OURS, "args": ["serve", name, "--root", INBOX] });
        if let Ok(ours) = serde_json::from_value(ours) {
            places.servers.entry(name.to_owned()).or_insert(ours);
        }
    }
    let folder = folder.to_string_lossy();
    for server in places.servers.values_mut() {
        if server.command.as_deref() != Some(OURS) {
            continue;
        }
        let mut root = false;
        for arg in &mut server.args {
            if root && starts.contains(arg.trim_end_matches('/')) {
                folder.as_ref().clone_into(arg);
            }
            root = arg == "--root";
        }
    }
}

/// The tools of a map, and of those it calls, that only read.
fn reading(workflow: &Workflow) -> BTreeSet<ToolName> {
    let own = workflow.tools.iter().filter(|(_, tool)| tool.effect == Effect::Read);
    let mut all: BTreeSet<ToolName> = own.map(|(name, _)| name.clone()).collect();
    all.extend(workflow.children.values().flat_map(reading));
    all
}

/// A world in which models answer and tools read, and nothing is done.
struct Alone {
    outside: Arc<Outside>,
    reads: BTreeSet<ToolName>,
    gives: BTreeMap<ToolName, Value>,
    acting: mpsc::UnboundedSender<RunId>,
}

impl World for Alone {
    fn act(&self, on: On, permit: Permit) -> Pin<Box<dyn Future<Output = Answered> + Send + '_>> {
        Box::pin(async move {
            let tool = match permit.payload() {
                Payload::Model(_) => return self.outside.act(on, permit).await,
                Payload::Tool(ask) if self.reads.contains(&ask.tool) => {
                    return self.outside.act(on, permit).await;
                }
                Payload::Tool(ask) => Some(ask.tool.clone()),
                Payload::Notify(_) => None,
            };
            let run = permit.run();
            drop(permit.consume());
            let given = match &tool {
                Some(tool) => self.gives.get(tool),
                None => Some(&Value::Null),
            };
            if let Some(given) = given {
                return Answered { outcome: answer(given), certain: true };
            }
            // Whoever waits for it is there as long as this is.
            let _ = self.acting.send(run);
            // Nobody does it, and nobody hears that it was not done: the trial ends here.
            std::future::pending().await
        })
    }
}

fn answer(value: &Value) -> Outcome {
    let result = Ok(Arc::from(value.to_string().into_bytes()));
    Outcome { result, usage: Usage::default(), reported: None }
}
