//! The four questions before a release goes live, answered from files and records: which data can
//! it reach that it should not have, what if a model makes something up, who judges, and who can
//! stop it. What has no answer blocks the release, until a named person answers for it up to a
//! day. It must not deploy anything.

use std::collections::BTreeSet;

use journal::{Drill, Millis};
use plan::data::flows;
use plan::workflow::{Does, Effect, From, Late, Risk, Type, Work};
use serde::Serialize;

use crate::cite::Cite;
use crate::psf::{Cx, Given};

#[cfg(test)]
mod tests;

/// One question, and what there is to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    pub id: &'static str,
    pub asks: &'static str,
    /// What is so, in sentences.
    pub answer: Vec<String>,
    /// Why the release may not go live.
    pub blocks: Vec<Block>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Block {
    /// A name that stays; an exception names it.
    pub id: &'static str,
    pub what: String,
    pub fix: String,
    pub cites: Vec<Cite>,
}

/// The questions in their order.
#[must_use]
pub fn questions(given: &Given<'_>) -> Vec<Question> {
    let cx = Cx::new(given);
    vec![data(&cx), invented(&cx), judges(&cx), stops(&cx)]
}

/// Which of the reasons nobody answers for today.
#[must_use]
pub fn open<'q>(questions: &'q [Question], excepted: &BTreeSet<String>) -> Vec<&'q Block> {
    let all = questions.iter().flat_map(|question| &question.blocks);
    all.filter(|block| !excepted.contains(block.id)).collect()
}

fn block(
    id: &'static str,
    what: impl Into<String>,
    fix: impl Into<String>,
    cites: impl IntoIterator<Item = Cite>,
) -> Block {
    Block { id, what: what.into(), fix: fix.into(), cites: cites.into_iter().collect() }
}

fn data(cx: &Cx<'_>) -> Question {
    let (mut answer, mut blocks) = (Vec::new(), Vec::new());
    let plan = cx.given.releases.get(&cx.given.release);
    let flows = plan.map(|plan| flows(plan)).unwrap_or_default();
    for flow in &flows {
        let bare: Vec<String> = flow
            .tags
            .iter()
            .filter(|tagged| flow.to.needs_leave() && tagged.leave.is_none())
            .map(|tagged| format!("`{}`", tagged.tag))
            .collect();
        if !bare.is_empty() {
            let what = format!(
                "`{}` would give data tagged {} to {}, and nobody gave leave",
                flow.step,
                bare.join(", "),
                recipient(&flow.to)
            );
            let fix =
                "hide it, send less, or have a named person give leave until a day in `takes`";
            blocks.push(block(
                "data-without-leave",
                what,
                fix,
                [cx.cite(&["steps", flow.step.as_str()])],
            ));
        }
        for tagged in flow.tags.iter().filter(|one| one.leave.is_some() && flow.to.needs_leave()) {
            if let Some(leave) = tagged.leave.as_ref().filter(|leave| !leave.holds(&cx.today)) {
                let what = format!(
                    "the leave of {} for `{}` ended on {}",
                    leave.by, tagged.tag, leave.until
                );
                let fix = "have it renewed, or send that data no more";
                let cite = cx.cite(&["steps", flow.step.as_str()]);
                blocks.push(block("leave-is-over", what, fix, [cite]));
            }
        }
    }
    let to: BTreeSet<String> = flows.iter().map(|flow| recipient(&flow.to)).collect();
    answer.push(match to.is_empty() {
        true => "nothing of a case leaves its steps".to_owned(),
        false => {
            format!("what it works on goes to {}", to.into_iter().collect::<Vec<_>>().join(", "))
        }
    });
    blocks.extend(unboxed(cx));
    Question {
        id: "data",
        asks: "Which data can it reach that it should not have?",
        answer,
        blocks,
    }
}

/// Servers without a box that work on what anybody may send.
fn unboxed(cx: &Cx<'_>) -> Vec<Block> {
    if cx.w.case.from != From::Outside {
        return Vec::new();
    }
    let open = |server: &plan::Server| server.sandbox.as_ref().is_some_and(|one| one.off.is_some());
    let found = cx.servers().into_iter().filter(|(_, server)| open(server));
    let block = |(name, _): (&str, _)| {
        let what = format!("`{name}` runs without a box, and works on what anybody may send");
        let fix = "take `off` out of its `sandbox`, and name what it needs";
        let cite = Cite::File { file: ".mcp.json".into(), line: 1 };
        block("server-without-a-box", what, fix, [cite])
    };
    found.map(block).collect()
}

fn recipient(to: &plan::data::Recipient) -> String {
    match to {
        plan::data::Recipient::Model { name, vendor, here, .. } => match here {
            true => format!("the model `{name}` on this machine"),
            false => format!("the model `{name}` at {vendor}"),
        },
        plan::data::Recipient::Tool { name, .. } => format!("`{name}`"),
        plan::data::Recipient::Table { name, .. } => format!("the table `{name}`"),
    }
}

fn invented(cx: &Cx<'_>) -> Question {
    let (mut answer, mut blocks) = (Vec::new(), Vec::new());
    let acts = cx.w.acting().next().is_some();
    let reviewed = cx.w.steps.iter().any(|step| matches!(step.does, Does::Review(_)));
    for (_, step, agent) in cx.agents() {
        match &agent.work {
            Work::Copy { .. } => {
                answer.push(format!("what `{}` gives has to stand in the document", step.id));
            }
            Work::Answer { shape, .. } => {
                let formed = matches!(shape, Type::Record(fields) if !fields.is_empty());
                let empty = agent.must_hold.iter().all(|rule| rule.paths().is_empty());
                let checked = !(empty && agent.sure.is_none());
                if !formed {
                    let what = format!("the answer of `{}` has no form", step.id);
                    let fix = "name the fields of its `answer` and their kinds";
                    blocks.push(block("answer-without-a-form", what, fix, [cx.cite_step(step)]));
                }
                if !checked && acts && !reviewed {
                    let what = format!(
                        "whatever `{}` makes up is acted on: nothing must hold of it, and nobody \
                         looks",
                        step.id
                    );
                    let fix =
                        "say in `must_hold` or `sure` what has to be so, or put a review first";
                    blocks.push(block(
                        "nothing-checks-the-answer",
                        what,
                        fix,
                        [cx.cite_step(step)],
                    ));
                }
                if checked {
                    answer.push(format!(
                        "what `{}` says is held against rules before it counts",
                        step.id
                    ));
                }
            }
        }
    }
    if cx.agents().is_empty() {
        answer.push("no model answers in this workflow".to_owned());
    }
    if let Some((at, false)) = cx.given.desk.drill(Drill::Injection) {
        let what = "the last drill with orders hidden in a document did not hold";
        let fix = "`flightdeck drill injection` until it holds";
        blocks.push(block(
            "injection-drill-failed",
            what,
            fix,
            [Cite::Desk { at, what: "a drill" }],
        ));
    }
    Question { id: "invented", asks: "What if a model makes something up?", answer, blocks }
}

fn judges(cx: &Cx<'_>) -> Question {
    let (mut answer, mut blocks) = (Vec::new(), Vec::new());
    let mut any = false;
    for step in &cx.w.steps {
        let Does::Review(review) = &step.does else { continue };
        any = true;
        let holders = cx.w.roles.get(&review.by).map(Vec::as_slice).unwrap_or_default();
        answer.push(format!(
            "`{}` is judged by one of {} people of `{}`",
            step.id,
            holders.len(),
            review.by
        ));
        let cite = || [cx.cite_step(step)];
        if holders.iter().all(|who| *who == cx.w.accountable) {
            let what =
                format!("in `{}` whoever answers for the workflow judges their own work", step.id);
            let fix = "give the role to somebody else, and add `never_by: [ owner ]`";
            blocks.push(block("judges-own-work", what, fix, cite()));
        }
        if matches!(&review.late, Late::Ask { role, .. } if *role == review.by) {
            let what = format!("a late `{}` goes to the very role that did not answer", step.id);
            blocks.push(block("late-to-the-same", what, "name another role in `late`", cite()));
        }
        blocks.extend(overloaded(cx, step, review));
    }
    let acts: Vec<_> = cx.w.acting().map(|step| step.id.to_string()).collect();
    if !any && !acts.is_empty() && cx.w.risk >= Risk::High {
        let what = format!(
            "at this risk {} is done, and no step puts anything to a person",
            acts.join(", ")
        );
        let fix = "put a review before it, at least for what is unusual";
        blocks.push(block("nobody-judges", what, fix, [cx.cite(&["steps"])]));
    }
    if !any {
        answer.push(match acts.is_empty() {
            true => "it changes nothing outside, so nobody has to judge it".to_owned(),
            false => "no step puts anything to a person; guards and failures may".to_owned(),
        });
    }
    Question { id: "judges", asks: "Who judges what it does?", answer, blocks }
}

/// More work than the holders of a role can judge.
fn overloaded(
    cx: &Cx<'_>,
    step: &plan::workflow::Step,
    review: &plan::workflow::ReviewStep,
) -> Option<Block> {
    let each = cx.given.places.attention.get(&review.by)?.a_day?;
    let weekly = u64::from(cx.w.baseline.as_ref()?.cases_per_week);
    let holders = cx.w.roles.get(&review.by).map_or(0, Vec::len);
    let able = u64::from(each) * u64::try_from(holders).unwrap_or(0) * 5;
    if weekly <= able || review.sample.is_some() || !is_first(cx, &step.id) {
        return None;
    }
    let what = format!(
        "`{}` comes for each of {weekly} cases a week, and its people can judge {able}",
        step.id
    );
    let fix = "let a rule or a sample decide what has to be seen, or name more people";
    Some(block("more-than-people-can-judge", what, fix, [cx.cite_step(step)]))
}

/// Whether every case comes to a step: nothing before it decides.
fn is_first(cx: &Cx<'_>, id: &plan::ids::StepId) -> bool {
    let mut at = Some(cx.w.first.clone());
    for _ in 0..cx.w.steps.len() {
        let Some(here) = at else { return false };
        if here == *id {
            return true;
        }
        let step = cx.w.steps.iter().find(|step| step.id == here);
        at = match step.map(|step| (&step.does, &step.next)) {
            Some((Does::Decide(_) | Does::Review(_), _)) | None => None,
            Some((_, plan::workflow::Next::Step(next))) => Some(next.clone()),
            Some((_, plan::workflow::Next::End)) => None,
        };
    }
    false
}

fn stops(cx: &Cx<'_>) -> Question {
    let (mut answer, mut blocks) = (Vec::new(), Vec::new());
    let may = cx.w.roles.get(&cx.w.override_by).map(Vec::as_slice).unwrap_or_default();
    let cite = || [cx.cite(&["override"])];
    answer.push(format!(
        "{} people of `{}` may stop it: everything, a workflow, a case, a tool, a server, a vendor",
        may.len(),
        cx.w.override_by
    ));
    if may.len() == 1 && cx.w.risk >= Risk::High {
        let what = "at this risk one person alone may stop it, who may be asleep";
        blocks.push(block("one-may-stop", what, "let a second person hold the role", cite()));
    }
    match cx.given.desk.drill(Drill::Kill) {
        Some((at, false)) => {
            let what = "the last drill of a stop did not hold";
            let fix = "`flightdeck drill kill` until it holds";
            blocks.push(block(
                "stop-drill-failed",
                what,
                fix,
                [Cite::Desk { at, what: "a drill" }],
            ));
        }
        Some((at, true)) => {
            answer
                .push(format!("a stop was drilled and held, {}", evidence::words::when(at, None)));
        }
        None => answer.push("a stop was never drilled here: `flightdeck drill kill`".to_owned()),
    }
    if let Some(at) = cx.given.desk.closed.get(&cx.given.release) {
        let what = "the guard of this release could not be proven";
        let fix = "`flightdeck doctor` says why";
        blocks.push(block(
            "guard-not-proven",
            what,
            fix,
            [Cite::Desk { at: *at, what: "a guard" }],
        ));
    }
    for step in cx.w.acting() {
        let Does::Tool(call) = &step.does else { continue };
        let tool = cx.w.tools.get(&call.tool);
        let grave = tool.is_none_or(|tool| !tool.reversible && tool.effect == Effect::Pay);
        let alone = cx.w.rung(Some(step)) == plan::workflow::Autonomy::Act;
        let reviewed = cx.w.steps.iter().any(|step| matches!(step.does, Does::Review(_)));
        if grave && alone && !reviewed {
            let what = format!("`{}` pays by itself, and nothing takes it back", step.id);
            let fix = "put a review before it, or lower its `autonomy`";
            blocks.push(block("pays-without-a-way-back", what, fix, [cx.cite_step(step)]));
        }
    }
    Question { id: "stops", asks: "Who can stop it, and take it back?", answer, blocks }
}

/// The exceptions that hold on a day for a release: the ids that they name.
#[must_use]
pub fn excepted(
    desk: &evidence::History,
    workflow: &plan::ids::WorkflowName,
    release: plan::ids::ReleaseId,
    now: Millis,
) -> BTreeSet<String> {
    let today = crate::seen::day(now);
    let mut all = BTreeSet::new();
    for record in desk.frames().iter().flat_map(|frame| &frame.records) {
        if let journal::Record::Assured(journal::Assured::Excepted {
            workflow: of,
            release: at,
            questions,
            until,
            ..
        }) = record
            && of == workflow
            && *at == release
            && *until >= today
        {
            all.extend(questions.iter().map(|name| name.to_string().replace('_', "-")));
        }
    }
    all
}
