//! Files and maps over HTTP: drawn with changes, saved over the version that was read, by two people
//! at once, and by whom they may not be.

use std::fs;

use serde_json::{Value, json};

use super::{CLERK, LEAD, Up, document};

const BASE: &str = "/api/v1/workspaces/desk";
const MAP: &str = "workflows/invoice_intake.md";

fn file(path: &str) -> String {
    format!("{BASE}/file?path={path}")
}

fn draw(up: &Up, body: &Value) -> Value {
    let drawn = up.post(&format!("{BASE}/map"), "", body);
    assert_eq!(drawn.status, 200, "{}", drawn.body);
    drawn.json()
}

#[test]
fn a_map_is_drawn_changed_and_saved() {
    let up = Up::start(&["001"]);
    let listed = up.get(&format!("{BASE}/workflows")).json();
    let line = &listed["workflows"][0];
    assert_eq!((&line["workflow"], &line["problems"]), (&json!("invoice_intake"), &json!(0)));
    assert_eq!((&line["live"], &line["changed"]), (&Value::Null, &json!(false)), "{line}");
    let fields = json!([{ "name": "name", "kind": "a text", "optional": false, "choices": [] }]);
    assert_eq!(line["fields"], fields);
    let read = up.get(&file(MAP)).json();
    let on_disk = fs::read_to_string(up.office.root().join(MAP)).unwrap();
    assert_eq!((&read["text"], &read["version"]), (&json!(on_disk), &line["version"]));

    // A change touches its own line, and nothing is written by drawing.
    let purpose =
        json!([{ "set": { "at": ["purpose"], "to": "Prepare invoices. It never pays." } }]);
    let drawn = draw(&up, &json!({ "path": MAP, "edits": purpose }));
    let text = drawn["text"].as_str().unwrap();
    let new: Vec<&str> = text.lines().filter(|line| !on_disk.contains(line)).collect();
    assert_eq!(new, ["purpose: Prepare invoices. It never pays."], "{text}");
    assert_eq!(drawn["problems"], json!([]));
    assert!(drawn["steps"].as_array().unwrap().len() > 5 && drawn["says"][0].is_string());
    assert!(drawn["ways"].as_array().unwrap().iter().any(|way| way["kind"] == "row"), "{drawn}");
    assert_eq!(fs::read_to_string(up.office.root().join(MAP)).unwrap(), on_disk);

    // A broken text is drawn as far as it can be read, with its problems in their places.
    let broken = on_disk.replacen("accountable:", "accountible:", 1);
    let drawn = draw(&up, &json!({ "path": MAP, "text": broken }));
    let problems = drawn["problems"].as_array().unwrap();
    let found = problems.iter().find(|problem| problem["did_you_mean"] == "accountable");
    let found = found.unwrap_or_else(|| panic!("{problems:?}"));
    assert_eq!(found["end_column"].as_u64(), found["column"].as_u64().map(|at| at + 11), "{found}");
    assert!(!drawn["steps"].as_array().unwrap().is_empty());

    // Saved by whoever may, and known to have been.
    let body = json!({ "text": text, "from": read["version"] });
    up.put_as(CLERK, &file(MAP), &body).problem(403, "not-permitted");
    let saved = up.put_as(LEAD, &file(MAP), &body);
    assert_eq!(saved.status, 200, "{}", saved.body);
    assert_eq!(fs::read_to_string(up.office.root().join(MAP)).unwrap(), text);
    let log = up.office.say(&["logs", "desk"]).out;
    assert!(log.contains(&format!("{LEAD} changed `{MAP}`")), "{log}");
    // What was read before is not saved over it.
    up.put_as(LEAD, &file(MAP), &body).problem(409, "conflict");
    // A case that is started now runs what the file says now.
    let started = up.begin(&document(&up.office, "001"), "k").json();
    let case = up.until(started["id"].as_str().unwrap(), "done");
    let says = up.office.say(&["check", "invoice_intake", "--json"]).json();
    let says = says[0]["workflows"][0].clone();
    assert_eq!(case["release"], says["release"], "{says}");
}

#[test]
fn of_two_who_save_at_once_one_is_told() {
    let up = Up::start(&["001"]);
    let read = up.get(&file(MAP)).json();
    let text = read["text"].as_str().unwrap();
    let purposes: Vec<String> = (0..8).map(|n| format!("purpose: Saved by {n}")).collect();
    let body = |purpose: &str| {
        let line = text.lines().find(|line| line.starts_with("purpose:")).unwrap();
        json!({ "text": text.replacen(line, purpose, 1), "from": read["version"] })
    };
    let statuses: Vec<u16> = std::thread::scope(|threads| {
        let up = &up;
        let saves: Vec<_> = purposes
            .iter()
            .map(|purpose| {
                let body = body(purpose);
                threads.spawn(move || up.put_as(LEAD, &file(MAP), &body).status)
            })
            .collect();
        saves.into_iter().map(|save| save.join().unwrap()).collect()
    });
    let mut sorted = statuses.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [200, 409, 409, 409, 409, 409, 409, 409]);
    let winner = statuses.iter().position(|status| *status == 200).unwrap();
    let stored = fs::read_to_string(up.office.root().join(MAP)).unwrap();
    assert!(stored.contains(&purposes[winner]), "{stored}");
    let names = fs::read_dir(up.office.root().join("workflows")).unwrap();
    let left: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("saving")), "{left:?}");
}

#[test]
fn what_is_closed_is_neither_read_nor_written() {
    let up = Up::start(&["001"]);
    let paths: Vec<Value> = up.get(&format!("{BASE}/files")).json()["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["path"].clone())
        .collect();
    assert!(paths.contains(&json!(MAP)), "{paths:?}");
    for closed in ["flightdeck.yaml", "mcp.lock", "seeds/a.json", "inbox/a.txt"] {
        assert!(!paths.contains(&json!(closed)));
        up.get(&file(closed)).problem(403, "not-permitted");
        let body = json!({ "text": "x", "from": null });
        up.put_as(LEAD, &file(closed), &body).problem(403, "not-permitted");
    }
    for none in ["..%2Fa.md", "%2Fetc%2Fpasswd", ".mcp.json", "workflows%2F..%2Fa.md", "%00", ""] {
        up.get(&file(none)).problem(422, "invalid");
    }
    up.get(&file("workflows/none.md")).problem(404, "not-found");
    // Changes that cannot be made say so, and the text stays.
    for (edits, status, kind) in [
        (json!([{ "remove": { "at": ["steps", "none"] } }]), 404, "not-found"),
        (json!([{ "add": { "step": { "agent": "x" }, "after": null } }]), 409, "conflict"),
        (json!([{ "turn": {} }]), 422, "invalid"),
    ] {
        let body = json!({ "path": MAP, "edits": edits });
        up.post(&format!("{BASE}/map"), "", &body).problem(status, kind);
    }
    let long = json!({ "text": "x".repeat((1 << 20) + 1), "from": null });
    up.put_as(LEAD, &file("workflows/long.md"), &long).problem(422, "invalid");
    // A new file is made only where there is none.
    let new = json!({ "text": "---\nworkflow: fresh\n---\n", "from": null });
    assert_eq!(up.put_as(LEAD, &file("workflows/fresh.md"), &new).status, 200);
    up.put_as(LEAD, &file("workflows/fresh.md"), &new).problem(409, "conflict");
    let listed = up.get(&format!("{BASE}/workflows")).json();
    assert_eq!(listed["workflows"][0]["workflow"], "fresh");
    assert!(listed["workflows"][0]["problems"].as_u64().unwrap() > 0, "{listed}");
    assert!(up.office.say(&["logs", "desk"]).out.contains("made `workflows/fresh.md`"));
}
