//! A workflow that says of itself that something is not settled: checked, tried, never live.

use serde_json::json;

use super::{OWNER, WORKFLOW, deploy, deployed, desk, letter, releases, vendor};
use crate::driving::Driving;

const OPEN: &str = "open:\n  - Who reads letters in Greek?\n  \
                    - { what: How odd is odd?, who: the lead }\nrisk:";

#[test]
fn a_workflow_with_open_questions_is_tried_and_never_deployed() {
    let vendor = vendor();
    let desk = desk(&vendor);
    desk.change("workflows/sort.md", "risk:", OPEN);
    let said = desk.say(&["check", "sort"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    for question in ["Who reads letters in Greek?", "How odd is odd? (the lead)"] {
        assert!(said.out.contains(question), "{}", said.out);
    }
    let checked = desk.say(&["check", "sort", "--json"]).json();
    assert_eq!(checked[0]["workflows"][0]["open"][1]["who"], "the lead", "{checked:?}");
    let shown = desk.say(&["show", "sort"]);
    assert!(shown.out.contains("Who reads letters in Greek?"), "{}", shown.out);

    // It runs as a draft and its kept case is tried; it does not become live, whoever drives.
    let case = letter("a.txt", "a plain letter", "sorting");
    let said = desk.say(&["run", "sort", &case, "--json"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let tried = desk.say(&["test", "sort", "--json"]);
    assert_eq!(tried.code, 0, "{}{}", tried.out, tried.err);
    let driving = Driving::start(&desk);
    for more in [&[][..], &["--share", "100%"], &["--at-least", "0%"]] {
        let said = deploy(&desk, more);
        assert_eq!(said.code, 8, "{}{}", said.out, said.err);
        let (out, err) = (&said.out, &said.err);
        for part in ["open_questions", "Who reads letters in Greek?", "How odd is odd? (the lead)"] {
            assert!(err.contains(part), "{out}{err}");
        }
    }
    drop(driving);
    let said = desk.say(&[&["releases", "sort"][..], &OWNER].concat());
    assert!(said.out.contains("no release was deployed yet"), "{}{}", said.out, said.err);
    let page = desk.say(&["explain", "open_questions"]);
    assert_eq!(page.code, 0, "{}{}", page.out, page.err);

    // Settled, it goes; with a new question the live one stays what it is.
    std::fs::write(desk.root().join("workflows/sort.md"), WORKFLOW).unwrap();
    let live = deployed(&deploy(&desk, &[]));
    assert_eq!(live["changed"], json!(true), "{live}");
    desk.change("workflows/sort.md", "risk:", OPEN);
    assert_eq!(deploy(&desk, &[]).code, 8);
    assert_eq!(releases(&desk)[0]["release"], live["live"]);
}
