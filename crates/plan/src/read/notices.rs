//! `notices` of `flightdeck.yaml`: who is told what without asking, and how. Not a part of a
//! release: telling somebody else changes no decision.

use std::collections::BTreeMap;

use crate::codes;
use crate::ids::{FieldName, RoleId};
use crate::keys;
use crate::problem::{Cx, Found};
use crate::yaml::Node;

use super::people::{People, hours_between};
use super::scalars::Fields;
use super::settings::{Address, address, variable};

/// One target that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub way: Way,
    /// What it is told of; all if nothing is said.
    pub tell: Vec<String>,
    pub roles: Vec<RoleId>,
    /// Minutes of the day between which only what is urgent is sent.
    pub quiet: Option<(u16, u16)>,
    pub an_hour: Option<u32>,
}

/// How it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// `key` names the variable that holds the key both sides sign with.
    Webhook {
        url: Address,
        key: String,
    },
    Chat {
        url: Address,
    },
    Mail {
        host: String,
        port: u16,
        from: String,
        to: Vec<String>,
        /// The variables that hold name and password.
        sign_in: Option<(String, String)>,
    },
}

impl Way {
    /// Every variable of the environment that it takes.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        match self {
            Self::Webhook { url, key } => {
                url.variables().map(str::to_owned).chain([key.clone()]).collect()
            }
            Self::Chat { url } => url.variables().map(str::to_owned).collect(),
            Self::Mail { sign_in, .. } => sign_in
                .iter()
                .flat_map(|(user, password)| [user.clone(), password.clone()])
                .collect(),
        }
    }
}

pub(crate) fn read(cx: &Cx<'_>, node: &Node, people: &People) -> BTreeMap<FieldName, Told> {
    let mut all = BTreeMap::new();
    for entry in cx.map(node).unwrap_or_default() {
        let name = cx.key(entry, FieldName::new);
        let Some(fields) = cx.fields(&entry.value, &keys::NOTICE) else { continue };
        all.extend(name.zip(one(cx, &entry.value, fields, people)));
    }
    all
}

fn one(cx: &Cx<'_>, node: &Node, fields: Fields<'_>, people: &People) -> Option<Told> {
    let ways = ["webhook", "chat", "mail"].into_iter().filter(|key| fields.has(key));
    let ways: Vec<&str> = ways.collect();
    let [way] = ways.as_slice() else {
        let what = "a notice goes one way: `webhook`, `chat` or `mail`";
        let fix = "name one of them, and make another notice for another way";
        return cx.add(Found::new(&codes::NOTICE_WAY, &node.at, what).fix(fix));
    };
    let way = match *way {
        "webhook" => {
            let url = fields.get("webhook").and_then(|n| secret_way(cx, n));
            let Some(key) = fields.get("key") else {
                let what = "a webhook is signed, and no `key` is named";
                let fix = "name the variable that holds the key, such as `key: HOOK_KEY`";
                return cx.add(Found::new(&codes::NOTICE_WAY, &node.at, what).fix(fix));
            };
            Way::Webhook { url: url?, key: variable(cx, key)? }
        }
        "chat" => Way::Chat { url: secret_way(cx, fields.get("chat")?)? },
        _ => mail(cx, node, fields)?,
    };
    let list = |key: &str| fields.get(key).and_then(|n| cx.list(n)).unwrap_or_default();
    let tell = list("tell").iter().filter_map(|n| cx.choice(n, keys::NOTICES));
    let tell = tell.map(str::to_owned).collect();
    let roles = list("roles").iter().filter_map(|n| people.role(cx, n)).collect();
    let quiet = match fields.get("quiet") {
        Some(node) => Some(hours_between(cx, node)?),
        None => None,
    };
    let an_hour = fields.get("an_hour").and_then(|n| cx.whole_u32(n, 1, 10_000));
    Some(Told { way, tell, roles, quiet, an_hour })
}

/// An address to which things are told that are nobody else's to read.
fn secret_way(cx: &Cx<'_>, node: &Node) -> Option<Address> {
    let address = address(cx, node)?;
    let text = address.as_written();
    let here = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    if text.starts_with("https://")
        || text.starts_with("${")
        || here.iter().any(|h| text.starts_with(h))
    {
        return Some(address);
    }
    let what = "what is told here could be read on the way";
    cx.add(Found::new(&codes::NOTICE_WAY, &node.at, what).fix("write an address with `https://`"))
}

fn mail(cx: &Cx<'_>, node: &Node, fields: Fields<'_>) -> Option<Way> {
    let to: Vec<String> = fields
        .get("mail")
        .map(|n| cx.some(n))
        .unwrap_or_default()
        .iter()
        .filter_map(|n| cx.text(n))
        .collect();
    let lacks = |what: &str, fix: &str| {
        cx.add::<Way>(Found::new(&codes::NOTICE_WAY, &node.at, what.to_owned()).fix(fix.to_owned()))
    };
    let Some(from) = fields.get("from").and_then(|n| cx.text(n)) else {
        return lacks("mail has no sender", "add `from: flightdeck@example.org`");
    };
    let server = fields.get("server").and_then(|n| cx.text(n));
    let split = server.as_deref().and_then(|text| text.rsplit_once(':'));
    let split = split.and_then(|(host, port)| Some((host.to_owned(), port.parse::<u16>().ok()?)));
    let Some((host, port)) = split else {
        return lacks("mail has no server with a port", "add `server: smtp.example.org:465`");
    };
    let named = |key: &str| fields.get(key).and_then(|n| variable(cx, n));
    let sign_in = named("user").zip(named("password"));
    let plain = |address: &&String| !address.contains('@') || address.contains(char::is_whitespace);
    if let Some(bad) = to.iter().chain([&from]).find(plain) {
        return lacks(&format!("`{bad}` is no mail address"), "write it as `name@example.org`");
    }
    Some(Way::Mail { host, port, from, to, sign_in })
}
