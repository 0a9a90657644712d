//! The interview as an operator has it: two processes from an empty file to a map without problems,
//! in any order, and a map that is whole and stays as it is.

mod orders;

use std::collections::BTreeMap;
use std::path::Path;

use plan::Files;
use plan::ids::{PersonId, ToolName};
use plan::interview::{Question, answer, answered, begun, questions};
use plan::lock::{Approval, Definition, Lock, Pinned};
use plan::workflow::{ArgRole, Effect, Trust};
use serde_json::{Value, json};

use crate::folder;

const SETTINGS: &str = r#"organisation: Acme
currency: EUR
people:
  mara@acme.example: { name: Mara }
  ben@acme.example: { name: Ben }
  cleo@acme.example: { name: Cleo }
roles:
  lead: [ mara@acme.example, ben@acme.example ]
  safety_physician: [ ben@acme.example, cleo@acme.example ]
  brand_manager: [ cleo@acme.example, mara@acme.example ]
working_hours: { days: mon-fri, from: "09:00", to: "17:30", zone: Europe/London }
models:
  big: { vendor: local, model: big-1, can: [ choose, json ], context: 32768, answer: 512 }
default_model: big
"#;

const WRITER: &str =
    "---\nname: writer\ndescription: Reads texts and writes drafts.\n---\nWrite plainly.\n";

fn tool(
    lock: &mut Lock,
    name: &str,
    says: &str,
    needed: &[&str],
    (effect, args): (Effect, BTreeMap<String, ArgRole>),
) {
    let name = ToolName::new(name).unwrap();
    let properties: serde_json::Map<String, Value> =
        needed.iter().map(|one| ((*one).to_owned(), json!({ "type": "string" }))).collect();
    let input = json!({ "type": "object", "properties": properties, "required": needed });
    let definition = Definition { title: None, description: says.to_owned(), input, output: None };
    let pinned = Pinned {
        digest: definition.digest(name.tool()).unwrap(),
        definition,
        effect: Some(effect),
        reversible: false,
        repeatable: false,
        key_arg: None,
        read_back: None,
        trust: Trust::Trusted,
        args,
        tags: Vec::new(),
        takes: Default::default(),
        approved: Approval {
            by: PersonId::new("mara@acme.example").unwrap(),
            on: "2026-11-02".to_owned(),
            reason: None,
        },
    };
    lock.tools.insert(name, pinned);
}

/// A workspace with people, an agent, tools and a table, and no workflow.
fn workspace() -> Files {
    let mut lock = Lock::default();
    let none = BTreeMap::new;
    let to = BTreeMap::from([("list".to_owned(), ArgRole::Recipient)]);
    let query = "Answers read-only SQL about tables.";
    tool(&mut lock, "table.read_query", query, &["query"], (Effect::Read, none()));
    let says = "Schedules a newsletter for a mailing list.";
    tool(&mut lock, "mailer.schedule", says, &["subject", "body", "list"], (Effect::Send, to));
    let says = "Enters a report in the safety database.";
    tool(&mut lock, "safety.create_case", says, &["product", "narrative"], (Effect::Write, none()));
    let server = r#"{ "mcpServers": {
        "table": { "command": "flightdeck", "args": ["mcp", "table"] },
        "mailer": { "command": "mailer" }, "safety": { "command": "safety" } } }"#;
    [
        ("flightdeck.yaml", SETTINGS.to_owned()),
        ("agents/writer.md", WRITER.to_owned()),
        (".mcp.json", server.to_owned()),
        ("mcp.lock", lock.render().unwrap()),
        ("tables/products.csv", "product:id,name:text\nP1,Anodyn\n".to_owned()),
    ]
    .into_iter()
    .collect()
}

/// What an operator answers, by question.
type Answers = BTreeMap<&'static str, Value>;

fn common(purpose: &str, one: &str) -> Answers {
    BTreeMap::from([
        ("purpose", json!(purpose)),
        ("case", json!(one)),
        ("case_from", json!("outside")),
        ("accountable", json!("mara@acme.example")),
        ("override", json!("lead")),
        ("risk", json!("high")),
        ("autonomy", json!("approve")),
        ("cases_per_week", json!(30)),
        ("minutes", json!(45)),
        ("draft", json!(true)),
        ("on_failure", json!("lead")),
        ("case_cost", json!("0.50 EUR")),
        ("day_cost", json!("20.00 EUR")),
        ("day_cases", json!(50)),
        ("case_tags", json!(["personal"])),
    ])
}

/// Marketing: a newsletter out of a brief.
fn newsletter() -> (&'static str, Answers) {
    let mut all = common("Prepare the newsletter. It sends nothing by itself.", "brief");
    all.extend([
        ("case_fields", json!([
            { "field": "name", "kind": "text" }, { "field": "text", "kind": "text" },
            { "field": "list", "kind": "text" },
        ])),
        ("case_from", json!("inside")),
        ("today", json!([
            { "does": "reads the brief and writes a draft", "who": "copywriter", "minutes": 90 },
            { "does": "compares it with the brand guide", "who": "brand manager", "minutes": 20,
                "share": "80 %", "why": "claims have to be true" },
            { "does": "schedules the newsletter", "who": "assistant", "minutes": 10 },
            { "does": "counts the clicks", "who": "assistant", "minutes": 15 },
        ])),
        ("exceptions", json!([
            { "what": "a brief of a competitor", "when": "case.text == ''", "go": "compares_brand" },
        ])),
        ("starts", json!([])),
    ]);
    ("workflows/newsletter.md", all)
}

/// Life sciences: a report of a side effect.
fn side_effects() -> (&'static str, Answers) {
    let mut all = common("Take in reports of side effects. It judges none.", "report");
    all.extend([
        ("case_fields", json!([
            { "field": "product", "kind": "id" }, { "field": "text", "kind": "text" },
        ])),
        ("today", json!([
            { "does": "reads the report and summarises it", "who": "nurse", "minutes": 12.5 },
            { "does": "looks up the product in the register", "who": "nurse", "minutes": 2 },
            { "does": "assesses whether it is serious", "who": "safety physician", "minutes": 10 },
            { "does": "enters the report in the safety database", "who": "nurse", "minutes": 8 },
            { "does": "sends a letter of thanks by post", "minutes": 5, "share": "12.5 %" },
        ])),
        ("exceptions", json!([
            { "what": "a death", "when": "case.text.contains('death')", "go": "assesses_serious" },
        ])),
        ("error_rate", json!("3 %")),
    ]);
    ("workflows/side_effects.md", all)
}

fn all(files: &Files, path: &str, text: &str) -> Vec<Question> {
    questions(files, path, text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

/// Answers what is open until nothing is: as prepared, or with what was drafted.
fn settle(files: &Files, path: &str, mut text: String, answers: &Answers) -> String {
    for _ in 0..120 {
        let all = all(files, path, &text);
        let prepared =
            |one: &Question| one.answer.is_none() && answers.get(one.id.as_str()).is_some();
        let Some(next) = all.iter().find(|one| one.open || prepared(one)) else { return text };
        let said = answers.get(next.id.as_str()).filter(|_| next.answer.is_none());
        let said = said.or(next.answer.as_ref());
        let said = said.unwrap_or_else(|| panic!("nobody answers {next:?}:\n{text}")).clone();
        let new = answered(files, path, &text, &next.id, &said);
        text = new.unwrap_or_else(|error| panic!("{} {said}: {error}\n{text}", next.id));
    }
    panic!("it never ends:\n{text}");
}

fn sound(files: &Files, path: &str, text: &str) {
    let mut files = files.clone();
    files.insert(path, text);
    let plan = plan::check(&files, path)
        .unwrap_or_else(|problems| panic!("\n{}\n{text}", problems.render(&files, false)));
    assert!(plan.workflow().open.is_empty(), "{text}");
}

#[test]
fn two_processes_of_different_functions_become_maps_without_problems() {
    for (name, (path, answers)) in [("newsletter", newsletter()), ("side_effects", side_effects())]
    {
        let files = workspace();
        let text = settle(&files, path, String::new(), &answers);
        sound(&files, path, &text);
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn every_question_of_a_whole_map_is_answered_with_what_it_says_and_no_byte_changes() {
    for (folder, name) in
        [("back-office", "invoice_intake"), ("inbox", "triage"), ("research-desk", "research")]
    {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(folder);
        let files = folder::read(&root);
        let path = format!("workflows/{name}.md");
        let text = files.get(&path).unwrap().to_string();
        let all = all(&files, &path, &text);
        assert!(all.len() > 25, "{}", all.len());
        for question in &all {
            assert!(!question.words.is_empty() && !question.why.is_empty(), "{question:?}");
            assert!(!question.open, "{name} leaves open: {question:?}");
            if let Some(said) = &question.answer {
                let edits = answer(&files, &path, &text, &question.id, said).unwrap();
                assert!(edits.is_empty(), "{}: {edits:?}", question.id);
            }
            // What is put off stands in the file until it is answered, and leaves no trace.
            let put_off = answered(&files, &path, &text, &question.id, &Value::Null).unwrap();
            let later = questions(&files, &path, &put_off).unwrap();
            let it = later.iter().find(|one| one.id == question.id).unwrap();
            assert!(it.open && it.unsettled.is_some(), "{it:?}");
            if let Some(said) = &question.answer {
                let back = answered(&files, &path, &put_off, &question.id, said).unwrap();
                assert_eq!(back, text, "{}", question.id);
            }
        }
    }
}

#[test]
fn the_answers_of_a_whole_map_given_to_an_empty_file_say_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/back-office");
    let files = folder::read(&root);
    let path = "workflows/invoice_intake.md";
    let whole = files.get(path).unwrap().to_string();
    let mut text = begun(path);
    let given = all(&files, path, &whole);
    let top = given.iter().filter(|one| !one.id.starts_with("steps.") && one.answer.is_some());
    for question in top {
        let said = question.answer.clone().unwrap();
        text = answered(&files, path, &text, &question.id, &said)
            .unwrap_or_else(|error| panic!("{}: {error}", question.id));
    }
    for before in all(&files, path, &text).iter().filter(|one| !one.id.starts_with("steps.")) {
        let said = given.iter().find(|one| one.id == before.id).and_then(|one| one.answer.as_ref());
        assert_eq!(before.answer.as_ref(), said, "{}", before.id);
    }
}

#[test]
fn what_is_drafted_leaves_steps_and_comments_alone_and_says_its_guesses() {
    let files = workspace();
    let path = "workflows/newsletter.md";
    let old = "---\nworkflow: newsletter\noverride: lead # for now\ntoday:\n  \
               - { does: reads the brief, becomes: mine }\n  \
               - { does: sends it out by pigeon, who: brand manager } # slow\n  \
               - { does: writes a text }\nsteps:\n  # Do not touch.\n  - step: mine\n    \
               end: done # so\n---\n# Mine\n";
    let new = answered(&files, path, old, "draft", &json!(true)).unwrap();
    let lost: Vec<&str> = old
        .lines()
        .filter(|line| !new.contains(*line) && !line.contains("pigeon") && !line.contains("writes"))
        .collect();
    assert!(lost.is_empty(), "{lost:?}\n{new}");
    for line in ["# slow", "becomes: sends_pigeon", "by: brand_manager", "agent: writer"] {
        assert!(new.contains(line), "{line}\n{new}");
    }
    let all = all(&files, path, &new);
    assert!(all.iter().all(|one| one.id != "draft"), "everything became something");
    let guess = all.iter().find(|one| one.id == "steps.sends_pigeon.kind").unwrap();
    assert!(guess.open && guess.unsettled.as_ref().unwrap().contains("no tool fits"), "{guess:?}");
    // What was a guess is settled by saying it again, and changes nothing else.
    let settled = answered(&files, path, &new, &guess.id, guess.answer.as_ref().unwrap()).unwrap();
    let gone: Vec<&str> = new.lines().filter(|line| !settled.contains(*line)).collect();
    assert_eq!(gone.len(), 1, "{gone:?}");
    // Made another kind of step, it is that.
    let other = answered(&files, path, &new, &guess.id, &json!("agent")).unwrap();
    let kind = questions(&files, path, &other).unwrap();
    let kind = kind.iter().find(|one| one.id == guess.id).unwrap();
    assert_eq!(kind.answer, Some(json!("agent")));
    // What people do is said again: what became of it stays, and nothing is drafted twice.
    let said = json!([
        { "does": "reads the brief" },
        { "does": "sends it out by pigeon", "who": "brand manager" },
        { "does": "writes a text", "minutes": 5 },
    ]);
    let again = answered(&files, path, &new, "today", &said).unwrap();
    assert!(again.contains("becomes: writes_text") && again.contains("minutes: 5"), "{again}");
    assert!(questions(&files, path, &again).unwrap().iter().all(|one| one.id != "draft"));
    // Somebody who has no role here has nobody drafted for them before it is known who may overrule.
    let bare = "---\nworkflow: newsletter\ntoday: [ { does: reads it } ]\n---\n";
    let mut nobody = Files::new();
    nobody.insert("flightdeck.yaml", "organisation: Acme\n");
    let error = answered(&nobody, path, bare, "draft", &json!(true)).unwrap_err();
    assert!(error.to_string().contains("may stop and overrule"), "{error}");
}

#[test]
fn what_else_is_not_settled_is_listed_and_keeps_what_is_said_of_it() {
    let files = workspace();
    let path = "workflows/newsletter.md";
    let old = "---\nworkflow: newsletter\nopen:\n  - { what: Who signs?, who: Mara }\n  - How much?\n  \
               - { what: What for?, about: purpose }\n---\n";
    let last = all(&files, path, old).into_iter().find(|one| one.id == "open").unwrap();
    assert_eq!(last.answer, Some(json!(["Who signs?", "How much?"])));
    let new = answered(&files, path, old, "open", &json!(["Who signs?", "Since when?"])).unwrap();
    for line in ["{ what: Who signs?, who: Mara }", "- Since when?", "about: purpose"] {
        assert!(new.contains(line), "{line}\n{new}");
    }
    assert!(!new.contains("How much?"), "{new}");
    assert!(questions(&files, "agents/writer.md", WRITER).is_err());
}

#[test]
fn what_is_no_answer_is_refused_with_what_is_wanted() {
    let (path, _) = newsletter();
    let files = workspace();
    let text = begun(path);
    for (id, wrong) in [
        ("purpose", json!("")),
        ("purpose", json!(["a"])),
        ("case_tags", json!({ "a": 1 })),
        ("today", json!("reads it")),
        ("case_fields", json!([{ "kind": "text" }])),
        ("case_fields", json!([])),
        ("on_failure", json!(3)),
        ("nothing", json!("x")),
    ] {
        let error = answer(&files, path, &text, id, &wrong).unwrap_err().to_string();
        assert!(error.contains(id), "{id}: {error}");
    }
    let broken = "---\nworkflow: [\n---\n";
    assert!(questions(&files, path, broken).is_err());
    assert!(questions(&files, "tables/products.csv", "a").is_err());
}
