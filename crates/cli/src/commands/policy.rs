//! `policy`: what the policies say of each act, the cases that they must decide as written, and
//! whether they let more pass than those that ran last.

use evidence::words;
use journal::RunQuery;
use plan::Plan;
use plan::ids::StepId;
use plan::policy::compare::{self, Case, Compared};
use plan::policy::{Policies, Slice, trial, words as policy_words};
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

/// One act of a step, and what policies make of it.
pub struct Ruled {
    pub step: StepId,
    pub act: String,
    /// The policies that matter for it.
    pub policies: Vec<String>,
    /// What they look at.
    pub looks: Vec<String>,
    /// What they decide whatever they see, where that is settled.
    pub always: Option<String>,
}

/// Every act of a workflow's steps.
pub fn ruled(workflow: &Workflow) -> Result<Vec<Ruled>, Stop> {
    let policies = Policies::parse(&workflow.policies).map_err(Stop::failed)?;
    let mut all = Vec::new();
    for step in &workflow.steps {
        for (act, doing) in compare::acts(workflow, &step.id) {
            let slice = Slice::of(workflow, &policies, doing.as_act(&step.id));
            let slice = slice.map_err(Stop::failed)?;
            all.push(Ruled {
                step: step.id.clone(),
                act,
                policies: slice.names().into_iter().map(str::to_owned).collect(),
                looks: slice.mentions().iter().map(compare::named).collect(),
                always: slice.fixed().map(compare::ruling),
            });
        }
    }
    Ok(all)
}

/// For each act the policies that matter for it, and what they look at.
fn explain(screen: &Screen, workspace: &Workspace, name: &str) -> Ended {
    let (name, only) = match name.split_once('.') {
        Some((workflow, step)) => (workflow, Some(step)),
        None => (name, None),
    };
    let plan = check::plan(screen, workspace, name)?;
    let workflow = plan.workflow();
    let mut all = ruled(workflow)?;
    all.retain(|one| only.is_none_or(|id| one.step.as_str() == id));
    for Ruled { step, act, policies, looks, always } in &all {
        screen.object(
            "policies",
            json!({ "step": step, "act": act, "policies": policies, "looks_at": looks,
                "always": always }),
        )?;
        screen.line(screen.word(Look::Strong, &format!("{step}: {act}")));
        if let Some(always) = always {
            screen.line(format!("  always {always}"));
        }
        for id in policies {
            let policy = workflow.policies.iter().find(|policy| policy.id == *id);
            let file = policy.map_or("", |policy| policy.file.as_str());
            screen.line(format!("  {id} ({file})"));
            if let Some(said) = policy.and_then(|policy| policy_words::said(policy).ok()) {
                let conditions = said.conditions.iter().map(|one| format!(", {one}"));
                let sentence = said.does + &conditions.collect::<String>();
                screen.line(format!("    {}", words::plain(&sentence)));
            }
        }
        if !looks.is_empty() {
            screen.line(format!("  looks at {}", looks.join(", ")));
        }
    }
    if !all.is_empty() {
        return Ok(Exit::Done);
    }
    let what = only.map_or_else(|| format!("`{name}`"), |step| format!("`{name}.{step}`"));
    Err(Stop::usage(format!("{what} does nothing outside, so no policy matters for it"))
        .help(format!("`flightdeck show {name}` lists the steps")))
}

/// What came of a case of the operator.
pub struct Tried {
    pub case: String,
    pub held: bool,
    pub told: String,
}

/// The operator's cases; nothing where there is no list of them.
pub fn cases(workspace: &Workspace) -> Result<Option<Vec<trial::Trial>>, Stop> {
    let text = match std::fs::read_to_string(workspace.root.join(CASES)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    trial::read(&text).map(Some).map_err(|why| Stop::usage(format!("`{CASES}`: {why}")))
}

/// What comes of each case of the operator.
pub fn tried(workspace: &Workspace) -> Result<Vec<Tried>, Stop> {
    let trials = cases(workspace)?.ok_or_else(|| {
        Stop::usage(format!("there is no `{CASES}`"))
            .help("`flightdeck explain policy_cases` shows how one is written")
    })?;
    if trials.is_empty() {
        return Err(Stop::usage(format!("`{CASES}` holds no case")));
    }
    let plans = plan::check_all(&workspace.files).plans;
    let one = |one: trial::Trial| {
        let name = one.place().map_or("", |(workflow, _)| workflow);
        let plan = plans.values().find(|plan| plan.workflow().name.as_str() == name);
        let came = match plan {
            Some(plan) => trial::run(plan.workflow(), &one),
            None => Err(format!("no workflow `{name}` is fit to run")),
        };
        let (held, told) = match came {
            Ok(Ok(told)) => (true, told),
            Ok(Err(told)) => (false, format!("{told}; it should be `{}`", expected(&one))),
            Err(why) => (false, why),
        };
        Tried { case: one.case, held, told }
    };
    Ok(trials.into_iter().map(one).collect())
}

/// The cases of the operator, one after the other.
fn test(screen: &Screen, workspace: &Workspace) -> Ended {
    let all = tried(workspace)?;
    for Tried { case, held, told } in &all {
        screen.object("policy_case", json!({ "case": case, "held": held, "told": told }))?;
        let mark = if *held { ("held   ", Look::Good) } else { ("FAILED ", Look::Bad) };
        screen.line(format!("{} {}: {told}", screen.word(mark.1, mark.0), words::plain(case)));
    }
    let held = all.iter().filter(|one| one.held).count();
    screen.line(format!("{held} of {} cases held", all.len()));
    Ok(if held == all.len() { Exit::Done } else { Exit::Findings })
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
