//! Steps that are never reached, cannot end, or go round without a limit.

use std::collections::BTreeMap;

use crate::codes;
use crate::problem::{Cx, Found};
use crate::read::workflow::Draft;
use crate::workflow::{Step, Workflow};

use super::graph::{Edge, Graph};

pub(super) fn check(cx: &Cx<'_>, draft: &Draft, graph: &Graph) {
    let steps = &draft.workflow.steps;
    let reached = graph.reach(graph.starts.iter().copied(), |_, _| true);
    for (step, reached) in steps.iter().zip(&reached) {
        if !reached {
            let what = format!("no case can come to the step `{}`", step.id);
            cx.add::<()>(Found::new(&codes::UNREACHABLE, draft.spot(step.id.as_str()), what));
        }
    }
    let exits = graph.exits.iter().enumerate().filter(|(_, exit)| **exit).map(|(n, _)| n);
    let out = graph.nearest(exits, |_, _| true);
    let stuck =
        steps.iter().zip(&reached).zip(&out).find(|((_, reached), out)| **reached && out.is_none());
    // One step of a trap is enough to see it; the others follow from it.
    if let Some(((step, _), _)) = stuck {
        let what = format!("a case that comes to `{}` can never end", step.id);
        cx.add::<()>(Found::new(&codes::NO_EXIT, draft.spot(step.id.as_str()), what));
    }
    loops(cx, draft, graph);
}

/// Every loop has to pass a step with a limit: without those steps, none may be left.
fn loops(cx: &Cx<'_>, draft: &Draft, graph: &Graph) {
    let steps = &draft.workflow.steps;
    let limited = |n: usize| steps.get(n).is_some_and(|step| step.visits_max > 0);
    let open = |n: usize, edge: Edge| !limited(n) && !limited(edge.to);
    let circles = graph.circles(open);
    let mut members: BTreeMap<usize, Vec<(usize, &Step)>> = BTreeMap::new();
    for ((n, step), circle) in steps.iter().enumerate().zip(&circles) {
        members.entry(*circle).or_default().push((n, step));
    }
    for circle in members.values() {
        let Some((n, step)) = circle.first() else { continue };
        let itself = graph.out(*n).iter().any(|edge| edge.to == *n && open(*n, *edge));
        if circle.len() > 1 || itself {
            let names: Vec<&str> = circle.iter().take(6).map(|(_, s)| s.id.as_str()).collect();
            let what = format!("`{}` can go round without a limit", names.join("`, `"));
            let spot = draft.spot(step.id.as_str());
            let fix = format!("add `at_most: N` to a step of the loop, such as `{}`", step.id);
            cx.add::<()>(Found::new(&codes::LOOP, spot, what).fix(fix));
        }
    }
}

/// How often each step can be entered at most. Between two visits of a step in a loop some
/// limited step of that loop is passed, so their limits bound it; every exception can lead back
/// once more.
pub(super) fn visits(workflow: &Workflow, graph: &Graph) -> Vec<u32> {
    let circles = graph.circles(|_, _| true);
    let mut limits: BTreeMap<usize, u32> = BTreeMap::new();
    for (step, circle) in workflow.steps.iter().zip(&circles) {
        let sum = limits.entry(*circle).or_default();
        *sum = sum.saturating_add(step.visits_max);
    }
    let again = u32::try_from(workflow.exceptions.len()).unwrap_or(u32::MAX).saturating_add(1);
    let most = |(step, circle): (&Step, &usize)| match step.visits_max {
        0 => limits.get(circle).map_or(1, |sum| sum.saturating_add(1)).saturating_mul(again),
        said => said,
    };
    workflow.steps.iter().zip(&circles).map(most).collect()
}
