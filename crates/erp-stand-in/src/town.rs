//! Stand-ins for what an office has around it: customers, mail, a public page, notes, files and a
//! bank. Each does what it is told at once and writes it down, as a careless system would, so that
//! a test can count from outside what an agent really brought about.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
    JsonObject, ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use serde_json::{Value, json};

use crate::server::tool;

/// A tool of the town: its server, its name, what it does, and its arguments.
type Offer = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const TOOLS: &[Offer] = &[
    ("crm", "find", "Finds a customer by name.", &[("name", "the name")]),
    (
        "mail",
        "send",
        "Sends a message.",
        &[("to", "the address"), ("subject", "what it is about"), ("text", "the message")],
    ),
    ("public", "post", "Puts a text on the public page.", &[("text", "the text")]),
    ("notes", "save", "Keeps a note.", &[("text", "the note")]),
    ("notes", "read", "Gives the last note.", &[("about", "what it is about")]),
    ("files", "delete", "Deletes a file.", &[("path", "the file")]),
    (
        "bank",
        "pay",
        "Pays.",
        &[("iban", "the account"), ("amount", "how much"), ("currency", "of what")],
    ),
];

/// One of the town's servers.
pub struct Town {
    server: String,
    /// Every call, one line of JSON each.
    log: Mutex<File>,
    path: PathBuf,
    /// Customers by name.
    customers: BTreeMap<String, Value>,
}

impl Town {
    /// Opens a server's log. Its customers stand in `customers.json` beside it.
    pub fn open(server: &str, log: &Path) -> Result<Self, String> {
        if !TOOLS.iter().any(|(own, ..)| *own == server) {
            return Err(format!("the town has no `{server}`"));
        }
        let file = OpenOptions::new().create(true).append(true).open(log);
        let file = file.map_err(|why| format!("{}: {why}", log.display()))?;
        let customers = match fs::read_to_string(log.with_file_name("customers.json")) {
            Ok(text) => serde_json::from_str(&text).map_err(|why| why.to_string())?,
            Err(_) => BTreeMap::new(),
        };
        let (server, path) = (server.to_owned(), log.to_owned());
        Ok(Self { server, log: Mutex::new(file), path, customers })
    }

    /// What the server says of its tools now: `changed.json` beside the log may give a tool another
    /// `name`, another `description`, or one more `argument`.
    fn offered(&self) -> Vec<Tool> {
        let file = fs::read_to_string(self.path.with_file_name("changed.json"));
        let changed: Value =
            file.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let offered = |(server, name, does, args): &'static Offer| {
            let change = changed.get(format!("{server}.{name}"));
            let said = |key: &str| change?.get(key)?.as_str().map(str::to_owned);
            let mut args = args.to_vec();
            let more = said("argument");
            args.extend(more.as_deref().map(|name| (name, "one more")));
            let gives = json!({ "type": "object" });
            let name = said("name").unwrap_or_else(|| (*name).to_owned());
            let does = said("description").unwrap_or_else(|| (*does).to_owned());
            tool(name, does, &args, &gives)
        };
        self.tools().map(offered).collect()
    }

    fn tools(&self) -> impl Iterator<Item = &'static Offer> {
        TOOLS.iter().filter(|(own, ..)| *own == self.server)
    }

    fn answer(&self, name: &str, args: &JsonObject) -> Result<Value, String> {
        if !self.tools().any(|(_, own, ..)| *own == name) {
            return Err(format!("there is no tool `{name}`"));
        }
        let line = json!({ "tool": format!("{}.{name}", self.server), "args": args });
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.write_all(format!("{line}\n").as_bytes()).map_err(|why| why.to_string())?;
        drop(log);
        let text = |key: &str| args.get(key).and_then(Value::as_str).unwrap_or_default();
        match name {
            "find" => {
                let found = self.customers.get(text("name")).cloned();
                Ok(json!({ "found": found.is_some(), "customer": found }))
            }
            "read" => self.last_note(),
            _ => Ok(json!({ "done": true })),
        }
    }

    fn last_note(&self) -> Result<Value, String> {
        let log = fs::read_to_string(&self.path).map_err(|why| why.to_string())?;
        let calls = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut notes = calls.filter(|call| call.get("tool") == Some(&Value::from("notes.save")));
        let last = notes.next_back().and_then(|call| call.pointer("/args/text").cloned());
        Ok(json!({ "text": last.unwrap_or_else(|| Value::from("office@harbour.example")) }))
    }
}

/// Serves until the client closes our input.
pub async fn serve(town: Town) -> Result<(), String> {
    let running =
        town.serve(rmcp::transport::stdio_pipes()).await.map_err(|why| why.to_string())?;
    running.waiting().await.map_err(|why| why.to_string())?;
    Ok(())
}

impl ServerHandler for Town {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("town-stand-in", env!("CARGO_PKG_VERSION")))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.offered()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        Ok(match self.answer(&request.name, &request.arguments.unwrap_or_default()) {
            Ok(value) => CallToolResult::structured(value),
            Err(why) => CallToolResult::error(vec![ContentBlock::text(why)]),
        }
        .into())
    }
}
