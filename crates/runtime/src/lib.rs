//! The embedded driver: loads runs, advances them, commits, acts on what was stored, and brings
//! outcomes back. It decides nothing: what may happen is in the records, and every act leaves
//! through a permit. It must not draw screens.

mod desk;
mod drill;
mod drive;
mod erase;
mod exams;
mod ladder;
mod opening;
mod people;
mod releases;
mod rollout;
mod seeds;
pub mod socket;
mod stains;
mod stop;
mod triggers;
mod world;

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::Event;
use journal::{
    Access, ActNo, Alert, Assured, Caller, CasesOf, Command, CommandId, CommitError, Entropy,
    Gauge, Labels, Millis, Mode, Order, Proof, Record, RunId, RunLine, RunQuery, Source, Standing,
    Starter, Status, StopScope, Store, StoreError,
};
use plan::Plan;
use plan::ids::{PersonId, WorkflowName};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use desk::Desk;
pub use drill::Drilled;
pub use erase::{ERASED_AT_ONCE, Erasure};
pub use opening::Lying;
pub use people::People;
pub use releases::Releases;
pub use rollout::{ReleaseOrder, Standing as Rolled, may_release};
use stains::Stains;
pub use stop::StopError;
pub use triggers::{Incoming, Took, Triggers, start_key};
pub use world::{Answered, On, World};

/// Why the driver could not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The case was not opened: a limit, a stop, or a journal that cannot be written.
    #[error("the case was not opened: {0}")]
    Open(CommitError),
    #[error("the release cannot be run: {0}")]
    Release(String),
    /// A command came after the end.
    #[error("case {0} is over ({1}): nothing can be decided about it any more")]
    Over(RunId, &'static str),
    #[error("the system gives no randomness: {0}")]
    Random(String),
    #[error("{0}")]
    Socket(String),
    /// Guard refuses everything, so nothing was begun.
    #[error("the guard is not proven, so nothing was started: {0}")]
    Unproven(String),
    #[error("{0}")]
    NotPermitted(String),
    /// What is stored of a run stands in its way.
    #[error("case {0} cannot go on: {1}")]
    Stuck(RunId, StoreError),
    #[error("nothing was erased: {0}")]
    Erasing(String),
    #[error("the drill cannot be recorded: {0}")]
    Drill(String),
    #[error("what happened at the door cannot be recorded: {0}")]
    Access(String),
    #[error("what happened in the exam cannot be recorded: {0}")]
    Exam(String),
    #[error("the alert cannot be recorded: {0}")]
    Alert(String),
    #[error("a start cannot go on: {0}")]
    Start(String),
    #[error("{0}")]
    Rollout(String),
    /// Cases are counted, and the limit of the count is reached.
    #[error(
        "no further case of `{workflow}`{} is opened until {until}: `{}` is used up",
        .of.whose(), .of.key()
    )]
    UsedUp { of: CasesOf, workflow: WorkflowName, until: String },
    /// As many cases wait for a person as the workflow allows.
    #[error("no case of `{0}` is opened while {1} wait for a person")]
    Full(WorkflowName, u32),
}

/// The kinds of no, for whoever asked: in this process or over the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// None of the others.
    Failed,
    Stopped,
    Budget,
    NotPermitted,
    Unproven,
    /// What is stored was changed or lost.
    Damaged,
    /// Nothing can be stored or read: a full disk, for example.
    Unusable,
}

impl Fault {
    /// What kind of no it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Open(CommitError::Stopped(_)) => Kind::Stopped,
            Self::Open(CommitError::Limit(_)) | Self::UsedUp { .. } | Self::Full(..) => {
                Kind::Budget
            }
            Self::Open(CommitError::Fault(_))
            | Self::Store(StoreError::Fault(_))
            | Self::Stuck(_, StoreError::Fault(_)) => Kind::Unusable,
            Self::Store(StoreError::Damaged(_)) | Self::Stuck(_, _) => Kind::Damaged,
            Self::Unproven(_) => Kind::Unproven,
            Self::NotPermitted(_) => Kind::NotPermitted,
            Self::Open(_)
            | Self::Store(StoreError::Unknown(_))
            | Self::Release(_)
            | Self::Random(_)
            | Self::Over(..)
            | Self::Erasing(_)
            | Self::Drill(_)
            | Self::Access(_)
            | Self::Exam(_)
            | Self::Alert(_)
            | Self::Start(_)
            | Self::Rollout(_)
            | Self::Socket(_) => Kind::Failed,
        }
    }
}

/// How often every guard is proved again: a few look-ups each, so that what was true at the start
/// does not have to be believed for a whole day.
const PROVE_EVERY: Duration = Duration::from_secs(180);

/// How often is looked for contents whose time is over.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);

/// How long a run is left alone that was woken for nothing.
const REST_MS: u64 = 60_000;

/// The driver. A clone is another handle to the same one.
#[derive(Clone)]
pub struct Runtime {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) world: Arc<dyn World>,
    pub(crate) releases: Releases,
    pub(crate) desk: Arc<Desk>,
    pub(crate) stains: Stains,
    people: OnceLock<Arc<dyn People>>,
    runs: Mutex<HashMap<RunId, Live>>,
    standings: Mutex<HashMap<RunId, watch::Sender<Option<Standing>>>>,
    out: Mutex<OutNow>,
    /// Runs that a timer woke for nothing are left alone until this time.
    resting: Mutex<HashMap<RunId, Millis>>,
    /// Runs that cannot be loaded, and why, until somebody could.
    stuck: Mutex<HashMap<RunId, StoreError>>,
    /// Steps that are just being held lower: a process does not leave before that is recorded.
    pub(crate) lowering: AtomicUsize,
    /// The last reason why the journal could not be written, while it cannot.
    trouble: watch::Sender<Option<String>>,
    /// Changes whenever an entry was stored.
    pub(crate) written: watch::Sender<()>,
    /// How often it was changed which release new cases begin on.
    pub(crate) rolled: watch::Sender<u64>,
}

/// A run that is in memory.
struct Live {
    mailbox: mpsc::UnboundedSender<Event>,
}

/// Acts that are out, and the stops this driver knows of. One lock covers both, so that no act
/// starts between a stop and the look at what is out.
#[derive(Default)]
struct OutNow {
    acts: HashMap<(RunId, ActNo), Out>,
    stopped: BTreeSet<StopScope>,
}

/// An act that is out, and the stops that would abort it.
struct Out {
    scopes: BTreeSet<StopScope>,
    abort: AbortHandle,
}

/// A case to be opened.
#[derive(Debug)]
pub struct NewRun {
    pub plan: Arc<Plan>,
    pub case: Vec<u8>,
    pub labels: Option<Labels>,
    /// The span of whoever had it opened, where they said it.
    pub called: Option<Caller>,
    pub starter: Starter,
    pub mode: Mode,
}

impl Runtime {
    /// A driver over a store and a world. `keying` is the installation's secret.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, world: Arc<dyn World>, keying: [u8; 32]) -> Self {
        let written = watch::Sender::new(());
        let desk = Arc::new(Desk::new(store.clone(), written.clone()));
        let inner = Inner {
            releases: Releases::new(store.clone(), keying, desk.clone(), world.clone()),
            desk,
            stains: Stains::of(store.as_ref()),
            people: OnceLock::new(),
            store,
            world,
            runs: Mutex::new(HashMap::new()),
            standings: Mutex::new(HashMap::new()),
            out: Mutex::new(OutNow::default()),
            resting: Mutex::new(HashMap::new()),
            stuck: Mutex::new(HashMap::new()),
            lowering: AtomicUsize::new(0),
            trouble: watch::Sender::new(None),
            written,
            rolled: watch::Sender::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Says whose orders count. Until then nobody opens a case by [`Self::admit`] or lifts a stop.
    pub fn trust(&self, people: Arc<dyn People>) {
        // The first word holds: who holds the folder does not change while it is held.
        let _ = self.inner.people.set(people);
    }

    /// The releases that are open.
    #[must_use]
    pub fn releases(&self) -> &Releases {
        &self.inner.releases
    }

    /// The journal, to read.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.store
    }

    /// Why the journal cannot be written, while it cannot.
    #[must_use]
    pub fn trouble(&self) -> watch::Receiver<Option<String>> {
        self.inner.trouble.subscribe()
    }

    /// Hears whenever an entry was stored here.
    #[must_use]
    pub fn written(&self) -> watch::Receiver<()> {
        self.inner.written.subscribe()
    }

    /// Why a run cannot go on, or why nothing can be stored, if that is so.
    #[must_use]
    pub fn trouble_of(&self, run: Option<RunId>) -> Option<Fault> {
        if let Some(run) = run
            && let Some(error) = lock(&self.inner.stuck).get(&run)
        {
            return Some(Fault::Stuck(run, error.clone()));
        }
        let trouble = self.inner.trouble.borrow().clone();
        trouble.map(|text| Fault::Open(CommitError::Fault(text)))
    }

    /// Opens a case: durable, counted, and on its way when this returns.
    pub async fn open(&self, new: NewRun) -> Result<RunId, Fault> {
        let run = RunId::new(now(), random()?);
        self.open_as(run, new).await?;
        Ok(run)
    }

    pub(crate) async fn open_as(&self, run: RunId, new: NewRun) -> Result<(), Fault> {
        drive::open(&self.inner, run, new).await
    }

    /// Lands a command durably and wakes its run.
    pub async fn command(&self, mut command: Command) -> Result<(), Fault> {
        people::may_order(&self.inner, &mut command).await?;
        if let Some(line) = self.line(command.run).await?
            && line.status.over()
        {
            return Err(Fault::Over(command.run, line.status.as_str()));
        }
        let store = self.inner.store.clone();
        let posted = command.clone();
        blocking(move || store.post(&posted)).await?;
        self.inner.deliver(command);
        Ok(())
    }

    /// A command of a person, under a fresh id.
    pub fn order(&self, run: RunId, order: Order) -> Result<Command, Fault> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|e| Fault::Random(e.to_string()))?;
        let (stands_for, on_call) = (Vec::new(), Vec::new());
        Ok(Command { id: CommandId(id), run, at: now(), order, stands_for, on_call })
    }

    /// Waits until a run is over, or waits for a person, a time or the end of a stop.
    pub async fn settled(&self, run: RunId) -> Result<Standing, Fault> {
        let mut standing = self.inner.watch(run);
        loop {
            if let Some(found) = standing.borrow_and_update().clone()
                && found.status != Status::Running
            {
                return Ok(found);
            }
            // A run that came to rest before anybody watched tells nobody: its line says where it
            // stands. Whoever rests from now on tells the watcher above.
            if !self.inner.is_live(run)
                && let Some(line) = self.line(run).await?
                && line.status != Status::Running
            {
                return Ok(Standing { status: line.status, wake_at: line.wake_at });
            }
            let told = tokio::time::timeout(Duration::from_millis(500), standing.changed()).await;
            if let Ok(Err(_)) = told {
                return Err(Fault::Socket("the driver has stopped".to_owned()));
            }
        }
    }

    async fn line(&self, run: RunId) -> Result<Option<RunLine>, StoreError> {
        let store = self.inner.store.clone();
        blocking(move || {
            let query = RunQuery { prefix: Some(run.to_string()), limit: 1, ..RunQuery::default() };
            Ok(store.runs(&query)?.into_iter().next())
        })
        .await
    }

    /// Takes up what an earlier driver left: every run that can go on, and every run that a stop
    /// held back, since the stop may have been lifted just before that driver died.
    pub async fn take_up(&self) -> Result<usize, Fault> {
        let inner = self.inner.clone();
        let halted = blocking(move || inner.halted_runs()).await?;
        let mut woken = self.wake_due().await?;
        for run in halted {
            if !self.inner.is_live(run) {
                self.inner.send(run, Event::Timer);
                woken += 1;
            }
        }
        Ok(woken)
    }

    /// Wakes every run that can go on: after a start, and on a timer.
    pub async fn wake_due(&self) -> Result<usize, Fault> {
        let store = self.inner.store.clone();
        let due = blocking(move || store.due(now(), 10_000)).await?;
        let mut woken = 0;
        for run in due {
            if run != RunId::DESK && self.inner.may_wake(run) {
                self.inner.send(run, Event::Timer);
                woken += 1;
            }
        }
        Ok(woken)
    }

    /// Wakes due runs until the handle is dropped.
    pub fn keep_time(&self) -> AbortHandle {
        let runtime = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(250)).await;
                // A store that cannot be read is reported by whoever writes next.
                let _ = runtime.wake_due().await;
            }
        })
        .abort_handle()
    }

    /// Proves every guard again, until the handle is dropped.
    pub fn keep_proven(&self) -> AbortHandle {
        let inner = self.inner.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(PROVE_EVERY).await;
                let inner = inner.clone();
                // A panic of guard is caught inside, where it closes that guard.
                let _ = tokio::task::spawn_blocking(move || inner.releases.prove()).await;
            }
        })
        .abort_handle()
    }

    /// Acts that are out now.
    #[must_use]
    pub fn acts_out(&self) -> usize {
        self.inner.acts_out()
    }

    /// Runs in memory, and what is still being recorded because of one.
    #[must_use]
    pub fn active(&self) -> usize {
        lock(&self.inner.runs).len() + self.inner.lowering.load(Ordering::SeqCst)
    }

    /// Sets a stop: durable first, then every act in its scope is aborted. Returns how many were.
    pub async fn stop(
        &self,
        scope: StopScope,
        who: &PersonId,
        reason: &str,
    ) -> Result<usize, StopError> {
        stop::set(&self.inner, scope, who, reason).await
    }

    /// Sets a stop and lets what is out come to its end: nothing new begins in its scope.
    pub async fn drain(
        &self,
        scope: StopScope,
        who: &PersonId,
        reason: &str,
    ) -> Result<(), StopError> {
        stop::drain(&self.inner, scope, who, reason).await
    }

    /// Acts in a scope that are out now, at most so many.
    #[must_use]
    pub fn out_in(&self, scope: &StopScope, most: usize) -> Vec<(RunId, ActNo)> {
        let out = lock(&self.inner.out);
        let hit = out.acts.iter().filter(|(_, out)| out.scopes.contains(scope));
        hit.map(|(act, _)| *act).take(most).collect()
    }

    /// Lifts a stop and wakes what it held back.
    pub async fn lift(
        &self,
        scope: StopScope,
        who: &PersonId,
        reason: &str,
    ) -> Result<usize, StopError> {
        stop::lift(&self.inner, scope, who, reason).await
    }

    /// Erases the contents of cases that are over, for whoever answers for them or may overrule.
    /// When this returns no copy of their keys is left.
    pub async fn erase(&self, who: &PersonId, erasure: Erasure) -> Result<(), Fault> {
        erase::erase(&self.inner, who, erasure).await
    }

    /// Erases what is over for longer than the workspace keeps it. Gives how many cases it was.
    pub async fn sweep(&self) -> Result<usize, Fault> {
        erase::sweep(&self.inner).await
    }

    /// Does so now and every hour, until the handle is dropped.
    pub fn keep_retention(&self) -> AbortHandle {
        let runtime = self.clone();
        tokio::spawn(async move {
            loop {
                // What cannot be erased now is tried again; `erase --expired` says why.
                let _ = runtime.sweep().await;
                tokio::time::sleep(SWEEP_EVERY).await;
            }
        })
        .abort_handle()
    }

    /// Keeps what a drill found.
    pub async fn drilled(&self, who: &PersonId, drilled: Drilled) -> Result<(), Fault> {
        let (drill, passed) = (drilled.drill, drilled.passed);
        drill::record(&self.inner, who, drilled).await?;
        if passed { Ok(()) } else { drill::lower(&self.inner, who, drill).await }
    }

    /// Keeps what happened at the door.
    pub async fn accessed(&self, access: Access) -> Result<(), Fault> {
        let desk = self.inner.desk.clone();
        let record = move || Ok(desk.write(None, |_| Record::Access(access.clone())));
        blocking(record).await?.map_err(Fault::Access)
    }

    /// Keeps what was done so that others can check the journal, with what was answered from
    /// outside where it is an answer.
    pub async fn proved(&self, proof: Proof, answer: Option<String>) -> Result<(), Fault> {
        let desk = self.inner.desk.clone();
        let write = move || {
            let text = answer.as_deref().map(|text| (text, Source::OutsideTool));
            Ok(desk.write(text, |body| Record::Proof(proof.at(body))))
        };
        blocking(write).await?.map_err(Fault::Access)
    }

    /// Keeps that a person did something to the workspace.
    pub async fn noted(&self, record: Record) -> Result<(), Fault> {
        let desk = self.inner.desk.clone();
        let write = move || Ok(desk.write(None, |_| record.clone()));
        blocking(write).await?.map_err(Fault::Access)
    }

    /// Keeps what somebody answers for. Only people of the workspace answer for anything; what a
    /// rule found names nobody.
    pub async fn assured(&self, said: Assured, text: Option<String>) -> Result<(), Fault> {
        let inner = self.inner.clone();
        let write = move || {
            let known = |who: &PersonId| inner.people().is_some_and(|people| people.knows(who));
            if let Some(who) = said.who().filter(|who| !known(who)) {
                let what = format!("`{who}` is not a person of this workspace");
                return Ok(Err(Fault::NotPermitted(what)));
            }
            let text = text.as_deref().map(|text| (text, Source::Person));
            let record = |body| Record::Assured(said.clone().told_by(body));
            Ok(inner.desk.write(text, record).map_err(Fault::Access))
        };
        blocking(write).await?
    }

    /// Keeps what was measured beyond its limit, unless it is kept already.
    pub async fn alert(&self, alert: Alert) -> Result<(), Fault> {
        let desk = self.inner.desk.clone();
        blocking(move || Ok(desk.alert(&alert))).await?.map_err(Fault::Alert)
    }

    /// Keeps that what a rule watches is beyond its limit, or is not any more.
    pub async fn measured(&self, fired: bool, measured: Gauge) -> Result<(), Fault> {
        let desk = self.inner.desk.clone();
        blocking(move || Ok(desk.measured(fired, &measured))).await?.map_err(Fault::Alert)
    }

    /// How many acts in a scope are out.
    #[must_use]
    pub fn out(&self, scope: &StopScope) -> usize {
        lock(&self.inner.out).acts.values().filter(|out| out.scopes.contains(scope)).count()
    }

    /// Aborts every act that is out, whatever the journal says. For the stop of last resort.
    pub fn abort_all(&self) -> usize {
        self.inner.abort(&StopScope::Everything)
    }
}

impl Inner {
    fn people(&self) -> Option<Arc<dyn People>> {
        self.people.get().cloned()
    }

    /// A run could be loaded, or could not and why.
    pub(crate) fn loads(&self, run: RunId, stuck: Option<StoreError>) {
        let mut all = lock(&self.stuck);
        match stuck {
            Some(error) => {
                all.insert(run, error);
            }
            None if all.is_empty() => {}
            None => {
                all.remove(&run);
            }
        }
    }

    pub(crate) fn is_live(&self, run: RunId) -> bool {
        lock(&self.runs).contains_key(&run)
    }

    pub(crate) fn watch(&self, run: RunId) -> watch::Receiver<Option<Standing>> {
        let mut standings = lock(&self.standings);
        standings.entry(run).or_insert_with(|| watch::Sender::new(None)).subscribe()
    }

    fn tell_standing(&self, run: RunId, standing: &Standing) {
        let mut standings = lock(&self.standings);
        if let Some(sender) = standings.get(&run) {
            sender.send_replace(Some(standing.clone()));
            // Nobody waits any more, so nothing is kept for a run that rests.
            if standing.status != Status::Running && sender.receiver_count() == 0 {
                standings.remove(&run);
            }
        }
    }

    pub(crate) fn deliver(self: &Arc<Self>, command: Command) {
        let run = command.run;
        self.send(run, Event::Command(command));
    }

    /// Hands an event to a run, loading it first if it is not in memory.
    pub(crate) fn send(self: &Arc<Self>, run: RunId, event: Event) {
        let mut runs = lock(&self.runs);
        // Where the run stood before is no answer for whoever asks from now on.
        if let Some(sender) = lock(&self.standings).get(&run) {
            // `send` would keep the old value where nobody listens right now.
            sender.send_replace(None);
        }
        let event = match runs.get(&run) {
            Some(live) => match live.mailbox.send(event) {
                Ok(()) => return,
                Err(closed) => closed.0,
            },
            None => event,
        };
        let (mailbox, letters) = mpsc::unbounded_channel();
        // A mailbox that was just made takes its first letter.
        let _ = mailbox.send(event);
        runs.insert(run, Live { mailbox: mailbox.clone() });
        drop(runs);
        tokio::spawn(drive::woken(self.clone(), run, mailbox, letters));
    }

    /// Puts a run into memory; false if it is there already.
    pub(crate) fn enlist(&self, run: RunId, mailbox: mpsc::UnboundedSender<Event>) -> bool {
        match lock(&self.runs).entry(run) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(Live { mailbox });
                true
            }
        }
    }

    pub(crate) fn forget(&self, run: RunId) {
        lock(&self.runs).remove(&run);
    }

    /// Takes a run out of memory, unless something has arrived for it. The mailbox is looked at
    /// under the lock that senders hold, so that no letter is lost between the look and the leave,
    /// and nobody is told of a rest that is over already.
    pub(crate) fn dismiss(
        &self,
        run: RunId,
        letters: &mut mpsc::UnboundedReceiver<Event>,
        standing: Option<&Standing>,
    ) -> Vec<Event> {
        let mut runs = lock(&self.runs);
        let mut late = Vec::new();
        while let Ok(event) = letters.try_recv() {
            late.push(event);
        }
        if late.is_empty() {
            letters.close();
            runs.remove(&run);
            if let Some(standing) = standing {
                self.tell_standing(run, standing);
            }
        }
        late
    }

    /// Starts an act and keeps its handle, unless a stop covers it: then nothing is started.
    pub(crate) fn start_act(
        &self,
        run: RunId,
        act: ActNo,
        scopes: BTreeSet<StopScope>,
        start: impl FnOnce() -> AbortHandle,
    ) -> Option<StopScope> {
        let mut out = lock(&self.out);
        if let Some(stop) = scopes.iter().find(|scope| out.stopped.contains(scope)) {
            return Some(stop.clone());
        }
        let abort = start();
        out.acts.insert((run, act), Out { scopes, abort });
        None
    }

    /// Whether a stop holds acts in its scope back here.
    pub(crate) fn is_stopped(&self, scope: &StopScope) -> bool {
        lock(&self.out).stopped.contains(scope)
    }

    pub(crate) fn act_back(&self, run: RunId, act: ActNo) {
        lock(&self.out).acts.remove(&(run, act));
    }

    /// From now on no act in scope starts here, and those that are out are aborted.
    pub(crate) fn abort(&self, scope: &StopScope) -> usize {
        let mut out = lock(&self.out);
        out.stopped.insert(scope.clone());
        let hit = out.acts.values().filter(|o| o.scopes.contains(scope));
        hit.map(|o| o.abort.abort()).count()
    }

    /// From now on no act in scope starts here; those that are out come to their end.
    pub(crate) fn hold(&self, scope: &StopScope) {
        lock(&self.out).stopped.insert(scope.clone());
    }

    /// Lets acts in scope start again.
    pub(crate) fn unstop(&self, scope: &StopScope) {
        lock(&self.out).stopped.remove(scope);
    }

    /// Acts that are out.
    pub(crate) fn acts_out(&self) -> usize {
        lock(&self.out).acts.len()
    }

    /// Leaves a run alone for a while: it was woken and had nothing to do, or cannot be loaded. A
    /// run that knows when it wants to be woken is not left alone for longer than that.
    pub(crate) fn let_rest(&self, run: RunId, wake_at: Option<Millis>) {
        let until = Millis(now().0.saturating_add(REST_MS));
        let until = wake_at.filter(|at| *at > now()).map_or(until, |at| until.min(at));
        lock(&self.resting).insert(run, until);
    }

    fn may_wake(&self, run: RunId) -> bool {
        if self.is_live(run) {
            return false;
        }
        let mut resting = lock(&self.resting);
        match resting.get(&run) {
            Some(until) if *until > now() => false,
            Some(_) => {
                resting.remove(&run);
                true
            }
            None => true,
        }
    }

    pub(crate) fn report(&self, trouble: Option<String>) {
        self.trouble.send_if_modified(|now| {
            let changed = *now != trouble;
            *now = trouble;
            changed
        });
    }

    pub(crate) fn halted_runs(&self) -> Result<Vec<RunId>, StoreError> {
        let query = RunQuery {
            status: vec![Status::Halted],
            limit: usize::MAX >> 1,
            ..RunQuery::default()
        };
        Ok(self.store.runs(&query)?.into_iter().map(|line| line.run).collect())
    }

    pub(crate) fn live_runs(&self) -> Vec<RunId> {
        lock(&self.runs).keys().copied().collect()
    }
}

/// What a panic says of itself.
pub(crate) fn words(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a defect was caught")
}

/// A lock whose holder panicked still guards plain maps: the data is whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The time, read here and nowhere below.
#[must_use]
pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Randomness for an id.
pub fn random() -> Result<[u8; 10], Fault> {
    let mut bytes = [0; 10];
    getrandom::fill(&mut bytes).map_err(|e| Fault::Random(e.to_string()))?;
    Ok(bytes)
}

pub(crate) fn entropy() -> Result<Entropy, Fault> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|e| Fault::Random(e.to_string()))?;
    Ok(Entropy(bytes))
}

/// Runs a store call off the threads that drive runs.
pub(crate) async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(call).await {
        Ok(result) => result,
        Err(error) => Err(StoreError::Fault(error.to_string())),
    }
}
