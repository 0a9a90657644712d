//! The hosts that a server in a box may reach, as `network` in `.mcp.json` lists them, and whether
//! a place is among them. It must not look a name up: what a name leads to is judged elsewhere.

use std::fmt;

use reqwest::Url;

use crate::reach::Reach;

/// The ports of an entry that names none: `https` and `http`.
const PORTS: [u16; 2] = [443, 80];
/// What an entry for a private network begins with.
const PRIVATE: &str = "private:";
/// What an entry for the names below a name begins with.
const BELOW: &str = "*.";

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// A name or a number, in the one form that both are compared in.
    name: String,
    /// The names below it, and not it.
    below: bool,
    /// Without one, those of `https` and `http`.
    port: Option<u16>,
    /// It may lead into a private network, and to this machine.
    private: bool,
}

/// Where a server wants to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    name: String,
    pub(crate) port: u16,
}

impl Host {
    /// Reads an entry: `api.example.com`, `*.example.org`, `api.example.com:8443`, `192.0.2.7`,
    /// `[2001:db8::1]:443`, and each with `private:` before it, except one with a star.
    pub fn new(entry: &str) -> Result<Self, String> {
        let (private, rest) = match entry.strip_prefix(PRIVATE) {
            Some(rest) => (true, rest),
            None => (false, entry),
        };
        let (below, rest) = match rest.strip_prefix(BELOW) {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let (host, port) = split(rest).ok_or("its port is no number from 1 to 65535")?;
        let name = name(host).ok_or("it is neither the name nor the number of a host")?;
        if below && (private || number(&name)) {
            return Err("`*.` stands before a name that everybody may look up".to_owned());
        }
        if below && !name.contains('.') {
            return Err("`*.` before it would open a whole country or the like".to_owned());
        }
        Ok(Self { name, below, port, private })
    }

    fn holds(&self, place: &Place) -> bool {
        let named = if self.below {
            // The number of a machine is below no name.
            let above = place.name.strip_suffix(&self.name);
            above.is_some_and(|above| above.len() > 1 && above.ends_with('.'))
        } else {
            place.name == self.name
        };
        let open = self.port.map_or(PORTS.contains(&place.port), |port| port == place.port);
        named && open
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let private = if self.private { PRIVATE } else { "" };
        let below = if self.below { BELOW } else { "" };
        write!(f, "{private}{below}{}", self.name)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl Place {
    /// A host by name or number, and a port.
    pub(crate) fn new(host: &str, port: u16) -> Option<Self> {
        Some(Self { name: name(host)?, port })
    }

    /// What may be looked up there, by the entries of a list; nothing where none opens it.
    pub(crate) fn opened(&self, hosts: &[Host]) -> Option<Reach> {
        let mut opening = hosts.iter().filter(|host| host.holds(self)).peekable();
        opening.peek()?;
        Some(if opening.any(|host| host.private) { Reach::Private } else { Reach::Public })
    }

    /// Its name as it is looked up: a number of version 6 stands without its brackets.
    pub(crate) fn looked_up(&self) -> &str {
        self.name.trim_start_matches('[').trim_end_matches(']')
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.port)
    }
}

/// A host and its port, which may be missing. The colons of a number stand between brackets.
fn split(text: &str) -> Option<(&str, Option<u16>)> {
    let colon = text.rfind(':').filter(|at| text.rfind(']').is_none_or(|end| end < *at));
    let Some((host, port)) = colon.and_then(|at| text.split_at_checked(at)) else {
        return Some((text, None));
    };
    let digits = port.strip_prefix(':')?;
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let port: u16 = digits.parse().ok().filter(|port| plain && *port > 0)?;
    Some((host, Some(port)))
}

/// The one form of a host: in lower case, foreign letters as they are looked up (`xn--`), without
/// the dot at the end, and a number as everybody writes it. So `127.1` and `0x7f000001` are one.
fn name(host: &str) -> Option<String> {
    // Of what an address holds besides, nothing may hide in a name.
    if host.contains(['/', '?', '#', '@', '\\', '%']) || host.chars().any(char::is_whitespace) {
        return None;
    }
    let url = Url::parse(&format!("http://{host}/")).ok().filter(|url| url.port().is_none())?;
    let name = url.host_str()?;
    let name = name.strip_suffix('.').unwrap_or(name);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    (!name.is_empty() && name.len() <= 253 && name.bytes().all(plain)).then(|| name.to_owned())
}

fn number(name: &str) -> bool {
    name.starts_with('[') || name.parse::<std::net::IpAddr>().is_ok()
}

#[cfg(test)]
mod tests;
