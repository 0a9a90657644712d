//! Calls of models, each against a [`Permit`](journal::Permit): what is sent is read from the
//! permit and from nowhere else. Time-outs, rate limits, breakers and prices live here; which model
//! is tried next is the engine's decision. It must not know workflows.

mod anthropic;
mod breaker;
mod canary;
mod choice;
mod http;
mod keys;
pub mod known;
pub mod local;
mod models;
mod openai;
mod pace;
mod price;
mod provider;
mod rehearsal;
mod seat;
mod secret;
mod shapes;
mod trouble;
mod wire;

pub use canary::Canary;
pub use models::{Callable, Called, IDLE, ModelSpec, Place, Vendors};
pub use rehearsal::{Line, REPORTED, Rehearsal, ScriptError, digest};
pub use seat::{Question, Seat, Sitting, seat};
pub use secret::{Key, Secret};

/// Why models could not be set up. What goes wrong in a call is a [`Failure`](journal::Failure)
/// instead, because runs record it.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The address is not one of HTTP.
    #[error("the model `{model}` has no usable address: {why}")]
    Address { model: String, why: String },
    /// A key that no header can carry.
    #[error("the key of the model `{0}` cannot be sent: it holds characters that no header allows")]
    Key(String),
    /// The HTTP client could not be made.
    #[error("no connection to model servers can be made: {0}")]
    Client(String),
}

#[cfg(test)]
mod tests;
