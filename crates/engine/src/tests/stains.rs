//! What one case leaves in a store, and what another one reads there: labels outlive runs.

use std::rc::Rc;

use journal::{Source, Status, stain};
use serde_json::{Value, json};

use super::{engine, rules, tampered};
use crate::Engine;
use crate::rig::Rig;

const OUTSIDE: &str = "case: { one: a row, from: outside, fields: { name: text } }\n";
const INSIDE: &str = "case: { one: a row, from: inside, fields: { name: text } }\n";
const PERSONAL: &str =
    "case: { one: a row, from: inside, fields: { name: text }, tags: [ personal ] }\n";

const PUT: &str = "  - step: put
    tool: erp.put
    with: { name: case.name }
";

/// Asks the store for an address and for a text, and sends the one to the other.
const SEND: &str = "  - step: put
    tool: erp.put
    with: { name: { literal: ours } }
    gives: { id: text }
  - step: ask
    tool: erp.get
    with: { id: put.id }
    gives: { id: text, status: text }
  - step: send
    tool: erp.send
    with: { to: ask.id, text: ask.status }
";

fn name() -> Value {
    json!({ "name": "Acme" })
}

/// The same with leave for a tool to take personal data until a day.
fn takes(engine: &Engine, tool: &str, until: &str) -> Rc<Engine> {
    tampered(engine, |workflow| {
        workflow["tools"][tool]["takes"] =
            json!({ "personal": { "by": "olga@x.example", "until": until, "reason": "a test" } });
    })
}

/// What is said of sending, after a case of each engine in turn, the last of which sends.
fn said(engines: &[&Rc<Engine>]) -> Vec<String> {
    let mut rig = Rig::new(1);
    let mut last = None;
    for engine in engines {
        last = Some(rig.open(engine, &name()));
        rig.settle();
    }
    rig.check_folds();
    let run = last.unwrap();
    rig.audit(run);
    rules(&rig, run, "erp.send")
}

#[test]
fn what_a_stranger_left_in_a_trusted_store_is_a_strangers_word() {
    let (outside, inside) = (engine(OUTSIDE, PUT), engine(INSIDE, PUT));
    let send = engine(INSIDE, SEND);
    let allowed = ["flow:to=tool", "cedar:standard.declared_tools"];
    assert_eq!(said(&[&send]), allowed);
    assert_eq!(said(&[&inside, &send]), allowed, "only strangers leave a stain");
    assert_eq!(said(&[&outside, &send]), ["asked flow:to"], "across two cases");
}

#[test]
fn personal_data_goes_nowhere_without_leave_and_leave_ends() {
    let put = engine(PERSONAL, PUT);
    let asked = |engine: &Rc<Engine>| {
        let mut rig = Rig::new(1);
        let run = rig.open(engine, &name());
        rig.settle();
        (rules(&rig, run, "erp.put"), rig.status(run))
    };
    assert_eq!(asked(&put), (vec!["asked tags:personal".to_owned()], Status::Waiting));
    let gone = takes(&put, "erp.put", "2020-01-01");
    assert_eq!(asked(&gone).0, ["asked tags:personal"], "it was until then");
    assert_eq!(asked(&takes(&put, "erp.put", "2999-12-31")).1, Status::Done);
}

#[test]
fn a_tag_goes_through_a_store_into_another_case() {
    let put = takes(&engine(PERSONAL, PUT), "erp.put", "2999-12-31");
    let send = engine(INSIDE, SEND);
    assert_eq!(said(&[&put, &send]), ["asked tags:personal"], "read here, sent there");
    let send = takes(&send, "erp.send", "2999-12-31");
    assert_eq!(said(&[&put, &send]), ["flow:to=tool", "cedar:standard.declared_tools"]);
}

#[test]
fn a_table_that_strangers_write_into_is_no_trusted_table() {
    let steps = "  - step: match
    lookup:
      supplier: { in: suppliers, where: { name: case.name, code: case.code } }
  - step: send
    tool: erp.send
    with: { to: match.supplier.payee, text: { literal: hello } }
";
    let lookup = engine("", steps);
    let through = |server: Option<&str>| {
        let mut rig = Rig::new(1);
        if let Some(server) = server {
            rig.stained = stain::draws(server, &journal::Label::from(Source::Outside));
        }
        let run = rig.open(&lookup, &super::case());
        rig.settle();
        rules(&rig, run, "erp.send")
    };
    assert_eq!(through(Some("web"))[0], "flow:to=table");
    assert_eq!(through(Some("table"))[0], "asked flow:to");
}

#[test]
fn stains_are_read_back_as_they_were_put_in() {
    let mut label = journal::Label::from(Source::Model);
    label.tags.insert(plan::ids::FieldName::new("personal").unwrap());
    let draws = stain::draws("erp", &label);
    let accounts: Vec<_> = draws.iter().filter_map(stain::stains).collect();
    let back = stain::label("erp", accounts.iter().copied());
    assert!(back.untrusted());
    assert_eq!(back.tags, label.tags);
    // A server whose name begins the same is another one.
    assert_eq!(stain::label("er", accounts.iter().copied()), journal::Label::default());
    assert_eq!(stain::draws("erp", &journal::Label::from(Source::Person)), []);
    let odd = journal::Account("held/erp/tag:No Tag".into());
    assert!(stain::label("erp", [&odd]).untrusted(), "what cannot be read is the worse");
}
