//! The models of a workspace, ready to be called: where each one answers, with which key, and the
//! local server, which is started when it is first needed and watched from then on.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use journal::{Payload, Permit};
use model::local::{self, Backend, Server, Settings, State};
use model::{Called, Key, ModelSpec, Models, Place, Seat, Secret};
use plan::ids::ModelName;
use plan::workflow::Model;
use plan::{ModelPlace, Places, Plan, Problem, Problems, WireFormat};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::canary;
use crate::exit::Stop;
use crate::vault::Vault;

/// Conversations the local server keeps side by side.
const SLOTS: u32 = 2;
/// After a failed start the next one waits this long.
const REST: Duration = Duration::from_secs(15);

/// The vendor of a model whose place an outside agent takes.
pub const OUTSIDE: &str = "outside";

/// The vendors that have an address of their own. All but Anthropic speak OpenAI's format there.
pub const KNOWN: &[(&str, &str)] = &[
    ("anthropic", "https://api.anthropic.com"),
    ("openai", "https://api.openai.com/v1"),
    ("gemini", "https://generativelanguage.googleapis.com/v1beta/openai"),
    ("mistral", "https://api.mistral.ai/v1"),
    ("ollama", "http://127.0.0.1:11434/v1"),
];

/// Models that can be called.
pub struct Serving {
    models: Arc<Models>,
    /// Models that a server of ours answers for, by name.
    locals: BTreeMap<ModelName, Own>,
    /// What our own servers ask for.
    key: String,
}

/// One model that is served here.
struct Own {
    model: String,
    context: u32,
    running: Mutex<Running>,
}

#[derive(Default)]
enum Running {
    #[default]
    No,
    Failed(Instant),
    Yes {
        _server: Server,
        watcher: JoinHandle<()>,
    },
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Self::Yes { watcher, .. } = self {
            watcher.abort();
        }
    }
}

impl Serving {
    /// Sets up every model that the plans name. Nothing is started and nothing is sent.
    /// A model whose vendor is `outside` answers from the seat, where there is one.
    pub fn new<'p>(
        vault: &Vault,
        places: &Places,
        plans: impl Iterator<Item = &'p Plan>,
        seat: Option<&Seat>,
    ) -> Result<Self, Stop> {
        let mut all: BTreeMap<ModelName, Model> = BTreeMap::new();
        for plan in plans {
            collect(plan.workflow(), &mut all);
        }
        Self::of(vault, places, all, seat)
    }

    /// Sets up these models. Nothing is started and nothing is sent.
    pub fn of(
        vault: &Vault,
        places: &Places,
        all: BTreeMap<ModelName, Model>,
        seat: Option<&Seat>,
    ) -> Result<Self, Stop> {
        let mut specs = Vec::new();
        let (mut locals, mut found) = (BTreeMap::new(), Vec::new());
        for (name, model) in all {
            let place = places.models.get(&name);
            let own = served_here(&model.vendor, place);
            specs.push(ModelSpec {
                name: name.clone(),
                model: model.model.clone(),
                place: match model.vendor.as_str() {
                    OUTSIDE => seat.map_or_else(unseated, |seat| Place::Outside(seat.clone())),
                    _ if own => waiting(),
                    vendor => elsewhere(vault, vendor, place, &mut found)?,
                },
                price: model.price,
                can: model.can,
                at_once: if own { SLOTS as usize } else { 16 },
                per_minute: None,
                idle: idle(place),
            });
            if own {
                let (model, context) = (model.model, model.context_tokens);
                locals.insert(name, Own { model, context, running: Mutex::default() });
            }
        }
        specs.extend(canary::models());
        let models = Models::new(specs).map_err(Stop::usage)?.hiding(found);
        let key = local::key().map_err(Stop::failed)?;
        Ok(Self { models: Arc::new(models), locals, key })
    }

    /// The key of our own servers, which no act may send anywhere else.
    #[must_use]
    pub fn own_key(&self) -> &str {
        &self.key
    }

    /// Performs the call that a permit allows, after the model's server is up.
    pub async fn call(&self, permit: Permit) -> Called {
        if let Payload::Model(wanted) = permit.payload()
            && let Some(own) = self.locals.get(&wanted.model)
        {
            self.up(&wanted.model, own).await;
        }
        self.models.call(permit).await
    }

    /// Starts the server of a model unless it runs. A server that does not start leaves the reason
    /// where the call will find it.
    async fn up(&self, name: &ModelName, own: &Own) {
        let mut running = own.running.lock().await;
        match &*running {
            Running::Yes { .. } => return,
            Running::Failed(at) if at.elapsed() < REST => return,
            Running::Failed(_) | Running::No => {}
        }
        match start(own, Secret::new(self.key.clone())).await {
            Ok(server) => {
                let watcher = tokio::spawn(watch(
                    Arc::clone(&self.models),
                    name.clone(),
                    server.key().clone(),
                    server.state(),
                ));
                if let Some(base_url) = server.base_url() {
                    let _ = self.models.place(name, up(base_url, server.key()));
                }
                *running = Running::Yes { _server: server, watcher };
            }
            Err(why) => {
                let _ = self.models.place(name, Place::Down(why));
                *running = Running::Failed(Instant::now());
            }
        }
    }
}

/// The models of a workflow and of those it calls.
fn collect(workflow: &plan::workflow::Workflow, all: &mut BTreeMap<ModelName, Model>) {
    for (name, model) in &workflow.models {
        all.entry(name.clone()).or_insert_with(|| model.clone());
    }
    for child in workflow.children.values() {
        collect(child, all);
    }
}

/// Whether this program serves a model of the vendor itself.
fn served_here(vendor: &str, place: Option<&ModelPlace>) -> bool {
    let addressed = place.is_some_and(|place| place.base_url.is_some());
    matches!(vendor, "local" | "llama-server") && !addressed
}

fn unseated() -> Place {
    Place::Down("an outside agent answers for it, through `flightdeck mcp gateway`".to_owned())
}

fn waiting() -> Place {
    Place::Down("the local model is not started yet".to_owned())
}

fn up(base_url: String, key: &Secret) -> Place {
    Place::LlamaCpp { base_url, key: Some(key.clone()), slots: Some(SLOTS) }
}

/// A model that somebody else serves.
fn elsewhere(
    vault: &Vault,
    vendor: &str,
    place: Option<&ModelPlace>,
    found: &mut Vec<Key>,
) -> Result<Place, Stop> {
    let known = KNOWN.iter().find(|(name, _)| *name == vendor).map(|(_, url)| (*url).to_owned());
    let base_url = match place.and_then(|place| place.base_url.as_ref()) {
        Some(address) => {
            Some(address.filled(|name| looked_up(vault, name, found)).map_err(lacking)?)
        }
        None => known,
    };
    let Some(base_url) = base_url else {
        let what = format!("nobody knows where the vendor `{vendor}` answers");
        return Err(Stop::usage(what).help("add `base_url:` to the model in `flightdeck.yaml`"));
    };
    let names = place.map(|place| place.keys.as_slice()).unwrap_or_default();
    let keys: Vec<Key> = names.iter().filter_map(|name| held(vault, name)).collect();
    if keys.is_empty() && !names.is_empty() {
        // Without any of its keys a model is down, and every other one still answers.
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let are = if names.len() == 1 { "is" } else { "are" };
        let names = names.join(", ");
        return Ok(Place::Down(format!("{names} {are} not set in the environment")));
    }
    let format = place.and_then(|place| place.format);
    Ok(match (vendor, format) {
        ("anthropic", None) | (_, Some(WireFormat::Anthropic)) => {
            Place::Anthropic { base_url, keys }
        }
        ("llama.cpp" | "llama-server" | "local", None) => {
            let key = keys.into_iter().next().map(|key| key.secret);
            Place::LlamaCpp { base_url, key, slots: None }
        }
        _ => Place::OpenAi { base_url, keys },
    })
}

/// A part of an address is not there: what, where, and what to do.
fn lacking(problems: Problems) -> Stop {
    let Some(problem) = problems.iter().next() else { return Stop::usage(&problems) };
    let Problem { file, line, column, what, .. } = problem;
    let stop = Stop::usage(format!("{file}:{line}:{column}: {what}")).help(problem.fix.as_str());
    Stop { code: Some(problem.code.id), ..stop }
}

/// A part of an address, which may be a secret, and is kept in `found`.
fn looked_up(vault: &Vault, name: &str, found: &mut Vec<Key>) -> Option<String> {
    let value = vault.get(name)?;
    found.push(Key { name: name.to_owned(), secret: Secret::new(value.clone()) });
    Some(value)
}

/// The key of that name.
fn held(vault: &Vault, name: &str) -> Option<Key> {
    let secret = vault.get(name)?;
    Some(Key { name: name.to_owned(), secret: Secret::new(secret) })
}

fn idle(place: Option<&ModelPlace>) -> Duration {
    place.and_then(|place| place.idle_ms).map_or(model::IDLE, Duration::from_millis)
}

async fn start(own: &Own, key: Secret) -> Result<Server, String> {
    let backend = backend(&own.model).await?;
    let settings = Settings { backend, slots: SLOTS, context: own.context, key };
    Server::start(settings).await.map_err(|error| error.to_string())
}

/// What serves a model of that name: the installed default, or a file that was named.
async fn backend(model: &str) -> Result<Backend, String> {
    let gguf = PathBuf::from(model);
    let named = gguf.extension().is_some_and(|end| end == "gguf");
    if named && let Some(program) = on_path("llama-server") {
        return Ok(Backend::LlamaServer { program, gguf });
    }
    match installed().await {
        Some(server) if named => Ok(Backend::Gguf { server, gguf }),
        Some(server) => Ok(Backend::Installed(server)),
        None => Err("the local model is not installed; `flightdeck model install`".to_owned()),
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// The installed default, if it is there and whole.
pub async fn installed() -> Option<local::Installed> {
    local::installed(&folder()).await
}

/// Where the local model is installed: once for all workspaces of a person.
#[must_use]
pub fn folder() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(folder) = set("FLIGHTDECK_MODELS") {
        return PathBuf::from(folder);
    }
    let data = set("XDG_DATA_HOME").map(PathBuf::from);
    let home = || set("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    data.or_else(home).unwrap_or_else(std::env::temp_dir).join("flightdeck/model")
}

/// Follows a server that goes away and comes back.
async fn watch(
    models: Arc<Models>,
    name: ModelName,
    key: Secret,
    mut state: tokio::sync::watch::Receiver<State>,
) {
    while state.changed().await.is_ok() {
        let place = match &*state.borrow_and_update() {
            State::Up { base_url } => up(base_url.clone(), &key),
            State::Starting => waiting(),
            State::Down { why } => Place::Down(why.clone()),
        };
        // The name was taken from these very models, so it is known.
        let _ = models.place(&name, place);
    }
}
