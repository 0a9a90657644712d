//! Schemas and tool definitions as JSON text, written once per release instead of once per call.
//! It must not change what they say.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use journal::{ToolCall, ToolDef};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

/// Entries of one kind; beyond it the memory of old releases is let go.
const ENTRIES_MAX: usize = 512;
/// The longest name of a tool that vendors take.
const NAME_MAX: usize = 64;

/// A schema's text, and whether a vendor's strict mode can take it.
pub(crate) type Schema = (Box<RawValue>, bool);

type Kept<From, Made> = Mutex<HashMap<usize, (From, Arc<Made>)>>;

/// The texts, by the address of what they are made of. Each entry holds on to that, so no address
/// is used twice.
#[derive(Debug)]
pub(crate) struct Shapes {
    /// A tool as the vendor's format offers it, under its wire name.
    offer: fn(&str, &ToolDef) -> Value,
    /// A schema as the vendor takes it.
    form: fn(&Value) -> Value,
    schemas: Kept<Arc<Value>, Schema>,
    tools: Kept<Arc<[ToolDef]>, Toolbox>,
}

impl Shapes {
    pub(crate) fn new(offer: fn(&str, &ToolDef) -> Value, form: fn(&Value) -> Value) -> Self {
        Self { offer, form, schemas: Mutex::default(), tools: Mutex::default() }
    }

    /// The text of a schema.
    pub(crate) fn schema(&self, schema: &Arc<Value>) -> Result<Arc<Schema>, serde_json::Error> {
        let mut known = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Arc::as_ptr(schema).addr();
        if let Some((_, text)) = known.get(&place) {
            return Ok(text.clone());
        }
        let text = Arc::new((to_raw_value(&(self.form)(schema))?, strict(schema)));
        if known.len() >= ENTRIES_MAX {
            known.clear();
        }
        known.insert(place, (schema.clone(), text.clone()));
        Ok(text)
    }

    /// The tools as they are offered; `None` if there are none.
    pub(crate) fn tools(&self, tools: &Arc<[ToolDef]>) -> Option<Arc<Toolbox>> {
        if tools.is_empty() {
            return None;
        }
        let mut known = self.tools.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Arc::as_ptr(tools).cast::<ToolDef>().addr();
        if let Some((_, toolbox)) = known.get(&place) {
            return Some(toolbox.clone());
        }
        let toolbox = Arc::new(Toolbox::new(tools, self.offer)?);
        if known.len() >= ENTRIES_MAX {
            known.clear();
        }
        known.insert(place, (tools.clone(), toolbox.clone()));
        Some(toolbox)
    }
}

/// Tools as one vendor sees them.
#[derive(Debug)]
pub(crate) struct Toolbox {
    raw: Box<RawValue>,
    /// Wire name and own name.
    names: Vec<(String, String)>,
}

impl Toolbox {
    fn new(tools: &[ToolDef], offer: fn(&str, &ToolDef) -> Value) -> Option<Self> {
        let mut names: Vec<(String, String)> = Vec::with_capacity(tools.len());
        for (n, tool) in tools.iter().enumerate() {
            let mut wire = wire_name(tool.tool.as_str());
            if names.iter().any(|(known, _)| *known == wire) {
                // Two tools that differ only in what the wire leaves out.
                let number = format!("_{n}");
                wire.truncate(NAME_MAX - number.len());
                wire.push_str(&number);
            }
            names.push((wire, tool.tool.as_str().to_owned()));
        }
        let offered: Vec<Value> =
            tools.iter().zip(&names).map(|(tool, (wire, _))| offer(wire, tool)).collect();
        Some(Self { raw: to_raw_value(&offered).ok()?, names })
    }

    pub(crate) fn raw(&self) -> &RawValue {
        &self.raw
    }

    /// A tool's own name.
    pub(crate) fn name(&self, wire: &str) -> Option<&str> {
        self.names.iter().find(|(known, _)| known == wire).map(|(_, name)| name.as_str())
    }

    /// A tool's wire name.
    pub(crate) fn wire(&self, name: &str) -> Option<&str> {
        self.names.iter().find(|(_, known)| known == name).map(|(wire, _)| wire.as_str())
    }
}

/// `erp.create_draft` as vendors take names: `erp__create_draft`, with letters, digits, `_` and `-`
/// only.
pub(crate) fn wire_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    name.replacen('.', "__", 1).chars().map(plain).take(NAME_MAX).collect()
}

/// Calls under the tools' own names where they were offered, and each with an id of its own,
/// because some servers send none.
pub(crate) fn own_names(mut calls: Vec<ToolCall>, tools: Option<&Toolbox>) -> Vec<ToolCall> {
    let mut seen = BTreeSet::new();
    for (n, call) in calls.iter_mut().enumerate() {
        if call.id.is_empty() || !seen.insert(call.id.clone()) {
            call.id = format!("call_{n}");
            seen.insert(call.id.clone());
        }
        if let Some(name) = tools.and_then(|tools| tools.name(&call.tool)) {
            call.tool = name.to_owned();
        }
    }
    calls
}

/// Whether a strict mode takes a schema: every object is closed and requires all it names. Another
/// schema is sent as a request; the answer is checked by guard in any case.
fn strict(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => {
            let object = map.get("type").and_then(Value::as_str) == Some("object")
                || map.contains_key("properties");
            let closed = map.get("additionalProperties") == Some(&Value::Bool(false));
            let named = map.get("properties").and_then(Value::as_object);
            let required = map.get("required").and_then(Value::as_array);
            let all = named.is_none_or(|named| {
                named.keys().all(|name| {
                    required.is_some_and(|list| list.iter().any(|n| n.as_str() == Some(name)))
                })
            });
            (!object || (closed && all)) && map.values().all(strict)
        }
        Value::Array(list) => list.iter().all(strict),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
