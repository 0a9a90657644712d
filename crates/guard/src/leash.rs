//! Autonomy and risk: how far a workflow may go without a person. It must not know where a value
//! came from; that is the flow rule's.

use plan::workflow::{Autonomy, Effect, Risk, Tool, Workflow};

use crate::marks::mark;

/// What stands between an effect and the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leash {
    /// The workflow may do it itself.
    Free,
    /// A person must have seen what is sent.
    Reviewed,
    /// The workflow only proposes.
    Never,
}

/// The leash of one tool in one step. `undo` says that the step names a way back.
pub(crate) fn leash(workflow: &Workflow, tool: &Tool, undo: bool) -> Leash {
    if tool.effect == Effect::Read {
        return Leash::Free;
    }
    // The files may ask for less freedom than the risk allows, never for more.
    let allowed = match workflow.risk {
        Risk::Low | Risk::Medium => Autonomy::Act,
        Risk::High => Autonomy::ActWithUndo,
        Risk::Critical => Autonomy::Approve,
    };
    match workflow.autonomy.min(allowed) {
        Autonomy::Suggest => {
            mark!("leash:suggest");
            Leash::Never
        }
        Autonomy::Approve => {
            mark!("leash:approve");
            Leash::Reviewed
        }
        Autonomy::ActWithUndo if !(tool.reversible || undo) => {
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
