//! The HTTP interface of `up`, asked over a socket as any client would, and tried against its own
//! description by a program that knows nothing else of it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::desk::published;
use crate::office::{Office, project};
use crate::vendor::Vendor;

const LEAD: &str = "ada@larkfield.example";
const CLERK: &str = "ines@larkfield.example";

/// A running `up` that ends with the test.
pub struct Up {
    pub office: Office,
    child: Child,
    pub address: String,
    pub token: String,
}

/// An answer: status, headers in small letters, body.
pub struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// The problem that was answered, with its status.
    fn problem(&self, status: u16, kind: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        assert!(self.head.contains("content-type: application/problem+json"), "{}", self.head);
        let problem = self.json();
        assert_eq!(problem["type"], format!("urn:flightdeck:problem:{kind}"), "{problem}");
        assert_eq!(problem["status"], status);
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
}

impl Up {
    pub fn start(documents: &[&str]) -> Self {
        Self::of(Office::new(&Vendor::plain(), documents))
    }

    fn of(office: Office) -> Self {
        let args = ["up", "--listen", "127.0.0.1:0", "--json"];
        let mut child = office.start(&args);
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line.is_empty() {
            let mut err = String::new();
            child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
            panic!("{err}");
        }
        let up = published(&line).remove(0);
        let word = |key: &str| up[key].as_str().unwrap().to_owned();
        let address = word("url").strip_prefix("http://").unwrap().to_owned();
        assert!(up["workflows"]["invoice_intake"].is_string(), "{up}");
        Self { office, child, address, token: word("token") }
    }

    fn send(&self, head: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let length = body.len();
        let address = &self.address;
        write!(stream, "{head}\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n{body}")
            .unwrap();
        stream
    }

    fn raw(&self, head: &str, body: &str) -> Answer {
        let mut text = String::new();
        let head = format!("{head}\r\nConnection: close");
        self.send(&head, body).read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    pub fn get(&self, path: &str) -> Answer {
        let token = &self.token;
        self.raw(&format!("GET {path} HTTP/1.1\r\nAuthorization: Bearer {token}"), "")
    }

    fn post(&self, path: &str, more: &str, body: &Value) -> Answer {
        let token = &self.token;
        let head = format!(
            "POST {path} HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json{more}"
        );
        self.raw(&head, &body.to_string())
    }

    fn begin(&self, document: &str, key: &str) -> Answer {
        let case = json!({ "workflow": "invoice_intake", "case": { "name": document } });
        self.post("/api/v1/cases", &format!("\r\nIdempotency-Key: {key}"), &case)
    }

    /// Waits until a case stands so.
    #[allow(clippy::disallowed_methods, reason = "the case is another process's")]
    fn until(&self, case: &str, status: &str) -> Value {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let shown = self.get(&format!("/api/v1/cases/{case}")).json();
            if shown["status"] == status {
                return shown;
            }
            assert!(Instant::now() < until, "{shown}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The name of the office's document that begins so.
fn document(office: &Office, start: &str) -> String {
    let all = std::fs::read_dir(office.root().join("inbox")).unwrap();
    let mut names = all.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.find(|name| name.starts_with(start)).unwrap()
}

#[test]
fn nobody_is_answered_without_the_token() {
    let up = Up::start(&["001"]);
    let wrong = "0".repeat(up.token.len());
    let paths =
        ["/health", "/openapi.json", "/api/v1/cases", "/api/v1/stops", "/api/v1/events", "/other"];
    for path in paths {
        for shown in [String::new(), format!("\r\nAuthorization: Bearer {wrong}")] {
            let answer = up.raw(&format!("GET {path} HTTP/1.1{shown}"), "");
            answer.problem(401, "no-token");
            assert!(answer.head.contains("www-authenticate: bearer"), "{}", answer.head);
        }
    }
    let body = json!({ "scope": { "of": "everything" }, "reason": "x" }).to_string();
    let head = "POST /api/v1/stops HTTP/1.1\r\nContent-Type: application/json";
    up.raw(head, &body).problem(401, "no-token");
    assert_eq!(up.get("/api/v1/stops").json()["stops"], json!([]));
    assert_eq!(up.get("/health").json()["ok"], true);
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
    assert!(first.head.contains(&format!("location: /api/v1/cases/{case}")), "{}", first.head);
    let again = up.begin(&name, "k-1");
    assert_eq!((again.status, again.json()["id"].as_str()), (200, Some(case.as_str())));
    up.begin("other.txt", "k-1").problem(422, "invalid");
    let shown = up.until(&case, "done");
    assert_eq!(shown["output"], Value::Null);
    assert!(!shown["story"].as_array().unwrap().is_empty());
    // What is stored comes out as it is hashed: each line names the hash of the one before.
    let records = up.get(&format!("/api/v1/cases/{case}/records"));
    let lines: Vec<&str> = records.body.lines().collect();
    assert!(lines.len() > 1 && lines.iter().all(|line| line.starts_with('{')), "{}", records.body);
    let part = up.get(&format!("/api/v1/cases/{case}/records?from=1"));
    assert_eq!(part.body.lines().collect::<Vec<_>>(), lines[1..]);
    // The process dies; the next one knows the key.
    let Up { office, .. } = &up;
    let root = office.root();
    let kill = Command::new("kill").args(["-9", &up.child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let args = ["up", "--listen", "127.0.0.1:0", "--json", "--as", "marta@larkfield.example"];
    let mut child = Command::new(env!("CARGO_BIN_EXE_flightdeck"))
        .args(args)
        .current_dir(&root)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let fresh = published(&line).remove(0);
    let next = Up {
        office: Office::new(&Vendor::plain(), &["001"]),
        child,
        address: fresh["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned(),
        token: fresh["token"].as_str().unwrap().to_owned(),
    };
    let again = next.begin(&name, "k-1");
    assert_eq!((again.status, again.json()["id"].as_str()), (200, Some(case.as_str())));
    next.begin(&name, "").problem(422, "invalid");
    let bad = json!({ "workflow": "invoice_intake", "case": { "nme": "x" } });
    next.post("/api/v1/cases", "", &bad).problem(422, "invalid");
    let bad = json!({ "workflow": "invoice_intake", "case": { "name": 7 } });
    next.post("/api/v1/cases", "", &bad).problem(422, "invalid");
    let stranger = "\r\nFlightdeck-Person: eve@x.example";
    let good = json!({ "workflow": "invoice_intake", "case": { "name": name } });
    next.post("/api/v1/cases", stranger, &good).problem(403, "not-permitted");
}

#[test]
fn a_request_is_decided_once_and_by_whom_it_is_for() {
    let up = Up::start(&["044"]);
    let started = up.begin(&document(&up.office, "044"), "k").json();
    let case = started["id"].as_str().unwrap().to_owned();
    let shown = up.until(&case, "waiting");
    let request = &shown["requests"][0];
    assert_eq!(up.get("/api/v1/reviews").json()["requests"][0], *request);
    assert!(!request["shows"].as_array().unwrap().is_empty());
    let path = format!("/api/v1/cases/{case}/reviews/{}/decision", request["number"]);
    let role = request["by"].as_str().unwrap();
    let who = if role == "finance_lead" { LEAD } else { CLERK };
    let as_who = format!("\r\nFlightdeck-Person: {who}");
    let reject = |id: &str| json!({ "id": id, "decision": "reject", "reason": "not ours" });
    // Whoever started the case may not pass it.
    up.post(&path, "", &reject("d-0")).problem(403, "not-permitted");
    up.post(&path, "", &reject("d-0")).problem(403, "not-permitted");
    up.post(&path, &as_who, &json!({ "id": "", "decision": "approve" })).problem(422, "invalid");
    up.post(&path, &as_who, &json!({ "id": "d", "decision": "maybe" })).problem(422, "invalid");
    let edit = json!({ "id": "d-e", "decision": "edit", "values": { "no.such": "1" } });
    up.post(&path, &as_who, &edit).problem(422, "invalid");
    let taken = up.post(&path, &as_who, &reject("d-1"));
    assert_eq!(taken.status, 200, "{}", taken.body);
    assert_eq!(taken.json()["read"], true);
    let again = up.post(&path, &as_who, &reject("d-1"));
    assert_eq!(again.status, 200, "a repeat is harmless: {}", again.body);
    up.post(&path, &as_who, &reject("d-2")).problem(409, "conflict");
    let ended = up.until(&case, "rejected");
    assert_eq!(ended["requests"], json!([]));
    let records = up.get(&format!("/api/v1/cases/{case}/records")).body;
    assert_eq!(records.matches("review_answered").count(), 1, "{records}");
    up.post(&path.replace(&case, "0"), &as_who, &reject("d-3")).problem(404, "not-found");
}

#[test]
fn events_go_on_where_a_client_was() {
    let up = Up::start(&["001"]);
    let follow = |last: &str| {
        let token = &up.token;
        let head = format!(
            "GET /api/v1/events HTTP/1.1\r\nAuthorization: Bearer {token}{last}\r\nAccept: text/event-stream"
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
    let total = up.get(&format!("/api/v1/cases/{case}/records")).body.lines().count();
    assert!(total > 2, "{total}");
    let (mut all, mut some) = (all, some);
    let whole = parts(&mut all, total);
    let seen = parts(&mut some, 2);
    drop(some);
    assert!(whole.iter().any(|part| part.contains(&case)), "{whole:?}");
    let last = seen.iter().rfind(|part| part.parse::<u64>().is_ok()).unwrap();
    let rest = parts(&mut follow(&format!("\r\nLast-Event-ID: {last}")), total - 2);
    assert_eq!([seen, rest].concat(), whole, "nothing is missed and nothing comes twice");
    up.get("/api/v1/events?after=x").problem(422, "invalid");
}

#[test]
fn a_stop_holds_until_somebody_who_may_lifts_it() {
    let up = Up::start(&["001"]);
    let order = |reason: &str| json!({ "scope": { "of": "everything" }, "reason": reason });
    up.post("/api/v1/stops", "", &order(" ")).problem(422, "invalid");
    let nobody = json!({ "scope": { "of": "workflow", "name": "none" }, "reason": "x" });
    up.post("/api/v1/stops", "", &nobody).problem(404, "not-found");
    let beyond = |name: &str| json!({ "scope": { "of": "beyond", "name": name }, "reason": "x" });
    up.post("/api/v1/stops", "", &beyond("invoice_intake=much")).problem(422, "invalid");
    let lower = beyond("invoice_intake.draft=suggest");
    assert_eq!(up.post("/api/v1/stops", "", &lower).status, 200);
    assert_eq!(up.get("/api/v1/stops").json()["stops"], json!([lower["scope"]]));
    assert_eq!(up.get("/health").json()["ok"], json!(true), "nothing is stopped by it");
    let lead = format!("\r\nFlightdeck-Person: {LEAD}");
    assert_eq!(up.post("/api/v1/stops/lift", &lead, &lower).status, 200);
    let stopped = up.post("/api/v1/stops", "", &order("a drill"));
    assert_eq!(stopped.status, 200, "{}", stopped.body);
    assert_eq!(up.get("/api/v1/stops").json()["stops"], json!([{ "of": "everything" }]));
    let health = up.get("/health");
    assert_eq!((health.status, health.json()["ok"].clone()), (503, json!(false)));
    let started = up.begin(&document(&up.office, "001"), "k").json();
    let case = started["id"].as_str().unwrap().to_owned();
    up.until(&case, "halted");
    let clerk = format!("\r\nFlightdeck-Person: {CLERK}");
    up.post("/api/v1/stops/lift", &clerk, &order("over")).problem(403, "not-permitted");
    let lead = format!("\r\nFlightdeck-Person: {LEAD}");
    let lifted = up.post("/api/v1/stops/lift", &lead, &order("over"));
    assert_eq!(lifted.status, 200, "{}", lifted.body);
    up.until(&case, "done");
    up.post("/api/v1/stops/lift", &lead, &order("over")).problem(409, "conflict");
}

#[test]
fn it_keeps_to_its_own_description() {
    let program = project().join("target/schemathesis/bin/schemathesis");
    assert!(program.is_file(), "install it first: `cargo xtask test`");
    let up = Up::start(&["001"]);
    // Something to list and show, so that answers with content are tried as well.
    let started = up.begin(&document(&up.office, "001"), "k").json();
    up.until(started["id"].as_str().unwrap(), "done");
    let said = Command::new(program)
        .arg("run")
        .arg(format!("http://{}/openapi.json", up.address))
        .args(["-H", &format!("Authorization: Bearer {}", up.token)])
        // A stream of events does not end, and schemathesis reads to the end.
        .args(["--exclude-path", "/api/v1/events", "--max-examples", "25", "--seed", "7"])
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

#[test]
fn what_is_measured_is_read_by_the_client_of_prometheus() {
    let up = Up::start(&["001"]);
    let name = document(&up.office, "001");
    let started = up.begin(&name, "measured").json();
    up.until(started["id"].as_str().unwrap(), "done");
    let said = up.get("/metrics");
    assert!(said.status == 200 && said.head.contains("version=0.0.4"), "{}", said.head);
    let read = crate::collector::prometheus(&said.body);
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
    assert_eq!(up.get("/health/ready").json(), json!({ "ready": true, "trouble": [] }));
    let stop = json!({ "scope": { "of": "everything" }, "reason": "a test" });
    assert_eq!(up.post("/api/v1/stops", "", &stop).status, 200);
    assert_eq!(up.get("/health/ready").status, 503);
    assert_eq!(up.get("/health/live").status, 204, "it lives all the same");
}
