//! `mcp narrow`: what agents and workflows may use, against what they did use, and the smaller
//! leave that would have been enough. It changes nothing: a person decides, and `mcp pin` or an
//! editor does it.

use std::collections::{BTreeMap, BTreeSet};

use evidence::words;
use journal::RunQuery;
use plan::Plan;
use plan::ids::ToolName;
use plan::workflow::{Does, Work, Workflow};
use serde_json::json;

use crate::args::Global;
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};
use crate::stored::Runs;
use crate::workspace::Workspace;

/// How many cases are looked at.
const LOOKED_AT: usize = 20_000;

/// What the cases of a workflow did.
#[derive(Default)]
struct Used {
    cases: usize,
    /// Calls by step and tool.
    calls: BTreeMap<(String, String), u64>,
    /// How often each step was entered.
    entered: BTreeMap<String, u64>,
}

/// Proposes smaller leave, from what at least so many cases did.
pub fn narrow(screen: &Screen, global: &Global, least: usize) -> Ended {
    let workspace = Workspace::open(global)?;
    let places = workspace.places().map_err(Stop::usage)?;
    let plans = plan::check_all(&workspace.files).plans;
    let runs = Runs::open(global)?;
    let mut proposed = 0_usize;
    let mut declared: BTreeSet<ToolName> = BTreeSet::new();
    for plan in plans.values() {
        all_tools(plan.workflow(), &mut declared);
        let used = match &runs {
            Some(runs) => used(runs, plan)?,
            None => Used::default(),
        };
        proposed += of_workflow(screen, plan.workflow(), &used, least)?;
    }
    let unused: Vec<&ToolName> =
        places.lock.tools.keys().filter(|name| !declared.contains(*name)).collect();
    // With a workflow that cannot be read, its tools would seem to be nobody's.
    if plan::check_all(&workspace.files).problems.is_empty() && !plans.is_empty() {
        for name in &unused {
            proposed += 1;
            screen.object("narrower", json!({ "tool": name, "why": "no workflow names it" }))?;
            screen.line(format!("mcp.lock: `{name}` is approved, and no workflow names it"));
        }
        for (server, spec) in &places.servers {
            let any = places.lock.tools.keys().any(|tool| tool.server() == server);
            if !any && (spec.command.is_some() || spec.url.is_some()) {
                proposed += 1;
                let why = "nothing of it is approved";
                screen.object("narrower", json!({ "server": server, "why": why }))?;
                screen.line(format!(".mcp.json: `{server}` is declared, and {why}"));
            }
        }
    }
    if proposed == 0 {
        screen.line("nothing that is allowed was left unused, as far as cases show");
    }
    Ok(if proposed == 0 { Exit::Done } else { Exit::Findings })
}

/// Every tool that a workflow names, and those that it calls.
fn all_tools(workflow: &Workflow, into: &mut BTreeSet<ToolName>) {
    into.extend(workflow.tools.keys().cloned());
    for child in workflow.children.values() {
        all_tools(child, into);
    }
}

fn used(runs: &Runs, plan: &Plan) -> Result<Used, Stop> {
    let workflow = Some(plan.workflow().name.clone());
    let query = RunQuery { workflow, limit: LOOKED_AT, ..RunQuery::default() };
    let mut used = Used::default();
    for line in runs.lines(&query)? {
        let view = match runs.view(line.run) {
            Ok(view) if !view.rehearsal && !view.seeded => view,
            Ok(_) => continue,
            Err(stop) if stop.is_damage() => continue,
            Err(stop) => return Err(stop),
        };
        used.cases += 1;
        for step in &view.steps {
            *used.entered.entry(step.at.step.to_string()).or_default() += 1;
        }
        for act in &view.acts {
            if let Some(tool) = &act.tool {
                *used.calls.entry((act.at.step.to_string(), tool.clone())).or_default() += 1;
            }
        }
    }
    Ok(used)
}

fn of_workflow(
    screen: &Screen,
    workflow: &Workflow,
    used: &Used,
    least: usize,
) -> Result<usize, Stop> {
    let mut proposed = 0;
    for step in &workflow.steps {
        let Does::Agent(agent) = &step.does else { continue };
        let Work::Answer { tools, .. } = &agent.work else { continue };
        if tools.is_empty() {
            continue;
        }
        let entered = used.entered.get(step.id.as_str()).copied().unwrap_or_default();
        let name = format!("{}.{}", workflow.name, step.id);
        if entered < u64::try_from(least).unwrap_or(u64::MAX) {
            screen.line(format!("{name}: {entered} visits say too little; it takes {least}"));
            continue;
        }
        let calls = |tool: &&ToolName| {
            let key = (step.id.to_string(), tool.to_string());
            used.calls.get(&key).copied().unwrap_or_default()
        };
        let (kept, unused): (Vec<&ToolName>, Vec<&ToolName>) =
            tools.iter().partition(|tool| calls(tool) > 0);
        if unused.is_empty() {
            continue;
        }
        proposed += unused.len();
        screen.object(
            "narrower",
            json!({ "workflow": workflow.name, "step": step.id, "visits": entered,
                "unused": unused, "tools": kept }),
        )?;
        let list =
            |all: &[&ToolName]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let visits = words::number(entered);
        let what = format!("{name}: never called in {visits} visits: {}", list(&unused));
        screen.line(screen.word(Look::Warn, &what));
        screen.line(format!("  `tools: [ {} ]` would have been enough", list(&kept)));
    }
    Ok(proposed)
}
