//! The ways out, one message at a time. None may repeat an address or a secret in what it says.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use evidence::notices::Notice;
use hmac::{Hmac, Mac};
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls as LettreTls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use serde_json::{Value, json};
use sha2::Sha256;

/// How long one message may take.
const TIME: Duration = Duration::from_secs(15);

/// A value that no text of this room repeats.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// Why a message did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

/// One way out.
#[derive(Debug, Clone)]
pub enum Channel {
    /// JSON, signed under a key that both sides know.
    Webhook {
        url: Secret,
        key: Secret,
    },
    /// What Slack's incoming webhooks take, and much else that is like it.
    Chat {
        url: Secret,
    },
    Mail(Box<Mail>),
}

/// How mail leaves.
#[derive(Debug, Clone)]
pub struct Mail {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub from: String,
    pub to: Vec<String>,
    pub sign_in: Option<(String, Secret)>,
}

/// How the way to a mail server is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte.
    Wrapped,
    /// After a word in the clear, and not at all where the server does not know that word.
    Upgraded,
    /// Not at all, on this machine.
    Here,
}

/// Several notices as one message: its id, a line each, and the whole as data.
pub(crate) struct Letter {
    pub id: String,
    pub subject: String,
    pub lines: Vec<String>,
    pub data: Value,
}

impl Letter {
    /// One notice.
    pub(crate) fn one(organisation: &str, notice: &Notice) -> Self {
        let due = notice.due.map(|at| format!(", until {}", evidence::words::when(at, None)));
        let mut lines = vec![format!("{}{}", notice.text, due.unwrap_or_default())];
        if let Some(run) = &notice.run {
            lines.push(format!("case {run}"));
        }
        lines.push(notice.command.clone());
        let data = json!({
            "type": format!("flightdeck.{}", notice.kind.as_str()),
            "timestamp": rfc3339(notice.at.0),
            "data": {
                "organisation": organisation, "case": notice.run, "workflow": notice.workflow,
                "step": notice.step, "role": notice.role, "text": notice.text,
                "due": notice.due.map(|at| rfc3339(at.0)), "command": notice.command,
                "urgent": notice.urgent,
            },
        });
        let subject = format!("{organisation}: {}", notice.text);
        Self { id: notice.id.clone(), subject, lines, data }
    }

    /// Many notices that came together or were held: how many of each, and the first of them.
    pub(crate) fn many(organisation: &str, notices: &[Notice], shown: usize) -> Option<Self> {
        let first = notices.first()?;
        let mut counts = std::collections::BTreeMap::new();
        for notice in notices {
            *counts.entry((notice.kind, notice.role.clone())).or_insert(0_u64) += 1;
        }
        let count = |((kind, role), n): (&(evidence::notices::Kind, Option<_>), &u64)| {
            let role: Option<&plan::ids::RoleId> = role.as_ref();
            let whom = role.map(|role| format!(" for {role}")).unwrap_or_default();
            format!("{n} {}{whom}", kind.as_str())
        };
        let counted: Vec<String> = counts.iter().map(count).collect();
        let mut lines = vec![counted.join(", ")];
        lines.extend(notices.iter().take(shown).map(|notice| notice.text.clone()));
        if notices.len() > shown {
            lines.push(format!("and {} more", notices.len() - shown));
        }
        lines.push("flightdeck handover".to_owned());
        let counts: Vec<Value> = counts
            .iter()
            .map(|((kind, role), n)| json!({ "kind": kind.as_str(), "role": role, "count": n }))
            .collect();
        let data = json!({
            "type": "flightdeck.several",
            "timestamp": rfc3339(first.at.0),
            "data": { "organisation": organisation, "notices": notices.len(), "counts": counts,
                "command": "flightdeck handover" },
        });
        let subject = format!("{organisation}: {}", counted.join(", "));
        Some(Self { id: format!("{}_and", first.id), subject, lines, data })
    }
}

fn rfc3339(ms: u64) -> String {
    evidence::words::stamp(journal::Millis(ms))
}

impl Channel {
    /// Sends one message.
    pub(crate) async fn send(
        &self,
        http: &reqwest::Client,
        letter: &Letter,
    ) -> Result<(), Failure> {
        match self {
            Self::Webhook { url, key } => {
                let body = letter.data.to_string();
                let now = std::time::SystemTime::now();
                let now = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
                let signature = signature(key, &letter.id, now, &body)?;
                let request = http
                    .post(&url.0)
                    .header("content-type", "application/json")
                    .header("webhook-id", &letter.id)
                    .header("webhook-timestamp", now.to_string())
                    .header("webhook-signature", signature);
                post(request.body(body)).await
            }
            Self::Chat { url } => {
                let text = letter.lines.join("\n");
                // Signs that a chat takes for marks and mentions stay signs.
                let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                post(http.post(&url.0).json(&json!({ "text": text }))).await
            }
            Self::Mail(mail) => mail.send(letter).await,
        }
    }
}

/// The signature of Standard Webhooks over id, time and body.
fn signature(key: &Secret, id: &str, at: u64, body: &str) -> Result<String, Failure> {
    let unusable = || Failure("the signing key is not `whsec_` and Base64".to_owned());
    let text = key.0.strip_prefix("whsec_").unwrap_or(&key.0);
    let key = BASE64.decode(text).ok().filter(|key| !key.is_empty()).ok_or_else(unusable)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| unusable())?;
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    Ok(format!("v1,{}", BASE64.encode(mac.finalize().into_bytes())))
}

async fn post(request: reqwest::RequestBuilder) -> Result<(), Failure> {
    // An error of the client repeats the address, which may hold a secret.
    let sent = request.timeout(TIME).send().await.map_err(|error| {
        let what = if error.is_timeout() { "no answer in time" } else { "it cannot be reached" };
        Failure(what.to_owned())
    })?;
    let status = sent.status();
    let said = format!("it answered {}", status.as_u16());
    if status.is_success() { Ok(()) } else { Err(Failure(said)) }
}

impl Mail {
    async fn send(&self, letter: &Letter) -> Result<(), Failure> {
        let lasting = |what: String| Failure(what);
        let mailbox = |text: &str| {
            text.parse::<Mailbox>().map_err(|_| lasting(format!("`{text}` is no mail address")))
        };
        let mut message = Message::builder()
            .from(mailbox(&self.from)?)
            .subject(letter.subject.clone())
            .message_id(Some(format!("<{}@flightdeck>", letter.id)));
        for to in &self.to {
            message = message.to(mailbox(to)?);
        }
        let message = message.body(letter.lines.join("\n")).map_err(|e| lasting(e.to_string()))?;
        let tls = || TlsParameters::new(self.host.clone()).map_err(|e| Failure(e.to_string()));
        let tls = match self.tls {
            Tls::Wrapped => LettreTls::Wrapper(tls()?),
            Tls::Upgraded => LettreTls::Required(tls()?),
            Tls::Here => LettreTls::None,
        };
        let mut server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&self.host)
            .port(self.port)
            .tls(tls)
            .timeout(Some(TIME));
        if let Some((user, password)) = &self.sign_in {
            server = server.credentials(Credentials::new(user.clone(), password.0.clone()));
        }
        let sent = server.build().send(message).await;
        sent.map(drop).map_err(|error| {
            let what = if error.is_permanent() { "refuses it" } else { "cannot be reached" };
            Failure(format!("the mail server {what}"))
        })
    }
}

#[cfg(test)]
pub(crate) fn signed(key: &str, id: &str, at: u64, body: &str) -> Result<String, Failure> {
    signature(&Secret::new(key.to_owned()), id, at, body)
}
