//! The helpdesk's tools and the protocol around them. It never misbehaves: that is the accounting
//! system's part.

use std::sync::{Mutex, PoisonError};

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
    JsonObject, ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use serde_json::{Value, json};

use super::{Desk, Wish};
use crate::books::BooksError;
use crate::server::{Key, read, tool};

struct Helpdesk(Mutex<Desk>);

/// Serves until the client closes our input.
pub async fn serve(desk: Desk) -> Result<(), String> {
    let serving = Helpdesk(Mutex::new(desk)).serve(rmcp::transport::stdio_pipes()).await;
    let running = serving.map_err(|why| why.to_string())?;
    running.waiting().await.map_err(|why| why.to_string())?;
    Ok(())
}

impl Helpdesk {
    fn answer(&self, tool: &str, args: JsonObject) -> Result<Value, String> {
        let said = |why: BooksError| why.to_string();
        let mut desk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match tool {
            "file_ticket" => {
                let wish: Wish = read(args)?;
                Ok(json!(desk.file(&wish).map_err(said)?))
            }
            "find_ticket" => {
                let Key { key } = read(args)?;
                let ticket = desk.find(&key).map_err(said)?;
                Ok(json!({ "found": ticket.is_some(), "ticket": ticket }))
            }
            other => Err(format!("there is no tool `{other}`")),
        }
    }
}

impl ServerHandler for Helpdesk {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("helpdesk-stand-in", env!("CARGO_PKG_VERSION")))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        Ok(match self.answer(&request.name, request.arguments.unwrap_or_default()) {
            Ok(value) => CallToolResult::structured(value),
            Err(why) => CallToolResult::error(vec![ContentBlock::text(why)]),
        }
        .into())
    }
}

fn tools() -> Vec<Tool> {
    let ticket = json!({ "type": "object", "properties": {
        "id": { "type": "string" }, "queue": { "type": "string" }, "message": { "type": "string" },
        "sender": { "type": "string" }, "wording": { "type": "string" }, "key": { "type": "string" },
        "linked_to": { "type": "string" },
    } });
    let found = json!({ "type": "object", "properties": {
        "found": { "type": "boolean" }, "ticket": { "type": ["object", "null"] },
    } });
    vec![
        tool(
            "file_ticket",
            "Files a message as a ticket in the queue of a team. Nothing is sent to anybody.",
            &[
                ("queue", "warehouse, aftersales, accounts, sales or junk"),
                ("message", "the message's number"),
                ("sender", "who wrote it"),
                ("wording", "keys of its wording; tickets of one sender that share one are linked"),
                ("key", "the key of this request; the same again files nothing new"),
            ],
            &ticket,
        ),
        tool("find_ticket", "Finds the ticket filed with a key.", &[("key", "the key")], &found),
    ]
}
