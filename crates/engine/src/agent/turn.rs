//! The calls of one turn, judged in order. It must not know how a call is asked for.

use journal::{At, Code, Label, Labels, Part, Role, Source, ToolCall};
use plan::workflow::{AgentStep, Step, Work as Task};
use serde_json::Value;

use crate::asks::Asked;
use crate::call::{Facts, ToolCallOf};
use crate::control::{Line, Slot, turn_of};
use crate::drive::Progress;
use crate::work::{Stuck, Work};

use super::wire_name;

/// More calls in one turn than this are no plan but a flood.
const CALLS_MAX: usize = 64;

impl Work<'_> {
    /// Works on the calls of one turn, in order. `Again` when every call has its result.
    pub(super) fn turn(
        &mut self,
        at: &At,
        step: &Step,
        agent: &AgentStep,
        calls: &[ToolCall],
    ) -> Result<Progress, Stuck> {
        if calls.len() > CALLS_MAX {
            let text = format!("the model asked for {} calls at once", calls.len());
            return Err(Stuck::new(Code::BadAnswer, text));
        }
        let mut all = true;
        for (n, call) in (0_u16..).zip(calls) {
            if self.has_result(at, n, call)? {
                continue;
            }
            let slot = Slot::Turn(turn_of(self.visit(at)?), n);
            if self.control.acts.values().any(|a| a.at == *at && a.slot == slot) {
                all = false;
                continue;
            }
            // Once a call waits for a person, the later ones of that turn wait too.
            if self.visit(at)?.review.is_some() {
                return Ok(Progress::Wait);
            }
            match self.call_of_turn(at, step, agent, n, call)? {
                Asked::Held | Asked::Halted => return Ok(Progress::Wait),
                Asked::Started => all = false,
                // The refusal is the call's result.
                Asked::Refused(_) => {}
            }
        }
        Ok(if all { Progress::Again } else { Progress::Wait })
    }

    /// Gives a call of the last turn a text as its result.
    pub(crate) fn answer_call(&mut self, at: &At, n: u16, text: &str) -> Result<(), Stuck> {
        let mut id = None;
        for line in self.visit(at)?.lines.iter().rev() {
            if let Line::Answer(body) = line {
                id = self.message(*body)?.calls.get(usize::from(n)).map(|c| c.id.clone());
                break;
            }
        }
        self.say(at, Role::Tool, text, id, Label::from(Source::Plan))
    }

    fn has_result(&self, at: &At, n: u16, call: &ToolCall) -> Result<bool, Stuck> {
        for line in self.visit(at)?.lines.iter().rev() {
            match line {
                Line::Answer(_) => return Ok(false),
                Line::Result { n: m, .. } if *m == n => return Ok(true),
                Line::Said(body) => {
                    if self.message(*body)?.answers.as_deref() == Some(call.id.as_str()) {
                        return Ok(true);
                    }
                }
                Line::Result { .. } => {}
            }
        }
        Ok(false)
    }

    fn call_of_turn(
        &mut self,
        at: &At,
        step: &Step,
        agent: &AgentStep,
        n: u16,
        call: &ToolCall,
    ) -> Result<Asked, Stuck> {
        let Task::Answer { tools, .. } = &agent.work else {
            return Err(Stuck::defect("a turn without tools"));
        };
        let label = self.conversation_label(at)?;
        // A tool of the workflow that this step does not declare is guard's to refuse, on record.
        let all = tools.iter().chain(self.plan.workflow().tools.keys());
        let mut all = all.filter(|t| wire_name(t) == call.tool || t.as_str() == call.tool);
        let known = all.next();
        let args: Option<Value> = serde_json::from_str(&call.args).ok();
        let (Some(tool), Some(Value::Object(args))) = (known.cloned(), args) else {
            let text = "refused: no such tool, or arguments that are no JSON object";
            self.say(at, Role::Tool, text, Some(call.id.clone()), Label::from(Source::Plan))?;
            return Ok(Asked::Refused(Code::Refused));
        };
        if self.tool_held_back(&tool) {
            return Ok(Asked::Halted);
        }
        let args = Value::Object(args);
        let slot = Slot::Turn(turn_of(self.visit(at)?), n);
        let (body, same) = self.args_body(at, slot, &args, Labels::all(label.clone()))?;
        let asked = self.call_tool(ToolCallOf {
            at,
            step,
            tool: &tool,
            part: Part::Turn(n),
            slot,
            body,
            same,
            facts: Facts::Agent(label),
        })?;
        if let Asked::Refused(code) = asked {
            let code = serde_json::to_string(&code).unwrap_or_default();
            let text = format!("refused by a rule of this workflow ({})", code.trim_matches('"'));
            self.say(at, Role::Tool, &text, Some(call.id.clone()), Label::from(Source::Plan))?;
        }
        Ok(asked)
    }
}
