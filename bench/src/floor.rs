//! The bare floor: the same HTTP calls and the same number of rows and commits as a run of ours,
//! and nothing else. It decides nothing, guards nothing and encrypts nothing.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Frames of one run of the workflow `three`, and the bytes of a frame and of its bodies.
const FRAMES: usize = 4;
const FRAME_BYTES: usize = 1_000;
const BODY_BYTES: usize = 1_000;

struct Row {
    run: u64,
    seq: u32,
    done: oneshot::Sender<()>,
}

/// The floor, ready to run.
pub struct Floor {
    client: reqwest::Client,
    url: String,
    rows: Sender<Row>,
}

impl Floor {
    /// Opens a database as ours is opened, and a client as ours is made.
    pub fn open(path: &Path, base: &str) -> Result<Arc<Self>, Failure> {
        let database = Connection::open(path)?;
        database.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
             CREATE TABLE frame(pos INTEGER PRIMARY KEY, run INTEGER, seq INTEGER, bytes BLOB,
                                UNIQUE(run, seq));
             CREATE TABLE body(pos INTEGER PRIMARY KEY, bytes BLOB);",
        )?;
        let (rows, queue) = channel();
        std::thread::Builder::new().name("floor".into()).spawn(move || write(database, &queue))?;
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Arc::new(Self { client, url: format!("{base}/chat/completions"), rows }))
    }

    /// Opens the connections, so that the measured part starts as ours does.
    pub async fn warm(self: &Arc<Self>, times: usize) -> Result<(), Failure> {
        for _ in 0..times {
            self.call().await?;
        }
        Ok(())
    }

    async fn call(&self) -> Result<usize, Failure> {
        let request = serde_json::json!({
            "model": "bench-1",
            "messages": [{ "role": "user", "content": "word ".repeat(200) }],
            "max_tokens": 200,
        });
        let answer = self.client.post(&self.url).json(&request).send().await?;
        Ok(answer.bytes().await?.len())
    }

    /// `count` runs of three calls and four durable frames each.
    pub async fn run(self: &Arc<Self>, count: usize, at_once: usize) -> Result<(), Failure> {
        let free = Arc::new(Semaphore::new(at_once));
        let mut tasks = tokio::task::JoinSet::new();
        for run in 0..count {
            let place = free.clone().acquire_owned().await?;
            let floor = self.clone();
            tasks.spawn(async move {
                let run = u64::try_from(run).unwrap_or(0);
                floor.row(run, 0).await?;
                for seq in 1..FRAMES {
                    floor.call().await?;
                    floor.row(run, u32::try_from(seq).unwrap_or(0)).await?;
                }
                drop(place);
                Ok::<(), Failure>(())
            });
            while let Some(ended) = tasks.try_join_next() {
                ended??;
            }
        }
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        Ok(())
    }

    async fn row(&self, run: u64, seq: u32) -> Result<(), Failure> {
        let (done, told) = oneshot::channel();
        self.rows.send(Row { run, seq, done }).map_err(|_| "the writer is gone")?;
        Ok(told.await?)
    }
}

/// Group commit without a timer: whatever is queued goes into one transaction.
fn write(database: Connection, queue: &Receiver<Row>) {
    let (frame, body) = (vec![b'x'; FRAME_BYTES], vec![b'y'; BODY_BYTES]);
    while let Ok(first) = queue.recv() {
        let mut group = vec![first];
        group.extend(queue.try_iter());
        if group_commit(&database, &group, &frame, &body).is_err() {
            return;
        }
        for row in group {
            let _ = row.done.send(());
        }
    }
}

fn group_commit(
    database: &Connection,
    group: &[Row],
    frame: &[u8],
    body: &[u8],
) -> rusqlite::Result<()> {
    database.execute_batch("BEGIN IMMEDIATE")?;
    let mut frames =
        database.prepare_cached("INSERT INTO frame(run, seq, bytes) VALUES (?1, ?2, ?3)")?;
    let mut bodies = database.prepare_cached("INSERT INTO body(bytes) VALUES (?1)")?;
    for row in group {
        frames.execute((row.run.cast_signed(), row.seq, frame))?;
        bodies.execute((body,))?;
    }
    database.execute_batch("COMMIT")
}
