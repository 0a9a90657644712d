//! Scores, the four questions, worth, the audit and incidents through the real binary: what is said
//! of a fresh workspace, what live cases and people's words change, and who may say what.

use serde_json::Value;

use crate::desk::{Desk, Said};

const OWNER: [&str; 2] = ["--as", "owner@example.com"];

fn only(said: &Said, kind: &str) -> Value {
    let found = said.json().into_iter().find(|object| object["kind"] == kind);
    found.unwrap_or_else(|| panic!("no {kind}: {}{}", said.out, said.err))
}

fn finding(desk: &Desk, id: &str) -> Value {
    let psf = only(&desk.say(&["psf", "expenses", "--json"]), "psf");
    let all = psf["findings"].as_array().unwrap();
    all.iter().find(|one| one["id"] == id).unwrap().clone()
}

fn append(desk: &Desk, file: &str, text: &str) {
    let path = desk.root().join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let was = std::fs::read_to_string(&path).unwrap_or_default();
    std::fs::write(path, was + text).unwrap();
}

const THREATS: &str = "---
covers: [ PSF-7.1, C2 ]
owner: owner@example.com
reviewed: \"2026-10-01\"
until: \"2099-01-01\"
---
# Threats
Somebody may write into a receipt what the model should do; a receipt may be invented, or sent twice;
a tool may change behind our back; a vendor may keep what it is told. For each of these there is a
rule, a limit or a person, and the drills show each quarter that they hold.
";

#[test]
fn a_fresh_workspace_is_scored_without_flattery_and_the_same_each_time() {
    let desk = Desk::new();
    let psf = || desk.say(&["psf", "--json"]);
    let first = psf();
    assert_eq!(first.code, 8, "{}{}", first.out, first.err);
    let told = only(&first, "psf");
    assert!(told["live"] == false && told["passes"] == false, "{told}");
    let findings = told["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 40);
    assert!(findings.iter().all(|one| one["status"] != "met"), "nothing was seen yet");
    // Two installations with the same files say the same but for the time.
    let other = Desk::new();
    let second = only(&other.say(&["psf", "--json"]), "psf");
    let timeless = |mut told: Value| {
        told["at"] = Value::Null;
        told
    };
    assert_eq!(timeless(told), timeless(second));
    let explained = desk.say(&["psf", "expenses", "--criterion", "psf-1.4"]);
    assert!(explained.out.contains("rule `"), "{}", explained.out);
    let patched = desk.say(&["psf", "expenses", "--patch"]);
    assert!(patched.out.contains("+ "), "{}", patched.out);
}

const NOTES: &str = r#"---
workflow: notes
purpose: Sort what people write to us. It answers nobody.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: line, from: outside, fields: { id: text } }
limits: { case: { cost: 0.10 EUR, days: 10 }, day: { cost: 5 EUR, cases: 200 } }
steps:
  - step: filed
    end: done
exceptions:
  - { what: no id, when: "case.id == ''", go: filed }
---
# Notes
"#;

#[test]
fn live_cases_are_seen_and_a_written_file_is_not() {
    let desk = Desk::new();
    append(&desk, "workflows/notes.md", NOTES);
    let formed = || {
        let psf = only(&desk.say(&["psf", "notes", "--json"]), "psf");
        let all = psf["findings"].as_array().unwrap();
        all.iter().find(|one| one["id"] == "PSF-1.2").unwrap()["observed"].clone()
    };
    assert_eq!(formed()["says"], "no");
    for n in 1..=2 {
        let case = format!("{{\"id\":\"n{n}\"}}");
        let said = desk.say(&["run", "notes", &case]);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        let seen = formed();
        assert_eq!(seen["says"], "partly", "{seen}");
        assert!(seen["why"].as_str().unwrap().contains(&format!("{n} live case")), "{seen}");
        assert!(seen["cites"][0]["case"]["run"].is_string(), "{seen}");
    }
    // Whoever writes into what is kept is not believed: it is made anew from the entries.
    let file = desk.root().join(".flightdeck/seen.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let more = text.replace(":2}", ":900}");
    assert_ne!(text, more, "{text}");
    std::fs::write(&file, more).unwrap();
    let seen = formed();
    assert!(seen["why"].as_str().unwrap().contains("2 live cases"), "{seen}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "the same bytes again");
}

#[test]
fn a_statement_and_an_acknowledgement_are_two_things() {
    let desk = Desk::new();
    assert_eq!(finding(&desk, "PSF-7.1")["attested"]["says"], "no");
    append(&desk, "governance/threats.md", THREATS);
    let stated = finding(&desk, "PSF-7.1");
    assert_eq!(
        (&stated["attested"]["says"], &stated["observed"]["says"]),
        (&"yes".into(), &"no".into())
    );
    let nobody = desk.say(&["acknowledge", "governance/threats.md"]);
    assert_eq!(nobody.code, 2, "it takes a name: {}", nobody.err);
    let said =
        desk.say(&["acknowledge", "governance/threats.md", "--as", "clerk@example.com", "--json"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    only(&said, "assured");
    assert_eq!(finding(&desk, "PSF-7.1")["observed"]["says"], "yes");
    // Another text was not read by anybody.
    append(&desk, "governance/threats.md", "\nAnd one threat more.\n");
    assert_eq!(finding(&desk, "PSF-7.1")["observed"]["says"], "no");
    let logs = desk.say(&["logs", "desk"]);
    assert!(logs.out.contains("has read `governance/threats.md`"), "{}", logs.out);
}

#[test]
fn what_keeps_a_release_back_takes_a_person_who_may_answer_for_it() {
    let desk = Desk::new();
    let fine = desk.say(&["preflight", "expenses", "--json"]);
    assert_eq!(fine.code, 0, "{}{}", fine.out, fine.err);
    assert_eq!(only(&fine, "preflight")["questions"].as_array().unwrap().len(), 4);
    let map = desk.root().join("workflows/expenses.md");
    let text = std::fs::read_to_string(&map).unwrap();
    let same = text.replacen(
        "late: { then: stop }",
        "late: { ask: lead, within: 4 working hours, then: stop }",
        1,
    );
    assert_ne!(text, same);
    std::fs::write(&map, same).unwrap();
    let blocked = desk.say(&["preflight", "expenses", "--json"]);
    assert_eq!(blocked.code, 8, "{}{}", blocked.out, blocked.err);
    let block = &only(&blocked, "preflight")["questions"][2]["blocks"][0]["id"];
    assert_eq!(block, "late-to-the-same");
    let deploy = desk.say(&[&["deploy", "expenses"][..], &OWNER].concat());
    assert!(deploy.code == 8 && deploy.err.contains("flightdeck preflight"), "{}", deploy.err);
    let soon = jiff::Zoned::now().date().tomorrow().unwrap().to_string();
    let except = |who: &str, until: &str| {
        desk.say(&[
            "except",
            "expenses",
            "--block",
            "late-to-the-same",
            "--until",
            until,
            "--reason",
            "we begin small",
            "--as",
            who,
        ])
    };
    assert_eq!(except("clerk@example.com", &soon).code, 4, "not theirs to answer for");
    assert_eq!(except("owner@example.com", "2099-01-01").code, 2, "not for ever");
    let said = except("owner@example.com", &soon);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let open = desk.say(&["preflight", "expenses", "--json"]);
    assert_eq!(open.code, 0, "{}{}", open.out, open.err);
}

#[test]
fn worth_and_a_page_for_a_manager_come_from_files_and_records() {
    let desk = Desk::new();
    let worth = only(&desk.say(&["worth", "expenses", "--json"]), "worth");
    assert_ne!(worth["worth"]["verdict"], "do", "nothing was seen yet: {worth}");
    let brief = only(&desk.say(&["brief", "expenses", "--json"]), "brief");
    assert_eq!(brief["gaps"].as_array().unwrap().len(), 3);
    assert!(brief["never"].as_array().unwrap().len() >= 3, "{brief}");
}

#[test]
fn an_incident_is_closed_only_with_what_was_changed() {
    let desk = Desk::new();
    let opened = desk.say(
        &[
            &[
                "incident",
                "open",
                "a receipt was paid twice",
                "--class",
                "invented",
                "--severity",
                "high",
                "--workflow",
                "expenses",
            ][..],
            &OWNER,
        ]
        .concat(),
    );
    assert_eq!(opened.code, 0, "{}{}", opened.out, opened.err);
    let listed = only(&desk.say(&["incident", "list", "--json"]), "incident");
    let id = listed["id"].as_str().unwrap()[..8].to_owned();
    let close = |change: &str| {
        desk.say(&[&["incident", "close", &id, "--change", change][..], &OWNER].concat())
    };
    assert_eq!(close("ok").code, 2);
    assert_eq!(close("once_per now holds the receipt's number").code, 0);
    let shown = desk.say(&["incident", "show", &id]);
    assert!(shown.out.contains("once_per now holds"), "{}", shown.out);
    assert_eq!(close("and once more for good measure").code, 2, "it is closed");
}

#[test]
fn rules_propose_and_only_an_auditor_confirms() {
    let desk = Desk::new();
    append(&desk, "governance/threats.md", &THREATS.replace("until:", "read_by: [ lead ]\nuntil:"));
    let level = |desk: &Desk| {
        let audit = only(&desk.say(&["audit", "--json"]), "audit");
        let two = &audit["levels"][1];
        (two["proposed"].clone(), two["confirmed"].is_null())
    };
    assert_eq!(level(&desk), (0.into(), true));
    let confirm = |who: &str, n: &str| {
        desk.say(&["audit", "confirm", "C2", n, "--reason", "tested by sample", "--as", who])
    };
    assert_eq!(confirm("owner@example.com", "0").code, 4, "no auditor");
    append(
        &desk,
        "flightdeck.yaml",
        "\naccess: { owner: [ owner@example.com ], auditor: [ clerk@example.com ] }\n",
    );
    let too_high = confirm("clerk@example.com", "2");
    assert_eq!(too_high.code, 2, "records do not speak for it: {}", too_high.err);
    let said = confirm("clerk@example.com", "0");
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(level(&desk), (0.into(), false));
    let found = desk.say(&[
        "audit",
        "find",
        "C2",
        "nobody weighed the last release",
        "--severity",
        "high",
        "--as",
        "clerk@example.com",
    ]);
    assert_eq!(found.code, 0, "{}{}", found.out, found.err);
    let finding = only(&desk.say(&["audit", "findings", "--json"]), "audit_finding");
    let id = finding["id"].as_str().unwrap()[..8].to_owned();
    let settle =
        || desk.say(&["audit", "settle", &id, "--reason", "seen", "--as", "clerk@example.com"]);
    assert_eq!(settle().code, 2, "nobody answered it");
    let answer = desk.say(
        &[&["audit", "answer", &id, "we weigh it on Monday", "--due", "2099-01-01"][..], &OWNER]
            .concat(),
    );
    assert_eq!(answer.code, 0, "{}{}", answer.out, answer.err);
    assert_eq!(settle().code, 0);
    let mapped = desk.say(&["audit", "mapping", "eu-ai-act", "--json"]);
    assert_eq!(mapped.json().len(), 8);
    let system = only(&desk.say(&["register", "--json"]), "system");
    assert_eq!(system["name"], "expenses");
}
