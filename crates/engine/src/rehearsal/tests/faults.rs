//! Each thing that can go wrong leads to what the map says.

use super::*;

/// The word and the point that follows after something went wrong.
fn after(case: &Value, words: &[&str]) -> (Status, Vec<(PointKind, String, String)>) {
    let all = played(&invoices(), case, words, Then::Stop);
    let open = all.open.iter().map(|p| (p.kind, p.step.to_string(), p.says.clone())).collect();
    (all.standing.status, open)
}

#[test]
fn a_passing_failure_is_tried_again_and_then_put_before_a_person() {
    for fault in ["fail:unavailable", "fail:rate_limited"] {
        let (_, open) = after(&case(), &[fault]);
        assert_eq!((open[0].0, open[0].1.as_str()), (PointKind::Tool, "draft"), "{fault}");
        let (_, open) = after(&case(), &[fault, fault, fault]);
        let word = fault.trim_start_matches("fail:");
        let says = format!("the step failed ({word}): what now?");
        assert_eq!(open, [(PointKind::Person, "draft".to_owned(), says)]);
    }
}

#[test]
fn what_may_have_been_done_is_in_doubt_until_it_is_read_back() {
    for fault in ["lost", "crash", "fail:timed_out", "fail:tool_error"] {
        let (_, open) = after(&case(), &[fault]);
        // The tool is asked by its key first, and a person only where that says nothing.
        assert!(open[0].2.contains("`erp.find`"), "{fault}: {open:?}");
        assert!(open[0].2.contains("whether it happened"), "{fault}: {open:?}");
    }
    let all = played(&invoices(), &case(), &["crash"], Then::Stop);
    assert!(
        records(&all).iter().any(|r| matches!(r, Record::InDoubt { .. })),
        "{:#?}",
        records(&all)
    );
}

#[test]
fn a_program_that_dies_amid_reading_reads_once_more() {
    let mut case = case();
    case["text"] = json!("foo 55.00 EUR\nTotal: 100.00 EUR\nbar 44.00 EUR\n");
    let (status, open) = after(&case, &["crash"]);
    assert_eq!(status, Status::Running);
    assert_eq!((open[0].0, open[0].1.as_str()), (PointKind::Copy, "read"));
    let all = played(&invoices(), &case, &["crash"], Then::Defaults);
    assert_eq!(all.standing.status, Status::Done);
}

#[test]
fn a_tool_that_changed_or_answers_nonsense_is_put_before_a_person() {
    for fault in ["fail:tool_changed", "malformed"] {
        let (_, open) = after(&case(), &[fault]);
        assert_eq!(
            (open[0].0, open[0].1.as_str()),
            (PointKind::Person, "draft"),
            "{fault}: {open:?}"
        );
    }
    // The read-back does not hold: nobody takes the draft for done.
    let (_, open) = after(&case(), &["answer", r#"answer={"status":"paid"}"#]);
    assert_eq!((open[0].0, open[0].1.as_str()), (PointKind::Person, "draft"), "{open:?}");
}

#[test]
fn a_tool_that_asks_is_answered_by_a_person_and_goes_on() {
    let (_, open) = after(&case(), &["asks"]);
    assert_eq!((open[0].0, open[0].1.as_str()), (PointKind::Person, "draft"), "{open:?}");
    let all = played(&invoices(), &case(), &["asks"], Then::Defaults);
    assert_eq!(all.standing.status, Status::Done, "{:#?}", records(&all));
}

#[test]
fn money_that_is_used_up_keeps_the_next_act_from_beginning() {
    let steps = "  - { step: one, agent: clerk, given: [ case.text ], answer: { note: text } }\n\
                 \x20 - { step: two, agent: clerk, given: [ case.text ], answer: { note: text } }\n\
                 \x20 - { step: last, end: done }\n";
    let rehearsal = Rehearsal::new(&plan_of("", steps)).unwrap();
    let all = played(&rehearsal, &case(), &["used_up"], Then::Stop);
    assert_eq!(all.open[0].step.as_str(), "two");
    assert_eq!(all.open[0].says, "the step failed (budget): what now?");
    // A vendor that refuses is not asked again: the next one is.
    let all = played(&rehearsal, &case(), &["fail:vendor_refused"], Then::Stop);
    assert_eq!((all.open[0].step.as_str(), all.open[0].by.as_str()), ("one", "spare"));
    let all = played(&rehearsal, &case(), &["malformed", "malformed"], Then::Stop);
    assert_eq!(all.open[0].says, "the step failed (bad_answer): what now?");
    let all = played(&rehearsal, &case(), &["malformed", "malformed"], Then::Defaults);
    assert_eq!(all.standing.status, Status::Done, "{:#?}", records(&all));
}
