//! The proof that guard refuses: asks that no plan allows, fired at the very guard that is going
//! to judge. It must not be able to allow anything, and its asks are never stored.

use journal::{At, Hash, Label, Part, Source, Usage};
use plan::Plan;
use plan::ids::{ModelName, RoleId, StepId, ToolName};
use plan::workflow::{Does, Effect};
use serde_json::Value;

use crate::ask::{Act, ArgFact, Ask, Purse, Verdict};
use crate::judge::Guard;

/// A text with the shape of a key that never existed.
const KEY: &str = "AKIAFLIGHTDECK000000";

/// Fires every canary. The words of the first that was not refused are the error.
pub(crate) fn fire(guard: &Guard, plan: &Plan) -> Result<(), String> {
    let canary = Canary { guard, plan, label: Label::from(Source::Outside) };
    canary.undeclared()?;
    canary.notice()?;
    for step in &plan.workflow().steps {
        canary.spent(&step.id)?;
        if let Does::Tool(call) = &step.does {
            canary.outside(&step.id, &call.tool)?;
        }
    }
    Ok(())
}

struct Canary<'a> {
    guard: &'a Guard,
    plan: &'a Plan,
    label: Label,
}

impl Canary<'_> {
    /// Nothing but a refusal will do; an effect may also be put before a person.
    fn refused(&self, step: &StepId, act: Act<'_>, purse: Purse, what: &str) -> Result<(), String> {
        let at = At { step: step.clone(), visit: 1 };
        let influences = Label::default();
        let ask = Ask {
            at: &at,
            act,
            purse,
            earlier: &[],
            influences: &influences,
            today: "",
            approved: None,
            held_at: None,
            suspected: false,
            seeded: false,
        };
        match self.guard.judge_unproven(self.plan, &ask) {
            Verdict::Allow(_) => Err(what.to_owned()),
            Verdict::AskPerson { .. } | Verdict::Refuse { .. } => Ok(()),
        }
    }

    fn undeclared(&self) -> Result<(), String> {
        let workflow = self.plan.workflow();
        let step = workflow.first.clone();
        if let Ok(tool) = ToolName::new("canary.undeclared") {
            let act = tool_act(&tool, &Part::Main, &[]);
            self.refused(&step, act, Purse::default(), "a tool that no step declares")?;
        }
        if let Ok(model) = ModelName::new("canary_undeclared") {
            let act = Act::Model {
                model: &model,
                label: &self.label,
                texts: &[],
                reserve: Usage::default(),
            };
            self.refused(&step, act, Purse::default(), "a model that no step declares")?;
        }
        Ok(())
    }

    fn notice(&self) -> Result<(), String> {
        let roles = self.plan.workflow().roles.keys().cloned();
        for role in roles.chain(RoleId::new("canary_role").ok()) {
            let act = Act::Notify { to: &role, text: KEY };
            let step = self.plan.workflow().first.clone();
            self.refused(&step, act, Purse::default(), "a message that holds a secret")?;
        }
        Ok(())
    }

    /// With every limit used up, nothing new may start; and no secret leaves in any case.
    fn spent(&self, step: &StepId) -> Result<(), String> {
        let spent = Purse {
            used: Usage {
                input_tokens: u64::MAX,
                cached_tokens: 0,
                output_tokens: 0,
                cost_nanos: u64::MAX,
                active_ms: u64::MAX,
            },
            acts: u32::MAX,
        };
        let declared = plan::policy::declared(self.plan.workflow(), step);
        for model in &declared.models {
            let reserve = Usage { output_tokens: 1, ..Usage::default() };
            for (texts, purse, what) in [
                (&["x"], spent, "a model call over budget"),
                (&[KEY], Purse::default(), "a model call that sends a secret"),
            ] {
                let act = Act::Model { model, label: &self.label, texts, reserve };
                self.refused(step, act, purse, what)?;
            }
        }
        for tool in &declared.tools {
            for part in [Part::Main, Part::Lookup(0), Part::Turn(0), Part::Confirm] {
                let act = tool_act(tool, &part, &[]);
                self.refused(step, act, spent, "a tool call over budget")?;
            }
        }
        Ok(())
    }

    /// Every argument of an effect that matters, straight from outside.
    fn outside(&self, step: &StepId, name: &ToolName) -> Result<(), String> {
        let Some(tool) = self.plan.workflow().tools.get(name) else { return Ok(()) };
        if tool.effect == Effect::Read {
            return Ok(());
        }
        let value = Value::from("canary");
        for arg in tool.args.keys() {
            let args = [ArgFact {
                name: arg,
                value: &value,
                label: self.label.clone(),
                path: None,
                literal: false,
                endorsed: None,
                backing: None,
                money: None,
            }];
            let act = tool_act(name, &Part::Main, &args);
            let what = format!("an effect whose `{arg}` comes from outside");
            self.refused(step, act, Purse::default(), &what)?;
        }
        Ok(())
    }
}

fn tool_act<'a>(tool: &'a ToolName, part: &'a Part, args: &'a [ArgFact<'a>]) -> Act<'a> {
    Act::Tool { tool, part, args, hash: Hash::default(), reserve: Usage::default() }
}
