//! The checks of a workflow that could be read: values, flow, answering for it, and what it may
//! do without a person. They must not read text; they look at resolved steps.

mod acts;
mod arguments;
mod flow;
mod graph;
mod responsible;
pub(crate) mod secrets;
mod starts;
mod trust;
mod values;

use crate::problem::Cx;
use crate::read::workflow::Draft;
use crate::read::workspace::Workspace;

use graph::Graph;

/// Reports everything that is wrong, and writes out how often each step may be entered.
pub(crate) fn inspect(cx: &Cx<'_>, ws: &Workspace, draft: &mut Draft) {
    responsible::check(cx, ws, draft);
    starts::check(cx, draft);
    arguments::check(cx, draft);
    let graph = Graph::new(&draft.workflow);
    values::check(cx, draft, &graph);
    cx.looked(draft.uses.len() + graph.work.get());
    // With a step missing, half the others would seem unreachable.
    if draft.holes {
        return;
    }
    flow::check(cx, draft, &graph);
    acts::check(cx, draft, &graph);
    cx.looked(graph.work.get());
    let visits = flow::visits(&draft.workflow, &graph);
    for (step, most) in draft.workflow.steps.iter_mut().zip(visits) {
        step.visits_max = most;
    }
}
