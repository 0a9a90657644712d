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
    let of = |map: &Map, kind| map.ways.iter().filter(|way| way.kind == kind).count();
    for kind in [WayKind::Start, WayKind::Exception, WayKind::Stop, WayKind::Row] {
        assert_eq!(of(&seen, kind), of(&whole, kind), "{kind:?}");
    }
    // What is no YAML at all is no map, and the problem says where.
    let (none, problems) = map(&files(|_| "---\nworkflow: [\n---\n".to_owned()), PATH);
    assert!(none.steps.is_empty() && !problems.is_empty());
}

const PARALLEL: &str = "steps:
  - step: both
    parallel:
      left: [ { step: by_mail, agent: clerk }, { step: sorted, agent: clerk } ]
      right:
        - step: by_phone
          agent: clerk
  - step: after
    end: done
";

#[test]
fn what_stands_in_a_branch_has_its_name_its_line_and_its_ways() {
    let text = format!("---\nworkflow: both_ways\n{PARALLEL}---\n");
    let mut all = Files::new();
    all.insert("workflows/both_ways.md", &text);
    let (seen, problems) = map(&all, "workflows/both_ways.md");
    assert!(!problems.is_empty());
    let drawn: Vec<(&str, usize, Option<&str>)> = seen
        .steps
        .iter()
        .map(|one| (one.step.as_str(), one.line, one.inside.as_ref().map(|(_, b)| b.as_str())))
        .collect();
    assert_eq!(
        drawn,
        [
            ("both", 4, None),
            ("by_mail", 6, Some("left")),
            ("sorted", 6, Some("left")),
            ("by_phone", 8, Some("right")),
            ("after", 10, None),
        ]
    );
    let both = leads(&seen, "both");
    assert!(both.contains(&(WayKind::Branch, "by_mail".to_owned())), "{both:?}");
    assert!(both.contains(&(WayKind::Branch, "by_phone".to_owned())), "{both:?}");
    assert_eq!(leads(&seen, "by_mail"), [(WayKind::Next, "sorted".to_owned())]);
    assert_eq!(leads(&seen, "sorted"), []);
}

#[test]
fn a_map_says_its_settings_as_they_are_written() {
    let (whole, _) = map(&files(str::to_owned), PATH);
    assert_eq!(whole.settings["baseline"]["cases_per_week"], "400");
    let route = &whole.settings["steps"][3];
    assert_eq!(route["step"], "route");
    assert_eq!(route["decide"]["first"][1]["when"], "read.total >= eur(5000)");
    let (none, _) = map(&files(|_| "---\nworkflow: [\n---\n".to_owned()), PATH);
    assert!(none.settings.is_null());
}
