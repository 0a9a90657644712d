//! `run`: cases through a workflow, one or many, to their end or to where a person must look.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::Instant;

use anyhow::Context as _;
use evidence::{Fleet, Summary, Tally, words};
use journal::{Hash, Mode, RunId, RunQuery, Status};
use plan::Plan;
use plan::ids::{PersonId, ReleaseId, WorkflowName};
use plan::workflow::Start;
use runtime::Lying;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::task::JoinSet;

use super::{check, mcp, status};
use crate::args::{Global, Run};
use crate::cases::{self, Case, Cases};
use crate::driver::{Driver, Drives};
use crate::exit::{Ended, Exit, Stop};
use crate::held;
use crate::people;
use crate::releases;
use crate::screen::{Look, Screen};
use crate::stored::Runs;
use crate::workspace::Workspace;

/// Runs what was named, or goes on with what is open.
pub fn run(screen: &Screen, global: &Global, args: &Run) -> Ended {
    let workspace = Workspace::open(global)?;
    if args.open {
        return mcp::within(go_on(screen, global, &workspace))?;
    }
    let Some(workflow) = &args.workflow else {
        return Err(Stop::usage("no workflow was named")
            .help("`flightdeck run WORKFLOW CASE`, `--each FOLDER`, or `--open`"));
    };
    let (plan, is_live) = release(screen, global, &workspace, workflow, args.draft)?;
    let from: Cases = match (&args.each, &args.case) {
        (Some(each), None) => cases::each(&workspace.root, each, plan.workflow())?,
        (None, Some(case)) => Box::new(std::iter::once(cases::one(&workspace.root, case))),
        (Some(_), Some(_)) => {
            return Err(Stop::usage("a case and `--each` were given; one of them is meant"));
        }
        (None, None) => {
            return Err(Stop::usage("no case was given")
                .help("name a file, a JSON object, or `--each FOLDER|rows.csv|rows.jsonl`"));
        }
    };
    // Whoever starts a case may be kept from passing it, so the name is never guessed.
    let by = people::named(global)?;
    let watched = Watched::of(&workspace.root, &plan);
    let at_once = args.at_once.max(1);
    let bulk = Bulk { screen: *screen, plan, is_live, by, watched, at_once };
    mcp::within(bulk.all(global, &workspace, from))?
}

/// The live release of a workflow, or its files where none was deployed or they are what is meant;
/// and whether it is the live one.
fn release(
    screen: &Screen,
    global: &Global,
    workspace: &Workspace,
    workflow: &str,
    draft: bool,
) -> Result<(Arc<Plan>, bool), Stop> {
    let named = match WorkflowName::new(workflow) {
        Ok(name) => Some(name),
        // A file's path.
        Err(_) => workspace.plan(workflow).ok().map(|plan| plan.workflow().name.clone()),
    };
    let live = match named.filter(|_| !draft) {
        Some(name) => releases::live(Runs::open(global)?.as_ref(), &name)?,
        None => None,
    };
    let Some(live) = live else {
        return Ok((Arc::new(check::plan(screen, workspace, workflow)?), false));
    };
    let files = workspace.plan(workflow);
    if files.as_ref().map_or(true, |files| files.release() != live.release()) {
        let release = evidence::releases::short(live.release());
        let state = if files.is_ok() { "have changed since" } else { "have problems" };
        screen.note(format!(
            "`{workflow}` runs on its live release {release}; its files {state} (`--draft` runs \
             them, `flightdeck deploy {workflow}` makes them live)"
        ));
    }
    Ok((live, true))
}

/// Many cases of one workflow.
struct Bulk {
    screen: Screen,
    plan: Arc<Plan>,
    /// Each case begins on the release that is live then, or on its canary.
    is_live: bool,
    by: PersonId,
    watched: Watched,
    at_once: usize,
}

impl Bulk {
    async fn all(self, global: &Global, workspace: &Workspace, from: Cases) -> Ended {
        let driver = Arc::new(Driver::start(workspace, Drives::All).await?);
        let began = Instant::now();
        let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
        let work = self.work(&driver, from);
        let (settled, stopped) = tokio::select! {
            done = work => done,
            _ = &mut interrupted => (Vec::new(), Some(interrupt())),
        };
        let elapsed = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let ended = match stopped {
            Some(stop) => Err(stop),
            None => self.told(global, &settled, elapsed),
        };
        if let Some(driver) = Arc::into_inner(driver) {
            if matches!(&ended, Err(stop) if hopeless(stop)) {
                driver.leave().await;
            } else {
                driver.close().await;
            }
        }
        ended
    }

    /// Opens cases, at most so many at once, and waits for each to rest.
    async fn work(
        &self,
        driver: &Arc<Driver>,
        from: Cases,
    ) -> (Vec<(RunId, Status)>, Option<Stop>) {
        let mut going = JoinSet::new();
        let mut settled = Vec::new();
        let mut stopped = None;
        let mut from = from.fuse();
        loop {
            while stopped.is_none() && going.len() < self.at_once {
                let Some(case) = from.next() else { break };
                match self.open(driver, case).await {
                    Ok((run, name)) => {
                        let driver = Arc::clone(driver);
                        going.spawn(async move { (run, name, driver.rested(run).await) });
                    }
                    Err(stop) => stopped = Some(stop),
                }
            }
            let Some(rested) = going.join_next().await else { return (settled, stopped) };
            match rested {
                Ok((run, name, Ok(status))) => {
                    settled.push((run, status));
                    self.settled(settled.len(), run, &name, status);
                }
                Ok((_, _, Err(stop))) => stopped = stopped.or(Some(stop)),
                Err(error) => stopped = stopped.or(Some(Stop::failed(error))),
            }
        }
    }

    async fn open(
        &self,
        driver: &Driver,
        case: Result<Case, Stop>,
    ) -> Result<(RunId, String), Stop> {
        let Case { name, value, file } = case?;
        let case = value.to_string().into_bytes();
        let file = file.map(|path| self.watched.lying(&path)).transpose()?.flatten();
        let is_watched = file.is_some();
        let run = match self.is_live {
            true => driver.begin(&self.plan.workflow().name, case, &self.by, file).await?,
            false => driver.open_file(&self.plan, case, (&self.by, Mode::Live), file).await?,
        };
        if is_watched {
            let said = "a start watches this folder: what is run by hand has its case, and it \
                        begins no other one for it";
            self.watched.said.call_once(|| self.screen.note(said));
        }
        Ok((run, name))
    }

    /// A line for each case that rests, so that nobody waits in the dark.
    fn settled(&self, n: usize, run: RunId, name: &str, status: Status) {
        let object = json!({ "n": n, "case": name, "run": run, "status": status });
        // A line that cannot be written is no reason to stop a case.
        let _ = self.screen.object("case", object);
        let look = match status {
            Status::Done | Status::Duplicate => Look::Good,
            Status::Failed | Status::Halted | Status::Rejected | Status::Cancelled => Look::Bad,
            Status::Waiting | Status::Paused | Status::Running | Status::Sleeping => Look::Warn,
        };
        let word = self.screen.word(look, status.as_str());
        self.screen.line(format!("{n:>5}  {run}  {}  {word}", words::plain(name)));
    }

    fn told(&self, global: &Global, settled: &[(RunId, Status)], elapsed: u64) -> Ended {
        let runs = Runs::existing(global)?;
        let mut fleet = Fleet::default();
        for (run, _) in settled {
            fleet.add(&Tally::of(&runs.view(*run)?));
        }
        let baseline = self.plan.workflow().baseline.as_ref();
        let summary = fleet.summary(elapsed, baseline);
        self.screen.object("summary", &summary)?;
        figures(&self.screen, &summary, self.plan.workflow().limits.currency.as_str());
        let release = self.plan.release();
        if let Some(exit) = held::unproven(&runs, &[release])? {
            return Ok(exit);
        }
        if let [(run, Status::Failed)] = settled {
            let help = format!("`flightdeck why {run}` says why");
            return Err(Stop::failed("the case failed").help(help));
        }
        Ok(exit(settled))
    }
}

/// The folders whose new files begin cases of a workflow, each as its map says it.
pub struct Watched {
    folders: Vec<(PathBuf, String)>,
    /// Whether it was said that they are.
    said: Once,
}

impl Watched {
    /// Those of a plan.
    pub fn of(root: &Path, plan: &Plan) -> Self {
        let folders = plan.workflow().starts.iter().filter_map(|start| match start {
            // One that is not there holds no file.
            Start::Folder(folder) => Some((root.join(folder).canonicalize().ok()?, folder.clone())),
            Start::At(_) | Start::Hook(_) => None,
        });
        Self { folders: folders.collect(), said: Once::new() }
    }

    /// A file as a start finds it, if one of them watches the folder that it lies in.
    fn lying(&self, file: &Path) -> Result<Option<Lying>, Stop> {
        let named = || format!("`{}` cannot be read", file.display());
        let whole = file.canonicalize().with_context(named)?;
        let parts = whole.parent().zip(whole.file_name().and_then(|name| name.to_str()));
        let Some((place, name)) = parts else { return Ok(None) };
        let Some((_, folder)) = self.folders.iter().find(|(watched, _)| watched == place) else {
            return Ok(None);
        };
        let content = Sha256::digest(std::fs::read(&whole).with_context(named)?);
        Ok(Some(Lying { path: format!("{folder}/{name}"), content: Hash(content.into()) }))
    }

    /// The same of a file that is only named, as a case names it.
    pub fn named(&self, name: &str) -> Result<Option<Lying>, Stop> {
        let plain = Path::new(name).file_name().is_some_and(|last| last == name);
        let files = self.folders.iter().map(|(folder, _)| folder.join(name));
        match files.into_iter().find(|file| plain && file.is_file()) {
            Some(file) => self.lying(&file),
            None => Ok(None),
        }
    }
}

/// Waiting counts first: it is not over, and a person can still turn it.
fn exit(settled: &[(RunId, Status)]) -> Exit {
    let mut counts: BTreeMap<Status, usize> = BTreeMap::new();
    for (_, status) in settled {
        *counts.entry(*status).or_default() += 1;
    }
    let exits: Vec<Exit> = counts.keys().map(|status| status::exit(*status)).collect();
    let order = [Exit::Waiting, Exit::Refused, Exit::Failed];
    order.into_iter().find(|exit| exits.contains(exit)).unwrap_or(Exit::Done)
}

fn interrupt() -> Stop {
    Stop {
        exit: Exit::Interrupted,
        what: anyhow::anyhow!("interrupted; what was stored is kept"),
        code: None,
        help: Some("`flightdeck run --open` goes on".to_owned()),
    }
}

/// Whether waiting for what is out would not help.
fn hopeless(stop: &Stop) -> bool {
    stop.exit == Exit::Interrupted || stop.is_unusable()
}

/// The summary for people.
pub fn figures(screen: &Screen, summary: &Summary, currency: &str) {
    let Summary { cases, done, alone, waiting, failed, .. } = summary;
    screen.line("");
    screen.line(format!(
        "{cases} cases in {}: {done} done ({alone} without a person), {waiting} waiting, \
         {failed} failed, {} rejected, {} the same as another",
        words::span(summary.elapsed_ms),
        summary.rejected,
        summary.duplicates
    ));
    for (signature, n) in &summary.failures {
        screen.line(format!("  failed {n} times: {signature}"));
    }
    screen.line(format!(
        "{} tokens, {} an hour; cost {} {currency}",
        words::number(summary.tokens),
        words::number(summary.tokens_per_hour),
        summary.cost
    ));
    if let Some(minutes) = summary.minutes_saved {
        screen.line(format!("{minutes} minutes of people's work saved, against the baseline"));
    }
    screen.line(format!("what limited the speed: {}", summary.limited_by_text));
    if *waiting > 0 {
        screen.line("some wait for a person: `flightdeck review`");
    }
}

/// Goes on with every run that can go on, until none can.
async fn go_on(screen: &Screen, global: &Global, workspace: &Workspace) -> Ended {
    let driver = Driver::start(workspace, Drives::All).await?;
    let went = tokio::select! {
        went = rest_of(&driver, global) => went,
        _ = tokio::signal::ctrl_c() => Err(interrupt()),
    };
    match &went {
        Err(stop) if hopeless(stop) => driver.leave().await,
        Ok(_) | Err(_) => driver.close().await,
    }
    let Went { settled, releases, stuck } = went?;
    for (run, status) in &settled {
        screen.object("case", json!({ "run": run, "status": status }))?;
        screen.line(format!("{run}  {}", status.as_str()));
    }
    if settled.is_empty() && stuck.is_empty() {
        screen.line("nothing was open");
    }
    let mut stuck = stuck.into_iter();
    if let Some(last) = stuck.next_back() {
        stuck.for_each(|stop| screen.stop(&stop));
        return Err(last);
    }
    let unproven = held::unproven(&Runs::existing(global)?, &releases)?;
    Ok(unproven.unwrap_or_else(|| exit(&settled)))
}

/// What became of the open runs.
#[derive(Default)]
struct Went {
    settled: Vec<(RunId, Status)>,
    releases: Vec<ReleaseId>,
    /// Why some cannot be gone on with.
    stuck: Vec<Stop>,
}

async fn rest_of(driver: &Driver, global: &Global) -> Result<Went, Stop> {
    driver.wake().await?;
    let runs = Runs::existing(global)?;
    let query = RunQuery {
        status: vec![Status::Running, Status::Sleeping],
        limit: usize::MAX >> 1,
        ..RunQuery::default()
    };
    let mut went = Went::default();
    for line in runs.lines(&query)? {
        match driver.rested(line.run).await {
            Ok(status) => went.settled.push((line.run, status)),
            Err(stop) if stop.is_damage() => went.stuck.push(stop),
            Err(stop) => return Err(stop),
        }
        went.releases.push(line.release);
    }
    Ok(went)
}
