//! `policy`: what the policies say of each act, the cases that they must decide as written, and
//! whether they let more pass than those that ran last.

use evidence::words;
use journal::RunQuery;
use plan::Plan;
use plan::policy::compare::{self, Case, Compared};
use plan::policy::{Policies, Slice, trial};
use plan::workflow::Workflow;
use serde_json::json;

use super::check;
use crate::args::{Global, Policy};
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};
use crate::stored::Runs;
use crate::workspace::Workspace;

/// Where an operator's cases stand.
const CASES: &str = "policies/cases.yaml";

/// What is wanted of the policies.
pub fn policy(screen: &Screen, global: &Global, what: &Policy) -> Ended {
    let workspace = Workspace::open(global)?;
    match what {
        Policy::Explain { workflow } => explain(screen, &workspace, workflow),
        Policy::Test => test(screen, &workspace),
        Policy::Compare { workflow, release } => {
            let plans = plans(screen, &workspace, workflow.as_deref())?;
            compare_all(screen, global, &plans, release.as_deref())
        }
    }
}

fn plans(screen: &Screen, workspace: &Workspace, one: Option<&str>) -> Result<Vec<Plan>, Stop> {
    match one {
        Some(name) => Ok(vec![check::plan(screen, workspace, name)?]),
        None => Ok(plan::check_all(&workspace.files).plans.into_values().collect()),
    }
}

/// For each act the policies that matter for it, and what they look at.
fn explain(screen: &Screen, workspace: &Workspace, name: &str) -> Ended {
    let (name, only) = match name.split_once('.') {
        Some((workflow, step)) => (workflow, Some(step)),
        None => (name, None),
    };
    let plan = check::plan(screen, workspace, name)?;
    let workflow = plan.workflow();
    let policies = Policies::parse(&workflow.policies).map_err(Stop::failed)?;
    let steps = workflow.steps.iter().filter(|step| only.is_none_or(|id| step.id.as_str() == id));
    let mut seen = false;
    for step in steps {
        for (act, doing) in compare::acts(workflow, &step.id) {
            seen = true;
            let slice = Slice::of(workflow, &policies, doing.as_act(&step.id));
            let slice = slice.map_err(Stop::failed)?;
            let matters = slice.names();
            let looks: Vec<String> = slice.mentions().iter().map(compare::named).collect();
            let fixed = slice.fixed().map(compare::ruling);
            screen.object(
                "policies",
                json!({ "step": step.id, "act": act, "policies": matters, "looks_at": looks,
                    "always": fixed }),
            )?;
            screen.line(screen.word(Look::Strong, &format!("{}: {act}", step.id)));
            if let Some(always) = fixed {
                screen.line(format!("  always {always}"));
            }
            for id in matters {
                let policy = workflow.policies.iter().find(|policy| policy.id == id);
                let file = policy.map_or("", |policy| policy.file.as_str());
                let ask = policy.and_then(|policy| policy.ask.as_ref());
                let ask = ask.map(|role| format!(", asks {role}")).unwrap_or_default();
                screen.line(format!("  {id} ({file}){ask}"));
            }
            if !looks.is_empty() {
                screen.line(format!("  looks at {}", looks.join(", ")));
            }
        }
    }
    if seen {
        return Ok(Exit::Done);
    }
    let what = only.map_or_else(|| format!("`{name}`"), |step| format!("`{name}.{step}`"));
    Err(Stop::usage(format!("{what} does nothing outside, so no policy matters for it"))
        .help(format!("`flightdeck show {name}` lists the steps")))
}

/// The cases of the operator, one after the other.
fn test(screen: &Screen, workspace: &Workspace) -> Ended {
    let file = workspace.root.join(CASES);
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Stop::usage(format!("there is no `{CASES}`"))
                .help("`flightdeck explain policy_cases` shows how one is written"));
        }
        Err(error) => return Err(error.into()),
    };
    let trials = trial::read(&text).map_err(|why| Stop::usage(format!("`{CASES}`: {why}")))?;
    let plans = plan::check_all(&workspace.files).plans;
    let mut failed = 0_usize;
    for one in &trials {
        let name = one.place().map_or("", |(workflow, _)| workflow);
        let plan = plans.values().find(|plan| plan.workflow().name.as_str() == name);
        let came = match plan {
            Some(plan) => trial::run(plan.workflow(), one),
            None => Err(format!("no workflow `{name}` is fit to run")),
        };
        let (held, told) = match came {
            Ok(Ok(told)) => (true, told),
            Ok(Err(told)) => (false, format!("{told}; it should be `{}`", expected(one))),
            Err(why) => (false, why),
        };
        failed += usize::from(!held);
        screen.object("policy_case", json!({ "case": one.case, "held": held, "told": told }))?;
        let mark = if held { ("held   ", Look::Good) } else { ("FAILED ", Look::Bad) };
        screen.line(format!("{} {}: {told}", screen.word(mark.1, mark.0), words::plain(&one.case)));
    }
    screen.line(format!("{} of {} cases held", trials.len() - failed, trials.len()));
    if trials.is_empty() {
        return Err(Stop::usage(format!("`{CASES}` holds no case")));
    }
    Ok(if failed == 0 { Exit::Done } else { Exit::Findings })
}

fn expected(one: &trial::Trial) -> String {
    let by = one.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    format!("{}{by}", one.expect)
}

/// Each workflow's policies against those of its release that ran last, or of the named one.
fn compare_all(screen: &Screen, global: &Global, plans: &[Plan], release: Option<&str>) -> Ended {
    let runs = Runs::existing(global)?;
    let mut wider = false;
    let mut compared_any = false;
    for plan in plans {
        let workflow = plan.workflow();
        let Some(before) = before(&runs, workflow, release)? else {
            screen.line(format!("{}: no release of it ran before", workflow.name));
            continue;
        };
        compared_any = true;
        let old = &before.workflow().policies;
        let found = compare::compare(workflow, old, &workflow.policies).map_err(Stop::failed)?;
        let of: String = before.release().to_string().chars().take(12).collect();
        screen.object(
            "policies_compared",
            json!({ "workflow": workflow.name, "with": before.release(), "found": found }),
        )?;
        wider |= !found.wider.is_empty();
        told(screen, workflow, &of, &found);
    }
    if !compared_any && release.is_some() {
        return Err(Stop::usage("no release of that id is stored")
            .help("`flightdeck runs --json` names the release of each case"));
    }
    Ok(if wider { Exit::Findings } else { Exit::Done })
}

fn told(screen: &Screen, workflow: &Workflow, of: &str, found: &Compared) {
    let Compared { acts, tried, cut, wider, narrower } = found;
    let tried = words::number(u64::try_from(*tried).unwrap_or(u64::MAX));
    screen
        .line(format!("{}, against release {of}: {acts} acts, {tried} cases tried", workflow.name));
    for (cases, what, look) in
        [(wider, "lets more pass", Look::Bad), (narrower, "lets less pass", Look::Good)]
    {
        for Case { step, act, given, before, after } in cases {
            screen.line(screen.word(look, &format!("  {step}: {act} {what}")));
            screen.line(format!(
                "    where {}",
                if given.is_empty() { "always".to_owned() } else { given.join(", ") }
            ));
            screen.line(format!("    before: {before}"));
            screen.line(format!("    now: {after}"));
        }
    }
    if wider.is_empty() && narrower.is_empty() {
        screen.line("  nothing that was tried is decided otherwise");
    }
    for act in cut {
        screen.line(format!("  not every case of {act} was tried"));
    }
}

/// The release that is compared with: the named one, or the last other one that ran.
fn before(
    runs: &Runs,
    workflow: &Workflow,
    release: Option<&str>,
) -> Result<Option<std::sync::Arc<Plan>>, Stop> {
    let query =
        RunQuery { workflow: Some(workflow.name.clone()), limit: 10_000, ..RunQuery::default() };
    let same = |plan: &Plan| plan.workflow().policies == workflow.policies;
    let mut last = None;
    for line in runs.lines(&query)? {
        if let Some(wanted) = release
            && !line.release.to_string().starts_with(wanted)
        {
            continue;
        }
        let Some(plan) = runs.release(line.release) else { continue };
        // One with the very same policies says nothing, unless there is no other.
        if release.is_some() || !same(&plan) {
            return Ok(Some(plan));
        }
        last = last.or(Some(plan));
    }
    Ok(last)
}
