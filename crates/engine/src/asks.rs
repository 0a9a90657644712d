//! How an act is asked for: stops, guard, budgets, then one record. There is no other way to start
//! an act, and nothing in here performs one.

use guard::{Act as GuardAct, Ask, Verdict};
use journal::{
    About, Account, At, Code, Label, Part, Payload, Record, ReviewNo, Rule, StopScope, Usage, What,
    stain,
};
use plan::ids::{ModelName, RoleId, StepId, ToolName};
use plan::workflow::{Autonomy, Effect, Suspicion};

use crate::accounts;
use crate::control::Slot;
use crate::hours;
use crate::work::{Stuck, Work};

/// What became of an ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    Started,
    /// A stop or a pause is in force; it is asked again later.
    Halted,
    Refused(Code),
    /// A person decides; it is asked again after the answer.
    Held,
}

/// An act on its way to guard.
pub(crate) struct Want {
    pub what: What,
    pub slot: Slot,
    pub attempt: u32,
    pub reserve: Usage,
    pub payload: Payload,
    /// An amount that the act moves, against the day's limit.
    pub amount: Option<plan::value::Money>,
}

impl Work<'_> {
    /// Asks for an act whose guard question is `act`, and starts it if it may be started.
    pub(crate) fn decide(
        &self,
        at: &At,
        slot: Slot,
        same: bool,
        act: GuardAct<'_>,
    ) -> Result<Verdict, Stuck> {
        let visit = self.visit(at)?;
        let earlier: Vec<_> = visit
            .calls
            .iter()
            .filter_map(|(tool, args)| Some((tool.clone(), self.loaded(*args).ok()?.plain())))
            .collect();
        let held = visit.held.get(&slot).copied();
        let approved = held.filter(|no| same && visit.approved == Some(*no));
        let today = hours::day(&self.plan.workflow().hours, self.now);
        let ask = Ask {
            at,
            act,
            today: &today,
            purse: self.purse(),
            earlier: &earlier,
            influences: &visit.influences,
            approved,
            held_at: self.held_at(&at.step),
            suspected: self.control.suspected && self.plan.workflow().suspicion == Suspicion::Ask,
            seeded: self.is_seeded(),
        };
        Ok(self.guard.judge(self.plan, &ask))
    }

    /// Whether a stop or a pause keeps a model call from being started now.
    pub(crate) fn model_held_back(&self, model: &ModelName) -> bool {
        let vendor = self.vendor(model).unwrap_or_default();
        self.held_back(|scope| matches!(scope, StopScope::Vendor(v) if *v == vendor))
    }

    /// Whether a stop or a pause keeps a tool call from being started now.
    pub(crate) fn tool_held_back(&self, tool: &ToolName) -> bool {
        self.control.paused || self.tool_stopped(tool)
    }

    /// Whether a stop or a pause keeps the run from starting anything, child runs included.
    pub(crate) fn all_held_back(&self) -> bool {
        self.held_back(|_| false)
    }

    /// Whether a stop keeps a tool call from being started now, paused or not.
    pub(crate) fn tool_stopped(&self, tool: &ToolName) -> bool {
        self.stopped(|scope| match scope {
            StopScope::Tool(t) => t == tool,
            StopScope::Server(server) => tool.server() == server,
            _ => false,
        })
    }

    fn held_back(&self, special: impl Fn(&StopScope) -> bool) -> bool {
        self.control.paused || self.stopped(special)
    }

    fn stopped(&self, special: impl Fn(&StopScope) -> bool) -> bool {
        let covers = |scope: &StopScope| match scope {
            StopScope::Everything => true,
            StopScope::Run(run) if *run == self.control.run => true,
            StopScope::Workflow(name) if *name == self.plan.workflow().name => true,
            StopScope::Run(_) | StopScope::Workflow(_) => {
                self.control.stops_above().contains(scope)
            }
            StopScope::Tool(_) | StopScope::Server(_) | StopScope::Vendor(_) => special(scope),
            // That is not held back but put before a person.
            StopScope::Beyond { .. } => false,
        };
        self.control.halted.iter().any(covers)
    }

    /// How far effects of a step may go by themselves, where somebody holds them lower than the
    /// plan. Whoever holds a workflow holds those that it calls.
    fn held_at(&self, at: &StepId) -> Option<Autonomy> {
        let own = &self.plan.workflow().name;
        let above = self.control.stops_above();
        let levels = self.control.halted.iter().filter_map(|scope| match scope {
            StopScope::Beyond { workflow, step, level } => {
                let here = workflow == own && step.as_ref().is_none_or(|step| step == at);
                let over = step.is_none() && above.contains(&StopScope::Workflow(workflow.clone()));
                (here || over).then_some(*level)
            }
            _ => None,
        });
        levels.min()
    }

    pub(crate) fn vendor(&self, model: &ModelName) -> Result<String, Stuck> {
        let found = self.plan.workflow().models.get(model).map(|m| m.vendor.clone());
        found.ok_or_else(|| Stuck::defect(format!("model `{model}` is not in the plan")))
    }

    /// Follows a verdict: writes it down, and starts the act if it was allowed.
    pub(crate) fn follow(&mut self, at: &At, want: Want, verdict: Verdict) -> Result<Asked, Stuck> {
        match verdict {
            Verdict::Allow(allow) => {
                let freedom = allow.freedom();
                self.start(at, want, allow.into_rules(), freedom)
            }
            Verdict::Refuse { rule, code } => {
                self.note(Record::Refused { at: at.clone(), what: want.what, rule, code });
                Ok(Asked::Refused(code))
            }
            Verdict::AskPerson { role, rule } => {
                if self.visit(at)?.review.is_none() {
                    self.ask_person(at, role, About::Act { what: want.what, rule });
                }
                Ok(Asked::Held)
            }
        }
    }

    fn start(
        &mut self,
        at: &At,
        want: Want,
        rules: Vec<Rule>,
        freedom: Autonomy,
    ) -> Result<Asked, Stuck> {
        if let Err(rule) = self.draw(&want) {
            let code = Code::Budget;
            self.note(Record::Refused { at: at.clone(), what: want.what, rule, code });
            return Ok(Asked::Refused(code));
        }
        if let What::Model { model, .. } = &want.what {
            let vendor = self.vendor(model)?;
            self.vendors.push((model.clone(), vendor));
        }
        if let What::Tool { tool, args, .. } = &want.what
            && self.plan.workflow().tools.get(tool).is_none_or(|spec| spec.effect != Effect::Read)
        {
            let handed = self.handed(at, *args);
            self.draws.extend(stain::draws(tool.server(), &handed));
        }
        let act = self.next_act();
        if let What::Tool { .. } = &want.what {
            self.freedoms.push((act, freedom));
        }
        let key = self.key(at, want.slot, want.attempt);
        self.note(Record::Allowed {
            act,
            at: at.clone(),
            attempt: want.attempt,
            what: want.what,
            key,
            rules,
            reserve: want.reserve,
        });
        self.payloads.push((act, want.payload));
        Ok(Asked::Started)
    }

    fn draw(&mut self, want: &Want) -> Result<(), Rule> {
        let limits = &self.plan.workflow().limits;
        let day = limits.day.clone();
        let cost = self.account(self.now, accounts::COST);
        if want.reserve.cost_nanos > 0 && self.exhausted(&cost) {
            return Err(Rule("budget:day_cost".into()));
        }
        if let (Some(amount), Some(limit)) = (want.amount, day.amount) {
            let account = self.account(self.now, accounts::AMOUNT);
            let minor = u64::try_from(amount.minor).unwrap_or(u64::MAX);
            let limit_minor = u64::try_from(limit.minor).unwrap_or(0);
            if amount.currency != limit.currency {
                return Err(Rule("budget:day_amount_currency".into()));
            }
            if self.exhausted(&account) {
                return Err(Rule("budget:day_amount".into()));
            }
            self.take(account, minor, limit_minor);
        }
        if let What::Tool { tool, part, .. } = &want.what
            && !matches!(part, Part::Undo)
            && let Some(most) = limits.hour.calls.get(tool)
        {
            let calls = accounts::calls(tool);
            let account = accounts::hour(self.plan.workflow(), self.now, &calls);
            if self.exhausted(&account) {
                return Err(Rule(format!("budget:hour_calls:{tool}").into()));
            }
            self.take(account, 1, *most);
        }
        self.take(cost, want.reserve.cost_nanos, day.cost_nanos);
        Ok(())
    }

    /// A day's account of this workflow.
    pub(crate) fn account(&self, at: journal::Millis, what: &str) -> Account {
        accounts::day(self.plan.workflow(), at, what)
    }

    /// Opens a review that is not a step of the map. It is due in one working day.
    pub(crate) fn ask_person(&mut self, at: &At, role: RoleId, about: About) {
        let due = hours::add_working(&self.plan.workflow().hours, self.now, 8 * 3_600_000);
        let review = ReviewNo(self.control.reviews_opened + 1);
        self.note(Record::ReviewOpened { review, at: at.clone(), about, by: role, due });
    }

    /// The label of a text that a person, a model or the outside world wrote.
    pub(crate) fn outside_words(&self) -> Label {
        Label::from(journal::Source::OutsideTool)
    }
}
