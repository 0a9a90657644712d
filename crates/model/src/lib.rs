//! Calls of models, each against a [`Permit`](journal::Permit): what is sent is read from the permit
//! and from nowhere else. Time-outs, rate limits, breakers and prices live here; which model is
//! tried next is the engine's decision. It must not know workflows.

mod breaker;
mod choice;
pub mod local;
mod models;
mod openai;
mod pace;
mod price;
mod provider;
pub mod rehearsal;
mod secret;
mod wire;

pub use choice::Choose;
pub use models::{CallResult, Models, Offer};
pub use openai::{Endpoint, OpenAi};
pub use provider::{Answered, Answering, Provider};
pub use secret::Secret;

/// Why a provider could not be set up. What goes wrong in a call is a
/// [`Failure`](journal::Failure) instead, because runs record it.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The address is not one of HTTP.
    #[error("`{0}` is no address of a model server")]
    Address(String),
    /// The HTTP client could not be made.
    #[error("the http client cannot be made")]
    Client(#[source] reqwest::Error),
}
