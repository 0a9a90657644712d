//! Tools behind MCP servers: one pool of server processes for all runs, the check that a tool is
//! still what a person approved, the questions to ask before approving one, and the servers that
//! this program brings along. A call consumes a [`journal::Permit`]; nothing in here knows a
//! workflow, decides whether an act is right, or makes up an answer that a server did not give.

pub mod catalogue;
pub mod gateway;
pub mod http;
pub mod launch;
pub mod pin;
pub mod probe;
pub mod serve;

#[cfg(target_os = "linux")]
mod apart;
mod callback;
mod caller;
mod children;
mod connection;
mod ears;
mod egress;
mod hosts;
mod lane;
mod oauth;
mod offered;
mod outcome;
mod pool;
mod process;
mod progress;
mod reach;
mod remote;
mod sandbox;
mod spec;
mod task;
mod tokens;
mod wire;

pub use callback::Callback;
pub use ears::Answers;
pub use hosts::Host;
pub use oauth::SignIn;
pub use offered::{Hints, Offered};
pub use outcome::{Called, Said};
pub use pool::Tools;
pub use process::Launcher;
pub use progress::{Follower, Progress};
pub use sandbox::{Gap, Network, Reach, Sandbox, gaps};
pub use spec::{Client, Limits, Lookup, Program, Remote, Secret, ServerSpec, Way};
pub use tokens::{Standing, Tokens};

/// Why a server could not be used. Nothing was asked of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("no server is called `{0}`")]
    Unknown(String),
    /// The program could not be started, or ended before it answered.
    #[error("the server `{server}` did not start: {why}")]
    Start { server: String, why: String },
    /// It failed before; the next attempt is due later.
    #[error("the server `{server}` failed and is tried again in {wait_ms} ms: {why}")]
    Resting { server: String, wait_ms: u64, why: String },
    /// It runs, but does not say which tools it has.
    #[error("the server `{server}` does not list its tools: {why}")]
    Listing { server: String, why: String },
    /// The pool was closed.
    #[error("the servers are being stopped")]
    Closed,
}
