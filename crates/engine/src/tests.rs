//! The engine driven through whole runs, kind of step by kind of step.

use journal::Status;
use serde_json::json;

use crate::rig::{Rig, workspace};

fn case() -> serde_json::Value {
    json!({
        "name": "Acme", "code": "A1", "order": "O1", "day": "2026-11-25",
        "amount": { "currency": "EUR", "minor": 10_000 },
        "text": "Invoice number: INV-7\nTotal: 100.00 EUR\nOrder: O1\n",
        "items": [
            { "name": "Acme", "code": "A1", "text": "one" },
            { "name": "Bolt", "code": "B2", "text": "two" },
        ],
    })
}

#[test]
fn a_run_goes_from_its_case_to_its_end() {
    let text = workspace::workflow(
        "first",
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
  - step: last
    end: done
    tell: lead
"#,
    );
    let plan = workspace::plan(&[("first", &text)]);
    let engine = workspace::engine(&plan);
    let mut rig = Rig::new(1);
    let run = rig.open(&engine, &case());
    rig.settle();
    assert_eq!(rig.status(run), Status::Done, "{:#?}", rig.records(run));
    assert_eq!(rig.world.effects.len(), 1);
    assert_eq!(rig.world.effects[0].args["supplier"], "S1");
    rig.check_folds();
}
