//! The judgement of one act, rule by rule, the cheap and hard ones first. What no rule allows is
//! refused, and so is everything when guard itself is closed or unproven. It must not panic,
//! remember a run, or change anything outside itself.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use journal::{Code, Label, Part, Rule, Usage};
use plan::Plan;
use plan::expr::Path;
use plan::ids::{ModelName, ReleaseId, RoleId, StepId, ToolName};
use plan::policy::{Policies, PolicyFault, Ruling};
use plan::types::EXCEPTION;
use plan::workflow::{Autonomy, Does, Effect, Recover, Tool, Type, Work};
use serde_json::Value;

use crate::ask::{Act, Allow, ArgFact, Ask, Verdict};
use crate::contract::{self, Broken, Contract};
use crate::door::{self, Door, Doors, Seen};
use crate::flow::{self, Endorsed, Sourcing};
use crate::leash::{self, Leash};
use crate::limits;
use crate::marks::mark;
use crate::secrets::Secrets;
use crate::tags;

/// Why a guard cannot be built. The answer to it is [`Guard::closed`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error(transparent)]
    Policy(#[from] PolicyFault),
    #[error(transparent)]
    Release(#[from] plan::OpenError),
    #[error("the contract of step `{0}` cannot be used: {1}")]
    Contract(StepId, String),
    /// An ask that must be refused was not.
    #[error("guard is not proven: {0} was not refused")]
    Unproven(String),
    #[error("guard is closed: {0}")]
    Closed(String),
}

/// The guard of one release.
pub struct Guard {
    release: Option<ReleaseId>,
    /// Its own copy of the release, so that it can be proven at any time.
    plan: Option<Plan>,
    doors: HashMap<StepId, Doors>,
    sourcing: Sourcing,
    contracts: HashMap<StepId, Contract>,
    /// What each root of a path can hold.
    kinds: BTreeMap<String, Type>,
    secrets: Arc<Secrets>,
    proven: AtomicBool,
    closed: OnceLock<String>,
    /// A guard that lets everything pass, to show that the proof notices.
    #[cfg(test)]
    pub(crate) sabotaged: bool,
    /// A guard that panics. A release build has none.
    #[cfg(debug_assertions)]
    defective: AtomicBool,
}

/// What an agent's answer came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    Answer(Value),
    /// The case is this exception. The rest of the answer may fulfil the contract all the same.
    Exception {
        exception: u16,
        answer: Option<Value>,
    },
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard")
            .field("release", &self.release)
            .field("proven", &self.proven.load(Ordering::Acquire))
            .field("closed", &self.closed.get())
            .finish_non_exhaustive()
    }
}

impl Guard {
    /// Builds and proves the guard of a release.
    pub fn build(plan: &Plan) -> Result<Self, Fault> {
        let guard = Self::unproven(plan)?;
        guard.prove()?;
        Ok(guard)
    }

    pub(crate) fn unproven(plan: &Plan) -> Result<Self, Fault> {
        let workflow = plan.workflow();
        let mut guard = Self::shut();
        let policies = Policies::parse(&workflow.policies)?;
        for step in &workflow.steps {
            guard.doors.insert(step.id.clone(), Doors::of(workflow, &policies, &step.id)?);
            if let Does::Agent(agent) = &step.does
                && let Work::Answer { schema, .. } = &agent.work
            {
                let contract = Contract::compile(schema)
                    .map_err(|why| Fault::Contract(step.id.clone(), why))?;
                guard.contracts.insert(step.id.clone(), contract);
            }
        }
        guard.sourcing = Sourcing::of(workflow);
        guard.kinds = plan::types::scope(workflow);
        guard.release = Some(plan.release());
        guard.plan = Some(Plan::open(plan.release(), plan.canonical())?);
        Ok(guard)
    }

    fn shut() -> Self {
        Self {
            release: None,
            plan: None,
            doors: HashMap::new(),
            sourcing: Sourcing::default(),
            contracts: HashMap::new(),
            kinds: BTreeMap::new(),
            secrets: Arc::default(),
            proven: AtomicBool::new(false),
            closed: OnceLock::new(),
            #[cfg(test)]
            sabotaged: false,
            #[cfg(debug_assertions)]
            defective: AtomicBool::new(false),
        }
    }

    /// A guard that refuses everything: what stands where none could be built.
    #[must_use]
    pub fn closed(reason: impl Into<String>) -> Self {
        let guard = Self::shut();
        guard.close(reason);
        guard
    }

    /// Closes for good. Only another guard, built anew, can take its place.
    pub fn close(&self, reason: impl Into<String>) {
        let _ = self.closed.set(reason.into());
    }

    /// Why everything is refused, if it is.
    #[must_use]
    pub fn closed_because(&self) -> Option<&str> {
        match self.closed.get() {
            Some(reason) => Some(reason),
            None if !self.proven.load(Ordering::Acquire) => Some("it is not proven"),
            None => None,
        }
    }

    /// The same guard, knowing the workspace's secrets.
    #[must_use]
    pub fn with_secrets(mut self, secrets: Arc<Secrets>) -> Self {
        self.secrets = secrets;
        self
    }

    /// The secrets it looks for.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Makes every judgement panic from now on, so that a test can show what comes of a defect. It
    /// cannot be called in a release build: it is not there.
    #[cfg(debug_assertions)]
    pub fn break_down(&self) {
        self.defective.store(true, Ordering::Release);
    }

    /// Fires asks that must be refused. One that is not closes this guard for good.
    pub fn prove(&self) -> Result<(), Fault> {
        if let Some(reason) = self.closed.get() {
            return Err(Fault::Closed(reason.clone()));
        }
        let Some(plan) = &self.plan else {
            return Err(Fault::Closed("it has no release".to_owned()));
        };
        match crate::prove::fire(self, plan) {
            Ok(()) => {
                self.proven.store(true, Ordering::Release);
                Ok(())
            }
            Err(what) => {
                mark!("guard:unproven");
                self.proven.store(false, Ordering::Release);
                self.close(format!("{what} was not refused"));
                Err(Fault::Unproven(what))
            }
        }
    }

    /// Judges one act.
    #[must_use]
    pub fn judge(&self, plan: &Plan, ask: &Ask<'_>) -> Verdict {
        if self.closed_because().is_some() {
            mark!("guard:closed");
            return refuse("guard");
        }
        self.judge_unproven(plan, ask)
    }

    pub(crate) fn judge_unproven(&self, plan: &Plan, ask: &Ask<'_>) -> Verdict {
        #[cfg(test)]
        if self.sabotaged {
            return Verdict::Allow(Allow { rules: Vec::new(), freedom: Autonomy::Act });
        }
        #[cfg(debug_assertions)]
        #[allow(clippy::panic, reason = "a defect for a test; a release build has none of this")]
        if self.defective.load(Ordering::Acquire) {
            panic!("guard broke down");
        }
        if self.release != Some(plan.release()) {
            mark!("guard:release");
            return refuse("guard:release");
        }
        let judged = match &ask.act {
            Act::Model { model, label, texts, reserve } => {
                self.model(plan, ask, model, label, texts, *reserve)
            }
            Act::Tool { tool, part, args, hash, reserve } => {
                let call = Call { tool, part, args, hash: *hash, reserve: *reserve };
                self.tool(plan, ask, &call)
            }
            Act::Notify { to, text } => self.notify(plan, to, text),
        };
        match judged {
            Ok((rules, freedom)) => Verdict::Allow(Allow { rules, freedom }),
            Err(verdict) => verdict,
        }
    }

    /// Checks the answer of an agent's step against its contract.
    pub fn answer(&self, plan: &Plan, step: &StepId, text: &str) -> Result<Value, Vec<String>> {
        if self.closed_because().is_some() || self.release != Some(plan.release()) {
            return Err(vec!["guard is closed".to_owned()]);
        }
        let Some(contract) = self.contracts.get(step) else {
            return Err(vec!["the step has no contract".to_owned()]);
        };
        let checked = contract.check(text.as_bytes());
        checked.map_err(|broken| broken.iter().map(ToString::to_string).collect())
    }

    /// Checks what an agent said against its step's contract: an answer, or the name of an
    /// exception that the plan lets it raise. Nothing else that it says raises anything.
    pub fn said(&self, plan: &Plan, step: &StepId, text: &str) -> Result<Said, Vec<String>> {
        let may_raise = match plan.step(step).map(|step| &step.does) {
            Some(Does::Agent(agent)) => {
                matches!(&agent.work, Work::Answer { may_raise: true, .. })
            }
            _ => false,
        };
        let closed = self.closed_because().is_some() || self.release != Some(plan.release());
        if closed || !may_raise {
            return self.answer(plan, step, text).map(Said::Answer);
        }
        let told = |broken: Vec<Broken>| broken.iter().map(Broken::to_string).collect::<Vec<_>>();
        let mut value = contract::read(text.as_bytes()).map_err(told)?;
        let named = value.as_object_mut().and_then(|fields| fields.remove(EXCEPTION));
        let answer = self.answer(plan, step, &value.to_string());
        let name = match named {
            None | Some(Value::Null) => return answer.map(Said::Answer),
            Some(name) => name,
        };
        let mut all = plan.workflow().named_exceptions();
        match all.find(|(_, exception)| name.as_str() == Some(&exception.what)) {
            Some((exception, _)) => Ok(Said::Exception { exception, answer: answer.ok() }),
            None => {
                mark!("contract:exception");
                Err(vec![format!("`{EXCEPTION}` is none of the exceptions that may be named")])
            }
        }
    }

    /// Checks a value that a person enters at a path against the kind the plan gives it.
    pub fn edit(&self, path: &Path, value: &Value) -> Result<(), Vec<String>> {
        let root = self.kinds.get(path.root());
        let Some(kind) = root.and_then(|root| plan::types::at(root, path.fields())) else {
            return Err(vec![format!("`{path}` is no value of this workflow")]);
        };
        if self.secrets.found_in_value(value) {
            return Err(vec!["it holds a secret".to_owned()]);
        }
        let broken = contract::fits(&kind, value);
        if broken.is_empty() { Ok(()) } else { Err(broken.iter().map(Broken::to_string).collect()) }
    }

    /// Checks what a person answers to a tool's question against the form that the tool sent.
    pub fn form(&self, wants: &Value, answer: &Value) -> Result<(), Vec<String>> {
        if self.secrets.found_in_value(answer) {
            return Err(vec!["it holds a secret".to_owned()]);
        }
        let contract = Contract::compile(wants).map_err(|why| vec![why])?;
        let checked = contract.check_value(answer);
        checked.map_err(|broken| broken.iter().map(Broken::to_string).collect())
    }

    fn notify(&self, plan: &Plan, to: &RoleId, text: &str) -> Judged {
        if !plan.workflow().roles.contains_key(to) {
            mark!("notify:role");
            return Err(refuse("declared"));
        }
        if self.secrets.found_in(text) {
            mark!("notify:secret");
            return Err(refuse("secret"));
        }
        mark!("notify:allowed");
        Ok((vec![rule("declared")], Autonomy::Suggest))
    }

    fn model(
        &self,
        plan: &Plan,
        ask: &Ask<'_>,
        model: &ModelName,
        label: &Label,
        texts: &[&str],
        reserve: Usage,
    ) -> Judged {
        let workflow = plan.workflow();
        let door = self.doors.get(&ask.at.step).and_then(|doors| doors.models.get(model));
        let Some(door) = door else {
            mark!("model:undeclared");
            return Err(refuse("declared"));
        };
        if texts.iter().any(|text| self.secrets.found_in(text)) {
            mark!("model:secret");
            return Err(refuse("secret"));
        }
        if ask.approved.is_none()
            && let Some(model) = workflow.models.get(model)
        {
            tags::sent(model, &label.tags, ask.today)
                .map_err(|rule| person_or_refuse(plan, &ask.at.step, rule))?;
        }
        limits::budget(&workflow.limits.case, ask.purse, reserve).map_err(over_budget)?;
        let seen = Seen {
            args: &[],
            untrusted: label.untrusted(),
            reviewed: ask.approved.is_some(),
            visit: ask.at.visit,
            purse: ask.purse,
            limits: &workflow.limits.case,
            currency: workflow.limits.currency,
        };
        let mut rules = Vec::with_capacity(1);
        self.policies(door, &seen, ask, &mut rules)?;
        mark!("model:allowed");
        Ok((rules, Autonomy::Suggest))
    }

    fn tool(&self, plan: &Plan, ask: &Ask<'_>, call: &Call<'_>) -> Judged {
        let workflow = plan.workflow();
        let (door, tool) = self.declared(plan, ask, call)?;
        if call
            .args
            .iter()
            .any(|arg| self.secrets.found_in(arg.name) || self.secrets.found_in_value(arg.value))
        {
            mark!("tool:secret");
            return Err(refuse("secret"));
        }
        // Tables are the operator's own: a key is looked up where it is already.
        if ask.approved.is_none() && !matches!(call.part, Part::Lookup(_)) {
            tags::handed(&tool.takes, call.args, ask.today)
                .map_err(|rule| person_or_refuse(plan, &ask.at.step, rule))?;
        }
        // Taking back is bounded by what was done; a case without money left must still clean up.
        if !matches!(call.part, Part::Undo) {
            limits::budget(&workflow.limits.case, ask.purse, call.reserve).map_err(over_budget)?;
        }
        // What the plan binds itself is bounded by visits and retries; an agent is not.
        if matches!(call.part, Part::Turn(_))
            && let Some(rule) = limits::looping(ask.earlier, call.tool, call.hash)
        {
            return Err(Verdict::Refuse { rule, code: Code::Loop });
        }
        let mut rules = Vec::with_capacity(4);
        let mut reviewed = ask.approved.is_some();
        if tool.effect != Effect::Read {
            reviewed = self.effect(plan, ask, call, door, tool, &mut rules)?;
        }
        let untrusted = tool.effect == Effect::Read
            && call.args.iter().any(|arg| !arg.literal && arg.label.untrusted());
        let seen = Seen {
            args: call.args,
            untrusted,
            reviewed,
            visit: ask.at.visit,
            purse: ask.purse,
            limits: &workflow.limits.case,
            currency: workflow.limits.currency,
        };
        self.policies(door, &seen, ask, &mut rules)?;
        mark!("tool:allowed");
        Ok((rules, freedom(call, tool, door, reviewed)))
    }

    /// The tool is one of this step's, in this part of it, and pinned. Whether its server still
    /// offers what was pinned is compared by whoever calls it, before every call.
    fn declared<'g>(
        &'g self,
        plan: &'g Plan,
        ask: &Ask<'_>,
        call: &Call<'_>,
    ) -> Result<(&'g Door, &'g Tool), Verdict> {
        let doors = self.doors.get(&ask.at.step);
        let door = doors.and_then(|doors| doors.tools.get(call.tool));
        let (Some(door), Some(tool)) = (door, plan.workflow().tools.get(call.tool)) else {
            mark!("tool:undeclared");
            return Err(refuse("declared"));
        };
        if !door::part_fits(plan, &ask.at.step, call.part, call.tool, tool) {
            mark!("tool:part");
            return Err(refuse("declared"));
        }
        if tool.digest.is_empty() {
            mark!("tool:unpinned");
            return Err(Verdict::Refuse { rule: rule("pinned"), code: Code::ToolChanged });
        }
        Ok((door, tool))
    }

    /// The flow rule and the leash of an effect. Whether a person has seen what is sent.
    fn effect(
        &self,
        plan: &Plan,
        ask: &Ask<'_>,
        call: &Call<'_>,
        door: &Door,
        tool: &Tool,
        rules: &mut Vec<Rule>,
    ) -> Result<bool, Verdict> {
        // What may only be proposed is not done because somebody liked the proposal. Taking back is
        // no new act, and what is to be taken back was done under another leash.
        let leash = leash::held(door.leash, ask.held_at, door.undo);
        if leash == Leash::Never && !matches!(call.part, Part::Undo) {
            mark!("effect:never");
            return Err(refuse("autonomy"));
        }
        if ask.seeded {
            mark!("effect:seeded");
            return Err(refuse("seeded"));
        }
        if let Some(review) = ask.approved {
            mark!("effect:approved");
            rules.push(Rule(format!("review:{}", review.0).into()));
            return Ok(true);
        }
        let step = &ask.at.step;
        let (part, tool_name) = (call.part, call.tool);
        let standing = flow::Standing { step, part, tool: tool_name, influences: ask.influences };
        // Seen is what a review showed, or what the operator wrote down; and something was shown.
        let (mut all_seen, mut any_shown) = (true, false);
        for arg in call.args {
            let by = flow::endorsed(&self.sourcing, &standing, arg);
            let shown = arg.endorsed.is_some() && arg.path.is_some();
            any_shown |= shown;
            all_seen &= shown || matches!(by, Some(Endorsed::Plan | Endorsed::Person));
            if !flow::protected(tool, arg.name) {
                continue;
            }
            match by {
                Some(by) => rules.push(by.rule(arg.name)),
                None => {
                    let rule = Rule(format!("flow:{}", arg.name).into());
                    return Err(person_or_refuse(plan, step, rule));
                }
            }
        }
        all_seen &= any_shown;
        // Taking back what was done needs no further leave.
        if matches!(call.part, Part::Undo) {
            mark!("effect:undo");
            return Ok(all_seen);
        }
        if ask.suspected && !all_seen {
            mark!("effect:suspected");
            return Err(ask_person(plan, step, "suspicion"));
        }
        match leash {
            Leash::Free => Ok(all_seen),
            Leash::Reviewed if all_seen => {
                mark!("effect:seen");
                Ok(true)
            }
            Leash::Reviewed => {
                mark!("effect:unseen");
                Err(ask_person(plan, step, "autonomy"))
            }
            // Refused at the top already; said again so that no later change opens it.
            Leash::Never => Err(refuse("autonomy")),
        }
    }

    fn policies(
        &self,
        door: &Door,
        seen: &Seen<'_>,
        ask: &Ask<'_>,
        rules: &mut Vec<Rule>,
    ) -> Result<(), Verdict> {
        match door.ruling(seen) {
            Ruling::Permit(name) => {
                rules.push(cedar(&name));
                Ok(())
            }
            Ruling::Ask(name, _) if ask.approved.is_some() => {
                mark!("cedar:approved");
                rules.push(cedar(&name));
                Ok(())
            }
            Ruling::Ask(name, role) => {
                mark!("cedar:ask");
                Err(Verdict::AskPerson { role, rule: cedar(&name) })
            }
            Ruling::Forbid(name) => {
                mark!("cedar:forbid");
                Err(Verdict::Refuse { rule: cedar(&name), code: Code::Refused })
            }
            Ruling::Silent => {
                mark!("cedar:silent");
                Err(refuse("cedar"))
            }
            Ruling::Broken(_) => {
                mark!("cedar:broken");
                Err(refuse("cedar:broken"))
            }
        }
    }
}

/// The rules that allowed it and how far it goes by itself, or the verdict that does not.
type Judged = Result<(Vec<Rule>, Autonomy), Verdict>;

/// A tool call, unpacked.
struct Call<'a> {
    tool: &'a ToolName,
    part: &'a Part,
    args: &'a [ArgFact<'a>],
    hash: journal::Hash,
    reserve: Usage,
}

/// How far a call goes by itself: what reads or takes back goes no way, and neither does what a
/// person approved go further than that.
fn freedom(call: &Call<'_>, tool: &Tool, door: &Door, reviewed: bool) -> Autonomy {
    if tool.effect == Effect::Read || matches!(call.part, Part::Undo) {
        return Autonomy::Suggest;
    }
    match (reviewed, door.undo) {
        (true, _) => Autonomy::Approve,
        (false, true) => Autonomy::ActWithUndo,
        (false, false) => Autonomy::Act,
    }
}

fn rule(name: &str) -> Rule {
    Rule(Arc::from(name))
}

fn cedar(name: &str) -> Rule {
    Rule(format!("cedar:{name}").into())
}

fn refuse(name: &str) -> Verdict {
    Verdict::Refuse { rule: rule(name), code: Code::Refused }
}

fn over_budget(rule: Rule) -> Verdict {
    Verdict::Refuse { rule, code: limits::BUDGET }
}

/// The role that the step's failure path asks.
fn asked_role(plan: &Plan, step: &StepId) -> Option<RoleId> {
    match &plan.step(step)?.on_failure {
        Recover::Ask(role) => Some(role.clone()),
        Recover::Go(_) | Recover::Stop => None,
    }
}

/// Whoever the step's failure path asks, or else who may overrule the workflow.
fn ask_person(plan: &Plan, step: &StepId, name: &str) -> Verdict {
    let role = asked_role(plan, step).unwrap_or_else(|| plan.workflow().override_by.clone());
    Verdict::AskPerson { role, rule: rule(name) }
}

fn person_or_refuse(plan: &Plan, step: &StepId, rule: Rule) -> Verdict {
    match asked_role(plan, step) {
        Some(role) => {
            mark!("flow:asks");
            Verdict::AskPerson { role, rule }
        }
        None => {
            mark!("flow:refuses");
            Verdict::Refuse { rule, code: Code::Refused }
        }
    }
}
