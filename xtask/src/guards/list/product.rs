//! What holds where the parts come together, and only the program as a whole can show.

use super::{Guard, PRODUCT};

const HOOKS: &str = "crates/server/src/hooks.rs";
const LADDER: &str = "crates/runtime/src/ladder.rs";
const PEOPLE: &str = "crates/runtime/src/people.rs";
const TRIAL: &str = "crates/cli/src/trial.rs";
const TRIGGERS: &str = "crates/runtime/src/triggers.rs";
const UNDO: &str = "crates/cli/src/commands/stops/undo.rs";
const VAULT: &str = "crates/cli/src/vault.rs";

pub const ALL: &[Guard] = &[
    Guard {
        name: "taking back lifts no stop that a person had set",
        file: UNDO,
        is: "if before.contains(&scope) {",
        becomes: "if before.len() > 1_000_000 {",
        rooms: PRODUCT,
    },
    Guard {
        name: "a full queue opens no further case",
        file: PEOPLE,
        is: "if waiting < limit { Ok(()) }",
        becomes: "if waiting <= limit { Ok(()) }",
        rooms: PRODUCT,
    },
    Guard {
        name: "only whoever answers for a workflow puts a wrong case before its people",
        file: PEOPLE,
        is: "new.mode == Mode::Seeded && !over(workflow).contains(who)",
        becomes: "new.mode == Mode::Seeded && over(workflow).is_empty()",
        rooms: PRODUCT,
    },
    Guard {
        name: "what was not confirmed holds its step lower",
        file: LADDER,
        is: "Record::Failed { at, code: Code::NotConfirmed, .. } => {",
        becomes: "Record::Failed { at, code: Code::Cancelled, .. } => {",
        rooms: PRODUCT,
    },
    Guard {
        name: "a secret that others may read is none",
        file: VAULT,
        is: "about.permissions().mode() & 0o077 != 0",
        becomes: "about.permissions().mode() & 0o077 == 0o1000",
        rooms: PRODUCT,
    },
    Guard {
        name: "a stop holds what begins by itself",
        file: TRIGGERS,
        is: "if let Some(stop) = stop {",
        becomes: "if let Some(stop) = stop.filter(|_| false) {",
        rooms: PRODUCT,
    },
    Guard {
        name: "what a start missed is written down",
        file: TRIGGERS,
        is: "if let Some(missed) = missed {",
        becomes: "if let Some(missed) = missed.filter(|_| false) {",
        rooms: PRODUCT,
    },
    Guard {
        name: "a time that has its case was not missed",
        file: "crates/engine/src/due.rs",
        is: "if !began(*at)? {",
        becomes: "if !began(*at)? || true {",
        rooms: PRODUCT,
    },
    Guard {
        name: "a clock that finds nothing begins nothing",
        file: TRIGGERS,
        is: "            Ok(holds)",
        becomes: "            Ok(true)",
        rooms: PRODUCT,
    },
    Guard {
        name: "a file begins nothing before two looks find it the same",
        file: "crates/runtime/src/triggers/folder.rs",
        is: "if let Some(old) = self.seen.get(&name)",
        becomes: "if let Some(old) = self.seen.get(&name).copied().or(Some(new))",
        rooms: PRODUCT,
    },
    Guard {
        name: "something else under the id of an event is told apart",
        file: "crates/runtime/src/triggers/event.rs",
        is: "if stored == content",
        becomes: "if stored == content || true",
        rooms: PRODUCT,
    },
    Guard {
        name: "what was signed long ago is not taken",
        file: HOOKS,
        is: "(made && is_known && is_now)",
        becomes: "(made && is_known)",
        rooms: PRODUCT,
    },
    Guard {
        name: "a webhook without a key takes nothing",
        file: HOOKS,
        is: "(made && is_known && is_now)",
        becomes: "(made && is_now)",
        rooms: PRODUCT,
    },
    Guard {
        name: "nothing is done in a trial",
        file: TRIAL,
        is: "Payload::Tool(ask) if self.reads.contains(&ask.tool) => {",
        becomes: "Payload::Tool(_) => {",
        rooms: PRODUCT,
    },
];
