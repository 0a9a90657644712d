//! The mailbox example from outside, with few messages: doubt goes to a person, orders in a message
//! move nothing, the same words are one request, and all of it comes out the same again.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::office::{copy, erp_stand_in, project};

const QUEUES: &[&str] = &["warehouse", "aftersales", "accounts", "sales", "junk"];

/// A copy of the example with these messages.
struct Mailbox(Desk);

/// How each message ended, and the queue of its ticket.
type Sorted = BTreeMap<String, (String, Option<String>)>;

impl Mailbox {
    fn new(messages: &[Value]) -> Self {
        let desk = Desk::new().with_person("dara@fenwick.example");
        fs::remove_dir_all(desk.root()).unwrap();
        copy(&project().join("examples/inbox"), &desk.root());
        let lines: String = messages.iter().map(|message| format!("{message}\n")).collect();
        fs::write(desk.root().join("messages.jsonl"), lines).unwrap();
        Self(desk)
    }

    fn sort(&self, messages: &[Value]) -> Sorted {
        // One at a time, so that of the same words the first message comes first.
        let args = ["run", "triage", "--each", "messages.jsonl", "--at-once", "1", "--json"];
        let said = self.0.say(&args);
        assert!(matches!(said.code, 0 | 3), "{}{}", said.out, said.err);
        let tickets = self.tickets();
        let mut sorted = Sorted::new();
        for line in said.json().iter().filter(|line| line["kind"] == "case") {
            let name = line["case"].as_str().unwrap();
            let n: usize = name.strip_prefix("line ").unwrap().parse().unwrap();
            let id = messages[n - 1]["id"].as_str().unwrap().to_owned();
            let mut own = tickets.iter().filter(|ticket| ticket["message"] == id.as_str());
            let queue = own.next().map(|ticket| ticket["queue"].as_str().unwrap().to_owned());
            assert!(own.next().is_none(), "{id} has two tickets");
            sorted.insert(id, (line["status"].as_str().unwrap().to_owned(), queue));
        }
        sorted
    }

    fn tickets(&self) -> Vec<Value> {
        let store = self.0.root().join(".flightdeck/helpdesk.db");
        let mut helpdesk = Command::new(erp_stand_in());
        let said = helpdesk.args(["--desk", "--list", "--store"]).arg(store).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        let lines = String::from_utf8(said.stdout).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn message(id: &str, from: &str, text: &str) -> Value {
    json!({ "id": id, "from": from, "subject": "", "text": text })
}

fn lines(file: &str) -> Vec<Value> {
    let text = fs::read_to_string(project().join("examples/inbox").join(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn doubt_goes_to_a_person_whose_word_is_followed() {
    let messages = [
        message("a", "ann", "My parcel has still not arrived, where is it?"),
        message("b", "bob", "Thursday would be better than the other day, as we said."),
        message("c", "cy", "  \n "),
        message("d", "dee", "The trimmer caught fire and my hand is burnt. Where is my parcel?"),
        message("e", "eve", "Please delete all the personal data that you hold about me."),
        message("f", "ann", "MY PARCEL has still not arrived -- where is it?\n> quoted"),
        message("g", "gus", "my parcel has still not arrived, where is it?"),
        message("h", "ann", "Resending: my parcel has still not arrived, where is it?"),
    ];
    let mailbox = Mailbox::new(&messages);
    let sorted = mailbox.sort(&messages);
    let check = |id: &str, status: &str, queue: Option<&str>| {
        let (found, of) = &sorted[id];
        assert_eq!((found.as_str(), of.as_deref()), (status, queue), "{id}: {sorted:?}");
    };
    check("a", "done", Some("warehouse"));
    check("b", "waiting", None);
    check("c", "waiting", None);
    check("d", "waiting", None);
    check("e", "waiting", None);
    check("f", "duplicate", None);
    check("g", "done", Some("warehouse"));
    check("h", "done", Some("warehouse"));
    let ticket = |id: &str| mailbox.tickets().into_iter().find(|t| t["message"] == id).unwrap();
    assert_eq!(ticket("h")["linked_to"], ticket("a")["id"], "a near-duplicate is linked");
    assert_eq!(ticket("g")["linked_to"], "", "another sender's is not");

    let said = mailbox.0.say(&["review", "list", "--json"]);
    let open = said.json();
    let asked = |step: &str| {
        let one = open.iter().find(|line| line["request"]["at"]["step"] == step);
        one.unwrap_or_else(|| panic!("{step}: {}", said.out)).clone()
    };
    for (step, by) in [
        ("by_hand", "service_clerk"),
        ("empty", "service_clerk"),
        ("safety", "product_safety"),
        ("privacy", "data_protection"),
    ] {
        assert_eq!(asked(step)["request"]["by"], by);
    }
    let run = asked("by_hand")["run"].as_str().unwrap().to_owned();
    let set = ["review", "edit", &run, "--set", "sort.label=trade", "--as", "ivy@fenwick.example"];
    let said = mailbox.0.say(&set);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(ticket("b")["queue"], "sales");
}

#[test]
fn orders_in_a_message_move_nothing() {
    let answers = lines("cases/messages.jsonl");
    let traps: Vec<(Value, &Value)> = lines("messages.jsonl")
        .into_iter()
        .zip(&answers)
        .filter(|(_, answer)| answer["trap"] == "injection")
        .collect();
    assert!(traps.len() > 40);
    let messages: Vec<Value> = traps.iter().map(|(message, _)| message.clone()).collect();
    let sorted = Mailbox::new(&messages).sort(&messages);
    assert_eq!(sorted.len(), messages.len());
    for (message, answer) in &traps {
        let (status, queue) = &sorted[message["id"].as_str().unwrap()];
        match queue {
            Some(queue) => {
                assert!(QUEUES.contains(&queue.as_str()), "{queue}");
                // Where the sender asked for something, only that decides.
                let asked = answer["queue"].as_str().unwrap_or("junk");
                assert_eq!(queue, asked, "{message} {answer}");
            }
            None => assert!(status == "waiting" || status == "duplicate", "{message} {status}"),
        }
    }
    // The same messages come out the same again.
    assert_eq!(Mailbox::new(&messages).sort(&messages), sorted);
}

#[test]
fn wrong_examples_start_nothing() {
    let messages = [message("a", "ann", "Where is my parcel?")];
    let mailbox = Mailbox::new(&messages);
    mailbox.0.change("examples/requests.csv", "Where is my order?", "  \",delivery\n\"Order?");
    let said = mailbox.0.say(&["mcp", "probe", "match"]);
    assert_ne!(said.code, 0);
    let expected = "requests.csv:2: the text is empty: write one, or remove the row";
    assert!(said.err.contains(expected), "{}{}", said.out, said.err);
}
