//! Who acts: the person that was named, known to the workspace, and the workspace's people as
//! whoever drives its runs looks them up. What a person may do is decided there and by the run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use plan::ids::{PersonId, WorkflowName};
use plan::{Plan, Retention};
use runtime::People;

use crate::args::Global;
use crate::exit::{Exit, Stop};
use crate::workspace::{SETTINGS, Workspace};

/// The person who does this; an act without a name is nobody's.
pub fn named(global: &Global) -> Result<PersonId, Stop> {
    global.person.clone().ok_or_else(|| {
        Stop::usage("this needs the name of a person")
            .help("add `--as PERSON`, or set `FLIGHTDECK_PERSON`")
    })
}

/// The person who does this, who must be one of the workspace's.
pub fn known(global: &Global, workspace: &Workspace) -> Result<PersonId, Stop> {
    let who = named(global)?;
    let places = workspace.places().map_err(|problems| {
        Stop::usage(problems).help("`flightdeck check` shows them with their fixes")
    })?;
    if places.people.contains_key(&who) {
        return Ok(who);
    }
    let what = format!("`{who}` is not a person of this workspace");
    let all: Vec<&str> = places.people.keys().map(PersonId::as_str).collect();
    let help = format!("`flightdeck.yaml` names {}", all.join(", "));
    Err(Stop { exit: Exit::NotPermitted, ..Stop::usage(what) }.help(help))
}

/// The people of a workspace as its files say it now, for whoever drives its runs.
pub struct FromFiles {
    root: PathBuf,
    data: PathBuf,
    /// Who stood in the settings when they were last read.
    known: Mutex<Option<(Stamp, BTreeSet<PersonId>)>>,
}

/// When a file was changed, and its length.
type Stamp = (Option<SystemTime>, u64);

impl FromFiles {
    #[must_use]
    pub fn new(workspace: &Workspace) -> Self {
        let (root, data) = (workspace.root.clone(), workspace.data.clone());
        Self { root, data, known: Mutex::new(None) }
    }

    fn workspace(&self) -> Option<Workspace> {
        Workspace::at(self.root.clone(), self.data.clone()).ok()
    }

    fn stamp(&self) -> Option<Stamp> {
        let settings = std::fs::metadata(self.root.join(SETTINGS)).ok()?;
        Some((settings.modified().ok(), settings.len()))
    }
}

impl People for FromFiles {
    fn knows(&self, who: &PersonId) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(stamp) = self.stamp() else { return false };
        // Many cases are opened one after the other; the settings are read again when they change.
        if let Some((then, people)) = &*known
            && *then == stamp
        {
            return people.contains(who);
        }
        let places = self.workspace().and_then(|workspace| workspace.places().ok());
        let Some(places) = places else { return false };
        let people: BTreeSet<PersonId> = places.people.into_keys().collect();
        let knows = people.contains(who);
        *known = Some((stamp, people));
        knows
    }

    fn retention(&self) -> Option<Retention> {
        Some(self.workspace()?.places().ok()?.retention)
    }

    fn plans(&self) -> BTreeMap<WorkflowName, Plan> {
        let workspace = self.workspace();
        workspace.map(|workspace| plan::check_all(&workspace.files).plans).unwrap_or_default()
    }
}
