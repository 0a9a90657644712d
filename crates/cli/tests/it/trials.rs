//! Cases that an operator keeps: tried with the workspace's models and tools that read, nothing
//! done, nothing kept; a workflow with a vendor gone; what is wrong is said and where.

use std::fs;

use serde_json::{Value, json};

use crate::obedient::{documents, freely, obeyed};
use crate::office::{Office, example};
use crate::vendor::{Vendor, choice, said};

/// The example with these cases and no other.
fn office(vendor: &Vendor, names: &[&str]) -> Office {
    let office = Office::new(vendor, &[]);
    let folder = office.root().join("cases/invoice_intake");
    fs::create_dir_all(&folder).unwrap();
    for entry in fs::read_dir(example().join("cases/invoice_intake")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if names.iter().any(|wanted| name.starts_with(wanted)) {
            fs::copy(&path, folder.join(name)).unwrap();
        }
    }
    office
}

/// Changes one case of the example.
fn change(office: &Office, name: &str, change: impl Fn(&mut Value)) {
    let path = office.root().join(format!("cases/invoice_intake/{name}.json"));
    let mut case: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut case);
    fs::write(path, case.to_string()).unwrap();
}

fn of(all: &[Value], kind: &str) -> Vec<Value> {
    all.iter().filter(|object| object["kind"] == kind).cloned().collect()
}

#[test]
fn cases_are_tried_and_nothing_is_done() {
    let office = office(&Vendor::plain(), &["001", "032", "035", "042"]);
    let said = office.say(&["test", "invoice_intake", "--json", "--junit", "result.xml"]);
    let told = said.json();
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let tried = of(&told, "trial");
    let came = |name: &str| {
        let one = tried.iter().find(|one| one["case"] == name).unwrap();
        (one["right"].clone(), one["came_to"].clone())
    };
    assert_eq!(came("001-nordwind"), (json!(true), json!({ "act": "draft" })));
    assert_eq!(came("032-keller"), (json!(true), json!({ "person": "approve" })));
    // It is the second of two, and the first is tried before it.
    assert_eq!(came("035-nordwind"), (json!(true), json!({ "over": "duplicate" })));
    let tested = &of(&told, "tested")[0];
    assert_eq!(
        (&tested["cases"], &tested["right"], &tested["harm"]),
        (&json!(4), &json!(4), &json!(0))
    );
    assert_eq!(tested["between"][1], "100 %");
    // Nothing was drafted, nobody was told, and no case is kept.
    assert!(office.drafts().is_empty());
    assert!(!office.root().join(".flightdeck/journal.db").exists());
    let xml = fs::read_to_string(office.root().join("result.xml")).unwrap();
    assert!(xml.contains("tests=\"4\" failures=\"0\""), "{xml}");
}

#[test]
fn what_comes_out_otherwise_is_said_and_harm_is_told_from_a_person_more() {
    let office = office(&Vendor::plain(), &["001", "032", "042"]);
    change(&office, "001-nordwind", |case| case["acts"]["draft"]["amount"] = json!("1475.61"));
    change(&office, "032-keller", |case| {
        case["expect"] = json!("draft");
        case["holds"] = json!(["read.total < eur(1000)"]);
    });
    change(&office, "042-kade", |case| case["never"] = json!(["lead_check"]));
    let said = office.say(&["test", "invoice_intake", "--json", "--junit", "result.xml"]);
    assert_eq!(said.code, 8, "{}{}", said.out, said.err);
    let told = said.json();
    let failed = |name: &str| {
        let tried = of(&told, "trial");
        let one = tried.iter().find(|one| one["case"] == name).unwrap().clone();
        let checks = one["checks"].as_array().unwrap().iter();
        let failed = checks.filter(|check| check["held"] == false);
        let said = failed
            .map(|c| format!("{}: {}", c["what"].as_str().unwrap(), c["seen"].as_str().unwrap()));
        (one["harm"] == true, said.collect::<Vec<_>>().join("; "))
    };
    let amount = "draft: amount is `1475.61`: `1475.60`";
    assert_eq!(failed("001-nordwind"), (true, amount.to_owned()));
    let (harm, why) = failed("032-keller");
    assert!(!harm && why.contains("it comes to `draft`: `approve` asks a person"), "{why}");
    assert!(why.contains("`read.total < eur(1000)` holds: it does not"), "{why}");
    let (harm, why) = failed("042-kade");
    assert!(!harm && why.contains("it never comes to `lead_check`"), "{why}");
    let tested = &of(&told, "tested")[0];
    assert_eq!((&tested["right"], &tested["harm"]), (&json!(0), &json!(1)));
    let xml = fs::read_to_string(office.root().join("result.xml")).unwrap();
    assert!(xml.contains("<failure type=\"harm\"") && xml.contains("1475.61"), "{xml}");
    // A share may be enough, but no harm ever is.
    let said = office.say(&["test", "invoice_intake", "--at-least", "0%"]);
    assert!(said.code == 8 && said.out.contains("must not be done"), "{}{}", said.out, said.err);
    let said = office.say(&["test", "invoice_intake", "--at-least", "0%", "--case", "042-kade"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
}

#[test]
fn a_case_that_cannot_be_read_is_named_with_its_place() {
    let office = office(&Vendor::plain(), &["001"]);
    let broken = |text: &str, why: &str| {
        fs::write(office.root().join("cases/invoice_intake/001-nordwind.json"), text).unwrap();
        let said = office.say(&["test", "invoice_intake"]);
        assert!(said.code == 2 && said.err.contains(why), "{}{}", said.out, said.err);
        assert!(said.err.contains("001-nordwind.json"), "{}", said.err);
    };
    broken("{ \"file\": \"inbox/a.txt\", \"expects\": \"draft\" }", "expects");
    broken("{ \"expect\": \"draft\" }", "either `file` or `case`");
    broken("{ \"file\": \"inbox/a.txt\", \"holds\": [\"read.total >=\"] }", "line 1");
    let said = office.say(&["test", "invoice_intake", "--from", "cases/none"]);
    assert!(said.code == 2 && said.err.contains("cases/none"), "{}", said.err);
    let said = office.say(&["test", "invoice_intake", "--without", "openai"]);
    assert!(said.code == 2, "{}", said.err);
}

#[test]
fn the_drill_of_vendors_says_how_well_the_next_one_does() {
    let reader = || {
        let documents = documents();
        Vendor::new(move |asked| obeyed(&documents, asked).1)
    };
    let (first, second) = (reader(), reader());
    let lost = Vendor::new(|_| said("It is hard to say."));
    let office = office(&first, &["001", "010", "029", "037"]);
    freely(&office);
    let beside = |vendor: &Vendor| {
        format!(
            "models:\n  second: {{ vendor: acme, model: m, base_url: {}, can: [ json ], context: 4096, \
             answer: 400, hides: [] }}",
            vendor.url()
        )
    };
    office.change("flightdeck.yaml", "models:", &beside(&second));
    office.change(
        "flightdeck.yaml",
        "default_model: local",
        "default_model: local\nfallback: [ second ]",
    );
    let drilled = || {
        let drill = office.say(&[
            "drill",
            "vendor",
            "--workflow",
            "invoice_intake",
            "--json",
            "--as",
            "marta@larkfield.example",
        ]);
        let told = of(&drill.json(), "drill");
        assert!(!told.is_empty(), "{}{}", drill.out, drill.err);
        (drill.code, told[0].clone())
    };
    let before = first.asked();
    let (code, told) = drilled();
    assert!(code == 0 && told["held"] == true, "{told}");
    assert!(first.asked() > before && second.asked() > 0, "both were really asked");
    let seen = told["checks"].to_string();
    assert!(seen.contains("4 of 4 cases without `openai`, 4 with it"), "{seen}");
    // With one that knows nothing each case goes to a person: worse, and harmless.
    office.change("flightdeck.yaml", &second.url(), &lost.url());
    let (code, told) = drilled();
    let seen = told["checks"].to_string();
    assert!(code == 8 && told["held"] == false, "{told}");
    assert!(seen.contains("without `openai` none of 4 cases did"), "{seen}");
    assert!(seen.contains("0 of 4 cases without `openai`, 4 with it"), "{seen}");
    // Cases of its own are for the drill of vendors alone.
    let said = office.say(&[
        "drill",
        "kill",
        "--workflow",
        "invoice_intake",
        "--as",
        "marta@larkfield.example",
    ]);
    assert!(said.code == 2 && said.err.contains("only the drill of vendors"), "{}", said.err);
}

#[test]
fn a_judge_is_measured_by_texts_that_are_known() {
    let said_by = |answer: fn() -> Value| {
        let office = Office::new(&Vendor::new(move |_| answer()), &["001"]);
        let said = office.say(&["model", "test", "local", "--judge", "--json"]);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        of(&said.json(), "judge").remove(0)
    };
    let counts = |told: &Value| {
        let all = ["attacks", "noticed", "honest", "false_alarms", "unread"];
        all.map(|key| told[key].as_u64().unwrap())
    };
    assert_eq!(counts(&said_by(|| choice(Some(1)))), [28, 28, 28, 28, 0]);
    assert_eq!(counts(&said_by(|| choice(Some(0)))), [28, 0, 28, 0, 0]);
    // What cannot be read counts as it does in a run.
    assert_eq!(counts(&said_by(|| said("no idea"))), [28, 28, 28, 28, 56]);
}
