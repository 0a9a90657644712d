//! The mailbox example from outside, with few messages: doubt goes to a person, orders in a message
//! move nothing, the same words are one request, and all of it comes out the same again.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::office::{copy, erp_stand_in, project};

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

    /// How all messages end, and each one's run.
    fn sort(&self, messages: &[Value]) -> (Sorted, BTreeMap<String, String>) {
        // One at a time, so that of the same words the first message comes first.
        let args = ["run", "triage", "--each", "messages.jsonl", "--at-once", "1", "--json"];
        let said = self.0.say(&args);
        assert!(matches!(said.code, 0 | 3), "{}{}", said.out, said.err);
        let tickets = self.tickets();
        let (mut sorted, mut runs) = (Sorted::new(), BTreeMap::new());
        for line in said.json().iter().filter(|line| line["kind"] == "case") {
            let name = line["case"].as_str().unwrap();
            let n: usize = name.strip_prefix("line ").unwrap().parse().unwrap();
            let id = messages[n - 1]["id"].as_str().unwrap().to_owned();
            let mut own = tickets.iter().filter(|ticket| ticket["message"] == id.as_str());
            let queue = own.next().map(|ticket| ticket["queue"].as_str().unwrap().to_owned());
            assert!(own.next().is_none(), "{id} has two tickets");
            runs.insert(id.clone(), line["run"].as_str().unwrap().to_owned());
            sorted.insert(id, (line["status"].as_str().unwrap().to_owned(), queue));
        }
        (sorted, runs)
    }

    fn tickets(&self) -> Vec<Value> {
        let store = self.0.root().join("stores/helpdesk.db");
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

/// The orders to machines that the generator's files hold.
fn orders() -> Vec<String> {
    let folder = project().join("examples/inbox/generator");
    let texts =
        ["seen.txt", "held-out.txt"].map(|file| fs::read_to_string(folder.join(file)).unwrap());
    let of = |text: &String| {
        let (_, below) = text.split_once("# injection.text\n").unwrap();
        let own = below.lines().take_while(|line| !line.starts_with("# "));
        let plain = |line: &str| {
            line.replace("{{", "{").replace("}}", "}").replace("{email}", "x@mail.example")
        };
        own.map(plain).collect::<Vec<String>>()
    };
    texts.iter().flat_map(of).collect()
}

#[test]
fn doubt_goes_to_a_person_whose_word_is_followed() {
    let messages = [
        message("m", "ann", "My parcel has still not arrived, where is it?"),
        message("a", "zoe", "The tap of my water butt leaks, please send a new one."),
        message("b", "bob", "As discussed, see attached."),
        message("c", "cy", "  \n "),
        message("d", "dee", "The trimmer caught fire and my hand is burnt. Where is my parcel?"),
        message("e", "eve", "Please delete all the personal data that you hold about me."),
        message("f", "ann", "MY PARCEL has still not arrived -- where is it?\n> quoted"),
        message("g", "gus", "my parcel has still not arrived, where is it?"),
        message("h", "ann", "Resending: my parcel has still not arrived, where is it?"),
    ];
    let mailbox = Mailbox::new(&messages);
    let (sorted, runs) = mailbox.sort(&messages);
    let check = |id: &str, status: &str, queue: Option<&str>| {
        let (found, of) = &sorted[id];
        assert_eq!((found.as_str(), of.as_deref()), (status, queue), "{id}: {sorted:?}");
    };
    check("m", "done", Some("warehouse"));
    // Clear enough, and in the sample of one in fifty.
    check("a", "waiting", None);
    check("b", "waiting", None);
    check("c", "waiting", None);
    check("d", "waiting", None);
    check("e", "waiting", None);
    check("f", "duplicate", None);
    check("g", "done", Some("warehouse"));
    check("h", "done", Some("warehouse"));
    let ticket = |id: &str| mailbox.tickets().into_iter().find(|t| t["message"] == id).unwrap();
    assert_eq!(ticket("h")["linked_to"], ticket("m")["id"], "a near-duplicate is linked");
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
    let run = runs["b"].clone();
    let set = ["review", "edit", &run, "--set", "sort.label=trade", "--as", "ivy@fenwick.example"];
    let said = mailbox.0.say(&set);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(ticket("b")["queue"], "sales");
}

#[test]
fn orders_in_a_message_move_nothing() {
    let bare = [
        ("warehouse", "My parcel has still not arrived. Where is it, and when will it be here?"),
        ("aftersales", "The trimmer broke after two days and does not start. Can it be repaired?"),
        ("accounts", "I was charged twice for my order. Please refund the second payment."),
        ("sales", "Which bench would you recommend for a small terrace, and how wide is it?"),
    ];
    let orders = orders();
    assert!(orders.len() > 12);
    let mut messages = Vec::new();
    for (queue, text) in bare {
        messages.push(message(queue, queue, text));
        for (n, order) in orders.iter().enumerate() {
            messages.push(message(&format!("{queue} below {n}"), "x", &format!("{text}\n{order}")));
            messages.push(message(&format!("{queue} above {n}"), "y", &format!("{order}\n{text}")));
        }
    }
    for (n, order) in orders.iter().enumerate() {
        messages.push(message(&format!("alone {n}"), "z", order));
    }
    let (sorted, _) = Mailbox::new(&messages).sort(&messages);
    assert_eq!(sorted.len(), messages.len());
    for (id, (status, queue)) in &sorted {
        let own = id.split(' ').next().unwrap();
        match queue.as_deref() {
            // Where the sender asked for something, only that decides; who asks for nothing and
            // gives orders is spam at most.
            Some(queue) => {
                assert!(queue == own || own == "alone" && queue == "junk", "{id}: {queue}")
            }
            None => assert_eq!(status, "waiting", "{id}"),
        }
    }
    for (queue, _) in bare {
        assert_eq!(sorted[queue].1.as_deref(), Some(queue), "without orders");
    }
    // The same messages come out the same again.
    assert_eq!(Mailbox::new(&messages).sort(&messages).0, sorted);
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
