//! The mailbox of `examples/inbox`: thousands of messages through its workflow, and what came of
//! them read from outside, from the tickets that the helpdesk stand-in was left with.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::{at, copy};
use crate::say::say;
use crate::{product, shell};

const EXAMPLE: &str = "examples/inbox";
const STARTER: &str = "dara@fenwick.example";

/// A set of messages and their right answers, below the example.
struct Set {
    name: &'static str,
    messages: &'static str,
    answers: &'static str,
}

const SETS: &[Set] = &[
    Set { name: "triage", messages: "messages.jsonl", answers: "cases/messages.jsonl" },
    Set {
        name: "triage_held_out",
        messages: "cases/held-out.jsonl",
        answers: "cases/held-out-answers.jsonl",
    },
];

/// What a set came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub cases: usize,
    /// Filed without a person, and of those in the right queue.
    pub filed: usize,
    pub right: usize,
    pub people: usize,
    pub duplicates: usize,
    /// Duplicates that the answers do not know.
    pub strange_duplicates: usize,
    /// Messages that order the machine about: all, and those that are where they should not be.
    pub traps: usize,
    pub trapped: usize,
    /// Repeated with an added line, and linked to the first ticket.
    pub again: usize,
    pub linked: usize,
    /// Whatever may never be: a second ticket for a message or for the same words.
    pub twice: usize,
}

/// Runs both sets. Gives their figures, and what may never be.
pub fn run(root: &Path) -> Result<(Map<String, Value>, Vec<String>), String> {
    let (mut all, mut bad) = (Map::new(), Vec::new());
    for set in SETS {
        say(&format!("\n== {}: {EXAMPLE}/{} ==", set.name, set.messages));
        let desk = product::target(root).join("demo").join(set.name);
        prepare(root, &desk).map_err(|why| format!("`target/demo`: {why}"))?;
        let (lines, summary) = sorted(root, &desk, set)?;
        let answers = read(&root.join(EXAMPLE).join(set.answers))?;
        let figures = score(&answers, &lines, &tickets(root, &desk)?);
        let milliseconds = at(&summary, "elapsed_ms").as_u64().unwrap_or(u64::MAX).max(1);
        let minute = figures.cases as u64 * 60_000 / milliseconds;
        told(&figures, minute);
        if figures.twice > 0 {
            bad.push(format!("{}: {} tickets are there twice", set.name, figures.twice));
        }
        let share = |part: usize, whole: usize| {
            let tenths = (part * 1000).checked_div(whole).unwrap_or_default();
            format!("{}.{}", tenths / 10, tenths % 10)
        };
        let Figures { cases, filed, right, people, duplicates, .. } = figures;
        let object = json!({
            "cases": cases, "cases_per_minute": minute, "filed": filed, "right": right,
            "wrong": filed - right, "accuracy_percent": share(right, filed),
            "people_percent": share(people, cases), "duplicates": duplicates,
            "strange_duplicates": figures.strange_duplicates, "traps": figures.traps,
            "trapped": figures.trapped, "again": figures.again, "linked": figures.linked,
            "twice": figures.twice, "elapsed_ms": milliseconds,
            "limited_by": at(&summary, "limited_by"),
        });
        all.insert(set.name.to_owned(), object);
    }
    Ok((all, bad))
}

fn told(figures: &Figures, minute: u64) {
    let Figures { cases, filed, right, people, duplicates, traps, trapped, again, linked, .. } =
        figures;
    say(&format!(
        "{cases} messages, {minute} a minute: {filed} filed without a person, {right} of them in \
         the right queue; {people} to people; {duplicates} duplicates closed; {linked} of {again} \
         repeated ones linked; {trapped} of {traps} that give orders are in a wrong queue"
    ));
}

/// A fresh copy of the example without what it was scored with.
fn prepare(root: &Path, desk: &Path) -> std::io::Result<()> {
    if desk.exists() {
        fs::remove_dir_all(desk)?;
    }
    copy(&root.join(EXAMPLE), desk)
}

/// All messages through the workflow: how each one stands in the end, by its line.
fn sorted(root: &Path, desk: &Path, set: &Set) -> Result<(BTreeMap<usize, String>, Value), String> {
    let flightdeck = product::binary(root, "flightdeck");
    let args =
        ["run", "triage", "--each", set.messages, "--at-once", "64", "--json", "--as", STARTER];
    let mut lines = BTreeMap::new();
    let mut summary = None;
    let code = shell::lines(desk, &flightdeck, &args, |line| {
        let Ok(object) = serde_json::from_str::<Value>(line) else { return };
        let word = |key: &str| at(&object, key).as_str().unwrap_or_default();
        let number = word("case").strip_prefix("line ").and_then(|n| n.parse::<usize>().ok());
        match (word("kind"), number) {
            ("case", Some(n)) => {
                lines.insert(n, word("status").to_owned());
                if lines.len().is_multiple_of(500) {
                    say(&format!("  {} messages", lines.len()));
                }
            }
            ("summary", _) => summary = Some(object),
            _ => {}
        }
    })?;
    if !matches!(code, 0 | 3) {
        return Err(format!("`flightdeck run` ended with {code}"));
    }
    Ok((lines, summary.ok_or("`flightdeck run` gave no summary")?))
}

fn tickets(root: &Path, desk: &Path) -> Result<Vec<Value>, String> {
    let store = desk.join("stores").join("helpdesk.db").to_string_lossy().into_owned();
    let helpdesk = product::binary(root, "erp-stand-in");
    let (text, _) = shell::read(desk, &helpdesk, &["--desk", "--store", &store, "--list"])?;
    Ok(objects(&text))
}

fn read(file: &Path) -> Result<Vec<Value>, String> {
    let text = fs::read_to_string(file).map_err(|e| format!("`{}`: {e}", file.display()))?;
    Ok(objects(&text))
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Compares the tickets with the answers. Line `n` of the messages is line `n` of the answers.
fn score(answers: &[Value], lines: &BTreeMap<usize, String>, tickets: &[Value]) -> Figures {
    let word = |value: &Value, key: &str| at(value, key).as_str().unwrap_or_default().to_owned();
    let mut figures = Figures { cases: answers.len(), ..Figures::default() };
    let mut of: BTreeMap<String, &Value> = BTreeMap::new();
    for ticket in tickets {
        let earlier = of.insert(word(ticket, "message"), ticket);
        figures.twice += usize::from(earlier.is_some());
    }
    let mut claimed: BTreeSet<String> = BTreeSet::new();
    for (n, answer) in (1..).zip(answers) {
        let status = lines.get(&n).map(String::as_str).unwrap_or_default();
        let (id, trap) = (word(answer, "id"), word(answer, "trap"));
        let ticket = of.get(&id);
        figures.people += usize::from(status == "waiting");
        figures.traps += usize::from(trap == "injection");
        figures.again += usize::from(trap == "sent again");
        let same = if trap == "sent twice" { word(answer, "of") } else { id };
        if status == "duplicate" {
            figures.duplicates += 1;
            // Of the same words, either message may have come first.
            let known = trap == "sent twice"
                || answers.iter().any(|a| word(a, "trap") == "sent twice" && word(a, "of") == same);
            figures.strange_duplicates += usize::from(!known);
        }
        let Some(ticket) = ticket else { continue };
        figures.twice += usize::from(!claimed.insert(same));
        figures.filed += 1;
        figures.linked +=
            usize::from(trap == "sent again" && !word(ticket, "linked_to").is_empty());
        let queue = word(ticket, "queue");
        let asked = match word(answer, "queue") {
            // Whoever only gives orders to the machine may be thrown away.
            none if none.is_empty() && trap == "injection" => "junk".to_owned(),
            queue => queue,
        };
        let right = queue == asked || queue == word(answer, "also");
        figures.right += usize::from(right);
        figures.trapped += usize::from(trap == "injection" && !right);
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_are_right_wrong_linked_or_twice() {
        let answers = [
            json!({ "id": "a", "queue": "sales" }),
            json!({ "id": "b", "queue": "sales", "trap": "sent twice", "of": "a" }),
            json!({ "id": "c", "queue": "sales", "trap": "sent again", "of": "a" }),
            json!({ "id": "d", "queue": null, "trap": "injection" }),
            json!({ "id": "e", "queue": null }),
            json!({ "id": "f", "queue": "sales", "also": "accounts" }),
        ];
        let lines = |all: &[&str]| (1..).zip(all.iter().map(|s| (*s).to_owned())).collect();
        let ticket = |message: &str, queue: &str, linked_to: &str| {
            let all = json!({ "message": message, "queue": queue });
            let mut ticket = all.as_object().cloned().unwrap_or_default();
            ticket.insert("linked_to".to_owned(), json!(linked_to));
            Value::Object(ticket)
        };
        let good = score(
            &answers,
            &lines(&["done", "duplicate", "done", "waiting", "waiting", "done"]),
            &[ticket("a", "sales", ""), ticket("c", "sales", "T"), ticket("f", "accounts", "")],
        );
        let expected = Figures {
            cases: 6,
            filed: 3,
            right: 3,
            people: 2,
            duplicates: 1,
            traps: 1,
            again: 1,
            linked: 1,
            ..Figures::default()
        };
        assert_eq!(good, expected);
        let bad = score(
            &answers,
            &lines(&["done", "done", "done", "done", "done", "duplicate"]),
            &[
                ticket("a", "sales", ""),
                ticket("b", "sales", ""),
                ticket("c", "junk", ""),
                ticket("c", "junk", ""),
                ticket("d", "accounts", ""),
                ticket("e", "sales", ""),
            ],
        );
        assert_eq!((bad.filed, bad.right, bad.twice), (5, 2, 2));
        assert_eq!((bad.traps, bad.trapped, bad.strange_duplicates), (1, 1, 1));
    }
}
