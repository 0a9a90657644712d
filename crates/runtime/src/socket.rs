//! The socket in the data folder: the holder of the folder's lock is the only writer, and every
//! other command talks to it here. One JSON line asks, one JSON line answers. The socket belongs
//! to the folder's owner alone; it is not a network interface.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use journal::{
    Access, ActNo, Assured, Command, Credential, Drill, Exam, Hash, Mode, Proof, Record, RunId,
    Seq, Standing, Starter, StopScope,
};
use plan::Plan;
use plan::ids::{PersonId, ReleaseId, WorkflowName};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::AbortHandle;

use crate::{Drilled, Erasure, Fault, Kind, Lying, NewRun, ReleaseOrder, Rolled, Runtime};

/// A request line longer than this is refused: a release with its instructions fits many times.
const LINE_MAX: u64 = 32 << 20;

/// The most acts that an answer names.
const NAMED_MAX: usize = 1_000;

/// What another process asks of the holder.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    Ping,
    Open {
        release: ReleaseId,
        canonical: String,
        case: String,
        starter: Starter,
        mode: Mode,
        /// The file that it is the case of, where a start watches it.
        #[serde(default)]
        file: Option<Lying>,
    },
    /// A case of a workflow that was deployed, on the release that it begins on.
    Begin {
        workflow: WorkflowName,
        case: String,
        starter: Starter,
        #[serde(default)]
        file: Option<Lying>,
    },
    /// What becomes of a release.
    Release {
        who: PersonId,
        order: ReleaseOrder,
    },
    Settled {
        run: RunId,
    },
    /// Why a run cannot go on, or why nothing can be stored.
    Trouble {
        run: Option<RunId>,
    },
    Command(Command),
    Stop {
        scope: StopScope,
        who: PersonId,
        reason: String,
        /// What is out comes to its end.
        #[serde(default)]
        drain: bool,
    },
    Lift {
        scope: StopScope,
        who: PersonId,
        reason: String,
    },
    Erase {
        runs: Vec<RunId>,
        who: PersonId,
        reason: String,
        subject: Option<Hash>,
    },
    /// What happened at the door.
    Accessed(Access),
    /// What somebody answers for, in their own words where it takes some.
    Assured {
        said: Assured,
        text: Option<String>,
    },
    /// What was done so that others can check the journal, and what was answered from outside.
    Proof {
        proof: Proof,
        answer: Option<String>,
    },
    /// What happened in an exam, if nothing was written since the entry before `next`.
    Examined {
        next: Seq,
        exam: Exam,
        text: Option<String>,
    },
    /// What happened to a credential.
    Credential(Credential),
    /// Erases what is over for longer than it is kept.
    Sweep,
    Drilled {
        drill: Drill,
        who: PersonId,
        passed: bool,
        runs: Vec<RunId>,
        told: String,
    },
}

/// What the holder answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    Done,
    Opened {
        run: RunId,
    },
    Standing(Standing),
    Released(Rolled),
    Stopped {
        aborted: usize,
        /// Acts that were out, some of them where there were many.
        out: Vec<(RunId, ActNo)>,
    },
    /// Something else was written first.
    Overtaken,
    Lifted {
        woken: usize,
    },
    Swept {
        cases: usize,
    },
    Refused {
        kind: Kind,
        why: String,
    },
}

/// Where a data folder's socket is.
#[must_use]
pub fn path(folder: &Path) -> PathBuf {
    folder.join("socket")
}

/// Serves the socket until the handle is aborted. The caller holds the folder's lock, so a socket
/// that is there already belongs to nobody.
pub fn serve(runtime: Runtime, folder: &Path) -> Result<AbortHandle, Fault> {
    let path = path(folder);
    let failed = |e: std::io::Error| Fault::Socket(format!("`{}`: {e}", path.display()));
    match std::fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let listener = UnixListener::bind(&path).map_err(failed)?;
    let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&path, owner_only).map_err(failed)?;
    let task = tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    tokio::spawn(converse(runtime.clone(), stream));
                }
                // Out of file descriptors, perhaps: others will come free.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    });
    Ok(task.abort_handle())
}

async fn converse(runtime: Runtime, stream: UnixStream) {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read.take(LINE_MAX));
    let mut line = String::new();
    loop {
        line.clear();
        read.get_mut().set_limit(LINE_MAX);
        match read.read_line(&mut line).await {
            Ok(n) if n > 0 && line.ends_with('\n') => {}
            Ok(_) | Err(_) => return,
        }
        let response = match serde_json::from_str::<Request>(&line) {
            Ok(request) => answer(&runtime, request).await,
            Err(error) => refused(Kind::Failed, format!("the request cannot be read: {error}")),
        };
        let Ok(mut bytes) = serde_json::to_vec(&response) else { return };
        bytes.push(b'\n');
        if write.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

fn opened(run: Result<RunId, Fault>) -> Response {
    match run {
        Ok(run) => Response::Opened { run },
        Err(fault) => fault.into(),
    }
}

fn refused(kind: Kind, why: impl ToString) -> Response {
    Response::Refused { kind, why: why.to_string() }
}

impl From<Fault> for Response {
    fn from(fault: Fault) -> Self {
        refused(fault.kind(), fault)
    }
}

/// What is answered where there is nothing to say but that it is done.
fn done(done: Result<(), Fault>) -> Response {
    done.map_or_else(Response::from, |()| Response::Done)
}

async fn answer(runtime: &Runtime, request: Request) -> Response {
    match request {
        Request::Ping => Response::Done,
        Request::Open { release, canonical, case, starter, mode, file } => {
            let plan = match Plan::open(release, canonical.as_bytes()) {
                Ok(plan) => Arc::new(plan),
                Err(error) => return refused(Kind::Failed, error),
            };
            let new =
                NewRun { plan, case: case.into_bytes(), labels: None, called: None, starter, mode };
            opened(runtime.admit(new, file.as_ref()).await)
        }
        Request::Begin { workflow, case, starter, file } => {
            let case = case.into_bytes();
            opened(runtime.begin(&workflow, case, starter, file.as_ref()).await)
        }
        Request::Release { who, order } => match runtime.release(&who, order).await {
            Ok(standing) => Response::Released(standing),
            Err(fault) => fault.into(),
        },
        Request::Settled { run } => match runtime.settled(run).await {
            Ok(standing) => Response::Standing(standing),
            Err(fault) => fault.into(),
        },
        Request::Trouble { run } => runtime.trouble_of(run).map_or(Response::Done, Into::into),
        Request::Command(command) if command.order.who().is_none() => {
            refused(Kind::NotPermitted, "only what a person orders is taken here")
        }
        Request::Command(command) => match runtime.command(command).await {
            Ok(()) => Response::Done,
            Err(fault) => fault.into(),
        },
        Request::Stop { scope, who, reason, drain } => {
            let out = runtime.out_in(&scope, NAMED_MAX);
            let stopped = match drain {
                true => runtime.drain(scope, &who, &reason).await.map(|()| 0),
                false => runtime.stop(scope, &who, &reason).await,
            };
            match stopped {
                Ok(aborted) => Response::Stopped { aborted, out },
                Err(error) => refused(error.kind(), error),
            }
        }
        Request::Lift { scope, who, reason } => match runtime.lift(scope, &who, &reason).await {
            Ok(woken) => Response::Lifted { woken },
            Err(error) => refused(error.kind(), error),
        },
        Request::Accessed(access) => done(runtime.accessed(access).await),
        Request::Assured { said, text } => done(runtime.assured(said, text).await),
        Request::Proof { proof, answer } => done(runtime.proved(proof, answer).await),
        Request::Examined { next, exam, text } => examined(runtime, next, exam, text).await,
        Request::Credential(credential) => {
            done(runtime.noted(Record::Credential(credential)).await)
        }
        Request::Sweep => match runtime.sweep().await {
            Ok(cases) => Response::Swept { cases },
            Err(fault) => fault.into(),
        },
        Request::Drilled { drill, who, passed, runs, told } => {
            done(runtime.drilled(&who, Drilled { drill, passed, runs, told }).await)
        }
        Request::Erase { runs, who, reason, subject } => {
            done(runtime.erase(&who, Erasure { runs, reason, subject }).await)
        }
    }
}

/// Keeps what happened in an exam, unless something else came first.
async fn examined(runtime: &Runtime, next: Seq, exam: Exam, text: Option<String>) -> Response {
    match runtime.examined(next, exam, text).await {
        Ok(true) => Response::Done,
        Ok(false) => Response::Overtaken,
        Err(fault) => fault.into(),
    }
}

/// A connection to the holder of a data folder.
pub struct Client {
    stream: BufReader<UnixStream>,
}

impl Client {
    /// Connects, if somebody holds the folder.
    pub async fn connect(folder: &Path) -> Option<Self> {
        let stream = UnixStream::connect(path(folder)).await.ok()?;
        Some(Self { stream: BufReader::new(stream) })
    }

    /// Asks one thing. A holder that hangs does not hang the asker: `within` bounds the wait.
    pub async fn ask(&mut self, request: &Request, within: Duration) -> Result<Response, Fault> {
        match tokio::time::timeout(within, self.exchange(request)).await {
            Ok(response) => response,
            Err(_) => Err(Fault::Socket("the running flightdeck does not answer".to_owned())),
        }
    }

    async fn exchange(&mut self, request: &Request) -> Result<Response, Fault> {
        let failed = |e: std::io::Error| Fault::Socket(e.to_string());
        let mut bytes = serde_json::to_vec(request).map_err(|e| Fault::Socket(e.to_string()))?;
        bytes.push(b'\n');
        self.stream.get_mut().write_all(&bytes).await.map_err(failed)?;
        let mut line = String::new();
        self.stream.read_line(&mut line).await.map_err(failed)?;
        if line.is_empty() {
            return Err(Fault::Socket("the running flightdeck went away".to_owned()));
        }
        serde_json::from_str(&line).map_err(|e| Fault::Socket(e.to_string()))
    }
}
