//! A server for tests that speaks HTTP/1.1 byte by byte, so that nothing but the client under test
//! knows how. It remembers what it was asked.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Status and headers, then a body.
    Full(&'static str, String),
    /// A body that never ends.
    Endless,
    /// A body that ends before it said it would.
    Broken,
    /// Nothing at all.
    Silence,
    /// A stream of events as it was written down, and how it ends.
    Events(&'static str, End),
}

/// How a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// As HTTP has it.
    Whole,
    /// The connection breaks off.
    Cut,
    /// The connection stays and nothing more comes.
    Silent,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The request line and headers, in lower case.
    pub(crate) head: String,
    pub(crate) body: Value,
    /// The body as it came.
    pub(crate) text: String,
}

#[derive(Debug, Default)]
struct Seen {
    asked: Mutex<Vec<Asked>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

pub(crate) struct Fake {
    pub(crate) url: String,
    seen: Arc<Seen>,
}

impl Fake {
    /// Gives the replies in turn, and the last one for ever.
    pub(crate) async fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let seen = Arc::new(Seen::default());
        let shared = seen.clone();
        tokio::spawn(async move {
            let mut n = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let reply = replies.get(n).or(replies.last()).unwrap().clone();
                n += 1;
                tokio::spawn(converse(stream, reply, shared.clone()));
            }
        });
        Self { url, seen }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.seen.asked.lock().unwrap().clone()
    }

    /// The most requests that were open at the same time.
    pub(crate) fn most(&self) -> usize {
        self.seen.most.load(Ordering::SeqCst)
    }
}

async fn converse(mut stream: TcpStream, reply: Reply, seen: Arc<Seen>) {
    let mut bytes = Vec::new();
    let (head, body_at) = loop {
        let mut chunk = [0; 4096];
        let n = stream.read(&mut chunk).await.unwrap_or(0);
        bytes.extend_from_slice(&chunk[..n]);
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break (String::from_utf8_lossy(&bytes[..end]).to_lowercase(), end + 4);
        }
        if n == 0 {
            return;
        }
    };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.unwrap().trim().parse().unwrap();
    while bytes.len() < body_at + length {
        let mut chunk = [0; 4096];
        let n = stream.read(&mut chunk).await.unwrap();
        bytes.extend_from_slice(&chunk[..n]);
    }
    let text = String::from_utf8(bytes.split_off(body_at)).unwrap();
    let body = serde_json::from_str(&text).unwrap();
    seen.asked.lock().unwrap().push(Asked { head, body, text });
    let now = seen.now.fetch_add(1, Ordering::SeqCst) + 1;
    seen.most.fetch_max(now, Ordering::SeqCst);
    // Others get the chance to come in.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    seen.now.fetch_sub(1, Ordering::SeqCst);
    // A client that went away is what some of the tests are about.
    let _ = answer(&mut stream, reply).await;
}

async fn answer(stream: &mut TcpStream, reply: Reply) -> std::io::Result<()> {
    match reply {
        Reply::Full(head, body) => {
            let length = body.len();
            let head = head.replace('\n', "\r\n");
            let text = format!(
                "HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            stream.write_all(text.as_bytes()).await?;
        }
        Reply::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await?;
            let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
            loop {
                stream.write_all(chunk.as_bytes()).await?;
            }
        }
        Reply::Broken => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{").await?;
        }
        Reply::Silence => std::future::pending().await,
        Reply::Events(text, end) => {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\
                        transfer-encoding: chunked\r\n\r\n";
            stream.write_all(head.as_bytes()).await?;
            // In pieces that know nothing of lines and events.
            for piece in text.as_bytes().chunks(7) {
                stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
                stream.write_all(piece).await?;
                stream.write_all(b"\r\n").await?;
            }
            match end {
                End::Whole => stream.write_all(b"0\r\n\r\n").await?,
                End::Cut => {}
                End::Silent => std::future::pending().await,
            }
        }
    }
    stream.shutdown().await
}
