//! A rehearsal over HTTP: step by step with a choice more each time, on a text that is not saved.

use serde_json::{Value, json};

use super::{CLERK, Up, document};

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

#[test]
fn a_stored_case_goes_the_same_way_again_and_another_one_on_another_map() {
    let up = Up::start(&["001", "044"]);
    let path = format!("{PATH}/again");
    let again = |id: &str, text: Option<&str>| {
        let wish = json!({ "path": MAP, "text": text, "id": id });
        let answer = up.post_as(CLERK, &path, &wish);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    };
    let begun = up.begin(&document(&up.office, "001"), "k").json();
    let id = begun["id"].as_str().unwrap();
    up.until(id, "done");
    let drafts = up.office.drafts().len();
    let same = again(id, None);
    assert_eq!((&same["apart"], &same["rehearsed"]["over"]), (&json!([]), &json!(true)), "{same}");
    assert_eq!(same["rehearsed"]["case"]["status"], "done", "{same}");
    // Whoever goes on begins with the choices as they were understood.
    let taken = same["rehearsed"]["taken"].as_array().unwrap();
    let choices: Vec<&Value> = taken.iter().map(|one| &one["choice"]).collect();
    let case = &same["rehearsed"]["case"]["case"];
    let on = up.post(PATH, "", &json!({ "path": MAP, "case": case, "choices": choices })).json();
    assert_eq!(on["case"]["story"], same["rehearsed"]["case"]["story"]);
    let stored = std::fs::read_to_string(up.office.root().join(MAP)).unwrap();
    let strict = stored.replace("eur(5000)", "eur(1)");
    assert_ne!(strict, stored);
    let other = again(id, Some(&strict));
    assert_eq!(other["apart"][0]["by"], "decision", "{other}");
    assert_eq!(other["rehearsed"]["over"], false, "a person is asked now");
    assert!(other["ends"].is_string(), "{other}");
    // One that waits goes as far as it came, and no further.
    let waits = up.begin(&document(&up.office, "044"), "w").json();
    let waits = waits["id"].as_str().unwrap();
    up.until(waits, "waiting");
    let far = again(waits, None);
    assert_eq!((&far["apart"], &far["rehearsed"]["over"]), (&json!([]), &json!(false)), "{far}");
    assert_eq!(far["rehearsed"]["open"][0]["about"], "person", "{far}");
    assert_eq!(up.office.drafts().len(), drafts, "nothing is done again");
    let none = json!({ "path": MAP, "id": "0" });
    up.post(&path, "", &none).problem(404, "not-found");
}

#[test]
fn a_rehearsal_is_kept_as_a_case_by_whoever_may_change_files() {
    let up = Up::start(&["001"]);
    let path = format!("{PATH}/keep");
    let name = document(&up.office, "001");
    let keep = |kept: &str| json!({ "path": MAP, "case": { "name": name }, "name": kept });
    up.post_as(CLERK, &path, &keep("tried")).problem(403, "not-permitted");
    for wrong in ["", "../out", "a b"] {
        up.post(&path, "", &keep(wrong)).problem(422, "invalid");
    }
    let kept = up.post(&path, "", &keep("tried"));
    assert_eq!(kept.status, 201, "{}", kept.body);
    assert_eq!(kept.json()["path"], "cases/invoice_intake/tried.yaml");
    let stored = up.office.root().join("cases/invoice_intake/tried.yaml");
    let text = std::fs::read_to_string(&stored).unwrap();
    assert!(text.contains(&format!("case: {{\"name\":\"{name}\"}}")), "{text}");
    assert!(text.contains("expect: \"draft\""), "{text}");
    assert!((400..500).contains(&up.post(&path, "", &keep("tried")).status));
    assert_eq!(std::fs::read_to_string(&stored).unwrap(), text, "no case is written over");
}
