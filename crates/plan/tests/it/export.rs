//! Workflows as maps of another product and back: the same steps and ways for what both can say,
//! and a line for what such a map cannot hold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use plan::export::export;
use plan::import::{Came, Of, Source, Wish, import};
use plan::show::{Map, WayKind};
use plan::{Files, Plan};

use crate::folder;

const AT: &str = "2026-11-28T12:00:00Z";

fn example(name: &str, workflow: &str) -> (Files, Plan) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
    let files = folder::read(&root);
    let plan =
        plan::check(&files, workflow).unwrap_or_else(|p| panic!("{}", p.render(&files, false)));
    (files, plan)
}

fn examples() -> Vec<(Files, Plan)> {
    let all =
        [("back-office", "invoice_intake"), ("inbox", "triage"), ("research-desk", "research")];
    all.iter().map(|(name, workflow)| example(name, workflow)).collect()
}

/// What an answer is where a step has two ways, and the step that follows: nothing where the case
/// ends.
type Net = BTreeMap<(String, &'static str), Option<String>>;

/// The ways between the steps that both products have.
fn net(map: &Map) -> Net {
    let kind = |name: &str| map.steps.iter().find(|s| s.step == name).map(|s| s.kind.as_str());
    let is_check = |name: &str| {
        let of = name.strip_suffix("_check").and_then(kind);
        of == Some("decide") && kind(name) == Some("review")
    };
    let both = |name: &str| matches!(kind(name), Some("agent" | "tool" | "review" | "decide"));
    let follow = |to: &Option<String>| {
        let mut to = to.clone();
        for _ in 0..map.steps.len() {
            let Some(name) = to.as_deref().filter(|name| !both(name)) else { break };
            let next = map.ways.iter().find(|w| w.from.as_deref() == Some(name));
            to = next.and_then(|way| way.to.clone());
        }
        to
    };
    let mut net = Net::new();
    for step in map.steps.iter().filter(|s| both(&s.step) && !is_check(&s.step)) {
        let own = map.ways.iter().filter(|way| way.from.as_ref() == Some(&step.step));
        let mut rows: Vec<&Option<String>> = Vec::new();
        for way in own {
            let to = follow(&way.to);
            match way.kind {
                WayKind::Row if rows.last() == Some(&&way.to) => {}
                WayKind::Row => rows.push(&way.to),
                WayKind::Otherwise if to.as_deref().is_some_and(is_check) => {
                    // A rule of a map: yes, no, and a person in doubt.
                    let [yes, no] = rows.as_slice() else { panic!("{rows:?}") };
                    net.insert((step.step.clone(), "yes"), follow(yes));
                    net.insert((step.step.clone(), "no"), follow(no));
                }
                WayKind::Otherwise => {
                    for (n, row) in rows.iter().enumerate() {
                        let name = |n: usize| match n {
                            0 => step.step.clone(),
                            n => format!("{}_{}", step.step, n + 1),
                        };
                        let last = n + 1 == rows.len();
                        let no = if last { to.clone() } else { Some(name(n + 1)) };
                        net.insert((name(n), "yes"), follow(row));
                        net.insert((name(n), "no"), no);
                    }
                }
                WayKind::Next => drop(net.insert((step.step.clone(), "on"), to)),
                WayKind::Approved => drop(net.insert((step.step.clone(), "yes"), to)),
                WayKind::Rejected => drop(net.insert((step.step.clone(), "no"), to)),
                _ => {}
            }
        }
    }
    // A person who says no stops the case, where a rule would end it.
    let ends: Vec<(String, &str)> =
        net.iter().filter(|(_, to)| to.is_none()).map(|(key, _)| key.clone()).collect();
    net.retain(|key, _| !ends.contains(key));
    net
}

/// The steps and ways of a workflow, and of what comes of it on the way back.
fn there_and_back(files: &Files, plan: &Plan) -> (Net, Net, Vec<String>) {
    let exported = export(plan, AT);
    let name = plan.workflow().name.to_string();
    let path = format!("workflows/{name}.md");
    let (before, problems) = plan::show::map(files, &path);
    assert!(problems.is_empty(), "{problems}");
    let source =
        Source { map: exported.map, manifest: Some(exported.manifest), ..Source::default() };
    let made = import(files, &source, &Wish { over: true, ..Wish::default() }).unwrap();
    assert_eq!(made.workflow.to_string(), name);
    let mut files = files.clone();
    for (path, text) in &made.files {
        files.insert(path, text);
    }
    let (after, _) = plan::show::map(&files, &path);
    (net(&before), net(&after), made.open)
}

#[test]
fn what_both_can_say_comes_back_as_the_same_steps_and_ways() {
    for (files, plan) in examples() {
        let (before, after, open) = there_and_back(&files, &plan);
        let lost: Vec<&str> = before
            .iter()
            .filter(|(key, to)| after.get(*key) != Some(*to))
            .map(|((step, _), _)| step.as_str())
            .collect();
        let new: Vec<_> = after.iter().filter(|(key, to)| before.get(*key) != Some(*to)).collect();
        assert!(new.is_empty(), "{}: {new:?}", plan.workflow().name);
        // A yes that leads back is followed by a no that stops: in the map only one way is drawn,
        // and nothing in it would end the round.
        let back = open.iter().any(|q| q.starts_with("When does a case go back from `lead_check`"));
        match plan.workflow().name.as_str() {
            "invoice_intake" => assert!(lost == ["lead_check"] && back, "{lost:?} {open:?}"),
            name => assert!(lost.is_empty(), "{name}: {lost:?}"),
        }
        assert!(before.len() > 1);
    }
}

#[test]
fn a_map_has_the_kinds_of_the_other_product_and_no_end_that_hangs() {
    for (_, plan) in examples() {
        let made = export(&plan, AT);
        let list = |key: &str| made.map[key].as_array().unwrap().clone();
        let ids: Vec<String> =
            list("nodes").iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        for node in list("nodes") {
            let kinds = ["skill", "artifact", "human", "integration", "conditional", "system"];
            assert!(kinds.contains(&node["type"].as_str().unwrap()), "{node}");
            // What is given and made is a file of the map.
            for key in ["inputs", "outputs", "requiredInputs"] {
                for file in node["data"][key].as_array().into_iter().flatten() {
                    assert!(ids.contains(&format!("file:{}", file.as_str().unwrap())), "{node}");
                }
            }
        }
        for edge in list("edges") {
            let ties =
                ["input", "output", "human", "integration", "condition_true", "condition_false"];
            assert!(ties.contains(&edge["edgeType"].as_str().unwrap()), "{edge}");
            for end in ["source", "target"] {
                assert!(ids.contains(&edge[end].as_str().unwrap().to_owned()), "{edge}");
            }
        }
        assert_eq!(made.manifest["formatVersion"], "1");
        assert_eq!(made.manifest["nodeCount"].as_u64().unwrap(), ids.len() as u64);
        assert_eq!(export(&plan, AT).map, made.map, "the same release gives the same map");
    }
}

#[test]
fn what_such_a_map_cannot_hold_is_said_of_every_step() {
    let (_, plan) = example("back-office", "invoice_intake");
    let made = export(&plan, AT);
    let says = |of: Of, id: &str, field: &str| {
        made.lines.iter().find(|l| (l.of, l.id.as_str(), l.field.as_str()) == (of, id, field))
    };
    let left = |of: Of, id: &str, field: &str| says(of, id, field).map(|line| line.came);
    assert_eq!(left(Of::Map, "", "limits"), Some(Came::Left));
    assert_eq!(left(Of::Map, "", "purpose"), Some(Came::Carried));
    assert_eq!(left(Of::Node, "approve", "review.never_by"), Some(Came::Left));
    assert_eq!(left(Of::Node, "read", "copy"), Some(Came::Left));
    assert_eq!(left(Of::Node, "by_hand", ""), Some(Came::Left), "only an exception leads there");
    assert!(says(Of::Map, "", "exceptions").unwrap().says.starts_with('`'));
    let spoken: BTreeSet<&str> =
        made.lines.iter().filter(|l| l.of == Of::Node).map(|l| l.id.as_str()).collect();
    for step in &plan.workflow().steps {
        assert!(spoken.contains(step.id.as_str()), "nothing is said of `{}`", step.id);
    }
}
