//! Maps of the example, whole and broken.

use std::path::Path;

use super::{Map, WayKind, map};
use crate::files::Files;

const PATH: &str = "workflows/invoice_intake.md";

/// The example's files, with one changed.
fn files(change: impl Fn(&str) -> String) -> Files {
    fn walk(root: &Path, at: &Path, all: &mut Files, change: &dyn Fn(&str) -> String) {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                walk(root, &path, all, change);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let text = if name == PATH { change(&text) } else { text };
                all.insert(&name, &text);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/back-office");
    let mut all = Files::new();
    walk(&root, &root, &mut all, &change);
    all
}

fn leads(map: &Map, from: &str) -> Vec<(WayKind, String)> {
    let ways = map.ways.iter().filter(|way| way.from.as_deref() == Some(from));
    ways.map(|way| (way.kind, way.to.clone().unwrap_or_default())).collect()
}

#[test]
fn a_map_has_every_step_with_its_line_and_every_way() {
    let (whole, problems) = map(&files(str::to_owned), PATH);
    assert!(problems.is_empty(), "{problems:?}");
    let text = files(str::to_owned).get(PATH).unwrap().to_string();
    for drawn in &whole.steps {
        let line = text.lines().nth(drawn.line - 1).unwrap();
        assert_eq!(line.trim(), format!("- step: {}", drawn.step));
        assert!(!drawn.kind.is_empty() && !drawn.says.is_empty(), "{drawn:?}");
    }
    assert!(whole.says[0].starts_with("invoice_intake: "), "{:?}", whole.says);
    let approve = whole.steps.iter().find(|drawn| drawn.step == "approve").unwrap();
    assert_eq!((approve.kind.as_str(), approve.by.as_str()), ("review", "finance_approver"));
    assert_eq!(
        leads(&whole, "approve"),
        [
            (WayKind::Approved, "draft".to_owned()),
            (WayKind::Stop, String::new()),
            (WayKind::Stop, String::new()),
        ]
    );
    let rows = leads(&whole, "route");
    assert_eq!(rows.iter().filter(|(kind, _)| *kind == WayKind::Row).count(), 5, "{rows:?}");
    assert_eq!(whole.ways[0].kind, WayKind::Start);
    assert!(whole.ways.iter().any(|way| way.kind == WayKind::Exception));
    // Each way leads to a step that is drawn.
    let names: Vec<&str> = whole.steps.iter().map(|drawn| drawn.step.as_str()).collect();
    let to = whole.ways.iter().filter_map(|way| way.to.as_deref());
    assert!(to.into_iter().all(|to| names.contains(&to)), "{names:?}");
}

#[test]
fn a_broken_file_is_drawn_as_far_as_it_can_be_read() {
    let broken = files(|text| text.replace("otherwise: clerk_check", "otherwise: nobody"));
    let (seen, problems) = map(&broken, PATH);
    assert!(!problems.is_empty());
    let (whole, _) = map(&files(str::to_owned), PATH);
    let named = |map: &Map| -> Vec<(String, usize)> {
        map.steps.iter().map(|drawn| (drawn.step.clone(), drawn.line)).collect()
    };
    assert_eq!(named(&seen), named(&whole));
    let route = leads(&seen, "route");
    assert!(route.contains(&(WayKind::Otherwise, "nobody".to_owned())), "{route:?}");
    assert!(leads(&seen, "approve").contains(&(WayKind::Approved, "draft".to_owned())));
    // What is no YAML at all is no map, and the problem says where.
    let (none, problems) = map(&files(|_| "---\nworkflow: [\n---\n".to_owned()), PATH);
    assert!(none.steps.is_empty() && !problems.is_empty());
}
