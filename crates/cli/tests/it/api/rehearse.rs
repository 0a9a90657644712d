//! A rehearsal over HTTP: step by step with a choice more each time, on a text that is not saved.

use serde_json::{Value, json};

use super::{CLERK, Up};

const PATH: &str = "/api/v1/workspaces/desk/rehearse";
const MAP: &str = "workflows/invoice_intake.md";

#[test]
fn a_case_is_stepped_through_and_nothing_is_stored() {
    let up = Up::start(&["001"]);
    let at = |choices: Value| {
        let wish =
            json!({ "path": MAP, "case": { "name": "001-nordwind.txt" }, "choices": choices });
        let answer = up.post(PATH, "", &wish);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    };
    let first = at(json!([]));
    assert_eq!(first["open"][0]["step"], "fetch", "{first}");
    assert_eq!(first["open"][0]["about"], "tool");
    let second = at(json!([{ "take": "default" }]));
    assert_eq!(
        (&second["open"][0]["step"], &second["open"][0]["effect"]),
        (&json!("draft"), &json!(true))
    );
    // The choices as they come back are the choices that are sent again.
    let mut choices = vec![second["taken"][0]["choice"].clone()];
    assert_eq!(at(json!(choices)), second);
    choices.extend([json!({ "take": "answer", "at": "draft" }), json!({ "take": "answer" })]);
    let over = at(json!(choices));
    assert_eq!((&over["over"], &over["case"]["status"]), (&json!(true), &json!("done")), "{over}");
    assert!(!over["case"]["story"].as_array().unwrap().is_empty());
    assert_eq!(at(json!([])), first);
    // It is nobody's case.
    let id = over["case"]["id"].as_str().unwrap();
    up.get(&format!("/api/v1/workspaces/desk/cases/{id}")).problem(404, "not-found");
    assert_eq!(up.get("/api/v1/workspaces/desk/cases").json()["cases"], json!([]));
    assert!(up.office.drafts().is_empty());
}

#[test]
fn a_text_that_is_not_saved_is_rehearsed_and_what_does_not_fit_is_refused() {
    let up = Up::start(&["001"]);
    let stored = std::fs::read_to_string(up.office.root().join(MAP)).unwrap();
    let unsaved = stored.replace("otherwise: clerk_check", "otherwise: lead_check");
    let case = json!({ "name": "001-nordwind.txt" });
    let wish = json!({ "path": MAP, "text": unsaved, "case": case });
    // Whoever may read may rehearse.
    assert_eq!(up.post_as(CLERK, PATH, &wish).status, 200);
    let broken = stored.replace("otherwise: clerk_check", "otherwise: nowhere");
    for (wish, says) in [
        (json!({ "path": MAP, "text": broken, "case": case }), "nowhere"),
        (json!({ "path": MAP, "case": { "nothing": 1 } }), "nothing"),
        (json!({ "path": MAP, "case": 7 }), "no object"),
        (json!({ "path": MAP, "case": case, "choices": [{ "take": "fly" }] }), "choices[0]"),
        (
            json!({ "path": MAP, "case": case, "choices": [{ "take": "answer", "at": "9" }] }),
            "choices[0]",
        ),
        (
            json!({ "path": MAP, "case": case, "choices": vec![json!({ "take": "default" }); 201] }),
            "200",
        ),
        (json!({ "path": MAP, "case": case, "so": 1 }), "so"),
        (json!({ "path": "../up.md" }), "path"),
        (json!({ "path": "AGENTS.md" }), "AGENTS.md"),
    ] {
        let answer = up.post(PATH, "", &wish);
        assert!((400..500).contains(&answer.status), "{}", answer.body);
        assert!(answer.body.contains(says), "{says}: {}", answer.body);
    }
    assert_eq!(std::fs::read_to_string(up.office.root().join(MAP)).unwrap(), stored);
}

#[test]
fn whoever_sends_a_map_reads_no_more_by_it_than_is_shown() {
    let up = Up::start(&["001"]);
    let told = |servers: &str| {
        up.office.change(".mcp.json", "\"inbox\"", servers);
        let wish = json!({ "path": MAP, "case": { "name": "flightdeck.yaml" } });
        let answer = up.post(PATH, "", &wish);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    };
    // A server that is opened with the whole workspace reads it for cases, not for whoever asks.
    let body = told("\".\"");
    assert!(!body.contains("Larkfield Cycles B.V. is invented"), "{body}");
}
