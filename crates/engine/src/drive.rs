//! Carries every live step as far as it can go: one loop, one match over the kinds of step. A step
//! that cannot go on by itself either waits for something that is recorded, or fails by its plan.

use journal::{About, At, Code, Draw, End, Hash, Label, Labels, Mode, Record, Shown, What, Why};
use plan::expr::Path;
use plan::ids::StepId;
use plan::workflow::{Does, Effect, EndOutcome, Next, Recover, Step};
use serde_json::Value;

use crate::control::{Slot, Trouble, Visit};
use crate::work::{Stuck, Work};

/// How far a step got.
#[derive(Debug)]
pub(crate) enum Progress {
    /// For an act, a person, a time or a child run.
    Wait,
    /// Look at it again.
    Again,
    /// The step has its output.
    Output(Value, Labels),
    /// The step is over, and its output, if any, is bound.
    Done,
    /// The run has left the step.
    Left,
}

/// A bound on the moves of one advance. The plan's own limits are far below it; reaching it means
/// a defect, and the run fails instead of spinning.
const MOVES_MAX: usize = 10_000;

impl Work<'_> {
    pub(crate) fn drive_all(&mut self) {
        for _ in 0..MOVES_MAX {
            if self.control.ended.is_some() {
                return;
            }
            if self.control.ending.is_some() {
                if !self.drive_ending() {
                    return;
                }
                continue;
            }
            let live: Vec<At> = self.control.live.keys().cloned().collect();
            let mut moved = false;
            for at in live {
                moved |= self.drive(&at);
                if self.control.ending.is_some() {
                    break;
                }
            }
            if !moved && self.control.ending.is_none() {
                return;
            }
        }
        self.end_as(End::Failed(Code::Defect));
    }

    /// One try at one step; true if anything changed.
    fn drive(&mut self, at: &At) -> bool {
        let before = self.records.len();
        // Nothing is started before what is known to be unique is claimed.
        if self.claim_sets() {
            return true;
        }
        match self.try_drive(at) {
            Ok(Progress::Wait) => {}
            Ok(Progress::Again | Progress::Left) => return true,
            Ok(Progress::Output(value, labels)) => {
                let body = self.add_value(&value, labels);
                self.note(Record::Bound { at: at.clone(), body });
                self.pass(at);
            }
            Ok(Progress::Done) => self.pass(at),
            Err(stuck) => self.stuck(at, stuck),
        }
        self.records.len() > before
    }

    fn try_drive(&mut self, at: &At) -> Result<Progress, Stuck> {
        let Some(visit) = self.control.live.get(at) else { return Ok(Progress::Wait) };
        if let Some((code, _)) = visit.failure {
            let asked = visit.review.is_some();
            return if asked { Ok(Progress::Wait) } else { self.recover(at, code) };
        }
        if let Some(code) = visit.refused {
            return Err(Stuck::new(code, "the act was refused by a rule"));
        }
        if visit.until.is_some_and(|until| until > self.now) {
            return Ok(Progress::Wait);
        }
        if !visit.in_doubt.is_empty() && !self.told_enough(at, visit) {
            return self.settle_doubt(at);
        }
        if let Some(trouble) = visit.trouble {
            return self.retry_or_fail(at, trouble);
        }
        let step = self.step(&at.step)?;
        // Only an agent's turn has other work to do while a person is asked about one call.
        if visit.review.is_some() && !matches!(step.does, Does::Agent(_)) {
            return Ok(Progress::Wait);
        }
        match &step.does {
            Does::Agent(agent) => {
                if self.acts_out(at) > 0 && !multi(agent) {
                    return Ok(Progress::Wait);
                }
                match &agent.work {
                    plan::workflow::Work::Copy { .. } => self.drive_copy(at, step, agent),
                    plan::workflow::Work::Answer { .. } => self.drive_answer(at, step, agent),
                }
            }
            Does::Tool(tool) => self.drive_tool(at, step, tool),
            Does::Lookup(lookup) => self.drive_lookup(at, step, lookup),
            Does::Decide(decide) => self.drive_decide(at, decide),
            Does::Review(review) => self.drive_review(at, review),
            Does::Each(each) => self.drive_each(at, each),
            Does::Parallel(parallel) => self.drive_parallel(at, parallel),
            Does::Wait(wait) => self.drive_wait(at, wait),
            Does::Workflow(_) => self.drive_workflow(at),
            Does::End(end) => self.drive_end(at, end),
        }
    }

    /// A step is over: claims, exceptions, then the map's next step.
    pub(crate) fn pass(&mut self, at: &At) {
        if self.claim_sets() {
            return;
        }
        if let Some((n, label)) = self.raised(|when| self.complete(at, when)) {
            return self.raise(at, n, &label);
        }
        match self.step(&at.step) {
            Ok(step) => self.go(at, &step.next, Why::Next, &Label::default()),
            Err(stuck) => self.stuck(at, stuck),
        }
    }

    /// What the case alone says has its values from the beginning, before anything is done.
    pub(crate) fn raise_by_case(&mut self, first: &StepId) {
        let alone = |when: &plan::expr::Expr| when.paths().iter().all(|p| p.root() == "case");
        if let Some((n, label)) = self.raised(alone) {
            self.raise(&At { step: first.clone(), visit: 1 }, n, &label);
        }
    }

    /// The case is this exception: it goes where the plan says, and nowhere else.
    pub(crate) fn raise(&mut self, at: &At, n: u16, because: &Label) {
        let Some(exception) = self.plan.workflow().exceptions.get(usize::from(n)) else {
            return self.stuck(at, Stuck::defect("an exception that the plan does not have"));
        };
        if self.may_enter(&exception.go) {
            self.leave_branches(at, n);
        }
        self.go(at, &Next::Step(exception.go.clone()), Why::Exception(n), because);
    }

    /// Leaves a step for another one, or ends the branch or the run.
    pub(crate) fn go(&mut self, at: &At, to: &Next, why: Why, because: &Label) {
        let Ok(visit) = self.visit(at) else { return };
        let mut influences = visit.influences.clone();
        influences.influenced(because);
        if let Next::Step(id) = to
            && !self.may_enter(id)
        {
            let text = format!("step `{id}` was visited as often as the plan allows");
            return self.stuck(at, Stuck::new(Code::Loop, text));
        }
        let inside = self.plan.step(&at.step).and_then(|s| s.inside.clone());
        self.note(Record::Moved { from: at.clone(), to: to.clone(), why });
        match to {
            Next::Step(id) => self.enter(id, influences),
            // The end of a branch is noticed by its parallel step.
            Next::End if inside.is_some() => {}
            Next::End => self.end_as(End::Reached(EndOutcome::Done)),
        }
    }

    fn may_enter(&self, id: &StepId) -> bool {
        let visits = self.control.entered.get(id).copied().unwrap_or(0);
        visits < self.plan.step(id).map_or(0, |s| s.visits_max)
    }

    /// An exception leads out of all branches: a case goes on in one place only.
    fn leave_branches(&mut self, at: &At, exception: u16) {
        let inside = self.plan.step(&at.step).is_some_and(|s| s.inside.is_some());
        let others: Vec<At> = self.control.live.keys().filter(|o| *o != at).cloned().collect();
        for from in others.into_iter().filter(|_| inside) {
            self.abandon_children_of(&from);
            let (to, why) = (Next::End, Why::Exception(exception));
            self.note(Record::Moved { from, to, why });
        }
    }

    pub(crate) fn enter(&mut self, id: &StepId, influences: Label) {
        let visit = self.control.entered.get(id).copied().unwrap_or(0) + 1;
        self.note(Record::Entered { at: At { step: id.clone(), visit }, influences });
    }

    /// Claims each set of unique values that is now complete, and anew when a person corrected
    /// one of its values. True if the run ended by it.
    pub(crate) fn claim_sets(&mut self) -> bool {
        // What is known to be wrong must not stand in the way of what is right.
        if self.is_seeded() {
            return false;
        }
        let sets = &self.plan.workflow().once_per;
        for (n, set) in (0_u16..).zip(sets) {
            let Some(claim) = self.claim_of(n, set) else { continue };
            let held = self.control.claims.get(&n).copied();
            if held == Some(claim) {
                continue;
            }
            if let Some(of) = self.claimed_by() {
                self.note(Record::Duplicate { set: n, of });
                self.end_as(End::Duplicate(of));
                return true;
            }
            self.draws.push(Draw::Claim { claim });
            // What was only misread is another case's; what was acted under stays taken.
            if let Some(claim) = held.filter(|_| !self.has_acted()) {
                self.draws.push(Draw::Unclaim { claim });
            }
            self.note(Record::Claimed { set: n, claim });
        }
        false
    }

    /// What stands for the values of a set, once all are known.
    fn claim_of(&self, n: u16, set: &[Path]) -> Option<Hash> {
        let value = |path| self.at_path(path).filter(|v| !v.is_null()).map(canonical);
        let values = set.iter().map(value).collect::<Option<Vec<String>>>()?;
        let number = n.to_be_bytes();
        let mut parts: Vec<&[u8]> = vec![self.plan.workflow().name.as_str().as_bytes(), &number];
        parts.extend(values.iter().map(String::as_bytes));
        Some(Hash::of_parts(&parts))
    }

    /// The first exception that holds and was not raised before. An error counts as raised.
    fn raised(&self, now: impl Fn(&plan::expr::Expr) -> bool) -> Option<(u16, Label)> {
        let exceptions = &self.plan.workflow().exceptions;
        for (n, exception) in (0_u16..).zip(exceptions) {
            let Some(when) = &exception.when else { continue };
            if self.control.raised.contains(&n) || !now(when) {
                continue;
            }
            if !matches!(when.holds(self), Ok(false)) {
                return Some((n, self.label_of_all(when.paths())));
            }
        }
        None
    }

    /// Whether this step completed the names of an expression: all roots are bound, one by it.
    fn complete(&self, at: &At, expr: &plan::expr::Expr) -> bool {
        let own = expr.paths().iter().any(|p| p.root() == at.step.as_str());
        own && expr.paths().iter().all(|p| self.root_ref(p.root()).is_some())
    }

    /// A step cannot go on: it is written down, and the step's failure path follows.
    pub(crate) fn stuck(&mut self, at: &At, stuck: Stuck) {
        let detail = self.add_text(&stuck.text, self.outside_words());
        let code = stuck.code;
        if self.control.live.contains_key(at) {
            self.note(Record::Failed { at: at.clone(), code, detail: Some(detail) });
        } else {
            self.end_as(End::Failed(code));
        }
    }

    /// Follows the failure path of a step, once what it had started is over.
    fn recover(&mut self, at: &At, code: Code) -> Result<Progress, Stuck> {
        if self.acts_out(at) > 0 {
            return Ok(Progress::Wait);
        }
        let recover = match self.plan.step(&at.step) {
            // Its effects are never carried out, and nobody is asked about that.
            Some(_) if self.is_seeded() && code == Code::Refused => Recover::Stop,
            Some(step) => step.on_failure.clone(),
            None => Recover::Stop,
        };
        match recover {
            Recover::Ask(role) => {
                // A person has already said no to it.
                if code == Code::Rejected {
                    self.end_as(End::Reached(EndOutcome::Rejected));
                    return Ok(Progress::Left);
                }
                let shown = self.shown_failure(at)?;
                self.ask_person(at, role, About::Failure { code, shown });
                Ok(Progress::Wait)
            }
            Recover::Go(id) => {
                if self.may_enter(&id) {
                    self.go(at, &Next::Step(id), Why::Failure(code), &Label::default());
                } else {
                    self.end_as(End::Failed(Code::Loop));
                }
                Ok(Progress::Left)
            }
            Recover::Stop => {
                self.end_as(End::Failed(code));
                Ok(Progress::Left)
            }
        }
    }

    /// Whether the case is known to be wrong.
    pub(crate) fn is_seeded(&self) -> bool {
        self.control.opening.as_ref().is_some_and(|opening| opening.mode == Mode::Seeded)
    }

    /// The output that a failed visit has all the same: what a person who approves is shown.
    fn shown_failure(&self, at: &At) -> Result<Vec<Shown>, Stuck> {
        let Some(body) = self.visit(at)?.bound else { return Ok(Vec::new()) };
        let commit = self.loaded(body)?.commit();
        Ok(vec![Shown { step: at.step.clone(), body, commit }])
    }

    /// Another attempt after a delay, while the plan has some left and it may help.
    fn retry_or_fail(&mut self, at: &At, trouble: Trouble) -> Result<Progress, Stuck> {
        if self.acts_out(at) > 0 {
            return Ok(Progress::Wait);
        }
        let step = self.step(&at.step)?;
        let attempt = self.visit(at)?.attempt;
        // Another model is asked at once, whatever the plan says of trying the same one again; also
        // where a vendor turns the first one down, as it does a model that is retired.
        let elsewhere = passing(trouble.code) || trouble.code == Code::VendorRefused;
        let next_model = elsewhere && attempt <= self.spare_models(step);
        if !next_model && (!passing(trouble.code) || attempt > step.retry.times) {
            let detail = trouble.detail;
            self.note(Record::Failed { at: at.clone(), code: trouble.code, detail });
            return Ok(Progress::Again);
        }
        let wait = delay(step, attempt);
        let wait = wait.max(trouble.retry_after_ms.unwrap_or(0).min(3_600_000));
        let delay = if next_model { 0 } else { wait };
        let until = journal::Millis(self.now.0.saturating_add(delay));
        self.note(Record::RetryAt { at: at.clone(), attempt: attempt + 1, until });
        Ok(Progress::Again)
    }

    /// How many models there are beside the first that a step's agent asks.
    fn spare_models(&self, step: &Step) -> u32 {
        let Does::Agent(agent) = &step.does else { return 0 };
        let spec = self.plan.workflow().agents.get(&agent.agent);
        let spares = spec.map_or(0, |spec| spec.models.len().saturating_sub(1));
        u32::try_from(spares).unwrap_or(u32::MAX)
    }

    /// An act in doubt of which it is settled that it did not happen is one more failed attempt:
    /// a tool that goes away each time is not called without end.
    pub(crate) fn not_done(&mut self, at: &At) -> Result<Progress, Stuck> {
        let step = self.step(&at.step)?;
        let visit = self.visit(at)?;
        let attempt = visit.attempt;
        // A retry would forget the others: each is settled first.
        if visit.in_doubt.values().any(|(_, what)| !self.repeatable(what)) {
            return Ok(Progress::Again);
        }
        if attempt > step.retry.times.max(2) {
            let code = Code::Unavailable;
            self.note(Record::Failed { at: at.clone(), code, detail: None });
            return Ok(Progress::Again);
        }
        // The first time it may be we who went away, so there is nothing to wait for.
        let delay = if attempt > 1 { delay(step, attempt - 1) } else { 0 };
        let until = journal::Millis(self.now.0.saturating_add(delay));
        self.note(Record::RetryAt { at: at.clone(), attempt: attempt + 1, until });
        Ok(Progress::Again)
    }

    /// An act of which nobody knows whether it happened: never a silent second call of an effect.
    fn settle_doubt(&mut self, at: &At) -> Result<Progress, Stuck> {
        let step = self.step(&at.step)?;
        let visit = self.visit(at)?;
        if self.acts_out(at) > 0 || visit.review.is_some() {
            return Ok(Progress::Wait);
        }
        let serious = visit.in_doubt.values().find(|(_, what)| !self.repeatable(what));
        let Some((act, what)) = serious.cloned() else { return self.again(at, step) };
        match self.read_back(at, step, act, &what)? {
            Some(progress) => Ok(progress),
            None => {
                let role = self.helper(at);
                self.ask_person(at, role, About::InDoubt { act });
                Ok(Progress::Wait)
            }
        }
    }

    /// A message that may or may not have arrived is sent again, but no case hangs on it.
    fn told_enough(&self, at: &At, visit: &Visit) -> bool {
        let times = self.plan.step(&at.step).map_or(0, |s| s.retry.times);
        visit.in_doubt.keys().all(|slot| *slot == Slot::Notify) && visit.attempt > times.max(2)
    }

    /// Whether a tool does anything but read. One that is not known is taken to.
    pub(crate) fn has_effect(&self, tool: &plan::ids::ToolName) -> bool {
        let spec = self.plan.workflow().tools.get(tool);
        spec.is_none_or(|t| t.effect != Effect::Read)
    }

    pub(crate) fn repeatable(&self, what: &What) -> bool {
        match what {
            What::Model { .. } | What::Notify { .. } => true,
            What::Tool { tool, .. } => {
                let spec = self.plan.workflow().tools.get(tool);
                spec.is_some_and(|t| t.effect == Effect::Read || t.repeatable)
            }
        }
    }

    /// A repeat of an act that may be repeated, after the step's own delay.
    fn again(&mut self, at: &At, step: &Step) -> Result<Progress, Stuck> {
        let attempt = self.visit(at)?.attempt;
        if attempt > step.retry.times.max(2) {
            let code = Code::InDoubt;
            self.note(Record::Failed { at: at.clone(), code, detail: None });
            return Ok(Progress::Again);
        }
        let until = self.now;
        self.note(Record::RetryAt { at: at.clone(), attempt: attempt + 1, until });
        Ok(Progress::Again)
    }
}

/// How long an attempt waits after the one before it.
fn delay(step: &Step, attempt: u32) -> u64 {
    let doubled = step.retry.first_ms.saturating_mul(1 << attempt.saturating_sub(1).min(20));
    doubled.min(step.retry.longest_ms)
}

fn multi(agent: &plan::workflow::AgentStep) -> bool {
    match &agent.work {
        plan::workflow::Work::Copy { .. } => true,
        plan::workflow::Work::Answer { tools, .. } => !tools.is_empty(),
    }
}

/// Troubles that may pass by themselves.
fn passing(code: Code) -> bool {
    matches!(code, Code::RateLimited | Code::TimedOut | Code::Unavailable | Code::ToolError)
}

/// A value in one form, so that the same case is recognised in any letter case and spacing. Signs
/// stay: `1-23` and `12-3` are two cases.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let words: Vec<&str> = text.split_whitespace().collect();
            words.join(" ").to_lowercase()
        }
        other => other.to_string(),
    }
}
