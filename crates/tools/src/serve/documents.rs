//! Documents of one folder as text. A plain text is read here; for anything else a process is
//! started that reads this one document and may not survive it. It must not parse anything itself.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use documents::{Document, Fault, Limits};
use rmcp::model::{JsonObject, Tool};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::process::{ChildStderr, ChildStdout, Command};
use tokio::runtime::Handle;

use super::folder::Folder;
use super::{Answer, BuiltIn, Reply, ServeError, reads, text, tool};
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

pub(super) struct Documents {
    folder: Folder,
    reading: Reading,
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

impl Documents {
    pub(super) fn open(folder: &Path, reading: Reading) -> Result<Self, ServeError> {
        Ok(Self { folder: Folder::open(folder)?, reading })
    }

    fn read(&self, path: &str) -> Result<Value, String> {
        let mut file = self.folder.file(path)?;
        let fault = |why: std::io::Error| format!("`{path}`: {why}");
        let size = file.metadata().map_err(fault)?.len();
        let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
        if size > limits().bytes {
            return Ok(unread(Fault::TooLarge));
        }
        if size <= PLAIN_MAX {
            let mut bytes = Vec::new();
            (&mut file).take(PLAIN_MAX).read_to_end(&mut bytes).map_err(fault)?;
            if let Some(document) = documents::plain_text(&bytes, &name) {
                return Ok(answer(&document));
            }
            file.rewind().map_err(fault)?;
        }
        let read = self.contained(file, &name).map_err(fault)?;
        Ok(read.map_or_else(unread, |document| answer(&document)))
    }

    /// Reads a document in a process of its own. Whatever becomes of that process is an outcome.
    fn contained(&self, file: File, name: &str) -> std::io::Result<Result<Document, Fault>> {
        let limits = ProcessLimits {
            memory_bytes: Some(self.reading.memory_bytes),
            open_files: Some(16),
            file_bytes: Some(0),
            cpu_seconds: Some(self.reading.cpu_seconds),
        };
        let (first, rest) = self
            .reading
            .launch
            .split_first()
            .ok_or_else(|| std::io::Error::other("nothing says how to start a process"))?;
        let mut command = Command::new(first);
        command.args(rest).args(launch::options(&limits)).args(&self.reading.read).arg(name);
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
            let (said, words) = tokio::join!(said(stdout), words(stderr));
            (said, words, child.wait().await)
        };
        let ended = runtime.block_on(async { tokio::time::timeout(self.reading.wall, all).await });
        let Ok((said, words, status)) = ended else { return Ok(Err(Fault::OutOfTime)) };
        let status = status?;
        Ok(if status.success() { told(&said) } else { Err(why(status, &words)) })
    }
}

async fn said(stdout: ChildStdout) -> Vec<u8> {
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

fn answer(document: &Document) -> Value {
    let remarks: Vec<&str> = document.remarks.iter().map(|remark| remark.text.as_str()).collect();
    json!({
        "content": document.text,
        "outcome": document.outcome(),
        "why": remarks.join("; "),
        "kind": document.kind,
        "pages": document.pages,
        "parts": document.parts,
        "remarks": remarks,
        "invoice": document.invoice,
    })
}

/// A document without text. It is an answer and no error, so that a workflow can send it on.
fn unread(fault: Fault) -> Value {
    json!({
        "content": "",
        "outcome": fault.code(),
        "why": fault.to_string(),
        "kind": null,
        "pages": 0,
        "parts": [],
        "remarks": [],
        "invoice": null,
    })
}

fn schema() -> Arc<JsonObject> {
    let text = |what: &str| json!({ "type": "string", "description": what });
    let properties = json!({
        "content": text("the text, as a person sees it; empty when there is none"),
        "outcome": text(
            "`text` when all of it was read; `partial`, `differs`, `scan`, `encrypted`, \
             `unknown_kind`, `too_large`, `too_deep`, `too_many_pages`, `out_of_time` or `broken`",
        ),
        "why": text("what a person should know about the outcome"),
        "kind": { "type": ["string", "null"], "description": "what its bytes are" },
        "pages": { "type": "integer" },
        "parts": {
            "type": "array",
            "description": "where pages, sheets and attachments stand in the text, in bytes",
            "items": {
                "type": "object",
                "properties": {
                    "what": { "type": "string" },
                    "name": { "type": "string" },
                    "start": { "type": "integer" },
                    "end": { "type": "integer" },
                },
                "required": ["what", "name", "start", "end"],
            },
        },
        "remarks": { "type": "array", "items": { "type": "string" } },
        "invoice": {
            "type": ["object", "null"],
            "description": "the data of an electronic invoice (EN 16931), amounts as text",
        },
    });
    let mut schema = JsonObject::new();
    schema.insert("type".to_owned(), json!("object"));
    let required: Vec<&str> =
        vec!["content", "outcome", "why", "kind", "pages", "parts", "remarks", "invoice"];
    schema.insert("required".to_owned(), json!(required));
    schema.insert("properties".to_owned(), properties);
    Arc::new(schema)
}

impl BuiltIn for Documents {
    const NAME: &'static str = "flightdeck-documents";

    fn tools(&self) -> Vec<Tool> {
        let read = tool(
            "read_document",
            "Reads a document as text: PDF, Word, Excel, HTML, e-mail with attachments, electronic \
             invoices, plain text. Says what it is and whether all of it could be read.",
            &[("path", "the file, from the open folder on")],
        );
        vec![reads(read).with_raw_output_schema(schema())]
    }

    fn answer(&self, tool: &str, args: &JsonObject) -> Answer {
        match tool {
            "read_document" => self.read(text(args, "path")?).map(Reply::Structure),
            other => Err(format!("there is no tool `{other}`")),
        }
    }
}
