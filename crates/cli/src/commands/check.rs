//! `check` and `show`: the files as they stand, without running anything.

use std::collections::BTreeSet;

use plan::{Checked, Plan, Problems};
use serde_json::json;

use super::mcp;
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};
use crate::workspace::Workspace;

/// The workspace with what can be put right by itself put right, which is said line by line.
pub fn mended(screen: &Screen, workspace: Workspace) -> Result<Workspace, Stop> {
    let (files, made) = plan::mend(&workspace.files);
    let changed: BTreeSet<&str> = made.iter().map(|one| one.file.as_str()).collect();
    for path in changed {
        if let Some(text) = files.get(path) {
            mcp::replace(&workspace.root.join(path), text)?;
        }
    }
    for one in &made {
        screen.object("fix", one)?;
        let (from, to) = (evidence::words::plain(&one.from), evidence::words::plain(&one.to));
        let now = if to.is_empty() { "is taken out".to_owned() } else { format!("is now `{to}`") };
        screen.line(format!("{}:{}: `{from}` {now} ({})", one.file, one.line, one.code));
    }
    if made.is_empty() {
        screen.line("there is nothing that can be put right without you");
    }
    Ok(Workspace { files, ..workspace })
}

/// Every problem of the workspace, or of one workflow.
pub fn check(screen: &Screen, workspace: &Workspace, workflow: Option<&str>) -> Ended {
    let checked = match workflow {
        None => plan::check_all(&workspace.files),
        Some(name) => match workspace.plan(name) {
            Ok(plan) => Checked {
                plans: [(plan.workflow().name.clone(), plan)].into(),
                problems: Problems::default(),
            },
            Err(problems) => Checked { plans: Default::default(), problems },
        },
    };
    let releases: Vec<_> = checked
        .plans
        .iter()
        .map(|(name, plan)| {
            json!({
                "workflow": name,
                "release": plan.release(),
                "steps": plan.workflow().steps.len(),
                "open": plan.workflow().open,
            })
        })
        .collect();
    let count = checked.problems.len();
    screen.object("check", json!({ "workflows": releases, "problems": checked.problems }))?;
    for (name, plan) in &checked.plans {
        let release: String = plan.release().to_string().chars().take(12).collect();
        let steps = plan.workflow().steps.len();
        let good = screen.word(Look::Good, "fit to run");
        screen.line(format!("{name}: {good}, {steps} steps, release {release}"));
        for question in &plan.workflow().open {
            let who = question.who.as_ref().map(|who| format!(" ({who})")).unwrap_or_default();
            let open = screen.word(Look::Warn, "not settled, so not to be deployed");
            screen.line(format!("  {open}: {}{who}", evidence::words::plain(&question.what)));
        }
    }
    if checked.problems.is_empty() {
        if checked.plans.is_empty() {
            let help = "add a file to `workflows/`, or make a workspace with `flightdeck new`";
            return Err(Stop::usage("there is no workflow to check").help(help));
        }
        return Ok(Exit::Done);
    }
    Err(shown(screen, workspace, &checked.problems, count))
}

/// Shows problems and says how many there are.
pub fn problems(screen: &Screen, workspace: &Workspace, problems: &Problems, count: usize) -> Stop {
    screen.complaint("problems", json!({ "problems": problems }));
    shown(screen, workspace, problems, count)
}

fn shown(screen: &Screen, workspace: &Workspace, problems: &Problems, count: usize) -> Stop {
    screen.note(problems.render(&workspace.files, screen.colour_err));
    let first = problems.iter().next().map_or("CODE", |problem| problem.code.id);
    let many = if count == 1 { "1 problem".to_owned() } else { format!("{count} problems") };
    Stop::usage(format!("{many}; nothing was started"))
        .help(format!("`flightdeck explain {first}` says more about a code"))
}

/// The plan of a workflow; its problems end the command.
pub fn plan(screen: &Screen, workspace: &Workspace, workflow: &str) -> Result<Plan, Stop> {
    workspace.plan(workflow).map_err(|found| {
        let count = found.len();
        problems(screen, workspace, &found, count)
    })
}

/// How a workflow is shown.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    Sentences,
    Mermaid,
    Guide,
}

/// A workflow in plain sentences, as a picture, or as a page for whoever connects it.
pub fn show(screen: &Screen, workspace: &Workspace, workflow: &str, form: Form) -> Ended {
    let plan = plan(screen, workspace, workflow)?;
    let (word, text) = match form {
        Form::Sentences => ("sentences", plan::show::sentences(&plan)),
        Form::Mermaid => ("mermaid", plan::show::mermaid(&plan)),
        Form::Guide => {
            let places = plan::places(&workspace.files).map_err(|found| {
                let count = found.len();
                problems(screen, workspace, &found, count)
            })?;
            ("guide", plan::show::guide(&plan, &places))
        }
    };
    screen.object(
        "show",
        json!({ "workflow": plan.workflow().name, "release": plan.release(), word: text }),
    )?;
    screen.line(text);
    Ok(Exit::Done)
}
