//! The judgement of an act, and the proof that it refuses.

use super::{BOTH, Guard};

const JUDGE: &str = "crates/guard/src/judge.rs";
const PROVE: &str = "crates/guard/src/prove.rs";

pub const ALL: &[Guard] = &[
    Guard {
        name: "a closed guard refuses everything",
        file: JUDGE,
        is: r#"        if self.closed_because().is_some() {
            mark!("guard:closed");"#,
        becomes: r#"        if false {
            mark!("guard:closed");"#,
        rooms: BOTH,
    },
    Guard {
        name: "a guard judges its own release only",
        file: JUDGE,
        is: r"        if self.release != Some(plan.release()) {
            mark!",
        becomes: r"        if false {
            mark!",
        rooms: BOTH,
    },
    Guard {
        name: "a guard that is not proven is closed",
        file: JUDGE,
        is: "None if !self.proven.load(Ordering::Acquire) =>",
        becomes: "None if false =>",
        rooms: BOTH,
    },
    Guard {
        name: "a guard that failed its proof stays closed",
        file: JUDGE,
        is: r#"                self.close(format!("{what} was not refused"));
"#,
        becomes: "",
        rooms: BOTH,
    },
    Guard {
        name: "the proof believes no allow",
        file: PROVE,
        is: "Verdict::Allow(_) => Err(what.to_owned()),",
        becomes: "Verdict::Allow(_) => Ok(()),",
        rooms: BOTH,
    },
    Guard {
        name: "a message goes to a role of the workflow",
        file: JUDGE,
        is: "if !plan.workflow().roles.contains_key(to) {",
        becomes: "if false {",
        rooms: BOTH,
    },
    Guard {
        name: "no secret in a message to people",
        file: JUDGE,
        is: r#"        if self.secrets.found_in(text) {
            mark!("notify:secret");"#,
        becomes: r#"        if false {
            mark!("notify:secret");"#,
        rooms: BOTH,
    },
    Guard {
        name: "no secret to a model",
        file: JUDGE,
        is: "if texts.iter().any(|text| self.secrets.found_in(text)) {",
        becomes: "if false {",
        rooms: BOTH,
    },
    Guard {
        name: "no secret to a tool",
        file: JUDGE,
        is: r#"        if call
            .args
            .iter()
            .any(|arg| self.secrets.found_in(arg.name) || self.secrets.found_in_value(arg.value))
        {
            mark!("tool:secret");"#,
        becomes: r#"        if false {
            mark!("tool:secret");"#,
        rooms: BOTH,
    },
    Guard {
        name: "tagged data goes to no vendor without leave",
        file: JUDGE,
        is: r"            tags::sent(model, &label.tags, ask.today)
                .map_err(|rule| person_or_refuse(plan, &ask.at.step, rule))?;",
        becomes: "            let _ = tags::sent(model, &label.tags, ask.today);",
        rooms: BOTH,
    },
    Guard {
        name: "tagged data goes to no tool without leave",
        file: JUDGE,
        is: r"            tags::handed(&tool.takes, call.args, ask.today)
                .map_err(|rule| person_or_refuse(plan, &ask.at.step, rule))?;",
        becomes: "            let _ = tags::handed(&tool.takes, call.args, ask.today);",
        rooms: BOTH,
    },
    Guard {
        name: "a model call is within its budget",
        file: JUDGE,
        is: "limits::budget(&workflow.limits.case, ask.purse, reserve).map_err(over_budget)?;",
        becomes: "let _ = reserve;",
        rooms: BOTH,
    },
    Guard {
        name: "a tool call is within its budget",
        file: JUDGE,
        is: "limits::budget(&workflow.limits.case, ask.purse, call.reserve).map_err(over_budget)?;",
        becomes: "let _ = call.reserve;",
        rooms: BOTH,
    },
    Guard {
        name: "an agent that goes in circles is stopped",
        file: JUDGE,
        is: r"        if matches!(call.part, Part::Turn(_))
            && let Some(rule)",
        becomes: r"        if false
            && let Some(rule)",
        rooms: BOTH,
    },
    Guard {
        name: "a tool is called in its declared part of a step",
        file: JUDGE,
        is: "if !door::part_fits(plan, &ask.at.step, call.part, call.tool, tool) {",
        becomes: "if false {",
        rooms: BOTH,
    },
    Guard {
        name: "a tool is called only as it was pinned",
        file: JUDGE,
        is: "if tool.digest.is_empty() {",
        becomes: "if false {",
        rooms: BOTH,
    },
    Guard {
        name: "a person sees what follows on a text that speaks to the model",
        file: JUDGE,
        is: "if ask.suspected && !all_seen {",
        becomes: "if false {",
        rooms: BOTH,
    },
    Guard {
        name: "nothing of a case that is known to be wrong is carried out",
        file: JUDGE,
        is: "if ask.seeded {",
        becomes: "if false {",
        rooms: BOTH,
    },
    Guard {
        name: "what is only proposed is never done, whoever approves",
        file: JUDGE,
        is: "if leash == Leash::Never && !matches!(call.part, Part::Undo) {",
        becomes: "if false {",
        rooms: BOTH,
    },
    Guard {
        name: "an approval mode waits for a person",
        file: JUDGE,
        is: "Leash::Reviewed if all_seen => {",
        becomes: "Leash::Reviewed if all_seen || true => {",
        rooms: BOTH,
    },
    Guard {
        name: "something was shown to whoever approved",
        file: JUDGE,
        is: r"        all_seen &= any_shown;
",
        becomes: "",
        rooms: BOTH,
    },
    Guard {
        name: "a policy that forbids",
        file: JUDGE,
        is: "Err(Verdict::Refuse { rule: cedar(&name), code: Code::Refused })",
        becomes: "Ok(())",
        rooms: BOTH,
    },
    Guard {
        name: "a policy that asks a person",
        file: JUDGE,
        is: "                Err(Verdict::AskPerson { role, rule: cedar(&name) })",
        becomes: r"                let _ = role;
                Ok(())",
        rooms: BOTH,
    },
    Guard {
        name: "policies that say nothing permit nothing",
        file: JUDGE,
        is: r#"                Err(refuse("cedar"))"#,
        becomes: "                Ok(())",
        rooms: BOTH,
    },
    Guard {
        name: "a policy that breaks permits nothing",
        file: JUDGE,
        is: r#"                Err(refuse("cedar:broken"))"#,
        becomes: "                Ok(())",
        rooms: BOTH,
    },
    Guard {
        name: "no secret in what a person enters",
        file: JUDGE,
        is: r"        if self.secrets.found_in_value(value) {
            return",
        becomes: r"        if false {
            return",
        rooms: BOTH,
    },
    Guard {
        name: "no secret in an answer to a tool",
        file: JUDGE,
        is: r"        if self.secrets.found_in_value(answer) {
            return",
        becomes: r"        if false {
            return",
        rooms: BOTH,
    },
];
