//! PSF-1, what reaches a model. It must not know other domains.

use plan::workflow::{Suspicion, Type, Workflow};
use serde_json::json;

use super::cx::{Cx, judged, tell};
use super::{Column, Judged, Says};
use crate::seen::Signal;
use journal::Drill;

pub(super) fn judge(cx: &Cx<'_>, id: &str) -> Judged {
    match id {
        "PSF-1.1" => cleaned(cx),
        "PSF-1.2" => formed(cx),
        "PSF-1.3" => given(cx),
        "PSF-1.4" => paced(cx),
        _ => bounded(cx),
    }
}

fn asks(w: &Workflow) -> bool {
    w.suspicion == Suspicion::Ask && w.children.values().all(asks)
}

fn cleaned(cx: &Cx<'_>) -> Judged {
    let declared = match (cx.is_open_to_outside(), asks(cx.w)) {
        (true, true) => {
            Column::new(Says::Yes, "a text that speaks to the model brings a person in")
        }
        (true, false) => Column::new(Says::Partly, "a text that speaks to the model is only noted"),
        (false, _) => Column::new(Says::Yes, "cases and tools are declared as ones from inside"),
    };
    let observed = match cx.is_open_to_outside() {
        true => cx.often(Signal::Outside, "texts from outside went through the input check", &asks),
        false => cx.often_at_all(Signal::Formed, "cases from inside"),
    };
    Judged {
        contradicts: Some(cx.often_at_all(Signal::Outside, "texts from outside"))
            .filter(|one| one.says != Says::No),
        advice: vec![
            cx.advise(
                "bring a person in when a text speaks to the model",
                &["suspicion"],
                json!("ask"),
            ),
            tell("run `flightdeck drill injection` every quarter"),
        ],
        ..judged(declared.at([cx.cite(&["suspicion"])]), cx.drilled(Drill::Injection), observed)
    }
}

/// Whether every field of a case has a kind of its own.
fn has_form(w: &Workflow) -> bool {
    !w.case.fields.is_empty() && w.case.fields.values().all(|kind| *kind != Type::Unknown)
}

fn formed(cx: &Cx<'_>) -> Judged {
    let declared = match has_form(cx.w) {
        true => Column::new(Says::Yes, "each field of a case has its kind, and sizes are bounded"),
        false => Column::new(Says::No, "fields of a case without a kind take anything"),
    };
    let observed = cx.often(Signal::Formed, "cases opened in their declared form", &has_form);
    Judged {
        advice: vec![tell("give each field of `case.fields` its kind")],
        ..judged(declared.at([cx.cite(&["case", "fields"])]), cx.guarded(), observed)
    }
}

/// Whether nothing personal goes to a model elsewhere without being hidden or allowed by somebody.
fn hides(w: &Workflow) -> bool {
    let personal = w.detects || w.case.tags.iter().any(|tag| tag.as_str() == "personal");
    let kept = |model: &plan::workflow::Model| {
        model.here
            || !model.hides.is_empty()
            || model.takes.keys().any(|tag| tag.as_str() == "personal")
    };
    let used = w.agents.values().flat_map(|agent| &agent.models).filter_map(|m| w.models.get(m));
    let all_here = used.clone().all(|model| model.here);
    let mut used = used;
    all_here || (personal && used.all(kept))
}

fn given(cx: &Cx<'_>) -> Judged {
    let declared = match hides(cx.w) {
        true if cx.outside_models().is_empty() => {
            Column::new(Says::Yes, "what models are given is on record, and goes to none elsewhere")
        }
        true => Column::new(Says::Yes, "personal data is found, and hidden from models or allowed"),
        false => Column::new(Says::Partly, "what models are given is on record, personal data too"),
    };
    let observed = cx.often(Signal::Answered, "questions to models on record", &hides);
    Judged {
        advice: vec![
            cx.advise_in(
                "flightdeck.yaml",
                "have personal data found in texts",
                &["privacy", "detect"],
                json!(true),
            ),
            tell("say for each model elsewhere what it `hides`, or who lets it be told"),
        ],
        ..judged(declared.at([cx.cite_settings(&["privacy"])]), cx.guarded(), observed)
    }
}

fn paced(cx: &Cx<'_>) -> Judged {
    let limits = &cx.w.limits;
    let hourly = limits.hour.cases.is_some() || limits.hour.each_sender.is_some();
    let told = cx.given.places.alerts.iter().any(|rule| rule.of == cx.w.name)
        || cx
            .given
            .places
            .notices
            .values()
            .any(|told| told.tell.is_empty() || told.tell.iter().any(|kind| kind == "limit"));
    let declared = match (hourly, told) {
        (true, true) => {
            Column::new(Says::Yes, "an hour and a day have limits, and somebody is told")
        }
        (true, false) => Column::new(Says::Partly, "limits hold, and nobody is told of a flood"),
        (false, _) => Column::new(Says::Partly, "only a whole day has a limit: a flood uses it up"),
    };
    let paced = |w: &Workflow| w.limits.hour.cases.is_some() || w.limits.hour.each_sender.is_some();
    let observed = cx.often(Signal::Drawn, "cases drawn from shared limits", &paced);
    let day = limits.day.cases;
    let hour = (day / 8).max(1);
    Judged {
        advice: vec![
            cx.advise("limit an hour as well", &["limits", "hour", "cases"], json!(hour)),
            tell("add `notices` that tell of `limit`, or an alert for this workflow"),
        ],
        ..judged(declared.at([cx.cite(&["limits"])]), cx.guarded(), observed)
    }
}

fn bounded(cx: &Cx<'_>) -> Judged {
    let instructed = cx.agents().iter().all(|(_, _, agent)| !agent.instructions.is_empty());
    let declared = match instructed {
        true => {
            Column::new(Says::Yes, "instructions are of the release; texts of a case are never")
        }
        false => Column::new(Says::Partly, "an agent has no instructions that could hold"),
    };
    let holds = |w: &Workflow| {
        w.steps.iter().all(|step| match &step.does {
            plan::workflow::Does::Agent(agent) => !agent.instructions.is_empty(),
            _ => true,
        })
    };
    let observed = match cx.agents().is_empty() {
        true => cx.often_at_all(Signal::Formed, "cases without any model"),
        false => cx.often(Signal::Answered, "answers under the release's instructions", &holds),
    };
    Judged {
        advice: vec![tell("write what the agent must never do into its file in `agents/`")],
        ..judged(declared, cx.drilled(Drill::Injection), observed)
    }
}
