//! `deploy`, `promote`, `rollback` and `releases`: what is live, and how it came to be. What may
//! not be is for whoever drives the runs to say; what is worse is compared in `evidence`.

use std::sync::Arc;

use evidence::canary::{Comparison, Verdict};
use evidence::releases::{ReleaseView, State, measured, short};
use evidence::words;
use journal::{OnTrial, Rollout, Tried};
use plan::Plan;
use plan::ids::WorkflowName;
use runtime::{ReleaseOrder, Rolled};
use serde_json::json;

use super::{check, mcp, test};
use crate::args::{Deploy, Global, Release};
use crate::canaries::Look;
use crate::deploying::{Begun, Deploying, begin};
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
    mcp::places(screen, &workspace)?;
    let (at_once, wish) = (args.at_once, args.wish());
    let deploying = match begin(&workspace, Runs::open(global)?.as_ref(), plan, &who, wish)? {
        Begun::Goes(deploying) => deploying,
        Begun::There(rolled) => {
            told(screen, &name, &rolled, &[], None)?;
            let release = rolled.canary.unwrap_or(rolled.live);
            screen.line(format!("release {} of `{name}` is that already", short(release)));
            return Ok(Exit::Done);
        }
    };
    let Deploying { plan, live, canary, new, at_least, trials, .. } = &*deploying;
    news(screen, live.as_deref(), new);
    let each = |name: &str, tried: &trial::Tried| {
        test::one(screen, name, trials.as_ref().and_then(|trials| trials.get(name)), tried);
    };
    let tried = mcp::within(deploying.tried(&workspace, at_once, each))??;
    let tally = tried.map(|tried| test::summary(screen, None, Some(*at_least), plan, &tried));
    let (order, tried) = match deploying.order(tally.transpose()?.as_ref()) {
        Ok(order) => order,
        Err(stop) if stop.exit == Exit::Findings => {
            screen.line(screen.word(Colour::Bad, &format!("{:#}", stop.what)));
            return Ok(Exit::Findings);
        }
        Err(stop) => return Err(stop),
    };
    let rolled = ordered(global, &workspace, order)?;
    told(screen, &name, &rolled, new, tried)?;
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
        Some(start) => Some(releases::before(&Runs::existing(global)?, &workflow, start)?),
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
