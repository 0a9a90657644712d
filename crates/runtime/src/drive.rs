//! One task per run in memory: drain the mailbox, advance, commit, act, and sleep until something
//! arrives. A run with nothing out leaves memory; its records are all that is needed to go on.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use engine::{ChildRun, Control, Engine, Env, Event, Input, Opening};
use journal::{
    Account, Chain, Code, CommandId, CommitError, Committed, Draft, Epoch, Failure, Label, Millis,
    Mode, Outcome, Payload, Permit, RunId, Seq, Standing, Status, StopScope, Usage,
};
use tokio::sync::{mpsc, oneshot};

use crate::desk::{limit_of, until};
use crate::{Fault, Inner, NewRun, blocking, entropy, ladder, now, words};

/// Frames read in one go when a run is loaded.
const PAGE: usize = 256;

/// Tries of one advance against refusals of the store. Each refusal names one scope or account, so
/// a plan has far fewer; more means a defect.
const TRIES_MAX: usize = 64;

struct Run {
    inner: Arc<Inner>,
    engine: Arc<Engine>,
    control: Control,
    env: Env,
    epoch: Epoch,
    standing: Standing,
    mailbox: mpsc::UnboundedSender<Event>,
    seen: BTreeSet<CommandId>,
    /// Stops that kept acts from beginning since the last look.
    kept: Vec<StopScope>,
}

/// Opens a run and leaves it to its own task.
pub(crate) async fn open(inner: &Arc<Inner>, run: RunId, new: NewRun) -> Result<(), Fault> {
    let releases = inner.clone();
    let plan = new.plan.clone();
    let engine = match inner.releases.get_open(plan.release()) {
        Some(engine) => engine,
        None => {
            let added = tokio::task::spawn_blocking(move || releases.releases.add(&plan)).await;
            added.map_err(|e| Fault::Release(e.to_string()))??
        }
    };
    let is_child = matches!(new.starter, journal::Starter::Parent { .. });
    // A part of a case is opened all the same: there the refusals are recorded and its parent is
    // told, while a case that was never begun need not be.
    if !is_child && let Some(why) = engine.guard().closed_because() {
        return Err(Fault::Unproven(why.to_owned()));
    }
    let mut opening = Opening {
        run,
        now: now(),
        entropy: entropy()?,
        case: new.case,
        labels: new.labels,
        called: new.called,
        starter: new.starter,
        mode: new.mode,
        refusals: Vec::new(),
    };
    // The run is in memory before it is in the journal, so that no timer loads it a second time.
    let (mailbox, letters) = mpsc::unbounded_channel();
    if !inner.enlist(run, mailbox.clone()) {
        // Somebody else is opening it, and may yet be refused.
        return Err(Fault::Open(CommitError::Superseded));
    }
    let committed = match first_frame(inner, &engine, &mut opening).await {
        Ok(committed) => committed,
        Err(error) => {
            inner.forget(run);
            return Err(match error {
                CommitError::Limit(account) => limit_reached(inner, &engine, account).await,
                error => Fault::Open(error),
            });
        }
    };
    let mut run = Run {
        inner: inner.clone(),
        engine,
        control: Control::new(run),
        env: Env::new(),
        epoch: Epoch(1),
        standing: Standing { status: Status::Running, wake_at: None },
        mailbox,
        seen: BTreeSet::new(),
        kept: Vec::new(),
    };
    let id = run.control.run();
    run.stored(committed);
    // What was told to the run before it existed, as a parent's end is, is in its inbox.
    let store = inner.store.clone();
    let told = if is_child { blocking(move || store.inbox(id)).await? } else { Vec::new() };
    let first = told.into_iter().map(Event::Command).collect();
    tokio::spawn(run.live(letters, first));
    Ok(())
}

/// Why no case was opened. A flood of refused cases leaves one entry: whoever comes later only
/// looks into memory. What cannot be written now is tried again by the next one.
async fn limit_reached(inner: &Arc<Inner>, engine: &Arc<Engine>, account: Account) -> Fault {
    let Some(of) = account.cases() else { return Fault::Open(CommitError::Limit(account)) };
    let workflow = engine.plan().workflow();
    let until = engine::hours::said(&workflow.hours, until(engine, &account));
    let fault = Fault::UsedUp { of, workflow: workflow.name.clone(), until };
    if !inner.desk.knows_limit(&account, limit_of(engine, &account)) {
        let (desk, engine) = (inner.desk.clone(), engine.clone());
        let write = move || desk.limit_reached(&engine, &account);
        if let Ok(Err(why)) = tokio::task::spawn_blocking(write).await {
            inner.report(Some(why));
        }
    }
    fault
}

async fn first_frame(
    inner: &Arc<Inner>,
    engine: &Engine,
    opening: &mut Opening,
) -> Result<Committed, CommitError> {
    loop {
        // A panic is caught here too: the case is written down as failed, and nothing is allowed.
        let draft = catch_unwind(AssertUnwindSafe(|| engine::open(engine, opening)));
        let draft = match draft {
            Ok(draft) => draft,
            Err(panic) => engine::opening_caught(engine, opening, words(&*panic)),
        };
        match commit(inner, draft).await {
            Ok(committed) => return Ok(committed),
            Err(error) => {
                let passing = match &error {
                    CommitError::Stopped(_) | CommitError::Claimed(_) => true,
                    CommitError::Limit(account) => account.cases().is_none(),
                    CommitError::Superseded | CommitError::Fault(_) | CommitError::Invalid(_) => {
                        false
                    }
                };
                if !passing || opening.refusals.len() >= TRIES_MAX {
                    return Err(error);
                }
                opening.refusals.push(error);
            }
        }
    }
}

/// Loads a run that something has arrived for.
pub(crate) async fn woken(
    inner: Arc<Inner>,
    run: RunId,
    mailbox: mpsc::UnboundedSender<Event>,
    mut letters: mpsc::UnboundedReceiver<Event>,
) {
    match load(&inner, run, mailbox).await {
        Ok((loaded, inbox)) => {
            inner.loads(run, None);
            let mut events = vec![Event::Claim];
            events.extend(inbox.into_iter().map(Event::Command));
            events.extend(lifted(&inner, &loaded.control).await);
            loaded.live(letters, events).await;
        }
        Err(fault) => {
            // The run stays as it is stored. Whoever looks at it is told why it does not go on.
            inner.loads(run, Some(stuck(fault)));
            inner.let_rest(run, None);
            while !inner.dismiss(run, &mut letters, None).is_empty() {}
        }
    }
}

fn stuck(fault: Fault) -> journal::StoreError {
    match fault {
        Fault::Store(error) => error,
        other => journal::StoreError::Damaged(other.to_string()),
    }
}

/// Stops that hold the run back in its records and are no longer in force.
async fn lifted(inner: &Arc<Inner>, control: &Control) -> Vec<Event> {
    if control.halted().is_empty() {
        return Vec::new();
    }
    let store = inner.store.clone();
    // Without an answer every stop counts as in force.
    let Ok(stops) = blocking(move || store.stops()).await else { return Vec::new() };
    let gone = control.halted().iter().filter(|scope| !stops.contains(scope));
    gone.cloned().map(Event::Unstop).collect()
}

async fn load(
    inner: &Arc<Inner>,
    run: RunId,
    mailbox: mpsc::UnboundedSender<Event>,
) -> Result<(Run, Vec<journal::Command>), Fault> {
    let reader = inner.clone();
    let load = move || -> Result<_, Fault> {
        let epoch = reader.store.claim(run)?;
        let mut control = Control::new(run);
        let mut env = Env::new();
        let mut chain = Chain::new(run);
        let damaged = |e: String| Fault::Store(journal::StoreError::Damaged(e));
        loop {
            let page = reader.store.frames(run, chain.next(), PAGE)?;
            let last = page.len() < PAGE;
            for stored in page {
                let frame = chain.read(&stored.bytes).map_err(|e| damaged(e.to_string()))?;
                env.load(&frame, stored.bodies.as_deref(), stored.entropy.as_ref())
                    .map_err(|e| damaged(e.to_string()))?;
                control.fold(&frame, chain.last()).map_err(|e| damaged(e.to_string()))?;
            }
            if last {
                break;
            }
        }
        let opening = control.opening();
        let release = opening
            .map(|o| o.release)
            .ok_or_else(|| Fault::Store(journal::StoreError::Unknown(format!("run {run}"))))?;
        let engine = reader.releases.get(release)?;
        let inbox = reader.store.inbox(run)?;
        Ok((engine, control, env, epoch, inbox))
    };
    let loaded = tokio::task::spawn_blocking(load).await;
    let (engine, control, env, epoch, inbox) =
        loaded.map_err(|e| Fault::Release(e.to_string()))??;
    let standing = Standing { status: Status::Running, wake_at: None };
    let inner = inner.clone();
    let seen = BTreeSet::new();
    Ok((
        Run { inner, engine, control, env, epoch, standing, mailbox, seen, kept: Vec::new() },
        inbox,
    ))
}

/// Commits a draft and waits until it is durable.
pub(crate) async fn commit(inner: &Arc<Inner>, draft: Draft) -> Result<Committed, CommitError> {
    let (done, told) = oneshot::channel();
    journal::commit(inner.store.as_ref(), draft, move |result| {
        // A driver that went away meanwhile loses its permits: the acts come out as in doubt.
        let _ = done.send(result);
    });
    let closed = || Err(CommitError::Fault("the journal has closed".to_owned()));
    let committed = told.await.unwrap_or_else(|_| closed())?;
    // Before anything that the frame allows is done.
    inner.stains.add(&committed.frame.draws);
    inner.written.send_replace(());
    Ok(committed)
}

impl Run {
    /// The life of a run in memory.
    async fn live(mut self, mut letters: mpsc::UnboundedReceiver<Event>, first: Vec<Event>) {
        let mut events = first;
        let _place = Place { inner: self.inner.clone(), run: self.control.run() };
        if !events.is_empty() {
            self.open_children(None);
        }
        loop {
            while let Ok(event) = letters.try_recv() {
                events.push(event);
            }
            if !events.is_empty() && !self.turn(std::mem::take(&mut events)).await {
                self.leave_superseded(&mut letters);
                return;
            }
            if self.rests() {
                let run = self.control.run();
                events = self.inner.dismiss(run, &mut letters, Some(&self.standing));
                if events.is_empty() {
                    return;
                }
                continue;
            }
            let due = self.standing.wake_at.unwrap_or(Millis(u64::MAX));
            let sleep = Duration::from_millis(due.0.saturating_sub(now().0).min(60_000));
            tokio::select! {
                event = letters.recv() => match event {
                    Some(event) => events.push(event),
                    None => return,
                },
                () = tokio::time::sleep(sleep) => {
                    if due <= now() {
                        events.push(Event::Timer);
                    }
                }
            }
        }
    }

    /// Whether nothing is out, so that the run may leave memory.
    fn rests(&self) -> bool {
        let due_soon = self.standing.wake_at.is_some_and(|at| at.0 <= now().0 + 100);
        self.standing.status != Status::Running
            && self.control.open_acts().next().is_none()
            && (self.standing.status.over() || !due_soon)
    }

    fn leave_superseded(&self, letters: &mut mpsc::UnboundedReceiver<Event>) {
        while !self.inner.dismiss(self.control.run(), letters, None).is_empty() {}
    }

    /// One wake: advance, commit, act. False if another driver holds the run.
    async fn turn(&mut self, events: Vec<Event>) -> bool {
        let events: Vec<Event> = events.into_iter().filter(|e| self.is_new(e)).collect();
        // One that was lifted meanwhile holds nothing back any more.
        let kept = std::mem::take(&mut self.kept).into_iter();
        let mut refusals: Vec<CommitError> =
            kept.filter(|stop| self.inner.is_stopped(stop)).map(CommitError::Stopped).collect();
        loop {
            let Ok(entropy) = entropy() else { return false };
            let input = Input {
                now: now(),
                epoch: self.epoch,
                entropy,
                events: events.clone(),
                refusals: refusals.clone(),
            };
            let Some(draft) = self.advance(&input, refusals.len() >= TRIES_MAX) else {
                self.rest_now();
                self.inner.let_rest(self.control.run(), self.standing.wake_at);
                return true;
            };
            match commit(&self.inner, draft).await {
                Ok(committed) => {
                    self.inner.report(None);
                    self.stored(committed);
                    return true;
                }
                Err(CommitError::Superseded) => return false,
                Err(CommitError::Fault(text)) => {
                    // Nothing was stored and nothing was done. What came in is kept and tried
                    // again, so that a disk with room again loses nothing.
                    self.inner.report(Some(text));
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Err(CommitError::Invalid(text)) => {
                    self.inner.report(Some(text.to_owned()));
                    return false;
                }
                Err(refusal) => refusals.push(refusal),
            }
        }
    }

    fn is_new(&mut self, event: &Event) -> bool {
        match event {
            Event::Command(command) => self.seen.insert(command.id),
            Event::Claim | Event::Act { .. } | Event::Timer | Event::Unstop(_) => true,
        }
    }

    /// Advances; a panic is caught, and nothing is allowed because of it.
    fn advance(&self, input: &Input, hopeless: bool) -> Option<Draft> {
        let advance = || engine::advance(&self.engine, &self.control, &self.env, input);
        let caught =
            |text: &str| engine::caught(&self.engine, &self.control, &self.env, input, text);
        if hopeless {
            return Some(caught("the store kept refusing"));
        }
        match catch_unwind(AssertUnwindSafe(advance)) {
            Ok(draft) => draft,
            Err(panic) => Some(caught(words(&*panic))),
        }
    }

    /// Nothing changed: the standing is computed afresh, as after a load.
    fn rest_now(&mut self) {
        self.standing = engine::standing_of(&self.engine, &self.control, now());
    }

    /// Folds what is now durable and does what it allows.
    fn stored(&mut self, committed: Committed) {
        let Committed { frame, hash, bodies, permits, posts } = committed;
        self.env.absorb(&frame, bodies);
        if let Err(error) = self.control.fold(&frame, hash) {
            self.inner.report(Some(format!("a stored record cannot be followed: {error}")));
        }
        self.standing = engine::standing_of(&self.engine, &self.control, now());
        self.lower(&frame);
        for permit in permits {
            self.act(permit);
        }
        if frame.seq == Seq(0) || has_items(&frame) {
            self.open_children(Some(&frame));
        }
        for command in posts {
            self.inner.deliver(command);
        }
    }

    /// A step that did harm goes on under a person's eyes, here and in every other case.
    fn lower(&self, frame: &journal::Frame) {
        if self.control.opening().is_none_or(|opening| opening.mode != Mode::Live) {
            return;
        }
        for (step, what) in ladder::harm(frame) {
            let (inner, engine) = (self.inner.clone(), self.engine.clone());
            let reason = format!("{what} in case {}", self.control.run());
            inner.lowering.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let _under_way = Lowering(inner.clone());
                let workflow = engine.plan().workflow();
                let lowered = ladder::lower(&inner, workflow, Some(step), None, &reason).await;
                if let Err(why) = lowered {
                    inner.report(Some(why));
                }
            });
        }
    }

    fn act(&mut self, permit: Permit) {
        let (run, act) = (permit.run(), permit.act());
        let scopes = self.scopes(permit.payload());
        let server = match permit.payload() {
            Payload::Tool(ask) => Some(ask.tool.server().to_owned()),
            Payload::Model(_) | Payload::Notify(_) => None,
        };
        let (inner, mailbox) = (self.inner.clone(), self.mailbox.clone());
        let root = match self.control.opening().map(|opening| &opening.starter) {
            Some(journal::Starter::Parent { root, .. }) => *root,
            Some(_) | None => run,
        };
        let on = crate::On { plan: self.engine.plan().clone(), root };
        let started = std::time::Instant::now();
        let mut work = None;
        let start = || {
            let inner = inner.clone();
            let task = tokio::spawn(async move { inner.world.act(on, permit).await });
            let abort = task.abort_handle();
            work = Some(task);
            abort
        };
        let stop = self.inner.start_act(run, act, scopes, start);
        let Some(work) = work else {
            // The records may not hold the stop yet; until they do the run holds by this.
            self.kept.extend(stop);
            let (mut outcome, certain) = (lost("a stop came before the act began"), true);
            if let Err(failure) = &mut outcome.result {
                failure.code = Code::Stopped;
            }
            let held = Label::default();
            let _ = mailbox.send(Event::Act { act, outcome, certain, held });
            return;
        };
        tokio::spawn(async move {
            let answered = work.await;
            inner.act_back(run, act);
            let (mut outcome, certain) = match answered {
                Ok(answered) => (answered.outcome, answered.certain),
                Err(error) if error.is_cancelled() => {
                    (lost("the act was broken off by a stop"), false)
                }
                Err(_) => (lost("the act broke off"), false),
            };
            // Who performs an act knows best how long it worked; waiting for a turn is not work.
            if outcome.usage.active_ms == 0 {
                let spent = started.elapsed().as_millis();
                outcome.usage.active_ms = u64::try_from(spent).unwrap_or(u64::MAX);
            }
            // Looked up after the answer came, so that what was written before it is known.
            let held = server.map(|server| inner.stains.label(&server)).unwrap_or_default();
            // A run that left memory meanwhile finds the act as in doubt when it is loaded.
            let _ = mailbox.send(Event::Act { act, outcome, certain, held });
        });
    }

    /// The stops that would abort an act.
    fn scopes(&self, payload: &Payload) -> BTreeSet<StopScope> {
        let workflow = self.engine.plan().workflow();
        let mut scopes = BTreeSet::new();
        match payload {
            Payload::Model(ask) => {
                let vendor = workflow.models.get(&ask.model).map(|m| m.vendor.clone());
                scopes.extend(vendor.map(StopScope::Vendor));
            }
            Payload::Tool(ask) => {
                scopes.insert(StopScope::Tool(ask.tool.clone()));
                scopes.insert(StopScope::Server(ask.tool.server().to_owned()));
            }
            // People are told under a stop too.
            Payload::Notify(_) => return scopes,
        }
        scopes.insert(StopScope::Everything);
        scopes.insert(StopScope::Workflow(workflow.name.clone()));
        scopes.insert(StopScope::Run(self.control.run()));
        scopes.extend(self.control.stops_above());
        scopes
    }

    fn open_children(&self, only: Option<&journal::Frame>) {
        let children = engine::children(self.engine.plan(), &self.control, &self.env, only);
        for child in children {
            let inner = self.inner.clone();
            tokio::spawn(open_child(inner, child));
        }
    }
}

/// A step that is being held lower, counted until that is recorded.
struct Lowering(Arc<Inner>);

impl Drop for Lowering {
    fn drop(&mut self) {
        self.0.lowering.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A run's place in memory. If its task dies of a defect the place is given up, so that the run
/// is loaded again instead of being waited for.
struct Place {
    inner: Arc<Inner>,
    run: RunId,
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.inner.forget(self.run);
        }
    }
}

/// Opens a child run until it is open. One that is open already is woken.
async fn open_child(inner: Arc<Inner>, child: ChildRun) {
    let run = child.run;
    let known = {
        let store = inner.store.clone();
        blocking(move || store.tip(run)).await
    };
    if let Ok(Some(_)) = known {
        if !inner.is_live(run) {
            inner.send(run, Event::Timer);
        }
        return;
    }
    let mut wait = Duration::from_millis(100);
    loop {
        let new = NewRun {
            plan: child.plan.clone(),
            case: child.case.clone(),
            labels: Some(child.labels.clone()),
            called: None,
            starter: child.starter.clone(),
            mode: child.mode,
        };
        match Box::pin(open(&inner, run, new)).await {
            Ok(()) | Err(Fault::Open(CommitError::Superseded)) => return,
            Err(fault) => inner.report(Some(fault.to_string())),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(10));
    }
}

fn has_items(frame: &journal::Frame) -> bool {
    use journal::Record::{ItemsAgain, ItemsStarted};
    frame.records.iter().any(|r| matches!(r, ItemsStarted { .. } | ItemsAgain { .. }))
}

fn lost(text: &str) -> Outcome {
    Outcome {
        result: Err(Failure {
            code: Code::Unavailable,
            text: text.to_owned(),
            retry_after_ms: None,
        }),
        usage: Usage::default(),
        reported: None,
    }
}
