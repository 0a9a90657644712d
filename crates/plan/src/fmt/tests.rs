//! Comments stay with their keys, keys come into their order, and nothing is said otherwise.

use super::{fmt, formed};
use crate::files::Files;

fn agent(settings: &str) -> Result<String, String> {
    let text = format!("---\n{settings}---\n\n# Clerk\n\nWork   with care.  \n");
    let files = Files::from_iter([("agents/clerk.md", text)]);
    let new = fmt(&files, "agents/clerk.md").map_err(|problems| problems.to_string())?;
    let new = new.expect("an agent's file has a form");
    let again = Files::from_iter([("agents/clerk.md", &new)]);
    assert_eq!(fmt(&again, "agents/clerk.md").unwrap().as_deref(), Some(new.as_str()));
    let (settings, body) = new.strip_prefix("---\n").unwrap().split_once("---\n").unwrap();
    assert_eq!(body, "\n# Clerk\n\nWork   with care.  \n", "the text below stays");
    Ok(settings.to_owned())
}

fn steps(text: &str) -> String {
    let files = Files::from_iter([("workflows/w.md", format!("---\nsteps:\n{text}---\n"))]);
    let new = fmt(&files, "workflows/w.md").unwrap_or_else(|problems| panic!("{problems}"));
    let new = new.unwrap();
    let again = Files::from_iter([("workflows/w.md", &new)]);
    assert_eq!(fmt(&again, "workflows/w.md").unwrap().as_deref(), Some(new.as_str()));
    new.strip_prefix("---\nsteps:\n").unwrap().strip_suffix("---\n").unwrap().to_owned()
}

#[test]
fn keys_come_into_their_order_and_comments_go_with_them() {
    let new = agent(
        "# the desk's clerk\ndescription:   reads\n# which one\nmodel: small   # for now\n\n\
         # how it is called\nname: clerk\n",
    );
    assert_eq!(
        new.unwrap(),
        "# the desk's clerk\n\n# how it is called\nname: clerk\ndescription: reads\n# which one\n\
         model: small # for now\n",
        "what stands at the very top is about the file"
    );
}

#[test]
fn the_dash_of_a_step_stays_in_front() {
    let new = steps(
        "- then: end\n  # who does it\n  agent: clerk\n  given: [a,b]\n  step: read\n# last\n- \
         step: b\n  end: done\n",
    );
    assert_eq!(
        new,
        "  - step: read\n    # who does it\n    agent: clerk\n    given: [ a, b ]\n    then: end\n  \
         # last\n  - step: b\n    end: done\n"
    );
}

#[test]
fn what_is_on_one_line_keeps_its_order() {
    assert_eq!(steps("- {then: end, step: b}\n"), "  - { then: end, step: b }\n");
}

#[test]
fn a_text_over_several_lines_is_not_torn() {
    let new = agent("description: |\n  first\n  # no comment\n\n  last\nname: clerk\n").unwrap();
    assert_eq!(new, "name: clerk\ndescription: |\n  first\n  # no comment\n\n  last\n");
}

#[test]
fn a_file_that_cannot_be_read_is_left_alone() {
    let why = agent("name: clerk\nname: other\n").unwrap_err();
    assert!(why.contains("agents/clerk.md:3:1") && why.contains("twice"), "{why}");
    assert!(agent("name: [ clerk\n").is_err());
}

#[test]
fn only_what_we_read_has_a_form() {
    let files =
        ["flightdeck.yaml", "workflows/a.md", "agents/b.md", "AGENTS.md", "workflows/x/y.md"];
    let files = Files::from_iter(files.map(|path| (path, "a: 1\n")));
    let formed: Vec<&str> = formed(&files).collect();
    assert_eq!(formed, ["agents/b.md", "flightdeck.yaml", "workflows/a.md"]);
    assert_eq!(fmt(&files, "AGENTS.md").unwrap(), None);
}
