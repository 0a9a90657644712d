//! A map described question by question, through the real binary: answers that are typed, answers of
//! a script, and what is never lost.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::desk::Desk;

/// A terminal at which these lines are typed.
const TERMINAL: &str = r#"
import os, pty, sys
lines, argv = sys.argv[1], sys.argv[2:]
pid, master = pty.fork()
if pid == 0:
    os.execvp(argv[0], argv)
os.write(master, lines.encode())
said = b""
while True:
    try:
        more = os.read(master, 65536)
    except OSError:
        break
    if not more:
        break
    said += more
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"#;

const PATH: &str = "workflows/receipts.md";

/// What a script answers, one command for each.
fn answers() -> Vec<(&'static str, Value)> {
    vec![
        ("purpose", json!("Note receipts that somebody looked at. It never pays.")),
        ("case", json!("receipt")),
        ("case_from", json!("inside")),
        ("accountable", json!("owner@example.com")),
        ("override", json!("lead")),
        ("risk", json!("low")),
        ("autonomy", json!("approve")),
        (
            "today",
            json!([
                { "does": "checks the receipt", "who": "lead", "minutes": 4, "share": "50 %" },
                { "does": "writes a note to the outbox", "who": "clerk", "minutes": 2 },
            ]),
        ),
        ("case_cost", json!("0.10 EUR")),
        ("day_cost", json!("5 EUR")),
        ("day_cases", json!(20)),
        ("draft", json!(true)),
        ("on_failure", json!("clerk")),
        (
            "exceptions",
            json!([{ "what": "no text", "when": "case.text == ''", "go": "checks_receipt" }]),
        ),
    ]
}

fn questions(desk: &Desk, more: &[&str]) -> Vec<Value> {
    let said = desk.say(&[&["interview", "receipts", "--json"][..], more].concat());
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    said.json()[0]["questions"].as_array().unwrap().clone()
}

#[test]
fn a_script_answers_every_question_and_the_map_is_fit_to_run() {
    let desk = Desk::new();
    let before = questions(&desk, &[]);
    assert!(!desk.root().join(PATH).exists(), "nothing is written before something is answered");
    let open = |all: &[Value]| all.iter().filter(|one| one["open"] == true).count();
    assert!(open(&before) > 8, "{before:?}");
    let refused = desk.say(&["interview", "receipts", "--answer", "nothing=x"]);
    assert_eq!((refused.code, desk.root().join(PATH).exists()), (2, false), "{}", refused.err);
    for (question, value) in answers() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        questions(&desk, &["--answer", &format!("{question}={value}")]);
    }
    // What was guessed is not settled, and not to be deployed, until somebody says so.
    let said = desk.say(&["check", "receipts"]);
    assert_eq!(
        said.code,
        0,
        "{}{}{}",
        said.out,
        said.err,
        fs::read_to_string(desk.root().join(PATH)).unwrap()
    );
    assert!(said.out.contains("not settled"), "{}", said.out);
    let guesses = questions(&desk, &[]);
    assert!(guesses.iter().any(|one| one["unsettled"].is_string()), "{guesses:?}");
    for guess in guesses.iter().filter(|one| one["open"] == true) {
        let answer =
            guess["answer"].as_str().map_or_else(|| guess["answer"].to_string(), str::to_owned);
        let id = guess["id"].as_str().unwrap();
        questions(&desk, &["--answer", &format!("{id}={answer}")]);
    }
    assert_eq!(open(&questions(&desk, &[])), 0);
    let said = desk.say(&["check", "receipts"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(!said.out.contains("not settled"), "{}", said.out);
}

#[test]
fn somebody_at_a_terminal_answers_what_they_know_and_leaves_the_rest() {
    let desk = Desk::new();
    let binary = env!("CARGO_BIN_EXE_flightdeck");
    // The purpose; nobody knows what a case is; where it comes from, first with a slip; its fields.
    let typed = "It notes receipts.\n?\nelsewhere\nname | text\n\n";
    let lines = format!("{typed}{}", "\n".repeat(60));
    let said = Command::new("python3")
        .args(["-c", TERMINAL, &lines, binary, "interview", "receipts"])
        .current_dir(desk.root())
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success(), "{out}{}", String::from_utf8_lossy(&said.stderr));
    assert!(out.contains("What is this for, and what does it never do?"), "{out}");
    assert!(out.contains("questions are open"), "{out}");
    let text = fs::read_to_string(desk.root().join(PATH)).unwrap();
    for line in ["purpose: It notes receipts.", "about: case", "fields: { name: text }"] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    // Going on takes up where it was left.
    let all = questions(&desk, &["--answer", "case=receipt", "--answer", "case_from=inside"]);
    let case = all.iter().find(|one| one["id"] == "case").unwrap();
    assert_eq!((&case["answer"], &case["open"]), (&json!("receipt"), &json!(false)));
    assert!(!fs::read_to_string(desk.root().join(PATH)).unwrap().contains("about: case"));
}
