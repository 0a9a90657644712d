//! A server's process: started with a clean environment and its own process group, and killed as
//! a group. It must not speak the protocol.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

use crate::children::Counting;
use crate::egress::Egress;
use crate::launch;
use crate::sandbox::{Network, Reach, Sandbox};
use crate::spec::{ProcessLimits, Program};

/// How much of what a server writes to its error stream is kept.
const LAST_WORDS: usize = 2048;
/// How long is waited for the rest of it.
const PATIENCE: Duration = Duration::from_millis(250);

/// How servers are started.
#[derive(Debug, Clone)]
pub enum Launcher {
    /// Through a command line that ends in [`launch::exec`]: the server gets its limits, and it
    /// dies when this process dies.
    Through(Vec<OsString>),
    /// Directly: no limits of the operating system, and only its closed input tells the server
    /// that this process is gone. For servers that are trusted and for tests of them.
    Direct,
}

impl Launcher {
    /// Whether a server may have a network of its own: tried by a program that does nothing.
    #[cfg(target_os = "linux")]
    pub(crate) fn tries_apart(&self) -> bool {
        let Self::Through(line) = self else { return false };
        let Some((first, rest)) = line.split_first() else { return false };
        let tried = std::process::Command::new(first)
            .args(rest)
            .args(["--parent", &std::process::id().to_string(), "--apart", "1", "--", "true"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        tried.is_ok_and(|status| status.success())
    }
}

/// A running server. Dropping it kills the process and whatever it started.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pid: Option<Pid>,
    last_words: Arc<Mutex<VecDeque<u8>>>,
    /// Closed when the error stream is at its end.
    said_all: watch::Receiver<()>,
    /// Counts what it starts; it ends before the process does.
    _counting: Option<Counting>,
    /// Its only way out, where it has one.
    egress: Option<Egress>,
    /// The only place it may write to undeclared, removed after the kill.
    _temporary: Option<TempDir>,
}

/// The two ends that the protocol runs over.
pub(crate) type Pipes = (ChildStdout, ChildStdin);

impl Process {
    /// The last of what a server that went away wrote to its error stream, on one line.
    pub(crate) async fn last_words(&self) -> String {
        // Its two streams end at the same time, and we may have seen the end of the other first.
        let mut said_all = self.said_all.clone();
        let _ = tokio::time::timeout(PATIENCE, said_all.changed()).await;
        let bytes: Vec<u8> = self.lock().iter().copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<u8>> {
        self.last_words.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its only way out, where it has one.
    pub(crate) fn egress(&self) -> Option<&Egress> {
        self.egress.as_ref()
    }

    /// Kills the server and whatever it started.
    pub(crate) fn kill(&self) {
        if let Some(pid) = self.pid {
            // An error means that nobody of the group is left, or that it has not become one yet.
            let _ = kill_process_group(pid, Signal::KILL);
            if self.child.id().is_some() {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }

    /// Lets the server end by itself, its input being closed, and kills it when it does not.
    pub(crate) async fn end(mut self, grace: Duration) {
        // Whether it ended in time does not matter: the drop kills what is left of the group.
        let _ = tokio::time::timeout(grace, self.child.wait()).await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts servers, all from one thread of its own. The kernel ties a child's life to the thread
/// that started it, and a thread of the runtime may end at any time.
#[derive(Debug)]
pub(crate) struct Spawner {
    jobs: mpsc::Sender<Job>,
    launcher: Launcher,
}

struct Job {
    command: Command,
    runtime: Handle,
    reply: oneshot::Sender<std::io::Result<Child>>,
}

impl Spawner {
    pub(crate) fn new(launcher: Launcher) -> Self {
        let (jobs, queue) = mpsc::channel::<Job>();
        // Without the thread the queue is closed, and every start fails with a reason.
        let _ = std::thread::Builder::new().name("tool-servers".to_owned()).spawn(move || {
            for mut job in queue {
                let _inside = job.runtime.enter();
                // Whoever asked may have given up; the child is then killed on drop.
                let _ = job.reply.send(job.command.spawn());
            }
        });
        Self { jobs, launcher }
    }

    /// Starts a server.
    pub(crate) async fn start(
        &self,
        spec: &Program,
        limits: &ProcessLimits,
    ) -> std::io::Result<(Process, Pipes)> {
        let (reply, answer) = oneshot::channel();
        // Only the launcher closes a box, and nothing that has one runs without.
        if matches!((&self.launcher, &spec.sandbox), (Launcher::Direct, Sandbox::Closed(_))) {
            return Err(std::io::Error::other("its box is closed by the launcher only"));
        }
        let temporary = match (&self.launcher, &spec.sandbox) {
            (Launcher::Through(_), Sandbox::Closed(_)) => Some(tempfile::tempdir()?),
            _ => None,
        };
        let folder = temporary.as_ref().map(TempDir::path);
        let egress = match (&spec.sandbox, folder) {
            (Sandbox::Closed(Reach { network: Network::Hosts(hosts), .. }), Some(folder)) => {
                Some(Egress::start(hosts, folder).await?)
            }
            _ => None,
        };
        let command = self.command(spec, limits, folder, egress.as_ref());
        let job = Job { command, runtime: Handle::current(), reply };
        let gone = || std::io::Error::other("no thread is left to start it");
        self.jobs.send(job).map_err(|_| gone())?;
        let mut child = answer.await.map_err(|_| gone())??;
        let closed = || std::io::Error::other("a stream is missing");
        let stdout = child.stdout.take().ok_or_else(closed)?;
        let stdin = child.stdin.take().ok_or_else(closed)?;
        let stderr = child.stderr.take().ok_or_else(closed)?;
        let last_words = Arc::new(Mutex::new(VecDeque::new()));
        let (saying, said_all) = watch::channel(());
        tokio::spawn(listen(stderr, Arc::clone(&last_words), saying));
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let boxed = temporary.is_some();
        let limit = pid.zip(limits.children).filter(|_| boxed);
        let counting = limit.map(|(pid, most)| Counting::of(pid, most, Arc::clone(&last_words)));
        let process = Process {
            child,
            pid,
            last_words,
            said_all,
            _counting: counting,
            egress,
            _temporary: temporary,
        };
        Ok((process, (stdout, stdin)))
    }

    fn command(
        &self,
        spec: &Program,
        limits: &ProcessLimits,
        temporary: Option<&Path>,
        egress: Option<&Egress>,
    ) -> Command {
        let program = program(&spec.command, &spec.cwd);
        let mut command = match &self.launcher {
            Launcher::Through(line) => {
                let (first, rest) =
                    line.split_first().map_or((OsString::new(), &[][..]), |(f, r)| (f.clone(), r));
                let mut command = Command::new(first);
                command.args(rest);
                let reach = match &spec.sandbox {
                    Sandbox::Off => None,
                    Sandbox::Closed(reach) => {
                        let mut reach = reach.clone().with_command(&program);
                        reach.write.extend(temporary.map(Path::to_owned));
                        Some(reach)
                    }
                };
                let proxy = egress.map(Egress::proxy);
                command.args(launch::options(limits, reach.as_ref(), proxy.as_ref()));
                command.arg(program);
                command
            }
            Launcher::Direct => Command::new(program),
        };
        command.args(&spec.args).env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        if let Some(temporary) = temporary {
            command.env("TMPDIR", temporary);
        }
        for (name, secret) in &spec.env {
            command.env(name, secret.reveal());
        }
        // Whatever was declared, there is no other way out.
        command.envs(egress.iter().flat_map(|egress| egress.variables()));
        command
            .current_dir(&spec.cwd)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // A box makes a session of its own, and with it a group.
        if temporary.is_none() {
            command.process_group(0);
        }
        command
    }
}

/// A bare name is looked up on the `PATH`; any other is taken from the server's folder.
fn program(command: &str, cwd: &Path) -> PathBuf {
    if command.contains('/') { cwd.join(command) } else { PathBuf::from(command) }
}

async fn listen(
    mut stderr: ChildStderr,
    to: Arc<Mutex<VecDeque<u8>>>,
    // Dropped at the end, which is how others learn of it.
    _saying: watch::Sender<()>,
) {
    let mut buffer = [0; 1024];
    // The stream is read to its end even when nobody wants it: a full pipe would stop the server.
    while let Ok(n @ 1..) = stderr.read(&mut buffer).await {
        let mut kept = to.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(buffer.iter().take(n));
        let over = kept.len().saturating_sub(LAST_WORDS);
        kept.drain(..over);
    }
}
