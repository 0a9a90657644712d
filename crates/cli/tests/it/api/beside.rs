//! What passes between this product and another one over HTTP: a workflow as a map, and a log that
//! is looked at and kept nowhere.

use serde_json::json;

use super::{STARTER, Up};

const HERE: &str = "/api/v1/workspaces/desk";

#[test]
fn a_map_is_handed_on_and_a_log_is_looked_at_and_not_kept() {
    let up = Up::start(&[]);
    let made = up.get(&format!("{HERE}/workflows/invoice_intake/export"));
    assert_eq!(made.status, 200, "{}", made.body);
    let made = made.json();
    assert!(made["map"]["nodes"].as_array().unwrap().len() > 10);
    let lines = made["lines"].as_array().unwrap();
    assert!(lines.iter().any(|line| line["field"] == "limits" && line["carried"] == false));
    assert_eq!(up.get(&format!("{HERE}/workflows/nothing/export")).status, 404);

    let path = format!("{HERE}/foreign-log");
    let entry = r#"{"runId":"a1","event":"blast_radius_block","message":"no\u001b[2J way"}"#;
    let seen = up.post_as(STARTER, &path, &json!({ "text": format!("{entry}\nno entry\n") }));
    assert_eq!(seen.status, 200, "{}", seen.body);
    let seen = seen.json();
    assert!(seen["says"].as_str().unwrap().contains("proves nothing"));
    assert_eq!(seen["runs"][0]["groups"], json!({ "errors": 1, "limits": 1 }));
    assert_eq!(seen["entries"][0]["about"], json!(["limits", "errors"]));
    assert!(!seen["entries"][0]["says"].as_str().unwrap().contains('\u{1b}'));
    assert_eq!((&seen["unread_in_all"], &seen["unread"][0]["line"]), (&json!(1), &json!(2)));
    let long = json!({ "text": "x".repeat(1_000_001) });
    assert_eq!(up.post_as(STARTER, &path, &long).status, 422);
}
