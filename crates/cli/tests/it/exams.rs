//! A sitting through the real binary, at the command line and over HTTP: nothing that leaves it
//! before the end says what is right, and answers that were tampered with do not count.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::api::{Up, token};
use crate::desk::Desk;
use crate::driving::Answer;
use crate::office::Office;
use crate::vendor::Vendor;

const OWNER: &str = "marta@larkfield.example";
const CLERK: &str = "ines@larkfield.example";

/// The questions as whoever keeps them knows them.
struct Bank(Value);

impl Bank {
    fn new(track: &str) -> Self {
        let root = env!("CARGO_MANIFEST_DIR");
        let text = fs::read_to_string(format!("{root}/../exam/banks/{track}.json")).unwrap();
        Self(serde_json::from_str(&text).unwrap())
    }

    /// The place of the right option of a question as it is shown.
    fn key(&self, question: &Value) -> u64 {
        let items = self.0["items"].as_array().unwrap();
        let item = items.iter().find(|item| item["id"] == question["item"]).unwrap();
        let right = &item["options"][usize::try_from(item["key"].as_u64().unwrap()).unwrap()];
        let shown = question["options"].as_array().unwrap();
        u64::try_from(shown.iter().position(|option| option == right).unwrap()).unwrap() + 1
    }

    /// Nothing of what is right, or why, stands in a text, nor has a name there.
    fn is_in_nothing_of(&self, text: &str) {
        self.gives_no_reason_in(text);
        for name in ["\"key\"", "\"difficulty\"", "\"criterion\"", "\"rationale\"", "\"order\""] {
            assert!(!text.contains(name), "{name}: {text}");
        }
    }

    fn gives_no_reason_in(&self, text: &str) {
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = one_line(text);
        for item in self.0["items"].as_array().unwrap() {
            let because = item["because"].as_array().unwrap().iter();
            for secret in because.chain([&item["rationale"]]).filter_map(Value::as_str) {
                assert!(!text.contains(&one_line(secret)), "{secret}\n{text}");
                assert!(!text.contains(&json!(secret).to_string()), "{secret}");
            }
        }
    }
}

#[test]
fn a_sitting_at_the_command_line_tells_what_is_right_only_after_its_end() {
    let (desk, bank) = (Desk::new(), Bank::new("associate"));
    let say = |args: &[&str]| {
        let mut all = vec!["exam"];
        all.extend(args);
        all.extend(["--as", "owner@example.com"]);
        desk.say(&all)
    };
    let listed = say(&["list"]);
    assert!(listed.out.contains("prepares for AIDA"), "{}{}", listed.out, listed.err);
    bank.is_in_nothing_of(&listed.out);
    // One question after another, with lines typed: an option, one that there is not, and away.
    let mut take = desk.command();
    take.args(["exam", "take", "associate", "--as", "owner@example.com"]).stdin(Stdio::piped());
    let mut take = take.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    take.stdin.take().unwrap().write_all(b"2\n9\ng 20\n1\nq\n").unwrap();
    let took = take.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&took.stdout), String::from_utf8_lossy(&took.stderr));
    assert!(took.status.success() && err.contains("FD-X105"), "{out}{err}");
    assert!(
        out.lines().all(|line| line.chars().count() <= 80 && !line.contains('\u{1b}')),
        "{out}"
    );
    bank.is_in_nothing_of(&out);
    bank.is_in_nothing_of(&err);
    // The same sitting, at another command.
    let begun = say(&["begin", "associate", "--json"]);
    bank.is_in_nothing_of(&begun.out);
    let paper = begun.json().remove(0);
    let sitting = paper["sitting"].as_str().unwrap();
    let chosen = |n: usize| paper["questions"][n]["chosen"].clone();
    assert_eq!((chosen(0), chosen(19), chosen(1)), (json!(2), json!(1), Value::Null));
    for (args, code) in [
        (["answer", sitting, "21", "1"], "FD-X104"),
        (["answer", sitting, "1", "5"], "FD-X105"),
        (["answer", "s0123456789abcdef", "1", "1"], "FD-X101"),
    ] {
        let said = say(&args);
        assert!(said.code == 2 && said.err.contains(code), "{}", said.err);
    }
    let early = say(&["result", sitting]);
    assert!(early.code == 5 && early.err.contains("FD-X103"), "{}", early.err);
    let key = bank.key(&paper["questions"][0]).to_string();
    let answered = say(&["answer", sitting, "1", &key, "--json"]);
    assert_eq!(answered.json()[0]["answered"], 2, "{}", answered.err);
    bank.is_in_nothing_of(&answered.out);
    let stored = desk.say(&["logs", "desk", "--json"]).out;
    assert!(stored.contains(sitting) && !stored.contains("\"key\""), "{stored}");
    bank.gives_no_reason_in(&stored);
    let over = say(&["submit", sitting, "--json"]).json().remove(0);
    assert_eq!((&over["stands"], &over["needed"]), (&json!("not_passed"), &json!(13)));
    assert_eq!(over["questions"][0]["key"].to_string(), key);
    assert_eq!(say(&["result", "--json"]).json().remove(0), over);
    let shown = say(&["result"]);
    assert!(shown.out.contains("read again: `flightdeck explain PSF-"), "{}", shown.out);
    let again = say(&["begin", "associate"]);
    assert!(again.code == 5 && again.err.contains("FD-X106"), "{}", again.err);
    assert_eq!(desk.say(&["explain", "FD-X106"]).code, 0);
}

#[test]
fn a_portfolio_is_assessed_by_two_who_do_not_see_each_other() {
    let desk = Desk::new();
    let people = "access:
  owner: [ owner@example.com ]
  auditor: [ ben@example.com, cleo@example.com ]
  viewer: [ ana@example.com ]
people:
  ana@example.com: { name: Ana }
  ben@example.com: { name: Ben }
  cleo@example.com: { name: Cleo }";
    desk.change("flightdeck.yaml", "people:", people);
    fs::write(desk.root().join("work.fdpack"), b"what was sealed").unwrap();
    let report = json!({ "verified": true, "grade": "managed", "domains": ["PSF-1", "PSF-6"],
        "incidents": 1, "outcome": "improved" });
    fs::write(desk.root().join("report.json"), report.to_string()).unwrap();
    let say = |who: &str, args: &[&str]| {
        let who = format!("{who}@example.com");
        let mut all = vec!["exam", "review"];
        all.extend(args);
        all.extend(["--as", &who, "--json"]);
        desk.say(&all)
    };
    let hand_in = ["hand-in", "work.fdpack", "--of", "ana@example.com", "--report", "report.json"];
    let refused = say(
        "ana",
        &["hand-in", "work.fdpack", "--of", "ben@example.com", "--report", "report.json"],
    );
    assert_eq!(refused.code, 4, "{}{}", refused.out, refused.err);
    let handed = say("ben", &hand_in);
    assert_eq!(handed.code, 0, "{}", handed.err);
    let id = handed.json()[0]["portfolios"][0]["sitting"].as_str().unwrap().to_owned();
    let places: Vec<String> = ["work", "controls", "risk", "oversight", "incidents", "outcome"]
        .map(|one| format!("--place={one}=2: entries 12 to 40 show it"))
        .to_vec();
    let assess = |who: &str| {
        let mut args = vec!["assess", id.as_str()];
        args.extend(places.iter().map(String::as_str));
        say(who, &args)
    };
    assert_eq!(assess("ana").code, 4);
    assert_eq!(assess("ben").code, 0);
    let blind = say("cleo", &["show", &id]).json().remove(0);
    assert_eq!(blind["portfolios"][0]["said"], json!([]));
    assert_eq!(assess("cleo").code, 0);
    let own = say("ana", &["list"]).json().remove(0);
    let own = &own["portfolios"][0];
    assert_eq!((&own["stands"], &own["pass"]["pack"]), (&json!("passed"), &own["pack"]));
    assert_eq!(own["said"][0]["reasons"]["work"], "entries 12 to 40 show it");
}

/// What is asked of the interface by somebody.
fn send(up: &Up, who: &str, method: &str, path: &str, body: &Value) -> Answer {
    let head = format!("{method} /api/v1/workspaces/desk/{path} HTTP/1.1{}", up.bearer(who));
    let body = if body.is_null() { String::new() } else { body.to_string() };
    up.raw(&format!("{head}\r\nContent-Type: application/json"), &body)
}

#[test]
fn a_sitting_over_http_leaks_nothing_and_refuses_what_is_not_its_own() {
    let office = Office::new(&Vendor::plain(), &["001"]);
    let tokens = BTreeMap::from([OWNER, CLERK].map(|who| (who, token(&office, who, &[]))));
    let (up, bank) = (Up::with(office, tokens, &[]), Bank::new("management"));
    let ask = |who: &str, method: &str, path: &str, body: &Value| {
        let answer = send(&up, who, method, path, body);
        bank.is_in_nothing_of(&answer.body);
        answer
    };
    let none = Value::Null;
    assert_eq!(ask(CLERK, "GET", "exams", &none).status, 200);
    let first = ask(CLERK, "POST", "exams/management/sittings", &none);
    assert_eq!(first.status, 200, "{}", first.body);
    let paper = first.json();
    let second = ask(CLERK, "POST", "exams/management/sittings", &none).json();
    assert_eq!(second["questions"], paper["questions"], "two tabs share one sitting");
    let sitting = format!("sittings/{}", paper["sitting"].as_str().unwrap());
    let questions = paper["questions"].as_array().unwrap();
    let (one, two) = (&questions[0], &questions[1]);
    let of = |question: &Value, option: u64| json!({ "item": question["item"], "option": option });
    let path = |n: &Value| format!("{sitting}/answers/{n}");
    // Another's sitting is not there; nor is an item at another place, or an option too many.
    ask(OWNER, "GET", &sitting, &none).problem(404, "not-found");
    ask(OWNER, "PUT", &path(&json!(1)), &of(one, 1)).problem(404, "not-found");
    ask(OWNER, "POST", &format!("{sitting}/submit"), &none).problem(404, "not-found");
    ask(CLERK, "PUT", &path(&json!(1)), &of(two, 1)).problem(422, "invalid");
    ask(CLERK, "PUT", &path(&json!(1)), &of(one, 5)).problem(422, "invalid");
    ask(CLERK, "PUT", &path(&json!(99)), &of(one, 1)).problem(422, "invalid");
    ask(CLERK, "GET", &format!("{sitting}/result"), &none).problem(409, "conflict");
    ask(CLERK, "GET", "exams/management/statistics", &none).problem(403, "not-permitted");
    for question in questions.iter().take(14) {
        let key = bank.key(question);
        let kept = ask(CLERK, "PUT", &path(&question["question"]), &of(question, key));
        assert_eq!(kept.status, 200, "{}", kept.body);
    }
    // What is typed at the command line meets the same sitting, though another process drives.
    let id = paper["sitting"].as_str().unwrap();
    let typed = up.office.say(&["exam", "show", id, "--as", CLERK, "--json"]);
    bank.is_in_nothing_of(&typed.out);
    assert_eq!(typed.json()[0]["answered"], 14, "{}", typed.err);
    let changed = up.office.say(&["exam", "answer", id, "20", "1", "--as", CLERK, "--json"]);
    assert_eq!(changed.json()[0]["answered"], 15, "{}", changed.err);
    let over = send(&up, CLERK, "POST", &format!("{sitting}/submit"), &none).json();
    assert_eq!(over["stands"], "passed", "{over}");
    assert_eq!(over["passed"]["holder"], CLERK);
    assert_eq!(over["questions"][0]["key"], bank.key(one));
    ask(CLERK, "PUT", &path(&json!(1)), &of(one, 1)).problem(409, "conflict");
    ask(CLERK, "POST", "exams/management/sittings", &none).problem(409, "conflict");
    let figures = send(&up, OWNER, "GET", "exams/management/statistics", &none).json();
    assert_eq!((&figures["sittings"], &figures["passed"]), (&json!(1), &json!(1)));
    let retire = format!("exams/management/items/{}/retire", one["item"].as_str().unwrap());
    let reason = json!({ "reason": "it was printed in a paper" });
    send(&up, CLERK, "POST", &retire, &reason).problem(403, "not-permitted");
    assert_eq!(send(&up, OWNER, "POST", &retire, &reason).status, 204);
}
