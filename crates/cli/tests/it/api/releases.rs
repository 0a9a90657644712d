//! Releases over HTTP: who may, what is refused, and that they are the same as on the command line.

use serde_json::json;

use super::{CLERK, LEAD, Up};

const PATH: &str = "/api/v1/workspaces/desk/releases";

#[test]
fn a_workflow_is_deployed_tried_and_gone_back_from() {
    let up = Up::start(&["001"]);
    let none = up.get(PATH).json();
    assert_eq!(none, json!({ "releases": [] }));
    let untried = json!({ "workflow": "invoice_intake", "untried": true, "reason": "a test" });
    let cases = up.office.root().join("cases/invoice_intake");
    std::fs::create_dir_all(&cases).unwrap();
    std::fs::write(cases.join("001.yaml"), "case: { name: a.pdf }\nexpect: done\n").unwrap();
    // It takes the right, and a person who answers for the workflow.
    up.post_as(CLERK, PATH, &untried).problem(403, "not-permitted");
    for (wrong, status, kind) in [
        (json!({ "workflow": "invoice_intake", "untried": true }), 422, "invalid"),
        (json!({ "workflow": "invoice_intake", "share": 2_000_000 }), 422, "invalid"),
        (json!({ "workflow": "nothing" }), 422, "invalid"),
        (json!({ "workflow": "invoice_intake", "so": 1 }), 422, "invalid"),
        // Cases are kept, so they are tried.
        (untried, 422, "invalid"),
        // There is no live release to compare a canary with.
        (json!({ "workflow": "invoice_intake", "share": 100_000 }), 422, "invalid"),
    ] {
        up.post_as(LEAD, PATH, &wrong).problem(status, kind);
    }
    std::fs::remove_dir_all(cases).unwrap();
    // That there is no case has to be said.
    let plain = json!({ "workflow": "invoice_intake" });
    up.post_as(LEAD, PATH, &plain).problem(409, "conflict");
    let order = json!({ "workflow": "invoice_intake", "untried": true, "reason": "a test" });
    // What says of itself that it is not settled does not become live.
    let map = up.office.root().join("workflows/invoice_intake.md");
    let settled = std::fs::read_to_string(&map).unwrap();
    let open = settled.replacen("\nrisk:", "\nopen: [ Who pays in Turkish lira? ]\nrisk:", 1);
    std::fs::write(&map, open).unwrap();
    let refused = up.post_as(LEAD, PATH, &order);
    assert!(refused.body.contains("Who pays in Turkish lira?"), "{}", refused.body);
    assert!(refused.body.contains("open_questions"), "{}", refused.body);
    refused.problem(409, "conflict");
    std::fs::write(&map, settled).unwrap();
    let first = up.post_as(LEAD, PATH, &order);
    assert_eq!(first.status, 200, "{}", first.body);
    let first = first.json();
    assert_eq!((&first["changed"], &first["canary"]), (&json!(true), &json!(null)), "{first}");
    let again = up.post_as(LEAD, PATH, &order).json();
    assert_eq!((&again["changed"], &again["live"]), (&json!(false), &first["live"]), "{again}");
    // Nothing is tried, and nothing was live before.
    let promote = json!({ "workflow": "invoice_intake" });
    assert_ne!(up.post_as(LEAD, &format!("{PATH}/promote"), &promote).status, 200);

    // A release that differs is tried on a share, and made live.
    let agents = up.office.root().join("AGENTS.md");
    let text = std::fs::read_to_string(&agents).unwrap_or_default();
    std::fs::write(&agents, format!("{text}\nRead every line twice.\n")).unwrap();
    let share = json!({ "workflow": "invoice_intake", "untried": true, "reason": "a test",
        "share": 500_000 });
    let tried = up.post_as(LEAD, PATH, &share).json();
    assert_eq!(tried["live"], first["live"], "{tried}");
    assert!(!tried["new"].as_array().unwrap().is_empty(), "{tried}");
    let listed = up.get(&format!("{PATH}?workflow=invoice_intake")).json();
    let listed = listed["releases"].as_array().unwrap().clone();
    assert_eq!(listed[0]["release"], tried["canary"], "{listed:?}");
    assert_eq!(listed[0]["compared"]["verdict"], "goes", "{listed:?}");
    assert_eq!(listed[1]["state"], "live", "{listed:?}");
    let promoted = up.post_as(LEAD, &format!("{PATH}/promote"), &promote).json();
    assert_eq!(promoted["live"], tried["canary"], "{promoted}");
    let said = up.office.say(&["releases", "invoice_intake", "--json"]).json();
    assert_eq!(said[0]["release"], promoted["live"], "{said:?}");

    // Going back takes a reason, and the release is named by how its id begins.
    let back = format!("{PATH}/rollback");
    let to = first["live"].as_str().unwrap();
    up.post_as(LEAD, &back, &promote).problem(422, "invalid");
    let unknown = json!({ "workflow": "invoice_intake", "to": "zz", "reason": "a test" });
    up.post_as(LEAD, &back, &unknown).problem(422, "invalid");
    up.post_as(CLERK, &back, &json!({ "workflow": "invoice_intake", "reason": "mine" }))
        .problem(403, "not-permitted");
    let order = json!({ "workflow": "invoice_intake", "to": &to[..8], "reason": "slower" });
    let gone = up.post_as(LEAD, &back, &order).json();
    assert_eq!((&gone["live"], &gone["left"]), (&first["live"], &promoted["live"]), "{gone}");
    let listed = up.get(PATH).json();
    assert!(listed["releases"][0]["ended"].as_str().unwrap().contains("slower"), "{listed}");
}
