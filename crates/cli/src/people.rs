//! Who acts: the person that was named, known to the workspace, and the workspace's people as
//! whoever drives its runs looks them up. What a person may do is decided there and by the run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use evidence::{ReviewKind, ReviewView, RunView};
use journal::{Millis, Starter};
use plan::ids::{PersonId, RoleId, WorkflowName};
use plan::workflow::{Does, NeverBy, Workflow, WorkingHours};
use plan::{Absence, Access, AccessRole, OnCall, Places, Plan, Retention};
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

/// Why nobody at all may answer a request; nothing where somebody may, or the files cannot say.
/// Who may is decided by the run; this only says what the deciding will find.
pub fn nobody_may(
    global: &Global,
    workflow: &Workflow,
    view: &RunView,
    review: &ReviewView,
) -> Option<String> {
    let people = FromFiles::new(&Workspace::open(global).ok()?);
    let known = people.known()?;
    let answering = Answering::of(&people, workflow, view, review, crate::stored::now());
    if known.people.iter().any(|who| answering.may(who)) {
        return None;
    }
    let why = |who: &PersonId| match known.people.contains(who) {
        false => format!("{who} is no person of the workspace any more"),
        true => answering.why_barred(who),
    };
    let whys: Vec<String> = answering.holders.iter().map(why).collect();
    let whys = if whys.is_empty() { "nobody holds it".to_owned() } else { whys.join(", ") };
    Some(format!("the role {}: {whys}", review.by))
}

/// Who may answer one request, as the deciding will find it.
struct Answering<'a> {
    people: &'a FromFiles,
    never: &'a [NeverBy],
    starter: Option<&'a PersonId>,
    accountable: &'a PersonId,
    by: &'a RoleId,
    holders: &'a [PersonId],
    at: Millis,
}

impl<'a> Answering<'a> {
    fn of(
        people: &'a FromFiles,
        workflow: &'a Workflow,
        view: &'a RunView,
        review: &'a ReviewView,
        at: Millis,
    ) -> Self {
        let step = workflow.steps.iter().find(|step| step.id == review.at.step);
        let never = match (step.map(|step| &step.does), review.kind) {
            (Some(Does::Review(step)), _) => step.never_by.as_slice(),
            (_, ReviewKind::Act) => &[NeverBy::Starter],
            _ => &[],
        };
        let accountable = &workflow.accountable;
        let starter = match view.starter.as_ref() {
            Some(starter) if starter.is_trigger() => Some(accountable),
            starter => starter.and_then(Starter::person),
        };
        let holders = workflow.roles.get(&review.by).map_or(&[][..], Vec::as_slice);
        Self { people, never, starter, accountable, by: &review.by, holders, at }
    }

    fn barred(&self, who: &PersonId) -> bool {
        self.never.iter().any(|never| match never {
            NeverBy::Starter => self.starter.is_none_or(|starter| starter == who),
            NeverBy::Owner => who == self.accountable,
        })
    }

    fn may(&self, who: &PersonId) -> bool {
        let stands_for = self.people.stands_for(who, self.at);
        let voices = std::iter::once(who.clone()).chain(stands_for);
        let holds = |voice: &PersonId| self.holders.contains(voice) && !self.barred(voice);
        let on_call = || self.people.on_call(who, self.at).contains(self.by);
        !self.barred(who) && (voices.into_iter().any(|voice| holds(&voice)) || on_call())
    }

    fn why_barred(&self, who: &PersonId) -> String {
        match self.starter == Some(who) {
            true => format!("{who} started the case"),
            false => format!("{who} answers for the workflow"),
        }
    }
}

/// The people of a workspace as its files say it now, for whoever drives its runs.
pub struct FromFiles {
    root: PathBuf,
    data: PathBuf,
    /// Who stood in the settings when they were last read.
    known: Mutex<Option<(Stamp, Arc<Known>)>>,
}

/// What of the settings is about people.
struct Known {
    people: BTreeSet<PersonId>,
    hours: Option<WorkingHours>,
    away: Vec<Absence>,
    on_call: Vec<OnCall>,
    access: Access,
    roles: BTreeMap<RoleId, Vec<PersonId>>,
}

/// Who answers for a workflow, and the role that may overrule it.
pub struct Over {
    accountable: PersonId,
    override_by: RoleId,
}

impl Over {
    pub fn of(plan: &Plan) -> Self {
        let workflow = plan.workflow();
        let (accountable, override_by) =
            (workflow.accountable.clone(), workflow.override_by.clone());
        Self { accountable, override_by }
    }
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

    /// The people as the settings name them now. Many cases are opened one after the other; the
    /// settings are read again when they change.
    fn known(&self) -> Option<Arc<Known>> {
        let mut kept = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = self.stamp()?;
        if let Some((then, known)) = &*kept
            && *then == stamp
        {
            return Some(known.clone());
        }
        let Places { people, hours, away, on_call, access, roles, .. } =
            self.workspace()?.places().ok()?;
        let people = people.into_keys().collect();
        let known = Arc::new(Known { people, hours, away, on_call, access, roles });
        *kept = Some((stamp, known.clone()));
        Some(known)
    }

    /// What a person is to the workspace; nothing where they are nobody here. `over` are workflows
    /// and who answers for them or may overrule them.
    pub fn roles_of(&self, who: &PersonId, over: &[Over]) -> BTreeSet<AccessRole> {
        let Some(known) = self.known() else { return BTreeSet::new() };
        if !known.people.contains(who) {
            return BTreeSet::new();
        }
        let overrules = |role: &RoleId| known.roles.get(role).is_some_and(|all| all.contains(who));
        let answers = over.iter().any(|one| one.accountable == *who || overrules(&one.override_by));
        known.access.of(who, answers)
    }

    /// Why a person may not answer a request now; nothing where they may.
    pub fn why_not(
        &self,
        who: &PersonId,
        workflow: &Workflow,
        view: &RunView,
        review: &ReviewView,
        at: Millis,
    ) -> Option<String> {
        let answering = Answering::of(self, workflow, view, review, at);
        if answering.may(who) {
            return None;
        }
        Some(match answering.barred(who) {
            true => answering.why_barred(who),
            false => format!("it is decided by the role {}", review.by),
        })
    }

    /// Maps as the files say them now.
    pub fn plans_now(&self) -> BTreeMap<WorkflowName, Plan> {
        People::plans(self)
    }

    /// What everybody is to the workspace.
    pub fn all_roles(&self, over: &[Over]) -> BTreeMap<PersonId, BTreeSet<AccessRole>> {
        let Some(known) = self.known() else { return BTreeMap::new() };
        known.people.iter().map(|who| (who.clone(), self.roles_of(who, over))).collect()
    }

    /// The same by the maps as they are now.
    pub fn roles(&self) -> BTreeMap<PersonId, BTreeSet<AccessRole>> {
        let plans = self.plans();
        let over: Vec<Over> = plans.values().map(Over::of).collect();
        self.all_roles(&over)
    }

    fn stamp(&self) -> Option<Stamp> {
        let settings = std::fs::metadata(self.root.join(SETTINGS)).ok()?;
        Some((settings.modified().ok(), settings.len()))
    }
}

impl People for FromFiles {
    fn knows(&self, who: &PersonId) -> bool {
        self.known().is_some_and(|known| known.people.contains(who))
    }

    fn stands_for(&self, who: &PersonId, at: Millis) -> Vec<PersonId> {
        let Some(known) = self.known() else { return Vec::new() };
        let Some(hours) = &known.hours else { return Vec::new() };
        let today = engine::hours::day(hours, at);
        let away = known.away.iter().filter(|a| a.deputy == *who && a.covers(&today));
        let of: BTreeSet<PersonId> = away.map(|absence| absence.who.clone()).collect();
        of.into_iter().collect()
    }

    fn on_call(&self, who: &PersonId, at: Millis) -> Vec<RoleId> {
        let Some(known) = self.known() else { return Vec::new() };
        let Some(hours) = &known.hours else { return Vec::new() };
        let (today, minute) = (engine::hours::day(hours, at), engine::hours::minute(hours, at));
        let now = |turn: &&OnCall| turn.who == *who && turn.covers(&today, minute);
        let turns = known.on_call.iter().filter(now);
        let roles: BTreeSet<RoleId> = turns.map(|turn| turn.role.clone()).collect();
        roles.into_iter().collect()
    }

    fn retention(&self) -> Option<Retention> {
        Some(self.workspace()?.places().ok()?.retention)
    }

    fn plans(&self) -> BTreeMap<WorkflowName, Plan> {
        let workspace = self.workspace();
        workspace.map(|workspace| plan::check_all(&workspace.files).plans).unwrap_or_default()
    }
}
