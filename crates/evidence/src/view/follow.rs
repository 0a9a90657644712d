//! Follows a run's records one by one into a [`RunView`]. Each arm writes down what its record
//! says; none may conclude anything that stands in no record.

use std::collections::BTreeMap;

use journal::{
    ActNo, At, BodyRef, Code, End, Finish, Frame, Millis, Mode, Record, Starter, Status, Trigger,
    Usage, What, Why,
};
use plan::Plan;
use plan::ids::StepId;
use plan::workflow::{DecideStep, Does, EndOutcome, Next};

use super::question;
use super::{
    ActState, ActView, DecisionView, Items, Line, Refusal, ReviewState, RunView, StepState,
    StepView, Trouble, rehearsal,
};
use crate::history::History;
use crate::{codes, rules, words};

pub(super) fn follow(history: &History, plan: Option<&Plan>) -> RunView {
    let first = history.frames().first().map_or(Millis(0), |frame| frame.at);
    let last = history.frames().last().map_or(Millis(0), |frame| frame.at);
    let view = RunView {
        run: history.run(),
        workflow: None,
        release: None,
        rehearsal: false,
        seeded: false,
        starter: None,
        called: None,
        opened: first,
        changed: last,
        status: Status::Running,
        end: None,
        case: None,
        outside: true,
        steps: Vec::new(),
        decisions: Vec::new(),
        reviews: Vec::new(),
        acts: Vec::new(),
        refusals: Vec::new(),
        declined: Vec::new(),
        stops: Vec::new(),
        undone: Vec::new(),
        suspected: Vec::new(),
        paused_by: None,
        cancelled: None,
        failed_part: None,
        wake_at: None,
        usage: Usage::default(),
        output: None,
        trouble: None,
        items: Items::default(),
        timeline: Vec::new(),
        frames: u32::try_from(history.frames().len()).unwrap_or(u32::MAX),
        tip: history.tip(),
        erased: history.is_erased(),
    };
    let again = BTreeMap::new();
    let mut walk = Walk { history, plan, view, now: first, again };
    for frame in history.frames() {
        walk.frame(frame);
    }
    walk.view.status = walk.status();
    walk.view
}

pub(super) struct Walk<'h> {
    pub(super) history: &'h History,
    pub(super) plan: Option<&'h Plan>,
    pub(super) view: RunView,
    pub(super) now: Millis,
    /// How often parts of a step were begun again; it is a part of their runs' ids.
    pub(super) again: BTreeMap<(At, u32), u32>,
}

impl Walk<'_> {
    fn frame(&mut self, frame: &Frame) {
        self.now = frame.at;
        for record in &frame.records {
            self.record(record);
        }
    }

    fn record(&mut self, record: &Record) {
        match record {
            Record::Opened { release, workflow, case, starter, mode, called } => {
                (self.view.workflow, self.view.release) = (Some(workflow.clone()), Some(*release));
                self.view.case = self.history.json(*case);
                let trusted = |labels: &journal::Labels| !labels.at("").untrusted();
                self.view.outside = !self.history.labels(*case).is_some_and(trusted);
                self.view.called.clone_from(called);
                self.opened(starter, *mode);
            }
            Record::Entered { at, .. } => self.entered(at),
            Record::Said { at, body } => self.said(at, *body),
            Record::Branched { .. } => {}
            Record::Allowed { act, at, attempt, what, rules, .. } => {
                let rules = rules.iter().map(|rule| rule.0.to_string()).collect();
                self.allowed(*act, at, *attempt, what, rules);
            }
            Record::Refused { at, what, rule, code } => self.refused(at, what, &rule.0, *code),
            Record::Finished { act, outcome, usage } => self.finished(*act, outcome, *usage),
            Record::InDoubt { act } => self.in_doubt(*act),
            Record::Bound { at, body } => self.bound(at, *body),
            Record::Moved { from, to, why } => self.moved(from, to, why),
            Record::Failed { at, code, detail } => self.failed(at, *code, *detail),
            Record::RetryAt { at, attempt, until } => self.retry_at(at, *attempt, *until),
            Record::WaitingUntil { at, until } => self.waiting_until(at, *until),
            Record::ReviewOpened { review, at, about, by, due } => {
                self.review_opened(*review, at, about, by, *due);
            }
            Record::ReviewAnswered { .. }
            | Record::ReviewAgreed { .. }
            | Record::ReviewClaimed { .. }
            | Record::ReviewReleased { .. }
            | Record::ReviewLate { .. } => self.answer(record),
            Record::ItemsStarted { .. } | Record::ItemsAgain { .. } | Record::ItemEnded { .. } => {
                self.items(record)
            }
            Record::Ended { end, output, usage } => self.ended(end, *output, *usage),
            Record::Declined { .. }
            | Record::Claimed { .. }
            | Record::Duplicate { .. }
            | Record::Halted { .. }
            | Record::Unhalted { .. }
            | Record::Paused { .. }
            | Record::Resumed { .. }
            | Record::Retried { .. }
            | Record::Skipped { .. }
            | Record::Settled { .. }
            | Record::CancelAsked { .. }
            | Record::Ending { .. }
            | Record::Undone { .. }
            | Record::Caught { .. } => self.control(record),
            Record::ActsFor { .. } | Record::OnCall { .. } | Record::Suspected { .. } => {
                self.aside(record);
            }
            Record::StopSet { .. }
            | Record::StopLifted { .. }
            | Record::LimitReached { .. }
            | Record::GuardClosed { .. }
            | Record::GuardProven { .. }
            | Record::Erased { .. }
            | Record::Drilled { .. }
            | Record::Alerted(_)
            | Record::Access(_)
            | Record::Assured(_)
            | Record::Exam(_)
            | Record::Credential(_)
            | Record::FileSaved { .. }
            | Record::StartWatched { .. }
            | Record::StartMissed { .. }
            | Record::StartHeld { .. }
            | Record::AlertFired(_)
            | Record::AlertEnded(_)
            | Record::StartIdle { .. }
            | Record::Deployed { .. }
            | Record::Promoted { .. }
            | Record::RolledBack { .. }
            | Record::Proof(_) => self.desk(record),
        }
    }

    fn waiting_until(&mut self, at: &At, until: Millis) {
        self.view.wake_at = Some(until);
        self.main(Some(&at.step), format!("`{at}` waits until {}", self.when(until)));
    }

    fn opened(&mut self, starter: &Starter, mode: Mode) {
        self.view.rehearsal = rehearsal(mode);
        self.view.seeded = mode == Mode::Seeded;
        let by = match starter {
            Starter::Person(who) => format!("opened by {who}"),
            Starter::Trigger { start, by: Trigger::File(_) } => {
                format!("opened by start {} of its map, for a file", start.saturating_add(1))
            }
            Starter::Trigger { start, by: Trigger::Due(at) } => {
                let (no, at) = (start.saturating_add(1), self.when(*at));
                format!("opened by start {no} of its map, which was due at {at}")
            }
            Starter::Trigger { start, by: Trigger::Hook(_) } => {
                format!("opened by start {} of its map, for an event", start.saturating_add(1))
            }
            Starter::Parent { run, at, item, .. } => {
                format!("opened as part {} of `{at}` in the run {run}", item + 1)
            }
        };
        let practice = if self.view.rehearsal { ", as a rehearsal" } else { "" };
        self.view.starter = Some(starter.clone());
        self.main(None, format!("the case was {by}{practice}"));
    }

    fn entered(&mut self, at: &At) {
        let kind = self.does(&at.step).map(kind);
        self.view.steps.push(StepView {
            at: at.clone(),
            kind,
            state: StepState::Open,
            began: self.now,
            ended: None,
            attempts: 1,
            output: None,
            labels: None,
        });
        let kind = kind.map_or(String::new(), |kind| format!(" ({kind})"));
        self.detail(Some(&at.step), format!("`{at}`{kind} began"));
    }

    fn allowed(&mut self, no: ActNo, at: &At, attempt: u32, what: &What, rules: Vec<String>) {
        let (tool, args, model) = match what {
            What::Tool { tool, args, .. } => {
                (Some(tool.to_string()), self.history.json(*args), None)
            }
            What::Model { model, .. } => (None, None, Some(model.clone())),
            What::Notify { .. } => (None, None, None),
        };
        let what = words::deed(what);
        let again = if attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
        self.detail(Some(&at.step), format!("{what} began{again}"));
        let declared = model.as_ref().and_then(|name| self.plan?.workflow().models.get(name));
        let vendor = declared.map(|model| (model.vendor.clone(), model.model.clone()));
        self.view.acts.push(ActView {
            no,
            at: at.clone(),
            what,
            tool,
            args,
            model,
            vendor,
            attempt,
            rules,
            began: self.now,
            ended: None,
            state: ActState::Out,
            usage: Usage::default(),
        });
    }

    /// Why a rule stood in the way of an act, in plain words behind a colon.
    pub(super) fn in_the_way(&self, what: &What, rule: &str) -> String {
        let labels = match what {
            What::Tool { args, .. } => self.history.labels(*args),
            What::Notify { text, .. } => self.history.labels(*text),
            What::Model { .. } => None,
        };
        let why = rules::because(rule, labels).map(|why| format!(": {}", words::plain(&why)));
        why.unwrap_or_default()
    }

    fn refused(&mut self, at: &At, what: &What, rule: &str, code: Code) {
        let why = self.in_the_way(what, rule);
        let what = words::deed(what);
        self.main(Some(&at.step), format!("{what} was refused by the rule `{rule}`{why}"));
        let trouble = Trouble {
            at: Some(at.clone()),
            when: self.now,
            code,
            detail: None,
            rule: Some(rule.to_owned()),
        };
        self.view.trouble = Some(trouble);
        let rule = rule.to_owned();
        self.view.refusals.push(Refusal { at: at.clone(), when: self.now, what, rule, code });
    }

    fn finished(&mut self, no: ActNo, outcome: &Finish, usage: Usage) {
        self.view.usage = self.view.usage.plus(usage);
        let (state, text) = match outcome {
            Finish::Ok { .. } => (ActState::Done, None),
            Finish::Error { code, detail, .. } => {
                let detail = self.history.text(*detail).map(|text| words::plain(&text));
                let said = detail.as_ref().map_or(String::new(), |text| format!(": {text}"));
                let title = codes::page(*code).title;
                (ActState::Failed { code: *code, detail }, Some(format!("{title}{said}")))
            }
            Finish::Asked { question } => {
                let said = question::read(self.history, *question);
                let said = said.map_or(String::new(), |asked| words::plain(&asked.words()));
                (ActState::Asked, Some(format!("has a question first: “{said}”")))
            }
            Finish::Unknown { code, detail } => {
                let said = self.history.text(*detail).map(|text| words::plain(&text));
                let said = said.map_or(String::new(), |text| format!(": {text}"));
                let title = codes::page(*code).title;
                (ActState::Unknown, Some(format!("{title}{said}; it may have happened")))
            }
        };
        let now = self.now;
        let Some(act) = self.view.acts.iter_mut().rev().find(|act| act.no == no) else {
            return;
        };
        act.state = state;
        act.ended = Some(now);
        act.usage = usage;
        let step = act.at.step.clone();
        match text {
            Some(text) => {
                let how = if act.state == ActState::Asked { "" } else { "failed: " };
                let text = format!("{} {how}{text}", act.what);
                self.main(Some(&step), text);
            }
            None => {
                let text = format!("{} was done", act.what);
                self.detail(Some(&step), text);
            }
        }
    }

    fn in_doubt(&mut self, no: ActNo) {
        let now = self.now;
        let Some(act) = self.view.acts.iter_mut().rev().find(|act| act.no == no) else {
            return;
        };
        act.state = ActState::Unknown;
        act.ended = Some(now);
        let (step, text) = (
            act.at.step.clone(),
            format!(
                "{} was begun before an interruption; nobody knows whether it happened",
                act.what
            ),
        );
        self.main(Some(&step), text);
    }

    fn bound(&mut self, at: &At, body: BodyRef) {
        let output = self.history.json(body);
        let labels = self.history.labels(body).cloned();
        if let Some(step) = self.step(at) {
            step.output = output;
            step.labels = labels;
        }
        self.detail(Some(&at.step), format!("`{at}` gave its result"));
    }

    fn moved(&mut self, from: &At, to: &Next, why: &Why) {
        let now = self.now;
        let state = match why {
            Why::Failure(_) | Why::Late => StepState::Failed,
            Why::Skipped => StepState::Skipped,
            Why::Next
            | Why::Row(_)
            | Why::Otherwise
            | Why::RowFailed(_)
            | Why::Exception(_)
            | Why::Approved
            | Why::Rejected
            | Why::Unsampled
            | Why::Joined => StepState::Done,
        };
        if let Some(step) = self.step(from) {
            step.state = state;
            step.ended = Some(now);
        }
        if state == StepState::Done {
            // What went wrong before was overcome: the step came to an end.
            let mended = |t: &Trouble| t.at.as_ref() == Some(from);
            self.view.trouble = self.view.trouble.take().filter(|t| !mended(t));
        }
        for review in self.view.reviews.iter_mut().filter(|r| r.at == *from) {
            if review.state == ReviewState::Open {
                review.state = ReviewState::Closed { at: now };
            }
        }
        let goes = words::next(to);
        let because = self.because(&from.step, why);
        if let Why::Row(_) | Why::Otherwise | Why::RowFailed(_) = why {
            self.decided(&from.step, why, &because, &goes);
        }
        let plain = matches!(why, Why::Next | Why::Joined | Why::Approved);
        let text = format!("`{from}` goes on to {goes}{because}");
        if plain { self.detail(Some(&from.step), text) } else { self.main(Some(&from.step), text) }
    }

    fn decided(&mut self, step: &StepId, why: &Why, because: &str, goes: &str) {
        let row = match why {
            Why::Row(n) => Some(n.saturating_add(1)),
            Why::Next
            | Why::Otherwise
            | Why::RowFailed(_)
            | Why::Exception(_)
            | Why::Approved
            | Why::Rejected
            | Why::Late
            | Why::Failure(_)
            | Why::Skipped
            | Why::Unsampled
            | Why::Joined => None,
        };
        let basis = self.decide(step).map(|decide| decide.basis.clone());
        self.view.decisions.push(DecisionView {
            step: step.clone(),
            at: self.now,
            row,
            because: because.trim_start_matches([',', ':', ' ']).to_owned(),
            basis,
            goes: goes.to_owned(),
        });
    }

    /// Why a case went the way it went, as the end of a sentence.
    fn because(&self, step: &StepId, why: &Why) -> String {
        let row = |n: u16| {
            let case = self.decide(step)?.first.get(usize::from(n))?;
            Some(case.when.sentence())
        };
        match why {
            Why::Next | Why::Joined => String::new(),
            Why::Row(n) => match row(*n) {
                Some(sentence) => format!(", because row {} holds: {sentence}", n + 1),
                None => format!(", because row {} holds", n + 1),
            },
            Why::Otherwise => ", because no row holds".to_owned(),
            Why::RowFailed(n) => format!(", because row {} has no answer for this case", n + 1),
            Why::Exception(n) => {
                let named = self.plan.and_then(|p| p.workflow().exceptions.get(usize::from(*n)));
                let what = named.map_or(String::new(), |e| format!(": {}", e.what));
                format!(", as an exception{what}")
            }
            Why::Approved => ", because it was approved".to_owned(),
            Why::Unsampled => {
                ", unseen: only some cases like it are put before a person".to_owned()
            }
            Why::Rejected => ", because it was rejected".to_owned(),
            Why::Late => ", because nobody answered in time".to_owned(),
            Why::Failure(code) => format!(", because the step failed ({})", codes::page(*code).id),
            Why::Skipped => ", because a person let it go on".to_owned(),
        }
    }

    fn failed(&mut self, at: &At, code: Code, detail: Option<BodyRef>) {
        let detail = detail.and_then(|body| self.history.text(body)).map(|t| words::plain(&t));
        let said = detail.as_ref().map_or(String::new(), |text| format!(": {text}"));
        let page = codes::page(code);
        self.main(Some(&at.step), format!("`{at}` failed ({}): {}{said}", page.id, page.title));
        let rule = self.view.trouble.take().filter(|t| t.at.as_ref() == Some(at) && t.code == code);
        self.view.trouble = Some(Trouble {
            at: Some(at.clone()),
            when: self.now,
            code,
            detail,
            rule: rule.and_then(|t| t.rule),
        });
    }

    fn retry_at(&mut self, at: &At, attempt: u32, until: Millis) {
        if let Some(step) = self.step(at) {
            step.attempts = attempt;
        }
        self.view.wake_at = Some(until);
        let text = format!("attempt {attempt} of `{at}` is due at {}", self.when(until));
        self.detail(Some(&at.step), text);
    }

    pub(super) fn step(&mut self, at: &At) -> Option<&mut StepView> {
        self.view.steps.iter_mut().rev().find(|step| step.at == *at)
    }

    pub(super) fn does(&self, step: &StepId) -> Option<&Does> {
        self.plan.and_then(|plan| plan.step(step)).map(|step| &step.does)
    }

    fn decide(&self, step: &StepId) -> Option<&DecideStep> {
        if let Some(Does::Decide(decide)) = self.does(step) { Some(decide) } else { None }
    }

    pub(super) fn when(&self, at: Millis) -> String {
        words::when(at, self.plan.map(|plan| plan.workflow().hours.zone.as_str()))
    }

    pub(super) fn main(&mut self, step: Option<&StepId>, text: String) {
        self.line(step, text, false);
    }

    pub(super) fn detail(&mut self, step: Option<&StepId>, text: String) {
        self.line(step, text, true);
    }

    fn line(&mut self, step: Option<&StepId>, text: String, detail: bool) {
        self.view.timeline.push(Line { at: self.now, step: step.cloned(), text, detail });
    }

    /// Where the run stands, from what the records left open.
    fn status(&self) -> Status {
        let view = &self.view;
        let out = view.acts.iter().any(|act| act.state == ActState::Out);
        match &view.end {
            Some(End::Reached(EndOutcome::Done)) => Status::Done,
            Some(End::Reached(EndOutcome::Rejected)) => Status::Rejected,
            Some(End::Reached(EndOutcome::Failed) | End::Failed(_)) => Status::Failed,
            Some(End::Duplicate(_)) => Status::Duplicate,
            Some(End::Cancelled) => Status::Cancelled,
            None if !view.stops.is_empty() => Status::Halted,
            None if view.paused_by.is_some() => Status::Paused,
            None if out => Status::Running,
            None if view.open_reviews().next().is_some() => Status::Waiting,
            None if view.wake_at.is_some_and(|at| at > view.changed) => Status::Sleeping,
            None => Status::Running,
        }
    }
}

/// The word of the file for a step's kind.
fn kind(does: &Does) -> &'static str {
    match does {
        Does::Agent(_) => "agent",
        Does::Tool(_) => "tool",
        Does::Lookup(_) => "lookup",
        Does::Decide(_) => "decide",
        Does::Review(_) => "review",
        Does::Each(_) => "each",
        Does::Parallel(_) => "parallel",
        Does::Wait(_) => "wait",
        Does::Workflow(_) => "workflow",
        Does::End(_) => "end",
    }
}
