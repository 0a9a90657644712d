//! A server that runs elsewhere: where its address may lead, the connection to it, and what is
//! known after one broke. It must not follow a redirect, send a header to another origin, or put
//! an address into a text: an address may hold a secret.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, Url, redirect};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::auth::AuthError;
use rmcp::transport::common::client_side_sse::ExponentialBackoff;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClientTransportConfig, StreamableHttpError,
};

use crate::caller::Caller;
use crate::spec::{Limits, Remote};

const CONNECT: Duration = Duration::from_secs(10);
/// How often a stream that broke is taken up again, where the server keeps its place.
const RESUMES: usize = 3;

/// Which addresses a server may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// This machine, by `localhost` or by number.
    Loopback,
    Public,
    /// Public, and private networks because the operator said so.
    Private,
}

/// What an address leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leads {
    Loopback,
    Private,
    Public,
    /// Where machines keep keys for whoever asks, or nowhere at all. No declaration opens this.
    Never,
}

/// Services that hand a machine its keys, at addresses of private ranges.
const METADATA: &[IpAddr] = &[
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

/// The connection to a server. Nothing is sent yet.
pub(crate) fn transport(
    name: &str,
    remote: &Remote,
    limits: &Limits,
) -> Result<StreamableHttpClientTransport<Caller>, String> {
    let (url, reach) = address(remote.url.reveal(), remote.private)?;
    let mut headers = HashMap::new();
    for (name, value) in &remote.headers {
        let key = HeaderName::try_from(name.as_str());
        let key = key.map_err(|_| format!("`{name}` is no name of a header"))?;
        let value = HeaderValue::from_str(value.reveal());
        let mut value = value.map_err(|_| format!("the header `{name}` cannot be sent"))?;
        value.set_sensitive(true);
        headers.insert(key, value);
    }
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
    let caller = Caller::new(client(reach)?, name, remote);
    Ok(StreamableHttpClientTransport::with_client(caller, config))
}

/// Reads an address. A name is looked up later; a number is judged here.
pub(crate) fn address(text: &str, private: bool) -> Result<(Url, Reach), String> {
    let url = Url::parse(text).map_err(|error| format!("its address cannot be read: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("its address holds a password; a key belongs into `headers`".to_owned());
    }
    let host = url.host_str().unwrap_or_default();
    let number = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    let here = host == "localhost" || number.is_some_and(|ip| leads(ip) == Leads::Loopback);
    let reach = match (here, private) {
        (true, _) => Reach::Loopback,
        (false, true) => Reach::Private,
        (false, false) => Reach::Public,
    };
    match url.scheme() {
        "https" => {}
        "http" if reach == Reach::Loopback => {}
        "http" => return Err("only this machine may be spoken to without `https`".to_owned()),
        _ => return Err("its address does not start with `https://`".to_owned()),
    }
    if let Some(number) = number {
        reach.allows(number)?;
    }
    Ok((url, reach))
}

pub(crate) fn client(reach: Reach) -> Result<Client, String> {
    // The first provider stays; a second installation is no failure.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT)
        // A proxy would look names up by itself, and nobody could say where they lead.
        .no_proxy()
        .dns_resolver(Resolver(reach))
        .user_agent(concat!("flightdeck/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| chain(&error))
}

impl Reach {
    fn allows(self, ip: IpAddr) -> Result<(), String> {
        match (self, leads(ip)) {
            (Self::Loopback, Leads::Loopback)
            | (Self::Public | Self::Private, Leads::Public)
            | (Self::Private, Leads::Private | Leads::Loopback) => Ok(()),
            (Self::Public, Leads::Private | Leads::Loopback) => {
                Err("its address leads into a private network, which `.mcp.json` does not allow \
                     (`\"allowPrivate\": true`)"
                    .to_owned())
            }
            (Self::Loopback, _) => Err("`localhost` leads to another machine".to_owned()),
            (_, Leads::Never) => Err("its address leads where no tool server may be".to_owned()),
        }
    }
}

fn leads(ip: IpAddr) -> Leads {
    let ip = ip.to_canonical();
    if METADATA.contains(&ip) || ip.is_unspecified() || ip.is_multicast() {
        return Leads::Never;
    }
    match ip {
        ip if ip.is_loopback() => Leads::Loopback,
        IpAddr::V4(v4) => leads_v4(v4),
        IpAddr::V6(v6) => leads_v6(v6),
    }
}

fn leads_v4(ip: Ipv4Addr) -> Leads {
    match ip.octets() {
        [0 | 240..=255, ..] | [169, 254, ..] => Leads::Never,
        // Carriers' networks, protocol assignments, and measurements inside a network.
        [100, 64..=127, ..] | [192, 0, 0, _] | [198, 18 | 19, ..] => Leads::Private,
        _ if ip.is_private() || ip.is_documentation() => Leads::Private,
        _ => Leads::Public,
    }
}

fn leads_v6(ip: Ipv6Addr) -> Leads {
    let [a, b, c, .., y, z] = ip.segments();
    let inside = |high: u16, low: u16| {
        let ([w, x], [y, z]) = (high.to_be_bytes(), low.to_be_bytes());
        leads(IpAddr::V4(Ipv4Addr::new(w, x, y, z)))
    };
    match a {
        _ if ip.is_unicast_link_local() => Leads::Never,
        _ if ip.is_unique_local() => Leads::Private,
        // An address of version 4 in the clothes of version 6 is judged as what it is.
        0x64 if b == 0xff9b => inside(y, z),
        0x2002 => inside(b, c),
        // Tunnels, whose other end nobody knows, and what is not handed out.
        0x2001 if b == 0 => Leads::Never,
        0x2000..=0x3fff => Leads::Public,
        _ => Leads::Never,
    }
}

/// Looks names up, and gives no address away before each one was judged. Whoever may answer for a
/// name may answer differently the next time, so what was judged is what is connected to.
struct Resolver(Reach);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let all: Vec<SocketAddr> = found.collect();
            for address in &all {
                reach.allows(address.ip()).map_err(std::io::Error::other)?;
            }
            Ok(Box::new(all.into_iter()) as Addrs)
        })
    }
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

#[cfg(test)]
mod tests;
