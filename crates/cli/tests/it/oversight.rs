//! Who decides, and how: a request that one person takes up, that two must agree to, that a deputy
//! answers for somebody who is away, and that nobody answers who has left.

use serde_json::Value;

use crate::desk::{Desk, Said};

const WORKFLOW: &str = r#"---
workflow: notes
purpose: Sort what people write to us. It answers nobody.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: one line of our list, from: outside, fields: { id: text, text: text } }
limits:
  case: { cost: 0.10 EUR, days: 10 }
  day: { cost: 5 EUR, cases: 2000 }
baseline: { minutes: 6, cases_per_week: 40 }
on_failure: { ask: lead }
steps:
  - step: look
    review:
      by: pair
      never_by: [ starter ]
      approvals: 2
      question: Is this ours?
      show: [ case ]
      may_edit: [ case.text ]
      within: 8 working hours
      late: { ask: lead, within: 2 working hours, next: [ { ask: pair, within: 1 hours } ], then: stop }
      if_rejected: { then: stop }
  - step: filed
    end: done
exceptions:
  - { what: an empty message, when: "case.text == ''", go: look }
output: case
---
# Notes
"#;

const CLERK: [&str; 2] = ["--as", "clerk@example.com"];
const LEAD: [&str; 2] = ["--as", "lead@example.com"];
const DEE: [&str; 2] = ["--as", "dee@example.com"];

fn desk() -> Desk {
    let desk = Desk::new();
    let two = WORKFLOW.replace(
        "late: { ask: lead, within: 2 working hours, next: [ { ask: pair, within: 1 hours } ], \
         then: stop }",
        "late: { then: stop }",
    );
    std::fs::write(desk.root().join("workflows/notes.md"), two).unwrap();
    desk.change("flightdeck.yaml", "roles:", "  dee@example.com: { name: Dee }\nroles:");
    let pair = "roles:\n  pair: [ clerk@example.com, lead@example.com ]";
    desk.change("flightdeck.yaml", "roles:", pair);
    desk
}

fn opened(desk: &Desk) -> String {
    let case = r#"{ "id": "1", "text": "as it came" }"#;
    let said = desk.say(&["run", "notes", case, "--as", "owner@example.com", "--json"]);
    assert_eq!(said.code, 3, "{}{}", said.out, said.err);
    said.json().iter().find_map(|o| o["run"].as_str().map(str::to_owned)).unwrap()
}

fn review(desk: &Desk, what: &[&str], run: &str, more: &[&str], who: [&str; 2]) -> Said {
    desk.say(&[&["review"][..], what, &[run], more, &who].concat())
}

fn request(desk: &Desk, run: &str) -> Value {
    let said = desk.say(&["review", "show", run, "1", "--json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    said.json()[0]["request"].clone()
}

#[test]
fn two_people_agree_to_the_same_thing_and_nobody_works_beside_another() {
    let desk = desk();
    let run = opened(&desk);
    let taken = review(&desk, &["claim"], &run, &[], CLERK);
    assert_eq!(taken.code, 3, "{}{}", taken.out, taken.err);
    assert!(desk.say(&["review", "list"]).out.contains("taken by clerk@example.com"));
    let other = review(&desk, &["approve"], &run, &[], LEAD);
    assert!(other.code == 5 && other.err.contains("taken the request up"), "{}", other.err);
    // Whoever answers for the workflow may give back what somebody else left lying.
    assert_eq!(review(&desk, &["release"], &run, &[], LEAD).code, 3);
    assert_eq!(review(&desk, &["approve"], &run, &[], LEAD).code, 3);
    assert_eq!(request(&desk, &run)["agreed"], serde_json::json!(["lead@example.com"]));
    let twice = review(&desk, &["approve"], &run, &[], LEAD);
    assert!(twice.code == 4 && twice.err.contains("agreed already"), "{}", twice.err);

    // A change asks the others anew, and they see it.
    let set = ["--set", "case.text=as it should be"];
    assert_eq!(review(&desk, &["edit"], &run, &set, CLERK).code, 3);
    let shown = request(&desk, &run);
    assert_eq!(shown["agreed"], serde_json::json!(["clerk@example.com"]));
    assert_eq!(shown["proposed"][0]["value"]["text"], "as it should be");
    assert_eq!(shown["shows"][0]["value"]["text"], "as it came");
    let told = desk.say(&["review", "show", &run]).out;
    assert!(told.contains("2 people must agree; so far clerk@example.com"), "{told}");
    assert!(told.contains("an approval agrees to that"), "{told}");
    assert_eq!(review(&desk, &["approve"], &run, &[], LEAD).code, 0);
    let why = desk.say(&["why", &run]).out;
    assert!(why.contains("lead@example.com approved `case` as changed"), "{why}");
    let proof = desk.say(&["logs", &run, "--verify"]);
    assert!(proof.code == 0 && proof.out.contains("found equal"), "{}{}", proof.out, proof.err);
}

#[test]
fn a_deputy_answers_for_whoever_is_away_and_for_nobody_else() {
    let desk = desk();
    let run = opened(&desk);
    let alone = review(&desk, &["approve"], &run, &[], DEE);
    assert_eq!(alone.code, 4, "{}", alone.err);
    let absence = |from: &str, until: &str| {
        format!("[ {{ from: \"{from}\", until: \"{until}\", deputy: dee@example.com }} ]")
    };
    let person = "  lead@example.com: { name: ";
    let settings = std::fs::read_to_string(desk.root().join("flightdeck.yaml")).unwrap();
    let line = settings.lines().find(|line| line.starts_with(person)).unwrap().to_owned();
    let away = |from, until| {
        let with = line.replace(" }", &format!(", away: {} }}", absence(from, until)));
        let whole = settings.replace(&line, &with);
        std::fs::write(desk.root().join("flightdeck.yaml"), whole).unwrap();
    };
    away("2020-01-01", "2020-01-31");
    assert_eq!(review(&desk, &["approve"], &run, &[], DEE).code, 4, "that was long ago");
    away("2020-01-01", "2999-12-31");
    let agreed = review(&desk, &["approve"], &run, &[], DEE);
    assert_eq!(agreed.code, 3, "{}{}", agreed.out, agreed.err);
    assert_eq!(request(&desk, &run)["agreed"], serde_json::json!(["dee@example.com"]));
    assert_eq!(review(&desk, &["approve"], &run, &[], DEE).code, 4, "nobody agrees twice");
    assert_eq!(review(&desk, &["approve"], &run, &[], CLERK).code, 0);
    let why = desk.say(&["why", &run]).out;
    assert!(why.contains("dee@example.com stands in for lead@example.com"), "{why}");
    let proof = desk.say(&["logs", &run, "--verify"]);
    assert!(proof.code == 0 && proof.out.contains("found equal"), "{}{}", proof.out, proof.err);

    // What the one who is away must not decide, the deputy does not decide either.
    let case = r#"{ "id": "2", "text": "mine" }"#;
    let said = desk.say(&["run", "notes", case, "--as", "lead@example.com", "--json"]);
    let run = said.json().iter().find_map(|o| o["run"].as_str().map(str::to_owned)).unwrap();
    assert_eq!(review(&desk, &["approve"], &run, &[], DEE).code, 4);
}

#[test]
fn the_map_of_data_names_every_recipient_and_what_is_missing() {
    let desk = Desk::new();
    let tagged = WORKFLOW
        .replace("by: pair", "by: lead")
        .replace("      approvals: 2\n", "")
        .replace(", next: [ { ask: pair, within: 1 hours } ]", "")
        .replace("text: text } }", "text: text }, tags: [ personal ] }")
        .replace(
            "steps:\n",
            "steps:\n  - step: sort\n    agent: clerk\n    given: [ case.text ]\n    answer: { note: text }\n",
        );
    std::fs::write(desk.root().join("workflows/notes.md"), tagged).unwrap();
    let agent = "---\nname: clerk\ndescription: It sorts.\nmodel: far\n---\nSort it.\n";
    std::fs::write(desk.root().join("agents/clerk.md"), agent).unwrap();
    let far = "models:\n  far: { vendor: openai, model: m, can: [ json ], context: 4096, answer: 64, \
               price: { input: 1.00 EUR, output: 2.00 EUR }, region: EU }\n";
    desk.change("flightdeck.yaml", "models:\n", far);
    let map = || desk.say(&["data", "map", "notes"]);
    let said = map();
    assert_eq!(said.code, 8, "{}{}", said.out, said.err);
    for text in [
        "to the model `far` of openai (EU)",
        "from `sort`: case.text",
        "replaced by words as far as found: email, iban",
        "`personal` has no leave to go there",
        "no legal basis is said for `personal`",
        "controller: not said",
    ] {
        assert!(said.out.contains(text), "no `{text}` in {}", said.out);
    }
    let leave = "region: EU, takes: { personal: { by: owner@example.com, until: \"2099-12-31\", \
                 reason: contract 12 } }, hides: [ email ] }";
    desk.change("flightdeck.yaml", "region: EU }", leave);
    let privacy = "privacy: { controller: Example Ltd, contact: dpo@example.com, ai_role: deployer, \
                   ai_risk: minimal, basis: { personal: contract } }\nretention: { personal: 30 days }\n\
                   models:\n";
    desk.change("flightdeck.yaml", "models:\n", privacy);
    let said = map();
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    for text in [
        "by leave of owner@example.com until 2099-12-31 (contract 12); contract",
        "replaced by words as far as found: email\n",
        "role deployer, risk minimal",
        "are kept for 30 days",
    ] {
        assert!(said.out.contains(text), "no `{text}` in {}", said.out);
    }
    let told = desk.say(&["data", "map", "--json"]).json();
    let flows = told.iter().find(|o| o["workflow"] == "notes").unwrap()["flows"].clone();
    assert_eq!(flows[0]["to"]["model"]["hides"], serde_json::json!(["email"]), "{flows:#}");
    assert_eq!(desk.say(&["data", "map", "nothing"]).code, 2);
}

#[test]
fn who_is_on_call_decides_on_their_days_and_on_no_others() {
    let desk = desk();
    desk.change("workflows/notes.md", "      approvals: 2\n", "");
    let run = opened(&desk);
    let turn = |from: &str, until: &str| {
        format!(
            "on_call:\n  pair: [ {{ who: dee@example.com, from: \"{from}\", until: \"{until}\" }} ]\nworking_hours:"
        )
    };
    assert_eq!(review(&desk, &["approve"], &run, &[], DEE).code, 4);
    desk.change("flightdeck.yaml", "working_hours:", &turn("2020-01-01", "2020-01-31"));
    assert_eq!(review(&desk, &["approve"], &run, &[], DEE).code, 4, "that was long ago");
    desk.change("flightdeck.yaml", "2020-01-31", "2999-12-31");
    assert_eq!(review(&desk, &["approve"], &run, &[], DEE).code, 0);
    let why = desk.say(&["why", &run]).out;
    assert!(why.contains("dee@example.com is on call as pair"), "{why}");
    let proof = desk.say(&["logs", &run, "--verify"]);
    assert!(proof.code == 0 && proof.out.contains("found equal"), "{}{}", proof.out, proof.err);
    desk.change("flightdeck.yaml", "  pair: [ { who", "  nobody_here: [ { who");
    let checked = desk.say(&["check"]);
    assert_eq!(checked.code, 2, "{}", checked.out);
}

#[test]
fn who_is_on_call_at_night_decides_at_night() {
    let desk = desk();
    desk.change("workflows/notes.md", "      approvals: 2\n", "");
    let settings = std::fs::read_to_string(desk.root().join("flightdeck.yaml")).unwrap();
    let zone = settings.split("zone: ").nth(1).unwrap();
    let zone = zone.split([' ', '}', '\n']).next().unwrap();
    let said = std::process::Command::new("date").env("TZ", zone).arg("+%H").output().unwrap();
    let hour: u32 = String::from_utf8(said.stdout).unwrap().trim().parse().unwrap();
    let between = |from: u32, to: u32| {
        let (from, to) = ((hour + from) % 24, (hour + to) % 24);
        format!("hours: \"{from:02}:00-{to:02}:00\"")
    };
    let run = opened(&desk);
    let turns = |hours: &str| {
        format!(
            "on_call:\n  pair:\n    - {{ who: dee@example.com, from: \"2020-01-01\", until: \
             \"2999-12-31\", days: mon-sun, {hours} }}\nworking_hours:"
        )
    };
    // However long this test takes, it is over before these hours begin.
    desk.change("flightdeck.yaml", "working_hours:", &turns(&between(12, 14)));
    let refused = review(&desk, &["approve"], &run, &[], DEE);
    assert_eq!(refused.code, 4, "{}{}", refused.out, refused.err);
    // These began hours ago and go on for hours; the one turn beside the other changes nothing.
    let other = format!(
        "  pair:\n    - {{ who: dee@example.com, from: \"2020-01-01\", until: \"2999-12-31\", {} }}",
        between(22, 4)
    );
    desk.change("flightdeck.yaml", "  pair:\n    - {", &format!("{other}\n    - {{"));
    let taken = review(&desk, &["approve"], &run, &[], DEE);
    assert_eq!(taken.code, 0, "{}{}", taken.out, taken.err);
    let why = desk.say(&["why", &run]).out;
    assert!(why.contains("dee@example.com is on call as pair"), "{why}");
    desk.change("flightdeck.yaml", &between(22, 4), "hours: \"07:00-07:00\"");
    let checked = desk.say(&["check"]);
    assert_eq!(checked.code, 2, "{}", checked.out);
    assert!(
        checked.err.contains("these hours are over as they begin"),
        "{}{}",
        checked.out,
        checked.err
    );
}

#[test]
fn one_sender_who_floods_holds_up_nobody_else() {
    let desk = desk();
    desk.change(
        "workflows/notes.md",
        "id: text, text: text }",
        "id: text, text: text, from: text? }",
    );
    desk.change("workflows/notes.md", "text? } }", "text? }, sender: case.from }");
    desk.change("workflows/notes.md", "cases: 2000 }", "cases: 2000 }\n  hour: { each_sender: 2 }");
    let case = |n: u32, from: &str| format!(r#"{{ "id": "{n}", "text": "as it came", {from} }}"#);
    let run = |n: u32, from: &str| {
        desk.say(&["run", "notes", &case(n, from), "--as", "owner@example.com"])
    };
    let mia = r#""from": "mia@example.org""#;
    assert_eq!((run(1, mia).code, run(2, r#""from": " Mia@EXAMPLE.org""#).code), (3, 3));
    let until = |said: &str| {
        said.contains("no further case of `notes` from this sender is opened until 2")
            && said.contains("`limits.hour.each_sender` is used up")
    };
    // At the turn of an hour the count begins anew: whoever opens four more crosses it once at most.
    let refused = (3..7).map(|n| run(n, mia)).find(|said| said.code == 6);
    let refused = refused.expect("nothing was refused");
    assert!(until(&refused.err), "{}{}", refused.out, refused.err);
    assert_eq!(run(8, r#""from": "leo@example.org""#).code, 3, "others have their own");
    assert_eq!(run(9, r#""from": """#).code, 3, "whoever does not say who they are as well");
    let logs = desk.say(&["logs", "00000000000000000000000000"]).out;
    let told = "`notes` has opened 2 cases of one sender in the hour; no more of them until";
    assert!(logs.contains(told), "{logs}");
    let status = desk.say(&["status"]).out;
    assert!(status.contains("`limits.hour.each_sender`"), "{status}");
    // Nobody who sent anything stands in what is not a case's content.
    let all = format!("{logs}{status}{}{}", refused.out, refused.err);
    assert!(!all.to_lowercase().contains("mia@"), "{all}");
    let shown = desk.say(&["show", "notes"]).out;
    assert!(shown.contains("2 cases of one sender (case.from)"), "{shown}");
    desk.change("workflows/notes.md", ", sender: case.from }", " }");
    let checked = desk.say(&["check"]);
    assert_eq!(checked.code, 2, "{}", checked.out);
    assert!(checked.err.contains("FD-P605"), "{}{}", checked.out, checked.err);
}
