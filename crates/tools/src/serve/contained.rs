//! Foreign bytes as text. A plain text is read here; for anything else a process is started that
//! reads this one document and may not survive it. It must not parse anything itself.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use documents::{Document, Fault, Limits};
use rmcp::model::JsonObject;
use rustix::fs::MemfdFlags;
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::process::{ChildStderr, ChildStdout, Command};
use tokio::runtime::Handle;

use crate::launch;
use crate::spec::ProcessLimits;

/// The largest file that is looked at here, to see whether it is plain text.
const PLAIN_MAX: u64 = 1 << 20;
/// The longest answer of a reading process: the text, escaped, and what is said about it.
const ANSWER_MAX: u64 = 8 << 20;
/// The last of what a process writes about its end.
const LAST_WORDS_MAX: u64 = 16 << 10;

/// What one document may take.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The command line that becomes a process with limits, as [`launch::exec`] ends it.
    pub launch: Vec<std::ffi::OsString>,
    /// The command line that ends in [`read_document`]; the document's name follows.
    pub read: Vec<std::ffi::OsString>,
    pub memory_bytes: u64,
    pub cpu_seconds: u64,
    pub wall: Duration,
}

/// The limits of a document that is read for a workflow. The finders look at 256 KB of text, and
/// an answer has to fit into a message.
fn limits() -> Limits {
    Limits { text: 1 << 20, ..Limits::default() }
}

/// Reads one document from an input and writes what it comes to: the work of a process that was
/// started for it.
pub fn read_document(name: &str, from: impl Read, to: impl std::io::Write) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    from.take(limits().bytes + 1).read_to_end(&mut bytes)?;
    serde_json::to_writer(to, &documents::read(&bytes, name, &limits()))?;
    Ok(())
}

impl Reading {
    /// Reads a document from an open file, with what came of it.
    pub(super) fn file(
        &self,
        mut file: File,
        name: &str,
    ) -> std::io::Result<Result<Document, Fault>> {
        let size = file.metadata()?.len();
        if size > limits().bytes {
            return Ok(Err(Fault::TooLarge));
        }
        if size <= PLAIN_MAX {
            let mut bytes = Vec::new();
            (&mut file).take(PLAIN_MAX).read_to_end(&mut bytes)?;
            if let Some(document) = documents::plain_text(&bytes, name) {
                return Ok(Ok(document));
            }
            file.rewind()?;
        }
        self.contained(file, name)
    }

    /// Reads a document that is no file.
    pub(super) fn bytes(
        &self,
        bytes: &[u8],
        name: &str,
    ) -> std::io::Result<Result<Document, Fault>> {
        let memory = rustix::fs::memfd_create("document", MemfdFlags::CLOEXEC)?;
        let mut file = File::from(memory);
        file.write_all(bytes)?;
        file.rewind()?;
        self.file(file, name)
    }

    /// Reads a document in a process of its own. Whatever becomes of that process is an outcome.
    fn contained(&self, file: File, name: &str) -> std::io::Result<Result<Document, Fault>> {
        let limits = ProcessLimits {
            memory_bytes: Some(self.memory_bytes),
            open_files: Some(16),
            file_bytes: Some(0),
            cpu_seconds: Some(self.cpu_seconds),
            children: None,
        };
        let (first, rest) = self
            .launch
            .split_first()
            .ok_or_else(|| std::io::Error::other("nothing says how to start a process"))?;
        let mut command = Command::new(first);
        command.args(rest).args(launch::options(&limits, None, None)).args(&self.read).arg(name);
        command.env_clear().current_dir("/").stdin(Stdio::from(file));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // On this thread, which waits for it: the kernel kills the child when its thread ends.
        let runtime = Handle::current();
        let _inside = runtime.enter();
        let mut child = command.spawn()?;
        let streams = child.stdout.take().zip(child.stderr.take());
        let Some((stdout, stderr)) = streams else {
            return Err(std::io::Error::other("a stream is missing"));
        };
        let all = async {
            let (said, words) = tokio::join!(spoken(stdout), words(stderr));
            (said, words, child.wait().await)
        };
        let ended = runtime.block_on(async { tokio::time::timeout(self.wall, all).await });
        let Ok((said, words, status)) = ended else { return Ok(Err(Fault::OutOfTime)) };
        let status = status?;
        Ok(if status.success() { told(&said) } else { Err(why(status, &words)) })
    }
}

async fn spoken(stdout: ChildStdout) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A stream that breaks ends too early, and what came of it is no answer.
    let _ = stdout.take(ANSWER_MAX).read_to_end(&mut bytes).await;
    bytes
}

async fn words(mut stderr: ChildStderr) -> String {
    let mut bytes = Vec::new();
    let _ = (&mut stderr).take(LAST_WORDS_MAX).read_to_end(&mut bytes).await;
    // Read on, so that a process with much to say is not stopped by it.
    let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

fn told(said: &[u8]) -> Result<Document, Fault> {
    serde_json::from_slice(said).unwrap_or(Err(Fault::Broken))
}

/// Why a process died over a document.
fn why(status: ExitStatus, words: &str) -> Fault {
    let by = |signal: Signal| status.signal() == Some(signal.as_raw());
    if by(Signal::KILL) || by(Signal::XCPU) {
        return Fault::OutOfTime;
    }
    // The standard library's own words; the process cannot say it in any other way.
    if words.contains("memory allocation of") { Fault::TooLarge } else { Fault::Broken }
}

/// What a reading came to, as servers say it. A document without text is an answer and no error,
/// so that a workflow can send it on.
pub(super) fn said(read: &Result<Document, Fault>) -> JsonObject {
    let value = match read {
        Ok(document) => {
            let remarks: Vec<&str> = document.remarks.iter().map(|r| r.text.as_str()).collect();
            json!({
                "content": document.text,
                "outcome": document.outcome(),
                "why": remarks.join("; "),
                "kind": document.kind,
                "pages": document.pages,
                "remarks": remarks,
            })
        }
        Err(fault) => json!({
            "content": "",
            "outcome": fault.code(),
            "why": fault.to_string(),
            "kind": null,
            "pages": 0,
            "remarks": [],
        }),
    };
    if let Value::Object(object) = value { object } else { JsonObject::new() }
}
