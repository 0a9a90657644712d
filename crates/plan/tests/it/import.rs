//! Maps of another product: what is carried, what becomes a question, what is left, and what is
//! refused before anything is made of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use plan::Files;
use plan::ids::{PersonId, ToolName, WorkflowName};
use plan::import::{Came, Imported, Of, Refused, Source, Wish, counts, import};
use plan::lock::{Approval, Definition, Lock, Pinned};
use plan::workflow::{Effect, Trust};
use serde_json::{Value, json};

use crate::folder;

/// A map of the tests.
pub fn map(name: &str) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/maps").join(name);
    serde_json::from_str(&fs::read_to_string(root).unwrap()).unwrap()
}

fn workspace() -> Files {
    folder::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/back-office"))
}

fn made(files: &Files, map: Value) -> Result<Imported, Refused> {
    import(files, &Source { map, ..Source::default() }, &Wish::default())
}

/// The workflow's own text.
fn workflow(made: &Imported) -> &str {
    &made.files.last().unwrap().1
}

fn node(id: &str, kind: &str, data: Value) -> Value {
    json!({ "id": id, "type": kind, "position": { "x": 0, "y": 0 }, "data": data })
}

fn edge(source: &str, target: &str, tie: &str) -> Value {
    json!({ "id": format!("{source}{target}"), "source": source, "target": target, "edgeType": tie })
}

fn of_nodes(nodes: Vec<Value>, edges: Vec<Value>) -> Value {
    json!({ "name": "Sort letters", "workflowType": "future_state", "nodes": nodes, "edges": edges })
}

#[test]
fn a_map_of_agents_becomes_steps_agents_and_questions() {
    let made = made(&Files::new(), map("future.json")).unwrap();
    let mut all = String::new();
    for (path, text) in &made.files {
        all.push_str(&format!("=== {path}\n{text}\n"));
    }
    all.push_str("=== report\n");
    for line in &made.lines {
        let came = serde_json::to_value(line.came).unwrap();
        let field = if line.field.is_empty() { "" } else { " " };
        all.push_str(&format!(
            "{} {}{field}{}: {}: {}\n",
            serde_json::to_value(line.of).unwrap().as_str().unwrap(),
            line.id,
            line.field,
            came.as_str().unwrap(),
            line.says
        ));
    }
    all.push_str(&format!("=== check\n{}\n", made.problems));
    insta::assert_snapshot!("imported", all);
}

#[test]
fn the_sample_has_every_kind_of_node_and_edge() {
    let map = map("future.json");
    let kinds = |list: &str, key: &str| -> BTreeSet<String> {
        let all = map[list].as_array().unwrap().iter();
        all.map(|one| one[key].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(kinds("nodes", "type").len(), 7);
    assert_eq!(kinds("edges", "edgeType").len(), 8);
}

#[test]
fn a_map_of_people_becomes_what_they_do_today() {
    let made = made(&workspace(), map("current.json")).unwrap();
    let text = workflow(&made);
    for part in [
        "{ does: The analyst writes the deviation into a form, who: Analyst, minutes: 20 }",
        "{ does: A team looks for the root cause, who: Quality, minutes: 90, share: 33 % }",
        "baseline: { minutes: 58, cases_per_week: 6 }",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("steps:"), "{text}");
    let order: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("  - { does: ")).collect();
    assert!(order.len() == 5 && order[4].starts_with("The form is signed"), "{order:?}");
    let codes: BTreeSet<&str> = made.problems.iter().map(|problem| problem.code.id).collect();
    assert!(codes.contains("FD-P101") && !codes.contains("FD-P006"), "{}", made.problems);
}

#[test]
fn what_check_says_is_missing_is_all_that_is_missing() {
    let mut files = workspace();
    let wish = Wish {
        accountable: Some(PersonId::new("marta@larkfield.example").unwrap()),
        ..Wish::default()
    };
    let source = Source { map: map("future.json"), ..Source::default() };
    let made = import(&files, &source, &wish).unwrap();
    let codes: BTreeSet<&str> = made.problems.iter().map(|problem| problem.code.id).collect();
    assert_eq!(codes, BTreeSet::from(["FD-P205", "FD-P212", "FD-P402", "FD-P403", "FD-P602"]));
    for (path, text) in &made.files {
        files.insert(path, text);
    }
    let name = made.workflow.to_string();
    let path = format!("workflows/{name}.md");
    let text = files
        .get(&path)
        .unwrap()
        .replace("{ cost: 0.40 USD }", "{ cost: 0.40 USD }, day: { cost: 5 USD, cases: 50 }");
    let more = "override: finance_lead\nrisk:";
    let text = text.replacen("risk:", more, 1).replacen(
        "\nsteps:",
        "\nexceptions: [ { what: no copy is wanted, go: brand_approval } ]\nsteps:",
        1,
    );
    files.insert(&path, &text);
    let settings = files.get("flightdeck.yaml").unwrap().to_string();
    let roles = "\nroles:\n  brand_lead: [ marta@larkfield.example, ines@larkfield.example ]\n  legal_counsel: [ marta@larkfield.example, ines@larkfield.example ]\n";
    let person = "\npeople:\n  ines@larkfield.example: { name: Ines }\n";
    let settings = settings.replacen("\nroles:\n", roles, 1).replacen(
        "can: [ choose",
        "can: [ json, choose",
        1,
    );
    let settings = match settings.contains("ines@larkfield.example:") {
        true => settings,
        false => settings.replacen("\npeople:\n", person, 1),
    };
    files.insert("flightdeck.yaml", &settings);
    let plan = plan::check(&files, &name).unwrap_or_else(|p| panic!("{}", p.render(&files, false)));
    assert_eq!(plan.workflow().unsettled().len(), made.open.len(), "the questions stay");
}

#[test]
fn a_tool_is_called_where_one_that_is_approved_fits() {
    let mut lock = Lock::default();
    for (name, effect) in [
        ("hubspot.publish_post", Effect::Send),
        ("hubspot.delete_post", Effect::Delete),
        ("hubspot.find_contacts", Effect::Read),
    ] {
        let tool = ToolName::new(name).unwrap();
        let input = json!({ "type": "object", "properties": { "text": { "type": "string" } }, "required": ["text"] });
        let definition =
            Definition { title: None, description: String::new(), input, output: None };
        let digest = definition.digest(tool.tool()).unwrap();
        let by = PersonId::new("marta@larkfield.example").unwrap();
        let approved = Approval { by, on: "2026-05-01".into(), reason: None };
        let pinned = Pinned {
            digest,
            definition,
            effect: Some(effect),
            reversible: false,
            repeatable: false,
            key_arg: None,
            read_back: None,
            trust: Trust::Untrusted,
            args: Default::default(),
            tags: Vec::new(),
            takes: Default::default(),
            approved,
        };
        lock.tools.insert(tool, pinned);
    }
    let mut files = Files::new();
    files.insert("mcp.lock", &lock.render().unwrap());
    files.insert(".mcp.json", r#"{ "mcpServers": { "hubspot": { "command": "hubspot" } } }"#);
    let made = made(&files, map("future.json")).unwrap();
    let text = workflow(&made);
    assert!(text.contains("  - step: publish_post\n    tool: hubspot.publish_post\n"), "{text}");
    // Nobody has said with which values, and a workflow that goes so far has to be looked at.
    let codes: BTreeSet<&str> = made.problems.iter().map(|problem| problem.code.id).collect();
    assert!(codes.contains("FD-P506"), "{}", made.problems);
    assert!(made.open.iter().any(|q| q.starts_with("Is `hubspot.publish_post` the tool")));
    // An agent gets by itself what only reads.
    let agent = &made.files.iter().find(|(path, _)| path == "agents/draft_the_copy.md").unwrap().1;
    assert!(agent.contains("tools: []") || agent.contains("hubspot.find_contacts"), "{agent}");
    assert!(!agent.contains("publish") && !agent.contains("delete"), "{agent}");
}

#[test]
fn a_condition_that_can_be_read_is_a_rule_and_any_other_a_question_to_a_person() {
    let with = |expression: Value| {
        let nodes = vec![
            node("a", "artifact", json!({ "name": "letter.txt", "fileName": "letter.txt" })),
            node(
                "s",
                "skill",
                json!({ "name": "sort", "inputs": ["letter.txt"], "outputs": ["kind.json"] }),
            ),
            node(
                "c",
                "conditional",
                json!({
                    "name": "is it a complaint", "condition": "the letter complains",
                    "conditionExpression": expression,
                }),
            ),
            node(
                "h",
                "human",
                json!({ "name": "answer", "subtype": "judgment", "approverRole": "Service" }),
            ),
            node("f", "skill", json!({ "name": "file it" })),
        ];
        let edges = vec![
            edge("s", "c", "human"),
            edge("c", "h", "condition_true"),
            edge("c", "f", "condition_false"),
        ];
        workflow(&made(&Files::new(), of_nodes(nodes, edges)).unwrap()).to_owned()
    };
    let rule = with(json!("sort.kind == 'complaint'"));
    assert!(rule.contains("- { when: \"sort.kind == 'complaint'\", go: answer }"), "{rule}");
    assert!(rule.contains("otherwise: is_it_a_complaint_check"), "{rule}");
    // A name that no step gives, another language, and what cannot be compared.
    for other in ["tasks.exists", "amount > 5000 AND urgent", "sort.kind > 5", "", "eval('x')"] {
        let text = with(json!(other));
        assert!(!text.contains("decide:"), "{other}: {text}");
        assert!(text.contains("question: \"Is it so? the letter complains\""), "{other}: {text}");
        assert!(text.contains("if_rejected: { then: file_it }"), "{other}: {text}");
    }
}

#[test]
fn nothing_goes_by_itself_where_a_map_does_not_say_so() {
    let skill =
        |level: Value| node("s", "skill", json!({ "name": "sort", "autonomyLevel": level }));
    let rung = |nodes: Vec<Value>| {
        let made = made(&Files::new(), of_nodes(nodes, Vec::new())).unwrap();
        let text = workflow(&made).to_owned();
        let line =
            text.lines().find_map(|line| line.strip_prefix("autonomy: ")).unwrap().to_owned();
        (line, made.open.iter().any(|question| question.starts_with("How far may it go")))
    };
    assert_eq!(rung(vec![skill(Value::Null)]), ("suggest".into(), true));
    assert_eq!(rung(vec![skill(json!(7))]), ("suggest".into(), true));
    assert_eq!(rung(vec![skill(json!(0))]), ("suggest".into(), false));
    // Nobody said how bad a mistake is: high risk does not let it act alone.
    assert_eq!(rung(vec![skill(json!(3))]), ("act_with_undo".into(), false));
}

#[test]
fn a_map_that_cannot_be_meant_is_refused_with_its_place() {
    let many: Vec<Value> =
        (0..1_001).map(|n| node(&n.to_string(), "artifact", json!({}))).collect();
    let steps: Vec<Value> = (0..151).map(|n| node(&n.to_string(), "skill", json!({}))).collect();
    let twice = vec![node("a", "skill", json!({})), node("a", "human", json!({}))];
    for (map, code, place) in [
        (json!([]), "FD-M001", "the file"),
        (json!({ "edges": [] }), "FD-M001", "nodes"),
        (json!({ "nodes": {}, "edges": [] }), "FD-M001", "nodes"),
        (json!({ "nodes": [{ "type": "skill" }], "edges": [] }), "FD-M001", "nodes.0.id"),
        (json!({ "nodes": [], "edges": [7] }), "FD-M001", "edges.0"),
        (of_nodes(many, Vec::new()), "FD-M002", "nodes"),
        (of_nodes(steps, Vec::new()), "FD-M002", "nodes"),
        (of_nodes(twice, Vec::new()), "FD-M003", "nodes.1.id"),
    ] {
        let refused = made(&Files::new(), map).unwrap_err();
        assert_eq!((refused.code.id, refused.place.as_str()), (code, place), "{refused}");
        assert!(plan::codes::find(code).is_some() && !refused.fix.is_empty());
    }
}

#[test]
fn a_secret_in_a_map_is_refused_and_not_said_again() {
    let secret = format!("sk-ant-{}", "a1B2c3D4e5F6g7H8i9J0".repeat(2));
    let skill = node(
        "s",
        "skill",
        json!({ "name": "sort", "systemPromptOverride": format!("Use {secret}.") }),
    );
    let refused = made(&Files::new(), of_nodes(vec![skill], Vec::new())).unwrap_err();
    assert_eq!(refused.code.id, "FD-P801");
    assert!(!format!("{refused:?}").contains(&secret));
}

#[test]
fn nothing_that_is_there_is_replaced_unless_that_is_wanted() {
    let map = || of_nodes(vec![node("s", "skill", json!({ "name": "clerk" }))], Vec::new());
    let mut files = workspace();
    let first = made(&files, map()).unwrap();
    let names: Vec<&str> = first.files.iter().map(|(path, _)| path.as_str()).collect();
    // The workspace has a clerk of its own.
    assert_eq!(names, ["agents/sort_letters_clerk.md", "workflows/sort_letters.md"]);
    for (path, text) in &first.files {
        files.insert(path, text);
    }
    let again = made(&files, map()).unwrap();
    assert_eq!(again.files, first.files, "the same map gives the same files");
    files.insert("workflows/sort_letters.md", "---\nworkflow: sort_letters\n---\n");
    let refused = made(&files, map()).unwrap_err();
    assert_eq!((refused.code.id, refused.place.as_str()), ("FD-M004", "workflows/sort_letters.md"));
    let source = Source { map: map(), ..Source::default() };
    let over = Wish { over: true, ..Wish::default() };
    assert!(import(&files, &source, &over).is_ok());
    let named = Wish { name: Some(WorkflowName::new("letters").unwrap()), ..Wish::default() };
    assert_eq!(import(&files, &source, &named).unwrap().workflow.as_str(), "letters");
}

#[test]
fn a_bundle_says_what_of_it_is_not_read() {
    let source = Source {
        map: map("future.json"),
        manifest: Some(json!({ "formatVersion": "1", "title": "Launch", "license": "MIT" })),
        others: vec!["hooks/validate-blast-radius.js".into(), "skills/a.yaml".into()],
    };
    let made = import(&Files::new(), &source, &Wish::default()).unwrap();
    let file = |id: &str| made.lines.iter().filter(|l| l.of == Of::File && l.id == id).count();
    assert_eq!(file("hooks/validate-blast-radius.js"), 1);
    assert_eq!((file("skills/a.yaml"), file("manifest.json")), (1, 3));
    let counts = counts(&made.lines);
    assert!(counts[&Came::Carried] > 60 && counts[&Came::Open] > 5 && counts[&Came::Left] > 30);
}

#[test]
fn a_map_is_drawn_before_it_is_complete() {
    let made = made(&Files::new(), map("future.json")).unwrap();
    let files: Files =
        made.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (map, problems) = plan::show::map(&files, "workflows/campaign_launch.md");
    assert_eq!(map.steps.len(), 5);
    assert!(map.ways.iter().any(|way| way.from.as_deref() == Some("brand_approval")));
    assert_eq!((map.today.len(), map.open.len()), (3, made.open.len()));
    assert!(!problems.is_empty());
}
