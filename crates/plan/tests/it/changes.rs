//! What is new in a release against another one, part by part.

use plan::changes::changes;

use crate::problems::changed;

#[test]
fn each_part_that_differs_is_named_and_no_other() {
    let files = changed("FD-P009/good.change");
    let old = plan::check(&files, "intake").unwrap();
    assert!(changes(&old, &plan::check(&files, "intake").unwrap()).is_empty());

    let mut taught = files.clone();
    taught.insert("AGENTS.md", "Write short sentences, always.\n");
    let new = plan::check(&taught, "intake").unwrap();
    let told = changes(&old, &new);
    assert!(!told.is_empty(), "the instructions reach a step");
    assert!(told.iter().all(|part| part.contains("AGENTS.md")), "{told:?}");

    let mut changed = files.clone();
    let map = "workflows/intake.md";
    let text = files.get(map).unwrap().to_string();
    let (before, after) = text.split_once("purpose: ").unwrap();
    changed.insert(map, &format!("{before}purpose: Newly, {after}"));
    let new = plan::check(&changed, "intake").unwrap();
    assert_eq!(changes(&old, &new), ["`purpose`"]);
}
