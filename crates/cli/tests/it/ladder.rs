//! How far steps go by themselves, whether those who are asked still look, and a stop that takes
//! back, from outside.

use std::fs;

use crate::desk::{Desk, Said};
use crate::office::{Office, WORKFLOW};
use crate::vendor::Vendor;

const MARTA: [&str; 2] = ["--as", "marta@larkfield.example"];
const INES: [&str; 2] = ["--as", "ines@larkfield.example"];
pub const OWNER: [&str; 2] = ["--as", "owner@example.com"];
const CLERK: [&str; 2] = ["--as", "clerk@example.com"];

fn today() -> String {
    let said = std::process::Command::new("date").args(["-u", "+%F"]).output().unwrap();
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

pub fn run_of(said: &Said) -> String {
    let lines = said.json();
    let run = lines.iter().find_map(|line| line["run"].as_str());
    run.unwrap_or_else(|| panic!("{}{}", said.out, said.err)).to_owned()
}

const NOTES: &str = r#"---
workflow: notes
purpose: Keep what people write to us. It answers nobody.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: one line of our list, from: outside, fields: { text: text } }
limits:
  case: { cost: 0.10 EUR, days: 10 }
  day: { cost: 5 EUR, cases: 2000 }
baseline: { minutes: 6, cases_per_week: 40 }
on_failure: { ask: lead }
steps:
  - step: look
    review:
      by: clerk
      never_by: [ starter ]
      question: Is this ours?
      show: [ case ]
      within: 8 working hours
      late: { then: stop }
      if_rejected: { then: stop }
  - step: keep
    tool: outbox.write_file
    with: { path: { literal: kept.txt }, content: case.text }
exceptions:
  - { what: an empty message, when: "case.text == ''", go: look }
---
# Notes
"#;

/// A desk that keeps notes once a clerk has seen them.
pub fn noting() -> Desk {
    let desk = Desk::new();
    fs::write(desk.root().join("workflows/notes.md"), NOTES).unwrap();
    desk
}

pub fn note(desk: &Desk, n: usize) -> Said {
    let case = format!(r#"{{"text":"lunch {n}, 12.{n:02} EUR"}}"#);
    desk.say(&["run", "notes", &case, "--json"])
}

#[test]
fn a_step_that_is_held_lower_asks_and_goes_further_when_a_person_says_so() {
    let office = Office::new(&Vendor::plain(), &["001", "004"]);
    let say = |args: &[&str], who: [&str; 2]| office.say(&[args, &who[..]].concat());
    let at_first = office.say(&["autonomy", "invoice_intake"]);
    assert!(at_first.out.contains("act_with_undo: what can be undone"), "{}", at_first.out);
    let beyond = ["--beyond", "invoice_intake.draft=approve"];
    let held = say(&[&["stop"][..], &beyond, &["--reason", "two wrong drafts"]].concat(), MARTA);
    assert!(held.code == 0 && held.out.contains("put before a person"), "{}{}", held.out, held.err);
    let nothing = say(&["stop", "--beyond", "invoice_intake.nowhere=approve"], MARTA);
    assert_eq!(nothing.code, 2, "{}", nothing.err);

    let ran = office.say(&["run", "invoice_intake", "001-nordwind.txt", "--json"]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    let run = run_of(&ran);
    assert!(office.drafts().is_empty());
    let now = office.say(&["autonomy", "invoice_intake"]).out;
    assert!(now.contains("approve: a person sees every effect"), "{now}");
    assert!(now.contains("held there by marta@larkfield.example"), "{now}");
    assert!(now.contains("two wrong drafts"), "{now}");
    let yes = say(&["review", "approve", &run], INES);
    assert_eq!(yes.code, 0, "{}{}", yes.out, yes.err);
    assert_eq!(office.drafts().len(), 1);

    // Who neither answers for it nor may overrule it lets nothing go further.
    let more = [&["resume"][..], &beyond, &["--reason", "looked at a week of them"]].concat();
    assert_eq!(say(&more, INES).code, 4);
    let further = say(&more, MARTA);
    assert_eq!(further.code, 0, "{}{}", further.out, further.err);
    let told = office.say(&["handover"]).out;
    assert!(told.contains("looked at a week of them; seen until then: 1 case done"), "{told}");
    let next = office.say(&["run", "invoice_intake", "004-vandermolen.txt", "--json"]);
    assert_ne!(next.code, 5, "{}{}", next.out, next.err);
    let proof = office.say(&["logs", &run, "--verify"]);
    assert!(proof.code == 0 && proof.out.contains("found equal"), "{}{}", proof.out, proof.err);
}

#[test]
fn an_effect_that_is_not_confirmed_takes_its_step_down_at_once() {
    let office = Office::new(&Vendor::plain(), &["001"]);
    office.change(WORKFLOW, "result.status == 'draft'", "result.status == 'released'");
    let ran = office.say(&["run", "invoice_intake", "001-nordwind.txt", "--json"]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    let now = office.say(&["autonomy", "invoice_intake", "--json"]);
    let lines = now.json();
    let draft = lines.iter().find(|line| line["step"] == "draft").unwrap();
    assert_eq!(draft["now"], "approve", "{draft}");
    assert_eq!(draft["held"]["by"], "flightdeck");
    let why = draft["held"]["reason"].as_str().unwrap();
    assert!(why.contains("was not confirmed in case"), "{why}");
    let status = office.say(&["status"]).out;
    assert!(status.contains("effects of `invoice_intake.draft` beyond `approve`"), "{status}");
}

/// An office with one open case that has kept a draft, and waits for a person's look at it.
fn with_an_open_case() -> Office {
    let office = Office::new(&Vendor::plain(), &["001"]);
    let look = "  - step: look\n    review:\n      by: finance_clerk\n      never_by: [ starter, owner ]\n      \
                question: Is it there?\n      show: [ read ]\n      within: 8 working hours\n      late: { then: \
                stop }\n      if_rejected: { then: stop }\n\nexceptions:\n";
    office.change(WORKFLOW, "exceptions:\n", look);
    let ran = office.say(&["run", "invoice_intake", "001-nordwind.txt", "--json"]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    office
}

#[test]
fn a_stop_can_take_back_what_open_cases_did() {
    let office = with_an_open_case();
    let kept = |office: &Office| {
        let drafts = office.drafts();
        drafts.iter().filter(|draft| draft["status"] == "draft").count()
    };
    assert_eq!(kept(&office), 1, "{:?}", office.drafts());
    let stop = ["stop", "--workflow", "invoice_intake", "--undo", "--reason", "wrong table"];
    let said = office.say(&[&stop[..], &MARTA].concat());
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("1 case ended; 1 effects were taken back"), "{}", said.out);
    assert!(said.out.contains("the workflow `invoice_intake` is stopped"), "{}", said.out);
    assert_eq!(kept(&office), 0, "{:?}", office.drafts());
    let status = office.say(&["status"]).out;
    assert!(!status.contains("beyond"), "what held it meanwhile is lifted: {status}");
    // Without a person who may, nothing is ended.
    let nobody = office.say(&["stop", "--workflow", "invoice_intake", "--undo"]);
    assert_eq!(nobody.code, 2, "{}", nobody.err);
}

#[test]
fn taking_back_lifts_no_stop_that_a_person_had_set() {
    let office = with_an_open_case();
    let beyond = ["stop", "--beyond", "invoice_intake=suggest", "--reason", "under audit"];
    let held = office.say(&[&beyond[..], &MARTA].concat());
    assert_eq!(held.code, 0, "{}{}", held.out, held.err);
    let stop = ["stop", "--workflow", "invoice_intake", "--undo", "--reason", "wrong table"];
    let said = office.say(&[&stop[..], &MARTA].concat());
    assert!(said.out.contains("1 case ended; 1 effects were taken back"), "{}", said.out);
    let status = office.say(&["status"]).out;
    assert!(status.contains("beyond `suggest`"), "{status}");
    let lines = office.say(&["autonomy", "invoice_intake", "--json"]).json();
    let draft = lines.iter().find(|line| line["step"] == "draft").unwrap();
    assert_eq!(draft["held"]["reason"], "under audit", "{draft}");
}

#[test]
fn a_full_queue_opens_no_further_case() {
    let desk = noting();
    desk.change("workflows/notes.md", "limits:\n", "limits:\n  waiting: 2\n");
    for n in 1..=2 {
        assert_eq!(note(&desk, n).code, 3);
    }
    let full = note(&desk, 3);
    assert_eq!(full.code, 6, "{}{}", full.out, full.err);
    assert!(full.err.contains("no case of `notes` is opened while 2 wait"), "{}", full.err);
    let alike = desk.say(&["review", "list", "--alike", "--json"]).json();
    assert_eq!((alike.len(), alike[0]["count"].clone()), (1, 2.into()), "{alike:?}");
    let listed = desk.say(&["runs", "--status", "waiting", "--json"]).json();
    let first = listed[0]["run"].as_str().unwrap();
    assert_eq!(desk.say(&[&["review", "approve", first][..], &CLERK].concat()).code, 0);
    assert_eq!(note(&desk, 4).code, 3, "there is room again");
}

#[test]
fn a_flood_is_held_up_within_the_hour() {
    let desk = noting();
    desk.change("workflows/notes.md", "limits:\n", "limits:\n  hour: { cases: 2 }\n");
    // An hour may end between the cases; then there are two more.
    let codes: Vec<i32> = (1..=5).map(|n| note(&desk, n).code).collect();
    assert!(codes.contains(&6) && codes[..2] == [3, 3], "{codes:?}");
    let why = desk.say(&["status"]).out;
    assert!(why.contains("`limits.hour.cases`"), "{why}");
}

#[test]
fn whoever_approves_without_looking_is_noticed_and_a_day_has_its_measure() {
    let desk = noting();
    desk.change(
        "flightdeck.yaml",
        "working_hours:",
        "attention: { clerk: { a_day: 14 } }\nworking_hours:",
    );
    let approve = |run: &str| desk.say(&[&["review", "approve", run][..], &CLERK].concat());
    for n in 1..=12 {
        assert_eq!(approve(&run_of(&note(&desk, n))).code, 0);
    }
    let told = desk.say(&["attention"]);
    assert_eq!(told.code, 8, "{}{}", told.out, told.err);
    assert!(told.out.contains("clerk@example.com: 12 answered: 12 approved"), "{}", told.out);
    assert!(told.out.contains("faster than it can be read"), "{}", told.out);
    assert!(told.out.contains("at most 28 a day"), "{}", told.out);

    // A case that is known to be wrong looks like any other, to those who are asked.
    let wrong = r#"{"text":"a yacht, 3.00 EUR"}"#;
    let seeded = desk.say(&[&["attention", "seed", "notes", wrong, "--json"][..], &OWNER].concat());
    assert_eq!(seeded.code, 0, "{}{}", seeded.out, seeded.err);
    let run = run_of(&seeded);
    for shown in
        [&["review", "show", &run, "--json"][..], &["why", &run, "--json"], &["logs", &run]]
    {
        let said = desk.say(shown);
        let text = format!("{}{}", said.out, said.err).to_lowercase();
        assert!(!text.contains("seed") && !text.contains("rehears"), "{text}");
    }
    assert!(desk.say(&["attention"]).out.contains("0 of 0 noticed, 1 not answered yet"));
    // Its effect was refused, whoever approved it.
    assert_eq!(approve(&run).code, 1);
    assert!(
        !desk.root().join("outbox/kept.txt").exists()
            || !fs::read_to_string(desk.root().join("outbox/kept.txt")).unwrap().contains("yacht")
    );
    let told = desk.say(&["attention"]);
    assert!(told.out.contains("approved a case that was known to be wrong"), "{}", told.out);
    let second = desk.say(&[&["attention", "seed", "notes", wrong, "--json"][..], &OWNER].concat());
    let reject = ["review", "reject", &run_of(&second), "--reason", "a yacht?"];
    desk.say(&[&reject[..], &CLERK].concat());
    let told = desk.say(&["attention", "--json"]).json().remove(0);
    assert_eq!(told["seeds"]["noticed"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!(told["seeds"]["missed"].as_array().unwrap().len(), 1, "{told}");
    // That was the fourteenth answer of the day.
    let enough = approve(&run_of(&note(&desk, 20)));
    assert!(enough.code == 4 && enough.err.contains("as many requests as a day"), "{}", enough.err);
    let other = desk.say(&[&["attention", "seed", "notes", wrong][..], &CLERK].concat());
    assert_eq!(other.code, 4, "{}", other.err);
}

#[test]
fn leave_that_nothing_needed_is_proposed_to_be_taken_away() {
    let desk = Desk::new();
    let said = desk.say(&["mcp", "narrow"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let pinned = desk.say(&[&["mcp", "pin", "files", "--effect", "read"][..], &OWNER].concat());
    assert_eq!(pinned.code, 0, "{}{}", pinned.out, pinned.err);
    let narrowed = desk.say(&["mcp", "narrow"]);
    assert_eq!(narrowed.code, 8, "{}{}", narrowed.out, narrowed.err);
    assert!(narrowed.out.contains("is approved, and no workflow names it"), "{}", narrowed.out);
    assert!(!narrowed.out.contains("`files.read_text_file`"), "that one is used: {}", narrowed.out);
}

#[test]
fn on_whom_the_work_depends_is_known_and_looked_at_again() {
    let office = Office::new(&Vendor::plain(), &["001"]);
    let said = office.say(&["vendors"]);
    assert_eq!(said.code, 8, "{}{}", said.out, said.err);
    assert!(said.out.contains("`openai` does not stand under `vendors`"), "{}", said.out);
    assert!(
        said.out.contains("invoice_intake.draft: without it finance_clerk is asked"),
        "{}",
        said.out
    );
    let today = today();
    let listed = office.say(&["vendors", "--json"]).json();
    let names: Vec<&str> = listed.iter().filter_map(|line| line["vendor"].as_str()).collect();
    let entry = |name: &&str| {
        format!(
            "  {name}: {{ region: EU, terms: \"of 2026\", reviewed: \"{today}\", if_it_goes: people do it }}\n"
        )
    };
    let all: String = names.iter().map(entry).collect();
    office.change("flightdeck.yaml", "working_hours:", &format!("vendors:\n{all}working_hours:"));
    let said = office.say(&["vendors"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    office.change("flightdeck.yaml", &format!("reviewed: \"{today}\""), "reviewed: \"2020-01-01\"");
    let said = office.say(&["vendors"]);
    assert!(said.code == 8 && said.out.contains("days ago, and 365 are allowed"), "{}", said.out);
}

#[test]
fn a_secret_comes_from_where_it_is_said_to_and_is_shown_nowhere() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    let value = "s3cr3t-of-the-hook-0000000000";
    let key = desk.root().join("hook.key");
    fs::write(&key, format!("{value}\n")).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let settings = "secrets:\n  HOOK_KEY: { file: hook.key, since: \"TODAY\", every: 90 days }\n  \
                    ROOM: { command: [ sh, -c, \"printf t0ken-of-the-room\" ] }\n  \
                    SLOW: { command: [ sh, -c, \"echo boo >&2; exit 3\" ], every: 30 days }\n\
                    notices:\n  hook: { webhook: \"https://hooks.example/in\", key: HOOK_KEY }\n  \
                    room: { chat: \"https://chat.example/${ROOM}\" }\nworking_hours:";
    desk.change("flightdeck.yaml", "working_hours:", &settings.replace("TODAY", &today()));
    let said = desk.say(&["secrets"]);
    assert_eq!(said.code, 8, "{}{}", said.out, said.err);
    assert!(said.out.contains("`chmod 600` keeps it to you"), "{}", said.out);
    assert!(said.out.contains("ROOM: command sh; given to notice room"), "{}", said.out);
    assert!(said.out.contains("`sh` ended with exit status: 3"), "{}", said.out);
    assert!(said.out.contains("nothing needs it any more"), "{}", said.out);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let all = desk.say(&["secrets", "--json"]);
    let hook = all.json().into_iter().find(|line| line["name"] == "HOOK_KEY").unwrap();
    assert_eq!((hook["there"].clone(), hook["overdue"].clone()), (true.into(), false.into()));
    for shown in [all.out, said.out, said.err] {
        for part in [value, "t0ken-of-the-room", "boo"] {
            assert!(!shown.contains(part), "{shown}");
        }
    }
    // What a secret is, no case may carry anywhere.
    let case = format!(r#"{{"name":"{value}"}}"#);
    let ran = desk.say(&["run", "expenses", &case, "--json"]);
    let text = format!("{}{}", ran.out, ran.err);
    assert_ne!(ran.code, 0, "{text}");
}

#[test]
fn what_was_really_handed_over_is_held_against_the_map() {
    let desk = noting();
    desk.change(
        "workflows/notes.md",
        "fields: { text: text } }",
        "fields: { text: text }, tags: [ personal ] }",
    );
    let pin =
        ["mcp", "pin", "outbox.write_file", "--effect", "write", "--takes", "personal", "--until"];
    let pinned = desk.say(&[&pin[..], &["2099-12-31", "--reason", "it is ours"], &OWNER].concat());
    assert_eq!(pinned.code, 0, "{}{}", pinned.out, pinned.err);
    let run = run_of(&note(&desk, 1));
    assert_eq!(desk.say(&[&["review", "approve", &run][..], &CLERK].concat()).code, 0);
    let said = desk.say(&["data", "map", "notes", "--seen"]);
    assert!(said.out.contains("seen in 1 case of 168 hours"), "{}{}", said.out, said.err);
    assert!(
        said.out.contains("`outbox.write_file` from `keep`: 1 calls, tagged personal"),
        "{}",
        said.out
    );
    assert!(!said.out.contains("no map says so"), "{}", said.out);
    let seen = desk.say(&["data", "map", "notes", "--seen", "--json"]).json();
    let seen = seen.iter().find(|line| line["kind"] == "data_seen").unwrap();
    assert_eq!(seen["handed"][0]["to"]["tool"], "outbox.write_file");
    // A map that no longer says what went there before.
    desk.change("workflows/notes.md", ", tags: [ personal ] }", " }");
    let said = desk.say(&["data", "map", "notes", "--seen"]);
    assert_eq!(said.code, 8, "{}", said.out);
    assert!(
        said.out.contains("`personal` went to `outbox.write_file`, and no map says so"),
        "{}",
        said.out
    );
}
