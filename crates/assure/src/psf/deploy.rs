//! PSF-5, how a change goes live. It must not know other domains.

use plan::workflow::Workflow;
use serde_json::json;

use super::cx::{Cx, judged, tell};
use super::{Column, Judged, SELDOM_DAYS, Says};
use crate::cite::Cite;
use crate::desk::Deployed;
use crate::seen::Signal;

/// Fewer cases say little about a release.
const KEPT_MIN: usize = 10;

pub(super) fn judge(cx: &Cx<'_>, id: &str) -> Judged {
    match id {
        "PSF-5.1" => pinned(cx),
        "PSF-5.2" => gated(cx),
        "PSF-5.3" => staged(cx),
        "PSF-5.4" => undone(cx),
        _ => trail(cx),
    }
}

/// Models whose name says which version answers: a name that always means the newest one does not.
fn is_pinned(w: &Workflow) -> bool {
    w.models.values().all(|model| {
        let name = model.model.to_lowercase();
        model.here || (!name.ends_with("latest") && name.chars().any(|c| c.is_ascii_digit()))
    })
}

fn pinned(cx: &Cx<'_>) -> Judged {
    let loose: Vec<&str> = cx
        .models()
        .into_iter()
        .filter(|(_, model)| {
            let name = model.model.to_lowercase();
            !model.here && (name.ends_with("latest") || !name.chars().any(|c| c.is_ascii_digit()))
        })
        .map(|(name, _)| name)
        .collect();
    let declared = match loose.is_empty() {
        true => {
            Column::new(Says::Yes, "release, instructions, tools and models are pinned by hash")
        }
        false => {
            let said = format!("{} may be another model tomorrow", loose.join(", "));
            Column::new(Says::Partly, said)
        }
    };
    let observed = cx.often(Signal::Over, "cases that each kept one pinned release", &is_pinned);
    Judged {
        advice: vec![tell("name the exact version of each model")],
        ..judged(declared.at([cx.cite_settings(&["models"])]), deployed(cx), observed)
    }
}

/// Whether what runs was deployed, by somebody.
fn deployed(cx: &Cx<'_>) -> Column {
    match cx.given.live {
        Some(at) => Column::new(Says::Yes, "the live release was deployed by a named person")
            .at([Cite::Desk { at, what: "a deployment" }]),
        None => Column::new(Says::No, "no release is live: `flightdeck deploy` makes one"),
    }
}

/// The deployment of what is live now.
fn live<'c>(cx: &'c Cx<'_>) -> Option<&'c Deployed> {
    let all = cx.given.desk.deployed.iter().rev();
    let mut all = all.filter(|one| one.workflow == cx.w.name);
    all.find(|one| one.release == cx.given.release)
}

fn gated(cx: &Cx<'_>) -> Judged {
    let rules = cx.given.places.releases.of(&cx.w.name);
    let least = rules.at_least.unwrap_or(1_000_000);
    let declared = match (cx.given.cases, least) {
        (0, _) => Column::new(Says::No, "no cases are kept to try a release with"),
        (_, 0) => Column::new(Says::No, "a release may fail all of its kept cases"),
        (n, _) if n < KEPT_MIN => {
            Column::new(Says::Partly, format!("only {n} cases are kept; {KEPT_MIN} are wanted"))
        }
        (n, _) => Column::new(Says::Yes, format!("{n} cases are kept, and have to come out right")),
    };
    let enforced = match live(cx).map(|one| (one.at, one.tried)) {
        Some((at, Some(tried))) => {
            let said = format!("{} of {} kept cases came out right", tried.right, tried.cases);
            let held = u64::from(tried.right) * 1_000_000
                >= u64::from(tried.at_least) * u64::from(tried.cases);
            let says = if held && tried.at_least > 0 { Says::Yes } else { Says::Failed };
            Column::new(says, said).at([Cite::Desk { at, what: "a deployment" }])
        }
        Some((at, None)) => Column::new(Says::No, "the live release was deployed untried")
            .at([Cite::Desk { at, what: "a deployment" }]),
        None => Column::new(Says::No, "no release was deployed"),
    };
    let folder = format!("cases/{}/", cx.w.name);
    Judged {
        advice: vec![tell(format!(
            "keep at least {KEPT_MIN} cases with their right outcome in `{folder}`"
        ))],
        ..judged(
            declared.at([Cite::File { file: folder, line: 1 }]),
            enforced,
            cx.often_at_all(Signal::Over, "live cases on releases that passed"),
        )
    }
}

fn staged(cx: &Cx<'_>) -> Judged {
    let canary = &cx.given.places.releases.of(&cx.w.name).canary;
    let declared = match canary.share {
        Some(share) if share > 0 => {
            let said = format!("a release is first tried on {} % of new cases", share / 10_000);
            Column::new(Says::Yes, said)
        }
        _ => Column::new(Says::No, "a release is live for all cases at once"),
    };
    let tried: Vec<_> = cx
        .given
        .desk
        .deployed
        .iter()
        .filter(|one| one.workflow == cx.w.name && one.canary)
        .map(|one| one.at)
        .collect();
    let observed = cx.once(&tried, "a canary", "no release was ever tried beside the live one");
    Judged {
        advice: vec![cx.advise_in(
            "flightdeck.yaml",
            "try a release on a tenth of the cases first",
            &["releases", cx.w.name.as_str(), "canary", "share"],
            json!("10 %"),
        )],
        ..judged(
            declared.at([cx.cite_settings(&["releases"])]),
            Column::new(Says::Open, ""),
            observed,
        )
    }
}

fn undone(cx: &Cx<'_>) -> Judged {
    let canary = &cx.given.places.releases.of(&cx.w.name).canary;
    let loose = canary.quality >= 500_000;
    let declared = match (canary.share.is_some_and(|share| share > 0), loose) {
        (true, false) => {
            Column::new(Says::Yes, "a canary that is worse is gone back from by itself")
        }
        (true, true) => Column::new(Says::No, "a canary may be half as good and stays"),
        (false, _) => Column::new(Says::Partly, "going back is a command, and nothing does it"),
    };
    let back = cx.given.desk.rolled_back.iter().filter(|(w, ..)| *w == cx.w.name);
    let back: Vec<_> = back.map(|(_, at, _)| *at).collect();
    let never = "nobody ever went back from a release; try it with `flightdeck rollback`";
    let observed = cx.once(&back, "a rollback", never);
    Judged {
        advice: vec![tell(never)],
        ..judged(
            declared.at([cx.cite_settings(&["releases"])]),
            Column::new(Says::Open, ""),
            observed,
        )
    }
}

fn trail(cx: &Cx<'_>) -> Judged {
    let of = cx.given.desk.deployed.iter().filter(|one| one.workflow == cx.w.name);
    let times: Vec<_> = of.map(|one| one.at).filter(|at| cx.within(*at, SELDOM_DAYS)).collect();
    Judged {
        declared: Column::new(Says::Yes, "each deployment is an entry with who, what and why"),
        observed: cx.once(&times, "a deployment", "nothing was deployed"),
        attested: cx.attested("PSF-5.5"),
        advice: vec![tell("write a runbook for incidents into `governance/`, covering PSF-5.5")],
        ..Judged::default()
    }
}
