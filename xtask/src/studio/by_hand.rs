//! A second workflow for the walk, whose only act gets no answer the first time: a person allows
//! the act, and says afterwards whether it happened. It must not touch the example itself.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

/// The map, as an operator would write it.
const MAP: &str = include_str!("hand_draft.md");
/// The tools that are offered again under the name of another server.
const TOOLS: [&str; 2] = ["create_draft", "delete_draft"];

/// Who decides the campaigns that the walk describes and puts to work.
const ROLE: &str = "  brand_manager: [ ines@larkfield.example, tom@larkfield.example ]\n";

/// Adds the workflow, the server that dies once, and the approval of its tools. Nobody can look
/// there whether a call happened, so a person is called on.
pub fn add(desk: &Path) -> Result<(), String> {
    let map = desk.join("workflows").join("hand_draft.md");
    fs::write(&map, MAP).map_err(|e| format!("`{}`: {e}", map.display()))?;
    let settings = desk.join("flightdeck.yaml");
    let shown = |e: std::io::Error| format!("`{}`: {e}", settings.display());
    let text = fs::read_to_string(&settings).map_err(shown)?;
    let text = text.replacen("roles:\n", &format!("roles:\n{ROLE}"), 1);
    fs::write(&settings, text).map_err(shown)?;
    change(&desk.join(".mcp.json"), "mcpServers", |servers| {
        let args = ["--store", "stores/ledger.db", "--fault", "die:1"];
        let server =
            json!({ "command": "erp-stand-in", "args": args, "sandbox": { "write": ["stores"] } });
        servers.insert("ledger".to_owned(), server);
    })?;
    change(&desk.join("mcp.lock"), "tools", |tools| {
        for tool in TOOLS {
            let Some(mut same) = tools.get(&format!("erp.{tool}")).cloned() else { continue };
            same.as_object_mut().and_then(|same| same.remove("read_back"));
            tools.insert(format!("ledger.{tool}"), same);
        }
    })
}

/// Changes one object of a JSON file.
fn change(
    path: &Path,
    key: &str,
    with: impl FnOnce(&mut Map<String, Value>),
) -> Result<(), String> {
    let shown = |what: &dyn std::fmt::Display| format!("`{}`: {what}", path.display());
    let text = fs::read_to_string(path).map_err(|e| shown(&e))?;
    let mut all: Value = serde_json::from_str(&text).map_err(|e| shown(&e))?;
    let part = all.get_mut(key).and_then(Value::as_object_mut);
    with(part.ok_or_else(|| shown(&format!("there is no `{key}`")))?);
    fs::write(path, all.to_string()).map_err(|e| shown(&e))
}
