//! PSF-3, personal and sensitive data. It must not know other domains.

use plan::data::flows;
use plan::workflow::Workflow;
use serde_json::json;

use super::cx::{Cx, judged, tell};
use super::{Column, Judged, SELDOM_DAYS, Says};
use crate::seen::Signal;

pub(super) fn judge(cx: &Cx<'_>, id: &str) -> Judged {
    let mut judged = match id {
        "PSF-3.1" => known(cx),
        "PSF-3.2" => kept(cx),
        "PSF-3.3" => deleted(cx),
        "PSF-3.4" => return origin(cx),
        _ => mapped(cx),
    };
    judged.contradicts =
        Some(cx.often_at_all(Signal::Personal, "personal data")).filter(|c| c.says != Says::No);
    judged
}

fn is_classed(w: &Workflow) -> bool {
    w.detects || !w.case.tags.is_empty()
}

fn known(cx: &Cx<'_>) -> Judged {
    let declared = match (cx.w.detects, cx.w.case.tags.is_empty()) {
        (true, _) => Column::new(Says::Yes, "personal data is found in texts and tagged"),
        (false, false) => Column::new(Says::Yes, "cases are tagged"),
        (false, true) => Column::new(Says::No, "nothing is tagged, and nothing looks for it"),
    };
    let declared = match cx.given.places.privacy.basis.is_empty() {
        true if declared.says == Says::Yes => {
            Column::new(Says::Partly, "it is found, and no `privacy.basis` says by what right")
        }
        _ => declared,
    };
    let observed = cx.often(Signal::Formed, "cases whose contents were classed", &is_classed);
    Judged {
        advice: vec![
            cx.advise_in("flightdeck.yaml", "look for it", &["privacy", "detect"], json!(true)),
            tell("say in `privacy.basis` by what right each tag is worked on"),
        ],
        ..judged(declared.at([cx.cite_settings(&["privacy"])]), cx.guarded(), observed)
    }
}

fn kept(cx: &Cx<'_>) -> Judged {
    let shortest = cx.given.places.retention.everything.or(cx.given.places.retention.shortest());
    let declared = match shortest {
        Some(ms) => {
            Column::new(Says::Yes, format!("contents are erased after {} days", ms / 86_400_000))
        }
        None => Column::new(Says::No, "contents are kept until somebody has them erased"),
    };
    let oldest = cx.sight(Signal::Over, &|_| true);
    let erased = &cx.given.desk.erased_by_time;
    let observed = match (erased.iter().any(|at| cx.within(*at, SELDOM_DAYS)), shortest) {
        (true, _) => cx.once(erased, "an erasure by time", ""),
        // Nothing was old enough yet: it waits for its first time.
        (false, Some(_)) if oldest.cases > 0 => {
            Column::new(Says::No, "no content was old enough to be erased yet")
        }
        (false, _) => Column::new(Says::No, "nothing was erased because its time was over"),
    };
    Judged {
        advice: vec![cx.advise_in(
            "flightdeck.yaml",
            "let contents end after half a year",
            &["retention", "everything"],
            json!("180 days"),
        )],
        ..judged(declared.at([cx.cite_settings(&["retention"])]), cx.guarded(), observed)
    }
}

fn deleted(cx: &Cx<'_>) -> Judged {
    let said = "contents are under a key of their case that can be destroyed; nothing is trained";
    let declared = Column::new(Says::Yes, said);
    let never = "no person ever had somebody's contents erased; try it with `flightdeck erase`";
    let observed =
        cx.once(&cx.given.desk.erased_by_person, "an erasure that a person ordered", never);
    Judged { advice: vec![tell(never)], ..judged(declared, Column::new(Says::Open, ""), observed) }
}

fn origin(cx: &Cx<'_>) -> Judged {
    Judged {
        attested: cx.attested("PSF-3.4"),
        observed: cx.acknowledged("PSF-3.4"),
        advice: vec![tell(
            "write into `governance/` what is known of the data that the models were trained on, or \
             that nothing is tuned here",
        )],
        ..Judged::default()
    }
}

fn mapped(cx: &Cx<'_>) -> Judged {
    let privacy = &cx.given.places.privacy;
    let role = privacy.ai_role.is_some() && privacy.controller.is_some();
    let plan = cx.given.releases.get(&cx.given.release);
    let missing = plan.map_or(0, |plan| {
        let needs = |flow: &plan::data::Flow| {
            flow.to.needs_leave() && flow.tags.iter().any(|tagged| tagged.leave.is_none())
        };
        flows(plan).iter().filter(|flow| needs(flow)).count()
    });
    let regions = cx.outside_models().values().all(|model| model.region.is_some());
    let declared = match (role, missing, regions) {
        (true, 0, true) => Column::new(Says::Yes, "role and controller stand beside a whole map"),
        (false, ..) => Column::new(Says::No, "no `ai_role` and `controller` are declared"),
        (_, n, _) if n > 0 => {
            Column::new(Says::Partly, format!("{n} ways of tagged data have nobody's leave"))
        }
        _ => Column::new(Says::Partly, "it is not said where a model works on what it is told"),
    };
    let observed =
        cx.often(Signal::Formed, "cases whose data went only where the map says", &|_| true);
    Judged {
        attested: cx.besides("PSF-3.5"),
        advice: vec![
            cx.advise_in(
                "flightdeck.yaml",
                "say which role the organisation has under the EU AI Act",
                &["privacy", "ai_role"],
                json!("deployer"),
            ),
            tell("`flightdeck data map` shows who is given what, and what is missing"),
        ],
        ..judged(declared.at([cx.cite_settings(&["privacy"])]), cx.guarded(), observed)
    }
}
