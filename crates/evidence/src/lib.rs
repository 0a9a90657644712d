//! From stored frames to what people see and can check: a run's story, why it stands where it
//! stands, the figures of many runs, and whether a chain is whole. Everything in here can be
//! thrown away and computed again. It must not decide, act, or know the engine, a clock or a disk.

#![deny(clippy::wildcard_enum_match_arm)]

pub mod again;
pub mod alerts;
pub mod attention;
pub mod canary;
pub mod codes;
pub mod credentials;
pub mod desk;
pub mod drift;
pub mod events;
pub mod facts;
pub mod fleet;
pub mod foreign;
pub mod handed;
pub mod handover;
pub mod history;
pub mod metrics;
pub mod notices;
pub mod releases;
pub mod rules;
pub mod statistics;
pub mod subject;
pub mod trace;
pub mod trial;
pub mod view;
pub mod why;
pub mod words;

#[cfg(test)]
mod tests;

pub use desk::{Closed, DeskView, Drilled, Erased, HeldStart, Notice, Stopped, UsedUp};
pub use fleet::{Fleet, Limiter, Summary, Tally};
pub use handover::{Handover, handover};
pub use history::{Broken, History, Proof, verify};
pub use view::{
    ActState, ActView, DecisionView, DeclinedView, Line, ReviewKind, ReviewState, ReviewView,
    RunView, ShownValue, StepState, StepView, Trouble,
};
pub use why::{Explanation, why};
