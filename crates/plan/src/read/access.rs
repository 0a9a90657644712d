//! `access` of `flightdeck.yaml`: who may do what with this workspace over HTTP, and how they show
//! who they are. Not a part of a release: who decides a request is said by the maps.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::codes;
use crate::ids::PersonId;
use crate::keys;
use crate::problem::{Cx, Found};
use crate::variables;
use crate::yaml::Node;

use super::people::People;

/// What somebody is to a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessRole {
    /// Sees where everything stands.
    Viewer,
    /// Starts cases and releases, stops and resumes.
    Operator,
    /// Decides requests, as far as the maps let them.
    Reviewer,
    /// Reads what is stored, exactly as it is stored.
    Auditor,
    /// All of it, and who has access.
    Owner,
}

impl AccessRole {
    /// Every role.
    pub const ALL: [Self; 5] =
        [Self::Viewer, Self::Operator, Self::Reviewer, Self::Auditor, Self::Owner];

    /// Its name in the settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Reviewer => "reviewer",
            Self::Auditor => "auditor",
            Self::Owner => "owner",
        }
    }
}

/// Who may do what, and how people sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Nothing where the settings say nothing about it.
    roles: Option<BTreeMap<AccessRole, BTreeSet<PersonId>>>,
    /// Where people of an organisation sign in.
    pub issuer: Option<Issuer>,
    /// Whether a password of this installation is an alternative.
    pub passwords: bool,
}

/// An organisation's own sign-in, by OpenID Connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    pub url: String,
    pub client: String,
    /// The name of the secret that was agreed with it; a public client has none.
    pub secret: Option<String>,
}

impl Default for Access {
    fn default() -> Self {
        Self { roles: None, issuer: None, passwords: true }
    }
}

impl Access {
    /// The roles of a person of the workspace. Where the settings give none to anybody, whoever
    /// answers for a workflow owns the workspace, and everybody else decides what they are asked.
    #[must_use]
    pub fn of(&self, who: &PersonId, answers: bool) -> BTreeSet<AccessRole> {
        let Some(roles) = &self.roles else {
            let role = if answers { AccessRole::Owner } else { AccessRole::Reviewer };
            return BTreeSet::from([role]);
        };
        let held = roles.iter().filter(|(_, holders)| holders.contains(who));
        held.map(|(role, _)| *role).collect()
    }
}

pub(crate) fn read(cx: &Cx<'_>, node: &Node, people: &People) -> Access {
    let mut access = Access::default();
    let Some(fields) = cx.fields(node, &keys::ACCESS) else { return access };
    let mut roles = BTreeMap::new();
    for role in AccessRole::ALL {
        let Some(list) = fields.get(role.as_str()).and_then(|n| cx.list(n)) else { continue };
        let holders = list.iter().filter_map(|n| people.person(cx, n));
        roles.insert(role, holders.collect::<BTreeSet<_>>());
    }
    if !roles.is_empty() && !roles.contains_key(&AccessRole::Owner) {
        let what = "`access` gives roles, and nobody is the owner";
        cx.add::<()>(Found::new(&codes::ACCESS, &node.at, what));
    }
    access.roles = (!roles.is_empty()).then_some(roles);
    access.issuer = fields.get("sign_in").and_then(|n| issuer(cx, n));
    if let Some(node) = fields.get("passwords") {
        access.passwords = cx.yes_no(node).unwrap_or(true);
        if !access.passwords && !fields.has("sign_in") {
            let what = "without passwords and without `sign_in` nobody could sign in";
            let fix = "add `sign_in`, or leave `passwords` out";
            cx.add::<()>(Found::new(&codes::ACCESS, &node.at, what).fix(fix));
        }
    }
    access
}

fn issuer(cx: &Cx<'_>, node: &Node) -> Option<Issuer> {
    let fields = cx.fields(node, &keys::SIGN_IN)?;
    let url_node = fields.get("issuer")?;
    let url = cx.text(url_node)?;
    let here = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
    if !url.starts_with("https://") && !here.iter().any(|place| url.starts_with(place)) {
        let what = "who signs in there could be read on the way, and changed";
        let fix = "write an address that begins with `https://`";
        return cx.add(Found::new(&codes::ACCESS, &url_node.at, what).fix(fix));
    }
    let client = cx.text(fields.get("client")?)?;
    let secret = match fields.get("secret") {
        None => None,
        Some(node) => {
            let name = cx.text(node)?;
            if !variables::is_name(&name) {
                let what = "this is not the name of a secret";
                let fix = "write its name, such as `OIDC_SECRET`, never the secret itself";
                return cx.add(Found::new(&codes::ACCESS, &node.at, what).fix(fix));
            }
            Some(name)
        }
    };
    Some(Issuer { url, client, secret })
}
