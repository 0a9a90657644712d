//! PSF-8, those on whom the work depends. It must not know other domains.

use std::collections::BTreeSet;

use journal::Drill;
use plan::Vendor;
use plan::workflow::Workflow;

use super::cx::{Cx, judged, tell};
use super::{Column, Judged, Says};
use crate::cite::Cite;
use crate::seen::Signal;

pub(super) fn judge(cx: &Cx<'_>, id: &str) -> Judged {
    match id {
        "PSF-8.1" => inventory(cx),
        "PSF-8.2" => one_place(cx),
        "PSF-8.3" => fallback(cx),
        "PSF-8.4" => ends(cx),
        _ => reviewed(cx),
    }
}

/// Vendors of models elsewhere.
fn vendors<'c>(cx: &'c Cx<'_>) -> BTreeSet<&'c str> {
    cx.outside_models().into_values().map(|model| model.vendor.as_str()).collect()
}

fn cite(cx: &Cx<'_>, vendor: &str) -> Cite {
    cx.cite_settings(&["vendors", vendor])
}

/// What holds of each vendor that is used.
fn each(cx: &Cx<'_>, yes: &str, no: &str, holds: &dyn Fn(&Vendor) -> bool) -> Column {
    let used = vendors(cx);
    if used.is_empty() {
        return Column::new(Says::Yes, "no model of it is anybody else's");
    }
    let known = |name: &&&str| cx.given.places.vendors.get(**name).is_some_and(holds);
    let lacking: Vec<&str> = used.iter().filter(|name| !known(name)).copied().collect();
    let says = match (lacking.len(), used.len()) {
        (0, _) => return Column::new(Says::Yes, yes).at(used.iter().map(|name| cite(cx, name))),
        (lack, of) if lack == of => Says::No,
        _ => Says::Partly,
    };
    Column::new(says, format!("{no}: {}", lacking.join(", ")))
        .at(lacking.iter().map(|n| cite(cx, n)))
}

fn inventory(cx: &Cx<'_>) -> Judged {
    let position = |vendor: &Vendor| {
        vendor.if_it_goes.as_ref().is_some_and(|text| text.split_whitespace().count() > 3)
    };
    let declared = each(
        cx,
        "each vendor is listed, with what is done when it goes",
        "it is not said what is done when they go",
        &position,
    );
    Judged {
        attested: cx.besides("PSF-8.1"),
        advice: vec![tell("say in `vendors` of each what is done `if_it_goes`")],
        ..judged(
            declared,
            cx.guarded(),
            cx.often_at_all(Signal::Over, "cases that used only what is listed"),
        )
    }
}

fn one_place(cx: &Cx<'_>) -> Judged {
    let said = "what is particular to a vendor is in one room of this program; a model is a name";
    judged(
        Column::new(Says::Yes, said),
        cx.guarded(),
        cx.often_at_all(Signal::Over, "cases through it"),
    )
}

/// Whether each agent has a model of a second vendor behind its first.
fn falls_back(w: &Workflow) -> bool {
    let used: Vec<_> = w.agents.values().filter(|agent| !agent.models.is_empty()).collect();
    used.iter().all(|agent| {
        let vendors: BTreeSet<&str> = agent
            .models
            .iter()
            .filter_map(|name| w.models.get(name))
            .map(|model| model.vendor.as_str())
            .collect();
        vendors.len() > 1
    })
}

fn fallback(cx: &Cx<'_>) -> Judged {
    let here = cx.outside_models().is_empty();
    let declared = match (cx.agents().is_empty(), falls_back(cx.w)) {
        (true, _) => Column::new(Says::Yes, "no model answers in this workflow"),
        (false, true) => Column::new(Says::Yes, "a model of another vendor takes over"),
        (false, false) if here => {
            Column::new(Says::Yes, "its models run here; without them people are asked")
        }
        (false, false) => {
            Column::new(Says::No, "no model of another vendor stands behind the first")
        }
    };
    let times = cx.statement("PSF-8.3").and_then(|one| one.facts.get("recovery"));
    let attested = match (times, cx.agents().is_empty() || here) {
        (Some(time), _) => Column::new(Says::Yes, format!("it has to take over within {time}")),
        (None, true) => Column::new(Says::Open, ""),
        (None, false) => {
            Column::new(Says::No, "no statement with `facts: { recovery: ... }` says in what time")
        }
    };
    Judged {
        attested,
        advice: vec![
            tell("give each agent a second model of another vendor"),
            tell("run `flightdeck drill vendor`, and state in what time it must take over"),
        ],
        ..judged(declared, cx.drilled(Drill::Vendor), Column::new(Says::Open, "the drill shows it"))
    }
}

fn ends(cx: &Cx<'_>) -> Judged {
    Judged {
        attested: cx.attested("PSF-8.4"),
        observed: cx.acknowledged("PSF-8.4"),
        advice: vec![tell(
            "write into `governance/` when the models of this work end and how another takes over",
        )],
        ..Judged::default()
    }
}

fn reviewed(cx: &Cx<'_>) -> Judged {
    let fresh = |vendor: &Vendor| {
        let days = vendor.reviewed.as_ref().and_then(|day| cx.days_since(day));
        let every = i64::try_from(vendor.review_every_ms / 86_400_000).unwrap_or(i64::MAX);
        vendor.terms.is_some() && days.is_some_and(|days| (0..=every).contains(&days))
    };
    let declared = each(
        cx,
        "terms of each vendor are on file and were looked at in time",
        "terms are missing, or nobody looked at them in time",
        &fresh,
    );
    let paper = match vendors(cx).is_empty() {
        true => Column::new(Says::Open, ""),
        false => cx.attested("PSF-8.5"),
    };
    Judged {
        attested: paper,
        advice: vec![tell("say in `vendors` which `terms` hold and when they were `reviewed`")],
        ..judged(
            declared,
            Column::new(Says::Open, ""),
            cx.often_at_all(Signal::Over, "cases at vendors that were looked at"),
        )
    }
}
