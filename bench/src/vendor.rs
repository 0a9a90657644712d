//! A model server without any delay, in the OpenAI wire format: it measures the driver, not a
//! model. It answers every chat completion with the same text.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The contract of the workflow `three`, filled in.
pub const ANSWER: &str = concat!(
    r#"{\"a\":\"alpha\",\"b\":\"beta\",\"c\":3,\"d\":true,\"e\":\"x\",\"f\":\""#,
    "a text of some length that stands for a summary of about two hundred words; it goes on for ",
    "a while, so that an answer has the size of an answer and not that of a ping. The quick brown ",
    "fox jumps over the lazy dog, and the five boxing wizards jump quickly. Pack my box with five ",
    "dozen liquor jugs. How vexingly quick daft zebras jump. Sphinx of black quartz, judge my ",
    "vow. Jackdaws love my big sphinx of quartz. The jay, pig, fox, zebra and my wolves quack.",
    r#"\"}"#
);

/// Serves until the process ends.
pub async fn serve(listener: TcpListener) -> std::io::Result<()> {
    let body = format!(
        "{{\"id\":\"1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"bench-1\",\
         \"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":\"{ANSWER}\"}},\
         \"finish_reason\":\"stop\"}}],\"usage\":{{\"prompt_tokens\":250,\"completion_tokens\":150,\
         \"total_tokens\":400}}}}"
    );
    let response = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let response: std::sync::Arc<[u8]> = response.into_bytes().into();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let response = response.clone();
        tokio::spawn(async move {
            // A client that goes away ends its connection and nothing else.
            let _ = converse(stream, &response).await;
        });
    }
}

async fn converse(mut stream: TcpStream, response: &[u8]) -> std::io::Result<()> {
    let mut buffer = Vec::with_capacity(8192);
    loop {
        let head = loop {
            if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        };
        let length = length(buffer.get(..head).unwrap_or_default());
        while buffer.len() < head + length {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        }
        buffer.drain(..head + length);
        stream.write_all(response).await?;
    }
}

fn length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let line = head.lines().find_map(|l| l.strip_prefix("content-length:"));
    line.and_then(|n| n.trim().parse().ok()).unwrap_or(0)
}
