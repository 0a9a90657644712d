//! Instructions over the HTTP interface: files with their weight, what is wrong in them, and who
//! changed them last. It must not judge a text: `plan` does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use journal::{Millis, Record};
use plan::ids::FilePath;
use plan::instructions::{Wrong, findings};
use plan::workflow::Does;
use plan::{Checked, Files};
use server::{
    FileChange, FileChanges, FindingKind, InstructionFile, InstructionFinding, InstructionKind,
    Instructions, No, ReadPart, Reading,
};

use super::{Inner, no, reading};
use crate::commands::instructions::{file, tokens};
use crate::saving::{self, NotSaved};
use crate::stored::Runs;
use crate::versions::{self, Change};
use crate::workspace::Workspace;

/// How many changes of a file are told.
const CHANGES: usize = 10;
/// Files of instructions are asked for by these names; an import may be anywhere.
const TOP: [&str; 4] = ["AGENTS.md", "CLAUDE.md", "agents", "workflows"];

impl Inner {
    /// Every file of instructions, what each agent reads, and what is wrong.
    pub async fn instructions(self: Arc<Self>) -> Result<Instructions, No> {
        let root = |inner: &Self, _: &Runs| Ok(Workspace::open(&inner.global).map_err(no)?.root);
        let root = reading(self.clone(), root).await?;
        let history = versions::changes(&root, &TOP).await;
        reading(self, move |inner, runs| listed(inner, runs, history)).await
    }

    /// Who changed a file, here and elsewhere.
    pub async fn changes(self: Arc<Self>, path: FilePath) -> Result<FileChanges, No> {
        if !saving::is_open(path.as_str()) {
            return Err(NotSaved::Closed(path).into());
        }
        let root = |inner: &Self, _: &Runs| Ok(Workspace::open(&inner.global).map_err(no)?.root);
        let root = reading(self.clone(), root).await?;
        let history = versions::changes(&root, &[path.as_str()]).await;
        let told = move |_: &Self, runs: &Runs| {
            let (elsewhere, no_history) = match history {
                Ok(all) => (all, None),
                Err(why) => (BTreeMap::new(), Some(why)),
            };
            let saved = saved(runs)?;
            let changes = changes(saved.get(path.as_str()), elsewhere.get(path.as_str()));
            Ok(FileChanges { changes, no_history })
        };
        reading(self, told).await
    }
}

fn listed(
    inner: &Inner,
    runs: &Runs,
    history: Result<BTreeMap<String, Vec<Change>>, String>,
) -> Result<Instructions, No> {
    let workspace = Workspace::open(&inner.global).map_err(no)?;
    let checked = plan::check_all(&workspace.files);
    let agents = readings(&checked);
    let mut read: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for one in &agents {
        for part in &one.parts {
            let step = format!("{}.{}", one.workflow, one.step);
            read.entry(file(&part.source)).or_default().insert(step);
        }
    }
    let ours = workspace.files.iter().map(|(path, _)| path.as_ref());
    let paths: BTreeSet<&str> = ours
        .filter(|path| kind(path) != InstructionKind::Imported && !path.starts_with("workflows/"))
        .filter(|path| path.ends_with(".md"))
        .chain(read.keys().copied())
        .collect();
    let saved = saved(runs)?;
    let (elsewhere, no_history) = match history {
        Ok(all) => (all, None),
        Err(why) => (BTreeMap::new(), Some(why)),
    };
    let line = |path: &str| InstructionFile {
        path: path.to_owned(),
        kind: kind(path),
        tokens_about: workspace.files.get(path).map_or(0, |text| tokens(text)),
        open: saving::is_open(path),
        read_by: read.get(path).into_iter().flatten().cloned().collect(),
        changes: changes(saved.get(path), elsewhere.get(path)),
    };
    let files: Vec<InstructionFile> = paths.iter().map(|path| line(path)).collect();
    let findings = wrong(&checked, &workspace.files, &paths);
    Ok(Instructions { files, findings, agents, no_history })
}

fn kind(path: &str) -> InstructionKind {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name {
        "AGENTS.md" | "CLAUDE.md" => InstructionKind::Standing,
        _ if path.starts_with("agents/") => InstructionKind::Agent,
        _ if path.starts_with("workflows/") => InstructionKind::Workflow,
        _ => InstructionKind::Imported,
    }
}

/// What the agent of each step reads in every case.
fn readings(checked: &Checked) -> Vec<Reading> {
    let mut all = Vec::new();
    for plan in checked.plans.values() {
        let workflow = plan.workflow();
        for step in &workflow.steps {
            let Does::Agent(agent) = &step.does else { continue };
            let part = |part: &plan::workflow::Instruction| ReadPart {
                source: part.source.clone(),
                tokens_about: tokens(&part.text),
            };
            let parts: Vec<ReadPart> = agent.instructions.iter().map(part).collect();
            all.push(Reading {
                workflow: workflow.name.to_string(),
                step: step.id.to_string(),
                agent: agent.agent.to_string(),
                tokens_about: parts.iter().map(|part| part.tokens_about).sum(),
                parts,
            });
        }
    }
    all
}

fn wrong(checked: &Checked, files: &Files, paths: &BTreeSet<&str>) -> Vec<InstructionFinding> {
    let ours = checked.problems.iter().filter(|one| paths.contains(one.file.as_str()));
    let problems = ours.map(|one| InstructionFinding {
        kind: FindingKind::Problem,
        file: one.file.clone(),
        line: one.line,
        what: one.what.clone(),
        fix: Some(one.fix.clone()),
    });
    let found = findings(files, checked.plans.values()).into_iter();
    let found = found.map(|one| InstructionFinding {
        kind: match one.wrong {
            Wrong::Stale => FindingKind::Stale,
            Wrong::Conflict => FindingKind::Conflict,
        },
        file: one.file,
        line: one.line,
        what: one.what,
        fix: None,
    });
    problems.chain(found).collect()
}

/// Who saved each file through this installation, the first one first.
fn saved(runs: &Runs) -> Result<BTreeMap<String, Vec<(String, Millis)>>, No> {
    let desk = runs.desk_history().map_err(no)?;
    let mut all: BTreeMap<String, Vec<(String, Millis)>> = BTreeMap::new();
    for frame in desk.frames() {
        for record in &frame.records {
            if let Record::FileSaved { who, file, .. } = record {
                all.entry(file.to_string()).or_default().push((who.to_string(), frame.at));
            }
        }
    }
    Ok(all)
}

/// The last changes of a file, wherever they were made, the last one first.
fn changes(
    here: Option<&Vec<(String, Millis)>>,
    elsewhere: Option<&Vec<Change>>,
) -> Vec<FileChange> {
    let here = here.into_iter().flatten().map(|(who, at)| (*at, who.clone(), true, None));
    let elsewhere = elsewhere.into_iter().flatten();
    let elsewhere = elsewhere.map(|one| (one.at, one.who.clone(), false, Some(one.about.clone())));
    let mut all: Vec<_> = here.chain(elsewhere).collect();
    all.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
    all.truncate(CHANGES);
    let told = |(at, who, here, about)| FileChange { who, at: server::time(at), here, about };
    all.into_iter().map(told).collect()
}
