//! A server that runs elsewhere: the connection to it, and what is known after one broke. It must
//! not send a header to another origin, or put an address into a text: an address may hold a
//! secret.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use reqwest::header::{HeaderName, HeaderValue};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::auth::AuthError;
use rmcp::transport::common::client_side_sse::ExponentialBackoff;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClientTransportConfig, StreamableHttpError,
};

use crate::caller::{Caller, Refused};
use crate::reach::{address, client};
use crate::spec::{Limits, Remote, Secret};

/// How often a stream that broke is taken up again, where the server keeps its place.
const RESUMES: usize = 3;

/// The connection to a server. Nothing is sent yet.
pub(crate) fn transport(
    name: &str,
    remote: &Remote,
    limits: &Limits,
    refused: Refused,
) -> Result<StreamableHttpClientTransport<Caller>, String> {
    let (url, reach) = address(remote.url.reveal(), remote.private)?;
    let headers = headers(&remote.headers)?;
    let mut resume = ExponentialBackoff::default();
    resume.max_times = Some(RESUMES);
    let mut config = StreamableHttpClientTransportConfig::with_uri(url.as_str())
        .custom_headers(headers)
        .max_concurrent_requests(limits.in_flight)
        .max_sse_event_size(limits.message_bytes)
        .max_json_response_size(limits.message_bytes)
        // A call is repeated by the engine, on record, and by nobody else.
        .reinit_on_expired_session(false);
    config.retry_config = Arc::new(resume);
    let caller = Caller::new(client(reach)?, name, remote, refused);
    Ok(StreamableHttpClientTransport::with_client(caller, config))
}

/// Headers as they are sent, each once; of two with one name the last counts. None is ever shown.
pub(crate) fn headers<'a>(
    declared: impl IntoIterator<Item = (&'a String, &'a Secret)>,
) -> Result<HashMap<HeaderName, HeaderValue>, String> {
    let each = declared.into_iter().map(|(name, value)| {
        let key = HeaderName::try_from(name.as_str());
        let key = key.map_err(|_| format!("`{name}` is no name of a header"))?;
        let value = HeaderValue::from_str(value.reveal());
        let mut value = value.map_err(|_| format!("the header `{name}` cannot be sent"))?;
        value.set_sensitive(true);
        Ok((key, value))
    });
    each.collect()
}

/// What is known after a request brought no answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Broke {
    /// It did not reach the server, or the server turned it away before it looked inside.
    Unsent(String),
    TooLong,
    /// The answer is none of the protocol.
    Garbage(String),
    /// It was sent, and nobody knows what came of it.
    Unknown(String),
}

impl fmt::Display for Broke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("the answer is longer than an answer may be"),
            Self::Unsent(why) | Self::Garbage(why) | Self::Unknown(why) => f.write_str(why),
        }
    }
}

/// Reads the error of a connection that [`transport`] made; nothing where it was another one.
pub(crate) fn broke(error: &(dyn Error + 'static)) -> Option<Broke> {
    use StreamableHttpError as E;
    Some(match error.downcast_ref::<E<reqwest::Error>>()? {
        E::AuthRequired(_) => Broke::Unsent("it asks who is calling (401)".to_owned()),
        E::InsufficientScope(_) => Broke::Unsent("it does not allow this caller (403)".to_owned()),
        // No token could be had, so nothing was sent.
        E::Auth(AuthError::AuthorizationFailed(why)) => Broke::Unsent(why.clone()),
        E::Auth(error) => Broke::Unsent(chain(error)),
        E::SessionExpired => Broke::Unsent("it forgot this connection (404)".to_owned()),
        E::HttpStatus(status) if status.status == 429 => {
            Broke::Unsent("it asks to be left alone for a while (429)".to_owned())
        }
        E::Client(error) if error.is_connect() || error.is_builder() => Broke::Unsent(chain(error)),
        E::Client(error) => Broke::Unknown(chain(error)),
        E::ResponseBodyTooLarge { .. } => Broke::TooLong,
        E::UnexpectedServerResponse(why) if why.starts_with("HTTP 401") => {
            Broke::Unsent("it asks who is calling (401)".to_owned())
        }
        E::UnexpectedServerResponse(why) if why.starts_with("HTTP 3") => {
            Broke::Unsent(format!("it sends callers elsewhere, which is not followed: {why}"))
        }
        E::UnexpectedServerResponse(_) | E::UnexpectedContentType(_) | E::Deserialize(_) => {
            Broke::Garbage("the answer is none of the protocol".to_owned())
        }
        other => Broke::Unknown(other.to_string()),
    })
}

/// An error with its causes. The outermost words of the HTTP client name the address, so only what
/// lies below them is said.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut all: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        next = error.source();
        let said = error.to_string();
        let names_address = error.is::<reqwest::Error>() && next.is_some();
        let wraps_one = next.is_some_and(|inner| said.ends_with(&inner.to_string()));
        if !names_address && !wraps_one && all.last() != Some(&said) {
            all.push(said);
        }
    }
    all.join(": ")
}
