//! Plan, state and input to records. [`advance`] is a function: it reads no clock, makes no ids,
//! touches no disk and no network, and what it decides happens only after the journal has stored
//! it. It must not know tokio, HTTP, MCP or any store.

mod accounts;
mod advance;
mod agent;
mod asks;
mod audit;
mod call;
mod control;
mod copy;
mod drive;
pub mod due;
mod ending;
mod env;
mod faults;
pub mod hours;
mod keyed;
mod kinds;
mod orders;
mod prepared;
mod question;
pub mod rehearsal;
pub mod seeds;
mod sql;
mod tool;
mod work;

#[cfg(test)]
mod rig;
#[cfg(test)]
mod sim;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use guard::Guard;
use plan::Plan;

pub use advance::{
    Event, Input, Opening, advance, caught, open, opening_caught, standing, standing_of,
};
pub use agent::{judging, wire_name};
pub use audit::{Audit, AuditError, Audited, Tally, audit};
pub use control::{Control, FoldError};
pub use env::{Env, EnvError, Loaded};
pub use prepared::{ChildRun, Prepared, children};

/// A release made ready: the plan, its guard, and what every call of a step has in common.
#[derive(Debug)]
pub struct Engine {
    pub(crate) plan: Arc<Plan>,
    pub(crate) guard: Guard,
    pub(crate) keying: [u8; 32],
    pub(crate) prepared: Prepared,
}

impl Engine {
    /// Makes a release ready. `keying` is the installation's secret for idempotency keys.
    #[must_use]
    pub fn new(plan: Arc<Plan>, guard: Guard, keying: [u8; 32]) -> Self {
        let prepared = Prepared::new(&plan);
        Self { plan, guard, keying, prepared }
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The guard.
    #[must_use]
    pub fn guard(&self) -> &Guard {
        &self.guard
    }
}
