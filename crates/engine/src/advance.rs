//! One advance: inputs in, one draft out. Pure: time, ids, randomness and the outside world's
//! answers all arrive in the [`Input`]; nothing in here acts.

use std::sync::Arc;

use journal::{
    ActNo, Aside, At, Body, BodyRef, Caller, Cause, Code, Command, CommitError, Draft, End,
    Entropy, Epoch, Failure, Finish, Label, Labels, Message, Millis, Mode, ModelAnswer, Outcome,
    Part, Record, Role, RunId, Seq, Source, Standing, Starter, Status, StopScope, Usage, What,
};
use plan::ids::ModelName;
use plan::workflow::{EndOutcome, From};

use crate::Engine;
use crate::accounts;
use crate::audit::DeclinedCommands;
use crate::control::{Act, Control};
use crate::env::Env;
use crate::work::Work;

/// Everything an advance is told.
#[derive(Debug)]
pub struct Input {
    pub now: Millis,
    pub epoch: Epoch,
    pub entropy: Entropy,
    pub events: Vec<Event>,
    /// Why the store refused earlier drafts of this very advance.
    pub refusals: Vec<CommitError>,
}

/// One thing that happened outside the run.
#[derive(Debug, Clone)]
pub enum Event {
    /// A driver took the run over: acts of earlier epochs are in doubt.
    Claim,
    /// An act came back. `certain` is false where it may have happened although it failed. `held`
    /// is what the store that answered had been handed until then, as far as that matters.
    Act {
        act: ActNo,
        outcome: Outcome,
        certain: bool,
        held: Label,
    },
    Command(Command),
    /// A time has come.
    Timer,
    /// A stop was lifted.
    Unstop(StopScope),
}

/// What a new run is about.
#[derive(Debug)]
pub struct Opening {
    pub run: RunId,
    pub now: Millis,
    pub entropy: Entropy,
    /// The case as JSON.
    pub case: Vec<u8>,
    /// Labels that the case brings along, as a child's does; otherwise the plan declares them.
    pub labels: Option<Labels>,
    /// The span of whoever had it opened, where they said it.
    pub called: Option<Caller>,
    pub starter: Starter,
    pub mode: Mode,
    pub refusals: Vec<CommitError>,
}

/// The first frame of a run: it is opened, counted against the day's cases, and taken as far as
/// it goes.
#[must_use]
pub fn open(engine: &Engine, opening: &Opening) -> Draft {
    let control = Control::new(opening.run);
    let env = Env::new();
    let mut work =
        Work::new(engine, &control, &env, opening.now, opening.entropy, &opening.refusals);
    let workflow = engine.plan.workflow();
    if !matches!(opening.starter, Starter::Parent { .. }) {
        let account = work.account(opening.now, accounts::CASES);
        work.take(account, 1, workflow.limits.day.cases);
        if let Some(most) = workflow.limits.hour.cases {
            let account = accounts::hour(workflow, opening.now, accounts::CASES);
            work.take(account, 1, most);
        }
        if let Some(most) = workflow.limits.hour.each_sender {
            let account = accounts::sender(workflow, opening.now, &engine.keying, &opening.case);
            work.take(account, 1, most);
        }
    }
    note_opened(&mut work, engine, opening);
    note_stops(&mut work);
    if !work.claim_sets() {
        work.enter(&workflow.first, Label::default());
        work.raise_by_case(&workflow.first);
    }
    work.drive_all();
    draft(engine, &control, work, vec![Cause::Open], Epoch(1))
}

fn note_opened(work: &mut Work<'_>, engine: &Engine, opening: &Opening) {
    let workflow = engine.plan.workflow();
    let labels = opening.labels.clone().unwrap_or_else(|| {
        let source = match workflow.case.from {
            From::Outside => Source::Outside,
            From::Inside => Source::Inside,
        };
        let mut label = Label::from(source);
        label.tags.extend(workflow.case.tags.iter().cloned());
        Labels::all(label)
    });
    let labels = work.recognised(&opening.case, labels);
    let case = work.add(opening.case.clone(), labels);
    work.note(Record::Opened {
        release: engine.plan.release(),
        workflow: workflow.name.clone(),
        case,
        starter: opening.starter.clone(),
        mode: opening.mode,
        called: opening.called.clone(),
    });
    work.suspect(case);
}

/// The only frame of a run whose opening failed by a defect of ours: it did nothing, draws on
/// nothing, and ends as failed so that a person looks.
#[must_use]
pub fn opening_caught(engine: &Engine, opening: &Opening, detail: &str) -> Draft {
    let control = Control::new(opening.run);
    let env = Env::new();
    let mut work = Work::new(engine, &control, &env, opening.now, opening.entropy, &[]);
    note_opened(&mut work, engine, opening);
    let body = work.add_text(detail, Label::from(Source::Plan));
    work.note(Record::Caught { code: Code::Defect, detail: body });
    work.close(End::Failed(Code::Defect));
    draft(engine, &control, work, vec![Cause::Open], Epoch(1))
}

/// Takes a run one frame further. `None` if there is nothing to write down.
#[must_use]
pub fn advance(engine: &Engine, control: &Control, env: &Env, input: &Input) -> Option<Draft> {
    advance_with(engine, control, env, input, None)
}

/// An advance in which some commands are known to have been declined, for an audit.
pub(crate) fn advance_with(
    engine: &Engine,
    control: &Control,
    env: &Env,
    input: &Input,
    declined: Option<&DeclinedCommands>,
) -> Option<Draft> {
    let mut work = Work::new(engine, control, env, input.now, input.entropy, &input.refusals);
    work.control.epoch = input.epoch;
    work.declined = declined;
    let mut cause = Vec::with_capacity(input.events.len());
    for event in &input.events {
        cause.push(tell(&mut work, event, input.epoch));
    }
    if work.control.ended.is_none() {
        note_stops(&mut work);
        expire(&mut work);
        work.late_reviews();
        work.drive_all();
    }
    let idle = work.records.is_empty() && work.consumes.is_empty();
    if idle {
        return None;
    }
    if !input.refusals.is_empty() {
        cause.push(Cause::Refusal);
    }
    Some(draft(engine, control, work, cause, input.epoch))
}

/// The frame that is written when an advance itself failed by a defect of ours: nothing is
/// allowed, and the run ends as failed so that a person looks.
#[must_use]
pub fn caught(engine: &Engine, control: &Control, env: &Env, input: &Input, detail: &str) -> Draft {
    let mut work = Work::new(engine, control, env, input.now, input.entropy, &[]);
    work.control.epoch = input.epoch;
    let mut cause = Vec::with_capacity(input.events.len());
    for event in &input.events {
        cause.push(match event {
            Event::Claim => Cause::Claim,
            Event::Act { act, .. } => Cause::Act(*act),
            Event::Command(command) => {
                work.consumes.push(command.id);
                Cause::Command(command.id)
            }
            Event::Timer => Cause::Timer,
            Event::Unstop(_) => Cause::Unstop,
        });
    }
    let body = work.add_text(detail, Label::from(Source::Plan));
    work.note(Record::Caught { code: Code::Defect, detail: body });
    if work.control.ended.is_none() {
        // Nobody will hear of what is still out, so nobody knows whether it happened.
        let open: Vec<ActNo> = work.control.open_acts().collect();
        for act in open {
            work.note(Record::InDoubt { act });
        }
        work.abandon_children();
        work.close(End::Failed(Code::Defect));
    }
    draft(engine, control, work, cause, input.epoch)
}

fn note_stops(work: &mut Work<'_>) {
    for refusal in work.refusals {
        if let CommitError::Stopped(scope) = refusal
            && !work.control.halted.contains(scope)
        {
            work.note(Record::Halted { scope: scope.clone() });
        }
    }
}

fn expire(work: &mut Work<'_>) {
    let Some(opened) = work.control.opening.as_ref().map(|o| o.at) else { return };
    let days = u64::from(work.plan.workflow().limits.case.days);
    let expires = opened.0.saturating_add(days.saturating_mul(86_400_000));
    if work.now.0 >= expires {
        work.end_as(End::Failed(Code::Expired));
    }
}

fn tell(work: &mut Work<'_>, event: &Event, epoch: Epoch) -> Cause {
    match event {
        Event::Claim => {
            let stale = work.control.acts.iter().filter(|(_, a)| a.epoch < epoch);
            let stale: Vec<ActNo> = stale.map(|(no, _)| *no).collect();
            for act in stale {
                work.note(Record::InDoubt { act });
            }
            Cause::Claim
        }
        Event::Act { act, outcome, certain, held } => {
            // An answer to an act that is already settled, or settled as in doubt, comes too late.
            if let Some(open) = work.control.acts.get(act).cloned() {
                came_back(work, *act, &open, (outcome, held), *certain);
            }
            Cause::Act(*act)
        }
        Event::Command(command) => {
            work.order(command);
            Cause::Command(command.id)
        }
        Event::Timer => Cause::Timer,
        Event::Unstop(scope) => {
            if work.control.ended.is_none() && work.control.halted.contains(scope) {
                work.note(Record::Unhalted { scope: scope.clone() });
            }
            Cause::Unstop
        }
    }
}

fn came_back(
    work: &mut Work<'_>,
    no: ActNo,
    act: &Act,
    (outcome, held): (&Outcome, &Label),
    certain: bool,
) {
    let mut usage = outcome.usage;
    let finish = match &outcome.result {
        Ok(bytes) => {
            let body = match &act.what {
                What::Model { model, .. } => answer(work, &act.at, model, bytes),
                What::Tool { tool, args, part } => {
                    let mut label = work.result_label(&act.at, tool, *args);
                    if work.reads_a_store(tool, part) {
                        label.join(held);
                    }
                    let bytes = as_json(bytes);
                    let labels = work.recognised(&bytes, Labels::all(label));
                    let body = work.add(bytes, labels);
                    work.suspect(body);
                    body
                }
                What::Notify { .. } => work.add(bytes.to_vec(), Labels::default()),
            };
            Finish::Ok { body }
        }
        Err(failure) => match asks(work, act, failure, certain) {
            Some(question) => Finish::Asked { question },
            None => failed(work, act, failure, certain, &mut usage),
        },
    };
    let unused = act.reserve.cost_nanos.saturating_sub(usage.cost_nanos);
    let over = usage.cost_nanos.saturating_sub(act.reserve.cost_nanos);
    let account = work.account(act.since, accounts::COST);
    work.give(account.clone(), unused);
    work.take(account, over, u64::MAX);
    let answer = match finish {
        Finish::Ok { body } => Some(body),
        Finish::Error { .. } | Finish::Asked { .. } | Finish::Unknown { .. } => None,
    };
    work.note(Record::Finished { act: no, outcome: finish, usage });
    if let (What::Model { question: Some((line, number)), .. }, Some(answer)) = (&act.what, answer)
        && Aside::of(*number) == Some(Aside::Judge)
    {
        work.judge_says(&act.at, *line, answer);
    }
}

fn failed(
    work: &mut Work<'_>,
    act: &Act,
    failure: &Failure,
    certain: bool,
    usage: &mut Usage,
) -> Finish {
    let label = work.outside_words();
    let words = failure.question().map(|question| question.words());
    let detail = work.add_text(words.as_deref().unwrap_or(&failure.text), label);
    if certain && !may_have_acted(work, act, failure.code) {
        let retry_after_ms = failure.retry_after_ms;
        return Finish::Error { code: failure.code, detail, retry_after_ms };
    }
    // It may have happened, so it counts in full.
    *usage = Usage { active_ms: usage.active_ms, ..act.reserve };
    Finish::Unknown { code: failure.code, detail }
}

/// The question that a call ended with, if a person can be asked and the call can go on after it.
/// A server that asked while it worked may have begun something that must not be done twice.
fn asks(work: &mut Work<'_>, act: &Act, failure: &Failure, certain: bool) -> Option<BodyRef> {
    let question = failure.question()?;
    if !work.may_ask(act) || !(certain || work.repeatable(&act.what)) {
        return None;
    }
    let label = work.outside_words();
    let value = serde_json::to_value(&question).ok()?;
    Some(work.add_value(&value, Labels::all(label)))
}

/// Whether an error leaves it open that a step's call had its effect. Only some are sure to come
/// before anything is sent, and what may not be repeated is not called again on a guess. An agent
/// sees the error as its call's result.
fn may_have_acted(work: &Work<'_>, act: &Act, code: Code) -> bool {
    let before = matches!(
        code,
        Code::RateLimited | Code::ToolChanged | Code::Unavailable | Code::Question | Code::Stopped
    );
    let main = matches!(act.what, What::Tool { part: Part::Main | Part::Undo, .. });
    main && !before && !work.repeatable(&act.what)
}

/// A tool's answer as JSON; what is none is a text.
fn as_json(bytes: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<serde::de::IgnoredAny>(bytes) {
        Ok(_) => bytes.to_vec(),
        Err(_) => serde_json::Value::from(String::from_utf8_lossy(bytes)).to_string().into_bytes(),
    }
}

/// A model's answer as a message of the conversation, under the label of all that was said.
fn answer(work: &mut Work<'_>, at: &At, model: &ModelName, bytes: &Arc<[u8]>) -> BodyRef {
    let label = work.conversation_label(at).unwrap_or_else(|_| Label::from(Source::Model));
    let message = match serde_json::from_slice::<ModelAnswer>(bytes) {
        Ok(answer) => {
            let ModelAnswer { text, calls, least } = answer;
            Message { role: Role::Assistant, text, calls, answers: None, least }
        }
        Err(_) => Message {
            role: Role::Assistant,
            text: String::from_utf8_lossy(bytes).into_owned(),
            calls: Vec::new(),
            answers: None,
            least: None,
        },
    };
    // Where the conversation cannot be read, the words stay words, and no contract takes them.
    let message = work.unveiled(at, model, message);
    let bytes = serde_json::to_vec(&message).unwrap_or_default();
    work.add(bytes, Labels::all(label))
}

/// The earliest instant at which something is due without anything happening.
fn wake_at(engine: &Engine, control: &Control, now: Millis) -> Option<Millis> {
    let opened = control.opening.as_ref().map(|o| o.at)?;
    let days = u64::from(engine.plan.workflow().limits.case.days);
    let expires = Millis(opened.0.saturating_add(days.saturating_mul(86_400_000)));
    // Nothing is due while the whole run is held back; going on is an event of its own. A pause
    // does not hold back the cleaning up.
    let paused = control.paused && control.ending.is_none();
    let held = paused || control.halted.iter().any(whole);
    let timers = control.live.values().filter(|_| !held).filter_map(|v| v.until);
    let timers = timers.filter(|until| *until > now);
    let reviews = control.reviews.values().map(|r| r.due);
    // A case that is ending cannot expire any more; an instant in the past would wake it for ever.
    let expires = control.ending.is_none().then_some(expires);
    timers.chain(reviews).chain(expires).min()
}

/// A stop that holds back all of a run that it covers.
fn whole(scope: &StopScope) -> bool {
    matches!(scope, StopScope::Everything | StopScope::Run(_) | StopScope::Workflow(_))
}

fn draft(
    engine: &Engine,
    before: &Control,
    work: Work<'_>,
    cause: Vec<Cause>,
    epoch: Epoch,
) -> Draft {
    let now = work.now;
    let (control, records, bodies, rest) = work.into_parts();
    let (run, seq, prev) = (control.run, control.next, control.last);
    let standing = standing_of(engine, &control, now);
    let changed = standing_of(engine, before, now) != standing;
    let workflow = engine.plan.workflow();
    let bodies: Vec<Body> = bodies;
    let above = control.stops_above();
    Draft {
        run,
        seq,
        prev,
        epoch,
        at: now,
        cause,
        records,
        bodies,
        entropy: rest.entropy,
        draws: rest.draws,
        consumes: rest.consumes,
        posts: rest.posts,
        payloads: rest.payloads,
        vendors: rest.vendors,
        freedoms: rest.freedoms,
        workflow: workflow.name.clone(),
        above,
        release: engine.plan.release(),
        standing: (changed || seq == Seq(0)).then_some(standing),
    }
}

/// Where a run stands now, with the time it wants to be woken at.
#[must_use]
pub fn standing_of(engine: &Engine, control: &Control, now: Millis) -> Standing {
    standing(control, now, wake_at(engine, control, now))
}

/// The run's line in the index of runs.
#[must_use]
pub fn standing(control: &Control, now: Millis, wake_at: Option<Millis>) -> Standing {
    let over = |status| Standing { status, wake_at: None };
    match &control.ended {
        Some(End::Reached(EndOutcome::Done)) => return over(Status::Done),
        Some(End::Reached(EndOutcome::Rejected)) => return over(Status::Rejected),
        Some(End::Reached(EndOutcome::Failed) | End::Failed(_)) => return over(Status::Failed),
        Some(End::Duplicate(_)) => return over(Status::Duplicate),
        Some(End::Cancelled) => return over(Status::Cancelled),
        None => {}
    }
    let busy =
        !control.acts.is_empty() || control.live.values().any(|v| !v.children.open.is_empty());
    let sleeps = control.live.values().any(|v| v.until.is_some_and(|until| until > now));
    let status = if control.paused {
        Status::Paused
    } else if busy {
        Status::Running
    } else if control.halted.iter().any(StopScope::holds_back) {
        Status::Halted
    } else if sleeps {
        Status::Sleeping
    } else if !control.reviews.is_empty() {
        Status::Waiting
    } else {
        Status::Running
    };
    Standing { status, wake_at }
}
