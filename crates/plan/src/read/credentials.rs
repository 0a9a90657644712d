//! `credentials` of `flightdeck.yaml`: in whose name credentials are issued, and where anybody
//! verifies them. Not a part of a release: no run reads it.

use crate::codes;
use crate::keys;
use crate::problem::{Cx, Found};
use crate::yaml::Node;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// How long a credential is valid where nothing else is said: two years.
const VALID_DAYS: u64 = 730;
/// Nothing that was examined holds for longer.
const LONGEST_DAYS: u64 = 3_653;

/// In whose name credentials are issued, and where they are verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuing {
    /// Without a slash at the end.
    pub address: String,
    /// The name, where it is not the organisation's.
    pub issuer: Option<String>,
    pub valid_ms: u64,
}

pub(crate) fn read(cx: &Cx<'_>, node: &Node) -> Option<Issuing> {
    let fields = cx.fields(node, &keys::CREDENTIALS)?;
    let place = fields.get("address")?;
    let address = cx.text(place)?.trim_end_matches('/').to_owned();
    if !is_a_host(&address) {
        let what = format!("`{address}` is no address at which anybody could verify a credential");
        let fix = "write the host by which `up` is reached, such as `https://desk.acme.example`";
        return cx.add(Found::new(&codes::CREDENTIALS, &place.at, what).fix(fix));
    }
    let issuer = match fields.get("issuer") {
        Some(node) => Some(cx.text(node)?),
        None => None,
    };
    let valid_ms = match fields.get("valid") {
        None => VALID_DAYS * DAY_MS,
        Some(node) => {
            let valid = cx.duration(node)?;
            if !(DAY_MS..=LONGEST_DAYS * DAY_MS).contains(&valid) {
                let what = "a credential is valid for a day at least, and ten years at most";
                return cx.add(Found::new(&codes::CREDENTIALS, &node.at, what));
            }
            valid
        }
    };
    Some(Issuing { address, issuer, valid_ms })
}

/// Whether it is a host by `https`, or one on this machine to try it with.
fn is_a_host(address: &str) -> bool {
    let plain = |host: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
        !host.is_empty() && host.chars().all(allowed)
    };
    let here = |host: &str| {
        matches!(host.split(':').next().unwrap_or_default(), "localhost" | "127.0.0.1")
    };
    match (address.strip_prefix("https://"), address.strip_prefix("http://")) {
        (Some(host), _) => plain(host) && !here(host),
        (None, Some(host)) => plain(host) && here(host),
        (None, None) => false,
    }
}
