//! A case rehearsed with the built program: each of its ends by choices, the same each time, nothing
//! asked, nothing done and nothing kept but what is told to be kept.

use std::fs;

use serde_json::{Value, json};

use crate::office::{Office, example};
use crate::vendor::Vendor;

fn office(documents: &[&str]) -> Office {
    // Nobody answers there: a model that were asked would be a failure.
    Office::new(&Vendor::plain(), documents)
}

fn rehearsed(office: &Office, more: &[&str]) -> Value {
    let mut args = vec!["simulate", "invoice_intake", "--json"];
    args.extend(more);
    let said = office.say(&args);
    assert_eq!(said.code, 0, "{more:?}: {}{}", said.out, said.err);
    let told = said.json().remove(0);
    assert_eq!(told["kind"], "rehearsed", "{told}");
    told
}

fn steps(told: &Value) -> Vec<&str> {
    told["taken"].as_array().unwrap().iter().map(|t| t["step"].as_str().unwrap()).collect()
}

const NORDWIND: &[&str] = &["--file", "inbox/001-nordwind.txt"];
/// An invoice of 5,000 EUR and more.
const KELLER: &[&str] = &["--file", "inbox/032-keller.txt"];

#[test]
fn a_case_goes_through_by_itself_and_nothing_is_done() {
    let office = office(&["001", "032"]);
    let told = rehearsed(&office, NORDWIND);
    assert_eq!((&told["status"], &told["over"]), (&json!("done"), &json!(true)), "{told}");
    assert_eq!(steps(&told), ["fetch", "draft", "draft"]);
    assert!(told["taken"].as_array().unwrap().iter().all(|one| one["assumed"] == true));
    // The document is the real one, and the draft is made of what stands in it.
    let content = told["taken"][0]["choice"]["value"]["content"].as_str().unwrap();
    assert!(content.contains("RE-2026-4417"), "{content}");
    let story = told["story"].as_array().unwrap();
    assert!(story.len() > 5, "{told}");
    assert!(told["elapsed_ms"].as_u64().unwrap() > 0);
    assert!(office.drafts().is_empty());
    assert!(!office.root().join(".flightdeck/journal.db").exists());
    // In a terminal the same is said in lines, with what was assumed.
    let lines = office.say(&[&["simulate", "invoice_intake"], NORDWIND].concat());
    assert_eq!(lines.code, 0, "{}", lines.err);
    for word in ["nothing left this machine", "(assumed)", "the figures are estimates"] {
        assert!(lines.out.contains(word), "{word}: {}", lines.out);
    }
}

#[test]
fn each_end_is_come_to_by_choices_and_they_replay_exactly() {
    let office = office(&["001", "032"]);
    let first = rehearsed(&office, &[KELLER, &["--step"]].concat());
    assert_eq!((&first["over"], &first["taken"]), (&json!(false), &json!([])), "{first}");
    assert_eq!(first["open"][0]["by"], "documents.read_document", "{first}");
    let asked = rehearsed(&office, &[KELLER, &["--step", "--choose", "answer"]].concat());
    let point = &asked["open"][0];
    assert_eq!((&point["step"], &point["kind"]), (&json!("approve"), &json!("person")), "{asked}");
    assert_eq!(point["may"], json!(["ruth@larkfield.example", "jonas@larkfield.example"]));
    for (choice, status, by) in [
        ("approve", "done", ""),
        ("reject=not ours", "rejected", ""),
        ("late", "waiting", "finance_lead"),
    ] {
        let more = ["--choose", "answer", "--choose", choice];
        let on = if status == "waiting" { vec!["--step"] } else { vec![] };
        let told = rehearsed(&office, &[KELLER, &more, &on].concat());
        assert_eq!(told["status"], status, "{choice}: {told}");
        assert!(by.is_empty() || told["open"][0]["by"] == by, "{told}");
        let mut again: Vec<String> = KELLER.iter().map(|word| (*word).to_owned()).collect();
        again.push("--step".to_owned());
        for one in told["choices"].as_array().unwrap() {
            again.extend(["--choose".to_owned(), one.to_string()]);
        }
        let again: Vec<&str> = again.iter().map(String::as_str).collect();
        let replayed = rehearsed(&office, &again);
        assert_eq!(
            (&replayed["story"], &replayed["elapsed_ms"]),
            (&told["story"], &told["elapsed_ms"])
        );
    }
    let unread = r#"answer={"content":"","outcome":"scan","why":"a picture"}"#;
    let told = rehearsed(&office, &[KELLER, &["--step", "--choose", unread]].concat());
    assert_eq!(told["open"][0]["step"], "unread", "{told}");
    // What goes wrong leads where the map says.
    let lost = ["--step", "--choose", "answer", "--choose", "lost"];
    let told = rehearsed(&office, &[NORDWIND, &lost].concat());
    assert_eq!(told["open"][0]["step"], "draft", "{told}");
    assert!(told["story"].to_string().contains("draft"), "{told}");
    assert!(office.drafts().is_empty());
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let office = office(&["001", "032"]);
    let refused = |more: &[&str]| {
        let said = office.say(&[&["simulate", "invoice_intake", "--json"], more].concat());
        assert_eq!(said.code, 2, "{more:?}: {}{}", said.out, said.err);
        serde_json::from_str::<Value>(said.err.lines().last().unwrap()).unwrap()
    };
    let fly = refused(&[KELLER, &["--choose", "answer", "--choose", "fly"]].concat());
    assert_eq!(fly["code"], "choice_unfit", "{fly}");
    assert_eq!(fly["what"], "choice 2: `fly` cannot be chosen at `approve`");
    assert!(fly["help"].as_str().unwrap().contains("`approve`"), "{fly}");
    refused(&["--file", "inbox/none.txt"]);
    refused(&["--case", "none"]);
    refused(&["--case", "{"]);
    office.change("workflows/invoice_intake.md", "otherwise: clerk_check", "otherwise: nowhere");
    let problems = office.say(&[&["simulate", "invoice_intake"], NORDWIND].concat());
    assert_eq!(problems.code, 2);
    assert!(problems.err.contains("nowhere"), "{}", problems.err);
}

#[test]
fn ways_of_the_map_are_found_and_those_that_are_not_are_named() {
    let office = office(&[]);
    let folder = office.root().join("cases/invoice_intake");
    fs::create_dir_all(&folder).unwrap();
    for name in ["001-nordwind", "032-keller", "043-brightmoor"] {
        let name = format!("{name}.json");
        fs::copy(example().join("cases/invoice_intake").join(&name), folder.join(&name)).unwrap();
    }
    let said = office.say(&["simulate", "invoice_intake", "--all", "--seconds", "45", "--json"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let told = said.json().remove(0);
    assert_eq!(told["kind"], "ways", "{told}");
    let taken = |from: &str, to: Value| {
        let ways = told["ways"].as_array().unwrap().iter();
        let mut found = ways.filter(|way| way["way"]["from"] == from && way["way"]["to"] == to);
        found.any(|way| way["by"].is_object())
    };
    for (from, to) in [
        ("fetch", json!("read")),
        ("route", json!("approve")),
        ("route", json!("draft")),
        ("approve", json!("draft")),
        ("approve", Value::Null),
    ] {
        assert!(taken(from, to.clone()), "{from} to {to}: {told}");
    }
    let faults = told["faults"].as_array().unwrap();
    assert!(faults.iter().any(|led| led["step"] == "draft" && led["fault"] == "lost"), "{told}");
    let ends: Vec<&Value> =
        told["ends"].as_array().unwrap().iter().map(|end| &end["end"]).collect();
    assert!(ends.contains(&&json!("done")) && ends.contains(&&json!("rejected")), "{ends:?}");
    assert!(office.drafts().is_empty());
}

#[test]
fn a_rehearsal_is_kept_as_a_case_that_test_tries_and_none_is_written_over() {
    let office = office(&["001", "032"]);
    let told = rehearsed(&office, &[NORDWIND, &["--keep", "tried"]].concat());
    assert_eq!(told["kept"], "cases/invoice_intake/tried.yaml");
    let path = office.root().join("cases/invoice_intake/tried.yaml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("file: \"inbox/001-nordwind.txt\""), "{text}");
    assert!(text.contains("expect: \"draft\""), "{text}");
    let said = office.say(&["test", "invoice_intake", "--json"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let twice =
        office.say(&[&["simulate", "invoice_intake", "--keep", "tried"], NORDWIND].concat());
    assert_eq!(twice.code, 2, "{}", twice.out);
    assert!(twice.err.contains("there already"), "{}", twice.err);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    for name in ["../out", "", "a b"] {
        let said =
            office.say(&[&["simulate", "invoice_intake", "--keep", name], NORDWIND].concat());
        assert_eq!(said.code, 2, "{name}: {}", said.out);
    }
}
