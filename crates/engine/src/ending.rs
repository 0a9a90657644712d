//! How a run ends: what is out comes back first, then effects are undone if the run did not end as
//! done, then one last record. Also the two small acts around effects: reading back and telling.

use journal::{
    About, ActNo, At, BodyRef, Code, Command, Draw, End, Label, Labels, NotifyAsk, Order, Part,
    Payload, Record, Source, Starter, What,
};
use plan::ids::RoleId;
use plan::workflow::{Does, Effect, EndOutcome, Step, ToolStep};
use serde_json::{Map, Value};

use crate::asks::{Asked, Want};
use crate::call::{Facts, ToolCallOf};
use crate::control::{Doubt, EffectDone, Slot};
use crate::drive::Progress;
use crate::kinds::{ended_id, parent_ended_id};
use crate::work::{Stuck, Work, worst};

impl Work<'_> {
    /// Decides how the run ends. It is over once everything that is out has come back.
    pub(crate) fn end_as(&mut self, end: End) {
        if self.control.ending.is_none() && self.control.ended.is_none() {
            self.abandon_children();
            self.note(Record::Ending { end });
        }
    }

    /// Child runs that are still open are told that nobody waits for them.
    pub(crate) fn abandon_children(&mut self) {
        let live: Vec<At> = self.control.live.keys().cloned().collect();
        for at in live {
            self.abandon_children_of(&at);
        }
    }

    pub(crate) fn abandon_children_of(&mut self, at: &At) {
        let Some(visit) = self.control.live.get(at) else { return };
        for (item, again) in &visit.children.open {
            let run = self.control.run.child(at, *item, *again);
            let (id, order) = (parent_ended_id(run), Order::ParentEnded);
            let (at, stands_for, on_call) = (self.now, Vec::new(), Vec::new());
            self.posts.push(Command { id, run, at, order, stands_for, on_call });
        }
    }

    /// Works on the end; true if anything changed and more may follow.
    pub(crate) fn drive_ending(&mut self) -> bool {
        if !self.control.acts.is_empty() {
            return false;
        }
        let Some(end) = self.control.ending.clone() else { return false };
        if let Some((act, doubt)) = self.next_doubt() {
            let before = self.records.len();
            self.settle_at_end(act, &doubt);
            return self.records.len() > before;
        }
        let keeps = matches!(end, End::Reached(EndOutcome::Done));
        if !keeps && let Some(effect) = self.next_undo() {
            let before = self.records.len();
            if self.undo(&effect).is_err() {
                self.note(Record::Undone { at: effect.at, ok: false });
            }
            return self.records.len() > before;
        }
        self.close(end);
        true
    }

    pub(crate) fn close(&mut self, end: End) {
        if !matches!(end, End::Reached(EndOutcome::Done)) && !self.effects_stand() {
            // A case that came to nothing may be tried again by another run. One whose effects
            // stand, or may stand, has not come to nothing.
            let claims: Vec<_> = self.control.claims.values().copied().collect();
            for claim in claims {
                let fresh = Draw::Claim { claim };
                if self.draws.contains(&fresh) {
                    self.draws.retain(|d| *d != fresh);
                } else {
                    self.draws.push(Draw::Unclaim { claim });
                }
            }
        }
        let done = matches!(end, End::Reached(EndOutcome::Done));
        let output = if done { self.output() } else { None };
        let parent = self.control.opening.as_ref().map(|o| o.starter.clone());
        if let Some(Starter::Parent { run, at, item, .. }) = parent {
            let output = output.as_ref().map(|(_, o)| o.clone());
            let order = Order::ChildEnded { at, item, end: end.clone(), output };
            let (id, at) = (ended_id(self.control.run), self.now);
            let (stands_for, on_call) = (Vec::new(), Vec::new());
            self.posts.push(Command { id, run, at, order, stands_for, on_call });
        }
        let usage = self.control.used();
        self.note(Record::Ended { end, output: output.map(|(body, _)| body), usage });
    }

    /// A call with an effect of which it is still not known whether it happened.
    fn next_doubt(&self) -> Option<(ActNo, Doubt)> {
        let doubts = self.control.doubts.iter();
        let open = doubts.filter(|(_, doubt)| match &doubt.what {
            What::Tool { tool, .. } => self.has_effect(tool),
            What::Model { .. } | What::Notify { .. } => false,
        });
        open.map(|(act, doubt)| (*act, doubt.clone())).next()
    }

    /// Whether anything that the case did may still be in force.
    fn effects_stand(&self) -> bool {
        let stands = |e: &EffectDone| e.undone != Some(true) && self.has_effect(&e.tool);
        self.next_doubt().is_some()
            || self.control.effects.iter().any(stands)
            || (self.control.has_children && children_act(self.plan))
    }

    /// Whether anything that the case did, or is doing, may be in force.
    pub(crate) fn has_acted(&self) -> bool {
        let out = self.control.acts.values().any(|act| match &act.what {
            What::Tool { tool, .. } => self.has_effect(tool),
            What::Model { .. } | What::Notify { .. } => false,
        });
        out || self.effects_stand()
    }

    /// Finds out, before the case is over, whether a call had its effect: read back by its key,
    /// or a person is asked until one answers.
    fn settle_at_end(&mut self, act: ActNo, doubt: &Doubt) {
        let at = &doubt.at;
        if !self.control.live.contains_key(at) {
            self.note(Record::Entered { at: at.clone(), influences: Label::default() });
        }
        if self.control.live.get(at).is_some_and(|visit| visit.review.is_some()) {
            return;
        }
        let found = match self.step(&at.step) {
            Ok(step) => self.read_back(at, step, act, &doubt.what),
            Err(stuck) => Err(stuck),
        };
        if !matches!(found, Ok(Some(_))) {
            let role = self.helper(at);
            self.ask_person(at, role, About::InDoubt { act });
        }
    }

    fn next_undo(&self) -> Option<EffectDone> {
        let undoable = |e: &&EffectDone| e.undone.is_none() && self.undo_tool(&e.at).is_some();
        self.control.effects.iter().rev().find(undoable).cloned()
    }

    fn undo_tool(&self, at: &At) -> Option<(&Step, &ToolStep, &plan::ids::ToolName)> {
        let step = self.plan.step(&at.step)?;
        match &step.does {
            Does::Tool(tool) => Some((step, tool, tool.undo.as_ref()?)),
            _ => None,
        }
    }

    fn undo(&mut self, effect: &EffectDone) -> Result<(), Stuck> {
        let at = &effect.at;
        if !self.control.live.contains_key(at) {
            self.note(Record::Entered { at: at.clone(), influences: Label::default() });
        }
        let step = self.step(&at.step)?;
        let tool = match &step.does {
            Does::Tool(tool) => tool.undo.clone(),
            _ => None,
        };
        let tool = tool.ok_or_else(|| Stuck::defect("an undo without a tool"))?;
        let visit = self.visit(at)?;
        if visit.results.contains_key(&Slot::Undo) {
            self.note(Record::Undone { at: at.clone(), ok: true });
            return Ok(());
        }
        // A pause holds the case back, not its cleaning up; a stop holds back everything.
        let until = visit.until.is_some_and(|u| u > self.now);
        if until || visit.review.is_some() || self.tool_stopped(&tool) {
            return Ok(());
        }
        if let Some(code) = visit.refused {
            return Err(Stuck::new(code, "the undo was refused"));
        }
        let asked = visit.held.get(&Slot::Undo);
        if asked.is_some() && visit.approved.as_ref() != asked {
            return Err(Stuck::new(Code::Late, "nobody approved the undo"));
        }
        let doubt = visit.in_doubt.values().any(|(_, what)| !self.repeatable(what));
        if doubt {
            return Err(Stuck::new(Code::InDoubt, "it is not known whether it was undone"));
        }
        let again = visit.trouble.is_some() || !visit.in_doubt.is_empty();
        if again {
            if visit.attempt > step.retry.times {
                return Err(Stuck::defect("the undo failed"));
            }
            let attempt = visit.attempt + 1;
            let wait = step.retry.first_ms;
            let until = journal::Millis(self.now.0.saturating_add(wait));
            self.note(Record::RetryAt { at: at.clone(), attempt, until });
            return Ok(());
        }
        let (args, labels) = self.undo_args(effect, &tool)?;
        let (body, same) = self.args_body(at, Slot::Undo, &args, labels)?;
        let call = ToolCallOf {
            at,
            step,
            tool: &tool,
            part: Part::Undo,
            slot: Slot::Undo,
            body,
            same,
            facts: Facts::Engine,
        };
        match self.call_tool(call)? {
            Asked::Started | Asked::Halted | Asked::Held => Ok(()),
            Asked::Refused(code) => Err(Stuck::new(code, "the undo was refused by a rule")),
        }
    }

    /// An undo is told what the effect gave and was given, by the names its own schema asks for.
    fn undo_args(
        &self,
        effect: &EffectDone,
        tool: &plan::ids::ToolName,
    ) -> Result<(Value, Labels), Stuck> {
        let spec = self.plan.workflow().tools.get(tool);
        let names = spec.and_then(|t| t.input.get("properties")).and_then(Value::as_object);
        let result = self.value(effect.result)?;
        let args = self.value(effect.args)?;
        let mut out = Map::new();
        for name in names.into_iter().flat_map(Map::keys) {
            if let Some(value) = result.get(name).or_else(|| args.get(name)) {
                out.insert(name.clone(), value.clone());
            }
        }
        // An undo that cannot say what it takes back is not tried.
        let required = spec.and_then(|t| t.input.get("required")).and_then(Value::as_array);
        let required = required.into_iter().flatten().filter_map(Value::as_str);
        let roles = spec.into_iter().flat_map(|t| t.args.keys().map(String::as_str));
        if let Some(name) = required.chain(roles).find(|name| !out.contains_key(*name)) {
            return Err(Stuck::new(Code::Expression, format!("the undo has no `{name}`")));
        }
        let mut label = self.loaded(effect.result)?.labels().at("");
        // What an effect gave back names the effect itself; it is not a stranger's choice.
        label.influences = journal::Sources::NONE;
        Ok((Value::Object(out), Labels::all(label)))
    }

    /// Asks the outside world, by key, whether an act in doubt happened. `None` where it cannot.
    pub(crate) fn read_back(
        &mut self,
        at: &At,
        step: &Step,
        act: ActNo,
        what: &What,
    ) -> Result<Option<Progress>, Stuck> {
        let What::Tool { tool, .. } = what else { return Ok(None) };
        let spec = self.plan.workflow().tools.get(tool);
        let Some(reader) = spec.and_then(|t| t.read_back.clone()) else { return Ok(None) };
        if let Some(body) = self.visit(at)?.results.get(&Slot::ReadBack).copied() {
            // An answer that says neither is none: a person finds out.
            let Some(found) = happened(self.value(body)?) else { return Ok(None) };
            let happened = if found { Some(self.as_result(body)?) } else { None };
            self.note(Record::Settled { at: at.clone(), act, happened });
            let over = found || self.control.ending.is_some();
            return if over { Ok(Some(Progress::Again)) } else { self.not_done(at).map(Some) };
        }
        // A pause holds the case back, not the question what it has done.
        let ending = self.control.ending.is_some();
        if self.tool_stopped(&reader) || (self.control.paused && !ending) {
            return Ok(Some(Progress::Wait));
        }
        // Whoever cannot be read back once is not asked for ever: a person finds out.
        let visit = self.visit(at)?;
        if visit.trouble.is_some() || visit.in_doubt.contains_key(&Slot::ReadBack) {
            return Ok(None);
        }
        let key = match self.control.doubts.get(&act) {
            Some(doubt) => doubt.key.to_string(),
            None => {
                let slot = crate::control::slot_of(what, self.visit(at)?);
                let attempt = self.visit(at)?.sure_failures + 1;
                self.key(at, slot, attempt).to_string()
            }
        };
        let mut args = Map::new();
        args.insert("key".to_owned(), Value::from(key));
        let labels = Labels::all(Label::from(Source::Plan));
        let (body, same) = self.args_body(at, Slot::ReadBack, &Value::Object(args), labels)?;
        let call = ToolCallOf {
            at,
            step,
            tool: &reader,
            part: Part::ReadBack,
            slot: Slot::ReadBack,
            body,
            same,
            facts: Facts::Engine,
        };
        match self.call_tool(call)? {
            Asked::Started | Asked::Halted | Asked::Held => Ok(Some(Progress::Wait)),
            Asked::Refused(_) => Ok(None),
        }
    }

    /// What a read-back found, in the form in which the act itself would have given it: a thing
    /// that stands alone beside `found` is the result.
    fn as_result(&mut self, body: BodyRef) -> Result<BodyRef, Stuck> {
        let Some(fields) = self.value(body)?.as_object() else { return Ok(body) };
        let mut beside = fields.iter().filter(|(name, _)| *name != "found");
        let (Some((name, thing @ Value::Object(_))), None) = (beside.next(), beside.next()) else {
            return Ok(body);
        };
        let (thing, name) = (thing.clone(), format!("/{name}"));
        let label = self.loaded(body)?.labels().at(&name);
        Ok(self.add_value(&thing, Labels::all(label)))
    }

    /// Asks for a message to the people of a role.
    pub(crate) fn tell(&mut self, at: &At, role: &RoleId, text: &str) -> Result<Progress, Stuck> {
        let body = self.add_text(text, Label::from(Source::Plan));
        let what = What::Notify { to: role.clone(), text: body };
        let act = guard::Act::Notify { to: role, text };
        let verdict = self.decide(at, Slot::Notify, true, act)?;
        let attempt = self.visit(at)?.attempt;
        let key = self.key(at, Slot::Notify, attempt);
        let payload = Payload::Notify(NotifyAsk { to: role.clone(), text: text.into(), key });
        let reserve = worst(0, 0, 0);
        let want = Want { what, slot: Slot::Notify, attempt, reserve, payload, amount: None };
        match self.follow(at, want, verdict)? {
            Asked::Started | Asked::Halted | Asked::Held => Ok(Progress::Wait),
            Asked::Refused(code) => Err(Stuck::new(code, "the message was refused by a rule")),
        }
    }
}

/// Whether a called workflow has a tool that does anything but read.
fn children_act(plan: &plan::Plan) -> bool {
    let mut children = plan.workflow().children.keys().filter_map(|name| plan.child(name));
    children.any(|child| {
        child.workflow().tools.values().any(|tool| tool.effect != Effect::Read)
            || children_act(child)
    })
}

/// Whether a read-back found the act: it says `found`, yes or no, or lists what it found.
fn happened(answer: &Value) -> Option<bool> {
    match answer {
        Value::Bool(yes) => Some(*yes),
        Value::Array(items) => Some(!items.is_empty()),
        Value::Object(fields) => fields.get("found").and_then(Value::as_bool),
        Value::Null | Value::Number(_) | Value::String(_) => None,
    }
}
