//! Tool servers as the workspace declares them, made ready to be started or called: our own program
//! found without the `PATH`, and `${NAME}` looked up each time that a server is reached. The one
//! place where the values of secrets are read; it must not keep any.

mod boxes;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plan::variables::{self, Unfilled};
use plan::{Address, Grant, OAuth, Places, Plan, Server};
use tools::{Client, Launcher, Lookup, Program, Remote, Secret, ServerSpec, Tokens, Tools, Way};

use crate::exit::Stop;
use crate::screen::Screen;
use crate::vault::Vault;
use crate::workspace::Workspace;
use boxes::sandbox;

/// The servers that are there without being declared, and how they are started.
const BUILT_IN: &[(&str, &[&str])] = &[
    ("files", &["serve", "files", "--root", "inbox"]),
    ("documents", &["serve", "documents", "--root", "inbox"]),
    ("match", &["serve", "match", "--root", "examples"]),
    ("table", &["serve", "table", "--root", "tables"]),
];

/// The command of our own servers.
pub const OURS: &str = "flightdeck";

/// Where the tokens of servers are kept, below the folder of stored runs.
const TOKENS: &str = "tokens";

/// Where a server's tokens are kept.
pub fn tokens(data: &Path, server: &str) -> Tokens {
    Tokens::new(&data.join(TOKENS), server)
}

/// The folders of a workspace, for whoever looks values up later.
#[derive(Clone)]
struct Ground {
    root: PathBuf,
    data: PathBuf,
}

/// One server of a workspace, declared or built in.
pub fn spec(workspace: &Workspace, places: &Places, name: &str) -> Result<ServerSpec, Stop> {
    let found = specs(workspace, places)?.into_iter().find(|spec| spec.name == name);
    found.ok_or_else(|| {
        Stop::usage(format!("no server is called `{name}`"))
            .help("`flightdeck mcp list` shows the servers")
    })
}

/// All servers of a workspace, by name. A secret that is missing is missed now.
pub fn specs(workspace: &Workspace, places: &Places) -> Result<Vec<ServerSpec>, Stop> {
    known_to(workspace, places, None)
}

/// Every server as it is declared, each by itself: names of secrets stand in the place of their
/// values, and no value is looked up.
pub fn declared(
    workspace: &Workspace,
    places: &Places,
) -> Result<BTreeMap<String, Result<ServerSpec, Stop>>, Stop> {
    let own = std::env::current_exe()?;
    let ground = Ground { root: workspace.root.clone(), data: workspace.data.clone() };
    let mut all = BTreeMap::new();
    for (name, args) in BUILT_IN {
        all.insert((*name).to_owned(), built_in(&ground, &own, name, args));
    }
    for (name, server) in &places.servers {
        all.insert(name.clone(), one(&ground, None, &own, name, server));
    }
    Ok(all)
}

fn built_in(ground: &Ground, own: &Path, name: &str, args: &[&str]) -> Result<ServerSpec, Stop> {
    let mut program = Program::new(&own.to_string_lossy(), &ground.root);
    program.args = args.iter().map(|arg| (*arg).to_owned()).collect();
    program.sandbox = sandbox(ground, name, &program, &plan::Sandbox::default())?;
    Ok(ServerSpec::new(name, Way::Program(program)))
}

/// The same. Whoever takes secrets out of texts knows each value before a server does.
fn known_to(
    workspace: &Workspace,
    places: &Places,
    secrets: Option<&Arc<guard::Secrets>>,
) -> Result<Vec<ServerSpec>, Stop> {
    let own = std::env::current_exe()?;
    let ground = Ground { root: workspace.root.clone(), data: workspace.data.clone() };
    // For all servers at once: a keyring is not to be opened for each of them.
    let vault = Vault::new(&ground.root, &places.secrets);
    let mut all: BTreeMap<&str, ServerSpec> = BTreeMap::new();
    for (name, args) in BUILT_IN {
        all.insert(name, built_in(&ground, &own, name, args)?);
    }
    for (name, server) in &places.servers {
        let mut spec = one(&ground, Some(&vault), &own, name, server)?;
        if !server.secrets().is_empty() {
            as_declared(&mut spec, server);
            let (ground, own, server) = (ground.clone(), own.clone(), server.clone());
            let (name, wanted) = (name.clone(), places.secrets.clone());
            let secrets = secrets.cloned();
            spec.lookup = Some(Lookup::new(move || {
                let vault = Vault::new(&ground.root, &wanted);
                let spec = one(&ground, Some(&vault), &own, &name, &server);
                let spec = spec.map_err(|stop| format!("{:#}", stop.what))?;
                if let Some(secrets) = &secrets {
                    secrets.learn(server.secrets().into_iter().filter_map(|name| {
                        let value = vault.get(&name)?;
                        Some((name, value))
                    }));
                }
                Ok(spec)
            }));
        }
        all.insert(name, spec);
    }
    Ok(all.into_values().collect())
}

/// Puts the names of secrets back into the place of their values.
fn as_declared(spec: &mut ServerSpec, server: &Server) {
    let texts = |all: &BTreeMap<String, String>| -> BTreeMap<String, Secret> {
        all.iter().map(|(key, text)| (key.clone(), Secret::new(text.clone()))).collect()
    };
    spec.secrets.clear();
    match &mut spec.way {
        Way::Program(program) => {
            program.args.clone_from(&server.args);
            program.env = texts(&server.env);
        }
        Way::Remote(remote) => {
            remote.url = Secret::new(server.url.clone().unwrap_or_default());
            remote.headers = texts(&server.headers);
            if let Some(oauth) = &server.oauth {
                remote.client.id.clone_from(&oauth.client_id);
                remote.client.secret = oauth.client_secret.clone().map(Secret::new);
            }
        }
    }
}

/// The value of every environment variable that the settings name as a secret: what servers are
/// given as `${NAME}`, and the keys and addresses of models. One that is not set is none.
pub fn secrets(vault: &Vault, places: &Places) -> Vec<(String, String)> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    names.extend(places.servers.values().flat_map(Server::secrets));
    names.extend(places.models.values().flat_map(|place| place.keys.iter().cloned()));
    names.extend(places.secrets.keys().cloned());
    names.extend(places.notices.values().flat_map(|told| told.way.variables()));
    let addresses = places.models.values().filter_map(|place| place.base_url.as_ref());
    names.extend(addresses.flat_map(Address::variables).map(str::to_owned));
    values(vault, names)
}

/// The same of what a release names.
pub fn secrets_of(vault: &Vault, plan: &Plan) -> Vec<(String, String)> {
    values(vault, plan.workflow().secrets.iter().cloned())
}

fn values(vault: &Vault, names: impl IntoIterator<Item = String>) -> Vec<(String, String)> {
    names.into_iter().filter_map(|name| Some((name.clone(), vault.get(&name)?))).collect()
}

/// A pool for these servers. Nothing is started until it is needed.
pub fn pool(workspace: &Workspace, places: &Places) -> Result<Tools, Stop> {
    Ok(Tools::new(specs(workspace, places)?, &places.lock, launcher()?))
}

/// The same, with every token kept secret: those of today, and those that they are renewed by.
pub fn guarded_pool(
    workspace: &Workspace,
    places: &Places,
    secrets: &Arc<guard::Secrets>,
) -> Result<Tools, Stop> {
    let specs = known_to(workspace, places, Some(secrets))?;
    for (spec, tokens) in specs.iter().filter_map(|spec| Some((spec, spec.tokens()?))) {
        let name = format!("a token of {}", spec.name);
        let known = move |tokens: &Tokens, secrets: &guard::Secrets| {
            secrets.learn(tokens.secrets().into_iter().map(|token| (name.clone(), token)));
        };
        known(tokens, secrets);
        let secrets = Arc::clone(secrets);
        tokens.tell(move |tokens| known(tokens, &secrets));
    }
    let tools = Tools::new(specs, &places.lock, launcher()?);
    Ok(tools.heard_by(|why| Screen::new(false).note(why)))
}

/// Every server is started through this program, which sets its limits first.
pub fn launcher() -> Result<Launcher, Stop> {
    let own = std::env::current_exe()?;
    let line = vec![own.into_os_string(), OsString::from("serve"), OsString::from("launch")];
    Ok(Launcher::Through(line))
}

/// Whether a server of that name is there, declared or not.
pub fn known(places: &Places, name: &str) -> bool {
    places.servers.contains_key(name) || BUILT_IN.iter().any(|(built_in, _)| *built_in == name)
}

/// What kind of server of ours stands behind a name, and the folder or file that it is opened with,
/// from the workspace on; nothing where it is another's.
pub fn ours(places: &Places, name: &str) -> Option<(String, String)> {
    let declared = places.servers.get(name);
    let args: Vec<String> = match declared {
        Some(server) if server.command.as_deref() == Some(OURS) => server.args.clone(),
        Some(_) => return None,
        None => {
            let (_, args) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name)?;
            args.iter().map(|arg| (*arg).to_owned()).collect()
        }
    };
    let mut args = args.into_iter().skip_while(|arg| arg != "serve").skip(1);
    let kind = args.next()?;
    let root = args.skip_while(|arg| arg != "--root").nth(1)?;
    Some((kind, root))
}

fn one(
    ground: &Ground,
    vault: Option<&Vault>,
    own: &Path,
    name: &str,
    server: &Server,
) -> Result<ServerSpec, Stop> {
    let mut found = Found { server: name, vault, secrets: BTreeMap::new() };
    let way = match (&server.command, &server.url) {
        (Some(command), None) => {
            let mut program = Program::new(&program(own, command), &ground.root);
            for arg in &server.args {
                program.args.push(found.filled(arg)?);
            }
            program.env = found.all(&server.env)?;
            let declared = server.sandbox.clone().unwrap_or_default();
            program.sandbox = sandbox(ground, name, &program, &declared)?;
            Way::Program(program)
        }
        (None, Some(url)) => match server.transport.as_deref() {
            // Some clients write `streamable-http`, and without a word it is what everybody means.
            None | Some("http" | "streamable-http") => Way::Remote(Remote {
                url: Secret::new(found.filled(url)?),
                headers: found.all(&server.headers)?,
                private: server.allow_private,
                client: found.client(server.oauth.as_ref())?,
                tokens: Some(Arc::new(tokens(&ground.data, name))),
            }),
            Some(other) => {
                let what = format!("the server `{name}` is of the type `{other}`");
                return Err(Stop::usage(what).help("a server with a `url` has the type `http`"));
            }
        },
        (None, None) => {
            let what = format!("the server `{name}` has neither `command` nor `url`");
            return Err(Stop::usage(what).help("`flightdeck mcp add` declares one"));
        }
        (Some(_), Some(_)) => {
            let what = format!("the server `{name}` has both `command` and `url`");
            return Err(Stop::usage(what).help("keep the one that is meant"));
        }
    };
    let mut spec = ServerSpec::new(name, way);
    spec.secrets = found.secrets;
    Ok(spec)
}

/// Our own program is this very one; a neighbour of it comes before the `PATH`.
fn program(own: &Path, command: &str) -> String {
    if command == "flightdeck" {
        return own.to_string_lossy().into_owned();
    }
    let neighbour: Option<PathBuf> = own.parent().map(|folder| folder.join(command));
    match neighbour {
        Some(path) if !command.contains('/') && path.is_file() => path.to_string_lossy().into(),
        _ => command.to_owned(),
    }
}

/// What was looked up in the environment for one server.
struct Found<'a> {
    server: &'a str,
    /// Where values are looked up; without it their names stay.
    vault: Option<&'a Vault>,
    secrets: BTreeMap<String, Secret>,
}

impl Found<'_> {
    /// As whom we sign in to a server.
    fn client(&mut self, oauth: Option<&OAuth>) -> Result<Client, Stop> {
        let Some(oauth) = oauth else { return Ok(Client::default()) };
        let server = self.server;
        let wrong = |what: &str, help: &str| {
            Err(Stop::usage(format!("the server `{server}` {what}")).help(help))
        };
        let secret = oauth.client_secret.as_deref();
        if secret.is_some_and(|secret| !secret.contains("${")) {
            let help = "name a variable of the environment, as `${NAME}`";
            return wrong("has its `clientSecret` in the open", help);
        }
        if secret.is_some() && oauth.issuer.is_none() {
            let help = "add the `issuer` that the client was registered with";
            return wrong("has a `clientSecret` that could go to anybody", help);
        }
        let alone = oauth.grant == Some(Grant::ClientCredentials);
        if alone && (secret.is_none() || oauth.client_id.is_none()) {
            let help = "add `clientId`, `clientSecret` and `issuer`, or let a person sign in";
            return wrong("is to be signed in to without a client", help);
        }
        let scopes = oauth.scopes.iter().flat_map(|scopes| scopes.split_whitespace());
        Ok(Client {
            id: oauth.client_id.as_deref().map(|id| self.filled(id)).transpose()?,
            secret: secret.map(|text| self.filled(text)).transpose()?.map(Secret::new),
            issuer: oauth.issuer.clone(),
            scopes: scopes.map(str::to_owned).collect(),
            port: oauth.callback_port,
            alone,
        })
    }

    fn all(&mut self, texts: &BTreeMap<String, String>) -> Result<BTreeMap<String, Secret>, Stop> {
        let all = texts.iter();
        all.map(|(key, text)| Ok((key.clone(), Secret::new(self.filled(text)?)))).collect()
    }

    /// A text with `${NAME}` and `${NAME:-default}` looked up.
    fn filled(&mut self, text: &str) -> Result<String, Stop> {
        let server = self.server;
        let (vault, secrets) = (self.vault, &mut self.secrets);
        let look_up = |name: &str| {
            let Some(vault) = vault else { return Some(format!("${{{name}}}")) };
            let value = vault.get(name)?;
            secrets.insert(name.to_owned(), Secret::new(value.clone()));
            Some(value)
        };
        variables::filled(text, look_up).map_err(|why| match why {
            Unfilled::Open => {
                Stop::usage(format!("the server `{server}` has a `${{` without its `}}`"))
            }
            Unfilled::Unset(name) => {
                let what = format!("the server `{server}` needs `{name}` from the environment");
                Stop::usage(what).help(format!(
                    "set `{name}` before you start, or say under `secrets` where it is"
                ))
            }
        })
    }
}
