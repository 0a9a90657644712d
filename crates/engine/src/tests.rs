//! The engine driven through whole runs, one subject after the other.

mod agents;
mod doubt;
mod due;
mod flow;
mod golden;
mod kept;
mod known;
mod ladder;
mod many;
mod people;
mod questions;
mod reviews;
mod seeds;
mod stains;
mod sure;
mod suspicion;
mod times;
mod veil;

use std::rc::Rc;
use std::sync::Arc;

use journal::{Decline, Record, RunId, Status};
use plan::Plan;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::Engine;
use crate::rig::{Rig, workspace};

pub(crate) fn case() -> Value {
    json!({
        "name": "Acme", "code": "A1", "order": "O1", "day": "2026-11-25",
        "amount": { "currency": "EUR", "minor": 10_000 },
        "text": "Invoice number: INV-7\nTotal: 100.00 EUR\n",
        "items": [
            { "name": "Acme", "code": "A1", "text": "one" },
            { "name": "Bolt", "code": "B2", "text": "two" },
        ],
    })
}

/// The engine of one workflow with these steps.
fn engine(more: &str, steps: &str) -> Rc<Engine> {
    let last = "  - step: last\n    end: done\n";
    let text = workspace::workflow("main", more, &format!("{steps}{last}"));
    workspace::engine(&workspace::plan(&[("main", &text)]))
}

/// Opens a run of it and lets it go as far as it goes alone.
fn started(engine: &Rc<Engine>) -> (Rig, RunId) {
    let mut rig = Rig::new(1);
    let run = rig.open(engine, &case());
    rig.settle();
    (rig, run)
}

/// A release that `check` would not have made, for what guard must refuse all the same.
fn tampered(engine: &Engine, change: impl Fn(&mut Value)) -> Rc<Engine> {
    let mut workflow: Value = serde_json::from_slice(engine.plan().canonical()).unwrap();
    change(&mut workflow);
    let bytes = workflow.to_string().into_bytes();
    let release = plan::ids::ReleaseId(Sha256::digest(&bytes).into());
    workspace::engine(&Arc::new(Plan::open(release, &bytes).unwrap()))
}

/// Why commands of a run were declined.
fn declined(rig: &Rig, run: RunId) -> Vec<Decline> {
    let because = |record| match record {
        Record::Declined { because, .. } => Some(because),
        _ => None,
    };
    rig.records(run).into_iter().filter_map(because).collect()
}

/// The rules of the act that called a tool, or of its refusal.
fn rules(rig: &Rig, run: RunId, name: &str) -> Vec<String> {
    let mut all = Vec::new();
    for record in rig.records(run) {
        match record {
            Record::Allowed { what: journal::What::Tool { tool, .. }, rules, .. }
                if tool.as_str() == name =>
            {
                all.extend(rules.iter().map(|r| r.0.to_string()));
            }
            Record::Refused { what: journal::What::Tool { tool, .. }, rule, .. }
                if tool.as_str() == name =>
            {
                all.push(format!("refused {}", rule.0));
            }
            Record::ReviewOpened {
                about: journal::About::Act { what: journal::What::Tool { tool, .. }, rule },
                ..
            } if tool.as_str() == name => all.push(format!("asked {}", rule.0)),
            _ => {}
        }
    }
    all
}

#[test]
fn a_run_goes_from_its_case_to_its_end() {
    let engine = engine(
        "",
        r#"  - step: match
    lookup:
      supplier: { in: suppliers, where: { name: case.name, code: case.code } }
      order: { in: orders, where: { order: case.order } }
  - step: draft
    tool: erp.create
    with: { supplier: match.supplier.payee, amount: case.amount, currency: { literal: EUR } }
    backed_by: { amount: { fact: match.order.amount, within: 0.02 EUR, when: "match.order.received" } }
    gives: { id: text, status: text }
    undo: erp.remove
    confirm: { tool: erp.get, with: { id: draft.id }, holds: "result.status == 'draft'" }
"#,
    );
    let (rig, run) = started(&engine);
    assert_eq!(rig.status(run), Status::Done, "{:#?}", rig.records(run));
    assert_eq!(rig.world.effects.len(), 1);
    assert_eq!(rig.world.effects[0].args["supplier"], "S1");
    assert_eq!(
        rules(&rig, run, "erp.create"),
        ["flow:amount=fact", "flow:supplier=table", "cedar:standard.declared_tools"]
    );
    rig.check_folds();
    rig.audit(run);
}
