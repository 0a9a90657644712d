//! Where an address may lead, by number and by name, and a client that goes nowhere else. It must
//! not follow a redirect, use a proxy, or know what is asked at an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url, redirect};

use crate::remote::chain;

const CONNECT: Duration = Duration::from_secs(10);

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

/// Reads an address and judges it.
pub(crate) fn address(text: &str, private: bool) -> Result<(Url, Reach), String> {
    let url = Url::parse(text).map_err(|error| format!("its address cannot be read: {error}"))?;
    let reach = judge(&url, private)?;
    Ok((url, reach))
}

/// Judges an address as far as it can be read off. A number is judged here, a name when it is
/// looked up.
pub(crate) fn judge(url: &Url, private: bool) -> Result<Reach, String> {
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
    Ok(reach)
}

/// A client that reaches no other addresses, and follows no redirect.
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
    /// Where a name or a number leads. None is given away before each was judged: whoever answers
    /// for a name may answer differently the next time, so what was judged is what is connected to.
    pub(crate) async fn looked_up(self, name: &str, port: u16) -> Result<Vec<SocketAddr>, Astray> {
        let found = tokio::net::lookup_host((name, port)).await.map_err(Astray::Unknown)?;
        let all: Vec<SocketAddr> = found.collect();
        for address in &all {
            self.allows(address.ip()).map_err(Astray::Refused)?;
        }
        Ok(all)
    }

    fn allows(self, ip: IpAddr) -> Result<(), String> {
        match (self, leads(ip)) {
            (Self::Loopback, Leads::Loopback)
            | (Self::Public | Self::Private, Leads::Public)
            | (Self::Private, Leads::Private | Leads::Loopback) => Ok(()),
            (Self::Public, Leads::Private | Leads::Loopback) => {
                Err("its address leads into a private network, which its declaration does not \
                     allow (`\"allowPrivate\": true` beside a `url`, `--allow-private`, or \
                     `private:` before a host)"
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

/// Why a name leads nowhere.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Astray {
    #[error(transparent)]
    Unknown(std::io::Error),
    /// It leads where it must not.
    #[error("{0}")]
    Refused(String),
}

/// Looks names up for a client.
struct Resolver(Reach);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let all = reach.looked_up(name.as_str(), 0).await?;
            Ok(Box::new(all.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests;
