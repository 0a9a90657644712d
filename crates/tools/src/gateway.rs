//! Tools offered to an agent that runs elsewhere, as an MCP server. What a call comes to is said
//! by whoever stands behind the gate; nothing here performs one, or changes what was said.

use std::pin::Pin;
use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use serde_json::{Map, Value};

use crate::serve::ServeError;

/// A tool as it is offered.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    pub name: String,
    pub description: String,
    /// The schema of its arguments.
    pub input: Map<String, Value>,
}

/// What a call came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The result, as a tool of the pool gave it.
    Given(String),
    /// Words for the agent: refused, waiting, or over.
    Not(String),
}

/// A reply on its way.
pub type Replying<'a> = Pin<Box<dyn Future<Output = Reply> + Send + 'a>>;

/// Whoever stands behind the gate.
pub trait Gate: Send + Sync + 'static {
    /// What the agent is to do, in the operator's words.
    fn about(&self) -> String;
    fn offers(&self) -> Vec<Offer>;
    fn call(&self, tool: String, args: Map<String, Value>) -> Replying<'_>;
}

/// Serves the gate on standard input and output until the agent goes.
pub async fn stdio(gate: Arc<dyn Gate>) -> Result<(), ServeError> {
    let client = |why: String| ServeError::Client(why);
    let running = Front(gate)
        .serve(rmcp::transport::stdio_pipes())
        .await
        .map_err(|why| client(why.to_string()))?;
    running.waiting().await.map_err(|why| client(why.to_string()))?;
    Ok(())
}

struct Front(Arc<dyn Gate>);

impl ServerHandler for Front {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("flightdeck", env!("CARGO_PKG_VERSION")))
            .with_instructions(self.0.about())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = |offer: Offer| Tool::new(offer.name, offer.description, Arc::new(offer.input));
        Ok(ListToolsResult::with_all_items(self.0.offers().into_iter().map(tool).collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let args = request.arguments.unwrap_or_default();
        Ok(match self.0.call(request.name.into_owned(), args).await {
            Reply::Given(text) => given(text).into(),
            Reply::Not(why) => CallToolResult::error(vec![ContentBlock::text(why)]).into(),
        })
    }
}

/// The pool makes `{"text": ..}` of a text; here it becomes the text again, and an object is given
/// as a structure too.
fn given(text: String) -> CallToolResult {
    let Ok(Value::Object(object)) = serde_json::from_str(&text) else {
        return CallToolResult::success(vec![ContentBlock::text(text)]);
    };
    match (object.len(), object.get("text")) {
        (1, Some(Value::String(only))) => {
            CallToolResult::success(vec![ContentBlock::text(only.clone())])
        }
        _ => CallToolResult::structured(Value::Object(object)),
    }
}
