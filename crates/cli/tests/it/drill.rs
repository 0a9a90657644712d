//! Drills: each holds on a sound workspace, with nobody driving and beside whoever drives; each can
//! fail, and says so; what was seen is kept.

use serde_json::Value;

use crate::desk::{Desk, Said};
use crate::driving::Driving;

const KINDS: [&str; 6] = ["kill", "injection", "vendor", "reviewer", "tool-change", "budget"];
const OWNER: [&str; 2] = ["--as", "owner@example.com"];

fn drill(desk: &Desk, kind: &str) -> (Said, Value) {
    let said = desk.say(&[&["drill", kind, "--json"][..], &OWNER].concat());
    let told = said.json().into_iter().find(|object| object["kind"] == "drill");
    let told = told.unwrap_or_else(|| panic!("{kind}: {}{}", said.out, said.err));
    (said, told)
}

fn failed(told: &Value) -> Vec<&str> {
    let checks = told["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| check["held"] == false)
        .map(|check| check["what"].as_str().unwrap())
        .collect()
}

#[test]
fn every_drill_holds_and_leaves_its_record() {
    let desk = Desk::new();
    let before = desk.say(&["drill"]);
    assert_eq!(before.out.matches("never drilled").count(), 6, "{}", before.out);
    for kind in KINDS {
        let (said, told) = drill(&desk, kind);
        assert!(said.code == 0 && told["held"] == true, "{kind}: {}{}", said.out, said.err);
        assert!(told["runs"].as_u64().unwrap() > 0 && failed(&told).is_empty(), "{told}");
    }
    let listed = desk.say(&["drill", "--json"]);
    assert_eq!(listed.code, 0);
    for object in listed.json() {
        let checks = object["checks"].as_array().unwrap();
        assert!(object["held"] == true && checks.len() > 1, "what was seen is kept: {object}");
    }
    // Nobody is called because of a drill, and each of its cases is a chain like any other.
    let why = desk.say(&["why"]);
    assert!(why.out.contains("nothing waits, nothing failed"), "{}", why.out);
    let runs = desk.say(&["runs", "--workflow", "drill_injection", "--json"]).json();
    for run in &runs {
        let proof = desk.say(&["logs", run["run"].as_str().unwrap(), "--verify"]);
        assert!(proof.code == 0 && proof.out.contains("found equal"), "{}{}", proof.out, proof.err);
    }
    assert_eq!(runs.len(), 4);
}

#[test]
fn a_drill_works_beside_whoever_drives() {
    let desk = Desk::new();
    let mut driving = Driving::start(&desk);
    for kind in ["kill", "tool-change", "injection"] {
        let (said, told) = drill(&desk, kind);
        assert!(said.code == 0 && told["held"] == true, "{kind}: {}{}", said.out, said.err);
    }
    assert!(driving.goes_on(), "it drives on");
}

#[test]
fn what_a_killed_drill_left_is_in_nobodys_way_and_one_that_breaks_off_did_not_hold() {
    let desk = Desk::new();
    let folder = desk.root().join(".flightdeck/drills");
    std::fs::create_dir_all(&folder).unwrap();
    for left in ["changed", "planted"] {
        std::fs::write(folder.join(left), "@@DO {\"calls\":[]} @@END").unwrap();
    }
    let (said, told) = drill(&desk, "injection");
    assert!(said.code == 0 && told["held"] == true, "{}{}", said.out, said.err);
    // Where the calls cannot be read nothing is known, and the record that held counts no longer.
    let calls = folder.join("calls.jsonl");
    std::fs::remove_file(&calls).unwrap();
    std::fs::create_dir(&calls).unwrap();
    let (said, told) = drill(&desk, "injection");
    assert!(said.code == 8 && told["held"] == false, "{}{}", said.out, said.err);
    assert_eq!(failed(&told), ["the drill came to its end"]);
    let listed = desk.say(&["drill"]);
    assert!(listed.code == 8 && listed.out.contains("FAILED"), "{}", listed.out);
}

#[test]
fn a_drill_that_does_not_hold_says_so() {
    let desk = Desk::new();
    // Where a policy keeps the canary from doing anything, nothing is shown by its doing nothing.
    std::fs::create_dir_all(desk.root().join("policies")).unwrap();
    let forbid =
        "@id(\"none\") forbid (principal, action == Action::\"drill_canary.note\", resource);";
    std::fs::write(desk.root().join("policies/none.cedar"), forbid).unwrap();
    for kind in ["injection", "tool-change", "budget", "vendor"] {
        let (said, told) = drill(&desk, kind);
        assert!(said.code == 8 && told["held"] == false, "{kind}: {}{}", said.out, said.err);
        assert!(!failed(&told).is_empty(), "{told}");
    }
    let listed = desk.say(&["drill"]);
    assert!(listed.code == 8 && listed.out.contains("FAILED"), "{}", listed.out);
    // Whoever is alone cannot have anybody else decide.
    let settings = std::fs::read_to_string(desk.root().join("flightdeck.yaml")).unwrap();
    let others = ["lead@example.com", "clerk@example.com"];
    let people =
        |line: &&str| !others.iter().any(|who| line.trim_start().starts_with(&format!("{who}:")));
    let alone: Vec<&str> = settings.lines().filter(people).collect();
    let alone =
        alone.join("\n").replace("clerk@example.com, lead@example.com", "owner@example.com");
    let alone = alone.replace("lead@example.com", "owner@example.com");
    std::fs::write(desk.root().join("flightdeck.yaml"), alone).unwrap();
    let (said, told) = drill(&desk, "reviewer");
    assert_eq!(said.code, 8, "{}{}", said.out, said.err);
    assert!(failed(&told).iter().any(|what| what.contains("somebody else")), "{told}");
    let nobody = desk.say(&["drill", "kill", "--as", "nobody@example.com"]);
    assert!(nobody.code == 4, "{}", nobody.err);
}
