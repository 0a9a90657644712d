//! `autonomy`: how far each step that acts may go by itself now, since when and why, and what was
//! seen of it.

use std::collections::{BTreeMap, BTreeSet};

use evidence::attention::Seen;
use evidence::{RunView, words};
use journal::{Drill, Millis, Record, RunQuery, StopScope};
use plan::Plan;
use plan::ids::{PersonId, StepId, WorkflowName};
use plan::workflow::{Autonomy, Step};
use serde_json::json;

use super::check;
use crate::args::Global;
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};
use crate::stored::Runs;
use crate::workspace::Workspace;

/// How many cases are looked at.
const LOOKED_AT: usize = 20_000;

/// Who holds a workflow or step lower than its map does.
struct Held {
    level: Autonomy,
    at: Millis,
    who: PersonId,
    why: Option<String>,
    scope: StopScope,
}

/// Says how far each step may go.
pub fn autonomy(screen: &Screen, global: &Global, workflow: Option<&str>) -> Ended {
    let workspace = Workspace::open(global)?;
    let plans: Vec<Plan> = match workflow {
        Some(name) => vec![check::plan(screen, &workspace, name)?],
        None => plan::check_all(&workspace.files).plans.into_values().collect(),
    };
    let runs = Runs::open(global)?;
    let held = match &runs {
        Some(runs) => held(runs)?,
        None => Vec::new(),
    };
    for plan in &plans {
        one(screen, runs.as_ref(), plan, &held)?;
    }
    if plans.is_empty() {
        screen.line("no workflow is fit to run; `flightdeck check` says why");
    }
    if let Some(runs) = &runs {
        drills(screen, runs)?;
    }
    Ok(Exit::Done)
}

fn one(screen: &Screen, runs: Option<&Runs>, plan: &Plan, held: &[Held]) -> Result<(), Stop> {
    let workflow = plan.workflow();
    let declared = workflow.rung(None);
    screen.line(format!("{}: `{}` as its map says", workflow.name, declared.as_str()));
    let views = match runs {
        Some(runs) => views(runs, &workflow.name)?,
        None => Vec::new(),
    };
    for step in workflow.acting() {
        let own = workflow.rung(Some(step));
        let by = held.iter().filter(|held| covers(held, &workflow.name, step));
        let by = by.min_by_key(|held| held.level).filter(|held| held.level < own);
        let now = by.map_or(own, |held| held.level);
        let steps = BTreeSet::from([step.id.clone()]);
        let since = by.map_or(Millis(0), |held| held.at);
        let seen = Seen::of(views.iter(), &steps, since);
        screen.object(
            "autonomy",
            json!({ "workflow": workflow.name, "step": step.id, "declared": own, "now": now,
                "held": by.map(|held| json!({ "since": held.at.0, "by": held.who,
                    "reason": held.why, "scope": held.scope })),
                "seen": seen }),
        )?;
        let word = match by {
            None => now.as_str().to_owned(),
            Some(_) => screen.word(Look::Warn, now.as_str()),
        };
        screen.line(format!("  {:<20} {word}: {}", step.id.to_string(), meaning(now)));
        if let Some(held) = by {
            let why = held.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            let zone = Some(workflow.hours.zone.as_str());
            let when = words::when(held.at, zone);
            screen.line(format!("    held there by {} since {when}{why}", held.who));
            let args = words::scope_args(&held.scope);
            screen.line(format!(
                "    let it go further with `flightdeck resume{args} --reason TEXT`"
            ));
        }
        screen.line(format!("    {}", seen.told()));
    }
    Ok(())
}

fn meaning(level: Autonomy) -> &'static str {
    match level {
        Autonomy::Suggest => "nothing is carried out",
        Autonomy::Approve => "a person sees every effect before it happens",
        Autonomy::ActWithUndo => "what can be undone happens by itself",
        Autonomy::Act => "what is declared happens by itself",
    }
}

fn covers(held: &Held, name: &WorkflowName, at: &Step) -> bool {
    match &held.scope {
        StopScope::Beyond { workflow, step, .. } => {
            workflow == name && step.as_ref().is_none_or(|step| *step == at.id)
        }
        _ => false,
    }
}

/// What is held lower than its map says, with who did it and why.
fn held(runs: &Runs) -> Result<Vec<Held>, Stop> {
    let stops = runs.reader().stops()?;
    let history = runs.desk_history()?;
    let mut all: BTreeMap<StopScope, Held> = BTreeMap::new();
    for frame in history.frames() {
        for record in &frame.records {
            let Record::StopSet { scope, who, reason } = record else { continue };
            let StopScope::Beyond { level, .. } = scope else { continue };
            if stops.contains(scope) {
                let why = history.text(*reason).map(|text| words::plain(&text));
                let (level, at, who) = (*level, frame.at, who.clone());
                all.insert(scope.clone(), Held { level, at, who, why, scope: scope.clone() });
            }
        }
    }
    Ok(all.into_values().collect())
}

/// What was seen of a scope since it was held there, for whoever lets it go further.
pub fn since(
    runs: &Runs,
    scope: &StopScope,
    workflow: &WorkflowName,
    step: Option<&StepId>,
) -> Result<String, Stop> {
    let at = held(runs)?.into_iter().find(|held| held.scope == *scope).map(|held| held.at);
    let views = views(runs, workflow)?;
    let steps: BTreeSet<StepId> = match step {
        Some(step) => BTreeSet::from([step.clone()]),
        None => views.iter().flat_map(|v| v.steps.iter().map(|s| s.at.step.clone())).collect(),
    };
    let seen = Seen::of(views.iter(), &steps, at.unwrap_or(Millis(0)));
    Ok(format!("seen until then: {}", seen.told()))
}

/// The cases of a workflow. A damaged one is left out: `doctor` and `why` name it.
fn views(runs: &Runs, workflow: &WorkflowName) -> Result<Vec<RunView>, Stop> {
    let query =
        RunQuery { workflow: Some(workflow.clone()), limit: LOOKED_AT, ..RunQuery::default() };
    let mut views = Vec::new();
    for line in runs.lines(&query)? {
        match runs.view(line.run) {
            Ok(view) => views.push(view),
            Err(stop) if stop.is_damage() => {}
            Err(stop) => return Err(stop),
        }
    }
    Ok(views)
}

fn drills(screen: &Screen, runs: &Runs) -> Result<(), Stop> {
    let drills = runs.desk()?.drills;
    let failed: Vec<&str> =
        drills.values().filter(|last| !last.passed).map(|last| last.drill.as_str()).collect();
    let never = Drill::ALL.iter().filter(|drill| !drills.contains_key(drill));
    let never: Vec<&str> = never.map(|drill| drill.as_str()).collect();
    if !failed.is_empty() {
        let text = format!("drills that did not hold: {}", failed.join(", "));
        screen.line(screen.word(Look::Bad, &text));
    }
    if !never.is_empty() {
        screen.line(format!("never drilled: {}", never.join(", ")));
    }
    Ok(())
}
