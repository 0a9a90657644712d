//! `deploy`, `promote`, `rollback` and `releases`: what is live, and how it came to be. What may
//! not be is for whoever drives the runs to say; what is worse is compared in `evidence`.

use std::sync::Arc;

use evidence::canary::{Comparison, Verdict};
use evidence::releases::{ReleaseView, State, measured, short};
use evidence::words;
use journal::{OnTrial, Rollout, Tried};
use plan::Plan;
use plan::changes::changes;
use plan::ids::{ReleaseId, WorkflowName};
use runtime::{ReleaseOrder, Rolled};
use serde_json::json;

use super::{check, mcp, test};
use crate::args::{Deploy, Global, Release};
use crate::canaries::Look;
use crate::driver::{Driver, Drives};
use crate::exit::{Ended, Exit, Stop};
use crate::releases;
use crate::screen::{Look as Colour, Screen};
use crate::stored::{Runs, now};
use crate::workspace::Workspace;
use crate::{people, trial};

/// Does what was typed about releases.
pub fn release(screen: &Screen, global: &Global, what: Release) -> Ended {
    match what {
        Release::Deploy(args) => deploy(screen, global, args),
        Release::Promote { workflow, reason } => {
            let order = ReleaseOrder::Promote { workflow: workflow.clone(), reason };
            let rolled = ordered(global, &Workspace::open(global)?, order)?;
            told(screen, &workflow, &rolled, &[], None)?;
            let live = short(rolled.live);
            screen.line(format!("new cases of `{workflow}` begin on release {live}"));
            Ok(Exit::Done)
        }
        Release::Rollback { workflow, to, reason } => {
            rollback(screen, global, workflow, to.as_deref(), reason.reason)
        }
        Release::Releases { workflow } => list(screen, global, workflow.as_ref()),
    }
}

fn deploy(screen: &Screen, global: &Global, args: Deploy) -> Ended {
    let workspace = Workspace::open(global)?;
    let who = people::known(global, &workspace)?;
    let plan = Arc::new(check::plan(screen, &workspace, &args.workflow)?);
    let name = plan.workflow().name.clone();
    let runs = Runs::open(global)?;
    let (_, rollouts) = releases::stored(runs.as_ref())?;
    let rollout = rollouts.get(&name);
    let live = releases::live(runs.as_ref(), &name)?;
    let places = mcp::places(screen, &workspace)?;
    releases::may(&places, live.as_deref(), &plan, &who)?;
    if let Some(rolled) = is_there(rollout, plan.release())? {
        told(screen, &name, &rolled, &[], None)?;
        screen.line(format!("release {} of `{name}` is that already", short(plan.release())));
        return Ok(Exit::Done);
    }
    let rules = places.releases.of(&name);
    let canary = releases::canary(rules, args.share, live.is_some())?;
    let new = live.as_deref().map(|live| changes(live, &plan)).unwrap_or_default();
    news(screen, live.as_deref(), &new);
    let at_least = releases::at_least(rules, args.at_least);
    let Some(tried) = kept_cases(screen, &workspace, &plan, &args, at_least)? else {
        return Ok(Exit::Findings);
    };
    let order = releases::order(&plan, canary, tried.0, args.reason);
    let rolled = ordered(global, &workspace, order)?;
    told(screen, &name, &rolled, &new, tried.0)?;
    let release = short(plan.release());
    match canary.filter(|_| rolled.canary.is_some()) {
        Some(rules) => {
            let (share, cases) = (words::share(rules.share), rules.cases);
            screen.line(format!(
                "{share} of new cases of `{name}` begin on release {release}, until {cases} of \
                 them are compared; `flightdeck releases {name}` says how they come out"
            ));
        }
        None => screen.line(format!("new cases of `{name}` begin on release {release}")),
    }
    if live.is_none() && !plan.workflow().starts.is_empty() {
        screen.line("its starts are on while `flightdeck up` runs");
    }
    Ok(Exit::Done)
}

/// Whether a release is live or tried already. While another one is tried none is deployed.
fn is_there(rollout: Option<&Rollout>, release: ReleaseId) -> Result<Option<Rolled>, Stop> {
    let Some(rollout) = rollout else { return Ok(None) };
    let canary = rollout.canary.map(|canary| canary.release);
    if canary.is_none_or(|canary| canary == release) {
        let is_there = canary == Some(release) || rollout.live == release;
        let rolled = Rolled { changed: false, live: rollout.live, canary, left: None };
        return Ok(is_there.then_some(rolled));
    }
    let tried = canary.map(short).unwrap_or_default();
    Err(Stop::usage(format!("release {tried} is still being tried"))
        .help("`flightdeck promote` makes it live, `flightdeck rollback` ends it"))
}

/// The cases that were tried, or that there were none.
struct Shown(Option<Tried>);

/// Tries the kept cases. Nothing where too few came out as they should.
fn kept_cases(
    screen: &Screen,
    workspace: &Workspace,
    plan: &Arc<Plan>,
    args: &Deploy,
    at_least: u32,
) -> Result<Option<Shown>, Stop> {
    let name = &plan.workflow().name;
    let folder = trial::folder(&workspace.root, name.as_str());
    if !trial::has_cases(&folder) {
        if args.untried {
            return Ok(Some(Shown(None)));
        }
        let what = format!("there is no case in `cases/{name}` to try it with");
        return Err(Stop { exit: Exit::Findings, ..Stop::usage(what) }
            .help("keep some, or say `--untried --reason TEXT`; `flightdeck explain test_cases`"));
    }
    if args.untried {
        return Err(Stop::usage(format!("there are cases in `cases/{name}`, so they are tried"))
            .help("leave `--untried` out"));
    }
    let trials = Arc::new(trial::read(&folder)?);
    let names: Vec<String> = trials.keys().cloned().collect();
    let each = |name: &str, tried: &trial::Tried| test::one(screen, name, trials.get(name), tried);
    let tried = mcp::within(trial::tried(workspace, plan, &trials, &names, args.at_once, each))??;
    let tally = test::summary(screen, None, Some(at_least), plan, &tried)?;
    if tally.reached(Some(at_least)) {
        return Ok(Some(Shown(Some(releases::tried(&tally, at_least)))));
    }
    screen.line(screen.word(
        Colour::Bad,
        &format!("nothing was deployed: {} has to come out as expected", words::share(at_least)),
    ));
    Ok(None)
}

fn news(screen: &Screen, live: Option<&Plan>, new: &[String]) {
    let Some(live) = live else { return };
    let live = short(live.release());
    if new.is_empty() {
        screen.line(format!("nothing that is shown differs from the live release {live}"));
        return;
    }
    screen.line(format!("new against the live release {live}:"));
    new.iter().for_each(|part| screen.line(format!("  {}", words::plain(part))));
}

fn told(
    screen: &Screen,
    workflow: &WorkflowName,
    rolled: &Rolled,
    new: &[String],
    tried: Option<Tried>,
) -> Result<(), Stop> {
    let Rolled { changed, live, canary, left } = rolled;
    screen.object(
        "deployed",
        json!({
            "workflow": workflow, "changed": changed, "live": live, "canary": canary,
            "left": left, "new": new, "tried": tried,
        }),
    )?;
    Ok(())
}

fn ordered(global: &Global, workspace: &Workspace, order: ReleaseOrder) -> Result<Rolled, Stop> {
    let who = people::named(global)?;
    mcp::within(async {
        let driver = Driver::start(workspace, Drives::Told).await?;
        let rolled = driver.release(&who, order).await;
        driver.close().await;
        rolled
    })?
}

fn rollback(
    screen: &Screen,
    global: &Global,
    workflow: WorkflowName,
    to: Option<&str>,
    reason: String,
) -> Ended {
    let to = match to {
        Some(start) => Some(before(global, &workflow, start)?),
        None => None,
    };
    let order = ReleaseOrder::RollBack { workflow: workflow.clone(), to, reason };
    let rolled = ordered(global, &Workspace::open(global)?, order)?;
    told(screen, &workflow, &rolled, &[], None)?;
    let (live, left) = (short(rolled.live), rolled.left.map(short).unwrap_or_default());
    screen.line(format!(
        "new cases of `{workflow}` begin on release {live}, and none on {left} any more; cases \
         that are open go on with theirs"
    ));
    Ok(Exit::Done)
}

/// The release that was live before and whose id begins so.
fn before(global: &Global, workflow: &WorkflowName, start: &str) -> Result<ReleaseId, Stop> {
    let (_, rollouts) = releases::stored(Some(&Runs::existing(global)?))?;
    let rollout = rollouts.get(workflow);
    let all = rollout.into_iter().flat_map(|rollout| rollout.before.iter().chain([&rollout.live]));
    let mut found: Vec<ReleaseId> =
        all.filter(|release| release.to_string().starts_with(start)).copied().collect();
    found.sort_unstable();
    found.dedup();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            Err(Stop::usage(format!("no release of `{workflow}` that was live begins `{start}`"))
                .help(format!("`flightdeck releases {workflow}` lists them")))
        }
        _ => Err(Stop::usage(format!("more than one release begins with `{start}`"))
            .help("type more of its id")),
    }
}

fn list(screen: &Screen, global: &Global, workflow: Option<&WorkflowName>) -> Ended {
    let runs = Runs::open(global)?;
    let (all, rollouts) = releases::stored(runs.as_ref())?;
    let wanted = |one: &&ReleaseView| workflow.is_none_or(|name| one.workflow == *name);
    let all: Vec<&ReleaseView> = all.iter().filter(wanted).collect();
    if all.is_empty() {
        screen.line("no release was deployed yet; `flightdeck deploy WORKFLOW` makes one live");
        return Ok(Exit::Done);
    }
    let mut look = runs.map(Look::new);
    for one in all {
        let on_trial = rollouts.get(&one.workflow).filter(|_| one.state == State::Canary);
        let compared = match (on_trial, &mut look) {
            (Some(Rollout { live, canary: Some(canary), .. }), Some(look)) => {
                Some(look.compare(&one.workflow, *live, canary, now())?)
            }
            _ => None,
        };
        let mut object = serde_json::to_value(one).map_err(Stop::failed)?;
        if let Some(object) = object.as_object_mut() {
            object.insert("compared".to_owned(), json!(compared));
        }
        screen.object("release", object)?;
        lines(screen, one);
        let canary = on_trial.and_then(|rollout| rollout.canary);
        if let (Some(canary), Some(compared)) = (canary, &compared) {
            compared_lines(screen, &one.workflow, &canary, compared);
        }
    }
    Ok(Exit::Done)
}

fn lines(screen: &Screen, one: &ReleaseView) {
    let look = match one.state {
        State::Live => Colour::Good,
        State::Canary => Colour::Warn,
        State::Before => Colour::Quiet,
        State::RolledBack => Colour::Bad,
    };
    let state = screen.word(look, one.state.words());
    let since = words::when(one.since, None);
    screen.line(format!("{} {}: {state} since {since}", one.workflow, short(one.release)));
    let why = one.reason.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
    screen.line(format!("  deployed by {} at {}{why}", one.who, words::when(one.deployed, None)));
    match one.tried {
        Some(Tried { cases, right, at_least }) => {
            let (right_of, all) = (usize::try_from(right), usize::try_from(cases));
            let (low, high) =
                evidence::trial::between(right_of.unwrap_or(0), all.unwrap_or(usize::MAX));
            screen.line(format!(
                "  {right} of {cases} kept cases came out as expected, {} had to; of all such \
                 cases between {} and {} would (95 %)",
                words::share(at_least),
                words::share(low),
                words::share(high)
            ));
        }
        None => screen.line("  it was tried with no case"),
    }
    if let Some(ended) = &one.ended {
        screen.line(format!("  {}", screen.word(Colour::Bad, ended)));
    }
}

fn compared_lines(
    screen: &Screen,
    workflow: &WorkflowName,
    canary: &OnTrial,
    compared: &Comparison,
) {
    let Comparison { canary: seen, live, looked_at, figures, verdict } = compared;
    let (share, cases) = (words::share(canary.rules.share), canary.rules.cases);
    screen.line(format!(
        "  {share} of new cases; {seen} of {cases} seen, beside {live} of the live release; the \
         first {looked_at} are compared:"
    ));
    figures.iter().for_each(|figure| screen.line(format!("    {}", measured(figure))));
    match verdict {
        Verdict::Goes => screen.line("  more cases are waited for"),
        Verdict::Ready => {
            let said = format!("it is not worse: `flightdeck promote {workflow}` makes it live");
            screen.line(format!("  {}", screen.word(Colour::Good, &said)));
        }
        Verdict::Worse(_) | Verdict::TimeOver => {
            screen.line("  it is gone back from as soon as `flightdeck up` runs");
        }
    }
}
