//! The model's server as a child of this process: on loopback, on a free port, with a key that only
//! this process knows. It is watched, started again with growing pauses, and never outlives its
//! parent: it ends when its standard input does. It must not be reachable from other machines.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::install::{Installed, clean};
use super::{LocalError, SMOLLM2_SHA256};
use crate::secret::Secret;

const SERVE: &str = include_str!("serve.py");

/// How long a server may take to load its model.
const START: Duration = Duration::from_secs(120);
/// Between two looks at a server that runs.
const LOOK: Duration = Duration::from_secs(5);
/// Failed looks in a row after which a server is started again.
const LOOKS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);
const PAUSE_LONGEST: Duration = Duration::from_secs(30);
/// A server that stayed up so long starts again without a grown pause.
const STEADY: Duration = Duration::from_secs(60);

/// What serves, and which model.
#[derive(Debug, Clone)]
pub enum Backend {
    /// The installed default.
    Installed(Installed),
    /// The installed server with another model's file.
    Gguf { server: Installed, gguf: PathBuf },
    /// A `llama-server` of the machine.
    LlamaServer { program: PathBuf, gguf: PathBuf },
}

/// How a model is served.
#[derive(Debug, Clone)]
pub struct Settings {
    pub backend: Backend,
    /// Conversations that are kept side by side. One thread computes all of them.
    pub slots: u32,
    /// Tokens of one conversation.
    pub context: u32,
    /// What the server asks callers for: made by [`key`], so that whoever starts a server can keep
    /// its key out of everything that leaves before there is one.
    pub key: Secret,
}

/// A fresh key for servers of this process.
pub fn key() -> Result<String, LocalError> {
    let mut random = [0_u8; 24];
    getrandom::fill(&mut random).map_err(|error| LocalError::Start(error.to_string()))?;
    Ok(hex::encode(random))
}

/// Where a server stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Starting,
    /// It answers here: `http://127.0.0.1:PORT/v1`.
    Up {
        base_url: String,
    },
    /// It went away and is started again after a pause.
    Down {
        why: String,
    },
}

/// A running server. Dropping it stops the child.
#[derive(Debug)]
pub struct Server {
    key: Secret,
    state: watch::Receiver<State>,
    kill: Arc<Notify>,
    watcher: JoinHandle<()>,
}

impl Server {
    /// Starts a server and waits until it answers.
    pub async fn start(settings: Settings) -> Result<Self, LocalError> {
        let looker = looker()?;
        let key = settings.key.clone();
        let running = Running::start(&settings, 0).await?;
        let (tell, state) = watch::channel(State::Up { base_url: running.base_url() });
        let kill = Arc::new(Notify::new());
        let watch = Watch { settings, tell, looker, kill: Arc::clone(&kill) };
        let watcher = tokio::spawn(watch.keep(running));
        Ok(Self { key, state, kill, watcher })
    }

    /// The key that the server asks for.
    #[must_use]
    pub fn key(&self) -> &Secret {
        &self.key
    }

    /// Where it stands, now and from now on.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Kills the child, as a crash would; the watcher starts it again. For drills.
    pub fn kill_child(&self) {
        self.kill.notify_one();
    }

    /// Its address, while it is up.
    #[must_use]
    pub fn base_url(&self) -> Option<String> {
        match &*self.state.borrow() {
            State::Up { base_url } => Some(base_url.clone()),
            State::Starting | State::Down { .. } => None,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ends the watcher, and with it the child and its standard input.
        self.watcher.abort();
    }
}

/// A child that answers.
struct Running {
    child: Child,
    /// While this is open the child lives.
    _input: ChildStdin,
    port: u16,
}

#[derive(Serialize)]
struct Order<'a> {
    model: &'a std::path::Path,
    sha256: &'a str,
    slots: u32,
    context: u32,
    port: u16,
    key: &'a str,
}

impl Running {
    fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    async fn start(settings: &Settings, port: u16) -> Result<Self, LocalError> {
        let start = async {
            match &settings.backend {
                Backend::Installed(server) => {
                    Self::python(settings, server, &server.gguf, SMOLLM2_SHA256, port).await
                }
                Backend::Gguf { server, gguf } => {
                    Self::python(settings, server, gguf, "", port).await
                }
                Backend::LlamaServer { program, gguf } => {
                    Self::llama(settings, program, gguf, port).await
                }
            }
        };
        let late = |_| LocalError::Start("it did not answer in time".to_owned());
        timeout(START, start).await.map_err(late)?
    }

    async fn python(
        settings: &Settings,
        server: &Installed,
        model: &std::path::Path,
        sha256: &str,
        port: u16,
    ) -> Result<Self, LocalError> {
        let mut command = clean(&server.python);
        command.args(["-u", "-c", SERVE]).stdout(Stdio::piped());
        if let Some(packages) = &server.packages {
            command.env("PYTHONPATH", packages);
        }
        let (mut child, mut input) = spawn(command)?;
        let order = Order {
            model,
            sha256,
            slots: settings.slots.max(1),
            context: settings.context,
            port,
            key: settings.key.reveal(),
        };
        let mut line =
            serde_json::to_vec(&order).map_err(|error| LocalError::Start(error.to_string()))?;
        line.push(b'\n');
        let failed = |error: std::io::Error| LocalError::Start(error.to_string());
        input.write_all(&line).await.map_err(failed)?;
        input.flush().await.map_err(failed)?;
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Said {
            Port(u16),
            Error(String),
        }
        let output =
            child.stdout.take().ok_or_else(|| LocalError::Start("it has no output".to_owned()))?;
        let mut lines = BufReader::new(output).lines();
        let port = loop {
            match lines.next_line().await.map_err(failed)? {
                // The server's own library may print first.
                Some(line) => match serde_json::from_str(&line) {
                    Ok(Said::Port(port)) => break port,
                    Ok(Said::Error(why)) => return Err(LocalError::Start(why)),
                    Err(_) => {}
                },
                None => return Err(LocalError::Start("it ended at once".to_owned())),
            }
        };
        // Its output is read to the end, so that it never waits for a reader.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, _input: input, port })
    }

    async fn llama(
        settings: &Settings,
        program: &std::path::Path,
        gguf: &std::path::Path,
        port: u16,
    ) -> Result<Self, LocalError> {
        let port = if port == 0 { free_port()? } else { port };
        let slots = settings.slots.max(1);
        // The shell ends the server when standard input ends; a `llama-server` would live on.
        let mut command = clean(std::path::Path::new("sh"));
        command
            .args([
                "-c",
                "\"$@\" </dev/null & child=$!; cat >/dev/null; kill \"$child\"; wait",
                "sh",
            ])
            .arg(program)
            .arg("--model")
            .arg(gguf)
            .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--threads", "1"])
            .args(["--parallel", &slots.to_string()])
            .args(["--ctx-size", &(settings.context.saturating_mul(slots)).to_string()])
            .env("LLAMA_API_KEY", settings.key.reveal())
            .stdout(Stdio::null());
        let (child, input) = spawn(command)?;
        let running = Self { child, _input: input, port };
        let looker = looker()?;
        while !healthy(&looker, port).await {
            sleep(Duration::from_millis(100)).await;
        }
        Ok(running)
    }
}

fn spawn(mut command: Command) -> Result<(Child, ChildStdin), LocalError> {
    command.stdin(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| LocalError::Start(error.to_string()))?;
    let input =
        child.stdin.take().ok_or_else(|| LocalError::Start("it has no input".to_owned()))?;
    Ok((child, input))
}

/// A port that is free now. If it is taken before it is used, the start fails and is repeated.
fn free_port() -> Result<u16, LocalError> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0));
    let address = listener.and_then(|listener| listener.local_addr());
    address.map(|address| address.port()).map_err(|error| LocalError::Start(error.to_string()))
}

fn looker() -> Result<reqwest::Client, LocalError> {
    // The process may have chosen a provider of cryptography already; any is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build();
    client.map_err(|error| LocalError::Start(error.to_string()))
}

async fn healthy(looker: &reqwest::Client, port: u16) -> bool {
    let answer = looker.get(format!("http://127.0.0.1:{port}/health")).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

/// What is needed to watch a server and to start it again.
struct Watch {
    settings: Settings,
    tell: watch::Sender<State>,
    looker: reqwest::Client,
    kill: Arc<Notify>,
}

impl Watch {
    /// Watches a server for as long as anyone wants it.
    async fn keep(self, mut running: Running) {
        let mut pause = PAUSE;
        loop {
            let up_since = tokio::time::Instant::now();
            let why = tokio::select! {
                why = gone(&mut running, &self.looker) => why,
                () = self.kill.notified() => "the server was killed".to_owned(),
            };
            if up_since.elapsed() > STEADY {
                pause = PAUSE;
            }
            let _ = running.child.kill().await;
            self.tell.send_replace(State::Down { why });
            running = self.again(running.port, &mut pause).await;
            self.tell.send_replace(State::Up { base_url: running.base_url() });
        }
    }

    /// Starts the server until it stays.
    async fn again(&self, port: u16, pause: &mut Duration) -> Running {
        loop {
            sleep(*pause).await;
            *pause = (*pause * 2).min(PAUSE_LONGEST);
            self.tell.send_replace(State::Starting);
            // The same port first, so that nobody has to learn a new address.
            let started = match Running::start(&self.settings, port).await {
                Ok(running) => Ok(running),
                Err(_) => Running::start(&self.settings, 0).await,
            };
            match started {
                Ok(running) => return running,
                Err(error) => self.tell.send_replace(State::Down { why: error.to_string() }),
            };
        }
    }
}

/// Returns when a server has gone or no longer answers, with the reason.
async fn gone(running: &mut Running, looker: &reqwest::Client) -> String {
    let mut missed = 0;
    loop {
        tokio::select! {
            ended = running.child.wait() => {
                return match ended {
                    Ok(status) => format!("the server ended: {status}"),
                    Err(error) => format!("the server is lost: {error}"),
                };
            }
            () = sleep(LOOK) => {}
        }
        missed = if healthy(looker, running.port).await { 0 } else { missed + 1 };
        if missed >= LOOKS {
            return "the server no longer answers".to_owned();
        }
    }
}
