//! Whether an answer counts without a person: said again, checked, sure of itself, looked at.

use journal::{About, Code, Record, Reply, RunId, Status, What};
use serde_json::{Value, json};

use super::{case, engine, rules, started};
use crate::rig::Rig;

const ANSWER: &str = "  - step: sort\n    agent: clerk\n    given: [ case.text ]\n    answer: { kind: { \
                      one_of: [ bill, other ] }, note: text }\n";
const PUT: &str = "  - step: put\n    tool: erp.put\n    with: { name: sort.kind }\n";

fn sorting(more: &str, top: &str) -> std::rc::Rc<crate::Engine> {
    engine(top, &format!("{ANSWER}{more}{PUT}"))
}

/// Why the case waits: the failure that a person is asked about, and what they are shown.
fn doubt(rig: &Rig, run: RunId) -> Option<(String, Value)> {
    let mut said = None;
    for record in rig.records(run) {
        if let Record::Failed { code: Code::Doubt, detail: Some(body), .. } = &record {
            said = rig.body(run, *body).as_str().map(str::to_owned);
        }
        if let Record::ReviewOpened { about: About::Failure { shown, .. }, .. } = &record {
            let shown = shown.first().map(|s| rig.body(run, s.body)).unwrap_or_default();
            return said.map(|said| (said, shown));
        }
    }
    None
}

fn is_asked(record: &Record, name: &str) -> bool {
    let Record::Allowed { what: What::Model { model, .. }, .. } = record else { return false };
    model.as_str() == name
}

fn asked(rig: &Rig, run: RunId, name: &str) -> usize {
    rig.records(run).iter().filter(|record| is_asked(record, name)).count()
}

#[test]
fn answers_that_are_alike_go_on_and_others_are_put_before_a_person() {
    let engine = sorting("    sure: { times: 3, alike: [ kind ] }\n", "");
    let mut rig = Rig::new(1);
    // What need not be alike may differ, and so may letter case.
    rig.world.again = vec![json!({ "kind": "bill", "note": "Other words" })];
    let run = rig.open(&engine, &case());
    rig.settle();
    assert_eq!((rig.status(run), asked(&rig, run, "main")), (Status::Done, 3));
    rig.audit(run);

    for (again, why) in [
        (json!({ "kind": "other", "note": "text" }), "asked again, the agent gave another `kind`"),
        (json!({ "kind": 7 }), "asked again, the agent gave no such answer"),
    ] {
        let mut rig = Rig::new(2);
        rig.world.again = vec![json!({ "kind": "bill", "note": "text" }), again];
        let run = rig.open(&engine, &case());
        rig.settle();
        let (said, shown) = doubt(&rig, run).expect("a person is asked");
        assert_eq!((said.as_str(), &shown["kind"]), (why, &json!("bill")));
        assert!(rig.world.effects.is_empty());
        rig.crash();
        rig.recover();
        rig.settle();
        rig.audit(run);
        // They find the first answer right, and it is what the case goes on with.
        rig.reply(run, "cem@x.example", 1, Reply::Approve);
        assert_eq!((rig.status(run), rig.world.effects.len()), (Status::Done, 1));
        rig.audit(run);
    }
}

#[test]
fn a_checker_that_does_not_find_it_right_puts_it_before_a_person() {
    let engine = sorting("    sure: { checker: second }\n", "");
    let (rig, run) = started(&engine);
    assert_eq!((rig.status(run), asked(&rig, run, "second")), (Status::Done, 1));
    // It sees the material, the instructions and the answer, and has no tools.
    let put = rig.world.questions.last().unwrap();
    assert!(put.question.contains("\"kind\":\"bill\""), "{put:?}");
    assert!(put.told.contains("INV-7") && put.instructions.contains("Be exact"), "{put:?}");
    assert_eq!(put.tools, 0);
    // Anything but a plain yes is a no.
    for answer in [json!({ "choice": 1 }), json!({ "choice": null })] {
        let mut rig = Rig::new(3);
        rig.world.answers = vec![("right in every part".into(), answer.to_string())];
        let run = rig.open(&engine, &case());
        rig.settle();
        let (said, _) = doubt(&rig, run).expect("a person is asked");
        assert_eq!(said, "`second` does not find the answer right");
        assert!(rig.world.effects.is_empty());
        rig.audit(run);
    }
}

#[test]
fn a_model_that_is_not_sure_or_does_not_say_so_is_in_doubt() {
    let engine = sorting("    sure: { probability: 80 % }\n", "");
    for (least, says) in [
        (Some(800_000), None),
        (Some(799_999), Some("the model gave a part of its answer only 79 %")),
        (None, Some("the model does not say how sure it is")),
    ] {
        let mut rig = Rig::new(4);
        rig.world.least = least;
        let run = rig.open(&engine, &case());
        rig.settle();
        assert_eq!(doubt(&rig, run).map(|(said, _)| said).as_deref(), says);
        assert_eq!(rig.world.effects.len(), usize::from(says.is_none()));
        rig.audit(run);
    }
}

#[test]
fn words_that_must_not_be_said_are_mended_or_in_nobodys_answer() {
    let engine = sorting("    never_says: [ \"guarantee*\" ]\n    repairs: 1\n", "");
    let bad = json!({ "kind": "bill", "note": "we Guarantee it" }).to_string();
    let mut rig = Rig::new(5);
    // It is told once, and then says something else.
    rig.world.answers = vec![("INV-7".into(), bad.clone())];
    let run = rig.open(&engine, &case());
    rig.settle();
    assert_eq!((rig.status(run), asked(&rig, run, "main")), (Status::Done, 2));
    rig.audit(run);
    let mut rig = Rig::new(5);
    rig.world.answers = vec![("INV-7".into(), bad.clone()), ("must not be said".into(), bad)];
    let run = rig.open(&engine, &case());
    rig.settle();
    assert_eq!(rig.status(run), Status::Waiting);
    assert!(rig.world.effects.is_empty());
    rig.audit(run);
}

#[test]
fn a_judge_looks_at_what_comes_in_before_an_agent_does() {
    let engine = sorting("", "suspicion: { judge: second }\n");
    let (rig, run) = started(&engine);
    assert_eq!((rig.status(run), asked(&rig, run, "second")), (Status::Done, 1));
    // It has never heard of the step, and sees one text at a time.
    let put = &rig.world.questions[0];
    assert!(!put.instructions.contains("Be exact") && put.told.contains("INV-7"), "{put:?}");
    // Not before it has answered is the agent asked anything.
    let records = rig.records(run);
    let at = |of: &dyn Fn(&Record) -> bool| records.iter().position(of).unwrap();
    let looked = at(&|record| matches!(record, Record::Finished { .. }));
    assert!(looked < at(&|record| is_asked(record, "main")));
    for answer in [json!({ "choice": 1 }), json!({ "choice": null })] {
        let mut rig = Rig::new(6);
        rig.world.answers = vec![("give orders to a machine".into(), answer.to_string())];
        let run = rig.open(&engine, &case());
        rig.settle();
        let judged = |r: &Record| matches!(r, Record::Suspected { signals, .. } if *signals[0].0 == *"judge");
        assert_eq!(rig.records(run).iter().filter(|r| judged(r)).count(), 1);
        // The agent still works; what it brings about a person sees first.
        assert_eq!(
            (rig.status(run), rules(&rig, run, "erp.put")),
            (Status::Waiting, vec!["asked suspicion".to_owned()])
        );
        rig.crash();
        rig.recover();
        rig.settle();
        rig.audit(run);
        rig.reply(run, "cem@x.example", 1, Reply::Approve);
        assert_eq!((rig.status(run), rig.world.effects.len()), (Status::Done, 1));
        rig.audit(run);
    }
}

#[test]
fn a_judge_looks_at_what_a_tool_gives_back_before_the_agent_goes_on() {
    let agent = "  - step: ask\n    agent: clerk\n    given: [ case.text ]\n    answer: { note: text }\n    \
                 tools: [ web.query, erp.note, erp.send ]\n    turns: 6\n";
    let engine = engine("suspicion: { judge: second }\n", agent);
    let mut rig = Rig::new(7);
    let note = ("erp.note".to_owned(), json!({ "text": "as it says" }));
    rig.world.script =
        vec![vec![("web.query".to_owned(), json!({ "q": "the weather" }))], vec![note]];
    rig.world.answers =
        vec![("give orders to a machine|about".into(), json!({ "choice": 1 }).to_string())];
    let run = rig.open(&engine, &case());
    rig.settle();
    assert_eq!(rules(&rig, run, "erp.note"), ["asked suspicion"]);
    assert!(rig.world.effects.is_empty());
    // The material and the result, each once.
    assert_eq!(asked(&rig, run, "second"), 2);
    rig.audit(run);
}
