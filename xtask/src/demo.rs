//! `cargo xtask demo`: first the shared mailbox; then the invoices with the local model, and people
//! answer what waits; then the held-out ones, then with no model at all. What counts is read from
//! outside: what the stand-ins were left with, compared with the right answers in `cases/`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};

use crate::say::say;
use crate::{product, shell, studio};

mod people;
mod triage;

const WORKFLOW: &str = "invoice_intake";
/// Who starts the cases; the example's checkpoints are never passed by the one who did.
const STARTER: &str = "marta@larkfield.example";

/// One round of the demo.
struct Round {
    name: &'static str,
    /// Where its documents are, below the example.
    documents: &'static str,
    answers: &'static str,
    model: bool,
    /// Whether people answer what waits in the end.
    people: bool,
}

const ROUNDS: &[Round] = &[
    Round {
        name: "inbox",
        documents: "inbox",
        answers: "cases/invoice_intake",
        model: true,
        people: true,
    },
    Round {
        name: "held_out",
        documents: "cases/held-out",
        answers: "cases/held-out",
        model: true,
        people: false,
    },
    Round {
        name: "no_model",
        documents: "inbox",
        answers: "cases/invoice_intake",
        model: false,
        people: false,
    },
];

/// What a round came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Figures {
    cases: usize,
    honest: usize,
    /// Honest ones that were finished and needed nobody.
    alone: usize,
    drafts: usize,
    /// Drafts that no answer knows, or that exist although a person had to look first.
    wrong: usize,
    /// Drafts beyond the first for one answer.
    duplicate: usize,
    waiting: usize,
}

/// Runs all rounds and ends with their figures as one line of JSON.
pub fn run(root: &Path) -> Result<(), String> {
    studio::run(root)?;
    product::build(root)?;
    // Sorting a mailbox needs nothing that would have to be installed, so it is not kept waiting.
    let (mut all, mut bad) = triage::run(root)?;
    shell::run(root, &product::binary(root, "flightdeck"), &["model", "install"])?;
    for round in ROUNDS {
        let began = Instant::now();
        let Outcome { desk, answers, lines, figures, summary } = one(root, round)?;
        bad.extend((0..figures.wrong).map(|_| format!("{}: a draft is wrong", round.name)));
        bad.extend(
            (0..figures.duplicate).map(|_| format!("{}: a draft is made twice", round.name)),
        );
        let share = (figures.alone * 100).checked_div(figures.honest).unwrap_or_default();
        let Figures { cases, honest, alone, drafts, wrong, duplicate, waiting } = figures;
        say(&format!(
            "\n{}: {cases} documents; {alone} of {honest} honest ones finished without a person \
             ({share} %); {waiting} wait; {drafts} drafts, {wrong} wrong, {duplicate} twice\n",
            round.name
        ));
        all.insert(
            round.name.to_owned(),
            json!({
                "cases": cases, "honest": honest, "alone": alone, "alone_percent": share,
                "drafts": drafts, "wrong": wrong, "duplicate": duplicate, "waiting": waiting,
                "seconds": began.elapsed().as_secs(),
                "tokens_per_hour": at(&summary, "tokens_per_hour"), "cost": at(&summary, "cost"),
                "minutes_saved": at(&summary, "minutes_saved"), "limited_by": at(&summary, "limited_by"),
            }),
        );
        if round.people {
            let (figures, differences) = people::answer(root, &desk, &answers, &lines)?;
            bad.extend(differences);
            all.insert("people".to_owned(), figures);
        }
    }
    say(&Value::Object(all).to_string());
    if bad.is_empty() { Ok(()) } else { Err(bad.join("; ")) }
}

/// A round that is over.
struct Outcome {
    desk: PathBuf,
    answers: BTreeMap<String, Value>,
    lines: Vec<Value>,
    figures: Figures,
    summary: Value,
}

fn one(root: &Path, round: &Round) -> Result<Outcome, String> {
    let desk = product::target(root).join("demo").join(round.name);
    prepare(root, round, &desk).map_err(|why| format!("`target/demo`: {why}"))?;
    say(&format!("\n== {}: documents of {} ==", round.name, round.documents));
    let flightdeck = product::binary(root, "flightdeck");
    let args = ["run", WORKFLOW, "--each", "inbox", "--json", "--as", STARTER];
    let mut lines: Vec<Value> = Vec::new();
    let code = shell::lines(&desk, &flightdeck, &args, |line| {
        if let Ok(object) = serde_json::from_str::<Value>(line) {
            if at(&object, "kind") == "case" {
                let word = |key: &str| at(&object, key).as_str().unwrap_or_default().to_owned();
                say(&format!("  {:<28} {}", word("case"), word("status")));
            }
            lines.push(object);
        }
    })?;
    // Waiting for people is how such a run is meant to end; an error of the run itself is not.
    if !matches!(code, 0 | 1 | 3) {
        return Err(format!("`flightdeck run` ended with {code}"));
    }
    let summary = lines.iter().rfind(|line| at(line, "kind") == "summary").cloned();
    let summary = summary.ok_or("`flightdeck run` gave no summary")?;
    let drafts = drafts_of(root, &desk)?;
    for draft in &drafts {
        let word = |key: &str| at(draft, key).as_str().unwrap_or_default();
        say(&format!(
            "  draft {} {} {} {} {}",
            word("supplier"),
            word("iban"),
            word("amount"),
            word("currency"),
            word("number")
        ));
    }
    let answers = answers(&root.join("examples/back-office").join(round.answers))?;
    let figures = score(&answers, &lines, &drafts);
    if (figures.waiting > 0) != (code == 3) {
        return Err(format!("`flightdeck run` ended with {code} while {} wait", figures.waiting));
    }
    Ok(Outcome { desk, answers, lines, figures, summary })
}

/// The drafts that the ERP stand-in of a desk holds.
fn drafts_of(root: &Path, desk: &Path) -> Result<Vec<Value>, String> {
    let store = desk.join("stores").join("erp.db").to_string_lossy().into_owned();
    let erp = product::binary(root, "erp-stand-in");
    let (text, _) = shell::read(desk, &erp, &["--store", &store, "--list"])?;
    let all = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(all.filter(|draft| at(draft, "status") == "draft").collect())
}

/// A fresh copy of the example with the round's documents in its inbox.
fn prepare(root: &Path, round: &Round, desk: &Path) -> std::io::Result<()> {
    let example = root.join("examples").join("back-office");
    if desk.exists() {
        fs::remove_dir_all(desk)?;
    }
    copy(&example, desk)?;
    let inbox = desk.join("inbox");
    fs::remove_dir_all(&inbox)?;
    fs::create_dir_all(&inbox)?;
    for entry in fs::read_dir(example.join(round.documents))? {
        let path = entry?.path();
        // The right answers lie beside some of the documents.
        if path.extension().is_some_and(|end| end != "json")
            && let Some(name) = path.file_name()
        {
            fs::copy(&path, inbox.join(name))?;
        }
    }
    if !round.model {
        // A model server that nobody started: whatever needs an answer of it waits for a person.
        let settings = desk.join("flightdeck.yaml");
        let text = fs::read_to_string(&settings)?;
        let off = "    base_url: http://127.0.0.1:9/v1\n    vendor: nobody\n";
        fs::write(settings, text.replacen("    vendor: local\n", off, 1))?;
        // Nothing will come of a second try, so the case goes to a person at the first failure.
        let map = desk.join("workflows").join(format!("{WORKFLOW}.md"));
        let text = fs::read_to_string(&map)?;
        let retry = "retry: { times: 2, first: 5 seconds, longest: 1 minute }, ";
        fs::write(map, text.replacen(retry, "", 1))?;
    }
    Ok(())
}

/// Copies an example.
pub fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if entry.file_type()?.is_dir() {
            // What earlier runs left in the example itself does not belong to a fresh copy.
            if name != ".flightdeck" {
                copy(&entry.path(), &to.join(&name))?;
            }
        } else {
            fs::copy(entry.path(), to.join(&name))?;
        }
    }
    Ok(())
}

/// The right answers by the name of their document, with what people make of some.
fn answers(folder: &Path) -> Result<BTreeMap<String, Value>, String> {
    let mut all = BTreeMap::new();
    let reviewed = fs::read_to_string(folder.with_file_name("reviewed.json")).unwrap_or_default();
    let reviewed: Value = serde_json::from_str(&reviewed).unwrap_or_default();
    let failed = |what: &dyn std::fmt::Display| format!("`{}`: {what}", folder.display());
    for entry in fs::read_dir(folder).map_err(|e| failed(&e))? {
        let path: PathBuf = entry.map_err(|e| failed(&e))?.path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let text = fs::read_to_string(&path).map_err(|e| failed(&e))?;
        let mut answer: Value = serde_json::from_str(&text).map_err(|e| failed(&e))?;
        let file = at(&answer, "file").as_str().unwrap_or_default();
        let name = file.rsplit('/').next().unwrap_or(file).to_owned();
        if let (Some(fields), Some(people)) = (answer.as_object_mut(), reviewed.get(&name)) {
            fields.insert("reviewed".to_owned(), people.clone());
        }
        all.insert(name, answer);
    }
    Ok(all)
}

/// Compares what was left behind with what was right.
fn score(answers: &BTreeMap<String, Value>, lines: &[Value], drafts: &[Value]) -> Figures {
    let mut figures = Figures { cases: answers.len(), ..Figures::default() };
    for (name, answer) in answers {
        let line = lines.iter().find(|l| at(l, "kind") == "case" && at(l, "case") == name.as_str());
        let status = line.and_then(|line| at(line, "status").as_str()).unwrap_or_default();
        let honest = is_honest(answer);
        figures.honest += usize::from(honest);
        figures.alone += usize::from(honest && status == "done");
        figures.waiting += usize::from(status == "waiting");
        // Nobody answered anything in this run, so such a case may not be done.
        figures.wrong += usize::from(at(answer, "expect") == "person" && status == "done");
    }
    let right: Vec<String> = answers.values().filter_map(|a| key(drafted(a))).collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for draft in drafts {
        figures.drafts += 1;
        let made = made(draft);
        figures.wrong += usize::from(!right.contains(&made));
        *seen.entry(made).or_default() += 1;
    }
    figures.duplicate = seen.values().map(|n| n - 1).sum();
    figures
}

/// A field, or nothing.
fn at<'v>(value: &'v Value, key: &str) -> &'v Value {
    value.get(key).unwrap_or(&Value::Null)
}

/// A draft that was made, as one text.
fn made(draft: &Value) -> String {
    let word = |key: &str| at(draft, key).as_str().unwrap_or_default();
    let amount = format!("{} {}", word("amount"), word("currency"));
    [word("supplier"), word("iban"), &amount, word("number")].join("|")
}

/// Whether it is one that nobody should have to look at for a stranger's sake.
fn is_honest(answer: &Value) -> bool {
    at(answer, "tags").as_array().is_some_and(|tags| tags.iter().any(|tag| tag == "honest"))
}

/// The only draft that may ever be made of a document without a person.
fn drafted(answer: &Value) -> &Value {
    at(at(answer, "acts"), "draft")
}

/// A right draft as one text.
fn key(draft: &Value) -> Option<String> {
    let word = |key: &str| at(draft, key).as_str();
    let amount = format!("{} {}", word("amount")?, word("currency")?);
    Some([word("supplier")?, word("iban")?, &amount, word("number")?].join("|"))
}

#[cfg(test)]
mod tests;
