//! The MCP servers that this program brings along, on standard input and output: files of one
//! folder, documents of one as text, read-only look-ups in tables, small models of text, and the
//! ways out: chosen operations of an API, pages of named hosts, a mailbox with drafts. Where
//! well-known servers do the same job, ours offer the same tools, so that either can stand in for
//! the other. A server knows what it was opened with and nothing of the program it is part of.

mod body;
mod canary;
mod contained;
mod csv;
mod documents;
mod files;
mod folder;
mod http;
mod mail;
mod matching;
mod own;
mod passages;
mod stamp;
mod table;
mod web;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
    JsonObject, ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use serde_json::{Value, json};

use crate::{Offered, wire};

pub use canary::{CALLS, CHANGED, PLANTED};
pub use contained::{Reading, read_document};
pub use csv::{Loaded, TableError, load_csv};
pub use http::Api;
pub use mail::Drafts;
pub use own::Own;
pub use web::Allow;

/// Why a server ended before its client did.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("the folder `{folder}` cannot be used: {why}")]
    Folder { folder: String, why: String },
    #[error(transparent)]
    Table(#[from] TableError),
    /// What it was opened with makes no server.
    #[error("{0}")]
    Opened(String),
    #[error("the client does not speak the protocol: {0}")]
    Client(String),
    #[error("`{address}` cannot be listened on: {why}")]
    Listen { address: SocketAddr, why: String },
}

/// Serves the files of a folder until the client goes: reading, and writing only when asked to.
pub async fn files(root: &Path, write: bool) -> Result<(), ServeError> {
    run(files::Files::open(root, write)?).await
}

/// Serves the documents of a folder as text until the client goes.
pub async fn documents(root: &Path, reading: Reading) -> Result<(), ServeError> {
    run(documents::Documents::open(root, reading)?).await
}

/// Serves look-ups in a folder of `*.csv` files or in one SQLite file until the client goes.
pub async fn table(source: &Path) -> Result<(), ServeError> {
    run(table::Tables::open(source)?).await
}

/// Serves matching over a folder of examples and passages until the client goes.
pub async fn matching(root: &Path) -> Result<(), ServeError> {
    run(matching::Matching::open(root)?).await
}

/// Serves chosen operations of an API until the client goes.
pub async fn http(api: Api) -> Result<(), ServeError> {
    run(http::Http::open(api).map_err(ServeError::Opened)?).await
}

/// Serves pages of named hosts as text until the client goes.
pub async fn web(allow: Vec<Allow>, private: bool, reading: Reading) -> Result<(), ServeError> {
    run(web::Web::open(allow, private, reading).map_err(ServeError::Opened)?).await
}

/// Serves a mailbox until the client goes: reading, and drafts only where they have a place.
pub async fn mail(root: &Path, drafts: Option<Drafts>, reading: Reading) -> Result<(), ServeError> {
    run(mail::Mailbox::open(root, drafts, reading)?).await
}

/// Serves what drills call, until the client goes.
pub async fn canary(folder: &Path) -> Result<(), ServeError> {
    run(canary::Canary::open(folder)?).await
}

/// What the server that drills call offers, as a client would hear it.
#[must_use]
pub fn canary_offers() -> Vec<Offered> {
    canary::offered(false).into_iter().map(Offered::of).collect()
}

/// What a tool of ours answers: a text, with a structure where it declares one, or why not.
type Answer = Result<Reply, String>;

enum Reply {
    /// The text and the same as `{"content": text}`, as the well-known files server answers.
    Content(String),
    /// The text alone.
    Text(String),
    /// A structure, and the same as text for a client that reads no structure.
    Structure(Value),
    /// It was sent on, and nobody knows what came of it.
    InDoubt(String),
}

/// One built-in server. Its work may block; it is done off the runtime's threads.
trait BuiltIn: Send + Sync + 'static {
    const NAME: &'static str;
    fn tools(&self) -> Vec<Tool>;
    /// What it offers now, where that changes.
    fn tools_now(&self) -> Option<Vec<Tool>> {
        None
    }
    fn answer(&self, tool: &str, args: &JsonObject) -> Answer;
}

struct Serving<B> {
    server: Arc<B>,
    tools: Vec<Tool>,
}

async fn run<B: BuiltIn>(server: B) -> Result<(), ServeError> {
    let serving = Serving { tools: server.tools(), server: Arc::new(server) };
    let client = |why: String| ServeError::Client(why);
    let running = serving
        .serve(rmcp::transport::stdio_pipes())
        .await
        .map_err(|why| client(why.to_string()))?;
    // It ends when the client closes our input.
    running.waiting().await.map_err(|why| client(why.to_string()))?;
    Ok(())
}

impl<B: BuiltIn> ServerHandler for Serving<B> {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new(B::NAME, env!("CARGO_PKG_VERSION")))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let now = self.server.tools_now().unwrap_or_else(|| self.tools.clone());
        Ok(ListToolsResult::with_all_items(now))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if !self.tools.iter().any(|tool| tool.name == request.name) {
            let why = format!("there is no tool `{}`", request.name);
            return Err(ErrorData::invalid_params(why, None));
        }
        let server = Arc::clone(&self.server);
        let answer = tokio::task::spawn_blocking(move || {
            server.answer(&request.name, &request.arguments.unwrap_or_default())
        });
        let answer =
            answer.await.map_err(|why| ErrorData::internal_error(why.to_string(), None))?;
        match answer {
            Ok(Reply::InDoubt(why)) => Err(ErrorData::new(wire::IN_DOUBT, why, None)),
            answer => Ok(result(answer).into()),
        }
    }
}

fn result(answer: Answer) -> CallToolResult {
    match answer {
        Ok(Reply::Text(text)) => CallToolResult::success(vec![ContentBlock::text(text)]),
        Ok(Reply::Structure(value)) => CallToolResult::structured(value),
        Ok(Reply::Content(text)) => {
            let mut result = CallToolResult::structured(json!({ "content": text }));
            result.content = vec![ContentBlock::text(text)];
            result
        }
        Ok(Reply::InDoubt(why)) | Err(why) => CallToolResult::error(vec![ContentBlock::text(why)]),
    }
}

/// A tool with text arguments, all of them required.
fn tool(name: &'static str, description: &'static str, args: &[(&str, &str)]) -> Tool {
    let properties: JsonObject = args
        .iter()
        .map(|(name, what)| ((*name).to_owned(), json!({ "type": "string", "description": what })))
        .collect();
    let required: Vec<&str> = args.iter().map(|(name, _)| *name).collect();
    let mut schema = JsonObject::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema.insert("required".to_owned(), json!(required));
    schema.insert("additionalProperties".to_owned(), json!(false));
    Tool::new(name, description, schema)
}

fn reads(tool: Tool) -> Tool {
    tool.with_annotations(ToolAnnotations::new().read_only(true).open_world(false))
}

/// The tool with the structure that it answers, all of it required.
fn gives(tool: Tool, properties: Value) -> Tool {
    match object(properties) {
        Value::Object(schema) => tool.with_raw_output_schema(Arc::new(schema)),
        _ => tool,
    }
}

fn object(properties: Value) -> Value {
    let required: Vec<String> =
        properties.as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default();
    json!({ "type": "object", "properties": properties, "required": required })
}

/// The argument of that name, as text.
fn text<'a>(args: &'a JsonObject, name: &str) -> Result<&'a str, String> {
    args.get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("the argument `{name}` is missing or is no text"))
}

#[cfg(test)]
mod tests;
