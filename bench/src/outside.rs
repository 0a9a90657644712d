//! The outside world of the crash harness: it runs in a process that is never killed, performs
//! effects when it is told to, and remembers each one. The driver's side is a [`World`].

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use journal::{Code, Failure, ModelAnswer, Outcome, Payload, Permit, RunId, Usage};
use runtime::{Answered, On, World};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

/// One call as the outside world sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Call {
    pub run: RunId,
    pub tool: String,
    pub key: String,
    pub args: Value,
}

/// What the outside world remembers.
#[derive(Debug, Default)]
pub struct Memory {
    /// Every effect that really happened, by tool, run and key.
    pub effects: BTreeMap<(String, RunId, String), u32>,
    pub calls: u64,
}

/// The shared memory of the outside world.
pub type Shared = Arc<Mutex<Memory>>;

/// Serves the outside world on a socket.
pub async fn serve(path: PathBuf, memory: Shared) -> std::io::Result<()> {
    let listener = UnixListener::bind(path)?;
    loop {
        let (stream, _) = listener.accept().await?;
        let memory = memory.clone();
        tokio::spawn(async move {
            // A caller that dies mid-call leaves a broken connection and a done effect.
            let _ = converse(stream, &memory).await;
        });
    }
}

async fn converse(stream: UnixStream, memory: &Shared) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    while let Some(line) = lines.next_line().await? {
        let Ok(call) = serde_json::from_str::<Call>(&line) else { continue };
        // The effect takes a moment before and after, so that kills hit both sides of it.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        let result = perform(&call, memory);
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        write.write_all(format!("{result}\n").as_bytes()).await?;
    }
    Ok(())
}

fn perform(call: &Call, memory: &Shared) -> Value {
    let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    memory.calls += 1;
    match call.tool.as_str() {
        "out.look" => call.args.clone(),
        "out.find" => {
            let key = call.args.get("key").and_then(Value::as_str).unwrap_or_default();
            let done = memory.effects.keys().any(|(tool, _, k)| tool == "out.pay" && k == key);
            json!({ "found": done, "id": key })
        }
        _ => {
            let place = (call.tool.clone(), call.run, call.key.clone());
            *memory.effects.entry(place).or_default() += 1;
            json!({ "id": call.key })
        }
    }
}

/// The driver's side: tools are called over the socket, the model answers at once.
pub struct Outside {
    path: PathBuf,
    idle: tokio::sync::Mutex<Vec<BufReader<UnixStream>>>,
    before: Arc<dyn Fn() + Send + Sync>,
    after: Arc<dyn Fn() + Send + Sync>,
}

impl Outside {
    /// `before` and `after` are called around every act: the edges at which a driver may die.
    #[must_use]
    pub fn new(
        path: &Path,
        before: Arc<dyn Fn() + Send + Sync>,
        after: Arc<dyn Fn() + Send + Sync>,
    ) -> Self {
        let idle = tokio::sync::Mutex::new(Vec::new());
        Self { path: path.to_owned(), idle, before, after }
    }

    async fn call(&self, call: &Call) -> std::io::Result<Vec<u8>> {
        let kept = self.idle.lock().await.pop();
        let mut stream = match kept {
            Some(stream) => stream,
            None => BufReader::new(UnixStream::connect(&self.path).await?),
        };
        let line = serde_json::to_string(call)? + "\n";
        stream.get_mut().write_all(line.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_line(&mut answer).await?;
        self.idle.lock().await.push(stream);
        Ok(answer.trim_end().as_bytes().to_vec())
    }

    /// An effect that nothing allows: only a saboteur calls it.
    pub async fn without_permit(&self, run: RunId, tool: &str) {
        let call =
            Call { run, tool: tool.to_owned(), key: format!("hasty-{run}"), args: Value::Null };
        // Whether it worked is for the harness to find out.
        let _ = self.call(&call).await;
    }

    async fn perform(&self, permit: Permit) -> Answered {
        (self.before)();
        let run = permit.run();
        let result = match permit.consume() {
            Payload::Model(_) => {
                let answer = ModelAnswer {
                    text: r#"{"kind":"odd"}"#.to_owned(),
                    calls: vec![],
                    least: None,
                };
                serde_json::to_vec(&answer).map_err(std::io::Error::other)
            }
            Payload::Tool(ask) => {
                let args = serde_json::from_slice(&ask.args).unwrap_or(Value::Null);
                let tool = ask.tool.to_string();
                self.call(&Call { run, tool, key: ask.key.to_string(), args }).await
            }
            Payload::Notify(_) => Ok(b"null".to_vec()),
        };
        (self.after)();
        let certain = result.is_ok();
        let result = result.map(Arc::from).map_err(|e| Failure {
            code: Code::Unavailable,
            text: e.to_string(),
            retry_after_ms: None,
        });
        let usage =
            Usage { input_tokens: 10, output_tokens: 5, cost_nanos: 20_000, ..Usage::default() };
        Answered { outcome: Outcome { result, usage, reported: None }, certain }
    }
}

impl World for Outside {
    fn act(&self, _: On, permit: Permit) -> Pin<Box<dyn Future<Output = Answered> + Send + '_>> {
        Box::pin(self.perform(permit))
    }
}

/// A world that never answers: acts are out until a stop aborts them.
pub struct Slow;

impl World for Slow {
    fn act(&self, _: On, permit: Permit) -> Pin<Box<dyn Future<Output = Answered> + Send + '_>> {
        Box::pin(async move {
            let _held = permit;
            std::future::pending().await
        })
    }
}
