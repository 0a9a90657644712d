//! One POST to a model server and what its status and headers mean. It must not follow a
//! redirect, try again, or let a key into a text.

use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use journal::{Code, Failure, Hash};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use tokio::time::Instant;

use crate::Fault;
use crate::keys::{Chosen, Header, Keyring};
use crate::provider::Answered;
use crate::secret::Key;
use crate::trouble::{Trouble, TroubleBody};

use limits::Limits;

pub(crate) use limits::go_duration;

mod limits;
mod stream;

/// As much of an error answer is read.
const ERROR_BYTES_MAX: usize = 64 << 10;
/// As much of another's words is kept.
const WORDS_MAX: usize = 2_000;
const CONNECT: Duration = Duration::from_secs(10);

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Anthropic's own headers: the key, and the version of the interface that is spoken.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const VERSION: HeaderName = HeaderName::from_static("anthropic-version");
const VERSION_SPOKEN: &str = "2023-06-01";

/// How a server is reached. A proxy of the environment never stands before our own machine, and
/// only an encrypted connection needs the certificates of the system, which may have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Way {
    Loopback,
    Plain,
    Encrypted,
}

/// Reads a base address.
pub(crate) fn address(text: &str) -> Result<(Url, Way), String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let way = match url.scheme() {
        "https" => Way::Encrypted,
        "http" if loopback(&url) => Way::Loopback,
        "http" => Way::Plain,
        _ => return Err("it starts neither with `http://` nor with `https://`".to_owned()),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a password; a key belongs into `key`".to_owned());
    }
    Ok((url, way))
}

fn loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

/// A client for a way. Clients of one way share their connections.
pub(crate) fn client(way: Way) -> Result<Client, Fault> {
    let builder = Client::builder()
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT)
        .user_agent(concat!("flightdeck/", env!("CARGO_PKG_VERSION")));
    let builder = match way {
        Way::Loopback => builder.no_proxy().tls_backend_preconfigured(without_roots()?),
        Way::Plain => builder.tls_backend_preconfigured(without_roots()?),
        Way::Encrypted => {
            // The first provider stays; a second installation is no failure.
            let _ = rustls::crypto::ring::default_provider().install_default();
            builder.https_only(true)
        }
    };
    builder.build().map_err(|error| Fault::Client(chain(&error)))
}

fn without_roots() -> Result<rustls::ClientConfig, Fault> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Fault::Client(error.to_string()))?;
    Ok(config.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}

/// One address of a server.
#[derive(Debug)]
pub(crate) struct Endpoint {
    client: Client,
    url: Url,
    keys: Keyring,
    header: Header,
}

/// A good answer.
pub(crate) struct Received {
    pub(crate) content: Content,
    /// Set where the answer's headers say that no request is left until then.
    pub(crate) rest: Option<Duration>,
}

/// The body of a good answer.
pub(crate) enum Content {
    Whole(Vec<u8>),
    /// The data of the events of a stream, in order. Whether they are complete is for those to say
    /// who know the format.
    Events(Vec<String>),
}

impl Endpoint {
    /// `None` if a key cannot be sent in a header.
    pub(crate) fn new(client: Client, url: Url, keys: Vec<Key>, header: Header) -> Option<Self> {
        Some(Self { client, url, keys: Keyring::new(keys, header)?, header })
    }

    /// Sends a body and receives an answer, or what to make of there being none. An answer that
    /// comes as a stream may be silent for as long as `idle`.
    pub(crate) async fn post(
        &self,
        body: Vec<u8>,
        key: Hash,
        idle: Duration,
        parent: Option<&str>,
    ) -> Result<Received, Answered> {
        let mut request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(IDEMPOTENCY_KEY, key.to_string())
            .body(body);
        if let Some(parent) = parent {
            request = request.header("traceparent", parent);
        }
        if self.header == Header::Plain {
            request = request.header(VERSION, VERSION_SPOKEN);
        }
        let Some(chosen) = self.keys.choose(Instant::now()) else {
            return Err(Answered::failed(self.failure(Code::Defect, "there is no key", None)));
        };
        if let Some(value) = chosen.header() {
            let name = if self.header == Header::Plain { API_KEY } else { AUTHORIZATION };
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(|error| self.unsent(error))?;
        let limits = Limits::of(response.headers());
        if !response.status().is_success() {
            return Err(self.turned_down(response, limits, chosen).await);
        }
        let now = Instant::now();
        chosen.taken(limits.left);
        if let Some(rest) = limits.spent {
            chosen.rests(now, rest);
        }
        let rest = self.keys.rest(now);
        let content = stream::content(response, idle).await;
        let content = content.map_err(|cut| self.broken(cut.code(), &cut.to_string()))?;
        Ok(Received { content, rest })
    }

    fn unsent(&self, error: reqwest::Error) -> Answered {
        let unsent = error.is_connect() || error.is_builder();
        let why = chain(&error.without_url());
        if unsent {
            let why = format!("the server cannot be reached: {why}");
            return Answered::failed(self.failure(Code::Unavailable, &why, None));
        }
        self.broken(Code::Unavailable, &format!("the server did not answer: {why}"))
    }

    /// A failure after which nobody knows what the call cost.
    pub(crate) fn broken(&self, code: Code, why: &str) -> Answered {
        Answered { certain: false, ..Answered::failed(self.failure(code, why, None)) }
    }

    /// A failure without any key in its words.
    pub(crate) fn failure(&self, code: Code, why: &str, after: Option<Duration>) -> Failure {
        let text = self.keys.scrub(why);
        let text = text.chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect();
        Failure { code, text, retry_after_ms: after.map(millis) }
    }

    async fn turned_down(
        &self,
        mut response: Response,
        limits: Limits,
        chosen: Chosen<'_>,
    ) -> Answered {
        let status = response.status();
        let mut bytes = Vec::new();
        while bytes.len() < ERROR_BYTES_MAX
            && let Ok(Some(chunk)) = response.chunk().await
        {
            bytes.extend_from_slice(&chunk);
        }
        bytes.truncate(ERROR_BYTES_MAX);
        let body = TroubleBody::read(&bytes);
        let words = match (&body.error, &body.message) {
            (Some(trouble), _) if !trouble.message().is_empty() => trouble.message().to_owned(),
            (_, Some(message)) => message.clone(),
            _ => String::from_utf8_lossy(&bytes).trim().to_owned(),
        };
        let code = code_of(status, body.error.as_ref());
        if status_of_key(status, code) {
            return self.key_refused(status, &words, chosen);
        }
        let asked = limits.asked.or(body.error.as_ref().and_then(Trouble::retry_delay));
        let after = match code {
            Code::RateLimited => {
                let now = Instant::now();
                let rest = asked.or(limits.reset);
                if let Some(rest) = rest {
                    chosen.rests(now, rest);
                }
                // Another key need not wait.
                rest.map(|_| self.keys.rest(now).unwrap_or_default())
            }
            Code::Unavailable => asked,
            _ => None,
        };
        self.turned_down_with(status, code, &words, after)
    }

    /// A key that was refused is named, and set aside as long as there is another.
    fn key_refused(&self, status: StatusCode, words: &str, chosen: Chosen<'_>) -> Answered {
        chosen.refused();
        let Some(name) = chosen.name() else {
            return self.turned_down_with(status, Code::VendorRefused, words, None);
        };
        if self.keys.any_left() {
            let why = format!("the key in `{name}` was refused, the next call takes another");
            let words = format!("{why}: {words}");
            // A call that was refused for its key says nothing about the vendor's health.
            return self.turned_down_with(status, Code::RateLimited, &words, Some(Duration::ZERO));
        }
        let words = format!("the key in `{name}` was refused: {words}");
        self.turned_down_with(status, Code::VendorRefused, &words, None)
    }

    /// A failure that a server reports inside of a good answer.
    pub(crate) fn reported(&self, trouble: &Trouble) -> Answered {
        let status = trouble.status().unwrap_or(StatusCode::BAD_GATEWAY);
        self.turned_down_with(status, code_of(status, Some(trouble)), trouble.message(), None)
    }

    fn turned_down_with(
        &self,
        status: StatusCode,
        code: Code,
        words: &str,
        after: Option<Duration>,
    ) -> Answered {
        let why = match (status.is_redirection(), words) {
            (true, _) => format!("the server answered {} and points elsewhere", status.as_u16()),
            (false, "") => format!("the server answered {status}"),
            (false, words) => format!("the server answered {}: {words}", status.as_u16()),
        };
        let rest = after.filter(|after| code == Code::RateLimited && !after.is_zero());
        // A gateway that gave up waiting cannot know whether its vendor went on and charged.
        let certain = !matches!(status.as_u16(), 408 | 504 | 524);
        let failure = self.failure(code, &why, after);
        Answered { rest, certain, ..Answered::failed(failure) }
    }
}

/// What a status means. A vendor that wants to be paid also answers 429; waiting does not help.
fn code_of(status: StatusCode, trouble: Option<&Trouble>) -> Code {
    match status.as_u16() {
        429 if trouble.is_some_and(Trouble::unpaid) => Code::VendorRefused,
        429 => Code::RateLimited,
        408 | 425 => Code::Unavailable,
        501 | 505 => Code::VendorRefused,
        500.. => Code::Unavailable,
        _ => Code::VendorRefused,
    }
}

/// Whether a refusal is about the key: it is wrong, may not do this, or nobody paid for it.
fn status_of_key(status: StatusCode, code: Code) -> bool {
    code == Code::VendorRefused && matches!(status.as_u16(), 401..=403 | 429)
}

pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// An error with its causes, joined by colons.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = error.source();
    }
    text
}
