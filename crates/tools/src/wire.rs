//! Messages over a server's two pipes, one JSON text per line, with limits on what is read. The
//! SDK's own transport waits for ever for an answer that was too long or no JSON-RPC; here such an
//! answer becomes an error of the call it belongs to. It must not know what a message means.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::RoleClient;
use rmcp::model::{ErrorCode, ErrorData, RequestId, ServerJsonRpcMessage};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};

/// An answer that was longer than a message may be. Outside the range of JSON-RPC's own codes.
pub(crate) const TOO_LARGE: ErrorCode = ErrorCode(-1_000_001);
/// An answer that is not of the protocol.
pub(crate) const GARBAGE: ErrorCode = ErrorCode(-1_000_002);
/// A server of ours sent something on, and does not know what came of it.
pub(crate) const IN_DOUBT: ErrorCode = ErrorCode(-1_000_003);

/// How much of each end of a message that is too long is kept, to find out what it answers.
const ENDS: usize = 512;

/// Why a connection was cut from this side.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cut(Arc<Mutex<Option<String>>>);

impl Cut {
    pub(crate) fn why(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn because(&self, why: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }
}

/// A connection to a server, for the SDK's client.
pub(crate) struct Wire<R, W> {
    read: BufReader<R>,
    write: Arc<tokio::sync::Mutex<Option<W>>>,
    line: Line,
    unasked: usize,
    unasked_max: usize,
    cut: Cut,
}

/// The line being read. It lives here and not in `receive`, which may be dropped at any await.
struct Line {
    head: Vec<u8>,
    /// The last bytes of a line that is too long.
    tail: Vec<u8>,
    over: bool,
    max: usize,
}

/// What a whole line is.
#[derive(Debug, PartialEq, Eq)]
enum Read {
    Message(Vec<u8>),
    /// Too long; the answered call's number, where it can be told.
    TooLong(Option<i64>),
}

impl<R: AsyncRead + Unpin, W> Wire<R, W> {
    pub(crate) fn new(read: R, write: W, message_max: usize, unasked_max: usize, cut: Cut) -> Self {
        Self {
            read: BufReader::new(read),
            write: Arc::new(tokio::sync::Mutex::new(Some(write))),
            line: Line { head: Vec::new(), tail: Vec::new(), over: false, max: message_max },
            unasked: 0,
            unasked_max,
            cut,
        }
    }

    /// The next line, or nothing at the end of the stream or of our patience.
    async fn line(&mut self) -> Option<Read> {
        loop {
            // Between these two awaits-free steps nothing can be lost: bytes are taken from the
            // buffer only together with being kept.
            let available = self.read.fill_buf().await.ok()?;
            if available.is_empty() {
                return None;
            }
            let end = available.iter().position(|b| *b == b'\n');
            let part = available.get(..end.unwrap_or(available.len()))?;
            self.line.push(part);
            let taken = part.len() + usize::from(end.is_some());
            self.read.consume(taken);
            self.unasked = self.unasked.saturating_add(taken);
            if self.unasked > self.unasked_max.saturating_add(self.line.max) {
                self.cut.because(format!(
                    "it sent more than {} bytes without answering",
                    self.unasked_max
                ));
                return None;
            }
            if end.is_some() {
                return Some(self.line.take());
            }
        }
    }
}

impl Line {
    fn push(&mut self, part: &[u8]) {
        if !self.over && self.head.len().saturating_add(part.len()) <= self.max {
            self.head.extend_from_slice(part);
            return;
        }
        if !self.over {
            self.over = true;
            let from = self.head.len().saturating_sub(ENDS);
            self.tail = self.head.get(from..).unwrap_or_default().to_vec();
            self.head.truncate(ENDS);
            self.head.shrink_to_fit();
        }
        let room = ENDS.saturating_sub(self.head.len()).min(part.len());
        self.head.extend_from_slice(part.get(..room).unwrap_or_default());
        self.tail.extend_from_slice(part);
        let over = self.tail.len().saturating_sub(ENDS);
        self.tail.drain(..over);
    }

    fn take(&mut self) -> Read {
        let head = std::mem::take(&mut self.head);
        let tail = std::mem::take(&mut self.tail);
        if std::mem::take(&mut self.over) {
            Read::TooLong(answered(&head, &tail))
        } else {
            Read::Message(head)
        }
    }
}

/// Which call a long message answers, by its two ends alone. Only places are read that the
/// message's content cannot reach: keys before the first one that has content, and the last key
/// before the brace that ends the message.
fn answered(head: &[u8], tail: &[u8]) -> Option<i64> {
    first_keys(head).or_else(|| last_key(tail))
}

fn first_keys(head: &[u8]) -> Option<i64> {
    let text: String = String::from_utf8_lossy(head).split_whitespace().collect();
    let rest = text.strip_prefix('{')?;
    let rest = rest.strip_prefix(r#""jsonrpc":"2.0","#).unwrap_or(rest);
    let rest = rest.strip_prefix(r#""id":"#)?;
    rest.split_once(',')?.0.parse().ok()
}

fn last_key(tail: &[u8]) -> Option<i64> {
    let text = String::from_utf8_lossy(tail);
    let text = text.trim_end().strip_suffix('}')?.trim_end();
    let text = text.strip_suffix(r#","jsonrpc":"2.0""#).unwrap_or(text);
    let digits = text.len() - text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (before, number) = text.split_at_checked(text.len() - digits)?;
    let before = before.trim_end().strip_suffix(':')?.trim_end();
    before.ends_with(r#","id""#).then_some(())?;
    number.parse().ok()
}

/// The least that tells an answer from anything else.
#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    id: Option<i64>,
    #[serde(default)]
    method: Option<serde::de::IgnoredAny>,
}

/// A line as the SDK's message. Lines that are neither an answer nor of the protocol are noise,
/// such as a server's greeting, and are passed over.
fn message(line: &[u8]) -> Option<RxJsonRpcMessage<RoleClient>> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    match serde_json::from_slice(line) {
        Ok(message) => Some(message),
        Err(why) => {
            let envelope: Envelope = serde_json::from_slice(line).ok()?;
            if envelope.method.is_some() {
                return None;
            }
            Some(failed(envelope.id?, GARBAGE, why.to_string()))
        }
    }
}

fn failed(id: i64, code: ErrorCode, why: String) -> RxJsonRpcMessage<RoleClient> {
    let error = ErrorData::new(code, why, None);
    ServerJsonRpcMessage::error(error, Some(RequestId::Number(id)))
}

impl<R, W> Transport<RoleClient> for Wire<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = std::io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let write = Arc::clone(&self.write);
        async move {
            let mut line = serde_json::to_vec(&item)?;
            line.push(b'\n');
            let mut write = write.lock().await;
            let closed = || std::io::Error::new(std::io::ErrorKind::NotConnected, "closed");
            let to = write.as_mut().ok_or_else(closed)?;
            to.write_all(&line).await?;
            to.flush().await
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        loop {
            let found = match self.line().await? {
                Read::Message(line) => message(&line),
                Read::TooLong(id) => id.map(|id| {
                    let why = format!("the answer is longer than {} bytes", self.line.max);
                    failed(id, TOO_LARGE, why)
                }),
            };
            if let Some(message) = found {
                if matches!(
                    message,
                    ServerJsonRpcMessage::Response(_) | ServerJsonRpcMessage::Error(_)
                ) {
                    self.unasked = 0;
                }
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        drop(self.write.lock().await.take());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
