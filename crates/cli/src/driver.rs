//! Whoever drives the runs of a data folder: this process, where nobody holds the folder, or the
//! process that does, over its socket. Commands need not know which.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use journal::{
    Access, ActNo, Assured, Command, CommandId, Credential, Drill, Exam, Hash, Mode, Order, Proof,
    Record, RunId, RunQuery, Seq, Starter, Status, StopScope, Store, ToolCall,
};
use model::Seat;
use plan::Plan;
use plan::ids::{PersonId, WorkflowName};
use runtime::socket::{Client, Request, Response};
use runtime::{Drilled, Erasure, Lying, NewRun, ReleaseOrder, Rolled, Runtime};
use store::{SqliteReader, SqliteStore};
use tokio::sync::Mutex;
use tokio::task::AbortHandle;
use tools::{Follower, Said};

use crate::alarms::Watch;
use crate::canaries;
use crate::canary;
use crate::exit::{Exit, Stop};
use crate::measured::Measuring;
use crate::notices;
use crate::people;
use crate::releases;
use crate::stored::Runs;
use crate::supply::Supply;
use crate::traces;
use crate::vault::Vault;
use crate::workspace::Workspace;
use crate::world::{Heard, Notices, Nowhere, Outside};

/// How long the holder of a folder may take to answer.
const ANSWER: Duration = Duration::from_secs(10);

/// A run that sleeps for longer than this is left to whoever comes by then.
const PATIENCE_MS: u64 = 10 * 60 * 1_000;

/// How often somebody who waits for a run asks whether it can go on at all.
const LOOK: Duration = Duration::from_millis(500);

/// How long a disk that takes nothing is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a process that leaves waits for acts that are out: an act that is broken off is one
/// that nobody knows the end of.
const LEAVE: Duration = Duration::from_secs(30);

/// Who drives.
pub enum Driver {
    Own(Box<Own>),
    Other(Box<Other>),
}

/// This process drives.
pub struct Own {
    runtime: Runtime,
    outside: Arc<Outside>,
    socket: AbortHandle,
    /// What wakes every run whose time has come, where this process drives them all.
    clock: Option<AbortHandle>,
    /// What proves the guards again and again.
    proof: AbortHandle,
    /// What erases contents whose time is over, where this process drives all runs.
    retention: Option<AbortHandle>,
    /// What sends telemetry, where somebody wants it.
    telemetry: Option<telemetry::Following>,
    /// What tells people, where somebody is named.
    notices: Option<notify::Following>,
    /// What looks whether those who are asked still look, where this process drives all runs.
    watch: Option<Watch>,
    /// What measures by the rules of the workspace, where this process drives all runs.
    measuring: Option<Measuring>,
    /// What begins cases without a person, where this process does.
    starts: Option<AbortHandle>,
    /// What goes back from canaries that are worse, where this process does.
    canaries: Option<AbortHandle>,
}

/// Another process drives.
pub struct Other {
    client: Mutex<Client>,
    reader: SqliteReader,
    data: PathBuf,
}

/// What a process that holds the folder drives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drives {
    /// Every run whose time has come.
    All,
    /// Only what it is told to: it ends soon, and what it began for others would end with it.
    Told,
}

impl Driver {
    /// Takes the folder, or connects to whoever holds it.
    pub async fn start(workspace: &Workspace, drives: Drives) -> Result<Self, Stop> {
        Self::seated(workspace, drives, None).await
    }

    /// The same, with somebody in the seat of the models that an outside agent answers for.
    pub async fn seated(
        workspace: &Workspace,
        drives: Drives,
        seat: Option<Seat>,
    ) -> Result<Self, Stop> {
        let data = workspace.data.clone();
        // A process that has just ended may still be leaving, and one that has just begun may not
        // listen yet.
        let mut last = None;
        for _ in 0..20 {
            match SqliteStore::open(&data) {
                Ok(store) => return own(workspace, Arc::new(store), drives, seat.as_ref()),
                Err(error) => last = Some(error),
            }
            if store::holder(&data).is_none() {
                break;
            }
            if let Some(client) = Client::connect(&data).await {
                let (client, reader) = (Mutex::new(client), SqliteReader::open(&data)?);
                return Ok(Self::Other(Box::new(Other { client, reader, data })));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let in_use = || Stop::failed("it is in use").help("`flightdeck doctor` says more");
        Err(match last {
            // Nobody holds it, so it is the folder itself that cannot be used.
            Some(error) if store::holder(&data).is_none() => error.into(),
            Some(error) => Stop { what: anyhow::anyhow!("{error}"), ..in_use() },
            None => in_use(),
        })
    }

    /// The driver of this process, if it is the one that drives.
    pub fn own(&self) -> Option<&Runtime> {
        match self {
            Self::Own(own) => Some(&own.runtime),
            Self::Other(_) => None,
        }
    }

    /// A tool's answer as it was given, where the records hold it in exactly these words.
    pub fn heard(&self, recorded: &str) -> Option<Said> {
        match self {
            Self::Own(own) => own.outside.heard.as_ref()?.take(recorded),
            Self::Other(_) => None,
        }
    }

    /// Has somebody told how far the agent's next call comes, and nobody any more how far an
    /// earlier one does.
    pub fn follow(&self, run: RunId, call: &ToolCall, follower: Option<Follower>) {
        if let Self::Own(own) = self
            && let Some(heard) = &own.outside.heard
        {
            heard.follow(run, call, follower);
        }
    }

    /// Opens a case.
    pub async fn open(
        &self,
        plan: &Arc<Plan>,
        case: Vec<u8>,
        by: &PersonId,
    ) -> Result<RunId, Stop> {
        self.open_as(plan, case, by, Mode::Live).await
    }

    /// Opens a case, or a rehearsal of one.
    pub async fn open_as(
        &self,
        plan: &Arc<Plan>,
        case: Vec<u8>,
        by: &PersonId,
        mode: Mode,
    ) -> Result<RunId, Stop> {
        self.open_file(plan, case, (by, mode), None).await
    }

    /// The same for the case of a file that a start may find too.
    pub async fn open_file(
        &self,
        plan: &Arc<Plan>,
        case: Vec<u8>,
        (by, mode): (&PersonId, Mode),
        file: Option<Lying>,
    ) -> Result<RunId, Stop> {
        let starter = Starter::Person(by.clone());
        match self {
            Self::Own(own) => {
                let plan = Arc::clone(plan);
                let new = NewRun { plan, case, labels: None, called: None, starter, mode };
                own.runtime.admit(new, file.as_ref()).await.map_err(|fault| no(&fault))
            }
            Self::Other(_) => {
                let request = Request::Open {
                    release: plan.release(),
                    canonical: String::from_utf8_lossy(plan.canonical()).into_owned(),
                    case: String::from_utf8_lossy(&case).into_owned(),
                    starter,
                    mode,
                    file,
                };
                match self.told(&request).await? {
                    Response::Opened { run } => Ok(run),
                    other => Err(odd(&other)),
                }
            }
        }
    }

    /// Opens a case of a workflow that was deployed, on the release that it begins on.
    pub async fn begin(
        &self,
        workflow: &WorkflowName,
        case: Vec<u8>,
        by: &PersonId,
        file: Option<Lying>,
    ) -> Result<RunId, Stop> {
        let starter = Starter::Person(by.clone());
        match self {
            Self::Own(own) => {
                let began = own.runtime.begin(workflow, case, starter, file.as_ref()).await;
                began.map_err(|fault| no(&fault))
            }
            Self::Other(_) => {
                let case = String::from_utf8_lossy(&case).into_owned();
                let request = Request::Begin { workflow: workflow.clone(), case, starter, file };
                match self.told(&request).await? {
                    Response::Opened { run } => Ok(run),
                    other => Err(odd(&other)),
                }
            }
        }
    }

    /// Has somebody's order about releases followed, durably.
    pub async fn release(&self, who: &PersonId, order: ReleaseOrder) -> Result<Rolled, Stop> {
        match self {
            Self::Own(own) => own.runtime.release(who, order).await.map_err(|fault| no(&fault)),
            Self::Other(_) => {
                let who = who.clone();
                match self.told(&Request::Release { who, order }).await? {
                    Response::Released(rolled) => Ok(rolled),
                    other => Err(odd(&other)),
                }
            }
        }
    }

    /// Hands a person's order to a run, durably.
    pub async fn order(&self, run: RunId, order: Order) -> Result<CommandId, Stop> {
        let command = self.command(run, order)?;
        let id = command.id;
        let given = match self {
            Self::Own(own) => own.runtime.command(command).await.map_err(|fault| no(&fault)),
            Self::Other(_) => self.told(&Request::Command(command)).await.map(drop),
        };
        // A case may end between the look at it and the order.
        given.map_err(|stop| match self.line(run) {
            Ok(Some(line)) if line.status.over() => {
                let stop = Stop { exit: Exit::NotPermitted, ..stop };
                stop.help(format!("`flightdeck why {run}` says how it ended"))
            }
            Ok(_) | Err(_) => stop,
        })?;
        Ok(id)
    }

    fn command(&self, run: RunId, order: Order) -> Result<Command, Stop> {
        let mut id = [0; 16];
        getrandom::fill(&mut id)
            .map_err(|error| Stop::failed(format!("the system gives no randomness: {error}")))?;
        let (stands_for, on_call) = (Vec::new(), Vec::new());
        Ok(Command { id: CommandId(id), run, at: runtime::now(), order, stands_for, on_call })
    }

    /// Waits until a run is over or can do nothing by itself for now.
    pub async fn rested(&self, run: RunId) -> Result<Status, Stop> {
        let mut pause = Duration::ZERO;
        let mut unusable: Option<Instant> = None;
        let mut looked = Instant::now();
        loop {
            if let Some(status) = self.standing(run)? {
                return Ok(status);
            }
            if looked.elapsed() > LOOK {
                looked = Instant::now();
                match self.trouble(run).await {
                    // A disk may have room again in a moment; an entry that is lost stays lost.
                    Some(stop) if stop.is_unusable() => {
                        if unusable.get_or_insert(looked).elapsed() > PATIENCE {
                            return Err(stop);
                        }
                    }
                    Some(stop) => return Err(stop),
                    None => unusable = None,
                }
            }
            // Nobody answers for a run whose driver has gone; one more look, since it may have
            // finished the run first.
            if self.abandoned() {
                let gone = || Stop::failed("the flightdeck that drove it has ended");
                let help = "`flightdeck run --open` goes on";
                return self.standing(run)?.ok_or_else(|| gone().help(help));
            }
            // Our own driver tells when a run comes to rest; only what it rests for takes a look.
            if let Self::Own(own) = self
                && tokio::time::timeout(LOOK, own.runtime.settled(run)).await.is_err()
            {
                continue;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).clamp(Duration::from_millis(4), Duration::from_millis(100));
        }
    }

    /// Why a run cannot go on, or why nothing can be stored. A holder that does not answer may be
    /// leaving; then the lock says so.
    async fn trouble(&self, run: RunId) -> Option<Stop> {
        match self {
            Self::Own(own) => own.runtime.trouble_of(Some(run)).map(|fault| no(&fault)),
            Self::Other(other) => {
                let request = Request::Trouble { run: Some(run) };
                match other.client.lock().await.ask(&request, ANSWER).await {
                    Ok(Response::Refused { kind, why }) => Some(Stop::refused(kind, why)),
                    Ok(_) | Err(_) => None,
                }
            }
        }
    }

    /// Whether a run is over. One that cannot be looked at is taken to be.
    pub fn over(&self, run: RunId) -> bool {
        !matches!(self.line(run), Ok(Some(line)) if !line.status.over())
    }

    /// Where a run stands, once it stands still: the index says so, and no order is unread.
    fn standing(&self, run: RunId) -> Result<Option<Status>, Stop> {
        // First: an order that is read by now is in the line below. The other way round one that is
        // followed between the two looks would leave the line of before.
        let read = self.reader().inbox(run)?.is_empty();
        let Some(line) = self.line(run)? else { return Ok(None) };
        let soon = runtime::now().0.saturating_add(PATIENCE_MS);
        let still = match line.status {
            Status::Running => false,
            Status::Sleeping => !self.keeps_time() || line.wake_at.is_none_or(|at| at.0 > soon),
            Status::Waiting
            | Status::Paused
            | Status::Halted
            | Status::Done
            | Status::Failed
            | Status::Rejected
            | Status::Duplicate
            | Status::Cancelled => true,
        };
        Ok((still && (read || line.status.over())).then_some(line.status))
    }

    fn line(&self, run: RunId) -> Result<Option<journal::RunLine>, Stop> {
        let query = RunQuery { prefix: Some(run.to_string()), limit: 1, ..RunQuery::default() };
        Ok(self.reader().runs(&query)?.into_iter().next())
    }

    /// Whether somebody wakes a run that sleeps.
    fn keeps_time(&self) -> bool {
        match self {
            Self::Own(own) => own.clock.is_some(),
            Self::Other(_) => true,
        }
    }

    fn abandoned(&self) -> bool {
        match self {
            Self::Own(_) => false,
            Self::Other(other) => store::holder(&other.data).is_none(),
        }
    }

    /// Follows runs that a stop held back to where they rest. One that another stop still holds
    /// stays where it is.
    pub async fn released(&self, held: &[RunId]) -> Result<(), Stop> {
        for run in held {
            for _ in 0..50 {
                if self.standing(*run)? != Some(Status::Halted) {
                    self.rested(*run).await?;
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Ok(())
    }

    fn reader(&self) -> &dyn Reading {
        match self {
            Self::Own(own) => own,
            Self::Other(other) => &other.reader,
        }
    }

    /// Lifts a stop. Gives how many runs go on.
    pub async fn lift(&self, scope: StopScope, who: &PersonId, why: &str) -> Result<usize, Stop> {
        match self {
            Self::Own(own) => {
                let lifted = own.runtime.lift(scope, who, why).await;
                lifted.map_err(|error| Stop::refused(error.kind(), &error))
            }
            Self::Other(_) => {
                let (who, reason) = (who.clone(), why.to_owned());
                match self.told(&Request::Lift { scope, who, reason }).await? {
                    Response::Lifted { woken } => Ok(woken),
                    other => Err(odd(&other)),
                }
            }
        }
    }

    /// Has the contents of cases that are over erased.
    pub async fn erase(
        &self,
        runs: &[RunId],
        who: &PersonId,
        reason: &str,
        subject: Option<Hash>,
    ) -> Result<(), Stop> {
        let (runs, reason) = (runs.to_vec(), reason.to_owned());
        match self {
            Self::Own(own) => {
                let erasure = Erasure { runs, reason, subject };
                own.runtime.erase(who, erasure).await.map_err(|fault| no(&fault))
            }
            Self::Other(_) => {
                let who = who.clone();
                self.told(&Request::Erase { runs, who, reason, subject }).await.map(drop)
            }
        }
    }

    /// Erases what is over for longer than the workspace keeps it. Gives how many cases it was.
    pub async fn sweep(&self) -> Result<usize, Stop> {
        match self {
            Self::Own(own) => own.runtime.sweep().await.map_err(|fault| no(&fault)),
            Self::Other(_) => match self.told(&Request::Sweep).await? {
                Response::Swept { cases } => Ok(cases),
                other => Err(odd(&other)),
            },
        }
    }

    /// Keeps what happened at the door.
    pub async fn accessed(&self, access: Access) -> Result<(), Stop> {
        match self {
            Self::Own(own) => own.runtime.accessed(access).await.map_err(|fault| no(&fault)),
            Self::Other(_) => self.told(&Request::Accessed(access)).await.map(drop),
        }
    }

    /// Keeps what was done so that others can check the journal.
    pub async fn proved(&self, proof: Proof, answer: Option<String>) -> Result<(), Stop> {
        match self {
            Self::Own(own) => own.runtime.proved(proof, answer).await.map_err(|fault| no(&fault)),
            Self::Other(_) => self.told(&Request::Proof { proof, answer }).await.map(drop),
        }
    }

    /// Keeps what happened in an exam as the entry `next` of the desk's journal. Gives whether it
    /// is that; otherwise something else came first.
    pub async fn examined(
        &self,
        next: Seq,
        exam: Exam,
        text: Option<String>,
    ) -> Result<bool, Stop> {
        match self {
            Self::Own(own) => {
                own.runtime.examined(next, exam, text).await.map_err(|fault| no(&fault))
            }
            Self::Other(_) => match self.told(&Request::Examined { next, exam, text }).await? {
                Response::Overtaken => Ok(false),
                _ => Ok(true),
            },
        }
    }

    /// Keeps what happened to a credential.
    pub async fn credential(&self, credential: Credential) -> Result<(), Stop> {
        match self {
            Self::Own(own) => {
                let noted = own.runtime.noted(Record::Credential(credential)).await;
                noted.map_err(|fault| no(&fault))
            }
            Self::Other(_) => self.told(&Request::Credential(credential)).await.map(drop),
        }
    }

    /// Keeps what a drill found.
    pub async fn drilled(
        &self,
        drill: Drill,
        who: &PersonId,
        passed: bool,
        runs: &[RunId],
        told: String,
    ) -> Result<(), Stop> {
        let runs = runs.to_vec();
        match self {
            Self::Own(own) => {
                let drilled = Drilled { drill, passed, runs, told };
                own.runtime.drilled(who, drilled).await.map_err(|fault| no(&fault))
            }
            Self::Other(_) => {
                let who = who.clone();
                self.told(&Request::Drilled { drill, who, passed, runs, told }).await.map(drop)
            }
        }
    }

    /// Keeps what somebody answers for.
    pub async fn assured(&self, said: Assured, text: Option<String>) -> Result<(), Stop> {
        match self {
            Self::Own(own) => own.runtime.assured(said, text).await.map_err(|fault| no(&fault)),
            Self::Other(_) => self.told(&Request::Assured { said, text }).await.map(drop),
        }
    }

    /// Wakes every run that can go on. Another holder does so by itself.
    pub async fn wake(&self) -> Result<usize, Stop> {
        match self {
            Self::Own(own) => own.runtime.take_up().await.map_err(Stop::failed),
            Self::Other(_) => Ok(0),
        }
    }

    /// Begins cases as the maps of the live releases say, and goes back from canaries that are
    /// worse, from now on and until this process leaves.
    pub fn keep_releases(&mut self, workspace: &Workspace) -> Result<(), Stop> {
        if let Self::Own(own) = self {
            own.canaries = Some(canaries::keep(own.runtime.clone(), workspace.data.clone())?);
            own.starts = Some(own.runtime.keep_starts(workspace.root.clone()));
        }
        Ok(())
    }

    /// Lets acts that are out come back, ends servers and leaves the folder to others.
    pub async fn close(mut self) {
        if let Self::Own(own) = &mut self {
            let begins = own.clock.iter().chain(&own.starts).chain(&own.canaries);
            begins.for_each(AbortHandle::abort);
            // The socket still answers, so that a stop reaches what it is to stop.
            let idle = async {
                while own.runtime.active() > 0 || own.runtime.acts_out() > 0 {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            };
            let _ = tokio::time::timeout(LEAVE, idle).await;
            if let Some(telemetry) = own.telemetry.take() {
                telemetry.close().await;
            }
            if let Some(notices) = own.notices.take() {
                notices.close().await;
            }
        }
        self.leave().await;
    }

    /// Leaves at once. What is out is broken off, and the records say so.
    pub async fn leave(self) {
        if let Self::Own(own) = self {
            let all = own.clock.iter().chain(&own.retention).chain(&own.starts);
            all.chain(&own.canaries).for_each(AbortHandle::abort);
            own.proof.abort();
            own.watch.iter().for_each(Watch::end);
            own.measuring.iter().for_each(Measuring::end);
            own.socket.abort();
            own.outside.supply.close().await;
        }
    }

    async fn told(&self, request: &Request) -> Result<Response, Stop> {
        let Self::Other(other) = self else {
            return Err(Stop::failed("this process holds the folder itself"));
        };
        match other.client.lock().await.ask(request, ANSWER).await.map_err(Stop::failed)? {
            Response::Refused { kind, why } => Err(Stop::refused(kind, why)),
            response => Ok(response),
        }
    }
}

/// What both kinds of drivers can read.
trait Reading {
    fn runs(&self, query: &RunQuery) -> Result<Vec<journal::RunLine>, journal::StoreError>;
    fn inbox(&self, run: RunId) -> Result<Vec<Command>, journal::StoreError>;
}

impl Reading for Box<Own> {
    fn runs(&self, query: &RunQuery) -> Result<Vec<journal::RunLine>, journal::StoreError> {
        self.runtime.store().runs(query)
    }
    fn inbox(&self, run: RunId) -> Result<Vec<Command>, journal::StoreError> {
        self.runtime.store().inbox(run)
    }
}

impl Reading for SqliteReader {
    fn runs(&self, query: &RunQuery) -> Result<Vec<journal::RunLine>, journal::StoreError> {
        SqliteReader::runs(self, query)
    }
    fn inbox(&self, run: RunId) -> Result<Vec<Command>, journal::StoreError> {
        SqliteReader::inbox(self, run)
    }
}

fn own(
    workspace: &Workspace,
    store: Arc<SqliteStore>,
    drives: Drives,
    seat: Option<&Seat>,
) -> Result<Driver, Stop> {
    let places = workspace.places().map_err(|problems| {
        Stop::usage(problems).help("`flightdeck check` shows them with their fixes")
    })?;
    let places = canary::with(places, &workspace.data)?;
    // Releases that new cases begin on come first: what the files say now changes none of them.
    let in_use = releases::in_use(&Runs::at(workspace.data.clone())?)?;
    let checked = plan::check_all(&workspace.files).plans;
    let vault = Vault::new(&workspace.root, &places.secrets);
    let plans = in_use.iter().map(AsRef::as_ref).chain(checked.values());
    let telemetry = traces::follow(workspace)?;
    let traced = telemetry.as_ref().is_some_and(|sending| sending.traced);
    let told = notices::follow(&vault, &places, &workspace.data)?;
    let supply = Supply::new(workspace, places, plans, seat)?;
    let secrets = supply.secrets();
    let (notices, heard) = (Notices::new(&workspace.data), seat.map(|_| Heard::default()));
    let outside = Arc::new(Outside { supply, notices, traced, heard });
    let keying = keying(&workspace.data)?;
    let store: Arc<dyn Store> = store;
    let runtime = Runtime::new(store, outside.clone(), keying);
    // Before anything can be asked of this process: a guard knows the secrets it was built with.
    runtime.releases().keep_secret(secrets);
    runtime.trust(Arc::new(people::FromFiles::new(workspace)));
    let socket = runtime::socket::serve(runtime.clone(), &workspace.data).map_err(Stop::failed)?;
    let clock = (drives == Drives::All).then(|| runtime.keep_time());
    let proof = runtime.keep_proven();
    let retention = (drives == Drives::All).then(|| runtime.keep_retention());
    let (watch, measuring) = match drives {
        Drives::All => (
            Some(Watch::keep(runtime.clone(), workspace)?),
            Some(Measuring::keep(runtime.clone(), workspace)?),
        ),
        Drives::Told => (None, None),
    };
    Ok(Driver::Own(Box::new(Own {
        runtime,
        outside,
        socket,
        clock,
        proof,
        retention,
        telemetry: telemetry.map(|sending| sending.following),
        notices: told,
        watch,
        measuring,
        starts: None,
        canaries: None,
    })))
}

/// Stops a scope: through whoever holds the folder, or in the bare journal where nobody does. It
/// reads no settings and starts nothing, so that nothing of the workspace can be in its way. Gives
/// how many acts were broken off, and which were out.
pub async fn stop(
    data: &Path,
    scope: StopScope,
    who: &PersonId,
    why: &str,
    drain: bool,
) -> Result<(usize, Vec<(RunId, ActNo)>), Stop> {
    let mut last = None;
    for _ in 0..10 {
        match SqliteStore::open(data) {
            Ok(store) => {
                let runtime = Runtime::new(Arc::new(store), Arc::new(Nowhere), keying(data)?);
                let stopped = runtime.stop(scope, who, why).await.map_err(Stop::failed)?;
                return Ok((stopped, Vec::new()));
            }
            Err(error) => last = Some(error),
        }
        if let Some(mut client) = Client::connect(data).await {
            let (who, reason) = (who.clone(), why.to_owned());
            let request = Request::Stop { scope, who, reason, drain };
            return match client.ask(&request, ANSWER).await.map_err(Stop::failed)? {
                Response::Stopped { aborted, out } => Ok((aborted, out)),
                Response::Refused { why, .. } => Err(Stop::failed(why)),
                other => Err(odd(&other)),
            };
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let why = last.map_or_else(|| "it is in use".to_owned(), |error| error.to_string());
    Err(Stop::failed(why))
}

/// The secret behind idempotency keys, derived from the installation's key so that there is one
/// secret to keep and neither can be computed from the other.
pub fn keying(data: &Path) -> Result<[u8; 32], Stop> {
    let key = std::fs::read(data.join("key"))?;
    Ok(Hash::of_parts(&[b"flightdeck idempotency keys", &key]).0)
}

fn no(fault: &runtime::Fault) -> Stop {
    Stop::refused(fault.kind(), fault)
}

fn odd(response: &Response) -> Stop {
    Stop::failed(format!(
        "the running flightdeck gave an answer that fits no question: {response:?}"
    ))
}
