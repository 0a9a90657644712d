//! Files and maps over the HTTP interface. It must not judge a text: `plan` does.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use evidence::words;
use journal::{Hash, Record};
use plan::codes::WORKFLOW_UNKNOWN;
use plan::ids::{FieldName, FilePath, PersonId, WorkflowName};
use plan::workflow::Type;
use plan::{Edit, EditError, Files, types};
use server::{
    CaseField, Draft, FileLine, FileText, MapFile, MapLine, Names, No, Saving, Sheet, Why, Workflow,
};

use super::{Inner, fault, no, reading, told};
use crate::releases;
use crate::saving::{self, NotSaved, Ready};
use crate::stored::{Runs, now};
use crate::workspace::Workspace;

impl From<NotSaved> for No {
    fn from(not: NotSaved) -> Self {
        let why = match &not {
            NotSaved::Closed(_) | NotSaved::Outside(_) => Why::NotPermitted,
            NotSaved::Missing(_) => Why::NotFound,
            NotSaved::Changed(_) | NotSaved::There(_) => Why::Conflict,
            NotSaved::NoText(_) | NotSaved::Long(_) => Why::Invalid,
            NotSaved::Unwritten(..) => Why::Unusable,
        };
        let help = if let NotSaved::Changed(_) = &not {
            Some("read it again and look at both: nothing was written")
        } else if let NotSaved::There(_) = &not {
            Some("take another name, or read it and change it")
        } else {
            None
        };
        let what = format!("{:#}", anyhow::Error::from(not));
        Self { why, what, help: help.map(str::to_owned) }
    }
}

/// Names that a map can say. What cannot be read gives none: writing goes on without them.
pub fn names(inner: &Inner) -> Result<Names, No> {
    let workspace = Workspace::open(&inner.global).map_err(no)?;
    let within = |folder: &str| {
        let files = workspace.files.within(folder, ".md");
        let names = files
            .map(|(path, _)| path.trim_start_matches(folder).trim_end_matches(".md").to_owned());
        names.collect()
    };
    let (agents, workflows) = (within("agents/"), within("workflows/"));
    let Ok(places) = workspace.places() else {
        return Ok(Names { agents, workflows, ..Names::default() });
    };
    let holders = places.roles.values().flatten().chain(places.people.keys());
    let people: BTreeSet<String> = holders.map(ToString::to_string).collect();
    Ok(Names {
        roles: places.roles.keys().map(ToString::to_string).collect(),
        people: people.into_iter().collect(),
        agents,
        tools: places.lock.tools.keys().map(ToString::to_string).collect(),
        workflows,
    })
}

/// Files that can be read from outside, by path.
pub fn files(inner: &Inner) -> Result<Vec<FileLine>, No> {
    let workspace = Workspace::open(&inner.global).map_err(no)?;
    let paths = workspace.files.iter().map(|(path, _)| path.as_ref());
    let open =
        paths.filter(|path| saving::is_open(path)).filter_map(|path| FilePath::new(path).ok());
    let line = |path: FilePath| {
        let bytes = saving::bytes(&workspace.root, &path).ok()?;
        let version = Hash::of(&bytes).to_string();
        Some(FileLine { path: path.to_string(), version, bytes: bytes.len() as u64 })
    };
    Ok(open.filter_map(line).collect())
}

/// A file's text.
pub fn file(inner: &Inner, path: &FilePath) -> Result<FileText, No> {
    let root = Workspace::open(&inner.global).map_err(no)?.root;
    let (text, version) = saving::text(&root, path)?;
    Ok(FileText { path: path.to_string(), text, version: version.to_string() })
}

/// A workflow as a map of another product.
pub fn export(inner: &Inner, workflow: &WorkflowName) -> Result<MapFile, No> {
    let files = Workspace::open(&inner.global).map_err(no)?.files;
    let plan = plan::check(&files, workflow.as_str()).map_err(|found| {
        if found.iter().any(|problem| problem.code.id == WORKFLOW_UNKNOWN.id) {
            return No::new(Why::NotFound, format!("there is no workflow `{workflow}`"));
        }
        No::new(Why::Invalid, format!("the map has {} problems", found.len()))
            .help("mend them first; the map is drawn with all of them")
    })?;
    let made = plan::export::export(&plan, &words::stamp(now()));
    let lines = made.lines.into_iter().map(MapLine::from).collect();
    Ok(MapFile { map: made.map, lines })
}

/// The workspace's files with a draft in the place of the stored text, and that text.
pub fn drafted(inner: &Inner, draft: Draft) -> Result<(Files, String, Option<Hash>), No> {
    let Workspace { root, mut files, .. } = Workspace::open(&inner.global).map_err(no)?;
    let stored = match saving::text(&root, &draft.path) {
        Err(NotSaved::Missing(_)) => None,
        stored => Some(stored?),
    };
    let version = stored.as_ref().map(|(_, version)| *version);
    let text = draft.text.or(stored.map(|(text, _)| text));
    let text = text.ok_or_else(|| No::from(NotSaved::Missing(draft.path.clone())))?;
    files.insert(draft.path.as_str(), &text);
    Ok((files, text, version))
}

/// A map as it is drawn after some changes.
pub fn draw(inner: &Inner, draft: Draft, edits: &[Edit]) -> Result<Sheet, No> {
    let path = draft.path.clone();
    let (mut files, mut text, version) = drafted(inner, draft)?;
    if !edits.is_empty() {
        text = plan::edit(&files, path.as_str(), edits).map_err(refused)?;
        files.insert(path.as_str(), &text);
    }
    let (map, problems) = plan::show::map(&files, path.as_str());
    Ok(Sheet { text, version: version.map(|version| version.to_string()), map, problems })
}

pub(super) fn refused(error: EditError) -> No {
    match &error {
        EditError::Unreadable(problems) | EditError::Breaks(problems) => {
            let all: Vec<String> = problems.iter().map(ToString::to_string).take(5).collect();
            No::new(Why::Conflict, format!("{error}: {}", all.join("; ")))
                .help("mend it in the text first")
        }
        EditError::NoFile(_) | EditError::NoPlace(_) => No::new(Why::NotFound, error),
        EditError::Unfit(_) | EditError::Comment => No::new(Why::Conflict, error),
    }
}

/// Every workflow as its file says now, beside what is live.
pub fn workflows(inner: &Inner, runs: &Runs) -> Result<Vec<Workflow>, No> {
    let workspace = Workspace::open(&inner.global).map_err(no)?;
    let (_, rollouts) = releases::stored(Some(runs)).map_err(no)?;
    let mut all = Vec::new();
    for (path, text) in workspace.files.within("workflows/", ".md") {
        let name = path.trim_start_matches("workflows/").trim_end_matches(".md");
        let plan = workspace.plan(name);
        let rollout = WorkflowName::new(name).ok().and_then(|name| rollouts.get(&name));
        let live = rollout.map(|rollout| rollout.live);
        let canary = rollout.and_then(|rollout| rollout.canary.as_ref());
        let bytes = FilePath::new(path).map(|path| saving::bytes(&workspace.root, &path));
        let version = match bytes {
            Ok(Ok(bytes)) => Hash::of(&bytes),
            _ => Hash::of(text.as_bytes()),
        };
        let about = plan.as_ref().ok().map(plan::Plan::workflow);
        // A case begins on what is live, whatever its file says by now.
        let begins = live.and_then(|live| runs.release(live));
        let begins = begins.as_deref().map(plan::Plan::workflow).or(about);
        all.push(Workflow {
            workflow: name.to_owned(),
            path: path.to_string(),
            version: version.to_string(),
            purpose: about.map(|workflow| workflow.purpose.to_string()),
            accountable: about.map(|workflow| workflow.accountable.to_string()),
            problems: plan.as_ref().err().map_or(0, plan::Problems::len),
            open: plan::show::map(&workspace.files, path).0.open.len(),
            fields: begins.map(fields).unwrap_or_default(),
            live: live.map(|release| release.to_string()),
            canary: canary.map(|canary| canary.release.to_string()),
            changed: live.is_some_and(|live| {
                plan.as_ref().map_or(true, |plan| {
                    plan.release() != live && canary.is_none_or(|c| c.release != plan.release())
                })
            }),
        });
    }
    Ok(all)
}

/// What a case of a workflow is given.
fn fields(workflow: &plan::workflow::Workflow) -> Vec<CaseField> {
    let one = |(name, kind): (&FieldName, &Type)| {
        let (inner, optional) = match kind {
            Type::Optional(inner) => (inner.as_ref(), true),
            kind => (kind, false),
        };
        let choices = match inner {
            Type::OneOf(words) => words.clone(),
            Type::Bool => vec!["yes".to_owned(), "no".to_owned()],
            _ => Vec::new(),
        };
        CaseField { name: name.to_string(), kind: types::said(inner), optional, choices }
    };
    workflow.case.fields.iter().map(one).collect()
}

impl Inner {
    /// Saves a file over the version that was read.
    pub async fn save(self: Arc<Self>, who: PersonId, saving: Saving) -> Result<String, No> {
        let _one = self.saving.lock().await;
        let Saving { path, text, from } = saving;
        let from = from.map(|from| {
            serde_json::from_value::<Hash>(from.into())
                .map_err(|_| No::new(Why::Invalid, "`from` is the `version` of the file as read"))
        });
        let (from, named) = (from.transpose()?, path.clone());
        let prepare = move |inner: &Self, runs: &Runs| {
            let root = Workspace::open(&inner.global).map_err(no)?.root;
            let ready = saving::prepare(&root, &named, &text, from);
            let ready = ready.map_err(|not| told::saved(runs, &named, not.into()))?;
            Ok((root, ready))
        };
        let (root, ready) = reading(self.clone(), prepare).await?;
        self.clone().put(who, path, ready, root).await
    }

    /// Lets a text that is ready take its file's place. That it does is stored first: no file ever
    /// says what nobody is known to have written. Whoever calls it holds the one turn to save.
    pub(super) async fn put(
        self: Arc<Self>,
        who: PersonId,
        file: FilePath,
        ready: Ready,
        root: PathBuf,
    ) -> Result<String, No> {
        let (from, to) = (ready.from, ready.to);
        if Some(to) == from {
            return Ok(to.to_string());
        }
        let saved = Record::FileSaved { who, file, from, to };
        self.runtime.noted(saved).await.map_err(|error| fault(&error))?;
        let take = move |_: &Self, _: &Runs| ready.take_place(&root).map_err(No::from);
        reading(self, take).await?;
        Ok(to.to_string())
    }
}
