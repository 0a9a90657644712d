//! What is measured, as other people's client of it reads it, and whether work may be sent.

use serde_json::json;

use super::{Up, document};

#[test]
fn what_is_measured_is_read_by_the_client_of_prometheus() {
    let up = Up::start(&["001"]);
    let name = document(&up.office, "001");
    let started = up.begin(&name, "measured").json();
    up.until(started["id"].as_str().unwrap(), "done");
    let said = up.get("/api/v1/workspaces/desk/metrics");
    assert!(said.status == 200 && said.head.contains("version=0.0.4"), "{}", said.head);
    let read = crate::collector::prometheus(&said.body);
    let ended = &read["flightdeck_cases_ended"];
    assert_eq!(ended["type"], "counter", "{read}");
    let labels = json!({ "flightdeck_end": "done", "flightdeck_workflow": "invoice_intake" });
    assert_eq!(ended["samples"][0], json!(["flightdeck_cases_ended_total", labels, 1.0]));
    let spread = &read["gen_ai_client_operation_duration_seconds"];
    assert_eq!(spread["type"], "histogram", "{read}");
    assert_eq!(spread["samples"][0][1]["gen_ai_provider_name"], "openai");
    let acts = read["flightdeck_acts"]["samples"].as_array().unwrap();
    assert!(acts.iter().any(|a| a[1]["gen_ai_tool_name"] == "erp.create_draft"), "{read}");
    assert!(!said.body.contains(&name), "what a case says is in none of it");
    assert_eq!(up.get("/health/live").status, 204);
    assert_eq!(up.get("/health/ready").json(), json!({ "ready": true }));
    let stop = json!({ "scope": { "of": "everything" }, "reason": "a test" });
    assert_eq!(up.post("/api/v1/workspaces/desk/stops", "", &stop).status, 200);
    assert_eq!(up.get("/health/ready").status, 503);
    assert_eq!(up.get("/health/live").status, 204, "it lives all the same");
}
