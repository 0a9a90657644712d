//! What a workflow can do without a person: autonomy, risk, and routes past a review.

use std::collections::BTreeMap;

use crate::codes;
use crate::expr::Path;
use crate::problem::{Cx, Found};
use crate::read::workflow::Draft;
use crate::types;
use crate::workflow::{
    Arg, ArgRole, Autonomy, DecideStep, Does, Effect, Next, ReviewStep, Risk, Step, Tool, Type,
    Work, Workflow,
};

use super::graph::{Edge, Graph, Way};
use super::trust::{rests_on_fact, trusted};

pub(super) fn check(cx: &Cx<'_>, draft: &Draft, graph: &Graph) {
    let workflow = &draft.workflow;
    let acting: Vec<usize> = workflow
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| !acts(workflow, step).is_empty())
        .map(|(n, _)| n)
        .collect();
    let scope = types::scope(workflow);
    let alone = graph.reach(graph.starts.iter().copied(), |_, edge| edge.way != Way::Approved);
    for n in &acting {
        let Some(step) = workflow.steps.get(*n) else { continue };
        let unreviewed = alone.get(*n) == Some(&true);
        autonomy(cx, draft, step, unreviewed);
        endorsed(cx, draft, graph, &scope, *n);
    }
    amounts(cx, draft, &acting);
    decisions(cx, draft, graph, &acting);
}

/// One thing a step can do to the world.
struct Act<'w> {
    tool: &'w Tool,
    name: String,
    undo: bool,
}

/// What a step can do to the world, by itself or through another workflow.
fn acts<'w>(workflow: &'w Workflow, step: &'w Step) -> Vec<Act<'w>> {
    let named = |name: &crate::ids::ToolName, undo: bool| {
        let tool = workflow.tools.get(name).filter(|tool| tool.effect != Effect::Read)?;
        Some(Act { tool, name: name.to_string(), undo: undo && tool.reversible })
    };
    match &step.does {
        Does::Tool(call) => named(&call.tool, call.undo.is_some()).into_iter().collect(),
        Does::Agent(agent) => match &agent.work {
            Work::Answer { tools, .. } => tools.iter().filter_map(|t| named(t, false)).collect(),
            Work::Copy { .. } => Vec::new(),
        },
        Does::Each(each) => inner(workflow, &each.workflow),
        Does::Workflow(call) => inner(workflow, &call.workflow),
        _ => Vec::new(),
    }
}

/// What a called workflow can do without a review of its own.
fn inner<'w>(workflow: &'w Workflow, name: &crate::ids::WorkflowName) -> Vec<Act<'w>> {
    let Some(child) = workflow.children.get(name) else { return Vec::new() };
    let graph = Graph::new(child);
    let alone = graph.reach(graph.starts.iter().copied(), |_, edge| edge.way != Way::Approved);
    let steps = child.steps.iter().zip(alone).filter(|(_, alone)| *alone);
    steps.flat_map(|(step, _)| acts(child, step)).collect()
}

fn autonomy(cx: &Cx<'_>, draft: &Draft, step: &Step, unreviewed: bool) {
    let workflow = &draft.workflow;
    let spot = draft.spot(step.id.as_str());
    for act in acts(workflow, step) {
        let name = &act.name;
        if unreviewed && workflow.risk >= Risk::High && !act.tool.reversible {
            let what = format!("`{name}` cannot be undone, and a case can come here unreviewed");
            cx.add::<()>(Found::new(&codes::IRREVERSIBLE, spot, what));
            continue;
        }
        let declared = workflow.autonomy.min(step.autonomy.unwrap_or(Autonomy::Act));
        let what = match declared {
            Autonomy::Suggest => {
                format!("`{name}` acts, and a workflow that may only suggest does not act")
            }
            Autonomy::Approve if unreviewed => {
                format!("`{name}` acts, and a case can come here without a review")
            }
            Autonomy::ActWithUndo if unreviewed && !act.undo => {
                format!("`{name}` acts without an undo, and a case can come here without a review")
            }
            _ => continue,
        };
        cx.add::<()>(Found::new(&codes::AUTONOMY_ACT, spot, what));
    }
}

/// Amounts and recipients need a trusted origin, a fact, a small set, or a review that shows them.
fn endorsed(cx: &Cx<'_>, draft: &Draft, graph: &Graph, scope: &BTreeMap<String, Type>, at: usize) {
    let workflow = &draft.workflow;
    let Some(step) = workflow.steps.get(at) else { return };
    let Does::Tool(call) = &step.does else { return };
    let Some(tool) = workflow.tools.get(&call.tool) else { return };
    for (name, role) in &tool.args {
        if !matches!(role, ArgRole::Destination | ArgRole::Recipient | ArgRole::Amount) {
            continue;
        }
        let Some(Arg::Path(path)) = call.with.get(name) else { continue };
        if let Some(backing) = call.backed_by.get(name) {
            if !trusted(workflow, graph, &backing.fact) {
                let what = format!("`{}` backs `{name}`, and is itself not trusted", backing.fact);
                let spot = draft.spot(&format!("{}.backed_by.{name}", step.id)).clone();
                cx.add::<()>(Found::new(&codes::UNTRUSTED_ARGUMENT, &spot, what));
            }
            continue;
        }
        if trusted(workflow, graph, path) || is_small_set(scope, path) {
            continue;
        }
        let shown = |n: usize, edge: Edge| {
            edge.way == Way::Approved
                && matches!(workflow.steps.get(n).map(|s| &s.does), Some(Does::Review(review))
                    if review.show.iter().any(|shown| covers(shown, path)))
        };
        let open = graph.reach(graph.starts.iter().copied(), |n, edge| !shown(n, edge));
        if open.get(at) == Some(&true) {
            let role = format!("{role:?}").to_lowercase();
            let what = format!("the {role} `{name}` is `{path}`, which an outsider can write");
            let spot = draft.spot(&format!("{}.with.{name}", step.id));
            cx.add::<()>(Found::new(&codes::UNTRUSTED_ARGUMENT, spot, what));
        }
    }
}

fn is_small_set(scope: &BTreeMap<String, Type>, path: &Path) -> bool {
    let kind = scope.get(path.root()).and_then(|root| types::at(root, path.fields()));
    matches!(kind, Some(Type::OneOf(_) | Type::Bool))
}

/// Whether showing one path shows another: the same value, or the whole that holds it.
fn covers(shown: &Path, path: &Path) -> bool {
    shown == path
        || path.as_str().strip_prefix(shown.as_str()).is_some_and(|rest| rest.starts_with('.'))
}

fn amounts(cx: &Cx<'_>, draft: &Draft, acting: &[usize]) {
    let workflow = &draft.workflow;
    if workflow.limits.day.amount.is_some() || workflow.limits.day.cases == 0 {
        return;
    }
    for step in acting.iter().filter_map(|n| workflow.steps.get(*n)) {
        let amount = acts(workflow, step)
            .into_iter()
            .find(|act| act.tool.args.values().any(|role| *role == ArgRole::Amount));
        if let Some(act) = amount {
            let what = format!("`{}` moves an amount, and no daily amount is set", act.name);
            cx.add::<()>(Found::new(&codes::NO_AMOUNT_CAP, draft.spot("top limits"), what));
            return;
        }
    }
}

/// Defaults that reach an act, and rows past a review that an outsider can choose.
fn decisions(cx: &Cx<'_>, draft: &Draft, graph: &Graph, acting: &[usize]) {
    let workflow = &draft.workflow;
    // Whoever was asked and answered has looked; a review that nobody answers has not happened.
    let asked = |way: Way| matches!(way, Way::Approved | Way::Rejected);
    let unreviewed = |_: usize, edge: Edge| !asked(edge.way);
    let act_from = graph.nearest(acting.iter().copied(), unreviewed);
    // A later row that rests on a fact stops whoever chose an earlier one.
    let chosen = |n: usize, edge: Edge| {
        let Some(step) = workflow.steps.get(n) else { return true };
        let row = match edge.way {
            Way::Row(row) => row,
            Way::Unsampled => return chosen_sample(workflow, graph, step),
            way => return !asked(way),
        };
        match &step.does {
            Does::Decide(decide) => !decide
                .first
                .get(row)
                .is_some_and(|case| rests_on_fact(workflow, graph, &case.when)),
            _ => true,
        }
    };
    let chosen_act_from = graph.nearest(acting.iter().copied(), chosen);
    let reviews = workflow
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| matches!(step.does, Does::Review(_)))
        .map(|(n, _)| n);
    let review_from = graph.nearest(reviews, unreviewed);
    let find = |goals: &[Option<usize>], next: &Next| {
        let Next::Step(id) = next else { return None };
        goals.get(*graph.at.get(id)?).copied().flatten().and_then(|n| workflow.steps.get(n))
    };
    for step in &workflow.steps {
        if chosen_sample(workflow, graph, step)
            && let Some(act) = find(&chosen_act_from, &step.next)
        {
            let what = format!(
                "cases of this sample get to `{}` unseen, and an outsider can make it hold",
                act.id
            );
            let spot = draft.spot(&format!("{}.sample", step.id));
            cx.add::<()>(Found::new(&codes::UNTRUSTED_ROUTE, spot, what));
        }
        let Does::Decide(decide) = &step.does else { continue };
        if let Some(act) = find(&act_from, &decide.otherwise) {
            let what = format!("in doubt, the case gets to `{}` without a review", act.id);
            let spot = draft.spot(&format!("{}.otherwise", step.id));
            cx.add::<()>(Found::new(&codes::DECIDE_DEFAULT, spot, what));
        }
        let Some(review) = exits(decide).find_map(|next| find(&review_from, next)) else {
            continue;
        };
        for (n, case) in decide.first.iter().enumerate() {
            if let Some(act) = find(&chosen_act_from, &case.go)
                && !rests_on_fact(workflow, graph, &case.when)
            {
                let what = format!(
                    "this row leads to `{}` past the review `{}`, and an outsider can make it hold",
                    act.id, review.id
                );
                let spot = draft.spot(&format!("{}.first.{n}", step.id));
                cx.add::<()>(Found::new(&codes::UNTRUSTED_ROUTE, spot, what));
            }
        }
    }
}

/// A step whose sample an outsider can choose to be left out of.
fn chosen_sample(workflow: &Workflow, graph: &Graph, step: &Step) -> bool {
    match &step.does {
        Does::Review(ReviewStep { sample: Some(sample), .. }) => {
            !rests_on_fact(workflow, graph, &sample.when)
        }
        _ => false,
    }
}

fn exits(decide: &DecideStep) -> impl Iterator<Item = &Next> {
    decide.first.iter().map(|case| &case.go).chain([&decide.otherwise])
}
