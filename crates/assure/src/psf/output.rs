//! PSF-2, what models answer. It must not know other domains.

use plan::workflow::{AgentStep, Does, Recover, Type, Work, Workflow};
use serde_json::json;

use super::cx::{Cx, judged, tell};
use super::{Column, Judged, Says};
use crate::seen::Signal;

pub(super) fn judge(cx: &Cx<'_>, id: &str) -> Judged {
    if cx.agents().is_empty() && id != "PSF-2.5" {
        let declared = Column::new(Says::Yes, "no model answers in this workflow");
        let observed = cx.often_at_all(Signal::Over, "cases without any model");
        return judged(declared, cx.guarded(), observed);
    }
    let mut judged = match id {
        "PSF-2.1" => checked(cx),
        "PSF-2.2" => formed(cx),
        "PSF-2.3" => filtered(cx),
        "PSF-2.4" => doubted(cx),
        _ => named(cx),
    };
    judged.contradicts =
        Some(cx.often_at_all(Signal::Answered, "answers of models")).filter(|c| c.says != Says::No);
    judged
}

/// Whether all agents of a workflow, and of those it calls, are so.
fn all(w: &Workflow, holds: &dyn Fn(&AgentStep) -> bool) -> bool {
    w.steps.iter().all(|step| match &step.does {
        Does::Agent(agent) => holds(agent),
        _ => true,
    }) && w.children.values().all(|child| all(child, holds))
}

/// What an answer has to hold beside its form.
fn has_rules(agent: &AgentStep) -> bool {
    match &agent.work {
        // Copied values have to stand in the source.
        Work::Copy { .. } => true,
        Work::Answer { .. } => !agent.must_hold.is_empty() || !agent.sure.is_none(),
    }
}

fn has_form(agent: &AgentStep) -> bool {
    match &agent.work {
        Work::Copy { fields, .. } => !fields.is_empty(),
        Work::Answer { shape: Type::Record(fields), .. } => {
            !fields.is_empty() && fields.values().all(|kind| *kind != Type::Unknown)
        }
        Work::Answer { .. } => false,
    }
}

fn column(cx: &Cx<'_>, holds: &dyn Fn(&AgentStep) -> bool, yes: &str, no: &str) -> Column {
    let agents = cx.agents();
    let lacking: Vec<_> = agents.iter().filter(|(_, _, agent)| !holds(agent)).collect();
    match (lacking.len(), agents.len()) {
        (0, _) => Column::new(Says::Yes, yes).at(agents.iter().map(|(_, s, _)| cx.cite_step(s))),
        (lack, of) => {
            let says = if lack == of { Says::No } else { Says::Partly };
            let names: Vec<String> =
                lacking.iter().map(|(_, s, _)| format!("`{}`", s.id)).collect();
            let said = format!("{no}: {}", names.join(", "));
            Column::new(says, said).at(lacking.iter().map(|(_, s, _)| cx.cite_step(s)))
        }
    }
}

fn checked(cx: &Cx<'_>) -> Judged {
    let declared = column(
        cx,
        &has_rules,
        "every answer has to hold rules or stand in its source",
        "an answer has a form, and nothing that must hold of it",
    );
    let observed = cx
        .often(Signal::Contracted, "answers held against their contract", &|w| all(w, &has_rules));
    Judged {
        advice: vec![tell("say in `must_hold` what has to be true of the answer")],
        ..judged(declared, cx.guarded(), observed)
    }
}

fn formed(cx: &Cx<'_>) -> Judged {
    let declared = column(
        cx,
        &has_form,
        "every answer has named fields with kinds",
        "the fields of an answer have no kinds",
    );
    let observed =
        cx.often(Signal::Contracted, "answers held against their form", &|w| all(w, &has_form));
    Judged {
        advice: vec![tell("give each field of `answer` its kind")],
        ..judged(declared, cx.guarded(), observed)
    }
}

fn is_filtered(agent: &AgentStep) -> bool {
    // A copied value is one of those that stand in the document.
    let copies = matches!(agent.work, Work::Copy { .. });
    let says = agent.never_says.iter().any(|word| word.trim_matches('*').chars().count() > 2);
    copies || says || agent.sure.checker.is_some()
}

fn filtered(cx: &Cx<'_>) -> Judged {
    let declared = column(
        cx,
        &is_filtered,
        "answers are copied, or held against words and a checker",
        "nothing keeps back an answer beside its task",
    );
    let observed =
        cx.often(Signal::Contracted, "answers that went through it", &|w| all(w, &is_filtered));
    Judged {
        advice: vec![tell("list in `never_says` what an answer must not hold, or add a `checker`")],
        ..judged(declared, cx.guarded(), observed)
    }
}

fn is_sure(agent: &AgentStep) -> bool {
    matches!(agent.work, Work::Copy { .. })
        || agent.sure.times > 1
        || agent.sure.checker.is_some()
        || agent.sure.probability.is_some()
}

fn doubted(cx: &Cx<'_>) -> Judged {
    let declared = column(
        cx,
        &is_sure,
        "how sure an answer is is asked for, and doubt goes to a person",
        "an answer counts however unsure it is",
    );
    let observed =
        cx.often(Signal::Contracted, "answers whose sureness was looked at", &|w| all(w, &is_sure));
    let first = cx.agents().into_iter().find(|(_, _, agent)| !is_sure(agent));
    let advice = first.map_or(tell("say in `sure` what an answer must show"), |(_, step, _)| {
        let at = ["steps", step.id.as_str(), "sure", "times"];
        cx.advise(
            "have it answer twice, and a person decide where the answers differ",
            &at,
            json!(2),
        )
    });
    Judged { advice: vec![advice], ..judged(declared, cx.guarded(), observed) }
}

/// Whether a step that fails for good goes to somebody or somewhere.
fn goes_on(w: &Workflow) -> bool {
    w.steps.iter().all(|step| match &step.does {
        Does::Agent(_) | Does::Tool(_) | Does::Lookup(_) => step.on_failure != Recover::Stop,
        _ => true,
    })
}

fn named(cx: &Cx<'_>) -> Judged {
    let stops = |step: &&plan::workflow::Step| {
        matches!(step.does, Does::Agent(_) | Does::Tool(_) | Does::Lookup(_))
            && step.on_failure == Recover::Stop
    };
    let silent: Vec<_> = cx.w.steps.iter().filter(stops).collect();
    let declared = match silent.as_slice() {
        [] => Column::new(Says::Yes, "each step that can fail says who is asked or where it goes")
            .at([cx.cite(&["on_failure"])]),
        some => {
            let said = format!("{} steps end the case when they fail", some.len());
            Column::new(Says::Partly, said).at(some.iter().map(|step| cx.cite_step(step)))
        }
    };
    let unnamed = cx.sight(Signal::FailedUnnamed, &|_| true);
    let observed = match unnamed.cases {
        0 => cx.often(Signal::Over, "cases that ended by a name", &goes_on),
        n => Column::new(Says::Failed, format!("{n} cases failed and no record says of what")),
    };
    let ask = cx.w.override_by.as_str();
    Judged {
        advice: vec![cx.advise(
            "have a person take over what fails",
            &["on_failure", "ask"],
            json!(ask),
        )],
        ..judged(declared, cx.guarded(), observed)
    }
}
