//! The interview over HTTP: nothing is kept between two requests, and nothing is written.

use serde_json::{Value, json};

use super::{CLERK, LEAD, Up};

const PATH: &str = "/api/v1/workspaces/desk/interview";
const FILE: &str = "workflows/invoice_intake.md";

#[test]
fn a_map_is_described_by_text_alone_and_saved_like_any_change() {
    let up = Up::start(&[]);
    let map = up.office.root().join(FILE);
    let stored = std::fs::read_to_string(&map).unwrap();
    // What is stored answers every question, and says so.
    let whole = up.post_as(CLERK, PATH, &json!({ "path": FILE }));
    assert_eq!(whole.status, 200, "{}", whole.body);
    let whole = whole.json();
    assert_eq!(whole["text"], stored, "the text is the stored one");
    let all = whole["questions"].as_array().unwrap();
    assert!(all.iter().all(|one| one["open"] == false), "{all:?}");
    let purpose = all.iter().find(|one| one["id"] == "purpose").unwrap();
    assert_eq!(purpose["answer"], "Prepare supplier invoices for payment. It never pays.");

    // A file that is not there begins; what is put off stands in its text until it is answered.
    let new = "workflows/refunds.md";
    let begun = up.post_as(CLERK, PATH, &json!({ "path": new })).json();
    assert_eq!(begun["version"], Value::Null);
    let answer = |text: &Value, question: &str, value: Value| {
        let answer = json!({ "question": question, "value": value });
        let said = up.post_as(CLERK, PATH, &json!({ "path": new, "text": text, "answer": answer }));
        assert_eq!(said.status, 200, "{}", said.body);
        said.json()
    };
    let later = answer(&begun["text"], "override", Value::Null);
    assert!(later["text"].as_str().unwrap().contains("about: override"), "{later}");
    let settled = answer(&later["text"], "override", json!("finance_lead"));
    assert!(!settled["text"].as_str().unwrap().contains("open:"), "{settled}");
    let today =
        json!([{ "does": "reads the letter", "minutes": 3 }, { "does": "approves the refund" }]);
    let told = answer(&settled["text"], "today", today);
    let drafted = answer(&told["text"], "draft", json!(true));
    let map_of = json!({ "path": new, "text": drafted["text"] });
    let drawn = up.post_as(CLERK, "/api/v1/workspaces/desk/map", &map_of).json();
    assert_eq!(drawn["today"][0]["minutes"], json!(3.0), "{drawn}");
    assert_eq!(drawn["today"][0]["becomes"][0], drawn["steps"][0]["step"], "{drawn}");
    assert!(!drawn["open"].as_array().unwrap().is_empty(), "{drawn}");
    assert!(!up.office.root().join(new).exists(), "nothing is written");
    assert_eq!(std::fs::read_to_string(&map).unwrap(), stored);
    let listed = up.get("/api/v1/workspaces/desk/workflows").json();
    assert_eq!(listed["workflows"][0]["open"], json!(0), "{listed}");

    // What is no question and no answer is said, with what is wanted.
    for (body, status, kind) in [
        (json!({ "path": new, "answer": { "question": "no", "value": 1 } }), 404, "not-found"),
        (json!({ "path": new, "answer": { "question": "purpose", "value": [] } }), 422, "invalid"),
        (json!({ "path": new, "answer": { "question": "purpose" } }), 422, "invalid"),
        (json!({ "path": new, "so": 1 }), 422, "invalid"),
        (json!({ "path": "flightdeck.yaml" }), 403, "not-permitted"),
        (json!({ "path": "../a.md" }), 422, "invalid"),
        (json!({ "path": "tables/orders.csv" }), 404, "not-found"),
        (json!({ "path": new, "text": "---\nworkflow: [\n---\n" }), 409, "conflict"),
    ] {
        up.post_as(LEAD, PATH, &body).problem(status, kind);
    }
}
