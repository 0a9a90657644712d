//! What a server offers, tool by tool, as it says so now. It must not believe a word of it: what a
//! tool may do is said by a person.

use std::sync::Arc;

use plan::lock::Definition;
use rmcp::model::{ClientRequest, ListToolsRequest, PaginatedRequestParams, ServerResult, Tool};
use rmcp::service::{Peer, RoleClient};
use serde_json::{Map, Value};

use crate::connection::unanswered;
use crate::pin;

/// A server that offers more tools than this is broken or means harm.
const TOOLS_MAX: usize = 2000;

/// A tool as a server offers it now.
#[derive(Debug, Clone, PartialEq)]
pub struct Offered {
    /// The server's own name for it.
    pub name: String,
    pub definition: Definition,
    /// The digest of the definition, to be compared with the approved one.
    pub digest: String,
    /// What is hidden in the definition, in words.
    pub hidden: Option<String>,
    pub hints: Hints,
}

/// What a server claims about its own tool. Nothing rests on it; a person may want to read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hints {
    pub read_only: Option<bool>,
    pub destructive: Option<bool>,
    pub idempotent: Option<bool>,
    pub open_world: Option<bool>,
}

impl Offered {
    pub(crate) fn of(tool: Tool) -> Self {
        let definition = Definition {
            title: tool.title,
            description: tool.description.map(String::from).unwrap_or_default(),
            input: Value::Object(Map::clone(&tool.input_schema)),
            output: tool.output_schema.map(|s| Value::Object(Map::clone(&s))),
        };
        let name = String::from(tool.name);
        let hints = tool.annotations.map_or_else(Hints::default, |a| Hints {
            read_only: a.read_only_hint,
            destructive: a.destructive_hint,
            idempotent: a.idempotent_hint,
            open_world: a.open_world_hint,
        });
        Self {
            hidden: pin::hidden(&name, &definition),
            // A definition that has no canonical form has no digest, and equals no approved one.
            digest: definition.digest(&name).unwrap_or_default(),
            name,
            definition,
            hints,
        }
    }
}

/// Asks for all tools, page by page. Nothing is taken from a cache: the question is what the
/// server offers now.
pub(crate) async fn list(peer: &Peer<RoleClient>) -> Result<Arc<[Offered]>, String> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let params = PaginatedRequestParams::default().with_cursor(cursor.clone());
        let request = ListToolsRequest { params: Some(params), ..ListToolsRequest::default() };
        let answer = peer
            .send_request(ClientRequest::ListToolsRequest(request))
            .await
            .map_err(|why| unanswered(&why))?;
        let ServerResult::ListToolsResult(page) = answer else {
            return Err("the answer is no list of tools".to_owned());
        };
        all.extend(page.tools.into_iter().map(Offered::of));
        if all.len() > TOOLS_MAX {
            return Err(format!("it offers more than {TOOLS_MAX} tools"));
        }
        match page.next_cursor {
            // A server may send an empty page with a cursor for ever; the time-out ends that.
            Some(next) if cursor.as_ref() != Some(&next) => cursor = Some(next),
            _ => return Ok(all.into()),
        }
    }
}
