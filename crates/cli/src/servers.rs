//! Tool servers as the workspace declares them, made ready to be started or called: `${NAME}`
//! looked up, our own program found without the `PATH`. The one place where the values of secrets
//! are read.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use plan::{Places, Plan, Server};
use tools::{Launcher, Program, Remote, Secret, ServerSpec, Tools, Way};

use crate::exit::Stop;
use crate::workspace::Workspace;

/// The servers that are there without being declared, and how they are started.
const BUILT_IN: &[(&str, &[&str])] = &[
    ("files", &["serve", "files", "--root", "inbox"]),
    ("documents", &["serve", "documents", "--root", "inbox"]),
    ("match", &["serve", "match", "--root", "examples"]),
    ("table", &["serve", "table", "--root", "tables"]),
];

/// All servers of a workspace, by name.
pub fn specs(workspace: &Workspace, places: &Places) -> Result<Vec<ServerSpec>, Stop> {
    let own = std::env::current_exe()?;
    let mut all: BTreeMap<&str, ServerSpec> = BTreeMap::new();
    for (name, args) in BUILT_IN {
        let mut program = Program::new(&own.to_string_lossy(), &workspace.root);
        program.args = args.iter().map(|arg| (*arg).to_owned()).collect();
        all.insert(name, ServerSpec::new(name, Way::Program(program)));
    }
    for (name, server) in &places.servers {
        all.insert(name, one(workspace, &own, name, server)?);
    }
    Ok(all.into_values().collect())
}

/// The value of every environment variable that is named as a secret: what servers are given as
/// `${NAME}`, the keys of models, and what workflows name. One that is not set is none. `own` is
/// the key that our own model servers ask for.
pub fn secrets<'p>(
    places: &Places,
    plans: impl Iterator<Item = &'p Plan>,
    own: &str,
) -> guard::Secrets {
    let mut names: BTreeSet<String> = BTreeSet::new();
    names.extend(places.servers.values().flat_map(Server::secrets));
    names.extend(places.models.values().flat_map(|place| place.keys.iter().cloned()));
    names.extend(plans.flat_map(|plan| plan.workflow().secrets.iter().cloned()));
    let known =
        names.into_iter().filter_map(|name| Some((name.clone(), std::env::var(name).ok()?)));
    let own = ("the key of the local model's server".to_owned(), own.to_owned());
    guard::Secrets::new(known.chain([own]))
}

/// A pool for these servers. Nothing is started until it is needed.
pub fn pool(workspace: &Workspace, places: &Places) -> Result<Tools, Stop> {
    Ok(Tools::new(specs(workspace, places)?, &places.lock, launcher()?))
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

fn one(workspace: &Workspace, own: &Path, name: &str, server: &Server) -> Result<ServerSpec, Stop> {
    let mut found = Found { server: name, secrets: BTreeMap::new() };
    let way = match (&server.command, &server.url) {
        (Some(command), None) => {
            let mut program = Program::new(&program(own, command), &workspace.root);
            for arg in &server.args {
                program.args.push(found.filled(arg)?);
            }
            program.env = found.all(&server.env)?;
            Way::Program(program)
        }
        (None, Some(url)) => match server.transport.as_deref() {
            // Some clients write `streamable-http`, and without a word it is what everybody means.
            None | Some("http" | "streamable-http") => Way::Remote(Remote {
                url: Secret::new(found.filled(url)?),
                headers: found.all(&server.headers)?,
                private: server.allow_private,
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
    secrets: BTreeMap<String, Secret>,
}

impl Found<'_> {
    fn all(&mut self, texts: &BTreeMap<String, String>) -> Result<BTreeMap<String, Secret>, Stop> {
        let all = texts.iter();
        all.map(|(key, text)| Ok((key.clone(), Secret::new(self.filled(text)?)))).collect()
    }

    /// A text with `${NAME}` and `${NAME:-default}` looked up.
    fn filled(&mut self, text: &str) -> Result<String, Stop> {
        let server = self.server;
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((inside, after)) = after.split_once('}') else {
                let what = format!("the server `{server}` has a `${{` without its `}}`");
                return Err(Stop::usage(what));
            };
            let (name, default) = match inside.split_once(":-") {
                Some((name, default)) => (name, Some(default)),
                None => (inside, None),
            };
            match (std::env::var(name), default) {
                (Ok(value), _) => {
                    out.push_str(&value);
                    self.secrets.insert(name.to_owned(), Secret::new(value));
                }
                (Err(_), Some(default)) => out.push_str(default),
                (Err(_), None) => {
                    let what = format!("the server `{server}` needs `{name}` from the environment");
                    return Err(Stop::usage(what).help(format!("set `{name}` before you start")));
                }
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}
