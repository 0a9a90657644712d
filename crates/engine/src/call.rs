//! One tool call on its way to guard: its arguments as a body, what guard is told of each, and the
//! label of what comes back. It must not know why a step calls.

use std::sync::Arc;

use guard::{Act as GuardAct, ArgFact};
use journal::{
    At, BodyRef, Code, Label, Labels, Part, Payload, Record, Rule, Source, ToolAsk, What,
};
use plan::ids::ToolName;
use plan::workflow::{Effect, Step, Trust};
use serde_json::Value;

use crate::asks::{Asked, Want};
use crate::control::Slot;
use crate::tool::{Moves, moves};
use crate::work::{Stuck, Work, worst};

/// An answer larger than this is no answer.
const RESULT_BYTES_MAX: u32 = 1 << 20;

/// One tool call on its way to guard.
pub(crate) struct ToolCallOf<'a> {
    pub at: &'a At,
    pub step: &'a Step,
    pub tool: &'a ToolName,
    pub part: Part,
    pub slot: Slot,
    pub body: BodyRef,
    /// The arguments are the very body that a person was asked about.
    pub same: bool,
    pub facts: Facts<'a>,
}

/// Where the arguments of a call come from.
pub(crate) enum Facts<'a> {
    /// The plan binds each.
    Plan(&'a plan::workflow::ToolStep),
    /// The plan binds each, for a read-back.
    Confirm(&'a std::collections::BTreeMap<String, plan::workflow::Arg>),
    /// A model wrote them.
    Agent(Label),
    /// The engine built them from the run's values.
    Engine,
}

impl Work<'_> {
    /// The body of arguments; the very same body again when a person was asked about it.
    pub(crate) fn args_body(
        &mut self,
        at: &At,
        slot: Slot,
        args: &Value,
        labels: Labels,
    ) -> Result<(BodyRef, bool), Stuck> {
        let bytes = args.to_string().into_bytes();
        let visit = self.visit(at)?;
        if let Some(held) = visit.held.get(&slot).and_then(|no| self.control.held_args(*no))
            && self.loaded(held)?.bytes().as_ref() == bytes.as_slice()
        {
            return Ok((held, true));
        }
        Ok((self.add(bytes, labels), false))
    }

    /// Asks for one tool call.
    pub(crate) fn call_tool(&mut self, call: ToolCallOf<'_>) -> Result<Asked, Stuck> {
        let what = What::Tool { tool: call.tool.clone(), args: call.body, part: call.part.clone() };
        let Some(answers) = self.answers(call.at, call.slot, &what)? else {
            return Ok(Asked::Held);
        };
        let loaded = self.loaded(call.body)?.clone();
        let args = loaded.value().and_then(Value::as_object);
        let args = args.ok_or_else(|| Stuck::defect("tool arguments are no object"))?;
        let spec = self.plan.workflow().tools.get(call.tool);
        let digest: Arc<str> = spec.map_or("", |t| t.digest.as_str()).into();
        let visit = self.visit(call.at)?;
        let attempt = visit.sure_failures + 1;
        let facts: Vec<ArgFact<'_>> =
            args.iter().map(|(name, value)| self.fact(name, value, &call)).collect();
        let reserve = worst(0, 0, 0);
        let act = GuardAct::Tool {
            tool: call.tool,
            part: &call.part,
            args: &facts,
            hash: loaded.plain(),
            reserve,
        };
        let verdict = self.decide(call.at, call.slot, call.same, act)?;
        let limit = self.plan.workflow().limits.day.amount.map(|limit| limit.currency);
        let undo = call.part == Part::Undo;
        let moves = spec.filter(|_| !undo).map_or(Moves::Nothing, |t| moves(t, &facts, limit));
        drop(facts);
        let amount = match moves {
            Moves::Nothing => None,
            Moves::Amount(money) => Some(money),
            Moves::Unreadable if limit.is_none() => None,
            // What cannot be counted against a limit is not moved.
            Moves::Unreadable if !matches!(verdict, guard::Verdict::Refuse { .. }) => {
                let (at, code) = (call.at.clone(), Code::Budget);
                let rule = Rule("budget:day_amount_unreadable".into());
                self.note(Record::Refused { at, what, rule, code });
                return Ok(Asked::Refused(code));
            }
            Moves::Unreadable => None,
        };
        let key = self.key(call.at, call.slot, attempt);
        let ask = ToolAsk {
            tool: call.tool.clone(),
            digest,
            args: loaded.bytes().clone(),
            key,
            time_out_ms: call.step.time_out_ms,
            bytes_max: RESULT_BYTES_MAX,
            answers,
        };
        let payload = Payload::Tool(ask);
        let want = Want { what, slot: call.slot, attempt, reserve, payload, amount };
        self.follow(call.at, want, verdict)
    }

    /// Whether a call reads what others may have left in its server. What a call that acts gives
    /// back speaks of that very act, and a question after a key of ours of what we did under it.
    pub(crate) fn reads_a_store(&self, tool: &ToolName, part: &Part) -> bool {
        let effect = self.plan.workflow().tools.get(tool).map(|spec| spec.effect);
        effect == Some(Effect::Read) && *part != Part::ReadBack
    }

    /// The label under which a call hands its server something to keep.
    pub(crate) fn handed(&self, at: &At, args: BodyRef) -> Label {
        let mut label = self.loaded(args).map(|args| args.labels().at("")).unwrap_or_default();
        if let Some(visit) = self.control.live.get(at) {
            label.influenced(&visit.influences);
        }
        label
    }

    /// The label of a tool's result: the tool's own trust, under the influence of what it was
    /// told and of what led to the call.
    pub(crate) fn result_label(&self, at: &At, tool: &ToolName, args: BodyRef) -> Label {
        let spec = self.plan.workflow().tools.get(tool);
        let trusted = spec.is_some_and(|t| t.trust == Trust::Trusted);
        let mut label = Label::from(if trusted { Source::Tool } else { Source::OutsideTool });
        label.tags.extend(spec.into_iter().flat_map(|t| t.tags.iter().cloned()));
        if let Ok(args) = self.loaded(args) {
            label.influenced(&args.labels().at(""));
        }
        if let Some(visit) = self.control.live.get(at) {
            label.influenced(&visit.influences);
        }
        label
    }
}
