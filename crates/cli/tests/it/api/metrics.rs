//! What is measured, as other people's client of it reads it, and whether work may be sent.

use std::process::Command;

use serde_json::{Value, json};

use super::{Up, document};
use crate::office::project;

#[test]
fn what_is_measured_is_read_by_the_client_of_prometheus() {
    let up = Up::start(&["001"]);
    let name = document(&up.office, "001");
    let started = up.begin(&name, "measured").json();
    up.until(started["id"].as_str().unwrap(), "done");
    let said = up.get("/api/v1/workspaces/desk/metrics");
    assert!(said.status == 200 && said.head.contains("version=0.0.4"), "{}", said.head);
    let read = prometheus(&said.body);
    let ended = &read["flightdeck_cases_ended"];
    assert_eq!(ended["type"], "counter", "{read}");
    let labels = json!({ "flightdeck_end": "done", "flightdeck_workflow": "invoice_intake" });
    assert_eq!(ended["samples"][0][1], labels, "{read}");
    assert_eq!(ended["samples"][0][2].as_f64(), Some(1.0));
    let spread = &read["gen_ai_client_operation_duration_seconds"];
    assert_eq!(spread["type"], "histogram", "{read}");
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

/// What the client of Prometheus reads out of a text: each family's kind and its samples.
fn prometheus(text: &str) -> Value {
    let code = "import json,sys; from prometheus_client.parser import text_string_to_metric_families as read\n\
                all=read(sys.argv[1])\n\
                print(json.dumps({f.name:{'type':f.type,'samples':[[s.name,s.labels,s.value] for s in \
                f.samples]} for f in all}))";
    let python = project().join("target/receivers/bin/python");
    let said = Command::new(python).args(["-c", code, text]).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    serde_json::from_slice(&said.stdout).unwrap()
}
