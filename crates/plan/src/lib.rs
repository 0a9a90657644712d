//! Files to a checked, immutable, content-addressed [`Plan`]. It must not know runs, clocks,
//! models or disks: it is given named texts and gives back a plan, or every problem at once.

pub mod expr;
pub mod ids;
pub mod lock;
pub mod value;
pub mod workflow;

mod release;

pub use release::{OpenError, Plan};
