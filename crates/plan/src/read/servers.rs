//! `.mcp.json` and `mcp.lock`: which servers there are, and which of their tools are approved.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{Error, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use crate::codes;
use crate::files::Spot;
use crate::ids::ToolName;
use crate::inspect::secrets::is_hidden;
use crate::lock::{Lock, LockError, Pinned};
use crate::problem::{Cx, Found};
use crate::variables;

pub(crate) const SERVERS: &str = ".mcp.json";
pub(crate) const LOCK: &str = "mcp.lock";
/// Servers that are part of the program itself.
pub(crate) const BUILT_IN: &[&str] = &["files", "match", "table"];

/// One MCP server, in the form that `.mcp.json` has everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Server {
    #[serde(rename = "type", default)]
    pub transport: Option<String>,
    #[serde(default)]
    pub command: Option<String>,
    #[serde(default)]
    pub args: Vec<String>,
    /// Variables the server gets; `${NAME}` stands for one of the environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Where it answers over Streamable HTTP.
    #[serde(default)]
    pub url: Option<String>,
    /// Headers that go with every request; `${NAME}` stands for one of the environment.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Whether `url` may lead into a private network.
    #[serde(rename = "allowPrivate", default)]
    pub allow_private: bool,
    /// As whom to sign in, where that was agreed on beforehand.
    #[serde(default)]
    pub oauth: Option<OAuth>,
    /// What the program may reach. Without a word it is what its command line names.
    #[serde(default)]
    pub sandbox: Option<Sandbox>,
}

/// What a program may reach beyond what every program needs. Paths start at the workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sandbox {
    pub read: Vec<String>,
    pub write: Vec<String>,
    pub network: Option<Network>,
    /// Whether it is not started where the kernel cannot enforce all of this.
    pub strict: bool,
    /// Why it runs without a box.
    pub off: Option<String>,
}

/// Where a program may connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    All,
    /// These hosts and no others, as they are written.
    Hosts(Vec<String>),
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Wanted)
    }
}

struct Wanted;

impl<'de> Visitor<'de> for Wanted {
    type Value = Network;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`\"all\"`, or a list of hosts such as `[\"api.example.com\"]`, for `network`")
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Network, E> {
        if word == "all" {
            Ok(Network::All)
        } else {
            Err(E::invalid_value(Unexpected::Str(word), &self))
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Network, A::Error> {
        let mut all = Vec::new();
        while let Some(host) = entries.next_element()? {
            all.push(host);
        }
        // Without a word the network is off; a list is there to name somebody.
        if all.is_empty() { Err(Error::invalid_length(0, &self)) } else { Ok(Network::Hosts(all)) }
    }
}

/// What this program is to the server that hands out tokens for another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OAuth {
    pub client_id: Option<String>,
    /// `${NAME}` stands for a variable of the environment.
    pub client_secret: Option<String>,
    /// Who registered the client. Its secret goes nowhere else.
    pub issuer: Option<String>,
    /// What is asked for, with spaces between.
    pub scopes: Option<String>,
    /// The port of this machine that a browser is sent back to.
    pub callback_port: Option<u16>,
    /// How a token is come by; without a word a person signs in.
    pub grant: Option<Grant>,
}

/// How a token is come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    AuthorizationCode,
    /// The program signs in by itself, with its secret.
    ClientCredentials,
}

impl Server {
    /// The environment variables that are named as `${NAME}` or `${NAME:-default}`.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let all = self.env.values().chain(self.headers.values()).chain(&self.args);
        let client = self.oauth.iter().flat_map(|oauth| [&oauth.client_id, &oauth.client_secret]);
        let all = all.chain(&self.url).chain(client.flatten());
        let mut names: Vec<String> =
            all.flat_map(|text| variables::names(text)).map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    }
}

#[derive(Debug, Deserialize)]
struct File {
    #[serde(rename = "mcpServers")]
    servers: BTreeMap<String, Server>,
}

#[derive(Debug, Default)]
pub(crate) struct Servers {
    pub(crate) servers: BTreeMap<String, Server>,
    pub(crate) lock: Lock,
    /// A file is there and could not be read, so nothing is known about tools.
    pub(crate) broken: bool,
    file: Option<Arc<str>>,
    text: Arc<str>,
}

impl Servers {
    /// Where a tool stands in the lock file.
    pub(crate) fn spot(&self, tool: &str) -> Spot {
        let Some(file) = &self.file else { return Spot::top(LOCK) };
        let quoted = format!("\"{tool}\"");
        match self.text.find(&quoted) {
            Some(at) => Spot::new(file, at..at + quoted.len()),
            None => Spot::top(LOCK),
        }
    }

    /// Whether a server is declared or built in.
    pub(crate) fn has(&self, server: &str) -> bool {
        self.servers.contains_key(server) || BUILT_IN.contains(&server)
    }

    pub(crate) fn pinned(&self, tool: &ToolName) -> Option<&Pinned> {
        self.lock.tools.get(tool)
    }
}

pub(crate) fn read(cx: &Cx<'_>) -> Servers {
    let mut all = Servers::default();
    if let Some(text) = cx.files.get(SERVERS) {
        match serde_json::from_str::<File>(text) {
            Ok(file) => all.servers = file.servers,
            Err(error) => {
                json_problem(cx, SERVERS, text, &error);
                all.broken = true;
            }
        }
    }
    let Some((file, text)) = cx.files.entry(LOCK) else {
        return all;
    };
    all.file = Some(Arc::clone(file));
    all.text = Arc::clone(text);
    let parsed = Lock::parse(text);
    all.broken |= parsed.is_err();
    match parsed {
        Ok(lock) => all.lock = lock,
        Err(LockError::Read(error)) => json_problem(cx, LOCK, text, &error),
        Err(error) => {
            cx.add::<()>(Found::new(&codes::JSON, &Spot::top(LOCK), error.to_string()));
        }
    }
    for (name, pinned) in &all.lock.tools {
        // Escapes keep such characters out of sight of a search through the file.
        let definition = &pinned.definition;
        let texts = [&definition.description, &definition.input.to_string()];
        if texts.iter().any(|text| text.chars().any(is_hidden)) {
            let what = format!("the definition of `{name}` has a hidden character");
            cx.add::<()>(Found::new(&codes::HIDDEN, &all.spot(name.as_str()), what));
        }
        if pinned.definition.digest(name.tool()).ok().as_deref() != Some(pinned.digest.as_str()) {
            let what = format!("the definition of `{name}` is not the approved one");
            cx.add::<()>(Found::new(&codes::LOCK_DIGEST, &all.spot(name.as_str()), what));
        }
    }
    all
}

/// A problem at the line and column where a JSON text stops making sense.
pub(crate) fn json_problem(cx: &Cx<'_>, file: &str, text: &str, error: &serde_json::Error) {
    let line_start = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let at = line_start.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
    let at = at.min(text.len());
    let said = error.to_string();
    // The place is shown beside the message, so it is not said again.
    let said = said.split(" at line ").next().unwrap_or(&said).to_owned();
    let what = format!("`{file}` cannot be read: {said}");
    cx.add::<()>(Found::new(&codes::JSON, &Spot::new(&Arc::from(file), at..at + 1), what));
}
