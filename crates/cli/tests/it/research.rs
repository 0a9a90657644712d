//! The research desk: an agent with look-ups over three servers, a turn limit and an answer
//! contract. Its answers are written down; servers, guard and loop are the real ones.

use std::fs;

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::office::{copy, project};
use crate::vendor::{Asked, Vendor, calls, said};

/// What a model answers.
type Told = fn(&Asked) -> Value;

/// The example, its model answered by a stand-in.
pub fn desk(vendor: &Vendor) -> Desk {
    let desk = Desk::new().with_person("marta@larkfield.example");
    fs::remove_dir_all(desk.root()).unwrap();
    copy(&project().join("examples/research-desk"), &desk.root());
    let place = format!("vendor: openai\n    base_url: {}", vendor.url());
    desk.change("flightdeck.yaml", "vendor: ollama", &place);
    desk
}

/// What a careful researcher does about hubs, one look-up a turn.
pub fn hubs(asked: &Asked) -> Value {
    let seen = |text: &str| asked.text.contains(text);
    if !seen("nordwind.md") {
        calls("notes__list_directory", &json!({ "path": "." }))
    } else if !seen("add five days") {
        calls("notes__read_text_file", &json!({ "path": "nordwind.md" }))
    } else if !seen("lead_days") {
        let query = "select name, lead_days from suppliers where id = 'S-1'";
        calls("table__read_query", &json!({ "query": query }))
    } else if !seen("first choice") {
        calls("handbook__read_text_file", &json!({ "path": "buying.md" }))
    } else {
        answer("Seventeen days until the new year.", true)
    }
}

fn answer(text: &str, sure: bool) -> Value {
    let sources = ["notes/nordwind.md", "suppliers"];
    said(
        &json!({ "answer": text, "sources": sources, "sure": sure, "exception": null }).to_string(),
    )
}

/// Runs one question; gives its exit code, its state, and what its entries say.
fn run(desk: &Desk) -> (i32, String, String) {
    let case = json!({ "question": "How long does an order of hubs take now?" }).to_string();
    let said = desk.say(&["run", "research", &case, "--json"]);
    let lines = said.json();
    let case = lines.iter().find(|line| line["kind"] == "case");
    let case = case.unwrap_or_else(|| panic!("{}{}", said.out, said.err));
    let logs = desk.say(&["logs", case["run"].as_str().unwrap()]).out;
    (said.code, case["status"].as_str().unwrap().to_owned(), logs)
}

#[test]
fn a_question_is_answered_from_three_servers() {
    let vendor = Vendor::new(hubs);
    let desk = desk(&vendor);
    let said = desk.say(&["check"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let (code, status, logs) = run(&desk);
    assert_eq!((code, status.as_str()), (0, "done"), "{logs}");
    assert_eq!(vendor.asked(), 5, "{logs}");
    for tool in ["notes.list_directory", "notes.read_text_file", "table.read_query"] {
        assert!(logs.contains(tool), "{tool}: {logs}");
    }
    assert!(logs.contains("handbook.read_text_file"), "{logs}");
}

#[test]
fn what_is_not_sure_breaks_the_contract_or_never_ends_goes_to_a_person() {
    let more = |_: &Asked| calls("notes__list_directory", &json!({ "path": "." }));
    let rows: [(Told, &str); 3] = [
        (|_| answer("The papers do not say.", false), "unsure"),
        (|_| said("{\"answer\": \"Seventeen days.\"}"), "half a contract"),
        (more, "turns"),
    ];
    for (told, what) in rows {
        let vendor = Vendor::new(told);
        let (code, status, logs) = run(&desk(&vendor));
        assert_eq!((code, status.as_str()), (3, "waiting"), "{what}: {logs}");
        // Three attempts of eight turns are the most there can be.
        assert!(vendor.asked() <= 24, "{what}: {}", vendor.asked());
    }
}

#[test]
fn a_tool_that_writes_is_refused_whatever_the_model_wants() {
    let vendor = Vendor::new(|asked| match asked.text.contains("refused") {
        false => calls("notes__write_file", &json!({ "path": "nordwind.md", "content": "x" })),
        true => answer("The papers do not say.", false),
    });
    let desk = desk(&vendor);
    let before = fs::read_to_string(desk.root().join("notes/nordwind.md")).unwrap();
    let (code, _, logs) = run(&desk);
    assert_eq!((code, vendor.asked()), (3, 2), "the model is told that it was refused: {logs}");
    assert!(!logs.contains("call of `notes.write_file`"), "{logs}");
    assert!(logs.contains("told about `notes__write_file`: refused"), "on record too: {logs}");
    assert_eq!(fs::read_to_string(desk.root().join("notes/nordwind.md")).unwrap(), before);
}
