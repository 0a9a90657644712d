//! The pool as the client that the protocol's conformance suite looks at: it reaches the server
//! whose address is its last argument, approves what is offered, and calls each tool once, with the
//! arguments the suite hands over or with some that fit the tool's schema. It must know no scenario.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a program for the suite alone: what fails is to be seen at once"
)]

#[path = "../tests/servers/permit.rs"]
mod permit;

use std::collections::BTreeMap;
use std::process::ExitCode;

use plan::ids::{PersonId, ToolName};
use plan::lock::Lock;
use plan::workflow::Effect;
use serde_json::{Map, Value, json};
use tools::pin::{Declared, pin};
use tools::{Launcher, Remote, Secret, ServerSpec, Tools, Way};

const TIME_OUT_MS: u64 = 20_000;

#[tokio::main]
async fn main() -> ExitCode {
    let url = std::env::args().next_back().expect("an address");
    let way = Remote { url: Secret::new(url), headers: BTreeMap::new(), private: false };
    let spec = ServerSpec::new("suite", Way::Remote(way));
    let first = Tools::new(vec![spec.clone()], &Lock::default(), Launcher::Direct);
    let offered = match first.offered("suite").await {
        Ok(offered) => offered,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    first.close().await;
    let mut lock = Lock::default();
    for tool in &offered {
        let Ok(name) = ToolName::new(&format!("suite.{}", tool.name)) else { continue };
        let declared = Declared { effect: Some(Effect::Write), ..Declared::default() };
        let by = PersonId::new("suite").unwrap();
        match pin(lock.clone(), &name, tool, &declared, by, "2026-11-27", None) {
            Ok(more) => lock = more,
            Err(why) => eprintln!("{why}"),
        }
    }
    let pool = Tools::new(vec![spec], &lock, Launcher::Direct);
    for (name, args) in calls(&lock) {
        let pinned = &lock.tools[&name];
        let permit = permit::permit(name.as_str(), &pinned.digest, &args.to_string(), TIME_OUT_MS);
        if let Err(failure) = pool.call(permit).await.outcome.result {
            // An error that a tool states is an answer too.
            eprintln!("{name}: {}", failure.text);
        }
    }
    pool.close().await;
    ExitCode::SUCCESS
}

/// What is called: what the suite asks for, or every tool.
fn calls(lock: &Lock) -> Vec<(ToolName, Value)> {
    let context = std::env::var("MCP_CONFORMANCE_CONTEXT").unwrap_or_default();
    let context: Value = serde_json::from_str(&context).unwrap_or_default();
    if let Some(asked) = context["toolCalls"].as_array() {
        let named = |call: &Value| {
            let name = ToolName::new(&format!("suite.{}", call["name"].as_str()?)).ok()?;
            lock.tools.contains_key(&name).then(|| (name, call["arguments"].clone()))
        };
        return asked.iter().filter_map(named).collect();
    }
    let all = lock.tools.iter();
    all.map(|(name, pinned)| (name.clone(), fitting(&pinned.definition.input))).collect()
}

/// Arguments of the types that a schema wants.
fn fitting(schema: &Value) -> Value {
    let mut args = Map::new();
    for (name, wanted) in schema["properties"].as_object().into_iter().flatten() {
        let value = match wanted["type"].as_str() {
            Some("number" | "integer") => json!(3),
            Some("boolean") => json!(true),
            Some("array") => json!([]),
            Some("object") => json!({}),
            _ => json!("text"),
        };
        args.insert(name.clone(), value);
    }
    Value::Object(args)
}
