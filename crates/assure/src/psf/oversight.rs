//! PSF-6, people who decide. It must not know other domains.

use journal::Drill;
use plan::workflow::{Autonomy, Does, Late, Risk, Workflow};
use serde_json::json;

use super::cx::{Cx, judged, tell};
use super::{Column, Judged, Says};
use crate::cite::Cite;
use crate::seen::Signal;

/// More answers than this share of them given faster than anybody reads, and nobody judges.
const HASTY_PERCENT: u64 = 20;

pub(super) fn judge(cx: &Cx<'_>, id: &str) -> Judged {
    match id {
        "PSF-6.1" => written(cx),
        "PSF-6.2" => bounds(cx),
        "PSF-6.3" => stop(cx),
        "PSF-6.4" => judgement(cx),
        _ => escalation(cx),
    }
}

fn written(cx: &Cx<'_>) -> Judged {
    let fits = cx.w.autonomy <= cx.w.risk.allows();
    let declared = match fits {
        true => Column::new(
            Says::Yes,
            format!("`{}`, at risk `{}`", cx.w.autonomy.as_str(), risk(cx.w.risk)),
        ),
        false => Column::new(
            Says::Partly,
            format!("`{}` is more than its risk allows", cx.w.autonomy.as_str()),
        ),
    };
    let weighed = cx.given.desk.weighed.iter();
    let last = weighed.filter(|(w, release, _)| *w == cx.w.name && *release == cx.given.release);
    let observed = match last.map(|(.., at)| *at).max() {
        Some(at) if cx.within(at, 180) => Column::new(Says::Yes, "a person weighed this release")
            .at([Cite::Desk { at, what: "a weighing" }]),
        Some(at) => Column::new(Says::No, "it was last weighed more than 180 days ago")
            .at([Cite::Desk { at, what: "a weighing" }]),
        None => Column::new(Says::No, "nobody weighed autonomy and risk of this release"),
    };
    let how = format!("flightdeck weigh {} --reason ...", cx.w.name);
    Judged {
        advice: vec![tell(format!("look at it, and say so: `{how}`"))],
        ..judged(declared.at([cx.cite(&["autonomy"]), cx.cite(&["risk"])]), cx.guarded(), observed)
    }
}

fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::Low => "low",
        Risk::Medium => "medium",
        Risk::High => "high",
        Risk::Critical => "critical",
    }
}

fn bounds(cx: &Cx<'_>) -> Judged {
    // Without these `check` refuses the map; what could never bind is named as such.
    let said = "cost, time, acts and tokens of a case are bounded, and cost and amounts of a day";
    Judged {
        advice: vec![tell("run `flightdeck drill budget`")],
        ..judged(
            Column::new(Says::Yes, said).at([cx.cite(&["limits"])]),
            cx.drilled(Drill::Budget),
            cx.often_at_all(Signal::Drawn, "cases within drawn limits"),
        )
    }
}

fn stop(cx: &Cx<'_>) -> Judged {
    let may = cx.w.roles.get(&cx.w.override_by).map_or(0, Vec::len);
    let declared = match may {
        0 | 1 => Column::new(Says::Partly, "one person alone may stop it, and may be asleep"),
        n => Column::new(Says::Yes, format!("{n} named people may stop it")),
    };
    Judged {
        advice: vec![tell(format!("let two people hold `{}`", cx.w.override_by))],
        ..judged(
            declared.at([cx.cite(&["override"])]),
            cx.drilled(Drill::Kill),
            Column::new(Says::Open, "the drill is a stop with cases at work"),
        )
    }
}

/// Whether whatever acts outside waits for a person, or may go on without one.
fn is_judged(w: &Workflow) -> bool {
    let reviews = w.steps.iter().any(|step| matches!(step.does, Does::Review(_)));
    w.acting().next().is_none() || reviews || w.rung(None) <= Autonomy::Approve
}

fn judgement(cx: &Cx<'_>) -> Judged {
    let reviews: Vec<_> =
        cx.w.steps.iter().filter(|step| matches!(step.does, Does::Review(_))).collect();
    let roles = || {
        reviews.iter().filter_map(|step| match &step.does {
            Does::Review(review) => Some(&review.by),
            _ => None,
        })
    };
    let bounded = roles().all(|role| {
        let limit = cx.given.places.attention.get(role);
        limit.is_some_and(|limit| limit.a_day.is_some() && limit.at_least_ms.is_some())
    });
    let declared = match (is_judged(cx.w), bounded) {
        (false, _) => {
            Column::new(Says::No, "it acts outside, and no step puts anything to a person")
        }
        (true, true) => Column::new(Says::Yes, "people judge what matters, and have time for it"),
        (true, false) => Column::new(Says::Partly, "people judge, and nothing says how many a day"),
    };
    let answered = cx.sight(Signal::Judged, &is_judged);
    let hasty = cx.sight(Signal::Hasty, &is_judged);
    let observed =
        match hasty.cases.saturating_mul(100) > answered.cases.saturating_mul(HASTY_PERCENT) {
            true => {
                let said = format!(
                    "{} of {} answered cases were answered faster than anybody reads",
                    hasty.cases, answered.cases
                );
                Column::new(Says::No, said)
            }
            false if reviews.is_empty() && cx.w.acting().next().is_none() => {
                cx.often_at_all(Signal::Over, "cases without an effect")
            }
            false => cx.often(Signal::Judged, "requests that people judged", &is_judged),
        };
    let role = roles().next().map_or_else(|| cx.w.override_by.to_string(), ToString::to_string);
    Judged {
        advice: vec![cx.advise_in(
            "flightdeck.yaml",
            "say how many requests one person can judge in a day, and how long reading takes",
            &["attention", &role],
            json!({ "a_day": "60", "at_least": "10 seconds" }),
        )],
        ..judged(declared.at(reviews.iter().map(|s| cx.cite_step(s))), cx.guarded(), observed)
    }
}

fn escalation(cx: &Cx<'_>) -> Judged {
    let asks_on = |w: &Workflow| {
        w.steps.iter().all(|step| match &step.does {
            Does::Review(review) => matches!(review.late, Late::Ask { .. } | Late::Go(_)),
            _ => true,
        })
    };
    let declared = match asks_on(cx.w) {
        true => Column::new(Says::Yes, "a request that nobody answers goes on to somebody else"),
        false => Column::new(Says::Partly, "a request that nobody answers only ends the case"),
    };
    let seen = cx.sight(Signal::Escalated, &asks_on);
    let stops = cx.once(&cx.given.desk.stops, "a stop", "");
    let observed = match (seen.cases, stops.says) {
        (0, Says::Yes) => stops,
        (0, _) => {
            Column::new(Says::No, "no request ever went on, and nobody ever stopped anything")
        }
        (n, _) => Column::new(Says::Yes, format!("{n} requests went on to others"))
            .at(seen.last.map(|mark| Cite::Case { run: mark.run, entry: mark.entry })),
    };
    Judged {
        advice: vec![tell("say in each review's `late` whom it goes to next, and run the drills")],
        ..judged(declared, cx.drilled(Drill::Reviewer), observed)
    }
}
