//! The readers: from texts to resolved values, with a problem for everything that is not as it
//! should be. They must not judge whether a workflow is safe; `inspect` does.

mod about;
pub(crate) mod access;
pub(crate) mod agents;
pub(crate) mod alerts;
mod certainty;
pub(crate) mod credentials;
pub(crate) mod exams;
pub(crate) mod failure;
pub(crate) mod fields;
pub(crate) mod notices;
pub(crate) mod on_call;
pub(crate) mod people;
pub(crate) mod privacy;
pub(crate) mod releases;
pub(crate) mod scalars;
pub(crate) mod secrets;
mod seeds;
pub(crate) mod servers;
pub(crate) mod settings;
mod starts;
pub(crate) mod steps;
pub(crate) mod tables;
mod today;
pub(crate) mod uses;
pub(crate) mod vendors;
pub(crate) mod work;
pub(crate) mod workflow;
pub(crate) mod workspace;
