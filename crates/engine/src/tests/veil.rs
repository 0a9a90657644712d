//! What a model is told of people: words that stand for them, and never the same in two runs.

use journal::{About, Label, ModelAnswer, Outcome, Payload, Record, ToolCall, Usage, What};
use serde_json::{Value, json};

use super::{case, engine, tampered};
use crate::rig::Rig;
use crate::{Engine, Event};

const AGENT: &str = "  - step: work
    agent: clerk
    given: [ case.text ]
    answer: { note: text }
    tools: [ web.query, erp.send ]
    turns: 6
";

/// The messages of the model call that is out, and its act.
fn told(rig: &Rig) -> (journal::ActNo, Vec<String>, String) {
    let mut asks = rig.permits.iter().filter_map(|permit| match permit.payload() {
        Payload::Model(ask) => Some((permit.act(), ask)),
        Payload::Tool(_) | Payload::Notify(_) => None,
    });
    let (act, ask) = asks.next_back().expect("a model is asked");
    let texts = ask.messages.iter().flat_map(|message| {
        let calls = message.calls.iter().map(|call| call.args.clone());
        std::iter::once(message.text.clone()).chain(calls)
    });
    (act, texts.collect(), ask.instructions.to_string())
}

fn word(texts: &[String], kind: &str) -> String {
    let all = texts.join(" ");
    let at = all.find(&format!("{kind}_")).unwrap_or_else(|| panic!("no {kind} in {all}"));
    all.get(at..at + kind.len() + 11).unwrap().to_owned()
}

fn opened(engine: &std::rc::Rc<Engine>, seed: u64) -> (Rig, journal::RunId) {
    let mut rig = Rig::new(seed);
    let mut person = case();
    person["text"] =
        json!("My name is Ann Ode, ann@post.example. Ann Ode wants her \"copy\" of INV-7.");
    let run = rig.open(engine, &person);
    (rig, run)
}

fn answer(rig: &mut Rig, run: journal::RunId, act: journal::ActNo, answer: &ModelAnswer) {
    rig.permits.retain(|permit| permit.act() != act);
    let result = Ok(serde_json::to_vec(answer).unwrap().into());
    let outcome = Outcome { result, usage: Usage::default(), reported: None };
    rig.truth.perform(run, act);
    let held = Label::default();
    rig.wake(run, vec![Event::Act { act, outcome, certain: true, held }]);
}

#[test]
fn a_vendor_is_told_words_and_the_run_keeps_the_values() {
    let engine = engine("", AGENT);
    let (mut rig, run) = opened(&engine, 3);
    let (act, texts, instructions) = told(&rig);
    assert!(!texts.iter().any(|text| text.contains("Ann Ode") || text.contains('@')), "{texts:?}");
    assert!(texts[0].contains("INV-7") && instructions.contains("stands for a value"));
    let (to, name) = (word(&texts, "email"), word(&texts, "name"));
    assert_eq!(texts[0].matches(&name).count(), 2, "{texts:?}");

    let args = json!({ "to": to, "text": format!("Dear {name}, here it is") }).to_string();
    let call = ToolCall { id: "1".into(), tool: "erp__send".into(), args };
    answer(
        &mut rig,
        run,
        act,
        &ModelAnswer { text: String::new(), calls: vec![call], least: None },
    );
    // A person is asked about the address itself.
    let asked = rig.records(run).into_iter().find_map(|record| match record {
        Record::ReviewOpened {
            about: About::Act { what: What::Tool { args, .. }, .. }, ..
        } => Some(args),
        _ => None,
    });
    let args = rig.load(run).1.get(asked.expect("it is held back")).unwrap().value().cloned();
    let args = args.unwrap();
    assert_eq!(args["to"], "ann@post.example");
    assert_eq!(args["text"], "Dear Ann Ode, here it is");
    rig.reply(run, "cem@x.example", 1, journal::Reply::Approve);
    assert_eq!(rig.world.effects[0].args["to"], "ann@post.example");
    rig.audit(run);

    // The same person in another run is another word.
    let (other, _) = opened(&engine, 4);
    assert_ne!(word(&told(&other).1, "email"), to);
}

#[test]
fn what_is_said_again_is_hidden_again_and_what_comes_back_is_fit_for_its_place() {
    let (mut rig, run) = opened(&engine("", AGENT), 3);
    let (act, texts, _) = told(&rig);
    let (to, name) = (word(&texts, "email"), word(&texts, "name"));
    let args = json!({ "q": format!("{to} {name}") }).to_string();
    let call = ToolCall { id: "1".into(), tool: "web__query".into(), args };
    answer(
        &mut rig,
        run,
        act,
        &ModelAnswer { text: String::new(), calls: vec![call], least: None },
    );
    while rig.permits.iter().any(|permit| matches!(permit.payload(), Payload::Tool(_))) {
        let permit = rig.permits.remove(0);
        let (run, event) = rig.perform(permit);
        rig.wake(run, vec![event]);
    }
    if rig.permits.is_empty() {
        // The search is a send-out and waits for a person.
        let who = plan::ids::PersonId::new("cem@x.example").unwrap();
        let (review, reply) = (journal::ReviewNo(1), journal::Reply::Approve);
        rig.post(run, journal::Order::Review { who, review, reply });
        rig.wake(run, Vec::new());
        let permit = rig.permits.remove(0);
        let (run, event) = rig.perform(permit);
        rig.wake(run, vec![event]);
    }
    let (act, texts, _) = told(&rig);
    assert!(texts.len() > 2, "{texts:?}");
    assert!(!texts.iter().any(|text| text.contains("Ann Ode") || text.contains('@')), "{texts:?}");
    // A word that stands for nothing in this run is left, and so is what is no word.
    let text = json!({ "note": format!("{name} <{to}> email_0000000000 \u{1}") }).to_string();
    answer(&mut rig, run, act, &ModelAnswer { text, calls: Vec::new(), least: None });
    let (note, _) = rig.bound(run, "work").expect("it is bound");
    assert_eq!(note["note"], "Ann Ode <ann@post.example> email_0000000000 \u{1}");
    rig.audit(run);
}

#[test]
fn a_model_that_runs_here_or_was_declared_so_is_told_everything() {
    let told_all = tampered(&engine("", AGENT), |workflow| {
        for model in workflow["models"].as_object_mut().unwrap().values_mut() {
            model.as_object_mut().unwrap().remove("hides");
        }
    });
    let (rig, _) = opened(&told_all, 3);
    let (_, texts, instructions) = told(&rig);
    assert!(texts[0].contains("Ann Ode, ann@post.example"), "{texts:?}");
    assert!(!instructions.contains("stands for a value"));
    let only = tampered(&engine("", AGENT), |workflow| {
        for model in workflow["models"].as_object_mut().unwrap().values_mut() {
            model["hides"] = Value::from(vec!["email"]);
        }
    });
    let (rig, _) = opened(&only, 3);
    let (_, texts, _) = told(&rig);
    assert!(texts[0].contains("Ann Ode, email_"), "{texts:?}");
}
