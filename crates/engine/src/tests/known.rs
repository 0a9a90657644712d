//! Grounded fields whose values a table knows: what labels leave open, a table may settle.

use journal::{Record, Status};
use serde_json::{Value, json};

use super::engine;
use crate::rig::Rig;

const READ: &str = r"  - step: read
    agent: clerk
    from: case.text
    copy: { order: { find: id, optional: true, known_in: orders.order } }
";

/// The step's output over a text, and how the case stands.
fn read(text: &str) -> (Option<Value>, Status, u32) {
    let engine = engine("", READ);
    let mut rig = Rig::new(1);
    let mut case = super::case();
    case["text"] = json!(text);
    let run = rig.open(&engine, &case);
    rig.settle();
    let held = &rig.runs[&run];
    let bound = rig.records(run).into_iter().find_map(|record| match record {
        Record::Bound { at, body } if at.step.as_str() == "read" => held.env.get(body).cloned(),
        _ => None,
    });
    let value = bound.as_ref().and_then(|body| body.value()).map(|v| v["order"].clone());
    rig.audit(run);
    (value, rig.status(run), rig.world.calls.get("table.read_query").copied().unwrap_or(0))
}

#[test]
fn a_table_settles_what_no_label_names() {
    let (order, status, asked) = read("We deliver Q-5512 on Monday.\nRegards, K-9 Transport\n");
    assert_eq!((order, status, asked), (Some(json!("Q-5512")), Status::Done, 1));
    let (order, status, _) = read("We deliver Q-5512 and PO-4471 on Monday.\n");
    assert_eq!(order, Some(Value::Null), "which one is not for a program to choose");
    assert_eq!(status, Status::Waiting);
    let (order, status, asked) = read("We deliver Q-9999 on Monday.\n");
    assert_eq!((order, asked), (Some(Value::Null), 1), "no label and no row: there is none");
    assert_eq!(status, Status::Done);
    let (order, _, asked) = read("Purchase order: X-7781\n\nSee also Q-5512\n");
    assert_ne!(order, Some(json!("Q-5512")), "a table overrules no label");
    assert!(asked <= 1);
}
