//! The releases of the workspace as they are stored, and what it takes to deploy one: its kept
//! cases and a person who may. Whoever drives the runs checks that person again and writes it down.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::releases::{ReleaseView, State, short};
use evidence::why::Next;
use evidence::{Notice, codes, words};
use journal::{Canary, Millis, OnTrial, Rollout, Rollouts, Tried, Worse};
use plan::ids::{PersonId, ReleaseId, WorkflowName};
use plan::{CanaryRules, Places, Plan, ReleaseRules};
use runtime::{ReleaseOrder, may_release};

use crate::commands::test::Tally;
use crate::exit::{Exit, Stop};
use crate::stored::Runs;

/// How long a release that was gone back from by itself is told of.
const TOLD_MS: u64 = 7 * 24 * 60 * 60 * 1_000;
/// All of it, in parts of a million.
const ALL: u32 = 1_000_000;

/// Every release that was deployed, and where they stand. Where nothing ran there is none.
pub fn stored(runs: Option<&Runs>) -> Result<(Vec<ReleaseView>, Rollouts), Stop> {
    match runs {
        Some(runs) => Ok(evidence::releases::releases(&runs.desk_history()?)),
        None => Ok(Default::default()),
    }
}

/// The live release of a workflow, if it was ever deployed.
pub fn live(runs: Option<&Runs>, workflow: &WorkflowName) -> Result<Option<Arc<Plan>>, Stop> {
    let Some(runs) = runs else { return Ok(None) };
    let (_, rollouts) = stored(Some(runs))?;
    rollouts.get(workflow).map(|rollout| opened(runs, workflow, rollout)).transpose()
}

/// The live release of every workflow that was ever deployed. One that cannot be read hides no
/// other.
pub fn all_live(runs: &Runs) -> Result<BTreeMap<WorkflowName, Arc<Plan>>, Stop> {
    let (_, rollouts) = stored(Some(runs))?;
    let each = |(name, rollout): (&WorkflowName, &Rollout)| {
        Some((name.clone(), runs.release(rollout.live)?))
    };
    Ok(rollouts.iter().filter_map(each).collect())
}

fn opened(runs: &Runs, workflow: &WorkflowName, rollout: &Rollout) -> Result<Arc<Plan>, Stop> {
    runs.release(rollout.live).ok_or_else(|| {
        Stop::failed(format!("the live release of `{workflow}` cannot be read"))
            .help("`flightdeck doctor` says more; `flightdeck rollback` goes back from it")
    })
}

/// The release that was live before and whose id begins so.
pub fn before(runs: &Runs, workflow: &WorkflowName, start: &str) -> Result<ReleaseId, Stop> {
    let (_, rollouts) = stored(Some(runs))?;
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

/// Every release that new cases may begin on.
pub fn in_use(runs: &Runs) -> Result<Vec<Arc<Plan>>, Stop> {
    let (_, rollouts) = stored(Some(runs))?;
    let ids = rollouts.iter().flat_map(|(_, rollout)| {
        std::iter::once(rollout.live).chain(rollout.canary.map(|canary| canary.release))
    });
    Ok(ids.filter_map(|release| runs.release(release)).collect())
}

/// What is live and tried of each workflow, and what was gone back from by itself not long ago, in
/// a sentence each.
pub fn told(runs: &Runs, now: Millis) -> Result<Vec<String>, Stop> {
    let (all, rollouts) = stored(Some(runs))?;
    let mut told = Vec::new();
    for (name, rollout) in rollouts.iter() {
        let (live, since) = (short(rollout.live), words::when(rollout.since, None));
        told.push(format!("{name}: release {live} is live since {since}"));
        if let Some(OnTrial { release, rules, .. }) = rollout.canary {
            let (release, share) = (short(release), words::share(rules.share));
            told.push(format!("{name}: release {release} is tried on {share} of new cases"));
        }
    }
    told.extend(fallen(&all, now).map(fell));
    Ok(told)
}

/// That a release was gone back from by itself, and why.
pub fn fell(one: &ReleaseView) -> String {
    let (release, at) = (short(one.release), words::when(one.since, None));
    let why = one.ended.as_deref().unwrap_or_default();
    format!("{}: release {release} was gone back from at {at}: {why}", one.workflow)
}

/// The same with what is safe now, for whoever looks for what is most urgent.
pub fn fell_lately(runs: &Runs, now: Millis) -> Result<Vec<Notice>, Stop> {
    let (all, rollouts) = stored(Some(runs))?;
    // Where another release was deployed since, somebody has seen it.
    let is_last = |one: &&ReleaseView| {
        let mut of = all.iter().filter(|other| other.workflow == one.workflow);
        of.next().is_some_and(|last| last.release == one.release)
            && rollouts.get(&one.workflow).is_some_and(|rollout| rollout.live != one.release)
    };
    let notice = |one: &ReleaseView| Notice {
        code: codes::RELEASE_WORSE.id,
        headline: fell(one),
        next: vec![Next {
            command: format!("flightdeck releases {}", one.workflow),
            does: "shows every release, and what was measured",
        }],
    };
    Ok(fallen(&all, now).filter(is_last).map(notice).collect())
}

/// Releases that were gone back from by themselves not long ago, the last one first.
pub fn fallen(all: &[ReleaseView], now: Millis) -> impl Iterator<Item = &ReleaseView> {
    all.iter().filter(move |one| {
        let is_new = now.0.saturating_sub(one.since.0) < TOLD_MS;
        one.state == State::RolledBack && one.measured.is_some() && is_new
    })
}

/// Whether somebody may deploy this, before anything is tried.
pub fn may(places: &Places, live: Option<&Plan>, new: &Plan, who: &PersonId) -> Result<(), Stop> {
    let knows = |who: &PersonId| places.people.contains_key(who);
    let may = may_release(knows, live.map(Plan::workflow), new.workflow());
    if may.contains(who) {
        return Ok(());
    }
    let all: Vec<&str> = may.iter().map(PersonId::as_str).collect();
    let what = format!("`{who}` may not deploy `{}`", new.workflow().name);
    let help = format!("it takes whoever answers for it or may overrule it: {}", all.join(", "));
    Err(Stop { exit: Exit::NotPermitted, ..Stop::usage(what) }.help(help))
}

/// How a release is tried beside the live one: on the share that was typed, or that the settings
/// name. Nothing where it is live at once.
pub fn canary(
    rules: &ReleaseRules,
    typed: Option<u32>,
    has_live: bool,
) -> Result<Option<Canary>, Stop> {
    let declared = rules.canary.share.filter(|_| has_live);
    let share = match typed {
        Some(ALL) => None,
        Some(0) => return Err(Stop::usage("a share of none is no trial")),
        Some(share) if share > CanaryRules::SHARE_MAX => {
            return Err(Stop::usage("at most half of the new cases begin on a canary")
                .help("`--share 100%` makes it live at once"));
        }
        Some(_) if !has_live => {
            return Err(Stop::usage(
                "there is no live release that a share could be compared with",
            )
            .help("the first one is deployed without `--share`"));
        }
        Some(share) => Some(share),
        None => declared,
    };
    let CanaryRules { cases, days, quality, cost, requests, itself, .. } = rules.canary;
    let worse = Worse { quality, cost, requests };
    Ok(share.map(|share| Canary { share, cases, days, worse, itself }))
}

/// The share of kept cases that has to come out as expected: what the settings say, or more.
pub fn at_least(rules: &ReleaseRules, typed: Option<u32>) -> u32 {
    match (rules.at_least, typed) {
        (None, typed) => typed.unwrap_or(ALL),
        (Some(declared), typed) => declared.max(typed.unwrap_or_default()),
    }
}

/// What came of the kept cases, as it is written down.
pub fn tried(tally: &Tally, at_least: u32) -> Tried {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Tried { cases: count(tally.all), right: count(tally.right), at_least }
}

/// The order that deploys a release.
pub fn order(
    plan: &Plan,
    canary: Option<Canary>,
    tried: Option<Tried>,
    reason: Option<String>,
) -> ReleaseOrder {
    let canonical = String::from_utf8_lossy(plan.canonical()).into_owned();
    ReleaseOrder::Deploy { release: plan.release(), canonical, canary, tried, reason }
}
