//! The HTTP interface of `up`, asked over a socket as any client would, and tried against its own
//! description by a program that knows nothing else of it.

mod beside;
mod interview;
mod metrics;
mod rehearse;
mod releases;
mod shown;
mod standing;
mod tools;
mod traced;
mod workshop;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::driving::{Answer, Driving};
use crate::office::{Office, project};
use crate::vendor::Vendor;

const STARTER: &str = "marta@larkfield.example";
const LEAD: &str = "ada@larkfield.example";
const CLERK: &str = "ines@larkfield.example";

/// A running `up` that ends with the test.
pub struct Up {
    pub office: Office,
    driving: Driving,
    /// The token of whoever starts cases; others have one each as well.
    pub token: String,
    tokens: BTreeMap<&'static str, String>,
}

impl std::ops::Deref for Up {
    type Target = Driving;
    fn deref(&self) -> &Driving {
        &self.driving
    }
}

impl Up {
    pub fn start(documents: &[&str]) -> Self {
        Self::of(Office::new(&Vendor::plain(), documents))
    }

    fn of(office: Office) -> Self {
        let tokens = [STARTER, LEAD, CLERK].map(|who| (who, token(&office, who, &[])));
        Self::with(office, tokens.into(), &[])
    }

    /// `up` in an office in which nobody has a token but these.
    pub fn with(office: Office, tokens: BTreeMap<&'static str, String>, more: &[&str]) -> Self {
        let driving = Driving::with(&office, more, &[]);
        assert!(driving.said["workflows"]["invoice_intake"].is_string(), "{}", driving.said);
        let token = tokens.get(STARTER).cloned().unwrap_or_default();
        Self { office, driving, token, tokens }
    }

    /// Where an answer sends a browser, as it is written, and the cookie that goes with it.
    pub fn location(&self, head: &str) -> (String, String) {
        let mut text = String::new();
        let head = format!("{head}\r\nConnection: close");
        self.send(&head, "").read_to_string(&mut text).unwrap();
        let after = |name: &str| {
            let lines = text.lines().filter_map(|line| line.split_once(": "));
            let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
            found.next().unwrap_or_else(|| panic!("{text}")).1.to_owned()
        };
        (after("location"), after("set-cookie").split(';').next().unwrap().to_owned())
    }

    /// What a client of somebody shows.
    pub fn bearer(&self, who: &str) -> String {
        format!("\r\nAuthorization: Bearer {}", self.tokens[who])
    }

    pub fn get(&self, path: &str) -> Answer {
        let token = &self.token;
        self.raw(&format!("GET {path} HTTP/1.1\r\nAuthorization: Bearer {token}"), "")
    }

    pub fn post(&self, path: &str, more: &str, body: &Value) -> Answer {
        self.post_by(&self.token, path, more, body)
    }

    fn post_as(&self, who: &str, path: &str, body: &Value) -> Answer {
        self.post_by(&self.tokens[who], path, "", body)
    }

    fn put_as(&self, who: &str, path: &str, body: &Value) -> Answer {
        let token = &self.tokens[who];
        let head = format!(
            "PUT {path} HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json"
        );
        self.raw(&head, &body.to_string())
    }

    fn post_by(&self, token: &str, path: &str, more: &str, body: &Value) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json{more}"
        );
        self.raw(&head, &body.to_string())
    }

    pub fn begin(&self, document: &str, key: &str) -> Answer {
        let case = json!({ "workflow": "invoice_intake", "case": { "name": document } });
        self.post("/api/v1/workspaces/desk/cases", &format!("\r\nIdempotency-Key: {key}"), &case)
    }

    /// Waits until a case stands so.
    #[allow(clippy::disallowed_methods, reason = "the case is another process's")]
    pub fn until(&self, case: &str, status: &str) -> Value {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let shown = self.get(&format!("/api/v1/workspaces/desk/cases/{case}")).json();
            if shown["status"] == status {
                return shown;
            }
            assert!(Instant::now() < until, "{shown}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A token of a person, for these rights or all that they have.
pub fn token(office: &Office, who: &str, rights: &[&str]) -> String {
    let mut args = vec!["token", "new", "--as", who, "--label", "a test", "--json"];
    args.extend(rights.iter().flat_map(|right| ["--right", right]));
    let said = office.say(&args);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    said.json()[0]["token"].as_str().unwrap().to_owned()
}

/// The name of the office's document that begins so.
pub fn document(office: &Office, start: &str) -> String {
    let all = std::fs::read_dir(office.root().join("inbox")).unwrap();
    let mut names = all.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.find(|name| name.starts_with(start)).unwrap()
}

#[test]
fn nobody_is_answered_without_a_token() {
    let up = Up::start(&["001"]);
    let wrong = "0".repeat(up.token.len());
    let paths = [
        "/openapi.json",
        "/api/v1/workspaces/desk/cases",
        "/api/v1/workspaces/desk/stops",
        "/api/v1/workspaces/desk/events",
        "/other",
    ];
    for path in paths {
        for shown in [String::new(), format!("\r\nAuthorization: Bearer {wrong}")] {
            let answer = up.raw(&format!("GET {path} HTTP/1.1{shown}"), "");
            answer.problem(401, "sign-in");
            assert!(answer.head.contains("www-authenticate: bearer"), "{}", answer.head);
        }
    }
    let body = json!({ "scope": { "of": "everything" }, "reason": "x" }).to_string();
    let head = "POST /api/v1/workspaces/desk/stops HTTP/1.1\r\nContent-Type: application/json";
    up.raw(head, &body).problem(401, "sign-in");
    assert_eq!(up.get("/api/v1/workspaces/desk/stops").json()["stops"], json!([]));
    let health = up.raw("GET /health HTTP/1.1", "");
    assert_eq!((health.status, health.json()["ok"].clone()), (200, json!(true)));
    let stored = std::fs::read_to_string(project().join("docs/openapi.json")).unwrap();
    assert_eq!(up.get("/openapi.json").body, stored);
    up.get("/other").problem(404, "not-found");
}

#[test]
fn a_start_with_a_key_is_one_case_also_after_a_restart() {
    let up = Up::start(&["001"]);
    let name = document(&up.office, "001");
    let first = up.begin(&name, "k-1");
    assert_eq!(first.status, 201, "{}", first.body);
    let case = first.json()["id"].as_str().unwrap().to_owned();
    let place = format!("location: /api/v1/workspaces/desk/cases/{case}");
    assert!(first.head.contains(&place), "{}", first.head);
    let again = up.begin(&name, "k-1");
    assert_eq!((again.status, again.json()["id"].as_str()), (200, Some(case.as_str())));
    up.begin("other.txt", "k-1").problem(422, "invalid");
    let shown = up.until(&case, "done");
    assert_eq!(shown["output"], Value::Null);
    assert!(!shown["story"].as_array().unwrap().is_empty());
    // What is stored comes out as it is hashed: each line names the hash of the one before.
    let records = up.get(&format!("/api/v1/workspaces/desk/cases/{case}/records"));
    let lines: Vec<&str> = records.body.lines().collect();
    assert!(lines.len() > 1 && lines.iter().all(|line| line.starts_with('{')), "{}", records.body);
    let part = up.get(&format!("/api/v1/workspaces/desk/cases/{case}/records?from=1"));
    assert_eq!(part.body.lines().collect::<Vec<_>>(), lines[1..]);
    // The process dies; the next one knows the key.
    let Up { office, driving, token: _, tokens } = up;
    drop(driving);
    let next = Up::with(office, tokens, &[]);
    let again = next.begin(&name, "k-1");
    assert_eq!((again.status, again.json()["id"].as_str()), (200, Some(case.as_str())));
    next.begin(&name, "").problem(422, "invalid");
    let bad = json!({ "workflow": "invoice_intake", "case": { "nme": "x" } });
    next.post("/api/v1/workspaces/desk/cases", "", &bad).problem(422, "invalid");
    let bad = json!({ "workflow": "invoice_intake", "case": { "name": 7 } });
    next.post("/api/v1/workspaces/desk/cases", "", &bad).problem(422, "invalid");
}

#[test]
fn a_request_is_decided_once_and_by_whom_it_is_for() {
    let up = Up::start(&["044"]);
    let started = up.begin(&document(&up.office, "044"), "k").json();
    let case = started["id"].as_str().unwrap().to_owned();
    let shown = up.until(&case, "waiting");
    let request = &shown["requests"][0];
    assert_eq!(up.get("/api/v1/workspaces/desk/reviews").json()["requests"][0], *request);
    assert!(!request["shows"].as_array().unwrap().is_empty());
    let path =
        format!("/api/v1/workspaces/desk/cases/{case}/reviews/{}/decision", request["number"]);
    let role = request["by"].as_str().unwrap();
    let who = if role == "finance_lead" { LEAD } else { CLERK };
    let reject = |id: &str| json!({ "id": id, "decision": "reject", "reason": "not ours" });
    // Whoever started the case may not pass it.
    up.post(&path, "", &reject("d-0")).problem(403, "not-permitted");
    up.post(&path, "", &reject("d-0")).problem(403, "not-permitted");
    up.post_as(who, &path, &json!({ "id": "", "decision": "approve" })).problem(422, "invalid");
    up.post_as(who, &path, &json!({ "id": "d", "decision": "maybe" })).problem(422, "invalid");
    let edit = json!({ "id": "d-e", "decision": "edit", "values": { "no.such": "1" } });
    up.post_as(who, &path, &edit).problem(422, "invalid");
    let taken = up.post_as(who, &path, &reject("d-1"));
    assert_eq!(taken.status, 200, "{}", taken.body);
    assert_eq!(taken.json()["read"], true);
    let again = up.post_as(who, &path, &reject("d-1"));
    assert_eq!(again.status, 200, "a repeat is harmless: {}", again.body);
    let late = up.post_as(who, &path, &reject("d-2"));
    late.problem(409, "conflict");
    assert!(late.body.contains(&format!("{who} rejected this at ")), "{}", late.body);
    let became = up.get(path.trim_end_matches("/decision")).json();
    assert_eq!(became["open"], false, "{became}");
    assert!(became["what"].as_str().unwrap().ends_with("“not ours”"), "{became}");
    let ended = up.until(&case, "rejected");
    assert_eq!(ended["requests"], json!([]));
    let records = up.get(&format!("/api/v1/workspaces/desk/cases/{case}/records")).body;
    assert_eq!(records.matches("review_answered").count(), 1, "{records}");
    up.post_as(who, &path.replace(&case, "0"), &reject("d-3")).problem(404, "not-found");
}

#[test]
fn events_go_on_where_a_client_was() {
    let up = Up::start(&["001"]);
    let follow = |last: &str| {
        let token = &up.token;
        let head = format!(
            "GET /api/v1/workspaces/desk/events HTTP/1.1\r\nAuthorization: Bearer {token}{last}\r\nAccept: text/event-stream"
        );
        BufReader::new(up.send(&head, "")).lines().map_while(Result::ok)
    };
    // Both follow from before the first entry on; one of them leaves.
    let (all, some) = (follow("\r\nLast-Event-ID: 0"), follow("\r\nLast-Event-ID: 0"));
    let started = up.begin(&document(&up.office, "001"), "k").json();
    let case = started["id"].as_str().unwrap().to_owned();
    up.until(&case, "done");
    let parts = |lines: &mut dyn Iterator<Item = String>, count: usize| {
        let ids = lines.filter_map(|line| {
            line.strip_prefix("id: ").or_else(|| line.strip_prefix("data: ")).map(str::to_owned)
        });
        ids.take(count * 2).collect::<Vec<_>>()
    };
    let total =
        up.get(&format!("/api/v1/workspaces/desk/cases/{case}/records")).body.lines().count();
    assert!(total > 2, "{total}");
    let (mut all, mut some) = (all, some);
    let whole = parts(&mut all, total);
    let seen = parts(&mut some, 2);
    drop(some);
    assert!(whole.iter().any(|part| part.contains(&case)), "{whole:?}");
    let last = seen.iter().rfind(|part| part.parse::<u64>().is_ok()).unwrap();
    let rest = parts(&mut follow(&format!("\r\nLast-Event-ID: {last}")), total - 2);
    assert_eq!([seen, rest].concat(), whole, "nothing is missed and nothing comes twice");
    up.get("/api/v1/workspaces/desk/events?after=x").problem(422, "invalid");
}

#[test]
fn a_stop_holds_until_somebody_who_may_lifts_it() {
    let up = Up::start(&["001"]);
    let order = |reason: &str| json!({ "scope": { "of": "everything" }, "reason": reason });
    up.post("/api/v1/workspaces/desk/stops", "", &order(" ")).problem(422, "invalid");
    let nobody = json!({ "scope": { "of": "workflow", "name": "none" }, "reason": "x" });
    up.post("/api/v1/workspaces/desk/stops", "", &nobody).problem(404, "not-found");
    let beyond = |name: &str| json!({ "scope": { "of": "beyond", "name": name }, "reason": "x" });
    up.post("/api/v1/workspaces/desk/stops", "", &beyond("invoice_intake=much"))
        .problem(422, "invalid");
    let lower = beyond("invoice_intake.draft=suggest");
    assert_eq!(up.post("/api/v1/workspaces/desk/stops", "", &lower).status, 200);
    let set = up.get("/api/v1/workspaces/desk/stops").json()["stops"].clone();
    assert_eq!((&set[0]["scope"], &set[0]["reason"]), (&lower["scope"], &json!("x")), "{set}");
    assert_eq!((&set[0]["who"], set[0]["at"].is_string()), (&json!(STARTER), true), "{set}");
    assert_eq!(up.get("/health").json()["ok"], json!(true), "nothing is stopped by it");
    assert_eq!(up.post_as(LEAD, "/api/v1/workspaces/desk/stops/lift", &lower).status, 200);
    let stopped = up.post("/api/v1/workspaces/desk/stops", "", &order("a drill"));
    assert_eq!(stopped.status, 200, "{}", stopped.body);
    let set = up.get("/api/v1/workspaces/desk/stops").json()["stops"].clone();
    assert_eq!((set[0]["scope"].clone(), set[1].is_null()), (json!({ "of": "everything" }), true));
    let health = up.get("/health");
    assert_eq!((health.status, health.json()["ok"].clone()), (503, json!(false)));
    let started = up.begin(&document(&up.office, "001"), "k").json();
    let case = started["id"].as_str().unwrap().to_owned();
    up.until(&case, "halted");
    up.post_as(CLERK, "/api/v1/workspaces/desk/stops/lift", &order("over"))
        .problem(403, "not-permitted");
    let lifted = up.post_as(LEAD, "/api/v1/workspaces/desk/stops/lift", &order("over"));
    assert_eq!(lifted.status, 200, "{}", lifted.body);
    up.until(&case, "done");
    let late = up.post_as(LEAD, "/api/v1/workspaces/desk/stops/lift", &order("over"));
    late.problem(409, "conflict");
    assert!(late.body.contains(&format!("the stop was lifted by {LEAD} at ")), "{}", late.body);
    let stops = up.get("/api/v1/workspaces/desk/stops").json();
    assert_eq!((&stops["stops"], &stops["lifted"][0]["who"]), (&json!([]), &json!(LEAD)));
}

#[test]
fn it_keeps_to_its_own_description() {
    let program = project().join("target/schemathesis/bin/schemathesis");
    assert!(program.is_file(), "install it first: `cargo xtask test`");
    let up = Up::start(&["001"]);
    // Something to list and show, so that answers with content are tried as well.
    let started = up.begin(&document(&up.office, "001"), "k").json();
    up.until(started["id"].as_str().unwrap(), "done");
    let named = up.office.root().join("schemathesis.toml");
    std::fs::write(&named, "[parameters]\n\"path.workspace\" = \"desk\"\n").unwrap();
    let said = Command::new(program)
        .arg("--config-file")
        .arg(&named)
        .arg("run")
        .arg(format!("http://{}/openapi.json", up.address))
        .args(["-H", &format!("Authorization: Bearer {}", up.token)])
        // A stream of events does not end, and schemathesis reads to the end.
        .args(["--exclude-path", "/api/v1/workspaces/{workspace}/events"])
        .args(["--max-examples", "25", "--seed", "7"])
        // A deployment tries every kept case before it answers.
        .args(["--request-timeout", "60"])
        .args(["--checks", "not_a_server_error,status_code_conformance"])
        .args(["--checks", "content_type_conformance,response_schema_conformance"])
        .args(["--checks", "ignored_auth,unsupported_method", "--no-color"])
        .current_dir(up.office.root())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success(), "{told}\n{}", String::from_utf8_lossy(&said.stderr));
}
