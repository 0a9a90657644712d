//! Autonomy and risk: how far a workflow may go without a person. It must not know where a value
//! came from; that is the flow rule's.

use plan::workflow::{Autonomy, Effect, Step, Tool, Workflow};

use crate::marks::mark;

/// What stands between an effect and the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Leash {
    /// The workflow may do it itself.
    Free,
    /// A person must have seen what is sent.
    Reviewed,
    /// The workflow only proposes.
    Never,
}

/// The leash of one tool in one step. `undo` says that there is a way back.
pub(crate) fn leash(workflow: &Workflow, step: Option<&Step>, tool: &Tool, undo: bool) -> Leash {
    if tool.effect == Effect::Read {
        return Leash::Free;
    }
    match workflow.rung(step) {
        Autonomy::Suggest => {
            mark!("leash:suggest");
            Leash::Never
        }
        Autonomy::Approve => {
            mark!("leash:approve");
            Leash::Reviewed
        }
        Autonomy::ActWithUndo if !undo => {
            mark!("leash:irreversible");
            Leash::Reviewed
        }
        Autonomy::ActWithUndo => {
            mark!("leash:undo");
            Leash::Free
        }
        Autonomy::Act => {
            mark!("leash:act");
            Leash::Free
        }
    }
}

/// The leash of an effect that somebody holds lower than the plan does.
pub(crate) fn held(leash: Leash, level: Option<Autonomy>, undo: bool) -> Leash {
    let held = match level {
        None | Some(Autonomy::Act) => return leash,
        Some(Autonomy::ActWithUndo) if undo => return leash,
        Some(Autonomy::ActWithUndo | Autonomy::Approve) => Leash::Reviewed,
        Some(Autonomy::Suggest) => Leash::Never,
    };
    mark!("leash:held");
    leash.max(held)
}
