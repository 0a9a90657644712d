//! What becomes of each part of a workflow in a map of the other product: every setting has a line,
//! so that nothing is lost without a word. It must not draw anything.

use super::{Sheet, nodes::risk};
use crate::import::{Came, Of};
use crate::workflow::{AgentStep, Does, Late, NeverBy, Recover, ReviewStep, Step, ToolStep, Work};

/// Nothing there keeps to it, so it is not written where it would look as if it did.
const UNKEPT: &str = "a map there has no place for it, and nothing there would keep to it";

/// The settings of the whole.
pub(super) fn whole(sheet: &mut Sheet<'_>) {
    let workflow = sheet.workflow;
    let mut line = |field: &str, came: Came, says: String| {
        sheet.note(Of::Map, "", field, came, says);
    };
    line("workflow", Came::Carried, "name".to_owned());
    line("purpose", Came::Carried, "objective".to_owned());
    line("case", Came::Carried, "the first node, and a file for each of its fields".to_owned());
    let says =
        format!("riskCategory of each skill; the nearest there is `{}`", risk(workflow.risk));
    line("risk", Came::Carried, says);
    line("autonomy", Came::Carried, "autonomyLevel of each skill".to_owned());
    if let Some(first) = workflow.starts.first() {
        let says = format!("the first node says it in words: {}", crate::show::start(first));
        line("starts", Came::Carried, says);
    }
    if let Some(baseline) = &workflow.baseline {
        let says = format!("environment.weeklyFrequency: {}", baseline.cases_per_week);
        line("baseline", Came::Carried, says);
    }
    line("accountable", Came::Left, "nobody answers for a map there".to_owned());
    line("override", Came::Left, UNKEPT.to_owned());
    line("limits", Came::Left, UNKEPT.to_owned());
    for (is_there, field) in [
        (!workflow.once_per.is_empty(), "once_per"),
        (!workflow.policies.is_empty(), "policies"),
        (workflow.seeds.is_some(), "seeds"),
        (workflow.judge.is_some(), "judge"),
        (!workflow.attention.is_empty(), "attention"),
        (workflow.output.is_some(), "output"),
    ] {
        if is_there {
            line(field, Came::Left, UNKEPT.to_owned());
        }
    }
    if !workflow.tables.is_empty() {
        let says = "look-ups name their table in words; its rows stay here".to_owned();
        line("tables", Came::Left, says);
    }
    if !workflow.today.is_empty() {
        let says = "what people do now is a map of its own there; the minutes of reviews stand at \
                    their nodes";
        line("today", Came::Left, says.to_owned());
    }
    for exception in &workflow.exceptions {
        let says = format!("`{}` has no way there: {UNKEPT}", exception.what);
        line("exceptions", Came::Left, says);
    }
    let reached = sheet.reached.clone();
    for step in workflow.steps.iter().filter(|step| !reached.contains(step.id.as_str())) {
        let says = "only an exception, a failure or a missing answer leads to it, and no such way \
                    is drawn there";
        sheet.left(step, "", says);
    }
}

/// The settings of a step.
pub(super) fn of_step(sheet: &mut Sheet<'_>, step: &Step) {
    match &step.does {
        Does::Agent(agent) => {
            sheet.carried(step, "agent", "a skill, with what it is given and answers");
            of_agent(sheet, step, agent);
        }
        Does::Tool(call) => {
            sheet.carried(step, "tool", format!("an integration whose system is `{}`", call.tool));
            of_tool(sheet, step, call);
        }
        Does::Lookup(_) => {
            let says = "an integration that reads; which row is meant stands in its description";
            sheet.carried(step, "lookup", says);
            sheet.left(step, "lookup.where", UNKEPT);
        }
        Does::Decide(_) => {
            sheet.carried(step, "decide", "conditions, one after the other, with the rule as text");
            sheet.left(step, "decide.who", "nobody answers for a condition there");
            let says = "there a condition is yes or no; here doubt and a missing value go to \
                        `otherwise`";
            sheet.left(step, "decide.otherwise", says);
        }
        Does::Review(review) => {
            sheet.carried(step, "review", "a person who approves, with what is shown");
            of_review(sheet, step, review);
        }
        Does::Parallel(_) => {
            sheet.left(step, "parallel", "it is drawn as a node that does nothing");
        }
        Does::Each(_) | Does::Wait(_) | Does::Workflow(_) => {
            sheet.left(step, "", "no kind of node there does it; it is drawn, and does nothing");
        }
        Does::End(_) => sheet.carried(step, "end", "a node that says how the case ended"),
    }
    if !step.text.trim().is_empty() && !matches!(step.does, Does::End(_)) {
        sheet.carried(step, "the text", "notes");
    }
    if matches!(step.on_failure, Recover::Go(_)) {
        sheet.left(step, "on_failure", "there a failure goes to a person or nowhere");
    }
    if step.visits_max > 1 {
        let says = "there a step has no such limit, and each loop is called an error";
        sheet.left(step, "at_most", says);
    }
}

fn of_agent(sheet: &mut Sheet<'_>, step: &Step, agent: &AgentStep) {
    match &agent.work {
        Work::Copy { .. } => {
            let says = "there an answer has names of fields; that each value must stand in the \
                        text is kept to nowhere";
            sheet.left(step, "copy", says);
        }
        Work::Answer { tools, .. } => {
            sheet.left(step, "answer", "there a field has a name and no kind");
            if !tools.is_empty() {
                sheet.carried(step, "tools", "blastRadius.allowedApis, which nothing there checks");
            }
        }
    }
    if !agent.must_hold.is_empty() {
        sheet.carried(step, "must_hold", "validations, as sentences that nothing there checks");
    }
    if agent.instructions.iter().any(|one| !one.source.starts_with("agents/")) {
        let says = "the agent's own file is carried; instructions for all agents have no place";
        sheet.left(step, "instructions", says);
    }
    if agent.sure != crate::workflow::Sure::default() {
        sheet.left(step, "sure", UNKEPT);
    }
    if !agent.never_says.is_empty() {
        sheet.left(step, "never_says", UNKEPT);
    }
}

fn of_tool(sheet: &mut Sheet<'_>, step: &Step, call: &ToolStep) {
    for (is_there, field) in [
        (!call.with.is_empty(), "with"),
        (!call.backed_by.is_empty(), "backed_by"),
        (call.undo.is_some(), "undo"),
        (call.confirm.is_some(), "confirm"),
    ] {
        if is_there {
            sheet.left(step, field, UNKEPT);
        }
    }
}

fn of_review(sheet: &mut Sheet<'_>, step: &Step, review: &ReviewStep) {
    sheet.left(step, "review.within", UNKEPT);
    if !matches!(review.late, Late::Stop) {
        sheet.left(step, "review.late", UNKEPT);
    }
    for (is_there, field) in [
        (
            review.never_by.iter().any(|n| matches!(n, NeverBy::Starter | NeverBy::Owner)),
            "never_by",
        ),
        (review.approvals > 1, "approvals"),
        (review.sample.is_some(), "sample"),
        (!review.may_edit.is_empty(), "may_edit"),
        (review.if_rejected.tell.is_some(), "if_rejected.tell"),
    ] {
        if is_there {
            let says = match field {
                "never_by" | "approvals" => {
                    "an approval there is a file that anybody can put in its place"
                }
                _ => UNKEPT,
            };
            sheet.left(step, &format!("review.{field}"), says);
        }
    }
}
