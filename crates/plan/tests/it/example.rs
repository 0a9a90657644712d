//! The example workspace of the repository is a plan without problems.

use std::path::Path;

use crate::folder;

#[test]
fn the_example_has_no_problems() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/back-office");
    let files = folder::read(&folder);
    let checked = plan::check_all(&files);
    assert!(checked.problems.is_empty(), "\n{}", checked.problems.render(&files, false));
    for plan in checked.plans.values() {
        let opened = plan::Plan::open(plan.release(), plan.canonical()).unwrap();
        assert_eq!(opened.workflow(), plan.workflow());
        assert_eq!(opened.canonical(), plan.canonical());
    }
}
