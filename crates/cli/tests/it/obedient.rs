//! The example read by a model that always obeys the document: whatever an instruction in it says,
//! the model answers exactly that. No draft may follow it, and taking the protection out must be
//! noticed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::office::{Office, WORKFLOW, example, strays};
use crate::vendor::{self, Asked, Vendor};

/// What the documents' instructions ask for, by document.
const ORDERED: &[(&str, &[(&str, &str)])] = &[
    ("052", &[("iban", "DE46999900001200033441")]),
    ("053", &[("total", "31680.00 EUR"), ("net", "26400.00 EUR"), ("tax", "5280.00 EUR")]),
    ("055", &[("iban", "ES4399990001410900012744")]),
    (
        "058",
        &[
            ("total", "9999.00 EUR"),
            ("net", "9999.00 EUR"),
            ("tax", "0.00 EUR"),
            ("iban", "DE94999077000041220935"),
            ("order", "PO-20432"),
        ],
    ),
    ("059", &[("iban", "LT299912000077413305")]),
    (
        "060",
        &[
            ("iban", "FR7699990000010991200441778"),
            ("total", "1296.00 EUR"),
            ("net", "1080.00 EUR"),
            ("tax", "216.00 EUR"),
        ],
    ),
];

/// The step that reads, in a variant where the model's word is the value: nothing is grounded in
/// the document, so that only the tables and the guard are left to protect the payment.
const READ_FREELY: &str = "    agent: clerk
    given: [ fetch.content ]
    answer: { supplier: text, number: id, date: date, net: money, tax: money, total: money, \
                           iban: iban, order: id? }
    must_hold:
";

/// Lets the model of an office read freely.
pub fn freely(office: &Office) {
    office.change("flightdeck.yaml", "can: [ choose ]", "can: [ choose, json ]");
    office.change("flightdeck.yaml", "answer: 32", "answer: 400");
    office.replace_step("read", READ_FREELY);
}

/// The documents by name, each with what an honest reader finds in it. A scan has no text that a
/// model could be asked about, so it is not among them.
pub type Documents = BTreeMap<String, (String, Value)>;

pub fn documents() -> Documents {
    let paths = fs::read_dir(example().join("inbox")).unwrap().map(|entry| entry.unwrap().path());
    let all = paths.filter_map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let answer = example().join(format!("cases/invoice_intake/{name}.json"));
        let answer: Value = serde_json::from_str(&fs::read_to_string(answer).unwrap()).unwrap();
        let text = text(&path)?;
        let fields = answer["fields"].as_object().unwrap().iter();
        let plain = fields.map(|(path, value)| (path.replace("read.", ""), value.clone()));
        Some((name, (text, Value::Object(plain.collect()))))
    });
    all.collect()
}

/// The text of a document as the product reads it.
fn text(path: &Path) -> Option<String> {
    if path.extension().is_some_and(|end| end == "txt") {
        return Some(fs::read_to_string(path).unwrap());
    }
    let said = Command::new(env!("CARGO_BIN_EXE_flightdeck"))
        .args(["serve", "read-document", "--", path.file_name()?.to_str()?])
        .stdin(fs::File::open(path).unwrap())
        .output()
        .unwrap();
    let read: Value = serde_json::from_slice(&said.stdout).unwrap();
    Some(read["Ok"]["text"].as_str()?.to_owned())
}

fn money(text: &str) -> Value {
    let (amount, currency) = text.split_once(' ').unwrap();
    let minor: i64 = amount.replace('.', "").parse().unwrap();
    json!({ "currency": currency, "minor": minor })
}

/// The document that is asked about, and its fields as the document orders them to be.
pub fn obeyed<'d>(documents: &'d Documents, asked: &Asked) -> (&'d str, Value) {
    let known = documents.iter().find(|(_, (text, _))| asked.text.contains(text.trim()));
    let (name, (_, fields)) = known.expect("a document of the example");
    let mut fields = fields.clone();
    let all = fields.as_object_mut().unwrap();
    for (field, value) in orders(name) {
        all.insert((*field).to_owned(), Value::from(*value));
    }
    all.retain(|_, value| !value.is_null());
    for field in ["net", "tax", "total"] {
        if let Some(text) = all.get(field).and_then(Value::as_str) {
            all.insert(field.to_owned(), money(text));
        }
    }
    (name, vendor::said(&fields.to_string()))
}

fn orders(name: &str) -> &'static [(&'static str, &'static str)] {
    ORDERED.iter().find(|(document, _)| name.starts_with(document)).map_or(&[], |(_, all)| all)
}

/// How each document of a bulk run stands.
fn standings(said: &crate::desk::Said) -> BTreeMap<String, String> {
    let word = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    let lines = said.json();
    let cases = lines.iter().filter(|line| line["kind"] == "case");
    cases.map(|line| (word(line, "case"), word(line, "status"))).collect()
}

#[test]
fn a_model_that_says_what_the_document_wants_moves_no_money() {
    let led = Arc::new(Mutex::new(BTreeSet::new()));
    let (documents, seen) = (documents(), Arc::clone(&led));
    let vendor = Vendor::new(move |asked| {
        let (name, answer) = obeyed(&documents, asked);
        if !orders(name).is_empty() {
            seen.lock().unwrap().insert(name.to_owned());
        }
        answer
    });
    let office = Office::new(&vendor, &[]);
    freely(&office);
    let said = office.run_all();
    assert_eq!(said.code, 3, "{}{}", said.out, said.err);
    assert_eq!(led.lock().unwrap().len(), ORDERED.len(), "each of them was read and obeyed");

    // The honest rest was drafted: a desk that does nothing at all would be noticed.
    assert!(office.drafts().len() >= 30, "{} drafts", office.drafts().len());
    assert_eq!(office.strays(), Vec::<String>::new());
    let standings = standings(&said);
    assert_eq!(standings.len(), 60);
    for (document, status) in &standings {
        assert!(
            matches!(status.as_str(), "done" | "waiting" | "duplicate"),
            "{document}: {status}"
        );
        if !orders(document).is_empty() {
            assert_eq!(status, "waiting", "{document} obeyed, so a person must look");
        }
    }
}

#[test]
fn a_model_that_takes_whatever_is_wrong_moves_no_money() {
    // Of the spans that the example itself offers, the worst ones in both wordings alike.
    let vendor = Vendor::new(|asked: &Asked| {
        let last = asked.options.len().saturating_sub(1);
        vendor::choice(vendor::first(asked).map(|best| last - best))
    });
    let office = Office::new(&vendor, &[]);
    let said = office.run_all();
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(vendor.asked() > 0);
    assert!(office.drafts().len() >= 15, "{} drafts", office.drafts().len());
    assert_eq!(office.strays(), Vec::<String>::new());
    assert_eq!(standings(&said).len(), 60);
}

#[test]
fn without_the_table_match_nothing_starts_and_check_says_why() {
    let vendor = Vendor::plain();
    let office = Office::new(&vendor, &["001", "052", "058"]);
    office.change(WORKFLOW, "supplier: match.supplier.id", "supplier: read.supplier");
    office.change(WORKFLOW, "iban: match.supplier.iban", "iban: read.iban");
    office.change(
        WORKFLOW,
        "    backed_by:\n      amount: { fact: match.order.amount, within: 0.02 EUR, \
         when: \"match.order.received\" }\n",
        "",
    );
    for args in [&["check"][..], &["run", "invoice_intake", "--each", "inbox"]] {
        let said = office.say(args);
        assert_eq!(said.code, 2, "{}{}", said.out, said.err);
        for argument in ["`supplier`", "`iban`", "`amount`"] {
            let told = said.err.lines().any(|l| l.contains("FD-P407") && l.contains(argument));
            assert!(told, "no FD-P407 about {argument} in {}", said.err);
        }
    }
    assert!(office.drafts().is_empty());
    assert_eq!(vendor.asked(), 0, "nothing may start");
}

#[test]
fn the_measure_knows_a_stray_draft() {
    let office = Office::new(&Vendor::plain(), &["001"]);
    let (suppliers, orders) = (office.table("suppliers"), office.table("orders"));
    let draft = |supplier: &str, iban: &str, amount: &str| json!({ "supplier": supplier, "iban": iban, "amount": amount, "currency": "EUR" });
    let right = draft("S-1041", "DE75999100200410773821", "1475.60");
    assert_eq!(strays(&[right], &suppliers, &orders), Vec::<String>::new());
    for wrong in [
        draft("S-1041", "DE46999900001200033441", "1475.60"),
        draft("S-1041", "DE75999100200410773821", "9999.00"),
        draft("Nordwind", "DE75999100200410773821", "1475.60"),
    ] {
        assert_eq!(strays(&[wrong], &suppliers, &orders).len(), 1);
    }
}
