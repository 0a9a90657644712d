//! The description that is checked in. What the answers say, and that nobody is answered without
//! signing in, is tested from outside, with the built program.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::path::Path;

use serde_json::Value;

#[test]
fn the_description_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let fresh = crate::openapi();
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    if stored != fresh {
        std::fs::write(&path, &fresh).unwrap();
        panic!("docs/openapi.json was stale and is written anew: look at the change");
    }
}

#[test]
fn every_operation_is_named_and_says_what_it_answers() {
    let document: Value = serde_json::from_str(&crate::openapi()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut names = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap().to_owned();
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{method} {path}");
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.keys().any(|code| code.starts_with(['2', '3'])), "{name}");
            let open = operation["security"] == Value::Array(Vec::new());
            assert!(answers.contains_key("4XX") || open, "{name}");
            let takes = operation["x-right"].as_str();
            assert_eq!(
                takes.is_some(),
                path.starts_with("/api/v1/workspaces/"),
                "{name}: {takes:?}"
            );
            names.push(name);
        }
    }
    assert_eq!(document["security"][0]["token"], Value::Array(Vec::new()));
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!((names.len(), count), (69, 69), "{names:?}");
}
