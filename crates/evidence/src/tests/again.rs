//! What a made-up case was told from outside, in its order, and where other ways of it part.

use serde_json::json;

use super::*;
use crate::again::{Heard, PartedBy, Said, Word, apart};

fn heard(made: &Made) -> Heard {
    Heard::of(&History::read(made.run, &made.stored).unwrap(), None)
}

#[test]
fn what_was_said_from_outside_is_heard_once_and_in_order() {
    let mut first = heard(&corrected());
    let draft = draft_call(body(3, 1), Part::Main);
    let edits = vec![(
        StepId::new("read").unwrap(),
        json!({ "total": { "currency": "EUR", "minor": 9500 } }),
    )];
    let tom = Word::Person(person("tom@acme.example"), Said::Edited(edits));
    assert_eq!(first.next(&at("check"), None), Some(tom));
    assert_eq!(first.next(&at("check"), None), None, "it was said once");
    let undo = draft_call(body(3, 1), Part::Undo);
    assert_eq!(first.next(&at("draft"), Some(&undo)), None, "nothing was undone");
    assert_eq!(first.next(&at("draft"), Some(&draft)), Some(Word::Gave(json!({ "id": "D-1" }))));
    let mut other = heard(&failed());
    assert_eq!(other.next(&at("draft"), Some(&draft)), Some(Word::Failed(Code::ToolError)));
}

#[test]
fn a_way_is_not_apart_from_itself_and_one_that_stands_still_is_on_the_same_way() {
    let was = corrected();
    let stored = was.stored.len();
    for frames in 1..=stored {
        let part = Made { stored: was.stored[..frames].to_vec(), ..corrected() };
        assert_eq!(apart(&was.view(), &part.view()), [], "{frames}");
    }
}

#[test]
fn another_row_another_argument_and_another_end_are_told() {
    let was = corrected().view();
    let mut now = was.clone();
    now.decisions[0].goes = "`draft`".to_owned();
    now.acts.iter_mut().filter(|act| act.tool.is_some()).for_each(|act| {
        act.args = Some(json!({ "amount": "96.00" }));
    });
    now.reviews.clear();
    now.status = journal::Status::Rejected;
    let found = apart(&was, &now);
    let by: Vec<PartedBy> = found.iter().map(|one| one.by).collect();
    assert_eq!(by, [PartedBy::Decision, PartedBy::Person, PartedBy::Act, PartedBy::End]);
    assert_eq!(found[2].now, Some(json!({ "amount": "96.00" })));
    assert_eq!((&found[3].step, &found[3].now), (&None, &Some(json!("rejected"))));
    let mut other = was.clone();
    other.steps[2].at = at("look");
    other.reviews.clear();
    let found = apart(&was, &other);
    assert_eq!((found[0].by, &found[0].now), (PartedBy::Way, &Some(json!("look"))), "{found:?}");
}
