//! Sends people what `evidence` finds worth telling them: to a webhook, signed as Standard Webhooks
//! says, to a chat that takes what Slack takes, or by mail. It follows what is stored and stands in
//! the way of no case; what could not be sent is kept and sent later, under the same id. It must
//! not send anything of a case's contents.

mod channel;
mod follow;
mod state;

#[cfg(test)]
mod tests;

pub use channel::{Channel, Failure, Mail, Secret, Tls};
pub use follow::{Following, Journal, Target, follow};
pub use state::{State, StateError};
