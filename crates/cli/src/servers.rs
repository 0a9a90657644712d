//! Tool servers as the workspace declares them, made ready to be started or called: `${NAME}`
//! looked up, our own program found without the `PATH`. The one place where the values of secrets
//! are read.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plan::variables::{self, Unfilled};
use plan::{Address, Grant, OAuth, Places, Plan, Server};
use tools::{
    Client, Host, Launcher, Network, Program, Reach, Remote, Sandbox, Secret, ServerSpec, Tokens,
    Tools, Way,
};

use crate::canary;
use crate::exit::Stop;
use crate::vault::Vault;
use crate::workspace::Workspace;

/// The servers that are there without being declared, and how they are started.
const BUILT_IN: &[(&str, &[&str])] = &[
    ("files", &["serve", "files", "--root", "inbox"]),
    ("documents", &["serve", "documents", "--root", "inbox"]),
    ("match", &["serve", "match", "--root", "examples"]),
    ("table", &["serve", "table", "--root", "tables"]),
];

/// Where the tokens of servers are kept, below the folder of stored runs.
const TOKENS: &str = "tokens";

/// Where a server's tokens are kept.
pub fn tokens(data: &Path, server: &str) -> Tokens {
    Tokens::new(&data.join(TOKENS), server)
}

/// One server of a workspace, declared or built in.
pub fn spec(workspace: &Workspace, places: &Places, name: &str) -> Result<ServerSpec, Stop> {
    let found = specs(workspace, places)?.into_iter().find(|spec| spec.name == name);
    found.ok_or_else(|| {
        Stop::usage(format!("no server is called `{name}`"))
            .help("`flightdeck mcp list` shows the servers")
    })
}

/// All servers of a workspace, by name.
pub fn specs(workspace: &Workspace, places: &Places) -> Result<Vec<ServerSpec>, Stop> {
    let own = std::env::current_exe()?;
    let vault = Vault::new(&workspace.root, &places.secrets);
    let mut all: BTreeMap<&str, ServerSpec> = BTreeMap::new();
    for (name, args) in BUILT_IN {
        let mut program = Program::new(&own.to_string_lossy(), &workspace.root);
        program.args = args.iter().map(|arg| (*arg).to_owned()).collect();
        program.sandbox = sandbox(workspace, name, &program, &plan::Sandbox::default())?;
        all.insert(name, ServerSpec::new(name, Way::Program(program)));
    }
    for (name, server) in &places.servers {
        all.insert(name, one(workspace, &vault, &own, name, server)?);
    }
    Ok(all.into_values().collect())
}

/// The value of every environment variable that is named as a secret: what servers are given as
/// `${NAME}`, the keys and addresses of models, and what workflows name. One that is not set is
/// none. `own` is the key that our own model servers ask for.
pub fn secrets<'p>(
    vault: &Vault,
    places: &Places,
    plans: impl Iterator<Item = &'p Plan>,
    own: &str,
) -> guard::Secrets {
    let mut names: BTreeSet<String> = BTreeSet::new();
    names.extend(places.servers.values().flat_map(Server::secrets));
    names.extend(places.models.values().flat_map(|place| place.keys.iter().cloned()));
    names.extend(places.secrets.keys().cloned());
    names.extend(places.notices.values().flat_map(|told| told.way.variables()));
    let addresses = places.models.values().filter_map(|place| place.base_url.as_ref());
    names.extend(addresses.flat_map(Address::variables).map(str::to_owned));
    names.extend(plans.flat_map(|plan| plan.workflow().secrets.iter().cloned()));
    let known = names.into_iter().filter_map(|name| Some((name.clone(), vault.get(&name)?)));
    let own = ("the key of the local model's server".to_owned(), own.to_owned());
    guard::Secrets::new(known.chain([own]))
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
    let specs = specs(workspace, places)?;
    for (spec, tokens) in specs.iter().filter_map(|spec| Some((spec, spec.tokens()?))) {
        let name = format!("a token of {}", spec.name);
        let known = move |tokens: &Tokens, secrets: &guard::Secrets| {
            secrets.learn(tokens.secrets().into_iter().map(|token| (name.clone(), token)));
        };
        known(tokens, secrets);
        let secrets = Arc::clone(secrets);
        tokens.tell(move |tokens| known(tokens, &secrets));
    }
    Ok(Tools::new(specs, &places.lock, launcher()?))
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

fn one(
    workspace: &Workspace,
    vault: &Vault,
    own: &Path,
    name: &str,
    server: &Server,
) -> Result<ServerSpec, Stop> {
    let mut found = Found { server: name, vault, secrets: BTreeMap::new() };
    let way = match (&server.command, &server.url) {
        (Some(command), None) => {
            let mut program = Program::new(&program(own, command), &workspace.root);
            for arg in &server.args {
                program.args.push(found.filled(arg)?);
            }
            program.env = found.all(&server.env)?;
            let declared = server.sandbox.clone().unwrap_or_default();
            program.sandbox = sandbox(workspace, name, &program, &declared)?;
            Way::Program(program)
        }
        (None, Some(url)) => match server.transport.as_deref() {
            // Some clients write `streamable-http`, and without a word it is what everybody means.
            None | Some("http" | "streamable-http") => Way::Remote(Remote {
                url: Secret::new(found.filled(url)?),
                headers: found.all(&server.headers)?,
                private: server.allow_private,
                client: found.client(server.oauth.as_ref())?,
                tokens: Some(Arc::new(tokens(&workspace.data, name))),
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

/// What a program may reach: what is declared, and to read what its command line names.
fn sandbox(
    workspace: &Workspace,
    name: &str,
    program: &Program,
    declared: &plan::Sandbox,
) -> Result<Sandbox, Stop> {
    let own = std::env::current_exe()?;
    if let Some(why) = &declared.off {
        if why.trim().is_empty() {
            let what = format!("the server `{name}` runs without a box and does not say why");
            return Err(Stop::usage(what).help("write the reason after `off`"));
        }
        return Ok(Sandbox::Off);
    }
    let from_here = |path: &String| workspace.root.join(path);
    let mut reach = Reach {
        read: declared.read.iter().map(from_here).collect(),
        write: declared.write.iter().map(from_here).collect(),
        network: network(name, declared.network.as_ref())?,
        strict: declared.strict,
    };
    if Path::new(&program.command) == own {
        ours(workspace, name, &program.args, &mut reach)?;
    }
    if let Some(missing) = reach.read.iter().chain(&reach.write).find(|path| !path.exists()) {
        let what = format!("the box of `{name}` names `{}`, which is not there", missing.display());
        return Err(Stop::usage(what).help("make it, or correct `sandbox` in `.mcp.json`"));
    }
    if let Some(ours) =
        reach.read.iter().chain(&reach.write).find(|path| opens_records(path, workspace))
    {
        let what = format!("the box of `{name}` would open our records: `{}`", ours.display());
        let help = "give the server a folder of its own, apart from ours";
        return Err(Stop::usage(what).help(help));
    }
    // What drills call writes into a folder of its own among our records, and nowhere else.
    let drills = canary::folder(&workspace.data);
    let is_canary = Path::new(&program.command) == own
        && program.args.get(1).is_some_and(|arg| arg == "canary");
    if is_canary && program.args.iter().any(|arg| Path::new(arg) == drills) {
        reach.write.push(drills);
    }
    // A folder that holds somebody's home is opened by declaration only, and our records never.
    let home = std::env::var_os("HOME").and_then(|home| PathBuf::from(home).canonicalize().ok());
    let named = program.args.iter().filter_map(|arg| from_here(arg).canonicalize().ok());
    reach.read.extend(named.filter(|path| {
        !opens_records(path, workspace) && !home.iter().any(|home| home.starts_with(path))
    }));
    Ok(Sandbox::Closed(reach))
}

/// Which connections a program may open, by what is declared.
fn network(name: &str, declared: Option<&plan::Network>) -> Result<Network, Stop> {
    let listed = match declared {
        None => return Ok(Network::Off),
        Some(plan::Network::All) => return Ok(Network::All),
        Some(plan::Network::Hosts(listed)) => listed,
    };
    let read = |entry: &String| {
        Host::new(entry).map_err(|why| {
            let what = format!("the box of `{name}` opens `{entry}` of its `network`: {why}");
            let help = "write `api.example.com`, `*.example.org` for what is below a name, a port \
                        behind it where it is neither 443 nor 80, and `private:` before it where \
                        it leads into a private network";
            Stop::usage(what).help(help)
        })
    };
    listed.iter().map(read).collect::<Result<_, _>>().map(Network::Hosts)
}

/// What our own servers need beyond reading what they are given: the folder that one writes to, and
/// the network for those that are made to go there.
fn ours(workspace: &Workspace, name: &str, args: &[String], reach: &mut Reach) -> Result<(), Stop> {
    let after = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1).map(|path| workspace.root.join(path))
    };
    let has = |name: &str| args.iter().any(|arg| arg == name);
    let written = match args.get(1).map(String::as_str) {
        Some("files") if has("--write") => after("--root"),
        Some("mail") => after("--drafts"),
        Some("http" | "web") => {
            if let Network::Hosts(_) = reach.network {
                let what = format!("`{name}` goes only where its own command says");
                return Err(Stop::usage(what).help("leave its `network` out"));
            }
            reach.network = Network::All;
            None
        }
        _ => None,
    };
    if let Some(folder) = written {
        // Only what is there can be opened to a server.
        std::fs::create_dir_all(&folder)?;
        reach.write.push(folder);
    }
    Ok(())
}

/// Whether a path holds our records, or is a part of them. Before the first case there is no folder
/// of them yet: then it counts where it will be made.
fn opens_records(path: &Path, workspace: &Workspace) -> bool {
    let Ok(path) = path.canonicalize() else { return true };
    let data = &workspace.data;
    let there = data.ancestors().find_map(|above| {
        let rest = data.strip_prefix(above).ok()?;
        Some(above.canonicalize().ok()?.join(rest))
    });
    there.is_none_or(|data| data.starts_with(&path) || path.starts_with(&data))
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
    vault: &'a Vault,
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
