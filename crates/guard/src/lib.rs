//! Answers every ask: allow, ask a person, or refuse, naming the rule. Default, error and doubt
//! refuse. It must not do IO and must not know any tool's code.
//!
//! `ask.rs` is the border with the engine, which calls [`Guard::judge`] for every act and
//! [`Guard::answer`] for every answer under a contract.

pub mod ask;
pub mod contract;
pub mod ground;
pub mod hidden;
pub mod input;
pub mod links;
pub mod lists;
pub mod personal;
pub mod secrets;
pub mod signals;

mod door;
mod flow;
mod judge;
mod leash;
mod limits;
mod marks;
mod prove;
mod tags;

#[cfg(test)]
mod tests;

pub use ask::{Act, Allow, ArgFact, Ask, BackingFact, Purse, Verdict};
pub use judge::{Fault, Guard, Said};
pub use secrets::Secrets;
