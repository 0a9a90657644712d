//! What begins cases without a person: new files of a folder, the clock, and what other systems
//! send. A case's id is made of what it is begun for, so that the same is begun once, whatever dies
//! when. Nothing is written while nothing is new. It must not say when a clock is due, nor keep a
//! place outside the journal.

mod event;
mod folder;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use engine::due::Schedule;
use journal::{Caller, CommitError, Hash, Held, Millis, Mode, RunId, Starter, StopScope, Trigger};
use plan::Plan;
use plan::ids::WorkflowName;
use plan::workflow::{Clock, Hook, Start, Type};
use serde_json::{Map, Value, json};
use tokio::task::AbortHandle;

use crate::rollout::Chosen;
use crate::{Fault, NewRun, Runtime, blocking, now};
pub use event::{Incoming, Took};
use folder::{Folder, Ready};

/// How often folders are looked at.
const LOOK_MS: u64 = 2_000;
/// The longest time without a look at the clock, which may be set anew.
const NAP_MS: u64 = 60_000;
/// How long a start is left alone that could not begin what it should.
const REST_MS: u64 = 15_000;

/// Every start of some releases.
pub struct Triggers {
    runtime: Runtime,
    /// The workspace, whose folders are watched.
    root: PathBuf,
    starts: Vec<Watched>,
}

/// One start of a release.
struct Watched {
    plan: Arc<Plan>,
    no: u16,
    key: Hash,
    on: On,
    rests_until: Option<Millis>,
}

/// What is looked at.
enum On {
    Folder(Folder),
    /// Nothing is known of how far it has come until the journal was read.
    Clock(Clock, Option<Schedule>),
}

/// What a start of a workflow is known by in the desk's journal, wherever it stands in the map.
#[must_use]
pub fn start_key(workflow: &WorkflowName, start: &Start) -> Hash {
    let said = match start {
        Start::Folder(folder) => format!("folder {folder}"),
        // What a start looks for first is no other start.
        Start::At(Clock { days, minute, zone, .. }) => format!("at {days:?} {minute} {zone}"),
        Start::Hook(Hook { name, .. }) => format!("webhook {name}"),
    };
    Hash::of_parts(&[b"flightdeck start of a map", workflow.as_str().as_bytes(), said.as_bytes()])
}

impl Runtime {
    /// Begins cases as the maps of the live releases say, until the handle is dropped. What becomes
    /// live, or is live no more, is followed at once.
    pub fn keep_starts(&self, root: PathBuf) -> AbortHandle {
        let runtime = self.clone();
        tokio::spawn(async move {
            let mut changes = runtime.inner.rolled.subscribe();
            let mut triggers = Triggers::new(runtime.clone(), root, &BTreeMap::new());
            let mut is_read = false;
            loop {
                // Which are live and cannot be read now is read at the next look.
                if !is_read && let Ok(plans) = runtime.live().await {
                    triggers.turn_to(&plans);
                    is_read = true;
                }
                let next = triggers.look(now()).await;
                let most = if is_read { NAP_MS } else { LOOK_MS };
                let pause = Duration::from_millis(next.0.saturating_sub(now().0).min(most));
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    Ok(()) = changes.changed() => is_read = false,
                }
            }
        })
        .abort_handle()
    }
}

impl Triggers {
    /// The starts of some releases, none of which was looked at yet.
    #[must_use]
    pub fn new(runtime: Runtime, root: PathBuf, plans: &BTreeMap<WorkflowName, Arc<Plan>>) -> Self {
        let mut triggers = Self { runtime, root, starts: Vec::new() };
        triggers.turn_to(plans);
        triggers
    }

    /// Turns to the starts of other releases. Those of a release that stays are gone on with.
    fn turn_to(&mut self, plans: &BTreeMap<WorkflowName, Arc<Plan>>) {
        let stays = |watched: &Watched| {
            let plan = plans.get(&watched.plan.workflow().name);
            plan.is_some_and(|plan| plan.release() == watched.plan.release())
        };
        self.starts.retain(stays);
        let known: BTreeSet<WorkflowName> =
            self.starts.iter().map(|watched| watched.plan.workflow().name.clone()).collect();
        for plan in plans.values().filter(|plan| !known.contains(&plan.workflow().name)) {
            let all = (0_u16..).zip(&plan.workflow().starts);
            self.starts.extend(all.filter_map(|(no, start)| Watched::new(plan, no, start)));
        }
    }

    /// Looks at every start, and begins what is to be begun. Gives when the next look is due.
    pub async fn look(&mut self, now: Millis) -> Millis {
        let mut next = Millis(now.0.saturating_add(NAP_MS));
        for watched in &mut self.starts {
            if let Some(until) = watched.resting(now) {
                next = next.min(until);
                continue;
            }
            watched.rests_until = None;
            if let Err(fault) = watched.look(&self.runtime, &self.root, now).await {
                watched.rests_until = Some(Millis(now.0.saturating_add(REST_MS)));
                watched.held(&self.runtime, &fault, now).await;
            }
            next = next.min(watched.next(now));
        }
        next
    }
}

impl Watched {
    /// A start that is looked at. What is sent comes by itself.
    fn new(plan: &Arc<Plan>, no: u16, start: &Start) -> Option<Self> {
        let on = match start {
            Start::Folder(path) => On::Folder(Folder::new(path.clone())),
            Start::At(clock) => On::Clock(clock.clone(), None),
            Start::Hook(_) => return None,
        };
        let key = start_key(&plan.workflow().name, start);
        Some(Self { plan: Arc::clone(plan), no, key, on, rests_until: None })
    }

    /// Until when it is left alone. Where the clock went back meanwhile, it is not.
    fn resting(&self, now: Millis) -> Option<Millis> {
        let is_short = |until: &Millis| *until > now && until.0 - now.0 <= REST_MS;
        self.rests_until.filter(is_short)
    }

    /// When it is to be looked at next.
    fn next(&self, now: Millis) -> Millis {
        if let Some(until) = self.resting(now) {
            return until;
        }
        let due = match &self.on {
            On::Folder(_) => Some(Millis(now.0.saturating_add(LOOK_MS))),
            On::Clock(clock, Some(schedule)) => schedule.next(clock, now),
            On::Clock(_, None) => None,
        };
        due.unwrap_or(Millis(now.0.saturating_add(NAP_MS)))
    }

    async fn look(&mut self, runtime: &Runtime, root: &Path, now: Millis) -> Result<(), Fault> {
        match &self.on {
            On::Folder(_) => self.files(runtime, root, now).await,
            On::Clock(clock, schedule) => {
                let (clock, schedule) = (clock.clone(), schedule.clone());
                self.clock(runtime, root, &clock, schedule, now).await
            }
        }
    }

    async fn clock(
        &mut self,
        runtime: &Runtime,
        root: &Path,
        clock: &Clock,
        schedule: Option<Schedule>,
        now: Millis,
    ) -> Result<(), Fault> {
        let (desk, store) = (runtime.inner.desk.clone(), runtime.inner.store.clone());
        let (workflow, key, of) = (self.plan.workflow().name.clone(), self.key, clock.clone());
        let looked = move || {
            let began = |at| Ok::<_, Fault>(store.tip(of_due(key, at))?.is_some());
            let schedule = match schedule {
                Some(schedule) => schedule,
                None => {
                    let (since, missed) =
                        desk.watched(&workflow, key, now).map_err(Fault::Start)?;
                    Schedule::again(&of, since, missed, now, began)?
                }
            };
            let (schedule, missed) = schedule.at(&of, now, began)?;
            // Before anything is begun: what is before a case that was begun is settled.
            if let Some(missed) = missed {
                desk.missed(&workflow, key, missed).map_err(Fault::Start)?;
            }
            Ok::<_, Fault>(schedule)
        };
        let mut schedule = apart(looked).await?;
        self.on = On::Clock(clock.clone(), Some(schedule.clone()));
        while let Some(at) = schedule.first() {
            if self.finds(runtime, root, clock, at, now).await? {
                let case = |plan: &Plan| due_case(plan, clock, at);
                self.begin(runtime, of_due(self.key, at), Trigger::Due(at), case).await?;
            }
            schedule.began(at);
            self.on = On::Clock(clock.clone(), Some(schedule.clone()));
        }
        Ok(())
    }

    async fn files(&mut self, runtime: &Runtime, root: &Path, now: Millis) -> Result<(), Fault> {
        let On::Folder(folder) = &mut self.on else { return Ok(()) };
        let (mut looked, root) = (std::mem::take(folder), root.to_path_buf());
        let (looked, ready, held) = apart(move || {
            let (ready, held) = looked.look(&root);
            Ok((looked, ready, held))
        })
        .await?;
        self.on = On::Folder(looked);
        if let Some(because) = held {
            self.say(runtime, because, now).await;
        }
        for Ready { name, content } in ready {
            let On::Folder(folder) = &self.on else { return Ok(()) };
            let path = format!("{}/{name}", folder.path());
            let key = runtime.inner.releases.file_key(&self.plan.workflow().name, &path, content);
            let case = |_: &Plan| json!({ "name": name });
            self.begin(runtime, of_key(key), Trigger::File(key), case).await?;
            if let On::Folder(folder) = &mut self.on {
                folder.began(&name);
            }
        }
        Ok(())
    }

    /// Whether there is anything to begin a case for at a time that was due. Where there is
    /// nothing that is written down, and the time is settled; where it cannot be looked at, no case
    /// begins and it is looked at again. A time that has its case needs no second look.
    async fn finds(
        &self,
        runtime: &Runtime,
        root: &Path,
        clock: &Clock,
        at: Millis,
        now: Millis,
    ) -> Result<bool, Fault> {
        let Some(only_if) = &clock.only_if else { return Ok(true) };
        let (desk, store) = (runtime.inner.desk.clone(), runtime.inner.store.clone());
        let (workflow, key) = (self.plan.workflow().name.clone(), self.key);
        let folder = root.join(only_if);
        apart(move || {
            if store.tip(of_due(key, at))?.is_some() {
                return Ok(true);
            }
            let Ok(holds) = folder::holds_any(&folder) else {
                desk.held(&workflow, key, Held::Unreadable, now).map_err(Fault::Start)?;
                let what = "the folder that it looks at first cannot be read";
                return Err(Fault::Start(what.to_owned()));
            };
            if !holds {
                desk.idle(&workflow, key, at).map_err(Fault::Start)?;
            }
            Ok(holds)
        })
        .await
    }

    /// Begins a case, unless it was begun before.
    async fn begin(
        &self,
        runtime: &Runtime,
        run: RunId,
        by: Trigger,
        case: impl Fn(&Plan) -> Value,
    ) -> Result<(), Fault> {
        let Some((plan, start)) = self.release(runtime, run).await? else { return Ok(()) };
        let case = case(&plan);
        begin(runtime, &plan, run, (start, by), (case, None)).await.map(drop)
    }

    /// The release that a case begins on, and this start's place in its map. A canary that has no
    /// such start leaves the case to the live release; a release that is live no more begins none.
    async fn release(
        &self,
        runtime: &Runtime,
        run: RunId,
    ) -> Result<Option<(Arc<Plan>, u16)>, Fault> {
        let workflow = &self.plan.workflow().name;
        let own = || Some((Arc::clone(&self.plan), self.no));
        let Some(Chosen { plan, live }) = runtime.chosen(workflow, run).await? else {
            return Ok(own());
        };
        let mut starts = (0_u16..).zip(&plan.workflow().starts);
        let place = starts.find(|(_, start)| start_key(workflow, start) == self.key);
        match place.map(|(no, _)| no) {
            Some(no) => Ok(Some((plan, no))),
            None if live == self.plan.release() => Ok(own()),
            None => Ok(None),
        }
    }

    /// Says what holds it back, where no other entry does.
    async fn held(&self, runtime: &Runtime, fault: &Fault, now: Millis) {
        if let Fault::Full(..) = fault {
            self.say(runtime, Held::Full, now).await;
        }
    }

    async fn say(&self, runtime: &Runtime, because: Held, now: Millis) {
        let desk = runtime.inner.desk.clone();
        let (workflow, key) = (self.plan.workflow().name.clone(), self.key);
        // What cannot be written now is said by the next look.
        let _ = apart(move || desk.held(&workflow, key, because, now).map_err(Fault::Start)).await;
    }
}

/// Begins a case, unless it was begun before, and gives whether it was begun now. A stop holds
/// starts too.
async fn begin(
    runtime: &Runtime,
    plan: &Arc<Plan>,
    run: RunId,
    (start, by): (u16, Trigger),
    (case, called): (Value, Option<Caller>),
) -> Result<bool, Fault> {
    let store = runtime.inner.store.clone();
    let held = StopScope::Workflow(plan.workflow().name.clone());
    let stops = blocking(move || store.stops()).await?;
    let stop = stops.into_iter().find(|stop| *stop == StopScope::Everything || *stop == held);
    if let Some(stop) = stop {
        return Err(Fault::Open(CommitError::Stopped(stop)));
    }
    let new = NewRun {
        plan: Arc::clone(plan),
        case: case.to_string().into_bytes(),
        labels: None,
        called,
        starter: Starter::Trigger { start, by },
        mode: Mode::Live,
    };
    // Whoever ends the look while a case is being opened does not leave it half open.
    let runtime = runtime.clone();
    let opened = tokio::spawn(async move { runtime.start_once(run, new).await }).await;
    opened.map_err(|error| Fault::Start(error.to_string()))?
}

/// The id of the case of a time that was due.
fn of_due(key: Hash, at: Millis) -> RunId {
    let hash = Hash::of_parts(&[b"flightdeck due", &key.0, &at.0.to_be_bytes()]).0;
    let mut random = [0; 10];
    random.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    RunId::new(at, random)
}

/// The id of the case of a file or an event. It holds no time: the same later is the same case.
pub(crate) fn of_key(key: Hash) -> RunId {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(key.0).for_each(|(to, from)| *to = from);
    RunId::from_bytes(bytes)
}

/// The case of a time that was due: the time, where the map declares a field for it.
fn due_case(plan: &Plan, clock: &Clock, at: Millis) -> Value {
    let fields = &plan.workflow().case.fields;
    let mut case = Map::new();
    if let Some((name, kind)) = fields.iter().find(|(name, _)| name.as_str() == "due") {
        let is_date = match kind {
            Type::Date => true,
            Type::Optional(kind) => **kind == Type::Date,
            _ => false,
        };
        let said = engine::due::said(clock, at, is_date);
        case.insert(name.to_string(), Value::from(said));
    }
    Value::Object(case)
}

/// Reads off the threads that drive runs.
async fn apart<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let read = tokio::task::spawn_blocking(read).await;
    read.map_err(|error| Fault::Start(error.to_string()))?
}
