//! Instructions, vendors and policies over HTTP: the same as on the command line finds.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::{LEAD, Up};

const BASE: &str = "/api/v1/workspaces/desk";

fn list(up: &Up, what: &str) -> Value {
    let listed = up.get(&format!("{BASE}/{what}"));
    assert_eq!(listed.status, 200, "{}", listed.body);
    listed.json()
}

fn found<'v>(all: &'v Value, key: &str, name: &str) -> &'v Value {
    let mut list = all.as_array().unwrap().iter();
    list.find(|one| one[key] == name).unwrap_or_else(|| panic!("no `{name}` in {all}"))
}

#[test]
fn instructions_have_a_weight_a_history_and_findings() {
    let up = Up::start(&["001"]);
    let first = list(&up, "instructions");
    let standing = found(&first["files"], "path", "AGENTS.md");
    assert_eq!((&standing["kind"], &standing["open"]), (&json!("standing"), &json!(true)));
    assert!(standing["tokens_about"].as_u64().unwrap() > 10);
    assert!(standing["read_by"].as_array().unwrap().contains(&json!("invoice_intake.read")));
    assert_eq!(standing["changes"], json!([]));
    assert!(first["no_history"].is_string(), "{first}");
    let read = found(&first["agents"], "step", "read");
    let parts = read["parts"].as_array().unwrap();
    let whole: u64 = parts.iter().map(|part| part["tokens_about"].as_u64().unwrap()).sum();
    assert_eq!(read["tokens_about"], json!(whole));
    assert_eq!((&read["agent"], &parts[0]["source"]), (&json!("clerk"), &json!("AGENTS.md")));
    assert_eq!(first["findings"], json!([]), "{first}");

    // Kept under git: the author is told, and whoever saved it here stands beside.
    let root = up.office.root();
    let git = |args: &[&str]| {
        let who = ["-c", "user.name=Mara Example", "-c", "user.email=mara@acme.example"];
        let done = Command::new("git").arg("-C").arg(&root).args(who).args(args).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    git(&["init", "--quiet"]);
    git(&["add", "AGENTS.md", "agents"]);
    git(&["commit", "--quiet", "-m", "how we work"]);
    let path = format!("{BASE}/file?path=AGENTS.md");
    let read = up.get(&path).json();
    let text = read["text"].as_str().unwrap();
    let more =
        format!("{text}\n- See `tables/gone.csv`.\n- Always correct, convert, add up or guess.\n");
    let body = json!({ "text": more, "from": read["version"] });
    assert_eq!(up.put_as(LEAD, &path, &body).status, 200);
    let second = list(&up, "instructions");
    let standing = found(&second["files"], "path", "AGENTS.md");
    let told: Vec<(&Value, &Value)> =
        standing["changes"].as_array().unwrap().iter().map(|c| (&c["who"], &c["here"])).collect();
    assert_eq!(told, [(&json!(LEAD), &json!(true)), (&json!("Mara Example"), &json!(false))]);
    assert_eq!(second["no_history"], Value::Null);
    let stale = found(&second["findings"], "kind", "stale");
    assert_eq!(
        (&stale["file"], &stale["what"]),
        (&json!("AGENTS.md"), &json!("there is no file `tables/gone.csv`"))
    );
    let line = more.lines().position(|line| line.contains("gone.csv")).unwrap() + 1;
    assert_eq!(stale["line"], json!(line));
    let conflict = found(&second["findings"], "kind", "conflict");
    assert!(conflict["what"].as_str().unwrap().contains("but AGENTS.md:"), "{conflict}");
    let said = up.office.say(&["instructions", "show", "read"]).out;
    assert!(said.contains("there is no file `tables/gone.csv`"), "{said}");
    let said = up.office.say(&["instructions", "show", "read", "--json"]).json();
    assert_eq!(said[0]["findings"].as_array().unwrap().len(), 2, "{said:?}");
}

#[test]
fn vendors_are_those_of_the_register_and_of_the_maps() {
    let up = Up::start(&["001"]);
    let listed = list(&up, "vendors");
    assert_eq!(listed["currency"], "USD");
    let model = found(&listed["vendors"], "vendor", "openai");
    assert_eq!(model["provides"], json!(["model local"]));
    assert_eq!(model["models"][0]["model"], "smollm2-135m-instruct");
    assert!(model["registered"].is_null() && model["stops"].as_u64().unwrap() > 0, "{model}");
    assert!(model["wants"][0].as_str().unwrap().contains("does not stand under `vendors`"));
    found(&model["steps"], "step", "invoice_intake.read");
    let register = "vendors:\n  openai: { region: EU, terms: \"DPA 2026\", reviewed: \"2026-10-01\", \
                    if_it_goes: by hand }\nworking_hours:";
    up.office.change("flightdeck.yaml", "working_hours:", register);
    let listed = list(&up, "vendors");
    let model = found(&listed["vendors"], "vendor", "openai");
    assert_eq!(model["registered"]["terms"], "DPA 2026");
    assert_eq!(model["registered"]["review_every_days"], 365);
}

const CASES: &str = "\
- case: nothing above 25,000 EUR, whoever approved it
  step: invoice_intake.draft
  act: erp.create_draft
  given: { amount: 25000.01 EUR, reviewed: true }
  expect: refused
  by: no_draft_above_25000_eur
";

#[test]
fn policies_are_said_in_words_compared_with_what_is_live_and_tried() {
    let up = Up::start(&["001"]);
    let listed = list(&up, "policies");
    let limit = found(&listed["policies"], "id", "no_draft_above_25000_eur");
    assert_eq!(limit["does"], "refuses `erp.create_draft` by any step");
    assert_eq!(
        limit["conditions"],
        json!(["where `amount` (in its smallest unit) is more than 2500000"])
    );
    assert!(limit["text"].as_str().unwrap().contains("forbid"), "{limit}");
    assert_eq!(limit["matters_for"], json!(["invoice_intake.draft: erp.create_draft"]));
    let standard = found(&listed["policies"], "id", "standard.flow");
    assert_eq!(standard["standard"], json!(true));
    let act = found(&listed["acts"], "act", "erp.create_draft");
    assert!(act["looks_at"].as_array().unwrap().contains(&json!("args.amount")), "{act}");
    assert_eq!((&listed["compared"], &listed["cases"]), (&json!([]), &Value::Null));

    let path = format!("{BASE}/policies/test");
    up.post_as(LEAD, &path, &json!({})).problem(422, "invalid");
    fs::write(up.office.root().join("policies/cases.yaml"), CASES).unwrap();
    assert_eq!(list(&up, "policies")["cases"], json!(1));
    let tried = up.post_as(LEAD, &path, &json!({})).json();
    assert_eq!((&tried["held"], &tried["failed"]), (&json!(1), &json!(0)), "{tried}");

    // A policy that lets more pass than what is live is shown by a case.
    let order = json!({ "workflow": "invoice_intake", "untried": true, "reason": "a test" });
    assert_eq!(up.post_as(LEAD, &format!("{BASE}/releases"), &order).status, 200);
    let compared = &list(&up, "policies")["compared"][0];
    assert_eq!((&compared["wider"], &compared["narrower"]), (&json!([]), &json!([])));
    up.office.change("policies/drafts.cedar", "> 2500000", "> 9900000");
    let listed = list(&up, "policies");
    let compared = &listed["compared"][0];
    let wider = &compared["wider"][0];
    assert_eq!(wider["act"], "erp.create_draft", "{compared}");
    assert!(wider["before"].as_str().unwrap().starts_with("refused by"), "{wider}");
    let tried = up.post_as(LEAD, &path, &json!({})).json();
    assert_eq!((&tried["held"], &tried["failed"]), (&json!(0), &json!(1)), "{tried}");
    assert!(tried["cases"][0]["told"].as_str().unwrap().contains("it should be"), "{tried}");
}
