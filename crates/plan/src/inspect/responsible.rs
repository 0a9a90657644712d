//! Who answers, who may stop it, who decides: people and how far the workflow may go.

use crate::codes;
use crate::ids::{PersonId, RoleId};
use crate::problem::{Cx, Found};
use crate::read::workflow::Draft;
use crate::read::workspace::Workspace;
use crate::workflow::{Does, NeverBy, ReviewStep, Step, Work};

pub(super) fn check(cx: &Cx<'_>, ws: &Workspace, draft: &Draft) {
    let workflow = &draft.workflow;
    if workflow.autonomy > workflow.risk.allows() {
        let what = "this is more autonomy than the risk allows";
        cx.add::<()>(Found::new(&codes::AUTONOMY_RISK, draft.spot("top autonomy"), what));
    }
    let raises = |step: &Step| match &step.does {
        Does::Agent(agent) => matches!(&agent.work, Work::Answer { may_raise: true, .. }),
        _ => false,
    };
    if !draft.holes && !workflow.steps.iter().any(raises) {
        for (n, exception) in workflow.named_exceptions() {
            let what = format!("nobody can raise `{}`", exception.what);
            let spot = draft.spot(&format!("exception {n}"));
            cx.add::<()>(Found::new(&codes::UNRAISED, spot, what));
        }
    }
    for step in &workflow.steps {
        if let Does::Review(review) = &step.does {
            reviewer(cx, ws, draft, step, review);
        }
    }
}

fn reviewer(cx: &Cx<'_>, ws: &Workspace, draft: &Draft, step: &Step, review: &ReviewStep) {
    let spot = draft.spot(step.id.as_str());
    if !review.never_by.contains(&NeverBy::Starter) {
        let what = format!("whoever starts a case may also decide in `{}`", step.id);
        cx.add::<()>(Found::new(&codes::REVIEW_STARTER, spot, what));
    }
    let holders = ws.settings.people.roles.get(&review.by).map(Vec::as_slice).unwrap_or_default();
    if let Some((role, have, need)) = too_few(ws, draft, review) {
        let what = format!("{need} people must agree, and {have} of `{role}` may");
        cx.add::<()>(Found::new(&codes::REVIEW_FEW, spot, what));
    }
    let owner_only = holders.iter().all(|person| *person == draft.workflow.accountable);
    if never_owner(draft, review) && owner_only && !holders.is_empty() {
        let because = match review.never_by.contains(&NeverBy::Owner) {
            true => "the owner may not decide",
            false => "a case that begins by itself counts as started by the owner",
        };
        let what = format!("only the owner holds `{}`, and {because}", review.by);
        cx.add::<()>(Found::new(&codes::REVIEW_NOBODY, spot, what));
    }
}

/// A role of a review that has fewer people than must agree, with what it has and what it takes.
fn too_few<'r>(
    ws: &Workspace,
    draft: &Draft,
    review: &'r ReviewStep,
) -> Option<(&'r RoleId, usize, usize)> {
    if review.approvals < 2 {
        return None;
    }
    let never_owner = never_owner(draft, review);
    let roles = std::iter::once(&review.by).chain(review.late.chain().map(|(role, _)| role));
    let counted = roles.filter_map(|role| {
        let holders = ws.settings.people.roles.get(role)?;
        let may = |who: &&PersonId| !never_owner || **who != draft.workflow.accountable;
        Some((role, holders.iter().filter(may).count()))
    });
    let need = usize::from(review.approvals);
    counted.filter(|(_, have)| *have < need).map(|(role, have)| (role, have, need)).next()
}

/// Whether the owner is kept out, of some cases at least: whoever answers for a workflow has set
/// its starts going, and so counts as the starter of what begins by itself.
fn never_owner(draft: &Draft, review: &ReviewStep) -> bool {
    let by_itself = !draft.workflow.starts.is_empty();
    review.never_by.contains(&NeverBy::Owner)
        || by_itself && review.never_by.contains(&NeverBy::Starter)
}
