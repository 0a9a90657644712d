//! Trace context that comes with a case: kept where it is well formed, and otherwise as if it had
//! not been sent.

use serde_json::json;

use super::{Up, document};

#[test]
fn the_span_of_whoever_starts_a_case_is_kept_with_it() {
    let up = Up::start(&["001", "002"]);
    let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let begun = |start: &str, header: &str| {
        let name = document(&up.office, start);
        let case = json!({ "workflow": "invoice_intake", "case": { "name": name } });
        let answer = up.post("/api/v1/workspaces/desk/cases", header, &case);
        assert_eq!(answer.status, 201, "{}", answer.body);
        let run = answer.json()["id"].as_str().unwrap().to_owned();
        up.get(&format!("/api/v1/workspaces/desk/cases/{run}/records")).body
    };
    let kept = begun("001", &format!("\r\ntraceparent: 00-{trace}-{span}-01"));
    assert!(kept.contains(trace) && kept.contains(span), "{kept}");
    let unkept = begun("002", &format!("\r\ntraceparent: 00-{trace}-nothing-01"));
    assert!(unkept.contains("opened") && !unkept.contains(trace), "{unkept}");
}
