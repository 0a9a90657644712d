//! What other systems send to begin cases: Standard Webhooks, and CloudEvents 1.0 over them. It is
//! signed, so that nobody signs in to send it, and it is checked here before anything is made of
//! it. It must not tell anybody who cannot sign which addresses there are.

use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, Mac};
use journal::{Caller, RunId};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::Sha256;
use utoipa::ToSchema;

use crate::Desk;
use crate::cases::called;
use crate::door;
use crate::installation::No;
use crate::problem::{Path, Problem};

/// The most that one event may hold.
const BODY_MAX: usize = 1 << 20;
/// How far the time of sending may be from the time here, in seconds.
const TOLERANCE_S: u64 = 5 * 60;
/// The longest id, source or type.
const NAME_MAX: usize = 512;
/// A shorter key could be found by trying.
const KEY_MIN: usize = 24;

const SIGNATURE: &str = "webhook-signature";
const STRUCTURED: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch";

/// A key that signs what is sent. Nothing prints it.
#[derive(Clone)]
pub struct HookKey(Vec<u8>);

impl std::fmt::Debug for HookKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl HookKey {
    /// A key as it is handed over: `whsec_` and Base64. Nothing where it is not written so, or is
    /// too short to keep anybody out.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let bytes = BASE64.decode(text.strip_prefix("whsec_")?).ok()?;
        (bytes.len() >= KEY_MIN).then_some(Self(bytes))
    }

    /// Whether this key made a signature. How long the look takes says nothing about it.
    fn made(&self, signature: &[u8], id: &str, at: &str, body: &[u8]) -> bool {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return false };
        for part in [id.as_bytes(), b".", at.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac.verify_slice(signature).is_ok()
    }
}

/// What was sent, by somebody who can sign for this address.
#[derive(Debug)]
pub struct Sent {
    pub workflow: String,
    pub hook: String,
    /// What makes it the same when it is sent again.
    pub id: Vec<String>,
    /// What it says that it is.
    pub kind: Option<String>,
    pub data: Value,
    /// The span of whoever sent it, where they said it. It is not signed.
    pub called: Option<Caller>,
}

/// What became of it.
#[derive(Debug, Clone, Copy)]
pub enum Taken {
    Began(RunId),
    /// It came before, and has its case.
    Again(RunId),
    /// It is none of those that begin a case.
    LeftOut,
}

/// Why it was not taken, and after how many seconds it may be sent again, if that can help.
#[derive(Debug)]
pub struct NotTaken {
    pub no: No,
    pub again_s: Option<u64>,
}

/// The case of an event.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventTaken {
    id: String,
}

/// Send an event that begins a case
///
/// It is signed as Standard Webhooks says, and is JSON: any object, or a CloudEvent 1.0. The case
/// is stored when this answers. The same `webhook-id`, or the same `source` and `id` of a
/// CloudEvent, is the same case for good. A CloudEvent in binary mode is known by its `webhook-id`,
/// since nothing else in its headers is signed.
#[utoipa::path(
    post, path = "/hooks/{workspace}/{workflow}/{hook}", tag = "cases",
    operation_id = "send_event",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("workflow" = String, Path, description = "The workflow"),
        ("hook" = String, Path, description = "The webhook that its map names"),
        ("webhook-id" = String, Header, description = "The same id again is the same case"),
        ("webhook-timestamp" = String, Header, description = "Seconds since 1970, five minutes \
            from now at most"),
        ("webhook-signature" = String, Header, description = "`v1,` and the Base64 of the \
            HMAC-SHA256 of `id.timestamp.body`; several with spaces between them")
    ),
    request_body = Object,
    responses(
        (status = 201, description = "It began a case", body = EventTaken),
        (status = 200, description = "It came before and has its case", body = EventTaken),
        (status = 204, description = "It is of a type that begins no case here"),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It was not taken"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It was not taken; send it again after `Retry-After` seconds")
    )
)]
pub async fn take(
    State(desk): State<Desk>,
    Path(to): Path<Address>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let here = desk.workspaces.get(&to.0);
    let from = door::from(&parts, &desk.door);
    let headers = parts.headers;
    if !headers.contains_key(SIGNATURE) {
        // It is refused whatever it holds, so that nothing of it is read.
        return Err(counted(&desk, from, &to, unsigned()).await);
    }
    let Ok(body) = to_bytes(body, BODY_MAX).await else {
        let what = format!("an event has at most {BODY_MAX} bytes");
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        let large = Problem::new(status, "too-large", "the event is too large", what);
        return Err(counted(&desk, from, &to, large).await);
    };
    let keys = match here {
        Some(here) => here.hook_keys(to.1.clone(), to.2.clone()).await?,
        None => Vec::new(),
    };
    let Some(id) = signed(&headers, &body, &keys, now_s()) else {
        return Err(counted(&desk, from, &to, unsigned()).await);
    };
    let (id, kind, data) = event(&headers, id, &body)?;
    let here = here.ok_or_else(unsigned)?;
    let (_, workflow, hook) = to;
    let taken = here.take(Sent { workflow, hook, id, kind, data, called: called(&headers) }).await;
    match taken {
        Ok(Taken::Began(run)) => Ok((StatusCode::CREATED, named(run)).into_response()),
        Ok(Taken::Again(run)) => Ok((StatusCode::OK, named(run)).into_response()),
        Ok(Taken::LeftOut) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(NotTaken { no, again_s: None }) => Err(no.into()),
        Err(NotTaken { no, again_s: Some(after) }) => Err(Problem::from(no).after(after)),
    }
}

/// The workspace, the workflow and the webhook that a path names.
type Address = (String, String, String);

/// The answer to what no key has signed. Only that is counted: what one has signed is never held
/// back by what others send, from whatever address, since whoever sends for many can be made to
/// send for anybody. And it is counted alike whether there is such a webhook or not.
async fn counted(desk: &Desk, from: IpAddr, to: &Address, problem: Problem) -> Problem {
    let (workspace, workflow, hook) = to;
    let said = desk.door.pace.unsigned(from, &format!("{workspace}/{workflow}/{hook}"));
    let Err(seconds) = said else { return problem };
    if let Some(here) = desk.workspaces.get(workspace) {
        // What cannot be written now is said by the next one that is too many.
        let _ = here.flooded(workflow.clone(), hook.clone()).await;
    }
    door::busy(seconds)
}

fn named(run: RunId) -> Json<EventTaken> {
    Json(EventTaken { id: run.to_string() })
}

/// One answer to everybody who cannot sign, whatever is wrong and whether the address is one.
fn unsigned() -> Problem {
    let what = "nothing that is known here has signed this".to_owned();
    Problem::new(StatusCode::UNAUTHORIZED, "not-signed", "no valid signature", what)
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The id of what one of these keys has signed, if one has. Without keys it is looked at under
/// one that is nobody's, so that the answer takes as long.
fn signed(headers: &HeaderMap, body: &[u8], keys: &[HookKey], now_s: u64) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let id = text("webhook-id").filter(|id| !id.is_empty() && id.len() <= NAME_MAX)?;
    let at = text("webhook-timestamp")?;
    let is_now = at.parse::<u64>().is_ok_and(|at| at.abs_diff(now_s) <= TOLERANCE_S);
    let given: Vec<Vec<u8>> = text(SIGNATURE)?
        .split(' ')
        .filter_map(|one| BASE64.decode(one.strip_prefix("v1,")?).ok())
        .take(SIGNATURES_MAX)
        .collect();
    let nobody = [HookKey(vec![0; KEY_MIN])];
    let is_known = !keys.is_empty();
    let keys = if is_known { keys } else { &nobody };
    let mut made = false;
    for key in keys {
        for signature in &given {
            made |= key.made(signature, id, at, body);
        }
    }
    (made && is_known && is_now).then(|| id.to_owned())
}

/// More signatures than keys are ever held at once are not looked at.
const SIGNATURES_MAX: usize = 4;

/// What an event says of itself: what makes it the same again, its type, and what it holds.
type Told = (Vec<String>, Option<String>, Value);

fn event(headers: &HeaderMap, id: String, body: &[u8]) -> Result<Told, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|text| text.split(';').next()).unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    let no_such = |what: &str| {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Problem::new(status, "media-type", "unsupported media type", what.to_owned())
    };
    if kind.starts_with(BATCH) {
        return Err(no_such("events are taken one at a time: send each in a request of its own"));
    }
    if kind == STRUCTURED {
        return structured(object(body)?);
    }
    if !(kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json"))
    {
        return Err(no_such("an event is `application/json` or `application/cloudevents+json`"));
    }
    let Some(version) = headers.get("ce-specversion") else {
        let data = object(body)?;
        let kind = data.get("type").and_then(Value::as_str).map(str::to_owned);
        return Ok((vec!["webhook".to_owned(), id], kind, Value::Object(data)));
    };
    if version != "1.0" {
        return Err(Problem::invalid("only CloudEvents 1.0 are taken"));
    }
    // The headers of this mode are not signed: whoever repeats a request may have changed them.
    Ok((vec!["webhook".to_owned(), id], None, Value::Object(object(body)?)))
}

/// A CloudEvent that is whole in its body, and so signed as a whole.
fn structured(mut event: Map<String, Value>) -> Result<Told, Problem> {
    if event.get("specversion").and_then(Value::as_str) != Some("1.0") {
        return Err(Problem::invalid("only CloudEvents 1.0 are taken"));
    }
    let mut attribute = |name: &str| match event.remove(name) {
        Some(Value::String(text)) if !text.is_empty() && text.len() <= NAME_MAX => Ok(text),
        _ => {
            let what = format!("`{name}` of a CloudEvent is a text of 1 to {NAME_MAX} bytes");
            Err(Problem::invalid(what))
        }
    };
    let (id, source, kind) = (attribute("id")?, attribute("source")?, attribute("type")?);
    if event.contains_key("data_base64") {
        return Err(Problem::invalid("the `data` of an event is JSON; `data_base64` is not read"));
    }
    let data = event.remove("data").unwrap_or(Value::Null);
    Ok((vec!["event".to_owned(), source, id], Some(kind), data))
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    let read = serde_json::from_slice(body);
    read.map_err(|_| Problem::invalid("an event is one JSON object"))
}

#[cfg(test)]
mod tests;
