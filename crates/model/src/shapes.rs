//! Schemas and tool definitions as JSON text, written once per release instead of once per call.
//! It must not change what they say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use journal::ToolDef;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::wire::{Offered, OfferedFunction};

/// Entries of one kind; beyond it the memory of old releases is let go.
const ENTRIES_MAX: usize = 512;
/// The longest name of a tool that vendors take.
const NAME_MAX: usize = 64;

/// A schema's text, and whether a vendor's strict mode can take it.
pub(crate) type Schema = (Box<RawValue>, bool);

type Kept<From, Made> = Mutex<HashMap<usize, (From, Arc<Made>)>>;

/// The texts, by the address of what they are made of. Each entry holds on to that, so no address
/// is used twice.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    schemas: Kept<Arc<Value>, Schema>,
    tools: Kept<Arc<[ToolDef]>, Toolbox>,
}

impl Shapes {
    /// The text of a schema.
    pub(crate) fn schema(&self, schema: &Arc<Value>) -> Result<Arc<Schema>, serde_json::Error> {
        let mut known = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Arc::as_ptr(schema).addr();
        if let Some((_, text)) = known.get(&place) {
            return Ok(text.clone());
        }
        let text = Arc::new((to_raw_value(&**schema)?, strict(schema)));
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
        let toolbox = Arc::new(Toolbox::new(tools)?);
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
    fn new(tools: &[ToolDef]) -> Option<Self> {
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
        let offered: Vec<Offered<'_>> = tools
            .iter()
            .zip(&names)
            .map(|(tool, (wire, _))| Offered {
                kind: "function",
                function: OfferedFunction {
                    name: wire,
                    description: &tool.description,
                    parameters: &tool.input,
                },
            })
            .collect();
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
