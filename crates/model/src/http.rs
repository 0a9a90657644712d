//! One POST to a model server and what its status and headers mean. It must not follow a
//! redirect, try again, or let a key into a text.

use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::fmt::rfc2822::DateTimeParser;
use journal::{Code, Failure, Hash};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url, redirect};

use crate::provider::Answered;
use crate::wire::{Trouble, TroubleBody, TroubleCode};
use crate::{Fault, Secret};

/// An answer that is longer is none.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// As much of an error answer is read.
const ERROR_BYTES_MAX: usize = 64 << 10;
/// As much of another's words is kept.
const WORDS_MAX: usize = 2_000;
const CONNECT: Duration = Duration::from_secs(10);

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

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
    key: Option<Secret>,
    bearer: Option<HeaderValue>,
}

/// A good answer.
pub(crate) struct Received {
    pub(crate) bytes: Vec<u8>,
    /// Set where the answer's headers say that no request is left until then.
    pub(crate) rest: Option<Duration>,
}

impl Endpoint {
    /// `None` if the key cannot be sent in a header.
    pub(crate) fn new(client: Client, url: Url, key: Option<Secret>) -> Option<Self> {
        let bearer = match &key {
            None => None,
            Some(key) => {
                let mut value = HeaderValue::from_str(&format!("Bearer {}", key.reveal())).ok()?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        Some(Self { client, url, key, bearer })
    }

    /// Sends a body and receives an answer, or what to make of there being none.
    pub(crate) async fn post(&self, body: Vec<u8>, key: Hash) -> Result<Received, Answered> {
        let mut request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(IDEMPOTENCY_KEY, key.to_string())
            .body(body);
        if let Some(bearer) = &self.bearer {
            request = request.header(AUTHORIZATION, bearer.clone());
        }
        let mut response = request.send().await.map_err(|error| self.unsent(error))?;
        let status = response.status();
        if !status.is_success() {
            return Err(self.turned_down(response).await);
        }
        let rest = spent(response.headers());
        let length = response.content_length().unwrap_or_default();
        if length > ANSWER_BYTES_MAX as u64 {
            return Err(self.broken(Code::TooLarge, &too_large()));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if bytes.len() + chunk.len() > ANSWER_BYTES_MAX => {
                    return Err(self.broken(Code::TooLarge, &too_large()));
                }
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => return Ok(Received { bytes, rest }),
                Err(error) => {
                    let why = format!("the answer broke off: {}", chain(&error.without_url()));
                    return Err(self.broken(Code::Unavailable, &why));
                }
            }
        }
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
        let text = match &self.key {
            Some(key) => key.scrub(why),
            None => why.to_owned(),
        };
        let text = text.chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect();
        Failure { code, text, retry_after_ms: after.map(millis) }
    }

    async fn turned_down(&self, mut response: Response) -> Answered {
        let status = response.status();
        let mut bytes = Vec::new();
        while bytes.len() < ERROR_BYTES_MAX
            && let Ok(Some(chunk)) = response.chunk().await
        {
            bytes.extend_from_slice(&chunk);
        }
        bytes.truncate(ERROR_BYTES_MAX);
        let body: TroubleBody = serde_json::from_slice(&bytes).unwrap_or_default();
        let words = match (&body.error, &body.message) {
            (Some(trouble), _) if !trouble.message().is_empty() => trouble.message().to_owned(),
            (_, Some(message)) => message.clone(),
            _ => String::from_utf8_lossy(&bytes).trim().to_owned(),
        };
        let code = code_of(status, body.error.as_ref());
        let after = match code {
            Code::RateLimited => asked_to_wait(response.headers()).or(reset(response.headers())),
            Code::Unavailable => asked_to_wait(response.headers()),
            _ => None,
        };
        self.turned_down_with(status, code, &words, after)
    }

    /// A failure that a server reports inside of a good answer.
    pub(crate) fn reported(&self, trouble: &Trouble) -> Answered {
        let number = match trouble.code() {
            Some(TroubleCode::Number(n)) => StatusCode::from_u16(*n).ok(),
            _ => None,
        };
        let status = number.unwrap_or(StatusCode::BAD_GATEWAY);
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
        let rest = if code == Code::RateLimited { after } else { None };
        // A gateway that gave up waiting cannot know whether its vendor went on and charged.
        let certain = !matches!(status.as_u16(), 408 | 504 | 524);
        let failure = self.failure(code, &why, after);
        Answered { rest, certain, ..Answered::failed(failure) }
    }
}

fn too_large() -> String {
    format!("the answer has more than {ANSWER_BYTES_MAX} bytes")
}

/// What a status means. A vendor that wants to be paid also answers 429; waiting does not help.
fn code_of(status: StatusCode, trouble: Option<&Trouble>) -> Code {
    let words = match trouble.and_then(Trouble::code) {
        Some(TroubleCode::Text(text)) => text.as_str(),
        _ => "",
    };
    match (status.as_u16(), words) {
        (429, "insufficient_quota" | "billing_hard_limit_reached") => Code::VendorRefused,
        (429, _) => Code::RateLimited,
        (408 | 425, _) => Code::Unavailable,
        (501 | 505, _) => Code::VendorRefused,
        (500.., _) => Code::Unavailable,
        _ => Code::VendorRefused,
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// `Retry-After`, in seconds or as a date, or its finer cousin.
fn asked_to_wait(headers: &HeaderMap) -> Option<Duration> {
    if let Some(ms) = header(headers, "retry-after-ms").and_then(|text| text.parse().ok()) {
        return seconds(ms).map(|ms| ms / 1_000);
    }
    let text = header(headers, "retry-after")?;
    wait(text, SystemTime::now())
}

fn wait(text: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(n) = text.parse::<f64>() {
        return seconds(n);
    }
    let date = DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()?;
    Some(SystemTime::from(date).duration_since(now).unwrap_or_default())
}

/// What is left until a limit is lifted, for a vendor that refused without `Retry-After`. Where it
/// names two limits and says which one is used up, that one counts; else the one lifted first.
fn reset(headers: &HeaderMap) -> Option<Duration> {
    let of = |kind: &str| {
        let time = header(headers, &format!("x-ratelimit-reset-{kind}")).and_then(go_duration)?;
        let left = header(headers, &format!("x-ratelimit-remaining-{kind}"));
        Some((left == Some("0"), time))
    };
    let limits: Vec<(bool, Duration)> = ["requests", "tokens"].into_iter().filter_map(of).collect();
    let used_up = limits.iter().filter(|(used_up, _)| *used_up).map(|(_, time)| *time).max();
    used_up.or_else(|| limits.iter().map(|(_, time)| *time).min())
}

/// How long no request is left, as a good answer says.
fn spent(headers: &HeaderMap) -> Option<Duration> {
    if header(headers, "x-ratelimit-remaining-requests")? != "0" {
        return None;
    }
    header(headers, "x-ratelimit-reset-requests").and_then(go_duration)
}

/// Reads `6m0s`, `1.5s`, `20ms`, or a bare number of seconds.
fn go_duration(text: &str) -> Option<Duration> {
    if let Ok(n) = text.parse::<f64>() {
        return seconds(n);
    }
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at_checked(digits)?;
        let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(unit_end)?;
        let scale = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        sum = sum.checked_add(seconds(number.parse::<f64>().ok()? * scale)?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(sum)
}

fn seconds(n: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(n).ok()
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

#[cfg(test)]
mod tests;
