//! Labels, and what may decide over an effect.

use journal::{Record, Reply, Source, Status};
use serde_json::json;

use super::{engine, rules, started, tampered};

const MATCH: &str = r"  - step: match
    lookup:
      supplier: { in: suppliers, where: { name: case.name, code: case.code } }
      order: { in: orders, where: { order: case.order } }
";

fn words(sources: journal::Sources) -> Vec<Source> {
    sources.iter().collect()
}

#[test]
fn labels_follow_values() {
    use Source::{Model, Outside, OutsideTool, Plan, Table};
    let steps = format!(
        r#"{MATCH}  - step: ask
    tool: web.query
    with: {{ q: match.supplier.payee }}
    gives: {{ text: text }}
  - step: say
    agent: clerk
    given: [ ask.text ]
    answer: {{ note: text }}
  - step: route
    decide:
      who: lead
      basis: X
      first: [ {{ when: "found(match.supplier) && say.note != ''", go: late }} ]
      otherwise: last
  - step: late
    wait: {{ for: 2 hours }}
"#
    );
    let (rig, run) = started(&engine("", &steps));
    let label = |step: &str, pointer: &str| {
        let label = rig.bound(run, step).unwrap().1.at(pointer);
        (words(label.origins), words(label.influences))
    };
    // A trusted row that an outsider's values chose.
    assert_eq!(label("match", "/supplier/payee"), (vec![Table], vec![Outside]));
    assert_eq!(label("ask", "/text"), (vec![OutsideTool], vec![Plan, Table, Outside]));
    // A model's answer has everything it was told as its origin.
    let (origins, influences) = label("say", "/note");
    assert_eq!(origins, [OutsideTool, Model]);
    assert_eq!(influences, [Plan, Table, Outside]);
    // The condition of a branch has a hand in everything behind it.
    let held = &rig.runs[&run];
    let visit = held.control.live.values().next().unwrap();
    assert_eq!(words(visit.influences.influences), [Plan, Table, OutsideTool, Outside, Model]);
}

#[test]
fn what_decides_over_an_effect() {
    let with = |with: &str, backed: &str| {
        format!("{MATCH}  - step: draft\n    tool: erp.create\n    with: {with}\n{backed}")
    };
    let backed = "    backed_by: { amount: { fact: match.order.amount, within: 0.02 EUR, when: \
                  \"match.order.received\" } }\n";
    // A row that two keys had to agree on, and a fact that the amount agrees with.
    let good = engine("", &with("{ supplier: match.supplier.payee, amount: case.amount }", backed));
    let (rig, run) = started(&good);
    assert_eq!(rig.status(run), Status::Done);
    // One key alone could be anybody's.
    let one =
        engine("", &with("{ supplier: match.supplier.payee, amount: match.order.amount }", ""));
    let (rig, run) = started(&one);
    assert_eq!(rules(&rig, run, "erp.create"), ["asked flow:amount"]);
    assert!(rig.world.effects.is_empty());
    // The document's own word, in a release that `check` would have refused.
    let document = tampered(&good, |workflow| {
        for step in workflow["steps"].as_array_mut().unwrap() {
            if step["id"] == "draft" {
                step["does"]["tool"]["with"]["supplier"] = json!({ "path": "case.name" });
            }
        }
    });
    let (rig, run) = started(&document);
    assert_eq!(rules(&rig, run, "erp.create"), ["asked flow:supplier"]);
    assert!(rig.world.effects.is_empty());
    // And where nobody may be asked, it is refused and the case fails.
    let alone = tampered(&document, |workflow| {
        for step in workflow["steps"].as_array_mut().unwrap() {
            step["on_failure"] = json!("stop");
        }
    });
    let (rig, run) = started(&alone);
    assert_eq!(rules(&rig, run, "erp.create"), ["refused flow:supplier"]);
    assert_eq!(rig.status(run), Status::Failed);
}

const SHOWN: &str = r"  - step: look
    review:
      by: lead
      never_by: [ starter ]
      question: Right?
      show: [ case ]
      may_edit: [ case.amount ]
      within: 8 working hours
      late: { then: stop }
      if_rejected: { then: stop }
  - step: draft
    tool: erp.create
    with: { supplier: case.code, amount: case.amount, currency: case.amount.currency }
";

#[test]
fn a_review_endorses_what_it_showed_and_nothing_else() {
    let shown = engine("", SHOWN);
    let (mut rig, run) = started(&shown);
    assert_eq!(rig.status(run), Status::Waiting);
    rig.reply(run, "lea@x.example", 1, Reply::Approve);
    assert_eq!(rig.status(run), Status::Done);
    let expected = ["flow:amount=review", "flow:supplier=review", "cedar:standard.declared_tools"];
    assert_eq!(rules(&rig, run, "erp.create"), expected);

    // An edited value is the person's own, and the rest of what was shown stays endorsed.
    let (mut rig, run) = started(&shown);
    let money = json!({ "currency": "EUR", "minor": 12_345 }).to_string();
    let edit = |path: &str, json: &str| Reply::Edit { values: vec![(path.into(), json.into())] };
    rig.reply(run, "lea@x.example", 1, edit("case.name", "\"X\""));
    assert_eq!(rig.status(run), Status::Waiting, "only what may be edited is");
    rig.reply(run, "lea@x.example", 1, edit("case.amount", &money));
    assert_eq!(rig.status(run), Status::Done);
    assert_eq!(rig.world.effects[0].args["amount"], "123.45");
    assert_eq!(
        rules(&rig, run, "erp.create"),
        ["flow:amount=person", "flow:supplier=review", "cedar:standard.declared_tools"]
    );
    rig.audit(run);

    // Showing the name endorses the name: neither the code nor the amount beside it.
    let part = tampered(&shown, |workflow| {
        workflow["steps"][0]["does"]["review"]["show"] = json!(["case.name"]);
        workflow["steps"][0]["does"]["review"]["may_edit"] = json!([]);
    });
    let (mut rig, run) = started(&part);
    rig.reply(run, "lea@x.example", 1, Reply::Approve);
    assert_eq!(rules(&rig, run, "erp.create"), ["asked flow:amount"]);
    assert!(rig.world.effects.is_empty());
    // A person may still approve exactly this act.
    rig.reply(run, "cem@x.example", 2, Reply::Approve);
    assert_eq!(rig.status(run), Status::Done);
    assert_eq!(rules(&rig, run, "erp.create")[1], "review:2");
    assert_eq!(rig.world.effects.len(), 1);
}

#[test]
fn what_the_case_alone_says_is_raised_before_anything_is_done() {
    let steps = "  - { step: post, tool: erp.post, with: { name: case.name }, then: last }\n  \
                 - { step: by_hand, wait: { for: 1 hour } }\n";
    for (when, raised) in [
        ("case.name == 'Acme'", true),
        ("case.name == 'Bolt'", false),
        // An error counts as raised.
        ("case.items[9].name == 'Acme'", true),
        // This one waits for what it names.
        ("case.name == 'Acme' && post.id == 'no'", false),
    ] {
        let more = format!("exceptions:\n  - {{ what: one, when: \"{when}\", go: by_hand }}\n");
        let (rig, run) = started(&engine(&more, steps));
        let by_hand = |record: &Record| match record {
            Record::Entered { at, .. } => at.step.as_str() == "by_hand",
            _ => false,
        };
        assert_eq!(rig.records(run).iter().any(by_hand), raised, "{when}: {:#?}", rig.records(run));
        assert_eq!(rig.world.effects.is_empty(), raised, "{when}");
        rig.audit(run);
    }
}
