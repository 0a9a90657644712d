//! What is needed to reach a server: a program to start or an address to call, and its limits. It
//! reads no file and no environment: who looks secrets up is handed in, and is asked each time that
//! the server is reached.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::sandbox::Sandbox;
use crate::tokens::Tokens;

/// One MCP server, as `.mcp.json` names it.
#[derive(Debug, Clone)]
pub struct ServerSpec {
    /// The first part of its tools' names: `erp` in `erp.create_draft`.
    pub name: String,
    pub way: Way,
    /// Values that were looked up for it, by name. They appear in no text that leaves this crate.
    pub secrets: BTreeMap<String, Secret>,
    pub limits: Limits,
    /// Who looks its values up. Without, they stand in `way` as they are.
    pub lookup: Option<Lookup>,
}

/// Looks up what a server is reached with: the same server, its values in place of their names.
#[derive(Clone)]
pub struct Lookup(Arc<dyn Fn() -> Result<ServerSpec, String> + Send + Sync>);

impl Lookup {
    /// It may take its time, and is not asked on a thread that others wait for.
    pub fn new(look_up: impl Fn() -> Result<ServerSpec, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(look_up))
    }
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lookup(..)")
    }
}

/// How a server is reached.
#[derive(Debug, Clone)]
pub enum Way {
    Program(Program),
    Remote(Remote),
}

/// A server that is started here and spoken to over its pipes.
#[derive(Debug, Clone)]
pub struct Program {
    pub command: String,
    pub args: Vec<String>,
    /// Variables the server gets besides `PATH`; it inherits nothing else.
    pub env: BTreeMap<String, Secret>,
    /// The folder it works in.
    pub cwd: PathBuf,
    /// What it may reach. Only [`crate::Launcher::Through`] closes it.
    pub sandbox: Sandbox,
}

/// A server that runs elsewhere and is spoken to over Streamable HTTP.
#[derive(Debug, Clone)]
pub struct Remote {
    pub url: Secret,
    /// Headers that go with every request, and to no other origin than the address's own.
    pub headers: BTreeMap<String, Secret>,
    /// Whether its name may lead into a private network.
    pub private: bool,
    /// As whom we sign in to it, where that was agreed on beforehand.
    pub client: Client,
    /// Where its tokens are kept. None: nobody signs in to it.
    pub tokens: Option<Arc<Tokens>>,
}

/// What this program is to the server that hands out tokens. Whatever is not declared is found out
/// when somebody signs in.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// The name it was registered under, or the `https` address of the document that describes it.
    pub id: Option<String>,
    pub secret: Option<Secret>,
    /// Who registered it. A secret goes to nobody else.
    pub issuer: Option<String>,
    /// What is asked for; otherwise what the server says it needs.
    pub scopes: Vec<String>,
    /// The port of this machine that a browser is sent back to; otherwise any.
    pub port: Option<u16>,
    /// It signs in by itself, with its secret and for itself; no person does.
    pub alone: bool,
}

/// What a server may use up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long it may take to start and to list its tools.
    pub start: Duration,
    /// The longest message it may send.
    pub message_bytes: usize,
    /// How much it may send without answering anything, before it is taken for broken.
    pub unasked_bytes: usize,
    /// Calls that may be under way at once, in each process.
    pub in_flight: usize,
    /// Processes of this server. One, unless the server cannot do two things at a time.
    pub processes: usize,
    /// For how long a listing is believed for a tool that only reads. Before any other call the
    /// server is asked again.
    pub listing: Duration,
    /// The first pause after a failure; it doubles up to `rest_longest`.
    pub rest_first: Duration,
    pub rest_longest: Duration,
    /// How long a connection that no call uses is kept. What it holds is forgotten with it.
    pub idle: Duration,
    pub process: ProcessLimits,
}

/// Limits that the operating system enforces; `None` leaves one as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessLimits {
    /// Writable memory.
    pub memory_bytes: Option<u64>,
    pub open_files: Option<u64>,
    /// The largest file it may write.
    pub file_bytes: Option<u64>,
    /// Processor time over its whole life.
    pub cpu_seconds: Option<u64>,
    /// How many processes it may have started that still run. It is counted in a box only, and
    /// whoever has more is ended with all of them.
    pub children: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            start: Duration::from_secs(30),
            message_bytes: 8 << 20,
            unasked_bytes: 64 << 20,
            in_flight: 16,
            processes: 1,
            listing: Duration::from_secs(30),
            rest_first: Duration::from_millis(250),
            rest_longest: Duration::from_secs(30),
            idle: Duration::from_secs(600),
            process: ProcessLimits::default(),
        }
    }
}

impl Default for ProcessLimits {
    fn default() -> Self {
        Self {
            memory_bytes: Some(2 << 30),
            open_files: Some(1024),
            file_bytes: Some(1 << 30),
            cpu_seconds: None,
            children: Some(256),
        }
    }
}

impl ServerSpec {
    /// A server that is reached in this way, with the usual limits.
    #[must_use]
    pub fn new(name: &str, way: Way) -> Self {
        let (secrets, limits) = (BTreeMap::new(), Limits::default());
        Self { name: name.to_owned(), way, secrets, limits, lookup: None }
    }

    /// The same server with the values of this moment, for one connection.
    pub(crate) async fn leased(&self) -> Result<Self, String> {
        let Some(lookup) = self.lookup.clone() else { return Ok(self.clone()) };
        let looked_up = tokio::task::spawn_blocking(move || (lookup.0)());
        let mut leased = looked_up.await.map_err(|error| error.to_string())??;
        // Whoever keeps its tokens has told others of them, and stays.
        if let (Way::Remote(leased), Way::Remote(own)) = (&mut leased.way, &self.way) {
            leased.tokens.clone_from(&own.tokens);
        }
        Ok(Self { way: leased.way, secrets: leased.secrets, lookup: None, ..self.clone() })
    }

    /// A text with every secret of this server blotted out.
    pub(crate) fn redact(&self, text: String) -> String {
        let declared = self.secrets.iter().map(|(name, secret)| (name.as_str(), secret.reveal()));
        let given = self.tokens().map(|tokens| tokens.secrets()).unwrap_or_default();
        let given = given.iter().map(|token| ("token", token.as_str()));
        blotted(text, declared.chain(given))
    }

    /// Where this server's tokens are kept, if it may have any.
    #[must_use]
    pub fn tokens(&self) -> Option<&Arc<Tokens>> {
        match &self.way {
            Way::Remote(remote) => remote.tokens.as_ref(),
            Way::Program(_) => None,
        }
    }
}

/// A text with values blotted out, each by its name.
pub(crate) fn blotted<'a>(
    text: String,
    values: impl Iterator<Item = (&'a str, &'a str)>,
) -> String {
    // A very short value would blot out innocent text and is guessed anyway.
    let mut all: Vec<(&str, &str)> = values.filter(|(_, value)| value.len() >= 4).collect();
    // The longest first, so that a part is never replaced within a whole.
    all.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
    all.into_iter().fold(text, |text, (name, value)| {
        if text.contains(value) { text.replace(value, &format!("[{name}]")) } else { text }
    })
}

impl Remote {
    /// An address and nothing else.
    #[must_use]
    pub fn new(url: Secret) -> Self {
        let (headers, client) = (BTreeMap::new(), Client::default());
        Self { url, headers, private: false, client, tokens: None }
    }
}

impl Program {
    /// A command and nothing else, without a box.
    #[must_use]
    pub fn new(command: &str, cwd: impl Into<PathBuf>) -> Self {
        Self {
            command: command.to_owned(),
            args: Vec::new(),
            env: BTreeMap::new(),
            cwd: cwd.into(),
            sandbox: Sandbox::Off,
        }
    }
}

/// A value that may be handed to a server and to nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value, for the server that needs it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
