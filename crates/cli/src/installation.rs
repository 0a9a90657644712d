//! This installation as the HTTP interface meets it: the runtime that drives here, the stored runs,
//! and the maps as they were when it was started. It decides nothing: it passes on what is asked.

mod answering;
mod assurance;
mod credentials;
mod exams;
mod instructions;
mod interview;
mod policies;
mod rehearse;
mod releasing;
mod shown;
mod told;
mod tools;
mod vendors;
mod workshop;

pub use shown::glance;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evidence::canary::Comparison;
use evidence::codes::GUARD_UNPROVEN;
use evidence::releases::ReleaseView;
use evidence::{ReviewState, RunView};
use guard::contract;
use journal::{
    Access, Command, CommandId, Hash, Millis, Mode, Order, Reply, ReviewNo, RunId, RunQuery,
    Starter, Status, StopScope,
};
use plan::ids::{FilePath, PersonId, WorkflowName};
use plan::workflow::{Type, Workflow};
use plan::{AccessRole, Edit, Plan};
use runtime::{Fault, Kind, Lying, NewRun, Runtime};
use serde_json::{Map, Value};
use server::{
    Alike, Answer, Answering, Assurance, Decide, Decided, Described, Draft, Figures, FileChanges,
    FileLine, FileText, Glance, GoneAgain, HookKey, InForce, Installation, Instructions, MapFile,
    Names, No, Open, Pinning, Policies, PoliciesTried, Probed, PublicCredential, Query, Reach,
    Rehearsed, Rehearsing, Row, Said, Saving, Seen, Sent, Sheet, Start, Started, Taking,
    ToolServers, Turn, Turned, Vendors, Why, Wish, WorkflowJudged,
};

use crate::args::Global;
use crate::commands::run::Watched;
use crate::commands::stops;
use crate::driver;
use crate::examining::Shelf;
use crate::exit::{Exit, Stop};
use crate::held;
use crate::hooks::{self, Hooks};
use crate::measured::Facts;
use crate::meter::Meter;
use crate::people::{FromFiles, Over};
use crate::stored::Runs;
use crate::values;
use crate::vault::Vault;
use crate::workspace::{self, Workspace};
use tokio::sync::watch;

/// How many entries are given at once to whoever follows events.
const PAGE: usize = 500;
/// How often, and how many times, a run is looked at for what came of an order.
const LOOK: Duration = Duration::from_millis(10);
const LOOKS: usize = 500;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The installation of this process.
#[derive(Clone)]
pub struct Here {
    inner: Arc<Inner>,
}

struct Inner {
    global: Global,
    runtime: Runtime,
    people: FromFiles,
    over: Vec<Over>,
    /// Maps that were fit to run when this process began.
    plans: BTreeMap<WorkflowName, Arc<Plan>>,
    keying: [u8; 32],
    hooks: Hooks,
    meter: Meter,
    /// One file is saved at a time.
    saving: tokio::sync::Mutex<()>,
    /// One server is looked at at a time.
    probing: tokio::sync::Mutex<()>,
    /// So many cases are rehearsed at a time.
    rehearsals: Arc<tokio::sync::Semaphore>,
    /// What is kept of cases so that many can be added up.
    facts: Mutex<Facts>,
    /// What was read of exams so far.
    shelf: Shelf,
}

impl Here {
    /// The installation of a workspace that this process drives. Maps with problems are left out,
    /// unless none is fit and no release is live.
    pub fn new(
        global: &Global,
        workspace: &Workspace,
        runtime: Runtime,
        live: &BTreeMap<WorkflowName, Arc<Plan>>,
    ) -> Result<Self, Stop> {
        let checked = plan::check_all(&workspace.files);
        if checked.plans.is_empty() && !checked.problems.is_empty() && live.is_empty() {
            return Err(Stop::usage("no workflow of this workspace is fit to run")
                .help("`flightdeck check` says why"));
        }
        let deployed = live.values().map(AsRef::as_ref);
        let over = checked.plans.values().chain(deployed).map(Over::of).collect();
        let people = FromFiles::new(workspace);
        let plans = checked.plans.into_iter().map(|(name, plan)| (name, Arc::new(plan))).collect();
        let places = workspace.places().map_err(Stop::usage)?;
        let hooks = Hooks::new(Vault::new(&workspace.root, &places.secrets));
        let keying = driver::keying(&workspace.data)?;
        let mut global = global.clone();
        global.workspace = Some(workspace.root.clone());
        global.data = Some(workspace.data.clone());
        let meter = Meter::new(&Runs::at(workspace.data.clone())?, workspace)?;
        let (saving, probing) = (tokio::sync::Mutex::new(()), tokio::sync::Mutex::new(()));
        let rehearsals = Arc::new(tokio::sync::Semaphore::new(rehearse::AT_ONCE));
        let facts = Mutex::new(Facts::of(Runs::at(workspace.data.clone())?));
        let inner = Inner {
            global,
            runtime,
            people,
            over,
            plans,
            keying,
            hooks,
            meter,
            saving,
            probing,
            rehearsals,
            facts,
            shelf: Shelf::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The first who owns the workspace, or whoever was named and does.
    pub fn first_owner(&self, global: &Global) -> Option<PersonId> {
        let all = self.inner.people.all_roles(&self.inner.over);
        let owns =
            |who: &PersonId| all.get(who).is_some_and(|roles| roles.contains(&AccessRole::Owner));
        let named = global.person.clone().filter(owns);
        named.or_else(|| all.keys().find(|who| owns(who)).cloned())
    }

    /// Why some webhooks of live releases take nothing, in a sentence each.
    pub fn wrong(&self, live: &BTreeMap<WorkflowName, Arc<Plan>>) -> Vec<String> {
        self.inner.hooks.wrong(live.values().map(AsRef::as_ref))
    }

    /// Each workflow with the release that new cases begin on: the live one, or its draft.
    pub fn listed(&self, live: &BTreeMap<WorkflowName, Arc<Plan>>) -> BTreeMap<String, String> {
        let each = |(name, plan): (&WorkflowName, &Arc<Plan>)| {
            (name.to_string(), plan.release().to_string())
        };
        self.inner.plans.iter().chain(live).map(each).collect()
    }

    /// Workflows that were never deployed: cases of theirs are started by people alone.
    pub fn drafts(&self, live: &BTreeMap<WorkflowName, Arc<Plan>>) -> BTreeSet<String> {
        let names = self.inner.plans.keys().filter(|name| !live.contains_key(*name));
        names.map(ToString::to_string).collect()
    }

    /// Reads stored runs off the threads that drive them.
    fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Inner, &Runs) -> Result<T, No> + Send + 'static,
    ) -> Answer<T> {
        let inner = self.inner.clone();
        Box::pin(async move { reading(inner, read).await })
    }

    /// The same where only some may at once.
    fn in_turn<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Inner, &Runs) -> Result<T, No> + Send + 'static,
    ) -> Answer<T> {
        let inner = self.inner.clone();
        Box::pin(async move {
            let turn = inner.next_turn().await?;
            let held = move |inner: &Inner, runs: &Runs| {
                let _turn = turn;
                read(inner, runs)
            };
            reading(inner, held).await
        })
    }
}

async fn reading<T: Send + 'static>(
    inner: Arc<Inner>,
    read: impl FnOnce(&Inner, &Runs) -> Result<T, No> + Send + 'static,
) -> Result<T, No> {
    let work = move || {
        let runs = Runs::existing(&inner.global).map_err(no)?;
        read(&inner, &runs)
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| No::new(Why::Failed, error))?
}

/// A command's no as the interface says it.
fn no(stop: Stop) -> No {
    let why = match stop.exit {
        Exit::Usage => Why::Invalid,
        Exit::Findings => Why::Conflict,
        Exit::NotPermitted => Why::NotPermitted,
        Exit::Budget => Why::Budget,
        Exit::Unproven => Why::Unproven,
        _ if stop.is_damage() => Why::Damaged,
        _ if stop.is_unusable() => Why::Unusable,
        _ => Why::Failed,
    };
    No { why, what: format!("{:#}", stop.what), help: stop.help }
}

pub fn fault(fault: &Fault) -> No {
    let why = match (fault, fault.kind()) {
        (Fault::Over(..) | Fault::Rollout(_), _) => Why::Conflict,
        (_, Kind::Stopped) => Why::Stopped,
        (_, Kind::Budget) => Why::Budget,
        (_, Kind::NotPermitted) => Why::NotPermitted,
        (_, Kind::Unproven) => Why::Unproven,
        (_, Kind::Damaged) => Why::Damaged,
        (_, Kind::Unusable) => Why::Unusable,
        (_, Kind::Failed) => Why::Failed,
    };
    No::new(why, fault)
}

impl Inner {
    /// The ids under which a key's case may be stored: today's first, then yesterday's.
    fn ids(&self, workflow: &WorkflowName, key: &str) -> [RunId; 2] {
        let parts: [&[u8]; 4] =
            [b"flightdeck start", &self.keying, workflow.as_str().as_bytes(), key.as_bytes()];
        let hash = Hash::of_parts(&parts).0;
        let mut random = [0; 10];
        random.copy_from_slice(&hash[..10]);
        let today = runtime::now().0 / DAY_MS * DAY_MS;
        [today, today.saturating_sub(DAY_MS)].map(|day| RunId::new(Millis(day), random))
    }

    /// The id of a decision, the same for the same decision.
    fn command(&self, decide: &Decide) -> CommandId {
        let (run, review) = (decide.run.to_string(), decide.review.to_string());
        let parts: [&[u8]; 5] = [
            b"flightdeck decision",
            &self.keying,
            run.as_bytes(),
            review.as_bytes(),
            decide.id.as_bytes(),
        ];
        let mut id = [0; 16];
        id.copy_from_slice(&Hash::of_parts(&parts).0[..16]);
        CommandId(id)
    }

    async fn start(self: Arc<Self>, who: PersonId, start: Start) -> Result<Started, No> {
        let Start { workflow, case, key, called } = start;
        let ids = match &key {
            Some(key) => self.ids(&workflow, key),
            None => {
                let file = self.clone().lying(&workflow, &case).await?;
                let run = self.runtime.by_hand(&workflow, file.as_ref()).await;
                [run.map_err(|f| fault(&f))?; 2]
            }
        };
        let [today, yesterday] = ids;
        let live = self.runtime.release_for(&workflow, today).await.map_err(|f| fault(&f))?;
        let plan = match live {
            Some(plan) => plan,
            None => {
                let named = workflow.clone();
                reading(self.clone(), move |inner, _| draft(inner, &named)).await?
            }
        };
        let case = fields(plan.workflow(), case)?;
        let new = NewRun {
            plan,
            case: case.to_string().into_bytes(),
            labels: None,
            called,
            starter: Starter::Person(who),
            mode: Mode::Live,
        };
        if key.is_none() {
            let now = self.runtime.admit_once(today, new).await.map_err(|f| fault(&f))?;
            return Ok(Started { run: today, status: Status::Running, again: !now });
        }
        if let Some(started) = self.earlier(yesterday, &case).await? {
            return Ok(started);
        }
        if self.runtime.admit_once(today, new).await.map_err(|f| fault(&f))? {
            return Ok(Started { run: today, status: Status::Running, again: false });
        }
        // It may be just about to be stored for somebody else who sent the same.
        for _ in 0..LOOKS {
            if let Some(started) = self.clone().earlier(today, &case).await? {
                return Ok(started);
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(No::new(Why::Conflict, "the same request was being handled and came to nothing"))
    }

    /// The file that a case names, if a start of the map watches it: it has its case then.
    async fn lying(
        self: Arc<Self>,
        workflow: &WorkflowName,
        case: &Value,
    ) -> Result<Option<Lying>, No> {
        let Some(name) = case.get("name").and_then(Value::as_str).map(str::to_owned) else {
            return Ok(None);
        };
        let live = self.runtime.live().await.map_err(|error| fault(&error))?;
        let (plan, workflow) = (live.get(workflow).cloned(), workflow.clone());
        let find = move |inner: &Self, _: &Runs| {
            let plan = plan.map_or_else(|| draft(inner, &workflow), Ok)?;
            let root = workspace::find(&inner.global).map_err(no)?;
            Watched::of(&root, &plan).named(&name).map_err(no)
        };
        reading(self, find).await
    }

    /// The case that is stored under an id, if it is the same case.
    async fn earlier(self: &Arc<Self>, run: RunId, case: &Value) -> Result<Option<Started>, No> {
        let case = case.clone();
        let read = move |_: &Self, runs: &Runs| {
            let query = RunQuery { prefix: Some(run.to_string()), limit: 1, ..RunQuery::default() };
            if runs.lines(&query).map_err(no)?.is_empty() {
                return Ok(None);
            }
            let view = runs.view(run).map_err(no)?;
            if view.case.is_some_and(|stored| stored != case) {
                let what = "this `Idempotency-Key` was sent with another case";
                return Err(No::new(Why::Invalid, what).help("take a new key for a new case"));
            }
            Ok(Some(Started { run, status: view.status, again: true }))
        };
        reading(self.clone(), read).await
    }

    async fn decide(self: Arc<Self>, who: PersonId, decide: Decide) -> Result<Decided, No> {
        let (id, run, review) = (self.command(&decide), decide.run, decide.review);
        let read = move |_: &Self, runs: &Runs| {
            let posted = runs.reader().posted(id).map_err(|error| no(error.into()))?;
            match posted {
                Some(_) => Ok(None),
                None => order(runs, who, decide).map(Some),
            }
        };
        if let Some(order) = reading(self.clone(), read).await? {
            let (at, stands_for, on_call) = (runtime::now(), Vec::new(), Vec::new());
            let command = Command { id, run, at, order, stands_for, on_call };
            self.runtime.command(command).await.map_err(|f| fault(&f))?;
        }
        for _ in 0..LOOKS {
            let posted = move |_: &Self, runs: &Runs| {
                runs.reader().posted(id).map_err(|error| no(error.into()))
            };
            if reading(self.clone(), posted).await? == Some(true) {
                return reading(self, move |_, runs| came_of(runs, run, review, id)).await;
            }
            tokio::time::sleep(LOOK).await;
        }
        let status = move |_: &Self, runs: &Runs| Ok(runs.view(run).map_err(no)?.status);
        let status = reading(self, status).await?;
        Ok(Decided { command: id, status, read: false })
    }
}

/// A workflow that was never deployed, as its files say now.
fn draft(inner: &Inner, workflow: &WorkflowName) -> Result<Arc<Plan>, No> {
    let workspace = Workspace::open(&inner.global).map_err(no)?;
    workspace.plan(workflow.as_str()).map(Arc::new).map_err(|problems| {
        let what = format!("there is no workflow `{workflow}` that is fit to run");
        let first = problems.iter().next().map_or(String::new(), |one| format!(": {one}"));
        No::new(Why::Invalid, format!("{what}{first}")).help("`flightdeck check` says more")
    })
}

/// What came of a decision that its run has read.
fn came_of(runs: &Runs, run: RunId, review: u32, id: CommandId) -> Result<Decided, No> {
    let view = runs.view(run).map_err(no)?;
    match view.declined.iter().find(|declined| declined.command == id) {
        None => Ok(Decided { command: id, status: view.status, read: true }),
        Some(declined) => Err(told::declined(runs, &view, review, declined.because, declined.text)),
    }
}

/// A decision as the order of a person.
fn order(runs: &Runs, who: PersonId, decide: Decide) -> Result<Order, No> {
    let Decide { run, review, reply, .. } = decide;
    let view = case(runs, run)?;
    let found = view.reviews.iter().find(|open| open.no.0 == review);
    let found = found.ok_or_else(|| No::new(Why::NotFound, "there is no such request"))?;
    if found.state != ReviewState::Open {
        return Err(told::settled(runs, &view, found));
    }
    let reply = match reply {
        server::Reply::Claim => Reply::Claim,
        server::Reply::Release => Reply::Release,
        server::Reply::Approve => Reply::Approve,
        server::Reply::Reject(reason) => Reply::Reject { reason },
        server::Reply::Escalate(to, reason) => Reply::Escalate { to, reason },
        server::Reply::Happened(yes) => Reply::Happened { yes },
        server::Reply::Edit(set) => {
            let plan = view.release.and_then(|release| runs.release(release));
            let plan =
                plan.ok_or_else(|| No::new(Why::Damaged, "the case's release cannot be read"))?;
            let set = set.into_iter().map(|(path, text)| format!("{path}={text}"));
            let values = values::given(plan.workflow(), found, set);
            let may = found.may_edit.join(", ");
            let help = format!("you may change: {may}");
            Reply::Edit { values: values.map_err(|why| No::new(Why::Invalid, why).help(help))? }
        }
    };
    Ok(Order::Review { who, review: ReviewNo(review), reply })
}

fn case(runs: &Runs, run: RunId) -> Result<RunView, No> {
    let query = RunQuery { prefix: Some(run.to_string()), limit: 1, ..RunQuery::default() };
    if runs.lines(&query).map_err(no)?.is_empty() {
        return Err(No::new(Why::NotFound, "there is no such case"));
    }
    runs.view(run).map_err(no)
}

/// A case's fields as the workflow declares them. Each may be written as a person writes it.
pub fn fields(workflow: &Workflow, case: Value) -> Result<Value, No> {
    let invalid = |what: String| No::new(Why::Invalid, what);
    let Value::Object(given) = case else {
        return Err(invalid("the case is no object".to_owned()));
    };
    let declared = &workflow.case.fields;
    let mut read = Map::new();
    for (name, value) in given {
        let Some(kind) = declared.get(name.as_str()) else {
            let known: Vec<&str> = declared.keys().map(|name| name.as_str()).collect();
            let what = format!("the workflow declares no field `{name}`");
            return Err(invalid(what).help(format!("it declares: {}", known.join(", "))));
        };
        let value = match (kind, value) {
            (
                Type::Money | Type::Int | Type::Bool | Type::List(_) | Type::Optional(_),
                Value::String(text),
            ) => values::read(kind, &text).map_err(|why| invalid(format!("`{name}`: {why}")))?,
            (_, value) => value,
        };
        read.insert(name, value);
    }
    let kinds = declared.iter().map(|(name, kind)| (name.to_string(), kind.clone())).collect();
    let read = Value::Object(read);
    let broken = contract::fits(&Type::Record(kinds), &read);
    match broken.is_empty() {
        true => Ok(read),
        false => {
            let all: Vec<String> = broken.iter().map(ToString::to_string).collect();
            Err(invalid(all.join("; ")))
        }
    }
}

impl Installation for Here {
    fn roles(&self, who: PersonId) -> Answer<BTreeSet<AccessRole>> {
        let inner = self.inner.clone();
        Box::pin(async move {
            let read = move || inner.people.roles_of(&who, &inner.over);
            tokio::task::spawn_blocking(read).await.map_err(|error| No::new(Why::Failed, error))
        })
    }

    fn people(&self) -> Answer<BTreeMap<PersonId, BTreeSet<AccessRole>>> {
        let inner = self.inner.clone();
        Box::pin(async move {
            let read = move || inner.people.all_roles(&inner.over);
            tokio::task::spawn_blocking(read).await.map_err(|error| No::new(Why::Failed, error))
        })
    }

    fn accessed(&self, access: Access) -> Answer<()> {
        let runtime = self.inner.runtime.clone();
        Box::pin(async move { runtime.accessed(access).await.map_err(|error| fault(&error)) })
    }

    fn exam(&self, who: PersonId, order: exam::Order) -> Answer<exam::Told> {
        Box::pin(self.inner.clone().exam(who, order))
    }

    fn trouble(&self) -> Answer<Vec<String>> {
        self.read(|inner, runs| {
            let mut all = Vec::new();
            let stops = runs.reader().stops().map_err(|error| no(error.into()))?;
            if stops.contains(&StopScope::Everything) {
                all.push("everything is stopped".to_owned());
            }
            all.extend(inner.runtime.trouble_of(None).map(|fault| fault.to_string()));
            let notices = held::back(runs, &inner.global, runtime::now()).map_err(no)?;
            all.extend(notices.into_iter().map(|notice| notice.headline));
            Ok(all)
        })
    }

    fn unready(&self) -> Answer<Vec<String>> {
        self.read(|inner, runs| {
            let mut all = Vec::new();
            let stops = runs.reader().stops().map_err(|error| no(error.into()))?;
            if stops.contains(&StopScope::Everything) {
                all.push("everything is stopped".to_owned());
            }
            all.extend(inner.runtime.trouble_of(None).map(|fault| fault.to_string()));
            let notices = held::back(runs, &inner.global, runtime::now()).map_err(no)?;
            let unproven = notices.into_iter().filter(|n| n.code == GUARD_UNPROVEN.id);
            all.extend(unproven.map(|notice| notice.headline));
            Ok(all)
        })
    }

    fn metrics(&self) -> Answer<String> {
        self.read(|inner, runs| inner.meter.read(runs, &inner.global).map_err(no))
    }

    fn start(&self, who: PersonId, start: Start) -> Answer<Started> {
        Box::pin(self.inner.clone().start(who, start))
    }

    fn cases(&self, query: Query) -> Answer<Vec<Glance>> {
        let Query { workflow, status, after, limit } = query;
        let query = RunQuery { workflow, status, after, limit, prefix: None };
        self.read(move |_, runs| {
            let lines = runs.lines(&query).map_err(no)?;
            Ok(lines.into_iter().map(|line| shown::glance(runs, line)).collect())
        })
    }

    fn case(&self, who: PersonId, run: RunId) -> Answer<Seen> {
        self.read(move |inner, runs| shown::seen(inner, runs, &who, run))
    }

    fn records(&self, run: RunId, from: u32) -> Answer<Vec<Vec<u8>>> {
        self.read(move |_, runs| {
            let rows = runs.rows(run).map_err(no)?;
            if rows.is_empty() {
                return Err(No::new(Why::NotFound, "there is no such case"));
            }
            let from = usize::try_from(from).unwrap_or(usize::MAX);
            Ok(rows.into_iter().skip(from).map(|row| row.bytes).collect())
        })
    }

    fn reviews(&self, who: PersonId) -> Answer<Vec<Open>> {
        self.read(move |inner, runs| shown::requests(inner, runs, &who))
    }

    fn alike(&self, run: RunId, review: u32) -> Answer<Vec<Alike>> {
        self.read(move |_, runs| shown::alike(runs, run, review))
    }

    fn fleet(&self, minutes: u32) -> Answer<Figures> {
        self.read(move |inner, runs| shown::fleet(inner, runs, minutes))
    }

    fn decide(&self, who: PersonId, decide: Decide) -> Answer<Decided> {
        Box::pin(self.inner.clone().decide(who, decide))
    }

    fn became(&self, run: RunId, review: u32) -> Answer<Option<No>> {
        self.read(move |_, runs| told::became(runs, run, review))
    }

    fn stops(&self) -> Answer<(Vec<InForce>, Vec<InForce>)> {
        self.read(|_, runs| shown::stops(runs))
    }

    fn reach(&self, scope: StopScope) -> Answer<Reach> {
        self.read(move |inner, runs| shown::reach(inner, runs, &scope))
    }

    fn stop(&self, who: PersonId, scope: StopScope, reason: String) -> Answer<usize> {
        let inner = self.inner.clone();
        Box::pin(async move {
            let (asked, global) = (scope.clone(), inner.global.clone());
            let known = move || stops::is_known(&global, &asked);
            let known = tokio::task::spawn_blocking(known).await;
            // Only a name that is surely nobody's is refused: a stop waits for no file.
            if matches!(known, Ok(Some(false))) {
                let what = format!("neither the workspace nor its cases know {scope}");
                return Err(No::new(Why::NotFound, what).help("nothing was stopped"));
            }
            let stopped = inner.runtime.stop(scope, &who, &reason).await;
            stopped.map_err(|error| No::new(Why::Unusable, error))
        })
    }

    fn lift(&self, who: PersonId, scope: StopScope, reason: String) -> Answer<usize> {
        let inner = self.inner.clone();
        Box::pin(async move {
            let asked = scope.clone();
            let stands = move |_: &Inner, runs: &Runs| {
                let stops = runs.reader().stops().map_err(|error| no(error.into()))?;
                let stands = stops.contains(&asked);
                if stands { Ok(()) } else { Err(told::lifted(runs, &asked)) }
            };
            reading(inner.clone(), stands).await?;
            let lifted = inner.runtime.lift(scope, &who, &reason).await;
            lifted.map_err(|error| match error.kind() {
                Kind::NotPermitted => No::new(Why::NotPermitted, error),
                _ => No::new(Why::Unusable, error),
            })
        })
    }

    fn releases(
        &self,
        workflow: Option<WorkflowName>,
    ) -> Answer<Vec<(ReleaseView, Option<Comparison>)>> {
        self.read(move |inner, runs| releasing::list(inner, runs, workflow.as_ref()).map_err(no))
    }

    fn deploy(&self, who: PersonId, wish: Wish) -> Answer<Turned> {
        Box::pin(self.inner.clone().deploy(who, wish))
    }

    fn turn(&self, who: PersonId, turn: Turn) -> Answer<Turned> {
        Box::pin(self.inner.clone().turn(who, turn))
    }

    fn workflows(&self) -> Answer<Vec<server::Workflow>> {
        self.read(workshop::workflows)
    }

    fn names(&self) -> Answer<Names> {
        self.read(|inner, _| workshop::names(inner))
    }

    fn files(&self) -> Answer<Vec<FileLine>> {
        self.read(|inner, _| workshop::files(inner))
    }

    fn file(&self, path: FilePath) -> Answer<FileText> {
        self.read(move |inner, _| workshop::file(inner, &path))
    }

    fn changes(&self, path: FilePath) -> Answer<FileChanges> {
        Box::pin(self.inner.clone().changes(path))
    }

    fn save(&self, who: PersonId, saving: Saving) -> Answer<String> {
        Box::pin(self.inner.clone().save(who, saving))
    }

    fn draw(&self, draft: Draft, edits: Vec<Edit>) -> Answer<Sheet> {
        self.read(move |inner, _| workshop::draw(inner, draft, &edits))
    }

    fn export(&self, workflow: WorkflowName) -> Answer<MapFile> {
        self.read(move |inner, _| workshop::export(inner, &workflow))
    }

    fn interview(&self, draft: Draft, said: Option<Said>) -> Answer<Described> {
        self.read(move |inner, _| interview::interview(inner, draft, said))
    }

    fn rehearse(&self, wish: Rehearsing) -> Answer<Rehearsed> {
        self.in_turn(move |inner, _| rehearse::rehearse(inner, wish))
    }

    fn again(&self, draft: Draft, run: RunId) -> Answer<GoneAgain> {
        self.in_turn(move |inner, runs| rehearse::again(inner, runs, draft, run))
    }

    fn keep(&self, who: PersonId, wish: Rehearsing, name: String) -> Answer<String> {
        Box::pin(self.inner.clone().keep(who, wish, name))
    }

    fn servers(&self) -> Answer<ToolServers> {
        self.read(tools::list)
    }

    fn probe(&self, server: String) -> Answer<Probed> {
        Box::pin(self.inner.clone().probe(server))
    }

    fn pin(&self, who: PersonId, pinning: Pinning) -> Answer<String> {
        Box::pin(self.inner.clone().pin(who, pinning))
    }

    fn assurance(&self) -> Answer<Assurance> {
        self.read(assurance::all)
    }

    fn judged(&self, workflow: WorkflowName) -> Answer<WorkflowJudged> {
        self.read(move |inner, runs| assurance::one(inner, runs, &workflow))
    }

    fn answer_for(&self, who: PersonId, what: Answering) -> Answer<()> {
        Box::pin(self.inner.clone().answer_for(who, what))
    }

    fn vendors(&self) -> Answer<Vendors> {
        self.read(|inner, _| vendors::list(inner))
    }

    fn credential(&self, id: String) -> Answer<Option<PublicCredential>> {
        self.read(move |inner, _| credentials::find(inner, &id))
    }

    fn credential_list(&self, list: String, token: bool) -> Answer<Option<String>> {
        self.read(move |inner, _| credentials::list(inner, &list, token))
    }

    fn credential_issuer(&self) -> Answer<Option<String>> {
        self.read(|inner, _| credentials::issuer(inner))
    }

    fn instructions(&self) -> Answer<Instructions> {
        Box::pin(self.inner.clone().instructions())
    }

    fn policies(&self) -> Answer<Policies> {
        self.read(policies::list)
    }

    fn try_policies(&self) -> Answer<PoliciesTried> {
        self.read(|inner, _| policies::tried(inner))
    }

    fn written(&self) -> watch::Receiver<()> {
        self.inner.runtime.written()
    }

    fn hook_keys(&self, workflow: String, hook: String) -> Answer<Vec<HookKey>> {
        let inner = self.inner.clone();
        Box::pin(async move {
            let live = inner.runtime.live().await.map_err(|error| fault(&error))?;
            let read = move || inner.hooks.keys(&live, &workflow, &hook);
            tokio::task::spawn_blocking(read).await.map_err(|error| No::new(Why::Failed, error))
        })
    }

    fn flooded(&self, workflow: String, hook: String) -> Answer<()> {
        let inner = self.inner.clone();
        Box::pin(async move {
            let live = inner.runtime.live().await.map_err(|error| fault(&error))?;
            hooks::flooded(&inner.runtime, &live, &workflow, &hook).await;
            Ok(())
        })
    }

    fn take(&self, sent: Sent) -> Taking {
        let inner = self.inner.clone();
        Box::pin(async move { inner.hooks.take(&inner.runtime, sent).await })
    }

    fn after(&self, place: Option<u64>) -> Answer<(u64, Vec<Row>)> {
        self.read(move |_, runs| {
            let failed = |error: journal::StoreError| no(error.into());
            let Some(place) = place else {
                return Ok((runs.reader().last_place().map_err(failed)?, Vec::new()));
            };
            let rows = runs.reader().after(place, PAGE).map_err(failed)?;
            Ok((place, rows.into_iter().map(|(place, bytes)| Row { place, bytes }).collect()))
        })
    }
}
