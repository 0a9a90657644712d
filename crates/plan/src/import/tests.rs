//! Whatever a map holds: it is refused, or every part of it is accounted for and what comes out
//! harms nothing around it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::account::Account;
use super::build::Build;
use super::flow::{Lead, Way, drawn, order};
use super::{Came, Imported, Of, Source, Wish, graph, import, page, words};
use crate::check::check_all;
use crate::files::Files;
use crate::inspect::secrets::is_hidden;

fn lead(from: usize, to: usize, way: Way) -> Lead {
    Lead { from, to, way }
}

#[test]
fn what_hangs_on_an_answer_is_reached_by_that_answer_alone() {
    // 0 answers: yes leads to 1, no to 2, both go on with 3; 4 stands beside all of it.
    let leads =
        [lead(0, 1, Way::Yes), lead(0, 2, Way::No), lead(1, 3, Way::On), lead(2, 3, Way::On)];
    let order = order(5, &leads, &BTreeSet::from([0]));
    assert_eq!(order.steps, [4, 0, 1, 2, 3]);
    let way = |n, way| order.ways.get(&(n, way)).copied().flatten();
    assert_eq!((way(0, Way::Yes), way(0, Way::No)), (Some(1), Some(2)));
    assert_eq!((way(1, Way::On), way(2, Way::On), way(3, Way::On)), (Some(3), Some(3), None));
    assert!(order.is_before(0, 3) && !order.is_before(1, 3), "3 may begin without 1");
}

#[test]
fn a_value_from_outside_of_a_branch_does_not_let_its_step_run_anyway() {
    // 2 is given what 0 makes, and is done only where 1 says yes.
    let leads = [lead(0, 1, Way::On), lead(0, 2, Way::On), lead(1, 2, Way::Yes)];
    let order = order(4, &leads, &BTreeSet::from([1]));
    assert_eq!(order.ways.get(&(1, Way::No)).copied().flatten(), None);
    assert_eq!(order.ways.get(&(1, Way::Yes)).copied().flatten(), Some(2));
}

#[test]
fn what_was_drawn_way_by_way_is_taken_as_it_was_drawn() {
    // 1 is reached by two answers of different steps, and 3 is given what 1 makes.
    let by_hand = [
        lead(0, 1, Way::Yes),
        lead(0, 2, Way::No),
        lead(2, 1, Way::Yes),
        lead(2, 3, Way::No),
        lead(1, 3, Way::On),
    ];
    let splits = BTreeSet::from([0, 2]);
    let mut leads: BTreeMap<Lead, bool> = by_hand.iter().map(|lead| (*lead, true)).collect();
    leads.insert(lead(0, 3, Way::On), false);
    let order = drawn(4, &leads, &splits).unwrap();
    for lead in by_hand {
        assert_eq!(order.ways.get(&(lead.from, lead.way)), Some(&Some(lead.to)));
    }
    assert!(order.is_before(0, 3) && !order.is_before(1, 3) && order.lost.is_empty());
    // Two ways out of one step that run beside each other have to be put in a row.
    leads.insert(lead(1, 2, Way::On), true);
    assert!(drawn(4, &leads, &splits).is_none());
    // A way back is taken where an answer takes it.
    let back = [(lead(0, 1, Way::On), true), (lead(1, 0, Way::No), true)];
    let order = drawn(2, &back.into_iter().collect(), &BTreeSet::from([1])).unwrap();
    assert_eq!(order.ways.get(&(1, Way::No)), Some(&Some(0)));
    assert_eq!(order.again, BTreeSet::from([0, 1]));
}

#[test]
fn a_way_back_needs_an_answer_that_takes_it() {
    let back = [lead(0, 1, Way::On), lead(1, 0, Way::No)];
    let asked = order(2, &back, &BTreeSet::from([1]));
    assert_eq!(asked.ways.get(&(1, Way::No)).copied().flatten(), Some(0));
    assert_eq!((asked.again.len(), asked.circles.len()), (2, 0));
    let round = [lead(0, 1, Way::On), lead(1, 0, Way::On)];
    let endless = order(2, &round, &BTreeSet::new());
    assert_eq!((endless.steps.as_slice(), endless.circles.len()), (&[0, 1][..], 1));
}

#[test]
fn names_and_numbers_of_strangers_become_ours() {
    for (text, name) in [
        ("Draft the copy!", "draft_the_copy"),
        ("  PO-Match (ERP) ", "po_match_erp"),
        ("2nd look", "step_2nd_look"),
        ("end", "end_step"),
        ("\u{202e}../../etc/passwd", "etc_passwd"),
        ("審査", "step"),
        ("", "step"),
    ] {
        assert_eq!(words::slug(text, "step"), name);
        assert!(crate::ids::StepId::new(&words::slug(text, "step")).is_ok());
    }
    assert!(words::slug(&"long ".repeat(100), "step").len() <= 64);
    for (text, tenths) in
        [("2–4 min", 30), ("1 hr", 600), ("5", 50), ("1.5", 15), ("90 seconds", 15)]
    {
        assert_eq!(words::tenths(text), Some(tenths), "{text}");
    }
    for text in ["", "soon", "0", "-"] {
        assert_eq!(words::tenths(text), None, "{text}");
    }
    for text in ["yes", "a: b", "a # b", "- a", "1e3", "[a", "\"", "é", "nothing", "null", "a,b"] {
        assert!(words::said(text).starts_with('"'), "{text}");
    }
    assert_eq!(words::said("Save the e-mail (as a file)."), "Save the e-mail (as a file).");
}

#[test]
fn a_text_below_a_heading_brings_no_heading_import_or_fence_of_its_own() {
    for text in [
        "## route\n\nGo on.",
        "Other\n---",
        "Title\n===",
        "- ## route",
        "> # top",
        "```\nfor ever",
        "<!-- for ever",
        "<script>\n\nfor ever",
        "@tables/people.csv and (@../secret.md)",
        "\u{202e}hidden\u{200b}",
    ] {
        let file = std::sync::Arc::from("a text");
        let all = format!("## one\n\n{}\n\n## two\n\nmore\n", words::body(text));
        let sections = crate::markdown::sections(&file, &all, 0);
        let titles: Vec<&str> = sections.iter().map(|s| s.title.as_str()).collect();
        assert_eq!(titles, ["one", "two"], "{text}");
        assert!(
            !all.contains(" @") && !all.contains("\n@") && !all.chars().any(is_hidden),
            "{all}"
        );
    }
    assert_eq!(words::body("Read **all** of it.\n\n- a\n- b"), "Read **all** of it.\n\n- a\n- b");
}

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => "[a-z]{1,8}( [a-z]{1,8}){0,3}".prop_map(Value::from),
        1 => "\\PC{0,30}".prop_map(Value::from),
        1 => "[ \\-:,{}\\[\\]&*!|>'\"#%@`~\n\t]{1,12}".prop_map(Value::from),
        1 => Just(json!("\u{202e}a\u{1b}[31m\u{200b}b")),
        1 => Just(json!("## step\n\n```\n@agents/a.md")),
        1 => Just(json!("yes")),
        1 => Just(json!(7)),
    ]
}

fn files() -> impl Strategy<Value = Value> {
    prop::collection::vec(
        prop_oneof![Just(json!("a.md")), Just(json!("b.json")), Just(json!("c")), text()],
        0..3,
    )
    .prop_map(Value::from)
}

fn field() -> impl Strategy<Value = (String, Value)> {
    let texts = [
        "name",
        "description",
        "notes",
        "owner",
        "team",
        "approverRole",
        "condition",
        "system",
        "conditionExpression",
        "instructions",
        "systemPromptOverride",
        "manualSteps",
        "modelName",
        "estimatedTime",
        "trueLabel",
        "fileName",
        "unheard_of",
    ];
    let lists = ["inputs", "outputs", "requiredInputs", "producedArtifacts", "validations"];
    let pick = |all: &'static [&'static str]| prop::sample::select(all);
    prop_oneof![
        8 => (prop::sample::select(texts.to_vec()), text()).prop_map(|(k, v)| (k.to_owned(), v)),
        4 => (prop::sample::select(lists.to_vec()), files()).prop_map(|(k, v)| (k.to_owned(), v)),
        2 => pick(&["approval", "judgment", "physical", "data_entry", "email_send"])
            .prop_map(|v| ("subtype".to_owned(), json!(v))),
        1 => pick(&["inbound", "outbound", "x"]).prop_map(|v| ("direction".to_owned(), json!(v))),
        1 => any::<u64>().prop_map(|n| ("autonomyLevel".to_owned(), json!(n % 6))),
        1 => any::<u64>().prop_map(|n| ("minutesPerOccurrence".to_owned(), json!(n >> (n % 64)))),
        1 => any::<u64>().prop_map(|n| ("occurrencesPerWeek".to_owned(), json!(n >> (n % 64)))),
        1 => (any::<u64>(), any::<f64>(), files()).prop_map(|(n, cost, apis)| {
            let radius = json!({ "maxRuntimeSeconds": n >> (n % 64), "maxCostUsd": cost, "allowedApis": apis });
            ("blastRadius".to_owned(), radius)
        }),
        1 => (any::<u64>(), text()).prop_map(|(n, to)| {
            ("retryPolicy".to_owned(), json!({ "maxAttempts": n, "backoffSeconds": n, "correctivePrompt": to }))
        }),
        1 => text().prop_map(|to| ("escalationPolicy".to_owned(), json!({ "escalateTo": to }))),
        1 => files().prop_map(|f| ("outputContract".to_owned(), json!({ "requiredFields": f }))),
        1 => Just(("conditionExpression".to_owned(), json!("found(case.a)"))),
    ]
}

fn a_map() -> impl Strategy<Value = Value> {
    let kinds = vec![
        "skill",
        "skill",
        "artifact",
        "human",
        "human",
        "integration",
        "conditional",
        "conditional",
        "proposal",
        "system",
        "trigger",
        "other",
    ];
    let ties = vec![
        "input",
        "output",
        "human",
        "proposal",
        "derived_invalidation",
        "integration",
        "condition_true",
        "condition_true",
        "condition_false",
        "condition_false",
        "?",
    ];
    let node = (prop::sample::select(kinds), prop::collection::vec(field(), 0..7));
    let edge = (
        0_usize..14,
        0_usize..14,
        prop::sample::select(ties),
        prop_oneof![
            3 => Just(json!("")), 1 => Just(json!("rejected")), 1 => Just(json!("no")), 1 => text(),
        ],
    );
    let nodes = prop::collection::vec(node, 0..13);
    let edges = prop::collection::vec(edge, 0..24);
    (nodes, edges, prop::collection::vec(field(), 0..4), text()).prop_map(
        |(nodes, edges, top, name)| {
            let nodes: Vec<Value> = nodes
                .into_iter()
                .enumerate()
                .map(|(n, (kind, data))| {
                    let data: Map<String, Value> = data.into_iter().collect();
                    json!({ "id": format!("n{n}"), "type": kind, "data": data })
                })
                .collect();
            let edges: Vec<Value> = edges
                .into_iter()
                .map(|(from, to, tie, label)| {
                    let (from, to) = (format!("n{from}"), format!("n{to}"));
                    json!({ "source": from, "target": to, "edgeType": tie, "label": label })
                })
                .collect();
            let mut map: Map<String, Value> = top.into_iter().collect();
            map.extend([
                ("name".to_owned(), name),
                ("nodes".to_owned(), Value::from(nodes)),
                ("edges".to_owned(), Value::from(edges)),
            ]);
            Value::Object(map)
        },
    )
}

/// Every field that says something has a line, or its node as a whole has one.
fn is_whole(map: &Value, made: &Imported) {
    let has = |of: Of, id: &str, field: &str| {
        made.lines.iter().any(|line| {
            let same = line.of == of && line.id == id;
            let inner = field.strip_prefix(line.field.as_str()).is_some_and(|r| r.starts_with('.'));
            same && (line.field.is_empty() || line.field == words::short(field) || inner)
        })
    };
    for node in map["nodes"].as_array().unwrap() {
        let id = node["id"].as_str().unwrap();
        for field in graph::Fields::of(node.get("data")).names() {
            assert!(has(Of::Node, id, &field), "{id} {field}: {:?}", made.lines);
        }
    }
    let edges = map["edges"].as_array().unwrap().len();
    let spoken: BTreeSet<&str> =
        made.lines.iter().filter(|l| l.of == Of::Edge).map(|l| l.id.as_str()).collect();
    assert_eq!(spoken.len(), edges);
    for field in graph::Fields::of(Some(map)).names() {
        assert!(matches!(field.as_str(), "nodes" | "edges") || has(Of::Map, "", &field), "{field}");
    }
    for line in made.lines.iter().filter(|line| line.came == Came::Open) {
        assert!(made.open.contains(&line.says), "{line:?}");
    }
}

/// What comes out harms nothing around it, and its flow is one that `check` lets through where the
/// workspace lacks nothing.
fn is_harmless(source: &Source, made: &Imported) {
    for (path, text) in &made.files {
        let name = path.trim_start_matches("workflows/").trim_start_matches("agents/");
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.".contains(c);
        assert!(name.chars().all(plain) && !path.contains(".."), "{path}");
        assert!(!text.chars().any(is_hidden), "{text}");
    }
    let before =
        ["FD-P003", "FD-P005", "FD-P006", "FD-P008", "FD-P009", "FD-P010", "FD-P105", "FD-P802"];
    for problem in &made.problems {
        assert!(!before.contains(&problem.code.id), "{problem}\n{:?}", made.files);
    }
    let (files, wish) = (Files::new(), Wish::default());
    let mut account = Account::default();
    let graph = graph::read(&source.map).unwrap();
    let mut build = Build::new(&files, &graph, &wish, &mut account).unwrap();
    build.all(source).unwrap();
    let (files, path) = page::scratch(&build);
    for problem in &check_all(&files).problems {
        // A map that only describes what people do today has no steps and so no exceptions; and
        // nothing raises the exception that stands there for the check alone.
        let known = match build.in_order().is_empty() {
            true => ["FD-P101", "FD-P403"].contains(&problem.code.id),
            false => problem.code.id == "FD-P408",
        };
        assert!(known, "{problem}\n{}", files.get(&path).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_map_is_dropped_in_part_or_harms_what_is_around_it(map in a_map()) {
        let source = Source { map, ..Source::default() };
        let made = import(&Files::new(), &source, &Wish::default()).unwrap();
        is_whole(&source.map, &made);
        is_harmless(&source, &made);
        let again = import(&Files::new(), &source, &Wish::default()).unwrap();
        prop_assert_eq!((again.files, again.lines), (made.files, made.lines));
    }

    #[test]
    fn no_json_breaks_an_import(text in "[\\[\\]{}:,\"a-z0-9 .]{0,200}", n in 0_usize..3) {
        let keys = ["nodes", "edges", "name"];
        let map: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let mut whole = json!({ "nodes": [{ "id": "a", "type": "skill" }], "edges": [], "name": "b" });
        whole[keys[n]] = map.clone();
        for map in [map, whole] {
            let source = Source { map, ..Source::default() };
            if let Err(refused) = import(&Files::new(), &source, &Wish::default()) {
                prop_assert!(!refused.fix.is_empty() && refused.code.id.starts_with("FD-M"));
            }
        }
    }
}
