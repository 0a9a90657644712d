//! Models that this program serves itself: each has a server that is started when it is first
//! needed, watched, and followed to where it answers.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use model::local::{self, Backend, Server, Settings, State};
use model::{Place, Secret};
use plan::ModelPlace;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::Ready;

/// Conversations the local server keeps side by side.
pub const SLOTS: u32 = 2;
/// After a failed start the next one waits this long.
const REST: Duration = Duration::from_secs(15);

/// One model that is served here.
pub struct Own {
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

/// Whether this program serves a model of the vendor itself.
pub fn served_here(vendor: &str, place: Option<&ModelPlace>) -> bool {
    let addressed = place.is_some_and(|place| place.base_url.is_some());
    matches!(vendor, "local" | "llama-server") && !addressed
}

pub fn waiting() -> Place {
    Place::Down("the local model is not started yet".to_owned())
}

fn up(base_url: String, key: &Secret) -> Place {
    Place::LlamaCpp { base_url, key: Some(key.clone()), slots: Some(SLOTS) }
}

impl Own {
    /// A model that is served here, not started yet.
    pub fn new(model: String, context: u32) -> Self {
        Self { model, context, running: Mutex::default() }
    }
}

/// Starts the server of a model unless it runs. A server that does not start leaves the reason
/// where the call will find it.
pub async fn started(ready: &Arc<Ready>, own: &Own, key: &str) {
    let mut running = own.running.lock().await;
    match &*running {
        Running::Yes { .. } => return,
        Running::Failed(at) if at.elapsed() < REST => return,
        Running::Failed(_) | Running::No => {}
    }
    match start(own, Secret::new(key.to_owned())).await {
        Ok(server) => {
            let (key, state) = (server.key().clone(), server.state());
            let watcher = tokio::spawn(watch(Arc::downgrade(ready), key, state));
            if let Some(base_url) = server.base_url() {
                let _ = ready.callable.place(up(base_url, server.key()));
            }
            *running = Running::Yes { _server: server, watcher };
        }
        Err(why) => {
            let _ = ready.callable.place(Place::Down(why));
            *running = Running::Failed(Instant::now());
        }
    }
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
async fn watch(ready: Weak<Ready>, key: Secret, mut state: tokio::sync::watch::Receiver<State>) {
    while state.changed().await.is_ok() {
        let place = match &*state.borrow_and_update() {
            State::Up { base_url } => up(base_url.clone(), &key),
            State::Starting => waiting(),
            State::Down { why } => Place::Down(why.clone()),
        };
        let Some(ready) = ready.upgrade() else { return };
        let _ = ready.callable.place(place);
    }
}
