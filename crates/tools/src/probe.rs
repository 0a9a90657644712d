//! What a server's tools can do and what can go wrong, in plain words, for a person who is about
//! to approve them. Everything here is a guess from names, schemas and the server's own claims; it
//! decides nothing, and a guess that is not confirmed is not used.

use std::collections::BTreeMap;
use std::fmt;

use plan::ids::ToolName;
use plan::lock::Lock;
use plan::workflow::{ArgRole, Effect, Takes, Trust};
use serde_json::Value;

use crate::Fault;
use crate::offered::Offered;
use crate::pin::{self, Declared};
use crate::pool::Tools;

/// A server's tools as they were found.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub server: String,
    /// The version of the protocol it speaks.
    pub version: String,
    pub tools: Vec<Finding>,
}

/// One tool, in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub offered: Offered,
    pub standing: Standing,
    /// What it can do.
    pub can: Vec<String>,
    /// What can go wrong.
    pub risks: Vec<String>,
    /// A guess to be confirmed or corrected by a person.
    pub proposed: Declared,
}

/// How a tool compares with the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    New,
    Approved,
    Changed,
}

/// Asks a server what it offers and says what that means.
pub async fn probe(tools: &Tools, server: &str, lock: &Lock) -> Result<Report, Fault> {
    let offered = tools.offered(server).await?;
    Ok(Report {
        server: server.to_owned(),
        version: tools.version(server).await?,
        tools: findings(server, &offered, lock),
    })
}

/// The findings for tools that are offered.
#[must_use]
pub fn findings(server: &str, offered: &[Offered], lock: &Lock) -> Vec<Finding> {
    let names: Vec<&str> = offered.iter().map(|o| o.name.as_str()).collect();
    offered.iter().map(|o| finding(server, o, &names, lock)).collect()
}

fn finding(server: &str, offered: &Offered, names: &[&str], lock: &Lock) -> Finding {
    let pinned = ToolName::new(&format!("{server}.{}", offered.name))
        .ok()
        .and_then(|name| lock.tools.get(&name));
    let standing = match pinned {
        None => Standing::New,
        Some(pinned) if pinned.digest == offered.digest => Standing::Approved,
        Some(_) => Standing::Changed,
    };
    let mut proposed = propose(server, offered, names);
    if let Some(pinned) = pinned {
        // What a person said before is asked again as it was said, not as it would be guessed.
        proposed = Declared {
            effect: pinned.effect,
            reversible: pinned.reversible,
            repeatable: pinned.repeatable,
            key_arg: pinned.key_arg.clone(),
            read_back: pinned.read_back.clone(),
            trust: pinned.trust,
            args: pinned.args.clone(),
            takes: pinned.takes.clone(),
        };
    }
    Finding {
        can: can(offered, &proposed),
        risks: risks(offered, &proposed),
        offered: offered.clone(),
        standing,
        proposed,
    }
}

/// Words of a tool's name that tell its effect. The worst word decides.
const VERBS: &[(Effect, &[&str])] = &[
    (
        Effect::Delete,
        &[
            "delete", "remove", "drop", "purge", "destroy", "erase", "truncate", "reset", "exec",
            "execute", "run", "shell", "eval", "admin",
        ],
    ),
    (Effect::Pay, &["pay", "transfer", "charge", "refund", "withdraw", "buy", "order", "purchase"]),
    (
        Effect::Send,
        &[
            "send", "email", "mail", "post", "publish", "notify", "message", "reply", "forward",
            "share", "invite", "upload", "submit",
        ],
    ),
    (
        Effect::Write,
        &[
            "create", "write", "update", "add", "set", "put", "edit", "insert", "move", "rename",
            "append", "save", "upsert", "modify", "patch", "change", "close", "approve", "assign",
        ],
    ),
    (
        Effect::Read,
        &[
            "get",
            "list",
            "read",
            "search",
            "find",
            "describe",
            "show",
            "view",
            "fetch",
            "lookup",
            "count",
            "query",
            "check",
            "directory",
            "tree",
            "info",
        ],
    ),
];

/// Arguments whose names tell their part in an act that is not only a read.
const ROLES: &[(ArgRole, &[&str])] = &[
    (
        ArgRole::Amount,
        &["amount", "total", "sum", "price", "value", "quantity", "qty", "limit", "minor", "cents"],
    ),
    (
        ArgRole::Recipient,
        &["to", "cc", "bcc", "recipient", "recipients", "email", "phone", "channel", "user"],
    ),
    (
        ArgRole::Destination,
        &[
            "iban",
            "bic",
            "account",
            "destination",
            "url",
            "uri",
            "host",
            "address",
            "path",
            "folder",
            "bucket",
            "target",
            "payee",
            "wallet",
        ],
    ),
    (ArgRole::Selector, &["id", "ids", "source", "name", "table", "where", "query", "file"]),
];

fn propose(server: &str, offered: &Offered, names: &[&str]) -> Declared {
    let effect = effect(&offered.name);
    let acts = effect != Effect::Read;
    let arguments = pin::arguments(&offered.definition.input);
    let key_arg = ["idempotency_key", "idempotencyKey", "Idempotency-Key", "request_id", "key"]
        .into_iter()
        .find(|key| acts && arguments.contains(key))
        .map(str::to_owned);
    let mut args = BTreeMap::new();
    for argument in arguments.iter().filter(|a| acts && key_arg.as_deref() != Some(**a)) {
        if let Some(role) = role(argument) {
            args.insert((*argument).to_owned(), role);
        }
    }
    let noun = words(&offered.name).last().cloned().unwrap_or_default();
    let read_back = key_arg.as_ref().and_then(|_| {
        let found = names.iter().find(|n| {
            let words = words(n);
            let asks = words.first().is_some_and(|w| w == "find" || w == "lookup");
            asks && words.last() == Some(&noun)
        })?;
        ToolName::new(&format!("{server}.{found}")).ok()
    });
    Declared {
        effect: Some(effect),
        reversible: effect == Effect::Read,
        repeatable: effect == Effect::Read,
        key_arg,
        read_back,
        trust: Trust::Untrusted,
        args,
        takes: Takes::new(),
    }
}

/// Words that name a message where one of them alone would name who gets it.
const ANSWERED: &[&str] = &["in", "reply", "to"];

/// The part of an argument by the words of its name.
fn role(argument: &str) -> Option<ArgRole> {
    let words = words(argument);
    let (mut rest, mut left) = (words.as_slice(), Vec::new());
    while let Some((word, more)) = rest.split_first() {
        if rest.iter().map(String::as_str).take(ANSWERED.len()).eq(ANSWERED.iter().copied()) {
            rest = rest.get(ANSWERED.len()..).unwrap_or_default();
            continue;
        }
        left.push(word.as_str());
        rest = more;
    }
    let named = |all: &[&str]| left.iter().any(|word| all.contains(word));
    ROLES.iter().find(|(_, all)| named(all)).map(|(role, _)| *role)
}

/// The effect by the words of the name. A name that says nothing is taken for the worst.
fn effect(name: &str) -> Effect {
    let words = words(name);
    // `read_query` reads although a query may do anything: it says so with its first word.
    if words.first().is_some_and(|w| ["read", "get", "list"].contains(&w.as_str())) {
        return Effect::Read;
    }
    let has = |all: &[&str]| words.iter().any(|w| all.contains(&w.as_str()));
    VERBS.iter().find(|(_, all)| has(all)).map_or(Effect::Delete, |(effect, _)| *effect)
}

/// The words of a name: `createDraft`, `create_draft` and `create-draft` are two each.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for c in name.chars() {
        let parts = !c.is_alphanumeric();
        if (parts || (c.is_uppercase() && lower)) && words.last().is_some_and(|w| !w.is_empty()) {
            words.push(String::new());
        }
        lower = c.is_lowercase();
        if let (false, Some(word)) = (parts, words.last_mut()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn can(offered: &Offered, proposed: &Declared) -> Vec<String> {
    let mut can = vec![
        match proposed.effect {
            Some(Effect::Read) => "seems to only read",
            Some(Effect::Write) => "seems to create or change something",
            Some(Effect::Send) => "seems to send something to somebody",
            Some(Effect::Pay) => "seems to move money or to order something",
            Some(Effect::Delete) | None => "may delete something, or do anything at all",
        }
        .to_owned(),
    ];
    let arguments = pin::arguments(&offered.definition.input);
    if !arguments.is_empty() {
        let required = offered.definition.input.get("required").and_then(Value::as_array);
        let must =
            |name: &str| required.is_some_and(|all| all.iter().any(|r| r.as_str() == Some(name)));
        let all: Vec<String> = arguments
            .into_iter()
            .map(
                |name| {
                    if must(name) { format!("`{name}`") } else { format!("`{name}` (optional)") }
                },
            )
            .collect();
        can.push(format!("takes {}", all.join(", ")));
    }
    can.extend(proposed.args.iter().map(|(name, role)| {
        let part = match role {
            ArgRole::Destination => "where it goes",
            ArgRole::Recipient => "who gets it",
            ArgRole::Amount => "how much",
            ArgRole::Selector => "which one is changed",
        };
        format!("`{name}` seems to say {part}")
    }));
    can
}

fn risks(offered: &Offered, proposed: &Declared) -> Vec<String> {
    let mut risks = Vec::new();
    let hints = &offered.hints;
    if let Some(what) = &offered.hidden {
        risks.push(format!("it cannot be approved: {what}"));
    }
    let acts = proposed.effect != Some(Effect::Read);
    if acts && hints.read_only == Some(true) {
        risks.push("the server claims that it only reads; its name says otherwise".to_owned());
    }
    if !acts && hints.read_only == Some(false) {
        risks
            .push("its name says that it reads; the server says that it changes things".to_owned());
    }
    if !acts && hints.open_world == Some(true) {
        risks.push("what it answers may come from anybody on the internet".to_owned());
    }
    if acts && proposed.key_arg.is_none() && !proposed.repeatable {
        risks.push(
            "a call whose answer is lost cannot be repeated safely: it takes no key".to_owned(),
        );
    }
    if acts && proposed.key_arg.is_some() && proposed.read_back.is_none() {
        risks.push("no tool tells, by its key, whether a call happened".to_owned());
    }
    if acts && proposed.args.is_empty() {
        risks.push(
            "no argument says where, to whom or how much; it may all be decided inside".to_owned(),
        );
    }
    if offered.definition.input.get("properties").is_none() {
        risks.push("it does not say which arguments it takes".to_owned());
    }
    risks.extend(orders(&offered.definition.description));
    risks
}

/// Words in a description that talk to a model instead of describing the tool.
pub(crate) fn orders(description: &str) -> Option<String> {
    let lower = description.to_lowercase();
    let phrases = [
        "ignore previous",
        "ignore all",
        "do not tell",
        "don't tell",
        "before using",
        "you must",
        "always call",
        "instead of",
        "system prompt",
        "<important>",
        "secretly",
        "without asking",
    ];
    let found = phrases.into_iter().find(|phrase| lower.contains(phrase))?;
    Some(format!("its description gives orders to its reader: `{found}`"))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.tools.len();
        writeln!(f, "`{}` offers {count} tools (protocol {})", self.server, self.version)?;
        for tool in &self.tools {
            let standing = match tool.standing {
                Standing::New => "new",
                Standing::Approved => "approved",
                Standing::Changed => "changed since it was approved",
            };
            let name = pin::visible(&tool.offered.name);
            writeln!(f, "\n`{}.{name}` ({standing})", self.server)?;
            for line in tool.offered.definition.description.lines().take(3) {
                writeln!(f, "  it says: {}", pin::visible(line))?;
            }
            for line in &tool.can {
                writeln!(f, "  {line}")?;
            }
            for line in &tool.risks {
                writeln!(f, "  risk: {line}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
