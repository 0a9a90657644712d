//! Schemas for strict modes, and names that the wire can carry.

use std::sync::Arc;

use journal::ToolDef;
use plan::ids::ToolName;
use serde_json::{Value, json};

use super::Shapes;

fn shapes() -> Shapes {
    Shapes::new(|name, _| json!(name), Value::clone)
}

#[test]
fn schemas_that_a_strict_mode_takes() {
    let closed = json!({ "type": "object", "properties": { "a": {} }, "required": ["a"],
                         "additionalProperties": false });
    let nested = json!({ "type": "array", "items": { "type": "object" } });
    for (schema, wanted) in [(closed, true), (nested, false), (json!({ "type": "string" }), true)] {
        let shapes = shapes();
        let schema: Arc<Value> = Arc::new(schema);
        let text = shapes.schema(&schema).unwrap();
        assert_eq!(text.1, wanted, "{schema}");
        assert!(Arc::ptr_eq(&text, &shapes.schema(&schema).unwrap()));
    }
}

#[test]
fn tools_whose_names_the_wire_makes_equal_stay_apart() {
    let long = "x".repeat(100);
    let names = ["a.b/c", "a.b.c", &format!("s.{long}"), &format!("s.{long}y")];
    let def = |name: &&str| ToolDef {
        tool: ToolName::new(name).unwrap(),
        description: String::new(),
        input: Value::Null,
    };
    let tools: Arc<[ToolDef]> = names.iter().map(def).collect();
    let shapes = shapes();
    let toolbox = shapes.tools(&tools).unwrap();
    for name in names {
        let wire = toolbox.wire(name).unwrap();
        assert!(wire.len() <= 64, "{wire}");
        assert_eq!(toolbox.name(wire), Some(name));
    }
}
