//! The body of a good answer: in one piece, or as server-sent events that must not fall silent. It
//! must not know what an event says.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use journal::Code;
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use sse_stream::{Error, SseStream};
use tokio::time::timeout;

use super::{Content, chain};

/// An answer that is longer is none.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// The event with which the OpenAI-compatible format ends a stream, and the name of Anthropic's.
const DONE: &str = "[DONE]";
const STOP: &str = "message_stop";

/// Why a body did not come to its end.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Cut {
    #[error("the answer broke off: {0}")]
    Broken(String),
    #[error("the answer was silent for {} seconds and is given up", .0.as_secs_f32())]
    Silent(Duration),
    #[error("the answer has more than {ANSWER_BYTES_MAX} bytes")]
    TooLarge,
    #[error("the answer is no stream of events: {0}")]
    Garbled(String),
}

impl Cut {
    pub(super) fn code(&self) -> Code {
        match self {
            Self::Broken(_) => Code::Unavailable,
            Self::Silent(_) => Code::TimedOut,
            Self::TooLarge => Code::TooLarge,
            Self::Garbled(_) => Code::BadAnswer,
        }
    }
}

/// Receives a body. A server that was asked for a stream may still answer in one piece.
pub(super) async fn content(response: Response, idle: Duration) -> Result<Content, Cut> {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
        return events(response, idle).await.map(Content::Events);
    }
    let length = response.content_length().unwrap_or_default();
    if length > ANSWER_BYTES_MAX as u64 {
        return Err(Cut::TooLarge);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    // In one piece it is silent until it is there; the call's own time-out sees to that.
    let mut chunks = std::pin::pin!(chunks(response, None));
    while let Some(chunk) = chunks.next().await {
        bytes.extend_from_slice(chunk?.as_ref());
    }
    Ok(Content::Whole(bytes))
}

async fn events(response: Response, idle: Duration) -> Result<Vec<String>, Cut> {
    let chunks = Box::pin(chunks(response, Some(idle)));
    let mut stream = SseStream::from_bytes_stream(chunks);
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        let event = event.map_err(|error| match error {
            Error::Body(error) => match error.downcast::<Cut>() {
                Ok(cut) => *cut,
                Err(error) => Cut::Broken(error.to_string()),
            },
            error => Cut::Garbled(error.to_string()),
        })?;
        let last = event.event.as_deref() == Some(STOP);
        let Some(data) = event.data else { continue };
        // A server that says it is done may leave its side open.
        if data == DONE {
            break;
        }
        events.push(data);
        if last {
            break;
        }
    }
    Ok(events)
}

/// The chunks of a body, up to the longest answer. Comments and pings count: a server that sends
/// them is at work.
fn chunks(response: Response, idle: Option<Duration>) -> impl Stream<Item = Result<Bytes, Cut>> {
    stream::try_unfold((response, 0), move |(mut response, seen)| async move {
        let chunk = match idle {
            Some(idle) => timeout(idle, response.chunk()).await.map_err(|_| Cut::Silent(idle))?,
            None => response.chunk().await,
        };
        let chunk = chunk.map_err(|error| Cut::Broken(chain(&error.without_url())))?;
        let Some(chunk) = chunk else { return Ok(None) };
        let seen = seen + chunk.len();
        if seen > ANSWER_BYTES_MAX {
            return Err(Cut::TooLarge);
        }
        Ok(Some((chunk, (response, seen))))
    })
}
