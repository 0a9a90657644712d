//! `instructions show`: the exact text an agent gets, part by part, with where each part stands.

use plan::Plan;
use plan::ids::StepId;
use plan::instructions::{self, Finding};
use plan::workflow::Does;
use serde_json::json;

use super::check;
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};
use crate::workspace::Workspace;

/// A token is about this many bytes of English or German prose. It is an estimate, and said to be
/// one: every model counts in its own way.
const BYTES_PER_TOKEN: usize = 4;

/// About how many tokens a text has.
pub fn tokens(text: &str) -> usize {
    text.len().div_ceil(BYTES_PER_TOKEN)
}

/// The file in which a part of instructions stands; behind `#` is the step of its heading.
pub fn file(source: &str) -> &str {
    source.split('#').next().unwrap_or(source)
}

/// Shows what the agent of a step reads in every run.
pub fn show(screen: &Screen, workspace: &Workspace, step: &str) -> Ended {
    let (workflow, step) = match step.split_once('.') {
        Some((workflow, step)) => (Some(workflow), step),
        None => (None, step),
    };
    let plan = find(screen, workspace, workflow, step)?;
    let id = StepId::new(step).map_err(Stop::usage)?;
    let does = plan.step(&id).map(|step| &step.does);
    let Some(Does::Agent(agent)) = does else {
        let what = format!("`{step}` is no agent's step, so nobody reads instructions there");
        return Err(Stop::usage(what));
    };
    let wrong = instructions::findings(&workspace.files, std::iter::once(&plan));
    let here = |one: &Finding| agent.instructions.iter().any(|part| file(&part.source) == one.file);
    let wrong: Vec<&Finding> = wrong.iter().filter(|one| here(one)).collect();
    let findings: Vec<_> = wrong
        .iter()
        .map(|one| json!({ "file": one.file, "line": one.line, "what": one.what }))
        .collect();
    let parts: Vec<_> = agent
        .instructions
        .iter()
        .map(|part| {
            json!({
                "source": part.source,
                "tokens_about": tokens(&part.text),
                "text": part.text,
            })
        })
        .collect();
    let all: usize = agent.instructions.iter().map(|part| tokens(&part.text)).sum();
    screen.object(
        "instructions",
        json!({ "step": id, "agent": agent.agent, "tokens_about": all, "parts": parts,
            "findings": findings }),
    )?;
    for part in &agent.instructions {
        let head = format!("{} (about {} tokens)", part.source, tokens(&part.text));
        screen.line(screen.word(Look::Strong, &head));
        screen.line(evidence::words::plain_lines(&part.text));
        screen.line("");
    }
    for Finding { file, line, what, .. } in wrong {
        let what = format!("{file}:{line}: {}", evidence::words::plain(what));
        screen.line(screen.word(Look::Warn, &what));
    }
    screen.line(format!("about {all} tokens in every call of `{}`", agent.agent));
    Ok(Exit::Done)
}

/// The plan that has the step: the named workflow's, or the only one with such a step.
fn find(
    screen: &Screen,
    workspace: &Workspace,
    workflow: Option<&str>,
    step: &str,
) -> Result<Plan, Stop> {
    if let Some(workflow) = workflow {
        return check::plan(screen, workspace, workflow);
    }
    let checked = plan::check_all(&workspace.files);
    if !checked.problems.is_empty() {
        let count = checked.problems.len();
        return Err(check::problems(screen, workspace, &checked.problems, count));
    }
    let has = |plan: &Plan| plan.workflow().steps.iter().any(|s| s.id.as_str() == step);
    let mut found: Vec<Plan> = checked.plans.into_values().filter(has).collect();
    match (found.pop(), found.len()) {
        (Some(plan), 0) => Ok(plan),
        (Some(plan), _) => {
            let help = format!("name the workflow, such as `{}.{step}`", plan.workflow().name);
            Err(Stop::usage(format!("more than one workflow has a step `{step}`")).help(help))
        }
        (None, _) => Err(Stop::usage(format!("no workflow has a step `{step}`"))),
    }
}
