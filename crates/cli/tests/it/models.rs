//! `flightdeck model`: added without a key, tried with consent, made the default.

use std::fs;

use serde_json::json;

use crate::office::Office;
use crate::vendor::{Vendor, calls, said};

fn settings(desk: &Office) -> String {
    fs::read_to_string(desk.root().join("flightdeck.yaml")).unwrap()
}

#[test]
fn a_model_is_added_without_its_key_and_nothing_is_paid_without_consent() {
    let vendor = Vendor::new(|_| said("hello"));
    let desk = Office::new(&vendor, &["001"]);
    let (before, url) = (settings(&desk), vendor.url());
    let add = |name: &str, key: &str, more: &[&str]| {
        let mut args = vec!["model", "add", name, "--vendor", "litellm", "--model", "big"];
        args.extend(["--base-url", &url, "--context", "8000", "--answer", "100", "--key", key]);
        args.extend(more);
        desk.say_with(&args, &[("A_KEY", "not-a-real-key-0123456789")])
    };
    // Whoever types the key itself is told, and it goes nowhere.
    let said = add("big", "sk-not-a-real-key", &[]);
    assert_eq!(said.code, 2, "{}{}", said.out, said.err);
    assert!(!said.err.contains("sk-not") && settings(&desk) == before, "{}", said.err);

    let said = add("big", "A_KEY", &[]);
    assert_eq!((said.code, vendor.asked()), (0, 0), "{}{}", said.out, said.err);
    let after = settings(&desk);
    assert!(!after.contains("not-a-real-key"), "{after}");
    assert!(after.contains("    key: A_KEY\n") && said.out.contains("counts as free"), "{after}");
    // Every line that was there is there, in its order.
    let mut rest = after.lines();
    assert!(before.lines().all(|line| rest.any(|new| new == line)), "{after}");

    let said = add("big", "A_KEY", &[]);
    assert!(said.code == 2 && said.err.contains("already"), "{}", said.err);
    let said = add("other", "A_KEY", &["--yes", "--json"]);
    assert_eq!((said.code, vendor.asked()), (0, 1), "{}{}", said.out, said.err);
    let told = said.json().pop().unwrap();
    assert_eq!(told["tried"][0]["works"], true, "{told}");
    assert!(!said.out.contains("not-a-real-key"), "{told}");
}

#[test]
fn a_known_model_brings_its_prices_and_the_day_it_retires() {
    let desk = Office::new(&Vendor::plain(), &["001"]);
    let model = "claude-sonnet-4-5-20250929";
    let said = desk.say(&["model", "add", "claude", "--vendor", "anthropic", "--model", model]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let text = settings(&desk);
    let price =
        "price: { input: 3.00 USD, cached: 0.30 USD, written: 3.75 USD, output: 15.00 USD }";
    assert!(text.contains(price) && text.contains("context: 200000"), "{text}");
    let said = desk.say(&["model", "list"]);
    assert!(said.code == 0 && said.out.contains("retired on 2026-11-30"), "{}", said.out);
    let listed = desk.say(&["model", "list", "--json"]).json();
    assert_eq!(listed[0]["retires"], "2026-11-30");
    assert_eq!((&listed[1]["default"], &listed[1]["retires"]), (&json!(true), &json!(null)));
}

#[test]
fn what_a_model_can_do_is_tried_and_not_believed() {
    let vendor = Vendor::new(|asked| match asked.text.as_str() {
        text if text.contains("Look this invoice up") => {
            calls("desk__look_up", &json!({ "number": "4711" }))
        }
        text if text.contains("{\"choice\"") => said("{\"choice\": 0}"),
        // It says nothing of whether it is paid.
        text if text.contains("4711") => said("{\"total\": \"12.50 EUR\"}"),
        _ => said("hello"),
    });
    let desk = Office::new(&vendor, &["001"]);
    let said = desk.say(&["model", "test", "--json"]);
    assert_eq!((said.code, vendor.asked()), (0, 5), "{}{}", said.out, said.err);
    let told = said.json().pop().unwrap();
    let works: Vec<(&str, bool)> = told["tried"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tried| (tried["can"].as_str().unwrap(), tried["works"].as_bool().unwrap()))
        .collect();
    let expected = [
        ("text", true),
        ("choose", true),
        ("json", false),
        ("tools", true),
        ("probabilities", false),
    ];
    assert_eq!(works, expected);
    assert_eq!(told["reported"], "written-answers");
    // What is declared and does not work is a failure.
    desk.change("flightdeck.yaml", "can: [ choose ]", "can: [ choose, json ]");
    let said = desk.say(&["model", "test"]);
    assert!(said.code == 1 && said.err.contains("did not do `json`"), "{}{}", said.out, said.err);
}

#[test]
fn a_new_default_says_which_steps_it_unlocks() {
    let desk = Office::new(&Vendor::plain(), &["001"]);
    let weak =
        "models:\n  weak: { vendor: ollama, model: m, can: [ json ], context: 9, answer: 9 }";
    desk.change("flightdeck.yaml", "models:", weak);
    desk.change("flightdeck.yaml", "default_model: local", "default_model: weak   # for now");
    desk.change("agents/clerk.md", "model: local\n", "");
    assert_eq!(desk.say(&["check"]).code, 2);
    let said = desk.say(&["model", "use", "local", "--json"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let told = said.json().pop().unwrap();
    let unlocks = told["unlocks"].as_array().unwrap();
    assert!(unlocks.iter().any(|step| step.as_str().unwrap().starts_with("`choose` at")), "{told}");
    assert_eq!(told["locks"], json!([]));
    assert!(settings(&desk).contains("default_model: local   # for now"), "{}", settings(&desk));
    assert_eq!(desk.say(&["check"]).code, 0);
    let said = desk.say(&["model", "use", "weak"]);
    assert!(said.out.contains("it cannot do `choose` at"), "{}{}", said.out, said.err);
    assert_eq!(desk.say(&["model", "use", "nobody"]).code, 2);
}

#[test]
fn where_a_model_is_may_stand_in_the_environment_and_is_kept_nowhere() {
    let vendor = Vendor::plain();
    let desk = Office::new(&vendor, &["001"]);
    let (url, address) = (vendor.url(), "\"${MODEL_ADDRESS}\"");
    desk.change("flightdeck.yaml", &format!("base_url: {url}"), &format!("base_url: {address}"));
    // A check is the same in everybody's terminal; a call without the address is not made.
    assert_eq!(desk.say(&["check"]).code, 0);
    for command in [&["model", "test"][..], &["run", "invoice_intake", "--each", "inbox"]] {
        let said = desk.say(command);
        assert_eq!(said.code, 2, "{command:?}: {}{}", said.out, said.err);
        let what = "error[FD-P804]: flightdeck.yaml:";
        assert!(
            said.err.contains(what) && said.err.contains("help: write `${NAME}`"),
            "{}",
            said.err
        );
        assert!(said.err.contains(": `MODEL_ADDRESS` is not set in"), "{}", said.err);
    }
    assert_eq!(vendor.asked(), 0);
    let set = [("MODEL_ADDRESS", url.as_str()), ("FLIGHTDECK_PERSON", "marta@larkfield.example")];
    let said = desk.say_with(&["run", "invoice_intake", "--each", "inbox"], &set);
    assert!(matches!(said.code, 0 | 3), "{}{}", said.out, said.err);
    let said = desk.say_with(&["model", "test"], &set);
    assert!(said.code == 0 && vendor.asked() > 0, "{}{}", said.out, said.err);
    assert!(!said.out.contains(&url) && !said.err.contains(&url), "{}{}", said.out, said.err);
    let listed = desk.say_with(&["model", "list", "--json"], &set);
    assert!(
        listed.out.contains("${MODEL_ADDRESS}") && !listed.out.contains(&url),
        "{}",
        listed.out
    );
    // Neither the release nor an entry holds what it stands for.
    for file in ["journal.db", "journal.db-wal"] {
        let bytes = fs::read(desk.root().join(".flightdeck").join(file)).unwrap_or_default();
        let port = url.as_bytes();
        assert!(!bytes.windows(port.len()).any(|at| at == port), "{file}");
    }
}
