//! Chosen operations of an API, as an OpenAPI file describes them, each as a tool. It must not
//! offer an operation that nobody chose, send what does not fit its description, ask any other
//! host than the one it was opened with, show a key, or hide what came of a call.

mod describe;
mod encode;
mod file;
mod head;
mod keys;
mod parameter;
mod parts;
mod schema;

use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Method, Request, RequestBuilder, Response, StatusCode, Url};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Value, json};
use tokio::runtime::Handle;

use self::describe::{Body, Operation};
use self::head::Head;
use self::keys::Blots;
use super::folder::Folder;
use super::{Answer, BuiltIn, Reply, body};
use crate::reach;
use crate::remote::{self, chain};
use crate::spec::Secret;

/// The longest answer; it has to fit into a message, twice and escaped.
const ANSWER_MAX: usize = 2 << 20;
/// How much of an error's body is repeated.
const SAID_CHARS: usize = 600;

/// What a server for an API is opened with.
pub struct Api {
    /// The OpenAPI file's name and its text.
    pub file: String,
    pub description: String,
    /// The operations to offer, each by its `operationId` or as `GET /path`.
    pub operations: Vec<String>,
    /// Where the API is. What the file says about that is not followed.
    pub base: String,
    /// Headers of every request, such as the one with the key.
    pub headers: Vec<(String, Secret)>,
    /// Keys by their names in the file, which says where each goes.
    pub keys: Vec<(String, Secret)>,
    /// The folder whose files forms may hold.
    pub files: Option<PathBuf>,
    /// Whether the base may lead into a private network.
    pub private: bool,
    /// How long a call may take.
    pub time: Duration,
}

pub(super) struct Http {
    operations: Vec<Operation>,
    client: Client,
    base: Url,
    headers: HeaderMap,
    files: Option<Folder>,
    blots: Blots,
    time: Duration,
}

/// What came of a request.
enum Came {
    Answer(Value),
    /// The API turned it away, so it had no effect.
    Refused(String),
    Unknown(String),
}

impl Http {
    pub(super) fn open(api: Api) -> Result<Self, String> {
        let (base, reach) = reach::address(&api.base, api.private)
            .map_err(|why| format!("the base of the API: {why}"))?;
        if base.query().is_some() || base.fragment().is_some() {
            return Err("the base of the API holds more than a place".to_owned());
        }
        let headers = remote::headers(api.headers.iter().map(|(name, value)| (name, value)))?;
        let headers = HeaderMap::from_iter(headers);
        let files = api.files.as_deref().map(Folder::open).transpose();
        let files = files.map_err(|why| why.to_string())?;
        let wanted = describe::Wanted {
            operations: &api.operations,
            keys: &api.keys,
            sent: &headers,
            files: files.is_some(),
        };
        let operations = describe::operations(&api.description, &wanted)
            .map_err(|why| format!("`{}`: {why}", api.file))?;
        let secrets = api.headers.iter().chain(&api.keys);
        let blots = Blots::new(secrets.map(|(name, value)| (name.as_str(), value)));
        let client = reach::client(reach)?;
        Ok(Self { operations, client, base, headers, files, blots, time: api.time })
    }

    fn call(&self, tool: &str, args: &JsonObject) -> Answer {
        let operation = self.operations.iter().find(|operation| operation.tool == tool);
        let operation = operation.ok_or_else(|| format!("there is no tool `{tool}`"))?;
        schema::check(&operation.takes, &Value::Object(args.clone()))
            .map_err(|why| format!("the arguments do not fit: {why}"))?;
        let request = self.request(operation, args)?;
        let calling = async {
            match tokio::time::timeout(self.time, self.send(operation, request)).await {
                Ok(came) => came,
                Err(_) => Came::Unknown(format!("no answer within {:?}", self.time)),
            }
        };
        match Handle::current().block_on(calling) {
            Came::Answer(value) => Ok(Reply::Structure(self.blots.value(value))),
            Came::Refused(why) => Err(self.blots.text(why)),
            Came::Unknown(why) => Ok(Reply::InDoubt(self.blots.text(why))),
        }
    }

    fn request(&self, operation: &Operation, args: &JsonObject) -> Result<Request, String> {
        let mut head = Head::new(operation, &self.headers);
        for parameter in &operation.parameters {
            let value = args.get(&parameter.name).filter(|value| !value.is_null());
            head.set(parameter, value)?;
        }
        for key in &operation.keys {
            key.put(&mut head)?;
        }
        let mut request = head.request(operation.method.clone(), &self.base)?;
        let Some((body, given)) = operation.body.as_ref().zip(args.get("body")) else {
            return Ok(request);
        };
        let (kind, bytes) = match body {
            Body::Json(kind) => (kind.as_str(), given.to_string()),
            Body::Form(parts) => ("application/x-www-form-urlencoded", encode::form(parts, given)?),
            Body::Text(kind) => (kind.as_str(), given.as_str().unwrap_or_default().to_owned()),
            Body::Parts(parts) => {
                let form = parts.form(given, self.files.as_ref())?;
                let request = RequestBuilder::from_parts(self.client.clone(), request);
                return request.multipart(form).build().map_err(|why| chain(&why));
            }
        };
        let kind = HeaderValue::from_str(kind).map_err(|why| why.to_string())?;
        request.headers_mut().insert(CONTENT_TYPE, kind);
        *request.body_mut() = Some(bytes.into());
        Ok(request)
    }

    async fn send(&self, operation: &Operation, request: Request) -> Came {
        let answer = match self.client.execute(request).await {
            Ok(answer) => answer,
            Err(why) if why.is_connect() || why.is_builder() => return Came::Refused(chain(&why)),
            Err(why) => return Came::Unknown(chain(&why)),
        };
        let status = answer.status();
        if status.is_success() {
            return match read(operation, status, answer).await {
                Ok(value) => Came::Answer(value),
                // It was done, and what it came to cannot be told.
                Err(why) => Came::Unknown(format!("it answered {status}: {why}")),
            };
        }
        if status.is_redirection() {
            let why = format!("it sends callers elsewhere ({status}), which is not followed");
            return Came::Refused(why);
        }
        let said = body::whole(answer, ANSWER_MAX).await.unwrap_or_else(String::into_bytes);
        let said = String::from_utf8_lossy(&said);
        let said: Vec<&str> = said.split_whitespace().collect();
        let said: String = said.join(" ").chars().take(SAID_CHARS).collect();
        let why = format!("it answered {status}: {said}");
        // A request that was late may have been taken in all the same.
        if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT {
            Came::Refused(why)
        } else {
            Came::Unknown(why)
        }
    }
}

/// A success as the tool answers it, held against its description.
async fn read(
    operation: &Operation,
    status: StatusCode,
    answer: Response,
) -> Result<Value, String> {
    let kind = body::kind(&answer);
    let bytes = body::whole(answer, ANSWER_MAX).await?;
    let body = if bytes.is_empty() {
        Value::Null
    } else if parameter::is_json(&kind) {
        serde_json::from_slice(&bytes).map_err(|why| format!("the answer is no JSON: {why}"))?
    } else {
        let text = String::from_utf8(bytes);
        text.map(Value::String).map_err(|_| format!("the answer is no text but `{kind}`"))?
    };
    let value = json!({ "status": status.as_u16(), "body": body });
    schema::check(&operation.gives, &value)
        .map_err(|why| format!("the answer is not as it is described: {why}"))?;
    Ok(value)
}

impl BuiltIn for Http {
    const NAME: &'static str = "flightdeck-http";

    fn tools(&self) -> Vec<Tool> {
        self.operations.iter().map(Operation::offered).collect()
    }

    fn answer(&self, tool: &str, args: &JsonObject) -> Answer {
        self.call(tool, args)
    }
}

/// What the method promises. A person says what the tool does.
fn hints(method: &Method) -> ToolAnnotations {
    ToolAnnotations::new()
        .read_only(method.is_safe())
        .destructive(*method == Method::DELETE)
        .idempotent(method.is_idempotent())
        .open_world(true)
}

#[cfg(test)]
mod tests;
