//! What the standards are judged over, gathered from the workspace and what is stored: files,
//! statements, what live cases showed, the desk. What cases showed is kept in a file beside the
//! journal so that each is read once; it is nothing but what the journal says, and is made anew
//! where it is not there. It must not judge.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use assure::desk::Desk;
use assure::preflight::{self, Block, Question};
use assure::psf::{Advice, Assessment, Given, assess};
use assure::seen::Seen;
use assure::standard::Standard;
use assure::worth::{Weighed, Worth, worth};
use evidence::History;
use journal::{Frame, Hash, Millis, Record, Rollouts, RunId};
use plan::ids::{ReleaseId, WorkflowName};
use plan::statements::{Statement, statements};
use plan::{Places, Plan};
use serde::{Deserialize, Serialize};

use crate::driver::keying;
use crate::exit::{Exit, Stop};
use crate::stored::{Runs, now};
use crate::workspace::Workspace;
use crate::{releases, trial};

/// Where what cases showed is kept, in the data folder.
const FILE: &str = "seen.json";
/// The version of that file. Another one is made anew.
const VERSION: u32 = 1;
/// How many entries are read at once.
const PAGE: usize = 2_000;

#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    /// The last entry that was read.
    place: u64,
    seen: Seen,
}

/// What is kept, with a digest that only whoever has the installation's key can make: a score is
/// not to be had by writing into a file.
#[derive(Serialize, Deserialize)]
struct Sealed {
    digest: Hash,
    kept: String,
}

impl Sealed {
    fn digest(data: &Path, kept: &str) -> Option<Hash> {
        let key = keying(data).ok()?;
        Some(Hash::of_parts(&[b"flightdeck seen", &key, kept.as_bytes()]))
    }
}

/// Everything that is judged over.
pub struct Grounds<'w> {
    pub workspace: &'w Workspace,
    pub runs: Option<&'w Runs>,
    pub places: Places,
    pub statements: Vec<Statement>,
    pub desk: Desk,
    pub history: History,
    pub seen: Seen,
    pub rollouts: Rollouts,
    pub standard: Standard,
    pub now: Millis,
}

/// One workflow, with the release that is looked at.
pub struct Looked {
    pub plan: Arc<Plan>,
    pub live: Option<Millis>,
    /// Whether the files say the same.
    pub same: bool,
    file: String,
    releases: BTreeMap<ReleaseId, Arc<Plan>>,
    cases: usize,
}

impl<'w> Grounds<'w> {
    /// Gathers them.
    pub fn of(workspace: &'w Workspace, runs: Option<&'w Runs>) -> Result<Self, Stop> {
        let problems = |problems: plan::Problems| {
            Stop::usage(problems).help("`flightdeck check` shows them with their fixes")
        };
        let history = match runs {
            Some(runs) => runs.desk_history()?,
            None => History::read(RunId::DESK, &[]).map_err(Stop::failed)?,
        };
        let (_, rollouts) = releases::stored(runs)?;
        Ok(Self {
            workspace,
            runs,
            places: workspace.places().map_err(problems)?,
            statements: statements(&workspace.files).map_err(problems)?,
            desk: Desk::of(&history),
            history,
            seen: runs.map(seen).transpose()?.unwrap_or_default(),
            rollouts,
            standard: Standard::psf(),
            now: now(),
        })
    }

    /// The workflow as it is live, or as its files say where it is not.
    pub fn look(&self, name: &str) -> Result<Looked, Stop> {
        let drawn = self.workspace.plan(name);
        let id = match &drawn {
            Ok(plan) => plan.workflow().name.clone(),
            Err(_) => {
                WorkflowName::new(name.trim_start_matches("workflows/").trim_end_matches(".md"))
                    .map_err(Stop::usage)?
            }
        };
        let rollout = self.rollouts.get(&id);
        let live = rollout.and_then(|one| Some((self.runs?.release(one.live)?, one.since)));
        match (live, drawn) {
            (Some((plan, since)), drawn) => {
                let same = drawn.is_ok_and(|drawn| drawn.release() == plan.release());
                Ok(self.looked(plan, Some(since), same))
            }
            (None, Ok(plan)) => Ok(self.looked(Arc::new(plan), None, true)),
            (None, Err(problems)) => {
                Err(Stop::usage(problems).help("`flightdeck check` shows them with their fixes"))
            }
        }
    }

    /// A release that is to be deployed.
    pub fn look_at(&self, plan: &Arc<Plan>) -> Looked {
        self.looked(Arc::clone(plan), None, true)
    }

    fn looked(&self, plan: Arc<Plan>, live: Option<Millis>, same: bool) -> Looked {
        let name = &plan.workflow().name;
        let mut releases = BTreeMap::from([(plan.release(), Arc::clone(&plan))]);
        for (release, _) in self.seen.of(name) {
            let stored = self.runs.and_then(|runs| runs.release(*release));
            releases.extend(stored.map(|stored| (*release, stored)));
        }
        let folder = trial::folder(&self.workspace.root, name.as_str());
        let cases = if trial::has_cases(&folder) {
            trial::read(&folder).map_or(0, |cases| cases.len())
        } else {
            0
        };
        let file = file_of(self.workspace, name);
        Looked { plan, live, same, file, releases, cases }
    }

    /// Something that is judged over one workflow.
    fn given<R>(&self, looked: &Looked, judge: impl FnOnce(&Given<'_>) -> R) -> R {
        judge(&Given {
            standard: &self.standard,
            workflow: looked.plan.workflow(),
            release: looked.plan.release(),
            live: looked.live,
            files: &self.workspace.files,
            file: &looked.file,
            same: looked.same,
            places: &self.places,
            statements: &self.statements,
            seen: &self.seen,
            releases: &looked.releases,
            desk: &self.desk,
            cases: looked.cases,
            now: self.now,
        })
    }

    /// The Production Safety Framework over it.
    pub fn assess(&self, looked: &Looked) -> Assessment {
        self.given(looked, assess)
    }

    /// The four questions, and for which of them somebody answers.
    pub fn preflight(&self, looked: &Looked) -> (Vec<Question>, BTreeSet<String>) {
        let questions = self.given(looked, preflight::questions);
        let (name, release) = (&looked.plan.workflow().name, looked.plan.release());
        (questions, preflight::excepted(&self.history, name, release, self.now))
    }

    /// What it is worth.
    pub fn worth(&self, looked: &Looked, upkeep_minutes: u32, exchange: f64) -> Worth {
        let workflow = looked.plan.workflow();
        let sums = assure::brief::lately(&self.seen, &workflow.name, self.now, 90);
        let seen = (sums.cases > 0).then_some(sums);
        worth(&Weighed { workflow, seen, upkeep_minutes, exchange })
    }

    /// Every workflow that is live or whose files are fit to run.
    pub fn all(&self) -> Vec<WorkflowName> {
        let mut all: BTreeSet<WorkflowName> =
            plan::check_all(&self.workspace.files).plans.into_keys().collect();
        all.extend(self.rollouts.iter().map(|(name, _)| name.clone()));
        all.into_iter().collect()
    }
}

/// The file in which a map stands.
fn file_of(workspace: &Workspace, name: &WorkflowName) -> String {
    let named = |text: &str| {
        text.lines().any(|line| {
            line.strip_prefix("workflow:").is_some_and(|rest| rest.trim() == name.as_str())
        })
    };
    let mut all = workspace.files.within("workflows/", ".md");
    let found = all.find(|(_, text)| named(text)).map(|(path, _)| path.to_string());
    found.unwrap_or_else(|| format!("workflows/{name}.md"))
}

/// What may not go live, before it does.
pub fn ready(workspace: &Workspace, runs: Option<&Runs>, plan: &Arc<Plan>) -> Result<(), Stop> {
    let grounds = Grounds::of(workspace, runs)?;
    let looked = grounds.look_at(plan);
    let (questions, excepted) = grounds.preflight(&looked);
    let open = preflight::open(&questions, &excepted);
    if open.is_empty() {
        return Ok(());
    }
    let each = |block: &&Block| format!("{} ({})", block.what, block.id);
    let all: Vec<String> = open.iter().map(each).collect();
    let name = &plan.workflow().name;
    let what = format!("nothing was deployed: {}", all.join("; "));
    Err(Stop { exit: Exit::Findings, ..Stop::usage(what) }.help(format!(
        "`flightdeck preflight {name}` shows each with its fix; a named person may answer for it \
         until a day with `flightdeck except {name}`"
    )))
}

/// What live cases showed: what is kept, and what came since.
fn seen(runs: &Runs) -> Result<Seen, Stop> {
    let file = runs.data.join(FILE);
    let mut kept =
        read(&file).unwrap_or(Kept { version: VERSION, place: 0, seen: Seen::default() });
    // A journal that is shorter than what was kept is another one.
    if kept.place > runs.reader().last_place()? {
        kept = Kept { version: VERSION, place: 0, seen: Seen::default() };
    }
    let from = kept.place;
    loop {
        let rows = runs.reader().after(kept.place, PAGE)?;
        for (_, bytes) in &rows {
            // Few entries are the last of their case, and only those are looked into.
            let ends = bytes.windows(8).any(|window| window == b"\"ended\":");
            let frame: Option<Frame> = ends.then(|| serde_json::from_slice(bytes).ok()).flatten();
            let Some(frame) = frame.filter(|frame| frame.run != RunId::DESK) else { continue };
            if frame.records.iter().any(|record| matches!(record, Record::Ended { .. })) {
                add(runs, frame.run, &mut kept.seen);
            }
        }
        kept.place = rows.last().map_or(kept.place, |(place, _)| *place);
        if rows.len() < PAGE {
            break;
        }
    }
    if kept.place != from {
        let _ = write(&runs.data, &kept);
    }
    Ok(kept.seen)
}

/// A case that cannot be read shows nothing; `doctor` says that it is damaged.
fn add(runs: &Runs, run: RunId, seen: &mut Seen) {
    let Ok(history) = runs.history(run) else { return };
    let opened = history.frames().first().and_then(|frame| frame.records.first());
    let Some(Record::Opened { release, .. }) = opened else { return };
    seen.add(&history, runs.release(*release).as_deref());
}

/// What is kept; nothing where it is not there, of another version, or not what this program wrote.
fn read(data: &Path) -> Option<Kept> {
    let sealed: Sealed = serde_json::from_slice(&std::fs::read(data.join(FILE)).ok()?).ok()?;
    let own = Sealed::digest(data, &sealed.kept)? == sealed.digest;
    let kept: Kept = serde_json::from_str(&sealed.kept).ok()?;
    (own && kept.version == VERSION).then_some(kept)
}

/// It can always be made anew, so a folder that cannot be written to is no failure.
fn write(data: &Path, kept: &Kept) -> Option<()> {
    let kept = serde_json::to_string(kept).ok()?;
    let sealed = Sealed { digest: Sealed::digest(data, &kept)?, kept };
    let file = data.join(FILE);
    let fresh = file.with_extension(format!("{}.tmp", std::process::id()));
    let written = std::fs::write(&fresh, serde_json::to_vec(&sealed).ok()?);
    if written.and_then(|()| std::fs::rename(&fresh, &file)).is_err() {
        let _ = std::fs::remove_file(&fresh);
    }
    Some(())
}

/// What a change would take out and put in from which line on, and the file as it would be.
pub fn changed(workspace: &Workspace, advice: &Advice) -> Option<((usize, Vec<String>), String)> {
    let file = advice.file.as_ref().filter(|_| !advice.edits.is_empty())?;
    let old = workspace.files.get(file)?;
    let new = plan::edit(&workspace.files, file, &advice.edits).ok()?;
    let (was, is): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let before = was.iter().zip(&is).take_while(|(a, b)| a == b).count();
    let rest_was = was.get(before..).unwrap_or_default();
    let rest_is = is.get(before..).unwrap_or_default();
    let after = rest_was.iter().rev().zip(rest_is.iter().rev()).take_while(|(a, b)| a == b).count();
    let cut = |lines: &[&str], sign: char| {
        let middle = lines.get(..lines.len().saturating_sub(after)).unwrap_or_default();
        middle.iter().map(|line| format!("{sign} {line}")).collect::<Vec<_>>()
    };
    let lines = [cut(rest_was, '-'), cut(rest_is, '+')].concat();
    Some(((before + 1, lines), new))
}
